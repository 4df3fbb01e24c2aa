//! `export`: every response that counts, for other programs. `store export` is the same of the store alone.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use clap::Args;
use data_schema::sources;
use store::StoreError;
use summarizer::{Facts, Input, again_if_damaged, read_settings};

use crate::cli::{ExportFormat, Global};
use crate::environment;
use crate::known::Ask;
use crate::known::evidence::look;
use crate::outcome::{Failure, Outcome};
use crate::output::{note, notes, problems, sink};
use crate::session::Session;

use file::{Failed, to_file};
use rows::Source;

mod file;
#[cfg(feature = "parquet")]
mod parquet;
mod rows;
mod text;

/// What is asked for.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// Form
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    pub(crate) format: ExportFormat,
    /// Only this day and later ones
    #[arg(long, value_name = "DAY")]
    pub(crate) since: Option<NaiveDate>,
    /// Only this day and earlier ones
    #[arg(long, value_name = "DAY")]
    pub(crate) until: Option<NaiveDate>,
    /// Only so many days up to today: 28d, or weeks: 4w
    #[arg(long, value_name = "TIME", value_parser = last, conflicts_with_all = ["since", "until"])]
    pub(crate) last: Option<u32>,
    /// Only this source (may be repeated)
    #[arg(long = "source", visible_alias = "provider", value_name = "ID")]
    pub(crate) sources: Vec<String>,
    /// File to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// What is exported and how.
pub(crate) struct Request<'a> {
    pub(crate) format: ExportFormat,
    pub(crate) days: Option<(NaiveDate, NaiveDate)>,
    /// Ids of sources; none = all.
    pub(crate) sources: &'a [String],
    pub(crate) out: Option<&'a Path>,
}

/// Days of `28d` or `4w`.
fn last(text: &str) -> Result<u32, String> {
    let wrong = || "not a number of days such as 28d, or of weeks such as 4w".to_owned();
    let (number, factor) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
        (Some(days), _) => (days, 1),
        (_, Some(weeks)) => (weeks, 7),
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(factor).filter(|days| *days > 0).ok_or_else(wrong)
}

impl Export {
    fn days(&self, zone: Tz) -> Result<Option<(NaiveDate, NaiveDate)>, Failure> {
        if let Some(days) = self.last {
            let today = environment::now()?.to_chrono().with_timezone(&zone).date_naive();
            let first = today.checked_sub_days(Days::new(u64::from(days) - 1));
            return Ok(Some((first.unwrap_or(NaiveDate::MIN), today)));
        }
        if self.since.is_none() && self.until.is_none() {
            return Ok(None);
        }
        let since = self.since.unwrap_or(NaiveDate::MIN);
        let until = self.until.unwrap_or(NaiveDate::MAX);
        if until < since {
            let text = "--until is before --since: nothing lies between".to_owned();
            return Err(Failure::Usage(text));
        }
        Ok(Some((since, until)))
    }
}

/// `export`: the store, and what of the logs is not stored yet.
pub(crate) fn run(global: &Global, options: &Export) -> Result<Outcome, Failure> {
    if let Some(id) = options.sources.iter().find(|id| !sources::is_known(id)) {
        return Err(Failure::Usage(format!(
            "--source {id}: there is no such source; `token-matters collect --status` lists them"
        )));
    }
    let out = options.out.as_deref();
    check(options.format, out)?;
    let session = Session::open(global, true)?;
    let ask = Ask::default();
    let (facts, ground) = look(&session, ask, |evidence| Facts::of(evidence.input, evidence.zone))?;
    let source = Source::new(facts, ground.settings, ground.book, (ground.zone, ground.problems));
    let days = options.days(ground.zone)?;
    let request = Request { format: options.format, days, sources: &options.sources, out };
    write(&source, &request)
}

/// `store export`: the store alone.
pub(crate) fn of_store(global: &Global, request: &Request<'_>) -> Result<Outcome, Failure> {
    check(request.format, request.out)?;
    let session = Session::open(global, true)?;
    let path = session.store_folder();
    let store = session.existing_store()?.ok_or(StoreError::Missing { path })?;
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
    let book = session.prices(Some(&snapshot))?;
    write(&Source::new(facts, settings, book, (zone, found)), request)
}

/// What can be told before anything is read.
fn check(format: ExportFormat, out: Option<&Path>) -> Result<(), Failure> {
    if let Some(path) = out.filter(|path| path.is_dir()) {
        let text = format!("{} is a folder: name a file in it", path.display());
        return Err(Failure::Usage(text));
    }
    if !matches!(format, ExportFormat::Parquet) {
        return Ok(());
    }
    if !cfg!(feature = "parquet") {
        return Err(Failure::Usage(
            "this token-matters was built without Parquet: take --format csv, or build it with \
             `cargo install --path . --features parquet`"
                .to_owned(),
        ));
    }
    if out.is_none() && io::stdout().is_terminal() {
        return Err(Failure::Usage("Parquet is no text: name a file with --out".to_owned()));
    }
    Ok(())
}

fn write(source: &Source, request: &Request<'_>) -> Result<Outcome, Failure> {
    problems(&source.problems, "");
    let partial = Outcome::partial_if(!source.problems.is_empty());
    let written = match request.out {
        Some(path) => to_file(path, |out| match request.format {
            ExportFormat::Jsonl => text::json_lines(source, request, out),
            ExportFormat::Csv => text::csv(source, request, out),
            ExportFormat::Parquet => columns(source, request, out),
        }),
        None => match request.format {
            ExportFormat::Jsonl => text::json_lines(source, request, &mut sink()),
            ExportFormat::Csv => text::csv(source, request, &mut sink()),
            ExportFormat::Parquet => columns(source, request, io::stdout()),
        },
    };
    match written {
        // A reader that has gone (`| head`) is no fault.
        Err(Failed::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(partial),
        Err(Failed::Io(error)) => Err(error.into()),
        Err(Failed::Facts(error)) => Err(error.into()),
        Ok(()) => Ok(partial),
    }
}

#[cfg(feature = "parquet")]
fn columns(
    source: &Source,
    request: &Request<'_>,
    out: impl io::Write + Send,
) -> Result<(), Failed> {
    parquet::write(source, request, out)
}

#[cfg(not(feature = "parquet"))]
fn columns(_: &Source, _: &Request<'_>, _: impl io::Write) -> Result<(), Failed> {
    Err(io::Error::from(io::ErrorKind::Unsupported).into())
}

#[cfg(test)]
mod tests {
    use super::last;

    #[test]
    fn a_time_is_days_or_weeks() {
        assert_eq!((last("28d"), last("4w"), last("1d")), (Ok(28), Ok(28), Ok(1)));
        for wrong in ["28", "d", "0d", "-1d", "4294967295w", "1m", "☃"] {
            assert!(last(wrong).is_err(), "{wrong}");
        }
    }
}
