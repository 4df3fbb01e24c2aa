//! The store on this machine: can it be read, is it whole, how large is it, and under which name does this machine
//! write?

use std::path::Path;

use chrono::NaiveDate;
use data_schema::settings::SharedSettings;
use data_schema::{DayFile, DayFileV1, DaySumsFile, LimitsFile, MachineFile, Period};
use store::{Entry, EntryKind, Location, Snapshot, Store};
use summarizer::read_settings;

use super::{Check, Visit, told};
use crate::output::{bytes, counted};
use crate::session::PROGRAM;
use crate::stores;

/// Loose objects and packs from which on the store should be packed.
const MANY_LOOSE: usize = 6_000;
const MANY_PACKS: usize = 50;
/// Problems that are shown.
const SHOWN: usize = 3;

/// What the store is like.
pub(super) struct Storage {
    pub(super) checks: Vec<Check>,
    /// The newest day of which something is stored.
    pub(super) newest_day: Option<NaiveDate>,
    /// What all machines share, if it can be read.
    pub(super) settings: Option<SharedSettings>,
}

pub(super) fn look(visit: &Visit) -> Storage {
    let mut storage = Storage { checks: Vec::new(), newest_day: None, settings: None };
    match visit.session.existing_store() {
        Ok(Some(store)) => storage.open(visit, &store),
        Ok(None) => storage.checks.push(nothing_yet(visit)),
        Err(failure) => {
            let remedy = "`dataRepo` in config.yaml names the place; `token-matters store verify` tells more";
            storage.checks.push(Check::fail("store", told(&failure), remedy));
        }
    }
    storage
}

fn nothing_yet(visit: &Visit) -> Check {
    let place = visit.session.store_folder();
    let message = format!("nothing is stored yet in {}", place.display());
    Check::warn("store", message, "`token-matters collect` reads the logs and stores them")
}

impl Storage {
    fn open(&mut self, visit: &Visit, store: &Store) {
        let place = store.path().display().to_string();
        let snapshot = match readable(visit, store) {
            Ok((snapshot, repaired)) => {
                self.checks.push(Check::pass("store", place));
                self.checks.push(repaired);
                snapshot
            }
            Err(check) => return self.checks.push(check),
        };
        self.newest_day = snapshot.entries().iter().filter_map(day).max();
        self.checks.extend(foreign(&snapshot));
        self.checks.extend(size(store.path()));
        self.checks.extend(identity(visit, store));
        self.checks.extend(earlier(visit));
        self.settings(&snapshot);
    }

    fn settings(&mut self, snapshot: &Snapshot) {
        const LABEL: &str = "token-matters.yaml";
        match read_settings(snapshot) {
            Ok(settings) => {
                let unknown: Vec<&str> = settings.other.keys().map(String::as_str).collect();
                let mut found = settings.site.notices();
                if !unknown.is_empty() {
                    let unknown = unknown.join(", ");
                    found.push(format!("has keys that this version does not know: {unknown}"));
                }
                if !found.is_empty() {
                    let remedy = "check the spelling, or update this program; what is not known is kept, and everything else is used";
                    self.checks.push(Check::warn(LABEL, found.join("; "), remedy));
                } else if matches!(snapshot.settings(), Ok(Some(_))) {
                    self.checks.push(Check::pass(LABEL, "what all machines share can be read"));
                } else {
                    self.checks.push(Check::off(
                        LABEL,
                        "not there: what all machines share takes its defaults",
                    ));
                }
                self.settings = Some(settings);
            }
            Err(error) => {
                let remedy =
                    "mend the file in the data repository; without it nothing can be summarized";
                self.checks.push(Check::fail(LABEL, error.to_string(), remedy));
            }
        }
    }
}

/// What is stored now, after a repair where one was asked for and needed.
fn readable(visit: &Visit, store: &Store) -> Result<(Snapshot, Check), Check> {
    let mut problems = match store.snapshot() {
        Ok(snapshot) => {
            let problems = problems(visit, store, &snapshot);
            if problems.is_empty() {
                let check = Check::pass(
                    LABEL,
                    "the files of this machine are as they were written (`token-matters store verify` reads all)",
                );
                return Ok((snapshot, check));
            }
            problems
        }
        Err(error) => vec![error.to_string()],
    };
    let left = problems.len().saturating_sub(SHOWN);
    problems.truncate(SHOWN);
    if left > 0 {
        problems.push(format!("{left} more"));
    }
    let found = problems.join("; ");
    if matches!(visit.session.location(), Location::Folder(_)) {
        let remedy = "restore these files from the repository that the folder belongs to";
        return Err(Check::fail(LABEL, found, remedy));
    }
    if !visit.fix {
        let remedy = "`token-matters doctor --fix` goes back to the newest good state and joins what can still be read";
        return Err(Check::fail(LABEL, found, remedy).fixable());
    }
    repair(visit, store, &found)
}

const LABEL: &str = "content";

fn repair(visit: &Visit, store: &Store, found: &str) -> Result<(Snapshot, Check), Check> {
    let failed = |error: String| {
        Check::fail(
            LABEL,
            format!("{found}; could not be repaired: {error}"),
            "`token-matters store verify --fix` tells more",
        )
    };
    let report =
        store.verify(true, visit.now(), PROGRAM).map_err(|error| failed(error.to_string()))?;
    if !report.is_good() {
        return Err(failed(counted(report.problems.len(), "problem")));
    }
    let again = visit.session.existing_store().map_err(|failure| failed(told(&failure)))?;
    let again = again.ok_or_else(|| failed("it is gone".to_owned()))?;
    let snapshot = again.snapshot().map_err(|error| failed(error.to_string()))?;
    let joined = report.repair.map_or(0, |repair| repair.files_joined);
    let joined = counted(joined, "file");
    let message = format!(
        "{found}; repaired: {joined} joined again, and the next collect adds what the logs still hold"
    );
    Ok((snapshot, Check::fixed(LABEL, message)))
}

/// What is wrong with the files that are quick to read: the cards of all machines and this machine's own files.
fn problems(visit: &Visit, store: &Store, snapshot: &Snapshot) -> Vec<String> {
    let own = visit.session.identity_to_read().ok();
    let own = own.and_then(|identity| store.machine_name(&identity.name, &identity.id).ok());
    let is_own = |entry: &Entry| own.as_deref().is_some_and(|own| *entry.machine == *own);
    let entries = snapshot.entries().iter();
    // In a checkout, files of others are all here as well, and are the next run's business.
    let entries = entries.filter(|entry| {
        is_own(entry) || (entry.kind == EntryKind::Machine && store.remote().is_none())
    });
    entries.filter_map(|entry| problem(snapshot, entry)).collect()
}

fn problem(snapshot: &Snapshot, entry: &Entry) -> Option<String> {
    let bytes = snapshot.read(entry).map_err(|error| error.to_string());
    let parsed = bytes.and_then(|bytes| {
        let parsed = match entry.kind {
            EntryKind::Records(_) => DayFile::parse(&bytes).map(drop),
            EntryKind::DayV1(_) => DayFileV1::parse(&bytes).map(drop),
            EntryKind::DaySums(_) => DaySumsFile::parse(&bytes).map(drop),
            EntryKind::Limits(_) => LimitsFile::parse(&bytes).map(drop),
            EntryKind::Machine => MachineFile::parse(&bytes).map(drop),
        };
        parsed.map_err(|error| error.to_string())
    });
    parsed.err().map(|reason| format!("{}: {reason}", entry.path))
}

fn day(entry: &Entry) -> Option<NaiveDate> {
    match &entry.kind {
        EntryKind::Records(Period::Day(day)) | EntryKind::DayV1(day) => Some(*day),
        EntryKind::Records(_)
        | EntryKind::DaySums(_)
        | EntryKind::Limits(_)
        | EntryKind::Machine => None,
    }
}

fn foreign(snapshot: &Snapshot) -> Option<Check> {
    let foreign = snapshot.foreign();
    let first = foreign.first()?;
    let message =
        format!("{} below raw/ are none of ours, such as {first}", counted(foreign.len(), "file"));
    Some(Check::warn(
        "other files",
        message,
        "they are left alone; take them away if you do not need them",
    ))
}

/// Room that the store takes, and whether it should be packed.
fn size(store: &Path) -> Option<Check> {
    const LABEL: &str = "size";
    let objects = store.join("objects");
    if !objects.is_dir() {
        return None;
    }
    let mut sizes = Sizes::default();
    sizes.add(&objects, false);
    let Sizes { bytes: all, loose, packs } = sizes;
    let message =
        format!("{}, {}, {}", bytes(all), counted(loose, "loose object"), counted(packs, "pack"));
    Some(if loose > MANY_LOOSE || packs > MANY_PACKS {
        Check::warn(LABEL, message, "`token-matters store compact` packs them")
    } else {
        Check::pass(LABEL, message)
    })
}

#[derive(Default)]
struct Sizes {
    bytes: u64,
    loose: usize,
    packs: usize,
}

impl Sizes {
    /// A folder of `objects/`; what vanishes meanwhile does not count.
    fn add(&mut self, folder: &Path, in_pack: bool) {
        let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                self.add(&path, name == "pack");
                continue;
            }
            self.bytes += metadata.len();
            self.packs +=
                usize::from(path.extension().is_some_and(|extension| extension == "pack"));
            self.loose += usize::from(!in_pack && name.len() == 38);
        }
    }
}

/// Who this machine is, and whether another one has its name.
fn identity(visit: &Visit, store: &Store) -> Option<Check> {
    const LABEL: &str = "machine";
    let wanted = match visit.session.identity_to_read() {
        Ok(identity) => identity,
        Err(failure) => {
            let remedy = "with a new id this machine goes on under another name, and nothing is counted twice";
            return Some(Check::fail(LABEL, told(&failure), remedy));
        }
    };
    if wanted.id.is_empty() {
        return None;
    }
    let name = store.machine_name(&wanted.name, &wanted.id).ok()?;
    Some(if name == wanted.name {
        Check::pass(LABEL, name)
    } else {
        let message =
            format!("writes as {name}, because {} is another machine's name", wanted.name);
        Check::warn(LABEL, message, "give it a name of its own: `machine` in config.yaml")
    })
}

/// Stores that this machine wrote into before `dataRepo` was changed.
fn earlier(visit: &Visit) -> Option<Check> {
    let earlier = stores::earlier(&visit.session);
    let first = earlier.first()?;
    let count = counted(earlier.len(), "earlier store");
    let message = format!("{count} not joined into this one yet, such as {}", first.display());
    let remedy = "the next `token-matters collect` joins them; they stay as they are";
    Some(Check::warn("earlier stores", message, remedy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn many_loose_objects_and_packs_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let objects = folder.path().join("objects");
        for name in ["pack", "aa", "info"] {
            fs_err::create_dir_all(objects.join(name)).unwrap();
        }
        fs_err::write(objects.join("aa").join("b".repeat(38)), "123").unwrap();
        fs_err::write(objects.join("info/packs"), "4").unwrap();
        let shown = size(folder.path()).unwrap();
        assert_eq!(
            (shown.state, shown.message.as_str()),
            (State::Pass, "4 bytes, 1 loose object, 0 packs")
        );
        for number in 0..=MANY_PACKS {
            fs_err::write(objects.join(format!("pack/pack-{number}.pack")), "").unwrap();
            fs_err::write(objects.join(format!("pack/pack-{number}.idx")), "").unwrap();
        }
        assert_eq!(size(folder.path()).unwrap().state, State::Warn);
        assert!(size(&folder.path().join("none")).is_none());
    }
}
