//! Files below `summary/` that only pages read: how the site is set up, sessions, prices, and what is compared
//! with use. All but `site.json` are there only where there is something in them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Aggregate, DateRange};
use crate::settings::{BadgeSettings, WeekStart};
use crate::{Money, UtcSeconds};

/// `site.json`: what the shared settings say about the look of the pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct SiteFile {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// Heading of all pages; absent = `Token Matters`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where the pages are published, with a slash at the end; absent = not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// BCP 47 tags. The first is at the root, each other one in a folder of its name; empty = English.
    #[serde(default)]
    pub languages: Vec<String>,
    /// First column of calendars.
    #[serde(default)]
    pub week_start: WeekStart,
    /// Colour slots by source or model.
    #[serde(default)]
    pub colors: std::collections::BTreeMap<String, u8>,
    /// Badges beside those that are always there.
    #[serde(default)]
    pub badges: Vec<BadgeSettings>,
}

/// `sessions.json`: the largest sessions. Never published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct SessionsFile {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// Sessions that there are; `sessions` holds the hundred largest of them.
    pub count: u64,
    /// The largest first.
    pub sessions: Vec<SessionSummary>,
}

/// A session's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct SessionSummary {
    /// Hash of the tool's session id.
    pub session: String,
    /// The source.
    pub provider: String,
    /// Models, the most used first.
    pub models: Vec<String>,
    /// Its project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// First response.
    pub first_at: UtcSeconds,
    /// Last response.
    pub last_at: UtcSeconds,
    /// Its numbers.
    #[serde(flatten)]
    pub aggregate: Aggregate,
}

/// `prices.json`: by which price every model that was used is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct PricesSummary {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// Day of the built-in price table.
    pub as_of: NaiveDate,
    /// Where the built-in price table comes from.
    pub source: String,
    /// One row per model and source: those with tokens without a price first, then the largest.
    pub models: Vec<ModelPrice>,
}

/// The prices of one model as one source used it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct ModelPrice {
    /// The model as it is shown.
    pub model: String,
    /// The source that used it.
    pub provider: String,
    /// First and last day of its use.
    pub date_range: DateRange,
    /// All tokens of it.
    pub total_tokens: u64,
    /// Of those, without a price.
    pub unpriced_tokens: u64,
    /// Whose price it is; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<PriceOrigin>,
    /// The name under which the price was found, if it is not `model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_as: Option<String>,
    /// Prices in order of their dates; empty if there is none.
    pub prices: Vec<PriceStep>,
}

/// Whose price counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum PriceOrigin {
    /// The user's own `pricing.json`.
    User,
    /// The built-in table.
    Listed,
    /// Named as free by its provider.
    Free,
}

/// A price from a day on. Amounts are USD per million tokens. A class of the prompt that is absent is charged as
/// `input`; tokens of a class without any amount have no price.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct PriceStep {
    /// First day; absent = always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// What applies: absent = the plain price, else a tier (`batch`), a region (`us`), a size of the context
    /// (`above 200000`), or a tier with a size (`priority above 272000`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Prompt outside the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Money>,
    /// Output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Money>,
    /// Read from a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<Money>,
    /// Written to a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_creation: Option<Money>,
    /// Written to a cache for an hour.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "cacheCreation1h")]
    pub cache_creation_1h: Option<Money>,
    /// All tokens alike, in place of the classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// One web search of the provider, in USD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_search: Option<Money>,
    /// Where it comes from, if not from the source of the whole table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// `budgets.json`: what a day, week or month may cost, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct BudgetsFile {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// Those over everything first.
    pub budgets: Vec<Budget>,
}

/// A budget with what it comes to. A file of an earlier version has `provider` and `monthlyUSD` alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Budget {
    /// The source that it is about; absent = everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The project that it is about; absent = everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// USD a calendar month; absent for a day or week.
    #[serde(rename = "monthlyUSD", skip_serializing_if = "Option::is_none")]
    pub monthly_usd: Option<Money>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `day`, `week` or `month`; absent = `month`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// What is held against it: `list` or `billed`; absent = `list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// ISO 4217 code of the amounts below; absent = USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What the period may cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// First and last day of the running period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_range: Option<DateRange>,
    /// What it has cost so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spent: Option<Money>,
    /// What it comes to by its end; absent where too little is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Money>,
    /// `within`, `expected` (the forecast is above it) or `passed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Tokens of the period without a price: they are in no amount.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub unpriced_tokens: u64,
}

/// `plans.json`: which sources a subscription pays for, and whether it was worth it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct PlansFile {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// Sorted by source.
    pub plans: Vec<Plan>,
    /// The last twelve months, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub months: Vec<PlanMonth>,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Plan {
    /// The source that it pays for.
    pub provider: String,
    /// Its name: `Max 20x`.
    pub name: String,
    /// What it costs a month, if told.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "monthlyUSD")]
    pub monthly_usd: Option<Money>,
}

/// A calendar month of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct PlanMonth {
    /// Its name.
    pub plan: String,
    /// `2026-05`.
    pub month: String,
    /// What its days cost; of the running month, those up to the last known day.
    pub cost: Money,
    /// ISO 4217 code of `cost`; absent = USD. Another one has no exchange rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// List value of what it covered.
    #[serde(rename = "coveredUSD")]
    pub covered_usd: Money,
    /// Whether the month is not over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_running: bool,
}

/// `reconcile.json`: what the tools' own logs and others say of the same days: the proxy, vendors, relays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct ReconcileFile {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// Sorted by source.
    pub sources: Vec<Reconciled>,
    /// Sorted by interface.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statements>,
}

/// What an interface told, and what was counted of the same models on the same days of UTC. Days and models that it
/// says nothing of are not in any number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Statements {
    /// The interface.
    pub provider: String,
    /// First and last day of UTC that it told anything of.
    pub date_range: DateRange,
    /// Tokens that it told.
    pub stated_tokens: u64,
    /// Tokens that were counted.
    pub counted_tokens: u64,
    /// Tokens that it told and that were not counted, day by day and model by model.
    pub missing_tokens: u64,
    /// Tokens that were counted and that it did not tell, day by day and model by model.
    pub more_tokens: u64,
    /// Requests that it told.
    pub stated_requests: u64,
    /// What all of that cost, as it told.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "costUSD")]
    pub cost_usd: Option<Money>,
    /// Whether some of it counts, because nothing else tells of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counts: bool,
    /// Sorted by name.
    pub models: Vec<StatementsOfModel>,
}

/// What an interface told of one model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct StatementsOfModel {
    /// The model as it is shown.
    pub model: String,
    /// Tokens that were told.
    pub stated_tokens: u64,
    /// Tokens that were counted.
    pub counted_tokens: u64,
    /// Tokens that were told and not counted.
    pub missing_tokens: u64,
    /// Tokens that were counted and not told.
    pub more_tokens: u64,
}

/// One source as its witnesses tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Reconciled {
    /// The source.
    pub provider: String,
    /// First and last day on which the proxy saw something of it. Days between on which it saw nothing are in no number.
    pub date_range: DateRange,
    /// Tokens in its log.
    pub log_tokens: u64,
    /// Tokens that the proxy saw.
    pub wire_tokens: u64,
    /// Tokens that count.
    pub counted_tokens: u64,
    /// Requests that the proxy saw.
    #[serde(default)]
    pub wire_requests: u64,
    /// Of those, requests that only the proxy saw.
    pub wire_only_requests: u64,
    /// Their tokens.
    #[serde(default)]
    pub wire_only_tokens: u64,
}
