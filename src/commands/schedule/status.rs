//! `schedule status`.

use std::path::PathBuf;

use collector::schedule::{Host, Mechanism, next_run};
use data_schema::UtcSeconds;
use serde::Serialize;

use super::{Record, own};
use crate::cli::Global;
use crate::installed::Installed;
use crate::outcome::{Failure, Outcome};
use crate::output::{counted, data};
use crate::session::Session;
use crate::status::Status;

/// The object that `--json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Json {
    installed: bool,
    entries: Vec<EntryJson>,
    rhythm: Option<String>,
    program: Option<PathBuf>,
    log_file: Option<PathBuf>,
    installed_at: Option<UtcSeconds>,
    last_run: Option<UtcSeconds>,
    last_success: Option<UtcSeconds>,
    waiting: usize,
    push_error: Option<String>,
    /// What is wrong, and what to do.
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryJson {
    mechanism: Mechanism,
    place: String,
    active: bool,
    /// Made by Token Matters 1.x.
    predecessor: bool,
    /// In the scheduler's own words.
    next_run: Option<String>,
}

pub(super) fn run(global: &Global, as_json: bool) -> Result<Outcome, Failure> {
    let session = Session::open(global, false)?;
    let json = gather(&session, &Host::new(&own(global)?));
    if as_json {
        data(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    } else {
        data(&text(&json))?;
    }
    Ok(Outcome::partial_if(!json.problems.is_empty()))
}

fn gather(session: &Session, host: &Host) -> Json {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for (mechanism, entry) in Record::look(host, &session.data) {
        match entry {
            Ok(None) => {}
            Ok(Some(entry)) => entries.push(EntryJson {
                mechanism,
                active: entry.is_active,
                predecessor: entry.is_of_predecessor(),
                next_run: next_run(mechanism),
                place: entry.place,
            }),
            Err(error) => problems.push(format!("{}: {error}", mechanism.title())),
        }
    }
    let record = Record::read(&session.data).filter(|_| !entries.is_empty());
    problems.extend(faults(&entries, record.as_ref()));
    let status = Status::read(&session.data);
    let push_error = status.push.as_ref().and_then(|push| push.error.clone());
    Json {
        installed: !entries.is_empty(),
        entries,
        rhythm: record.as_ref().map(|record| record.rhythm.clone()),
        program: record.as_ref().map(|record| record.program.clone()),
        log_file: record.as_ref().map(|record| record.log_file.clone()),
        installed_at: record.as_ref().map(|record| record.installed_at),
        last_run: status.last_run,
        last_success: status.last_success,
        waiting: status.waiting,
        push_error,
        problems,
    }
}

/// What is wrong with entries that can be read.
fn faults(entries: &[EntryJson], record: Option<&Record>) -> Vec<String> {
    let again = "`token-matters schedule install` puts it right";
    let mut faults = Vec::new();
    for entry in entries {
        let place = &entry.place;
        if entry.predecessor {
            faults.push(format!("{place} is an entry of Token Matters 1.x; {again}"));
        } else if !entry.active {
            faults.push(format!(
                "{place} is there, but {} does not run it; {again}",
                entry.mechanism.title()
            ));
        }
    }
    if entries.len() > 1 {
        faults.push(format!("there are entries in two schedulers, and both run; {again}"));
    }
    if let Some(record) = record
        && !record.program.is_file()
    {
        faults.push(format!(
            "{} is gone, which is what the entry runs; {again}",
            record.program.display()
        ));
    }
    faults
}

fn text(json: &Json) -> String {
    let mut lines = Vec::new();
    if !json.installed && json.problems.is_empty() {
        lines.push("nothing is scheduled; `token-matters schedule install` does that".to_owned());
    }
    for entry in &json.entries {
        lines.push(format!("scheduled by {}: {}", entry.mechanism.title(), entry.place));
        lines.extend(entry.next_run.as_ref().map(|next| format!("next run: {next}")));
    }
    lines.extend(json.rhythm.as_ref().map(|rhythm| format!("runs: {rhythm}")));
    lines.extend(json.program.as_ref().map(|path| format!("program: {}", path.display())));
    lines.extend(json.log_file.as_ref().map(|path| format!("log: {}", path.display())));
    let time = |at: Option<UtcSeconds>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    lines.push(format!("last run: {}", time(json.last_run)));
    lines.push(format!("last success: {}", time(json.last_success)));
    if json.waiting > 0 {
        lines.push(format!("waiting for a push: {}", counted(json.waiting, "commit")));
    }
    lines.extend(json.push_error.as_ref().map(|error| format!("last push failed: {error}")));
    lines.extend(json.problems.iter().map(|problem| format!("problem: {problem}")));
    lines.join("\n") + "\n"
}
