//! Goose: `sessions.db` below its data folder.
//!
//! Facts:
//!
//! - Table `sessions` (<https://github.com/block/goose>, `crates/goose/src/session/session_manager.rs` at 01643006, read
//!   2026-11-21): `accumulated_*_tokens` grow with every request; `total_tokens` and its kin are those of the last one.
//!   An id is a date and a number, which other machines have too.
//! - Table `usage_ledger` of newer versions, one row per request, with model, caches and cost. A session that was there
//!   before has one row whose `cost_source` is `carried_forward`: its counters at that time
//!   (<https://github.com/aaif-goose/goose/pull/11682>, <https://github.com/kenn-io/agentsview/pull/1340>, read
//!   2026-11-21; not read in the tool's code). Such a row counts as the reading that it is, so that readings taken before
//!   go on in it. A session that has rows there is not read from its counters.
//! - The input contains what was read from and written to the caches: input and output add up to the total.
//! - The providers `claude-code`, `codex` and `gemini-cli` pass the request to those tools, and it counts there.
//!
//! Open: sessions from before the database (one file each) hold no counts that anybody has described.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use data_schema::{Kind, Quality, UtcSeconds};
use serde::Deserialize;

use crate::adapter::{
    Adapter, Counts, Database, Draft, Log, ReadError, Row, Shape, Sink, logs_itself, write_ahead,
};
use crate::loose::LooseText;
use crate::source::{Evidence, Folder, Info, Keeps, On, Role, Variable};

static INFO: Info = Info {
    id: "goose",
    revision: 1,
    role: Role::Counter,
    quality: Quality::Partial,
    evidence: Evidence::VendorCode {
        repository: "block/goose",
        commit: "0164300649cf5e4ab327105d9155779ab8bfde4b",
    },
    lacks: "single requests and the cache in sessions of older versions",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("GOOSE_PATH_ROOT")],
    below: &["data/sessions", "sessions"],
    folders: &[
        Folder::on(On::Linux, "{data}/goose/sessions"),
        Folder::on(On::Linux, "{data}/Block/goose/sessions"),
        Folder::on(On::MacOs, "~/.local/share/goose/sessions"),
        Folder::on(On::MacOs, "{support}/goose/sessions"),
        Folder::on(On::MacOs, "{support}/Block/goose/sessions"),
        Folder::on(On::Windows, "{appdata}/Block/goose/data/sessions"),
        Folder::on(On::Windows, "{appdata}/Block/goose/sessions"),
    ],
    not_entered: &[],
};

/// Versions of the tables that are known. A newer one is read as long as it has the columns.
const KNOWN: &str = "1 to 16";
/// Providers that are other tools, beside those that all tools name so.
const TOOLS: [&str; 2] = ["codex", "gemini-cli"];

/// The adapter.
#[derive(Debug)]
pub(super) struct Goose;

#[derive(Debug, Default)]
struct Session {
    /// The id with the time of its making: unique on all machines.
    name: String,
    parent: Option<String>,
    folder: Option<String>,
    provider: Option<String>,
    model: Option<String>,
    updated: Option<UtcSeconds>,
    counts: Counts,
    cost: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ModelConfig {
    model_name: LooseText<'static>,
}

impl Adapter for Goose {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "sessions.db")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let database = log.database(sink)?;
        let version = database.greatest("schema_version", "version")?;
        let columns = database.columns("sessions")?;
        let has_ledger = database.has("usage_ledger")?;
        if version > 16 && !has_ledger && !columns.contains("accumulated_total_tokens") {
            return Err(ReadError::version(version, KNOWN));
        }
        let mut sessions = sessions(&database, sink)?;
        for session in ledger(&database, sink, &sessions)? {
            sessions.remove(&session);
        }
        let mut rest: Vec<Session> = sessions.into_values().collect();
        rest.sort_by(|left, right| left.name.cmp(&right.name));
        for session in rest.iter().filter(|session| !session.is_passed_on()) {
            reading(sink, session, (session.counts, session.cost), session.updated);
        }
        Ok(())
    }
}

impl Session {
    fn is_passed_on(&self) -> bool {
        self.provider.as_deref().is_some_and(|name| logs_itself(name) || TOOLS.contains(&name))
    }

    fn draft(&self) -> Draft<'_> {
        Draft {
            model: self.model.as_deref(),
            session: Some(&self.name),
            parent: self.parent.as_deref(),
            folder: self.folder.as_deref(),
            vendor: self.provider.as_deref(),
            ..Draft::default()
        }
    }
}

fn sessions(
    database: &Database,
    sink: &mut Sink<'_>,
) -> Result<HashMap<String, Session>, ReadError> {
    let columns = [
        "id",
        "created_at",
        "updated_at",
        "working_dir",
        "provider_name",
        "model_config_json",
        "parent_session_id",
        "accumulated_input_tokens",
        "accumulated_output_tokens",
        "accumulated_total_tokens",
        "accumulated_cache_read_tokens",
        "accumulated_cache_write_tokens",
        "accumulated_cost",
    ];
    let mut sessions = HashMap::new();
    let mut parents = HashMap::new();
    database.rows("sessions", &columns, "", |row| {
        let Some(id) = row.text(0) else { return };
        let model = row.json::<ModelConfig>(5).and_then(Result::ok).unwrap_or_default();
        let session = Session {
            name: format!("{id} {}", row.text(1).unwrap_or_default()),
            parent: None,
            updated: row.time(2),
            folder: row.text(3),
            provider: row.text(4),
            model: model.model_name.get().map(ToOwned::to_owned),
            counts: counts(sink, row, [7, 8, 9, 10, 11]),
            cost: row.number(12),
        };
        parents.extend(row.text(6).map(|parent| (id.clone(), parent)));
        sessions.insert(id, session);
    })?;
    for (id, parent) in parents {
        let name = sessions.get(&parent).map(|session: &Session| session.name.clone());
        if let Some(session) = sessions.get_mut(&id) {
            session.parent = name;
        }
    }
    Ok(sessions)
}

/// Takes the ledger; the sessions that have rows there.
fn ledger(
    database: &Database,
    sink: &mut Sink<'_>,
    sessions: &HashMap<String, Session>,
) -> Result<HashSet<String>, ReadError> {
    let columns = [
        "session_id",
        "id",
        "created_timestamp",
        "model",
        "input_tokens",
        "output_tokens",
        "total_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "cost",
        "cost_source",
    ];
    let mut seen = HashSet::new();
    let unknown = Session::default();
    database.rows("usage_ledger", &columns, "", |row| {
        let id = row.text(0).unwrap_or_default();
        let session = sessions.get(&id).unwrap_or(&unknown);
        seen.insert(id);
        if session.is_passed_on() {
            return;
        }
        let counts = counts(sink, row, [4, 5, 6, 7, 8]);
        if row.text(10).is_some_and(|source| source == "carried_forward") {
            return reading(sink, session, (counts, row.number(9)), row.time(2));
        }
        let told = [1, 2, 4, 5].map(|column| row.text(column).unwrap_or_default());
        let [number, created, input, output] = &told;
        let model = row.text(3);
        sink.push(&Draft {
            own: &[&session.name, number, created, input, output],
            at: row.time(2),
            model: model.as_deref().or(session.model.as_deref()),
            counts,
            cost: row.number(9),
            ..session.draft()
        });
    })?;
    Ok(seen)
}

/// Counts of the columns of input, output, total, cache read and cache write.
fn counts(sink: &mut Sink<'_>, row: &Row<'_, '_>, columns: [usize; 5]) -> Counts {
    let [input, output, total, read, write] = columns;
    let raw = Counts {
        input: sink.count(row.count(input), "input_tokens"),
        output: sink.count(row.count(output), "output_tokens"),
        cache_read: sink.count(row.count(read), "cache_read_tokens"),
        cache_creation: sink.count(row.count(write), "cache_write_tokens"),
        ..Counts::default()
    };
    let total = sink.count(row.count(total), "total_tokens").filter(|total| total.get() > 0);
    if raw.input.is_none() && raw.output.is_none() {
        return Counts { total, ..raw };
    }
    let usual = Shape { prompt_has_cache: true, output_has_reasoning: true };
    raw.fitting(total, usual).0
}

/// One reading of a session's counters.
fn reading(
    sink: &mut Sink<'_>,
    session: &Session,
    (counts, cost): (Counts, Option<f64>),
    at: Option<UtcSeconds>,
) {
    let number = |count: Option<data_schema::Tokens>| {
        count.map_or_else(String::new, |n| n.get().to_string())
    };
    let [input, output, read, write, total] =
        [counts.input, counts.output, counts.cache_read, counts.cache_creation, counts.total]
            .map(number);
    let draft = session.draft();
    sink.push(&Draft {
        own: &[
            &session.name,
            "counter",
            &input,
            &output,
            &read,
            &write,
            &total,
            draft.model.unwrap_or_default(),
        ],
        at,
        counts,
        cost,
        kind: Kind::SessionReading,
        ..session.draft()
    });
}
