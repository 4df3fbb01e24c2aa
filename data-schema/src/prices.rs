//! The price table: what a token of a model costs, since when.
//!
//! Amounts are decimal strings in the file's currency per **million tokens**, so that a person can
//! compare them with a vendor's page; six decimals make them exact to 10⁻¹² per token.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::Money;

/// A price table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct PricesFile {
    /// `2.0`.
    pub version: String,
    /// Where the prices come from.
    #[serde(default)]
    pub source: String,
    /// The day that they were read.
    pub date: NaiveDate,
    /// What a unit of a currency is worth, by ISO 4217 code, in the order of `from`; USD needs none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exchange_rates: BTreeMap<String, Vec<DatedRate>>,
    /// By name of the model: prices in the order of `from`.
    pub models: BTreeMap<String, Vec<DatedPrice>>,
}

/// What a unit of a currency is worth since a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct DatedRate {
    /// First day in UTC; absent = always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// USD for one unit.
    pub usd: Money,
}

/// The price of a model since a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct DatedPrice {
    /// First day in UTC; absent = always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// First day in UTC on which it does not hold any more; absent = until the next one begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// ISO 4217 code of the amounts; absent = USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The day that this price was read, if not the table's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<NaiveDate>,
    /// Where this price comes from, if not from the table's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether it is meant that something costs nothing: a rate of 0 for prompts or output is a mistake without it.
    #[serde(skip_serializing_if = "is_false")]
    pub free: bool,
    /// The usual rates.
    #[serde(flatten)]
    pub rates: Rates,
    /// Rates of a tier, or above a size of the context.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// Factors by tier (`fast`) or region (`us`): decimal strings.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub factors: BTreeMap<String, Money>,
    /// One server-side web search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_search: Option<Money>,
}

/// Rates that replace the usual ones; what is absent stays as usual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Variant {
    /// `batch`, `flex`, `priority`; absent = standard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Applies to a response whose whole context is larger than so many tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<u64>,
    /// The rates.
    #[serde(flatten)]
    pub rates: Rates,
}

/// Amounts per million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Rates {
    /// Prompt tokens neither read from nor written to a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Money>,
    /// Output, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Money>,
    /// Prompt tokens read from a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<Money>,
    /// Prompt tokens written to a cache for five minutes, or without a named lifetime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Money>,
    /// Prompt tokens written to a cache for an hour.
    #[serde(rename = "cacheWrite1h", skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<Money>,
    /// Audio of the prompt; absent = as other prompt tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_input: Option<Money>,
    /// Audio of the output; absent = as other output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_output: Option<Money>,
    /// Pictures of the prompt; absent = as other prompt tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_input: Option<Money>,
    /// Pictures of the output; absent = as other output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_output: Option<Money>,
    /// All tokens alike: replaces the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl PricesFile {
    /// The file's bytes: one currency or model per line, sorted, newline at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!(
            "{{\n  \"version\": {},\n  \"source\": {},\n  \"date\": \"{}\"",
            json(&self.version),
            json(&self.source),
            self.date
        );
        if !self.exchange_rates.is_empty() {
            text.push_str(",\n  \"exchangeRates\": {");
            lines(&mut text, &self.exchange_rates);
            text.push_str("\n  }");
        }
        text.push_str(",\n  \"models\": {");
        lines(&mut text, &self.models);
        text.push_str("\n  }\n}\n");
        text.into_bytes()
    }
}

/// One entry per line.
fn lines(text: &mut String, entries: &BTreeMap<String, impl Serialize>) {
    for (index, (name, value)) in entries.iter().enumerate() {
        text.push_str(if index == 0 { "\n    " } else { ",\n    " });
        let _ = write!(text, "{}: {}", json(name), json(value));
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
