//! The days that are asked for, and those before.

use chrono::{Datelike, Days, Months, NaiveDate};
use data_schema::settings::WeekStart;
use summarizer::Grouping;

use super::arguments::{Last, Report, Unit};
use crate::outcome::Failure;

/// First and last day.
pub(super) type Range = (NaiveDate, NaiveDate);

/// The days that are asked for; `None` = all.
pub(super) fn asked(arguments: &Report, today: NaiveDate, week_start: WeekStart) -> Option<Range> {
    match arguments.last {
        Some(last) => {
            let unit = unit(last, arguments.kind.grouping());
            Some((first_day(today, last.count, unit, week_start), today))
        }
        None => arguments.days.range(),
    }
}

/// The days before those, as many: whole months before whole months, and the same days of the weeks, months or years
/// before where the range is told in these.
pub(super) fn before(
    arguments: &Report,
    asked: Option<Range>,
    today: NaiveDate,
) -> Result<Range, Failure> {
    let told = asked.filter(|(from, _)| *from > NaiveDate::MIN);
    let Some((from, to)) = told else {
        let text = "--compare needs a first day: tell a range, such as --last 28d";
        return Err(Failure::Usage(text.to_owned()));
    };
    // A range without an end reaches until today.
    let to = if to == NaiveDate::MAX { today.max(from) } else { to };
    let earlier = match arguments.last {
        Some(last) => shifted((from, to), last.count, unit(last, arguments.kind.grouping())),
        None => match whole_months(from, to) {
            Some(months) => from.checked_sub_months(Months::new(months)).zip(from.pred_opt()),
            None => days(from, to).and_then(|days| sub(from, days)).zip(from.pred_opt()),
        },
    };
    earlier.ok_or_else(|| {
        Failure::Usage(format!("there are not as many days before {from}: tell a shorter range"))
    })
}

fn unit(last: Last, grouping: Grouping) -> Unit {
    last.unit.unwrap_or(match grouping {
        Grouping::Weekly => Unit::Week,
        Grouping::Monthly => Unit::Month,
        Grouping::Yearly => Unit::Year,
        _ => Unit::Day,
    })
}

/// The first day of the last so many periods, of which today's is one.
fn first_day(today: NaiveDate, count: u32, unit: Unit, week_start: WeekStart) -> NaiveDate {
    let more = count.saturating_sub(1);
    let first = match unit {
        Unit::Day => today.checked_sub_days(Days::new(u64::from(more))),
        Unit::Week => {
            let start = match week_start {
                WeekStart::Monday => chrono::Weekday::Mon,
                WeekStart::Sunday => chrono::Weekday::Sun,
                WeekStart::Saturday => chrono::Weekday::Sat,
            };
            let into = u64::from(today.weekday().days_since(start));
            today.checked_sub_days(Days::new(into + 7 * u64::from(more)))
        }
        Unit::Month => {
            today.with_day(1).and_then(|first| first.checked_sub_months(Months::new(more)))
        }
        Unit::Year => i32::try_from(more)
            .ok()
            .and_then(|more| NaiveDate::from_ymd_opt(today.year().checked_sub(more)?, 1, 1)),
    };
    first.unwrap_or(NaiveDate::MIN)
}

/// The same days so many periods before.
fn shifted((from, to): Range, count: u32, unit: Unit) -> Option<Range> {
    let days = |count: u64| Some((sub(from, count)?, sub(to, count)?));
    let months = |count: u32| {
        let count = Months::new(count);
        Some((from.checked_sub_months(count)?, to.checked_sub_months(count)?))
    };
    match unit {
        Unit::Day => days(u64::from(count)),
        Unit::Week => days(7 * u64::from(count)),
        Unit::Month => months(count),
        Unit::Year => months(count.checked_mul(12)?),
    }
}

fn sub(day: NaiveDate, days: u64) -> Option<NaiveDate> {
    day.checked_sub_days(Days::new(days))
}

/// Number of days, both ends included.
fn days(from: NaiveDate, to: NaiveDate) -> Option<u64> {
    u64::try_from((to - from).num_days() + 1).ok()
}

/// Number of months, if a range is made of whole ones.
fn whole_months(from: NaiveDate, to: NaiveDate) -> Option<u32> {
    let is_whole = from.day() == 1 && last_of_month(to) == Some(to) && from <= to;
    let months = (to.year() - from.year()) * 12 + to.month0().cast_signed()
        - from.month0().cast_signed()
        + 1;
    if is_whole { u32::try_from(months).ok() } else { None }
}

fn last_of_month(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)?.checked_add_months(Months::new(1))?.pred_opt()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Verb};

    fn arguments(text: &str) -> Report {
        let words = ["token-matters", "report"].into_iter().chain(text.split_whitespace());
        match Cli::try_parse_from(words).unwrap().verb {
            Verb::Report(arguments) => arguments,
            other => panic!("{other:?} is no report"),
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// A Monday.
    const TODAY: &str = "2026-06-01";

    #[test]
    fn the_last_periods_end_today_and_are_whole() {
        for (text, expected) in [
            ("--last 1d", "2026-06-01"),
            ("--last 28d", "2026-05-05"),
            ("--last 1w", "2026-06-01"),
            ("--last 12w", "2026-03-16"),
            ("--last 6m", "2026-01-01"),
            ("--last 1y", "2026-01-01"),
            ("--last 3", "2026-05-30"),
            ("weekly --last 2", "2026-05-25"),
            ("monthly --last 2", "2026-05-01"),
            ("yearly --last 2", "2025-01-01"),
        ] {
            let range = asked(&arguments(text), day(TODAY), WeekStart::Monday);
            assert_eq!(range, Some((day(expected), day(TODAY))), "{text}");
        }
        let sunday = asked(&arguments("--last 1w"), day(TODAY), WeekStart::Sunday).unwrap();
        assert_eq!(sunday.0, day("2026-05-31"));
    }

    #[test]
    fn the_range_before_is_as_long() {
        for (text, from, to) in [
            ("--last 28d", "2026-04-07", "2026-05-04"),
            ("--last 2w", "2026-05-11", "2026-05-18"),
            ("--last 1m", "2026-05-01", "2026-05-01"),
            ("--last 1y", "2025-01-01", "2025-06-01"),
            ("--from 2026-05-01 --to 2026-05-31", "2026-04-01", "2026-04-30"),
            ("--from 2026-05-01 --to 2026-05-10", "2026-04-21", "2026-04-30"),
            ("--date 2026-05-01", "2026-04-30", "2026-04-30"),
            ("--since 2026-05-31", "2026-05-29", "2026-05-30"),
        ] {
            let arguments = arguments(text);
            let range = asked(&arguments, day(TODAY), WeekStart::Monday);
            let before = before(&arguments, range, day(TODAY)).ok();
            assert_eq!(before, Some((day(from), day(to))), "{text}");
        }
        for text in ["", "--to 2026-05-01"] {
            let arguments = arguments(text);
            let range = asked(&arguments, day(TODAY), WeekStart::Monday);
            assert!(before(&arguments, range, day(TODAY)).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_of_periods_is_told() {
        for text in ["", "0d", "d", "28", "28h", "-1d", "28d3", "99999d", "１d"] {
            assert_eq!(text.parse::<Last>().is_ok(), text == "28", "{text:?}");
        }
    }
}
