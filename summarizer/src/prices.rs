//! `prices.json`: by which price every model that was used is counted.

use std::cmp::Reverse;

use chrono::NaiveDate;
use data_schema::Text;
use data_schema::settings::ModelNaming;
use data_schema::summary::{DateRange, ModelPrice, PricesSummary, SUMMARY_VERSION};
use pricing::Quote;
use rustc_hash::FxHashMap;

use crate::files::{File, Frame, json};

/// Places of the shown names of a model and of the source that used it.
type Used = (u32, u32);

/// What is known of one.
struct Sum {
    first: NaiveDate,
    last: NaiveDate,
    tokens: u64,
    unpriced: u64,
}

pub(crate) fn file(frame: &Frame<'_>) -> Option<File> {
    if !frame.show_cost() {
        return None;
    }
    let mut sums: FxHashMap<Used, Sum> = FxHashMap::default();
    for (key, cell) in &frame.cube.cells {
        let new = || Sum { first: key.day, last: key.day, tokens: 0, unpriced: 0 };
        let sum = sums.entry((key.model, key.provider)).or_insert_with(new);
        // Cells are sorted by day.
        sum.last = key.day;
        sum.tokens = sum.tokens.saturating_add(cell.tokens.total_tokens);
        sum.unpriced = sum.unpriced.saturating_add(cell.unpriced_tokens);
    }
    let quotes = quotes(frame, &sums);
    let mut used: Vec<(Used, Sum)> = sums.into_iter().collect();
    used.sort_unstable_by_key(|(used, sum)| (sum.unpriced == 0, Reverse(sum.tokens), *used));
    let file = PricesSummary {
        version: SUMMARY_VERSION.to_owned(),
        as_of: frame.options.prices.as_of(),
        source: frame.options.prices.source().to_owned(),
        models: used.into_iter().map(|(used, sum)| row(frame, used, &sum, &quotes)).collect(),
    };
    Some(("prices.json".to_owned(), json(&file)))
}

/// The price of every model under its shown name. Of spellings with one shown name, which have one price, the first
/// that has any speaks.
fn quotes(frame: &Frame<'_>, sums: &FxHashMap<Used, Sum>) -> FxHashMap<Used, Quote> {
    let (names, known) = (&frame.cube.names, &frame.cube.known);
    let mut quotes = FxHashMap::default();
    for model in &known.models {
        let place = names.models.place(&model.name);
        let may_be_named = is_named(frame, &model.name);
        for provider in &known.providers {
            let used = (place, names.providers.place(&provider.name));
            if !sums.contains_key(&used) || quotes.contains_key(&used) {
                continue;
            }
            let Some(mut quote) = frame.options.prices.quote(&provider.name, &model.name) else {
                continue;
            };
            // A model that is numbered for others is not named by its price either.
            let is_shown = |name: &String| **name != **names.models.name(place);
            quote.name = quote.name.filter(|name| may_be_named && is_shown(name));
            quotes.insert(used, quote);
        }
    }
    quotes
}

/// Whether a model is shown by its own name.
fn is_named(frame: &Frame<'_>, model: &Text) -> bool {
    let options = frame.options;
    options.publish.models == ModelNaming::Name || options.prices.knows(model)
}

fn row(frame: &Frame<'_>, used: Used, sum: &Sum, quotes: &FxHashMap<Used, Quote>) -> ModelPrice {
    let names = &frame.cube.names;
    let quote = quotes.get(&used);
    ModelPrice {
        model: names.models.name(used.0).to_string(),
        provider: names.providers.name(used.1).to_string(),
        date_range: DateRange { start: sum.first, end: sum.last },
        total_tokens: sum.tokens,
        unpriced_tokens: sum.unpriced,
        origin: quote.map(|quote| quote.origin),
        found_as: quote.and_then(|quote| quote.name.clone()),
        prices: quote.map(|quote| quote.steps.clone()).unwrap_or_default(),
    }
}
