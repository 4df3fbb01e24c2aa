//! Warp: `warp.sqlite`, table `agent_conversations`, one row per conversation with the agent.
//!
//! Facts (<https://github.com/warpdotdev/warp>, `crates/persistence/src/model.rs` at 034522c and `schema.rs` at 4416d70;
//! places after other readers of the file, such as `src/providers/warp.ts` of
//! <https://github.com/getagentseal/codeburn>; read 2026-11-21):
//!
//! - `conversation_data` is JSON. `conversation_usage_metadata.token_usage` lists, per model, what the conversation has
//!   used so far: `warp_tokens` (before: `total_tokens`), `byok_tokens` with the user's own keys, and
//!   `custom_endpoint_tokens`. They grow: one counter per conversation and model.
//! - They are sums of input and output without a split. The server tells them; the split by query that other readers
//!   make from the length of texts is not made here.
//! - `last_modified_at` is UTC. `summary` is JSON with `initial_working_directory`.
//! - `orchestration_harness_type` names the tool that a conversation is handed to, `oz` being Warp's own. The others keep
//!   logs themselves: what they used is not counted here.
//!
//! Open: whether the sums contain what was read from a cache; whether those of a parent contain its children's.
//! `total_provider_cost_in_cents` is of all models together and has no place in a counter of one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use data_schema::{Kind, Quality, Tokens};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Row, Sink, write_ahead};
use crate::loose::{LooseCount, LooseText, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, On, Role};

static INFO: Info = Info {
    id: "warp",
    revision: 1,
    role: Role::Counter,
    quality: Quality::Partial,
    evidence: Evidence::VendorCode {
        repository: "warpdotdev/warp",
        commit: "034522ce8a498ffc38ec346c50f612bceaefc25e",
    },
    lacks: "one number per conversation and model: no input, output, cache or cost; agents in Warp's cloud",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[],
    below: &["warp.sqlite"],
    folders: &[
        Folder::on(On::Linux, "{state}/warp-terminal/warp.sqlite"),
        Folder::on(On::Linux, "{state}/warp-terminal-preview/warp.sqlite"),
        Folder::on(
            On::MacOs,
            "~/Library/Group Containers/2BBY89MBSN.dev.warp/Library/Application Support/dev.warp.Warp-*/warp.sqlite",
        ),
        Folder::on(On::MacOs, "{support}/dev.warp.Warp-*/warp.sqlite"),
        Folder::on(On::Windows, "{localappdata}/warp/Warp*/data/warp.sqlite"),
    ],
    not_entered: &[],
};

/// Names of the harness that is Warp's own.
const OWN_HARNESS: [&str; 2] = ["oz", "warp"];

/// The adapter.
#[derive(Debug)]
pub(super) struct Warp;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Conversation {
    #[serde(rename = "conversation_usage_metadata")]
    metadata: Maybe<Metadata>,
    orchestration_harness_type: LooseText<'static>,
    parent_conversation_id: LooseText<'static>,
    agent_name: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    token_usage: Vec<Maybe<ModelUsage>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ModelUsage {
    model_id: LooseText<'static>,
    warp_tokens: LooseCount,
    total_tokens: LooseCount,
    byok_tokens: LooseCount,
    custom_endpoint_tokens: LooseCount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    initial_working_directory: LooseText<'static>,
}

impl Adapter for Warp {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "warp.sqlite")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let columns = ["conversation_id", "conversation_data", "last_modified_at", "summary"];
        let database = log.database(sink)?;
        database.rows("agent_conversations", &columns, "", |row| conversation(sink, row))
    }
}

fn conversation(sink: &mut Sink<'_>, row: &Row<'_, '_>) {
    let (Some(id), Some(data)) = (row.text(0), row.json::<Maybe<Conversation>>(1)) else { return };
    let Ok(Maybe(Some(data))) = data else {
        sink.skip(format!("conversation {id} is not what a conversation looks like"));
        return;
    };
    let harness = data.orchestration_harness_type.get();
    if harness.is_some_and(|harness| !OWN_HARNESS.contains(&harness)) {
        return;
    }
    let Some(metadata) = &data.metadata.0 else { return };
    let mut models: BTreeMap<&str, u64> = BTreeMap::new();
    for usage in metadata.token_usage.iter().filter_map(|usage| usage.0.as_ref()) {
        let model = models.entry(usage.model_id.get().unwrap_or_default()).or_default();
        *model = model.saturating_add(used(sink, usage));
    }
    let summary = row.json::<Maybe<Summary>>(3).and_then(Result::ok).and_then(|summary| summary.0);
    let folder = summary.as_ref().and_then(|summary| summary.initial_working_directory.get());
    for (model, used) in models {
        let counts = Counts { total: Some(Tokens::saturating(used)), ..Counts::default() };
        sink.push(&Draft {
            own: &[&id, model, &counts.written()],
            at: row.time(2),
            model: Some(model),
            counts,
            kind: Kind::Reading,
            session: Some(&id),
            parent: data.parent_conversation_id.get(),
            folder,
            agent: data.agent_name.get(),
            ..Draft::default()
        });
    }
}

/// Tokens of one model, whoever paid for them.
fn used(sink: &mut Sink<'_>, usage: &ModelUsage) -> u64 {
    let by_warp = sink.count(usage.warp_tokens, "warp_tokens");
    let parts = [
        by_warp.or_else(|| sink.count(usage.total_tokens, "total_tokens")),
        sink.count(usage.byok_tokens, "byok_tokens"),
        sink.count(usage.custom_endpoint_tokens, "custom_endpoint_tokens"),
    ];
    parts.into_iter().flatten().map(Tokens::get).sum()
}
