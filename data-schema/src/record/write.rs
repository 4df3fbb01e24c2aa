//! A record as one line of JSON, keys in the order of the field table.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::{Attribution, End, Kind, Quality, Rank, TimeQuality, Usage, UsageRecord, Via};

/// A record as a day file writes it: `revision` only where it is not the file's.
pub(crate) struct Line<'a> {
    pub(crate) record: &'a UsageRecord,
    pub(crate) file_revision: Option<u32>,
}

impl Serialize for UsageRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Line { record: self, file_revision: None }.serialize(serializer)
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = self.record;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &record.id)?;
        if !record.was.is_empty() {
            map.serialize_entry("was", &record.was)?;
        }
        map.serialize_entry("at", &record.at)?;
        if record.at_quality != TimeQuality::Trusted {
            map.serialize_entry("atQuality", &record.at_quality)?;
        }
        counts(&mut map, &record.usage)?;
        circumstances(&mut map, &record.usage)?;
        if Some(record.usage.revision) != self.file_revision {
            map.serialize_entry("revision", &record.usage.revision)?;
        }
        if record.usage.kind != Kind::Response {
            map.serialize_entry("kind", &record.usage.kind)?;
        }
        attribution(&mut map, &record.attribution)?;
        for (key, value) in record.extra.iter().flat_map(|extra| extra.iter()) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Writes the entry only if something was told.
fn told<M: SerializeMap, T: Serialize>(
    map: &mut M,
    key: &'static str,
    value: Option<&T>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(key, value))
}

fn counts<M: SerializeMap>(map: &mut M, usage: &Usage) -> Result<(), M::Error> {
    map.serialize_entry("model", &usage.model)?;
    told(map, "requestedModel", usage.requested_model.as_ref())?;
    told(map, "inputTokens", usage.input_tokens.as_ref())?;
    told(map, "cacheReadTokens", usage.cache_read_tokens.as_ref())?;
    told(map, "cacheCreationTokens", usage.cache_creation_tokens.as_ref())?;
    told(map, "cacheCreation1hTokens", usage.cache_creation_1h_tokens.as_ref())?;
    told(map, "outputTokens", usage.output_tokens.as_ref())?;
    told(map, "reasoningTokens", usage.reasoning_tokens.as_ref())?;
    told(map, "imageTokens", usage.image_tokens.as_ref())?;
    told(map, "audioTokens", usage.audio_tokens.as_ref())?;
    told(map, "totalTokens", usage.total_tokens.as_ref())?;
    told(map, "webSearches", usage.web_searches.as_ref())
}

fn circumstances<M: SerializeMap>(map: &mut M, usage: &Usage) -> Result<(), M::Error> {
    told(map, "tier", usage.tier.as_ref())?;
    told(map, "region", usage.region.as_ref())?;
    told(map, "requests", usage.requests.as_ref())?;
    told(map, "cost", usage.cost.as_ref())?;
    told(map, "currency", usage.currency.as_ref())?;
    told(map, "billing", usage.billing.as_ref())?;
    if usage.quality != Quality::Exact {
        map.serialize_entry("quality", &usage.quality)?;
    }
    if usage.via != Via::Log {
        map.serialize_entry("via", &usage.via)?;
    }
    if usage.end != End::Complete {
        map.serialize_entry("end", &usage.end)?;
    }
    told(map, "ttftMs", usage.ttft_ms.as_ref())?;
    told(map, "durationMs", usage.duration_ms.as_ref())?;
    if usage.rank != Rank::Own {
        map.serialize_entry("rank", &usage.rank)?;
    }
    Ok(())
}

fn attribution<M: SerializeMap>(map: &mut M, part: &Attribution) -> Result<(), M::Error> {
    told(map, "seen", part.seen.as_ref())?;
    told(map, "session", part.session.as_ref())?;
    told(map, "parent", part.parent.as_ref())?;
    told(map, "project", part.project.as_ref())?;
    told(map, "agent", part.agent.as_ref())?;
    told(map, "client", part.client.as_ref())?;
    told(map, "account", part.account.as_ref())?;
    told(map, "key", part.key.as_ref())?;
    told(map, "vendor", part.vendor.as_ref())
}

/// The canonical bytes of a usage part: what breaks the last tie of a join.
pub(crate) fn usage_bytes(usage: &Usage) -> Vec<u8> {
    struct Part<'a>(&'a Usage);
    impl Serialize for Part<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            counts(&mut map, self.0)?;
            circumstances(&mut map, self.0)?;
            map.serialize_entry("kind", &self.0.kind)?;
            map.end()
        }
    }
    serde_json::to_vec(&Part(usage)).unwrap_or_default()
}

/// The canonical bytes of an attribution part, without the time it was seen at.
pub(crate) fn attribution_bytes(part: &Attribution) -> Vec<u8> {
    struct Part<'a>(&'a Attribution);
    impl Serialize for Part<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            attribution(&mut map, self.0)?;
            map.end()
        }
    }
    let without_time = Attribution { seen: None, ..part.clone() };
    serde_json::to_vec(&Part(&without_time)).unwrap_or_default()
}
