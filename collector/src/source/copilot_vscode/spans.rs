//! The database of spans.

use rustc_hash::FxHashMap;

use crate::adapter::{Counts, Draft, Log, ReadError, Row, Sink};
use crate::loose::LooseCount;

/// The newest version of the database that is known.
const KNOWN_VERSION: f64 = 1.0;

/// Columns of a request, in the order of their use.
const COLUMNS: [&str; 12] = [
    "span_id",
    "trace_id",
    "start_time_ms",
    "chat_session_id",
    "conversation_id",
    "response_model",
    "request_model",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "provider_name",
];

/// Requests; traces of agents that log themselves are left out.
const REQUESTS: &str = "WHERE operation_name = 'chat' AND trace_id NOT IN \
    (SELECT trace_id FROM spans WHERE agent_name IN ('copilotcli', 'claude'))";

const RESPONSE: &str = "gen_ai.response.id";
const CACHE_CREATION: &str = "gen_ai.usage.cache_creation.input_tokens";

/// What stands beside a span.
#[derive(Default)]
struct Beside {
    response: Option<String>,
    cache_creation: LooseCount,
}

pub(super) fn read(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let database = log.database(sink)?;
    let mut version = 0.0;
    database.rows("schema_version", &["version"], "", |row| {
        version = row.number(0).unwrap_or_default().max(version);
    })?;
    if version > KNOWN_VERSION {
        return Err(ReadError::version(version, "1"));
    }
    if !database.columns("spans")?.contains("agent_name") {
        return Ok(());
    }
    let mut beside: FxHashMap<String, Beside> = FxHashMap::default();
    let keys = format!("WHERE key IN ('{RESPONSE}', '{CACHE_CREATION}')");
    database.rows("span_attributes", &["span_id", "key", "value"], &keys, |row| {
        let known = beside.entry(row.text(0).unwrap_or_default()).or_default();
        match row.text(1).as_deref() {
            Some(RESPONSE) => known.response = row.text(2),
            _ => known.cache_creation = row.count(2),
        }
    })?;
    database.rows("spans", &COLUMNS, REQUESTS, |row| {
        let id = row.text(0).unwrap_or_default();
        request(sink, row, &id, &beside.remove(&id).unwrap_or_default());
    })
}

fn request(sink: &mut Sink<'_>, row: &Row<'_, '_>, id: &str, beside: &Beside) {
    let (trace, session) = (row.text(1).unwrap_or_default(), row.text(3).or(row.text(4)));
    let (model, asked, provider) = (row.text(5), row.text(6), row.text(11));
    let counts = Counts {
        input: sink.count(row.count(7), "input_tokens"),
        output: sink.count(row.count(8), "output_tokens"),
        cache_read: sink.count(row.count(9), "cached_tokens"),
        reasoning: sink.count(row.count(10), "reasoning_tokens"),
        cache_creation: sink.count(beside.cache_creation, CACHE_CREATION),
        ..Counts::default()
    };
    let counts = sink.prompt_with_cache(counts);
    sink.push(&Draft {
        response: beside.response.as_deref(),
        own: &["span", &trace, id],
        at: row.time(2),
        model: model.as_deref().or(asked.as_deref()),
        requested_model: asked.as_deref(),
        counts,
        session: session.as_deref(),
        vendor: provider.as_deref(),
        ..Draft::default()
    });
}
