//! Takes the event out of a Chat stream that is there only because the proxy asked for usage.

use bytes::{Bytes, BytesMut};
use memchr::{memchr2, memmem};
use serde::Deserialize;
use serde_json::value::RawValue;

/// An event that is longer is not the one. Bytes.
const LONGEST: usize = 64 * 1024;

/// Changes an answer on its way.
pub(crate) trait Transform: Send {
    /// The next bytes, and what goes on of them and of what was held back.
    fn push(&mut self, bytes: Bytes) -> Bytes;

    /// What was held back at the end.
    fn finish(&mut self) -> Bytes;
}

/// Takes out events without choices that tell usage; all other bytes go on as they are, none later than its event.
#[derive(Debug, Default)]
pub(crate) struct Strip {
    /// The beginning of an event that is not complete.
    held: BytesMut,
    /// Whether the event is too long to be the one, and goes on as it comes.
    is_passing: bool,
    /// Whether the line has any byte.
    has_line: bool,
    /// Whether the last byte was a CR, so that an LF belongs to it.
    after_cr: bool,
    /// The same for the CR that ended an event: whether that event was taken out.
    ended_with_cr: Option<bool>,
}

impl Transform for Strip {
    fn push(&mut self, bytes: Bytes) -> Bytes {
        let from = self.held.len();
        let all = if from == 0 {
            bytes
        } else {
            self.held.extend_from_slice(&bytes);
            std::mem::take(&mut self.held).freeze()
        };
        let (mut kept, mut start, mut at) = (Kept::default(), 0, from);
        if let Some(is_out) = self.ended_with_cr.take_if(|_| all.len() > from)
            && all[at] == b'\n'
        {
            self.after_cr = false;
            at += 1;
            start = at;
            kept.add(0..at, !is_out);
        }
        while let Some(end) = self.next_end(&all, at) {
            let is_out = !self.is_passing && is_usage(&all[start..end]);
            kept.add(start..end, !is_out);
            self.is_passing = false;
            self.ended_with_cr = (end == all.len() && self.after_cr).then_some(is_out);
            (start, at) = (end, end);
        }
        if all.len() - start > LONGEST {
            self.is_passing = true;
        }
        if self.is_passing {
            kept.add(start..all.len(), true);
        } else {
            self.held.extend_from_slice(&all[start..]);
        }
        kept.of(&all)
    }

    fn finish(&mut self) -> Bytes {
        let held = std::mem::take(&mut self.held).freeze();
        if is_usage(&held) { Bytes::new() } else { held }
    }
}

impl Strip {
    /// Where the event ends: behind its empty line.
    fn next_end(&mut self, bytes: &[u8], mut at: usize) -> Option<usize> {
        while let Some(found) = memchr2(b'\n', b'\r', &bytes[at..]) {
            let is_cr = bytes[at + found] == b'\r';
            let is_second = !is_cr && found == 0 && self.after_cr;
            self.has_line |= found > 0;
            self.after_cr = is_cr;
            at += found + 1;
            if is_second || std::mem::take(&mut self.has_line) {
                continue;
            }
            if is_cr && bytes.get(at) == Some(&b'\n') {
                self.after_cr = false;
                at += 1;
            }
            return Some(at);
        }
        if at < bytes.len() {
            (self.has_line, self.after_cr) = (true, false);
        }
        None
    }
}

/// What goes on of a buffer: mostly one piece, which is not copied.
#[derive(Default)]
struct Kept(Vec<std::ops::Range<usize>>);

impl Kept {
    fn add(&mut self, range: std::ops::Range<usize>, is_kept: bool) {
        if !is_kept || range.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.0.push(range),
        }
    }

    fn of(self, all: &Bytes) -> Bytes {
        match &self.0[..] {
            [] => Bytes::new(),
            [one] => all.slice(one.clone()),
            many => {
                let pieces = many.iter().map(|range| &all[range.clone()]);
                pieces.collect::<Vec<_>>().concat().into()
            }
        }
    }
}

/// Whether an event is the one that tells usage and nothing else.
fn is_usage(event: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Chunk<'a> {
        #[serde(borrow)]
        choices: Vec<&'a RawValue>,
        #[serde(borrow)]
        usage: Option<&'a RawValue>,
    }
    // Mostly this is enough: choices are not empty.
    let Some(found) = memmem::find(event, b"\"choices\"") else { return false };
    let behind = event[found + 9..].iter().filter(|byte| !byte.is_ascii_whitespace());
    if !behind.copied().take(3).eq(*b":[]") {
        return false;
    }
    let Ok(text) = std::str::from_utf8(event) else { return false };
    let data: Vec<&str> =
        text.split(['\n', '\r']).filter_map(|line| line.strip_prefix("data:")).collect();
    let data = data.join("\n");
    let Ok(chunk) = serde_json::from_str::<Chunk<'_>>(&data) else { return false };
    chunk.choices.is_empty() && chunk.usage.is_some_and(|usage| usage.get().starts_with('{'))
}

#[cfg(test)]
mod tests;
