//! Rows as text: JSON Lines and CSV.

use std::io::{self, Write};

use serde_json::Value;

use super::Request;
use super::file::Failed;
use super::rows::{Row, Source, columns};
use crate::output::plain;

/// A spreadsheet takes a text that begins so for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

pub(super) fn json_lines(
    source: &Source,
    request: &Request<'_>,
    out: &mut dyn Write,
) -> Result<(), Failed> {
    source.each(request, |row| {
        serde_json::to_writer(&mut *out, row).map_err(io::Error::from)?;
        Ok(out.write_all(b"\n")?)
    })?;
    Ok(out.flush()?)
}

/// RFC 4180.
pub(super) fn csv(
    source: &Source,
    request: &Request<'_>,
    out: &mut dyn Write,
) -> Result<(), Failed> {
    let mut table =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut *out);
    table.write_record(columns().map(|(name, _)| name))?;
    source.each(request, |row| Ok(table.write_record(cells(row))?))?;
    Ok(table.flush()?)
}

/// A row as cells, in the order of the header.
fn cells(row: &Row<'_>) -> Vec<String> {
    let values = row.values();
    columns().map(|(name, _)| values.get(name).map_or_else(String::new, cell)).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(value) => text(value),
        Value::Array(_) => text(&joined(value)),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The texts of a list, with spaces between them.
pub(super) fn joined(value: &Value) -> String {
    let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.collect::<Vec<_>>().join(" ")
}

/// A text that no spreadsheet takes for a formula.
fn text(text: &str) -> String {
    let text = plain(text);
    if text.starts_with(FORMULA) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_text_is_a_formula() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(!text(bad).starts_with(FORMULA), "{bad:?}");
        }
        assert_eq!(text("=1+1"), "'=1+1");
        assert_eq!(text("claude-code"), "claude-code");
        assert_eq!(cell(&Value::from(-1)), "-1", "a number is no text");
    }
}
