//! Makes a segment: from files of the store, and from pieces of older segments.

use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use data_schema::packed::{Packer, Unpacker, Words};
use data_schema::{DayFile, UsageRecord, UtcSeconds};
use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;
use tempfile::NamedTempFile;

use super::key::{FileReader, Key};
use super::segment::{Content, HEADER, Ids, Row, Segment, header, sort, write_lists};
use crate::block::{IdPlace, check, is_special};
use crate::folder::Stamp;
use crate::{Problem, Snapshot};

/// Files that share a list of words at most.
const FILES_PER_CHUNK: usize = 4096;
/// A thread hands on what it has packed when it is so many bytes.
const BYTES_AT_ONCE: usize = 1 << 20;

/// One file to be packed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job<'a> {
    /// Place of its entry.
    pub(super) place: u32,
    /// The row of an older segment that has it.
    pub(super) known: Option<(&'a Segment, u32)>,
}

/// Where the new segment goes.
#[derive(Debug)]
pub(super) enum Output {
    /// A file that takes its name when it is complete, and a time of the file system from before.
    File { file: NamedTempFile, clock: Stamp },
    /// For this run alone.
    Memory(Vec<u8>),
}

/// A new segment.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) segment: Segment,
    /// The entry of each row.
    pub(super) places: Vec<u32>,
    /// Files that cannot be read now.
    pub(super) problems: Vec<Problem>,
}

/// What all threads write to.
struct Sink {
    output: Output,
    end: u64,
    words: Vec<Arc<Words>>,
    rows: Vec<Row>,
    places: Vec<u32>,
    ids: Vec<IdPlace>,
    problems: Vec<Problem>,
}

/// What one thread has packed and not handed on yet.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    rows: Vec<Row>,
    places: Vec<u32>,
    ids: Vec<IdPlace>,
    problems: Vec<Problem>,
}

impl Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::File { file, .. } => file.write_all(bytes),
            Self::Memory(all) => {
                all.extend_from_slice(bytes);
                Ok(())
            }
        }
    }
}

/// Packs files on all cores. An error means that the output cannot be written.
pub(super) fn build(
    snapshot: &Snapshot,
    jobs: &[Job<'_>],
    mut output: Output,
    folder: &Path,
) -> io::Result<Built> {
    if let Output::File { file, .. } = &mut output {
        file.write_all(&header())?;
    }
    let sink = Mutex::new(Sink {
        output,
        end: HEADER as u64,
        words: Vec::new(),
        rows: Vec::new(),
        places: Vec::new(),
        ids: Vec::new(),
        problems: Vec::new(),
    });
    // A few chunks for each thread, so that none waits long for the last one.
    let files = jobs.len().div_ceil(rayon::current_num_threads() * 4).clamp(1, FILES_PER_CHUNK);
    jobs.par_chunks(files).try_for_each(|jobs| pack_chunk(snapshot, jobs, &sink))?;
    let sink = sink.into_inner().unwrap_or_else(PoisonError::into_inner);
    sink.finish(folder)
}

fn pack_chunk(snapshot: &Snapshot, jobs: &[Job<'_>], sink: &Mutex<Sink>) -> io::Result<()> {
    let lock = || sink.lock().unwrap_or_else(PoisonError::into_inner);
    let (number, clock) = {
        let mut sink = lock();
        sink.words.push(Arc::default());
        let clock = match &sink.output {
            Output::File { clock, .. } => Some(*clock),
            Output::Memory(_) => None,
        };
        (sink.words.len() - 1, clock)
    };
    let mut reader = FileReader::new(snapshot);
    let (mut words, mut batch) = (Words::default(), Batch::default());
    for job in jobs {
        if !batch.pack_known(job, &mut words) {
            batch.pack_file(job.place, (&mut reader, clock), snapshot, &mut words);
        }
        if batch.bytes.len() >= BYTES_AT_ONCE {
            lock().take(&mut batch, number)?;
        }
    }
    let mut sink = lock();
    sink.take(&mut batch, number)?;
    sink.words[number] = Arc::new(words);
    Ok(())
}

impl Batch {
    /// Takes what an older segment has; `false` if it has nothing, or it is damaged.
    fn pack_known(&mut self, job: &Job<'_>, words: &mut Words) -> bool {
        let Some((segment, row)) = job.known else { return false };
        let Some(row) = segment.rows.get(row as usize) else { return false };
        let Some(bytes) = segment.read(row) else { return false };
        if row.is_problem {
            self.text(job.place, row.key, &bytes);
            return true;
        }
        let Some(old) = segment.words.get(row.words as usize) else { return false };
        let packed = self.pack((job.place, row.key), words, |take| {
            let mut unpacker = Unpacker::new(&bytes, old);
            while unpacker.advance()?.is_some() {
                take(unpacker.record(), unpacker.mark());
            }
            Ok::<_, data_schema::packed::Damaged>(())
        });
        packed.is_ok()
    }

    /// Reads and parses a file.
    fn pack_file(
        &mut self,
        place: u32,
        (reader, clock): (&mut FileReader<'_>, Option<Stamp>),
        snapshot: &Snapshot,
        words: &mut Words,
    ) {
        let entry = place as usize;
        let reason = match reader.read(entry, clock) {
            Ok((bytes, key)) => {
                let packed = self.pack((place, key), words, |take| {
                    DayFile::read_records(bytes, |record| take(record, 0)).map(drop)
                });
                let Err(error) = packed else { return };
                if reader.is_as_written(entry) {
                    self.text(place, key, error.to_string().as_bytes());
                    return;
                }
                error.to_string()
            }
            Err(error) => error.to_string(),
        };
        let path = snapshot.entries().get(entry).map(|entry| entry.path.clone());
        self.problems.push(super::problem(path.unwrap_or_default(), &reason));
    }

    /// Packs what `read` hands out; takes it back after an error.
    fn pack<E>(
        &mut self,
        (place, key): (u32, Key),
        words: &mut Words,
        read: impl FnOnce(&mut dyn FnMut(&UsageRecord, u8)) -> Result<(), E>,
    ) -> Result<(), E> {
        let (start, first) = (self.bytes.len(), self.ids.len());
        let block = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let ids = &mut self.ids;
        let mut special = false;
        let mut packer = Packer::after(mem::take(&mut self.bytes), 0, UtcSeconds::default());
        let result = read(&mut |record, mark| {
            ids.extend(IdPlace::all_of(record, block, packer.len()));
            special |= is_special(record);
            packer.push(record, mark, words);
        });
        let count = packer.len();
        self.bytes = packer.into_bytes();
        if result.is_err() {
            self.bytes.truncate(start);
            self.ids.truncate(first);
        } else {
            let row = self.row(start, key);
            self.rows.push(Row { is_special: special, count, ..row });
            self.places.push(place);
        }
        result
    }

    /// Keeps why a file cannot be read.
    fn text(&mut self, place: u32, key: Key, text: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text);
        let row = self.row(start, key);
        self.rows.push(Row { is_problem: true, ..row });
        self.places.push(place);
    }

    fn row(&self, start: usize, key: Key) -> Row {
        let bytes = &self.bytes[start..];
        Row {
            key,
            is_problem: false,
            is_special: false,
            words: 0,
            count: 0,
            offset: start as u64,
            length: bytes.len() as u64,
            check: check(bytes),
        }
    }
}

impl Sink {
    /// Writes what a thread has packed, and empties it.
    fn take(&mut self, batch: &mut Batch, words: usize) -> io::Result<()> {
        self.output.write(&batch.bytes)?;
        let number = |length| u32::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge);
        let (first, words) = (number(self.rows.len())?, number(words)?);
        let end = self.end;
        let placed = |row: Row| Row { words, offset: end + row.offset, ..row };
        self.end += batch.bytes.len() as u64;
        batch.bytes.clear();
        self.rows.extend(batch.rows.drain(..).map(placed));
        self.places.append(&mut batch.places);
        let placed = |id: IdPlace| IdPlace { block: first + id.block, ..id };
        self.ids.extend(batch.ids.drain(..).map(placed));
        self.problems.append(&mut batch.problems);
        Ok(())
    }

    fn finish(self, folder: &Path) -> io::Result<Built> {
        let Self { output, end, words, rows, places, mut ids, problems } = self;
        sort(&mut ids);
        let (path, content) = match output {
            Output::File { mut file, .. } => {
                let sum = write_lists(file.as_file_mut(), end, (&words, &rows, &ids))?;
                let path = folder.join(format!("{sum:016x}.{}", super::files::SUFFIX));
                let file: File = file.persist(&path).map_err(|error| error.error)?;
                (Some(path), Content::File(Arc::new(file)))
            }
            Output::Memory(bytes) => (None, Content::Memory(Arc::new(bytes))),
        };
        let segment = Segment { path, content, words, rows, ids: Ids::Memory(ids), length: end };
        Ok(Built { segment, places, problems })
    }
}
