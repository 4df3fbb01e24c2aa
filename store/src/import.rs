//! Data of Token Matters 1.x: sums of local days become sums between two instants, and are kept beside the records.
//!
//! What is stored is joined with what was stored before, so that a second import changes nothing and a newer state
//! of the same repository adds what it has more.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate};
use chrono_tz::Tz;
use data_schema::{
    DayFile, DaySum, DaySumsFile, Kind, Period, Text, TimeQuality, Usage, UtcSeconds, Version,
    ZonedSum,
};

use crate::path::sums_file;
use crate::snapshot::PRICES;
use crate::{Changes, EntryKind, Problem, Snapshot, Store, StoreError};

mod legacy;
mod origin;

pub use legacy::Legacy;

/// Machine and provider.
pub type Source = (Text, Text);

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// Files that were written; none if the store held everything already.
    pub written: Vec<String>,
    /// The commit; a plain folder, a trial and an import without anything new have none.
    pub commit: Option<String>,
    /// Since when the records of each machine and provider cover its days; absent if it has no records.
    pub covered_since: BTreeMap<Source, UtcSeconds>,
    /// Zones in which sums of these machines and providers were stored before, other than the one asked for.
    pub other_zones: Vec<Tz>,
    /// Machines and providers that are to be forgotten: nothing of them was taken over.
    pub forgotten: Vec<Source>,
    /// Whether the store had prices already, and others.
    pub other_prices: bool,
    /// Files of the store that could not be used or joined.
    pub problems: Vec<Problem>,
}

impl Store {
    /// Takes over day sums, and the prices where the store has none, in one commit. With `trial` nothing is written.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub fn import(
        &self,
        legacy: &Legacy,
        now: UtcSeconds,
        trial: bool,
    ) -> Result<Imported, StoreError> {
        if trial {
            return plan(&self.snapshot()?, legacy, now).map(|(_, imported)| imported);
        }
        let mut imported = Imported::default();
        let commit = self.edit(now, "import: day sums of Token Matters 1.x", |snapshot| {
            let (changes, planned) = plan(snapshot, legacy, now)?;
            imported = planned;
            Ok(changes)
        })?;
        imported.commit = commit;
        Ok(imported)
    }

    /// The zones whose days the stored day sums are about.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn zones_of_day_sums(&self) -> Result<Vec<Tz>, StoreError> {
        let snapshot = self.snapshot()?;
        let entries = snapshot.entries().iter();
        let files = entries.filter(|entry| matches!(entry.kind, EntryKind::DaySums(_)));
        let mut zones = Vec::new();
        for entry in files {
            if let Ok(file) = DaySumsFile::parse(&snapshot.read(entry)?)
                && !zones.contains(&file.zone)
            {
                zones.push(file.zone);
            }
        }
        Ok(zones)
    }
}

/// What joining these files into a store changes; a file of a newer version is left alone.
pub(crate) fn joined(
    snapshot: &Snapshot,
    files: &BTreeMap<String, DaySumsFile>,
) -> Result<Changes, StoreError> {
    let mut changes = Changes::default();
    for (path, file) in files {
        let known = match snapshot.entry(path) {
            Some(entry) => DaySumsFile::parse(&snapshot.read(entry)?).ok(),
            None => None,
        };
        let Some(known) = known else {
            changes.write(path.as_str(), file.to_bytes());
            continue;
        };
        let joined = known.clone().join(file.clone());
        if known.is_ours_to_rewrite() && !joined.says_the_same(&known) {
            changes.write(path.as_str(), joined.to_bytes());
        }
    }
    Ok(changes)
}

fn plan(
    snapshot: &Snapshot,
    legacy: &Legacy,
    now: UtcSeconds,
) -> Result<(Changes, Imported), StoreError> {
    let mut planning = Planning {
        snapshot,
        legacy,
        now,
        changes: Changes::default(),
        imported: Imported::default(),
    };
    let mut memory = snapshot.tombstones()?.memory();
    for (source, sums) in &legacy.sums {
        if memory.forgets_source(&source.0, &source.1) {
            planning.imported.forgotten.push(source.clone());
        } else {
            planning.source(source, sums);
        }
    }
    planning.prices()?;
    let Planning { changes, mut imported, .. } = planning;
    imported.written = changes.iter().map(|(path, _)| path.to_owned()).collect();
    Ok((changes, imported))
}

struct Planning<'a> {
    snapshot: &'a Snapshot,
    legacy: &'a Legacy,
    now: UtcSeconds,
    changes: Changes,
    imported: Imported,
}

impl Planning<'_> {
    /// All years of one machine and provider.
    fn source(&mut self, source: &Source, sums: &BTreeMap<(NaiveDate, Text), Usage>) {
        let known = self.known(source);
        let stored = known.values().flatten().filter_map(|file| file.covered_since).min();
        let covered_since = stored.or_else(|| self.covered_since(source));
        if let Some(since) = covered_since {
            self.imported.covered_since.insert(source.clone(), since);
        }
        let mut years: BTreeMap<i32, Vec<ZonedSum>> = BTreeMap::new();
        for (sum, year) in
            legacy::zoned(sums, self.legacy.zone).map(|sum| (sum.clone(), sum.date.year()))
        {
            years.entry(year).or_default().push(sum);
        }
        for (year, sums) in years {
            let file = DaySumsFile {
                version: Version::CURRENT,
                machine: source.0.clone(),
                provider: source.1.clone(),
                year,
                collected_at: self.now,
                zone: self.legacy.zone,
                covered_since,
                sums,
            };
            match known.get(&year) {
                // Not readable: told already.
                Some(None) => {}
                Some(Some(known)) => self.join(known, file),
                None => self.write(&file),
            }
        }
    }

    /// What is stored of a machine and provider by year; nothing for a file that cannot be read.
    fn known(&mut self, (machine, provider): &Source) -> BTreeMap<i32, Option<DaySumsFile>> {
        let mut known = BTreeMap::new();
        for entry in self.snapshot.of_source(machine, provider) {
            let EntryKind::DaySums(year) = entry.kind else { continue };
            let bytes = self.snapshot.read(entry).map_err(|error| error.to_string());
            let file = bytes
                .and_then(|bytes| DaySumsFile::parse(&bytes).map_err(|error| error.to_string()));
            if let Err(reason) = &file {
                let reason = format!(
                    "{reason}; nothing was joined into it: run `token-matters store verify --fix`, then import again"
                );
                self.imported.problems.push(Problem::new(&entry.path, &reason));
            }
            known.insert(year, file.ok());
        }
        known
    }

    fn join(&mut self, known: &DaySumsFile, mut new: DaySumsFile) {
        if known.zone != new.zone {
            if !self.imported.other_zones.contains(&known.zone) {
                self.imported.other_zones.push(known.zone);
            }
            // The zone that is named last is the one that stands, even where a clock went back.
            new.collected_at = new.collected_at.max(known.collected_at.plus(1));
        }
        let joined = known.clone().join(new);
        if joined.says_the_same(known) {
            return;
        }
        if known.is_ours_to_rewrite() {
            self.write(&joined);
            return;
        }
        let path = sums_file(&known.machine, &known.provider, known.year);
        let reason = format!(
            "is of the newer version {}: update token-matters, and import again",
            known.version
        );
        self.imported.problems.push(Problem::new(&path, &reason));
    }

    fn write(&mut self, file: &DaySumsFile) {
        let path = sums_file(&file.machine, &file.provider, file.year);
        self.changes.write(path, file.to_bytes());
    }

    /// The start of the first whole day after the earliest record.
    fn covered_since(&mut self, source: &Source) -> Option<UtcSeconds> {
        let zone = self.legacy.zone;
        let earliest = self.earliest(source)?;
        let mut date = earliest.to_chrono().with_timezone(&zone).date_naive();
        loop {
            date = date.checked_add_days(Days::new(1))?;
            if let Some(day) = data_schema::Span::of_day(zone, date) {
                return Some(day.from);
            }
        }
    }

    /// The time of the earliest record: only the earliest months are read.
    fn earliest(&mut self, (machine, provider): &Source) -> Option<UtcSeconds> {
        let mut months: BTreeMap<NaiveDate, Vec<&crate::Entry>> = BTreeMap::new();
        for entry in self.snapshot.of_source(machine, provider) {
            let EntryKind::Records(Period::Day(date) | Period::Month(date)) = entry.kind else {
                continue;
            };
            months.entry(date.with_day(1).unwrap_or(date)).or_default().push(entry);
        }
        months.into_values().find_map(|entries| {
            let times = entries.into_iter().filter_map(|entry| {
                let bytes = self.snapshot.read(entry).map_err(|error| error.to_string());
                let file = bytes
                    .and_then(|bytes| DayFile::parse(&bytes).map_err(|error| error.to_string()));
                let file = file.map_err(|reason| {
                    self.imported.problems.push(Problem::new(&entry.path, &reason));
                });
                let records = file.ok()?.records.into_iter();
                let counted = records.filter(|record| {
                    record.usage.kind != Kind::Void && record.at_quality == TimeQuality::Trusted
                });
                counted.map(|record| record.at).min()
            });
            times.min()
        })
    }

    fn prices(&mut self) -> Result<(), StoreError> {
        let Some(prices) = &self.legacy.prices else { return Ok(()) };
        match self.snapshot.prices()? {
            None => self.changes.write(PRICES, prices.clone()),
            Some(known) => self.imported.other_prices = known != *prices,
        }
        Ok(())
    }
}

impl Legacy {
    /// All sums, the greatest of each machine, provider, day and model.
    pub fn day_sums(&self) -> impl Iterator<Item = DaySum> {
        self.sums.iter().flat_map(|((machine, provider), sums)| {
            legacy::zoned(sums, self.zone).map(|sum| DaySum {
                machine: machine.clone(),
                provider: provider.clone(),
                date: sum.date,
                span: Some(sum.span),
                usage: sum.usage,
            })
        })
    }
}
