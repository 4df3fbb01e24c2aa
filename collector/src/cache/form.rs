//! The bytes of the cache's parts.

use data_schema::packed::{Damaged, Reader, write_bytes, write_signed, write_varint};
use data_schema::{Fraction, HashId, LimitReading, UtcSeconds};

use super::{Content, Entry, Place, Span, Stored, WordRow};
use crate::contribution::{Contribution, Exception, Kin};
use crate::files::Identity;
use crate::times::Window;

/// What is read only when a log has grown, or its readings or warnings are asked for.
pub(super) struct Details {
    pub(super) limits: Vec<LimitReading>,
    pub(super) exceptions: Vec<Exception>,
    pub(super) warnings: Vec<(Option<u64>, String)>,
    pub(super) state: Vec<u8>,
}

pub(super) fn write_details(contribution: &Contribution) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_varint(contribution.limits.len() as u64, &mut bytes);
    let mut before = 0;
    for reading in &contribution.limits {
        write_reading(reading, before, &mut bytes);
        before = reading.at.seconds();
    }
    write_varint(contribution.records.exceptions.len() as u64, &mut bytes);
    for exception in &contribution.records.exceptions {
        write_varint(u64::from(exception.index), &mut bytes);
        write_varint(u64::from(exception.told.is_some()), &mut bytes);
        write_signed(exception.told.map_or(0, UtcSeconds::seconds), &mut bytes);
        write_signed(exception.raw.seconds(), &mut bytes);
    }
    write_varint(contribution.warnings.len() as u64, &mut bytes);
    for (line, reason) in &contribution.warnings {
        write_varint(line.unwrap_or(0), &mut bytes);
        write_bytes(reason.as_bytes(), &mut bytes);
    }
    let state = contribution.resume.as_ref().map_or(&[][..], |resume| &resume.state);
    write_bytes(state, &mut bytes);
    bytes
}

pub(super) fn read_details(bytes: &[u8]) -> Result<Details, Damaged> {
    let mut reader = Reader::new(bytes);
    let mut limits = Vec::new();
    let mut before = 0;
    for _ in 0..reader.varint()? {
        let reading = read_reading(&mut reader, before)?;
        before = reading.at.seconds();
        limits.push(reading);
    }
    let mut exceptions = Vec::new();
    for _ in 0..reader.varint()? {
        let index = reader.u32()?;
        let is_told = reader.varint()? != 0;
        let told = time(reader.signed()?)?;
        let raw = time(reader.signed()?)?;
        exceptions.push(Exception { index, told: is_told.then_some(told), raw });
    }
    let mut warnings = Vec::new();
    for _ in 0..reader.varint()? {
        let line = reader.varint()?;
        warnings.push(((line > 0).then_some(line), reader.text()?.to_owned()));
    }
    let state = reader.bytes()?.to_vec();
    Ok(Details { limits, exceptions, warnings, state })
}

fn time(seconds: i64) -> Result<UtcSeconds, Damaged> {
    UtcSeconds::new(seconds).ok_or(Damaged)
}

/// Which optional fields a reading has.
const ACCOUNT: u64 = 1;
const SCOPE: u64 = 2;
const FRACTION: u64 = 4;
const RESETS: u64 = 8;
const SOURCE: u64 = 16;

fn write_reading(reading: &LimitReading, before: i64, bytes: &mut Vec<u8>) {
    let LimitReading { at, account, window, scope, used_fraction, resets_at, via, source } =
        reading;
    let told = [
        (ACCOUNT, account.is_some()),
        (SCOPE, scope.is_some()),
        (FRACTION, used_fraction.is_some()),
        (RESETS, resets_at.is_some()),
        (SOURCE, source.is_some()),
    ];
    let told = told.into_iter().filter(|(_, is_told)| *is_told).map(|(bit, _)| bit).sum();
    write_varint(told, bytes);
    write_signed(at.seconds() - before, bytes);
    write_bytes(window.as_bytes(), bytes);
    write_bytes(via.as_bytes(), bytes);
    if let Some(account) = account {
        bytes.extend(account.bits().to_le_bytes());
    }
    if let Some(scope) = scope {
        write_bytes(scope.as_bytes(), bytes);
    }
    if let Some(used) = used_fraction {
        write_varint(u64::from(used.steps()), bytes);
    }
    if let Some(resets) = resets_at {
        write_signed(resets.seconds() - at.seconds(), bytes);
    }
    if let Some(source) = source {
        write_bytes(source.as_bytes(), bytes);
    }
}

fn read_reading(reader: &mut Reader<'_>, before: i64) -> Result<LimitReading, Damaged> {
    let told = reader.varint()?;
    let at = time(before.checked_add(reader.signed()?).ok_or(Damaged)?)?;
    let window = reader.text()?.to_owned();
    let via = reader.text()?.to_owned();
    let account = if told & ACCOUNT == 0 { None } else { Some(read_hash(reader)?) };
    let scope = if told & SCOPE == 0 { None } else { Some(reader.text()?.to_owned()) };
    let used_fraction = if told & FRACTION == 0 {
        None
    } else {
        Some(Fraction::from_steps(reader.u32()?).ok_or(Damaged)?)
    };
    let resets_at = if told & RESETS == 0 {
        None
    } else {
        Some(time(at.seconds().checked_add(reader.signed()?).ok_or(Damaged)?)?)
    };
    let source = if told & SOURCE == 0 { None } else { Some(reader.text()?.to_owned()) };
    Ok(LimitReading { at, account, window, scope, used_fraction, resets_at, via, source })
}

fn read_hash(reader: &mut Reader<'_>) -> Result<HashId, Damaged> {
    HashId::from_bits(u64::from_le_bytes(reader.array()?)).ok_or(Damaged)
}

/// Properties of a log in one number.
const WARNINGS: u64 = 1;
const USAGE: u64 = 2;
const KIN: u64 = 4;
const RESUME: u64 = 8;
const WINDOW_FROM: u64 = 16;
const WINDOW_UNTIL: u64 = 32;
const COMPANION: u64 = 64;
const SKIPPED: u64 = 128;
const SILENT: u64 = 256;
const NEWEST: u64 = 512;

/// Writes a log's row of the table. `stored` says where its content lies.
pub(super) fn write_entry(path: u64, entry: &Entry, stored: &Stored, bytes: &mut Vec<u8>) {
    let has = [
        (WARNINGS, entry.has_warnings),
        (USAGE, entry.saw_usage),
        (KIN, entry.kin.is_some()),
        (RESUME, entry.resume.is_some()),
        (WINDOW_FROM, entry.window.from != i64::MIN),
        (WINDOW_UNTIL, entry.window.until != i64::MAX),
        (COMPANION, entry.identity.companion != 0),
        (SKIPPED, entry.skipped > 0),
        (SILENT, entry.is_silent),
        (NEWEST, entry.newest.is_some()),
    ];
    let has = has.into_iter().filter(|(_, is_set)| *is_set).map(|(bit, _)| bit).sum();
    write_varint(has, bytes);
    bytes.extend(path.to_le_bytes());
    let identity = &entry.identity;
    write_varint(identity.device, bytes);
    write_varint(identity.inode, bytes);
    write_varint(identity.size, bytes);
    write_signed(identity.mtime_ns, bytes);
    if identity.companion != 0 {
        bytes.extend(identity.companion.to_le_bytes());
    }
    let modified = identity.mtime_ns / NANOS;
    if entry.window.from != i64::MIN {
        write_signed(entry.window.from.wrapping_sub(modified), bytes);
    }
    if entry.window.until != i64::MAX {
        write_signed(entry.window.until.wrapping_sub(modified), bytes);
    }
    write_varint(u64::from(entry.count), bytes);
    if let Some(newest) = entry.newest {
        write_signed(newest.seconds().wrapping_sub(modified), bytes);
    }
    if entry.skipped > 0 {
        write_varint(entry.skipped as u64, bytes);
    }
    if let Some(kin) = &entry.kin {
        bytes.extend(kin.thread.to_le_bytes());
        write_varint(kin.ancestors.len() as u64, bytes);
        kin.ancestors.iter().for_each(|ancestor| bytes.extend(ancestor.to_le_bytes()));
    }
    if let Some(place) = entry.resume {
        write_signed((identity.size.wrapping_sub(place.offset)).cast_signed(), bytes);
        write_varint(place.lines, bytes);
        bytes.extend(place.check.to_le_bytes());
    }
    write_stored(stored, bytes);
}

const NANOS: i64 = 1_000_000_000;

fn write_stored(stored: &Stored, bytes: &mut Vec<u8>) {
    for span in [stored.records, stored.details] {
        write_varint(span.offset, bytes);
        write_varint(span.length, bytes);
        bytes.extend(span.check.to_le_bytes());
    }
    for numbers in [&stored.words.texts, &stored.words.folders] {
        write_varint(numbers.len() as u64, bytes);
        numbers.iter().for_each(|number| write_varint(u64::from(*number), bytes));
    }
    write_varint(stored.words.hashes.len() as u64, bytes);
    stored.words.hashes.iter().for_each(|hash| bytes.extend(hash.bits().to_le_bytes()));
}

/// Reads a log's row of the table.
pub(super) fn read_entry(reader: &mut Reader<'_>) -> Result<(u64, Entry), Damaged> {
    let has = reader.varint()?;
    let path = u64::from_le_bytes(reader.array()?);
    let mut identity = Identity {
        device: reader.varint()?,
        inode: reader.varint()?,
        size: reader.varint()?,
        mtime_ns: reader.signed()?,
        companion: 0,
    };
    if has & COMPANION != 0 {
        identity.companion = u64::from_le_bytes(reader.array()?);
    }
    let modified = identity.mtime_ns / NANOS;
    let mut window = Window::ALWAYS;
    if has & WINDOW_FROM != 0 {
        window.from = reader.signed()?.wrapping_add(modified);
    }
    if has & WINDOW_UNTIL != 0 {
        window.until = reader.signed()?.wrapping_add(modified);
    }
    let count = reader.u32()?;
    let newest = match has & NEWEST {
        0 => None,
        _ => Some(time(reader.signed()?.wrapping_add(modified))?),
    };
    let skipped = if has & SKIPPED == 0 { 0 } else { reader.varint()? };
    let kin = if has & KIN == 0 { None } else { Some(read_kin(reader)?) };
    let resume = if has & RESUME == 0 { None } else { Some(read_place(reader, identity.size)?) };
    let entry = Entry {
        identity,
        window,
        count,
        newest,
        skipped: usize::try_from(skipped).map_err(|_| Damaged)?,
        has_warnings: has & WARNINGS != 0,
        saw_usage: has & USAGE != 0,
        is_silent: has & SILENT != 0,
        kin,
        resume,
        content: Content::Stored(read_stored(reader)?),
    };
    Ok((path, entry))
}

fn read_kin(reader: &mut Reader<'_>) -> Result<Kin, Damaged> {
    let thread = u64::from_le_bytes(reader.array()?);
    let mut ancestors = Vec::new();
    for _ in 0..reader.varint()? {
        ancestors.push(u64::from_le_bytes(reader.array()?));
    }
    Ok(Kin { thread, ancestors })
}

fn read_place(reader: &mut Reader<'_>, size: u64) -> Result<Place, Damaged> {
    let offset = size.wrapping_sub(reader.signed()?.cast_unsigned());
    let lines = reader.varint()?;
    Ok(Place { offset, lines, check: u64::from_le_bytes(reader.array()?) })
}

fn read_stored(reader: &mut Reader<'_>) -> Result<Stored, Damaged> {
    let mut span = || -> Result<Span, Damaged> {
        Ok(Span {
            offset: reader.varint()?,
            length: reader.varint()?,
            check: u64::from_le_bytes(reader.array()?),
        })
    };
    let (records, details) = (span()?, span()?);
    let mut numbers = || -> Result<Box<[u32]>, Damaged> {
        let count = reader.varint()?;
        (0..count).map(|_| reader.u32()).collect()
    };
    let (texts, folders) = (numbers()?, numbers()?);
    let count = reader.varint()?;
    let hashes = (0..count).map(|_| read_hash(reader)).collect::<Result<_, _>>()?;
    Ok(Stored { records, details, words: WordRow { texts, folders, hashes } })
}
