//! Where a record stands in the logs of this machine, and what its fields are there, for whoever wants to check it.
//!
//! The parser of the source tells on which line a record stands. Where it cannot (a database, a document, a fork that
//! belongs to another thread), the log is searched for a place that holds all counts of the record: a likely place,
//! and marked so. What is shown of a place are counts, times, ids, models and other short words of the format; never
//! a text that somebody wrote.

use std::path::{Path, PathBuf};

use data_schema::{RecordId, UsageRecord};
use serde_json::Value;

use crate::contribution::Clock;
use crate::files::{LogFile, Wanted, find};
use crate::logs::Reading;
use crate::report::SourceReport;
use crate::source::{Place, SOURCES, Source};
use crate::{Config, Environment};

use numbers::Needles;

mod database;
mod numbers;
mod text;

/// Places of one record that are told.
const PLACES: usize = 12;

/// Which line, from 1, told which record; `None`: no line did.
pub(crate) type Places = Vec<(RecordId, Option<u64>)>;

/// Records that a scan found in a log.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the command builds it")]
pub struct LogOfRecords {
    /// Id of the source.
    pub source: String,
    /// The log, as [`crate::ScannedSource::log_keys`] names it.
    pub log: u64,
    /// The records.
    pub records: Vec<UsageRecord>,
}

/// A place in a log.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Trace {
    /// Id of the source.
    pub source: &'static str,
    /// The record.
    pub id: RecordId,
    /// The log.
    pub file: PathBuf,
    /// The line from 1, where the log has lines.
    pub line: Option<u64>,
    /// The row of a database, or the place in a document.
    pub row: Option<String>,
    /// What stands there, without a word that somebody wrote; `None` if it cannot be read.
    pub fields: Option<Value>,
    /// Whether the place was found by its counts, and not by the record's id.
    pub is_likely: bool,
}

/// What was found at a place.
pub(crate) struct Found {
    line: Option<u64>,
    row: Option<String>,
    fields: Option<Value>,
}

/// Looks for the records in their logs. A log that is not there any more has no places.
pub fn find_lines(
    environment: &Environment,
    config: &Config,
    wanted: &[LogOfRecords],
) -> Vec<Trace> {
    let mut traces = Vec::new();
    for source in SOURCES {
        let of_source: Vec<&LogOfRecords> =
            wanted.iter().filter(|log| log.source == source.id()).collect();
        if of_source.is_empty() {
            continue;
        }
        let files = files(*source, environment, config);
        for log in of_source {
            if let Some(file) = files.iter().find(|file| file.key == log.log) {
                traces.extend(in_file(*source, environment, file, &log.records));
            }
        }
    }
    traces
}

fn files(source: &dyn Source, environment: &Environment, config: &Config) -> Vec<LogFile> {
    let configured = config.directory(source.id());
    let located = source.locate(&Place { environment, configured });
    let wanted = Wanted {
        is_log: &|path| source.is_log(path),
        companion: &|path| source.companion(path),
        not_entered: source.info().not_entered,
    };
    find(&located.roots, &wanted, &mut SourceReport::new(source.id()))
}

fn in_file(
    source: &'static dyn Source,
    environment: &Environment,
    file: &LogFile,
    records: &[UsageRecord],
) -> Vec<Trace> {
    let clock = Clock { now: environment.now, modified: file.modified() };
    let places = source.places(file, Reading::new(clock, &|_| {}));
    let mut traces = Vec::new();
    for record in records {
        let is_it = |id: &RecordId| *id == record.id || record.was.contains(id);
        let mut lines: Vec<u64> =
            places.iter().filter(|(id, _)| is_it(id)).filter_map(|(_, line)| *line).collect();
        lines.dedup();
        let is_likely = lines.is_empty();
        let found = if is_likely {
            by_counts(&file.path, record)
        } else {
            text::at_lines(&file.path, &lines[..lines.len().min(PLACES)])
        };
        traces.extend(found.into_iter().map(|Found { line, row, fields }| Trace {
            source: source.id(),
            id: record.id,
            file: file.path.clone(),
            line,
            row,
            fields,
            is_likely,
        }));
    }
    traces
}

/// Places that hold all counts of a record; if there is none, the log alone.
fn by_counts(path: &Path, record: &UsageRecord) -> Vec<Found> {
    let nothing = || vec![Found { line: None, row: None, fields: None }];
    let Some(needles) = Needles::of(&record.usage) else { return nothing() };
    let found = if database::is_one(path) {
        database::rows(path, &needles)
    } else {
        text::lines_with(path, &needles)
    };
    if found.is_empty() { nothing() } else { found }
}

#[cfg(test)]
mod tests;
