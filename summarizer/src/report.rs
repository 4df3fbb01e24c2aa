//! Reports: rows by day, week, month or session.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::summary::TokenCounts;
use data_schema::{Money, Text, UtcSeconds};
use serde::Serialize;

use crate::calendar::{month, week};
use crate::sums::{Cell, KnownNames, SessionCell, Sums};

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
    session: Option<Session>,
}

#[derive(Clone)]
struct Session {
    project: Option<Text>,
    first: UtcSeconds,
    last: UtcSeconds,
}

/// Time or session, source, model: what a row is about, in the order of output.
type Key = (String, Text, Text);

/// Makes a report of the days in `range` (both included; absent = all). One by session has rows only if
/// the sums were made with sessions.
pub fn report(sums: &Sums, grouping: Grouping, range: Option<(NaiveDate, NaiveDate)>) -> Report {
    let names = &sums.names;
    let is_in = |day: NaiveDate| range.is_none_or(|(from, to)| (from..=to).contains(&day));
    let key = |name: String, provider: u32, model: u32| -> Key {
        let provider = names.providers[provider as usize].name.clone();
        (name, provider, names.canonical[model as usize].clone())
    };
    let mut rows: BTreeMap<Key, Sum> = BTreeMap::new();
    if grouping == Grouping::Session {
        let sessions = sums.sessions.iter().flatten();
        for (about, part) in sessions.filter(|(about, _)| is_in(about.day)) {
            let id = about.session.map_or_else(|| "unknown".to_owned(), |id| id.to_string());
            rows.entry(key(id, about.provider, about.model)).or_default().add(names, part);
        }
    } else {
        for day in sums.cells.chunk_by(|left, right| left.0.day == right.0.day) {
            let date = day[0].0.day;
            if !is_in(date) {
                continue;
            }
            let name = time_name(grouping, date);
            for (about, cell) in day {
                let key = key(name.clone(), about.provider, about.model);
                rows.entry(key).or_default().cell.add(cell);
            }
        }
    }
    finish(rows, grouping)
}

impl Sum {
    fn add(&mut self, names: &KnownNames, part: &SessionCell) {
        self.cell.add(&part.cell);
        let name = |place: u32| names.projects[place as usize].name.clone();
        let project = part.project.checked_sub(1).map(name);
        let told = Session { project, first: part.first, last: part.last };
        self.session = Some(match self.session.take() {
            None => told,
            Some(known) => Session {
                // The smallest of several, so that the order of the records changes nothing.
                project: known.project.into_iter().chain(told.project).min(),
                first: known.first.min(told.first),
                last: known.last.max(told.last),
            },
        });
    }
}

fn time_name(grouping: Grouping, date: NaiveDate) -> String {
    match grouping {
        Grouping::Weekly => week(date),
        Grouping::Monthly => month(date),
        Grouping::Daily | Grouping::Session => date.to_string(),
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
    let mut row = Row {
        provider: Some(provider.to_string()),
        model: Some(model.to_string()),
        ..numbers(&sum.cell)
    };
    match grouping {
        Grouping::Daily => row.date = name.parse().ok(),
        Grouping::Weekly => row.week = Some(name),
        Grouping::Monthly => row.month = Some(name),
        Grouping::Session => {
            row.session = Some(name);
            if let Some(told) = sum.session {
                row.project = told.project.map(|project| project.to_string());
                (row.first_at, row.last_at) = (Some(told.first), Some(told.last));
            }
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
