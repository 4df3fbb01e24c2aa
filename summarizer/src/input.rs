//! What a summary is made of: everything that a store holds, and what a fresh scan adds.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use data_schema::resolve::Witness;
use data_schema::settings::{Publish, SharedSettings};
use data_schema::{
    DayFile, DayFileV1, DaySum, LimitReading, LimitsFile, MachineFile, Text, UsageRecord,
    UtcSeconds,
};
use pricing::PriceBook;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use store::{Entry, EntryKind, Problem, Snapshot};

use crate::SummarizeError;

/// Everything that is known.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the command and tests build it")]
pub struct Input {
    /// Records with the place where they stand.
    pub witnesses: Vec<Witness>,
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
    Records(Vec<Witness>),
    DaySums(Vec<DaySum>),
    Limits(Vec<LimitReading>),
    Machine(MachineFile),
}

impl Input {
    /// Reads a whole store, on all cores.
    ///
    /// # Errors
    ///
    /// The shared settings cannot be read or are not as they should be.
    pub fn from_snapshot(snapshot: &Snapshot) -> Result<Self, SummarizeError> {
        let mut input = Self::default();
        if let Some(bytes) = snapshot.settings()? {
            input.settings = settings(&bytes)?;
        }
        let entries = snapshot.entries();
        let contents: Vec<_> = entries.par_iter().map(|entry| read(snapshot, entry)).collect();
        let count = |content: &Result<Content, Problem>| match content {
            Ok(Content::Records(records)) => records.len(),
            _ => 0,
        };
        input.witnesses.reserve(contents.iter().map(count).sum());
        for (entry, content) in entries.iter().zip(contents) {
            match content {
                Ok(content) => input.take(entry, content),
                Err(problem) => input.problems.push(problem),
            }
        }
        Ok(input)
    }

    /// Adds records that are not stored yet; those that are stored are joined when the summary is made.
    pub fn add(
        &mut self,
        machine: &Text,
        provider: &Text,
        records: impl IntoIterator<Item = Box<UsageRecord>>,
    ) {
        self.witnesses.extend(records.into_iter().map(|record| Witness {
            machine: machine.clone(),
            provider: provider.clone(),
            record,
        }));
    }

    fn take(&mut self, entry: &Entry, content: Content) {
        let (machine, provider) = (&entry.machine, &entry.provider);
        match content {
            Content::Records(mut records) => self.witnesses.append(&mut records),
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

fn read(snapshot: &Snapshot, entry: &Entry) -> Result<Content, Problem> {
    let problem = |reason: &dyn std::fmt::Display| Problem {
        path: entry.path.clone(),
        reason: format!("{reason}; left out"),
    };
    let bytes = snapshot.read(entry).map_err(|error| problem(&error))?;
    let content = match entry.kind {
        EntryKind::Records(_) => {
            DayFile::parse(&bytes).map(|file| Content::Records(witnesses(entry, file)))
        }
        EntryKind::DayV1(_) => {
            DayFileV1::parse(&bytes).map(|file| Content::DaySums(file.day_sums().sums))
        }
        EntryKind::Limits(_) => {
            LimitsFile::parse(&bytes).map(|file| Content::Limits(file.readings))
        }
        EntryKind::Machine => MachineFile::parse(&bytes).map(Content::Machine),
    };
    content.map_err(|error| problem(&error))
}

/// The records of a file, each with its place. Boxed here, on the thread that has read them.
fn witnesses(entry: &Entry, file: DayFile) -> Vec<Witness> {
    let witness = |record| Witness {
        machine: entry.machine.clone(),
        provider: entry.provider.clone(),
        record: Box::new(record),
    };
    // Not collected: that would keep the room of the records for pointers to them.
    let mut witnesses = Vec::with_capacity(file.records.len());
    witnesses.extend(file.records.into_iter().map(witness));
    witnesses
}

fn settings(bytes: &[u8]) -> Result<SharedSettings, SummarizeError> {
    let wrong = |message: String| SummarizeError::Settings { message };
    let text = std::str::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
    if text.trim().is_empty() {
        return Ok(SharedSettings::default());
    }
    serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string()))
}
