//! The overview page as the template sees it.

use std::collections::BTreeMap;

use data_schema::Quality;
use data_schema::summary::{
    Aggregate, Breakdown, LatestFile, MetaFile, MonthlySummary, PeriodSummary, Totals,
};
use serde::Serialize;

use crate::chart::{Chart, chart};
use crate::{format, sources};

/// Rows of a table before the rest is added up.
const ROWS: usize = 10;

/// Everything on the page.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    empty: bool,
    zone: String,
    as_of: String,
    range: String,
    version: String,
    headline: Card,
    cached: String,
    cards: Vec<Card>,
    legend: Vec<Legend>,
    chart: Chart,
    tables: Vec<Table>,
    months: Vec<Month>,
    unpriced: Unpriced,
    quality: Vec<String>,
    show_cost: bool,
}

/// A window's numbers.
#[derive(Debug, Default, Serialize)]
struct Card {
    title: String,
    tokens: String,
    exact: String,
    cost: String,
    requests: String,
}

#[derive(Debug, Serialize)]
struct Legend {
    title: String,
    slot: usize,
}

/// A breakdown.
#[derive(Debug, Serialize)]
struct Table {
    title: String,
    column: String,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    /// Where the name is about a source as well.
    note: String,
    slot: Option<usize>,
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

#[derive(Debug, Serialize)]
struct Month {
    name: String,
    width: String,
    tokens: String,
    cost: String,
    requests: String,
}

#[derive(Debug, Serialize)]
struct Unpriced {
    tokens: String,
    models: Vec<String>,
}

/// What the page is made of.
pub(crate) struct Source<'a> {
    pub(crate) latest: &'a LatestFile,
    pub(crate) meta: &'a MetaFile,
    /// The newest months, in order.
    pub(crate) months: &'a [MonthlySummary],
}

impl Page {
    pub(crate) fn new(source: &Source<'_>) -> Self {
        let Source { latest, meta, months } = source;
        let period = &latest.last_30_days;
        let slots = sources::slots(meta.providers.iter().map(String::as_str));
        let cost = &meta.totals.cost;
        let all_hidden = cost.total_usd.is_none() && cost.unpriced_tokens == 0;
        let show_cost = !all_hidden;
        Self {
            empty: meta.date_range.is_none(),
            zone: latest.timezone.clone(),
            as_of: format::date(period.date_range.end),
            range: format::range(period.date_range.start, period.date_range.end),
            version: latest.version.clone(),
            headline: card("Last 30 days", &period.totals),
            cached: cached_share(&period.totals),
            cards: cards(latest, meta),
            legend: legend(period, &slots),
            chart: chart(&period.daily_trend, &slots),
            tables: tables(period, &slots),
            months: month_rows(months),
            unpriced: unpriced(&meta.totals),
            quality: quality(&period.totals),
            show_cost,
        }
    }
}

fn card(title: &str, totals: &Totals) -> Card {
    Card {
        title: title.to_owned(),
        tokens: format::tokens(totals.tokens.total_tokens),
        exact: format::grouped(totals.tokens.total_tokens),
        cost: format::cost(totals.cost.total_usd, totals.cost.unpriced_tokens),
        requests: format::grouped(totals.requests),
    }
}

fn cards(latest: &LatestFile, meta: &MetaFile) -> Vec<Card> {
    let today = latest.today.as_ref().map(|day| &day.totals);
    let nothing = Totals::default();
    let mut cards = vec![
        card("Today", today.unwrap_or(&nothing)),
        card("Last 7 days", &latest.last_7_days.totals),
        card("Last 30 days", &latest.last_30_days.totals),
    ];
    let since = meta
        .date_range
        .map_or_else(String::new, |range| format!(" since {}", format::date(range.start)));
    cards.push(card(&format!("All time{since}"), &meta.totals));
    cards
}

/// Part of the prompt that came from a cache.
fn cached_share(totals: &Totals) -> String {
    let tokens = &totals.tokens;
    let prompt = tokens.input_tokens + tokens.cache_read_tokens + tokens.cache_creation_tokens;
    if prompt == 0 { String::new() } else { format::percent(tokens.cache_read_tokens, prompt) }
}

fn legend(period: &PeriodSummary, slots: &BTreeMap<String, usize>) -> Vec<Legend> {
    let providers = period.breakdown.by_provider.iter();
    providers
        .map(|row| Legend {
            title: sources::title(&row.provider),
            slot: slots.get(&row.provider).copied().unwrap_or(0),
        })
        .collect()
}

fn tables(period: &PeriodSummary, slots: &BTreeMap<String, usize>) -> Vec<Table> {
    let total = period.totals.tokens.total_tokens;
    let Breakdown { by_provider, by_machine, by_model, by_project } = &period.breakdown;
    let slot = |id: &str| slots.get(id).copied();
    let mut tables = vec![
        table(
            "By source",
            "Source",
            total,
            by_provider.iter().map(|row| {
                (sources::title(&row.provider), String::new(), slot(&row.provider), &row.aggregate)
            }),
        ),
        table(
            "By model",
            "Model",
            total,
            by_model.iter().map(|row| {
                let source = sources::title(&row.provider);
                (row.model.clone(), source, slot(&row.provider), &row.aggregate)
            }),
        ),
        table(
            "By machine",
            "Machine",
            total,
            by_machine.iter().map(|row| (row.machine.clone(), String::new(), None, &row.aggregate)),
        ),
        table(
            "By project",
            "Project",
            total,
            by_project.iter().map(|row| {
                let name = if row.project.is_empty() { "no project" } else { row.project.as_str() };
                (name.replacen("$HOME", "~", 1), String::new(), None, &row.aggregate)
            }),
        ),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

type Named<'a> = (String, String, Option<usize>, &'a Aggregate);

/// The first rows, and one for all others, so that the column still adds up.
fn table<'a>(
    title: &str,
    column: &str,
    total: u64,
    rows: impl Iterator<Item = Named<'a>>,
) -> Table {
    let all: Vec<Named<'_>> = rows.collect();
    let shown = if all.len() > ROWS + 1 { ROWS } else { all.len() };
    let mut rows: Vec<Row> = all[..shown]
        .iter()
        .map(|(name, note, slot, aggregate)| {
            row(name.clone(), note.clone(), *slot, aggregate, total)
        })
        .collect();
    if shown < all.len() {
        let rest = all[shown..].iter().fold(Aggregate::default(), |sum, row| add(sum, row.3));
        rows.push(row(format!("{} more", all.len() - shown), String::new(), None, &rest, total));
    }
    Table { title: title.to_owned(), column: column.to_owned(), rows }
}

fn add(mut sum: Aggregate, row: &Aggregate) -> Aggregate {
    sum.tokens.add(&row.tokens);
    sum.requests += row.requests;
    sum.cost_usd = match (sum.cost_usd, row.cost_usd) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    };
    sum.unpriced_tokens += row.unpriced_tokens;
    sum.data_quality = sum.data_quality.max(row.data_quality);
    sum.inexact_tokens += row.inexact_tokens;
    sum
}

fn row(name: String, note: String, slot: Option<usize>, aggregate: &Aggregate, total: u64) -> Row {
    let tokens = &aggregate.tokens;
    Row {
        name,
        note,
        slot,
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

/// The newest month first.
fn month_rows(months: &[MonthlySummary]) -> Vec<Month> {
    let largest =
        months.iter().map(|month| month.period.totals.tokens.total_tokens).max().unwrap_or(0);
    let row = |month: &MonthlySummary| {
        let totals = &month.period.totals;
        Month {
            name: month.period.date_range.start.format("%B %Y").to_string(),
            width: format::percent(totals.tokens.total_tokens, largest.max(1)).replace('<', ""),
            tokens: format::tokens(totals.tokens.total_tokens),
            cost: format::cost(totals.cost.total_usd, totals.cost.unpriced_tokens),
            requests: format::grouped(totals.requests),
        }
    };
    months.iter().rev().map(row).collect()
}

fn unpriced(totals: &Totals) -> Unpriced {
    Unpriced {
        tokens: match totals.cost.unpriced_tokens {
            0 => String::new(),
            count => format::tokens(count),
        },
        models: totals.cost.unpriced_models.clone(),
    }
}

/// What is not exact, in words.
fn quality(totals: &Totals) -> Vec<String> {
    if totals.inexact_tokens == 0 {
        return vec!["Every number is exact: it is what the provider itself reported.".to_owned()];
    }
    let tokens = format::tokens(totals.inexact_tokens);
    let share = format::percent(totals.inexact_tokens, totals.tokens.total_tokens);
    let kind = match totals.data_quality {
        Quality::Estimated => "estimated or incomplete",
        _ => {
            "incomplete: the tool did not write the final numbers, or only a replay of them is left"
        }
    };
    vec![format!(
        "{tokens} tokens ({share}) are {kind}. All others are what the provider reported."
    )]
}
