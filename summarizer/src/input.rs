//! What a summary is made of: everything that a store holds, and what a fresh scan adds.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use data_schema::settings::{Publish, SharedSettings};
use data_schema::{
    DayFileV1, DaySum, DaySumsFile, LimitReading, LimitsFile, MachineFile, Text, Tombstones,
    UsageRecord, UtcSeconds,
};
use pricing::PriceBook;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rustc_hash::FxHashMap;
use store::{Block, Entry, EntryKind, Index, Part, Problem, Snapshot};

use crate::timeline::Window;
use crate::{SummarizeError, pack};

/// Everything that is known.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the command and tests build it")]
pub struct Input {
    /// Packed records with their ids.
    pub parts: Vec<Part>,
    /// Day sums of 1.x.
    pub day_sums: Vec<DaySum>,
    /// Since when the records of a machine and source cover its days, where day sums were taken over.
    pub covered_since: FxHashMap<(Text, Text), UtcSeconds>,
    /// Readings of limits with their machine and provider.
    pub limits: Vec<(Text, Text, LimitReading)>,
    /// Windows of five hours, where they are to be shown: they are counted before the records are taken out.
    pub windows: Vec<Window>,
    /// Cards of the machines.
    pub machines: BTreeMap<Text, MachineFile>,
    /// The shared settings.
    pub settings: SharedSettings,
    /// What is to be forgotten.
    pub tombstones: Tombstones,
    /// Files that could not be read: they are left out, and the rest goes on.
    pub problems: Vec<Problem>,
    /// What a person should know about the index of the store.
    pub notices: Vec<String>,
}

/// How a summary is made.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the command and tests build it")]
pub struct Options<'a> {
    /// The report zone.
    pub zone: Tz,
    /// The only clock; absent = the newest trusted record.
    pub as_of: Option<UtcSeconds>,
    /// What is shown.
    pub publish: Publish,
    /// Prices.
    pub prices: &'a PriceBook,
}

/// What one file gave.
enum Content {
    DaySums(Vec<DaySum>, Option<UtcSeconds>),
    Limits(Vec<LimitReading>),
    Machine(MachineFile),
}

impl Input {
    /// Reads a whole store, on all cores: the records from its index, the rest from its files.
    ///
    /// # Errors
    ///
    /// The shared settings cannot be read or are not as they should be, or the store cannot be read.
    pub fn from_snapshot(snapshot: &Snapshot) -> Result<Self, SummarizeError> {
        let settings = read_settings(snapshot)?;
        let Index { parts, problems, notices, .. } = snapshot.index()?;
        let tombstones = snapshot.tombstones()?;
        let mut input = Self { parts, settings, tombstones, problems, notices, ..Self::default() };
        // What is on the remote only is told by the index, source by source.
        let others = |entry: &&Entry| {
            !matches!(entry.kind, EntryKind::Records(_)) && !snapshot.is_absent(entry)
        };
        let others: Vec<&Entry> = snapshot.entries().iter().filter(others).collect();
        let contents: Vec<_> = others.par_iter().map(|entry| read(snapshot, entry)).collect();
        for (entry, content) in others.into_iter().zip(contents) {
            match content {
                Ok(Some(content)) => input.take(entry, content),
                Ok(None) => {}
                Err(problem) => input.problems.push(problem),
            }
        }
        input.problems.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(input)
    }

    /// Adds records that are not stored yet; those that are stored are joined when the sums are made.
    pub fn add(
        &mut self,
        machine: &Text,
        provider: &Text,
        records: impl IntoIterator<Item = Box<UsageRecord>>,
    ) {
        self.parts.push(pack::part(machine, provider, records));
    }

    /// Adds packed records that are not stored yet, those of a fresh scan.
    ///
    /// # Errors
    ///
    /// [`SummarizeError::Damaged`]: they are not what was packed.
    pub fn add_blocks(&mut self, blocks: Vec<Block>) -> Result<(), SummarizeError> {
        self.parts.push(Part::of(blocks).map_err(|_| SummarizeError::Damaged)?);
        Ok(())
    }

    /// Hands out the records of all parts as they are, with the names of their machine and source, except those that
    /// are to be forgotten. Those of one response are not joined.
    ///
    /// # Errors
    ///
    /// [`SummarizeError::Damaged`]: an index does not hold what it should.
    pub fn each_stored(
        &self,
        mut take: impl FnMut(&Text, &Text, &UsageRecord),
    ) -> Result<(), SummarizeError> {
        let mut memory = self.tombstones.memory();
        for block in self.parts.iter().flat_map(|part| &part.blocks) {
            if memory.forgets_source(&block.machine, &block.provider) {
                continue;
            }
            let read = block.each(|record| {
                if !memory.forgets_record(record) && !block.leaves_out(record) {
                    take(&block.machine, &block.provider, record);
                }
            });
            read.map_err(|_| SummarizeError::Damaged)?;
        }
        Ok(())
    }

    /// Whether there is nothing to count.
    pub fn is_empty(&self) -> bool {
        let mut blocks = self.parts.iter().flat_map(|part| &part.blocks);
        blocks.all(|block| block.count == 0) && self.day_sums.is_empty()
    }

    fn take(&mut self, entry: &Entry, content: Content) {
        let (machine, provider) = (&entry.machine, &entry.provider);
        match content {
            Content::DaySums(sums, covered_since) => {
                self.day_sums.extend(sums);
                if let Some(since) = covered_since {
                    let key = (machine.clone(), provider.clone());
                    let known = self.covered_since.entry(key).or_insert(since);
                    *known = since.min(*known);
                }
            }
            Content::Limits(readings) => {
                let placed = readings
                    .into_iter()
                    .map(|reading| (machine.clone(), provider.clone(), reading));
                self.limits.extend(placed);
            }
            Content::Machine(card) => {
                self.machines.insert(machine.clone(), card);
            }
        }
    }
}

/// What a file holds beside records.
fn read(snapshot: &Snapshot, entry: &Entry) -> Result<Option<Content>, Problem> {
    let problem = |reason: &dyn std::fmt::Display| Problem {
        path: entry.path.clone(),
        reason: format!("{reason}; left out"),
    };
    let bytes = snapshot.read(entry).map_err(|error| problem(&error))?;
    let content = match entry.kind {
        EntryKind::Records(_) => return Ok(None),
        EntryKind::DayV1(_) => {
            DayFileV1::parse(&bytes).map(|file| Content::DaySums(file.day_sums().sums, None))
        }
        EntryKind::DaySums(_) => DaySumsFile::parse(&bytes)
            .map(|file| Content::DaySums(file.day_sums().collect(), file.covered_since)),
        EntryKind::Limits(_) => {
            LimitsFile::parse(&bytes).map(|file| Content::Limits(file.readings))
        }
        EntryKind::Machine => MachineFile::parse(&bytes).map(Content::Machine),
    };
    content.map(Some).map_err(|error| problem(&error))
}

/// The shared settings of a store.
///
/// # Errors
///
/// They cannot be read or are not as they should be.
pub fn read_settings(snapshot: &Snapshot) -> Result<SharedSettings, SummarizeError> {
    let bytes = snapshot.settings()?;
    bytes.map_or_else(|| Ok(SharedSettings::default()), |bytes| parse_settings(&bytes))
}

/// Reads `token-matters.yaml`.
///
/// # Errors
///
/// [`SummarizeError::Settings`]: it is not as it should be.
pub fn parse_settings(bytes: &[u8]) -> Result<SharedSettings, SummarizeError> {
    let wrong = |message: String| SummarizeError::Settings { message };
    let text = std::str::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
    if text.trim().is_empty() {
        return Ok(SharedSettings::default());
    }
    serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string()))
}
