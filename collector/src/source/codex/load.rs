//! All rollouts to records: forks, times, and what was read.

use std::io::{ErrorKind, Read};
use std::path::PathBuf;
use std::sync::LazyLock;

use data_schema::{
    HashId, Interner, LimitReading, Quality, Rank, Text, TimeQuality, Tokens, Usage, UsageRecord,
};

use super::family::{Families, Identity};
use super::frames::Frames;
use super::parse::{Parser, Request, Stream};
use super::paths::is_rollout;
use super::shape::Counts;
use super::{ID, REVISION};
use crate::files::{self, LogFile};
use crate::lines::{Lines, Markers};
use crate::report::SourceReport;
use crate::source::{Scan, Scanned};
use crate::times::settle;

/// Only lines with one of these count. Quotes inside of a JSON text are escaped, so that these bytes
/// are a key or a value.
static MARKERS: LazyLock<Markers> = LazyLock::new(|| {
    Markers::any(&[
        "\"token_count\"",
        "\"turn_context\"",
        "\"session_meta\"",
        "\"token_usage_record\"",
    ])
});

/// A compressed rollout that grows beyond this is no rollout. Bytes.
const LARGEST_DECOMPRESSED: u64 = 16 * 1024 * 1024 * 1024;

struct FileContent {
    stream: Stream,
    report: SourceReport,
    complete: bool,
}

pub(super) fn scan(roots: &[PathBuf], scan: &Scan<'_>) -> Scanned {
    let mut report = SourceReport::new(ID);
    let files = files::find(roots, REVISION, is_rollout, &mut report);
    // A fork is known by its parent: all are read when one has changed.
    let all_stored = files.iter().all(|file| (scan.is_stored)(&file.stamp));
    let unread: Vec<&LogFile> = if all_stored { Vec::new() } else { files.iter().collect() };
    let mut read_files: Vec<(&LogFile, FileContent)> = Vec::new();
    files::read_all(&unread, scan, read, |file, content| read_files.push((file, content)));
    read_files.sort_by(|(left, _), (right, _)| left.path.cmp(&right.path));
    let mut scanned = Scanned::default();
    if all_stored {
        scanned.stamps.extend(files.iter().map(|file| file.stamp.clone()));
    }
    let mut streams = Vec::with_capacity(read_files.len());
    let mut kept = Vec::with_capacity(read_files.len());
    for (file, content) in read_files {
        if content.complete {
            scanned.stamps.push(file.stamp.clone());
        }
        report.merge(content.report);
        streams.push(content.stream);
        kept.push(file);
    }
    let mut families = Families::new(&streams);
    for (index, (stream, file)) in streams.iter().zip(kept).enumerate() {
        let identities = families.identify(index);
        scanned.limits.extend(own_limits(stream, &identities));
        let mut records =
            Records { file, scan, interner: Interner::default(), report: &mut report };
        for record in records.of(stream, identities) {
            scanned.records.insert(record);
        }
    }
    scanned.limits.sort();
    scanned.limits.dedup();
    report.records = scanned.records.len();
    if scanned.records.is_empty() {
        report.note_outdated(&unread);
    }
    scanned.report = report.finish();
    scanned
}

fn read(file: &LogFile) -> FileContent {
    let mut parser = Parser::new(&file.path);
    let result = fs_err::File::open(&file.path).and_then(|reader| {
        if file.path.extension().is_some_and(|extension| extension == "zst") {
            lines(Frames::new(reader, LARGEST_DECOMPRESSED), &mut parser)
        } else {
            lines(reader, &mut parser)
        }
    });
    let (stream, mut report) = parser.finish();
    let complete = result.is_ok();
    // A log that is not there any more has been deleted since it was listed.
    if let Err(error) = result
        && error.kind() != ErrorKind::NotFound
    {
        report.fail(
            &file.path,
            format!("cannot be read to its end: {error}; what came before counts"),
        );
    }
    FileContent { stream, report, complete }
}

fn lines(reader: impl Read, parser: &mut Parser<'_>) -> std::io::Result<()> {
    Lines::new(reader).for_each(&MARKERS, |number, line| parser.line(number, line))
}

/// Readings of the stream's own time: those of a replay carry the time of the copy.
fn own_limits(stream: &Stream, identities: &[Identity]) -> Vec<LimitReading> {
    let replayed = identities.iter().take_while(|identity| identity.replayed).count();
    let own = stream.limits.iter().filter(|(before, _)| *before >= replayed);
    own.map(|(_, reading)| reading.clone()).collect()
}

/// Makes records of one file's requests.
struct Records<'a> {
    file: &'a LogFile,
    scan: &'a Scan<'a>,
    interner: Interner,
    report: &'a mut SourceReport,
}

impl Records<'_> {
    fn of(&mut self, stream: &Stream, identities: Vec<Identity>) -> Vec<UsageRecord> {
        let told: Vec<_> = stream.requests.iter().map(|request| request.told).collect();
        let times = settle(&told, self.scan.environment.now, self.file.modified);
        let requests = stream.requests.iter().zip(identities).zip(times);
        requests
            .map(|((request, identity), (at, at_quality))| {
                let mut record = UsageRecord::new(identity.id, at);
                record.at_quality = match at_quality {
                    // The time of a copy is not the response's.
                    TimeQuality::Trusted if identity.replayed && identity.guessed => {
                        TimeQuality::Guess
                    }
                    quality => quality,
                };
                record.usage = self.usage(request, &identity);
                self.attribute(&mut record, request, &identity, stream);
                record.was = identity.was;
                record
            })
            .collect()
    }

    fn usage(&mut self, request: &Request, identity: &Identity) -> Usage {
        let Split { input, cached, written, output, reasoning, clamped } = split(&request.used);
        if clamped {
            let reason = "parts are greater than their sum (cached over input, or reasoning over output): cut to it";
            self.report.warn(&self.file.path, Some(request.line), reason);
        }
        let told_total = input.is_none() && output.is_none();
        Usage {
            model: request.context.model.clone().unwrap_or_else(|| self.interner.text("unknown")),
            input_tokens: input,
            cache_read_tokens: cached,
            cache_creation_tokens: written,
            output_tokens: output,
            reasoning_tokens: reasoning,
            total_tokens: request.used.total.filter(|_| told_total),
            tier: request.context.tier.clone(),
            quality: if identity.guessed { Quality::Partial } else { Quality::Exact },
            rank: if identity.replayed { Rank::Copy } else { Rank::Own },
            revision: REVISION,
            ..Usage::default()
        }
    }

    fn attribute(
        &mut self,
        record: &mut UsageRecord,
        request: &Request,
        identity: &Identity,
        stream: &Stream,
    ) {
        let context = &request.context;
        let session = |thread: &str| HashId::new("session", thread);
        let attribution = &mut record.attribution;
        attribution.session = Some(session(&identity.owner));
        attribution.project =
            context.folder.as_deref().and_then(|folder| self.scan.projects.of(folder));
        if !identity.replayed {
            attribution.parent = stream.ancestors.first().map(|thread| session(thread));
            attribution.agent.clone_from(&context.agent);
        }
        attribution.client.clone_from(&context.client);
        attribution.vendor = context.vendor.as_ref().map(Text::clone);
    }
}

/// Classes that do not overlap.
struct Split {
    input: Option<Tokens>,
    cached: Option<Tokens>,
    written: Option<Tokens>,
    output: Option<Tokens>,
    reasoning: Option<Tokens>,
    clamped: bool,
}

/// Takes the cached and written tokens out of the input, and keeps every part inside of its sum.
fn split(used: &Counts) -> Split {
    let mut clamped = false;
    let mut within = |part: Option<Tokens>, room: u64| {
        part.map(|part| {
            clamped |= part.get() > room;
            Tokens::saturating(part.get().min(room))
        })
    };
    let input = used.input.map_or(0, Tokens::get);
    let cached = within(used.cached, input);
    let left = input - cached.map_or(0, Tokens::get);
    let written = within(used.cache_write, left);
    let left = left - written.map_or(0, Tokens::get);
    let reasoning = within(used.reasoning, used.output.map_or(0, Tokens::get));
    let input = used.input.map(|_| Tokens::saturating(left));
    Split { input, cached, written, output: used.output, reasoning, clamped }
}
