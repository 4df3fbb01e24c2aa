//! Takes out of the store what is to be forgotten, and leaves a tombstone, so that it never comes back.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use chrono::NaiveDate;
use data_schema::{
    DayFile, DayFileV1, DaySumsFile, LimitsFile, Memory, Period, RecordId, RecordSet,
    TOMBSTONES_FILE, Text, Tombstone, UtcSeconds,
};

use crate::compact::month_file;
use crate::path::EntryKind;
use crate::store::Store;
use crate::{Changes, Entry, Problem, Snapshot, StoreError};

/// What is taken out, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forgotten {
    /// The commit in hex, once it is made; a plain folder has none.
    pub commit: Option<String>,
    /// Different responses.
    pub responses: usize,
    /// Their tokens, each response once.
    pub tokens: u64,
    /// Sums of a day of version 1.x.
    pub day_sums: usize,
    /// Readings of limits.
    pub limits: usize,
    /// Days in UTC that they lie on.
    pub days: BTreeSet<NaiveDate>,
    /// Machines that wrote them.
    pub machines: BTreeSet<Text>,
    /// Files that change or go.
    pub files: usize,
    /// Files that stay as they are although something in them may be meant. No reader shows it.
    pub problems: Vec<Problem>,
}

impl Store {
    /// What [`Store::forget`] would take out, without changing anything.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn plan_forget(&self, tombstone: &Tombstone) -> Result<Forgotten, StoreError> {
        let snapshot = self.snapshot()?;
        let mut plan = Plan::new(&snapshot, tombstone)?;
        plan.all()?;
        Ok(plan.done)
    }

    /// Writes a tombstone and takes out what it means, of all machines, in one commit. Derived files of the store
    /// that may still hold it are taken away. The history still holds it.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub fn forget(&self, tombstone: &Tombstone, now: UtcSeconds) -> Result<Forgotten, StoreError> {
        let mut done = Forgotten::default();
        let message = format!("forget: a {}\n", tombstone.scope);
        let commit = self.edit(now, &message, |snapshot| {
            let mut plan = Plan::new(snapshot, tombstone)?;
            plan.all()?;
            done = plan.done;
            let mut changes = plan.changes;
            let mut tombstones = snapshot.tombstones()?;
            tombstones.insert(tombstone.clone());
            changes.write(TOMBSTONES_FILE, tombstones.to_bytes());
            Ok(changes)
        })?;
        done.commit = commit;
        let index = self.snapshot()?.private_folder().join("index");
        match fs_err::remove_dir_all(index) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(done),
        }
    }
}

/// The files that change.
struct Plan<'a> {
    snapshot: &'a Snapshot,
    tombstones: data_schema::Tombstones,
    memory: Memory,
    changes: Changes,
    done: Forgotten,
    /// Tokens of each response, so that one in two files counts once.
    seen: BTreeMap<RecordId, u64>,
}

impl<'a> Plan<'a> {
    /// All tombstones are obeyed, so that what an older one left is taken out as well.
    fn new(snapshot: &'a Snapshot, tombstone: &Tombstone) -> Result<Self, StoreError> {
        let mut tombstones = snapshot.tombstones()?;
        tombstones.insert(tombstone.clone());
        let memory = tombstones.memory();
        let (changes, done, seen) = Default::default();
        Ok(Self { snapshot, tombstones, memory, changes, done, seen })
    }

    fn all(&mut self) -> Result<(), StoreError> {
        let snapshot = self.snapshot;
        for entry in snapshot.entries() {
            let forgets_all = self.memory.forgets_source(&entry.machine, &entry.provider);
            match entry.kind {
                EntryKind::Records(period) => self.records(entry, period, forgets_all)?,
                // The card only says that the machine exists; others go by its id.
                EntryKind::Machine => {}
                _ if forgets_all => self.whole(entry)?,
                EntryKind::DayV1(_) | EntryKind::DaySums(_) | EntryKind::Limits(_) => {}
            }
        }
        self.done.files = self.changes.len();
        self.done.responses = self.seen.len();
        self.done.tokens = self.seen.values().fold(0, |sum, tokens| sum.saturating_add(*tokens));
        Ok(())
    }

    /// A file of records.
    fn records(
        &mut self,
        entry: &Entry,
        period: Period,
        forgets_all: bool,
    ) -> Result<(), StoreError> {
        let file = match DayFile::parse(&self.snapshot.read(entry)?) {
            Ok(file) => file,
            Err(error) => {
                if forgets_all {
                    self.take(entry);
                } else {
                    let reason = format!(
                        "{error}; it stays as it is: `token-matters store verify --fix` repairs it, then forget again"
                    );
                    self.done.problems.push(Problem::new(&entry.path, &reason));
                }
                return Ok(());
            }
        };
        let left = self.tombstones.strip(&file);
        if left.as_ref().is_some_and(|left| left.records.len() == file.records.len()) {
            return Ok(());
        }
        if left.is_some() && !file.is_ours_to_rewrite() {
            let reason = "was written by a newer version of this program and stays as it is: no reader shows what is forgotten; update this machine, then forget again";
            self.done.problems.push(Problem::new(&entry.path, &reason));
            return Ok(());
        }
        self.count(&file, left.as_ref());
        self.take(entry);
        if let Some(left) = left {
            let (path, bytes) = match period {
                Period::Day(_) => (entry.path.clone(), left.to_bytes()),
                Period::Month(first) => {
                    let records: RecordSet = left.records.into_iter().collect();
                    let origin = (&*left.machine, &*left.provider);
                    let Some(made) = month_file(origin, first, left.collected_at, records) else {
                        return Ok(());
                    };
                    made
                }
            };
            self.changes.write(path, bytes);
        }
        Ok(())
    }

    /// A file that goes as a whole.
    fn whole(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let bytes = self.snapshot.read(entry)?;
        match entry.kind {
            EntryKind::DayV1(date) => {
                let sums = DayFileV1::parse(&bytes).map(|file| file.day_sums().sums.len());
                self.done.day_sums += sums.unwrap_or(0);
                self.done.days.insert(date);
            }
            EntryKind::DaySums(_) => {
                let sums = DaySumsFile::parse(&bytes).map(|file| file.sums).unwrap_or_default();
                self.done.day_sums += sums.len();
                self.done.days.extend(sums.iter().map(|sum| sum.date));
            }
            _ => {
                let readings = LimitsFile::parse(&bytes).map(|file| file.readings.len());
                self.done.limits += readings.unwrap_or(0);
            }
        }
        self.take(entry);
        Ok(())
    }

    fn take(&mut self, entry: &Entry) {
        self.done.machines.insert(entry.machine.clone());
        self.changes.remove(entry.path.as_str());
    }

    /// Counts what is in a file and not in what is left of it.
    fn count(&mut self, file: &DayFile, left: Option<&DayFile>) {
        let stays: BTreeSet<RecordId> =
            left.iter().flat_map(|left| &left.records).map(|record| record.id).collect();
        for record in file.records.iter().filter(|record| !stays.contains(&record.id)) {
            let tokens = self.seen.entry(record.id).or_default();
            *tokens = (*tokens).max(record.usage.total());
            self.done.days.insert(record.at.utc_date());
        }
    }
}
