//! When a budget begins and ends.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::gate::limit::Every;

/// The shortest window.
const FIVE_HOURS: TimeDelta = TimeDelta::hours(5);
/// How far a clock may go back before a window that has not begun yet is taken for a wrong clock's.
const TOLERANCE: TimeDelta = TimeDelta::hours(1);
/// Steps in which the first moment of a day is looked for, where clocks jump over midnight.
const STEP: TimeDelta = TimeDelta::minutes(15);

/// From `begin` until before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) begin: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
}

impl Span {
    /// Whether a moment lies in it.
    pub(crate) fn holds(self, at: DateTime<Utc>) -> bool {
        self.begin <= at && at < self.end
    }

    /// Whether it goes on at a moment. Requests may come in another order than they began, so that one that is a
    /// little older belongs to it as well.
    pub(crate) fn goes_on(self, at: DateTime<Utc>) -> bool {
        at < self.end && self.begin <= at + TOLERANCE
    }

    /// The window that a moment opens. Days, weeks and months are those of the calendar in a zone; five hours begin
    /// with the moment.
    pub(crate) fn opened(every: Every, zone: Tz, at: DateTime<Utc>) -> Self {
        let today = at.with_timezone(&zone).date_naive();
        let (first, next) = match every {
            Every::FiveHours => return Self { begin: at, end: at + FIVE_HOURS },
            Every::Day => (today, today.checked_add_days(Days::new(1))),
            Every::Week => {
                let since = u64::from(today.weekday().num_days_from_monday());
                let monday = today.checked_sub_days(Days::new(since)).unwrap_or(today);
                (monday, monday.checked_add_days(Days::new(7)))
            }
            Every::Month => {
                let first = today.with_day(1).unwrap_or(today);
                (first, first.checked_add_months(Months::new(1)))
            }
        };
        Self { begin: midnight(zone, first), end: midnight(zone, next.unwrap_or(NaiveDate::MAX)) }
    }
}

/// The first moment of a day.
fn midnight(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let steps = (0..=96).map(|step| midnight.checked_add_signed(STEP * step));
    let mut moments = steps.flatten().map(|local| zone.from_local_datetime(&local).earliest());
    moments.find_map(|moment| moment).map_or_else(|| midnight.and_utc(), |found| found.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(every: Every, zone: Tz, at: &str) -> [String; 2] {
        let Span { begin, end } = Span::opened(every, zone, at.parse().unwrap());
        [begin, end].map(|time| time.format("%F %T").to_string())
    }

    #[test]
    fn calendar_windows_begin_at_midnight_and_end_before_the_next() {
        let day = |at| span(Every::Day, Tz::UTC, at);
        assert_eq!(day("2026-05-01T00:00:00Z"), ["2026-05-01 00:00:00", "2026-05-02 00:00:00"]);
        assert_eq!(day("2026-05-01T23:59:59.999Z"), ["2026-05-01 00:00:00", "2026-05-02 00:00:00"]);
        // 2026-05-01 is a Friday.
        let week = |at| span(Every::Week, Tz::UTC, at);
        assert_eq!(week("2026-05-01T10:00:00Z"), ["2026-04-27 00:00:00", "2026-05-04 00:00:00"]);
        assert_eq!(week("2026-05-03T23:59:59Z"), ["2026-04-27 00:00:00", "2026-05-04 00:00:00"]);
        assert_eq!(week("2026-05-04T00:00:00Z"), ["2026-05-04 00:00:00", "2026-05-11 00:00:00"]);
        let month = |at| span(Every::Month, Tz::UTC, at);
        assert_eq!(month("2026-12-31T23:59:59Z"), ["2026-12-01 00:00:00", "2027-01-01 00:00:00"]);
        assert_eq!(month("2028-02-29T12:00:00Z"), ["2028-02-01 00:00:00", "2028-03-01 00:00:00"]);
    }

    #[test]
    fn days_of_a_zone_follow_its_clocks() {
        let day = |at| span(Every::Day, Tz::Europe__Berlin, at);
        // Clocks go forward on 2026-03-29: the day has 23 hours.
        assert_eq!(day("2026-03-29T12:00:00Z"), ["2026-03-28 23:00:00", "2026-03-29 22:00:00"]);
        // In Beirut they do at midnight: 2026-03-29 begins at 01:00 local time.
        let beirut = span(Every::Day, Tz::Asia__Beirut, "2026-03-29T12:00:00Z");
        assert_eq!(beirut, ["2026-03-28 22:00:00", "2026-03-29 21:00:00"]);
    }

    #[test]
    fn five_hours_begin_with_their_first_request() {
        let at = "2026-05-01T10:20:30Z".parse().unwrap();
        let span = Span::opened(Every::FiveHours, Tz::UTC, at);
        assert_eq!(span.begin, at);
        assert!(span.goes_on(at + TimeDelta::hours(5) - TimeDelta::milliseconds(1)));
        assert!(!span.goes_on(at + TimeDelta::hours(5)));
        assert!(span.goes_on(at - TimeDelta::seconds(3)));
        assert!(!span.goes_on(at - TimeDelta::days(2)), "the clock was wrong, and is put right");
    }
}
