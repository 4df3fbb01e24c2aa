//! Places in logs of lines, and in documents.

use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use serde_json::Value;

use super::numbers::Needles;
use super::{Found, PLACES};
use crate::frames::{Frames, LARGEST_DECOMPRESSED};
use crate::sample::{fields_alone, plain_line};

/// Bytes of a line that is shown; one that is longer is passed over.
const LONGEST_LINE: usize = 64 * 1024 * 1024;
/// Bytes of a log that is searched for counts.
const SEARCHED: u64 = 1024 * 1024 * 1024;
/// Letters of a line that is no JSON.
const SHOWN: usize = 400;

/// What stands on these lines, which are sorted.
pub(super) fn at_lines(path: &Path, wanted: &[u64]) -> Vec<Found> {
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = Vec::new();
    // A log that cannot be read to its end still has the lines before.
    let _ = each_line(path, |number, line| {
        if wanted.binary_search(&number).is_ok() {
            found.push(Found { line: Some(number), row: None, fields: line.map(shown) });
        }
        wanted.last().is_some_and(|last| number < *last)
    });
    found
}

/// Lines with all of these counts; if there is none, the place in a document.
pub(super) fn lines_with(path: &Path, needles: &Needles) -> Vec<Found> {
    let mut found = Vec::new();
    let mut lines = 0_u64;
    let _ = each_line(path, |number, line| {
        lines = number;
        if let Some(line) = line.filter(|line| needles.may_be_in(line)) {
            found.push(Found { line: Some(number), row: None, fields: Some(shown(line)) });
        }
        found.len() < PLACES
    });
    let is_document = || {
        let size = fs_err::metadata(path).map_or(0, |metadata| metadata.len());
        let bytes = (size <= SEARCHED).then(|| fs_err::read(path).ok()).flatten()?;
        let document: Value = serde_json::from_slice(&bytes).ok()?;
        let (row, value) = needles.smallest(&document)?;
        Some(Found { line: None, row: Some(row), fields: fields_alone(value) })
    };
    // A document may stand on one line.
    if found.is_empty() || lines <= 1 {
        return is_document().map_or(found, |one| vec![one]);
    }
    found
}

/// Hands on every line with its number from 1, until `take` wants no more. `None`: the line is too long.
fn each_line(path: &Path, mut take: impl FnMut(u64, Option<&[u8]>) -> bool) -> io::Result<()> {
    let file = fs_err::File::open(path)?;
    let is_compressed =
        path.extension().is_some_and(|extension| extension == "zst" || extension == "zstd");
    let mut reader: BufReader<Box<dyn Read>> = BufReader::new(if is_compressed {
        Box::new(Frames::growing(file, LARGEST_DECOMPRESSED))
    } else {
        Box::new(file.take(SEARCHED))
    });
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let length = reader.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut line)?;
        if length == 0 {
            break;
        }
        let is_long = length == LONGEST_LINE && line.last() != Some(&b'\n');
        if is_long {
            reader.skip_until(b'\n')?;
        }
        if !take(number, (!is_long).then_some(line.as_slice())) {
            break;
        }
    }
    Ok(())
}

/// The fields of a line of JSON; of another line its form.
fn shown(line: &[u8]) -> Value {
    let trimmed = line.trim_ascii();
    let trimmed = trimmed.strip_prefix(b"\xef\xbb\xbf").unwrap_or(trimmed);
    if let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_slice(trimmed) {
        return fields_alone(&value).unwrap_or(Value::Null);
    }
    let text: String = String::from_utf8_lossy(trimmed).chars().take(SHOWN).collect();
    Value::from(plain_line(&text))
}
