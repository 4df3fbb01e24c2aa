//! Kimi CLI: `~/.kimi/sessions/<md5 of the folder>/<session>/wire.jsonl`, one message per line, usage on
//! `StatusUpdate`; sub-agents have a file of their own below `subagents/<agent>/`.
//!
//! Facts (<https://github.com/MoonshotAI/kimi-cli> `src/kimi_cli/wire/types.py` and `wire/file.py`, read 2026-11-21):
//!
//! - `token_usage` is that of one step, in classes that do not overlap; `message_id` is the provider's id of the
//!   response, and a step may be told again.
//! - What a sub-agent's file tells stands in its parent's file once more, as `SubagentEvent`; older versions have no
//!   other place for it.
//! - No line tells the model: that of the settings is taken, as they are when a file is read.
//! - Times are seconds with a fraction, since 1970. The first line has the version of the format.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use data_schema::Quality;
use serde::Deserialize;

use super::kimi_code::newer_version;
use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink, json_file};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

/// What is known of Kimi CLI.
static INFO: Info = Info {
    id: "kimi-cli",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Partial,
    evidence: Evidence::VendorCode {
        repository: "MoonshotAI/kimi-cli",
        commit: "026ae98e22845744fced2132a739e7ce4ce84189",
    },
    lacks: "the model: that of the settings is taken; the folder",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("KIMI_SHARE_DIR")],
    below: &["sessions"],
    folders: &[Folder::all("~/.kimi/sessions")],
    not_entered: &[],
};

static MARKERS: LazyLock<Markers> =
    LazyLock::new(|| Markers::any(&["\"StatusUpdate\"", "\"protocol_version\""]));

/// The adapter.
#[derive(Debug)]
pub(super) struct KimiCli;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    protocol_version: LooseText<'static>,
    timestamp: LooseTime,
    message: Maybe<Message>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    #[serde(rename = "type")]
    kind: LooseText<'static>,
    payload: Maybe<Payload>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payload {
    message_id: LooseText<'static>,
    token_usage: Maybe<TokenUsage>,
    /// What a sub-agent says.
    event: Maybe<Box<Message>>,
    subagent_type: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenUsage {
    input_other: LooseCount,
    input_cache_read: LooseCount,
    input_cache_creation: LooseCount,
    output: LooseCount,
}

impl Adapter for KimiCli {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "wire.jsonl")
    }

    /// The settings, which name the model.
    fn companion(&self, log: &Path) -> Option<PathBuf> {
        let root = root(log)?;
        let newer = root.join("config.toml");
        Some(if newer.exists() { newer } else { root.join("config.json") })
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let is_sub_agent = log.folder(2) == "subagents";
        let model = root(log.path).and_then(|root| configured_model(&root));
        let wire = Wire {
            session: log.folder(if is_sub_agent { 3 } else { 1 }),
            agent: is_sub_agent.then_some("subagent"),
            model: model.as_deref(),
        };
        let mut newer = None;
        log.lines(sink, &MARKERS, |sink, line: Line| {
            newer = newer.take().or_else(|| newer_version(&line.protocol_version));
            if let (None, Some(message)) = (&newer, &line.message.0) {
                wire.message(sink, &line, message, wire.agent);
            }
        })?;
        newer.map_or(Ok(()), |version| Err(ReadError::version(version, "1")))
    }
}

/// What is known of a log.
struct Wire<'l> {
    session: &'l str,
    agent: Option<&'l str>,
    model: Option<&'l str>,
}

impl Wire<'_> {
    fn message(&self, sink: &mut Sink<'_>, line: &Line, message: &Message, agent: Option<&str>) {
        let Some(payload) = &message.payload.0 else { return };
        if let (Some("SubagentEvent"), Some(event)) = (message.kind.get(), &payload.event.0) {
            let agent = payload.subagent_type.get().or(agent).or(Some("subagent"));
            return self.message(sink, line, event, agent);
        }
        let (Some("StatusUpdate"), Some(usage)) = (message.kind.get(), &payload.token_usage.0)
        else {
            return;
        };
        let counts = Counts {
            input: sink.count(usage.input_other, "input_other"),
            cache_read: sink.count(usage.input_cache_read, "input_cache_read"),
            cache_creation: sink.count(usage.input_cache_creation, "input_cache_creation"),
            output: sink.count(usage.output, "output"),
            ..Counts::default()
        };
        // A step that is told again has the same id; without one, two steps do not count the same.
        let values = counts.written();
        let id = payload.message_id.get();
        sink.push(&Draft {
            response: id,
            own: &[self.session, id.unwrap_or(&values)],
            at: line.timestamp.0,
            model: self.model,
            counts,
            session: Some(self.session),
            agent,
            ..Draft::default()
        });
    }
}

/// The folder of the tool: above `sessions`.
fn root(log: &Path) -> Option<PathBuf> {
    let sessions =
        log.ancestors().find(|path| path.file_name().is_some_and(|name| name == "sessions"))?;
    Some(sessions.parent()?.to_owned())
}

/// What the settings say of models.
#[derive(Deserialize)]
struct Settings {
    default_model: Option<String>,
    #[serde(default)]
    models: BTreeMap<String, Model>,
}

#[derive(Deserialize)]
struct Model {
    model: Option<String>,
}

/// The model of the settings.
fn configured_model(root: &Path) -> Option<String> {
    let settings = match fs_err::read_to_string(root.join("config.toml")) {
        Ok(text) => toml::from_str(&text).ok()?,
        Err(_) => json_file(&root.join("config.json"))?,
    };
    model_in(settings)
}

fn model_in(settings: Settings) -> Option<String> {
    let name = settings.default_model.filter(|name| !name.is_empty())?;
    let model = settings.models.get(&name).and_then(|model| model.model.clone());
    Some(model.unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_name_the_model() {
        let settings = "default_model = \"kimi-code/k2\"\n\n[models.\"kimi-code/k2\"]\nprovider = \"p\"\n\
                        model = \"kimi-k2-turbo\"\nmax_context_size = 1\n\n[models.other]\nmodel = \"x\"\n";
        let model_in = |text: &str| model_in(toml::from_str(text).unwrap());
        assert_eq!(model_in(settings).as_deref(), Some("kimi-k2-turbo"));
        assert_eq!(model_in("default_model = 'k2'\n").as_deref(), Some("k2"));
        assert_eq!(model_in("default_model = \"\"\n[models.a]\ndefault_model = \"no\"\n"), None);
    }
}
