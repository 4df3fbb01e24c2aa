//! The days that are asked for. Only days of UTC that are over: a statement is then about all of its day.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use data_schema::UtcSeconds;

/// Hours after its end that a day is given to be told in full.
const SETTLED: i64 = 2;
/// Days that are asked for once more at every run, because data arrive late.
const OVERLAP: i64 = 3;
/// Days that the first run asks for.
const FIRST: u32 = 30;

/// Days of UTC, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain days")]
pub struct Window {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

impl Window {
    /// What is to be asked now, if `up_to` was the last day of the run before; `None` if there is nothing.
    pub(crate) fn next(now: UtcSeconds, up_to: Option<NaiveDate>, days_back: u32) -> Option<Self> {
        let to = now.plus(-SETTLED * 3600).utc_date().pred_opt()?;
        let back = |days: i64| to - TimeDelta::days(days - 1);
        let earliest = back(i64::from(days_back.max(1)));
        let first = back(i64::from(FIRST));
        // A clock that was ahead has noted a day that is not over.
        let again = up_to.map(|up_to| up_to.min(to) - TimeDelta::days(OVERLAP - 1));
        let from = again.unwrap_or(first).max(earliest);
        (from <= to).then_some(Self { from, to })
    }

    /// The window in pieces of so many days, the earliest first.
    pub(crate) fn pieces(self, days: u32) -> impl Iterator<Item = Self> {
        let step = TimeDelta::days(i64::from(days.max(1)) - 1);
        let mut next = Some(self.from);
        std::iter::from_fn(move || {
            let from = next.filter(|from| *from <= self.to)?;
            let to = (from + step).min(self.to);
            next = to.succ_opt();
            Some(Self { from, to })
        })
    }

    /// Every day.
    pub(crate) fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.from.iter_days().take_while(move |day| *day <= self.to)
    }

    /// Whether an instant lies in it.
    pub(crate) fn contains(self, at: UtcSeconds) -> bool {
        (self.from..=self.to).contains(&at.utc_date())
    }

    /// Its first instant.
    pub(crate) fn start(self) -> UtcSeconds {
        start_of(self.from)
    }

    /// The first instant behind it.
    pub(crate) fn end(self) -> UtcSeconds {
        start_of(self.to).plus(24 * 3600)
    }
}

/// The first instant of a day of UTC.
pub(crate) fn start_of(day: NaiveDate) -> UtcSeconds {
    UtcSeconds::from(day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn only_days_that_are_over_are_asked_and_the_last_three_once_more() {
        let now: UtcSeconds = "2026-05-10T01:59:59Z".parse().unwrap();
        let first = Window::next(now, None, 90).unwrap();
        assert_eq!((first.from, first.to), (day("2026-04-09"), day("2026-05-08")));
        let later: UtcSeconds = "2026-05-10T02:00:00Z".parse().unwrap();
        let next = Window::next(later, Some(first.to), 90).unwrap();
        assert_eq!((next.from, next.to), (day("2026-05-06"), day("2026-05-09")));
        let short = Window::next(later, None, 7).unwrap();
        assert_eq!((short.from, short.to), (day("2026-05-03"), day("2026-05-09")));
        let ahead = Window::next(later, Some(day("2030-01-01")), 7).unwrap();
        assert_eq!((ahead.from, ahead.to), (day("2026-05-07"), day("2026-05-09")));
    }

    #[test]
    fn pieces_cover_every_day_once() {
        let window = Window { from: day("2026-05-01"), to: day("2026-05-08") };
        let days: Vec<NaiveDate> = window.pieces(3).flat_map(Window::days).collect();
        assert_eq!(days, window.days().collect::<Vec<_>>());
        assert_eq!(window.pieces(3).count(), 3);
        assert_eq!(window.end().seconds() - window.start().seconds(), 8 * 86_400);
    }
}
