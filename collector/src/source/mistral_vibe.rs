//! Mistral Vibe: `~/.vibe/logs/session/session_<time>_<id>/meta.json`, what is known of a session, with its sums;
//! sub-agents in `agents/` below it; since 2.25 `~/.vibe/logs/session/unified/<session>/`, a snapshot and a journal.
//!
//! Facts (<https://github.com/mistralai/mistral-vibe>, `vibe/core/session/session_logger.py` and `vibe/core/types.py`,
//! commit 025ba238, `vibe/core/session/usage_report.py`, commit 07834058, read 2026-11-21; for the newer form
//! `docs/providers/mistral-vibe.md` in <https://github.com/getagentseal/codeburn>, commit 06640005):
//!
//! - `stats` grows while the session goes on: `session_prompt_tokens` contains `session_cached_tokens` (told by newer
//!   versions only), `session_completion_tokens` is all output.
//! - A compaction begins a new session, which names the one before in `parent_session_id` and *goes on with its sums*:
//!   what the parent had told is taken off again, where the parent ended before and had no more than the child.
//!   Vibe's own report does not do so, and tells too much.
//! - `session_cost` takes all of the prompt at the full price, and the last model for all: not taken over.
//! - In the newer form `session.tokenUsage` is the sum, with `inputTokens` that contain `cachedInputTokens`; its journal
//!   keeps two parts only.
//! - `config.active_model` is an alias; `config.models[]` tells the name behind it.
//!
//! Open: versions that do not yet write `parent_session_id` (before 2.0) count a compacted session's sums twice.

mod unified;

use std::ffi::OsStr;
use std::path::Path;

use data_schema::{Kind, Quality, Tokens};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink, json_file};
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

static INFO: Info = Info {
    id: "mistral-vibe",
    revision: 1,
    role: Role::Counter,
    quality: Quality::Exact,
    evidence: Evidence::VendorCode {
        repository: "mistralai/mistral-vibe",
        commit: "025ba238eca2064485b3e0ad8e9b71ec87050364",
    },
    lacks: "single responses; the caches, in older versions",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("VIBE_HOME")],
    below: &["logs/session"],
    folders: &[Folder::all("~/.vibe/logs/session")],
    not_entered: &["chunks"],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct MistralVibe;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    session_id: LooseText<'static>,
    parent_session_id: LooseText<'static>,
    start_time: LooseTime,
    end_time: LooseTime,
    environment: Maybe<Surroundings>,
    config: Maybe<Config>,
    stats: Maybe<Stats>,
    /// Where versions 1 have all of it.
    metadata: Maybe<Box<Meta>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Surroundings {
    working_directory: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    active_model: LooseText<'static>,
    models: Vec<Maybe<Model>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Model {
    name: LooseText<'static>,
    alias: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are the tool's own")]
struct Stats {
    session_prompt_tokens: LooseCount,
    session_completion_tokens: LooseCount,
    session_cached_tokens: LooseCount,
}

impl Adapter for MistralVibe {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let is_of_version_1 =
            name.starts_with("session_") && path.extension() == Some(OsStr::new("json"));
        name == "meta.json" || is_of_version_1 || unified::is_log(path)
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        if unified::is_log(log.path) {
            return unified::read(log, sink);
        }
        let mut meta: Meta = log.document()?;
        if let Some(inner) = meta.metadata.0.take() {
            meta = *inner;
        }
        if meta.stats.0.is_some() {
            session(log, sink, &meta);
        } else if meta.session_id.get().is_some() && !unified::is_inside(log.path) {
            sink.silent();
        }
        Ok(())
    }
}

fn session(log: &Log<'_>, sink: &mut Sink<'_>, meta: &Meta) {
    let folder = log.folder(1);
    let id = meta.session_id.get().unwrap_or(folder);
    let told = sums(sink, meta);
    let before = meta.parent_session_id.get().and_then(|parent| carried(log, sink, meta, parent));
    let counts = before.map_or(told, |before| without(told, before));
    let surroundings = meta.environment.0.as_ref();
    reading(
        sink,
        counts,
        &Draft {
            at: meta.end_time.0.or(meta.start_time.0),
            model: meta.config.0.as_ref().and_then(model),
            session: Some(id),
            parent: meta.parent_session_id.get(),
            folder: surroundings.and_then(|place| place.working_directory.get()),
            ..Draft::default()
        },
    );
}

fn sums(sink: &mut Sink<'_>, meta: &Meta) -> Counts {
    let Some(stats) = &meta.stats.0 else { return Counts::default() };
    Counts {
        input: sink.count(stats.session_prompt_tokens, "session_prompt_tokens"),
        cache_read: sink.count(stats.session_cached_tokens, "session_cached_tokens"),
        output: sink.count(stats.session_completion_tokens, "session_completion_tokens"),
        ..Counts::default()
    }
}

/// Hands on a reading: `counts` as the tool adds them up.
fn reading(sink: &mut Sink<'_>, counts: Counts, draft: &Draft<'_>) {
    let number =
        |count: Option<Tokens>| count.map_or_else(String::new, |count| count.get().to_string());
    let [input, read, output] = [counts.input, counts.cache_read, counts.output].map(number);
    let session = draft.session.unwrap_or_default();
    let own = [session, draft.model.unwrap_or_default(), &input, &read, &output];
    let counts = sink.prompt_with_cache(counts);
    sink.push(&Draft { own: &own, counts, kind: Kind::SessionReading, ..draft.clone() });
}

/// The name behind the alias.
fn model(config: &Config) -> Option<&str> {
    let active = config.active_model.get()?;
    let mut models = config.models.iter().filter_map(|model| model.0.as_ref());
    let behind = models.find(|model| model.alias.get() == Some(active));
    behind.and_then(|model| model.name.get()).or(Some(active))
}

/// The sums of the session before, if this one goes on with them.
fn carried(log: &Log<'_>, sink: &mut Sink<'_>, meta: &Meta, parent: &str) -> Option<Counts> {
    let sessions = fs_err::read_dir(log.above(2)).ok()?.flatten();
    // The name of a folder ends with the beginning of the id, or with its end.
    let ends = [parent.get(..8), parent.get(parent.len().saturating_sub(8)..)];
    let named = sessions.filter(|folder| {
        let name = folder.file_name();
        ends.iter().flatten().any(|end| name.to_string_lossy().ends_with(*end))
    });
    let mut metas = named.filter_map(|folder| json_file::<Meta>(&folder.path().join("meta.json")));
    let parent = metas.find(|other| other.session_id.get() == Some(parent))?;
    let has_ended = parent.end_time.0 <= meta.start_time.0;
    let (before, now) = (sums(sink, &parent), sums(sink, meta));
    let is_less = before.input <= now.input
        && before.output <= now.output
        && before.cache_read <= now.cache_read;
    (has_ended && is_less).then_some(before)
}

fn without(now: Counts, before: Counts) -> Counts {
    let less = |now: Option<Tokens>, before: Option<Tokens>| {
        now.map(|now| Tokens::saturating(now.get().saturating_sub(before.map_or(0, Tokens::get))))
    };
    Counts {
        input: less(now.input, before.input),
        cache_read: less(now.cache_read, before.cache_read),
        output: less(now.output, before.output),
        ..now
    }
}
