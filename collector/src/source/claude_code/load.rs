//! All logs of Claude Code to records: what a line alone cannot tell.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use data_schema::{Quality, UsageRecord, UtcSeconds};
use memchr::memmem;
use serde::Deserialize;

use super::parse::{Entry, Parser, agent_kind};
use super::{ID, REVISION};
use crate::environment::Environment;
use crate::files::{self, LogFile};
use crate::lines::{Lines, Markers};
use crate::report::{Retention, SourceReport};
use crate::source::{Scan, Scanned};
use crate::times::settle;

/// Only lines with this can carry usage. A quoted key cannot stand inside of a JSON text, where its
/// quotes would be escaped.
static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"usage\""]));

/// Days after which Claude Code deletes a log, unless its settings say otherwise.
const RETENTION_DAYS: u32 = 30;
/// What counts as soon.
const SOON_DAYS: i64 = 14;
const DAY: i64 = 86_400;
/// How much of a file is looked at to see how it begins.
const OPENING_BYTES: u64 = 64 * 1024;
/// Output up to which an answer without a stop reason was never counted to its end.
const UNCOUNTED_OUTPUT: u64 = 2;

/// What one file holds.
struct FileContent {
    records: Vec<UsageRecord>,
    report: SourceReport,
    complete: bool,
    saw_usage: bool,
}

pub(super) fn scan(roots: &[PathBuf], scan: &Scan<'_>) -> Scanned {
    let mut report = SourceReport::new(ID);
    let files = files::find(roots, REVISION, is_log, &mut report);
    report.retention = retention(roots, &files, scan.environment);
    let mut scanned = Scanned::default();
    let mut saw_usage = false;
    let (stored, unread): (Vec<&LogFile>, Vec<&LogFile>) =
        files.iter().partition(|file| (scan.is_stored)(&file.stamp));
    files::read_all(
        &unread,
        scan,
        |file| read(file, scan),
        |file, content| {
            if content.complete {
                scanned.stamps.push(file.stamp.clone());
            }
            saw_usage |= content.saw_usage;
            scanned.records.extend(content.records);
            report.merge(content.report);
        },
    );
    report.records = scanned.records.len();
    if !saw_usage {
        report.note_outdated(&unread);
    }
    scanned.stamps.extend(stored.iter().map(|file| file.stamp.clone()));
    scanned.stamps.sort_by(|left, right| left.path.cmp(&right.path));
    scanned.report = report.finish();
    scanned
}

/// Logs lie below a folder `projects`; the desktop application keeps other things beside it.
fn is_log(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jsonl")
        && path.components().any(|part| part.as_os_str() == "projects")
}

fn read(file: &LogFile, scan: &Scan<'_>) -> FileContent {
    let mut parser = Parser::new(&file.path, scan.projects);
    let result = fs_err::File::open(&file.path).and_then(|reader| {
        Lines::new(reader).for_each(&MARKERS, |number, line| parser.line(number, line))
    });
    let complete = result.is_ok();
    // A log that is not there any more has been deleted since it was listed.
    if let Err(error) = result
        && error.kind() != ErrorKind::NotFound
    {
        parser.report.fail(&file.path, format!("cannot be read: {error}; check its permissions"));
    }
    let Parser { mut entries, report, saw_usage, .. } = parser;
    mark_side_lines(&mut entries, &file.path);
    mark_unfinished(&mut entries);
    let told: Vec<_> = entries.iter().map(|entry| entry.told).collect();
    let times = settle(&told, scan.environment.now, file.modified);
    let records = entries.into_iter().zip(times).map(|(entry, (at, at_quality))| UsageRecord {
        at,
        at_quality,
        ..entry.record
    });
    FileContent { records: records.collect(), report, complete, saw_usage }
}

/// Names the kind of sub-agent. In a side file that does not begin with a question of its own, lines
/// are a replay of the session it came from: if they are all that is left, their numbers are those of
/// the replay.
fn mark_side_lines(entries: &mut [Entry], path: &Path) {
    if !entries.iter().any(|entry| entry.side) {
        return;
    }
    let kind = agent_kind(path);
    let replay = !begins_with_question(path);
    for entry in entries.iter_mut().filter(|entry| entry.side) {
        entry.record.attribution.agent.clone_from(&kind);
        if replay {
            entry.record.usage.quality = Quality::Partial;
        }
    }
}

fn begins_with_question(path: &Path) -> bool {
    let mut opening = Vec::new();
    let read = fs_err::File::open(path)
        .and_then(|file| file.take(OPENING_BYTES).read_to_end(&mut opening));
    let find = |needle: &[u8]| memmem::find(&opening, needle).unwrap_or(usize::MAX);
    read.is_ok() && find(b"\"user\"") < find(b"\"usage\"")
}

/// Some builds never wrote the final numbers of a session: then what is there is a lower bound.
fn mark_unfinished(entries: &mut [Entry]) {
    let is_unfinished = |entry: &Entry| {
        let output = entry.record.usage.output_tokens.map_or(0, data_schema::Tokens::get);
        !entry.finished && output <= UNCOUNTED_OUTPUT
    };
    let unfinished = entries.iter().filter(|entry| is_unfinished(entry)).count();
    if unfinished * 2 > entries.len() {
        for entry in entries.iter_mut().filter(|entry| is_unfinished(entry)) {
            entry.record.usage.quality = Quality::Partial;
        }
    }
}

/// What Claude Code is going to delete within 14 days: it goes by the time of the last change.
fn retention(roots: &[PathBuf], files: &[LogFile], environment: &Environment) -> Option<Retention> {
    let days = roots.iter().filter_map(|root| cleanup_period(root)).min().unwrap_or(RETENTION_DAYS);
    let limit: UtcSeconds = environment.now.plus((SOON_DAYS - i64::from(days)) * DAY);
    let soon = files.iter().filter(|file| file.modified < limit);
    let (count, bytes) = soon.fold((0, 0), |(count, bytes), file| (count + 1, bytes + file.size));
    (!files.is_empty()).then_some(Retention { days, files: count, bytes })
}

/// `cleanupPeriodDays` of the settings beside the logs.
fn cleanup_period(root: &Path) -> Option<u32> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Settings {
        cleanup_period_days: u32,
    }
    let bytes = fs_err::read(root.parent()?.join("settings.json")).ok()?;
    let settings: Settings = serde_json::from_slice(&bytes).ok()?;
    Some(settings.cleanup_period_days)
}
