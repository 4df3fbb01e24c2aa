//! Hermes Agent: `state.db` in its home and in every profile.
//!
//! Facts (<https://github.com/NousResearch/hermes-agent>, `hermes_state_usage.py` at 0ebb0462, read 2026-11-21):
//!
//! - A row of `sessions` has counters of the whole session. The command adds every request to them; the gateway sets them
//!   to totals of its own, which are not split by model.
//! - Newer versions add every request of the command to `session_model_usage` too: a row per session, model, route and
//!   task. Requests of helpers (`task`: titles, compression, vision) are only there, but those of the task `voice_chat`,
//!   which are in both.
//! - Input contains no caches; the reasoning is a part of the output (`CanonicalUsage`: prompt = input + caches,
//!   total = prompt + output).
//! - Times are seconds with fractions.
//!
//! So there is one counter per session and model, and one for what `sessions` has beyond those. The session's own cost
//! (billed, else estimated) stands with the latter only if nothing is split.
//!
//! Open: a model that was switched in a session of the gateway; the counter goes on under the new name.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use data_schema::{Kind, Quality, Tokens, UtcSeconds};

use crate::adapter::{
    Adapter, Counts, Database, Draft, Log, ReadError, Row, Sink, logs_itself, write_ahead,
};
use crate::source::{Evidence, Folder, Info, Keeps, On, Role, Variable};

static INFO: Info = Info {
    id: "hermes",
    revision: 1,
    role: Role::Counter,
    quality: Quality::Partial,
    evidence: Evidence::VendorCode {
        repository: "NousResearch/hermes-agent",
        commit: "0ebb0462c61ae5e547093d70f434add0da920fa2",
    },
    lacks: "single requests",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("HERMES_HOME")],
    below: &[".hermes"],
    folders: &[Folder::all("~/.hermes"), Folder::on(On::Windows, "{localappdata}/hermes")],
    not_entered: &["skills", "node", "cache", "logs", "sandboxes", "hermes-agent", "memories"],
};

/// Versions of the tables that are known. A newer one is read as long as it has the columns.
const NEWEST: u64 = 25;
/// A task whose requests are in the session's counters too.
const IN_SESSION: &str = "voice_chat";

/// The adapter.
#[derive(Debug)]
pub(super) struct Hermes;

/// A counter of one model in a session.
#[derive(Debug, Default)]
struct Counter {
    counts: [u64; 5],
    cost: f64,
    vendor: Option<String>,
    at: Option<UtcSeconds>,
}

/// What a session used by model, and how much of that its own counters contain.
#[derive(Debug, Default)]
struct Split {
    models: BTreeMap<String, Counter>,
    in_session: [u64; 5],
}

impl Adapter for Hermes {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "state.db")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let database = log.database(sink)?;
        let version = database.greatest("schema_version", "version")?;
        let columns = database.columns("sessions")?;
        if version > NEWEST && !columns.contains("input_tokens") {
            return Err(ReadError::version(version, "1 to 25"));
        }
        let mut splits = splits(&database, sink)?;
        let said = if columns.contains("last_activity_at") {
            HashMap::new()
        } else {
            last_messages(&database)?
        };
        let columns = [
            "id",
            "input_tokens",
            "output_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "reasoning_tokens",
            "model",
            "billing_provider",
            "parent_session_id",
            "last_activity_at",
            "ended_at",
            "actual_cost_usd",
            "estimated_cost_usd",
            "cwd",
        ];
        database.rows("sessions", &columns, "", |row| {
            let Some(id) = row.text(0) else { return };
            let split = splits.remove(&id).unwrap_or_default();
            let rest = rest(sink, row, &split);
            let (parent, folder) = (row.text(8), row.text(13));
            let about = Draft {
                session: Some(&id),
                parent: parent.as_deref(),
                folder: folder.as_deref(),
                ..Draft::default()
            };
            for (model, counter) in &split.models {
                push(sink, &about, (model, Kind::Reading), counter);
            }
            let at = row.time(9).or_else(|| row.time(10)).or_else(|| said.get(&id).copied());
            let cost = row.number(11).filter(|cost| *cost > 0.0).or_else(|| row.number(12));
            let counter = Counter {
                counts: rest,
                cost: cost.filter(|_| split.models.is_empty()).unwrap_or_default(),
                vendor: row.text(7),
                at,
            };
            let model = row.text(6).unwrap_or_default();
            push(sink, &about, (&model, Kind::SessionReading), &counter);
        })
    }
}

/// What a session's own counters have beyond those by model.
fn rest(sink: &mut Sink<'_>, row: &Row<'_, '_>, split: &Split) -> [u64; 5] {
    let mut rest = numbers(sink, row, 1);
    for (rest, known) in rest.iter_mut().zip(split.in_session) {
        *rest = rest.saturating_sub(known);
    }
    rest
}

/// Input, output, cache read, cache write and reasoning in columns that follow each other.
fn numbers(sink: &mut Sink<'_>, row: &Row<'_, '_>, first: usize) -> [u64; 5] {
    let names = [
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
    ];
    let mut numbers = [0; 5];
    for (place, name) in names.iter().enumerate() {
        numbers[place] = sink.count(row.count(first + place), name).map_or(0, Tokens::get);
    }
    numbers
}

fn splits(database: &Database, sink: &mut Sink<'_>) -> Result<HashMap<String, Split>, ReadError> {
    let columns = [
        "session_id",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "model",
        "billing_provider",
        "task",
        "last_seen",
        "actual_cost_usd",
        "estimated_cost_usd",
    ];
    let mut splits: HashMap<String, Split> = HashMap::new();
    database.rows("session_model_usage", &columns, "", |row| {
        let numbers = numbers(sink, row, 1);
        let split = splits.entry(row.text(0).unwrap_or_default()).or_default();
        let add = |sum: &mut [u64; 5]| {
            sum.iter_mut().zip(numbers).for_each(|(sum, number)| *sum = sum.saturating_add(number));
        };
        if row.text(8).is_none_or(|task| task == IN_SESSION) {
            add(&mut split.in_session);
        }
        let model = row.text(6).unwrap_or_default();
        let counter = split.models.entry(model).or_default();
        add(&mut counter.counts);
        let billed = row.number(10).filter(|cost| *cost > 0.0);
        counter.cost += billed.or_else(|| row.number(11)).unwrap_or_default().max(0.0);
        counter.at = counter.at.max(row.time(9));
        counter.vendor = row.text(7).or(counter.vendor.take());
    })?;
    Ok(splits)
}

/// When the last message of each session was written.
fn last_messages(database: &Database) -> Result<HashMap<String, UtcSeconds>, ReadError> {
    let mut said: HashMap<String, UtcSeconds> = HashMap::new();
    database.rows("messages", &["session_id", "timestamp"], "", |row| {
        let (Some(session), Some(at)) = (row.text(0), row.time(1)) else { return };
        let last = said.entry(session).or_insert(at);
        *last = at.max(*last);
    })?;
    Ok(said)
}

fn push(sink: &mut Sink<'_>, about: &Draft<'_>, (model, kind): (&str, Kind), counter: &Counter) {
    if counter.counts.iter().all(|count| *count == 0)
        || counter.vendor.as_deref().is_some_and(logs_itself)
    {
        return;
    }
    let [input, output, read, write, reasoning] = counter.counts.map(Tokens::saturating).map(Some);
    let own = counter.counts.map(|count| count.to_string());
    let [own_input, own_output, own_read, own_write, own_reasoning] = &own;
    let scope = if kind == Kind::Reading { "model" } else { "session" };
    sink.push(&Draft {
        own: &[
            about.session.unwrap_or_default(),
            scope,
            own_input,
            own_output,
            own_read,
            own_write,
            own_reasoning,
            model,
        ],
        at: counter.at,
        model: Some(model),
        counts: Counts {
            input,
            output,
            cache_read: read,
            cache_creation: write,
            reasoning,
            ..Counts::default()
        },
        cost: Some(counter.cost).filter(|cost| *cost > 0.0),
        vendor: counter.vendor.as_deref(),
        kind,
        ..about.clone()
    });
}
