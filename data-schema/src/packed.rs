//! Records in few bytes: what caches and indexes hold.
//!
//! A packed record takes some 25 bytes instead of 280 of JSON, loses nothing, and is read in some 30
//! nanoseconds. Names and hashes stand beside the records in [`Words`] and are numbers here. The form is
//! no contract: whoever stores it stores [`FORM`] with it and throws it away when that has changed.
//!
//! A record is: presence of its fields (varint), id (8 bytes), time as the difference to the record
//! before it (zigzag varint), revision and model (varints), then the fields that are present, in the order
//! of [`fields`].

use std::mem;

use serde_json::{Map, Value};

use crate::{Attribution, RecordId, Text, Tokens, Usage, UsageRecord, UtcSeconds};

use circumstances::{circumstances, take_circumstances};

pub use bytes::{Reader, write_bytes, write_signed, write_varint};
pub use words::Words;

mod bytes;
mod circumstances;
mod words;

/// Version of the form.
pub const FORM: u32 = 1;

/// Bits of the presence word. The frequent ones are low, so that the word is short.
mod fields {
    pub(super) const INPUT: u32 = 1;
    pub(super) const CACHE_READ: u32 = 1 << 1;
    pub(super) const CACHE_CREATION: u32 = 1 << 2;
    pub(super) const OUTPUT: u32 = 1 << 3;
    pub(super) const SESSION: u32 = 1 << 4;
    pub(super) const PROJECT: u32 = 1 << 5;
    pub(super) const CLIENT: u32 = 1 << 6;
    /// Two bits that whoever packs a record may use.
    pub(super) const MARK: u32 = 7;
    pub(super) const CACHE_CREATION_1H: u32 = 1 << 9;
    pub(super) const REASONING: u32 = 1 << 10;
    pub(super) const VENDOR: u32 = 1 << 11;
    pub(super) const WAS: u32 = 1 << 12;
    pub(super) const TIER: u32 = 1 << 13;
    pub(super) const AGENT: u32 = 1 << 14;
    pub(super) const PARENT: u32 = 1 << 15;
    /// Time quality, billing, quality, via, end, rank, kind: where one is not the usual.
    pub(super) const CIRCUMSTANCES: u32 = 1 << 16;
    pub(super) const WEB_SEARCHES: u32 = 1 << 17;
    pub(super) const SEEN: u32 = 1 << 18;
    pub(super) const REQUESTED_MODEL: u32 = 1 << 19;
    pub(super) const TOTAL: u32 = 1 << 20;
    pub(super) const IMAGE: u32 = 1 << 21;
    pub(super) const AUDIO: u32 = 1 << 22;
    pub(super) const REGION: u32 = 1 << 23;
    pub(super) const REQUESTS: u32 = 1 << 24;
    pub(super) const COST: u32 = 1 << 25;
    pub(super) const CURRENCY: u32 = 1 << 26;
    pub(super) const TTFT: u32 = 1 << 27;
    pub(super) const DURATION: u32 = 1 << 28;
    pub(super) const ACCOUNT: u32 = 1 << 29;
    pub(super) const KEY: u32 = 1 << 30;
    pub(super) const EXTRA: u32 = 1 << 31;
}

/// Greatest mark.
pub const GREATEST_MARK: u8 = 3;

/// The bytes of a block are not what [`Packer`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("packed records are damaged")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct Damaged;

/// Writes the records of one block.
#[derive(Clone, Debug, Default)]
pub struct Packer {
    bytes: Vec<u8>,
    at: i64,
    count: u32,
}

/// Reads the records of one block into one place, over and over, so that names which repeat cost nothing.
#[derive(Debug)]
pub struct Unpacker<'a> {
    reader: Reader<'a>,
    words: &'a Words,
    at: i64,
    numbers: Numbers,
    record: UsageRecord,
    mark: u8,
}

/// Numbers of names of the record that was read last, in its [`Words`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Of the model.
    pub model: u32,
    /// Of the project, among the projects.
    pub project: Option<u32>,
    /// Of the session, among the hashes.
    pub session: Option<u32>,
    requested_model: Option<u32>,
    tier: Option<u32>,
    region: Option<u32>,
    currency: Option<u32>,
    parent: Option<u32>,
    agent: Option<u32>,
    client: Option<u32>,
    account: Option<u32>,
    key: Option<u32>,
    vendor: Option<u32>,
}

impl Packer {
    /// Adds a record with a mark of at most [`GREATEST_MARK`].
    pub fn push(&mut self, record: &UsageRecord, mark: u8, words: &mut Words) {
        let bytes = &mut self.bytes;
        write_varint(u64::from(presence(record) | u32::from(mark) << fields::MARK), bytes);
        bytes.extend(record.id.bytes());
        write_signed(record.at.seconds() - self.at, bytes);
        self.at = record.at.seconds();
        self.count += 1;
        write_varint(u64::from(record.usage.revision), bytes);
        write_varint(u64::from(words.number_text(&record.usage.model)), bytes);
        write_usage(&record.usage, words, bytes);
        write_attribution(&record.attribution, words, bytes);
        write_rest(record, bytes);
    }

    /// Number of records.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What has been written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Hands out what has been written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Goes on behind records that were written before; `at` is the time of the last of them.
    pub fn after(bytes: Vec<u8>, count: u32, at: UtcSeconds) -> Self {
        Self { bytes, at: at.seconds(), count }
    }

    /// The time of the last record.
    pub fn last_at(&self) -> UtcSeconds {
        UtcSeconds::new(self.at).unwrap_or_default()
    }
}

fn presence(record: &UsageRecord) -> u32 {
    let UsageRecord { was, usage, attribution, extra, .. } = record;
    let told = [
        (fields::INPUT, usage.input_tokens.is_some()),
        (fields::CACHE_READ, usage.cache_read_tokens.is_some()),
        (fields::CACHE_CREATION, usage.cache_creation_tokens.is_some()),
        (fields::OUTPUT, usage.output_tokens.is_some()),
        (fields::SESSION, attribution.session.is_some()),
        (fields::PROJECT, attribution.project.is_some()),
        (fields::CLIENT, attribution.client.is_some()),
        (fields::CACHE_CREATION_1H, usage.cache_creation_1h_tokens.is_some()),
        (fields::REASONING, usage.reasoning_tokens.is_some()),
        (fields::VENDOR, attribution.vendor.is_some()),
        (fields::WAS, !was.is_empty()),
        (fields::TIER, usage.tier.is_some()),
        (fields::AGENT, attribution.agent.is_some()),
        (fields::PARENT, attribution.parent.is_some()),
        (fields::CIRCUMSTANCES, circumstances(record) != 0),
        (fields::WEB_SEARCHES, usage.web_searches.is_some()),
        (fields::SEEN, attribution.seen.is_some()),
        (fields::REQUESTED_MODEL, usage.requested_model.is_some()),
        (fields::TOTAL, usage.total_tokens.is_some()),
        (fields::IMAGE, usage.image_tokens.is_some()),
        (fields::AUDIO, usage.audio_tokens.is_some()),
        (fields::REGION, usage.region.is_some()),
        (fields::REQUESTS, usage.requests.is_some()),
        (fields::COST, usage.cost.is_some()),
        (fields::CURRENCY, usage.currency.is_some()),
        (fields::TTFT, usage.ttft_ms.is_some()),
        (fields::DURATION, usage.duration_ms.is_some()),
        (fields::ACCOUNT, attribution.account.is_some()),
        (fields::KEY, attribution.key.is_some()),
        (fields::EXTRA, extra.is_some()),
    ];
    told.into_iter().filter(|(_, is_told)| *is_told).fold(0, |word, (bit, _)| word | bit)
}

fn write_usage(usage: &Usage, words: &mut Words, bytes: &mut Vec<u8>) {
    let counts = [
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_creation_tokens,
        usage.output_tokens,
        usage.cache_creation_1h_tokens,
        usage.reasoning_tokens,
        usage.total_tokens,
        usage.image_tokens,
        usage.audio_tokens,
    ];
    for count in counts.into_iter().flatten() {
        write_varint(count.get(), bytes);
    }
    let few = [usage.web_searches, usage.requests, usage.ttft_ms, usage.duration_ms];
    for count in few.into_iter().flatten() {
        write_varint(u64::from(count), bytes);
    }
    let names = [&usage.tier, &usage.requested_model, &usage.region, &usage.currency];
    for name in names.into_iter().flatten() {
        write_varint(u64::from(words.number_text(name)), bytes);
    }
    // Amounts hardly ever repeat: they would only fill the list of words.
    if let Some(cost) = &usage.cost {
        write_bytes(cost.as_bytes(), bytes);
    }
}

fn write_attribution(part: &Attribution, words: &mut Words, bytes: &mut Vec<u8>) {
    for hash in [part.session, part.parent, part.account].into_iter().flatten() {
        write_varint(u64::from(words.number_hash(hash)), bytes);
    }
    if let Some(project) = &part.project {
        write_varint(u64::from(words.number_project(project)), bytes);
    }
    for name in [&part.client, &part.vendor, &part.agent, &part.key].into_iter().flatten() {
        write_varint(u64::from(words.number_text(name)), bytes);
    }
}

fn write_rest(record: &UsageRecord, bytes: &mut Vec<u8>) {
    let word = circumstances(record);
    if word != 0 {
        write_varint(u64::from(word), bytes);
    }
    if let Some(seen) = record.attribution.seen {
        write_signed(seen.seconds() - record.at.seconds(), bytes);
    }
    if !record.was.is_empty() {
        write_varint(record.was.len() as u64, bytes);
        record.was.iter().for_each(|id| bytes.extend(id.bytes()));
    }
    if let Some(extra) = &record.extra {
        write_bytes(&serde_json::to_vec(extra).unwrap_or_default(), bytes);
    }
}

impl<'a> Unpacker<'a> {
    /// Reads a block; `words` are those that it was packed with.
    pub fn new(bytes: &'a [u8], words: &'a Words) -> Self {
        let record = UsageRecord::new(RecordId::from_bytes([0; 8]), UtcSeconds::default());
        // No name has this number, so that the first record sets all that it has.
        let numbers = Numbers { model: u32::MAX, ..Numbers::default() };
        Self { reader: Reader::new(bytes), words, at: 0, numbers, record, mark: 0 }
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    ///
    /// The bytes are damaged.
    pub fn advance(&mut self) -> Result<Option<&UsageRecord>, Damaged> {
        if self.reader.is_at_end() {
            return Ok(None);
        }
        let word = self.reader.varint()?;
        let present = u32::try_from(word).map_err(|_| Damaged)?;
        self.mark = u8::try_from((present >> fields::MARK) & 3).unwrap_or_default();
        self.record.id = RecordId::from_bytes(self.reader.array()?);
        self.at = self.at.checked_add(self.reader.signed()?).ok_or(Damaged)?;
        self.record.at = UtcSeconds::new(self.at).ok_or(Damaged)?;
        self.record.usage.revision = self.reader.u32()?;
        let model = self.reader.u32()?;
        if model != self.numbers.model {
            self.record.usage.model = Text::clone(self.words.text(model).ok_or(Damaged)?);
            self.numbers.model = model;
        }
        self.counts(present)?;
        self.names(present)?;
        self.attribution(present)?;
        self.rest(present)?;
        Ok(Some(&self.record))
    }

    /// The record that was read last.
    pub fn record(&self) -> &UsageRecord {
        &self.record
    }

    /// The mark of the record that was read last.
    pub fn mark(&self) -> u8 {
        self.mark
    }

    /// The numbers of its names.
    pub fn numbers(&self) -> Numbers {
        self.numbers
    }

    /// Where the next record begins, in the block.
    pub fn position(&self) -> usize {
        self.reader.position()
    }

    /// Goes to a record in the block; `at` is the time of the one before it.
    pub fn seek(&mut self, position: usize, at: UtcSeconds) {
        self.reader.seek(position);
        self.at = at.seconds();
    }

    fn counts(&mut self, present: u32) -> Result<(), Damaged> {
        let (reader, usage) = (&mut self.reader, &mut self.record.usage);
        let places = [
            (fields::INPUT, &mut usage.input_tokens),
            (fields::CACHE_READ, &mut usage.cache_read_tokens),
            (fields::CACHE_CREATION, &mut usage.cache_creation_tokens),
            (fields::OUTPUT, &mut usage.output_tokens),
            (fields::CACHE_CREATION_1H, &mut usage.cache_creation_1h_tokens),
            (fields::REASONING, &mut usage.reasoning_tokens),
            (fields::TOTAL, &mut usage.total_tokens),
            (fields::IMAGE, &mut usage.image_tokens),
            (fields::AUDIO, &mut usage.audio_tokens),
        ];
        for (bit, place) in places {
            *place = if present & bit == 0 {
                None
            } else {
                Some(Tokens::new(reader.varint()?).ok_or(Damaged)?)
            };
        }
        let places = [
            (fields::WEB_SEARCHES, &mut usage.web_searches),
            (fields::REQUESTS, &mut usage.requests),
            (fields::TTFT, &mut usage.ttft_ms),
            (fields::DURATION, &mut usage.duration_ms),
        ];
        for (bit, place) in places {
            *place = if present & bit == 0 { None } else { Some(reader.u32()?) };
        }
        Ok(())
    }

    fn names(&mut self, present: u32) -> Result<(), Damaged> {
        let (usage, numbers) = (&mut self.record.usage, &mut self.numbers);
        let mut name = |bit, known: &mut Option<u32>, place: &mut Option<Text>| {
            take_name(&mut self.reader, self.words, present & bit != 0, known, place)
        };
        name(fields::TIER, &mut numbers.tier, &mut usage.tier)?;
        name(fields::REQUESTED_MODEL, &mut numbers.requested_model, &mut usage.requested_model)?;
        name(fields::REGION, &mut numbers.region, &mut usage.region)?;
        name(fields::CURRENCY, &mut numbers.currency, &mut usage.currency)?;
        usage.cost = if present & fields::COST == 0 {
            None
        } else {
            let text = std::str::from_utf8(self.reader.bytes()?).map_err(|_| Damaged)?;
            Some(Text::from(text))
        };
        Ok(())
    }

    fn attribution(&mut self, present: u32) -> Result<(), Damaged> {
        let (reader, words) = (&mut self.reader, self.words);
        let (part, numbers) = (&mut self.record.attribution, &mut self.numbers);
        let places = [
            (fields::SESSION, &mut numbers.session, &mut part.session),
            (fields::PARENT, &mut numbers.parent, &mut part.parent),
            (fields::ACCOUNT, &mut numbers.account, &mut part.account),
        ];
        for (bit, known, place) in places {
            let number = if present & bit == 0 { None } else { Some(reader.u32()?) };
            if number != *known {
                let hash = |number| words.hash(number).ok_or(Damaged);
                *place = number.map(hash).transpose()?;
                *known = number;
            }
        }
        let project = if present & fields::PROJECT == 0 { None } else { Some(reader.u32()?) };
        if project != numbers.project {
            let name = |number| words.project(number).cloned().ok_or(Damaged);
            part.project = project.map(name).transpose()?;
            numbers.project = project;
        }
        let mut name = |bit, known: &mut Option<u32>, place: &mut Option<Text>| {
            take_name(reader, words, present & bit != 0, known, place)
        };
        name(fields::CLIENT, &mut numbers.client, &mut part.client)?;
        name(fields::VENDOR, &mut numbers.vendor, &mut part.vendor)?;
        name(fields::AGENT, &mut numbers.agent, &mut part.agent)?;
        name(fields::KEY, &mut numbers.key, &mut part.key)
    }

    fn rest(&mut self, present: u32) -> Result<(), Damaged> {
        let (reader, record) = (&mut self.reader, &mut self.record);
        let word = if present & fields::CIRCUMSTANCES == 0 { 0 } else { reader.u32()? };
        take_circumstances(word, record)?;
        record.attribution.seen = if present & fields::SEEN == 0 {
            None
        } else {
            let seen = self.at.checked_add(reader.signed()?).ok_or(Damaged)?;
            Some(UtcSeconds::new(seen).ok_or(Damaged)?)
        };
        record.was.clear();
        if present & fields::WAS != 0 {
            for _ in 0..reader.varint()? {
                record.was.push(RecordId::from_bytes(reader.array()?));
            }
        }
        record.extra = if present & fields::EXTRA == 0 {
            None
        } else {
            let map: Map<String, Value> =
                serde_json::from_slice(reader.bytes()?).map_err(|_| Damaged)?;
            Some(Box::new(map))
        };
        Ok(())
    }
}

/// Sets a name, unless it is the same as in the record before.
fn take_name(
    reader: &mut Reader<'_>,
    words: &Words,
    present: bool,
    known: &mut Option<u32>,
    place: &mut Option<Text>,
) -> Result<(), Damaged> {
    let number = if present { Some(reader.u32()?) } else { None };
    if number != mem::replace(known, number) {
        let text = |number| words.text(number).cloned().ok_or(Damaged);
        *place = number.map(text).transpose()?;
    }
    Ok(())
}
