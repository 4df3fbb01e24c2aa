//! A database without its words: its tables with their columns, and a few rows of each.

use std::path::Path;

use rusqlite::types::ValueRef;
use serde_json::{Map, Value};

use super::{Forms, value};
use crate::adapter::{Database, ReadError, Row};

/// Tables that are shown.
const TABLES: usize = 60;
/// Rows of different form that are shown of a table: so many with usage, so many others.
const ROWS: usize = 3;
/// Rows that are looked at, and bytes in them.
const LOOKED_AT: usize = 2_000;
const BYTES: usize = 16 * 1024 * 1024;

pub(super) fn lines(path: &Path) -> Result<Vec<String>, ReadError> {
    let database = Database::open(path)?;
    let mut names = Vec::new();
    let statement = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    database.query(statement, |row| names.extend(row.text(0)))?;
    let mut lines = Vec::new();
    let version = "SELECT user_version FROM pragma_user_version";
    database.query(version, |row| {
        lines.push(format!("# user_version {}", row.text(0).unwrap_or_default()));
    })?;
    for table in names.iter().take(TABLES) {
        table_lines(&database, table, &mut lines);
    }
    if names.len() > TABLES {
        lines.push(format!("# {} more tables", names.len() - TABLES));
    }
    Ok(lines)
}

fn table_lines(database: &Database, table: &str, lines: &mut Vec<String>) {
    let quoted = format!("\"{}\"", table.replace('"', "\"\""));
    let mut columns = Vec::new();
    let statement = format!("SELECT name, type FROM pragma_table_info({quoted})");
    // Some tables, such as those for full text, need a module that is not there: they hold no usage.
    let described = database.query(&statement, |row| {
        columns.push((row.text(0).unwrap_or_default(), row.text(1).unwrap_or_default()));
    });
    let shown: Vec<String> = columns
        .iter()
        .map(|(name, kind)| format!("{} {}", value::name(name), value::name(kind)))
        .collect();
    lines.push(format!("# table {}: {}", value::name(table), shown.join(", ")));
    if described.is_err() || columns.is_empty() {
        return;
    }
    let names: Vec<String> =
        columns.iter().map(|(name, _)| format!("\"{}\"", name.replace('"', "\"\""))).collect();
    let statement = format!("SELECT {} FROM {quoted} LIMIT {LOOKED_AT}", names.join(", "));
    let mut forms = Forms::new(ROWS);
    let mut bytes = 0;
    // What was shown before a damaged row is a sample, too.
    let _ = database.query(&statement, |row| {
        if forms.is_full() || bytes > BYTES {
            return;
        }
        let mut fields = Map::new();
        for (place, (name, _)) in columns.iter().enumerate() {
            bytes += row.bytes(place).map_or(0, <[u8]>::len);
            fields.insert(value::name(name), of_column(row, place, name));
        }
        forms.take(&Value::Object(fields));
    });
    lines.append(&mut forms.lines);
}

/// What stands in a column. Some tools keep texts as bytes.
fn of_column(row: &Row<'_, '_>, place: usize, name: &str) -> Value {
    let is_json = |bytes: &[u8]| matches!(bytes.first(), Some(b'{' | b'['));
    match row.value(place) {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::from(number),
        ValueRef::Real(number) => Value::from(number),
        ValueRef::Blob(bytes) if !is_json(bytes) => {
            Value::from(format!("<blob of {} bytes>", bytes.len()))
        }
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            value::text(&String::from_utf8_lossy(bytes), name)
        }
    }
}
