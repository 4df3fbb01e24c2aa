//! Days, weeks, months and years as numbers that follow each other.

use chrono::{Datelike, NaiveDate};
use data_schema::settings::WeekStart;

use super::query::Grouping;
use super::row::Row;
use crate::calendar::{month, week};

/// How days are put together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Periods {
    pub(super) grouping: Grouping,
    pub(super) week_start: WeekStart,
}

impl Periods {
    /// The number of a day's period; 0 where rows are not about time.
    pub(super) fn number(self, day: NaiveDate) -> i32 {
        match self.grouping {
            Grouping::Daily => day.num_days_from_ce(),
            // The first day of all, 0001-01-01, was a Monday.
            Grouping::Weekly => (day.num_days_from_ce() - 1 + self.shift()).div_euclid(7),
            Grouping::Monthly => day.year() * 12 + day.month0().cast_signed(),
            Grouping::Yearly => day.year(),
            _ => 0,
        }
    }

    /// Days that a week begins before Monday.
    fn shift(self) -> i32 {
        match self.week_start {
            WeekStart::Monday => 0,
            WeekStart::Sunday => 1,
            WeekStart::Saturday => 2,
        }
    }

    /// The first day of a period.
    fn first_day(self, number: i32) -> Option<NaiveDate> {
        let date =
            |year, month0: i32| NaiveDate::from_ymd_opt(year, u32::try_from(month0).ok()? + 1, 1);
        match self.grouping {
            Grouping::Daily => NaiveDate::from_num_days_from_ce_opt(number),
            Grouping::Weekly => NaiveDate::from_num_days_from_ce_opt(number * 7 + 1 - self.shift()),
            Grouping::Monthly => date(number.div_euclid(12), number.rem_euclid(12)),
            Grouping::Yearly => date(number, 0),
            _ => None,
        }
    }

    /// Writes the period's name in its row.
    pub(super) fn tell(self, number: i32, row: &mut Row) {
        let Some(first) = self.first_day(number) else { return };
        match (self.grouping, self.week_start) {
            (Grouping::Daily, _) => row.date = Some(first),
            (Grouping::Weekly, WeekStart::Monday) => row.week = Some(week(first)),
            // ISO 8601 has no number for such a week.
            (Grouping::Weekly, _) => row.week = Some(first.to_string()),
            (Grouping::Monthly, _) => row.month = Some(month(first)),
            (Grouping::Yearly, _) => row.year = Some(first.format("%Y").to_string()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_named_by_its_number_or_by_its_first_day() {
        let name = |day: &str, week_start| {
            let periods = Periods { grouping: Grouping::Weekly, week_start };
            let mut row = Row::default();
            periods.tell(periods.number(day.parse().unwrap()), &mut row);
            row.week.unwrap()
        };
        // 2026-03-01 is a Sunday, and 2026-02-28 a Saturday.
        for (day, monday, sunday, saturday) in [
            ("2026-02-27", "2026-W09", "2026-02-22", "2026-02-21"),
            ("2026-02-28", "2026-W09", "2026-02-22", "2026-02-28"),
            ("2026-03-01", "2026-W09", "2026-03-01", "2026-02-28"),
            ("2026-03-02", "2026-W10", "2026-03-01", "2026-02-28"),
            ("2027-01-01", "2026-W53", "2026-12-27", "2026-12-26"),
        ] {
            assert_eq!(name(day, WeekStart::Monday), monday);
            assert_eq!(name(day, WeekStart::Sunday), sunday);
            assert_eq!(name(day, WeekStart::Saturday), saturday);
        }
    }

    #[test]
    fn periods_follow_each_other_and_begin_with_their_first_day() {
        let days = NaiveDate::from_ymd_opt(2023, 12, 20).unwrap().iter_days().take(1200);
        let days: Vec<NaiveDate> = days.collect();
        for grouping in [Grouping::Daily, Grouping::Weekly, Grouping::Monthly, Grouping::Yearly] {
            for week_start in [WeekStart::Monday, WeekStart::Sunday, WeekStart::Saturday] {
                let periods = Periods { grouping, week_start };
                for pair in days.windows(2) {
                    let [one, next] = [pair[0], pair[1]].map(|day| periods.number(day));
                    assert!(next == one || next == one + 1);
                    let begins = periods.first_day(next) == Some(pair[1]);
                    assert_eq!(next == one + 1, begins, "{grouping:?} {week_start:?} {}", pair[1]);
                }
            }
        }
    }
}
