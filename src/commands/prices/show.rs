//! `prices show`.

use std::fmt::Write as _;

use chrono::NaiveDate;
use data_schema::summary::PriceOrigin;
use data_schema::{DatedPrice, Money, Rates};
use pricing::Explanation;
use serde_json::json;

use crate::outcome::{Failure, Outcome};
use crate::output::{data, plain};
use crate::session::Session;

use super::explain::unknown;
use super::{book, list, print};

pub(super) fn run(
    session: &Session,
    model: &str,
    at: Option<NaiveDate>,
    as_json: bool,
) -> Result<Outcome, Failure> {
    let book = book(session)?;
    let told = list::of(&book, session, model);
    let shown: Vec<&DatedPrice> =
        told.prices.iter().filter(|price| holds(price, &told.prices, at)).collect();
    if as_json {
        print(&json!({
            "version": data_schema::VERSION,
            "model": model,
            "name": told.name,
            "isOwn": told.origin == Some(PriceOrigin::User),
            "isFree": told.origin == Some(PriceOrigin::Free),
            "read": book.as_of(),
            "source": book.source(),
            "prices": shown,
        }))?;
        return Ok(Outcome::Done);
    }
    data(&plain(&text(session, model, &told, &shown)))?;
    Ok(Outcome::Done)
}

/// Whether a price is the one of a day, where one is asked for.
fn holds(price: &DatedPrice, all: &[DatedPrice], at: Option<NaiveDate>) -> bool {
    let Some(day) = at else { return true };
    let has_begun = |price: &DatedPrice| price.from.is_none_or(|from| from <= day);
    let newest = all.iter().filter(|price| has_begun(price)).map(|price| price.from).max();
    let first = all.iter().map(|price| price.from).min();
    price.from == newest.or(first).flatten() && price.until.is_none_or(|until| day < until)
}

fn text(session: &Session, model: &str, told: &Explanation, shown: &[&DatedPrice]) -> String {
    let Some(name) = &told.name else {
        return match told.origin {
            Some(_) => format!("{model}: free, as its name says\n"),
            None => unknown(session, model, told),
        };
    };
    let whose = if told.origin == Some(PriceOrigin::User) { ", your own price" } else { "" };
    let mut text = format!("{name}{whose}\n");
    if shown.is_empty() {
        text.push_str("  no price on that day: one has ended and none has begun\n");
    }
    for price in shown {
        let _ = writeln!(text, "{}:", days(price));
        text.push_str(&line("usual", &price.rates, price));
        for one in &price.variants {
            let tier = one.tier.as_deref().unwrap_or_default();
            let above = one.above.map(|above| format!("above {above}")).unwrap_or_default();
            text.push_str(&line(format!("{tier} {above}").trim(), &one.rates, price));
        }
        for (name, factor) in &price.factors {
            let _ = writeln!(text, "  {name}: times {factor}");
        }
        if let Some(search) = price.web_search {
            let _ = writeln!(text, "  one web search: {search}");
        }
        if let Some(read) = price.read {
            let _ = writeln!(text, "  read {read}");
        }
        if let Some(source) = &price.source {
            let _ = writeln!(text, "  source: {source}");
        }
    }
    text
}

/// Since when, and until when.
pub(super) fn days(price: &DatedPrice) -> String {
    match (price.from, price.until) {
        (None, None) => "always".to_owned(),
        (Some(from), None) => format!("from {from}"),
        (None, Some(until)) => format!("before {until}"),
        (Some(from), Some(until)) => format!("from {from}, before {until}"),
    }
}

fn line(name: &str, rates: &Rates, price: &DatedPrice) -> String {
    let currency = price.currency.as_deref().unwrap_or("USD");
    let all = [
        ("input", rates.input),
        ("output", rates.output),
        ("cache read", rates.cache_read),
        ("cache write", rates.cache_write),
        ("cache write for an hour", rates.cache_write_1h),
        ("audio in", rates.audio_input),
        ("audio out", rates.audio_output),
        ("image in", rates.image_input),
        ("image out", rates.image_output),
        ("every token", rates.total),
    ];
    let told = all
        .into_iter()
        .filter_map(|(class, amount): (_, Option<Money>)| Some(format!("{class} {}", amount?)));
    let told: Vec<String> = told.collect();
    format!("  {name}: {} ({currency} for a million)\n", told.join(", "))
}
