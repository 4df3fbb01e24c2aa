//! `LingTai`: `<project>/.lingtai/<agent>/logs/token_ledger.jsonl`, one line per request.
//!
//! Facts (<https://github.com/Lingtai-AI/lingtai-kernel>, `src/lingtai/kernel/token_ledger.py` at 57d1ea0 and the notes
//! on usage in `src/lingtai/llm/*/ANATOMY.md`; <https://github.com/getagentseal/codeburn> and
//! <https://github.com/semyonfox/tokentelemetry>, `engine/internal/ingest/lingtai.go` at 7715a8b, for the places; read
//! 2026-11-21):
//!
//! - A line has `ts`, `input`, `output`, `thinking`, `cached`, and where known `model`, `source`, `em_id`, `run_id`,
//!   `api_call_id`.
//! - `input` contains `cached` (read from a cache) and what was written to one, whoever the provider is.
//! - `output` is what the provider calls so: only Gemini's lacks the thinking.
//! - What an agent's daemons use stands in the agent's ledger and in their own, `daemons/<run>/logs/`: those are not read.
//! - An agent may think by way of Claude Code (`llm.provider` in its `.agent.json`), which logs for itself: that
//!   agent is not counted here.
//! - Projects are listed in `~/.lingtai-tui/registry.jsonl`, one `{"path": …}` per line.
//!
//! Open: the provider of an agent that changed it stands for all of its lines.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use data_schema::Quality;
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink, json_file};
use crate::lines::{Lines, Markers};
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Located, Place, Role, locate};

static INFO: Info = Info {
    id: "lingtai",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::VendorCode {
        repository: "Lingtai-AI/lingtai-kernel",
        commit: "57d1ea06d1cf94c3a6ae482fb116f9b695b8a1ce",
    },
    lacks: "what was written to a cache is a part of the input",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[],
    below: &[".lingtai"],
    folders: &[Folder::all("~/.lingtai")],
    not_entered: &["daemons", "node_modules", "mailbox", "history"],
};

static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"output\""]));
static PATH: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"path\""]));

/// Providers that are another tool on this machine.
const OTHER_TOOLS: [&str; 2] = ["claude-code", "claude-agent-sdk"];

/// The adapter.
#[derive(Debug)]
pub(super) struct LingTai;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    ts: LooseTime,
    input: LooseCount,
    output: LooseCount,
    thinking: LooseCount,
    cached: LooseCount,
    model: LooseText<'static>,
    source: LooseText<'static>,
    em_id: LooseText<'static>,
    run_id: LooseText<'static>,
    api_call_id: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Agent {
    llm: Maybe<Llm>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Llm {
    provider: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Project {
    path: LooseText<'static>,
}

impl Adapter for LingTai {
    fn info(&self) -> &Info {
        &INFO
    }

    fn locate(&self, place: &Place<'_>) -> Located {
        let mut located = locate(&INFO, place);
        if place.configured.is_none() {
            let environment = place.environment;
            let homes = std::iter::once(&environment.home).chain(&environment.other_homes);
            let listed = homes.flat_map(|home| projects(home)).filter(|folder| folder.exists());
            located.add(Located::among(listed.collect(), None));
        }
        located
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "token_ledger.jsonl")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(card(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let agent: Option<Agent> = json_file(&card(log.path));
        let llm = agent.and_then(|agent| agent.llm.0).unwrap_or_default();
        let provider = llm.provider.get().unwrap_or_default().replace('_', "-");
        if OTHER_TOOLS.contains(&provider.as_str()) {
            return Ok(());
        }
        log.lines(sink, &MARKERS, |sink, entry: Entry| request(log, sink, &entry))
    }
}

/// What an agent says of itself.
fn card(log: &Path) -> PathBuf {
    log.ancestors().nth(2).unwrap_or(log).join(".agent.json")
}

/// The folders of the projects that the tool has listed.
fn projects(home: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let Ok(file) = fs_err::File::open(home.join(".lingtai-tui/registry.jsonl")) else {
        return folders;
    };
    // What cannot be read of it lists nothing.
    let _ = Lines::new(file).for_each(&PATH, |_, line| {
        let project: Project = line.parse().unwrap_or_default();
        let path = project.path.get().map(|path| Path::new(path).join(".lingtai"));
        folders.extend(path.filter(|path| path.is_absolute()));
    });
    folders
}

fn request(log: &Log<'_>, sink: &mut Sink<'_>, entry: &Entry) {
    let counts = Counts {
        input: sink.count(entry.input, "input"),
        cache_read: sink.count(entry.cached, "cached"),
        output: sink.count(entry.output, "output"),
        reasoning: sink.count(entry.thinking, "thinking"),
        ..Counts::default()
    };
    let (told, agent) = (counts.written(), log.folder(2));
    let counts = sink.prompt_with_cache(counts);
    let (model, run) = (entry.model.get(), entry.run_id.get());
    // More thinking than output cannot be a part of it.
    let is_beside =
        model.is_some_and(|model| model.contains("gemini")) || counts.reasoning > counts.output;
    let counts = if is_beside { counts.output_without_reasoning() } else { counts };
    let at = entry.ts.0.map_or_else(String::new, |at| at.to_string());
    let parts = [
        agent,
        &at,
        entry.source.get().unwrap_or_default(),
        entry.em_id.get().unwrap_or_default(),
        run.unwrap_or_default(),
        model.unwrap_or_default(),
        &told,
    ];
    let call = entry.api_call_id.get().map(|id| [id]);
    sink.push(&Draft {
        own: call.as_ref().map_or(&parts[..], |call| &call[..]),
        at: entry.ts.0,
        model,
        counts,
        session: Some(run.unwrap_or(agent)),
        folder: log.above(4).to_str(),
        agent: Some(agent),
        ..Draft::default()
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::environment::{Environment, Platform};

    #[test]
    fn projects_of_the_registry_are_found_and_a_named_folder_stands_for_all() {
        let home = tempfile::tempdir().unwrap();
        let (app, gone) = (home.path().join("work/app"), home.path().join("gone"));
        fs_err::create_dir_all(app.join(".lingtai/mo/logs")).unwrap();
        fs_err::create_dir_all(home.path().join(".lingtai-tui")).unwrap();
        let line = |path: &Path| serde_json::json!({ "path": path }).to_string();
        let registry = [line(&app), line(&gone), "not json \"path\"".to_owned()].join("\n");
        fs_err::write(home.path().join(".lingtai-tui/registry.jsonl"), registry).unwrap();
        let environment = Environment {
            home: home.path().to_owned(),
            other_homes: Vec::new(),
            variables: BTreeMap::new(),
            platform: Platform::Linux,
            now: data_schema::UtcSeconds::default(),
        };
        let found = |configured| {
            Adapter::locate(&LingTai, &Place { environment: &environment, configured }).roots
        };
        assert_eq!(found(None), [app.join(".lingtai")]);
        assert_eq!(found(app.to_str()), [app.join(".lingtai")]);
    }
}
