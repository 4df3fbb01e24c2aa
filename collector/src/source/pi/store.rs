//! The entries of newer versions of `OpenClaw`: one row each, in the order of a session.

use std::io::Read as _;

use memchr::memmem::Finder;

use super::entry::{Entry, Session};
use super::{NEEDLES, PiFamily};
use crate::adapter::{Log, ReadError, Row, Sink};
use crate::frames::Frames;

/// An entry is not larger when it is decompressed. Bytes.
const LARGEST_ENTRY: u64 = 256 * 1024 * 1024;

/// Reads all sessions of one agent.
pub(super) fn read(tool: &PiFamily, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let database = log.database(sink)?;
    let finders = NEEDLES.map(Finder::new);
    let mut current: Option<(String, Session)> = None;
    let mut newer = None;
    let columns = ["session_id", "created_at", "event_json", "event_zstd"];
    database.rows("transcript_events", &columns, "ORDER BY session_id, seq", |row| {
        let Some(bytes) = bytes(row) else { return sink.skip("an entry cannot be decompressed") };
        if newer.is_some() || !finders.iter().any(|finder| finder.find(&bytes).is_some()) {
            return;
        }
        let entry: Entry = match serde_json::from_slice(&bytes) {
            Ok(entry) => entry,
            Err(error) => return sink.skip(format!("an entry is not valid JSON: {error}")),
        };
        newer = entry.newer_version();
        let id = row.text(0).unwrap_or_default();
        let session = match current.take() {
            Some((known, session)) if known == id => session,
            _ => Session::new(&id),
        };
        let (_, session) = current.insert((id, session));
        if newer.is_none() {
            session.take(tool, sink, entry, row.time(1));
        }
    })?;
    newer.map_or(Ok(()), |version| Err(ReadError::version(version, "1 to 3")))
}

/// An entry's JSON; `None` if it is damaged.
fn bytes<'r>(row: &'r Row<'_, '_>) -> Option<std::borrow::Cow<'r, [u8]>> {
    if let Some(bytes) = row.bytes(2).filter(|bytes| !bytes.is_empty()) {
        return Some(bytes.into());
    }
    let mut bytes = Vec::new();
    Frames::new(row.bytes(3)?, LARGEST_ENTRY).read_to_end(&mut bytes).ok()?;
    Some(bytes.into())
}
