//! What a run stores: joined with what is there, in one commit.

use std::collections::BTreeMap;
use std::mem;
use std::thread;
use std::time::Duration;

use chrono::NaiveDate;
use data_schema::{
    DayFile, FormatError, LimitReading, LimitsFile, MachineFile, Period, RecordSet, Secret, Text,
    UsageRecord, UtcSeconds, Version, join,
};
use gix::ObjectId;

use crate::checked::check_changes;
use crate::clean::clean;
use crate::git::Git;
use crate::listing::Scope;
use crate::mark::Checked;
use crate::path::{EntryKind, day_file, limits_file, machine_file};
use crate::store::{Backend, Store};
use crate::{Changes, FileStamp, Snapshot, StoreError, compact};

/// How often a run is built anew when others were faster. With ten collectors at once each wins
/// within ten.
const ATTEMPTS: u32 = 40;
/// After so many attempts, a second or more, a lock on the branch is a dead one.
const STALE_AFTER: u32 = 20;
/// How many files of one day, or of one month of limits, are looked for.
const FILES_PER_PERIOD: u32 = 99;

/// What one run wants to store.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the collect run builds it")]
pub struct Run {
    /// Name of the machine, as [`Store::machine_name`] gave it.
    pub machine: Text,
    /// Random id of the machine.
    pub machine_id: String,
    /// Time of the run.
    pub now: UtcSeconds,
    /// Name and version of the program.
    pub program: String,
    /// What the sources gave.
    pub sources: Vec<SourceRun>,
}

/// What one source gave.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the collect run builds it")]
pub struct SourceRun {
    /// Id of the source.
    pub provider: Text,
    /// One per response.
    pub records: RecordSet,
    /// What the vendor said about limits.
    pub limits: Vec<LimitReading>,
    /// Files whose content is in `records`, or was stored before.
    pub files: Vec<FileStamp>,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stored {
    /// The new commit in hex; `None` if nothing was new, or the store is a plain folder.
    pub commit: Option<String>,
    /// Files written.
    pub files_written: usize,
    /// Responses that the store did not hold before.
    pub records_added: usize,
    /// Files that could not be joined with: they stay as they are, and what belongs there stands in a
    /// second file.
    pub problems: Vec<Problem>,
    /// What looked like a secret and was replaced by its hash: different texts of each kind.
    pub secrets: Vec<(Secret, usize)>,
}

/// A file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "readers of a store report problems as well")]
pub struct Problem {
    /// Its path in the store.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

impl Problem {
    pub(crate) fn new(path: &str, reason: &impl ToString) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }
}

impl Run {
    /// Whether it has nothing to store.
    fn is_empty(&self) -> bool {
        let is_empty = |source: &SourceRun| source.records.is_empty() && source.limits.is_empty();
        self.sources.iter().all(is_empty)
    }
}

impl Store {
    /// Joins a run with what is stored, in one commit; no change, no commit.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written, or others changed it at every attempt. What was stored
    /// before is untouched then.
    pub fn store_run(&self, run: &Run) -> Result<Stored, StoreError> {
        let (run, secrets) = clean(run);
        let run = &*run;
        let _lock = match &self.backend {
            Backend::Git(git) => Some(git.lock()?),
            Backend::Folder(_) => None,
        };
        for attempt in 0..ATTEMPTS {
            if let (STALE_AFTER, Backend::Git(git)) = (attempt, &self.backend) {
                git.remove_stale_lock()?;
            }
            let snapshot = self.snapshot_for(run)?;
            let plan = Plan::made(&snapshot, run)?;
            if let Some(stored) = self.apply(plan, run)? {
                return Ok(Stored { secrets, ..stored });
            }
            thread::sleep(pause(attempt));
        }
        Err(StoreError::Busy { path: self.path().to_owned(), attempts: ATTEMPTS })
    }

    /// What [`Store::store_run`] would change now, without changing anything.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn plan_run(&self, run: &Run) -> Result<(Changes, Stored), StoreError> {
        let (run, secrets) = clean(run);
        let snapshot = self.snapshot_for(&run)?;
        let Plan { changes, stored, .. } = Plan::made(&snapshot, &run)?;
        let files_written = changes.len();
        Ok((changes, Stored { files_written, secrets, ..stored }))
    }

    /// What a run can concern.
    fn snapshot_for(&self, run: &Run) -> Result<Snapshot, StoreError> {
        let machine = [&*run.machine];
        let scope = if run.is_empty() { Scope::Nothing } else { Scope::Machines(&machine) };
        self.snapshot_of(scope)
    }

    /// `None` if somebody else was faster.
    fn apply(&self, plan: Plan<'_>, run: &Run) -> Result<Option<Stored>, StoreError> {
        let Plan { changes, mut stored, .. } = plan;
        stored.files_written = changes.len();
        check_changes(&changes)?;
        let mut commit = String::new();
        match &self.backend {
            Backend::Folder(folder) => folder.write(&changes)?,
            Backend::Git(git) => {
                let base = plan.snapshot.commit();
                let base = base.and_then(|hex| ObjectId::from_hex(hex.as_bytes()).ok());
                commit = base.map(|base| base.to_string()).unwrap_or_default();
                if !changes.is_empty() {
                    let message = message(run, &stored);
                    let (new, written) = git.write(base, &changes, &message, run.now)?;
                    if !git.advance(base, new, run.now)? {
                        return Ok(None);
                    }
                    let base = mem::replace(&mut commit, new.to_string());
                    stored.commit = Some(commit.clone());
                    let checked = self.checked_after(git, run, (&base, &commit, &written));
                    self.mark(run, commit, checked)?;
                    return Ok(Some(stored));
                }
            }
        }
        let checked = self.remembered(&run.machine);
        self.mark(run, commit, checked)?;
        Ok(Some(stored))
    }

    /// What is known to be readable after a commit: what was so before, and what has just been written.
    fn checked_after(
        &self,
        git: &Git,
        run: &Run,
        (base, commit, written): (&str, &str, &[ObjectId]),
    ) -> Option<Checked> {
        let is_at_base = |checked: &Checked| checked.tip == base;
        let objects = if let Some(checked) = self.remembered(&run.machine).filter(is_at_base) {
            let mut objects = checked.objects;
            git.update_state(&mut objects, written).ok()?;
            let checked = Checked { tip: commit.to_owned(), objects };
            self.remember(&run.machine, Some(checked.clone()));
            return Some(checked);
        } else if base.is_empty() {
            git.object_state().ok()?
        } else {
            // Nobody has looked since the mark was written: folders with new objects are looked at again.
            let known = self.read_mark(&run.machine)?.checked.filter(is_at_base)?;
            let mut objects = known.objects;
            Git::forget_state(&mut objects, written);
            objects
        };
        Some(Checked { tip: commit.to_owned(), objects })
    }

    /// The folder of a machine in a commit, in hex.
    fn folder_of(&self, commit: &str, machine: &str) -> Result<String, StoreError> {
        match (&self.backend, ObjectId::from_hex(commit.as_bytes())) {
            (Backend::Git(git), Ok(commit)) => git.folder_of(commit, machine),
            _ => Ok(String::new()),
        }
    }

    /// Notes which source files are stored now.
    fn mark(&self, run: &Run, commit: String, checked: Option<Checked>) -> Result<(), StoreError> {
        if commit.is_empty() {
            return Ok(());
        }
        let known = self.read_mark(&run.machine);
        let is_replaced =
            |provider: &String| run.sources.iter().any(|source| *source.provider == **provider);
        // Whether the old mark holds is looked up only for sources that this run leaves as they are, and
        // unless this handle has done so before.
        let holds = self.remembered(&run.machine).is_some_and(|checked| checked.tip == commit);
        let mut mark = match &known {
            Some(known) if holds || known.sources.keys().all(is_replaced) => known.clone(),
            _ => self.stored_mark(&run.machine)?,
        };
        mark.folder = self.folder_of(&commit, &run.machine)?;
        mark.commit = commit;
        mark.checked = checked.or(mark.checked);
        for source in &run.sources {
            mark.sources
                .insert(source.provider.to_string(), source.files.iter().cloned().collect());
        }
        if known.as_ref() == Some(&mark) { Ok(()) } else { self.write_mark(&run.machine, &mark) }
    }
}

/// Longer with every attempt, and different for every process.
fn pause(attempt: u32) -> Duration {
    let spread = u64::from(std::process::id() % 17) + 8;
    Duration::from_millis(spread * u64::from(attempt.min(8) + 1))
}

fn message(run: &Run, stored: &Stored) -> String {
    let (machine, added) = (&run.machine, stored.records_added);
    format!("collect: {machine}, {added} new responses\n\n{}\n", run.program)
}

/// The files that a run changes.
struct Plan<'a> {
    snapshot: &'a Snapshot,
    run: &'a Run,
    changes: Changes,
    stored: Stored,
}

/// The files of one period.
struct Files<F> {
    /// Where to write.
    target: String,
    /// What stands there: the first file that may be written anew.
    open: Option<F>,
    /// The others, which stay as they are.
    fixed: Vec<F>,
}

/// How one kind of file is read.
struct Kind<F> {
    parse: fn(&[u8]) -> Result<F, FormatError>,
    is_ours_to_rewrite: fn(&F) -> bool,
}

const DAYS: Kind<DayFile> =
    Kind { parse: DayFile::parse, is_ours_to_rewrite: DayFile::is_ours_to_rewrite };
const LIMITS: Kind<LimitsFile> =
    Kind { parse: LimitsFile::parse, is_ours_to_rewrite: LimitsFile::is_ours_to_rewrite };

impl<'a> Plan<'a> {
    fn new(snapshot: &'a Snapshot, run: &'a Run) -> Self {
        Self { snapshot, run, changes: Changes::default(), stored: Stored::default() }
    }

    /// Everything that a run changes.
    fn made(snapshot: &'a Snapshot, run: &'a Run) -> Result<Self, StoreError> {
        let mut plan = Self::new(snapshot, run);
        plan.build()?;
        plan.months();
        Ok(plan)
    }

    fn build(&mut self) -> Result<(), StoreError> {
        let mut forgotten = self.snapshot.tombstones()?.memory();
        for source in &self.run.sources {
            if forgotten.forgets_source(&self.run.machine, &source.provider) {
                continue;
            }
            let mut days: BTreeMap<NaiveDate, Vec<&UsageRecord>> = BTreeMap::new();
            for record in source.records.iter().filter(|record| !forgotten.forgets_record(record)) {
                days.entry(record.at.utc_date()).or_default().push(record);
            }
            for (date, records) in days {
                self.day(&source.provider, date, &records)?;
            }
            self.limits(source)?;
        }
        if self.changes.is_empty() { Ok(()) } else { self.card() }
    }

    /// Makes one file of each month that has been closed for a week.
    fn months(&mut self) {
        let (snapshot, run) = (self.snapshot, self.run);
        let left = compact::months(snapshot, &run.machine, run.now, &mut self.changes);
        self.stored.problems.extend(left);
    }

    fn day(
        &mut self,
        provider: &Text,
        date: NaiveDate,
        records: &[&UsageRecord],
    ) -> Result<(), StoreError> {
        let machine = &self.run.machine;
        let files = self.files(&DAYS, |number| day_file(machine, provider, date, number))?;
        let mut fixed: RecordSet = files.fixed.into_iter().flat_map(|file| file.records).collect();
        self.month(provider, records, &mut fixed)?;
        let before = files.open.map(|file| file.records).unwrap_or_default();
        let mut set: RecordSet = before.iter().cloned().collect();
        let mut added = 0;
        for record in records {
            let known = fixed.get(record.id);
            if known.is_some_and(|known| join(known.clone(), (*record).clone()) == *known) {
                continue;
            }
            added += usize::from(known.is_none() && set.get(record.id).is_none());
            set.insert((*record).clone());
        }
        let after = set.into_sorted();
        if after == before {
            return Ok(());
        }
        self.stored.records_added += added;
        let file =
            DayFile::new(machine.clone(), provider.clone(), Period::Day(date), self.run.now, after);
        self.changes.write(files.target, file.to_bytes());
        Ok(())
    }

    /// Reads the files of one period, by their names in order: the first that may be written anew, and
    /// the others. What cannot be read stays as it is and is told.
    fn files<F>(
        &mut self,
        kind: &Kind<F>,
        path: impl Fn(u32) -> String,
    ) -> Result<Files<F>, StoreError> {
        let (mut target, mut open, mut fixed) = (None, None, Vec::new());
        for number in 1..=FILES_PER_PERIOD {
            let path = path(number);
            let Some(bytes) = self.snapshot.read_path(&path)? else {
                target = target.or(Some(path));
                break;
            };
            match (kind.parse)(&bytes) {
                Ok(file) if target.is_none() && (kind.is_ours_to_rewrite)(&file) => {
                    open = Some(file);
                    target = Some(path);
                }
                Ok(file) => fixed.push(file),
                Err(error) => self.problem(&path, &error),
            }
        }
        let target = target.unwrap_or_else(|| path(FILES_PER_PERIOD + 1));
        Ok(Files { target, open, fixed })
    }

    /// What a closed month holds.
    fn month(
        &mut self,
        provider: &Text,
        records: &[&UsageRecord],
        fixed: &mut RecordSet,
    ) -> Result<(), StoreError> {
        let Some(at) = records.first().map(|record| record.at) else { return Ok(()) };
        let snapshot = self.snapshot;
        for entry in snapshot.of_source(&self.run.machine, provider) {
            let EntryKind::Records(month @ Period::Month(_)) = entry.kind else { continue };
            if !month.contains(at) {
                continue;
            }
            match DayFile::parse(&snapshot.read(entry)?) {
                Ok(file) => fixed.extend(file.records),
                Err(error) => self.problem(&entry.path, &error),
            }
        }
        Ok(())
    }

    fn limits(&mut self, source: &SourceRun) -> Result<(), StoreError> {
        let mut months: BTreeMap<String, Vec<LimitReading>> = BTreeMap::new();
        for reading in &source.limits {
            let month = Period::month_of(reading.at).to_string();
            months.entry(month).or_default().push(reading.clone());
        }
        for (month, new) in months {
            self.month_of_limits(&source.provider, month, new)?;
        }
        Ok(())
    }

    /// Adds readings to the first file of a month that may be written anew, leaving out what stands in
    /// others.
    fn month_of_limits(
        &mut self,
        provider: &Text,
        month: String,
        mut new: Vec<LimitReading>,
    ) -> Result<(), StoreError> {
        let machine = &self.run.machine;
        let files = self.files(&LIMITS, |number| limits_file(machine, provider, &month, number))?;
        new.retain(|reading| !files.fixed.iter().any(|file| file.readings.contains(reading)));
        let of_year = compact::year_of_limits(self.snapshot, (machine, provider), &month);
        new.retain(|reading| of_year.binary_search(reading).is_err());
        let before = files.open.map(|file| file.readings).unwrap_or_default();
        let mut readings = before.clone();
        readings.extend(new);
        readings.sort();
        readings.dedup();
        if readings != before {
            let file = LimitsFile {
                version: Version::CURRENT,
                machine: self.run.machine.clone(),
                provider: provider.clone(),
                month,
                collected_at: self.run.now,
                readings,
            };
            self.changes.write(files.target, file.to_bytes());
        }
        Ok(())
    }

    /// The machine's card, when something else changes.
    fn card(&mut self) -> Result<(), StoreError> {
        let run = self.run;
        let path = machine_file(&run.machine);
        let bytes = self.snapshot.read_path(&path)?;
        let known = bytes.as_deref().and_then(|bytes| MachineFile::parse(bytes).ok());
        let version = |card: &MachineFile| card.version.parse::<Version>().ok();
        if known.as_ref().and_then(version).is_some_and(|version| version > Version::CURRENT) {
            return Ok(());
        }
        let mut card = known.unwrap_or_else(|| MachineFile {
            version: data_schema::VERSION.into(),
            machine: run.machine.to_string(),
            id: run.machine_id.clone(),
            first_collected: run.now,
            programs: Vec::new(),
        });
        if !card.programs.contains(&run.program) {
            card.programs.push(run.program.clone());
            card.programs.sort();
        }
        let new = card.to_bytes();
        if bytes.as_ref() != Some(&new) {
            self.changes.write(path, new);
        }
        Ok(())
    }

    fn problem(&mut self, path: &str, error: &FormatError) {
        self.stored.problems.push(Problem::new(path, error));
    }
}
