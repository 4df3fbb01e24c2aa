//! A user's `pricing.json` in the form of the table. One bad entry costs its own model only.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use data_schema::{DatedPrice, DatedRate, Money, Rates};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::payers::currency_code;
use crate::rate::amounts;
use crate::{PriceError, refresh};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File<'a> {
    #[serde(rename = "version")]
    _version: String,
    #[serde(default, rename = "source")]
    _source: String,
    #[serde(rename = "date")]
    _date: NaiveDate,
    #[serde(default, borrow)]
    exchange_rates: BTreeMap<String, &'a RawValue>,
    #[serde(borrow)]
    models: BTreeMap<String, &'a RawValue>,
}

/// What of a user's table can be used.
pub(crate) struct Table {
    pub(crate) exchange_rates: Vec<(String, Vec<DatedRate>)>,
    pub(crate) models: Vec<Model>,
    /// What cannot, by line.
    pub(crate) notices: Vec<(usize, String)>,
}

/// The prices of a model.
pub(crate) struct Model {
    pub(crate) line: usize,
    pub(crate) name: String,
    pub(crate) prices: Vec<DatedPrice>,
}

pub(crate) fn parse(bytes: &[u8]) -> Result<Table, PriceError> {
    let file: File<'_> = serde_json::from_slice(bytes)?;
    let mut table = Table { exchange_rates: Vec::new(), models: Vec::new(), notices: Vec::new() };
    for (currency, raw) in file.exchange_rates {
        let line = line_of(bytes, raw);
        match exchange_rates(&currency, raw) {
            Ok(rates) => table.exchange_rates.push(rates),
            Err((below, reason)) => table.notices.push((
                line + below,
                format!("exchangeRates, {currency}: {reason}, so that its rates are not used"),
            )),
        }
    }
    for (name, raw) in file.models {
        let line = line_of(bytes, raw);
        let prices = read::<Vec<DatedPrice>>(raw)
            .and_then(|prices| faultless(prices).map_err(|reason| (0, reason)));
        match prices {
            Ok(prices) => {
                let name = name.trim().to_lowercase();
                table.models.push(Model { line, name, prices });
            }
            Err((below, reason)) => table
                .notices
                .push((line + below, format!("{name}: {reason}, so that its prices are not used"))),
        }
    }
    Ok(table)
}

/// The line of the file on which a value begins.
fn line_of(bytes: &[u8], raw: &RawValue) -> usize {
    let offset = (raw.get().as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
    let before = bytes.get(..offset).unwrap_or_default();
    before.split(|byte| *byte == b'\n').count()
}

/// Reads a part of the file; an error with its lines below the first of the part.
fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, (usize, String)> {
    serde_json::from_str(raw.get()).map_err(|error| {
        let line = error.line().saturating_sub(1);
        let (message, _) = PriceError::parts(&error);
        (line, format!("{message} (amounts are texts, such as \"3.00\")"))
    })
}

fn exchange_rates(
    currency: &str,
    raw: &RawValue,
) -> Result<(String, Vec<DatedRate>), (usize, String)> {
    let code = currency_code(Some(currency)).map_err(|reason| (0, reason))?;
    let rates: Vec<DatedRate> = read(raw)?;
    if rates.is_empty() {
        return Err((0, "no rate is told".to_owned()));
    }
    match rates.iter().find(|rate| rate.usd <= Money::ZERO) {
        Some(rate) => Err((0, format!("a rate of {}", rate.usd))),
        None => Ok((code, rates)),
    }
}

/// Prices that can be used, with their currency's code as the rates have it; else the reason.
fn faultless(mut prices: Vec<DatedPrice>) -> Result<Vec<DatedPrice>, String> {
    let mut days = BTreeSet::new();
    for price in &mut prices {
        if let Some(currency) = &price.currency {
            price.currency = Some(currency_code(Some(currency))?);
        }
        if let Some(fault) = fault(price) {
            return Err(fault);
        }
        if !days.insert(price.from) {
            let from =
                price.from.map_or_else(|| "without `from`".to_owned(), |day| day.to_string());
            return Err(format!("two prices begin on the same day ({from})"));
        }
    }
    if prices.is_empty() {
        return Err("no price is told".to_owned());
    }
    prices.sort_by_key(|price| price.from);
    Ok(prices)
}

/// Why a price cannot be used.
pub(crate) fn fault(price: &DatedPrice) -> Option<String> {
    let variants = price.variants.iter().map(|variant| variant.rates);
    let all: Vec<Rates> = variants.chain([price.rates]).collect();
    let others = price.factors.values().copied().chain(price.web_search);
    if all.iter().flat_map(amounts).chain(others).any(|amount| amount < Money::ZERO) {
        return Some("a price below zero".to_owned());
    }
    if amounts(&price.rates).next().is_none() {
        return Some("no price is told: `input` and `output` have one".to_owned());
    }
    let is_free =
        |rates: &Rates| [rates.input, rates.output, rates.total].contains(&Some(Money::ZERO));
    let nothing = all.iter().any(is_free) || price.factors.values().any(|one| *one == Money::ZERO);
    if nothing && !price.free {
        return Some(
            "a price of 0: write `\"free\": true` beside it if nothing is paid".to_owned(),
        );
    }
    match (price.from, price.until) {
        (Some(from), Some(until)) if until <= from => {
            Some(format!("`until` ({until}) is not after `from` ({from})"))
        }
        _ => None,
    }
}

/// What looks like a mistake in prices that are used; `listed` are those that they stand before.
pub(crate) fn doubts(
    prices: &[DatedPrice],
    listed: Option<&[DatedPrice]>,
    has_rate: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    let without: BTreeSet<&str> =
        prices.iter().filter_map(|price| price.currency.as_deref()).collect();
    for currency in without.into_iter().filter(|currency| !has_rate(currency)) {
        found.push(format!(
            "no exchange rate for {currency}, so that this price is not used and the model has none; add `\"exchangeRates\": {{\"{currency}\": [{{\"usd\": \"…\"}}]}}`"
        ));
    }
    for (price, next) in prices.iter().zip(prices.iter().skip(1)) {
        if let (Some(until), Some(from)) = (price.until, next.from)
            && until != from
        {
            found.push(if until < from {
                format!("from {until} to {from} the model has no price")
            } else {
                format!("the price until {until} ends on {from}, when the next one begins")
            });
        }
    }
    let is_dollars =
        |price: &&DatedPrice| price.currency.as_deref().is_none_or(|code| code == "USD");
    let newest = |prices: &[DatedPrice]| prices.iter().max_by_key(|price| price.from).cloned();
    if let (Some(own), Some(listed)) = (newest(prices), listed.and_then(newest))
        && is_dollars(&&own)
        && !own.free
        && let Some(jump) = refresh::jump(&listed, &own)
    {
        found.push(format!("{jump}; it is used as it stands"));
    }
    found
}
