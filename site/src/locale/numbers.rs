//! Numbers and amounts as people read them. The one place of their forms; `templates/explore/numbers.js` has the same,
//! and one table of cases, `templates/messages/numbers.json`, tests both.

use data_schema::Money;

use super::Locale;

/// Short units of large counts, the smallest first, each as (value, sign).
pub(crate) type Units = &'static [(u64, &'static str)];

pub(super) const WESTERN: Units =
    &[(1_000, "K"), (1_000_000, "M"), (1_000_000_000, "B"), (1_000_000_000_000, "T")];
pub(super) const CHINESE: Units =
    &[(10_000, "万"), (100_000_000, "亿"), (1_000_000_000_000, "万亿")];
pub(super) const JAPANESE: Units =
    &[(10_000, "万"), (100_000_000, "億"), (1_000_000_000_000, "兆")];

/// From this amount on, cents are not shown.
const WHOLE_DOLLARS: u64 = 1_000;

/// A short count with three significant digits: `987`, `1.23K`, `45.3M`, `1.23B`. Rounded half up.
pub fn tokens(count: u64) -> String {
    short(count, WESTERN)
}

pub(crate) fn short(count: u64, units: Units) -> String {
    let mut text = group(&count.to_string());
    let mut before = 1;
    for (unit, sign) in units.iter().copied() {
        // 999,500 is 1.00M, not 1,000K.
        let rounded = (u128::from(count) * 2 + u128::from(before)) / (u128::from(before) * 2);
        if rounded * u128::from(before) < u128::from(unit) {
            break;
        }
        text = format!("{}{sign}", three_digits(count, unit));
        before = unit;
    }
    text
}

/// A count in a unit, with two, one or no decimals.
fn three_digits(count: u64, unit: u64) -> String {
    let (count, unit) = (u128::from(count), u128::from(unit));
    for decimals in [2_u32, 1, 0] {
        let scale = 10_u128.pow(decimals);
        let scaled = (count * scale * 2 + unit) / (unit * 2);
        if scaled < 1_000 || decimals == 0 {
            let whole = group(&(scaled / scale).to_string());
            if decimals == 0 {
                return whole;
            }
            let part = format!("{:0width$}", scaled % scale, width = decimals as usize);
            return format!("{whole}.{part}");
        }
    }
    String::new()
}

/// A whole count with separators: `1,234,567`.
pub fn grouped(count: u64) -> String {
    group(&count.to_string())
}

fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Dollars: `$0.42`, `$84.31`, `$1,284`. An amount below half a cent that is not zero is `<$0.01`.
pub(crate) fn dollars(amount: Money) -> String {
    let cents = amount.rounded(2);
    if cents == "0.00" && amount > Money::ZERO {
        return "<$0.01".to_owned();
    }
    let (sign, digits) = split_sign(&cents);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "00"));
    if whole.parse::<u64>().is_ok_and(|whole| whole < WHOLE_DOLLARS) {
        return format!("{sign}${whole}.{part}");
    }
    let whole = amount.rounded(0);
    let (sign, digits) = split_sign(&whole);
    format!("{sign}${}", group(digits.split('.').next().unwrap_or(digits)))
}

fn split_sign(text: &str) -> (&str, &str) {
    text.strip_prefix('-').map_or(("", text), |rest| ("-", rest))
}

/// What a set of tokens would cost, as far as prices are known: `$12.30`, `$12.30+` if some have no
/// price, `no price yet` if none has; nothing where costs are hidden.
pub fn cost(amount: Option<Money>, unpriced_tokens: u64) -> String {
    cost_or(amount, unpriced_tokens, "no price yet")
}

fn cost_or(amount: Option<Money>, unpriced_tokens: u64, no_price: &str) -> String {
    match (amount, unpriced_tokens) {
        (Some(amount), 0) => dollars(amount),
        // Zero beside tokens without a price says nothing about them.
        (Some(Money::ZERO), _) => no_price.to_owned(),
        (Some(amount), _) => format!("{}+", dollars(amount)),
        (None, 0) => String::new(),
        (None, _) => no_price.to_owned(),
    }
}

/// A share: `12%`, under ten percent with one decimal: `4.2%`. What is there and rounds to nothing is `<0.1%`; only
/// all of it is `100%`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0%".to_owned();
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let tenths = (part * 2000 + whole) / (whole * 2);
    match tenths {
        0 if part > 0 => "<0.1%".to_owned(),
        0..100 => format!("{}.{}%", tenths / 10, tenths % 10),
        _ if part < whole => format!("{}%", ((part * 200 + whole) / (whole * 2)).min(99)),
        _ => format!("{}%", part * 100 / whole),
    }
}

impl Locale {
    /// Short units of large counts.
    pub(crate) fn units(&self) -> Units {
        self.language.units
    }

    /// A short count in the units of the language.
    pub(crate) fn tokens(&self, count: u64) -> String {
        short(count, self.language.units)
    }

    /// A whole count with separators.
    #[expect(clippy::unused_self, reason = "all three languages group digits alike")]
    pub(crate) fn count(&self, count: u64) -> String {
        grouped(count)
    }

    /// As [`cost`], in the words of the language.
    pub(crate) fn cost(&self, amount: Option<Money>, unpriced_tokens: u64) -> String {
        cost_or(amount, unpriced_tokens, &self.text("no-price"))
    }

    /// An amount of any currency, by its code where it is not the one of the price table.
    #[expect(clippy::unused_self, reason = "all three languages write amounts alike")]
    pub(crate) fn money(&self, amount: Money, code: &str) -> String {
        if code == "USD" {
            return dollars(amount);
        }
        let number = dollars(amount).replacen('$', "", 1);
        format!("{}\u{a0}{number}", crate::names::line(code))
    }

    /// A change as people say it: `▲ 12%`, `▼ 4.0%`, `new`, `12× as much`, `no change`; none if both are zero.
    pub(crate) fn change(&self, now: u64, before: u64) -> Option<String> {
        if now == before {
            return (now > 0).then(|| self.text("change-none"));
        }
        if before == 0 {
            return Some(self.text("change-new"));
        }
        let times = u128::from(now) / u128::from(before);
        if times >= 11 {
            let times = u64::try_from(times).unwrap_or(u64::MAX);
            return Some(self.with("change-times", &[("times", grouped(times).into())]));
        }
        let sign = if now > before { "▲" } else { "▼" };
        Some(format!("{sign} {}", percent(now.abs_diff(before), before)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_three_digits_and_never_show_a_thousand_of_a_unit() {
        for (count, text) in [
            (0, "0"),
            (987, "987"),
            (999, "999"),
            (1_000, "1.00K"),
            (1_234, "1.23K"),
            (12_450, "12.5K"),
            (999_499, "999K"),
            (999_500, "1.00M"),
            (45_340_000, "45.3M"),
            (999_949_999, "1.00B"),
            (1_234_000_000, "1.23B"),
            (5_000_000_000_000, "5.00T"),
            (u64::MAX, "18,446,744T"),
        ] {
            assert_eq!(tokens(count), text, "{count}");
        }
        assert_eq!(short(9_999, CHINESE), "9,999");
        assert_eq!(short(123_456_789, CHINESE), "1.23亿");
        assert_eq!(short(99_999_999, JAPANESE), "1.00億");
        assert_eq!(short(45_340_000, JAPANESE), "4,534万");
    }

    #[test]
    fn amounts_have_cents_below_a_thousand_and_unknown_prices_are_never_zero() {
        let money = |text: &str| text.parse::<Money>().unwrap();
        for (amount, text) in [
            ("0.42", "$0.42"),
            ("84.314", "$84.31"),
            ("999.994", "$999.99"),
            ("999.996", "$1,000"),
            ("1284.4", "$1,284"),
            ("1234567.895", "$1,234,568"),
            ("0.004", "<$0.01"),
            ("0", "$0.00"),
        ] {
            assert_eq!(dollars(money(amount)), text, "{amount}");
        }
        assert_eq!(cost(Some(money("12.3")), 5), "$12.30+");
        assert_eq!(cost(None, 5), "no price yet");
        assert_eq!(cost(Some(Money::ZERO), 5), "no price yet");
        assert_eq!(cost(Some(Money::ZERO), 0), "$0.00");
        assert_eq!(cost(None, 0), "");
    }

    #[test]
    fn shares_have_a_decimal_below_ten_percent_and_all_is_only_all() {
        for (part, whole, text) in [
            (1, 3, "33%"),
            (42, 1_000, "4.2%"),
            (1, 100_000, "<0.1%"),
            (9_999, 10_000, "99%"),
            (7, 7, "100%"),
            (30, 10, "300%"),
            (0, 0, "0%"),
        ] {
            assert_eq!(percent(part, whole), text);
        }
    }
}
