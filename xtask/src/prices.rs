//! `cargo xtask prices FILE --source URL --date DAY`: makes the compact price table from a JSON of the
//! `LiteLLM` form (<https://github.com/BerriAI/litellm>, `model_prices_and_context_window.json`).

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use data_schema::{DatedPrice, Money, PricesFile, Rates, Variant};
use serde_json::value::RawValue;

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

/// Kinds of models that write text.
const MODES: [&str; 3] = ["chat", "responses", "completion"];

/// Tiers by the ending of a field's name.
const TIERS: [(&str, &str); 3] =
    [("_batches", "batch"), ("_flex", "flex"), ("_priority", "priority")];

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Where the generated table lies.
pub(crate) const TABLE: &str = "pricing/data/prices.json";
/// Prices that the source does not tell, each with its own source.
const ADDITIONS: &str = "pricing/data/additions.json";

/// Reads the arguments and writes the table.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let [file, rest @ ..] = arguments else { bail!("name the JSON file with prices") };
    let option = |name: &str| {
        let place = rest.iter().position(|argument| argument == name)?;
        rest.get(place + 1).cloned()
    };
    let source = option("--source").context("--source URL is missing")?;
    let date = option("--date").context("--date YYYY-MM-DD is missing")?;
    let text = fs_err::read_to_string(file)?;
    let additions: PricesFile =
        serde_json::from_str(&fs_err::read_to_string(root.join(ADDITIONS))?)?;
    let mut table = PricesFile {
        version: data_schema::VERSION.into(),
        source,
        date: date.parse().with_context(|| format!("{date} is no day"))?,
        models: models(&text)?,
    };
    table.models.extend(additions.models);
    fs_err::write(root.join(TABLE), table.to_bytes())?;
    Ok(())
}

/// Whether the table is in the form that the generator writes and holds the additions.
pub(crate) fn is_current(root: &Path) -> Result<bool> {
    let bytes = fs_err::read(root.join(TABLE))?;
    let mut table: PricesFile = serde_json::from_slice(&bytes)?;
    let additions: PricesFile =
        serde_json::from_str(&fs_err::read_to_string(root.join(ADDITIONS))?)?;
    table.models.extend(additions.models);
    Ok(table.to_bytes() == bytes)
}

fn models(text: &str) -> Result<BTreeMap<String, Vec<DatedPrice>>> {
    let all: BTreeMap<String, Fields<'_>> =
        serde_json::from_str(text).context("not a JSON object of models")?;
    let mut found: BTreeMap<String, (usize, DatedPrice)> = BTreeMap::new();
    for (key, fields) in &all {
        let vendor = word(fields, "litellm_provider");
        let Some(rank) = VENDORS.iter().position(|known| Some(*known) == vendor) else { continue };
        if !word(fields, "mode").is_some_and(|mode| MODES.contains(&mode)) {
            continue;
        }
        let name = key.rsplit('/').next().unwrap_or(key).to_lowercase();
        let Some(price) = price(fields).with_context(|| key.clone())? else { continue };
        let better = found.get(&name).is_none_or(|(known, _)| rank < *known);
        if better {
            found.insert(name, (rank, price));
        }
    }
    Ok(found.into_iter().map(|(name, (_, price))| (name, vec![price])).collect())
}

fn word<'a>(fields: &Fields<'a>, name: &str) -> Option<&'a str> {
    let raw = fields.get(name)?.get();
    raw.strip_prefix('"')?.strip_suffix('"')
}

/// `None` for a model that is sold without a price per token.
fn price(fields: &Fields<'_>) -> Result<Option<DatedPrice>> {
    let mut variants: BTreeMap<(Option<&str>, Option<u64>), Rates> = BTreeMap::new();
    for (name, raw) in fields {
        let Some((class, tier, above)) = class(name) else { continue };
        let per_token: Money = match raw.get().parse() {
            Ok(amount) => amount,
            Err(_) if raw.get() == "null" => continue,
            Err(_) => bail!("`{name}` is {}, not an amount with at most 12 decimals", raw.get()),
        };
        let amount = Money::from_picos(per_token.picos() * 1_000_000);
        let rates = variants.entry((tier, above)).or_default();
        match class {
            "input_cost_per_token" => rates.input = Some(amount),
            "output_cost_per_token" => rates.output = Some(amount),
            "cache_read_input_token_cost" => rates.cache_read = Some(amount),
            "cache_creation_input_token_cost" => rates.cache_write = Some(amount),
            _ => rates.cache_write_1h = Some(amount),
        }
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
fn class(name: &str) -> Option<(&'static str, Option<&'static str>, Option<u64>)> {
    let (name, tier) = TIERS
        .iter()
        .find_map(|(ending, tier)| name.strip_suffix(ending).map(|rest| (rest, Some(*tier))))
        .unwrap_or((name, None));
    let (name, above) = match name.rsplit_once("_above_") {
        Some((rest, size)) if size.ends_with("k_tokens") => {
            let thousands: u64 = size.strip_suffix("k_tokens")?.parse().ok()?;
            (rest, Some(thousands * 1000))
        }
        _ => (name, None),
    };
    let class = match name {
        "input_cost_per_token" => "input_cost_per_token",
        "output_cost_per_token" => "output_cost_per_token",
        "cache_read_input_token_cost" => "cache_read_input_token_cost",
        "cache_creation_input_token_cost" => "cache_creation_input_token_cost",
        "cache_creation_input_token_cost_above_1hr" => "cache_creation_input_token_cost_above_1hr",
        _ => return None,
    };
    Some((class, tier, above))
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
