//! One rollout to records: what its stream of requests and its family say together.

use std::path::Path;
use std::sync::LazyLock;

use data_schema::{
    Attribution, HashId, Interner, LimitReading, Quality, Rank, Text, TimeQuality, Tokens, Usage,
    UsageRecord,
};

use super::REVISION;
use super::family::{Identity, chain, identify_alone, last_link};
use super::parse::{PAIRING_WINDOW, Parser, Request, Stream};
use super::resume::{Continued, State};
use super::shape::Counts;
use crate::contribution::{Clock, Contribution, Kin, Resume, Told, Unsettled};
use crate::files::LogFile;
use crate::frames::{Frames, LARGEST_DECOMPRESSED};
use crate::lines::{Lines, Markers};
use crate::logs::{Read, Reading, Seen};
use crate::report::SourceReport;
use crate::trace::Places;

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

/// Mark of a record whose id is that of a response.
pub(super) const RESPONSE: u8 = 1;

/// The stream of a rollout, and how reading it went.
pub(super) struct Member {
    pub(super) stream: Stream,
    pub(super) report: SourceReport,
    pub(super) error: Option<std::io::Error>,
}

/// Reads one rollout, or goes on where `before` ended. One that came from another thread gives nothing by
/// itself: its stream is handed on.
pub(super) fn read(
    file: &LogFile,
    reading: Reading<'_>,
    before: Option<&Contribution>,
) -> Read<Option<Member>> {
    if let Some(continued) = before.and_then(|before| Continued::of(before).ok()) {
        let read = read_from(file, reading, continued);
        // A thread that turns out to have come from another is read as a whole.
        if read.rest.is_none() {
            return read;
        }
    }
    read_from(file, reading, Continued::default())
}

fn read_from(file: &LogFile, reading: Reading<'_>, continued: Continued) -> Read<Option<Member>> {
    let mut parser = continued.parser(&file.path);
    let result = lines(file, reading, continued.start, &mut parser);
    if parser.stream.ancestors.is_empty() {
        let seen = *result.as_ref().unwrap_or(&Seen::default());
        let contribution = alone(file, reading.clock, continued, parser, seen);
        return Read::of(file, contribution, result.err(), None);
    }
    let Parser { stream, report, .. } = parser;
    let member = Member { stream, report, error: result.err() };
    Read { contribution: None, is_whole: true, report: SourceReport::default(), rest: Some(member) }
}

/// The stream of a whole rollout, whoever it came from.
pub(super) fn read_member(file: &LogFile, reading: Reading<'_>) -> Member {
    let mut parser = Parser::new(&file.path);
    let error = lines(file, reading, 0, &mut parser).err();
    Member { stream: parser.stream, report: parser.report, error }
}

/// Which line of a rollout told which record. What a thread repeats of another one has the other's ids, and none here.
pub(super) fn places(file: &LogFile, reading: Reading<'_>) -> Places {
    let Member { stream, .. } = read_member(file, reading);
    let links = chain(Continued::default().link, &stream.requests);
    let identities = identify_alone(&stream.thread, &stream.requests, &links);
    let told = identities.into_iter().zip(&stream.requests);
    let all = |(identity, request): (Identity, &Request)| {
        let ids = std::iter::once(identity.id).chain(identity.was);
        ids.map(|id| (id, Some(request.line))).collect::<Places>()
    };
    told.flat_map(all).collect()
}

fn lines(
    file: &LogFile,
    reading: Reading<'_>,
    start: u64,
    parser: &mut Parser<'_>,
) -> std::io::Result<Seen> {
    let mut reader = reading.open(&file.path)?;
    if file.path.extension().is_some_and(|extension| extension == "zst") {
        let mut lines = Lines::new(Frames::new(reader, LARGEST_DECOMPRESSED));
        lines.for_each(&MARKERS, |number, line| parser.line(number, line))?;
        // There is no place in it to go on at.
        return Ok(Seen::default());
    }
    let mut lines = Lines::part(&mut reader, start, u64::MAX)?;
    lines.for_each(&MARKERS, |number, line| parser.line(number, line))?;
    let passed = lines.passed();
    drop(lines);
    Ok(reader.seen(passed))
}

/// What a rollout gives whose thread came from no other.
fn alone(
    file: &LogFile,
    clock: Clock,
    continued: Continued,
    parser: Parser<'_>,
    seen: Seen,
) -> Contribution {
    let Continued { link, start, lines, mut earlier, warnings, skipped, .. } = continued;
    let Parser { stream, memory, report, .. } = parser;
    let links = chain(link, &stream.requests);
    let identities = identify_alone(&stream.thread, &stream.requests, &links);
    let mut made = Made {
        path: &file.path,
        stream: &stream,
        interner: Interner::default(),
        session: None,
        report,
    };
    made.push_all(identities, &mut earlier);
    let mut report = made.report;
    report.skipped += skipped;
    let open = stream.requests.len().saturating_sub(PAIRING_WINDOW);
    let (closed, open) = stream.requests.split_at(open);
    // A name that comes late must not have to reach a request that is closed.
    let is_named = closed.last().is_none_or(|request| request.context.model.is_some());
    let place = seen.resume((start, lines)).filter(|_| is_named);
    let state = State {
        link: last_link(link, closed, &links),
        memory: &memory,
        thread: &stream.thread,
        began: stream.began,
        open,
    };
    let records = earlier.settle(clock, None);
    Contribution {
        saw_usage: records.count > 0,
        is_silent: false,
        records,
        limits: stream.limits.into_iter().map(|(_, reading)| reading).collect(),
        skipped: report.skipped,
        warnings: report.told_after(&warnings),
        kin: Some(Kin { thread: key(&stream.thread), ancestors: Vec::new() }),
        resume: place.map(|place| Resume { state: state.to_bytes(), ..place }),
    }
}

/// What a rollout gives as a member of its family.
pub(super) fn as_member(
    file: &LogFile,
    clock: Clock,
    stream: &Stream,
    identities: Vec<Identity>,
    report: SourceReport,
) -> Contribution {
    let limits = own_limits(stream, &identities);
    let mut made =
        Made { path: &file.path, stream, interner: Interner::default(), session: None, report };
    let mut records = Unsettled::default();
    made.push_all(identities, &mut records);
    let records = records.settle(clock, None);
    Contribution {
        saw_usage: records.count > 0,
        is_silent: false,
        records,
        limits,
        skipped: made.report.skipped,
        warnings: made.report.told_after(&[]),
        kin: Some(kin_of(stream)),
        resume: None,
    }
}

/// The threads that a stream has to do with.
pub(super) fn kin_of(stream: &Stream) -> Kin {
    let ancestors = stream.ancestors.iter().map(|ancestor| key(ancestor)).collect();
    Kin { thread: key(&stream.thread), ancestors }
}

fn key(thread: &str) -> u64 {
    store::check(thread.as_bytes())
}

/// Readings of the stream's own time: those of a replay carry the time of the copy.
fn own_limits(stream: &Stream, identities: &[Identity]) -> Vec<LimitReading> {
    let replayed = identities.iter().take_while(|identity| identity.replayed).count();
    let own = stream.limits.iter().filter(|(before, _)| *before >= replayed);
    own.map(|(_, reading)| reading.clone()).collect()
}

/// Makes records of one rollout's requests.
struct Made<'a> {
    path: &'a Path,
    stream: &'a Stream,
    interner: Interner,
    /// The session that was hashed last.
    session: Option<(Text, HashId)>,
    report: SourceReport,
}

impl Made<'_> {
    /// The hash of a thread, which is mostly that of the request before.
    fn session(&mut self, thread: &Text) -> HashId {
        if let Some((known, hash)) = &self.session
            && known == thread
        {
            return *hash;
        }
        let hash = HashId::new("session", thread);
        self.session = Some((Text::clone(thread), hash));
        hash
    }

    fn push_all(&mut self, identities: Vec<Identity>, records: &mut Unsettled) {
        for (request, identity) in self.stream.requests.iter().zip(identities) {
            let mut record = UsageRecord::new(identity.id, request.told.unwrap_or_default());
            // The time of a copy is not the response's.
            if identity.replayed && identity.guessed {
                record.at_quality = TimeQuality::Guess;
            }
            record.usage = self.usage(request, &identity);
            record.attribution = self.attribution(request, &identity);
            record.was = identity.was;
            let mark = if request.response.is_some() { RESPONSE } else { 0 };
            records.push(Told { record, told: request.told, mark });
        }
    }

    fn usage(&mut self, request: &Request, identity: &Identity) -> Usage {
        let Split { input, cached, written, output, reasoning, clamped } = split(&request.used);
        if clamped {
            let reason = "parts are greater than their sum (cached over input, or reasoning over output): cut to it";
            self.report.warn(self.path, Some(request.line), reason);
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

    fn attribution(&mut self, request: &Request, identity: &Identity) -> Attribution {
        let context = &request.context;
        let own = !identity.replayed;
        let parent = self.stream.ancestors.first().filter(|_| own);
        Attribution {
            session: Some(self.session(&identity.owner)),
            parent: parent.map(|thread| HashId::new("session", thread)),
            // The folder stands for its project until the records are handed on.
            project: context.folder.clone().filter(|folder| !folder.is_empty()),
            agent: context.agent.clone().filter(|_| own),
            client: context.client.clone(),
            vendor: context.vendor.clone(),
            ..Attribution::default()
        }
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
