//! Antigravity of Google: `~/.gemini/antigravity-cli/conversations/<id>.db` and their like, a database per conversation;
//! its rows hold messages of protobuf.
//!
//! Facts (`rust/adapters/antigravity/README.md` and `src/parser.rs` in <https://github.com/ccusage/ccusage>, commits
//! 087b936e and 0a67b461, whose field numbers are from descriptors in the program;
//! `crates/tokscale-core/src/sessions/antigravity_cli.rs` in <https://github.com/junhoyeo/tokscale>, commit 02795520,
//! whose are from 140 turns; read 2026-11-21):
//!
//! - A row of `steps` has the usage of a call in field 9 of `metadata`; `gen_metadata` has it in field 1.4 of `data`,
//!   and the model's name in 1.19 or 1.21. Most calls are in both: with the same ids.
//! - Usage: 2 = prompt without the caches, 3 = all output, 4 = written to the cache, 5 = read from it, 9 and 10 = the
//!   parts of the output, 7, 11 and 12 = ids.
//! - Attempts that failed are in a list beside the usage (28 and 1.17), the last one too.
//! - Old rows are taken away by the tool.
//! - Older versions, and the editor, keep `.pb` files whose content is encrypted: nothing is read of them.
//!
//! They disagree on field 1: tokscale takes it to be tokens of the system prompt, as it is always 1132. The descriptors
//! say that it is the model's number, and so do other conversations, where it is another: it is not counted. On which
//! of 9 and 10 is the reasoning, the descriptors say 9.

mod messages;

use std::path::{Path, PathBuf};

use data_schema::{Quality, Tokens, UtcSeconds};
use messages::{
    ChatModel, GeneratorMetadata, ModelUsage, StepMetadata, Timestamp, Trajectory, text,
};
use rustc_hash::FxHashMap;

use crate::adapter::{
    Adapter, Counts, Draft, Log, ReadError, Row, Sink, file_path, together, write_ahead,
};
use crate::source::{Evidence, Folder, Info, Keeps, Role};

/// Numbers of models from here on have no name in the program either.
const PLACEHOLDERS: u64 = 1000;

static INFO: Info = Info {
    id: "antigravity",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Partial,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/ccusage/ccusage/tree/main/rust/adapters/antigravity, 2026-11-21",
            "https://github.com/junhoyeo/tokscale, 2026-11-21",
        ],
    },
    lacks: "conversations in .pb files, names of some models, rows that it has taken away",
    keeps: Keeps::Prunes,
    directory_key: "directory",
    variables: &[],
    below: &["conversations", "implicit"],
    folders: &[
        Folder::all("~/.gemini/antigravity-cli/conversations"),
        Folder::all("~/.gemini/antigravity-cli/implicit"),
        Folder::all("~/.gemini/antigravity-ide/conversations"),
        Folder::all("~/.gemini/antigravity-ide/implicit"),
        Folder::all("~/.gemini/antigravity/conversations"),
        Folder::all("~/.gemini/antigravity/implicit"),
    ],
    not_entered: &[],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct Antigravity;

/// A call as one of the tables tells it.
struct Call {
    usage: ModelUsage,
    at: Option<UtcSeconds>,
    model: Option<String>,
}

impl Adapter for Antigravity {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "db")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let database = log.database(sink)?;
        let mut trajectory = Trajectory::default();
        database.rows("trajectory_metadata_blob", &["data"], "LIMIT 1", |row| {
            trajectory = decoded(sink, row, 0).unwrap_or_default();
        })?;
        let mut calls: FxHashMap<String, Call> = FxHashMap::default();
        database.rows("gen_metadata", &["data"], "ORDER BY idx", |row| {
            let metadata: Option<GeneratorMetadata> = decoded(sink, row, 0);
            match metadata.and_then(|metadata| metadata.chat_model) {
                Some(model) if model.usage.is_some() => of_model(&mut calls, log.stem(), model),
                _ => sink.silent(),
            }
        })?;
        database.rows(
            "steps",
            &["metadata"],
            "WHERE metadata IS NOT NULL ORDER BY idx",
            |row| {
                if let Some(step) = decoded(sink, row, 0) {
                    of_step(&mut calls, log.stem(), step);
                }
            },
        )?;
        let folder = trajectory.workspace.and_then(|workspace| file_path(&text(&workspace.uri)?));
        let created = trajectory.created.and_then(Timestamp::time);
        let mut calls: Vec<(String, Call)> = calls.into_iter().collect();
        calls.sort_by(|(left, _), (right, _)| left.cmp(right));
        for (id, call) in calls {
            let draft = Draft {
                own: &[&id],
                at: call.at.or(created),
                session: Some(log.stem()),
                folder: folder.as_deref(),
                ..Draft::default()
            };
            push(sink, &call, &draft);
        }
        Ok(())
    }
}

/// What a column holds; damage is told.
fn decoded<M: prost::Message + Default>(
    sink: &mut Sink<'_>,
    row: &Row<'_, '_>,
    column: usize,
) -> Option<M> {
    match M::decode(row.bytes(column)?) {
        Ok(message) => Some(message),
        Err(error) => {
            sink.skip(format!("a row is not the message that it should be: {error}"));
            None
        }
    }
}

fn of_model(calls: &mut FxHashMap<String, Call>, conversation: &str, model: ChatModel) {
    let at = model.generation.and_then(|generation| generation.at).and_then(Timestamp::time);
    let name = text(&model.response_model).or(text(&model.label));
    let retries = model.retries.into_iter().filter_map(|retry| retry.usage);
    for usage in model.usage.into_iter().chain(retries) {
        calls.entry(usage.id(conversation)).or_insert_with(|| Call {
            usage,
            at,
            model: name.clone(),
        });
    }
}

/// A step is told beside its generation, and has the better time; the generation has the better name.
fn of_step(calls: &mut FxHashMap<String, Call>, conversation: &str, step: StepMetadata) {
    let at = step.completed.or(step.created).and_then(Timestamp::time);
    let name = step.model.and_then(|model| text(&model.name).or(text(&model.label)));
    let retries = step.retries.into_iter().filter_map(|retry| retry.usage);
    for usage in step.usage.into_iter().chain(retries) {
        let id = usage.id(conversation);
        let call = calls.entry(id).or_insert_with(|| Call { usage, at, model: None });
        call.at = at.or(call.at);
        if call.model.is_none() {
            call.model.clone_from(&name);
        }
    }
}

fn push(sink: &mut Sink<'_>, call: &Call, draft: &Draft<'_>) {
    let usage = &call.usage;
    let mut count = |count: Option<u64>, field| match count.map(Tokens::new) {
        Some(None) => {
            sink.warn(format!("`{field}` is not a plausible number of tokens: left out"));
            None
        }
        other => other.flatten(),
    };
    let counts = Counts {
        input: count(usage.input, "input_tokens"),
        cache_read: count(usage.cache_read, "cache_read_tokens"),
        cache_creation: count(usage.cache_write, "cache_write_tokens"),
        output: count(usage.output, "output_tokens"),
        reasoning: count(usage.thinking, "thinking_output_tokens"),
        ..Counts::default()
    };
    let output =
        counts.output.or(together(counts.reasoning, count(usage.text, "response_output_tokens")));
    let unnamed = match usage.model {
        0 => None,
        number @ PLACEHOLDERS.. => Some(format!("MODEL_PLACEHOLDER_M{}", number - PLACEHOLDERS)),
        number => Some(format!("antigravity-model-{number}")),
    };
    sink.push(&Draft {
        model: call.model.as_deref().or(unnamed.as_deref()),
        counts: Counts { output, ..counts },
        ..draft.clone()
    });
}
