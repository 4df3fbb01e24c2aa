//! One log of Claude Code to records: what a line alone cannot tell.

use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use data_schema::{Quality, UsageRecord};
use memchr::memmem;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::Deserialize;

use super::parse::{Parsed, Parser, SIDE, agent_kind, is_unfinished};
use crate::contribution::{Clock, Contribution};
use crate::files::LogFile;
use crate::lines::{Lines, Markers};
use crate::logs::{Read, Reading, Seen};
use crate::trace::Places;

/// Only lines with this can carry usage. A quoted key cannot stand inside of a JSON text, where its
/// quotes would be escaped.
static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"usage\""]));

/// How much of a file is looked at to see how it begins.
const OPENING_BYTES: u64 = 64 * 1024;

/// Reads one log, or goes on where `before` ended.
pub(super) fn read(
    file: &LogFile,
    reading: Reading<'_>,
    before: Option<&Contribution>,
) -> Read<()> {
    let mut parser = Parser::new(&file.path);
    let mut known = Known::default();
    if let Some(before) = before
        && let Some(resume) = &before.resume
        && before.records.each_told(|told| parser.known(told)).is_ok()
    {
        parser.go_on(resume.lines, before.saw_usage);
        known = Known { start: resume.offset, lines: resume.lines, before: Some(before) };
    } else {
        parser = Parser::new(&file.path);
    }
    let (seen, error) = if file.identity.size.saturating_sub(known.start) > PART {
        read_in_parts(file, reading, (known.start, PART), &mut parser)
    } else {
        read_part(reading, known.start..u64::MAX, &mut parser)
    };
    let contribution = contribution(file, reading.clock, parser.finish(), &known, seen);
    Read::of(file, contribution, error, ())
}

/// Which line of a log told which record.
pub(super) fn places(file: &LogFile, reading: Reading<'_>) -> Places {
    let mut parser = Parser::new(&file.path);
    parser.places = Some(Places::new());
    read_part(reading, 0..u64::MAX, &mut parser);
    parser.places.unwrap_or_default()
}

/// Bytes that one core reads of a large log at a time.
const PART: u64 = 16 * 1024 * 1024;

fn read_part(
    reading: Reading<'_>,
    range: Range<u64>,
    parser: &mut Parser<'_>,
) -> (Seen, Option<io::Error>) {
    let mut seen = Seen::default();
    let result = reading.open(parser.path).and_then(|mut reader| {
        let mut lines = Lines::part(&mut reader, range.start, range.end)?;
        let result = lines.for_each(&MARKERS, |number, line| parser.line(number, line));
        let passed = lines.passed();
        drop(lines);
        seen = reader.seen(passed);
        result
    });
    (seen, result.err())
}

/// Reads a large log on all cores. The lines of one response follow each other, so that what two parts say of
/// one is joined as if it had been read in one go.
fn read_in_parts<'p>(
    file: &'p LogFile,
    reading: Reading<'_>,
    (start, part): (u64, u64),
    parser: &mut Parser<'p>,
) -> (Seen, Option<io::Error>) {
    let size = file.identity.size;
    let count = usize::try_from((size - start).div_ceil(part)).unwrap_or(usize::MAX);
    let parts = (0..count).into_par_iter().map(|number| {
        let begin = start + number as u64 * part;
        // The last one goes on to the end, wherever that is by now.
        let end = if size - begin <= part { u64::MAX } else { begin + part };
        let mut parser = Parser::new(&file.path);
        let (seen, error) = read_part(reading, begin..end, &mut parser);
        (parser, seen, error)
    });
    let parts: Vec<(Parser<'_>, Seen, Option<io::Error>)> = parts.collect();
    let mut all = Seen::default();
    for (part, Seen { passed, check }, error) in parts {
        parser.absorb(part, all.passed.lines);
        all.passed.lines += passed.lines;
        if passed.resume_at.is_some() {
            all.passed.resume_at = passed.resume_at;
            all.check = check;
        }
        if passed.lines > 0 {
            all.passed.open = passed.open;
        }
        if error.is_some() {
            return (all, error);
        }
    }
    (all, None)
}

/// What was known of a log when reading went on.
#[derive(Default)]
struct Known<'a> {
    start: u64,
    lines: u64,
    before: Option<&'a Contribution>,
}

fn contribution(
    file: &LogFile,
    clock: Clock,
    parsed: Parsed,
    known: &Known<'_>,
    seen: Seen,
) -> Contribution {
    let Parsed { responses, sides, unfinished, mut report, saw_usage } = parsed;
    if let Some(before) = known.before {
        report.skipped += before.skipped;
    }
    let lower_bounds = unfinished * 2 > responses.len();
    let (kind, replay) = if sides > 0 {
        (agent_kind(&file.path), !begins_with_question(&file.path))
    } else {
        (None, false)
    };
    let amend = |record: &mut UsageRecord, mark: u8| {
        if mark & SIDE != 0 {
            record.attribution.agent.clone_from(&kind);
        }
        if (mark & SIDE != 0 && replay) || (lower_bounds && is_unfinished(record, mark)) {
            record.usage.quality = Quality::Partial;
        }
    };
    let is_amended = sides > 0 || lower_bounds;
    let records = responses.settle(clock, is_amended.then_some(&amend));
    let before = known.before.map_or(&[][..], |before| &before.warnings);
    Contribution {
        records,
        limits: Vec::new(),
        skipped: report.skipped,
        warnings: report.told_after(before),
        saw_usage,
        is_silent: false,
        kin: None,
        resume: seen.resume((known.start, known.lines)),
    }
}

/// Names the kind of sub-agent. In a side file that does not begin with a question of its own, lines
/// are a replay of the session it came from: if they are all that is left, their numbers are those of
/// the replay.
fn begins_with_question(path: &Path) -> bool {
    let mut opening = Vec::new();
    let read = fs_err::File::open(path)
        .and_then(|file| file.take(OPENING_BYTES).read_to_end(&mut opening));
    let find = |needle: &[u8]| memmem::find(&opening, needle).unwrap_or(usize::MAX);
    read.is_ok() && find(b"\"user\"") < find(b"\"usage\"")
}

/// `cleanupPeriodDays` of the settings beside the logs.
pub(super) fn cleanup_period(root: &Path) -> Option<u32> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Settings {
        cleanup_period_days: u32,
    }
    let bytes = fs_err::read(root.parent()?.join("settings.json")).ok()?;
    let settings: Settings = serde_json::from_slice(&bytes).ok()?;
    Some(settings.cleanup_period_days)
}

#[cfg(test)]
mod tests;
