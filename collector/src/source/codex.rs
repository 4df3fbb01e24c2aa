//! Codex (command line, application, editor extension): `~/.codex/sessions/**/rollout-*.jsonl`.
//!
//! Facts (<https://github.com/openai/codex>, crate `rollout`, and
//! <https://github.com/ryoppippi/ccusage/issues/950>, `#1288`, read 2026-11-19):
//!
//! - `token_count` events carry the thread's running total and the last request. The same event is
//!   written again when limits are refreshed; only a changed total is a new request.
//! - Totals fall after a compaction, and a resumed file may begin with a large one: then the last
//!   request counts.
//! - Input contains what was read from and written to the cache; output contains reasoning.
//! - Newer versions write `token_usage_record` lines with the response's id beside the counts, also
//!   inside of `compacted` lines. Their `turn_token_usage` and `thread_token_usage` are running sums.
//! - A fork or sub-agent begins with a replay of its parent's events, with new times.
//! - Cold rollouts are compressed (`.jsonl.zst`), archived ones move to `archived_sessions`.
//! - Codex itself deletes nothing.

mod accept;
mod family;
mod frames;
mod kin;
mod load;
mod parse;
mod paths;
mod resume;
pub(super) mod shape;

use std::path::Path;

use data_schema::packed::Damaged;

use crate::logs::Logs;
use crate::source::{Located, Place, Source};

/// The provider's id.
const ID: &str = "codex";

/// What counts, in this revision. Raised when the same line would count differently.
const REVISION: u32 = 1;

/// The adapter.
#[derive(Debug)]
pub(super) struct Codex;

impl Source for Codex {
    fn id(&self) -> &'static str {
        ID
    }

    fn title(&self) -> &'static str {
        "Codex"
    }

    fn directory_key(&self) -> &'static str {
        "codexDir"
    }

    fn revision(&self) -> u32 {
        REVISION
    }

    fn locate(&self, place: &Place<'_>) -> Located {
        paths::locate(place)
    }

    fn is_log(&self, path: &Path) -> bool {
        paths::is_rollout(path)
    }

    fn read(&self, logs: &mut Logs<'_>) -> Result<(), Damaged> {
        kin::read_changed(logs)
    }
}
