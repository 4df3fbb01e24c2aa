//! What a report is made of.

use chrono::NaiveDate;
use data_schema::summary::{TokenCounts, WireShare};
use data_schema::{Money, Quality, UtcSeconds};
use serde::Serialize;

use crate::sums::Cell;
use crate::timeline::Burn;

/// A report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// In the order that was asked for.
    pub rows: Vec<Row>,
    /// Sums by source, sorted by name.
    pub by_provider: Vec<Row>,
    /// The sum of all rows.
    pub totals: Row,
    /// What went through the proxy on these days; absent if nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wire: Option<WireShare>,
}

/// One row; absent keys are those that the row is not about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Row {
    /// The day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// `2026-W18`, or the first day of a week that does not begin on Monday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub week: Option<String>,
    /// `2026-05`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
    /// `2026`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<String>,
    /// Hour of the day in the report zone, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hour: Option<u32>,
    /// When a window of five hours began: its first response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<UtcSeconds>,
    /// When the window ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<UtcSeconds>,
    /// Whether the window is open now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// Hash of the account that the window is of, where told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Seconds without any response between the window before and this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_seconds: Option<i64>,
    /// How fast the open window fills.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burn: Option<Box<Burn>>,
    /// The machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// Hash of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The project; of a session the first by name. The empty name is that of what has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// First response of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_at: Option<UtcSeconds>,
    /// Last response of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<UtcSeconds>,
    /// The source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How many rows are added up in this one, because they are beyond those that were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<u64>,
    /// Token counts.
    #[serde(flatten)]
    pub tokens: Tokens,
    /// Model responses.
    pub requests: u64,
    /// What they cost.
    pub cost: Amounts,
    /// Tokens without a price.
    pub unpriced_tokens: u64,
    /// Tokens that are estimated or partial.
    pub inexact_tokens: u64,
    /// The worst quality of all that is in here.
    pub data_quality: Quality,
    /// What changed since an earlier range; absent if nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Box<Change>>,
    /// What the row is made of; it adds up to the row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Self>,
}

/// All token fields of a record, zeros included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tokens {
    /// Input without what was cached.
    pub input_tokens: u64,
    /// Input that was read from a cache.
    pub cache_read_tokens: u64,
    /// Input that was written to a cache.
    pub cache_creation_tokens: u64,
    /// Of these, what stays there for an hour.
    #[serde(rename = "cacheCreation1hTokens")]
    pub cache_creation_1h_tokens: u64,
    /// Output, with reasoning.
    pub output_tokens: u64,
    /// Of the output, what was reasoning.
    pub reasoning_tokens: u64,
    /// Tokens of images.
    pub image_tokens: u64,
    /// Tokens of sound.
    pub audio_tokens: u64,
    /// All tokens.
    pub total_tokens: u64,
}

/// What responses cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Amounts {
    /// At list price, in USD; `null` if there are tokens and none has a price.
    #[serde(rename = "listUSD")]
    pub list_usd: Option<Money>,
    /// What is paid by the token, in USD.
    #[serde(rename = "billedUSD")]
    pub billed_usd: Money,
    /// Of the list value, what subscriptions cover.
    #[serde(rename = "planUSD")]
    pub plan_usd: Money,
    /// Of the list value, where nothing tells who pays.
    #[serde(rename = "payerUnknownUSD")]
    pub payer_unknown_usd: Money,
}

/// What changed since an earlier range. `null` where it had nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Change {
    /// What it had.
    pub earlier: Option<Earlier>,
    /// Tokens more.
    pub total_tokens: Option<i128>,
    /// The same in percent, with one digit behind the point; `null` after none.
    pub total_tokens_percent: Option<String>,
    /// Model responses more.
    pub requests: Option<i128>,
    /// The same in percent.
    pub requests_percent: Option<String>,
    /// List value more, in USD.
    #[serde(rename = "listUSD")]
    pub list_usd: Option<Money>,
    /// The same in percent.
    pub list_percent: Option<String>,
}

/// What an earlier range had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Earlier {
    /// All tokens.
    pub total_tokens: u64,
    /// Model responses.
    pub requests: u64,
    /// At list price, in USD.
    #[serde(rename = "listUSD")]
    pub list_usd: Option<Money>,
}

impl Amounts {
    pub(crate) fn of(cell: &Cell) -> Self {
        Self {
            list_usd: cell.cost(),
            billed_usd: Money::from_picos(cell.billed),
            plan_usd: Money::from_picos(cell.covered),
            payer_unknown_usd: Money::from_picos(cell.payer_unknown),
        }
    }
}

impl From<TokenCounts> for Tokens {
    fn from(counts: TokenCounts) -> Self {
        Self {
            input_tokens: counts.input_tokens,
            cache_read_tokens: counts.cache_read_tokens,
            cache_creation_tokens: counts.cache_creation_tokens,
            cache_creation_1h_tokens: counts.cache_creation_1h_tokens,
            output_tokens: counts.output_tokens,
            reasoning_tokens: counts.reasoning_tokens,
            image_tokens: counts.image_tokens,
            audio_tokens: counts.audio_tokens,
            total_tokens: counts.total_tokens,
        }
    }
}
