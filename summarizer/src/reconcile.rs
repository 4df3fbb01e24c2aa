//! `reconcile.json`: what the proxy saw, and what vendors and relays told, beside what was counted.

use std::collections::BTreeMap;

use data_schema::Money;
use data_schema::settings::ModelNaming;
use data_schema::summary::{
    DateRange, ReconcileFile, Reconciled, SUMMARY_VERSION, Statements, StatementsOfModel,
};

use crate::files::{File, Frame, json};
use crate::sums::Stated;

pub(crate) fn file(frame: &Frame<'_>) -> Option<File> {
    let rows = frame.cube.stated.chunk_by(|left, right| left.provider == right.provider);
    let statements: Vec<Statements> = rows.map(|rows| of_interface(frame, rows)).collect();
    let version = SUMMARY_VERSION.to_owned();
    let file = ReconcileFile { version, sources: sources(frame), statements };
    let has_any = !(file.statements.is_empty() && file.sources.is_empty());
    has_any.then(|| ("reconcile.json".to_owned(), json(&file)))
}

/// What the proxy saw of each source, and what the logs of the same days tell.
fn sources(frame: &Frame<'_>) -> Vec<Reconciled> {
    let mut sources: BTreeMap<String, Reconciled> = BTreeMap::new();
    for day in &frame.cube.wire {
        let Some(provider) = frame.cube.names.providers.shown(&day.provider) else { continue };
        let row = sources.entry(provider.to_string()).or_insert_with(|| Reconciled {
            provider: provider.to_string(),
            date_range: DateRange { start: day.date, end: day.date },
            log_tokens: 0,
            wire_tokens: 0,
            counted_tokens: 0,
            wire_requests: 0,
            wire_only_requests: 0,
            wire_only_tokens: 0,
        });
        // Sorted by day.
        row.date_range.end = day.date;
        row.log_tokens += day.log_tokens;
        row.wire_tokens += day.wire_tokens;
        row.counted_tokens += day.counted_tokens;
        row.wire_requests += day.requests;
        row.wire_only_requests += day.not_in_log_requests;
        row.wire_only_tokens += day.not_in_log_tokens;
    }
    sources.into_values().collect()
}

fn of_interface(frame: &Frame<'_>, rows: &[Stated]) -> Statements {
    // Sorted by day.
    let (first, last) = (&rows[0], &rows[rows.len() - 1]);
    let mut models: BTreeMap<String, StatementsOfModel> = BTreeMap::new();
    // What has a cost or requests only says nothing of tokens.
    for row in rows.iter().filter(|row| row.tokens > 0) {
        let model = shown(frame, &row.model);
        let new = || StatementsOfModel { model: model.clone(), ..StatementsOfModel::default() };
        let sum = models.entry(model.clone()).or_insert_with(new);
        sum.stated_tokens += row.tokens;
        sum.counted_tokens += row.counted;
        sum.missing_tokens += row.tokens.saturating_sub(row.counted);
        sum.more_tokens += row.counted.saturating_sub(row.tokens);
    }
    let models: Vec<StatementsOfModel> = models.into_values().collect();
    let sum = |field: fn(&StatementsOfModel) -> u64| models.iter().map(field).sum();
    let cost: i128 = rows.iter().map(|row| row.cost).sum();
    Statements {
        provider: first.provider.to_string(),
        date_range: DateRange { start: first.day, end: last.day },
        stated_tokens: sum(|model| model.stated_tokens),
        counted_tokens: sum(|model| model.counted_tokens),
        missing_tokens: sum(|model| model.missing_tokens),
        more_tokens: sum(|model| model.more_tokens),
        stated_requests: rows.iter().map(|row| row.requests).sum(),
        cost_usd: (cost > 0 && frame.show_cost()).then(|| Money::from_picos(cost)),
        counts: rows.iter().any(|row| row.counts),
        models,
    }
}

/// The name of a model as it is shown. One that nothing was counted of has no number either.
fn shown(frame: &Frame<'_>, model: &str) -> String {
    let known = frame.cube.names.models.shown(model).map(ToString::to_string);
    known.unwrap_or_else(|| match frame.options.publish.models {
        ModelNaming::Name => frame.options.prices.canonical_model(model),
        ModelNaming::Listed => "other".to_owned(),
    })
}
