//! A timeline in a small file, as sums have one.

use std::io;
use std::path::Path;

use data_schema::packed::{Damaged, Reader, write_bytes, write_signed, write_varint};
use data_schema::{HashId, Text};

use super::{Hour, NO_HOUR, Part, Span, Timeline};
use crate::prepared::{byte, day, load, number, read_cell, save, time, write_cell};

/// What the file begins with; the last byte is the version of the form.
const MAGIC: [u8; 8] = *b"tm-time\x01";

impl Timeline {
    /// Reads the timeline that was written under the same key; `None` if there is none, or the file is damaged or
    /// of another version.
    pub fn load(path: &Path, key: &[u8]) -> Option<Self> {
        let content = load(path, MAGIC, key)?;
        let mut reader = Reader::new(&content);
        let timeline = read(&mut reader).ok()?;
        reader.is_at_end().then_some(timeline)
    }

    /// Writes it under a key: what it was made of and how, in any form. The folder exists.
    ///
    /// # Errors
    ///
    /// The file cannot be written; one that was there before stays.
    pub fn save(&self, path: &Path, key: &[u8]) -> io::Result<()> {
        save(path, MAGIC, key, |bytes| write(self, bytes))
    }
}

fn write(timeline: &Timeline, bytes: &mut Vec<u8>) {
    let Timeline { providers, models, canonical, hours, spans, parts } = timeline;
    for row in [providers, models] {
        write_varint(row.len() as u64, bytes);
        for name in row {
            write_bytes(name.as_bytes(), bytes);
        }
    }
    for name in canonical {
        write_bytes(name.as_bytes(), bytes);
    }
    write_varint(hours.len() as u64, bytes);
    let mut before = 0;
    for (key, cell) in hours {
        write_signed(number(key.day) - before, bytes);
        before = number(key.day);
        bytes.push(key.of_day);
        write_varint(u64::from(key.provider), bytes);
        write_varint(u64::from(key.model), bytes);
        write_cell(cell, bytes);
    }
    write_varint(spans.len() as u64, bytes);
    for window in spans {
        write_varint(u64::from(window.provider), bytes);
        bytes.extend(window.account.map_or(0, HashId::bits).to_le_bytes());
        write_varint(window.start.seconds().unsigned_abs(), bytes);
        write_varint(window.last.seconds().abs_diff(window.start.seconds()), bytes);
    }
    write_varint(parts.len() as u64, bytes);
    let mut before = 0;
    for (key, cell) in parts {
        write_varint(u64::from(key.window), bytes);
        write_signed(number(key.day) - before, bytes);
        before = number(key.day);
        write_varint(u64::from(key.model), bytes);
        write_cell(cell, bytes);
    }
}

fn read(reader: &mut Reader<'_>) -> Result<Timeline, Damaged> {
    let mut timeline = Timeline::default();
    for row in [&mut timeline.providers, &mut timeline.models] {
        for _ in 0..reader.varint()? {
            row.push(Text::from(reader.text()?));
        }
    }
    for _ in 0..timeline.models.len() {
        timeline.canonical.push(Text::from(reader.text()?));
    }
    let mut before = 0_i64;
    for _ in 0..reader.varint()? {
        before = before.checked_add(reader.signed()?).ok_or(Damaged)?;
        let of_day = byte(reader)?;
        if of_day > NO_HOUR {
            return Err(Damaged);
        }
        let provider = place(reader, timeline.providers.len())?;
        let model = place(reader, timeline.models.len())?;
        timeline
            .hours
            .push((Hour { day: day(before)?, of_day, provider, model }, read_cell(reader)?));
    }
    for _ in 0..reader.varint()? {
        let provider = place(reader, timeline.providers.len())?;
        let account = HashId::from_bits(u64::from_le_bytes(reader.array()?));
        let start = reader.varint()?;
        let last = time(start.checked_add(reader.varint()?).ok_or(Damaged)?)?;
        timeline.spans.push(Span { provider, account, start: time(start)?, last });
    }
    let mut before = 0_i64;
    for _ in 0..reader.varint()? {
        let window = place(reader, timeline.spans.len())?;
        before = before.checked_add(reader.signed()?).ok_or(Damaged)?;
        let model = place(reader, timeline.models.len())?;
        timeline.parts.push((Part { window, day: day(before)?, model }, read_cell(reader)?));
    }
    Ok(timeline)
}

/// A place in a list of so many.
fn place(reader: &mut Reader<'_>, length: usize) -> Result<u32, Damaged> {
    let place = reader.u32()?;
    if (place as usize) < length { Ok(place) } else { Err(Damaged) }
}
