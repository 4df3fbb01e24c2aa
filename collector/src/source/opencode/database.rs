//! Messages in a database: versions from 1.2 on.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use memchr::memmem;

use super::message::{Message, Part, Placed, Session, Time, take};
use crate::adapter::{Database, Log, ReadError, Row, Sink};
use crate::loose::{LooseNumber, Maybe};

/// The parts of a message that may be steps. The length is known without reading the part.
const STEPS: &str =
    "SELECT data FROM part WHERE message_id = ?1 AND octet_length(data) <= 4096 ORDER BY id";

/// One row that holds an answer.
struct Answer {
    id: String,
    session: String,
    message: serde_json::Result<Message>,
}

/// Messages that come from other tools.
#[derive(Default)]
struct Imported {
    messages: HashSet<String>,
    /// Where it is not told which.
    sessions: HashSet<String>,
}

pub(super) fn read(imports: &[&str], log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let database = log.database(sink)?;
    let sessions = sessions(&database)?;
    let imported = imported(&database, imports)?;
    let has_parts = database.has("part")?;
    let unknown = Session::default();
    for (table, has_steps) in [("message", has_parts), ("session_message", false)] {
        let columns = ["id", "session_id", "time_created", "data", "type"];
        let mut failed = None;
        database.rows_on_all_cores(table, &columns, answer, |answer| {
            let Answer { id, session, message } = answer;
            if imported.messages.contains(&id) || imported.sessions.contains(&session) {
                return;
            }
            let message = match message {
                Ok(message) => message,
                Err(error) => {
                    return sink.skip(format!("message `{id}` is not valid JSON: {error}"));
                }
            };
            let wanted = has_steps && message.needs_steps();
            let steps = if wanted { steps(&database, &id) } else { Ok(Vec::new()) };
            let steps = steps.unwrap_or_else(|error| {
                failed = Some(error);
                Vec::new()
            });
            let about = sessions.get(&session).unwrap_or(&unknown);
            take(sink, &Placed { message: &message, id: &id, session: &session, about }, &steps);
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
    }
    Ok(())
}

/// What counts of a row; `None` if it is no answer.
fn answer(row: &Row<'_, '_>) -> Option<Answer> {
    let data = row.bytes(3)?;
    let is_answer = match row.bytes(4) {
        Some(kind) => kind == b"assistant",
        None => memmem::find(data, b"\"assistant\"").is_some(),
    };
    if !is_answer {
        return None;
    }
    let mut message: serde_json::Result<Message> = parsed(data);
    if let Ok(message) = &mut message {
        let role = message.role.get().unwrap_or("assistant");
        if role != "assistant" {
            return None;
        }
        // Version 2 writes the time in the column, in milliseconds.
        let is_told = message.time.0.as_ref().is_some_and(|time| time.created.0.is_some());
        if !is_told {
            message.time = Maybe(Some(Time { created: LooseNumber(row.number(2)) }));
        }
    }
    Some(Answer { id: row.text(0)?, session: row.text(1).unwrap_or_default(), message })
}

/// JSON in which bytes that are not UTF-8 are replaced.
fn parsed<T: serde::de::DeserializeOwned>(data: &[u8]) -> serde_json::Result<T> {
    match serde_json::from_slice(data) {
        Err(error) => match String::from_utf8_lossy(data) {
            Cow::Owned(text) => serde_json::from_str(&text),
            Cow::Borrowed(_) => Err(error),
        },
        result => result,
    }
}

fn steps(database: &Database, message: &str) -> Result<Vec<Part>, ReadError> {
    let mut steps = Vec::new();
    database.find(STEPS, message, |row| {
        let part: Option<Part> = row.bytes(0).and_then(|data| parsed(data).ok());
        steps.extend(part.filter(Part::is_step));
    })?;
    Ok(steps)
}

fn sessions(database: &Database) -> Result<HashMap<String, Session>, ReadError> {
    let mut sessions = HashMap::new();
    for table in ["session", "session_v2"] {
        let columns = ["id", "parent_id", "fork_session_id", "directory", "version"];
        database.rows(table, &columns, "", |row| {
            let Some(id) = row.text(0) else { return };
            let session = Session {
                parent: row.text(1).or_else(|| row.text(2)),
                is_part: row.text(1).is_some(),
                folder: row.text(3),
                version: row.text(4),
            };
            sessions.insert(id, session);
        })?;
    }
    Ok(sessions)
}

fn imported(database: &Database, tables: &[&str]) -> Result<Imported, ReadError> {
    let mut imported = Imported::default();
    for table in tables {
        database.rows(table, &["session_id", "message_ids"], "", |row| {
            match row.json::<Vec<String>>(1) {
                Some(Ok(ids)) => imported.messages.extend(ids),
                _ => imported.sessions.extend(row.text(0)),
            }
        })?;
    }
    Ok(imported)
}
