//! `store export`.

use std::io::{self, Write};
use std::path::Path;

use data_schema::UsageRecord;
use data_schema::fields::FIELDS;
use data_schema::settings::SharedSettings;
use pricing::{Cost, PriceBook};
use serde::Serialize;
use serde_json::Value;
use store::{Problem, Store, StoreError};
use summarizer::{Fact, Facts, Input, SummarizeError, again_if_damaged, read_settings};

use crate::cli::{Export, ExportFormat, Global};
use crate::outcome::{Failure, Outcome};
use crate::output::{note, notes, plain, problems, sink};
use crate::session::Session;

/// Columns before those of `docs/fields.md`, and behind them.
const FIRST: [&str; 4] = ["row", "day", "machine", "provider"];
const LAST: [&str; 2] = ["allTokens", "listUSD"];
/// Fields of a record that a day sum does not have.
const NOT_OF_SUMS: [&str; 4] = ["id", "at", "revision", "was"];
/// A spreadsheet takes a text that begins so for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What is exported, with what it takes to show it.
struct Source {
    facts: Facts,
    settings: SharedSettings,
    book: PriceBook,
    problems: Vec<Problem>,
}

/// One line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    row: &'a str,
    day: String,
    machine: &'a str,
    provider: &'a str,
    #[serde(flatten)]
    record: Record<'a>,
    all_tokens: u64,
    #[serde(rename = "listUSD", skip_serializing_if = "Option::is_none")]
    list_usd: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Record<'a> {
    Response(&'a UsageRecord),
    DaySum(Value),
}

pub(crate) fn run(global: &Global, options: &Export) -> Result<Outcome, Failure> {
    if let Some(path) = options.out.as_deref().filter(|path| path.is_dir()) {
        let text = format!("{} is a folder: name a file in it", path.display());
        return Err(Failure::Usage(text));
    }
    let session = Session::open(global, true)?;
    let path = session.store_folder();
    let store = session.existing_store()?.ok_or(StoreError::Missing { path })?;
    let source = read(&session, &store)?;
    problems(&source.problems, "");
    let partial = Outcome::partial_if(!source.problems.is_empty());
    let written = match &options.out {
        Some(path) => to_file(path, &source, options),
        None => write(&source, options, &mut sink()),
    };
    match written {
        // A reader that has gone (`| head`) is no fault.
        Err(Failed::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(partial),
        Err(Failed::Io(error)) => Err(error.into()),
        Err(Failed::Facts(error)) => Err(error.into()),
        Ok(()) => Ok(partial),
    }
}

fn read(session: &Session, store: &Store) -> Result<Source, Failure> {
    if let Err(error) = store.fetch_content() {
        note(&format!("warning: {error}; files that are not here are left out"));
    }
    let snapshot = store.snapshot()?;
    let settings = read_settings(&snapshot)?;
    let zone = session.zone(&settings);
    let mut found = Vec::new();
    let facts = again_if_damaged(|| {
        let mut input = Input::from_snapshot(&snapshot)?;
        notes(&input.notices);
        found = std::mem::take(&mut input.problems);
        Facts::of(&mut input, zone)
    })?;
    Ok(Source { facts, settings, book: session.prices(Some(&snapshot))?, problems: found })
}

/// Writes all or nothing: the file takes its name when it is complete.
fn to_file(path: &Path, source: &Source, options: &Export) -> Result<(), Failed> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .prefix(".tm-")
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(|error| named(path, &error))?;
    let mut buffer = io::BufWriter::new(file.as_file_mut());
    write(source, options, &mut buffer)?;
    buffer.flush().map_err(|error| named(path, &error))?;
    drop(buffer);
    file.as_file().sync_all().map_err(|error| named(path, &error))?;
    file.persist(path).map_err(|error| named(path, &error.error))?;
    Ok(())
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("failed to write `{}`: {error}", path.display()))
}

/// Why an export ended early.
enum Failed {
    Io(io::Error),
    Facts(SummarizeError),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<csv::Error> for Failed {
    fn from(error: csv::Error) -> Self {
        Self::Io(error.into())
    }
}

impl From<SummarizeError> for Failed {
    fn from(error: SummarizeError) -> Self {
        Self::Facts(error)
    }
}

fn write(source: &Source, options: &Export, out: &mut dyn Write) -> Result<(), Failed> {
    let days = options.days.range();
    match options.format {
        ExportFormat::Jsonl => source.facts.each(days, |fact| {
            let line = source.line(fact);
            serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
            Ok::<(), Failed>(out.write_all(b"\n")?)
        })?,
        ExportFormat::Csv => {
            let mut table =
                csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut *out);
            table.write_record(header())?;
            source.facts.each(days, |fact| {
                Ok::<(), Failed>(table.write_record(cells(&source.line(fact)))?)
            })?;
            table.flush()?;
        }
    }
    Ok(out.flush()?)
}

impl Source {
    fn line<'a>(&'a self, fact: &Fact<'a>) -> Line<'a> {
        let machine = self.settings.machine_names.get(&**fact.machine);
        let cost = match self.book.cost(fact.provider, fact.record) {
            Cost::Priced(amount) => Some(amount.to_string()),
            Cost::Unpriced => None,
        };
        Line {
            row: if fact.is_day_sum { "daySum" } else { "response" },
            day: fact.day.to_string(),
            machine: machine.map_or(&**fact.machine, String::as_str),
            provider: fact.provider,
            record: if fact.is_day_sum {
                of_sum(fact.record)
            } else {
                Record::Response(fact.record)
            },
            all_tokens: fact.record.usage.total(),
            list_usd: cost,
        }
    }
}

/// The part of a record that a day sum has.
fn of_sum(record: &UsageRecord) -> Record<'static> {
    let mut record = serde_json::to_value(record).unwrap_or_default();
    if let Some(map) = record.as_object_mut() {
        map.retain(|name, _| !NOT_OF_SUMS.contains(&name.as_str()));
    }
    Record::DaySum(record)
}

/// The names of all columns.
fn header() -> impl Iterator<Item = &'static str> {
    FIRST.into_iter().chain(FIELDS.iter().map(|field| field.name)).chain(LAST)
}

/// A line as cells, in the order of the header.
fn cells(line: &Line<'_>) -> Vec<String> {
    let line = serde_json::to_value(line).unwrap_or_default();
    header().map(|name| line.get(name).map_or_else(String::new, cell)).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(value) => text(value),
        Value::Array(values) => {
            text(&values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        }
        other => other.to_string(),
    }
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
