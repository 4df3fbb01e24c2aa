//! `collect`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use collector::interface::INTERFACES;
use collector::source::SOURCES;
use collector::{
    Collected, Days, Runner, SAVED_AFTER, ScanOptions, ScannedSource, SourceReport, Warning,
    collect, plan,
};
use data_schema::settings::SharedSettings;
use serde::Serialize;
use store::Store;

use crate::cli::{Collect, Global};
use crate::commands::proxy;
use crate::commands::status;
use crate::commands::statusline;
use crate::exchange::Exchange;
use crate::interfaces;
use crate::outcome::{Failure, Outcome};
use crate::output::{counted, data, note, notes, problems};
use crate::progress::Bar;
use crate::run_lock;
use crate::session::{Identity, PROGRAM, Session};
use crate::status::Status;
use crate::wsl;

/// What becomes of a stored file that cannot be joined with.
pub(crate) const STAYS: &str = "; it stays as it is";
/// Warnings that are listed without `--verbose`.
const LISTED: usize = 3;

pub(crate) fn run(global: &Global, options: &Collect) -> Result<Outcome, Failure> {
    check_sources(&options.sources)?;
    let session = Session::open(global, false)?;
    if options.status {
        return status::run(&session, options.json);
    }
    if options.dry_run {
        return dry_run(&session, options);
    }
    let patience = if options.background { Duration::ZERO } else { run_lock::PATIENCE };
    let Some(_lock) = run_lock::take(&session.data, patience)? else {
        if options.background {
            return Ok(Outcome::Done);
        }
        let seconds = patience.as_secs();
        note(&format!(
            "another run is at work since more than {seconds} seconds: this one leaves; what it would have done is done by the next"
        ));
        return Ok(Outcome::Partial);
    };
    let mut status = Status::read(&session.data);
    status.last_run = Some(session.environment.now);
    let outcome = exchange_and_store(&session, options, &mut status);
    if let Err(error) = status.write(&session.data) {
        note(&format!("warning: cannot note how the run went: {error}"));
    }
    outcome
}

/// Fetches, collects, stores and pushes.
fn exchange_and_store(
    session: &Session,
    options: &Collect,
    status: &mut Status,
) -> Result<Outcome, Failure> {
    let (store, identity) = (session.store()?, session.identity()?);
    if options.allow_public_data {
        store.allow_public()?;
    }
    let mut exchange = Exchange::new(session, &store, &identity);
    if !options.local {
        exchange.fetch()?;
        exchange.join_earlier()?;
    }
    let mut collected = store_all(session, (&store, &identity), options)?;
    notes(collected.scanned.notices());
    tell_sources(session, &collected.scanned.sources);
    problems(&collected.stored.problems, STAYS);
    let waiting = if options.local { store.waiting()? } else { exchange.push()? };
    exchange.care();
    let error = exchange.error.take();
    tell_stored(session, options, (&collected, waiting))?;
    if let Some(error) = &error {
        note(&format!("warning: {error}"));
    }
    let partial = is_partial(session, &collected.scanned.sources)
        || !collected.stored.problems.is_empty()
        || error.is_some()
        || exchange.has_left_out
        || (waiting > 0 && !options.local);
    note_status(session, status, (&collected, waiting, error));
    if !partial && !options.local {
        status.last_success = Some(session.environment.now);
    }
    // A run that looked at some sources only knows nothing of today as a whole.
    if options.sources.is_empty() {
        statusline::prepare(session, collected.scanned);
    }
    Ok(Outcome::partial_if(partial))
}

fn tell_stored(
    session: &Session,
    options: &Collect,
    (collected, waiting): (&Collected, usize),
) -> Result<(), Failure> {
    let stored = &collected.stored;
    if options.json {
        return print_json(&Json {
            machine: Some(&collected.machine),
            dry_run: false,
            commit: stored.commit.as_deref(),
            records_added: stored.records_added,
            files_written: stored.files_written,
            waiting,
            sources: source_list(&collected.scanned.sources),
            files: None,
        });
    }
    let added = counted(stored.records_added, "new response");
    let place = session.store_folder();
    let place = place.display();
    session.say(&match stored.files_written {
        0 => format!("nothing new; the store is {place}"),
        files => format!("{added} stored in {} of {place}", counted(files, "file")),
    });
    if let (Some(remote), false) = (session.remote(), options.local) {
        let address = remote.shown();
        session.say(&match waiting {
            0 => format!("pushed: everything is in {address}"),
            waiting => format!("{} for a push to {address}", commits_wait(waiting)),
        });
    }
    Ok(())
}

/// `1 commit waits`, `2 commits wait`.
pub(crate) fn commits_wait(waiting: usize) -> String {
    let ending = if waiting == 1 { "s" } else { "" };
    format!("{} wait{ending}", counted(waiting, "commit"))
}

fn note_status(
    session: &Session,
    status: &mut Status,
    (collected, waiting, error): (&Collected, usize, Option<String>),
) {
    let now = session.environment.now;
    for source in &collected.scanned.sources {
        status.source(source, collected.newest.get(source.id).copied());
    }
    status.waiting = waiting;
    if session.remote().is_some() {
        let push = status.push.get_or_insert_default();
        if waiting == 0 && error.is_none() {
            push.last_success = Some(now);
        }
        push.error = error;
    } else {
        status.push = None;
    }
}

/// Scans and stores, with progress.
pub(crate) fn store_all(
    session: &Session,
    (store, identity): (&Store, &Identity),
    options: &Collect,
) -> Result<Collected, Failure> {
    let runner = Runner { machine: &identity.name, machine_id: &identity.id, program: PROGRAM };
    let bar = Bar::new(session.quiet);
    let progress = |title: &str, progress| bar.tell(title, progress);
    let cache = (!options.no_cache).then(|| session.scan_cache());
    let environment = wsl::with_homes(&session.environment);
    let scan = ScanOptions {
        environment: &environment,
        config: &session.config,
        only: &options.sources,
        cache: cache.as_deref(),
        saved_after: SAVED_AFTER,
        mark: None,
        progress: &progress,
    };
    let mut asked = interfaces::ask(session, &options.sources);
    let days = days_of(session, options);
    let ledger = Ledger::before(&session.data);
    let collected = collect(store, &runner, &scan, (days, &mut asked));
    bar.done();
    let collected = collected?;
    // What was told of other days is not stored: it must be asked for again.
    let noted = if days.is_none() { asked.note(&interfaces::noted(session)) } else { Ok(()) };
    if let Err(error) = noted {
        note(&format!("warning: cannot note what interfaces were asked: {error}"));
    }
    if days.is_none() {
        ledger.note_collected(&collected);
    }
    Ok(collected)
}

/// The proxy's ledger: how much of it was there before a run.
struct Ledger {
    folder: PathBuf,
    sizes: BTreeMap<String, u64>,
}

impl Ledger {
    fn before(data: &Path) -> Self {
        let folder = proxy::folder(data).join("ledger");
        // What cannot be listed is not noted as collected.
        let sizes = ::proxy::sizes(&folder).unwrap_or_default();
        Self { folder, sizes }
    }

    /// What is in the store may be cleared away some day.
    fn note_collected(&self, collected: &Collected) {
        let source = collected.scanned.sources.iter().find(|source| source.id == "proxy");
        if source.is_none_or(|source| source.report.failed) {
            return;
        }
        if let Err(error) = ::proxy::mark_collected(&self.folder, &self.sizes) {
            note(&format!(
                "warning: cannot note what was collected of the proxy's ledger: {error}"
            ));
        }
    }
}

fn days_of(session: &Session, options: &Collect) -> Option<Days> {
    let zone = || session.zone(&SharedSettings::default());
    options.days.range().map(|(from, to)| Days { zone: zone(), from, to })
}

/// Says what would be stored and pushed, file by file with its content.
fn dry_run(session: &Session, options: &Collect) -> Result<Outcome, Failure> {
    let bar = Bar::new(session.quiet);
    let progress = |title: &str, progress| bar.tell(title, progress);
    let cache = (!options.no_cache).then(|| session.scan_cache());
    let environment = wsl::with_homes(&session.environment);
    let scan = ScanOptions {
        environment: &environment,
        config: &session.config,
        only: &options.sources,
        cache: cache.as_deref(),
        saved_after: SAVED_AFTER,
        mark: None,
        progress: &progress,
    };
    // The id of this machine stands in a file that would be pushed.
    let identity = session.identity()?;
    let runner = Runner { machine: &identity.name, machine_id: &identity.id, program: PROGRAM };
    // Where there is no store yet, one is not made: an empty folder plans the same.
    let store = session.existing_store()?;
    let store = store.unwrap_or_else(|| Store::folder(&session.store_folder()));
    let mut asked = interfaces::ask(session, &options.sources);
    let planned = plan(&store, &runner, &scan, (days_of(session, options), &mut asked));
    bar.done();
    let (mut collected, changes) = planned?;
    notes(collected.scanned.notices());
    tell_sources(session, &collected.scanned.sources);
    problems(&collected.stored.problems, STAYS);
    let (sources, stored) = (&collected.scanned.sources, &collected.stored);
    if options.json {
        print_json(&Json {
            machine: Some(&collected.machine),
            dry_run: true,
            commit: None,
            records_added: stored.records_added,
            files_written: stored.files_written,
            waiting: 0,
            sources: source_list(sources),
            files: Some(changes.iter().map(FileJson::new).collect()),
        })?;
    } else {
        let added = counted(stored.records_added, "new response");
        session.say(&format!("nothing was stored; {added} would be, in these files:"));
        for (path, bytes) in changes.iter() {
            let gone = if bytes.is_none() { " (taken away)" } else { "" };
            session.say(&format!("{path}{gone}"));
        }
    }
    Ok(Outcome::partial_if(is_partial(session, sources)))
}

/// A source that nobody knows is a mistake of the person who asked for it.
fn check_sources(ids: &[String]) -> Result<(), Failure> {
    let sources = SOURCES.iter().map(|source| source.id());
    let known: Vec<&str> =
        sources.chain(INTERFACES.iter().map(|interface| interface.id())).collect();
    match ids.iter().find(|id| !known.contains(&id.as_str())) {
        Some(id) => Err(Failure::Usage(format!(
            "`{id}` is not a known source; known are {}",
            known.join(", ")
        ))),
        None => Ok(()),
    }
}

/// Whether something could not be read, or a key of the configuration not be used.
pub(crate) fn is_partial(session: &Session, sources: &[ScannedSource]) -> bool {
    !session.config.faults.is_empty() || sources.iter().any(|source| source.report.failed)
}

/// One line per source, and the first warnings.
pub(crate) fn tell_sources(session: &Session, sources: &[ScannedSource]) {
    for source in sources {
        let report = &source.report;
        if report.files > 0 {
            let files = counted(report.files, "log file");
            let read = counted(report.records, "response");
            session.say(&format!("{}: {files}, {read} read", source.title));
        }
        tell_warnings(session, report);
    }
}

/// The first warnings, or all of them.
pub(crate) fn tell_warnings(session: &Session, report: &SourceReport) {
    let listed = if session.verbose { usize::MAX } else { LISTED };
    for warning in report.warnings.iter().take(listed) {
        let line = warning.line.map_or_else(String::new, |line| format!(":{line}"));
        let place = if warning.file.is_empty() {
            String::new()
        } else {
            format!("{}{line}: ", warning.file)
        };
        note(&format!("warning: {place}{}", warning.reason));
    }
    let left = report.warnings.len().saturating_sub(listed);
    if left > 0 {
        note(&format!("warning: {left} more of {} are listed with --verbose", report.provider));
    }
    for notice in &report.notices {
        note(&format!("note: {}: {notice}", report.provider));
    }
}

/// A source in the form of `report --json`.
#[derive(Serialize)]
pub(crate) struct SourceJson<'a> {
    provider: &'a str,
    files: usize,
    records: usize,
    skipped: usize,
    warnings: &'a [Warning],
}

impl<'a> SourceJson<'a> {
    pub(crate) fn new(report: &'a SourceReport) -> Self {
        Self {
            provider: &report.provider,
            files: report.files,
            records: report.records,
            skipped: report.skipped,
            warnings: &report.warnings,
        }
    }
}

/// What `collect --json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    machine: Option<&'a str>,
    dry_run: bool,
    commit: Option<&'a str>,
    records_added: usize,
    files_written: usize,
    /// Commits that wait for a push.
    waiting: usize,
    sources: Vec<SourceJson<'a>>,
    /// Of a dry run: the files that would be pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<Vec<FileJson<'a>>>,
}

/// A file that would be changed.
#[derive(Serialize)]
struct FileJson<'a> {
    path: &'a str,
    /// `null` for one that would be taken away.
    content: Option<Cow<'a, str>>,
}

impl<'a> FileJson<'a> {
    fn new((path, bytes): (&'a str, Option<&'a [u8]>)) -> Self {
        Self { path, content: bytes.map(String::from_utf8_lossy) }
    }
}

fn source_list(sources: &[ScannedSource]) -> Vec<SourceJson<'_>> {
    sources.iter().map(|source| SourceJson::new(&source.report)).collect()
}

fn print_json(json: &Json<'_>) -> Result<(), Failure> {
    data(&format!("{}\n", serde_json::to_string_pretty(json)?))?;
    Ok(())
}
