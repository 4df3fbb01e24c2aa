//! Reads day files: files as this program writes them in one go over their bytes, all others with a
//! general JSON reader. What is an error, and which, only the general reader says.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Adapter, Version};
use crate::record::{Cursor, LineReader, REVISION_OF_FILE, line, lines};
use crate::text::shared;
use crate::{DayFile, FormatError, Period, Text, UsageRecord, UtcSeconds, envelope};

/// What a day file says beside its records.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DayFileHead {
    /// [`Version::CURRENT`] or another minor version.
    pub version: Version,
    /// Name of the machine.
    pub machine: Text,
    /// Id of the source.
    pub provider: Text,
    /// What it covers.
    pub period: Period,
    /// When this content was first written.
    pub collected_at: UtcSeconds,
    /// Who counted.
    pub adapter: Adapter,
}

/// Bytes that a record takes in a file, rather less than more, so that room for all of them is made at
/// once.
const TYPICAL_LINE: usize = 256;

impl DayFile {
    /// Reads a file of version 2.x and checks its hash.
    ///
    /// # Errors
    ///
    /// Not a file of ours, an unknown major version, a value out of range, a wrong hash.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut records = Vec::with_capacity(bytes.len() / TYPICAL_LINE);
        let head = Self::read_records(bytes, |record| records.push(record.clone()))?;
        let DayFileHead { version, machine, provider, period, collected_at, adapter } = head;
        Ok(Self { version, machine, provider, period, collected_at, adapter, records })
    }

    /// Reads a file like [`DayFile::parse`], but hands out its records one by one, in the order of the
    /// file, and keeps none.
    ///
    /// The hash is checked before the first record is handed out. A file with a right hash can still hold
    /// what is no record, so: *after an error, nothing that was handed out counts.*
    ///
    /// ```
    /// use data_schema::{DayFile, Period, RecordId, UsageRecord};
    /// let at = "2026-05-01T10:00:00Z".parse()?;
    /// let record = UsageRecord::new(RecordId::new("anthropic", "msg_1", ""), at);
    /// let file = DayFile::new("laptop".into(), "codex".into(), Period::day_of(at), at, vec![record]);
    /// let mut total = 0;
    /// let head = DayFile::read_records(&file.to_bytes(), |record| total += record.usage.total())?;
    /// assert_eq!((&*head.machine, total), ("laptop", 0));
    /// # Ok::<(), data_schema::FormatError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`DayFile::parse`].
    pub fn read_records(
        bytes: &[u8],
        mut take: impl FnMut(&UsageRecord),
    ) -> Result<DayFileHead, FormatError> {
        let mut taken = 0;
        let fast = as_written(bytes, |record| {
            taken += 1;
            take(record);
        });
        if let Some(head) = fast {
            return Ok(head);
        }
        let (head, records) = whole(bytes)?;
        // What was handed out above are the first elements of the same list.
        records.iter().skip(taken).for_each(take);
        Ok(head)
    }
}

/// Reads a file that is written as this program writes it. `None` for any other, and for one with
/// something wrong, maybe after some of its records were taken.
fn as_written(bytes: &[u8], mut take: impl FnMut(&UsageRecord)) -> Option<DayFileHead> {
    let mut at = Cursor { rest: bytes };
    let (head, hash) = head_as_written(&mut at)?;
    envelope::check_hash(bytes, hash).ok()?;
    let mut reader = LineReader::new(head.adapter.revision);
    loop {
        at.skip(b"    ").then_some(())?;
        let start = at;
        if let Some(record) = reader.read(&mut at) {
            take(record);
        } else {
            at = start;
            take(&other_line(&mut at, head.adapter.revision)?);
        }
        if !at.skip(b",\n") {
            break;
        }
    }
    (at.rest == b"\n  ]\n}\n").then_some(head)
}

/// Takes a record that is written in any other way, on a line of its own.
///
/// One with fields that nobody knows here is left to [`whole`]: how deep they may be nested is counted
/// from the start of the file.
fn other_line(at: &mut Cursor<'_>, file_revision: u32) -> Option<UsageRecord> {
    let end = at.rest.iter().position(|byte| *byte == b'\n')?;
    let text = at.rest.get(..end)?;
    let text = text.strip_suffix(b",").unwrap_or(text);
    let record = with_revision(line(text)?, file_revision);
    at.rest = at.rest.get(text.len()..)?;
    record.extra.is_none().then_some(record)
}

/// Reads the lines before the records; returns the stored hash as well.
fn head_as_written<'a>(at: &mut Cursor<'a>) -> Option<(DayFileHead, &'a str)> {
    let found = |found: bool| found.then_some(());
    found(at.skip(b"{\n  \"version\": \"2.0\",\n  \"machine\": \""))?;
    let machine = at.name()?;
    found(at.skip(b",\n  \"provider\": \""))?;
    let provider = at.name()?;
    found(at.skip(b",\n  \"period\": \""))?;
    let period = at.plain()?.parse().ok()?;
    found(at.skip(b",\n  \"collectedAt\": \""))?;
    let collected_at = at.time()?;
    found(at.skip(b",\n  \"adapter\": { \"name\": \""))?;
    let name = at.name()?;
    found(at.skip(b", \"revision\": "))?;
    let revision = at.number()?.try_into().ok()?;
    found(at.skip(b" },\n  \"hash\": \""))?;
    let hash = at.plain()?;
    found(at.skip(b",\n  \"records\": [\n"))?;
    let adapter = Adapter { name, revision };
    let version = Version::CURRENT;
    Some((DayFileHead { version, machine, provider, period, collected_at, adapter }, hash))
}

/// Reads any file of version 2.x.
fn whole(bytes: &[u8]) -> Result<(DayFileHead, Vec<UsageRecord>), FormatError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Whole<'a> {
        #[serde(borrow)]
        version: Cow<'a, str>,
        #[serde(borrow)]
        machine: Cow<'a, str>,
        #[serde(borrow)]
        provider: Cow<'a, str>,
        #[serde(borrow)]
        period: Cow<'a, str>,
        collected_at: UtcSeconds,
        adapter: Adapter,
        #[serde(borrow)]
        hash: Cow<'a, str>,
        #[serde(deserialize_with = "lines")]
        records: Vec<UsageRecord>,
    }
    // A file of another major version may have any shape: look at the version first only when
    // the whole does not read.
    let whole: Whole<'_> = match serde_json::from_slice(bytes) {
        Ok(whole) => whole,
        Err(error) => {
            envelope::check_version(bytes)?;
            return Err(FormatError::json(&error));
        }
    };
    let version: Version = whole.version.parse()?;
    if version.major != Version::CURRENT.major {
        return Err(FormatError::UnknownVersion { found: whole.version.into_owned() });
    }
    envelope::check_hash(bytes, &whole.hash)?;
    let revision = whole.adapter.revision;
    let head = DayFileHead {
        version,
        machine: shared(&whole.machine),
        provider: shared(&whole.provider),
        period: whole.period.parse()?,
        collected_at: whole.collected_at,
        adapter: whole.adapter,
    };
    let records = whole.records.into_iter().map(|record| with_revision(record, revision));
    Ok((head, records.collect()))
}

/// A record of a line without a revision has the file's.
fn with_revision(mut record: UsageRecord, of_file: u32) -> UsageRecord {
    if record.usage.revision == REVISION_OF_FILE {
        record.usage.revision = of_file;
    }
    record
}

#[cfg(test)]
mod tests;
