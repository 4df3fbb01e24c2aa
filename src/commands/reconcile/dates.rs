//! Days as files write them.

use chrono::NaiveDate;
use data_schema::{UtcSeconds, parse_log_time};

/// The order of day and month where a date is nothing but numbers with slashes or points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
    /// No date of the file tells: the month is taken to be first where slashes stand, the day where points do.
    NotTold,
}

/// Forms with names of months; the day of the week in front is taken away before.
const WORDS: [&str; 5] = ["%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y"];
/// Forms with the year in front.
const YEAR_FIRST: [&str; 4] = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"];

impl Order {
    /// What the dates of a file tell together.
    pub(super) fn of<'a>(dates: impl Iterator<Item = &'a str>) -> Self {
        let (mut day_first, mut month_first) = (false, false);
        for (one, two, _, _) in dates.filter_map(numbers) {
            day_first |= one > 12 && two <= 12;
            month_first |= two > 12 && one <= 12;
        }
        match (day_first, month_first) {
            (true, false) => Self::DayFirst,
            (false, true) => Self::MonthFirst,
            _ => Self::NotTold,
        }
    }
}

/// The day of UTC of a date or time; one without a zone is of UTC.
pub(super) fn day(text: &str, order: Order) -> Option<NaiveDate> {
    let text = text.trim();
    let first = text.split([' ', 'T']).next().unwrap_or(text);
    for form in YEAR_FIRST {
        // A number of seconds is no date without separators.
        let is_form = form != "%Y%m%d" || text.len() == 8;
        if is_form && let Ok(day) = NaiveDate::parse_from_str(text, form) {
            return Some(day);
        }
    }
    if let Some(day) = epoch(text) {
        return Some(day);
    }
    if let Some((one, two, year, point)) = numbers(text) {
        let day_first = match order {
            Order::DayFirst => true,
            Order::MonthFirst => false,
            Order::NotTold => point,
        };
        let (day, month) = if day_first { (one, two) } else { (two, one) };
        return NaiveDate::from_ymd_opt(year, month, day);
    }
    // A number alone is no time here.
    if text.contains(':')
        && let Some(at) =
            parse_log_time(text).or_else(|| parse_log_time(&text.replacen(' ', "T", 1)))
    {
        return Some(at.utc_date());
    }
    let words =
        text.split_once(", ").filter(|(week, _)| week.ends_with("day")).map(|(_, rest)| rest);
    let words = words.unwrap_or(text);
    let by_words = WORDS.iter().find_map(|form| NaiveDate::parse_from_str(words, form).ok());
    let begins = || {
        let forms = ["%Y-%m-%d", "%Y/%m/%d"];
        forms.iter().find_map(|form| NaiveDate::parse_from_str(first, form).ok())
    };
    // `2026-03-30 02:37:51 UTC` and the like.
    by_words.or_else(|| begins().filter(|_| text.ends_with("UTC") || text.ends_with('Z')))
}

/// Seconds or milliseconds since 1970.
fn epoch(text: &str) -> Option<NaiveDate> {
    if !(10..=13).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    let seconds = if text.len() == 10 { number } else { number / 1000 };
    Some(UtcSeconds::new(seconds)?.utc_date())
}

/// `1/2/2026` or `1.2.2026`, also with a time behind it: two numbers, the year, and whether points stand between them.
fn numbers(text: &str) -> Option<(u32, u32, i32, bool)> {
    let date = text.trim().split([' ', ',']).next()?;
    let separator = ['/', '.', '-'].into_iter().find(|separator| date.contains(*separator))?;
    let parts: Vec<&str> = date.split(separator).collect();
    let [one, two, year] = parts[..] else { return None };
    if year.len() != 4 || one.len() > 2 || two.len() > 2 {
        return None;
    }
    Some((one.parse().ok()?, two.parse().ok()?, year.parse().ok()?, separator == '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_the_forms_of_exports() {
        for text in [
            "2026-05-01",
            "2026/05/01",
            "20260501",
            "2026-05-01T00:30:00Z",
            "2026-05-01T00:00:00+00:00",
            "2026-05-01 02:37:51.271",
            "2026-04-30T23:30:00-02:00",
            "1777593600",
            "1777593600000",
            "May 1, 2026",
            "Friday, May 1, 2026",
            "1 May 2026",
            "01-May-2026",
            "01.05.2026",
            "5/1/2026",
            "05/01/2026 10:00",
        ] {
            let expected = NaiveDate::from_ymd_opt(2026, 5, 1);
            assert_eq!(day(text, Order::NotTold), expected, "{text}");
        }
        for text in ["", "Total", "2026", "31/31/2026", "2026-13-01", "12"] {
            assert_eq!(day(text, Order::NotTold), None, "{text}");
        }
    }

    #[test]
    fn other_dates_of_the_file_tell_what_comes_first() {
        let order = Order::of(["01/05/2026", "17/05/2026"].into_iter());
        assert_eq!(order, Order::DayFirst);
        assert_eq!(day("01/05/2026", order), NaiveDate::from_ymd_opt(2026, 5, 1));
        assert_eq!(Order::of(["05/17/2026"].into_iter()), Order::MonthFirst);
        assert_eq!(Order::of(["05/06/2026"].into_iter()), Order::NotTold);
    }
}
