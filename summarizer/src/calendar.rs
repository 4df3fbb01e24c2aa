//! Calendar days of the report zone.

use chrono::{Datelike, NaiveDate, TimeZone, Timelike};
use chrono_tz::Tz;
use data_schema::UtcSeconds;

/// The local day of an instant.
pub(crate) fn day(zone: Tz, at: UtcSeconds) -> NaiveDate {
    zone.from_utc_datetime(&at.to_chrono().naive_utc()).date_naive()
}

/// Where an instant stands in the calendar of a zone.
pub(crate) struct Local {
    pub(crate) day: NaiveDate,
    /// 0 is Monday.
    pub(crate) weekday: usize,
    pub(crate) hour: usize,
}

/// Day, weekday and hour of an instant.
pub(crate) fn local(zone: Tz, at: UtcSeconds) -> Local {
    let local = zone.from_utc_datetime(&at.to_chrono().naive_utc());
    Local {
        day: local.date_naive(),
        weekday: local.weekday().num_days_from_monday() as usize,
        hour: local.hour() as usize,
    }
}

/// The ISO 8601 week: `2026-W01`. Its year may differ from the day's.
pub(crate) fn week(day: NaiveDate) -> String {
    let week = day.iso_week();
    format!("{:04}-W{:02}", week.year(), week.week())
}

/// The month: `2026-05`.
pub(crate) fn month(day: NaiveDate) -> String {
    day.format("%Y-%m").to_string()
}

/// So many days before, at most back to the calendar's beginning.
pub(crate) fn days_before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(chrono::Days::new(days)).unwrap_or(day)
}

/// All days from `start` to `end`, both included.
pub(crate) fn days(start: NaiveDate, end: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    start.iter_days().take_while(move |day| *day <= end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day_in(zone: Tz, at: &str) -> String {
        day(zone, at.parse().unwrap()).to_string()
    }

    #[test]
    fn an_instant_has_the_day_of_its_zone() {
        let late = "2026-05-01T23:30:00Z";
        assert_eq!(day_in(chrono_tz::Asia::Tokyo, late), "2026-05-02");
        assert_eq!(day_in(chrono_tz::America::Los_Angeles, late), "2026-05-01");
        assert_eq!(day_in(chrono_tz::Pacific::Kiritimati, late), "2026-05-02");
        assert_eq!(day_in(chrono_tz::Etc::GMTPlus12, "2026-05-01T11:30:00Z"), "2026-04-30");
    }

    #[test]
    fn days_of_23_and_25_hours_are_days() {
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(day_in(berlin, "2026-03-28T23:00:00Z"), "2026-03-29");
        assert_eq!(day_in(berlin, "2026-03-29T21:59:59Z"), "2026-03-29");
        assert_eq!(day_in(berlin, "2026-03-29T22:00:00Z"), "2026-03-30");
        let hour = |at: &str| {
            let local = local(berlin, at.parse().unwrap());
            (local.weekday, local.hour)
        };
        // 02:30 happens twice on the day that the clocks go back.
        assert_eq!(hour("2026-10-25T00:30:00Z"), (6, 2));
        assert_eq!(hour("2026-10-25T01:30:00Z"), (6, 2));
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        let week = |day: &str| week(day.parse().unwrap());
        for (day, expected) in [
            ("2026-02-19", "2026-W08"),
            ("2026-02-15", "2026-W07"),
            ("2026-01-01", "2026-W01"),
            ("2025-12-29", "2026-W01"),
            ("2027-01-01", "2026-W53"),
        ] {
            assert_eq!(week(day), expected);
        }
    }
}
