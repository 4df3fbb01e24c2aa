//! What the state machines of all protocols have in common.

use data_schema::{End, Quality, Text};

use super::Seen;
use super::sse::Events;
use crate::json::{Paths, Scanner, Step};

/// What stands alone in the last event of a Chat stream.
const DONE: &[u8] = b"[DONE]";

/// Reads the events of one protocol, or the whole body of an answer that is no stream.
pub(super) trait Machine: Send {
    /// What it looks for.
    fn paths(&self) -> &'static Paths;

    /// Whether an event of this name can tell anything; events without a name have an empty one.
    fn wants(&self, _event: &[u8]) -> bool {
        true
    }

    /// An event, or the whole body.
    fn document(&mut self, event: &[u8], told: &Scanner);

    /// The stream's own end mark.
    fn done(&mut self) {}

    /// Whether the answer came to its end.
    fn has_ended(&self) -> bool;

    /// What it told, but for `quality` and `end`; whether numbers contradict each other is told beside.
    fn seen(&self) -> (Seen, bool);
}

/// Feeds a machine.
pub(super) struct Reader {
    pub(super) machine: Box<dyn Machine>,
    scanner: Scanner,
    /// The beginning of an event's data, and how long it is.
    first: [u8; DONE.len()],
    length: usize,
    is_wanted: bool,
    /// Whether a body that is no stream was read to its end.
    is_whole: bool,
}

/// What is known of an answer beside its body.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// Whether HTTP ended it.
    pub(super) is_whole: bool,
    /// Whether its status says that it failed.
    pub(super) is_error: bool,
    /// Whether it could not be read any further.
    pub(super) is_unreadable: bool,
}

impl Reader {
    pub(super) fn new(machine: Box<dyn Machine>) -> Self {
        let scanner = Scanner::new(machine.paths());
        Self {
            machine,
            scanner,
            first: [0; DONE.len()],
            length: 0,
            is_wanted: true,
            is_whole: false,
        }
    }

    /// The next bytes of a body that is one JSON text. In a list, every object is an event.
    pub(super) fn body(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (read, step) = self.scanner.push(bytes);
            bytes = &bytes[read..];
            match step {
                Step::More => {}
                Step::Document => self.machine.document(b"", &self.scanner),
                Step::Broken => break,
            }
        }
        self.is_whole = self.scanner.is_done();
    }

    /// What was seen, and how it ended.
    pub(super) fn finish(&self, around: Around) -> Seen {
        let (mut seen, is_odd) = self.machine.seen();
        let has_ended = self.is_whole || self.machine.has_ended();
        seen.end = match around {
            _ if around.is_error || seen.error.is_some() => End::UpstreamError,
            _ if has_ended => End::Complete,
            Around { is_whole: false, .. } => End::UpstreamError,
            Around { is_unreadable: true, .. } => End::Complete,
            _ => End::Truncated,
        };
        if is_odd || (tells(&seen) && !has_ended) {
            seen.quality = Quality::Partial;
        }
        seen
    }
}

impl Events for Reader {
    fn data(&mut self, event: &[u8], bytes: &[u8]) {
        if self.length == 0 {
            self.is_wanted = self.machine.wants(event);
        }
        if self.length < DONE.len() {
            let count = bytes.len().min(DONE.len() - self.length);
            self.first[self.length..self.length + count].copy_from_slice(&bytes[..count]);
        }
        self.length = self.length.saturating_add(bytes.len());
        let mut rest = bytes;
        while self.is_wanted && !rest.is_empty() {
            let (read, step) = self.scanner.push(rest);
            rest = &rest[read..];
            self.is_wanted = step != Step::Broken;
        }
    }

    fn dispatch(&mut self, event: &[u8]) {
        if self.length >= DONE.len() && self.first == DONE {
            self.machine.done();
        } else if self.is_wanted && self.scanner.is_done() {
            self.machine.document(event, &self.scanner);
        }
        (self.length, self.is_wanted) = (0, true);
        self.scanner.reset();
    }
}

fn tells(seen: &Seen) -> bool {
    let told = [
        seen.input_tokens,
        seen.cache_read_tokens,
        seen.cache_creation_tokens,
        seen.output_tokens,
        seen.total_tokens,
    ];
    told.iter().any(Option::is_some)
}

/// Takes a text if it was told.
pub(super) fn take_word(field: &mut Option<Text>, told: &Scanner, slot: usize) {
    if field.as_deref() != told.text(slot).as_deref() {
        *field = told.word(slot).or(field.take());
    }
}

/// Takes an id if it was told.
pub(super) fn take_id(field: &mut Option<String>, told: &Scanner, slot: usize) {
    if let Some(id) = told.text(slot)
        && field.as_deref() != Some(&*id)
    {
        *field = Some(id.into_owned());
    }
}
