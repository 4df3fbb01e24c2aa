//! Sums in a small file, so that a run in which nothing has changed reads nothing else.
//!
//! The file is derived: another version, another key or a damaged one is as good as none.
//!
//! Form: [`MAGIC`], the key (length and bytes), the sums, and the check sum of all that.

use std::io::{self, Write};
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use data_schema::packed::{Damaged, Reader, write_bytes, write_signed, write_varint};
use data_schema::resolve::WireDay;
use data_schema::summary::{HourCell, TokenCounts};
use data_schema::{HashId, Quality, Text, UtcSeconds};

use crate::sums::{
    Cell, Covered, HOURS, Key, Known, KnownNames, Newest, SessionCell, SessionKey, Stated, Sums,
};

/// What the file begins with; the last byte is the version of the form.
const MAGIC: [u8; 8] = *b"tm-sums\x07";
/// Bytes of the check sum.
const CHECK: usize = 8;

impl Sums {
    /// Reads the sums that were written under the same key; `None` if there are none, or the file is
    /// damaged or of another version.
    pub fn load(path: &Path, key: &[u8]) -> Option<Self> {
        let content = load(path, MAGIC, key)?;
        let mut reader = Reader::new(&content);
        let sums = read(&mut reader).ok()?;
        reader.is_at_end().then_some(sums)
    }

    /// Writes the sums under a key: what they were made of and how, in any form. The folder exists.
    ///
    /// # Errors
    ///
    /// The file cannot be written; one that was there before stays.
    pub fn save(&self, path: &Path, key: &[u8]) -> io::Result<()> {
        save(path, MAGIC, key, |bytes| write(self, bytes))
    }
}

/// What a file of this form and key holds behind them; `None` if there is none, or it is damaged.
pub(crate) fn load(path: &Path, magic: [u8; 8], key: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = fs_err::read(path).ok()?;
    let (content, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK)?)?;
    if store::check(content).to_le_bytes() != *check {
        return None;
    }
    let mut reader = Reader::new(content.strip_prefix(&magic)?);
    if reader.bytes().ok()? != key {
        return None;
    }
    let mut head = magic.to_vec();
    write_bytes(key, &mut head);
    bytes.truncate(bytes.len() - CHECK);
    bytes.drain(..head.len());
    Some(bytes)
}

/// Writes such a file.
pub(crate) fn save(
    path: &Path,
    magic: [u8; 8],
    key: &[u8],
    write: impl FnOnce(&mut Vec<u8>),
) -> io::Result<()> {
    let mut bytes = magic.to_vec();
    write_bytes(key, &mut bytes);
    write(&mut bytes);
    bytes.extend(store::check(&bytes).to_le_bytes());
    replace(path, &bytes)
}

/// Puts the whole content in place at once. A derived file needs not outlive a loss of power.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".tm-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

fn write(sums: &Sums, bytes: &mut Vec<u8>) {
    let Sums { names, cells, sessions, hours, newest, plans, stated, wire } = sums;
    let KnownNames { providers, models, machines, projects, canonical } = names;
    for row in [providers, models, machines, projects] {
        write_varint(row.len() as u64, bytes);
        for known in row {
            write_bytes(known.name.as_bytes(), bytes);
            write_varint(known.first.seconds().unsigned_abs(), bytes);
        }
    }
    for name in canonical {
        write_bytes(name.as_bytes(), bytes);
    }
    for hour in hours {
        write_varint(hour.total_tokens, bytes);
        write_varint(hour.requests, bytes);
    }
    write_signed(newest.at.map_or(-1, UtcSeconds::seconds), bytes);
    bytes.push(u8::from(newest.day.is_some()));
    write_signed(newest.day.map_or(0, number), bytes);
    write_varint(cells.len() as u64, bytes);
    let mut before = 0;
    for (key, cell) in cells {
        write_signed(number(key.day) - before, bytes);
        before = number(key.day);
        for place in [key.provider, key.model, key.machine, key.project] {
            write_varint(u64::from(place), bytes);
        }
        write_cell(cell, bytes);
    }
    bytes.push(u8::from(sessions.is_some()));
    if let Some(sessions) = sessions {
        write_sessions(sessions, bytes);
    }
    write_plans(plans, bytes);
    write_stated(stated, bytes);
    write_wire(wire, bytes);
}

fn write_plans(rows: &[Covered], bytes: &mut Vec<u8>) {
    write_varint(rows.len() as u64, bytes);
    for ((day, plan), amount) in rows {
        write_signed(number(*day), bytes);
        write_varint(u64::from(*plan), bytes);
        write_amount(*amount, bytes);
    }
}

fn write_wire(rows: &[WireDay], bytes: &mut Vec<u8>) {
    write_varint(rows.len() as u64, bytes);
    for row in rows {
        write_bytes(row.provider.as_bytes(), bytes);
        write_signed(number(row.date), bytes);
        for count in wire_counts(&mut row.clone()) {
            write_varint(*count, bytes);
        }
    }
}

/// All counts of a row, in the order of the file.
fn wire_counts(row: &mut WireDay) -> [&mut u64; 6] {
    [
        &mut row.requests,
        &mut row.wire_tokens,
        &mut row.log_tokens,
        &mut row.counted_tokens,
        &mut row.not_in_log_requests,
        &mut row.not_in_log_tokens,
    ]
}

fn write_stated(rows: &[Stated], bytes: &mut Vec<u8>) {
    write_varint(rows.len() as u64, bytes);
    for row in rows {
        let Stated { provider, day, model, tokens, counted, requests, cost, counts } = row;
        write_bytes(provider.as_bytes(), bytes);
        write_bytes(model.as_bytes(), bytes);
        write_signed(number(*day), bytes);
        for count in [tokens, counted, requests] {
            write_varint(*count, bytes);
        }
        bytes.extend(cost.to_le_bytes());
        bytes.push(u8::from(*counts));
    }
}

fn write_sessions(sessions: &[(SessionKey, SessionCell)], bytes: &mut Vec<u8>) {
    write_varint(sessions.len() as u64, bytes);
    let mut before = 0;
    for (key, part) in sessions {
        write_signed(number(key.day) - before, bytes);
        before = number(key.day);
        bytes.extend(key.session.map_or(0, HashId::bits).to_le_bytes());
        for place in [key.provider, key.model, key.machine, key.project] {
            write_varint(u64::from(place), bytes);
        }
        write_varint(part.first.seconds().unsigned_abs(), bytes);
        write_varint(part.last.seconds().abs_diff(part.first.seconds()), bytes);
        write_cell(&part.cell, bytes);
    }
}

/// A day as a number.
pub(crate) fn number(day: NaiveDate) -> i64 {
    i64::from(day.num_days_from_ce())
}

pub(crate) fn write_cell(cell: &Cell, bytes: &mut Vec<u8>) {
    let Cell { tokens, requests, priced_tokens, unpriced_tokens, quality, inexact_tokens, .. } =
        cell;
    let numbers = [*requests, *priced_tokens, *unpriced_tokens, *inexact_tokens];
    for count in counts(tokens).into_iter().chain(numbers) {
        write_varint(count, bytes);
    }
    bytes.push(*quality as u8);
    for amount in [cell.cost, cell.billed, cell.covered, cell.payer_unknown] {
        write_amount(amount, bytes);
    }
}

/// An amount; most are nothing, or fit eight bytes.
fn write_amount(amount: i128, bytes: &mut Vec<u8>) {
    match u64::try_from(amount) {
        Ok(amount) if amount < u64::MAX => write_varint(amount, bytes),
        _ => {
            write_varint(u64::MAX, bytes);
            bytes.extend(amount.to_le_bytes());
        }
    }
}

fn read_amount(reader: &mut Reader<'_>) -> Result<i128, Damaged> {
    match reader.varint()? {
        u64::MAX => Ok(i128::from_le_bytes(reader.array()?)),
        amount => Ok(i128::from(amount)),
    }
}

fn counts(tokens: &TokenCounts) -> [u64; 9] {
    let TokenCounts {
        input_tokens,
        output_tokens,
        cache_creation_tokens,
        cache_read_tokens,
        total_tokens,
        cache_creation_1h_tokens,
        reasoning_tokens,
        image_tokens,
        audio_tokens,
    } = *tokens;
    [
        input_tokens,
        output_tokens,
        cache_creation_tokens,
        cache_read_tokens,
        total_tokens,
        cache_creation_1h_tokens,
        reasoning_tokens,
        image_tokens,
        audio_tokens,
    ]
}

fn read(reader: &mut Reader<'_>) -> Result<Sums, Damaged> {
    let mut names = KnownNames::default();
    let rows = [&mut names.providers, &mut names.models, &mut names.machines, &mut names.projects];
    for row in rows {
        for _ in 0..reader.varint()? {
            let name = Text::from(reader.text()?);
            row.push(Known { name, first: time(reader.varint()?)? });
        }
    }
    for _ in 0..names.models.len() {
        names.canonical.push(Text::from(reader.text()?));
    }
    let mut hours = Vec::with_capacity(HOURS);
    for _ in 0..HOURS {
        hours.push(HourCell { total_tokens: reader.varint()?, requests: reader.varint()? });
    }
    let at = u64::try_from(reader.signed()?).ok().map(time).transpose()?;
    let is_day_known = byte(reader)? == 1;
    let newest_day = reader.signed()?;
    let newest = Newest { at, day: if is_day_known { Some(day(newest_day)?) } else { None } };
    let mut cells = Vec::new();
    let mut before = 0_i64;
    for _ in 0..reader.varint()? {
        before = before.checked_add(reader.signed()?).ok_or(Damaged)?;
        let key = Key {
            day: day(before)?,
            provider: place(reader, &names.providers)?,
            model: place(reader, &names.models)?,
            machine: place(reader, &names.machines)?,
            project: project(reader, &names)?,
        };
        cells.push((key, read_cell(reader)?));
    }
    let sessions = if byte(reader)? == 1 { Some(read_sessions(reader, &names)?) } else { None };
    let plans = read_plans(reader)?;
    let stated = read_stated(reader)?;
    let wire = read_wire(reader)?;
    Ok(Sums { names, cells, sessions, hours, newest, plans, stated, wire })
}

fn read_plans(reader: &mut Reader<'_>) -> Result<Vec<Covered>, Damaged> {
    let mut rows = Vec::new();
    for _ in 0..reader.varint()? {
        rows.push(((day(reader.signed()?)?, reader.u32()?), read_amount(reader)?));
    }
    Ok(rows)
}

fn read_wire(reader: &mut Reader<'_>) -> Result<Vec<WireDay>, Damaged> {
    let mut rows = Vec::new();
    for _ in 0..reader.varint()? {
        let provider = Text::from(reader.text()?);
        let mut row = WireDay { provider, date: day(reader.signed()?)?, ..WireDay::default() };
        for count in wire_counts(&mut row) {
            *count = reader.varint()?;
        }
        rows.push(row);
    }
    Ok(rows)
}

fn read_stated(reader: &mut Reader<'_>) -> Result<Vec<Stated>, Damaged> {
    let mut rows = Vec::new();
    for _ in 0..reader.varint()? {
        rows.push(Stated {
            provider: Text::from(reader.text()?),
            model: Text::from(reader.text()?),
            day: day(reader.signed()?)?,
            tokens: reader.varint()?,
            counted: reader.varint()?,
            requests: reader.varint()?,
            cost: i128::from_le_bytes(reader.array()?),
            counts: byte(reader)? == 1,
        });
    }
    Ok(rows)
}

fn read_sessions(
    reader: &mut Reader<'_>,
    names: &KnownNames,
) -> Result<Vec<(SessionKey, SessionCell)>, Damaged> {
    let mut sessions = Vec::new();
    let mut before = 0_i64;
    for _ in 0..reader.varint()? {
        before = before.checked_add(reader.signed()?).ok_or(Damaged)?;
        let session = HashId::from_bits(u64::from_le_bytes(reader.array()?));
        let (provider, model) = (place(reader, &names.providers)?, place(reader, &names.models)?);
        let (machine, project) = (place(reader, &names.machines)?, project(reader, names)?);
        let first = reader.varint()?;
        let last = first.checked_add(reader.varint()?).ok_or(Damaged)?;
        let (first, last) = (time(first)?, time(last)?);
        let key = SessionKey { day: day(before)?, session, provider, model, machine, project };
        sessions.push((key, SessionCell { cell: read_cell(reader)?, first, last }));
    }
    Ok(sessions)
}

pub(crate) fn read_cell(reader: &mut Reader<'_>) -> Result<Cell, Damaged> {
    let mut tokens = TokenCounts::default();
    let places = [
        &mut tokens.input_tokens,
        &mut tokens.output_tokens,
        &mut tokens.cache_creation_tokens,
        &mut tokens.cache_read_tokens,
        &mut tokens.total_tokens,
        &mut tokens.cache_creation_1h_tokens,
        &mut tokens.reasoning_tokens,
        &mut tokens.image_tokens,
        &mut tokens.audio_tokens,
    ];
    for place in places {
        *place = reader.varint()?;
    }
    let [requests, priced_tokens, unpriced_tokens, inexact_tokens] =
        [reader.varint()?, reader.varint()?, reader.varint()?, reader.varint()?];
    let quality = match byte(reader)? {
        0 => Quality::Exact,
        1 => Quality::Partial,
        2 => Quality::Estimated,
        _ => return Err(Damaged),
    };
    let [cost, billed, covered, payer_unknown] =
        [read_amount(reader)?, read_amount(reader)?, read_amount(reader)?, read_amount(reader)?];
    Ok(Cell {
        tokens,
        requests,
        cost,
        billed,
        covered,
        payer_unknown,
        priced_tokens,
        unpriced_tokens,
        quality,
        inexact_tokens,
    })
}

pub(crate) fn byte(reader: &mut Reader<'_>) -> Result<u8, Damaged> {
    let [byte] = reader.array()?;
    Ok(byte)
}

pub(crate) fn time(seconds: u64) -> Result<UtcSeconds, Damaged> {
    i64::try_from(seconds).ok().and_then(UtcSeconds::new).ok_or(Damaged)
}

pub(crate) fn day(number: i64) -> Result<NaiveDate, Damaged> {
    let number = i32::try_from(number).map_err(|_| Damaged)?;
    NaiveDate::from_num_days_from_ce_opt(number).ok_or(Damaged)
}

/// A place among names.
fn place(reader: &mut Reader<'_>, row: &[Known]) -> Result<u32, Damaged> {
    let place = reader.u32()?;
    if (place as usize) < row.len() { Ok(place) } else { Err(Damaged) }
}

/// The place behind that of a project, or 0.
fn project(reader: &mut Reader<'_>, names: &KnownNames) -> Result<u32, Damaged> {
    let place = reader.u32()?;
    if place as usize <= names.projects.len() { Ok(place) } else { Err(Damaged) }
}
