//! Days as people read them.

use chrono::{Datelike, NaiveDate, Timelike};
use chrono_tz::Tz;
use data_schema::UtcSeconds;
use data_schema::summary::DateRange;

use super::Locale;

impl Locale {
    /// `1 May 2026`.
    pub(crate) fn date(&self, day: NaiveDate) -> String {
        self.day_as("date", day)
    }

    /// `1 May`.
    pub(crate) fn short_date(&self, day: NaiveDate) -> String {
        self.day_as("date-short", day)
    }

    /// `May 2026`.
    pub(crate) fn month(&self, day: NaiveDate) -> String {
        let name = self.text(&format!("month-{}", day.month()));
        let year = day.year().to_string();
        self.with("month-of-year", &[("month", name.into()), ("year", year.into())])
    }

    /// `May`.
    pub(crate) fn month_name(&self, day: NaiveDate) -> String {
        self.text(&format!("month-short-{}", day.month()))
    }

    /// `Mon`; 0 is Monday.
    pub(crate) fn weekday(&self, from_monday: u32) -> String {
        self.text(&format!("weekday-short-{}", from_monday + 1))
    }

    /// `25 Apr to 1 May 2026`.
    pub(crate) fn range(&self, range: DateRange) -> String {
        let DateRange { start, end } = range;
        if start == end {
            return self.date(end);
        }
        let from = match (start.year() == end.year(), start.month() == end.month()) {
            (true, true) => self.day_as("date-day", start),
            (true, false) => self.short_date(start),
            (false, _) => self.date(start),
        };
        // Where the year stands first, it is told with the first day.
        let key = if start.year() == end.year() { "date-range" } else { "date-range-years" };
        self.with(
            key,
            &[
                ("from", from.into()),
                ("to", self.date(end).into()),
                ("fromLong", self.date(start).into()),
                ("toShort", self.short_date(end).into()),
            ],
        )
    }

    /// `20 Nov 2026, 18:42` of the given zone.
    pub(crate) fn instant(&self, at: UtcSeconds, zone: Tz) -> String {
        let local = at.to_chrono().with_timezone(&zone);
        let time = format!("{:02}:{:02}", local.hour(), local.minute());
        let day = self.date(local.date_naive());
        self.with("date-and-time", &[("date", day.into()), ("time", time.into())])
    }

    fn day_as(&self, key: &str, day: NaiveDate) -> String {
        self.with(
            key,
            &[
                ("day", day.day().to_string().into()),
                ("month", self.text(&format!("month-short-{}", day.month())).into()),
                ("number", day.month().to_string().into()),
                ("year", day.year().to_string().into()),
            ],
        )
    }
}

/// `18:42` of the given zone, if the instant lies on that day there.
pub(crate) fn time_of_day(at: UtcSeconds, zone: Tz, day: NaiveDate) -> Option<String> {
    let local = at.to_chrono().with_timezone(&zone);
    (local.date_naive() == day).then(|| local.format("%H:%M").to_string())
}
