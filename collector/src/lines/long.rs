//! A line that does not fit into the buffer.

use std::io::{self, Read};

use super::source::Source;
use super::strings::{ShortStrings, whole_characters};

/// Bytes of a long line that are looked at in one go.
pub(super) const PIECE_BYTES: usize = 64 * 1024;

/// A line that does not fit into the buffer, up to its line end.
pub(crate) struct LongLine<'a, R: Read> {
    source: &'a mut Source<R>,
    strings: ShortStrings,
    /// What has been made ready for the parser, and how much of it the parser has.
    ready: Vec<u8>,
    given: usize,
    done: bool,
}

impl<'a, R: Read> LongLine<'a, R> {
    pub(super) fn new(source: &'a mut Source<R>) -> Self {
        let (strings, ready) = (ShortStrings::default(), Vec::new());
        Self { source, strings, ready, given: 0, done: false }
    }

    /// Makes the next piece ready. The line end stays in the buffer for the loop of `for_each`.
    fn advance(&mut self) -> io::Result<()> {
        let available = self.source.available();
        let piece = &available[..available.len().min(PIECE_BYTES)];
        let line_end = memchr::memchr(b'\n', piece);
        let mut length = line_end.unwrap_or_else(|| whole_characters(piece));
        if length == 0 && line_end.is_none() {
            // Nothing there, or half of a character.
            let half = piece.len();
            if self.source.fill()? > 0 {
                return Ok(());
            }
            length = half;
        }
        self.done = line_end.is_some() || length == 0;
        self.ready.clear();
        self.given = 0;
        self.strings.pass(&self.source.available()[..length], &mut self.ready);
        self.source.consume(length);
        Ok(())
    }
}

impl<R: Read> Read for LongLine<'_, R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() {
            if self.done || target.is_empty() {
                return Ok(0);
            }
            self.advance()?;
        }
        let ready = &self.ready[self.given..];
        let taken = ready.len().min(target.len());
        target[..taken].copy_from_slice(&ready[..taken]);
        self.given += taken;
        Ok(taken)
    }
}
