//! Reads JSON Lines of any size in constant memory.
//!
//! Lines without a marker are skipped by byte search, before any JSON is parsed: that is where the
//! time goes, because usage stands in one line of three and in 300 bytes of it. A line that does not
//! fit into the buffer is parsed as a stream with its long strings cut, so that a line of a gigabyte
//! needs no gigabyte.

use std::io::{self, BufReader, Read};

use memchr::memmem::Finder;
use serde::de::DeserializeOwned;

use strings::{ShortStrings, whole_characters};

mod strings;

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

/// Bytes of a long line that are looked at in one go.
const PIECE_BYTES: usize = 64 * 1024;

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
    fn new(source: &'a mut Source<R>) -> Self {
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
        let start = self.source.start;
        self.strings.pass(&self.source.buffer[start..start + length], &mut self.ready);
        self.source.start += length;
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
        if self.skip_padding()? {
            let line = LongLine::new(&mut self.source);
            visit(self.number, Line::Long(BufReader::with_capacity(PIECE_BYTES, line)));
        }
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

impl<R: Read> Lines<R> {
    /// Skips what [`trim`] takes away in front of a line; whether anything of the line is left.
    fn skip_padding(&mut self) -> io::Result<bool> {
        if self.number == 1 && self.source.available().starts_with(MARK) {
            self.source.start += MARK.len();
        }
        loop {
            let available = self.source.available();
            let is_padding =
                |byte: &u8| *byte == 0 || (*byte != b'\n' && byte.is_ascii_whitespace());
            let padding = available.iter().take_while(|byte| is_padding(byte)).count();
            let next = available.get(padding).copied();
            self.source.start += padding;
            match next {
                Some(byte) => return Ok(byte != b'\n'),
                None if self.source.fill()? == 0 => return Ok(false),
                None => {}
            }
        }
    }
}

/// The byte order mark in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Takes away a byte order mark (first line only), a carriage return, and the zero bytes that a crash
/// leaves at the end of a file.
fn trim(line: &[u8], first: bool) -> &[u8] {
    let line = match line.strip_prefix(MARK) {
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
