//! Months: the days of a month that has been closed for a week become one file, and the limits of a year that has
//! been closed for a week as well.
//!
//! The result depends on the files alone and not on who makes it or when, so that two copies of one machine which
//! do it at once write the same bytes. What cannot be read, and what a newer version wrote, stays as it is: a
//! reader joins all files of a period.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use data_schema::{
    DayFile, LimitReading, LimitsFile, Period, RecordSet, Text, UtcSeconds, Version,
};

use crate::path::{EntryKind, SourceFolder, folder, limits_file};
use crate::store::Store;
use crate::{Changes, Problem, Snapshot, StoreError};

/// How long a month or year has been closed before its files are joined: late records, of a machine that was
/// asleep for example, then still go into days. Seconds.
const WEEK: i64 = 7 * 86_400;
/// How many files of limits of one year are looked for.
const FILES_PER_YEAR: u32 = 99;

/// What compacting a machine's files did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compacted {
    /// The new commit in hex; `None` if nothing was to do, or the store is a plain folder.
    pub commit: Option<String>,
    /// Files of months and years that were written.
    pub written: usize,
    /// Files whose content stands in those now.
    pub removed: usize,
    /// Files that stay as they are, because they cannot be read or a newer version wrote them.
    pub problems: Vec<Problem>,
}

impl Store {
    /// Makes one file of each month of a machine that has been closed for a week, and one of the limits of each such
    /// year, in one commit. A run of the machine that stores something does the same.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub fn compact(&self, machine: &str, now: UtcSeconds) -> Result<Compacted, StoreError> {
        let mut done = Compacted::default();
        let message = format!("compact: {machine}, months that are closed\n");
        let commit = self.edit(now, &message, |snapshot| {
            let mut changes = Changes::default();
            done.problems = months(snapshot, machine, now, &mut changes);
            done.written = changes.iter().filter(|(_, bytes)| bytes.is_some()).count();
            done.removed = changes.len() - done.written;
            Ok(changes)
        })?;
        done.commit = commit;
        Ok(done)
    }
}

/// Joins the files of each closed month, and the limits of each closed year, of one machine, on top of changes that
/// are planned already. Returns the files that had to stay as they are.
pub(crate) fn months(
    snapshot: &Snapshot,
    machine: &str,
    now: UtcSeconds,
    changes: &mut Changes,
) -> Vec<Problem> {
    let plan = plan(snapshot, machine, now, changes);
    let mut folding = Folding { snapshot, changes, problems: Vec::new() };
    for ((provider, span), paths) in &plan {
        match span {
            Span::Month(first) => folding.month((machine, provider), *first, paths),
            Span::Year(year) => folding.year((machine, provider), year, paths),
        }
    }
    folding.problems
}

/// The file of a month: its name in the folder of the source, and its bytes.
pub(crate) fn month_file(
    (machine, provider): (&str, &str),
    first: NaiveDate,
    collected_at: UtcSeconds,
    records: RecordSet,
) -> Option<(String, Vec<u8>)> {
    let (month, records) = (Period::Month(first), records.into_sorted());
    let file = DayFile::new(machine.into(), provider.into(), month, collected_at, records);
    let bytes = file.to_bytes();
    let name = format!("{}/{month}_{}.json", folder(machine, provider), hash_of(&bytes)?);
    Some((name, bytes))
}

/// The readings of a closed year that a month belongs to, sorted.
pub(crate) fn year_of_limits(
    snapshot: &Snapshot,
    (machine, provider): (&str, &str),
    month: &str,
) -> Vec<LimitReading> {
    let year = month.get(..4).unwrap_or_default();
    let entries = snapshot.of_source(machine, provider);
    let of_year =
        entries.filter(|entry| matches!(&entry.kind, EntryKind::Limits(of) if of == year));
    let files = of_year.filter_map(|entry| LimitsFile::parse(&snapshot.read(entry).ok()?).ok());
    let mut readings: Vec<LimitReading> = files.flat_map(|file| file.readings).collect();
    readings.sort_unstable();
    readings
}

/// A stretch of time that becomes one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Span {
    /// A month of records, by its first day.
    Month(NaiveDate),
    /// A year of limits.
    Year(String),
}

impl Span {
    /// The span of a file, if it belongs to one.
    fn of(kind: &EntryKind) -> Option<Self> {
        match kind {
            EntryKind::Records(Period::Day(date) | Period::Month(date)) => {
                date.with_day(1).map(Self::Month)
            }
            EntryKind::Limits(month) => Some(Self::Year(month.get(..4)?.to_owned())),
            EntryKind::DayV1(_) | EntryKind::DaySums(_) | EntryKind::Machine => None,
        }
    }

    /// When it ends.
    fn end(&self) -> Option<UtcSeconds> {
        let next = match self {
            Self::Month(first) => first.checked_add_months(chrono::Months::new(1))?,
            Self::Year(year) => NaiveDate::from_ymd_opt(year.parse::<i32>().ok()? + 1, 1, 1)?,
        };
        UtcSeconds::new(next.and_hms_opt(0, 0, 0)?.and_utc().timestamp())
    }

    fn is_closed(&self, now: UtcSeconds) -> bool {
        self.end().is_some_and(|end| now >= end.plus(WEEK))
    }
}

/// The files of closed spans that are not one file yet, with what is planned already.
fn plan(
    snapshot: &Snapshot,
    machine: &str,
    now: UtcSeconds,
    changes: &Changes,
) -> BTreeMap<(Text, Span), Vec<String>> {
    let mut spans: BTreeMap<(Text, Span), BTreeSet<String>> = BTreeMap::new();
    let mut take = |provider: &Text, kind: &EntryKind, path: &str| {
        if let Some(span) = Span::of(kind).filter(|span| span.is_closed(now)) {
            spans.entry((provider.clone(), span)).or_default().insert(path.to_owned());
        }
    };
    for entry in snapshot.entries().iter().filter(|entry| *entry.machine == *machine) {
        if changes.get(&entry.path) != Some(None) {
            take(&entry.provider, &entry.kind, &entry.path);
        }
    }
    let name = Text::from(machine);
    for (path, bytes) in changes.iter() {
        let mut parts = path.splitn(4, '/');
        let place = (parts.next(), parts.next(), parts.next(), parts.next());
        if let (Some("raw"), Some(of), Some(provider), Some(file)) = place
            && of == machine
            && bytes.is_some()
            && let Some(entry) = SourceFolder::new(&name, provider).entry(file)
        {
            take(&entry.provider, &entry.kind, path);
        }
    }
    let spans = spans.into_iter().map(|(key, paths)| (key, Vec::from_iter(paths)));
    spans.filter(|((_, span), paths)| !is_one_file(span, paths)).collect()
}

/// Whether a span is as it should be.
fn is_one_file(span: &Span, paths: &[String]) -> bool {
    let [path] = paths else { return false };
    let name = path.rsplit('/').next().unwrap_or_default();
    match span {
        Span::Month(_) => name.contains('_'),
        Span::Year(year) => name.strip_prefix("limits-") == Some(&format!("{year}.json")),
    }
}

/// Changes that grow.
struct Folding<'a> {
    snapshot: &'a Snapshot,
    changes: &'a mut Changes,
    problems: Vec<Problem>,
}

impl Folding<'_> {
    fn month(&mut self, origin: (&str, &str), first: NaiveDate, paths: &[String]) {
        let (mut set, mut newest, mut joined) = (RecordSet::default(), None, Vec::new());
        let mut newer = Vec::new();
        for path in paths {
            let file = self.read(path).and_then(|bytes| {
                let file = DayFile::parse(&bytes).map_err(|error| error.to_string())?;
                belongs(origin, (&file.machine, &file.provider))?;
                Ok(file)
            });
            match file {
                Ok(file) if file.is_ours_to_rewrite() => {
                    newest = newest.max(Some(file.collected_at));
                    set.extend(file.records);
                    joined.push(path.clone());
                }
                Ok(_) => newer.push(newer_version(path)),
                Err(reason) => self.problems.push(Problem::new(path, &reason)),
            }
        }
        let Some(newest) = newest else { return };
        if is_one_file(&Span::Month(first), &joined) {
            return;
        }
        if let Some((target, bytes)) = month_file(origin, first, newest, set) {
            self.problems.extend(newer);
            // A month that says the same already keeps the time at which it was written first.
            let is_there = joined.contains(&target);
            self.replace(&joined, target, (!is_there).then_some(bytes));
        }
    }

    fn year(&mut self, origin: (&str, &str), year: &str, paths: &[String]) {
        let (mut readings, mut newest, mut joined) = (Vec::new(), None, Vec::new());
        let mut newer = Vec::new();
        for path in paths {
            let file = self.read(path).and_then(|bytes| {
                let file = LimitsFile::parse(&bytes).map_err(|error| error.to_string())?;
                belongs(origin, (&file.machine, &file.provider))?;
                Ok(file)
            });
            match file {
                Ok(file) if file.is_ours_to_rewrite() => {
                    newest = newest.max(Some(file.collected_at));
                    readings.extend(file.readings);
                    joined.push(path.clone());
                }
                Ok(_) => newer.push(newer_version(path)),
                Err(reason) => self.problems.push(Problem::new(path, &reason)),
            }
        }
        let Some(collected_at) = newest else { return };
        if is_one_file(&Span::Year(year.to_owned()), &joined) {
            return;
        }
        let (machine, provider) = origin;
        let names = (1..=FILES_PER_YEAR).map(|number| limits_file(machine, provider, year, number));
        // A file that must stay keeps its name.
        let stays = |path: &String| paths.contains(path) && !joined.contains(path);
        let Some(target) = names.into_iter().find(|path| !stays(path)) else { return };
        if joined == [target.as_str()] {
            return;
        }
        self.problems.extend(newer);
        readings.sort_unstable();
        readings.dedup();
        let file = LimitsFile {
            version: Version::CURRENT,
            machine: machine.into(),
            provider: provider.into(),
            month: year.to_owned(),
            collected_at,
            readings,
        };
        self.replace(&joined, target, Some(file.to_bytes()));
    }

    /// The bytes of a file, with what is planned already.
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        if let Some(planned) = self.changes.get(path) {
            return planned.map(<[u8]>::to_vec).ok_or_else(|| "is taken away".to_owned());
        }
        let bytes = self.snapshot.read_path(path).map_err(|error| error.to_string())?;
        bytes.ok_or_else(|| "is not in the store".to_owned())
    }

    /// Puts one file in the place of others.
    fn replace(&mut self, joined: &[String], target: String, bytes: Option<Vec<u8>>) {
        for path in joined.iter().filter(|path| **path != target) {
            if self.snapshot.entry(path).is_some() {
                self.changes.remove(path.as_str());
            } else {
                self.changes.forget(path);
            }
        }
        if let Some(bytes) = bytes {
            self.changes.write(target, bytes);
        }
    }
}

fn newer_version(path: &str) -> Problem {
    let reason = "was written by a newer version of this program and stays beside the month: update this machine";
    Problem::new(path, &reason)
}

fn belongs((machine, provider): (&str, &str), said: (&str, &str)) -> Result<(), String> {
    if (machine, provider) == said {
        return Ok(());
    }
    Err(format!(
        "says that it belongs to {}/{}: it was moved or copied here, and stays as it is",
        said.0, said.1
    ))
}

/// The hash that a file says.
fn hash_of(bytes: &[u8]) -> Option<&str> {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let hash = lines.find_map(|line| line.strip_prefix(b"  \"hash\": \"".as_slice()))?;
    let hash = std::str::from_utf8(hash).ok()?;
    hash.get(..hash.find('"')?)
}
