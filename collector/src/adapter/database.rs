//! Reads the databases of tools while they use them, and leaves nothing beside them.
//!
//! A reader of a database with a write-ahead log makes a `-shm` and a `-wal` file where there is none, unless it
//! promises that nothing changes (<https://www.sqlite.org/wal.html#read_only_databases>, read 2026-11-21). So:
//!
//! - both files are there: the tool is running. It is read as any other reader would, at the cost of nothing.
//! - neither is there: it is read as unchangeable; if it has changed when the reading begins, once more.
//! - only a write-ahead log or a rollback journal with content: the tool broke off. A copy is read in a folder of our
//!   own, where the rest of the work may be done.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use data_schema::{Tokens, UtcSeconds, parse_log_time};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use super::log::ReadError;
use crate::loose::LooseCount;

/// How long a tool may keep its database locked.
const PATIENCE: Duration = Duration::from_secs(2);

/// A database of a tool.
#[derive(Debug)]
pub(crate) struct Database {
    connection: Connection,
    /// The file that is read, and whether nobody changes it.
    file: (PathBuf, bool),
    /// The folder of the copy, if one is read; deleted with it.
    _copy: Option<TempDir>,
}

/// How a database can be read without a trace.
enum Way {
    /// Beside the tool that uses it.
    Shared,
    /// As a file that nobody changes.
    Unchangeable,
    /// A copy of it and of what lies beside it.
    Copied,
}

impl Database {
    /// Opens a database for reading.
    pub(crate) fn open(path: &Path) -> Result<Self, ReadError> {
        match way(path)? {
            Way::Shared => Self::shared(path),
            Way::Copied => Self::copied(path),
            Way::Unchangeable => {
                let before = stamp(path);
                let connection = Self::at(path, true)?;
                // A tool that began in between has changed the file, or put its log beside it.
                if before == stamp(path) && matches!(way(path)?, Way::Unchangeable) {
                    return Ok(Self { connection, file: (path.to_owned(), true), _copy: None });
                }
                match way(path)? {
                    Way::Shared => Self::shared(path),
                    _ => Self::copied(path),
                }
            }
        }
    }

    fn shared(path: &Path) -> Result<Self, ReadError> {
        match Self::at(path, false) {
            Ok(connection) => Ok(Self { connection, file: (path.to_owned(), false), _copy: None }),
            // Only a tool that is not there any more leaves a journal that a reader is not waiting for.
            Err(ReadError::Database(_)) if size(&beside(path, "-journal")) > 0 => {
                Self::copied(path)
            }
            Err(error) => Err(error),
        }
    }

    fn at(path: &Path, is_unchangeable: bool) -> Result<Connection, ReadError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(uri(path, is_unchangeable), flags)?;
        connection.busy_timeout(PATIENCE)?;
        // Opening reads nothing yet; this does.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    }

    fn copied(path: &Path) -> Result<Self, ReadError> {
        let folder = tempfile::Builder::new().prefix("token-matters-").tempdir()?;
        let copy = folder.path().join("copy.db");
        fs_err::copy(path, &copy)?;
        for end in ["-wal", "-journal"] {
            if size(&beside(path, end)) > 0 {
                fs_err::copy(beside(path, end), beside(&copy, end))?;
            }
        }
        let connection = Connection::open(&copy)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(Self { connection, file: (copy, false), _copy: Some(folder) })
    }

    /// One more connection to the same file, for another thread.
    fn again(&self) -> Result<Connection, ReadError> {
        Self::at(&self.file.0, self.file.1)
    }

    /// The names of a table's columns; none if there is no such table.
    pub(crate) fn columns(&self, table: &str) -> Result<BTreeSet<String>, ReadError> {
        let mut statement = self.connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
        let names = statement.query_map([table], |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// Whether there is such a table.
    pub(crate) fn has(&self, table: &str) -> Result<bool, ReadError> {
        Ok(!self.columns(table)?.is_empty())
    }

    /// Hands on all rows of a table, with these columns in this order; one that the table lacks is as if nothing stood
    /// in it. `rest` is what follows in the statement, such as a condition. No such table: no rows.
    pub(crate) fn rows(
        &self,
        table: &str,
        columns: &[&str],
        rest: &str,
        mut take: impl FnMut(&Row<'_, '_>),
    ) -> Result<(), ReadError> {
        match self.selection(table, columns)? {
            Some(selection) => self.query(&format!("{selection} {rest}"), &mut take),
            None => Ok(()),
        }
    }

    /// The start of a statement that gives these columns; `None` if there is no such table.
    fn selection(&self, table: &str, columns: &[&str]) -> Result<Option<String>, ReadError> {
        let there = self.columns(table)?;
        let selected: Vec<String> =
            columns
                .iter()
                .map(|column| {
                    if there.contains(*column) {
                        format!("\"{column}\"")
                    } else {
                        "NULL".to_owned()
                    }
                })
                .collect();
        let selection = || format!("SELECT {} FROM \"{table}\"", selected.join(", "));
        Ok((!there.is_empty()).then(selection))
    }

    /// Hands on the rows of a statement in which `?1` stands for a key.
    pub(crate) fn find(
        &self,
        statement: &str,
        key: &str,
        mut take: impl FnMut(&Row<'_, '_>),
    ) -> Result<(), ReadError> {
        let mut statement = self.connection.prepare(statement)?;
        let mut rows = statement.query([key])?;
        while let Some(row) = rows.next()? {
            take(&Row(row));
        }
        Ok(())
    }

    /// The greatest number in a table of one column of versions, such as migrations that were done.
    pub(crate) fn greatest(&self, table: &str, column: &str) -> Result<u64, ReadError> {
        let mut greatest = 0;
        self.rows(table, &[column], "", |row| {
            let number = row.text(0).and_then(|text| text.trim().parse().ok());
            greatest = greatest.max(number.unwrap_or(0));
        })?;
        Ok(greatest)
    }

    /// Hands on the rows of a statement.
    pub(crate) fn query(
        &self,
        statement: &str,
        mut take: impl FnMut(&Row<'_, '_>),
    ) -> Result<(), ReadError> {
        let mut statement = self.connection.prepare(statement)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(&Row(row));
        }
        Ok(())
    }
}

/// One row. Columns are named by their place in the statement, from 0.
pub(crate) struct Row<'r, 's>(&'r rusqlite::Row<'s>);

impl Row<'_, '_> {
    /// What stands there.
    pub(crate) fn value(&self, column: usize) -> ValueRef<'_> {
        self.0.get_ref(column).unwrap_or(ValueRef::Null)
    }

    /// Bytes of a text or blob.
    pub(crate) fn bytes(&self, column: usize) -> Option<&[u8]> {
        match self.value(column) {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A text that is not empty; numbers are written out, as ids are numbers in some tools.
    pub(crate) fn text(&self, column: usize) -> Option<String> {
        let text = match self.value(column) {
            ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            ValueRef::Integer(number) => number.to_string(),
            _ => return None,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// A count, loosely.
    pub(crate) fn count(&self, column: usize) -> LooseCount {
        match self.value(column) {
            ValueRef::Null => LooseCount::NotTold,
            ValueRef::Integer(number) => match u64::try_from(number) {
                Ok(number) => Tokens::new(number).map_or(LooseCount::Absurd, LooseCount::Told),
                Err(_) => LooseCount::Negative,
            },
            ValueRef::Real(number) => LooseCount::from_number(number),
            ValueRef::Text(_) => self
                .text(column)
                .and_then(|text| text.trim().parse().ok())
                .map_or(LooseCount::Absurd, LooseCount::from_number),
            ValueRef::Blob(_) => LooseCount::Absurd,
        }
    }

    /// A finite number.
    pub(crate) fn number(&self, column: usize) -> Option<f64> {
        match self.value(column) {
            ValueRef::Real(number) => Some(number).filter(|number| number.is_finite()),
            _ => self.text(column)?.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        }
    }

    /// A time as text, or since 1970 in seconds, or finer.
    pub(crate) fn time(&self, column: usize) -> Option<UtcSeconds> {
        match self.value(column) {
            ValueRef::Real(number) => parse_log_time(&number.to_string()),
            _ => parse_log_time(&self.text(column)?),
        }
    }

    /// A column that holds JSON; `None` if nothing stands in it.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: usize) -> Option<serde_json::Result<T>> {
        Some(serde_json::from_slice(self.bytes(column)?))
    }
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            _ => Self::Database(error.to_string()),
        }
    }
}

/// Versions of the file format in bytes 18 and 19 of the head: 2 = with a write-ahead log
/// (<https://www.sqlite.org/fileformat2.html#file_format_version_numbers>).
fn has_write_ahead_log(path: &Path) -> Result<bool, ReadError> {
    let mut head = Vec::new();
    fs_err::File::open(path)?.take(20).read_to_end(&mut head)?;
    Ok(head.get(18) == Some(&2))
}

fn way(path: &Path) -> Result<Way, ReadError> {
    let there = |end: &str| beside(path, end).exists();
    if !has_write_ahead_log(path)? {
        return Ok(Way::Shared);
    }
    Ok(match (there("-wal"), there("-shm")) {
        (true, true) => Way::Shared,
        (true, false) if size(&beside(path, "-wal")) > 0 => Way::Copied,
        _ => Way::Unchangeable,
    })
}

/// The write-ahead log of a database: its newest rows may stand there alone.
pub(crate) fn write_ahead(database: &Path) -> PathBuf {
    beside(database, "-wal")
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn size(path: &Path) -> u64 {
    fs_err::metadata(path).map_or(0, |metadata| metadata.len())
}

fn stamp(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata: Metadata = fs_err::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// The path as `SQLite` takes it with options: `%`, `?` and `#` mean something there.
fn uri(path: &Path, is_unchangeable: bool) -> String {
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let path = if cfg!(windows) { format!("/{}", path.replace('\\', "/")) } else { path };
    let unchangeable = if is_unchangeable { "&immutable=1" } else { "" };
    format!("file:{path}?mode=ro{unchangeable}")
}

mod split;
#[cfg(test)]
mod tests;
