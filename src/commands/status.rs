//! `collect --status`: what is stored.

use std::collections::BTreeMap;

use data_schema::{Text, UtcSeconds};
use serde::Serialize;
use summarizer::{Input, SummarizeError, again_if_damaged};

use crate::outcome::{Failure, Outcome};
use crate::output::{counted, data, problems};
use crate::session::Session;

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
struct Status {
    store: String,
    commit: Option<String>,
    sources: Vec<Row>,
}

/// Reads the store and shows what it holds; reads no log.
pub(crate) fn run(session: &Session, as_json: bool) -> Result<Outcome, Failure> {
    let folder = session.store_folder();
    let mut status =
        Status { store: folder.display().to_string(), commit: None, sources: Vec::new() };
    let mut left_out = 0;
    if let Some(store) = session.existing_store()? {
        let snapshot = store.snapshot()?;
        status.commit = snapshot.commit();
        let (input, sources) = again_if_damaged(|| {
            let input = Input::from_snapshot(&snapshot)?;
            let rows = rows(&input)?;
            Ok((input, rows))
        })?;
        problems(&input.problems, "");
        left_out = input.problems.len();
        status.sources = sources;
    }
    if as_json {
        data(&format!("{}\n", serde_json::to_string_pretty(&status)?))?;
    } else {
        data(&text(&status))?;
    }
    Ok(Outcome::partial_if(left_out > 0))
}

fn rows(input: &Input) -> Result<Vec<Row>, SummarizeError> {
    let mut rows: BTreeMap<(Text, Text), Row> = BTreeMap::new();
    for block in input.parts.iter().flat_map(|part| &part.blocks) {
        let counted = block.each(|record| {
            let key = (block.machine.clone(), block.provider.clone());
            let row = rows.entry(key).or_insert_with(|| Row {
                machine: block.machine.to_string(),
                provider: block.provider.to_string(),
                records: 0,
                first_at: record.at,
                last_at: record.at,
            });
            row.records += 1;
            row.first_at = row.first_at.min(record.at);
            row.last_at = row.last_at.max(record.at);
        });
        counted.map_err(|_| SummarizeError::Damaged)?;
    }
    Ok(rows.into_values().collect())
}

fn text(status: &Status) -> String {
    let mut lines = vec![format!("store: {}", status.store)];
    lines.extend(status.commit.as_ref().map(|commit| format!("commit: {commit}")));
    if status.sources.is_empty() {
        lines.push("nothing is stored yet: `token-matters collect` begins".to_owned());
    }
    for row in &status.sources {
        let records = counted(row.records, "response");
        let Row { machine, provider, first_at, last_at, .. } = row;
        lines.push(format!("{machine}/{provider}: {records}, {first_at} to {last_at}"));
    }
    lines.join("\n") + "\n"
}
