//! One log as an adapter reads it: lines of JSON, a document, a database.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::database::Database;
use super::sink::Sink;
use crate::frames::{Frames, LARGEST_DECOMPRESSED};
use crate::lines::{Lines, Markers};
use crate::logs::Reading;

/// A document larger than this is none. Bytes.
const LARGEST_DOCUMENT: u64 = 1024 * 1024 * 1024;

/// A log that is there.
pub(crate) struct Log<'a> {
    pub(crate) path: &'a Path,
    pub(crate) reading: Reading<'a>,
}

/// Why a log, or the rest of it, gives nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("cannot be read to its end: {0}; what came before counts")]
    Io(#[from] io::Error),
    #[error("is not valid JSON: {0}; the file counts again when the tool has written it anew")]
    Json(String),
    #[error(
        "ends in the middle: the tool is still writing it, or broke off; it is read at the next run"
    )]
    Unfinished,
    #[error("cannot be read as a database: {0}; if the tool can still open it, please report this")]
    Database(String),
    #[error("is locked by its tool: it is read at the next run")]
    Locked,
    #[error(
        "has format version {found}, and this version of token-matters knows {known}: update token-matters; if there is \
         nothing newer, please send a sample without your words: `token-matters doctor --sample FILE` makes it"
    )]
    Version { found: String, known: &'static str },
}

impl ReadError {
    /// A version of the format that nobody has looked at.
    pub(crate) fn version(found: impl std::fmt::Display, known: &'static str) -> Self {
        let found: String =
            found.to_string().chars().filter(|c| !c.is_control()).take(40).collect();
        Self::Version { found, known }
    }

    /// Whether the log has been deleted since it was listed.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == ErrorKind::NotFound)
    }
}

impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> Self {
        match error.classify() {
            serde_json::error::Category::Io => Self::Io(error.into()),
            serde_json::error::Category::Eof => Self::Unfinished,
            _ => Self::Json(error.to_string()),
        }
    }
}

impl Log<'_> {
    /// Hands on every line with one of the markers that is JSON of the shape; what is not is told. A line that is no
    /// object gives the shape's default. A log whose name ends with `.zst` or `.zstd` is decompressed.
    pub(crate) fn lines<T: DeserializeOwned + Default>(
        &self,
        sink: &mut Sink<'_>,
        markers: &Markers,
        take: impl FnMut(&mut Sink<'_>, T),
    ) -> Result<(), ReadError> {
        let file = self.reading.open(self.path)?;
        let is_compressed = self
            .path
            .extension()
            .is_some_and(|extension| extension == "zst" || extension == "zstd");
        if is_compressed {
            return lines_of(Frames::growing(file, LARGEST_DECOMPRESSED), sink, markers, take);
        }
        lines_of(file, sink, markers, take)
    }

    /// The whole log as bytes, without a byte order mark.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        let file = self.reading.open(self.path)?;
        file.take(LARGEST_DOCUMENT).read_to_end(&mut bytes)?;
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        Ok(bytes)
    }

    /// The whole log as one value of JSON. Bytes that are not UTF-8 are replaced.
    pub(crate) fn document<T: DeserializeOwned>(&self) -> Result<T, ReadError> {
        let bytes = self.bytes()?;
        match serde_json::from_slice(&bytes) {
            Err(_) if std::str::from_utf8(&bytes).is_err() => {
                Ok(serde_json::from_str(&String::from_utf8_lossy(&bytes))?)
            }
            result => Ok(result?),
        }
    }

    /// The log as a database. What is read of it is told as a whole.
    pub(crate) fn database(&self, sink: &mut Sink<'_>) -> Result<Database, ReadError> {
        sink.unordered();
        let database = Database::open(self.path)?;
        self.reading.tell(fs_err::metadata(self.path).map_or(0, |metadata| metadata.len()));
        Ok(database)
    }

    /// A file of JSON beside the log; `None` if it is not there, or of another shape.
    pub(crate) fn beside<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        json_file(&self.path.with_file_name(name))
    }

    /// The name of the log without its folder and last extension.
    pub(crate) fn stem(&self) -> &str {
        self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
    }

    /// The name of a folder above the log: 1 = the one that it lies in.
    pub(crate) fn folder(&self, above: usize) -> &str {
        let folder = self.path.ancestors().nth(above).and_then(Path::file_name);
        folder.and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// A path above the log: 1 = the folder that it lies in.
    pub(crate) fn above(&self, above: usize) -> PathBuf {
        self.path.ancestors().nth(above).unwrap_or(self.path).to_owned()
    }
}

fn lines_of<T: DeserializeOwned + Default>(
    reader: impl io::Read,
    sink: &mut Sink<'_>,
    markers: &Markers,
    mut take: impl FnMut(&mut Sink<'_>, T),
) -> Result<(), ReadError> {
    let read = Lines::new(reader).for_each(markers, |number, line| match line.parse() {
        Ok(value) => {
            sink.at_line(number);
            take(sink, value);
        }
        Err(error) => sink.skip_line(number, &error),
    });
    Ok(read?)
}

/// Bytes as text; what is not UTF-8 is replaced.
pub(crate) fn readable(bytes: &[u8]) -> Cow<'_, str> {
    // Checking is several times faster than replacing, and nearly all text is as it should be.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// A small file of JSON; `None` if it is not there, or of another shape.
pub(crate) fn json_file<T: DeserializeOwned>(path: &Path) -> Option<T> {
    const LARGEST: u64 = 16 * 1024 * 1024;
    let mut bytes = Vec::new();
    fs_err::File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}
