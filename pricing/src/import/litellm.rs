//! Prices in the form of `LiteLLM`: one object per model, USD for one token.

use std::collections::BTreeMap;

use data_schema::{DatedPrice, Money, Rates, Variant};
use serde_json::value::RawValue;

use super::{Models, add_resellers};
use crate::PriceError;

/// Vendors that sell a model under its own name, the best source of a name first. Resellers are left
/// out: the same name has other prices there.
const VENDORS: [&str; 14] = [
    "anthropic",
    "openai",
    "chatgpt",
    "gemini",
    "vertex_ai-language-models",
    "xai",
    "deepseek",
    "mistral",
    "codestral",
    "zai",
    "moonshot",
    "minimax",
    "dashscope",
    "xiaomi_mimo",
];

/// Those who sell others' models, by the beginning of what the file calls them.
const RESELLERS: [&str; 4] = ["bedrock", "vertex_ai", "azure", "openrouter"];

/// Kinds of models that write text.
const MODES: [&str; 3] = ["chat", "responses", "completion"];

/// Tiers by the ending of a field's name.
const TIERS: [(&str, &str); 4] = [
    ("_batches", "batch"),
    ("_flex", "flex"),
    ("_priority", "priority"),
    ("_ultrafast", "ultrafast"),
];

/// Classes by the name of a field.
const CLASSES: [(&str, Class); 9] = [
    ("input_cost_per_token", |rates| &mut rates.input),
    ("output_cost_per_token", |rates| &mut rates.output),
    ("cache_read_input_token_cost", |rates| &mut rates.cache_read),
    ("cache_creation_input_token_cost", |rates| &mut rates.cache_write),
    ("cache_creation_input_token_cost_above_1hr", |rates| &mut rates.cache_write_1h),
    ("input_cost_per_audio_token", |rates| &mut rates.audio_input),
    ("output_cost_per_audio_token", |rates| &mut rates.audio_output),
    ("input_cost_per_image_token", |rates| &mut rates.image_input),
    ("output_cost_per_image_token", |rates| &mut rates.image_output),
];

/// The rate that a field is about.
type Class = fn(&mut Rates) -> &mut Option<Money>;

type Fields<'a> = BTreeMap<String, &'a RawValue>;

pub(super) fn models(bytes: &[u8], resellers: bool) -> Result<Models, PriceError> {
    let all: BTreeMap<String, &RawValue> = serde_json::from_slice(bytes)?;
    let mut found: BTreeMap<String, (usize, DatedPrice)> = BTreeMap::new();
    let (mut notices, mut others) = (Vec::new(), Vec::new());
    for (key, raw) in &all {
        let Ok(fields) = serde_json::from_str::<Fields<'_>>(raw.get()) else {
            notices.push(format!("{key}: not an object of fields"));
            continue;
        };
        let vendor = word(&fields, "litellm_provider").unwrap_or_default();
        let rank = VENDORS.iter().position(|known| *known == vendor);
        let is_resold = resellers && RESELLERS.iter().any(|known| vendor.starts_with(known));
        if (rank.is_none() && !is_resold)
            || !word(&fields, "mode").is_some_and(|mode| MODES.contains(&mode))
        {
            continue;
        }
        let price = match price(&fields) {
            Ok(Some(price)) => price,
            Ok(None) => continue,
            Err(reason) => {
                notices.push(format!("{key}: {reason}"));
                continue;
            }
        };
        let Some(rank) = rank else {
            others.push((key.to_lowercase(), price));
            continue;
        };
        let name = key.rsplit('/').next().unwrap_or(key).to_lowercase();
        if found.get(&name).is_none_or(|(known, _)| rank < *known) {
            found.insert(name, (rank, price));
        }
    }
    let mut models = found.into_iter().map(|(name, (_, price))| (name, vec![price])).collect();
    add_resellers(&mut models, others);
    Ok((models, notices))
}

fn word<'a>(fields: &Fields<'a>, name: &str) -> Option<&'a str> {
    let raw = fields.get(name)?.get();
    raw.strip_prefix('"')?.strip_suffix('"')
}

/// `None` for a model that is sold without a price per token.
fn price(fields: &Fields<'_>) -> Result<Option<DatedPrice>, String> {
    let mut variants: BTreeMap<(Option<&str>, Option<u64>), Rates> = BTreeMap::new();
    for (name, raw) in fields {
        let Some((class, tier, above)) = class(name) else { continue };
        let per_token: Money = match raw.get().parse() {
            Ok(amount) => amount,
            Err(_) if raw.get() == "null" => continue,
            Err(_) => {
                let text: String = raw.get().chars().take(40).collect();
                return Err(format!("`{name}` is {text}, not an amount with at most 12 decimals"));
            }
        };
        if per_token < Money::ZERO {
            return Err(format!("`{name}` is {per_token}, below zero"));
        }
        let amount = Money::from_picos(per_token.picos().saturating_mul(1_000_000));
        *class(variants.entry((tier, above)).or_default()) = Some(amount);
    }
    let rates = variants.remove(&(None, None)).unwrap_or_default();
    if rates.input.is_none() || rates.output.is_none() {
        return Ok(None);
    }
    let variants = variants.into_iter().map(|((tier, above), rates)| Variant {
        tier: tier.map(str::to_owned),
        above,
        rates,
    });
    let price = DatedPrice {
        rates,
        variants: variants.collect(),
        factors: factors(fields),
        web_search: web_search(fields),
        ..DatedPrice::default()
    };
    Ok(Some(price))
}

/// The token class, tier and context size that a field's name speaks of.
fn class(name: &str) -> Option<(Class, Option<&'static str>, Option<u64>)> {
    let (name, tier) = TIERS
        .iter()
        .find_map(|(ending, tier)| name.strip_suffix(ending).map(|rest| (rest, Some(*tier))))
        .unwrap_or((name, None));
    let (name, above) = match name.rsplit_once("_above_") {
        Some((rest, size)) if size.ends_with("k_tokens") => {
            let thousands: u64 = size.strip_suffix("k_tokens")?.parse().ok()?;
            (rest, Some(thousands.checked_mul(1000)?))
        }
        _ => (name, None),
    };
    let (_, class) = CLASSES.iter().find(|(known, _)| *known == name)?;
    Some((*class, tier, above))
}

fn factors(fields: &Fields<'_>) -> BTreeMap<String, Money> {
    let raw = fields.get("provider_specific_entry");
    let entry: Option<BTreeMap<String, &RawValue>> =
        raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let entry = entry.unwrap_or_default().into_iter();
    entry
        .filter(|(name, _)| matches!(name.as_str(), "fast" | "us"))
        .filter_map(|(name, factor)| Some((name, factor.get().parse().ok()?)))
        .collect()
}

fn web_search(fields: &Fields<'_>) -> Option<Money> {
    let raw = fields.get("search_context_cost_per_query")?;
    let sizes: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get()).ok()?;
    sizes.get("search_context_size_medium")?.get().parse().ok()
}
