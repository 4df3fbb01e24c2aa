//! What a summary is made of: everything that a store holds, and what a fresh scan adds.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use data_schema::settings::{Publish, SharedSettings};
use data_schema::{
    DayFileV1, DaySum, LimitReading, LimitsFile, MachineFile, Text, UsageRecord, UtcSeconds,
};
use pricing::PriceBook;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use store::{Block, Entry, EntryKind, Index, Part, Problem, Snapshot};

use crate::{SummarizeError, pack};

/// Everything that is known.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the command and tests build it")]
pub struct Input {
    /// Packed records with their ids.
    pub parts: Vec<Part>,
    /// Day sums of 1.x.
    pub day_sums: Vec<DaySum>,
    /// Readings of limits with their machine and provider.
    pub limits: Vec<(Text, Text, LimitReading)>,
    /// Cards of the machines.
    pub machines: BTreeMap<Text, MachineFile>,
    /// The shared settings.
    pub settings: SharedSettings,
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
    DaySums(Vec<DaySum>),
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
        let mut input = Self { parts, settings, problems, notices, ..Self::default() };
        let others = |entry: &&Entry| !matches!(entry.kind, EntryKind::Records(_));
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

    /// Whether there is nothing to count.
    pub fn is_empty(&self) -> bool {
        let mut blocks = self.parts.iter().flat_map(|part| &part.blocks);
        blocks.all(|block| block.count == 0) && self.day_sums.is_empty()
    }

    fn take(&mut self, entry: &Entry, content: Content) {
        let (machine, provider) = (&entry.machine, &entry.provider);
        match content {
            Content::DaySums(sums) => self.day_sums.extend(sums),
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
            DayFileV1::parse(&bytes).map(|file| Content::DaySums(file.day_sums().sums))
        }
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
    bytes.map_or_else(|| Ok(SharedSettings::default()), |bytes| settings(&bytes))
}

fn settings(bytes: &[u8]) -> Result<SharedSettings, SummarizeError> {
    let wrong = |message: String| SummarizeError::Settings { message };
    let text = std::str::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
    if text.trim().is_empty() {
        return Ok(SharedSettings::default());
    }
    serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string()))
}
