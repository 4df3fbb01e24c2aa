//! A run: scan the sources, store what is new.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeZone};
use chrono_tz::Tz;
use data_schema::{Text, UtcSeconds};
use store::{Changes, Run, SourceRun, Store, StoreError, Stored, StoredMark};

use crate::interface::Asked;
use crate::scan::{ScanOptions, Scanned, ScannedSource, scan_sources};

/// Days of a zone, both included.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the command builds it")]
pub struct Days {
    /// The zone whose days are meant.
    pub zone: Tz,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

/// What a run did.
#[derive(Debug)]
#[non_exhaustive]
pub struct Collected {
    /// What was scanned.
    pub scanned: Scanned,
    /// What the store took.
    pub stored: Stored,
    /// The name under which the machine writes.
    pub machine: Text,
    /// The newest response of each source, among those that the store lacked.
    pub newest: BTreeMap<&'static str, UtcSeconds>,
}

impl Days {
    fn contains(&self, at: UtcSeconds) -> bool {
        let day = self.zone.from_utc_datetime(&at.to_chrono().naive_utc()).date_naive();
        (self.from..=self.to).contains(&day)
    }
}

/// Who runs.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the command builds it")]
pub struct Runner<'a> {
    /// The name that the machine wants.
    pub machine: &'a str,
    /// Its random id.
    pub machine_id: &'a str,
    /// Name and version of the program.
    pub program: &'a str,
}

/// Scans and stores, together with what interfaces told. With `days`, only records of those days are stored, and no
/// file counts as stored.
///
/// # Errors
///
/// The store cannot be read or written. What was stored before is untouched.
pub fn collect(
    store: &Store,
    runner: &Runner<'_>,
    options: &ScanOptions<'_>,
    (days, asked): (Option<Days>, &mut Asked),
) -> Result<Collected, StoreError> {
    let (mut scanned, run) = scan_for(store, runner, options, (days, asked))?;
    let stored = store.store_run(&run)?;
    tell_secrets(&mut scanned, &stored);
    Ok(collected(scanned, run, stored))
}

/// What [`collect`] would change in the store, without changing anything.
///
/// # Errors
///
/// The store cannot be read.
pub fn plan(
    store: &Store,
    runner: &Runner<'_>,
    options: &ScanOptions<'_>,
    (days, asked): (Option<Days>, &mut Asked),
) -> Result<(Collected, Changes), StoreError> {
    let (mut scanned, run) = scan_for(store, runner, options, (days, asked))?;
    let (changes, stored) = store.plan_run(&run)?;
    tell_secrets(&mut scanned, &stored);
    Ok((collected(scanned, run, stored), changes))
}

/// Scans, and takes what the store lacks.
fn scan_for(
    store: &Store,
    runner: &Runner<'_>,
    options: &ScanOptions<'_>,
    (days, asked): (Option<Days>, &mut Asked),
) -> Result<(Scanned, Run), StoreError> {
    let machine: Text = store.machine_name(runner.machine, runner.machine_id)?.into();
    let mark = store.stored_mark(&machine)?;
    let mut scanned = scan_sources(&ScanOptions { mark: Some(&mark), ..*options });
    let sources = scanned.sources.iter_mut();
    let mut sources: Vec<SourceRun> =
        sources.map(|source| source_run(source, &mark, days)).collect::<Result<_, _>>()?;
    for told in &mut asked.sources {
        let mut records = std::mem::take(&mut told.records);
        records.retain(|record| days.is_none_or(|days| days.contains(record.at)));
        let limits = std::mem::take(&mut told.limits);
        sources.push(SourceRun { provider: told.id.into(), records, limits, files: Vec::new() });
        let report = std::mem::take(&mut told.report).finish();
        scanned.sources.push(ScannedSource::told(told.id, told.title, report));
    }
    let run = Run {
        machine,
        machine_id: runner.machine_id.to_owned(),
        now: options.environment.now,
        program: runner.program.to_owned(),
        sources,
    };
    Ok((scanned, run))
}

fn collected(scanned: Scanned, run: Run, stored: Stored) -> Collected {
    let newest = scanned.sources.iter().zip(&run.sources).filter_map(|(source, run)| {
        Some((source.id, run.records.iter().map(|record| record.at).max()?))
    });
    let newest = newest.collect();
    Collected { scanned, stored, machine: run.machine, newest }
}

/// Tells what was kept out of the store, never what it said.
fn tell_secrets(scanned: &mut Scanned, stored: &Stored) {
    for (kind, count) in &stored.secrets {
        let names = match count {
            1 => "one name looks".to_owned(),
            more => format!("{more} names look"),
        };
        scanned.tell(format!(
            "{names} like {kind}: the hash is stored instead; look for it among the models, folders and agents of \
             your tools"
        ));
    }
}

fn source_run(
    source: &mut ScannedSource,
    mark: &StoredMark,
    days: Option<Days>,
) -> Result<SourceRun, StoreError> {
    let mut records = source.unstored_records()?;
    let mut files = std::mem::take(&mut source.stamps);
    if let Some(days) = days {
        records.retain(|record| days.contains(record.at));
        files.retain(|stamp| mark.covers(source.id, stamp));
    }
    // What is told stays known to whoever shows it.
    let limits = source.limits.clone();
    Ok(SourceRun { provider: source.id.into(), records, limits, files })
}
