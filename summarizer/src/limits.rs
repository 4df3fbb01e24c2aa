//! What vendors said of their limits: what holds now, and when their windows would start anew.
//!
//! Nothing is worked out of anything here: a share that was not told is unknown, and a word about a window that is
//! over says nothing about the one that is open now.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;
use data_schema::{
    Fraction, HashId, LimitReading, LimitsFile, Text, Tombstones, UtcSeconds, window_name,
    window_seconds,
};
use store::{Entry, EntryKind, Problem, Snapshot};

use crate::input::Input;
use crate::rename;
pub(crate) use file::file;

mod file;
#[cfg(test)]
mod tests;

/// Seconds within which two instants are the same one: some vendors count it anew for every answer.
const SAME: i64 = 300;

/// What a limit is of. Sorted as it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Told {
    /// Id of the source that the limit is of.
    pub provider: Text,
    /// Hash of the account, where told.
    pub account: Option<HashId>,
    /// The window: `5h`, `7d`, or the vendor's own name.
    pub window: String,
    /// What it covers, where that is not everything.
    pub scope: Option<String>,
}

/// Everything that was said, by what it was said of.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Sorted by time.
    by_limit: BTreeMap<Told, Vec<LimitReading>>,
}

/// The newest word about a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitNow<'a> {
    /// What it is of.
    pub of: &'a Told,
    /// The word.
    pub reading: &'a LimitReading,
    /// Seconds since it was said; 0 for a clock that is behind the vendor's.
    pub age_seconds: i64,
    /// Since when the window that it is about is over, if it is: nothing newer was said.
    pub over_since: Option<UtcSeconds>,
}

/// One instant at which a window would start anew, as its vendor said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reset {
    /// As it was said first.
    pub resets_at: UtcSeconds,
    /// When it was said first.
    pub first_seen: UtcSeconds,
    /// When it was said last.
    pub last_seen: UtcSeconds,
    /// The greatest used part that was told with it.
    pub highest_used: Option<Fraction>,
    /// The earliest and the latest instant that were to be expected.
    pub expected: Option<(UtcSeconds, UtcSeconds)>,
}

impl Reset {
    /// Seconds before (negative) or behind what was expected: 0 within it.
    pub fn drift_seconds(&self) -> Option<i64> {
        let (from, to) = self.expected?;
        let at = self.resets_at.seconds();
        let drift =
            if at < from.seconds() { at - from.seconds() } else { (at - to.seconds()).max(0) };
        Some(if drift.abs() <= SAME { 0 } else { drift })
    }
}

impl Limits {
    /// All readings, with the source that told them.
    pub fn of(readings: impl IntoIterator<Item = (Text, LimitReading)>) -> Self {
        let readings: BTreeSet<(Text, LimitReading)> = readings.into_iter().collect();
        let mut by_limit: BTreeMap<Told, Vec<LimitReading>> = BTreeMap::new();
        for (provider, mut reading) in readings {
            let source = reading.source.take();
            let of = Told {
                provider: source.map_or(provider, Text::from),
                account: reading.account,
                window: canonical(&reading.window),
                scope: reading.scope.clone(),
            };
            reading.window.clone_from(&of.window);
            by_limit.entry(of).or_default().push(reading);
        }
        for of_limit in by_limit.values_mut() {
            of_limit.sort();
        }
        Self { by_limit }
    }

    /// Reads what a store holds of limits and nothing else, and adds what is not stored yet, each with its machine and
    /// source. What is to be forgotten is left out; so are files that cannot be read, which are told.
    pub fn gather(
        snapshot: Option<&Snapshot>,
        tombstones: Tombstones,
        fresh: Vec<(Text, Text, LimitReading)>,
    ) -> (Self, Vec<Problem>) {
        let mut input = Input { tombstones, limits: fresh, ..Input::default() };
        let mut problems = Vec::new();
        let is_wanted = |snapshot: &Snapshot, entry: &Entry| {
            matches!(entry.kind, EntryKind::Limits(_)) && !snapshot.is_absent(entry)
        };
        let entries = snapshot
            .into_iter()
            .flat_map(|snapshot| snapshot.entries().iter().map(move |entry| (snapshot, entry)));
        for (snapshot, entry) in entries.filter(|(snapshot, entry)| is_wanted(snapshot, entry)) {
            match read(snapshot, entry) {
                Ok(readings) => {
                    let (machine, provider) = (&entry.machine, &entry.provider);
                    let placed = |reading| (machine.clone(), provider.clone(), reading);
                    input.limits.extend(readings.into_iter().map(placed));
                }
                Err(reason) => {
                    let reason = format!("{reason}; left out");
                    problems.push(Problem { path: entry.path.clone(), reason });
                }
            }
        }
        rename::forget(&mut input);
        let readings = input.limits.into_iter().map(|(_, provider, reading)| (provider, reading));
        (Self::of(readings), problems)
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.by_limit.is_empty()
    }

    /// The newest word about every limit, sorted by what it is of.
    pub fn now(&self, now: UtcSeconds) -> impl Iterator<Item = LimitNow<'_>> {
        self.newest().map(move |(of, reading)| {
            let ends =
                reading.resets_at.or_else(|| Some(reading.at.plus(window_seconds(&of.window)?)));
            LimitNow {
                of,
                reading,
                age_seconds: (now.seconds() - reading.at.seconds()).max(0),
                over_since: ends.filter(|ends| *ends <= now),
            }
        })
    }

    /// The newest word about every limit.
    pub(crate) fn newest(&self) -> impl Iterator<Item = (&Told, &LimitReading)> {
        self.by_limit.iter().filter_map(|(of, readings)| Some((of, readings.last()?)))
    }

    /// All instants at which windows would start anew, those of a limit in the order in which they were said.
    pub fn resets(&self) -> impl Iterator<Item = (&Told, Vec<Reset>)> {
        let resets = self.by_limit.iter().map(|(of, readings)| (of, resets(of, readings)));
        resets.filter(|(_, resets)| !resets.is_empty())
    }
}

fn read(snapshot: &Snapshot, entry: &Entry) -> Result<Vec<LimitReading>, String> {
    let bytes = snapshot.read(entry).map_err(|error| error.to_string())?;
    let file = LimitsFile::parse(&bytes).map_err(|error| error.to_string())?;
    Ok(file.readings)
}

/// The instants that were said of one limit.
fn resets(of: &Told, readings: &[LimitReading]) -> Vec<Reset> {
    let length = window_seconds(&of.window);
    let mut resets: Vec<Reset> = Vec::new();
    for reading in readings {
        // A word about a window that was over when it was said, is an old one.
        let Some(at) = reading.resets_at.filter(|at| *at > reading.at) else { continue };
        let is_same = |known: &&mut Reset| {
            known.resets_at.seconds().abs_diff(at.seconds()) <= SAME.unsigned_abs()
        };
        if let Some(known) = resets.iter_mut().rev().find(is_same) {
            known.last_seen = reading.at;
            known.highest_used = known.highest_used.max(reading.used_fraction);
            continue;
        }
        let expected = resets.last().and_then(|before| expected(before, reading.at, length));
        resets.push(Reset {
            resets_at: at,
            first_seen: reading.at,
            last_seen: reading.at,
            highest_used: reading.used_fraction,
            expected,
        });
    }
    resets
}

/// What is to be expected of a word said at `said`: while the window before is open, that it ends when it was said to
/// end; later, that one of the same length has begun since, at its end or with a response up to now.
fn expected(
    before: &Reset,
    said: UtcSeconds,
    length: Option<i64>,
) -> Option<(UtcSeconds, UtcSeconds)> {
    if said < before.resets_at {
        return Some((before.resets_at, before.resets_at));
    }
    let length = length?;
    Some((before.resets_at.plus(length), said.plus(length)))
}

/// The one name of a window: minutes were stored as they were told.
fn canonical(window: &str) -> String {
    let minutes = window.strip_suffix('m').and_then(|minutes| minutes.parse().ok());
    minutes.map_or_else(|| window.to_owned(), window_name)
}

/// Readings are kept in files of a month; history on pages goes back so many days.
const HISTORY_DAYS: i64 = 90;

/// Whether a reset is of the days before the newest word that a page tells of.
fn is_recent(reset: &Reset, newest: UtcSeconds) -> bool {
    let days = |at: UtcSeconds| i64::from(at.utc_date().num_days_from_ce());
    days(newest) - days(reset.last_seen) <= HISTORY_DAYS
}
