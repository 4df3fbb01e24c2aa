//! Comma-separated values (RFC 4180, <https://www.rfc-editor.org/rfc/rfc4180>, read 2026-11-22): numbers as they are,
//! no sums of other lines.

use std::io::{self, Write};

use data_schema::Money;
use serde::Serialize;
use summarizer::{Change, Report, Row};

use super::text;

/// What a row says, or the part of it.
type Said = dyn Fn(&Row, &Row) -> Option<String>;

/// A column: its name, and what a row with its part says.
struct Column {
    name: &'static str,
    cell: Box<Said>,
    /// Whether it is left out if no row says anything.
    is_optional: bool,
}

/// All rows; instead of a row that is taken apart its parts, so that every column adds up.
pub(super) fn csv(report: &Report, has_money: bool, out: &mut impl Write) -> io::Result<()> {
    let mut lines: Vec<(&Row, &Row)> = Vec::new();
    for row in &report.rows {
        if row.parts.is_empty() {
            lines.push((row, row));
        }
        lines.extend(row.parts.iter().map(|part| (row, part)));
    }
    let mut columns = keys();
    columns.extend(numbers());
    if has_money {
        columns.extend(money());
    }
    columns.extend(changes(has_money));
    columns.retain(|column| {
        let is_said = |(row, part): &(&Row, &Row)| (column.cell)(row, part).is_some();
        !column.is_optional || lines.iter().any(is_said)
    });
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    table.write_record(columns.iter().map(|column| column.name))?;
    for (row, part) in lines {
        table.write_record(
            columns.iter().map(|column| (column.cell)(row, part).unwrap_or_default()),
        )?;
    }
    table.flush()
}

/// What rows are about: the part's own name first, then that of its row.
fn keys() -> Vec<Column> {
    type Key = fn(&Row) -> Option<String>;
    let all: [(&'static str, Key); 14] = [
        ("date", |row| row.date.map(|date| date.to_string())),
        ("week", |row| row.week.clone()),
        ("month", |row| row.month.clone()),
        ("year", |row| row.year.clone()),
        ("hour", |row| row.hour.map(|hour| hour.to_string())),
        ("start", |row| row.start.map(|at| at.to_string())),
        ("end", |row| row.end.map(|at| at.to_string())),
        ("isActive", |row| row.is_active.map(|is| is.to_string())),
        ("session", |row| row.session.as_deref().map(text::csv)),
        ("firstAt", |row| row.first_at.map(|at| at.to_string())),
        ("lastAt", |row| row.last_at.map(|at| at.to_string())),
        ("others", |row| row.others.map(|count| count.to_string())),
        ("provider", |row| row.provider.as_deref().map(text::csv)),
        ("model", |row| row.model.as_deref().map(text::csv)),
    ];
    let more: [(&'static str, Key); 2] = [
        ("project", |row| row.project.as_deref().map(text::csv)),
        ("machine", |row| row.machine.as_deref().map(text::csv)),
    ];
    let column = |(name, key): (&'static str, Key)| Column {
        name,
        cell: Box::new(move |row, part| key(part).or_else(|| key(row))),
        is_optional: true,
    };
    all.into_iter().chain(more).map(column).collect()
}

fn of_part(name: &'static str, cell: impl Fn(&Row) -> String + 'static) -> Column {
    Column { name, cell: Box::new(move |_, part| Some(cell(part))), is_optional: false }
}

fn numbers() -> Vec<Column> {
    let count = |name, of: fn(&Row) -> u64| of_part(name, move |row| of(row).to_string());
    vec![
        count("inputTokens", |row| row.tokens.input_tokens),
        count("cacheReadTokens", |row| row.tokens.cache_read_tokens),
        count("cacheCreationTokens", |row| row.tokens.cache_creation_tokens),
        count("cacheCreation1hTokens", |row| row.tokens.cache_creation_1h_tokens),
        count("outputTokens", |row| row.tokens.output_tokens),
        count("reasoningTokens", |row| row.tokens.reasoning_tokens),
        count("imageTokens", |row| row.tokens.image_tokens),
        count("audioTokens", |row| row.tokens.audio_tokens),
        count("totalTokens", |row| row.tokens.total_tokens),
        count("requests", |row| row.requests),
        count("inexactTokens", |row| row.inexact_tokens),
        of_part("dataQuality", |row| word(&row.data_quality)),
    ]
}

/// How the formats write a value of few.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().map(str::to_owned).unwrap_or_default()
}

fn money() -> Vec<Column> {
    let text = |amount: Option<Money>| amount.map_or_else(String::new, |amount| amount.to_string());
    vec![
        of_part("listUSD", move |row| text(row.cost.list_usd)),
        of_part("billedUSD", |row| row.cost.billed_usd.to_string()),
        of_part("planUSD", |row| row.cost.plan_usd.to_string()),
        of_part("payerUnknownUSD", |row| row.cost.payer_unknown_usd.to_string()),
        of_part("unpricedTokens", |row| row.unpriced_tokens.to_string()),
    ]
}

/// What changed, if that was asked for: empty where nothing was before.
fn changes(has_money: bool) -> Vec<Column> {
    type Of = fn(&Change) -> Option<String>;
    let tokens: [(&'static str, Of); 5] = [
        ("earlierTotalTokens", |change| Some(change.earlier?.total_tokens.to_string())),
        ("totalTokensChange", |change| Some(change.total_tokens?.to_string())),
        ("totalTokensPercent", |change| change.total_tokens_percent.clone()),
        ("requestsChange", |change| Some(change.requests?.to_string())),
        ("requestsPercent", |change| change.requests_percent.clone()),
    ];
    let money: [(&'static str, Of); 3] = [
        ("earlierListUSD", |change| Some(change.earlier?.list_usd?.to_string())),
        ("listUSDChange", |change| Some(change.list_usd?.to_string())),
        ("listPercent", |change| change.list_percent.clone()),
    ];
    let column = |(name, of): (&'static str, Of)| Column {
        name,
        cell: Box::new(move |_, part| {
            part.change.as_ref().map(|change| of(change).unwrap_or_default())
        }),
        is_optional: true,
    };
    let money = money.into_iter().filter(|_| has_money);
    tokens.into_iter().chain(money).map(column).collect()
}
