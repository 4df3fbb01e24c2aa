//! Bytes of one log to the responses that it holds.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::io::Read;
use std::path::{Path, PathBuf};

use data_schema::{
    Attribution, Interner, Quality, Rank, RecordId, Text, Tokens, Usage, UsageRecord, UtcSeconds,
    is_unique_response_id, join, namespace,
};

use super::REVISION;
use super::memo::Memo;
use super::shape::{CacheCreation, Event, Message, Numbers};
use crate::contribution::{Told, Unsettled};
use crate::lines::Line;
use crate::loose::LooseCount;
use crate::report::SourceReport;
use crate::trace::Places;

/// The type of an iteration that summarized the conversation.
const COMPACTION: &str = "compaction";

/// The model of lines that the tool writes in place of an answer.
const SYNTHETIC: &str = "<synthetic>";

/// One response as far as the lines so far tell it.
struct Entry {
    record: UsageRecord,
    /// As its first line told it.
    told: Option<UtcSeconds>,
    /// Whether a line said why the answer ended.
    finished: bool,
    /// Whether it is the line of a side file.
    side: bool,
    /// How far the answer was when the line that counts was written.
    progress: Progress,
}

impl Entry {
    /// A response as it was packed: the line that counts is the one that came furthest.
    fn of(told: Told) -> Self {
        let Told { record, told, mark } = told;
        let finished = mark & FINISHED != 0;
        let progress = (finished, record.usage.output_tokens.map_or(0, Tokens::get));
        Self { record, told, finished, side: mark & SIDE != 0, progress }
    }
}

/// Mark of a response whose end a line told.
pub(super) const FINISHED: u8 = 1;
/// Mark of a response of a side file.
pub(super) const SIDE: u8 = 2;
/// Output up to which an answer without a stop reason was never counted to its end.
const UNCOUNTED_OUTPUT: u64 = 2;

/// Whether an answer's numbers were never brought to their end.
pub(super) fn is_unfinished(record: &UsageRecord, mark: u8) -> bool {
    let output = record.usage.output_tokens.map_or(0, Tokens::get);
    mark & FINISHED == 0 && output <= UNCOUNTED_OUTPUT
}

/// Whether a line says why the answer ended, then its output: the numbers of a later line are the
/// bill, whatever an earlier one said of the prompt.
type Progress = (bool, u64);

/// Entries at the end that a line is compared with: the answer before it, with its advisors.
const LOOK_BACK: usize = 16;

/// A response that costs more in US dollars does not exist.
const GREATEST_COST: f64 = 1e6;

/// Takes the lines of one file.
pub(super) struct Parser<'a> {
    pub(super) path: &'a Path,
    interner: Interner,
    memo: Memo,
    /// The last responses, which a line may still belong to.
    open: VecDeque<Entry>,
    closed: Unsettled,
    /// Responses of side files, and those without an end, among the closed ones.
    sides: usize,
    unfinished: usize,
    pub(super) report: SourceReport,
    /// Whether any answer carried usage, be it one that was never billed.
    pub(super) saw_usage: bool,
    /// Lines of the file before those that are read now.
    lines_before: u64,
    /// Which line told which record, where somebody asks.
    pub(super) places: Option<Places>,
}

/// What all lines made.
pub(super) struct Parsed {
    pub(super) responses: Unsettled,
    pub(super) sides: usize,
    pub(super) unfinished: usize,
    pub(super) report: SourceReport,
    pub(super) saw_usage: bool,
}

/// Where a message stands.
struct Origin<'a> {
    event: &'a Event<'a>,
    told: Option<UtcSeconds>,
    session: &'a str,
    rank: Rank,
    line: u64,
}

impl<'a> Parser<'a> {
    pub(super) fn new(path: &'a Path) -> Self {
        Self {
            path,
            interner: Interner::default(),
            memo: Memo::default(),
            open: VecDeque::new(),
            closed: Unsettled::default(),
            sides: 0,
            unfinished: 0,
            report: SourceReport::default(),
            saw_usage: false,
            lines_before: 0,
            places: None,
        }
    }

    /// Goes on behind lines that were read before.
    pub(super) fn go_on(&mut self, lines_before: u64, saw_usage: bool) {
        self.lines_before = lines_before;
        self.saw_usage = saw_usage;
    }

    /// Takes a response of the lines that were read before.
    pub(super) fn known(&mut self, mut told: Told) {
        told.record.usage.quality = Quality::Exact;
        told.record.attribution.agent = None;
        self.append(Entry::of(told));
    }

    /// Takes what another parser made of the lines that follow, behind so many of this one's.
    pub(super) fn absorb(&mut self, other: Parser<'_>, lines: u64) {
        let lines = lines + self.lines_before;
        let Parsed { responses, mut report, saw_usage, .. } = other.finish();
        for line in report.warnings.iter_mut().filter_map(|warning| warning.line.as_mut()) {
            *line += lines;
        }
        self.report.merge(report);
        self.saw_usage |= saw_usage;
        responses.each_told(|told| self.push(Entry::of(told)));
    }

    /// What all lines made.
    pub(super) fn finish(mut self) -> Parsed {
        while let Some(entry) = self.open.pop_front() {
            self.close(entry);
        }
        let Self { closed, sides, unfinished, report, saw_usage, .. } = self;
        Parsed { responses: closed, sides, unfinished, report, saw_usage }
    }

    fn append(&mut self, entry: Entry) {
        if self.open.len() == LOOK_BACK
            && let Some(oldest) = self.open.pop_front()
        {
            self.close(oldest);
        }
        self.open.push_back(entry);
    }

    fn close(&mut self, entry: Entry) {
        let Entry { record, told, finished, side, .. } = entry;
        let mark = if finished { FINISHED } else { 0 } | if side { SIDE } else { 0 };
        self.sides += usize::from(side);
        self.unfinished += usize::from(is_unfinished(&record, mark));
        self.closed.push(Told { record, told, mark });
    }

    /// Takes one line that may carry usage.
    pub(super) fn line<R: Read>(&mut self, number: u64, line: Line<'_, R>) {
        let number = number + self.lines_before;
        let mut event = Event::default();
        match line.parse_into(&mut event) {
            Ok(()) => self.event(number, &event),
            Err(error) => self.report.skip_line(self.path, number, &error),
        }
    }

    fn event(&mut self, line: u64, event: &Event<'_>) {
        if let Some(inner) = event.data.0.as_ref().and_then(|progress| progress.message.0.as_ref())
        {
            let session = inner.session_id.get().or(event.session_id.get());
            let told = inner.timestamp.0.or(event.timestamp.0);
            self.message(&Origin {
                event: inner,
                told,
                session: session.unwrap_or_default(),
                rank: Rank::Copy,
                line,
            });
        } else if event.kind.get() == Some("assistant") {
            self.message(&Origin {
                event,
                told: event.timestamp.0,
                session: event.session_id.get().unwrap_or_default(),
                rank: if event.is_sidechain.0 { Rank::Copy } else { Rank::Own },
                line,
            });
        }
    }

    /// Takes a message with usage: the response itself, and the advisor's calls inside of it.
    fn message(&mut self, origin: &Origin<'_>) {
        let Some(message) = &origin.event.message.0 else { return };
        let Some(numbers) = &message.usage.0 else { return };
        self.saw_usage = true;
        if message.model.get() == Some(SYNTHETIC) {
            return;
        }
        let session = self.session(origin).to_owned();
        let (space, native) = native_id(message, numbers, origin, &session);
        let attribution = self.attribution(message, origin, &session);
        let usage = Usage {
            cost: origin
                .event
                .cost_usd
                .0
                .filter(|cost| *cost > 0.0 && *cost < GREATEST_COST)
                .map(|cost| self.interner.text(&cost.to_string())),
            ..self.usage(numbers, message.model.get(), origin)
        };
        let usage =
            Usage { currency: usage.cost.is_some().then(|| self.interner.text("USD")), ..usage };
        let finished = message.stop_reason.get().is_some();
        let id = self.memo.response(space, &native);
        self.note_place(id, origin.line);
        self.push(entry(id, usage, attribution.clone(), finished, origin));
        for (index, advisor) in advisors(numbers).enumerate() {
            let id = RecordId::new(space, &native, &format!("advisor:{index}"));
            // A summary is written by the model itself.
            let own = (advisor.kind.get() == Some(COMPACTION)).then(|| message.model.get());
            let usage = self.usage(advisor, advisor.model.get().or(own.flatten()), origin);
            self.note_place(id, origin.line);
            self.push(entry(id, usage, attribution.clone(), true, origin));
        }
    }

    fn note_place(&mut self, id: RecordId, line: u64) {
        if let Some(places) = &mut self.places {
            places.push((id, Some(line)));
        }
    }

    /// The lines of one response follow each other: of those that come furthest the numbers count, as
    /// a whole.
    fn push(&mut self, new: Entry) {
        let known = self.open.iter_mut().rev().find(|entry| {
            entry.record.id == new.record.id && entry.record.usage.rank == new.record.usage.rank
        });
        let Some(known) = known else {
            self.append(new);
            return;
        };
        known.finished |= new.finished;
        known.told = known.told.or(new.told);
        if known.record == new.record {
            known.progress = known.progress.max(new.progress);
            return;
        }
        let order = new.progress.cmp(&known.progress);
        known.progress = known.progress.max(new.progress);
        take_line(&mut known.record, new.record, order);
    }

    /// The session that the line names, else the file's own.
    fn session<'s>(&'s self, origin: &Origin<'s>) -> &'s str {
        if origin.session.is_empty() {
            self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
        } else {
            origin.session
        }
    }

    fn attribution(
        &mut self,
        message: &Message<'_>,
        origin: &Origin<'_>,
        session: &str,
    ) -> Attribution {
        let event = origin.event;
        let id = message.id.get().unwrap_or_default();
        let vendor = match id {
            id if id.starts_with("msg_bdrk_") => Some("bedrock"),
            id if id.starts_with("msg_vrtx_") => Some("vertex"),
            _ => None,
        };
        Attribution {
            session: (!session.is_empty()).then(|| self.memo.session(session)),
            // The folder stands for its project until the records are handed on.
            project: event.cwd.get().map(|folder| self.interner.text(folder)),
            client: event.version.get().map(|version| self.memo.client(version)),
            vendor: vendor.map(|vendor| self.interner.text(vendor)),
            ..Attribution::default()
        }
    }

    fn usage(&mut self, numbers: &Numbers<'_>, model: Option<&str>, origin: &Origin<'_>) -> Usage {
        let (path, report) = (self.path, &mut self.report);
        let mut warn = |reason: String| report.warn(path, Some(origin.line), reason);
        let mut keep = |count: LooseCount, field: &str| count.keep(field, &mut warn);
        let (cache_creation_tokens, cache_creation_1h_tokens) = cache_creation(numbers, &mut keep);
        let searches = numbers
            .server_tool_use
            .0
            .as_ref()
            .and_then(|tools| keep(tools.web_search_requests, "web_search_requests"));
        Usage {
            model: self.interner.text(model.unwrap_or("unknown")),
            input_tokens: keep(numbers.input_tokens, "input_tokens"),
            output_tokens: keep(numbers.output_tokens, "output_tokens"),
            cache_read_tokens: keep(numbers.cache_read_input_tokens, "cache_read_input_tokens"),
            cache_creation_tokens,
            cache_creation_1h_tokens,
            web_searches: searches
                .and_then(|count| u32::try_from(count.get()).ok())
                .filter(|count| *count > 0),
            tier: tier(numbers).map(|tier| self.interner.text(tier)),
            region: region(numbers).map(|region| self.interner.text(region)),
            rank: origin.rank,
            revision: REVISION,
            ..Usage::default()
        }
    }
}

/// Joins a record with a later line of its response, of which `order` says how far it came.
fn take_line(known: &mut UsageRecord, new: UsageRecord, order: Ordering) {
    let (attribution, other) = (&known.attribution, &new.attribution);
    let is_later = known.at <= new.at && attribution.seen.is_none() && attribution == other;
    if is_later && order != Ordering::Equal {
        // The usual: of what the join looks at, the counts alone differ.
        if order == Ordering::Greater {
            known.usage = new.usage;
        }
        return;
    }
    let further = match order {
        Ordering::Greater => Some(new.usage.clone()),
        Ordering::Less => Some(known.usage.clone()),
        Ordering::Equal => None,
    };
    *known = join(known.clone(), new);
    if let Some(usage) = further {
        known.usage = usage;
    }
}

fn entry(
    id: RecordId,
    usage: Usage,
    attribution: Attribution,
    finished: bool,
    origin: &Origin<'_>,
) -> Entry {
    let progress = (finished, usage.output_tokens.map_or(0, Tokens::get));
    let mut record = UsageRecord::new(id, origin.told.unwrap_or_default());
    record.usage = usage;
    record.attribution = attribution;
    Entry { record, told: origin.told, finished, side: origin.event.is_sidechain.0, progress }
}

/// Calls of another model inside of the response, which its own numbers do not contain.
fn advisors<'n, 'a>(numbers: &'n Numbers<'a>) -> impl Iterator<Item = &'n Numbers<'a>> {
    let iterations =
        numbers.iterations.iter().flatten().filter_map(|iteration| iteration.0.as_ref());
    iterations.filter(|iteration| iteration.kind.get().is_some_and(|kind| kind != "message"))
}

/// The namespace and the native identity: a response id that is unique by itself; else the id with its
/// session; else the line's own id; else what the line says.
fn native_id<'m>(
    message: &'m Message,
    numbers: &Numbers<'_>,
    origin: &Origin<'_>,
    session: &str,
) -> (&'static str, Cow<'m, str>) {
    match (message.id.get(), origin.event.uuid.get()) {
        (Some(id), _) if is_unique_response_id(id) => (namespace::ANTHROPIC, id.into()),
        (Some(id), _) => (namespace::ANTHROPIC, format!("{session}/{id}").into()),
        (None, Some(uuid)) => (namespace::CLAUDE_CODE, uuid.to_owned().into()),
        (None, None) => {
            let told = origin.told.unwrap_or_default();
            let (input, output) = (numbers.input_tokens, numbers.output_tokens);
            let native = format!("{session}/{told}/{input:?}/{output:?}");
            (namespace::CLAUDE_CODE, native.into())
        }
    }
}

/// All cache writes, and those for an hour. The sum of the lifetimes counts where it is greater: lines
/// exist with a split and no total.
fn cache_creation(
    numbers: &Numbers<'_>,
    keep: &mut impl FnMut(LooseCount, &str) -> Option<Tokens>,
) -> (Option<Tokens>, Option<Tokens>) {
    let total = keep(numbers.cache_creation_input_tokens, "cache_creation_input_tokens");
    let Some(CacheCreation { ephemeral_5m_input_tokens, ephemeral_1h_input_tokens }) =
        &numbers.cache_creation.0
    else {
        return (total, None);
    };
    let minutes = keep(*ephemeral_5m_input_tokens, "ephemeral_5m_input_tokens");
    let hour = keep(*ephemeral_1h_input_tokens, "ephemeral_1h_input_tokens");
    let split = match (minutes, hour) {
        (None, None) => None,
        (minutes, hour) => {
            let sum = minutes.map_or(0, Tokens::get) + hour.map_or(0, Tokens::get);
            Some(Tokens::saturating(sum))
        }
    };
    (total.max(split), hour)
}

fn tier(numbers: &Numbers<'_>) -> Option<&'static str> {
    if numbers.speed.get() == Some("fast") {
        return Some("fast");
    }
    match numbers.service_tier.get() {
        Some("priority") => Some("priority"),
        Some("batch") => Some("batch"),
        Some("flex") => Some("flex"),
        _ => None,
    }
}

/// Where the model ran, if it was asked for: this changes the price.
fn region<'n>(numbers: &'n Numbers<'_>) -> Option<&'n str> {
    numbers.inference_geo.get().filter(|region| !matches!(*region, "not_available" | "global"))
}

/// The name of a sub-agent's kind, from the card beside its log.
pub(super) fn agent_kind(log: &Path) -> Option<Text> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Card {
        agent_type: crate::loose::LooseText<'static>,
    }
    let bytes = fs_err::read(card(log)?).ok()?;
    let card: Card = serde_json::from_slice(&bytes).ok()?;
    card.agent_type.get().map(Text::from)
}

/// Where the card beside a sub-agent's log is, or would be.
pub(super) fn card(log: &Path) -> Option<PathBuf> {
    let is_agent = log.file_name()?.as_encoded_bytes().starts_with(b"agent-");
    is_agent.then(|| log.with_extension("meta.json"))
}
