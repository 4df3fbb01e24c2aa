//! A run: scan the sources, store what is new.

use std::path::Path;

use chrono::{NaiveDate, TimeZone};
use chrono_tz::Tz;
use data_schema::{Text, UtcSeconds};
use store::{FileStamp, Run, SourceRun, Store, StoreError, Stored, StoredMark};

use crate::source::{Located, Place, Progress, SOURCES, Scan, Scanned};
use crate::{Config, Environment, Projects};

/// What is scanned and how.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "the command and tests build it")]
pub struct ScanOptions<'a> {
    /// The surroundings of the run.
    pub environment: &'a Environment,
    /// What the machine is told.
    pub config: &'a Config,
    /// Ids of the sources to read; empty = all.
    pub only: &'a [String],
    /// Source files that need not be read, because the store holds their content.
    pub mark: Option<&'a StoredMark>,
    /// Told what has been read, from any thread, with the source's title.
    pub progress: &'a (dyn Fn(&str, Progress) + Sync),
}

/// What became of one source.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ScannedSource {
    /// Its id.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Where it was looked for.
    pub located: Located,
    /// What it gave.
    pub scanned: Scanned,
}

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
    /// The sources that were scanned.
    pub sources: Vec<ScannedSource>,
    /// What the store took.
    pub stored: Stored,
    /// The name under which the machine writes.
    pub machine: Text,
}

impl Days {
    fn contains(&self, at: UtcSeconds) -> bool {
        let day = self.zone.from_utc_datetime(&at.to_chrono().naive_utc()).date_naive();
        (self.from..=self.to).contains(&day)
    }
}

/// Scans every source that is switched on and asked for.
pub fn scan_sources(options: &ScanOptions<'_>) -> Vec<ScannedSource> {
    let projects = Projects::new(&options.environment.home);
    let wanted = |id: &str| {
        options.config.is_enabled(id)
            && (options.only.is_empty() || options.only.iter().any(|only| only == id))
    };
    let sources = SOURCES.iter().filter(|source| wanted(source.id()));
    sources
        .map(|source| {
            let configured = options.config.directory(source.id());
            let located = source.locate(&Place { environment: options.environment, configured });
            let is_stored = |stamp: &FileStamp| {
                options.mark.is_some_and(|mark| mark.covers(source.id(), stamp))
            };
            let progress = |progress: Progress| (options.progress)(source.title(), progress);
            let mut scanned = source.scan(
                &located.roots,
                &Scan {
                    environment: options.environment,
                    projects: &projects,
                    is_stored: &is_stored,
                    progress: &progress,
                },
            );
            for missing in &located.missing {
                scanned.report.fail(Path::new(""), missing.clone());
            }
            ScannedSource { id: source.id(), title: source.title(), located, scanned }
        })
        .collect()
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

/// Scans and stores. With `days`, only records of those days are stored, and no file counts as stored.
///
/// # Errors
///
/// The store cannot be read or written. What was stored before is untouched.
pub fn collect(
    store: &Store,
    runner: &Runner<'_>,
    options: &ScanOptions<'_>,
    days: Option<Days>,
) -> Result<Collected, StoreError> {
    let machine: Text = store.machine_name(runner.machine, runner.machine_id)?.into();
    let mark = store.stored_mark(&machine)?;
    let mut sources = scan_sources(&ScanOptions { mark: Some(&mark), ..*options });
    let runs = sources.iter_mut().map(|source| source_run(source, &mark, days)).collect();
    let run = Run {
        machine: machine.clone(),
        machine_id: runner.machine_id.to_owned(),
        now: options.environment.now,
        program: runner.program.to_owned(),
        sources: runs,
    };
    let stored = store.store_run(&run)?;
    Ok(Collected { sources, stored, machine })
}

fn source_run(source: &mut ScannedSource, mark: &StoredMark, days: Option<Days>) -> SourceRun {
    let scanned = &mut source.scanned;
    let mut records = std::mem::take(&mut scanned.records);
    let mut files = std::mem::take(&mut scanned.stamps);
    if let Some(days) = days {
        records.retain(|record| days.contains(record.at));
        files.retain(|stamp| mark.covers(source.id, stamp));
    }
    let limits = std::mem::take(&mut scanned.limits);
    SourceRun { provider: source.id.into(), records, limits, files }
}

impl std::fmt::Debug for ScanOptions<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ScanOptions").field("only", &self.only).finish_non_exhaustive()
    }
}
