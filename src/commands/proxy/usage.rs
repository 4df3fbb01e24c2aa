//! `proxy usage`: the ledger, request by request.

mod table;

use std::io::Write;
use std::path::Path;
use std::str::FromStr;

use chrono::{DateTime, Days, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use clap::Args;
use data_schema::settings::SharedSettings;
use data_schema::{LedgerEntry, RecordId, Via};
use pricing::PriceBook;
use proxy::Range;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::proxy::folder;
use crate::environment;
use crate::outcome::{Failure, Outcome};
use crate::output::{counted, data, note, sink};
use crate::session::Session;
use table::Shown;

/// Requests in the table, unless somebody says otherwise.
const LAST: usize = 20;
/// Damaged lines that are listed.
const LISTED: usize = 5;

#[derive(Args, Debug)]
pub(crate) struct Usage {
    /// Only the last so many requests [default: 20, or all with --json]
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<usize>,
    /// Only what began on this day, at this time or later, such as 2026-05-01 or 2026-05-01T10:00:00Z
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<When>,
    /// Only what began until the end of this day, or before this time
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<When>,
    /// Only models with this in their name
    #[arg(long, value_name = "TEXT")]
    pub(crate) model: Option<String>,
    /// Only clients with this in their name
    #[arg(long, value_name = "TEXT")]
    pub(crate) client: Option<String>,
    /// Only this key of the proxy's own
    #[arg(long, value_name = "NAME")]
    pub(crate) key: Option<String>,
    /// Only this project
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Print one JSON array of records, in the order in which requests ended
    #[arg(long)]
    pub(crate) json: bool,
}

/// A day of the report zone, or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Day(NaiveDate),
    Time(DateTime<Utc>),
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = DateTime::parse_from_rfc3339(text).map(|time| Self::Time(time.to_utc()));
        let when = text.parse().map(Self::Day).or(time);
        when.map_err(|_| {
            "must be a day like 2026-05-01, or a time like 2026-05-01T10:00:00Z".into()
        })
    }
}

/// A line of `--json`.
#[derive(Serialize)]
struct Record<'a> {
    /// As the store has it.
    id: RecordId,
    #[serde(flatten)]
    entry: &'a LedgerEntry,
    via: Via,
}

pub(crate) fn run(global: &Global, options: &Usage) -> Result<Outcome, Failure> {
    let ledger = folder(&environment::data_folder(global)?).join("ledger");
    // What is not told (no home, a fault of the configuration) takes its default: this verb needs neither.
    let session = Session::open_silently(global).ok();
    let shared = SharedSettings::default();
    let zone = session.as_ref().map_or_else(environment::system_zone, |known| known.zone(&shared));
    let range = options.range(zone)?;
    if options.json {
        return json(&ledger, options, range);
    }
    let prices = session.map(|session| session.prices(None)).transpose()?;
    let mut shown =
        Shown::new(prices.unwrap_or_else(PriceBook::builtin), options.last.unwrap_or(LAST));
    let seen = each(&ledger, options, range, |entry| {
        shown.take(entry);
        Ok(())
    })?;
    if seen.fitting == 0 {
        seen.tell_empty();
    } else {
        data(&format!("{}\n", shown.table(zone)))?;
        note("List value is what the tokens would cost at list price; it is not a bill.");
    }
    Ok(Outcome::Done)
}

fn json(ledger: &Path, options: &Usage, range: Range) -> Result<Outcome, Failure> {
    match write_json(ledger, options, range) {
        // A reader that has gone (`| head`) is no fault.
        Err(error) if is_broken_pipe(&error) => {}
        Err(error) => return Err(error.into()),
        Ok(seen) if seen.fitting == 0 => seen.tell_empty(),
        Ok(_) => {}
    }
    Ok(Outcome::Done)
}

fn write_json(ledger: &Path, options: &Usage, range: Range) -> Result<Seen, anyhow::Error> {
    let mut array = Array { out: sink(), written: 0 };
    let mut kept = options.last.map(table::Last::new);
    let seen = each(ledger, options, range, |entry| match &mut kept {
        Some(kept) => {
            kept.push(entry);
            Ok(())
        }
        None => array.push(&entry),
    })?;
    for entry in kept.into_iter().flat_map(table::Last::into_sorted) {
        array.push(&entry)?;
    }
    array.end()?;
    Ok(seen)
}

/// An array of records, one on a line.
struct Array<W: Write> {
    out: W,
    written: usize,
}

impl<W: Write> Array<W> {
    fn push(&mut self, entry: &LedgerEntry) -> std::io::Result<()> {
        self.out.write_all(if self.written == 0 { b"[\n" } else { b",\n" })?;
        self.written += 1;
        let record = Record { id: entry.id(), entry, via: Via::Wire };
        Ok(serde_json::to_writer(&mut self.out, &record)?)
    }

    fn end(&mut self) -> std::io::Result<()> {
        self.out.write_all(if self.written == 0 { b"[]\n" } else { b"\n]\n" })?;
        self.out.flush()
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// What there was.
#[derive(Default)]
struct Seen {
    fitting: usize,
    others: usize,
}

impl Seen {
    fn tell_empty(&self) {
        if self.others > 0 {
            note(&format!("no request fits; the ledger has {}", counted(self.others, "other")));
            return;
        }
        note(
            "no request has gone through the proxy: start it with `token-matters proxy serve`, and `token-matters proxy \
             env CLIENT` says what points a client at it",
        );
    }
}

/// Hands on every request that is wanted; damage is told.
fn each(
    ledger: &Path,
    options: &Usage,
    range: Range,
    mut take: impl FnMut(LedgerEntry) -> std::io::Result<()>,
) -> Result<Seen, anyhow::Error> {
    let (mut seen, mut damaged, mut result) = (Seen::default(), 0_usize, Ok(()));
    let tell = |path: &Path, line: u64, reason: String| {
        damaged += 1;
        if damaged <= LISTED {
            note(&format!("warning: {}:{line}: {reason}", path.display()));
        }
    };
    proxy::read(
        ledger,
        range,
        |entry| {
            if !options.wants(&entry) {
                seen.others += 1;
            } else if result.is_ok() {
                seen.fitting += 1;
                result = take(entry);
            }
        },
        tell,
    )?;
    if damaged > LISTED {
        note(&format!("warning: {} more are damaged", counted(damaged - LISTED, "line")));
    }
    result?;
    Ok(seen)
}

impl Usage {
    fn wants(&self, entry: &LedgerEntry) -> bool {
        let has = |wanted: &Option<String>, names: &[&Option<data_schema::Text>]| {
            let Some(wanted) = wanted.as_deref().map(str::to_lowercase) else { return true };
            let mut names = names.iter().filter_map(|name| name.as_deref());
            names.any(|name| name.to_lowercase().contains(&wanted))
        };
        let is = |wanted: &Option<String>, name: &Option<data_schema::Text>| {
            wanted.is_none() || wanted.as_deref() == name.as_deref()
        };
        has(&self.model, &[&entry.model, &entry.requested_model])
            && has(&self.client, &[&entry.client])
            && is(&self.key, &entry.key)
            && is(&self.project, &entry.project)
    }

    fn range(&self, zone: Tz) -> Result<Range, Failure> {
        let since = self.since.map(|when| when.begin(zone)).transpose()?;
        let until = self.until.map(|when| when.end(zone)).transpose()?;
        Ok(Range { since, until })
    }
}

impl When {
    fn begin(self, zone: Tz) -> Result<DateTime<Utc>, Failure> {
        match self {
            Self::Time(time) => Ok(time),
            Self::Day(day) => midnight(day, zone),
        }
    }

    /// Behind it: of a day, the begin of the next.
    fn end(self, zone: Tz) -> Result<DateTime<Utc>, Failure> {
        match self {
            Self::Time(time) => Ok(time),
            Self::Day(day) => midnight(day.checked_add_days(Days::new(1)).unwrap_or(day), zone),
        }
    }
}

/// When a day begins. Where a change of the clock takes midnight away, an hour later.
fn midnight(day: NaiveDate, zone: Tz) -> Result<DateTime<Utc>, Failure> {
    let mut hours = (0..3).filter_map(|hour| day.and_hms_opt(hour, 0, 0));
    let begin = hours.find_map(|time| zone.from_local_datetime(&time).earliest());
    begin
        .map(|time| time.to_utc())
        .ok_or_else(|| Failure::Usage(format!("{day} is no day of {zone}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_zone_and_times_are_exact() {
        let begin =
            |text: &str, zone| text.parse::<When>().unwrap().begin(zone).unwrap().to_rfc3339();
        assert_eq!(begin("2026-05-01", Tz::Europe__Berlin), "2026-04-30T22:00:00+00:00");
        assert_eq!(begin("2026-05-01T10:00:00+02:00", Tz::UTC), "2026-05-01T08:00:00+00:00");
        // A day without a midnight.
        assert_eq!(begin("2026-09-06", Tz::America__Santiago), "2026-09-06T04:00:00+00:00");
        let end = "2026-05-01".parse::<When>().unwrap().end(Tz::UTC).unwrap();
        assert_eq!(end.to_rfc3339(), "2026-05-02T00:00:00+00:00");
        assert!("yesterday".parse::<When>().is_err());
    }
}
