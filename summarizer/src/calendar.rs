//! Calendar days of the report zone.

use chrono::{Datelike, NaiveDate, TimeZone, Timelike};
use chrono_tz::Tz;
use data_schema::UtcSeconds;
use rustc_hash::FxHashMap;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The local day of an instant.
pub(crate) fn day(zone: Tz, at: UtcSeconds) -> NaiveDate {
    zone.from_utc_datetime(&at.to_chrono().naive_utc()).date_naive()
}

/// Where an instant stands in the calendar of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Local {
    pub(crate) day: NaiveDate,
    /// 0 is Monday.
    pub(crate) weekday: usize,
    pub(crate) hour: usize,
}

/// Day, weekday and hour of an instant.
fn local(zone: Tz, at: UtcSeconds) -> Local {
    let local = zone.from_utc_datetime(&at.to_chrono().naive_utc());
    Local {
        day: local.date_naive(),
        weekday: local.weekday().num_days_from_monday() as usize,
        hour: local.hour() as usize,
    }
}

/// A zone's calendar that is asked for millions of instants, most of them near the one before.
#[derive(Debug)]
pub(crate) struct Clock {
    zone: Tz,
    days: FxHashMap<i64, UtcDay>,
    last: (i64, UtcDay),
}

/// What a whole day of UTC is in a zone.
#[derive(Clone, Copy, Debug)]
enum UtcDay {
    /// Local time is so many seconds ahead of UTC all day long; the local days that it meets.
    Even { ahead: i64, first: (i64, NaiveDate), second: NaiveDate },
    /// Clocks change.
    Uneven,
}

impl Clock {
    pub(crate) fn new(zone: Tz) -> Self {
        Self { zone, days: FxHashMap::default(), last: (i64::MIN, UtcDay::Uneven) }
    }

    /// Day, weekday and hour of an instant.
    pub(crate) fn local(&mut self, at: UtcSeconds) -> Local {
        let number = at.seconds().div_euclid(DAY);
        if number != self.last.0 {
            let zone = self.zone;
            let day = *self.days.entry(number).or_insert_with(|| utc_day(zone, number));
            self.last = (number, day);
        }
        match self.last.1 {
            UtcDay::Even { ahead, first, second } => {
                let seconds = at.seconds() + ahead;
                let number = seconds.div_euclid(DAY);
                // 1970-01-01 was a Thursday.
                let weekday = (number + 3).rem_euclid(7);
                let hour = seconds.rem_euclid(DAY) / 3600;
                let day = if number == first.0 { first.1 } else { second };
                Local { day, weekday: small(weekday), hour: small(hour) }
            }
            UtcDay::Uneven => local(self.zone, at),
        }
    }
}

fn small(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// Looks at both ends and the middle of a day: no zone has changed its clocks forth and back again
/// within twelve hours.
fn utc_day(zone: Tz, number: i64) -> UtcDay {
    let start = number * DAY;
    let ahead = |second: i64| {
        let at = UtcSeconds::default().plus(start + second);
        let utc = at.to_chrono().naive_utc();
        zone.from_utc_datetime(&utc).naive_local().signed_duration_since(utc).num_seconds()
    };
    let seconds = ahead(0);
    if ahead(DAY / 2) != seconds || ahead(DAY - 1) != seconds {
        return UtcDay::Uneven;
    }
    let first = (start + seconds).div_euclid(DAY);
    let of = |second: i64| day(zone, UtcSeconds::default().plus(start + second));
    UtcDay::Even { ahead: seconds, first: (first, of(0)), second: of(DAY - 1) }
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

    #[test]
    fn a_clock_that_remembers_tells_the_same_as_one_that_does_not() {
        let zones = [
            chrono_tz::UTC,
            chrono_tz::Europe::Berlin,
            chrono_tz::America::St_Johns,
            chrono_tz::Australia::Lord_Howe,
            chrono_tz::Asia::Kathmandu,
            chrono_tz::Pacific::Apia,
            chrono_tz::Pacific::Kiritimati,
            chrono_tz::Africa::Casablanca,
            chrono_tz::Africa::Monrovia,
        ];
        for zone in zones {
            let mut clock = Clock::new(zone);
            // Every 37 minutes of 2011, 2025 and 2026, and the first weeks of 1970.
            let years = [1_293_840_000_i64, 1_735_689_600, 1_767_225_600];
            let year = |start: i64| (start..start + 366 * DAY).step_by(37 * 60);
            for second in years.into_iter().flat_map(year).chain((0..40 * DAY).step_by(997)) {
                let at = UtcSeconds::new(second).unwrap();
                assert_eq!(clock.local(at), local(zone, at), "{at} in {zone}");
            }
        }
    }
}
