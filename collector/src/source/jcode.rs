//! Jcode: `~/.jcode/sessions/session_<id>.json`, a snapshot of a session, and `session_<id>.journal.jsonl`, what came
//! after it; usage on messages.
//!
//! Facts (<https://github.com/1jehuang/jcode>, `crates/jcode-base/src/session/journal.rs`, commit 2856bd29, and
//! `persistence.rs`, commit 0f81e784, read 2026-11-21):
//!
//! - A snapshot replaces the journal, which may still be there when the tool broke off in between: its messages are in
//!   both, with the same ids.
//! - `token_usage` has four numbers, as the provider told them, and no reasoning of its own. Behind Anthropic the prompt
//!   lacks both caches, and `cache_creation_input_tokens` is there even if it is 0; behind others the prompt contains
//!   what was read from the cache, and nothing is told of what was written.
//! - The model is told for the session, as it is now. A message of an earlier one gets the name of a later one.
//! - A session that was split off has a new id and copies of messages.

use std::path::Path;
use std::sync::LazyLock;

use data_schema::Quality;
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

static INFO: Info = Info {
    id: "jcode",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::VendorCode {
        repository: "1jehuang/jcode",
        commit: "0f81e784d9f319e04536976eb11a0e83bc3b5cf9",
    },
    lacks: "reasoning; the models of messages before the session changed its model",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("JCODE_HOME")],
    below: &["sessions"],
    folders: &[Folder::all("~/.jcode/sessions")],
    not_entered: &[],
};

static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"append_messages\""]));

/// The adapter.
#[derive(Debug)]
pub(super) struct Jcode;

/// What is told of a session: by its snapshot, or by a line of its journal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    provider_key: LooseText<'static>,
    model: LooseText<'static>,
    working_dir: LooseText<'static>,
    parent_id: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Snapshot {
    provider_key: LooseText<'static>,
    model: LooseText<'static>,
    working_dir: LooseText<'static>,
    parent_id: LooseText<'static>,
    messages: Vec<Maybe<Message>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    meta: Maybe<Meta>,
    append_messages: Vec<Maybe<Message>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    id: LooseText<'static>,
    role: LooseText<'static>,
    timestamp: LooseTime,
    token_usage: Maybe<TokenUsage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are the tool's own")]
struct TokenUsage {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_read_input_tokens: LooseCount,
    cache_creation_input_tokens: LooseCount,
}

impl Adapter for Jcode {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_snapshot = path.extension().is_some_and(|extension| extension == "json");
        name.starts_with("session_") && (is_snapshot || is_journal(path))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        if !is_journal(log.path) {
            let Snapshot { provider_key, model, working_dir, parent_id, messages } =
                log.document()?;
            let meta = Meta { provider_key, model, working_dir, parent_id };
            answers(sink, log.stem(), &meta, &messages);
            return Ok(());
        }
        let session = log.stem().strip_suffix(".journal").unwrap_or_default();
        let mut last = Meta::default();
        log.lines(sink, &MARKERS, |sink, entry: Entry| {
            last = entry.meta.0.unwrap_or_else(|| std::mem::take(&mut last));
            answers(sink, session, &last, &entry.append_messages);
        })
    }
}

fn is_journal(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.ends_with(".journal.jsonl"))
}

fn answers(sink: &mut Sink<'_>, session: &str, meta: &Meta, messages: &[Maybe<Message>]) {
    for message in messages.iter().filter_map(|message| message.0.as_ref()) {
        match (&message.token_usage.0, message.role.get()) {
            (Some(usage), _) => answer(sink, session, meta, (message, usage)),
            (None, Some("assistant")) => sink.silent(),
            (None, _) => {}
        }
    }
}

fn answer(
    sink: &mut Sink<'_>,
    session: &str,
    meta: &Meta,
    (message, usage): (&Message, &TokenUsage),
) {
    let Some(id) = message.id.get() else {
        return sink.skip("an answer has no `id`: it cannot be told from others");
    };
    let counts = Counts {
        input: sink.count(usage.input_tokens, "input_tokens"),
        cache_read: sink.count(usage.cache_read_input_tokens, "cache_read_input_tokens"),
        cache_creation: sink
            .count(usage.cache_creation_input_tokens, "cache_creation_input_tokens"),
        output: sink.count(usage.output_tokens, "output_tokens"),
        ..Counts::default()
    };
    let is_apart = counts.cache_creation.is_some() || counts.cache_read > counts.input;
    sink.push(&Draft {
        own: &[session_of(id, session), id],
        at: message.timestamp.0,
        model: meta.model.get(),
        counts: if is_apart { counts } else { counts.prompt_with_cache().0 },
        session: Some(session),
        parent: meta.parent_id.get(),
        folder: meta.working_dir.get(),
        vendor: meta.provider_key.get(),
        ..Draft::default()
    });
}

/// An id that is long enough to be random is one among all sessions, so that copies of it are found.
fn session_of<'a>(id: &str, session: &'a str) -> &'a str {
    const RANDOM: usize = 20;
    if id.len() >= RANDOM { "" } else { session }
}
