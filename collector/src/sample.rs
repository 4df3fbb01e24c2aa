//! A sample of a log that can be sent with a report: its form, without a word of what was said.
//!
//! Names of fields, numbers and times stay. A text becomes its length, but for short values of a few fields that say
//! what kind of thing stands there. What looks like a secret never stays, wherever it stands.

use std::collections::HashSet;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use ruzstd::decoding::StreamingDecoder;
use serde_json::Value;

use crate::adapter::ReadError;

mod database;
mod fields;
mod value;

pub(crate) use fields::fields_alone;
pub(crate) use value::plain as plain_line;

/// Bytes of a file that are looked at.
const LOOKED_AT: u64 = 64 * 1024 * 1024;
/// Bytes of a sample.
const LARGEST: usize = 64 * 1024;
/// Bytes of one line of it.
const LONGEST_LINE: usize = 6 * 1024;
/// Lines of different form that are shown: so many with usage, so many others.
const LINES: usize = 12;
/// Lines of plain text that are shown.
const PLAIN_LINES: usize = 20;
/// What each sample begins with.
const HEAD: &str = "# A sample of a log, made by `token-matters doctor --sample`. Texts are replaced by their length; names of fields,\n# numbers, times and names of models stay. Please look through it before you send it to anybody.";

/// Why there is no sample.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is a database that cannot be read.
    #[error("{path} {reason}")]
    Database {
        /// Its path.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

/// Makes a sample of a file: lines of JSON, a JSON document, a database of `SQLite`, or lines of text; also compressed with
/// zstd.
///
/// # Errors
///
/// The file cannot be read.
pub fn sample(path: &Path) -> Result<String, SampleError> {
    let mut start = Vec::new();
    fs_err::File::open(path)?.take(16).read_to_end(&mut start)?;
    let size = fs_err::metadata(path)?.len();
    if start.starts_with(b"SQLite format 3\0") {
        let told = |error: ReadError| SampleError::Database {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        let lines = database::lines(path).map_err(told)?;
        return Ok(put_together(&format!("a SQLite database, {size} bytes"), lines));
    }
    let file = fs_err::File::open(path)?;
    let bytes = if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let decoder = StreamingDecoder::new(file).map_err(io::Error::other)?;
        some_of(decoder)?
    } else {
        some_of(file)?
    };
    if let Ok(document) = serde_json::from_slice::<Value>(&bytes) {
        let lines = vec![cut(&value::without_words(&document).to_string())];
        return Ok(put_together(&format!("a JSON document, {size} bytes"), lines));
    }
    let lines = json_lines(&bytes);
    if lines.is_empty() {
        return Ok(put_together(&format!("lines of text, {size} bytes"), plain_lines(&bytes)));
    }
    Ok(put_together(&format!("lines of JSON, {size} bytes"), lines))
}

fn some_of(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LOOKED_AT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// One line of each form, in their order; those that speak of tokens go first where there are too many.
fn json_lines(bytes: &[u8]) -> Vec<String> {
    let mut forms = Forms::new(LINES);
    for line in BufReader::new(bytes).split(b'\n').map_while(Result::ok) {
        let parsed = serde_json::from_slice(&line);
        if let Ok(parsed @ (Value::Object(_) | Value::Array(_))) = parsed {
            forms.take(&value::without_words(&parsed));
        }
        if forms.is_full() {
            break;
        }
    }
    forms.lines
}

/// Lines of different form: so many with usage at most, and so many others.
#[derive(Debug)]
struct Forms {
    most: usize,
    /// With usage, and without.
    counts: [usize; 2],
    known: HashSet<String>,
    lines: Vec<String>,
}

impl Forms {
    fn new(most: usize) -> Self {
        Self { most, counts: [0; 2], known: HashSet::new(), lines: Vec::new() }
    }

    /// Takes a value without words, if none of its form is there.
    fn take(&mut self, value: &Value) {
        let form = value::form(value);
        let is_about_usage = ["oken", "sage"].iter().any(|word| form.contains(word));
        let count = &mut self.counts[usize::from(!is_about_usage)];
        if *count < self.most && self.known.insert(form) {
            *count += 1;
            self.lines.push(cut(&value.to_string()));
        }
    }

    fn is_full(&self) -> bool {
        self.counts.iter().all(|count| *count >= self.most)
    }
}

/// The first lines, with every run of letters as its length.
fn plain_lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().take(PLAIN_LINES).map(|line| cut(&value::plain(line))).collect()
}

/// At most so many bytes of a line.
fn cut(line: &str) -> String {
    if line.len() <= LONGEST_LINE {
        return line.to_owned();
    }
    let end = (0..=LONGEST_LINE).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
    format!("{} # cut here", &line[..end])
}

fn put_together(kind: &str, lines: Vec<String>) -> String {
    let mut text = format!("{HEAD}\n# {kind}\n");
    for line in lines {
        if text.len() + line.len() > LARGEST {
            text.push_str("# the rest is left out\n");
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
