//! Reads a record as [`super::write`] writes it: known keys in the order of the field table, no spaces,
//! no escapes, nothing told twice. Several times faster than the general reader (`super::read`), which is
//! for all others and alone says what is an error.

use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, Error};

use super::cursor::Cursor;
use super::read::{REVISION_OF_FILE, only_others};
use crate::{
    Attribution, End, HashId, Kind, Quality, Rank, RecordId, Text, TimeQuality, Tokens, Usage,
    UsageRecord, UtcSeconds, Via,
};

const SECONDS_PER_DAY: i64 = 86_400;

/// Reads the lines of one file, one after the other, into one record.
///
/// Consecutive records mostly repeat their names and their day: what is equal stays as it is, without a
/// look at any table.
pub(crate) struct LineReader {
    /// The record read last. All its texts came from a [`Cursor`], so that they may be compared with bytes.
    record: UsageRecord,
    /// What a record without a revision gets.
    file_revision: u32,
    day: Day,
}

/// A day as it is written, and its first second.
struct Day {
    text: [u8; 11],
    start: UtcSeconds,
}

impl LineReader {
    pub(crate) fn new(file_revision: u32) -> Self {
        let start = UtcSeconds::default();
        Self {
            record: UsageRecord::new(RecordId::from_bytes([0; 8]), start),
            file_revision,
            day: Day { text: *b"1970-01-01T", start },
        }
    }

    /// Takes a record, or returns `None` if it is not written as this program writes it. The cursor is
    /// then somewhere in it.
    pub(crate) fn read(&mut self, at: &mut Cursor<'_>) -> Option<&UsageRecord> {
        let record = &mut self.record;
        take(at.skip(b"{\"id\":\""))?;
        record.id = at.record_id()?;
        was(at, record)?;
        take(at.skip(b",\"at\":\""))?;
        record.at = self.day.time(at)?;
        word(at, b",\"atQuality\":\"", &mut record.at_quality, TimeQuality::default())?;
        counts(at, &mut record.usage)?;
        circumstances(at, &mut record.usage, self.file_revision)?;
        attribution(at, &mut record.attribution)?;
        take(at.skip(b"}"))?;
        Some(record)
    }
}

impl Day {
    /// Takes a time and the closing quote.
    fn time(&mut self, at: &mut Cursor<'_>) -> Option<UtcSeconds> {
        let mut ahead = *at;
        let text = *ahead.chunk()?;
        if text != self.text {
            let time = at.time()?;
            let start = time.plus(-(time.seconds() % SECONDS_PER_DAY));
            *self = Self { text, start };
            return Some(time);
        }
        let &[h, hours, b':', m, minutes, b':', s, seconds, b'Z', b'"'] = ahead.chunk::<10>()?
        else {
            return None;
        };
        let two = |tens: u8, ones: u8, below: i64| {
            let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
            let value = i64::from(tens & 15) * 10 + i64::from(ones & 15);
            (digits && value < below).then_some(value)
        };
        let seconds = two(h, hours, 24)? * 3600 + two(m, minutes, 60)? * 60 + two(s, seconds, 60)?;
        *at = ahead;
        Some(self.start.plus(seconds))
    }
}

/// Goes on only if something was there.
fn take(found: bool) -> Option<()> {
    found.then_some(())
}

fn was(at: &mut Cursor<'_>, record: &mut UsageRecord) -> Option<()> {
    record.was.clear();
    if !at.skip(b",\"was\":[\"") {
        return Some(());
    }
    record.was.push(at.record_id()?);
    while at.skip(b",\"") {
        record.was.push(at.record_id()?);
    }
    only_others(&mut record.was, record.id);
    take(at.skip(b"]"))
}

fn counts(at: &mut Cursor<'_>, usage: &mut Usage) -> Option<()> {
    take(at.skip(b",\"model\":\""))?;
    if !at.skip_known(&usage.model) {
        usage.model = at.name()?;
    }
    name(at, b",\"requestedModel\":\"", &mut usage.requested_model)?;
    tokens(at, b",\"inputTokens\":", &mut usage.input_tokens)?;
    tokens(at, b",\"cacheReadTokens\":", &mut usage.cache_read_tokens)?;
    tokens(at, b",\"cacheCreationTokens\":", &mut usage.cache_creation_tokens)?;
    tokens(at, b",\"cacheCreation1hTokens\":", &mut usage.cache_creation_1h_tokens)?;
    tokens(at, b",\"outputTokens\":", &mut usage.output_tokens)?;
    tokens(at, b",\"reasoningTokens\":", &mut usage.reasoning_tokens)?;
    tokens(at, b",\"imageTokens\":", &mut usage.image_tokens)?;
    tokens(at, b",\"audioTokens\":", &mut usage.audio_tokens)?;
    tokens(at, b",\"totalTokens\":", &mut usage.total_tokens)?;
    number(at, b",\"webSearches\":", &mut usage.web_searches)
}

fn circumstances(at: &mut Cursor<'_>, usage: &mut Usage, file_revision: u32) -> Option<()> {
    name(at, b",\"tier\":\"", &mut usage.tier)?;
    name(at, b",\"region\":\"", &mut usage.region)?;
    number(at, b",\"requests\":", &mut usage.requests)?;
    // Amounts seldom repeat: among the shared names they would only take the room of others.
    usage.cost = if at.skip(b",\"cost\":\"") { Some(at.plain()?.into()) } else { None };
    name(at, b",\"currency\":\"", &mut usage.currency)?;
    usage.billing = None;
    if at.skip(b",\"billing\":\"") {
        usage.billing = Some(known_word(at)?);
    }
    word(at, b",\"quality\":\"", &mut usage.quality, Quality::default())?;
    word(at, b",\"via\":\"", &mut usage.via, Via::default())?;
    word(at, b",\"end\":\"", &mut usage.end, End::default())?;
    number(at, b",\"ttftMs\":", &mut usage.ttft_ms)?;
    number(at, b",\"durationMs\":", &mut usage.duration_ms)?;
    word(at, b",\"rank\":\"", &mut usage.rank, Rank::default())?;
    let mut revision = None;
    number(at, b",\"revision\":", &mut revision)?;
    // The greatest stands for the file's own in the general reader: what it means is decided there.
    take(revision != Some(REVISION_OF_FILE))?;
    usage.revision = revision.unwrap_or(file_revision);
    word(at, b",\"kind\":\"", &mut usage.kind, Kind::default())
}

fn attribution(at: &mut Cursor<'_>, part: &mut Attribution) -> Option<()> {
    part.seen = if at.skip(b",\"seen\":\"") { Some(at.time()?) } else { None };
    hash(at, b",\"session\":\"", &mut part.session)?;
    hash(at, b",\"parent\":\"", &mut part.parent)?;
    name(at, b",\"project\":\"", &mut part.project)?;
    name(at, b",\"agent\":\"", &mut part.agent)?;
    name(at, b",\"client\":\"", &mut part.client)?;
    hash(at, b",\"account\":\"", &mut part.account)?;
    name(at, b",\"key\":\"", &mut part.key)?;
    name(at, b",\"vendor\":\"", &mut part.vendor)
}

fn name<const N: usize>(at: &mut Cursor<'_>, key: &[u8; N], slot: &mut Option<Text>) -> Option<()> {
    if !at.skip(key) {
        *slot = None;
        return Some(());
    }
    if !slot.as_ref().is_some_and(|known| at.skip_known(known)) {
        *slot = Some(at.name()?);
    }
    Some(())
}

fn tokens<const N: usize>(
    at: &mut Cursor<'_>,
    key: &[u8; N],
    slot: &mut Option<Tokens>,
) -> Option<()> {
    *slot = if at.skip(key) { Some(Tokens::new(at.number()?)?) } else { None };
    Some(())
}

fn number<const N: usize>(
    at: &mut Cursor<'_>,
    key: &[u8; N],
    slot: &mut Option<u32>,
) -> Option<()> {
    *slot = if at.skip(key) { Some(at.number()?.try_into().ok()?) } else { None };
    Some(())
}

fn hash<const N: usize>(
    at: &mut Cursor<'_>,
    key: &[u8; N],
    slot: &mut Option<HashId>,
) -> Option<()> {
    *slot = if at.skip(key) { Some(at.hash_id()?) } else { None };
    Some(())
}

fn word<'de, T: Deserialize<'de>, const N: usize>(
    at: &mut Cursor<'de>,
    key: &[u8; N],
    slot: &mut T,
    absent: T,
) -> Option<()> {
    *slot = if at.skip(key) { known_word(at)? } else { absent };
    Some(())
}

/// Takes one of a few words and the closing quote. Rare, so that it may go where the words are known.
fn known_word<'de, T: Deserialize<'de>>(at: &mut Cursor<'de>) -> Option<T> {
    T::deserialize(BorrowedStrDeserializer::<Error>::new(at.plain()?)).ok()
}

#[cfg(test)]
mod tests;
