//! Reads the ledger, while proxies write it or not.

use std::io::{self, BufRead, BufReader, ErrorKind, Read as _};
use std::path::Path;

use chrono::{DateTime, Utc};
use data_schema::LedgerEntry;
use fs_err::File;

use super::LedgerError;
use super::names::{self, Name};

/// A longer line is damage. Bytes.
const LONGEST: u64 = 1 << 20;

/// The time that is wanted, by when requests began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever reads builds it")]
pub struct Range {
    /// From then on.
    pub since: Option<DateTime<Utc>>,
    /// Before then.
    pub until: Option<DateTime<Utc>>,
}

impl Range {
    fn contains(&self, at: DateTime<Utc>) -> bool {
        self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
    }

    /// Whether a file may hold what is wanted: requests of its day, and those that began on the day before and ended
    /// on it.
    fn may_stand_in(&self, name: Option<Name>) -> bool {
        let Some(Name { date, .. }) = name else { return true };
        let before = date.pred_opt().unwrap_or(date);
        self.since.is_none_or(|since| since.date_naive() <= date)
            && self.until.is_none_or(|until| before <= until.date_naive())
    }
}

/// All entries of a ledger's folder, in the order of their files. Damaged lines are told by `damaged`, with the file and
/// the number of the line.
///
/// # Errors
///
/// The folder or a file cannot be read.
pub fn entries(
    folder: &Path,
    mut damaged: impl FnMut(&Path, u64, String),
) -> Result<Vec<LedgerEntry>, LedgerError> {
    let mut all = Vec::new();
    read(folder, Range::default(), |entry| all.push(entry), &mut damaged)?;
    Ok(all)
}

/// Hands on the entries of a time, line by line in the order of their files: constant memory, however long the ledger
/// is. Files of other days are not opened.
///
/// # Errors
///
/// The folder or a file cannot be read.
pub fn read(
    folder: &Path,
    range: Range,
    mut take: impl FnMut(LedgerEntry),
    mut damaged: impl FnMut(&Path, u64, String),
) -> Result<(), LedgerError> {
    for found in names::files(folder)? {
        if !range.may_stand_in(found.name) {
            continue;
        }
        let file = match File::open(&found.path) {
            Ok(file) => file,
            // Cleared away since it was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        each_line(BufReader::with_capacity(64 * 1024, file), |number, line| match parse(line) {
            Ok(entry) if range.contains(entry.at) => take(entry),
            Ok(_) => {}
            Err(reason) => damaged(&found.path, number, reason),
        })?;
    }
    Ok(())
}

fn parse(line: Line<'_>) -> Result<LedgerEntry, String> {
    let bytes = match line {
        Line::Whole(bytes) | Line::Open(bytes) => bytes,
        Line::TooLong => {
            return Err("is longer than a line of the ledger can be; it is left out".into());
        }
    };
    match serde_json::from_slice::<LedgerEntry>(bytes) {
        Ok(entry) if entry.request.is_empty() => Err("is no request; it is left out".into()),
        Ok(entry) => Ok(entry),
        Err(_) if matches!(line, Line::Open(_)) => {
            Err("ends in the middle: a power cut, or it is being written; it is left out".into())
        }
        Err(error) => Err(format!("is no line of the ledger: {error}; it is left out")),
    }
}

/// A line without its line end.
#[derive(Clone, Copy)]
enum Line<'a> {
    Whole(&'a [u8]),
    /// The last one, if it has no line end.
    Open(&'a [u8]),
    TooLong,
}

fn each_line(mut reader: impl BufRead, mut take: impl FnMut(u64, Line<'_>)) -> io::Result<()> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.pop_if(|last| *last == b'\n').is_some() {
            if !line.is_empty() {
                take(number, Line::Whole(&line));
            }
        } else if (line.len() as u64) < LONGEST {
            take(number, Line::Open(&line));
        } else {
            reader.skip_until(b'\n')?;
            take(number, Line::TooLong);
        }
    }
    Ok(())
}
