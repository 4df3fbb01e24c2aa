//! Bytes of one rollout to the stream of its requests.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use data_schema::{
    Fraction, Interner, LimitReading, RecordId, Text, UtcSeconds, is_unique_response_id, namespace,
    window_name,
};

use super::accept::Totals;
use super::paths::{is_uuid, thread_in_name};
use super::shape::{Counts, Event, Payload, RateLimits, RawCounts, ResponseRecord, Window};
use crate::lines::Line;
use crate::loose::Maybe;
use crate::report::SourceReport;

/// Unpaired requests that a line of the other kind is compared with. The two lines of one response
/// follow each other.
pub(super) const PAIRING_WINDOW: usize = 8;

/// One rollout.
#[derive(Default)]
pub(super) struct Stream {
    /// The thread that owns the file.
    pub(super) thread: String,
    /// Threads that it came from, the nearest first.
    pub(super) ancestors: Vec<String>,
    pub(super) requests: Vec<Request>,
    /// With the number of requests before it.
    pub(super) limits: Vec<(usize, LimitReading)>,
    /// Time of the line that begins the first request: its turn's, else the thread's.
    pub(super) began: Option<UtcSeconds>,
    /// Whether the first line of another thread is repeated: what follows is its replay.
    pub(super) repeats_parent: bool,
}

/// One model request.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) told: Option<UtcSeconds>,
    pub(super) used: Counts,
    /// Total and last of the accepted `token_count`: what a replay repeats.
    pub(super) counted: Option<(Option<Counts>, Option<Counts>)>,
    /// From a `token_usage_record`.
    pub(super) response: Option<Response>,
    /// Whether the turn that it stands in was begun by this file's own thread.
    pub(super) own_turn: bool,
    pub(super) context: Arc<Context>,
    pub(super) line: u64,
}

/// The id of a response, and the session that it names.
#[derive(Clone)]
pub(super) struct Response {
    pub(super) id: String,
    pub(super) session: String,
}

impl Response {
    /// The identity of the response: its id if that is unique by itself, else with the session.
    pub(super) fn record_id(&self) -> RecordId {
        if is_unique_response_id(&self.id) {
            RecordId::new(namespace::OPENAI, &self.id, "")
        } else {
            RecordId::new(namespace::OPENAI, &format!("{}/{}", self.session, self.id), "")
        }
    }
}

/// What the lines before a request say about it.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Context {
    pub(super) model: Option<Text>,
    pub(super) tier: Option<Text>,
    pub(super) folder: Option<Text>,
    pub(super) client: Option<Text>,
    pub(super) agent: Option<Text>,
    pub(super) vendor: Option<Text>,
}

/// Takes the lines of one rollout.
pub(super) struct Parser<'a> {
    path: &'a Path,
    interner: Interner,
    pub(super) seen_responses: HashSet<RecordId>,
    pub(super) memory: Memory,
    pub(super) stream: Stream,
    pub(super) report: SourceReport,
    /// Lines of the file before those that are read now.
    pub(super) lines_before: u64,
}

/// What the lines so far mean for those that follow.
#[derive(Clone, Default)]
pub(super) struct Memory {
    pub(super) totals: Totals,
    pub(super) context: Arc<Context>,
    pub(super) own_turn: bool,
    pub(super) seen_meta: bool,
}

impl<'a> Parser<'a> {
    pub(super) fn new(path: &'a Path) -> Self {
        Self {
            path,
            interner: Interner::default(),
            seen_responses: HashSet::new(),
            memory: Memory::default(),
            stream: Stream { thread: thread_in_name(path).to_owned(), ..Stream::default() },
            report: SourceReport::default(),
            lines_before: 0,
        }
    }

    /// Takes one line that may count.
    pub(super) fn line<R: Read>(&mut self, number: u64, line: Line<'_, R>) {
        let number = number + self.lines_before;
        let mut event = Event::default();
        match line.parse_into(&mut event) {
            Ok(()) => self.event(number, &event),
            Err(error) => self.report.skip_line(self.path, number, &error),
        }
    }

    fn event(&mut self, line: u64, event: &Event<'_>) {
        let told = event.timestamp.0;
        let Some(payload) = &event.payload.0 else { return };
        if matches!(event.kind.get(), Some("session_meta" | "turn_context"))
            && self.stream.requests.is_empty()
        {
            self.stream.began = told.or(self.stream.began);
        }
        match event.kind.get() {
            Some("session_meta") => self.session(payload),
            Some("turn_context") => self.turn(payload),
            Some("token_usage_record") => self.record(&payload.record, told, line),
            Some("compacted") => {
                for record in &payload.nested {
                    self.record(record, told, line);
                }
            }
            Some("event_msg") if payload.kind.get() == Some("token_count") => {
                self.count(payload, told, line);
            }
            _ => {}
        }
    }

    /// The first one is the file's own; those after it are the replayed parents'.
    fn session(&mut self, payload: &Payload<'_>) {
        let source = payload.source.0.as_ref().map(|source| &source.subagent);
        let spawned_by = source.and_then(|subagent| subagent.parent.get());
        let parent = payload.forked_from_id.get().or(spawned_by);
        if !self.memory.seen_meta {
            self.memory.seen_meta = true;
            if let Some(id) = payload.id.get() {
                id.clone_into(&mut self.stream.thread);
            }
            Arc::make_mut(&mut self.memory.context).agent = source
                .and_then(|subagent| subagent.kind.get())
                .map(|kind| self.interner.text(kind));
            Arc::make_mut(&mut self.memory.context).client = payload
                .cli_version
                .get()
                .map(|version| self.interner.text(&format!("codex/{version}")));
            Arc::make_mut(&mut self.memory.context).vendor =
                payload.model_provider.get().map(|vendor| self.interner.text(vendor));
        } else if let Some(id) = payload.id.get() {
            self.stream.repeats_parent |=
                id != self.stream.thread && self.stream.requests.is_empty();
            self.ancestor(id);
        }
        if let Some(parent) = parent {
            self.ancestor(parent);
        }
        if let Some(folder) = payload.cwd.get() {
            Arc::make_mut(&mut self.memory.context).folder = Some(self.interner.text(folder));
        }
    }

    fn ancestor(&mut self, id: &str) {
        let stream = &mut self.stream;
        if id != stream.thread && !stream.ancestors.iter().any(|known| known == id) {
            stream.ancestors.push(id.to_owned());
        }
    }

    fn turn(&mut self, payload: &Payload<'_>) {
        let turn = payload.record.turn_id.get().unwrap_or_default();
        // Both are UUIDs of version 7, which begin with the time: a turn that is younger than the
        // thread cannot come from its parent.
        self.memory.own_turn =
            is_uuid(turn) && is_uuid(&self.stream.thread) && turn > self.stream.thread.as_str();
        if let Some(folder) = payload.cwd.get() {
            Arc::make_mut(&mut self.memory.context).folder = Some(self.interner.text(folder));
        }
        Arc::make_mut(&mut self.memory.context).tier = match payload.service_tier.get() {
            Some(tier @ ("fast" | "priority" | "flex" | "batch")) => Some(self.interner.text(tier)),
            _ => None,
        };
        if let Some(model) = payload.model.get() {
            let model = self.interner.text(model);
            let unnamed = self.stream.requests.iter_mut().rev();
            for request in unnamed.take_while(|request| request.context.model.is_none()) {
                Arc::make_mut(&mut request.context).model = Some(Text::clone(&model));
            }
            Arc::make_mut(&mut self.memory.context).model = Some(model);
        }
    }

    fn keep(&mut self, counts: &Maybe<RawCounts>, line: u64) -> Option<Counts> {
        let (path, report) = (self.path, &mut self.report);
        let counts = counts.0.as_ref()?;
        Some(counts.keep(&mut |reason| report.warn(path, Some(line), reason)))
    }

    fn count(&mut self, payload: &Payload<'_>, told: Option<UtcSeconds>, line: u64) {
        if let (Some(limits), Some(at)) = (&payload.rate_limits.0, told) {
            self.limits(limits, at);
        }
        let Some(info) = &payload.info.0 else { return };
        let (total, last) =
            (self.keep(&info.total_token_usage, line), self.keep(&info.last_token_usage, line));
        let Some(used) = self.memory.totals.accept(total, last) else { return };
        let counted = Some((total, last));
        if let Some(request) =
            self.unpaired(|request| request.counted.is_none() && request.used == used)
        {
            request.counted = counted;
            return;
        }
        let mut context = Arc::clone(&self.memory.context);
        if let Some(model) = info.model.get() {
            Arc::make_mut(&mut context).model = Some(self.interner.text(model));
        }
        let own_turn = self.memory.own_turn;
        self.stream.requests.push(Request {
            told,
            used,
            counted,
            response: None,
            own_turn,
            context,
            line,
        });
    }

    fn record(&mut self, record: &ResponseRecord<'_>, told: Option<UtcSeconds>, line: u64) {
        let Some(used) = self.keep(&record.usage, line) else { return };
        let Some(id) = record.response_id.get() else { return };
        let session =
            record.session_id.get().or(record.thread_id.get()).unwrap_or(&self.stream.thread);
        let response = Response { id: id.to_owned(), session: session.to_owned() };
        if used.sum() == 0 || !self.seen_responses.insert(response.record_id()) {
            return;
        }
        let response = Some(response);
        let thread_total = self.keep(&record.thread_token_usage, line).map(|total| total.sum());
        let same = |request: &Request| {
            let total = request.counted.and_then(|(total, _)| total).map(|total| total.sum());
            request.response.is_none()
                && (request.used == used || (total.is_some() && total == thread_total))
        };
        if let Some(request) = self.unpaired(same) {
            request.response = response;
            // The record is what the response was billed for.
            request.used = used;
            return;
        }
        let (own_turn, context) = (self.memory.own_turn, Arc::clone(&self.memory.context));
        self.stream.requests.push(Request {
            told,
            used,
            counted: None,
            response,
            own_turn,
            context,
            line,
        });
    }

    /// The oldest request near the end that the other kind of line belongs to.
    fn unpaired(&mut self, same: impl Fn(&Request) -> bool) -> Option<&mut Request> {
        let requests = &mut self.stream.requests;
        let start = requests.len().saturating_sub(PAIRING_WINDOW);
        requests[start..].iter_mut().find(|request| same(request))
    }

    /// Keeps what the vendor said about limits when it changes, and when it was not said for some minutes.
    fn limits(&mut self, limits: &RateLimits<'_>, at: UtcSeconds) {
        let scope = limits.limit_id.get().filter(|scope| *scope != "codex").map(str::to_owned);
        for (name, window) in [("primary", &limits.primary.0), ("secondary", &limits.secondary.0)] {
            let reading = window.as_ref().and_then(|window| reading(name, window, at));
            let Some(reading) = reading else { continue };
            let reading = LimitReading { scope: scope.clone(), ..reading };
            let known = self.stream.limits.iter().rev().map(|(_, known)| known);
            let before = known
                .take(16)
                .find(|known| known.window == reading.window && known.scope == reading.scope);
            let is_news = before.is_none_or(|before| {
                before.used_fraction != reading.used_fraction
                    || before.resets_at != reading.resets_at
                    || at.seconds() - before.at.seconds() >= SAID_AGAIN
            });
            if is_news {
                self.stream.limits.push((self.stream.requests.len(), reading));
            }
        }
    }
}

/// Seconds after which the same word counts as a new one: how old it is, is known to within that.
const SAID_AGAIN: i64 = 600;

/// What is said of a window; one whose length is not told has the name that the vendor gives it.
fn reading(name: &str, window: &Window, at: UtcSeconds) -> Option<LimitReading> {
    let used = window.used_percent.0.and_then(|percent| Fraction::new(percent / 100.0));
    let later = window.resets_in_seconds.0.filter(|seconds| (0.0..1e9).contains(seconds));
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked on the line above")]
    let later = later.map(|seconds| at.plus(seconds as i64));
    let resets_at = window.resets_at.0.or(later);
    let minutes = window.window_minutes.0.filter(|minutes| (1.0..1e7).contains(minutes));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked on the line above"
    )]
    let told = minutes.map(|minutes| window_name(minutes.round() as u64));
    if told.is_none() && used.is_none() && resets_at.is_none() {
        return None;
    }
    Some(LimitReading {
        at,
        account: None,
        window: told.unwrap_or_else(|| name.to_owned()),
        scope: None,
        used_fraction: used,
        resets_at,
        via: "log".into(),
        source: None,
    })
}
