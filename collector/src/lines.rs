//! Reads JSON Lines of any size in constant memory.
//!
//! Lines without a marker are skipped by byte search, before any JSON is parsed: that is where the
//! time goes, because usage stands in one line of three and in 300 bytes of it. A line that does not
//! fit into the buffer is parsed as a stream with its long strings cut, so that a line of a gigabyte
//! needs no gigabyte.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use serde::de::DeserializeOwned;

pub(crate) use long::LongLine;
pub(crate) use markers::Markers;
pub(crate) use skim::{Declined, Fields, Fill, Number, Skimmer, fields, once};

use long::PIECE_BYTES;
use source::Source;

use crate::loose::Maybe;

mod long;
mod markers;
mod skim;
mod source;
mod strings;

/// Size of the buffer that whole lines must fit into. Larger lines (images) are streamed.
const BUFFER_BYTES: usize = 512 * 1024;

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

impl<'a, R: Read> Line<'a, R> {
    /// Parses the line into `target`, which has its default value. A line that is not an object leaves it
    /// as it is. Bytes that are not UTF-8 are replaced where a field is kept, and are no concern where it
    /// is not.
    ///
    /// # Errors
    ///
    /// The line is damaged; `target` may hold some fields then.
    pub(crate) fn parse_into<T>(self, target: &mut T) -> Result<(), LineError>
    where
        T: Fields<'a> + DeserializeOwned,
    {
        let result = match self {
            Self::Whole(bytes) if skim::skim(bytes, target).is_ok() => return Ok(()),
            Self::Whole(bytes) => parse_whole(bytes),
            Self::Long(reader) => serde_json::from_reader(reader),
        };
        let parsed: Maybe<T> = result.map_err(|error| line_error(&error))?;
        *target = parsed.0.unwrap_or_default();
        Ok(())
    }
}

impl<R: Read> Line<'_, R> {
    /// Parses the line. One that is not an object gives the default.
    ///
    /// # Errors
    ///
    /// The line is damaged.
    pub(crate) fn parse<T: DeserializeOwned + Default>(self) -> Result<T, LineError> {
        let result = match self {
            Self::Whole(bytes) => parse_whole(bytes),
            Self::Long(reader) => serde_json::from_reader(reader),
        };
        let parsed: Maybe<T> = result.map_err(|error| line_error(&error))?;
        Ok(parsed.0.unwrap_or_default())
    }
}

fn line_error(error: &serde_json::Error) -> LineError {
    if error.is_eof() { LineError::Unfinished } else { LineError::Malformed(reason(error)) }
}

/// What a line means. The skimmer only comes before it to save time.
fn parse_whole<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(bytes).or_else(|error| {
        if std::str::from_utf8(bytes).is_ok() {
            return Err(error);
        }
        serde_json::from_str(&String::from_utf8_lossy(bytes))
    })
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

/// What has been gone over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Lines, the last one included if it has no line end. Empty lines count.
    pub(crate) lines: u64,
    /// Offset in the file just behind the last line end: reading may go on there when more has been
    /// appended. `None` if there was no line end.
    pub(crate) resume_at: Option<u64>,
    /// The line behind that, if the file does not end with a line end.
    pub(crate) open: Option<OpenLine>,
}

impl Passed {
    /// Visits the lines of a chunk with a marker; returns where the last of them ended.
    fn visit<R: Read>(
        &mut self,
        chunk: &[u8],
        offset: u64,
        markers: &Markers,
        visit: &mut impl FnMut(u64, Line<'_, R>),
    ) -> usize {
        let mut hits = markers.hits(chunk);
        let (mut at, mut visited_to) = (0, 0);
        while let Some(hit) = hits.next(at) {
            let start = memchr::memrchr(b'\n', &chunk[at..hit]).map_or(at, |end| at + end + 1);
            let end = memchr::memchr(b'\n', &chunk[hit..]).map_or(chunk.len(), |end| hit + end);
            self.lines += line_ends(&chunk[at..start]) + 1;
            visit(self.lines, Line::Whole(trim(&chunk[start..end], offset == 0 && start == 0)));
            at = chunk.len().min(end + 1);
            visited_to = end;
        }
        self.lines += line_ends(&chunk[at..]);
        // The last line has no line end that could be counted.
        let is_open = chunk[at..].last().is_some_and(|last| *last != b'\n');
        self.lines += u64::from(is_open);
        visited_to
    }
}

/// A last line without a line end: the tool may be writing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenLine {
    /// Whether it was visited, because it contains a marker or is too long to know.
    pub(crate) visited: bool,
}

/// Reads lines and remembers where it is.
pub(crate) struct Lines<R> {
    source: Source<R>,
    /// Offset at which a line must begin to be read at the latest, exclusive.
    end: u64,
    /// Whether the reader stands in the line before, of which only the end is wanted.
    behind: bool,
    /// Bytes at the beginning of the buffer that are known to hold no line end.
    searched: usize,
    passed: Passed,
}

impl<R: Read + Seek> Lines<R> {
    /// Reads the lines of which the first byte lies in `start..end`, offsets in bytes from the
    /// beginning of the file. They are numbered from 1. What lies before `start - 1` is not read, and
    /// what lies behind `end` only if a line reaches there.
    ///
    /// # Errors
    ///
    /// The reader cannot go to `start`.
    pub(crate) fn part(mut reader: R, start: u64, end: u64) -> io::Result<Self> {
        // A line begins at `start` if the byte before is a line end.
        let from = start.saturating_sub(1);
        reader.seek(SeekFrom::Start(from))?;
        let source = Source::new(reader, from, end);
        Ok(Self { source, end, behind: start > 0, searched: 0, passed: Passed::default() })
    }
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        let source = Source::new(reader, 0, u64::MAX);
        Self { source, end: u64::MAX, behind: false, searched: 0, passed: Passed::default() }
    }

    /// What has been gone over so far. What `for_each` visited before the reader failed is in it.
    pub(crate) fn passed(&self) -> Passed {
        self.passed
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
        if self.behind {
            self.skip_line()?;
        }
        while self.source.offset() < self.end {
            self.visit_whole(markers, false, &mut visit);
            if self.source.offset() >= self.end {
                break;
            }
            if self.source.is_full() {
                self.visit_long(&mut visit)?;
            } else if self.source.fill()? == 0 {
                self.visit_whole(markers, true, &mut visit);
                break;
            }
        }
        Ok(())
    }

    /// Goes to the first line of a part, or to its end if none begins in it.
    fn skip_line(&mut self) -> io::Result<()> {
        self.behind = false;
        while self.source.offset() < self.end && self.source.fill()? > 0 {
            let available = self.source.available();
            let line_end = memchr::memchr(b'\n', available);
            self.source.consume(line_end.map_or(available.len(), |end| end + 1));
            if line_end.is_some() {
                self.passed.resume_at = Some(self.source.offset());
                break;
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
        let (offset, available) = (self.source.offset(), self.source.available());
        let fresh = &available[self.searched..];
        // Behind the end of the part only the rest of the line is wanted that began before it.
        let is_rest = offset + self.searched as u64 >= self.end;
        let line_end =
            if is_rest { memchr::memchr(b'\n', fresh) } else { memchr::memrchr(b'\n', fresh) };
        let closed = line_end.map(|end| self.searched + end + 1);
        let length = match closed {
            Some(closed) if is_rest || !at_end => closed,
            None if !at_end => {
                self.searched = available.len();
                return;
            }
            _ => available.len(),
        };
        let chunk = &available[..length];
        let visited_to = self.passed.visit(chunk, offset, markers, visit);
        if chunk.last().is_some_and(|last| *last != b'\n') {
            self.passed.open = Some(OpenLine { visited: visited_to == length });
        }
        if let Some(closed) = closed {
            self.passed.resume_at = Some(offset + closed as u64);
        }
        self.searched = available.len() - length;
        self.source.consume(length);
    }

    /// Visits a line that is longer than the buffer, then skips what is left of it.
    fn visit_long(&mut self, visit: &mut impl FnMut(u64, Line<'_, R>)) -> io::Result<()> {
        self.searched = 0;
        self.passed.lines += 1;
        let visited = self.skip_padding()?;
        if visited {
            let line = LongLine::new(&mut self.source);
            visit(self.passed.lines, Line::Long(BufReader::with_capacity(PIECE_BYTES, line)));
        }
        loop {
            let available = self.source.available();
            let line_end = memchr::memchr(b'\n', available);
            self.source.consume(line_end.map_or(available.len(), |end| end + 1));
            if line_end.is_some() {
                self.passed.resume_at = Some(self.source.offset());
                return Ok(());
            }
            if self.source.fill()? == 0 {
                self.passed.open = Some(OpenLine { visited });
                return Ok(());
            }
        }
    }

    /// Skips what [`trim`] takes away in front of a line; whether anything of the line is left.
    fn skip_padding(&mut self) -> io::Result<bool> {
        if self.source.offset() == 0 && self.source.available().starts_with(MARK) {
            self.source.consume(MARK.len());
        }
        loop {
            let available = self.source.available();
            let is_padding =
                |byte: &u8| *byte == 0 || (*byte != b'\n' && byte.is_ascii_whitespace());
            let padding = available.iter().take_while(|byte| is_padding(byte)).count();
            let next = available.get(padding).copied();
            self.source.consume(padding);
            match next {
                Some(byte) => return Ok(byte != b'\n'),
                None if self.source.fill()? == 0 => return Ok(false),
                None => {}
            }
        }
    }
}

/// Number of line ends.
fn line_ends(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
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
pub(crate) mod skim_check;
#[cfg(test)]
mod tests;
