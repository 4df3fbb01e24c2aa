//! Numbers and amounts as people and spreadsheets write them.

use data_schema::Money;

/// What separates thousands, beside the comma and the point.
const SPACES: [char; 6] = [' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '_'];
/// Signs of currencies that mean one currency only, or nearly always do.
const SIGNS: [(char, &str); 5] =
    [('$', "USD"), ('€', "EUR"), ('£', "GBP"), ('¥', "JPY"), ('₹', "INR")];
/// Digits behind the point that an amount has at most.
const DECIMALS: usize = 12;
/// What stands where nothing was charged or counted.
const NOTHING: [&str; 9] = ["", "-", "–", "n/a", "na", "nan", "null", "included", "free"];

/// Whether a cell says that there is nothing.
pub(super) fn is_nothing(text: &str) -> bool {
    NOTHING.contains(&text.trim().to_lowercase().as_str())
}

/// A count: `1234567`, `1,234,567`, `1.234.567`, `1 234 567`, `12.0`. Nothing is `Ok(None)`.
pub(super) fn count(text: &str) -> Result<Option<u64>, String> {
    if is_nothing(text) {
        return Ok(None);
    }
    let bad = || format!("`{}` is no number of tokens or requests", shown(text));
    let plain: String = text.trim().chars().filter(|letter| !SPACES.contains(letter)).collect();
    let whole = match plain.rsplit_once(['.', ',']) {
        Some((whole, zeros)) if zeros.bytes().all(|byte| byte == b'0') && zeros.len() != 3 => whole,
        _ => &plain,
    };
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let is_grouped = groups.len() == 1
        || (groups[1..].iter().all(|group| group.len() == 3) && (1..=3).contains(&groups[0].len()));
    let digits = groups.concat();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_grouped || !is_number {
        return Err(bad());
    }
    digits.parse().map(Some).map_err(|_| bad())
}

/// An amount and, where the cell tells it, its currency: `$1,234.56`, `1.234,56 €`, `EUR 3.5`, `(1.00)`, `-0.5`.
/// `comma_is_point` decides `1,234`. Nothing is `Ok(None)`.
pub(super) fn amount(
    text: &str,
    comma_is_point: bool,
) -> Result<Option<(Money, Option<String>)>, String> {
    if is_nothing(text) {
        return Ok(None);
    }
    let bad = || format!("`{}` is no amount of money", shown(text));
    let mut rest = text.trim().to_owned();
    let mut currency = None;
    for (sign, code) in SIGNS {
        if rest.contains(sign) {
            currency = Some(code.to_owned());
            rest = rest.replacen(sign, "", 1);
        }
    }
    let is_code =
        |code: &str| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    let letters: String = rest.chars().filter(char::is_ascii_alphabetic).collect();
    if is_code(&letters) && rest.contains(&letters) {
        currency = Some(letters.to_uppercase());
        rest = rest.replacen(&letters, "", 1);
    }
    rest.retain(|letter| !SPACES.contains(&letter));
    let inner = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let is_negative = inner.is_some() || rest.starts_with(['-', '−']);
    let digits = inner.unwrap_or(&rest).trim_start_matches(['-', '−', '+']);
    let money: Money =
        decimal(digits, comma_is_point).ok_or_else(bad)?.parse().map_err(|_| bad())?;
    Ok(Some((if is_negative { Money::ZERO - money } else { money }, currency)))
}

/// The amount with a point, and without separators of thousands.
fn decimal(text: &str, comma_is_point: bool) -> Option<String> {
    if text.contains(['e', 'E']) {
        return Some(text.to_owned());
    }
    let (points, commas) = (text.matches('.').count(), text.matches(',').count());
    let last = text.rfind(['.', ',']);
    let behind = last.map_or(0, |at| text.len() - at - 1);
    let point = match (points, commas) {
        // Both: the last one is the point.
        (1.., 1..) | (1, 0) => last,
        (0, 1) if behind != 3 || comma_is_point => last,
        // One kind, several times or before three digits: thousands.
        _ => None,
    };
    let (whole, fraction) = point.map_or((text, ""), |at| (&text[..at], &text[at + 1..]));
    let whole: String = whole.chars().filter(|letter| !matches!(letter, '.' | ',')).collect();
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(&whole) || !is_number(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(DECIMALS)];
    Some(format!("{}.{fraction}", if whole.is_empty() { "0" } else { &whole }))
}

/// A cell in a message: no more of it than it takes to find it.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let short: String = text.trim().chars().take(LONGEST).collect();
    if text.trim().chars().count() > LONGEST { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_people_write_them() {
        for (text, expected) in [
            ("1234567", 1_234_567),
            ("1,234,567", 1_234_567),
            ("1.234.567", 1_234_567),
            ("1\u{202f}234\u{a0}567", 1_234_567),
            ("1'234", 1234),
            ("12.0", 12),
            ("0", 0),
            ("12,000", 12_000),
        ] {
            assert_eq!(count(text), Ok(Some(expected)), "{text}");
        }
        for text in ["", " - ", "NaN", "n/a"] {
            assert_eq!(count(text), Ok(None), "{text}");
        }
        for text in ["1.5", "-3", "12,34,567", "1e6", "many", "99999999999999999999999"] {
            assert!(count(text).is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_are_read_with_their_currency() {
        let money = |text: &str| text.parse::<Money>().unwrap();
        for (text, comma, expected, currency) in [
            ("12.34", false, "12.34", None),
            ("$1,234.56", false, "1234.56", Some("USD")),
            ("1.234,56 €", false, "1234.56", Some("EUR")),
            ("EUR 3.5", false, "3.5", Some("EUR")),
            ("0,5", false, "0.5", None),
            ("1,234", false, "1234", None),
            ("1,234", true, "1.234", None),
            ("(1.00)", false, "-1", None),
            ("-$0.25", false, "-0.25", Some("USD")),
            ("3e-06", false, "0.000003", None),
            ("0.0001234567891234", false, "0.000123456789", None),
        ] {
            let read = amount(text, comma).unwrap().unwrap();
            assert_eq!(read, (money(expected), currency.map(str::to_owned)), "{text}");
        }
        assert_eq!(amount("Included", false), Ok(None));
        for text in ["abc", "1.2.3,4,5x", "--", "1/2"] {
            assert!(amount(text, false).is_err(), "{text}");
        }
    }
}
