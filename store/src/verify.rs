//! Is everything readable and as it was written? And if not: back to the newest good commit, and join
//! again what can still be read.

use std::collections::BTreeMap;

use data_schema::{
    DayFile, DayFileV1, DaySumsFile, LimitsFile, MachineFile, RecordSet, Text, UtcSeconds,
};
use gix::ObjectId;
use gix::refs::transaction::PreviousValue;

use crate::git::Git;
use crate::listing::Scope;
use crate::path::Entry;
use crate::run::{Run, SourceRun};
use crate::store::{Backend, Store};
use crate::{EntryKind, Problem, Snapshot, StoreError, import};

/// Where a broken tip is kept.
const BROKEN: &str = "refs/token-matters/broken/";

/// What verifying found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// Files that were read.
    pub files: usize,
    /// Responses in them, one per id, machine and source.
    pub records: usize,
    /// What is wrong, sorted by path.
    pub problems: Vec<Problem>,
    /// Files below `raw/` that are none of ours: left alone.
    pub foreign: Vec<String>,
    /// Files of other machines that are on the remote only, which could not be asked.
    pub absent: usize,
    /// What the repair did, if one was asked for and needed.
    pub repair: Option<Repair>,
}

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repair {
    /// The commit that was gone back to; `None` if none was good.
    pub back_to: Option<String>,
    /// The reference that keeps the broken commit, if it can still be read.
    pub kept_as: Option<String>,
    /// Damaged git objects that were moved to `token-matters/damaged/`.
    pub set_aside: usize,
    /// Files whose records were joined again.
    pub files_joined: usize,
    /// Problems that are left.
    pub left: usize,
}

impl VerifyReport {
    /// Moves what may stand on the remote alone from the problems to the absent files.
    fn without_absent(
        mut self,
        git: &Git,
        tip: Option<ObjectId>,
        is_offline: bool,
    ) -> Result<Self, StoreError> {
        if let (true, Some(tip)) = (is_offline, tip) {
            let snapshot = Snapshot::of_git(git, Some(tip), Scope::All)?;
            let is_absent = |problem: &Problem| {
                // One that is here and cannot be read is damaged, not absent.
                let is_missing = |id| matches!(git.local().try_find_header(id), Ok(None));
                snapshot.object(&problem.path).is_some_and(is_missing)
            };
            let before = self.problems.len();
            self.problems.retain(|problem| !is_absent(problem));
            self.absent = before - self.problems.len();
        }
        Ok(self)
    }

    /// Whether all is well now.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty() || self.repair.as_ref().is_some_and(|repair| repair.left == 0)
    }
}

impl Store {
    /// Reads every file and checks it: hash, version, the place it stands in. With `fix`, a broken
    /// repository steps back to its newest good commit and what can be read of the newer ones is
    /// joined again; the broken commit is kept. Open the store anew after a repair.
    ///
    /// # Errors
    ///
    /// The folder is no store, or the repair cannot be written.
    pub fn verify(
        &self,
        fix: bool,
        now: UtcSeconds,
        program: &str,
    ) -> Result<VerifyReport, StoreError> {
        // A partial repository has most files of other machines on the remote only.
        let asked = self.fetch_content();
        if let Err(error) = &asked {
            tracing::debug!(%error, "the remote cannot be asked for files");
        }
        let mut report = match &self.backend {
            Backend::Folder(_) => check(&self.snapshot()?, None),
            Backend::Git(git) => match git.tip() {
                Ok(tip) => check_commit(git, tip).without_absent(git, tip, asked.is_err())?,
                Err(error) => broken(git, &error),
            },
        };
        if let (true, false, Backend::Git(git)) = (fix, report.problems.is_empty(), &self.backend) {
            report.repair = Some(self.repair(git, now, program)?);
        }
        Ok(report)
    }

    fn repair(&self, git: &Git, now: UtcSeconds, program: &str) -> Result<Repair, StoreError> {
        let mut repair = Repair::default();
        let lock = git.lock()?;
        git.remove_stale_lock()?;
        repair.set_aside = git.set_aside_damaged()?;
        // Where packs were set aside, this handle still knows them.
        let missing = || StoreError::Missing { path: git.root.clone() };
        let git = &Git::open(&git.root)?.ok_or_else(missing)?;
        let mut store = Self::of(Backend::Git(Box::new(git.clone())));
        store.remote.clone_from(&self.remote);
        // The remote may still have what was damaged here; git fetches it only once the damaged copy is out of the way.
        if let Err(error) = store.fetch_content() {
            tracing::debug!(%error, "the remote cannot be asked for files");
        }
        let tip = git.tip().ok().flatten();
        let first_good = |commits: &[ObjectId]| {
            let is_good =
                |commit: &&ObjectId| check_commit(git, Some(**commit)).problems.is_empty();
            commits.iter().find(is_good).copied()
        };
        let mut candidates = git.earlier_tips();
        let mut good = first_good(&candidates);
        if good.is_none() {
            candidates.extend(git.all_commits());
            good = first_good(&candidates);
        }
        // Everything that can still be read of the commits after the good one.
        let newer = candidates.iter().copied().take_while(|candidate| Some(*candidate) != good);
        let mut readable = Readable::default();
        for commit in tip.into_iter().chain(newer) {
            readable.add(git, commit);
        }
        if let Some(tip) = tip.filter(|tip| git.has(*tip)) {
            let mut number = 1;
            while git.root.join(format!("{BROKEN}{number}")).exists() {
                number += 1;
            }
            let name = format!("{BROKEN}{number}");
            git.set(&name, tip, PreviousValue::MustNotExist, now)?;
            repair.kept_as = Some(name);
        }
        repair.back_to = good.map(|good| good.to_string());
        git.step_back(good, now)?;
        repair.files_joined = readable.files;
        drop(lock);
        let sums = std::mem::take(&mut readable.sums);
        readable.put_back(&store, now)?;
        for run in readable.runs(now, program) {
            store.store_run(&run)?;
        }
        store.edit(now, "repair: day sums of 1.x", |snapshot| import::joined(snapshot, &sums))?;
        repair.left = check_commit(git, git.tip()?).problems.len();
        Ok(repair)
    }
}

/// Records and cards that can still be read.
#[derive(Default)]
struct Readable {
    files: usize,
    /// Files that are not joined record by record, by path.
    whole: BTreeMap<String, Vec<u8>>,
    records: BTreeMap<(Text, Text), RecordSet>,
    limits: BTreeMap<(Text, Text), LimitsFile>,
    machines: BTreeMap<Text, String>,
    /// By path.
    sums: BTreeMap<String, DaySumsFile>,
}

impl Readable {
    fn add(&mut self, git: &Git, commit: ObjectId) {
        let Ok(snapshot) = Snapshot::of_git(git, Some(commit), Scope::All) else { return };
        for entry in snapshot.entries() {
            let Some(bytes) = snapshot.object(&entry.path).and_then(|id| git.read_checked(id).ok())
            else {
                continue;
            };
            self.add_file(entry, &bytes);
        }
        for (path, id) in snapshot.beside() {
            if let Ok(bytes) = git.read_checked(id) {
                self.keep(path, &bytes);
            }
        }
    }

    fn add_file(&mut self, entry: &Entry, bytes: &[u8]) {
        let key = (entry.machine.clone(), entry.provider.clone());
        match entry.kind {
            EntryKind::Records(_) => {
                let Ok(file) = DayFile::parse(bytes) else { return };
                self.records.entry(key).or_default().extend(file.records);
            }
            EntryKind::Limits(_) => {
                let Ok(file) = LimitsFile::parse(bytes) else { return };
                match self.limits.entry(key) {
                    std::collections::btree_map::Entry::Vacant(empty) => {
                        empty.insert(file);
                    }
                    std::collections::btree_map::Entry::Occupied(mut known) => {
                        known.get_mut().readings.extend(file.readings);
                    }
                }
            }
            EntryKind::Machine => {
                let Ok(card) = MachineFile::parse(bytes) else { return };
                self.machines.insert(entry.machine.clone(), card.id);
            }
            EntryKind::DaySums(_) => {
                let Ok(file) = DaySumsFile::parse(bytes) else { return };
                let joined = match self.sums.remove(&entry.path) {
                    Some(known) => known.join(file),
                    None => file,
                };
                self.sums.insert(entry.path.clone(), joined);
            }
            EntryKind::DayV1(_) => {
                self.keep(&entry.path, bytes);
            }
        }
        self.files += 1;
    }

    /// Keeps a file whole; the newest that can be read counts, and commits are read from the newest on.
    fn keep(&mut self, path: &str, bytes: &[u8]) {
        self.whole.entry(path.to_owned()).or_insert_with(|| bytes.to_vec());
    }

    /// Puts whole files back where the good commit has none.
    fn put_back(&self, store: &Store, now: UtcSeconds) -> Result<(), StoreError> {
        store.edit(now, "repair: files that stand alone\n", |snapshot| {
            let mut changes = crate::Changes::default();
            for (path, bytes) in &self.whole {
                if snapshot.object(path).is_none() {
                    changes.write(path.as_str(), bytes.clone());
                }
            }
            Ok(changes)
        })?;
        Ok(())
    }

    fn runs(mut self, now: UtcSeconds, program: &str) -> Vec<Run> {
        let mut runs: BTreeMap<Text, Run> = BTreeMap::new();
        for ((machine, provider), records) in self.records {
            let key = (machine.clone(), provider.clone());
            let limits = self.limits.remove(&key).map(|file| file.readings).unwrap_or_default();
            let run = runs.entry(machine.clone()).or_insert_with(|| Run {
                machine_id: self
                    .machines
                    .get(&machine)
                    .cloned()
                    .unwrap_or_else(|| machine.to_string()),
                machine,
                now,
                program: program.to_owned(),
                sources: Vec::new(),
            });
            run.sources.push(SourceRun { provider, records, limits, files: Vec::new() });
        }
        runs.into_values().collect()
    }
}

fn broken(git: &Git, error: &StoreError) -> VerifyReport {
    let problems = vec![Problem::new(&git.root.display().to_string(), error)];
    VerifyReport { problems, ..VerifyReport::default() }
}

fn check_commit(git: &Git, commit: Option<ObjectId>) -> VerifyReport {
    match Snapshot::of_git(git, commit, Scope::All) {
        Ok(snapshot) => check(&snapshot, Some(git)),
        Err(error) => broken(git, &error),
    }
}

fn check(snapshot: &Snapshot, git: Option<&Git>) -> VerifyReport {
    let mut report =
        VerifyReport { foreign: snapshot.foreign().to_vec(), ..VerifyReport::default() };
    let mut seen: BTreeMap<(&Text, &Text), RecordSet> = BTreeMap::new();
    for entry in snapshot.entries() {
        report.files += 1;
        let bytes = match (git, snapshot.object(&entry.path)) {
            (Some(git), Some(id)) => git.read_checked(id),
            _ => snapshot.read(entry),
        };
        let records =
            bytes.map_err(|error| error.to_string()).and_then(|bytes| check_file(entry, &bytes));
        match records {
            Ok(records) => {
                seen.entry((&entry.machine, &entry.provider)).or_default().extend(records);
            }
            Err(reason) => report.problems.push(Problem::new(&entry.path, &reason)),
        }
    }
    report.records = seen.values().map(RecordSet::len).sum();
    report
}

/// The records of a file that is as it should be, or what is wrong with it.
pub(crate) fn check_file(
    entry: &Entry,
    bytes: &[u8],
) -> Result<Vec<data_schema::UsageRecord>, String> {
    let same = |machine: &str, provider: &str| {
        if machine == &*entry.machine && provider == &*entry.provider {
            Ok(())
        } else {
            Err(format!(
                "says that it belongs to {machine}/{provider}: it was moved or copied here"
            ))
        }
    };
    match &entry.kind {
        EntryKind::Records(period) => {
            let file = DayFile::parse(bytes).map_err(|error| error.to_string())?;
            same(&file.machine, &file.provider)?;
            if file.period != *period {
                return Err(format!("says that it is about {}, not {period}", file.period));
            }
            Ok(file.records)
        }
        EntryKind::DayV1(_) => {
            let file = DayFileV1::parse(bytes).map_err(|error| error.to_string())?;
            same(&file.machine, &file.provider)?;
            Ok(Vec::new())
        }
        EntryKind::DaySums(year) => {
            let file = DaySumsFile::parse(bytes).map_err(|error| error.to_string())?;
            same(&file.machine, &file.provider)?;
            if file.year != *year {
                return Err(format!("says that it is about {}, not {year}", file.year));
            }
            Ok(Vec::new())
        }
        EntryKind::Limits(month) => {
            let file = LimitsFile::parse(bytes).map_err(|error| error.to_string())?;
            same(&file.machine, &file.provider)?;
            if file.month != *month {
                return Err(format!("says that it is about {}, not {month}", file.month));
            }
            Ok(Vec::new())
        }
        EntryKind::Machine => {
            MachineFile::parse(bytes).map_err(|error| error.to_string())?;
            Ok(Vec::new())
        }
    }
}
