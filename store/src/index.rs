//! The derived index: every record file is parsed once and never again.
//!
//! It lies in the private folder of the store, as a few immutable files: a run that finds new files of
//! the store writes one more, and from time to time some are made into one. Everything in it is checked
//! before it is used, and it may be deleted at any time.

use std::collections::BTreeMap;

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;
use rustc_hash::FxHashMap;

use crate::block::{Block, IdPlace, Part};
use crate::{EntryKind, Problem, Snapshot, StoreError};
use build::{Built, Job, Output, build};
use files::{Files, remove};
use key::{Key, NO_KEY};
use segment::{Content, HEADER, Segment, sort};

mod build;
mod files;
mod key;
mod segment;

/// More segments than these are made into fewer.
const SEGMENTS: usize = 8;
/// How often damaged segments are left out one by one.
const ATTEMPTS: usize = 2 * SEGMENTS;
/// Rows that one thread checks at a time.
const ROWS_AT_ONCE: usize = 1024;
/// No row, or no entry.
const NONE: u32 = u32::MAX;

/// Everything that the record files of a store hold.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Index {
    /// Packed records with their ids.
    pub parts: Vec<Part>,
    /// Files that could not be read: they are left out, and the rest goes on. Sorted.
    pub problems: Vec<Problem>,
    /// What a person should know about the index itself.
    pub notices: Vec<String>,
}

/// A segment and which files of this snapshot it has.
struct Used {
    segment: Segment,
    /// The entry of each row, or [`NONE`].
    places: Vec<u32>,
    /// More entries with the content of a row: row and entry.
    more: Vec<(u32, u32)>,
    /// Rows whose content is damaged.
    damaged: Vec<u32>,
}

impl Snapshot {
    /// Everything that the record files hold, packed; reads only files that no earlier run has indexed.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn index(&self) -> Result<Index, StoreError> {
        let mut files = Files::of(self.content());
        let mut attempts = 0;
        loop {
            // Each time there is one segment less to be looked at, and then none.
            attempts += 1;
            files.is_off = attempts > ATTEMPTS;
            if let Some(index) = self.try_index(&mut files)? {
                return Ok(index);
            }
        }
    }

    /// `None` if a segment has turned out to be damaged: all is looked up again without it.
    fn try_index(&self, files: &mut Files) -> Result<Option<Index>, StoreError> {
        let mut index = Index::default();
        let (mut used, mut missing) = self.look_up(files.open());
        // Nothing is noted in the index about files that are not here.
        let absent = self.absent(&mut missing);
        for used in &mut used {
            used.check();
            files.is_damaged |= !used.damaged.is_empty();
        }
        if let Some(built) = self.renew(&mut used, &missing, files, &mut index.notices)? {
            index.problems = built.problems;
            let Built { segment, places, .. } = built;
            used.push(Used { segment, places, more: Vec::new(), damaged: Vec::new() });
        }
        for mut used in used {
            match self.part(&mut used, &mut index.problems) {
                Some(part) if part.blocks.is_empty() => {}
                Some(part) => index.parts.push(part),
                None => {
                    if let Some(path) = &used.segment.path {
                        files.damaged(path);
                        return Ok(None);
                    }
                }
            }
        }
        index.problems.extend(absent);
        index.problems.sort();
        let notices = [
            (files.is_damaged, "the index was damaged and has been made anew"),
            (
                files.is_foreign,
                "the index was written by another version of this program and has been made anew",
            ),
        ];
        let notices = notices.into_iter().filter(|(is_so, _)| *is_so);
        index.notices.extend(notices.map(|(_, text)| text.to_owned()));
        Ok(Some(index))
    }

    /// Takes out files whose content is on the remote only, and tells how many there are of each source.
    fn absent(&self, missing: &mut Vec<u32>) -> Vec<Problem> {
        let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
        missing.retain(|place| {
            let entry = self.entries().get(*place as usize);
            let absent = entry.filter(|entry| self.is_absent(entry));
            if let Some(entry) = absent {
                let folder = entry.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                *folders.entry(folder).or_default() += 1;
            }
            absent.is_none()
        });
        let told = |(folder, count): (&str, usize)| {
            let files = if count == 1 { "1 file is" } else { &format!("{count} files are") };
            problem(
                folder.to_owned(),
                &format!("{files} on the remote only, which could not be asked"),
            )
        };
        folders.into_iter().map(told).collect()
    }

    /// Which segment has which file, and which files none has.
    fn look_up(&self, segments: Vec<Segment>) -> (Vec<Used>, Vec<u32>) {
        let mut known: FxHashMap<Key, (usize, u32)> = FxHashMap::default();
        known.reserve(segments.iter().map(|segment| segment.rows.len()).sum());
        for (number, segment) in segments.iter().enumerate() {
            for (row, place) in segment.rows.iter().zip(0..) {
                if row.key != NO_KEY {
                    known.entry(row.key).or_insert((number, place));
                }
            }
        }
        let used = |segment: Segment| Used {
            places: vec![NONE; segment.rows.len()],
            segment,
            more: Vec::new(),
            damaged: Vec::new(),
        };
        let mut used: Vec<Used> = segments.into_iter().map(used).collect();
        let mut missing = Vec::new();
        for (number, (entry, place)) in self.entries().iter().zip(0_u32..).enumerate() {
            if !matches!(entry.kind, EntryKind::Records(_)) {
                continue;
            }
            match known.get(&self.key(number)) {
                Some((segment, row)) => used[*segment].add(*row, place),
                None => missing.push(place),
            }
        }
        (used, missing)
    }

    /// Makes a segment of everything that no other has or should keep. Those that are left without use are
    /// taken away.
    fn renew(
        &self,
        used: &mut Vec<Used>,
        missing: &[u32],
        files: &mut Files,
        notices: &mut Vec<String>,
    ) -> Result<Option<Built>, StoreError> {
        let is_merged = to_merge(used, !missing.is_empty());
        let mut built = None;
        if !missing.is_empty() || is_merged.contains(&true) {
            let new = || missing.iter().copied().map(job);
            let result = files.output().and_then(|output| {
                let merged = used.iter().zip(&is_merged).filter(|(_, is_merged)| **is_merged);
                let known = merged.flat_map(|(used, _)| used.jobs(false));
                let jobs: Vec<Job<'_>> = new().chain(known).collect();
                build(self, &jobs, output, &files.folder)
            });
            match result {
                Ok(new) => {
                    let mut is_merged = is_merged.into_iter();
                    let gone = used.extract_if(.., |_| is_merged.next().unwrap_or(false));
                    files.useless.extend(gone.filter_map(|used| used.segment.path));
                    files.remove_useless(new.segment.path.as_deref());
                    built = Some(new);
                }
                Err(error) => {
                    let damaged = used.iter().flat_map(|used| used.jobs(true));
                    let jobs: Vec<Job<'_>> = new().chain(damaged).collect();
                    if !jobs.is_empty() {
                        let folder = files.folder.display();
                        notices.push(format!("cannot write the index to {folder}: {error}"));
                        let output = Output::Memory(Vec::new());
                        built = Some(build(self, &jobs, output, &files.folder)?);
                    }
                    used.iter_mut().for_each(Used::forget_damaged);
                }
            }
        }
        used.retain(|used| {
            let is_used = used.places.iter().any(|place| *place != NONE);
            if let (false, Some(path)) = (is_used, &used.segment.path) {
                remove(path);
            }
            is_used
        });
        Ok(built)
    }

    /// What a segment has; `None` if it is damaged.
    fn part(&self, used: &mut Used, problems: &mut Vec<Problem>) -> Option<Part> {
        let mut part = Part::default();
        let mut numbers = vec![NONE; used.places.len()];
        let segment = &used.segment;
        for ((row, place), number) in segment.rows.iter().zip(&used.places).zip(&mut numbers) {
            if row.is_problem && *place != NONE {
                problems.push(self.told(segment, row, *place)?);
            } else if *place != NONE && row.count > 0 {
                *number = u32::try_from(part.blocks.len()).ok()?;
                part.blocks.push(self.block(segment, row, *place)?);
            }
        }
        let mut copies: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (row, place) in &used.more {
            let content = segment.rows.get(*row as usize)?;
            if content.is_problem {
                problems.push(self.told(segment, content, *place)?);
            } else if content.count > 0 {
                let number = u32::try_from(part.blocks.len()).ok()?;
                copies.entry(*numbers.get(*row as usize)?).or_default().push(number);
                part.blocks.push(self.block(segment, content, *place)?);
            }
        }
        part.ids = used.segment.ids(&numbers).ok()?;
        if !copies.is_empty() {
            let copied = |id: &IdPlace| {
                let blocks = copies.get(&id.block).map(Vec::as_slice).unwrap_or_default();
                let id = *id;
                blocks.iter().map(move |block| IdPlace { block: *block, ..id })
            };
            let copied: Vec<IdPlace> = part.ids.iter().flat_map(copied).collect();
            part.ids.extend(copied);
            sort(&mut part.ids);
        }
        Some(part)
    }

    fn told(&self, segment: &Segment, row: &segment::Row, place: u32) -> Option<Problem> {
        let path = self.entries().get(place as usize)?.path.clone();
        Some(problem(path, &String::from_utf8_lossy(&segment.read(row)?)))
    }

    fn block(&self, segment: &Segment, row: &segment::Row, place: u32) -> Option<Block> {
        let entry = self.entries().get(place as usize)?;
        let origin = (entry.machine.clone(), entry.provider.clone());
        let words = segment.words.get(row.words as usize)?.clone();
        let length = usize::try_from(row.length).ok()?;
        let mut block = match &segment.content {
            Content::File(file) => {
                let place = (row.offset, length, row.check);
                Block::in_file(origin, words, row.count, file.clone(), place)
            }
            Content::Memory(bytes) => {
                let start = usize::try_from(row.offset).ok()?.checked_sub(HEADER)?;
                Block::in_memory(origin, words, row.count, bytes.clone(), start..start + length)
            }
        };
        block.is_special = row.is_special;
        Some(block)
    }
}

impl Used {
    fn add(&mut self, row: u32, place: u32) {
        match self.places.get_mut(row as usize) {
            Some(empty) if *empty == NONE => *empty = place,
            _ => self.more.push((row, place)),
        }
    }

    /// Checks the content that is used, on all cores, piece by piece.
    fn check(&mut self) {
        let Self { segment, places, .. } = self;
        let chunks = segment.rows.par_chunks(ROWS_AT_ONCE).zip(places.par_chunks(ROWS_AT_ONCE));
        let damaged = chunks.enumerate().flat_map_iter(|(number, (rows, places))| {
            let is_used = places.iter().map(|place| *place != NONE);
            let damaged = segment.damaged(rows.iter().zip(is_used));
            damaged
                .into_iter()
                .filter_map(move |row| u32::try_from(number * ROWS_AT_ONCE + row).ok())
        });
        self.damaged = damaged.collect();
    }

    /// What is to be packed again; `only_damaged` leaves out what can stay where it is.
    fn jobs(&self, only_damaged: bool) -> impl Iterator<Item = Job<'_>> {
        let rows = self.places.iter().zip(0_u32..);
        let all = rows.filter(|(place, _)| **place != NONE).map(|(place, row)| (*place, row));
        let more = self.more.iter().map(|(row, place)| (*place, *row));
        all.chain(more).filter_map(move |(place, row)| {
            let is_damaged = self.damaged.binary_search(&row).is_ok();
            let known = (!is_damaged).then_some((&self.segment, row));
            (is_damaged || !only_damaged).then_some(Job { place, known })
        })
    }

    /// Leaves out damaged rows: what they had stands elsewhere now.
    fn forget_damaged(&mut self) {
        self.more.retain(|(row, _)| self.damaged.binary_search(row).is_err());
        for row in &self.damaged {
            if let Some(place) = self.places.get_mut(*row as usize) {
                *place = NONE;
            }
        }
    }

    fn live(&self) -> usize {
        self.places.iter().filter(|place| **place != NONE).count()
    }
}

fn job<'a>(place: u32) -> Job<'a> {
    Job { place, known: None }
}

/// Which segments go into a new one: damaged ones, those of which more than half is not used any more, and
/// the smallest ones while there are too many. Large ones are left alone, so that each record is packed
/// again only a few times.
fn to_merge(used: &[Used], has_new: bool) -> Vec<bool> {
    let live: Vec<usize> = used.iter().map(Used::live).collect();
    let mut is_merged: Vec<bool> = used
        .iter()
        .zip(&live)
        .map(|(used, live)| *live > 0 && (!used.damaged.is_empty() || live * 2 < used.places.len()))
        .collect();
    let mut left: Vec<usize> =
        (0..used.len()).filter(|place| live[*place] > 0 && !is_merged[*place]).collect();
    left.sort_unstable_by_key(|place| live[*place]);
    let new = usize::from(has_new || is_merged.contains(&true));
    if left.len() + new > SEGMENTS {
        let (mut rows, mut merged) = (0, 0);
        for place in &left {
            // The new one counts for all that go into it.
            let is_enough = left.len() - merged < SEGMENTS && live[*place] > 2 * rows;
            if is_enough {
                break;
            }
            is_merged[*place] = true;
            rows += live[*place];
            merged += 1;
        }
    }
    is_merged
}

/// A file that is left out.
fn problem(path: String, reason: &str) -> Problem {
    Problem { path, reason: format!("{reason}; left out") }
}
