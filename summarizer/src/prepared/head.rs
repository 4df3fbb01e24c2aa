//! What sums have beside cells: names, hours, plans, statements and what the proxy saw. It is small.

use data_schema::Text;
use data_schema::UtcSeconds;
use data_schema::packed::{Damaged, Reader, write_bytes, write_signed, write_varint};
use data_schema::resolve::WireDay;
use data_schema::summary::HourCell;

use super::cell::{byte, day, number, read_amount, time, write_amount};
use crate::sums::{Covered, HOURS, Known, KnownNames, Newest, Stated, Sums};

/// Writes all but the cells.
pub(super) fn write(sums: &Sums, bytes: &mut Vec<u8>) {
    let Sums { names, hours, newest, plans, stated, wire, .. } = sums;
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
    write_plans(plans, bytes);
    write_stated(stated, bytes);
    write_wire(wire, bytes);
}

/// Reads them again; there are no cells yet.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Sums, Damaged> {
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
    let (plans, stated, wire) = (read_plans(reader)?, read_stated(reader)?, read_wire(reader)?);
    Ok(Sums { names, hours, newest, plans, stated, wire, ..Sums::default() })
}

fn write_plans(rows: &[Covered], bytes: &mut Vec<u8>) {
    write_varint(rows.len() as u64, bytes);
    for ((day, plan), amount) in rows {
        write_signed(number(*day), bytes);
        write_varint(u64::from(*plan), bytes);
        write_amount(*amount, bytes);
    }
}

fn read_plans(reader: &mut Reader<'_>) -> Result<Vec<Covered>, Damaged> {
    let mut rows = Vec::new();
    for _ in 0..reader.varint()? {
        rows.push(((day(reader.signed()?)?, reader.u32()?), read_amount(reader)?));
    }
    Ok(rows)
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
