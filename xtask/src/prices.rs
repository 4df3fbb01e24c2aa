//! `cargo xtask prices FILE… --source URL --date DAY [--force] [--resellers]`: puts newer prices behind those of the
//! table, from the day on.
//!
//! A file has the form of `LiteLLM` (<https://github.com/BerriAI/litellm>, `model_prices_and_context_window.json`), of
//! <https://models.dev> (`api.json`), or of the table. Of several, the first that lists a model counts. What changes is
//! shown; what looks like a mistake stops the run, unless it is forced.

use std::path::Path;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use data_schema::PricesFile;
use pricing::import;
use pricing::refresh;

/// Where the generated table lies.
pub(crate) const TABLE: &str = "pricing/data/prices.json";
/// Prices that the source does not tell, each with its own source.
const ADDITIONS: &str = "pricing/data/additions.json";
/// Rates of exchange, which no list of prices has.
pub(crate) const EXCHANGE_RATES: &str = "pricing/data/exchange-rates.json";

/// Reads the arguments and writes the table.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let files: Vec<&String> =
        arguments.iter().take_while(|argument| !argument.starts_with("--")).collect();
    let rest = &arguments[files.len()..];
    let is_set = |name: &str| rest.iter().any(|argument| argument == name);
    let option = |name: &str| {
        let place = rest.iter().position(|argument| argument == name)?;
        rest.get(place + 1).cloned()
    };
    let source = option("--source").context("--source URL is missing")?;
    let date = option("--date").context("--date YYYY-MM-DD is missing")?;
    let date: NaiveDate = date.parse().with_context(|| format!("{date} is no day"))?;
    let new = read(&files, (&source, date), is_set("--resellers"))?;
    let old: PricesFile = serde_json::from_slice(&fs_err::read(root.join(TABLE))?)?;
    let table = merged(root, &old, new, (date, is_set("--force")))?;
    fs_err::write(root.join(TABLE), table.to_bytes())?;
    Ok(())
}

/// The models of all files, those of the first before those of others.
fn read(
    files: &[&String],
    (source, date): (&str, NaiveDate),
    resellers: bool,
) -> Result<PricesFile> {
    let mut table: Option<PricesFile> = None;
    for file in files {
        let read = import::read(&fs_err::read(file.as_str())?, (source, date), resellers)
            .with_context(|| (*file).clone())?;
        for notice in &read.notices {
            tell(&format!("{file}: {notice}: left out"));
        }
        match &mut table {
            None => table = Some(PricesFile { source: source.to_owned(), date, ..read.table }),
            Some(table) => {
                for (name, prices) in read.table.models {
                    table.models.entry(name).or_insert(prices);
                }
            }
        }
    }
    table.context("name a JSON file with prices")
}

/// The older table with the newer one behind it, and what is kept by hand.
fn merged(
    root: &Path,
    old: &PricesFile,
    mut new: PricesFile,
    (date, force): (NaiveDate, bool),
) -> Result<PricesFile> {
    let additions = kept(root, ADDITIONS)?;
    new.models.retain(|name, _| !additions.models.contains_key(name));
    let mut made = refresh(old, &new, date, force);
    made.changes.retain(|change| !additions.models.contains_key(&change.model));
    for change in &made.changes {
        tell(&change.to_string());
    }
    if made.is_partial() {
        bail!(
            "what is marked with ! looks like a mistake: look at the vendors' pages, then say --force"
        );
    }
    made.table.models.extend(additions.models);
    made.table.exchange_rates = kept(root, EXCHANGE_RATES)?.exchange_rates;
    Ok(made.table)
}

fn kept(root: &Path, path: &str) -> Result<PricesFile> {
    Ok(serde_json::from_slice(&fs_err::read(root.join(path))?)?)
}

/// Whether the table is in the form that the generator writes and holds what is kept by hand.
pub(crate) fn is_current(root: &Path) -> Result<bool> {
    let bytes = fs_err::read(root.join(TABLE))?;
    let mut table: PricesFile = serde_json::from_slice(&bytes)?;
    table.models.extend(kept(root, ADDITIONS)?.models);
    table.exchange_rates = kept(root, EXCHANGE_RATES)?.exchange_rates;
    Ok(table.to_bytes() == bytes)
}

#[expect(clippy::print_stderr, reason = "a developer reads it")]
fn tell(text: &str) {
    eprintln!("{text}");
}
