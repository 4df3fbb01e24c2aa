//! Spans of time, days and shares in few letters.

use chrono::{NaiveDate, TimeZone};
use chrono_tz::Tz;
use data_schema::UtcSeconds;
use data_schema::settings::WeekStart;
use summarizer::BudgetPeriod;

/// The calendar day of an instant.
pub(crate) fn day(zone: Tz, at: UtcSeconds) -> NaiveDate {
    zone.from_utc_datetime(&at.to_chrono().naive_utc()).date_naive()
}

/// The time of day of an instant: `14:05`.
pub(crate) fn clock(zone: Tz, at: UtcSeconds) -> String {
    zone.from_utc_datetime(&at.to_chrono().naive_utc()).format("%H:%M").to_string()
}

/// First day of the month.
pub(crate) fn month_start(day: NaiveDate) -> NaiveDate {
    BudgetPeriod::Month.around(day, WeekStart::default()).0
}

/// First day of the week.
pub(crate) fn week_start(day: NaiveDate, start: WeekStart) -> NaiveDate {
    BudgetPeriod::Week.around(day, start).0
}

/// The two largest units of a span: `6d 3h`, `2h 10m`, `9m`, `40s`. Less than nothing is `0s`.
pub(crate) fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m"),
        (0, _, _) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}

/// A share in steps of 10⁻⁴ as a whole number of percent: rounded, and `100%` only if all of it is there.
pub(crate) fn percent(steps: u64) -> String {
    let rounded = steps.saturating_add(50) / 100;
    let shown = if steps < 10_000 { rounded.min(99) } else { rounded };
    format!("{shown}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units_at_most() {
        let spans = [-5, 0, 59, 60, 3_599, 3_600, 7_800, 86_399, 86_400, 532_800];
        let told = ["0s", "0s", "59s", "1m", "59m", "1h 0m", "2h 10m", "23h 59m", "1d 0h", "6d 4h"];
        assert_eq!(spans.map(span), told);
    }

    #[test]
    fn nearly_all_is_not_all() {
        let steps = [0, 49, 50, 2_350, 9_960, 9_999, 10_000, 10_500];
        let told = ["0%", "0%", "1%", "24%", "99%", "99%", "100%", "105%"];
        assert_eq!(steps.map(percent), told);
    }

    #[test]
    fn weeks_begin_where_they_are_told_to() {
        // A Sunday.
        let day: NaiveDate = "2026-06-14".parse().unwrap();
        let starts = [WeekStart::Monday, WeekStart::Sunday, WeekStart::Saturday];
        let first = starts.map(|start| week_start(day, start).to_string());
        assert_eq!(first, ["2026-06-08", "2026-06-14", "2026-06-13"]);
        assert_eq!(month_start(day).to_string(), "2026-06-01");
    }
}
