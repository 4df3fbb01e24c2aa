//! The calendar: a table of days with quantile levels.

mod levels;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use data_schema::settings::WeekStart;
use data_schema::summary::DateRange;
use serde::Serialize;

pub(crate) use levels::{Levels, Step};

use crate::context::Context;
use crate::cube::View;
use crate::locale::Locale;
use crate::period::{self, Window};

/// A stretch of up to a year: weekdays are rows, weeks are columns.
#[derive(Debug, Serialize)]
pub(crate) struct CalendarYear {
    /// What the table is, for those who do not see where it stands.
    label: String,
    /// What there is to see in it.
    sentence: String,
    months: Vec<MonthHead>,
    rows: Vec<Row>,
    legend: Vec<Step>,
}

/// The weeks in which a month begins or goes on.
#[derive(Debug, Serialize)]
struct MonthHead {
    name: String,
    /// Its page, if it has one and the name has room.
    href: Option<String>,
    weeks: usize,
}

#[derive(Debug, Serialize)]
struct Row {
    weekday: String,
    cells: Vec<Cell>,
}

/// Level and text of a day; none outside of the stretch.
pub(crate) type Cell = Option<(u8, String)>;

/// A name needs two columns.
const ROOM: usize = 2;

/// The twelve months that end with a day. None without use.
pub(crate) fn year_back(
    context: &Context<'_>,
    view: View<'_>,
    end: NaiveDate,
) -> Option<CalendarYear> {
    let range = Window::Months12.range(end, None);
    let days = tokens_by_day(view.within(range));
    // What was before the first use is not known to be nothing.
    let first = view.range().map_or(range.start, |all| all.start.max(range.start));
    let range = DateRange { start: first.min(end), end };
    let levels = Levels::of(days.values().copied());
    let legend = levels.legend(&context.locale);
    let year = stretch(context, range, &days, &levels)?;
    Some(CalendarYear { legend, ..year })
}

/// One stretch with levels of a larger one; without a legend. None without use.
pub(crate) fn stretch(
    context: &Context<'_>,
    range: DateRange,
    days: &BTreeMap<NaiveDate, u64>,
    levels: &Levels,
) -> Option<CalendarYear> {
    let locale = &context.locale;
    let start = context.data.site.week_start;
    let weeks = weeks(range, start);
    let cell = |day: Option<NaiveDate>| -> Cell {
        let day = day?;
        let count = days.get(&day).copied().unwrap_or(0);
        let parts =
            [("tokens", locale.tokens(count).into()), ("date", locale.short_date(day).into())];
        Some((levels.level(count), locale.with("calendar-cell", &parts)))
    };
    let row = |number: usize| Row {
        weekday: locale.weekday(weekday(start, number)),
        cells: weeks.iter().map(|week| cell(week[number])).collect(),
    };
    Some(CalendarYear {
        label: locale.with("calendar-label", &[("range", locale.range(range).into())]),
        sentence: sentence(locale, range, days)?,
        months: months(context, &weeks),
        rows: (0..7).map(row).collect(),
        legend: Vec::new(),
    })
}

/// All tokens of each day with use.
pub(crate) fn tokens_by_day(view: View<'_>) -> BTreeMap<NaiveDate, u64> {
    view.days().into_iter().map(|(day, sum)| (day, sum.tokens.total_tokens)).collect()
}

/// The weekday of a row, 0 is Monday.
pub(crate) fn weekday(start: WeekStart, row: usize) -> u32 {
    let first = match start {
        WeekStart::Monday => 0,
        WeekStart::Saturday => 5,
        WeekStart::Sunday => 6,
    };
    u32::try_from(row).map_or(first, |row| (row + first) % 7)
}

/// Seven days each, without those outside of the stretch.
fn weeks(range: DateRange, start: WeekStart) -> Vec<[Option<NaiveDate>; 7]> {
    let mut weeks: Vec<[Option<NaiveDate>; 7]> = Vec::new();
    for day in range.start.iter_days().take_while(|day| *day <= range.end) {
        let from_first = day.weekday().num_days_from_monday() + 7 - weekday(start, 0);
        let row = (from_first % 7) as usize;
        if row == 0 || weeks.is_empty() {
            weeks.push([None; 7]);
        }
        if let Some(week) = weeks.last_mut() {
            week[row] = Some(day);
        }
    }
    weeks
}

/// A week belongs to the month of its last day, so that a month's name stands over its first.
fn months(context: &Context<'_>, weeks: &[[Option<NaiveDate>; 7]]) -> Vec<MonthHead> {
    let with_page: BTreeSet<NaiveDate> = context.data.cube.all().months().into_iter().collect();
    let mut months: Vec<(NaiveDate, usize)> = Vec::new();
    for last in weeks.iter().filter_map(|week| week.iter().flatten().max()) {
        let month = period::month(*last).start;
        match months.last_mut() {
            Some((known, weeks)) if *known == month => *weeks += 1,
            _ => months.push((month, 1)),
        }
    }
    let head = |(month, weeks): (NaiveDate, usize)| MonthHead {
        name: if weeks < ROOM { String::new() } else { context.locale.month_name(month) },
        href: (weeks >= ROOM && with_page.contains(&month)).then(|| period::month_path(month)),
        weeks,
    };
    months.into_iter().map(head).collect()
}

/// `143 of 365 days with use, most on 12 May 2026: 41.2M tokens.`
fn sentence(locale: &Locale, range: DateRange, days: &BTreeMap<NaiveDate, u64>) -> Option<String> {
    let within = days.range(range.start..=range.end).filter(|(_, count)| **count > 0);
    let active = within.clone().count();
    let (day, most) = within.max_by_key(|(day, count)| (**count, std::cmp::Reverse(**day)))?;
    let all = u64::try_from((range.end - range.start).num_days()).unwrap_or(0) + 1;
    let active = u64::try_from(active).unwrap_or(u64::MAX);
    let parts = [
        ("count", active.into()),
        ("n", locale.count(active).into()),
        ("all", locale.count(all).into()),
        ("date", locale.date(*day).into()),
        ("tokens", locale.tokens(*most).into()),
    ];
    Some(locale.with("calendar-sentence", &parts))
}

#[cfg(test)]
mod tests;
