//! Cursor's export: the CSV that the dashboard gives (Usage > Export), put into a folder by hand or by another program.
//!
//! Facts (readers of such exports in <https://github.com/junhoyeo/tokscale> and
//! <https://getsentry.github.io/abacus/providers/cursor>, read 2026-11-21):
//!
//! - Three forms so far, each with more columns before the counts: columns are found by their names.
//! - A row is a request: time in UTC with milliseconds, counts as quoted numbers, with commas between thousands in some.
//! - `Input (w/ Cache Write)` contains `Input (w/o Cache Write)` in most exports, and stands beside it in some: the
//!   total of the row decides.
//! - Cost is a number, with or without `$`; `Included`, `-`, `Free` and `NaN` mean that nothing was charged for it.
//! - There is no id. A row is known by its time, who, model and counts; cost and kind change when a bill is closed. So
//!   an older export and a newer one of the same days count once.
//!
//! Cursor's own database on this machine (`cursor-local`) estimates the same requests: it is not read where the
//! configuration names a folder for these exports.

use std::path::Path;

use csv::StringRecord;
use data_schema::{Quality, Tokens, Via};

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink};
use crate::loose::LooseTime;
use crate::source::{Evidence, Folder, Info, Keeps, Role};

/// What is known of the export.
static INFO: Info = Info {
    id: "cursor-export",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/junhoyeo/tokscale (2026-11-20)",
            "https://getsentry.github.io/abacus/providers/cursor (2026-11-21)",
        ],
    },
    lacks: "projects and sessions",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[],
    below: &[""],
    folders: &[Folder::all("~/.token-matters/cursor-export")],
    not_entered: &[],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct CursorExport;

/// Where the columns stand.
struct Columns {
    date: usize,
    model: usize,
    user: Option<usize>,
    agent: Option<usize>,
    with_write: Option<usize>,
    without_write: Option<usize>,
    cache_read: Option<usize>,
    output: Option<usize>,
    total: Option<usize>,
    cost: Option<usize>,
}

impl Adapter for CursorExport {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let bytes = log.bytes()?;
        sink.unordered();
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
        // A file without the first columns is no export of Cursor's.
        let Some(columns) = reader
            .byte_headers()
            .ok()
            .and_then(|row| Columns::find(&StringRecord::from_byte_record_lossy(row.clone())))
        else {
            return Ok(());
        };
        for row in reader.byte_records() {
            match row {
                Ok(row) => {
                    sink.at_line(row.position().map_or(0, csv::Position::line));
                    take(&columns, &StringRecord::from_byte_record_lossy(row), sink);
                }
                Err(_) => sink.skip("is not CSV; the row is left out"),
            }
        }
        Ok(())
    }
}

impl Columns {
    fn find(head: &StringRecord) -> Option<Self> {
        let place = |name: &str| head.iter().position(|is| is.trim().eq_ignore_ascii_case(name));
        Some(Self {
            date: place("Date")?,
            model: place("Model")?,
            user: place("User"),
            agent: place("Cloud Agent ID"),
            with_write: place("Input (w/ Cache Write)"),
            without_write: place("Input (w/o Cache Write)"),
            cache_read: place("Cache Read"),
            output: place("Output Tokens").or_else(|| place("Output")),
            total: place("Total Tokens").or_else(|| place("Tokens")),
            cost: place("Cost"),
        })
    }
}

fn take(columns: &Columns, row: &StringRecord, sink: &mut Sink<'_>) {
    let text = |place: Option<usize>| place.and_then(|place| row.get(place)).unwrap_or_default();
    let time = serde_json::to_string(text(Some(columns.date)));
    let time = time.ok().and_then(|time| serde_json::from_str::<LooseTime>(&time).ok());
    let Some(at) = time.and_then(|time| time.0) else {
        return sink.skip("has no time: the row is left out");
    };
    let places = [columns.with_write, columns.without_write, columns.cache_read, columns.output];
    let total = count(text(columns.total));
    let [with_write, without_write, cache_read, output] = places.map(|place| count(text(place)));
    let counts = counts((with_write, without_write), (cache_read, output), total);
    let (date, model) = (text(Some(columns.date)), text(Some(columns.model)));
    let numbers = [with_write, without_write, cache_read, output, total];
    let numbers = numbers.map(|count| count.map_or(0, Tokens::get).to_string()).join(",");
    sink.push(&Draft {
        own: &[date, text(columns.user), text(columns.agent), model, &numbers],
        at: Some(at),
        model: Some(model),
        counts,
        cost: cost(text(columns.cost)),
        via: Via::Api,
        account: Some(text(columns.user)),
        ..Draft::default()
    });
}

/// The classes of a row. What was written to the cache is the difference of the two inputs, or the first of them where
/// only that adds up to the total.
fn counts(
    (with_write, without_write): (Option<Tokens>, Option<Tokens>),
    (cache_read, output): (Option<Tokens>, Option<Tokens>),
    total: Option<Tokens>,
) -> Counts {
    if [with_write, without_write, cache_read, output].iter().all(Option::is_none) {
        return Counts { total, ..Counts::default() };
    }
    let number = |count: Option<Tokens>| count.map_or(0, Tokens::get);
    let (with, without) = (number(with_write), number(without_write));
    let beside = with + without + number(cache_read) + number(output);
    let is_beside =
        without > with || (with > 0 && total.is_some_and(|total| total.get() == beside));
    let written = if is_beside { with } else { with - without };
    // Without the second column nothing tells what of the input was written to the cache.
    let (input, written) = match without_write {
        Some(input) => (input, Tokens::saturating(written)),
        None => (with_write.unwrap_or(Tokens::ZERO), Tokens::ZERO),
    };
    Counts {
        input: Some(input),
        cache_read,
        cache_creation: Some(written).filter(|written| written.get() > 0),
        output,
        ..Counts::default()
    }
}

fn count(text: &str) -> Option<Tokens> {
    let digits: String = text.trim().chars().filter(|letter| *letter != ',').collect();
    Tokens::new(digits.parse().ok()?)
}

fn cost(text: &str) -> Option<f64> {
    let digits: String = text.chars().filter(|letter| !"$, ".contains(*letter)).collect();
    digits.parse().ok().filter(|cost: &f64| cost.is_finite())
}
