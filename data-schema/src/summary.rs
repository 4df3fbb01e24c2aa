//! The files below `summary/`: what the summarizer writes and the site reads.
//!
//! Version 2.0 keeps the file names and field names of Token Matters 1.x and adds to them. Every
//! aggregate carries all token classes, its cost, and the split by provider, model and machine, so
//! that any view adds up to the same total. Maps are sorted by key, lists by total (largest first),
//! then by name; days without use are there.
//!
//! Amounts are exact decimal strings ([`Money`]); `null` means *no price known*, never zero.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Money, Quality};

mod files;
mod views;

pub use files::{
    DailySummary, DailyTrendEntry, DateRange, DimensionSummary, HourCell, HoursFile, LatestFile,
    LimitReset, LimitState, LimitWindow, LimitsSummary, MetaFile, MonthlySummary, PeriodSummary,
    Shard, ShardColumns, ShardDictionaries, TrendPart, WeekdayHours, WeeklySummary,
};
pub use views::{
    Budget, BudgetsFile, ModelPrice, Plan, PlanMonth, PlansFile, PriceOrigin, PriceStep,
    PricesSummary, ReconcileFile, Reconciled, SessionSummary, SessionsFile, SiteFile, Statements,
    StatementsOfModel,
};

/// The version that every file below `summary/` carries.
pub const SUMMARY_VERSION: &str = "2.0";

/// Token counts of an aggregate. The first four do not overlap.
///
/// Unit: tokens. `totalTokens` = input + cache read + cache creation + output, plus what some sources
/// tell as a bare total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct TokenCounts {
    /// Prompt tokens neither read from nor written to a cache.
    pub input_tokens: u64,
    /// All billed output, reasoning included.
    pub output_tokens: u64,
    /// Prompt tokens written to a cache.
    pub cache_creation_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cache_read_tokens: u64,
    /// The sum.
    pub total_tokens: u64,
    /// Of the cache writes, those for an hour.
    #[serde(rename = "cacheCreation1hTokens")]
    pub cache_creation_1h_tokens: u64,
    /// Of the output, reasoning.
    pub reasoning_tokens: u64,
    /// Of prompt or output, images, where told.
    #[serde(skip_serializing_if = "is_zero")]
    pub image_tokens: u64,
    /// Of prompt or output, audio, where told.
    #[serde(skip_serializing_if = "is_zero")]
    pub audio_tokens: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn is_nothing(amount: &Money) -> bool {
    *amount == Money::ZERO
}

/// What an aggregate holds: the fields that every row of every breakdown shares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Aggregate {
    /// Token counts.
    #[serde(flatten)]
    pub tokens: TokenCounts,
    /// Model responses.
    pub requests: u64,
    /// List value in USD of everything that has a price; `null` if there are tokens and none has.
    #[serde(rename = "costUSD")]
    pub cost_usd: Option<Money>,
    /// Of that, what is paid by the token, as it was told or else at list price; absent if nothing is.
    #[serde(default, rename = "billedUSD", skip_serializing_if = "is_nothing")]
    pub billed_usd: Money,
    /// Of the list value, what subscriptions cover; absent if nothing is.
    #[serde(default, rename = "coveredUSD", skip_serializing_if = "is_nothing")]
    pub covered_usd: Money,
    /// Tokens of models without a price. They are in the token counts and not in the cost.
    pub unpriced_tokens: u64,
    /// The worst quality of what went in.
    pub data_quality: Quality,
    /// Tokens that are estimated or partial.
    pub inexact_tokens: u64,
}

/// The totals of a file: an [`Aggregate`] with the cost in the shape of 1.x.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Totals {
    /// Token counts.
    #[serde(flatten)]
    pub tokens: TokenCounts,
    /// What they cost.
    pub cost: CostBreakdown,
    /// Model responses.
    pub requests: u64,
    /// The worst quality of what went in.
    pub data_quality: Quality,
    /// Tokens that are estimated or partial.
    pub inexact_tokens: u64,
    /// What went through the proxy; absent where nothing did, and in the totals of a machine, model or project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<WireShare>,
}

/// What went through the proxy, and what of it no log of a tool tells: title, router and memory calls, answers that
/// broke off, and programs that keep no log. All of it is in the totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct WireShare {
    /// Requests that went through the proxy.
    pub requests: u64,
    /// Their tokens.
    pub tokens: u64,
    /// Of the requests, those that no log tells of.
    pub not_in_log_requests: u64,
    /// Their tokens.
    pub not_in_log_tokens: u64,
}

impl WireShare {
    /// The sum of days and sources; `None` of none.
    pub fn sum<'d>(days: impl IntoIterator<Item = &'d crate::resolve::WireDay>) -> Option<Self> {
        days.into_iter().fold(None, |sum: Option<Self>, day| {
            let sum = sum.unwrap_or_default();
            Some(Self {
                requests: sum.requests.saturating_add(day.requests),
                tokens: sum.tokens.saturating_add(day.wire_tokens),
                not_in_log_requests: sum
                    .not_in_log_requests
                    .saturating_add(day.not_in_log_requests),
                not_in_log_tokens: sum.not_in_log_tokens.saturating_add(day.not_in_log_tokens),
            })
        })
    }
}

/// The cost of an aggregate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct CostBreakdown {
    /// List value in USD of everything that has a price; `null` if there are tokens and none has.
    #[serde(rename = "totalUSD")]
    pub total_usd: Option<Money>,
    /// Of that, what is paid by the token, as it was told or else at list price; absent if nothing is.
    #[serde(default, rename = "billedUSD", skip_serializing_if = "is_nothing")]
    pub billed_usd: Money,
    /// Of the list value, what subscriptions cover; absent if nothing is.
    #[serde(default, rename = "coveredUSD", skip_serializing_if = "is_nothing")]
    pub covered_usd: Money,
    /// Tokens of models without a price.
    pub unpriced_tokens: u64,
    /// Models without a price, sorted.
    pub unpriced_models: Vec<String>,
    /// By provider, in the currency of its prices.
    pub by_provider: BTreeMap<String, NativeAmount>,
}

/// An amount with its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct NativeAmount {
    /// List value of everything that has a price.
    pub amount: Option<Money>,
    /// ISO 4217 code.
    pub currency: String,
}

/// A provider's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct ProviderSummary {
    /// Id of the source: `claude-code`, `codex`, …
    pub provider: String,
    /// List value in `currency`, under its name of 1.x; `null` as `costUSD`.
    pub cost: Option<Money>,
    /// ISO 4217 code of `cost`.
    pub currency: String,
    /// Its numbers.
    #[serde(flatten)]
    pub aggregate: Aggregate,
    /// What of it went through the proxy; absent where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<WireShare>,
}

impl ProviderSummary {
    /// A row with its amount in the currency of the price table.
    pub fn new(provider: String, aggregate: Aggregate) -> Self {
        Self {
            provider,
            cost: aggregate.cost_usd,
            currency: "USD".to_owned(),
            aggregate,
            wire: None,
        }
    }
}

/// A machine's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct MachineSummary {
    /// Name or alias of the machine.
    pub machine: String,
    /// Its numbers.
    #[serde(flatten)]
    pub aggregate: Aggregate,
}

/// A model's row: one model used through one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct ModelSummary {
    /// Normalised name of the model.
    pub model: String,
    /// The source that used it.
    pub provider: String,
    /// Its numbers.
    #[serde(flatten)]
    pub aggregate: Aggregate,
}

/// A project's row; only where projects are published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct ProjectSummary {
    /// Name or alias of the project.
    pub project: String,
    /// Its numbers.
    #[serde(flatten)]
    pub aggregate: Aggregate,
}

/// The splits that every aggregate carries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Breakdown {
    /// By source, largest first.
    pub by_provider: Vec<ProviderSummary>,
    /// By machine, largest first.
    pub by_machine: Vec<MachineSummary>,
    /// By model and source, largest first.
    pub by_model: Vec<ModelSummary>,
    /// By project, largest first; absent where projects are hidden.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_project: Vec<ProjectSummary>,
}

impl TokenCounts {
    /// Adds another count, class by class; sums stop at the largest number instead of wrapping.
    pub fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.input_tokens, other.input_tokens),
            (&mut self.output_tokens, other.output_tokens),
            (&mut self.cache_creation_tokens, other.cache_creation_tokens),
            (&mut self.cache_read_tokens, other.cache_read_tokens),
            (&mut self.total_tokens, other.total_tokens),
            (&mut self.cache_creation_1h_tokens, other.cache_creation_1h_tokens),
            (&mut self.reasoning_tokens, other.reasoning_tokens),
            (&mut self.image_tokens, other.image_tokens),
            (&mut self.audio_tokens, other.audio_tokens),
        ];
        for (sum, more) in pairs {
            *sum = sum.saturating_add(more);
        }
    }

    /// The counts of one record.
    pub fn of(usage: &crate::Usage) -> Self {
        let told = |count: Option<crate::Tokens>| count.map_or(0, crate::Tokens::get);
        Self {
            input_tokens: told(usage.input_tokens),
            output_tokens: told(usage.output_tokens),
            cache_creation_tokens: told(usage.cache_creation_tokens),
            cache_read_tokens: told(usage.cache_read_tokens),
            total_tokens: usage.total(),
            cache_creation_1h_tokens: told(usage.cache_creation_1h_tokens),
            reasoning_tokens: told(usage.reasoning_tokens),
            image_tokens: told(usage.image_tokens),
            audio_tokens: told(usage.audio_tokens),
        }
    }
}
