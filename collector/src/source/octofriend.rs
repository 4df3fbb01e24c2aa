//! Octofriend: `~/.local/share/octofriend/sqlite.db`, one row per message of a tree of conversations.
//!
//! Facts (<https://github.com/synthetic-lab/octofriend> `drizzle/0002_silver_circuit.sql`, `source/ir/llm-ir.ts` and
//! `source/compilers/standard.ts`, read 2026-11-21):
//!
//! - An answer in `llm_irs.json` has `outputTokens`, and `tokenUsage`: prompt and output of the call, less the
//!   `tokenUsage` of all answers before it. So the whole of a call is the sum over its branch of the tree, from the last
//!   summary on.
//! - An answer that was broken off has no `tokenUsage`: its output alone is known.
//! - No row tells when; a tree tells when it was changed last. Caches are not told.
//! - `history_items.model_json` names the model, in newer versions.
//!
//! What <https://github.com/junhoyeo/tokscale> reads, a table `messages` with counts, is in no version of this code.
//!
//! Open: the call that makes a summary is told nowhere.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use data_schema::{Quality, Tokens, UtcSeconds};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Row, Sink, write_ahead};
use crate::loose::{LooseCount, LooseNumber, LooseText};
use crate::source::{Evidence, Folder, Info, Keeps, Role};

/// What is known of Octofriend.
static INFO: Info = Info {
    id: "octofriend",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Partial,
    evidence: Evidence::VendorCode {
        repository: "synthetic-lab/octofriend",
        commit: "24f48695f4172c0296ade5908b06244a51874c7c",
    },
    lacks: "caches, summaries, and when a response was: the last change of its conversation is taken",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[],
    below: &["octofriend"],
    folders: &[Folder::all("~/.local/share/octofriend")],
    not_entered: &[],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct Octofriend;

/// A message.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Message {
    role: LooseText<'static>,
    token_usage: LooseNumber,
    output_tokens: LooseCount,
}

/// A model, as the settings know it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Model {
    model: LooseText<'static>,
    nickname: LooseText<'static>,
}

/// A conversation.
#[derive(Debug)]
struct Tree {
    name: Option<String>,
    folder: Option<String>,
    changed: Option<UtcSeconds>,
}

impl Adapter for Octofriend {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "sqlite.db")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let database = log.database(sink)?;
        let mut trees = HashMap::new();
        database.rows("trees", &["id", "name", "cwd", "updated_at"], "", |row| {
            let tree = Tree { name: row.text(1), folder: row.text(2), changed: row.time(3) };
            trees.insert(row.text(0), tree);
        })?;
        // Versions before trees keep no messages.
        if trees.is_empty() || !database.has("llm_irs")? || !database.has("history_items")? {
            return Ok(());
        }
        let has_model = database.columns("history_items")?.contains("model_json");
        let model = if has_model { "item.model_json" } else { "NULL" };
        // A node comes after the one above it.
        let nodes = format!(
            "SELECT node.id, node.tree_id, node.parent_id, message.json, {model} FROM tree_nodes AS node \
             JOIN history_items AS item ON item.id = node.history_item_id \
             LEFT JOIN llm_irs AS message ON message.id = item.llm_ir_id ORDER BY node.id"
        );
        let mut reader = Reader { trees: &trees, before: HashMap::new() };
        database.query(&nodes, |row| reader.node(sink, row))
    }
}

/// A database while it is read.
struct Reader<'t> {
    trees: &'t HashMap<Option<String>, Tree>,
    /// By node: the tokens of the conversation up to it.
    before: HashMap<String, f64>,
}

impl Reader<'_> {
    fn node(&mut self, sink: &mut Sink<'_>, row: &Row<'_, '_>) {
        let Some(node) = row.text(0) else { return };
        let above = row.text(2).and_then(|parent| self.before.get(&parent).copied());
        let above = above.unwrap_or_default();
        let message: Message = row.json(3).and_then(Result::ok).unwrap_or_default();
        let whole = match message.role.get() {
            Some("assistant") => above + message.token_usage.0.unwrap_or_default(),
            // What comes next is sent without what came before.
            Some("compaction-checkpoint") => 0.0,
            _ => above,
        };
        if message.role.get() == Some("assistant") {
            self.answer(sink, row, (&node, &message, whole));
        }
        self.before.insert(node, whole);
    }

    fn answer(
        &self,
        sink: &mut Sink<'_>,
        row: &Row<'_, '_>,
        (node, message, whole): (&str, &Message, f64),
    ) {
        if message.token_usage.0.is_none() && message.output_tokens == LooseCount::NotTold {
            return sink.silent();
        }
        let output = sink.count(message.output_tokens, "outputTokens");
        let is_broken_off = message.token_usage.0.is_none_or(|told| told == 0.0);
        let whole = if is_broken_off { None } else { tokens(whole) };
        let prompt = whole.map(|whole| {
            Tokens::saturating(whole.get().saturating_sub(output.map_or(0, Tokens::get)))
        });
        let counts = Counts { input: prompt, output, ..Counts::default() };
        if counts.sum() == 0 {
            return;
        }
        let tree = self.trees.get(&row.text(1));
        let session = tree.and_then(|tree| tree.name.as_deref()).unwrap_or_default();
        let model: Model = row.json(4).and_then(Result::ok).unwrap_or_default();
        sink.push(&Draft {
            own: &[session, node, &counts.written()],
            at: tree.and_then(|tree| tree.changed),
            model: model.model.get().or(model.nickname.get()),
            counts,
            session: Some(session),
            folder: tree.and_then(|tree| tree.folder.as_deref()),
            ..Draft::default()
        });
    }
}

/// A number of tokens.
fn tokens(number: f64) -> Option<Tokens> {
    match LooseCount::from_number(number) {
        LooseCount::Told(tokens) => Some(tokens),
        _ => None,
    }
}
