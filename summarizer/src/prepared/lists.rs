//! Lists of cells in chunks, so that several cores read them, and nobody reads days that are not asked for.

use std::borrow::Cow;

use chrono::NaiveDate;
use data_schema::HashId;
use data_schema::packed::{Damaged, Reader, write_signed, write_varint};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;

use super::cell::{day, number, read_cell, time, write_cell};
use crate::sums::{Cell, Key, Known, KnownNames, SessionCell, SessionKey, join_equal};

/// Rows of a chunk.
const ROWS: usize = 4096;

/// A row that is kept.
pub(super) trait Kept: Clone + Default + Sync + Send {
    fn day(&self) -> NaiveDate;

    /// Writes everything but the day.
    fn write(&self, bytes: &mut Vec<u8>);

    fn read(day: NaiveDate, reader: &mut Reader<'_>, names: &KnownNames) -> Result<Self, Damaged>;
}

/// Where a chunk ends, and what it should be.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    first: i64,
    last: i64,
    rows: u64,
    bytes: u64,
    check: u64,
}

/// The chunks of a list, in their order.
#[derive(Debug, Default)]
pub(super) struct List(Vec<Chunk>);

/// A stretch of bytes of a list: from where, how many, and which chunks that is.
pub(super) struct Stretch<'l> {
    pub(super) start: u64,
    pub(super) length: u64,
    chunks: &'l [Chunk],
}

impl List {
    /// Packs rows that are sorted by day: the list, and the bytes of its chunks one after the other.
    pub(super) fn pack<T: Kept>(rows: &[T]) -> (Self, Vec<Vec<u8>>) {
        let packed: Vec<(Chunk, Vec<u8>)> = rows.par_chunks(ROWS).map(pack).collect();
        let (chunks, bytes) = packed.into_iter().unzip();
        (Self(chunks), bytes)
    }

    /// Bytes of all chunks.
    pub(super) fn bytes(&self) -> u64 {
        self.0.iter().map(|chunk| chunk.bytes).fold(0, u64::saturating_add)
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        write_varint(self.0.len() as u64, bytes);
        for chunk in &self.0 {
            write_signed(chunk.first, bytes);
            write_signed(chunk.last, bytes);
            write_varint(chunk.rows, bytes);
            write_varint(chunk.bytes, bytes);
            bytes.extend(chunk.check.to_le_bytes());
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let mut chunks = Vec::new();
        for _ in 0..reader.varint()? {
            chunks.push(Chunk {
                first: reader.signed()?,
                last: reader.signed()?,
                rows: reader.varint()?,
                bytes: reader.varint()?,
                check: u64::from_le_bytes(reader.array()?),
            });
        }
        Ok(Self(chunks))
    }

    /// The chunks that may have something of some days.
    pub(super) fn stretch(&self, (from, to): (NaiveDate, NaiveDate)) -> Stretch<'_> {
        let chunks = &self.0;
        let begin = chunks.partition_point(|chunk| chunk.last < number(from));
        let end = chunks.partition_point(|chunk| chunk.first <= number(to)).max(begin);
        let sum = |chunks: &[Chunk]| chunks.iter().map(|chunk| chunk.bytes).sum();
        let wanted = &chunks[begin..end];
        Stretch { start: sum(&chunks[..begin]), length: sum(wanted), chunks: wanted }
    }
}

impl Stretch<'_> {
    /// The rows that so many bytes hold.
    pub(super) fn rows<T: Kept>(
        &self,
        mut bytes: &[u8],
        names: &KnownNames,
    ) -> Result<Vec<T>, Damaged> {
        let size = |number: u64| usize::try_from(number).map_err(|_| Damaged);
        let count = self.chunks.iter().try_fold(0_u64, |sum, chunk| sum.checked_add(chunk.rows));
        // No row takes less than a byte: a wrong count cannot ask for more memory than a file of its size may.
        let count = count.filter(|count| *count <= bytes.len() as u64).ok_or(Damaged)?;
        let mut rows = vec![T::default(); size(count)?];
        let (mut places, mut parts) = (rows.as_mut_slice(), Vec::with_capacity(self.chunks.len()));
        for chunk in self.chunks {
            let (part, rest) = bytes.split_at_checked(size(chunk.bytes)?).ok_or(Damaged)?;
            let (own, others) = places.split_at_mut_checked(size(chunk.rows)?).ok_or(Damaged)?;
            parts.push((chunk, part, own));
            (bytes, places) = (rest, others);
        }
        let unpack =
            |(chunk, bytes, rows): (&Chunk, &[u8], &mut [T])| unpack(chunk, bytes, rows, names);
        parts.into_par_iter().try_for_each(unpack)?;
        Ok(rows)
    }
}

fn pack<T: Kept>(rows: &[T]) -> (Chunk, Vec<u8>) {
    let day_of = |row: Option<&T>| row.map_or(0, |row| number(row.day()));
    let (first, last) = (day_of(rows.first()), day_of(rows.last()));
    let (mut bytes, mut before) = (Vec::new(), first);
    for row in rows {
        let day = number(row.day());
        write_signed(day - before, &mut bytes);
        before = day;
        row.write(&mut bytes);
    }
    let check = store::check(&bytes);
    (Chunk { first, last, rows: rows.len() as u64, bytes: bytes.len() as u64, check }, bytes)
}

fn unpack<T: Kept>(
    chunk: &Chunk,
    bytes: &[u8],
    rows: &mut [T],
    names: &KnownNames,
) -> Result<(), Damaged> {
    if store::check(bytes) != chunk.check {
        return Err(Damaged);
    }
    let mut reader = Reader::new(bytes);
    let (mut before, mut date) = (chunk.first, day(chunk.first)?);
    for row in rows {
        let step = reader.signed()?;
        if step != 0 {
            before = before.checked_add(step).ok_or(Damaged)?;
            date = day(before)?;
        }
        *row = T::read(date, &mut reader, names)?;
    }
    if reader.is_at_end() { Ok(()) } else { Err(Damaged) }
}

impl Kept for (Key, Cell) {
    fn day(&self) -> NaiveDate {
        self.0.day
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        let Key { provider, model, machine, project, .. } = self.0;
        write_places([provider, model, machine, project], bytes);
        write_cell(&self.1, bytes);
    }

    fn read(day: NaiveDate, reader: &mut Reader<'_>, names: &KnownNames) -> Result<Self, Damaged> {
        let [provider, model, machine, project] = read_places(reader, names)?;
        Ok((Key { day, provider, model, machine, project }, read_cell(reader)?))
    }
}

impl Kept for (SessionKey, SessionCell) {
    fn day(&self) -> NaiveDate {
        self.0.day
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        let SessionKey { session, provider, model, machine, project, .. } = self.0;
        bytes.extend(session.map_or(0, HashId::bits).to_le_bytes());
        write_places([provider, model, machine, project], bytes);
        let SessionCell { cell, first, last } = &self.1;
        write_varint(first.seconds().unsigned_abs(), bytes);
        write_varint(last.seconds().abs_diff(first.seconds()), bytes);
        write_cell(cell, bytes);
    }

    fn read(day: NaiveDate, reader: &mut Reader<'_>, names: &KnownNames) -> Result<Self, Damaged> {
        let session = HashId::from_bits(u64::from_le_bytes(reader.array()?));
        let [provider, model, machine, project] = read_places(reader, names)?;
        let first = reader.varint()?;
        let last = first.checked_add(reader.varint()?).ok_or(Damaged)?;
        let (first, last) = (time(first)?, time(last)?);
        let key = SessionKey { day, session, provider, model, machine, project };
        Ok((key, SessionCell { cell: read_cell(reader)?, first, last }))
    }
}

/// What a machine is where nobody asked for machines: a place that no name has.
const UNTOLD: u32 = u32::MAX;

/// Writes the places of source, model, machine and project.
fn write_places([provider, model, machine, project]: [u32; 4], bytes: &mut Vec<u8>) {
    let machine = machine.wrapping_add(1);
    for place in [provider, model, machine, project] {
        write_varint(u64::from(place), bytes);
    }
}

fn read_places(reader: &mut Reader<'_>, names: &KnownNames) -> Result<[u32; 4], Damaged> {
    let place = |place: u32, row: &[Known]| {
        if (place as usize) < row.len() { Ok(place) } else { Err(Damaged) }
    };
    let provider = place(reader.u32()?, &names.providers)?;
    let model = place(reader.u32()?, &names.models)?;
    let machine = match reader.u32()?.checked_sub(1) {
        None => UNTOLD,
        Some(machine) => place(machine, &names.machines)?,
    };
    // The place behind that of a project, or 0.
    let project = reader.u32()?;
    if project as usize > names.projects.len() {
        return Err(Damaged);
    }
    Ok([provider, model, machine, project])
}

/// The same cells with machines and projects in one, where they are not told apart.
pub(super) fn rolled(
    cells: &[(Key, Cell)],
    machines: bool,
    projects: bool,
) -> Cow<'_, [(Key, Cell)]> {
    if machines && projects {
        return Cow::Borrowed(cells);
    }
    let days: Vec<&[(Key, Cell)]> = cells.chunk_by(|one, next| one.0.day == next.0.day).collect();
    let roll = |day: &[(Key, Cell)]| {
        let mut day = day.to_vec();
        for (key, _) in &mut day {
            key.machine = if machines { key.machine } else { UNTOLD };
            key.project = if projects { key.project } else { 0 };
        }
        day.sort_unstable_by_key(|(key, _)| *key);
        join_equal(&mut day, Cell::add);
        day
    };
    Cow::Owned(days.into_par_iter().map(roll).flatten_iter().collect())
}

#[cfg(test)]
mod tests {
    use data_schema::UtcSeconds;

    use super::*;

    fn cells(days: u32, of_day: u32) -> Vec<(Key, Cell)> {
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        let key = |day: u32, project: u32| Key {
            day: first + chrono::Days::new(u64::from(day)),
            provider: 0,
            model: 0,
            machine: 0,
            project,
        };
        let cell = |number: u32| Cell { requests: u64::from(number), ..Cell::default() };
        let of_day = |day| (0..of_day).map(move |project| (key(day, project), cell(project + 1)));
        (0..days).flat_map(of_day).collect()
    }

    fn names(projects: u32) -> KnownNames {
        let known = |name: String| Known { name: name.into(), first: UtcSeconds::default() };
        let one = || vec![known("one".to_owned())];
        KnownNames {
            providers: one(),
            models: one(),
            machines: one(),
            projects: (0..projects).map(|number| known(number.to_string())).collect(),
            canonical: Vec::new(),
        }
    }

    fn days(rows: &[(Key, Cell)]) -> (NaiveDate, NaiveDate) {
        (rows.first().unwrap().0.day, rows.last().unwrap().0.day)
    }

    #[test]
    fn only_chunks_that_may_have_a_day_are_read() {
        let (cells, names) = (cells(30, 1000), names(1000));
        let (list, chunks) = List::pack(&cells);
        assert_eq!(chunks.len(), 30_000_usize.div_ceil(ROWS));
        let bytes = chunks.concat();
        let read = |stretch: &Stretch<'_>| -> Vec<(Key, Cell)> {
            let start = usize::try_from(stretch.start).unwrap();
            let end = start + usize::try_from(stretch.length).unwrap();
            stretch.rows(&bytes[start..end], &names).unwrap()
        };
        assert_eq!(read(&list.stretch((NaiveDate::MIN, NaiveDate::MAX))), cells);
        for (from, to) in [(0, 1), (3, 5), (9, 10), (29, 30), (0, 30)] {
            let wanted = &cells[from * 1000..to * 1000];
            let found = read(&list.stretch(days(wanted)));
            assert!(found.len() <= wanted.len() + 2 * ROWS, "{from} to {to}");
            let (first, last) = days(wanted);
            let is_in = |(key, _): &&(Key, Cell)| (first..=last).contains(&key.day);
            assert!(found.iter().filter(is_in).eq(wanted));
        }
        let none = list.stretch((NaiveDate::MIN, "2025-12-31".parse().unwrap()));
        assert_eq!((none.length, read(&none).len()), (0, 0));
    }

    #[test]
    fn rolled_cells_add_up_to_the_same() {
        let cells = cells(3, 5);
        let rolled = rolled(&cells, true, false);
        let requests: Vec<u64> = rolled.iter().map(|(_, cell)| cell.requests).collect();
        assert_eq!(requests, [15, 15, 15]);
        assert_eq!(super::rolled(&cells, false, true).len(), 15);
        assert!(matches!(super::rolled(&cells, true, true), Cow::Borrowed(_)));
    }
}
