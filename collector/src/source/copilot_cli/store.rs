//! The database of all sessions.

use rustc_hash::FxHashMap;

use super::request::{Request, Requests};
use crate::adapter::{Log, ReadError, Row, Sink};

/// The newest version of the database that is known.
const KNOWN_VERSION: u64 = 8;

/// Columns of a request, in the order of their use.
const COLUMNS: [&str; 9] = [
    "session_id",
    "created_at",
    "model",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "agent_id",
];

pub(super) fn read(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let database = log.database(sink)?;
    let mut version = 0;
    database.rows("schema_version", &["version"], "", |row| {
        version = version.max(row.number(0).map_or(0, whole));
    })?;
    if version > KNOWN_VERSION {
        return Err(ReadError::version(version, "up to 8"));
    }
    let mut folders: FxHashMap<String, String> = FxHashMap::default();
    database.rows("sessions", &["id", "cwd"], "", |row| {
        folders.extend(row.text(0).zip(row.text(1)));
    })?;
    let mut requests = Requests::default();
    // The order in which they were written is the order of the events of each session.
    database.rows("assistant_usage_events", &COLUMNS, "ORDER BY rowid", |row| {
        request(row, &folders, &mut requests, sink);
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what does not fit is the greatest version or none"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

fn request(
    row: &Row<'_, '_>,
    folders: &FxHashMap<String, String>,
    requests: &mut Requests,
    sink: &mut Sink<'_>,
) {
    let session = row.text(0).unwrap_or_default();
    let (model, agent) = (row.text(2), row.text(8));
    requests.push(
        sink,
        &Request {
            session: &session,
            at: row.time(1),
            model: model.as_deref(),
            input: row.count(3),
            output: row.count(4),
            cache_read: row.count(5),
            cache_write: row.count(6),
            reasoning: row.count(7),
            folder: folders.get(&session).map(String::as_str),
            agent: agent.as_deref(),
            ..Request::default()
        },
    );
}
