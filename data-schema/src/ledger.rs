//! The proxy's ledger: what is known of each request that went through it, one line of JSON a request.
//!
//! The proxy appends lines to files of a day (UTC) and never changes one; the collector reads them. Counts, times, names
//! and hashes only: no word of a prompt or an answer, no key. `docs/ledger.md` describes every field.
//!
//! A reader knows no more fields than its own version: others are passed over, and a word that it does not know for
//! `quality` or `end` is read as the careful one, so that a line of a newer proxy still counts.

use chrono::{DateTime, Utc};
use serde::de::IntoDeserializer as _;
use serde::de::value::StringDeserializer;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Attribution, End, HashId, LimitReading, Quality, RecordId, Text, Tokens, Usage, UsageRecord,
    UtcSeconds, Via, response_namespace,
};

/// One request. *Absent = not told*, never zero.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "the proxy builds lines field by field")]
pub struct LedgerEntry {
    /// The proxy's own id of the request, 16 hex digits: also in the answer's header `x-token-matters-request`.
    pub request: String,
    /// When the request's head had arrived, in milliseconds.
    #[serde(with = "milliseconds")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: DateTime<Utc>,
    /// HTTP status that the client was sent; absent if it had gone before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Method and path without its query: `POST /v1/messages`. Names of models stand in the path of some interfaces.
    pub path: String,
    /// Name of the upstream that was asked; absent if none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Text>,
    /// Why this upstream: `header`, `prefix`, `key`, `model`, `path`, `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<Text>,
    /// What was spoken, such as `anthropic-messages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Text>,
    /// As the client asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_model: Option<Text>,
    /// As the answer named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Text>,
    /// The vendor's id of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// Prompt tokens neither read from nor written to a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub input_tokens: Option<Tokens>,
    /// Prompt tokens read from a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub cache_read_tokens: Option<Tokens>,
    /// Prompt tokens written to a cache, all lifetimes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub cache_creation_tokens: Option<Tokens>,
    /// Of those, for an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub cache_creation_1h_tokens: Option<Tokens>,
    /// All billed output, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub output_tokens: Option<Tokens>,
    /// Of those, reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub reasoning_tokens: Option<Tokens>,
    /// Of prompt or output.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub image_tokens: Option<Tokens>,
    /// Of prompt or output.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub audio_tokens: Option<Tokens>,
    /// Only where nothing finer is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub total_tokens: Option<Tokens>,
    /// Server-side searches billed apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_searches: Option<u32>,
    /// `fast`, `priority`, `batch`, `flex`; absent = standard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<Text>,
    /// Where it was served, if that changes the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Text>,
    /// Decimal amount that the upstream itself told, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Text>,
    /// Absent = exact.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "quality")]
    pub quality: Quality,
    /// How the answer ended; absent = complete.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "end")]
    pub end: End,
    /// Milliseconds from the request to the first byte of the answer's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<u32>,
    /// Milliseconds from the request to the last byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u32>,
    /// Microseconds of that which the proxy itself took before the upstream was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overhead_us: Option<u32>,
    /// Hash of the tool's session id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub session: Option<HashId>,
    /// As the header `x-token-matters-project` or the key says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<Text>,
    /// Kind of sub-agent, where told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Text>,
    /// Tool and version that spoke, under the id of its source where that is known: `claude-code/2.1.197`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Text>,
    /// Hash of the account, where told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub account: Option<HashId>,
    /// Name of the proxy's own key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Text>,
    /// Who bills.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Text>,
    /// What went wrong, in a word: the vendor's own type of error, or `refused`, `connect`, `timeout`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Text>,
    /// Tries before the one that answered, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// What the vendor said about its limits, where that has changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitReading>,
    /// Bytes of the request's body.
    #[serde(skip_serializing_if = "is_default")]
    pub bytes_in: u64,
    /// Bytes of the answer's body, as they were relayed.
    #[serde(skip_serializing_if = "is_default")]
    pub bytes_out: u64,
}

/// A try that did not answer the client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "the proxy builds it field by field")]
pub struct Attempt {
    /// Name of the upstream.
    pub upstream: Text,
    /// HTTP status, if there was an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What went wrong, in a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Text>,
    /// Milliseconds that it took.
    pub duration_ms: u32,
}

impl LedgerEntry {
    /// Whether it tells any tokens.
    pub fn tells_usage(&self) -> bool {
        let told = [
            self.input_tokens,
            self.cache_read_tokens,
            self.cache_creation_tokens,
            self.output_tokens,
            self.total_tokens,
        ];
        told.iter().any(Option::is_some)
    }

    /// Identity of the response: the vendor's id where that is random enough, else the request.
    pub fn id(&self) -> RecordId {
        let told = self.response.as_deref();
        match told.and_then(|id| Some((response_namespace(id)?, id))) {
            Some((space, id)) => RecordId::new(space, id, ""),
            None => RecordId::new("proxy", &self.request, ""),
        }
    }

    /// The record that the line stands for; `None` if it tells no tokens.
    pub fn to_record(&self) -> Option<UsageRecord> {
        if !self.tells_usage() {
            return None;
        }
        let mut record = UsageRecord::new(self.id(), UtcSeconds::from(self.at));
        record.usage = self.usage();
        record.attribution = Attribution {
            seen: None,
            session: self.session,
            parent: None,
            project: self.project.clone(),
            agent: self.agent.clone(),
            client: self.client.clone(),
            account: self.account,
            key: self.key.clone(),
            vendor: self.vendor.clone(),
        };
        Some(record)
    }

    /// What was used.
    pub fn usage(&self) -> Usage {
        let model = self.model.clone().or_else(|| self.requested_model.clone());
        let model = model.unwrap_or_else(|| Text::from("unknown"));
        Usage {
            requested_model: self.requested_model.clone().filter(|asked| *asked != model),
            model,
            input_tokens: self.input_tokens,
            cache_read_tokens: self.cache_read_tokens,
            cache_creation_tokens: self.cache_creation_tokens,
            cache_creation_1h_tokens: self.cache_creation_1h_tokens,
            output_tokens: self.output_tokens,
            reasoning_tokens: self.reasoning_tokens,
            image_tokens: self.image_tokens,
            audio_tokens: self.audio_tokens,
            total_tokens: self.total_tokens,
            web_searches: self.web_searches,
            tier: self.tier.clone(),
            region: self.region.clone(),
            currency: self.cost.is_some().then(|| Text::from("USD")),
            cost: self.cost.clone(),
            quality: self.quality,
            via: Via::Wire,
            end: self.end,
            ttft_ms: self.ttft_ms,
            duration_ms: self.duration_ms,
            ..Usage::default()
        }
    }
}

/// A word that a newer version has for something else than exact numbers.
fn quality<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Quality, D::Error> {
    Ok(known(deserializer)?.unwrap_or(Quality::Partial))
}

/// A word that a newer version has for something else than a complete answer.
fn end<'de, D: Deserializer<'de>>(deserializer: D) -> Result<End, D::Error> {
    Ok(known(deserializer)?.unwrap_or(End::Truncated))
}

/// What a word stands for; `None` if it is not known here.
fn known<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let word = String::deserialize(deserializer)?;
    let word: StringDeserializer<D::Error> = word.into_deserializer();
    Ok(T::deserialize(word).ok())
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// `2026-05-01T10:00:00.123Z`.
mod milliseconds {
    use chrono::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        time: &DateTime<Utc>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<DateTime<Utc>, D::Error> {
        DateTime::<Utc>::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests;
