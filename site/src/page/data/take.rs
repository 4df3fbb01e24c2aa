//! Files to take away.

use chrono::Datelike;
use serde::Serialize;

use super::csv;
use crate::context::Context;
use crate::cube::Dimension;
use crate::locale::Locale;

/// A file, or a kind of files by the newest of them.
#[derive(Debug, Serialize)]
pub(super) struct Item {
    /// Below the root of the site.
    path: String,
    text: String,
}

/// The columns of one year.
#[derive(Debug, Serialize)]
pub(super) struct Shard {
    path: String,
    year: String,
    size: String,
}

/// What a column of a shard holds.
#[derive(Debug, Serialize)]
pub(super) struct Column {
    name: &'static str,
    text: String,
}

/// Columns of a shard with their messages; the last two are there only where amounts are shown.
const COLUMNS: [(&str, &str); 16] = [
    ("day", "data-column-day"),
    ("provider", "data-column-provider"),
    ("model", "data-column-model"),
    ("machine", "data-column-machine"),
    ("project", "data-column-project"),
    ("inputTokens", "data-column-input"),
    ("outputTokens", "data-column-output"),
    ("cacheCreationTokens", "data-column-cache-write"),
    ("cacheReadTokens", "data-column-cache-read"),
    ("reasoningTokens", "data-column-reasoning"),
    ("otherTokens", "data-column-other"),
    ("requests", "data-column-requests"),
    ("quality", "data-column-quality"),
    ("inexactTokens", "data-column-inexact"),
    ("costUSD", "data-column-cost"),
    ("unpricedTokens", "data-column-unpriced"),
];

/// Those of them about amounts.
const OF_COST: usize = 2;

/// The tables for spreadsheets: none where there is nothing, or nothing is told apart.
pub(super) fn tables(
    context: &Context<'_>,
) -> impl Iterator<Item = (Dimension, &'static str, &'static str)> {
    let (empty, projects) = (context.data.is_empty(), context.data.shows_projects());
    csv::TABLES
        .into_iter()
        .filter(move |(dimension, ..)| !empty && (projects || *dimension != Dimension::Project))
}

pub(super) fn csv(context: &Context<'_>) -> Vec<Item> {
    let item = |(_, path, name): (Dimension, &str, &str)| Item {
        path: path.to_owned(),
        text: context.locale.text(&format!("data-csv-{name}")),
    };
    tables(context).map(item).collect()
}

pub(super) fn json(context: &Context<'_>) -> Vec<Item> {
    if !context.data.is_beside {
        return Vec::new();
    }
    let locale = &context.locale;
    let mut items = single(context);
    items.extend(folders(context).into_iter().map(|(folder, newest, count)| {
        let parts = [("count", count.into()), ("n", locale.count(count).into())];
        Item {
            path: format!("summary/{folder}/{newest}.json"),
            text: locale.with(&format!("data-json-{folder}"), &parts),
        }
    }));
    items
}

fn single(context: &Context<'_>) -> Vec<Item> {
    let data = context.data;
    let files = [
        ("latest", true),
        ("meta", true),
        ("hours", data.hours.is_some()),
        ("sessions", data.sessions.is_some()),
        ("prices", data.prices.is_some() && data.shows_cost()),
        ("limits", data.limits.is_some()),
        ("budgets", data.budgets.is_some() && data.shows_cost()),
        ("plans", data.plans.is_some()),
        ("reconcile", data.reconcile.is_some()),
        // What is not read from a file has no version.
        ("site", !data.site.version.is_empty()),
    ];
    let item = |(name, _): &(&str, bool)| Item {
        path: format!("summary/{name}.json"),
        text: context.locale.text(&format!("data-json-{name}")),
    };
    files.iter().filter(|(_, is_there)| *is_there).map(item).collect()
}

/// Folders of the summary: name, newest or first file, number of files.
fn folders(context: &Context<'_>) -> Vec<(&'static str, String, u64)> {
    let meta = &context.data.meta;
    let days: Vec<String> = meta.daily_files.iter().map(ToString::to_string).collect();
    let mut folders = Vec::new();
    for (folder, names) in
        [("daily", &days), ("weekly", &meta.weekly_files), ("monthly", &meta.monthly_files)]
    {
        if let Some(newest) = names.last().filter(|name| is_plain(name)) {
            folders.push((folder, newest.clone(), length(names.len())));
        }
    }
    for folder in Dimension::ALL.map(Dimension::folder) {
        let folder = if folder == "sources" { "providers" } else { folder };
        let Some(slugs) = meta.slugs.get(folder) else { continue };
        if let Some(first) = slugs.values().find(|slug| is_plain(slug)) {
            folders.push((folder, first.clone(), length(slugs.len())));
        }
    }
    folders
}

fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Whether a name from the summary is no more than the name of a file.
fn is_plain(name: &str) -> bool {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(safe)
}

pub(super) fn shards(context: &Context<'_>) -> Vec<Shard> {
    let shard = |(name, bytes): &(String, Vec<u8>)| Shard {
        path: format!("data/v1/{name}"),
        year: name.split('-').next().unwrap_or_default().to_owned(),
        size: kilobytes(&context.locale, bytes.len()),
    };
    context.data.shards.iter().rev().map(shard).collect()
}

fn kilobytes(locale: &Locale, bytes: usize) -> String {
    let kilobytes = length(bytes).div_ceil(1_000);
    locale.with("data-kilobytes", &[("n", locale.count(kilobytes).into())])
}

pub(super) fn columns(context: &Context<'_>) -> Vec<Column> {
    let shown = if context.data.shows_cost() { 0 } else { OF_COST };
    let start = context.data.cube.range().map_or(2026, |range| range.end.year()).to_string();
    let column = |(name, key): &(&'static str, &str)| Column {
        name,
        text: context.locale.with(key, &[("year", start.clone().into())]),
    };
    COLUMNS[..COLUMNS.len() - shown].iter().map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_the_summary_never_leads_out_of_its_folder() {
        for name in ["", "..", ".x", "a/b", "a\\b", "a b", "a%2e"] {
            assert!(!is_plain(name), "{name}");
        }
        assert!(is_plain("2026-W08") && is_plain("claude-opus-4.8"));
    }
}
