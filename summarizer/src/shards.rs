//! `data/v1/<year>-<hash>.json`: one year in columns.

use std::collections::BTreeSet;

use chrono::Datelike;
use data_schema::summary::{SUMMARY_VERSION, Shard, ShardColumns, ShardDictionaries, TokenCounts};
use data_schema::{HashId, Money, Quality};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rustc_hash::FxHashMap;

use crate::cube::{Cell, Key};
use crate::files::{File, Frame, json};
use crate::names::Dictionary;

pub(crate) fn files(frame: &Frame<'_>) -> Vec<File> {
    let years: Vec<&[(Key, Cell)]> =
        frame.cube.cells.chunk_by(|left, right| left.0.day.year() == right.0.day.year()).collect();
    years
        .into_par_iter()
        .map(|cells| {
            let shard = shard(frame, cells);
            let bytes = json(&shard);
            let hash = HashId::new("shard", &String::from_utf8_lossy(&bytes));
            (format!("data/v1/{:04}-{hash}.json", shard.year), bytes)
        })
        .collect()
}

fn shard(frame: &Frame<'_>, cells: &[(Key, Cell)]) -> Shard {
    let names = &frame.cube.names;
    let providers = Column::new(cells, &names.providers, |key| key.provider);
    let models = Column::new(cells, &names.models, |key| key.model);
    let machines = Column::new(cells, &names.machines, |key| key.machine);
    let projects = Column::new(cells, &names.projects, |key| key.project);
    let mut columns = ShardColumns {
        day: cells.iter().map(|(key, _)| u16::try_from(key.day.ordinal()).unwrap_or(0)).collect(),
        provider: providers.places,
        model: models.places,
        machine: machines.places,
        project: projects.places,
        ..ShardColumns::default()
    };
    for (_, cell) in cells {
        numbers(&mut columns, cell, frame.show_cost());
    }
    for column in [&mut columns.billed_usd, &mut columns.covered_usd] {
        if column.iter().all(|amount| *amount == Money::ZERO) {
            column.clear();
        }
    }
    let dictionaries = ShardDictionaries {
        providers: providers.names,
        models: models.names,
        machines: machines.names,
        projects: projects.names,
    };
    let year = cells.first().map_or(0, |(key, _)| key.day.year());
    Shard { version: SUMMARY_VERSION.to_owned(), year, dictionaries, columns }
}

/// Names of one kind as a shard holds them: those that occur, and where each row's stands.
struct Column {
    names: Vec<String>,
    places: Vec<u32>,
}

impl Column {
    fn new(cells: &[(Key, Cell)], all: &Dictionary, place: fn(&Key) -> u32) -> Self {
        // Sorted places are sorted names.
        let used: BTreeSet<u32> = cells.iter().map(|(key, _)| place(key)).collect();
        let own: FxHashMap<u32, u32> = used.iter().copied().zip(0..).collect();
        Self {
            names: used.iter().map(|place| all.name(*place).to_string()).collect(),
            places: cells.iter().map(|(key, _)| own[&place(key)]).collect(),
        }
    }
}

fn numbers(columns: &mut ShardColumns, cell: &Cell, show_cost: bool) {
    let row = cell.aggregate(show_cost);
    columns.input_tokens.push(row.tokens.input_tokens);
    columns.output_tokens.push(row.tokens.output_tokens);
    columns.cache_creation_tokens.push(row.tokens.cache_creation_tokens);
    columns.cache_read_tokens.push(row.tokens.cache_read_tokens);
    columns.reasoning_tokens.push(row.tokens.reasoning_tokens);
    columns.other_tokens.push(other(&row.tokens));
    columns.requests.push(row.requests);
    columns.cost_usd.push(row.cost_usd);
    columns.billed_usd.push(row.billed_usd);
    columns.covered_usd.push(row.covered_usd);
    columns.unpriced_tokens.push(row.unpriced_tokens);
    columns.quality.push(match row.data_quality {
        Quality::Exact => 0,
        Quality::Partial => 1,
        Quality::Estimated => 2,
    });
    columns.inexact_tokens.push(row.inexact_tokens);
}

/// What the classes of tokens leave of the total.
fn other(tokens: &TokenCounts) -> u64 {
    [
        tokens.input_tokens,
        tokens.output_tokens,
        tokens.cache_creation_tokens,
        tokens.cache_read_tokens,
    ]
    .into_iter()
    .fold(tokens.total_tokens, u64::saturating_sub)
}
