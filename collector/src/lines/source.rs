//! A reader with a buffer.

use std::cell::Cell;
use std::io::{self, Read};

use super::BUFFER_BYTES;

/// Bytes that are read in one go. What has just been read should still be in the fast cache when it is
/// looked at.
const READ_BYTES: usize = 128 * 1024;

/// Bytes that are read in one go to find the end of the last line of a part.
const REST_BYTES: usize = 16 * 1024;

thread_local! {
    /// The buffer of the last reader of this thread. Thousands of small files must not each ask for
    /// memory and fill it with zeros.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A reader with a buffer that keeps what is not used up.
pub(super) struct Source<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset in the file of what is read next.
    position: u64,
    /// Offset in the file from which on only little is read at a time.
    limit: u64,
}

impl<R> Source<R> {
    /// A reader that stands at `position`.
    pub(super) fn new(reader: R, position: u64, limit: u64) -> Self {
        let buffer = SPARE.take();
        Self { reader, buffer, start: 0, end: 0, position, limit }
    }

    /// What is there and not used up.
    pub(super) fn available(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Offset in the file of the first byte that is available.
    pub(super) fn offset(&self) -> u64 {
        self.position - (self.end - self.start) as u64
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }

    /// Whether no whole line can be there any more, however much is read.
    pub(super) fn is_full(&self) -> bool {
        self.end - self.start == BUFFER_BYTES
    }
}

impl<R: Read> Source<R> {
    /// Reads more behind what is there, which must leave room; returns the number of new bytes.
    pub(super) fn fill(&mut self) -> io::Result<usize> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let wanted = match usize::try_from(self.limit.saturating_sub(self.position)) {
            Ok(0) => REST_BYTES,
            Ok(left) => left.min(READ_BYTES),
            Err(_) => READ_BYTES,
        };
        let target = (self.end + wanted).min(BUFFER_BYTES);
        if self.buffer.len() < target {
            self.buffer.resize(target.max(READ_BYTES), 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..target]) {
                Ok(count) => {
                    self.end += count;
                    self.position += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<R> Drop for Source<R> {
    fn drop(&mut self) {
        SPARE.set(std::mem::take(&mut self.buffer));
    }
}
