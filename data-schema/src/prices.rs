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
    /// By name of the model: prices in the order of `from`.
    pub models: BTreeMap<String, Vec<DatedPrice>>,
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
    /// Where this price comes from, if not from the table's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
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
    /// All tokens alike: replaces the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
}

impl PricesFile {
    /// The file's bytes: one model per line, sorted, newline at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!(
            "{{\n  \"version\": {},\n  \"source\": {},\n  \"date\": \"{}\",\n  \"models\": {{",
            json(&self.version),
            json(&self.source),
            self.date
        );
        for (index, (name, prices)) in self.models.iter().enumerate() {
            text.push_str(if index == 0 { "\n    " } else { ",\n    " });
            let _ = write!(text, "{}: {}", json(name), json(prices));
        }
        text.push_str("\n  }\n}\n");
        text.into_bytes()
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
