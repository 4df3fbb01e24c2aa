//! Server-sent events in whatever pieces they arrive. Their data is handed on at once and never kept.
//!
//! As <https://html.spec.whatwg.org/multipage/server-sent-events.html> (read 21 Nov 2026) has it, but for a last event
//! without an empty line behind it, which counts: some servers forget it.

use memchr::{memchr, memchr2};

/// Names of events that are longer are cut. Bytes.
const LONGEST_NAME: usize = 64;
/// Names of fields that are longer are none that is read. Bytes.
const LONGEST_FIELD: usize = 5;

/// Who takes the events.
pub(crate) trait Events {
    /// A piece of an event's data; `event` is its name, empty if none was told yet.
    fn data(&mut self, event: &[u8], bytes: &[u8]);

    /// The event is complete.
    fn dispatch(&mut self, event: &[u8]);
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Field {
    /// The name of a field, as far as it was read.
    #[default]
    Name,
    /// Behind `data:` or `event:`, where one space is skipped.
    DataSpace,
    EventSpace,
    Data,
    Event,
    /// A comment, or what is not read.
    Other,
}

/// Splits a stream into events.
#[derive(Debug, Default)]
pub(crate) struct Sse {
    field: Field,
    name: Vec<u8>,
    event: Vec<u8>,
    has_data: bool,
    after_cr: bool,
}

impl Sse {
    /// The next bytes of the stream.
    pub(crate) fn feed(&mut self, bytes: &[u8], to: &mut dyn Events) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let Some(end) = memchr2(b'\n', b'\r', rest) else {
                return self.piece(rest, to);
            };
            self.piece(&rest[..end], to);
            let is_cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            // The second half of a line's end.
            if !is_cr && std::mem::take(&mut self.after_cr) {
                continue;
            }
            self.after_cr = is_cr;
            self.line_ended(to);
        }
    }

    /// The stream has ended.
    pub(crate) fn finish(&mut self, to: &mut dyn Events) {
        self.line_ended(to);
        self.record_ended(to);
    }

    /// A piece of a line.
    fn piece(&mut self, mut piece: &[u8], to: &mut dyn Events) {
        if piece.is_empty() {
            return;
        }
        self.after_cr = false;
        if self.field == Field::Name {
            let colon = memchr(b':', &piece[..piece.len().min(LONGEST_FIELD + 1)]);
            let name = &piece[..colon.unwrap_or(piece.len()).min(LONGEST_FIELD + 1)];
            self.name.extend_from_slice(name);
            match colon {
                Some(colon) => {
                    self.field = field(&self.name);
                    piece = &piece[colon + 1..];
                    self.begin(to);
                }
                None if self.name.len() > LONGEST_FIELD => self.field = Field::Other,
                None => return,
            }
        }
        if matches!(self.field, Field::DataSpace | Field::EventSpace) && !piece.is_empty() {
            piece = piece.strip_prefix(b" ").unwrap_or(piece);
            let is_data = self.field == Field::DataSpace;
            self.field = if is_data { Field::Data } else { Field::Event };
        }
        match self.field {
            Field::Data if !piece.is_empty() => to.data(&self.event, piece),
            Field::Event => {
                let room = LONGEST_NAME - self.event.len();
                self.event.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            _ => {}
        }
    }

    /// A field begins behind its colon.
    fn begin(&mut self, to: &mut dyn Events) {
        match self.field {
            // Lines of data have a line's end between them.
            Field::DataSpace if std::mem::replace(&mut self.has_data, true) => {
                to.data(&self.event, b"\n");
            }
            Field::EventSpace => self.event.clear(),
            _ => {}
        }
    }

    fn line_ended(&mut self, to: &mut dyn Events) {
        if self.field == Field::Name && self.name.is_empty() {
            self.record_ended(to);
        }
        self.field = Field::Name;
        self.name.clear();
    }

    fn record_ended(&mut self, to: &mut dyn Events) {
        if std::mem::take(&mut self.has_data) {
            to.dispatch(&self.event);
        }
        self.event.clear();
    }
}

fn field(name: &[u8]) -> Field {
    match name {
        b"data" => Field::DataSpace,
        b"event" => Field::EventSpace,
        _ => Field::Other,
    }
}
