//! Reads a record from JSON in any key order, keeping what it does not know.

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::text::Shared;
use crate::{
    Attribution, End, Kind, Quality, Rank, RecordId, Text, TimeQuality, Usage, UsageRecord,
    UtcSeconds, Via,
};

/// Every key that this version knows, and the others by name.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
#[expect(clippy::enum_variant_names, reason = "`key` is a field of a record")]
enum Key {
    Id,
    Was,
    At,
    AtQuality,
    Model,
    RequestedModel,
    InputTokens,
    CacheReadTokens,
    CacheCreationTokens,
    #[serde(rename = "cacheCreation1hTokens")]
    CacheCreation1hTokens,
    OutputTokens,
    ReasoningTokens,
    ImageTokens,
    AudioTokens,
    TotalTokens,
    WebSearches,
    Tier,
    Region,
    Requests,
    Cost,
    Currency,
    Billing,
    Quality,
    Via,
    End,
    TtftMs,
    DurationMs,
    Rank,
    Revision,
    Kind,
    Seen,
    Session,
    Parent,
    Project,
    Agent,
    Client,
    Account,
    Key,
    Vendor,
    Other(String),
}

impl<'de> Deserialize<'de> for UsageRecord {
    /// A missing `revision` reads as 0; in a day file it is the file's own.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RecordVisitor { revision: 0 })
    }
}

/// The revision that a line of a day file has until the file's own is known. A told revision is never
/// greater than the file's, so that it cannot be mistaken for this one.
pub(crate) const REVISION_OF_FILE: u32 = u32::MAX;

/// Reads the records of a day file; those without a revision get [`REVISION_OF_FILE`].
pub(crate) fn lines<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<UsageRecord>, D::Error> {
    deserializer.deserialize_seq(LinesVisitor)
}

/// Reads one record of a day file like [`lines`]; `None` where that would fail.
pub(crate) fn line(text: &[u8]) -> Option<UsageRecord> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let record = RecordVisitor { revision: REVISION_OF_FILE }.deserialize(&mut json).ok()?;
    json.end().ok()?;
    Some(record)
}

struct LinesVisitor;

impl<'de> Visitor<'de> for LinesVisitor {
    type Value = Vec<UsageRecord>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of usage records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut records = Vec::new();
        while let Some(record) =
            list.next_element_seed(RecordVisitor { revision: REVISION_OF_FILE })?
        {
            records.push(record);
        }
        Ok(records)
    }
}

impl<'de> DeserializeSeed<'de> for RecordVisitor {
    type Value = UsageRecord;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<UsageRecord, D::Error> {
        deserializer.deserialize_map(self)
    }
}

/// What has been read of a record so far.
#[derive(Default)]
struct Draft {
    id: Option<RecordId>,
    was: Vec<RecordId>,
    at: Option<UtcSeconds>,
    at_quality: TimeQuality,
    model: Option<Text>,
    usage: Usage,
    attribution: Attribution,
    extra: Map<String, Value>,
}

struct RecordVisitor {
    /// What a record without a revision gets.
    revision: u32,
}

impl<'de> Visitor<'de> for RecordVisitor {
    type Value = UsageRecord;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a usage record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UsageRecord, A::Error> {
        let mut draft = Draft::default();
        draft.usage.revision = self.revision;
        while let Some(key) = map.next_key::<Key>()? {
            if let Some(key) = draft.identity(key, &mut map)?
                && let Some(key) = usage_counts(&mut draft.usage, key, &mut map)?
                && let Some(key) = usage_circumstances(&mut draft.usage, key, &mut map)?
                && let Some(Key::Other(name)) = attribution(&mut draft.attribution, key, &mut map)?
            {
                draft.extra.insert(name, map.next_value()?);
            }
        }
        draft.finish()
    }
}

impl Draft {
    /// Takes the value of a key of the first part; hands back any other key.
    fn identity<'de, A: MapAccess<'de>>(
        &mut self,
        key: Key,
        map: &mut A,
    ) -> Result<Option<Key>, A::Error> {
        match key {
            Key::Id => self.id = Some(map.next_value()?),
            Key::Was => self.was = map.next_value()?,
            Key::At => self.at = Some(map.next_value()?),
            Key::AtQuality => self.at_quality = map.next_value()?,
            Key::Model => self.model = Some(map.next_value::<Shared>()?.0),
            other => return Ok(Some(other)),
        }
        Ok(None)
    }

    fn finish<E: Error>(mut self) -> Result<UsageRecord, E> {
        let id = self.id.ok_or_else(|| E::missing_field("id"))?;
        only_others(&mut self.was, id);
        self.usage.model = self.model.ok_or_else(|| E::missing_field("model"))?;
        Ok(UsageRecord {
            id,
            was: self.was,
            at: self.at.ok_or_else(|| E::missing_field("at"))?,
            at_quality: self.at_quality,
            usage: self.usage,
            attribution: self.attribution,
            extra: (!self.extra.is_empty()).then(|| Box::new(self.extra)),
        })
    }
}

/// Puts former ids into the form that a record holds them in.
pub(super) fn only_others(was: &mut Vec<RecordId>, id: RecordId) {
    was.sort_unstable();
    was.dedup();
    was.retain(|old| *old != id);
}

fn usage_counts<'de, A: MapAccess<'de>>(
    usage: &mut Usage,
    key: Key,
    map: &mut A,
) -> Result<Option<Key>, A::Error> {
    match key {
        Key::RequestedModel => usage.requested_model = Some(map.next_value::<Shared>()?.0),
        Key::InputTokens => usage.input_tokens = Some(map.next_value()?),
        Key::CacheReadTokens => usage.cache_read_tokens = Some(map.next_value()?),
        Key::CacheCreationTokens => usage.cache_creation_tokens = Some(map.next_value()?),
        Key::CacheCreation1hTokens => usage.cache_creation_1h_tokens = Some(map.next_value()?),
        Key::OutputTokens => usage.output_tokens = Some(map.next_value()?),
        Key::ReasoningTokens => usage.reasoning_tokens = Some(map.next_value()?),
        Key::ImageTokens => usage.image_tokens = Some(map.next_value()?),
        Key::AudioTokens => usage.audio_tokens = Some(map.next_value()?),
        Key::TotalTokens => usage.total_tokens = Some(map.next_value()?),
        Key::WebSearches => usage.web_searches = Some(map.next_value()?),
        other => return Ok(Some(other)),
    }
    Ok(None)
}

fn usage_circumstances<'de, A: MapAccess<'de>>(
    usage: &mut Usage,
    key: Key,
    map: &mut A,
) -> Result<Option<Key>, A::Error> {
    match key {
        Key::Tier => usage.tier = Some(map.next_value::<Shared>()?.0),
        Key::Region => usage.region = Some(map.next_value::<Shared>()?.0),
        Key::Requests => usage.requests = Some(map.next_value()?),
        // Amounts seldom repeat: among the shared names they would only take the room of others.
        Key::Cost => usage.cost = Some(map.next_value()?),
        Key::Currency => usage.currency = Some(map.next_value::<Shared>()?.0),
        Key::Billing => usage.billing = Some(map.next_value()?),
        Key::Quality => usage.quality = map.next_value::<Quality>()?,
        Key::Via => usage.via = map.next_value::<Via>()?,
        Key::End => usage.end = map.next_value::<End>()?,
        Key::TtftMs => usage.ttft_ms = Some(map.next_value()?),
        Key::DurationMs => usage.duration_ms = Some(map.next_value()?),
        Key::Rank => usage.rank = map.next_value::<Rank>()?,
        Key::Revision => usage.revision = map.next_value()?,
        Key::Kind => usage.kind = map.next_value::<Kind>()?,
        other => return Ok(Some(other)),
    }
    Ok(None)
}

fn attribution<'de, A: MapAccess<'de>>(
    part: &mut Attribution,
    key: Key,
    map: &mut A,
) -> Result<Option<Key>, A::Error> {
    match key {
        Key::Seen => part.seen = Some(map.next_value()?),
        Key::Session => part.session = Some(map.next_value()?),
        Key::Parent => part.parent = Some(map.next_value()?),
        Key::Project => part.project = Some(map.next_value::<Shared>()?.0),
        Key::Agent => part.agent = Some(map.next_value::<Shared>()?.0),
        Key::Client => part.client = Some(map.next_value::<Shared>()?.0),
        Key::Account => part.account = Some(map.next_value()?),
        Key::Key => part.key = Some(map.next_value::<Shared>()?.0),
        Key::Vendor => part.vendor = Some(map.next_value::<Shared>()?.0),
        other => return Ok(Some(other)),
    }
    Ok(None)
}
