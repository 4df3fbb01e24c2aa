//! Reads JSON Lines of any size in constant memory.
//!
//! Lines without a marker are skipped by byte search, before any JSON is parsed: that is where the
//! time goes, because usage stands in one line of three and in 300 bytes of it. A line that does not
//! fit into the buffer is parsed as a stream, so that a line of a gigabyte needs no gigabyte.

use std::io::{self, BufReader, Read};

use memchr::memmem::Finder;
use serde::de::DeserializeOwned;

/// Size of the buffer that whole lines must fit into. Larger lines (images) are streamed.
const BUFFER_BYTES: usize = 512 * 1024;

/// Byte strings of which a line must contain at least one to be looked at.
#[derive(Debug)]
pub(crate) struct Markers {
    finders: Vec<Finder<'static>>,
}

impl Markers {
    pub(crate) fn any(needles: &'static [&'static str]) -> Self {
        Self { finders: needles.iter().map(Finder::new).collect() }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        self.finders.iter().any(|finder| finder.find(bytes).is_some())
    }
}

/// One line: in memory, or too long for that.
pub(crate) enum Line<'a, R: Read> {
    /// Without its line end.
    Whole(&'a [u8]),
    /// Reads until the line end.
    Long(BufReader<LongLine<'a, R>>),
}

/// Why a line gave nothing.
#[derive(Debug)]
pub(crate) enum LineError {
    /// The line ends in the middle: the tool is writing it.
    Unfinished,
    /// Not JSON of the expected shape.
    Malformed(String),
}

impl<R: Read> Line<'_, R> {
    /// Parses the line. Bytes that are not UTF-8 are replaced where a field is kept, and are no
    /// concern where it is not.
    pub(crate) fn parse<T: DeserializeOwned>(self) -> Result<T, LineError> {
        let result = match self {
            Self::Whole(bytes) => serde_json::from_slice(bytes).or_else(|error| {
                if std::str::from_utf8(bytes).is_ok() {
                    return Err(error);
                }
                serde_json::from_str(&String::from_utf8_lossy(bytes))
            }),
            Self::Long(reader) => serde_json::from_reader(reader),
        };
        result.map_err(|error| {
            if error.is_eof() {
                LineError::Unfinished
            } else {
                LineError::Malformed(reason(&error))
            }
        })
    }
}

/// The parser's words without the line number, which is always 1 here.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(message) => format!("{message} (column {})", error.column()),
        None => text,
    }
}

/// The rest of a line that does not fit into the buffer.
pub(crate) struct LongLine<'a, R: Read> {
    source: &'a mut Source<R>,
    done: bool,
}

impl<R: Read> Read for LongLine<'_, R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.done || target.is_empty() {
            return Ok(0);
        }
        if self.source.available().is_empty() && self.source.fill()? == 0 {
            self.done = true;
            return Ok(0);
        }
        let available = self.source.available();
        let room = available.len().min(target.len());
        let taken = match memchr::memchr(b'\n', &available[..room]) {
            Some(end) => {
                self.done = true;
                end
            }
            None => room,
        };
        target[..taken].copy_from_slice(&available[..taken]);
        // The line end stays in the buffer for the loop of `for_each`.
        self.source.start += taken;
        Ok(taken)
    }
}

/// A reader with a buffer that keeps what is not used up.
struct Source<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: Read> Source<R> {
    fn available(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Reads more behind what is there; returns the number of new bytes.
    fn fill(&mut self) -> io::Result<usize> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Reads lines and remembers where it is.
pub(crate) struct Lines<R> {
    source: Source<R>,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        let buffer = vec![0; BUFFER_BYTES];
        Self { source: Source { reader, buffer, start: 0, end: 0 }, number: 0 }
    }

    /// Calls `visit` with the number (from 1) of every line that contains a marker or is too long to
    /// know. Empty lines, a byte order mark and carriage returns are taken away first.
    ///
    /// # Errors
    ///
    /// The reader fails; what was visited before stays visited.
    pub(crate) fn for_each(
        &mut self,
        markers: &Markers,
        mut visit: impl FnMut(u64, Line<'_, R>),
    ) -> io::Result<()> {
        let mut at_end = false;
        while !at_end {
            at_end = self.source.fill()? == 0;
            self.visit_whole(markers, at_end, &mut visit);
            let full = self.source.available().len() == self.source.buffer.len();
            if full && !at_end {
                self.visit_long(&mut visit)?;
            }
        }
        Ok(())
    }

    /// Visits the lines that are in the buffer as a whole; at the end of the file also the last one.
    fn visit_whole(
        &mut self,
        markers: &Markers,
        at_end: bool,
        visit: &mut impl FnMut(u64, Line<'_, R>),
    ) {
        let mut start = self.source.start;
        let chunk_end = match memchr::memrchr(b'\n', self.source.available()) {
            Some(last) if !at_end => start + last + 1,
            None if !at_end => return,
            _ => self.source.end,
        };
        // A block without any marker is skipped whole.
        if !markers.is_in(&self.source.buffer[start..chunk_end]) {
            let skipped = &self.source.buffer[start..chunk_end];
            self.number += memchr::memchr_iter(b'\n', skipped).count() as u64;
            self.source.start = chunk_end;
            return;
        }
        while start < chunk_end {
            let rest = &self.source.buffer[start..chunk_end];
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            self.number += 1;
            let line = trim(&rest[..length], self.number == 1);
            if !line.is_empty() && markers.is_in(line) {
                visit(self.number, Line::Whole(line));
            }
            start += length + 1;
        }
        self.source.start = chunk_end;
    }

    /// Visits a line that is longer than the buffer, then skips what is left of it.
    fn visit_long(&mut self, visit: &mut impl FnMut(u64, Line<'_, R>)) -> io::Result<()> {
        self.number += 1;
        let line = LongLine { source: &mut self.source, done: false };
        visit(self.number, Line::Long(BufReader::with_capacity(64 * 1024, line)));
        loop {
            if let Some(end) = memchr::memchr(b'\n', self.source.available()) {
                self.source.start += end + 1;
                return Ok(());
            }
            self.source.start = self.source.end;
            if self.source.fill()? == 0 {
                return Ok(());
            }
        }
    }
}

/// Takes away a byte order mark (first line only), a carriage return, and the zero bytes that a crash
/// leaves at the end of a file.
fn trim(line: &[u8], first: bool) -> &[u8] {
    let line = match line.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) if first => rest,
        _ => line,
    };
    let line = line.trim_ascii();
    let is_zero = |byte: &u8| *byte == 0;
    if line.first().is_some_and(is_zero) || line.last().is_some_and(is_zero) {
        let start = line.iter().position(|byte| !is_zero(byte)).unwrap_or(line.len());
        let end = line.iter().rposition(|byte| !is_zero(byte)).map_or(start, |last| last + 1);
        return line[start..end].trim_ascii();
    }
    line
}

#[cfg(test)]
mod tests;
