//! Piebald: `app.db` in its data folder, table `messages`.
//!
//! Facts (<https://github.com/Piebald-AI/splitrail>, `src/analyzers/piebald.rs` at 07d4b6d6, read 2026-11-21: the only
//! description, by the makers of Piebald for another tool of theirs):
//!
//! - A row per message; ids are numbers that begin at 1 everywhere, so a message is known by its id and the time of its
//!   making, which has nanoseconds.
//! - `OpenAI`'s models: the input contains the caches, and the output lacks the reasoning. Others: the input contains no
//!   caches, and the reasoning is a part of the output.
//! - The model stands with the message; in old rows only with the chat. The service tier stands in the tables of settings
//!   that `config_id` names.
//!
//! Open: no total stands beside the numbers, so what they contain is taken from the model's name.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use data_schema::Quality;

use crate::adapter::{
    Adapter, Counts, Database, Draft, Log, ReadError, Row, Sink, logs_itself, write_ahead,
};
use crate::source::{Evidence, Folder, Info, Keeps, On, Role};

static INFO: Info = Info {
    id: "piebald",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/Piebald-AI/splitrail/blob/07d4b6d6d309d3bb78b8f986409f04c16375b562/src/analyzers/piebald.rs (2026-11-21)",
        ],
    },
    lacks: "",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[],
    below: &["piebald"],
    folders: &[
        Folder::on(On::Linux, "{data}/piebald"),
        Folder::on(On::MacOs, "{support}/piebald"),
        Folder::on(On::Windows, "{appdata}/piebald"),
    ],
    not_entered: &[],
};

/// How the names of `OpenAI`'s models begin.
const OPENAI: [&str; 6] = ["gpt-", "chatgpt-", "codex-", "o1", "o3", "o4"];
/// Tables of settings with a service tier.
const SETTINGS: [&str; 2] =
    ["override_gen_cfg_data_openai_responses", "override_gen_cfg_data_openai_completions"];

/// The adapter.
#[derive(Debug)]
pub(super) struct Piebald;

#[derive(Debug, Default)]
struct Chat {
    /// The id, which begins at 1 everywhere, with the time of its making.
    name: String,
    model: Option<String>,
    folder: Option<String>,
}

impl Adapter for Piebald {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "app.db")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let database = log.database(sink)?;
        let chats = chats(&database)?;
        let tiers = tiers(&database)?;
        let unknown = Chat::default();
        database.rows("messages", &COLUMNS, "", |row| {
            let is_answer = row.text(2).is_some_and(|role| role.eq_ignore_ascii_case("assistant"));
            if is_answer && !row.text(12).is_some_and(|provider| logs_itself(&provider)) {
                let chat = row.text(1).and_then(|chat| chats.get(&chat)).unwrap_or(&unknown);
                let tier = row.text(11).and_then(|settings| tiers.get(&settings));
                take(sink, row, chat, tier.map(String::as_str));
            }
        })
    }
}

const COLUMNS: [&str; 13] = [
    "id",
    "parent_chat_id",
    "role",
    "model",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "created_at",
    "updated_at",
    "config_id",
    "provider",
];

fn take(sink: &mut Sink<'_>, row: &Row<'_, '_>, chat: &Chat, tier: Option<&str>) {
    let raw = Counts {
        input: sink.count(row.count(4), "input_tokens"),
        output: sink.count(row.count(5), "output_tokens"),
        reasoning: sink.count(row.count(6), "reasoning_tokens"),
        cache_read: sink.count(row.count(7), "cache_read_tokens"),
        cache_creation: sink.count(row.count(8), "cache_write_tokens"),
        ..Counts::default()
    };
    let told = row.text(3);
    let model = told.as_deref().or(chat.model.as_deref());
    let counts = if model.is_some_and(is_openai) {
        sink.prompt_with_cache(raw.output_without_reasoning())
    } else {
        raw
    };
    let own = [9, 0].map(|column| row.text(column).unwrap_or_default());
    let [created, id] = &own;
    let provider = row.text(12);
    sink.push(&Draft {
        own: &[created, id],
        at: row.time(9).or_else(|| row.time(10)),
        model,
        counts,
        tier,
        session: Some(&chat.name),
        folder: chat.folder.as_deref(),
        vendor: provider.as_deref(),
        ..Draft::default()
    });
}

fn is_openai(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    OPENAI.iter().any(|start| name.starts_with(start))
}

fn chats(database: &Database) -> Result<HashMap<String, Chat>, ReadError> {
    let mut folders = HashMap::new();
    database.rows("projects", &["id", "directory"], "", |row| {
        folders.extend(row.text(0).zip(row.text(1)));
    })?;
    let mut chats = HashMap::new();
    database.rows("chats", &["id", "model", "project_id", "created_at"], "", |row| {
        let Some(id) = row.text(0) else { return };
        let folder = row.text(2).and_then(|project| folders.get(&project).cloned());
        let name = format!("{id} {}", row.text(3).unwrap_or_default());
        chats.insert(id, Chat { name, model: row.text(1), folder });
    })?;
    Ok(chats)
}

/// Tiers that are not the standard one, by the settings that name them.
fn tiers(database: &Database) -> Result<HashMap<String, String>, ReadError> {
    let mut tiers = HashMap::new();
    for table in SETTINGS {
        database.rows(table, &["gen_cfg_id", "service_tier"], "", |row| {
            let Some((settings, tier)) = row.text(0).zip(row.text(1)) else { return };
            let tier = tier.trim().to_ascii_lowercase();
            if ["priority", "flex", "batch"].contains(&tier.as_str()) {
                tiers.insert(settings, tier);
            }
        })?;
    }
    Ok(tiers)
}
