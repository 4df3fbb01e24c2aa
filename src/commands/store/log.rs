//! `store log`.

use chrono::TimeZone as _;
use chrono_tz::Tz;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use serde::Serialize;
use store::{Change, History, HistoryEnd, StoreError};
use summarizer::read_settings;

use crate::cli::Global;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, grouped, plain};
use crate::session::Session;

/// Digits of a commit that are shown.
const SHORT: usize = 10;

/// The object that `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    version: &'a str,
    changes: Vec<JsonChange<'a>>,
    /// `first`, `limit` or `notHere`.
    end: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonChange<'a> {
    at: String,
    commit: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<JsonFiles<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonFiles<'a> {
    machines: Vec<&'a str>,
    added: usize,
    changed: usize,
    removed: usize,
    responses_added: usize,
    responses_removed: usize,
    uncounted_files: usize,
}

pub(crate) fn run(global: &Global, limit: usize, json: bool) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    let path = session.store_folder();
    let missing = StoreError::Missing { path: path.clone() };
    let store = session.existing_store()?.ok_or(missing)?;
    let Some(history) = store.history(limit)? else {
        let text =
            format!("{} is a plain folder: `git log` there shows what changed", path.display());
        return Err(Failure::Usage(text));
    };
    if json {
        let json = serde_json::to_string_pretty(&as_json(&history))?;
        data(&format!("{json}\n"))?;
    } else if history.changes.is_empty() {
        session.say("nothing is stored yet: `token-matters collect` begins");
    } else {
        let zone = session.zone(&read_settings(&store.snapshot()?)?);
        data(&as_table(&history, zone))?;
        tell_end(&session, &history);
    }
    Ok(Outcome::Done)
}

fn as_json(history: &History) -> Json<'_> {
    Json {
        version: data_schema::VERSION,
        changes: history.changes.iter().map(change_as_json).collect(),
        end: match history.end {
            HistoryEnd::First => "first",
            HistoryEnd::Limit => "limit",
            HistoryEnd::NotHere => "notHere",
        },
    }
}

fn change_as_json(change: &Change) -> JsonChange<'_> {
    JsonChange {
        at: change.at.to_string(),
        commit: &change.commit,
        message: &change.message,
        files: change.files.as_ref().map(|files| JsonFiles {
            machines: files.machines.iter().map(|machine| &**machine).collect(),
            added: files.added,
            changed: files.changed,
            removed: files.removed,
            responses_added: files.responses_added,
            responses_removed: files.responses_removed,
            uncounted_files: files.uncounted,
        }),
    }
}

fn as_table(history: &History, zone: Tz) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["When", "Commit", "Machines", "Responses", "Files", "What"]);
    for change in &history.changes {
        table.add_row(row(change, zone));
    }
    format!("{table}\n")
}

fn row(change: &Change, zone: Tz) -> Vec<Cell> {
    let at = zone.from_utc_datetime(&change.at.to_chrono().naive_utc());
    let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let (mut machines, mut responses, mut count) = (String::new(), String::new(), String::new());
    if let Some(files) = &change.files {
        machines = files.machines.join(", ");
        responses = signed(files.responses_added, files.responses_removed);
        if files.uncounted > 0 {
            responses.push_str(" ?");
        }
        count = grouped((files.added + files.changed + files.removed) as u64);
    }
    vec![
        Cell::new(at.format("%Y-%m-%d %H:%M")),
        Cell::new(&change.commit[..SHORT.min(change.commit.len())]),
        Cell::new(plain(&machines)),
        number(responses),
        number(count),
        Cell::new(plain(&change.message)),
    ]
}

/// `+12`, `-3`, `+12 -3`, or nothing.
fn signed(added: usize, removed: usize) -> String {
    let number =
        |sign: &str, count: usize| (count > 0).then(|| format!("{sign}{}", grouped(count as u64)));
    let parts: Vec<String> =
        [number("+", added), number("-", removed)].into_iter().flatten().collect();
    parts.join(" ")
}

fn tell_end(session: &Session, history: &History) {
    let files = history.changes.iter().filter_map(|change| change.files.as_ref());
    if files.clone().any(|files| files.uncounted > 0) {
        session.say("?: files of other machines that are not here are counted as files only; `token-matters report` fetches them.");
    }
    match history.end {
        HistoryEnd::First => {}
        HistoryEnd::Limit => session.say("There are older changes: `--limit` shows more."),
        HistoryEnd::NotHere => {
            session.say("Older changes are on the remote: `git log` in a clone of it shows them.");
        }
    }
}
