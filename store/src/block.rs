//! Packed records of one origin: a file of the store, or a log of this machine.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use data_schema::packed::{Damaged, Unpacker, Words};
use data_schema::{Kind, RecordId, Text, UsageRecord, Via};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use twox_hash::XxHash3_64;

/// Records in the form of [`data_schema::packed`], in memory or in a file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Block {
    /// The machine that they come from.
    pub machine: Text,
    /// Id of the source.
    pub provider: Text,
    /// What they were packed with.
    pub words: Arc<Words>,
    /// Number of records.
    pub count: u32,
    /// Whether one of them is not just a response that a log or a vendor tells: something that the proxy
    /// saw, a counter's reading, or one that is void. Those may change what other records count.
    pub is_special: bool,
    /// Whether records without a project are left out, because only some projects are wanted.
    pub needs_project: bool,
    content: Content,
}

/// Where a record is: the block, and its number in it from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "plain numbers")]
pub struct IdPlace {
    /// An id of the record: its own, or one that it had before.
    pub id: RecordId,
    /// Place of the block in its part.
    pub block: u32,
    /// Number of the record in the block.
    pub record: u32,
}

/// Blocks with a sorted list of all ids in them.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "indexes and scans build it")]
pub struct Part {
    /// The blocks.
    pub blocks: Vec<Block>,
    /// Sorted.
    pub ids: Vec<IdPlace>,
}

/// In place of a project's name: what the configuration keeps out of store and reports. No project is called so,
/// because it is no path and no remote.
pub const LEFT_OUT: &str = "\0left-out";

/// Whether a record is not just a response that a log or a vendor tells.
pub fn is_special(record: &UsageRecord) -> bool {
    record.usage.via == Via::Wire || record.usage.kind != Kind::Response
}

impl IdPlace {
    /// All ids of a record, in no order.
    pub fn all_of(record: &UsageRecord, block: u32, number: u32) -> impl Iterator<Item = Self> {
        let ids = std::iter::once(&record.id).chain(&record.was);
        ids.map(move |id| Self { id: *id, block, record: number })
    }
}

impl Part {
    /// Reads the ids of blocks on all cores, and marks blocks that are special.
    ///
    /// # Errors
    ///
    /// A block cannot be read, or is damaged.
    pub fn of(mut blocks: Vec<Block>) -> io::Result<Self> {
        let share = blocks.len().div_ceil(rayon::current_num_threads()).max(1);
        let shares = blocks.par_chunks_mut(share).enumerate();
        let shares = shares.map(|(number, blocks)| ids_of(number * share, blocks));
        let mut shares = shares.collect::<io::Result<Vec<_>>>()?.into_iter();
        let mut ids = shares.next().unwrap_or_default();
        shares.for_each(|share| ids.extend(share));
        ids.par_sort_unstable();
        Ok(Self { blocks, ids })
    }
}

/// Ids of blocks, the first of which has this number.
fn ids_of(first: usize, blocks: &mut [Block]) -> io::Result<Vec<IdPlace>> {
    let mut ids = Vec::with_capacity(blocks.iter().map(|block| block.count as usize).sum());
    for (number, block) in (first..).zip(blocks) {
        let number = u32::try_from(number).map_err(io::Error::other)?;
        let (mut special, mut record) = (false, 0);
        block.each(|read| {
            special |= is_special(read);
            ids.extend(IdPlace::all_of(read, number, record));
            record += 1;
        })?;
        block.is_special |= special;
    }
    Ok(ids)
}

/// Where the bytes are.
#[derive(Clone, Debug)]
enum Content {
    Memory { bytes: Arc<Vec<u8>>, range: Range<usize> },
    File { file: Arc<File>, offset: u64, length: usize, check: u64 },
}

impl Block {
    /// Records in memory.
    pub fn in_memory(
        (machine, provider): (Text, Text),
        words: Arc<Words>,
        count: u32,
        bytes: Arc<Vec<u8>>,
        range: Range<usize>,
    ) -> Self {
        Self::of((machine, provider), words, count, Content::Memory { bytes, range })
    }

    /// Records in a file, `length` bytes from `offset`, whose [`check`] is known.
    pub fn in_file(
        (machine, provider): (Text, Text),
        words: Arc<Words>,
        count: u32,
        file: Arc<File>,
        (offset, length, check): (u64, usize, u64),
    ) -> Self {
        Self::of((machine, provider), words, count, Content::File { file, offset, length, check })
    }

    fn of(
        (machine, provider): (Text, Text),
        words: Arc<Words>,
        count: u32,
        content: Content,
    ) -> Self {
        let (is_special, needs_project) = (false, false);
        Self { machine, provider, words, count, is_special, needs_project, content }
    }

    /// Whether it may hold records that are left out.
    pub fn leaves_out_some(&self) -> bool {
        self.needs_project || self.words.projects().iter().any(|project| **project == *LEFT_OUT)
    }

    /// Whether a record of this block is left out of everything: neither stored nor shown.
    pub fn leaves_out(&self, record: &UsageRecord) -> bool {
        let project = &record.attribution.project;
        project.as_ref().map_or(self.needs_project, |project| **project == *LEFT_OUT)
    }

    /// Hands out all records, one after the other.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or the bytes are damaged.
    pub fn each(&self, mut take: impl FnMut(&UsageRecord)) -> io::Result<()> {
        let bytes = self.bytes()?;
        let mut unpacker = Unpacker::new(&bytes, &self.words);
        while let Some(record) = unpacker.advance().map_err(|Damaged| damaged())? {
            take(record);
        }
        Ok(())
    }

    /// The packed bytes.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or holds something else by now.
    pub fn bytes(&self) -> io::Result<Cow<'_, [u8]>> {
        match &self.content {
            Content::Memory { bytes, range } => {
                let bytes = bytes.get(range.clone()).ok_or_else(damaged)?;
                Ok(Cow::Borrowed(bytes))
            }
            Content::File { file, offset, length, check: expected } => {
                let mut bytes = vec![0; *length];
                read_at(file, &mut bytes, *offset)?;
                if check(&bytes) != *expected {
                    return Err(damaged());
                }
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

/// The check sum of derived files: they are made anew when it does not fit.
pub fn check(bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot(bytes)
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "packed records are damaged")
}

/// Fills `bytes` with what a file holds from `offset` on.
///
/// # Errors
///
/// The file cannot be read, or ends before.
#[cfg(unix)]
pub fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

/// Fills `bytes` with what a file holds from `offset` on.
///
/// # Errors
///
/// The file cannot be read, or ends before.
#[cfg(windows)]
pub fn read_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[count..];
        offset += count as u64;
    }
    Ok(())
}
