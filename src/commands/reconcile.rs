//! `reconcile`: what was counted beside what vendors say.
//!
//! Nothing is stored. Days are those of UTC, by which vendors bill; what the proxy saw stands by days of the report
//! zone, as everywhere else.

use std::path::PathBuf;

use chrono::NaiveDate;
use chrono_tz::Tz;
use clap::Args;
use data_schema::sources::tells_statements;
use summarizer::{Facts, Need, Reconciliation, SummarizeError, reconciliation};

use crate::cli::Global;
use crate::known::evidence::look;
use crate::known::{self, Ask};
use crate::outcome::{Failure, Outcome};
use crate::output::{note, problems};
use crate::session::Session;

use counted::Counted;
use gap::{Row, rows_of_file, rows_of_statements};
use invoice::Invoice;

mod causes;
mod counted;
mod dates;
mod form;
mod gap;
mod invoice;
mod show;
mod values;

/// What is asked for.
#[derive(Args, Debug)]
pub(crate) struct Reconcile {
    /// Only this day of UTC and later ones
    #[arg(long, value_name = "DAY")]
    pub(crate) since: Option<NaiveDate>,
    /// Only this day of UTC and earlier ones
    #[arg(long, value_name = "DAY")]
    pub(crate) until: Option<NaiveDate>,
    /// Count this source only (may be repeated)
    #[arg(long = "source", visible_alias = "provider", value_name = "ID")]
    pub(crate) sources: Vec<String>,
    /// An invoice or a usage export of a vendor (may be repeated); it is read and not stored
    #[arg(long = "with", value_name = "FILE.csv")]
    pub(crate) with: Vec<PathBuf>,
    /// Which column is what, where the file has another form: date=Day,model=Model,input=In,…
    #[arg(long, requires = "with", value_name = "WHAT=COLUMN,…")]
    pub(crate) columns: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// All that is to be shown.
struct Found {
    rows: Vec<Row>,
    proxy: Reconciliation,
    invoices: Vec<Invoice>,
    zone: Tz,
    /// First and last day that was counted.
    counted: Option<(NaiveDate, NaiveDate)>,
}

impl Reconcile {
    fn days(&self) -> Option<(NaiveDate, NaiveDate)> {
        let chosen = self.since.is_some() || self.until.is_some();
        chosen.then(|| (self.since.unwrap_or(NaiveDate::MIN), self.until.unwrap_or(NaiveDate::MAX)))
    }

    /// Whether a source is counted: all are, unless some are named.
    fn counts(&self, source: &str) -> bool {
        self.wants(source, |id| !tells_statements(id))
    }

    /// Whether the word of an interface is asked for: that of all is, unless some are named.
    fn asks(&self, interface: &str) -> bool {
        self.wants(interface, tells_statements)
    }

    fn wants(&self, id: &str, is_kind: fn(&str) -> bool) -> bool {
        let mut named = self.sources.iter().filter(|id| is_kind(id)).peekable();
        named.peek().is_none() || named.any(|named| named == id)
    }
}

pub(crate) fn run(global: &Global, options: &Reconcile) -> Result<Outcome, Failure> {
    if options.days().is_some_and(|(since, until)| until < since) {
        return Err(Failure::Usage("--until is before --since: nothing lies between".to_owned()));
    }
    known_sources(&options.sources)?;
    let columns = options.columns.as_deref().map(form::Columns::parse).transpose();
    let columns = columns.map_err(Failure::Usage)?;
    let invoices: Result<Vec<Invoice>, Failure> =
        options.with.iter().map(|path| Invoice::read(path, columns.as_ref())).collect();
    let invoices = invoices?;
    let session = Session::open(global, true)?;
    let ask = Ask { need: Need::LEAST, ..Ask::default() };
    let known = known::read(&session, ask)?;
    problems(&known.problems, "");
    let mut partial = !known.problems.is_empty();
    partial |= invoices.iter().any(|invoice| invoice.skipped > 0);
    let told = reconciliation(&known.sums, options.days());
    let found = compare(&session, options, told, invoices)?;
    for problem in found.invoices.iter().flat_map(Invoice::first_problems) {
        note(&format!("warning: {problem}"));
    }
    partial |= found.invoices.iter().any(|invoice| invoice.without_rate > 0);
    if options.json {
        show::json(&found, options)?;
    } else {
        show::text(&session, &found)?;
    }
    Ok(Outcome::partial_if(partial))
}

/// Counts by day of UTC and holds the words of others against it.
fn compare(
    session: &Session,
    options: &Reconcile,
    told: Reconciliation,
    mut invoices: Vec<Invoice>,
) -> Result<Found, Failure> {
    let (facts, ground) =
        look(session, Ask::default(), |evidence| Facts::of(evidence.input, Tz::UTC))?;
    let mut counted = Counted::new(&ground.book);
    facts.each(None, |fact| {
        if options.counts(fact.provider) {
            counted.add(fact);
        }
        Ok::<(), SummarizeError>(())
    })?;
    let mut rows = rows_of_statements(&told.stated, &counted, options);
    for invoice in &mut invoices {
        rows.extend(rows_of_file(invoice, &counted, &ground.book, options.days()));
    }
    causes::explain(&mut rows, &counted);
    let days = counted.days();
    Ok(Found { rows, proxy: told, invoices, zone: ground.zone, counted: days })
}

/// Names of sources that nobody knows are a slip of the pen.
fn known_sources(sources: &[String]) -> Result<(), Failure> {
    let unknown = sources.iter().find(|id| !data_schema::sources::is_known(id));
    match unknown {
        Some(id) => Err(Failure::Usage(format!(
            "--source {id}: there is no such source; `token-matters collect --status` lists them"
        ))),
        None => Ok(()),
    }
}
