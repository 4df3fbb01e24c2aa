//! The breakdowns of a window: by source, model, machine and project.

use data_schema::Quality;
use data_schema::summary::{Aggregate, Breakdown, PeriodSummary};
use serde::Serialize;

use crate::format;
use crate::sources::{self, Colors};

/// Rows of a table before the rest is added up.
const ROWS: usize = 10;

/// A breakdown.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    title: &'static str,
    column: &'static str,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    /// Where the name is about a source as well.
    note: String,
    /// CSS variable of the source's colour; empty where the row is about no source.
    color: String,
    share: String,
    tokens: String,
    input: String,
    output: String,
    read: String,
    written: String,
    cost: String,
    requests: String,
    inexact: String,
}

/// What a row is about.
#[derive(Default)]
struct Subject {
    name: String,
    note: String,
    color: String,
}

impl Subject {
    fn plain(name: String) -> Self {
        Self { name, ..Self::default() }
    }
}

/// All breakdowns that have rows.
pub(super) fn tables(period: &PeriodSummary, colors: &Colors) -> Vec<Table> {
    let total = period.totals.tokens.total_tokens;
    let Breakdown { by_provider, by_machine, by_model, by_project } = &period.breakdown;
    let sources = by_provider.iter().map(|row| {
        let (name, color) = (sources::title(&row.provider), colors.of(&row.provider));
        (Subject { name, note: String::new(), color }, &row.aggregate)
    });
    let models = by_model.iter().map(|row| {
        let (note, color) = (sources::title(&row.provider), colors.of(&row.provider));
        (Subject { name: format::name(&row.model), note, color }, &row.aggregate)
    });
    let machines =
        by_machine.iter().map(|row| (Subject::plain(format::name(&row.machine)), &row.aggregate));
    let projects =
        by_project.iter().map(|row| (Subject::plain(project(&row.project)), &row.aggregate));
    let table = |title, column, rows| Table { title, column, rows };
    let mut tables = vec![
        table("By source", "Source", rows(total, sources.collect())),
        table("By model", "Model", rows(total, models.collect())),
        table("By machine", "Machine", rows(total, machines.collect())),
        table("By project", "Project", rows(total, projects.collect())),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn project(name: &str) -> String {
    match name.strip_prefix("$HOME") {
        _ if name.is_empty() => "no project".to_owned(),
        Some(inside) => format::name(&format!("~{inside}")),
        None => format::name(name),
    }
}

/// The first rows, and one for all others, so that the column still adds up.
fn rows(total: u64, all: Vec<(Subject, &Aggregate)>) -> Vec<Row> {
    // A row "1 more" would take the place of the row itself.
    let shown = if all.len() > ROWS + 1 { ROWS } else { all.len() };
    let more = all.len() - shown;
    let rest = all[shown..].iter().fold(Aggregate::default(), |sum, (_, row)| add(sum, row));
    let mut rows: Vec<Row> = all
        .into_iter()
        .take(shown)
        .map(|(subject, aggregate)| row(subject, aggregate, total))
        .collect();
    if more > 0 {
        rows.push(row(Subject::plain(format!("{more} more")), &rest, total));
    }
    rows
}

/// Sums stop at the largest number, as those of the summary do.
fn add(mut sum: Aggregate, row: &Aggregate) -> Aggregate {
    sum.tokens.add(&row.tokens);
    sum.requests = sum.requests.saturating_add(row.requests);
    sum.cost_usd = match (sum.cost_usd, row.cost_usd) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    };
    sum.unpriced_tokens = sum.unpriced_tokens.saturating_add(row.unpriced_tokens);
    sum.data_quality = sum.data_quality.max(row.data_quality);
    sum.inexact_tokens = sum.inexact_tokens.saturating_add(row.inexact_tokens);
    sum
}

fn row(subject: Subject, aggregate: &Aggregate, total: u64) -> Row {
    let tokens = &aggregate.tokens;
    Row {
        name: subject.name,
        note: subject.note,
        color: subject.color,
        share: format::percent(tokens.total_tokens, total),
        tokens: format::tokens(tokens.total_tokens),
        input: format::tokens(tokens.input_tokens),
        output: format::tokens(tokens.output_tokens),
        read: format::tokens(tokens.cache_read_tokens),
        written: format::tokens(tokens.cache_creation_tokens),
        cost: format::cost(aggregate.cost_usd, aggregate.unpriced_tokens),
        requests: format::grouped(aggregate.requests),
        inexact: inexact(aggregate),
    }
}

/// The share of a row that is not exact: `2.1% partial`.
fn inexact(row: &Aggregate) -> String {
    let kind = match row.data_quality {
        Quality::Exact => return String::new(),
        Quality::Partial => "partial",
        Quality::Estimated => "estimated",
    };
    format!("{} {kind}", format::percent(row.inexact_tokens, row.tokens.total_tokens))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_in_the_home_folder_is_shown_with_a_tilde_and_only_there() {
        assert_eq!(project("$HOME/scratch"), "~/scratch");
        assert_eq!(project("/srv/$HOME/x"), "/srv/$HOME/x");
        assert_eq!(project(""), "no project");
    }

    #[test]
    fn sums_of_the_rest_stop_at_the_largest_number() {
        let huge = Aggregate {
            requests: u64::MAX,
            unpriced_tokens: u64::MAX,
            inexact_tokens: u64::MAX,
            ..Aggregate::default()
        };
        let sum = add(huge.clone(), &huge);
        assert_eq!((sum.requests, sum.unpriced_tokens), (u64::MAX, u64::MAX));
    }
}
