//! Prices in the form of models.dev: vendors with models, USD for a million tokens.

use std::collections::BTreeMap;

use data_schema::{DatedPrice, Money, Rates, Variant};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Models, add_resellers};
use crate::PriceError;

/// Vendors that sell their own models, by the ids of that list, the best source of a name first.
const VENDORS: [&str; 12] = [
    "anthropic",
    "openai",
    "google",
    "xai",
    "deepseek",
    "mistral",
    "zai",
    "moonshotai",
    "minimax",
    "alibaba",
    "xiaomi",
    "cohere",
];

/// Those who sell others' models.
const RESELLERS: [&str; 5] =
    ["amazon-bedrock", "google-vertex", "google-vertex-anthropic", "azure", "openrouter"];

/// Context above which a cost is another one, by the name of the field.
const SIZES: [(&str, u64); 3] = [
    ("context_over_128k", 128_000),
    ("context_over_200k", 200_000),
    ("context_over_272k", 272_000),
];

#[derive(Deserialize)]
struct Vendor<'a> {
    #[serde(default, borrow)]
    models: BTreeMap<String, &'a RawValue>,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(default, borrow)]
    cost: Option<BTreeMap<String, &'a RawValue>>,
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

pub(super) fn models(bytes: &[u8], resellers: bool) -> Result<Models, PriceError> {
    let vendors: BTreeMap<String, Vendor<'_>> = serde_json::from_slice(bytes)?;
    let (mut models, mut notices) = (BTreeMap::new(), Vec::new());
    for vendor in VENDORS {
        for (name, price) in rows(&vendors, vendor, &mut notices) {
            let name = name.rsplit('/').next().unwrap_or(&name).to_owned();
            models.entry(name).or_insert_with(|| vec![price]);
        }
    }
    if resellers {
        for vendor in RESELLERS {
            let rows = rows(&vendors, vendor, &mut notices);
            let named = rows.into_iter().map(|(name, price)| (format!("{vendor}/{name}"), price));
            add_resellers(&mut models, named.collect());
        }
    }
    Ok((models, notices))
}

/// The models of a vendor that have prices.
fn rows(
    vendors: &BTreeMap<String, Vendor<'_>>,
    vendor: &str,
    notices: &mut Vec<String>,
) -> Vec<(String, DatedPrice)> {
    let models = vendors.get(vendor).map(|vendor| &vendor.models);
    let mut found = Vec::new();
    for (name, raw) in models.into_iter().flatten() {
        let model = serde_json::from_str::<Model<'_>>(raw.get());
        let read = model.map_err(|_| "not a model with a cost".to_owned());
        match read.and_then(|model| model.cost.as_ref().map_or(Ok(None), price)) {
            Ok(Some(price)) => found.push((name.to_lowercase(), price)),
            Ok(None) => {}
            Err(reason) => notices.push(format!("{vendor}/{name}: {reason}")),
        }
    }
    found
}

/// `None` for a model without a price per token. A cost of 0 for both is how that list writes what a subscription
/// covers: no price.
fn price(cost: &Fields<'_>) -> Result<Option<DatedPrice>, String> {
    let rates = rates(cost)?;
    if rates.input.is_none() || rates.output.is_none() {
        return Ok(None);
    }
    if rates.input == Some(Money::ZERO) && rates.output == Some(Money::ZERO) {
        return Ok(None);
    }
    let mut variants = Vec::new();
    for (field, above) in SIZES {
        let Some(raw) = cost.get(field) else { continue };
        let fields: Fields<'_> = serde_json::from_str(raw.get())
            .map_err(|_| format!("`{field}` is not an object of costs"))?;
        variants.push(Variant { tier: None, above: Some(above), rates: self::rates(&fields)? });
    }
    Ok(Some(DatedPrice { rates, variants, ..DatedPrice::default() }))
}

fn rates(fields: &Fields<'_>) -> Result<Rates, String> {
    let amount = |name: &str| {
        let Some(raw) = fields.get(name).filter(|raw| raw.get() != "null") else { return Ok(None) };
        let text: String = raw.get().chars().take(40).collect();
        let amount: Money =
            text.parse().map_err(|_| format!("`{name}` is {text}, not an amount"))?;
        if amount < Money::ZERO {
            return Err(format!("`{name}` is {amount}, below zero"));
        }
        // Finer than 10⁻¹² for one token is no price of anybody.
        Ok(Some(Money::from_picos(amount.picos() / 1_000_000 * 1_000_000)))
    };
    Ok(Rates {
        input: amount("input")?,
        output: amount("output")?,
        cache_read: amount("cache_read")?,
        cache_write: amount("cache_write")?,
        audio_input: amount("input_audio")?,
        audio_output: amount("output_audio")?,
        ..Rates::default()
    })
}
