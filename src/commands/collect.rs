//! `collect`.

use collector::source::SOURCES;
use collector::{
    Collected, Days, Runner, SAVED_AFTER, ScanOptions, ScannedSource, SourceReport, Warning,
    collect, scan_sources,
};
use data_schema::settings::SharedSettings;
use serde::Serialize;

use crate::cli::{Collect, Global};
use crate::commands::status;
use crate::commands::statusline::{self, background_lock};
use crate::outcome::{Failure, Outcome};
use crate::output::{counted, data, note, notes, problems};
use crate::progress::Bar;
use crate::session::{PROGRAM, Session};

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
    let lock = if options.background { background_lock(&session.data)? } else { None };
    if options.background && lock.is_none() {
        return Ok(Outcome::Done);
    }
    let mut collected = store_all(&session, options)?;
    notes(collected.scanned.notices());
    tell_sources(&session, &collected.scanned.sources);
    let stored = &collected.stored;
    problems(&stored.problems, STAYS);
    if options.json {
        print_json(&Json {
            machine: Some(&collected.machine),
            dry_run: false,
            commit: stored.commit.as_deref(),
            records_added: stored.records_added,
            files_written: stored.files_written,
            sources: source_list(&collected.scanned.sources),
        })?;
    } else {
        let added = counted(stored.records_added, "new response");
        let place = session.store_folder();
        session.say(&match stored.files_written {
            0 => format!("nothing new; the store is {}", place.display()),
            files => {
                format!("{added} stored in {files} files of {}", place.display())
            }
        });
    }
    let partial = is_partial(&session, &collected.scanned.sources) || !stored.problems.is_empty();
    // A run that looked at some sources only knows nothing of today as a whole.
    if options.sources.is_empty() {
        statusline::prepare(&session, collected.scanned);
    }
    Ok(Outcome::partial_if(partial))
}

/// Scans and stores, with progress.
pub(crate) fn store_all(session: &Session, options: &Collect) -> Result<Collected, Failure> {
    let store = session.store()?;
    let identity = session.identity()?;
    let runner = Runner { machine: &identity.name, machine_id: &identity.id, program: PROGRAM };
    let bar = Bar::new(session.quiet);
    let progress = |title: &str, progress| bar.tell(title, progress);
    let cache = (!options.no_cache).then(|| session.scan_cache());
    let scan = ScanOptions {
        environment: &session.environment,
        config: &session.config,
        only: &options.sources,
        cache: cache.as_deref(),
        saved_after: SAVED_AFTER,
        mark: None,
        progress: &progress,
    };
    let days = options.days.range().map(|(from, to)| Days {
        zone: session.zone(&SharedSettings::default()),
        from,
        to,
    });
    let collected = collect(&store, &runner, &scan, days);
    bar.done();
    Ok(collected?)
}

fn dry_run(session: &Session, options: &Collect) -> Result<Outcome, Failure> {
    let bar = Bar::new(session.quiet);
    let progress = |title: &str, progress| bar.tell(title, progress);
    let cache = (!options.no_cache).then(|| session.scan_cache());
    let mut scanned = scan_sources(&ScanOptions {
        environment: &session.environment,
        config: &session.config,
        only: &options.sources,
        cache: cache.as_deref(),
        saved_after: SAVED_AFTER,
        mark: None,
        progress: &progress,
    });
    bar.done();
    notes(scanned.notices());
    let sources = scanned.sources;
    tell_sources(session, &sources);
    if options.json {
        print_json(&Json {
            machine: None,
            dry_run: true,
            commit: None,
            records_added: 0,
            files_written: 0,
            sources: source_list(&sources),
        })?;
    } else {
        session.say("nothing was stored");
    }
    Ok(Outcome::partial_if(is_partial(session, &sources)))
}

/// A source that nobody knows is a mistake of the person who asked for it.
fn check_sources(ids: &[String]) -> Result<(), Failure> {
    let known: Vec<&str> = SOURCES.iter().map(|source| source.id()).collect();
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
    sources: Vec<SourceJson<'a>>,
}

fn source_list(sources: &[ScannedSource]) -> Vec<SourceJson<'_>> {
    sources.iter().map(|source| SourceJson::new(&source.report)).collect()
}

fn print_json(json: &Json<'_>) -> Result<(), Failure> {
    data(&format!("{}\n", serde_json::to_string_pretty(json)?))?;
    Ok(())
}
