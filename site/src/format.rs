//! Numbers, amounts and days as people read them. The one place of their forms.

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use data_schema::{Money, UtcSeconds};

/// Units of tokens, the smallest first.
const UNITS: [(u64, &str); 4] =
    [(1_000, "K"), (1_000_000, "M"), (1_000_000_000, "B"), (1_000_000_000_000, "T")];

/// Instead of an amount, where nothing has a price.
pub(crate) const NO_PRICE: &str = "no price yet";

/// Letters of a name that is not cut; of a longer one, so many of its beginning and of its end stay, where
/// versions are.
const NAME_LETTERS: usize = 64;
const NAME_BEGIN: usize = 40;
const NAME_END: usize = 23;

/// A short count: `999`, `1.2K`, `45K`, `1.2M`, `1.2B`. Rounded half up.
pub fn tokens(count: u64) -> String {
    let mut text = count.to_string();
    for (unit, letter) in UNITS.into_iter().filter(|_| count >= UNITS[0].0) {
        // From ten thousand on, thousands are told without tenths.
        let step = if letter == "K" && count >= 10 * unit { unit } else { unit / 10 };
        let steps = (u128::from(count) * 2 + u128::from(step)) / (u128::from(step) * 2);
        let per_unit = u128::from(unit / step);
        let whole = group(&(steps / per_unit).to_string());
        text = match steps % per_unit {
            _ if per_unit == 1 => format!("{whole}{letter}"),
            tenths => format!("{whole}.{tenths}{letter}"),
        };
        // 999,950,000 is 1.0B, not 1000.0M.
        if steps < 1_000 * per_unit {
            break;
        }
    }
    text
}

/// The value of a line across a chart: `3M`, not `3.0M`.
pub(crate) fn round_tokens(count: u64) -> String {
    tokens(count).replace(".0", "")
}

/// A whole count with separators: `1,234,567`.
pub fn grouped(count: u64) -> String {
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
pub fn cost(amount: Option<Money>, unpriced_tokens: u64) -> String {
    match (amount, unpriced_tokens) {
        (Some(amount), 0) => dollars(amount),
        // Zero beside tokens without a price says nothing about them.
        (Some(Money::ZERO), _) => NO_PRICE.to_owned(),
        (Some(amount), _) => format!("{}+", dollars(amount)),
        (None, 0) => String::new(),
        (None, _) => NO_PRICE.to_owned(),
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

/// `18:42` of the given zone, if the instant lies on that day there.
pub(crate) fn time_of_day(at: UtcSeconds, zone: Tz, day: NaiveDate) -> Option<String> {
    let local = at.to_chrono().with_timezone(&zone);
    (local.date_naive() == day).then(|| local.format("%H:%M").to_string())
}

/// `20 November 2026, 18:42` of the given zone.
pub(crate) fn instant(at: UtcSeconds, zone: Tz) -> String {
    let local = at.to_chrono().with_timezone(&zone);
    format!("{}, {}", date(local.date_naive()), local.format("%H:%M"))
}

/// A name from a log as one line: control characters become spaces, marks that turn the direction of the
/// text around them go, and what is longer than any real name is cut in the middle.
pub(crate) fn name(text: &str) -> String {
    let turns = |letter: &char| matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    let line: String = text.chars().filter(|letter| !turns(letter)).map(plain).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return "unnamed".to_owned();
    }
    let letters: Vec<char> = line.chars().collect();
    if letters.len() <= NAME_LETTERS {
        return line;
    }
    let begin: String = letters[..NAME_BEGIN].iter().collect();
    let end: String = letters[letters.len() - NAME_END..].iter().collect();
    format!("{begin}…{end}")
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
            (u64::MAX, "18,446,744.1T"),
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
        assert_eq!(cost(Some(Money::ZERO), 5), "no price yet");
        assert_eq!(cost(Some(Money::ZERO), 0), "$0.00");
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

    #[test]
    fn the_time_of_the_last_use_is_that_of_the_zone_and_only_on_its_day() {
        let at = UtcSeconds::new(1_795_217_400).unwrap();
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(instant(at, berlin), "21 November 2026, 00:30");
        assert_eq!(instant(at, Tz::UTC), "20 November 2026, 23:30");
        let day = "2026-11-20".parse().unwrap();
        assert_eq!(time_of_day(at, Tz::UTC, day).as_deref(), Some("23:30"));
        assert_eq!(time_of_day(at, berlin, day), None);
    }

    #[test]
    fn a_name_is_one_short_line_that_turns_nothing_around() {
        assert_eq!(name("gpt-5.5"), "gpt-5.5");
        assert_eq!(name(" a\nb\u{0}\tc "), "a b c");
        assert_eq!(name("evil\u{202e}txt.exe\u{2066}"), "eviltxt.exe");
        assert_eq!(name("\u{200f}\n"), "unnamed");
        assert_eq!(name(&"é".repeat(64)), "é".repeat(64));
        let long = format!("{}-2026-05", "é".repeat(60));
        assert_eq!(name(&long), format!("{}…{}-2026-05", "é".repeat(40), "é".repeat(15)));
    }
}
