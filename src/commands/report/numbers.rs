//! Columns of numbers.

use data_schema::Money;
use summarizer::{Change, Grouping, Row};

use super::blocks;
use super::sheet::{Cell, Column, Context, Detail, Kind, Line, Tone, column};
use crate::output::grouped;

/// Marks of a number, and what they mean.
pub(super) const LEGEND: [(char, &str); 2] = [
    ('~', "some of these tokens are estimated, or not all of them are told"),
    ('+', "some of these tokens have no price: it is more than this"),
];
/// What stands for an amount of which nothing is known.
pub(super) const NO_PRICE: &str = "no price";

pub(super) fn columns(lines: &[Line<'_>], context: &Context, detail: Detail) -> Vec<Column> {
    let count = |title: &str, of: &dyn Fn(&Row) -> u64| {
        number(title, lines, |row| Some(Cell::new(digits(of(row), detail))))
    };
    let mut columns = Vec::new();
    if detail.classes {
        columns.push(count("Input", &|row| row.tokens.input_tokens));
    }
    let (read, written) =
        (|row: &Row| row.tokens.cache_read_tokens, |row: &Row| row.tokens.cache_creation_tokens);
    match detail.caches {
        0 => {}
        1 => columns.push(count("Cache", &|row| read(row).saturating_add(written(row)))),
        _ => columns.extend([count("Cache read", &read), count("Cache write", &written)]),
    }
    if detail.classes {
        columns.push(count("Output", &|row| row.tokens.output_tokens));
    }
    columns.push(number("Total", lines, |row| Some(total(row, detail))));
    if detail.responses {
        columns.push(count("Responses", &|row| row.requests));
    }
    columns.extend(money(lines, context, detail));
    if context.grouping == Grouping::Blocks && detail.speed {
        columns.push(blocks::speed(lines, context));
    }
    columns
        .push(change("Tokens ±%", lines, |change| signed(change.total_tokens_percent.as_deref())));
    columns.into_iter().flatten().collect()
}

/// List value, and what of it is paid and by whom, where anything is.
fn money(lines: &[Line<'_>], context: &Context, detail: Detail) -> Vec<Option<Column>> {
    let Some(shown) = &context.money else { return Vec::new() };
    let code = shown.code();
    let mut columns = vec![number(&format!("List {code}"), lines, |row| {
        Some(match row.cost.list_usd {
            Some(amount) if row.unpriced_tokens > 0 => {
                missing(format!("{}+", shown.number(amount)))
            }
            Some(amount) => Cell::new(shown.number(amount)),
            None => missing(NO_PRICE.to_owned()),
        })
    })];
    let amount = |title: &str, of: fn(&Row) -> Money| {
        let is_there = |line: &Line<'_>| row(line).is_some_and(|row| of(row) != Money::ZERO);
        let title = format!("{title} {code}");
        let cell = |row: &Row| Some(Cell::new(shown.number(of(row))));
        lines.iter().any(is_there).then(|| number(&title, lines, cell)).flatten()
    };
    if detail.billed {
        columns.push(amount("Billed", |row| row.cost.billed_usd));
    }
    if detail.plan {
        columns.push(amount("Plan", |row| row.cost.plan_usd));
    }
    if context.grouping == Grouping::Blocks && detail.speed {
        columns.push(blocks::cost_speed(lines, context, shown));
    }
    if detail.plan {
        columns.push(change("List ±", lines, |change| {
            change.list_usd.map(|more| more_of(more, shown))
        }));
    }
    columns.push(change("List ±%", lines, |change| signed(change.list_percent.as_deref())));
    columns
}

fn more_of(more: Money, shown: &super::amounts::Shown) -> String {
    let sign = if more > Money::ZERO { "+" } else { "" };
    format!("{sign}{}", shown.number(more))
}

/// A percentage with its sign.
fn signed(percent: Option<&str>) -> Option<String> {
    percent.map(|percent| {
        let is_more = !percent.starts_with('-') && percent != "0.0";
        format!("{}{percent}", if is_more { "+" } else { "" })
    })
}

/// What changed; `new` where nothing was before, and `–` where nobody can say.
fn change(
    title: &str,
    lines: &[Line<'_>],
    text: impl Fn(&Change) -> Option<String>,
) -> Option<Column> {
    number(title, lines, |row| {
        let change = row.change.as_ref()?;
        let unknown = if change.earlier.is_none() { "new" } else { "–" };
        Some(Cell::new(text(change).unwrap_or_else(|| unknown.to_owned())))
    })
}

fn total(row: &Row, detail: Detail) -> Cell {
    let mark = if row.inexact_tokens > 0 { "~" } else { "" };
    Cell::new(format!("{mark}{}", digits(row.tokens.total_tokens, detail)))
}

fn missing(text: String) -> Cell {
    Cell { text, tone: Tone::Missing }
}

fn digits(count: u64, detail: Detail) -> String {
    if detail.short { site::tokens(count) } else { grouped(count) }
}

/// The row of a line, whatever it is a line of.
pub(super) fn row<'a>(line: &Line<'a>) -> Option<&'a Row> {
    match line {
        Line::Row(row) | Line::Part(row) | Line::All(row) => Some(row),
        Line::Gap(..) => None,
    }
}

pub(super) fn number(
    title: &str,
    lines: &[Line<'_>],
    cell: impl Fn(&Row) -> Option<Cell>,
) -> Option<Column> {
    column(title, Kind::Number, lines, |line| cell(row(line)?))
}
