//! The usage record: what one model response cost.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{HashId, RecordId, Text, Tokens, UtcSeconds};

#[cfg(test)]
pub(crate) mod any;
mod cursor;
mod line;
mod read;
mod write;

pub(crate) use cursor::Cursor;
pub(crate) use line::LineReader;
pub(crate) use read::{REVISION_OF_FILE, line, lines};
pub(crate) use write::{Line, attribution_bytes, usage_bytes};

/// One response, one record. See `docs/fields.md` for every field, who fills it and what uses it.
///
/// *Absent means not told, never zero.*
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "adapters build records field by field")]
pub struct UsageRecord {
    /// Identity of the response.
    pub id: RecordId,
    /// Ids that the same response had before: under an older adapter revision, or in a log that did
    /// not tell its real id yet. Sorted, without `id` itself.
    pub was: Vec<RecordId>,
    /// The earliest trusted time of the response.
    pub at: UtcSeconds,
    /// Whether `at` is trusted.
    pub at_quality: TimeQuality,
    /// What was used.
    pub usage: Usage,
    /// Who used it.
    pub attribution: Attribution,
    /// Fields of a newer minor version, kept as they were.
    pub extra: Option<Box<Map<String, Value>>>,
}

/// The usage part of a record: joined as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "adapters build records field by field")]
pub struct Usage {
    /// As the provider named it; `unknown` if it was never told.
    pub model: Text,
    /// As the client asked.
    pub requested_model: Option<Text>,
    /// Prompt tokens neither read from nor written to a cache.
    pub input_tokens: Option<Tokens>,
    /// Prompt tokens read from a cache.
    pub cache_read_tokens: Option<Tokens>,
    /// Prompt tokens written to a cache, all lifetimes.
    pub cache_creation_tokens: Option<Tokens>,
    /// Of those, for an hour.
    pub cache_creation_1h_tokens: Option<Tokens>,
    /// All billed output, reasoning included.
    pub output_tokens: Option<Tokens>,
    /// Of those, reasoning.
    pub reasoning_tokens: Option<Tokens>,
    /// Of prompt or output, where told.
    pub image_tokens: Option<Tokens>,
    /// Of prompt or output, where told.
    pub audio_tokens: Option<Tokens>,
    /// Only where a source gives nothing finer.
    pub total_tokens: Option<Tokens>,
    /// Server-side searches billed apart.
    pub web_searches: Option<u32>,
    /// `fast`, `priority`, `batch`, `flex`; absent = standard.
    pub tier: Option<Text>,
    /// Where it was served, if that changes the price.
    pub region: Option<Text>,
    /// Responses that this record stands for; absent = 1.
    pub requests: Option<u32>,
    /// Decimal amount that the tool itself reported.
    pub cost: Option<Text>,
    /// ISO 4217 code of `cost`.
    pub currency: Option<Text>,
    /// Who pays, where told.
    pub billing: Option<Billing>,
    /// How exact the counts are.
    pub quality: Quality,
    /// What saw the response.
    pub via: Via,
    /// How the response ended.
    pub end: End,
    /// Time to the first token in milliseconds; wire only.
    pub ttft_ms: Option<u32>,
    /// Time to the last byte in milliseconds on the wire; of a reading that is no growing total, the time that it is of.
    pub duration_ms: Option<u32>,
    /// Whether this is the response's own line or a replay of it.
    pub rank: Rank,
    /// Adapter revision that counted it.
    pub revision: u32,
    /// What the record stands for.
    pub kind: Kind,
}

/// The attribution part of a record: joined as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "adapters build records field by field")]
pub struct Attribution {
    /// Time of the copy that this part comes from; absent = the record's `at`.
    pub seen: Option<UtcSeconds>,
    /// Hash of the tool's session id.
    pub session: Option<HashId>,
    /// Hash of the session that this one came from.
    pub parent: Option<HashId>,
    /// Git remote, else the common git folder, else the folder.
    pub project: Option<Text>,
    /// Kind of sub-agent, where told.
    pub agent: Option<Text>,
    /// Tool and version that spoke.
    pub client: Option<Text>,
    /// Hash of the account id, where told.
    pub account: Option<HashId>,
    /// Name of the proxy's own key.
    pub key: Option<Text>,
    /// Who bills: `anthropic`, `bedrock`, `openrouter`, …
    pub vendor: Option<Text>,
}

/// How far the time of a record is trusted.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum TimeQuality {
    /// Between 2022 and the collecting run's own time, in the order of the log.
    #[default]
    Trusted,
    /// The nearest trusted time of the file, or the file's own time.
    Guess,
}

/// How exact the counts are. Ordered: the better is the smaller.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum Quality {
    /// Reported by the provider for this response.
    #[default]
    Exact,
    /// Reported by the provider, but incomplete or aggregated.
    Partial,
    /// Derived from text, credits, percentages or timings.
    Estimated,
}

/// What saw the response.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum Via {
    /// The tool's own log.
    #[default]
    Log,
    /// An event of the vendor's API.
    Api,
    /// The proxy.
    Wire,
}

/// How the response ended.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum End {
    /// As it should.
    #[default]
    Complete,
    /// The client hung up.
    ClientClosed,
    /// The vendor broke off.
    UpstreamError,
    /// Cut for another reason.
    Truncated,
}

/// Whether a record is the response's own line or a replay of it. Ordered: own is the greater.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum Rank {
    /// A replay, sidechain or fork prefix.
    Copy,
    /// The response's own line.
    #[default]
    Own,
}

/// What a record stands for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum Kind {
    /// A response.
    #[default]
    Response,
    /// A counter's reading: cumulative values of one model in a session.
    Reading,
    /// Not counted any more.
    Void,
    /// A counter's reading: cumulative values of a whole session, under the model that it used last.
    #[serde(rename = "session-reading")]
    SessionReading,
    /// What a vendor or relay tells of a stretch of time: a second opinion that is in no total.
    Statement,
}

/// Who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum Billing {
    /// Pay as you go.
    Metered,
    /// A subscription.
    Plan,
}

impl Kind {
    /// Whether the values are cumulative.
    pub fn is_reading(self) -> bool {
        matches!(self, Self::Reading | Self::SessionReading)
    }
}

impl UsageRecord {
    /// A record with an identity and a time, and nothing told yet.
    pub fn new(id: RecordId, at: UtcSeconds) -> Self {
        Self {
            id,
            was: Vec::new(),
            at,
            at_quality: TimeQuality::Trusted,
            usage: Usage { model: Text::from("unknown"), ..Usage::default() },
            attribution: Attribution::default(),
            extra: None,
        }
    }

    /// The time of the copy that the attribution comes from.
    pub fn seen(&self) -> UtcSeconds {
        self.attribution.seen.unwrap_or(self.at)
    }
}

impl Usage {
    /// All tokens: the sum of the four classes that do not overlap, or `totalTokens` where a source
    /// tells none of them.
    pub fn total(&self) -> u64 {
        let classes = [
            self.input_tokens,
            self.cache_read_tokens,
            self.cache_creation_tokens,
            self.output_tokens,
        ];
        if classes.iter().all(Option::is_none) {
            return self.total_tokens.map_or(0, Tokens::get);
        }
        classes.into_iter().flatten().map(Tokens::get).sum()
    }

    /// All prompt tokens: what a vendor's long-context tier looks at.
    pub fn context(&self) -> u64 {
        [self.input_tokens, self.cache_read_tokens, self.cache_creation_tokens]
            .into_iter()
            .flatten()
            .map(Tokens::get)
            .sum()
    }

    /// Number of responses.
    pub fn request_count(&self) -> u64 {
        u64::from(self.requests.unwrap_or(1))
    }
}

#[cfg(test)]
mod tests;
