//! `collect --status`: what is stored, and how the logs of every source are.

use std::collections::BTreeMap;

use data_schema::{Text, UtcSeconds};
use serde::Serialize;
use summarizer::{Input, ShownNames, SummarizeError, again_if_damaged};

use crate::commands::collect::commits_wait;
use crate::health::{Health, Presence, without_logs};
use crate::outcome::{Failure, Outcome};
use crate::output::{counted, data, notes, problems};
use crate::scan;
use crate::session::Session;
use crate::status::Status;

/// What is stored of one source on one machine.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    machine: String,
    provider: String,
    records: usize,
    first_at: UtcSeconds,
    last_at: UtcSeconds,
}

/// The object that `--json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    store: String,
    remote: Option<String>,
    commit: Option<String>,
    sources: Vec<Row>,
    /// How the logs of every source on this machine are.
    health: Vec<Health>,
    /// How the last runs went.
    runs: Status,
}

/// Shows what the store holds and how the logs are, and stores nothing. Logs that have changed are read.
pub(crate) fn run(session: &Session, as_json: bool) -> Result<Outcome, Failure> {
    let folder = session.store_folder();
    let mut known = Known {
        store: folder.display().to_string(),
        remote: session.remote().map(|remote| remote.shown()),
        commit: None,
        sources: Vec::new(),
        health: Health::of_all(&scan::look(session).sources),
        runs: Status::read(&session.data),
    };
    let mut left_out = 0;
    if let Some(store) = session.existing_store()? {
        known.runs.waiting = store.waiting()?;
        let snapshot = store.snapshot()?;
        known.commit = snapshot.commit();
        let (input, sources) = again_if_damaged(|| {
            let input = Input::from_snapshot(&snapshot)?;
            let rows = rows(&input)?;
            Ok((input, rows))
        })?;
        notes(&input.settings.notices());
        problems(&input.problems, "");
        left_out = input.problems.len();
        known.sources = sources;
    }
    if as_json {
        data(&format!("{}\n", serde_json::to_string_pretty(&known)?))?;
    } else {
        data(&text(&known, session.verbose))?;
    }
    Ok(Outcome::partial_if(left_out > 0))
}

fn rows(input: &Input) -> Result<Vec<Row>, SummarizeError> {
    let names = ShownNames::new(&input.settings.machine_names);
    let mut rows: BTreeMap<(Text, Text), Row> = BTreeMap::new();
    input.each_stored(|machine, provider, record| {
        let machine = names.of(machine);
        let row = rows.entry((machine.clone(), provider.clone())).or_insert_with(|| Row {
            machine: machine.to_string(),
            provider: provider.to_string(),
            records: 0,
            first_at: record.at,
            last_at: record.at,
        });
        row.records += 1;
        row.first_at = row.first_at.min(record.at);
        row.last_at = row.last_at.max(record.at);
    })?;
    Ok(rows.into_values().collect())
}

fn text(known: &Known, everything: bool) -> String {
    let mut lines = vec![format!("store: {}", known.store)];
    lines.extend(known.remote.as_ref().map(|remote| format!("remote: {remote}")));
    lines.extend(known.commit.as_ref().map(|commit| format!("commit: {commit}")));
    lines.extend(run_lines(&known.runs));
    if known.sources.is_empty() {
        lines.push("nothing is stored yet: `token-matters collect` begins".to_owned());
    }
    for row in &known.sources {
        let records = counted(row.records, "response");
        let Row { machine, provider, first_at, last_at, .. } = row;
        lines.push(format!("{machine}/{provider}: {records}, {first_at} to {last_at}"));
    }
    lines.extend(health_lines(&known.health, everything));
    lines.join("\n") + "\n"
}

/// The logs on this machine: one line for each tool that has some, one for all others.
fn health_lines(health: &[Health], everything: bool) -> Vec<String> {
    let (there, others): (Vec<&Health>, Vec<&Health>) =
        health.iter().partition(|health| health.presence == Presence::Found);
    let mut lines = Vec::new();
    for health in &there {
        let (files, records) = (counted(health.files, "log"), counted(health.records, "response"));
        let newest = health.newest_record;
        let newest = newest.map_or_else(String::new, |at| format!(", the newest of {at}"));
        let skipped = match health.skipped {
            0 => String::new(),
            count => format!(", {} not counted", counted(count, "line")),
        };
        let limits = health.limits();
        lines
            .push(format!("logs of {}: {files}, {records}{newest}{skipped}{limits}", health.title));
        if health.parser_out_of_date {
            lines.push("  its answers tell no usage: this parser is out of date".to_owned());
        }
        lines.extend(
            health.alarm.iter().map(|alarm| format!("  {}: {}", alarm.told(), alarm.remedy())),
        );
    }
    let absent = others.iter().filter(|health| health.presence == Presence::NotFound);
    let titles: Vec<&str> = absent.map(|health| health.title).collect();
    lines.extend(without_logs(&titles, !there.is_empty(), everything));
    lines
}

/// How the last runs went.
fn run_lines(runs: &Status) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(runs.last_run.map(|at| format!("last run: {at}")));
    lines.extend(runs.last_success.map(|at| format!("last success: {at}")));
    if runs.waiting > 0 {
        lines.push(format!("{} for a push", commits_wait(runs.waiting)));
    }
    let push_error = runs.push.as_ref().and_then(|push| push.error.as_ref());
    lines.extend(push_error.map(|error| format!("the last push failed: {error}")));
    for (id, source) in runs.sources.iter().filter(|(_, source)| source.failures > 0) {
        let error = source.last_error.as_deref().unwrap_or("it could not be read");
        lines.push(format!("{id}: failed {}: {error}", counted(source.failures as usize, "time")));
    }
    lines
}
