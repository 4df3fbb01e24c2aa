//! `data/v1/<year>-<hash>.json`: one year in columns.

use std::collections::BTreeSet;

use chrono::Datelike;
use data_schema::summary::{SUMMARY_VERSION, Shard, ShardColumns, ShardDictionaries};
use data_schema::{HashId, Quality, Text};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::cube::{Cell, Key};
use crate::files::{File, Frame, json};

pub(crate) fn files(frame: &Frame<'_>) -> Vec<File> {
    let years: Vec<&[(Key, Cell)]> =
        frame.cube.cells.chunk_by(|left, right| left.0.day.year() == right.0.day.year()).collect();
    years
        .into_par_iter()
        .map(|cells| {
            let shard = shard(cells, frame.show_cost());
            let bytes = json(&shard);
            let hash = HashId::new("shard", &String::from_utf8_lossy(&bytes));
            (format!("data/v1/{:04}-{hash}.json", shard.year), bytes)
        })
        .collect()
}

fn shard(cells: &[(Key, Cell)], show_cost: bool) -> Shard {
    let dictionaries = ShardDictionaries {
        providers: names(cells, |key| &key.provider),
        models: names(cells, |key| &key.model),
        machines: names(cells, |key| &key.machine),
        projects: names(cells, |key| &key.project),
    };
    let mut columns = ShardColumns::default();
    for (key, cell) in cells {
        columns.day.push(u16::try_from(key.day.ordinal()).unwrap_or(0));
        columns.provider.push(place(&dictionaries.providers, &key.provider));
        columns.model.push(place(&dictionaries.models, &key.model));
        columns.machine.push(place(&dictionaries.machines, &key.machine));
        columns.project.push(place(&dictionaries.projects, &key.project));
        numbers(&mut columns, cell, show_cost);
    }
    let year = cells.first().map_or(0, |(key, _)| key.day.year());
    Shard { version: SUMMARY_VERSION.to_owned(), year, dictionaries, columns }
}

fn numbers(columns: &mut ShardColumns, cell: &Cell, show_cost: bool) {
    let row = cell.aggregate(show_cost);
    columns.input_tokens.push(row.tokens.input_tokens);
    columns.output_tokens.push(row.tokens.output_tokens);
    columns.cache_creation_tokens.push(row.tokens.cache_creation_tokens);
    columns.cache_read_tokens.push(row.tokens.cache_read_tokens);
    columns.reasoning_tokens.push(row.tokens.reasoning_tokens);
    columns.total_tokens.push(row.tokens.total_tokens);
    columns.requests.push(row.requests);
    columns.cost_usd.push(row.cost_usd);
    columns.unpriced_tokens.push(row.unpriced_tokens);
    columns.quality.push(match row.data_quality {
        Quality::Exact => 0,
        Quality::Partial => 1,
        Quality::Estimated => 2,
    });
}

fn names(cells: &[(Key, Cell)], name: impl Fn(&Key) -> &Text) -> Vec<String> {
    let names: BTreeSet<&str> = cells.iter().map(|(key, _)| &**name(key)).collect();
    names.into_iter().map(str::to_owned).collect()
}

fn place(names: &[String], name: &str) -> u32 {
    let place = names.binary_search_by(|known| known.as_str().cmp(name)).unwrap_or(0);
    u32::try_from(place).unwrap_or(u32::MAX)
}
