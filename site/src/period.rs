//! Stretches of days that pages are about.

use chrono::{Datelike, Days, Months, NaiveDate};
use data_schema::summary::DateRange;

/// The windows of the overview; all end with the summary's last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    Days7,
    Days28,
    Days30,
    Days91,
    Months12,
    All,
}

impl Window {
    pub(crate) const ALL: [Self; 6] =
        [Self::Days7, Self::Days28, Self::Days30, Self::Days91, Self::Months12, Self::All];

    /// `7d`, as in file names and messages.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Days7 => "7d",
            Self::Days28 => "28d",
            Self::Days30 => "30d",
            Self::Days91 => "91d",
            Self::Months12 => "12m",
            Self::All => "all",
        }
    }

    /// Its page; 28 days are the start page.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Days28 => "index.html".to_owned(),
            window => format!("{}/index.html", window.id()),
        }
    }

    /// Its days, given the last day and the days of all use.
    pub(crate) fn range(self, end: NaiveDate, all: Option<DateRange>) -> DateRange {
        let start = match self {
            Self::Days7 => back(end, 6),
            Self::Days28 => back(end, 27),
            Self::Days30 => back(end, 29),
            Self::Days91 => back(end, 90),
            Self::Months12 => back(end, 0)
                .succ_opt()
                .and_then(|next| next.checked_sub_months(Months::new(12)))
                .unwrap_or(end),
            Self::All => all.map_or(end, |all| all.start.min(end)),
        };
        DateRange { start, end }
    }

    /// What is compared with what: whole weeks, so that weekdays stand against themselves. Thirty days are
    /// compared by their last 28, twelve months by their last 52 weeks.
    pub(crate) fn comparison(self, end: NaiveDate) -> Option<Comparison> {
        let days = match self {
            Self::Days7 => 7,
            Self::Days28 | Self::Days30 => 28,
            Self::Days91 => 91,
            Self::Months12 => 364,
            Self::All => return None,
        };
        Some(Comparison::before(DateRange { start: back(end, days - 1), end }))
    }
}

/// Two stretches of the same length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) now: DateRange,
    pub(crate) before: DateRange,
}

impl Comparison {
    /// A stretch with the one that ends just before it.
    pub(crate) fn before(now: DateRange) -> Self {
        let length = u64::try_from((now.end - now.start).num_days()).unwrap_or(0) + 1;
        let before = DateRange { start: back(now.start, length), end: back(now.end, length) };
        Self { now, before }
    }
}

/// What one bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Day,
    Week,
    Month,
}

impl Unit {
    /// Days up to 120, weeks up to three years, months beyond.
    pub(crate) fn of(range: DateRange) -> Self {
        match (range.end - range.start).num_days() {
            ..120 => Self::Day,
            120..1_100 => Self::Week,
            _ => Self::Month,
        }
    }

    /// First day of the slot that a day lies in. Weeks are those of ISO 8601.
    pub(crate) fn start(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => day,
            Self::Week => monday(day),
            Self::Month => day.with_day(1).unwrap_or(day),
        }
    }

    /// All slots that a stretch touches, in order, clipped to it; those without use are there.
    pub(crate) fn slots(self, range: DateRange) -> Vec<DateRange> {
        let mut slots: Vec<DateRange> = Vec::new();
        for day in range.start.iter_days().take_while(|day| *day <= range.end) {
            match slots.last_mut() {
                Some(slot) if self.start(slot.start) == self.start(day) => slot.end = day,
                _ => slots.push(DateRange { start: day, end: day }),
            }
        }
        slots
    }
}

/// The Monday of a day's week.
pub(crate) fn monday(day: NaiveDate) -> NaiveDate {
    back(day, u64::from(day.weekday().num_days_from_monday()))
}

/// The days of a calendar month.
pub(crate) fn month(day: NaiveDate) -> DateRange {
    let start = day.with_day(1).unwrap_or(day);
    let end =
        start.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(day);
    DateRange { start, end }
}

/// The days of a calendar year.
pub(crate) fn year(year: i32) -> Option<DateRange> {
    Some(DateRange {
        start: NaiveDate::from_ymd_opt(year, 1, 1)?,
        end: NaiveDate::from_ymd_opt(year, 12, 31)?,
    })
}

/// Some days before a day; the first day that there is, if there is none.
pub(crate) fn back(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
}

/// Page of a week: `2026/w08/index.html`.
pub(crate) fn week_path(day: NaiveDate) -> String {
    let week = day.iso_week();
    format!("{:04}/w{:02}/index.html", week.year(), week.week())
}

/// Page of a month: `2026/11/index.html`.
pub(crate) fn month_path(day: NaiveDate) -> String {
    format!("{:04}/{:02}/index.html", day.year(), day.month())
}

/// Page of a year: `2026/index.html`.
pub(crate) fn year_path(day: NaiveDate) -> String {
    format!("{:04}/index.html", day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn windows_end_with_the_last_day_and_compare_whole_weeks() {
        let end = day("2026-11-20");
        let start = |window: Window| window.range(end, None).start;
        assert_eq!(start(Window::Days7), day("2026-11-14"));
        assert_eq!(start(Window::Days28), day("2026-10-24"));
        assert_eq!(start(Window::Months12), day("2025-11-21"));
        let leap = Window::Months12.range(day("2028-02-29"), None).start;
        assert_eq!(leap, day("2027-03-01"));
        for window in Window::ALL {
            if let Some(Comparison { now, before }) = window.comparison(end) {
                assert_eq!(now.start.weekday(), before.start.weekday(), "{window:?}");
                assert_eq!(before.end.succ_opt(), Some(now.start), "{window:?}");
            }
        }
    }

    #[test]
    fn slots_cover_every_day_once_with_those_without_use() {
        let range = DateRange { start: day("2026-02-26"), end: day("2026-03-09") };
        for unit in [Unit::Day, Unit::Week, Unit::Month] {
            let slots = unit.slots(range);
            let days: i64 = slots.iter().map(|slot| (slot.end - slot.start).num_days() + 1).sum();
            assert_eq!(days, 12, "{unit:?}");
            assert_eq!((slots[0].start, slots[slots.len() - 1].end), (range.start, range.end));
        }
        assert_eq!(Unit::Week.slots(range).len(), 3);
        assert_eq!(Unit::Month.slots(range).len(), 2);
    }

    #[test]
    fn weeks_have_the_year_of_their_thursday() {
        assert_eq!(week_path(day("2027-01-01")), "2026/w53/index.html");
        assert_eq!(month_path(day("2027-01-01")), "2027/01/index.html");
    }
}
