//! `CodeWhale`: `sessions/<id>.json` below `~/.codewhale` (before: `~/.deepseek`), one document per session, written
//! anew while the session goes on.
//!
//! Facts (<https://github.com/Hmbown/CodeWhale>, `crates/tui/src/session_manager.rs` at 1a03b23 and the `/fork` command
//! beside it, read 2026-11-21):
//!
//! - `schema_version` 1. `metadata` stands before the messages: `id`, `created_at`, `updated_at`, `total_tokens`,
//!   `model`, `model_provider`, `workspace`, `cost`.
//! - `total_tokens` is input and output of all turns, whichever model gave them: one counter per session.
//! - `cost.session_cost_usd` and `cost.subagent_cost_usd` are the tool's own sums, in US dollars; they are not in each
//!   other.
//! - A fork begins with the total and the cost of its parent (`parent_session_id`), which is saved at that moment: what
//!   the parent's file tells is not the fork's.
//! - Legacy sessions are copied into the new folder under their id. `checkpoints/` holds copies of sessions in flight.
//! - It keeps the 50 sessions that were used last.
//!
//! Open: a parent that goes on after the fork takes from the fork what it uses then.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use data_schema::{Kind, Quality, Tokens};
use memchr::memmem;
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink, json_file};
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

static INFO: Info = Info {
    id: "codewhale",
    revision: 1,
    role: Role::Counter,
    quality: Quality::Partial,
    evidence: Evidence::VendorCode {
        repository: "Hmbown/CodeWhale",
        commit: "1a03b23b6290e36383b555619dd24bcac740265d",
    },
    lacks: "one number per session: no input, output or cache; sub-agents only in the cost",
    keeps: Keeps::Prunes,
    directory_key: "directory",
    variables: &[Variable::instead("CODEWHALE_HOME")],
    below: &["sessions"],
    folders: &[Folder::all("~/.codewhale/sessions"), Folder::all("~/.deepseek/sessions")],
    not_entered: &["checkpoints", ".goals", ".work-graph-import-archive"],
};

/// The version of the format that is known.
const VERSION: f64 = 1.0;
/// The metadata stands in the first bytes of a file: the tool itself reads no more to list sessions.
const HEAD: u64 = 64 * 1024;

/// The adapter.
#[derive(Debug)]
pub(super) struct CodeWhale;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Saved {
    schema_version: LooseNumber,
    metadata: Maybe<Metadata>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    id: LooseText<'static>,
    created_at: LooseText<'static>,
    updated_at: LooseTime,
    total_tokens: LooseCount,
    model: LooseText<'static>,
    model_provider: LooseText<'static>,
    workspace: LooseText<'static>,
    cost: Maybe<Cost>,
    parent_session_id: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cost {
    session_cost_usd: LooseNumber,
    subagent_cost_usd: LooseNumber,
}

impl Adapter for CodeWhale {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "json")
            && path.file_stem().is_some_and(|stem| stem != "session_boot_owners")
            && path.parent().and_then(Path::file_name).is_some_and(|folder| folder == "sessions")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        let mut head = Vec::new();
        fs_err::File::open(log).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
        let at = memmem::find(&head, b"\"parent_session_id\"")?;
        let mut texts = head[at..].split(|byte| *byte == b'"');
        parent(log, std::str::from_utf8(texts.nth(3)?).ok()?)
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let saved: Saved = log.document()?;
        if let Some(version) = saved.schema_version.0.filter(|version| *version > VERSION) {
            return Err(ReadError::version(version, "1"));
        }
        if let Some(metadata) = &saved.metadata.0 {
            reading(log, sink, metadata);
        }
        Ok(())
    }
}

/// The file of a session beside this one.
fn parent(log: &Path, id: &str) -> Option<PathBuf> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (!id.is_empty() && id.bytes().all(is_plain)).then(|| log.with_file_name(format!("{id}.json")))
}

fn reading(log: &Log<'_>, sink: &mut Sink<'_>, metadata: &Metadata) {
    let Some(total) = sink.count(metadata.total_tokens, "total_tokens") else {
        sink.silent();
        return;
    };
    let inherited = metadata.parent_session_id.get().and_then(|id| {
        let parent: Saved = json_file(&parent(log.path, id)?)?;
        parent.metadata.0
    });
    let (before, cost_before) = inherited.as_ref().map_or((0, 0.0), |parent| {
        let total = parent.total_tokens.keep("", &mut |_| {});
        (total.map_or(0, Tokens::get), cost(parent).unwrap_or(0.0))
    });
    let own = Tokens::saturating(total.get().saturating_sub(before));
    if own == Tokens::ZERO {
        return;
    }
    let counts = Counts { total: Some(own), ..Counts::default() };
    let id = metadata.id.get().unwrap_or(log.stem());
    let (begun, model) = (metadata.created_at.get().unwrap_or_default(), metadata.model.get());
    sink.push(&Draft {
        own: &[id, begun, &counts.written(), model.unwrap_or_default()],
        at: metadata.updated_at.0,
        model,
        counts,
        cost: cost(metadata).map(|cost| cost - cost_before),
        kind: Kind::SessionReading,
        session: Some(id),
        parent: metadata.parent_session_id.get(),
        folder: metadata.workspace.get(),
        vendor: metadata.model_provider.get(),
        ..Draft::default()
    });
}

/// What a session has cost in US dollars, sub-agents included.
fn cost(metadata: &Metadata) -> Option<f64> {
    let cost = metadata.cost.0.as_ref()?;
    let parts = [cost.session_cost_usd.0, cost.subagent_cost_usd.0];
    Some(parts.into_iter().flatten().filter(|part| *part > 0.0).sum())
}
