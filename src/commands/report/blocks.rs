//! Windows of five hours: their times, the time between them, and how fast they go.

use chrono::TimeZone;
use data_schema::{Money, UtcSeconds};
use summarizer::{Dimension, Query, Report, Row};

use super::amounts::Shown;
use super::sheet::{Cell, Column, Context, Kind, Line, Tone};
use crate::output::grouped;

/// What has no time of its own: sums of whole days.
pub(super) const NO_TIME: &str = "(no time)";

/// The same rows, each with what it is made of by model. `again` answers another question about the same responses.
pub(super) fn with_parts(
    mut made: Report,
    again: impl Fn(&Query) -> Report,
    query: &Query,
) -> Report {
    let mut split = query.split.clone();
    split.push(Dimension::Model);
    let models = again(&Query { split, top: None, ..query.clone() });
    let about = |row: &Row| (row.hour, row.start, row.account.clone(), row.provider.clone());
    for row in made.rows.iter_mut().filter(|row| row.others.is_none()) {
        let parts = models.rows.iter().filter(|part| about(part) == about(row));
        row.parts = parts.cloned().map(part).collect();
    }
    made
}

/// A part says nothing again that its row says.
fn part(mut row: Row) -> Row {
    (row.hour, row.start, row.end, row.is_active) = (None, None, None, None);
    (row.last_at, row.account, row.provider) = (None, None, None);
    (row.gap_seconds, row.burn) = (None, None);
    row
}

/// Start, end and what the window is.
pub(super) fn keys(lines: &[Line<'_>], context: &Context, with_end: bool) -> Vec<Column> {
    let time = |at: Option<UtcSeconds>| at.map_or_else(String::new, |at| local(at, context));
    let cells = |cell: &dyn Fn(&Line<'_>) -> Cell| lines.iter().map(cell).collect::<Vec<_>>();
    let start = |line: &Line<'_>| match line {
        Line::Row(row) if row.others.is_some() => {
            Cell::new(format!("{} others", grouped(row.others.unwrap_or(0))))
        }
        Line::Row(row) if row.start.is_none() => Cell::new(NO_TIME),
        Line::Row(row) => Cell::new(time(row.start)),
        Line::Gap(from, _) => Cell::new(time(Some(*from))),
        Line::Part(_) => Cell::new(""),
        Line::All(_) => Cell::new("All"),
    };
    let end = |line: &Line<'_>| match line {
        Line::Row(row) => Cell::new(time(row.end)),
        Line::Gap(_, to) => Cell::new(time(Some(*to))),
        Line::Part(_) | Line::All(_) => Cell::new(""),
    };
    let state = |line: &Line<'_>| match line {
        Line::Row(row) if row.is_active == Some(true) => {
            Cell { text: "active".to_owned(), tone: Tone::Active }
        }
        Line::Gap(from, to) => Cell::new(format!("gap {}", length(*from, *to))),
        Line::Row(_) | Line::Part(_) | Line::All(_) => Cell::new(""),
    };
    let column = |title: &str, cells| Column { title: title.to_owned(), kind: Kind::Key, cells };
    // A window lasts five hours: where there is little room, its end goes first.
    let end = with_end.then(|| column("End", cells(&end)));
    let (start, state) = (column("Start", cells(&start)), column("State", cells(&state)));
    std::iter::once(start).chain(end).chain([state]).collect()
}

/// Tokens a minute.
pub(super) fn speed(lines: &[Line<'_>], context: &Context) -> Option<Column> {
    super::numbers::number("Tokens/min", lines, |row| {
        let minutes = minutes(row, context.now)?;
        Some(Cell::new(grouped(row.tokens.total_tokens / minutes)))
    })
}

/// List value an hour.
pub(super) fn cost_speed(lines: &[Line<'_>], context: &Context, shown: &Shown) -> Option<Column> {
    super::numbers::number(&format!("{}/h", shown.code()), lines, |row| {
        let minutes = i128::from(minutes(row, context.now)?);
        let picos = row.cost.list_usd?.picos().checked_mul(60)? / minutes;
        Some(Cell::new(shown.number(Money::from_picos(picos))))
    })
}

/// Minutes from a window's first response to its last, or to now while it is open; one at least.
fn minutes(row: &Row, now: UtcSeconds) -> Option<u64> {
    let (start, end) = (row.start?, row.end?);
    let until = if row.is_active == Some(true) { now } else { row.last_at.unwrap_or(end) };
    let seconds = until.min(end).seconds().saturating_sub(start.seconds());
    Some(u64::try_from(seconds / 60).unwrap_or(0).max(1))
}

fn length(from: UtcSeconds, to: UtcSeconds) -> String {
    let minutes = (to.seconds() - from.seconds()) / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

fn local(at: UtcSeconds, context: &Context) -> String {
    let local = context.zone.from_utc_datetime(&at.to_chrono().naive_utc());
    local.format("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_told_in_what_is_large_enough() {
        let length = |seconds: i64| {
            let from = UtcSeconds::default();
            length(from, from.plus(seconds))
        };
        assert_eq!(length(59 * 60), "59 min");
        assert_eq!(length(3 * 3600 + 120), "3 h 2 min");
        assert_eq!(length(50 * 3600), "2 d 2 h");
    }
}
