//! Numbers, amounts and days as people read them. The one place of their forms.

use chrono::{Datelike, NaiveDate};
use data_schema::Money;

/// Units of tokens, the largest first.
const UNITS: [(u64, &str); 4] =
    [(1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K")];

/// A short count: `999`, `1.2K`, `45K`, `1.2M`, `1.2B`. Rounded half up.
pub(crate) fn tokens(count: u64) -> String {
    let mut carried = None;
    for (unit, letter) in UNITS.iter().rev() {
        let text = in_unit(count, *unit, letter);
        if count < *unit && carried.is_none() {
            return count.to_string();
        }
        // 999,950 is 1.0M, not 1000K.
        if count < unit.saturating_mul(1000) && !text.starts_with("1000") {
            return text;
        }
        carried = Some(text);
    }
    carried.unwrap_or_default()
}

fn in_unit(count: u64, unit: u64, letter: &str) -> String {
    let (count, unit) = (u128::from(count), u128::from(unit));
    let whole = letter == "K" && count >= unit * 10;
    if whole {
        return format!("{}{letter}", (count * 2 + unit) / (unit * 2));
    }
    let tenths = (count * 20 + unit) / (unit * 2);
    format!("{}.{}{letter}", tenths / 10, tenths % 10)
}

/// A whole count with separators: `1,234,567`.
pub(crate) fn grouped(count: u64) -> String {
    group(&count.to_string())
}

fn group(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Dollars with cents: `$1,234.50`. A cost below half a cent that is not zero is `<$0.01`.
pub(crate) fn dollars(amount: Money) -> String {
    let rounded = amount.rounded(2);
    if rounded == "0.00" && amount > Money::ZERO {
        return "<$0.01".to_owned();
    }
    let (sign, digits) =
        rounded.strip_prefix('-').map_or(("", rounded.as_str()), |rest| ("-", rest));
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, "00"));
    format!("{sign}${}.{cents}", group(whole))
}

/// What a set of tokens would cost, as far as prices are known: `$12.30`, `$12.30+` if some have no
/// price, `no price yet` if none has; nothing where costs are hidden.
pub(crate) fn cost(amount: Option<Money>, unpriced_tokens: u64) -> String {
    match (amount, unpriced_tokens) {
        (Some(amount), 0) => dollars(amount),
        (Some(amount), _) => format!("{}+", dollars(amount)),
        (None, 0) => String::new(),
        (None, _) => "no price yet".to_owned(),
    }
}

/// A share: `12.3%`; what is there and rounds to nothing is `<0.1%`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0%".to_owned();
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let tenths = (part * 2000 + whole) / (whole * 2);
    match tenths {
        0 if part > 0 => "<0.1%".to_owned(),
        1000 => "100%".to_owned(),
        _ => format!("{}.{}%", tenths / 10, tenths % 10),
    }
}

/// `1 May 2026`.
pub(crate) fn date(day: NaiveDate) -> String {
    format!("{} {}", day.day(), day.format("%B %Y"))
}

/// `1 May`.
pub(crate) fn short_date(day: NaiveDate) -> String {
    format!("{} {}", day.day(), day.format("%b"))
}

/// `25 April – 1 May 2026`.
pub(crate) fn range(start: NaiveDate, end: NaiveDate) -> String {
    if start == end {
        return date(end);
    }
    let start_form = match (start.year() == end.year(), start.month() == end.month()) {
        (true, true) => start.day().to_string(),
        (true, false) => format!("{} {}", start.day(), start.format("%B")),
        (false, _) => date(start),
    };
    format!("{start_form} – {}", date(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short_and_never_show_a_thousand_of_a_unit() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1.0K"),
            (1_249, "1.2K"),
            (1_250, "1.3K"),
            (12_499, "12K"),
            (999_499, "999K"),
            (999_500, "1.0M"),
            (1_000_000, "1.0M"),
            (45_340_000, "45.3M"),
            (999_949_999, "999.9M"),
            (999_950_000, "1.0B"),
            (1_234_000_000, "1.2B"),
            (5_000_000_000_000, "5.0T"),
        ] {
            assert_eq!(tokens(count), text, "{count}");
        }
    }

    #[test]
    fn amounts_have_cents_and_unknown_prices_are_never_zero() {
        let money = |text: &str| text.parse::<Money>().unwrap();
        assert_eq!(dollars(money("1234567.895")), "$1,234,567.90");
        assert_eq!(dollars(money("0.004")), "<$0.01");
        assert_eq!(dollars(Money::ZERO), "$0.00");
        assert_eq!(cost(Some(money("12.3")), 5), "$12.30+");
        assert_eq!(cost(None, 5), "no price yet");
        assert_eq!(cost(None, 0), "");
    }

    #[test]
    fn shares_and_ranges_read_well() {
        assert_eq!(percent(1, 3), "33.3%");
        assert_eq!(percent(1, 100_000), "<0.1%");
        assert_eq!(percent(7, 7), "100%");
        assert_eq!(percent(0, 0), "0%");
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(range(day("2026-05-01"), day("2026-05-07")), "1 – 7 May 2026");
        assert_eq!(range(day("2026-04-25"), day("2026-05-01")), "25 April – 1 May 2026");
        assert_eq!(
            range(day("2025-12-30"), day("2026-01-05")),
            "30 December 2025 – 5 January 2026"
        );
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
