//! Reports: rows by day, week, month or session.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::resolve::Witness;
use data_schema::summary::TokenCounts;
use data_schema::{Money, Text, UtcSeconds};
use pricing::ModelPrices;
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::calendar::{day, month, week};
use crate::cube::{Cell, of_day, resolve_input};
use crate::input::{Input, Options};

/// What rows are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever prints reports must handle all")]
pub enum Grouping {
    /// Calendar days of the report zone.
    Daily,
    /// ISO 8601 weeks.
    Weekly,
    /// Calendar months.
    Monthly,
    /// Sessions of a tool.
    Session,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// Sorted by time, then source and model.
    pub rows: Vec<Row>,
    /// Sums by source, sorted by name.
    pub by_provider: Vec<Row>,
    /// The sum of all rows.
    pub totals: Row,
}

/// One row; absent keys are those that the row is not about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Row {
    /// The day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// `2026-W18`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub week: Option<String>,
    /// `2026-05`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
    /// Hash of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Project of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// First response of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_at: Option<UtcSeconds>,
    /// Last response of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<UtcSeconds>,
    /// The source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Token counts.
    #[serde(flatten)]
    pub tokens: Tokens,
    /// Model responses.
    pub requests: u64,
    /// What they would cost.
    pub cost: ListValue,
    /// Tokens without a price.
    #[serde(skip)]
    pub unpriced_tokens: u64,
    /// Tokens that are estimated or partial.
    #[serde(skip)]
    pub inexact_tokens: u64,
}

/// All token fields of a record, zeros included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the fields are those of a usage record")]
#[non_exhaustive]
pub struct Tokens {
    pub input_tokens: u64,
    pub cache_read_tokens: u64,
    pub cache_creation_tokens: u64,
    #[serde(rename = "cacheCreation1hTokens")]
    pub cache_creation_1h_tokens: u64,
    pub output_tokens: u64,
    pub reasoning_tokens: u64,
    pub image_tokens: u64,
    pub audio_tokens: u64,
    pub total_tokens: u64,
}

/// What responses would cost at list price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListValue {
    /// In USD; `null` if there are tokens and none has a price.
    #[serde(rename = "listUSD")]
    pub list_usd: Option<Money>,
}

impl From<TokenCounts> for Tokens {
    fn from(counts: TokenCounts) -> Self {
        Self {
            input_tokens: counts.input_tokens,
            cache_read_tokens: counts.cache_read_tokens,
            cache_creation_tokens: counts.cache_creation_tokens,
            cache_creation_1h_tokens: counts.cache_creation_1h_tokens,
            output_tokens: counts.output_tokens,
            reasoning_tokens: counts.reasoning_tokens,
            image_tokens: counts.image_tokens,
            audio_tokens: counts.audio_tokens,
            total_tokens: counts.total_tokens,
        }
    }
}

/// Sums with what a session row tells beside them.
#[derive(Clone, Default)]
struct Sum {
    cell: Cell,
    project: Option<Text>,
    first: Option<UtcSeconds>,
    last: Option<UtcSeconds>,
}

/// Time or session, source, model: what a row is about, in the order of output.
type Key = (String, Text, String);

/// Makes a report of the days in `range` (both included; absent = all).
pub fn report(
    mut input: Input,
    options: &Options<'_>,
    grouping: Grouping,
    range: Option<(NaiveDate, NaiveDate)>,
) -> Report {
    let (facts, day_sums) = resolve_input(&mut input, options);
    let mut prices: FxHashMap<(Text, Text), (ModelPrices<'_>, String)> = FxHashMap::default();
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    let as_facts = day_sums.iter().filter(|_| grouping != Grouping::Session).map(as_fact);
    for fact in facts.into_iter().map(|fact| (fact, false)).chain(as_facts.map(|fact| (fact, true)))
    {
        let (fact, is_day_sum) = fact;
        let record = &fact.record;
        let date = if is_day_sum { record.at.utc_date() } else { day(options.zone, record.at) };
        if range.is_some_and(|(from, to)| date < from || date > to) {
            continue;
        }
        let model = &record.usage.model;
        let (price, name) =
            prices.entry((fact.provider.clone(), model.clone())).or_insert_with(|| {
                (
                    options.prices.of_model(&fact.provider, model),
                    options.prices.canonical_model(model),
                )
            });
        let cost = price.cost(record);
        let key = (row_key(&fact, grouping, date), fact.provider.clone(), name.clone());
        let sum = sums.entry(key).or_default();
        sum.cell.add_fact(record, cost);
        sum.first = Some(sum.first.map_or(record.at, |first| first.min(record.at)));
        sum.last = sum.last.max(Some(record.at));
        if let Some(project) = &record.attribution.project {
            // The smallest of several, so that the order of the records changes nothing.
            sum.project = Some(
                sum.project
                    .take()
                    .map_or_else(|| project.clone(), |known| known.min(project.clone())),
            );
        }
    }
    finish(sums, grouping)
}

/// A day sum as one fact of its day.
fn as_fact(sum: &data_schema::DaySum) -> Witness {
    let (machine, provider) = (sum.machine.clone(), sum.provider.clone());
    Witness { machine, provider, record: Box::new(of_day(sum)) }
}

fn row_key(fact: &Witness, grouping: Grouping, date: NaiveDate) -> String {
    match grouping {
        Grouping::Daily => date.to_string(),
        Grouping::Weekly => week(date),
        Grouping::Monthly => month(date),
        Grouping::Session => fact
            .record
            .attribution
            .session
            .map_or_else(|| "unknown".to_owned(), |id| id.to_string()),
    }
}

fn finish(sums: BTreeMap<Key, Sum>, grouping: Grouping) -> Report {
    let mut by_provider: BTreeMap<Text, Cell> = BTreeMap::new();
    let mut total = Cell::default();
    for ((_, provider, _), sum) in &sums {
        by_provider.entry(provider.clone()).or_default().add(&sum.cell);
        total.add(&sum.cell);
    }
    let mut rows: Vec<Row> = sums.into_iter().map(|(key, sum)| row(key, sum, grouping)).collect();
    if grouping == Grouping::Session {
        rows.sort_by(|left, right| {
            let key = |row: &Row| {
                (row.first_at, row.session.clone(), row.provider.clone(), row.model.clone())
            };
            key(left).cmp(&key(right))
        });
    }
    let by_provider = by_provider.into_iter();
    Report {
        rows,
        by_provider: by_provider
            .map(|(provider, cell)| Row { provider: Some(provider.to_string()), ..numbers(&cell) })
            .collect(),
        totals: numbers(&total),
    }
}

fn row((name, provider, model): Key, sum: Sum, grouping: Grouping) -> Row {
    let mut row =
        Row { provider: Some(provider.to_string()), model: Some(model), ..numbers(&sum.cell) };
    match grouping {
        Grouping::Daily => row.date = name.parse().ok(),
        Grouping::Weekly => row.week = Some(name),
        Grouping::Monthly => row.month = Some(name),
        Grouping::Session => {
            row.session = Some(name);
            row.project = sum.project.map(|project| project.to_string());
            (row.first_at, row.last_at) = (sum.first, sum.last);
        }
    }
    row
}

fn numbers(cell: &Cell) -> Row {
    Row {
        tokens: cell.tokens.into(),
        requests: cell.requests,
        cost: ListValue { list_usd: cell.cost() },
        unpriced_tokens: cell.unpriced_tokens,
        inexact_tokens: cell.inexact_tokens,
        ..Row::default()
    }
}
