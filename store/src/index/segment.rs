//! Segments: the immutable files of the index.
//!
//! | part | holds |
//! |---|---|
//! | 8 bytes | `TM-INDEX` |
//! | 8 bytes | version of the form, as [`version`] makes it |
//! | content | packed records and texts of problems, one piece after the other |
//! | words | the lists of words that the pieces were packed with |
//! | rows | one of 53 bytes for each file of the store |
//! | ids | sorted, 12 or 16 bytes each |
//! | footer | where the three lists are, and their check sums |
//!
//! All numbers are little-endian; ids are as in a record.

use std::fs::File;
use std::hash::Hasher as _;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_schema::RecordId;
use data_schema::packed::{self, Reader, Words, write_varint};
use fs_err as fs;
use rayon::slice::ParallelSliceMut;
use twox_hash::XxHash3_64;

use super::key::{KEY_LENGTH, Key};
use crate::block::{IdPlace, check, read_at};

const MAGIC: &[u8; 8] = b"TM-INDEX";
/// Version of what this file says.
const FORM: u32 = 1;
pub(super) const HEADER: usize = 16;
const ROW: usize = KEY_LENGTH + 33;
/// Three lists of offset, length and check sum; then the bits of a record's number; then the check sum of
/// all that.
const FOOTER: usize = 3 * 24 + 8 + 8;
/// Ids are read in pieces of so many: never all of their bytes at once.
const IDS_AT_ONCE: usize = 1 << 16;
/// Bytes of content that are read at once to be checked, unless one row has more.
const PIECE: u64 = 1 << 20;

/// What a segment knows about one file of the store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) key: Key,
    /// Whether the content is the text of a problem.
    pub(super) is_problem: bool,
    pub(super) is_special: bool,
    /// Place of its list of words.
    pub(super) words: u32,
    /// Number of records.
    pub(super) count: u32,
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) check: u64,
}

/// Why a segment is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It was there a moment ago.
    Gone,
    /// Another version of the program wrote it.
    Foreign,
    Damaged,
}

/// A segment that can be read.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) path: Option<PathBuf>,
    pub(super) content: Content,
    pub(super) words: Vec<Arc<Words>>,
    pub(super) rows: Vec<Row>,
    pub(super) ids: Ids,
    /// Bytes of its file.
    pub(super) length: u64,
}

/// Where the content is.
#[derive(Clone, Debug)]
pub(super) enum Content {
    File(Arc<File>),
    /// The first byte has the offset [`HEADER`].
    Memory(Arc<Vec<u8>>),
}

/// Where the ids are; the record's row in the place of the block.
#[derive(Debug)]
pub(super) enum Ids {
    Memory(Vec<IdPlace>),
    File { section: Section, record_bits: u32 },
}

/// A list in a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    offset: u64,
    length: u64,
    check: u64,
}

/// Changes with everything that changes what a segment holds or means: a release may also read day files
/// in another way.
fn version() -> u64 {
    let parts = (FORM, packed::FORM, data_schema::VERSION, env!("CARGO_PKG_VERSION"));
    check(format!("{parts:?}").as_bytes())
}

pub(super) fn header() -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..].copy_from_slice(&version().to_le_bytes());
    header
}

impl Segment {
    /// Opens a segment and reads everything but the content and the ids.
    pub(super) fn open(path: &Path) -> Result<Self, Unusable> {
        let file = fs::File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Unusable::Gone,
            _ => Unusable::Damaged,
        })?;
        let (mut file, _) = file.into_parts();
        let damaged = |_| Unusable::Damaged;
        let mut start = [0; HEADER];
        file.read_exact(&mut start).map_err(damaged)?;
        if start[..8] != *MAGIC {
            return Err(Unusable::Damaged);
        }
        if start != header() {
            return Err(Unusable::Foreign);
        }
        let length = file.seek(SeekFrom::End(0)).map_err(damaged)?;
        let place = length.checked_sub(FOOTER as u64).ok_or(Unusable::Damaged)?;
        let mut footer = [0; FOOTER];
        read_at(&file, &mut footer, place).map_err(damaged)?;
        let ([words, rows, ids], record_bits) = read_footer(&footer).ok_or(Unusable::Damaged)?;
        let words = read_words(&words.read(&file, length)?).ok_or(Unusable::Damaged)?;
        let rows = rows.read(&file, length)?;
        let rows: Option<Vec<Row>> = rows.chunks(ROW).map(read_row).collect();
        let rows = rows.ok_or(Unusable::Damaged)?;
        if rows.iter().any(|row| row.words as usize >= words.len() && !row.is_problem) {
            return Err(Unusable::Damaged);
        }
        Ok(Self {
            path: Some(path.to_owned()),
            content: Content::File(Arc::new(file)),
            words,
            rows,
            ids: Ids::File { section: ids, record_bits },
            length,
        })
    }

    /// The ids of some rows, with new numbers for them: `u32::MAX` for a row that is left out. Numbers
    /// rise with the rows, so that the ids stay sorted.
    pub(super) fn ids(&mut self, numbers: &[u32]) -> Result<Vec<IdPlace>, Unusable> {
        let renumber = |place: IdPlace| {
            let number = numbers.get(place.block as usize).copied().unwrap_or(u32::MAX);
            (number != u32::MAX).then_some(IdPlace { block: number, ..place })
        };
        match &mut self.ids {
            Ids::Memory(ids) => {
                let mut ids = std::mem::take(ids);
                ids.retain_mut(|place| renumber(*place).map(|new| *place = new).is_some());
                Ok(ids)
            }
            Ids::File { section, record_bits } => {
                let Content::File(file) = &self.content else { return Err(Unusable::Damaged) };
                read_ids(file, *section, *record_bits, renumber).ok_or(Unusable::Damaged)
            }
        }
    }

    /// The content of a row, checked.
    pub(super) fn read(&self, row: &Row) -> Option<Vec<u8>> {
        let length = usize::try_from(row.length).ok()?;
        let bytes = match &self.content {
            Content::File(file) => {
                let mut bytes = vec![0; length];
                read_at(file, &mut bytes, row.offset).ok()?;
                bytes
            }
            Content::Memory(all) => {
                let start = usize::try_from(row.offset.checked_sub(HEADER as u64)?).ok()?;
                all.get(start..start.checked_add(length)?)?.to_vec()
            }
        };
        (check(&bytes) == row.check).then_some(bytes)
    }
}

impl Segment {
    /// Which of some rows that are used have damaged content. Reads many rows at once.
    pub(super) fn damaged<'a>(&'a self, rows: impl Iterator<Item = (&'a Row, bool)>) -> Vec<usize> {
        let Content::File(file) = &self.content else { return Vec::new() };
        let mut rows = rows.enumerate().filter(|(_, (_, is_used))| *is_used).peekable();
        let (mut damaged, mut bytes) = (Vec::new(), Vec::new());
        while let Some((number, (row, _))) = rows.next() {
            let start = row.offset;
            let mut group = vec![(number, row)];
            let mut end = start.saturating_add(row.length);
            // Rows lie in the order of their content.
            while let Some((number, (next, _))) = rows.next_if(|(_, (next, _))| {
                next.offset >= end && next.offset.saturating_add(next.length) - start <= PIECE
            }) {
                group.push((number, next));
                end = next.offset.saturating_add(next.length);
            }
            let is_read = self.piece(file, start..end, &mut bytes).is_some();
            damaged.extend(group.into_iter().filter_map(|(number, row)| {
                let from = usize::try_from(row.offset - start).ok()?;
                let to = from.saturating_add(usize::try_from(row.length).unwrap_or(usize::MAX));
                let is_good =
                    is_read && bytes.get(from..to).is_some_and(|part| check(part) == row.check);
                (!is_good).then_some(number)
            }));
        }
        damaged
    }

    fn piece(&self, file: &File, range: Range<u64>, bytes: &mut Vec<u8>) -> Option<()> {
        // So that a damaged length does not ask for the whole memory.
        if range.end > self.length {
            return None;
        }
        bytes.resize(usize::try_from(range.end - range.start).ok()?, 0);
        read_at(file, bytes, range.start).ok()
    }
}

impl Section {
    /// Its bytes, checked.
    fn read(self, file: &File, file_length: u64) -> Result<Vec<u8>, Unusable> {
        // So that a damaged length does not ask for the whole memory.
        if self.length > file_length {
            return Err(Unusable::Damaged);
        }
        let mut bytes = vec![0; usize::try_from(self.length).unwrap_or(0)];
        read_at(file, &mut bytes, self.offset).map_err(|_| Unusable::Damaged)?;
        if check(&bytes) == self.check { Ok(bytes) } else { Err(Unusable::Damaged) }
    }
}

fn read_footer(footer: &[u8; FOOTER]) -> Option<([Section; 3], u32)> {
    let number = |place: usize| -> Option<u64> {
        Some(u64::from_le_bytes(*footer.get(place * 8..)?.first_chunk()?))
    };
    let (body, sum) = footer.split_last_chunk()?;
    if check(body) != u64::from_le_bytes(*sum) {
        return None;
    }
    let section = |place: usize| -> Option<Section> {
        let (offset, length) = (number(place * 3)?, number(place * 3 + 1)?);
        Some(Section { offset, length, check: number(place * 3 + 2)? })
    };
    Some(([section(0)?, section(1)?, section(2)?], u32::try_from(number(9)?).ok()?))
}

fn read_words(bytes: &[u8]) -> Option<Vec<Arc<Words>>> {
    let mut reader = Reader::new(bytes);
    let count = reader.varint().ok()?;
    (0..count).map(|_| Words::read(&mut reader).ok().map(Arc::new)).collect()
}

fn read_row(bytes: &[u8]) -> Option<Row> {
    let mut reader = Reader::new(bytes);
    let key = reader.array::<KEY_LENGTH>().ok()?;
    let [flags] = reader.array::<1>().ok()?;
    let words = u32::from_le_bytes(reader.array().ok()?);
    let count = u32::from_le_bytes(reader.array().ok()?);
    let mut number = || reader.array().ok().map(u64::from_le_bytes);
    Some(Row {
        key,
        is_problem: flags & 1 != 0,
        is_special: flags & 2 != 0,
        words,
        count,
        offset: number()?,
        length: number()?,
        check: number()?,
    })
}

fn write_row(row: &Row, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&row.key);
    bytes.push(u8::from(row.is_problem) | u8::from(row.is_special) << 1);
    bytes.extend_from_slice(&row.words.to_le_bytes());
    bytes.extend_from_slice(&row.count.to_le_bytes());
    for number in [row.offset, row.length, row.check] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
}

/// Bytes of an id with its place: four for the place while it fits.
fn id_length(record_bits: u32) -> usize {
    if record_bits == 32 { 16 } else { 12 }
}

/// Reads the ids; `None` if they are damaged.
fn read_ids(
    file: &File,
    section: Section,
    record_bits: u32,
    renumber: impl Fn(IdPlace) -> Option<IdPlace>,
) -> Option<Vec<IdPlace>> {
    let row = id_length(record_bits);
    let length = usize::try_from(section.length).ok().filter(|length| length % row == 0)?;
    if record_bits > 32 || file.metadata().ok()?.len() < section.length {
        return None;
    }
    let mut ids = Vec::with_capacity(length / row);
    let mut hasher = XxHash3_64::with_seed(0);
    let mut bytes = vec![0; length.min(IDS_AT_ONCE * row)];
    let mut done = 0;
    while done < length {
        bytes.truncate(length - done);
        read_at(file, &mut bytes, section.offset + done as u64).ok()?;
        hasher.write(&bytes);
        ids.extend(bytes.chunks_exact(row).filter_map(|bytes| {
            let (id, place) = bytes.split_first_chunk()?;
            let place = match place.first_chunk() {
                Some(place) => u64::from_le_bytes(*place),
                None => u64::from(u32::from_le_bytes(*place.first_chunk()?)),
            };
            let block = u32::try_from(place >> record_bits).ok()?;
            let record = u32::try_from(place & ((1 << record_bits) - 1)).ok()?;
            renumber(IdPlace { id: RecordId::from_bytes(*id), block, record })
        }));
        done += bytes.len();
    }
    (hasher.finish() == section.check).then_some(ids)
}

/// Sorts ids, on all cores.
pub(super) fn sort(ids: &mut [IdPlace]) {
    ids.par_sort_unstable_by_key(|place| {
        let id = u64::from_be_bytes(place.id.bytes());
        (id, u64::from(place.block) << 32 | u64::from(place.record))
    });
}

/// Writes the lists and the footer behind the content, which ends at `end`.
pub(super) fn write_lists(
    file: &mut File,
    end: u64,
    (words, rows, ids): (&[Arc<Words>], &[Row], &[IdPlace]),
) -> io::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 18, file);
    let mut bytes = Vec::new();
    write_varint(words.len() as u64, &mut bytes);
    for words in words {
        words.write(&mut bytes);
    }
    let words = Section { offset: end, length: bytes.len() as u64, check: check(&bytes) };
    out.write_all(&bytes)?;
    bytes.clear();
    for row in rows {
        write_row(row, &mut bytes);
    }
    let offset = words.offset + words.length;
    let rows = Section { offset, length: bytes.len() as u64, check: check(&bytes) };
    out.write_all(&bytes)?;
    let most = |number: fn(&IdPlace) -> u32| ids.iter().map(number).max().unwrap_or(0);
    let bits = |number: u32| 32 - number.leading_zeros();
    let record_bits = bits(most(|place| place.record));
    let fits = bits(most(|place| place.block)) + record_bits <= 32 && record_bits < 32;
    let record_bits = if fits { record_bits } else { 32 };
    let mut hasher = XxHash3_64::with_seed(0);
    for ids in ids.chunks(IDS_AT_ONCE) {
        bytes.clear();
        for place in ids {
            bytes.extend_from_slice(&place.id.bytes());
            let number = u64::from(place.block) << record_bits | u64::from(place.record);
            let number = number.to_le_bytes();
            bytes.extend_from_slice(&number[..id_length(record_bits) - 8]);
        }
        hasher.write(&bytes);
        out.write_all(&bytes)?;
    }
    let length = (ids.len() * id_length(record_bits)) as u64;
    let ids = Section { offset: rows.offset + rows.length, length, check: hasher.finish() };
    bytes.clear();
    for Section { offset, length, check } in [words, rows, ids] {
        for number in [offset, length, check] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
    }
    bytes.extend_from_slice(&u64::from(record_bits).to_le_bytes());
    let sum = check(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    out.write_all(&bytes)?;
    out.flush()?;
    Ok(sum)
}
