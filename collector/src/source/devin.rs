//! Devin CLI: `sessions.db` and, exported from it, `transcripts/*.json`: two views of one spend.
//!
//! Facts (<https://github.com/getagentseal/codeburn>, `docs/providers/devin.md` at 5b18a0c3;
//! <https://github.com/ccusage/ccusage>, `rust/adapters/devin/README.md` at 17eaecf1; <https://github.com/yousiki/tokscale>,
//! `crates/tokscale-core/src/sessions/devin.rs` at 34cfbb50; read 2026-11-21):
//!
//! - `message_nodes.chat_message` is JSON; an answer's `metadata` has `request_id`, `generation_model`, `created_at` and
//!   `metrics`, whose input contains no caches. A retry is a further node with the same request and the same numbers.
//! - A transcript (ATIF 1.x) has steps. In `step.metrics` the prompt contains the caches; in `step.metadata.metrics` of
//!   older ones it does not. The descriptions disagree on what was written to the cache: `ccusage` says that it is in the
//!   prompt, `codeburn` takes only out what was read; ATIF defines the prompt as the whole context
//!   (<https://github.com/harbor-framework/harbor/blob/main/rfcs/0001-trajectory-format.md>), so both are taken out.
//! - Where the database has the session, its transcript is not read. Where a step names its request, it is the same
//!   response as in the database.
//! - `adaptive` and `MODEL_*` are names of routes, not of models.
//!
//! Not read: the event streams of Devin Desktop, which show the sessions of the CLI. Not taken: credits, whose worth
//! nobody describes alike.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use data_schema::{Quality, UtcSeconds};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Database, Draft, Log, ReadError, Sink, write_ahead};
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, On, Role, Variable};

mod transcript;

static INFO: Info = Info {
    id: "devin",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/getagentseal/codeburn/blob/5b18a0c344dd23100b687281f9ff62481dfa9a74/docs/providers/devin.md (2026-11-21)",
            "https://github.com/ccusage/ccusage/blob/17eaecf1c76f94016fed68cf4f3daa5ab937c011/rust/adapters/devin/README.md (2026-11-21)",
            "https://github.com/yousiki/tokscale/blob/34cfbb50796c5e084c55b595385f6fd3b48e802d/crates/tokscale-core/src/sessions/devin.rs (2026-11-21)",
        ],
    },
    lacks: "",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[Variable::instead("DEVIN_DATA_DIR")],
    below: &["cli"],
    folders: &[
        Folder::all("{data}/devin/cli"),
        Folder::all("{data}/cognition/cli"),
        Folder::on(On::Windows, "{appdata}/devin/cli"),
    ],
    not_entered: &["logs", "bin", "cache"],
};

/// The database's name.
const DATABASE: &str = "sessions.db";

/// The adapter.
#[derive(Debug)]
pub(super) struct Devin;

/// What is known of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    model: Option<String>,
    folder: Option<String>,
    at: Option<UtcSeconds>,
}

/// What stands beside an answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    request_id: LooseText<'static>,
    generation_model: LooseText<'static>,
    created_at: LooseTime,
    metrics: Maybe<Metrics>,
}

/// Counts that do not overlap.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the tool's names")]
struct Metrics {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_read_tokens: LooseCount,
    cache_creation_tokens: LooseCount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Node {
    role: LooseText<'static>,
    metadata: Maybe<Metadata>,
}

impl Metrics {
    fn counts(self, sink: &mut Sink<'_>) -> Counts {
        Counts {
            input: sink.count(self.input_tokens, "input_tokens"),
            output: sink.count(self.output_tokens, "output_tokens"),
            cache_read: sink.count(self.cache_read_tokens, "cache_read_tokens"),
            cache_creation: sink.count(self.cache_creation_tokens, "cache_creation_tokens"),
            ..Counts::default()
        }
    }
}

/// The first name that is one of a model.
fn model<'a>(names: &[Option<&'a str>]) -> Option<&'a str> {
    let is_model = |name: &&str| *name != "adaptive" && !name.starts_with("MODEL_");
    names.iter().flatten().copied().find(is_model)
}

fn is_transcript(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
        && path
            .ancestors()
            .nth(1)
            .and_then(Path::file_name)
            .is_some_and(|name| name == "transcripts")
}

/// The database that a transcript was exported from.
fn database_of(transcript: &Path) -> Option<PathBuf> {
    Some(transcript.ancestors().nth(2)?.join(DATABASE))
}

impl Adapter for Devin {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == DATABASE) || is_transcript(path)
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        if is_transcript(log) { database_of(log) } else { Some(write_ahead(log)) }
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        if is_transcript(log.path) {
            return transcript::read(log, sink);
        }
        let database = log.database(sink)?;
        let sessions = sessions(&database)?;
        let unknown = Session::default();
        let columns = ["session_id", "node_id", "row_id", "chat_message", "created_at"];
        database.rows("message_nodes", &columns, "", |row| {
            let node: Node = match row.json(3) {
                Some(Ok(node)) => node,
                Some(Err(error)) => {
                    return sink.skip(format!("a message is not valid JSON: {error}"));
                }
                None => return,
            };
            if node.role.get() != Some("assistant") {
                return;
            }
            let metadata = node.metadata.0.unwrap_or_default();
            let Some(metrics) = metadata.metrics.0 else { return sink.silent() };
            let session = row.text(0).unwrap_or_default();
            let about = sessions.get(&session).unwrap_or(&unknown);
            let number = row.text(1).or_else(|| row.text(2)).unwrap_or_default();
            let node = format!("node {number}");
            let counts = metrics.counts(sink);
            sink.push(&Draft {
                own: &[&session, metadata.request_id.get().unwrap_or(&node)],
                at: metadata.created_at.0.or_else(|| row.time(4)),
                model: model(&[metadata.generation_model.get(), about.model.as_deref()]),
                counts,
                session: Some(&session),
                folder: about.folder.as_deref(),
                ..Draft::default()
            });
        })
    }
}

fn sessions(database: &Database) -> Result<HashMap<String, Session>, ReadError> {
    let mut sessions = HashMap::new();
    let columns = ["id", "model", "working_directory", "last_activity_at", "created_at"];
    database.rows("sessions", &columns, "", |row| {
        let session = Session {
            model: row.text(1),
            folder: row.text(2),
            at: row.time(3).or_else(|| row.time(4)),
        };
        sessions.extend(row.text(0).map(|id| (id, session)));
    })?;
    Ok(sessions)
}
