//! Whole files below `summary/`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Breakdown, Totals};
use crate::{Fraction, HashId, LimitReading, Money, Quality, UtcSeconds};

/// First and last day, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct DateRange {
    /// First day.
    pub start: NaiveDate,
    /// Last day.
    pub end: NaiveDate,
}

/// One source's part of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct TrendPart {
    /// All tokens.
    pub total_tokens: u64,
    /// List value in USD; `null` if nothing has a price.
    #[serde(rename = "costUSD")]
    pub cost_usd: Option<Money>,
    /// The worst quality of what went in.
    pub data_quality: Quality,
}

/// One calendar day of a trend; days without use are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct DailyTrendEntry {
    /// The day.
    pub date: NaiveDate,
    /// All tokens.
    pub total_tokens: u64,
    /// List value in USD; `null` if there are tokens and none has a price.
    pub cost: Option<Money>,
    /// Model responses.
    pub requests: u64,
    /// By source.
    pub by_provider: BTreeMap<String, TrendPart>,
}

/// `daily/<date>.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct DailySummary {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// The day in the report zone.
    pub date: NaiveDate,
    /// Everything.
    pub totals: Totals,
    /// Its splits.
    #[serde(flatten)]
    pub breakdown: Breakdown,
}

/// A window of days: in `latest.json`, and the body of a week and a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct PeriodSummary {
    /// The window in `latest.json`; first and last day with data elsewhere.
    pub date_range: DateRange,
    /// Everything.
    pub totals: Totals,
    /// Its splits.
    #[serde(flatten)]
    pub breakdown: Breakdown,
    /// Every calendar day of `dateRange`.
    pub daily_trend: Vec<DailyTrendEntry>,
}

/// `weekly/<YYYY-Www>.json`: ISO 8601 weeks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct WeeklySummary {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// `2026-W18`.
    pub week: String,
    /// The numbers.
    #[serde(flatten)]
    pub period: PeriodSummary,
}

/// `monthly/<YYYY-MM>.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct MonthlySummary {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// `2026-05`.
    pub month: String,
    /// The numbers.
    #[serde(flatten)]
    pub period: PeriodSummary,
}

/// `providers/`, `machines/`, `models/` and `projects/<slug>.json`: one value over all time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct DimensionSummary {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// In `providers/`: the source.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider: Option<String>,
    /// In `machines/`: the machine.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub machine: Option<String>,
    /// In `models/`: the model, over all sources.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    /// In `projects/`: the project.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub project: Option<String>,
    /// The numbers.
    #[serde(flatten)]
    pub period: PeriodSummary,
}

/// `latest.json`: what badges and the overview show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct LatestFile {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// Time of the newest record; `null` if there is none.
    pub last_updated: Option<UtcSeconds>,
    /// IANA name of the report zone.
    pub timezone: String,
    /// The 7 days that end with the as-of day.
    #[serde(rename = "last7Days")]
    pub last_7_days: PeriodSummary,
    /// The 30 days that end with the as-of day.
    #[serde(rename = "last30Days")]
    pub last_30_days: PeriodSummary,
    /// The as-of day; `null` if nothing was used on it.
    pub today: Option<DailySummary>,
}

/// `meta.json`: what there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct MetaFile {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// Time of the newest record; `null` if there is none.
    pub last_updated: Option<UtcSeconds>,
    /// IANA name of the report zone.
    pub timezone: String,
    /// First and last day with data; `null` if there is none.
    pub date_range: Option<DateRange>,
    /// Everything there is.
    pub totals: Totals,
    /// Sources, sorted.
    pub providers: Vec<String>,
    /// Machines, sorted.
    pub machines: Vec<String>,
    /// Models, sorted.
    pub models: Vec<String>,
    /// File names below `models/` and `projects/` by the value that they hold.
    pub slugs: BTreeMap<String, BTreeMap<String, String>>,
    /// Keys of `daily/`, sorted.
    pub daily_files: Vec<NaiveDate>,
    /// Keys of `weekly/`, sorted.
    pub weekly_files: Vec<String>,
    /// Keys of `monthly/`, sorted.
    pub monthly_files: Vec<String>,
    /// Names of `data/v1/` shards, sorted.
    pub shards: Vec<String>,
}

/// `hours.json`: when the work is done; only where hours are published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct HoursFile {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// IANA name of the report zone.
    pub timezone: String,
    /// The days that went in.
    pub date_range: Option<DateRange>,
    /// Monday first.
    pub weekdays: Vec<WeekdayHours>,
}

/// One weekday's 24 local hours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct WeekdayHours {
    /// ISO number: 1 is Monday.
    pub weekday: u8,
    /// 24 cells, hour 0 first.
    pub hours: Vec<HourCell>,
}

/// One hour of one weekday, over all weeks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct HourCell {
    /// All tokens.
    pub total_tokens: u64,
    /// Model responses.
    pub requests: u64,
}

/// `limits.json`: what vendors said of their limits, and windows of five hours; only where limits are published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct LimitsSummary {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// The newest word about each limit: one row per provider, account, window and scope.
    pub limits: Vec<LimitState>,
    /// Windows of five hours of the newest days that have any, as they were counted, by start; only where hours are
    /// published as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<LimitWindow>,
    /// When vendors said that their windows would start anew, in the 90 days before their newest word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resets: Vec<LimitReset>,
}

/// The newest reading of one limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct LimitState {
    /// The source that it is the limit of.
    pub provider: String,
    /// The reading.
    #[serde(flatten)]
    pub reading: LimitReading,
}

/// A window of five hours of one source and account, from its first response on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct LimitWindow {
    /// The source.
    pub provider: String,
    /// Hash of the account, where told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub account: Option<HashId>,
    /// Its first response.
    pub start: UtcSeconds,
    /// The first second that it does not hold.
    pub end: UtcSeconds,
    /// Its last response.
    pub last_at: UtcSeconds,
    /// All tokens.
    pub total_tokens: u64,
    /// Model responses.
    pub requests: u64,
    /// List value in USD; `null` if nothing has a price, or cost is hidden.
    #[serde(rename = "costUSD")]
    pub cost_usd: Option<Money>,
    /// Tokens without a price; 0 if cost is hidden.
    pub unpriced_tokens: u64,
}

/// One instant at which a window would start anew, as its vendor said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct LimitReset {
    /// The source.
    pub provider: String,
    /// Hash of the account, where told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub account: Option<HashId>,
    /// The window, as in readings.
    pub window: String,
    /// What the limit covers, where it is not everything.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scope: Option<String>,
    /// The instant, as it was said first.
    pub resets_at: UtcSeconds,
    /// When it was said first.
    pub first_seen: UtcSeconds,
    /// When it was said last.
    pub last_seen: UtcSeconds,
    /// The greatest used part that was told with it; absent if none was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub highest_used: Option<Fraction>,
    /// The earliest instant that the one before, the window's length and the time of this word leave; `null` for the
    /// first one, and for windows of unknown length.
    pub expected_from: Option<UtcSeconds>,
    /// The latest such instant.
    pub expected_to: Option<UtcSeconds>,
    /// Seconds that the instant lies before (negative) or behind what was expected; 0 within it, `null` where nothing
    /// was expected.
    pub drift_seconds: Option<i64>,
}

/// `data/v1/<year>-<hash>.json`: one year in columns, for filtering in a browser.
///
/// Row *i* is one (day, source, model, machine, project) with its sums; the name columns are indexes
/// into `dictionaries`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Shard {
    /// [`super::SUMMARY_VERSION`].
    pub version: String,
    /// The calendar year in the report zone.
    pub year: i32,
    /// Names.
    pub dictionaries: ShardDictionaries,
    /// Rows, column by column, sorted by day and then by the other keys.
    pub columns: ShardColumns,
}

/// The names of a shard, each list sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct ShardDictionaries {
    /// Sources.
    pub providers: Vec<String>,
    /// Models.
    pub models: Vec<String>,
    /// Machines.
    pub machines: Vec<String>,
    /// Projects; one empty name where projects are hidden.
    pub projects: Vec<String>,
}

/// The columns of a shard, all of one length.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct ShardColumns {
    /// Day of the year, 1 January is 1.
    pub day: Vec<u16>,
    /// Index into `dictionaries.providers`.
    pub provider: Vec<u32>,
    /// Index into `dictionaries.models`.
    pub model: Vec<u32>,
    /// Index into `dictionaries.machines`.
    pub machine: Vec<u32>,
    /// Index into `dictionaries.projects`.
    pub project: Vec<u32>,
    /// Prompt tokens outside the cache.
    pub input_tokens: Vec<u64>,
    /// Output tokens.
    pub output_tokens: Vec<u64>,
    /// Tokens written to a cache.
    pub cache_creation_tokens: Vec<u64>,
    /// Tokens read from a cache.
    pub cache_read_tokens: Vec<u64>,
    /// Of the output, reasoning.
    pub reasoning_tokens: Vec<u64>,
    /// Tokens that a source told only as a bare total: all tokens are input + output + the two of the cache + these.
    pub other_tokens: Vec<u64>,
    /// Model responses.
    pub requests: Vec<u64>,
    /// List value in USD; `null` where nothing has a price.
    #[serde(rename = "costUSD")]
    pub cost_usd: Vec<Option<Money>>,
    /// What is paid by the token, in USD; absent if nothing of the year is.
    #[serde(default, rename = "billedUSD", skip_serializing_if = "Vec::is_empty")]
    pub billed_usd: Vec<Money>,
    /// Of the list value, what subscriptions cover, in USD; absent if nothing of the year is.
    #[serde(default, rename = "coveredUSD", skip_serializing_if = "Vec::is_empty")]
    pub covered_usd: Vec<Money>,
    /// Tokens without a price.
    pub unpriced_tokens: Vec<u64>,
    /// 0 exact, 1 partial, 2 estimated: the worst of the row.
    pub quality: Vec<u8>,
    /// Tokens that are estimated or partial.
    #[serde(default)]
    pub inexact_tokens: Vec<u64>,
}
