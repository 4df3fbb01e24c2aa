//! Where a request comes from, as its head and its body say: the tool, its session, the project.

use data_schema::{HashId, LedgerEntry, Text};
use http::{HeaderMap, header};

use crate::client_name;
use crate::gate::Caller;
use crate::headers::PROJECT_HEADER;
use crate::hints::Hints;

/// Headers that name a tool's session, the most certain first: Claude Code, Codex, opencode and others (read from
/// genuine requests, November 2026). Codex' thread is its session where it names no other.
const SESSIONS: [&str; 5] =
    ["x-claude-code-session-id", "session-id", "session_id", "x-session-id", "thread-id"];
/// Longest project name that is kept, in bytes.
const LONGEST: usize = 200;

/// Notes what the head says.
pub(crate) fn note_head(entry: &mut LedgerEntry, headers: &HeaderMap) {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    entry.client = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .and_then(client_name::of);
    let session = SESSIONS.into_iter().filter_map(text).find(|session| !session.is_empty());
    entry.session = session.map(|session| HashId::new("session", session));
    entry.project = headers
        .get(PROJECT_HEADER)
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
        .map(str::trim)
        .filter(|project| !project.is_empty() && project.len() <= LONGEST)
        .map(Text::from);
}

/// Notes what only the body and the key say. What a key is for goes before what its user says.
pub(crate) fn note_rest(entry: &mut LedgerEntry, hints: &Hints, caller: &Caller) {
    entry.requested_model.clone_from(&hints.model);
    entry.key.clone_from(&caller.key);
    if entry.session.is_none() {
        let session = hints.session.as_deref();
        entry.session = session.map(|session| HashId::new("session", session));
    }
    if entry.account.is_none() {
        let account = hints.account.as_deref();
        entry.account = account.map(|account| HashId::new("account", account));
    }
    if caller.project.is_some() {
        entry.project.clone_from(&caller.project);
    }
}
