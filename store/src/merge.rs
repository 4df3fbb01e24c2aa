//! What waits here, brought onto what the remote has by now: three-way by file.
//!
//! Where the remote still has what we started from, ours stands. Where it has something else, both are joined, so
//! that nothing is lost and nothing is counted twice, whoever was first. What stands in this machine's own folder
//! here and not there is put back: a remote that was rewritten is restored by the machines that wrote it.

use std::collections::{BTreeMap, BTreeSet};

use data_schema::{DayFile, DaySumsFile, LimitsFile, MachineFile, Period, RecordSet, Text, join};
use gix::ObjectId;

use crate::git::Git;
use crate::path::{Entry, EntryKind};
use crate::{Changes, Problem, Remote, Snapshot, StoreError};

/// The three sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides<'a> {
    /// What both started from; `None` if that is not known: then everything is joined.
    pub(crate) base: Option<&'a Snapshot>,
    /// What is here.
    pub(crate) ours: &'a Snapshot,
    /// What the remote has.
    pub(crate) theirs: &'a Snapshot,
}

/// Who merges.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Merging<'a> {
    /// The folder here that nobody else writes, if there is one.
    pub(crate) own: Option<&'a str>,
    /// Where each folder of a machine goes; one that is not named keeps its name.
    pub(crate) targets: &'a BTreeMap<Text, Text>,
}

/// What is to be changed on the remote's side.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) changes: Changes,
    /// Files that could not be joined.
    pub(crate) problems: Vec<Problem>,
    /// Files of other machines whose content is not here.
    pub(crate) absent: usize,
    /// Files of the remote that are not here, and that ours cannot be joined with before they are.
    pub(crate) wanted: Vec<ObjectId>,
    /// Files of this machine that the remote had lost.
    pub(crate) restored: usize,
}

/// Merges.
///
/// # Errors
///
/// One of the sides cannot be read.
pub(crate) fn merge(sides: Sides<'_>, merging: Merging<'_>) -> Result<Merged, StoreError> {
    let mut merge = Merge { sides, merging, merged: Merged::default(), months: BTreeMap::new() };
    for path in merge.touched() {
        merge.file(&path)?;
    }
    for path in merge.touched_beside() {
        merge.beside(&path)?;
    }
    merge.obey_tombstones()?;
    Ok(merge.merged)
}

/// Merges; what the remote has to give for that is fetched first, in one batch.
///
/// # Errors
///
/// One of the sides cannot be read, or the remote does not give what is wanted.
pub(crate) fn merge_with(
    (git, remote): (&Git, Option<&Remote>),
    sides: Sides<'_>,
    merging: Merging<'_>,
) -> Result<Merged, StoreError> {
    let merged = merge(sides, merging)?;
    let Some(remote) = remote.filter(|_| !merged.wanted.is_empty()) else { return Ok(merged) };
    git.fetch_objects(remote, &merged.wanted)?;
    merge(sides, merging)
}

mod obey;

struct Merge<'a> {
    sides: Sides<'a>,
    merging: Merging<'a>,
    merged: Merged,
    /// Records that the remote has, by source and month, as far as they were asked for.
    months: BTreeMap<(Text, Text, String), RecordSet>,
}

/// One file on all sides.
struct Places<'e> {
    entry: &'e Entry,
    /// Its path over there.
    target: String,
    base: Option<ObjectId>,
    theirs: Option<ObjectId>,
}

impl Merge<'_> {
    /// Files of ours that may have to be changed over there, and those that we have taken away.
    fn touched(&self) -> BTreeSet<String> {
        let Sides { base, ours, theirs } = self.sides;
        let mut paths = BTreeSet::new();
        for entry in ours.entries() {
            let here = ours.object(&entry.path);
            let is_new = here.is_none() || base.and_then(|base| base.object(&entry.path)) != here;
            let is_lost = || self.is_own(entry) && theirs.object(&self.target(entry)) != here;
            if is_new || is_lost() {
                paths.insert(entry.path.clone());
            }
        }
        let gone = base.iter().flat_map(|base| base.entries());
        let gone = gone.filter(|entry| ours.entry(&entry.path).is_none());
        paths.extend(gone.map(|entry| entry.path.clone()));
        paths
    }

    fn is_own(&self, entry: &Entry) -> bool {
        self.merging.own == Some(&*entry.machine)
    }

    /// The machine under which a file of ours goes over there. Files of 1.x have no id to go by and stay.
    fn machine(&self, entry: &Entry) -> Text {
        match entry.kind {
            EntryKind::DayV1(_) | EntryKind::DaySums(_) => entry.machine.clone(),
            _ => self.merging.targets.get(&entry.machine).unwrap_or(&entry.machine).clone(),
        }
    }

    fn target(&self, entry: &Entry) -> String {
        let machine = self.machine(entry);
        if machine == entry.machine {
            return entry.path.clone();
        }
        let rest = entry.path.strip_prefix(&*format!("raw/{}/", entry.machine));
        format!("raw/{machine}/{}", rest.unwrap_or(&entry.path))
    }

    fn file(&mut self, path: &str) -> Result<(), StoreError> {
        let Sides { base, ours, theirs } = self.sides;
        let base_id = base.and_then(|base| base.object(path));
        let Some(entry) = ours.entry(path) else {
            let known = base.and_then(|base| base.entry(path));
            let target = known.map(|entry| self.target(entry));
            // Taken away here, and not touched there.
            if let Some(target) = target.filter(|target| theirs.object(target) == base_id) {
                self.merged.changes.remove(target);
            }
            return Ok(());
        };
        let target = self.target(entry);
        let places = Places { entry, base: base_id, theirs: theirs.object(&target), target };
        let here = ours.object(path);
        if here.is_some() && here == places.theirs {
            return Ok(());
        }
        let is_here = here.is_none_or(|id| ours.has(id));
        if !is_here && !self.is_own(entry) {
            self.merged.absent += 1;
            return Ok(());
        }
        let bytes = ours.read(entry)?;
        match places.theirs {
            Some(theirs) if places.base == Some(theirs) => {
                self.merged.changes.write(places.target, self.renamed(entry, bytes));
            }
            Some(_) => self.join(&places, &bytes)?,
            None => self.put_back(&places, here, bytes)?,
        }
        Ok(())
    }

    /// A file that the remote does not have: new, or lost there, or folded into a month.
    fn put_back(
        &mut self,
        places: &Places<'_>,
        here: Option<ObjectId>,
        bytes: Vec<u8>,
    ) -> Result<(), StoreError> {
        let entry = places.entry;
        if let EntryKind::Records(period) = entry.kind
            && let Ok(file) = DayFile::parse(&bytes)
            && self.has_all(entry, period, &file)?
        {
            return Ok(());
        }
        if let EntryKind::Limits(_) = &entry.kind
            && let Ok(file) = LimitsFile::parse(&bytes)
            && self.has_readings(entry, &file)?
        {
            return Ok(());
        }
        self.merged.restored += usize::from(places.base.is_some() && places.base == here);
        let bytes = self.renamed(entry, bytes);
        self.merged.changes.write(places.target.clone(), bytes);
        Ok(())
    }

    /// Whether the remote has these records in other files of the same month.
    fn has_all(
        &mut self,
        entry: &Entry,
        period: Period,
        file: &DayFile,
    ) -> Result<bool, StoreError> {
        let month = period.to_string().chars().take(7).collect::<String>();
        let machine = self.machine(entry);
        let key = (machine, entry.provider.clone(), month);
        if !self.months.contains_key(&key) {
            let records = self.records_of(&key)?;
            self.months.insert(key.clone(), records);
        }
        let Some(known) = self.months.get(&key) else { return Ok(false) };
        let is_known = |record: &data_schema::UsageRecord| {
            let known = known.get(record.id);
            known.is_some_and(|known| join(known.clone(), record.clone()) == *known)
        };
        Ok(file.records.iter().all(is_known))
    }

    /// Whether a file of the remote goes, because it was taken away here: what is in it is then only in ours.
    fn is_taken_away(&self, path: &str) -> bool {
        let Sides { base, ours, theirs } = self.sides;
        let is_known = base.is_some_and(|base| base.object(path) == theirs.object(path));
        self.merged.changes.get(path) == Some(None) || is_known && ours.entry(path).is_none()
    }

    fn records_of(
        &self,
        (machine, provider, month): &(Text, Text, String),
    ) -> Result<RecordSet, StoreError> {
        let theirs = self.sides.theirs;
        let mut set = RecordSet::default();
        for entry in theirs.of_source(machine, provider) {
            let EntryKind::Records(period) = entry.kind else { continue };
            let is_here = theirs.object(&entry.path).is_none_or(|id| theirs.has(id));
            let is_other = !period.to_string().starts_with(month.as_str());
            if !is_here || is_other || self.is_taken_away(&entry.path) {
                continue;
            }
            if let Ok(file) = DayFile::parse(&theirs.read(entry)?) {
                set.extend(file.records);
            }
        }
        Ok(set)
    }

    /// Whether the remote has these readings, in a file of the year for example.
    fn has_readings(&self, entry: &Entry, file: &LimitsFile) -> Result<bool, StoreError> {
        let theirs = self.sides.theirs;
        let mut known = BTreeSet::new();
        for other in theirs.of_source(&self.machine(entry), &entry.provider) {
            let EntryKind::Limits(period) = &other.kind else { continue };
            let is_here = theirs.object(&other.path).is_none_or(|id| theirs.has(id));
            if is_here
                && !self.is_taken_away(&other.path)
                && file.month.starts_with(period.as_str())
                && let Ok(other) = LimitsFile::parse(&theirs.read(other)?)
            {
                known.extend(other.readings);
            }
        }
        Ok(file.readings.iter().all(|reading| known.contains(reading)))
    }

    /// Both sides have the file, and not the same.
    fn join(&mut self, places: &Places<'_>, ours: &[u8]) -> Result<(), StoreError> {
        let Some(entry) = self.sides.theirs.entry(&places.target) else { return Ok(()) };
        if let Some(id) = places.theirs.filter(|id| !self.sides.theirs.has(*id)) {
            self.merged.wanted.push(id);
            return Ok(());
        }
        let theirs = self.sides.theirs.read(entry)?;
        let ours = self.renamed(places.entry, ours.to_vec());
        match joined(&entry.kind, &ours, &theirs) {
            Joined::Same => {}
            Joined::New(bytes) => self.merged.changes.write(places.target.clone(), bytes),
            Joined::Not(reason) => {
                self.merged.problems.push(Problem::new(&places.target, &reason));
                if let EntryKind::Records(Period::Day(date)) = entry.kind {
                    let free = self.free(entry, date);
                    self.merged.changes.write(free, ours);
                }
            }
        }
        Ok(())
    }

    /// A name for a second file of a day.
    fn free(&self, entry: &Entry, date: chrono::NaiveDate) -> String {
        let path = |number| crate::path::day_file(&entry.machine, &entry.provider, date, number);
        let is_free = |path: &String| {
            self.sides.theirs.entry(path).is_none() && self.merged.changes.get(path).is_none()
        };
        (2..100).map(path).find(is_free).unwrap_or_else(|| path(100))
    }

    /// A file as it stands in the folder that it goes to.
    fn renamed(&self, entry: &Entry, bytes: Vec<u8>) -> Vec<u8> {
        let machine = self.machine(entry);
        if machine == entry.machine {
            return bytes;
        }
        rename(entry, &machine, &bytes).unwrap_or(bytes)
    }

    /// Files beside `raw/` that were changed here.
    fn touched_beside(&self) -> Vec<String> {
        let Sides { base, ours, .. } = self.sides;
        let of = |snapshot: &Snapshot, path: &str| snapshot.object(path);
        let changed = ours
            .beside()
            .filter(|(path, id)| base.is_none_or(|base| of(base, path).as_ref() != Some(id)));
        changed.map(|(path, _)| path.to_owned()).collect()
    }

    fn beside(&mut self, path: &str) -> Result<(), StoreError> {
        let Sides { base, ours, theirs } = self.sides;
        let (here, there) = (ours.object(path), theirs.object(path));
        if here == there || !here.is_some_and(|id| ours.has(id)) {
            return Ok(());
        }
        let Some(mine) = ours.read_path(path)? else { return Ok(()) };
        let before = base.and_then(|base| base.object(path));
        if there.is_none() || there == before {
            self.merged.changes.write(path, mine);
            return Ok(());
        }
        let read = |side: &Snapshot, id: Option<ObjectId>| {
            if id.is_some_and(|id| side.has(id)) { side.read_path(path) } else { Ok(None) }
        };
        let Some(other) = read(theirs, there)? else { return Ok(()) };
        let start = base.map_or(Ok(None), |base| read(base, before))?;
        match crate::shared::merge(path, start.as_deref(), &mine, &other) {
            Some(merged) if merged != other => self.merged.changes.write(path, merged),
            Some(_) => {}
            None => self.merged.problems.push(Problem::new(
                path,
                &"was changed elsewhere at the same time: that one stands, the change made here is left out",
            )),
        }
        Ok(())
    }
}

/// What two files of one path make together.
enum Joined {
    /// What the remote has already.
    Same,
    New(Vec<u8>),
    /// They cannot be joined.
    Not(String),
}

fn joined(kind: &EntryKind, ours: &[u8], theirs: &[u8]) -> Joined {
    let result = match kind {
        EntryKind::Records(_) => days(ours, theirs),
        EntryKind::Limits(_) => limits(ours, theirs),
        EntryKind::Machine => cards(ours, theirs),
        EntryKind::DaySums(_) => sums(ours, theirs),
        // Their names say what is in them.
        EntryKind::DayV1(_) => Ok(None),
    };
    match result {
        Ok(Some(bytes)) if bytes != theirs => Joined::New(bytes),
        Ok(_) => Joined::Same,
        Err(reason) => Joined::Not(reason),
    }
}

/// What both make together, `None` if the remote's file has everything; or why they cannot be joined.
type JoinResult = Result<Option<Vec<u8>>, String>;

fn days(ours: &[u8], theirs: &[u8]) -> JoinResult {
    let text = |error: data_schema::FormatError| error.to_string();
    let (ours, theirs) =
        (DayFile::parse(ours).map_err(text)?, DayFile::parse(theirs).map_err(text)?);
    let mut set: RecordSet = theirs.records.iter().cloned().collect();
    set.extend(ours.records);
    let records = set.into_sorted();
    if records == theirs.records {
        return Ok(None);
    }
    if !theirs.is_ours_to_rewrite() {
        return Err(format!(
            "is of the newer version {}: what belongs there stands in a second file",
            theirs.version
        ));
    }
    let at = ours.collected_at.max(theirs.collected_at);
    let file = DayFile::new(theirs.machine, theirs.provider, theirs.period, at, records);
    Ok(Some(file.to_bytes()))
}

fn limits(ours: &[u8], theirs: &[u8]) -> JoinResult {
    let text = |error: data_schema::FormatError| error.to_string();
    let ours = LimitsFile::parse(ours).map_err(text)?;
    let mut theirs = LimitsFile::parse(theirs).map_err(text)?;
    let mut readings = theirs.readings.clone();
    readings.extend(ours.readings);
    readings.sort();
    readings.dedup();
    if readings == theirs.readings {
        return Ok(None);
    }
    if !theirs.is_ours_to_rewrite() {
        let version = theirs.version;
        return Err(format!(
            "is of the newer version {version}: update token-matters; what is new stays in the logs"
        ));
    }
    theirs.readings = readings;
    theirs.collected_at = theirs.collected_at.max(ours.collected_at);
    Ok(Some(theirs.to_bytes()))
}

fn sums(ours: &[u8], theirs: &[u8]) -> JoinResult {
    let text = |error: data_schema::FormatError| error.to_string();
    let ours = DaySumsFile::parse(ours).map_err(text)?;
    let theirs = DaySumsFile::parse(theirs).map_err(text)?;
    let joined = theirs.clone().join(ours);
    if joined.says_the_same(&theirs) {
        return Ok(None);
    }
    if !theirs.is_ours_to_rewrite() {
        let version = theirs.version;
        return Err(format!(
            "is of the newer version {version}: update token-matters, and import again"
        ));
    }
    Ok(Some(joined.to_bytes()))
}

fn cards(ours: &[u8], theirs: &[u8]) -> JoinResult {
    let text = |error: data_schema::FormatError| error.to_string();
    let ours = MachineFile::parse(ours).map_err(text)?;
    let mut card = MachineFile::parse(theirs).map_err(text)?;
    card.first_collected = card.first_collected.min(ours.first_collected);
    card.programs.extend(ours.programs);
    card.programs.sort();
    card.programs.dedup();
    Ok(Some(card.to_bytes()))
}

/// A file with another machine's name in it.
fn rename(entry: &Entry, machine: &Text, bytes: &[u8]) -> Option<Vec<u8>> {
    match entry.kind {
        EntryKind::Records(_) => {
            let mut file = DayFile::parse(bytes).ok().filter(DayFile::is_ours_to_rewrite)?;
            file.machine = machine.clone();
            Some(file.to_bytes())
        }
        EntryKind::Limits(_) => {
            let mut file = LimitsFile::parse(bytes).ok().filter(LimitsFile::is_ours_to_rewrite)?;
            file.machine = machine.clone();
            Some(file.to_bytes())
        }
        EntryKind::Machine => {
            let mut card = MachineFile::parse(bytes).ok()?;
            card.machine = machine.to_string();
            Some(card.to_bytes())
        }
        EntryKind::DayV1(_) | EntryKind::DaySums(_) => None,
    }
}
