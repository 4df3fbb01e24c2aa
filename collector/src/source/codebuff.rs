//! Codebuff (before: Manicode): `~/.config/manicode/projects/<project>/chats/<time>/chat-messages.json`, a list of
//! messages; also `manicode-dev` and `manicode-staging`.
//!
//! Facts (<https://github.com/getagentseal/codeburn> `docs/providers/codebuff.md`, the adapters of
//! <https://github.com/ryoppippi/ccusage> 20.0.11 and <https://github.com/junhoyeo/tokscale> 4.6.0, which agree on where
//! usage stands; <https://github.com/CodebuffAI/codebuff> `cli/src/types/chat.ts` for the message; read 2026-11-21):
//!
//! - Usage stands in `metadata.usage` or `metadata.codebuff.usage`; or in the last answer of
//!   `metadata.runState.sessionState.mainAgentState.messageHistory`, a copy of the whole history in every message.
//! - Under the names of `OpenAI`'s interface the prompt contains what was read from the cache.
//! - The vendor's own type has credits and no tokens: a message that has only credits is not counted.
//! - The folder of a chat is the time of its beginning, with `-` for `:`.
//!
//! Open: which versions write tokens at all.

use std::path::Path;

use data_schema::{Quality, UtcSeconds, parse_log_time};
use serde::Deserialize;

use crate::adapter::{Adapter, AnyUsage, Draft, Log, ReadError, Shape, Sink};
use crate::loose::{Items, LooseNumber, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

/// What is known of Codebuff.
static INFO: Info = Info {
    id: "codebuff",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Partial,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/getagentseal/codeburn/blob/main/docs/providers/codebuff.md (2026-11-21)",
            "https://github.com/ryoppippi/ccusage (20.0.11)",
            "https://github.com/junhoyeo/tokscale (4.6.0)",
        ],
    },
    lacks: "answers of which only credits are told",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[Variable::instead("CODEBUFF_DATA_DIR")],
    below: &["projects"],
    folders: &[
        Folder::all("~/.config/manicode/projects"),
        Folder::all("~/.config/manicode-dev/projects"),
        Folder::all("~/.config/manicode-staging/projects"),
    ],
    not_entered: &[],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct Codebuff;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    id: LooseText<'static>,
    variant: LooseText<'static>,
    role: LooseText<'static>,
    timestamp: LooseTime,
    credits: LooseNumber,
    metadata: Maybe<Metadata>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    model: LooseText<'static>,
    usage: Maybe<AnyUsage>,
    codebuff: Maybe<Told>,
    run_state: Maybe<RunState>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    model: LooseText<'static>,
    usage: Maybe<AnyUsage>,
}

/// State of a run: in a message, and in a file beside the messages.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RunState {
    session_state: Maybe<SessionState>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SessionState {
    main_agent_state: Maybe<AgentState>,
    file_context: Maybe<FileContext>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AgentState {
    message_history: Items<Past>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct FileContext {
    cwd: LooseText<'static>,
    project_root: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Past {
    role: LooseText<'static>,
    provider_options: Maybe<Options>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Options {
    usage: Maybe<AnyUsage>,
    codebuff: Maybe<Told>,
}

impl Adapter for Codebuff {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "chat-messages.json")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let messages: Items<Message> = log.document()?;
        let state: RunState = log.beside("run-state.json").unwrap_or_default();
        let files =
            state.session_state.0.and_then(|state| state.file_context.0).unwrap_or_default();
        let chat = log.folder(1);
        let mut before = began(chat);
        for (index, message) in messages.0.iter().enumerate() {
            if message.variant.get() != Some("ai") && message.role.get() != Some("assistant") {
                continue;
            }
            before = message.timestamp.0.or(before);
            let Some((usage, model)) = message.metadata.0.as_ref().and_then(Metadata::told) else {
                if message.credits.0.is_none() {
                    sink.silent();
                }
                continue;
            };
            let place = index.to_string();
            let usual = Shape { prompt_has_cache: false, output_has_reasoning: true };
            let counts = usage.counts(sink, usual);
            sink.push(&Draft {
                own: &[chat, message.id.get().unwrap_or(&place)],
                at: before,
                model,
                counts,
                session: Some(chat),
                folder: files.cwd.get().or(files.project_root.get()),
                ..Draft::default()
            });
        }
        Ok(())
    }
}

impl Metadata {
    /// Usage and model of an answer.
    fn told(&self) -> Option<(&AnyUsage, Option<&str>)> {
        let model = self.model.get();
        if let Some(usage) = &self.usage.0 {
            return Some((usage, model));
        }
        if let Some(told) = &self.codebuff.0
            && let Some(usage) = &told.usage.0
        {
            return Some((usage, model.or(told.model.get())));
        }
        let state = self.run_state.0.as_ref()?.session_state.0.as_ref()?;
        let history = &state.main_agent_state.0.as_ref()?.message_history.0;
        let answers = history.iter().rev().filter(|past| past.role.get() == Some("assistant"));
        let mut options = answers.filter_map(|past| past.provider_options.0.as_ref());
        options.find_map(|options| {
            let told = options.codebuff.0.as_ref();
            let usage = options.usage.0.as_ref().or(told.and_then(|told| told.usage.0.as_ref()))?;
            Some((usage, model.or(told.and_then(|told| told.model.get()))))
        })
    }
}

/// When a chat began, by the name of its folder: `2026-05-01T10-00-00.000Z`.
fn began(chat: &str) -> Option<UtcSeconds> {
    let (day, time) = chat.split_once('T')?;
    parse_log_time(&format!("{day}T{}", time.replacen('-', ":", 2)))
}
