//! Places in databases.

use std::io::Read as _;
use std::path::Path;

use rusqlite::types::ValueRef;
use serde_json::{Map, Value};

use super::numbers::Needles;
use super::{Found, PLACES};
use crate::adapter::{Database, ReadError, Row};
use crate::sample::fields_alone;

/// Bytes of rows that are searched.
const SEARCHED: usize = 1024 * 1024 * 1024;

/// Whether a file is a database.
pub(super) fn is_one(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = fs_err::File::open(path).and_then(|file| file.take(16).read_to_end(&mut start));
    read.is_ok() && start == b"SQLite format 3\0"
}

/// Rows with all of these counts. One that cannot be read has none.
pub(super) fn rows(path: &Path, needles: &Needles) -> Vec<Found> {
    let mut found = Vec::new();
    // What was found before a damaged table is found.
    let _ = look(path, needles, &mut found);
    found
}

fn look(path: &Path, needles: &Needles, found: &mut Vec<Found>) -> Result<(), ReadError> {
    let database = Database::open(path)?;
    let mut tables = Vec::new();
    let statement = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    database.query(statement, |row| tables.extend(row.text(0)))?;
    let mut searched = 0;
    for table in tables {
        let columns: Vec<String> = database.columns(&table)?.into_iter().collect();
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let mut number = 0_u64;
        // Some tables, such as those for full text, need a module that is not there: they hold no usage.
        let _ = database.rows(&table, &names, "", |row| {
            number += 1;
            if found.len() >= PLACES || searched > SEARCHED {
                return;
            }
            let text = text_of(row, columns.len());
            searched += text.len();
            if needles.may_be_in(&text) {
                let fields = fields_alone(&Value::Object(fields_of(row, &columns)));
                let place = format!("table {table}, row {number}");
                found.push(Found { line: None, row: Some(place), fields });
            }
        });
    }
    Ok(())
}

/// All that a row holds, to search in.
fn text_of(row: &Row<'_, '_>, columns: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for column in 0..columns {
        match row.value(column) {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => text.extend_from_slice(bytes),
            ValueRef::Integer(number) => text.extend(number.to_string().into_bytes()),
            ValueRef::Real(number) => text.extend(number.to_string().into_bytes()),
            ValueRef::Null => {}
        }
        text.push(b' ');
    }
    text
}

fn fields_of(row: &Row<'_, '_>, columns: &[String]) -> Map<String, Value> {
    let mut fields = Map::new();
    for (place, name) in columns.iter().enumerate() {
        let value = match row.value(place) {
            ValueRef::Integer(number) => Value::from(number),
            ValueRef::Real(number) => Value::from(number),
            // Some tools keep JSON as bytes.
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                let text = || Value::from(String::from_utf8_lossy(bytes).into_owned());
                serde_json::from_slice(bytes)
                    .ok()
                    .filter(|value: &Value| value.is_object() || value.is_array())
                    .unwrap_or_else(text)
            }
            ValueRef::Null => continue,
        };
        fields.insert(name.clone(), value);
    }
    fields
}
