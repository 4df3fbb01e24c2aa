//! `pricing.json` of Token Matters 1.x: prices by provider, in any currency, with exchange rates.

use std::collections::BTreeMap;

use data_schema::{DatedPrice, Money, Rates};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::PriceError;
use crate::rate::amounts;

/// The key of a provider's price for all models that it does not list.
pub(crate) const DEFAULT_MODEL: &str = "_default";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    #[serde(default, borrow)]
    exchange_rates: BTreeMap<String, &'a RawValue>,
    #[serde(borrow)]
    providers: BTreeMap<String, Provider<'a>>,
}

#[derive(Deserialize)]
struct Provider<'a> {
    #[serde(default, borrow)]
    models: BTreeMap<String, Model<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Model<'a> {
    #[serde(borrow, rename = "inputPerMTok")]
    input: Option<&'a RawValue>,
    #[serde(borrow, rename = "outputPerMTok")]
    output: Option<&'a RawValue>,
    #[serde(borrow, rename = "cacheCreationPerMTok")]
    cache_write: Option<&'a RawValue>,
    #[serde(borrow, rename = "cacheReadPerMTok")]
    cache_read: Option<&'a RawValue>,
    #[serde(borrow, rename = "totalPerKTok")]
    total: Option<&'a RawValue>,
    currency: Option<String>,
}

/// Prices by provider and model in USD, with what could not be taken over.
pub(crate) type Prices = (BTreeMap<(String, String), DatedPrice>, Vec<String>);

pub(crate) fn parse(bytes: &[u8]) -> Result<Prices, PriceError> {
    let file: File<'_> = serde_json::from_slice(bytes)?;
    let (mut prices, mut notices) = (BTreeMap::new(), Vec::new());
    for (provider, content) in file.providers {
        for (name, model) in content.models {
            let currency = model.currency.clone().unwrap_or_else(|| "USD".into());
            let Some(rate) = exchange_rate(&file.exchange_rates, &currency) else {
                notices.push(format!(
                    "{provider}/{name}: no exchange rate `{currency}/USD`, so that this price is not used; add it to `exchangeRates`"
                ));
                continue;
            };
            let rates = match rates(&model, rate) {
                Ok(rates) => rates,
                Err(reason) => {
                    notices.push(format!("{provider}/{name}: {reason}, so that it is not used"));
                    continue;
                }
            };
            if amounts(&rates).any(|amount| amount < Money::ZERO) {
                notices
                    .push(format!("{provider}/{name}: a price below zero, so that it is not used"));
                continue;
            }
            let price = DatedPrice { rates, ..DatedPrice::default() };
            prices.insert((provider.clone(), name.to_lowercase()), price);
        }
    }
    Ok((prices, notices))
}

fn exchange_rate(rates: &BTreeMap<String, &RawValue>, currency: &str) -> Option<Money> {
    if currency == "USD" {
        return Some(Money::from_picos(1_000_000_000_000));
    }
    rates.get(&format!("{currency}/USD"))?.get().parse().ok()
}

fn rates(model: &Model<'_>, rate: Money) -> Result<Rates, String> {
    let amount = |raw: Option<&RawValue>, per: i128| {
        let Some(text) = raw.map(RawValue::get).filter(|text| *text != "null") else {
            return Ok(None);
        };
        let wrong = || {
            let text: String = text.chars().take(40).collect();
            format!("{text} is no amount, or one too great")
        };
        let amount: Money = text.parse().map_err(|_| wrong())?;
        let unit = 1_000_000_000_000;
        let picos = amount.picos().checked_mul(per).and_then(|all| all.checked_mul(rate.picos()));
        picos.map(|picos| Some(Money::from_picos(picos / unit))).ok_or_else(wrong)
    };
    Ok(Rates {
        input: amount(model.input, 1)?,
        output: amount(model.output, 1)?,
        cache_read: amount(model.cache_read, 1)?,
        cache_write: amount(model.cache_write, 1)?,
        total: amount(model.total, 1000)?,
        ..Rates::default()
    })
}
