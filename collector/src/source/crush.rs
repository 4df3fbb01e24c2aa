//! Crush: a database per project, `<project>/.crush/crush.db`; the registry `projects.json` in its data folder names the
//! projects.
//!
//! Facts (<https://github.com/charmbracelet/crush>, read 2026-11-21: `internal/db/sql/sessions.sql` at 12ca7c50 and
//! `updateSessionUsage` in `internal/agent/agent.go`; <https://github.com/getagentseal/codeburn>,
//! `docs/providers/crush.md` at fa730df9, for the registry):
//!
//! - `sessions.prompt_tokens` and `completion_tokens` are those of the session's last request: every request overwrites
//!   them. `cost` is the sum of all requests, in US dollars, and contains the sessions of sub-agents. Nothing is written
//!   per message.
//! - The prompt contains what was read from the cache, in newer versions what was written to it too; the parts are not
//!   told.
//! - Times are seconds.
//!
//! So each state of a session that is seen is one response: its last request. The others are not known, and the cost only
//! counts where there was a single request.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use data_schema::Quality;
use serde::Deserialize;
use serde_json::Value;

use crate::adapter::{
    Adapter, Counts, Database, Draft, Log, ReadError, Row, Sink, json_file, logs_itself,
    write_ahead,
};
use crate::loose::LooseText;
use crate::source::{Evidence, Folder, Info, Keeps, On, Role, Variable};

static INFO: Info = Info {
    id: "crush",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Partial,
    evidence: Evidence::VendorCode {
        repository: "charmbracelet/crush",
        commit: "12ca7c5039a58899ab175f3778b8a0bfb6614fe2",
    },
    lacks: "all requests of a session but the last one at each collection; the cache",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("CRUSH_GLOBAL_DATA")],
    below: &["crush"],
    folders: &[Folder::all("{data}/crush"), Folder::on(On::Windows, "{localappdata}/crush")],
    not_entered: &[],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct Crush;

/// A project of the registry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Project {
    path: LooseText<'static>,
    data_dir: LooseText<'static>,
}

impl Project {
    fn database(&self) -> Option<PathBuf> {
        let folder = self.data_dir.get().unwrap_or(".crush");
        Some(Path::new(self.path.get()?).join(folder).join("crush.db"))
    }
}

/// What the messages of a session tell.
#[derive(Debug, Default)]
struct Answers {
    count: u64,
    model: Option<String>,
    provider: Option<String>,
}

impl Adapter for Crush {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "crush.db")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn named_in(&self, folders: &[PathBuf]) -> Vec<PathBuf> {
        let registries =
            folders.iter().filter_map(|folder| json_file(&folder.join("projects.json")));
        registries
            .flat_map(|registry| projects(&registry))
            .filter_map(|project| project.database())
            .collect()
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let database = log.database(sink)?;
        let mut answers = answers(&database)?;
        let mut parents = HashSet::new();
        database.rows("sessions", &["parent_session_id"], "", |row| parents.extend(row.text(0)))?;
        let is_in_project = log.folder(1) == ".crush";
        let folder = is_in_project.then(|| log.above(2).display().to_string());
        database.rows("sessions", &COLUMNS, "", |row| {
            let about = row.text(0).and_then(|id| answers.remove(&id)).unwrap_or_default();
            let has_parts = row.text(0).is_some_and(|id| parents.contains(&id));
            take(sink, row, &Place { about, has_parts, folder: folder.as_deref() });
        })
    }
}

/// What a session's row means depends on what stands elsewhere.
struct Place<'a> {
    about: Answers,
    /// Whether sub-agents worked for it.
    has_parts: bool,
    folder: Option<&'a str>,
}

const COLUMNS: [&str; 8] = [
    "id",
    "parent_session_id",
    "prompt_tokens",
    "completion_tokens",
    "cost",
    "created_at",
    "updated_at",
    "estimated_usage",
];

fn take(sink: &mut Sink<'_>, row: &Row<'_, '_>, place: &Place<'_>) {
    let about = &place.about;
    if about.provider.as_deref().is_some_and(logs_itself) {
        return;
    }
    let session = row.text(0).unwrap_or_default();
    let counts = Counts {
        input: sink.count(row.count(2), "prompt_tokens"),
        output: sink.count(row.count(3), "completion_tokens"),
        ..Counts::default()
    };
    let parent = row.text(1);
    let is_alone = about.count == 1 && parent.is_none() && !place.has_parts;
    let is_estimate = row.number(7).is_some_and(|flag| flag > 0.0);
    let told = [5, 2, 3, 4]
        .map(|column| row.number(column).map_or_else(String::new, |number| number.to_string()));
    let [created, prompt, completion, cost] = &told;
    sink.push(&Draft {
        own: &[&session, created, prompt, completion, cost],
        at: row.time(6).or_else(|| row.time(5)),
        model: about.model.as_deref(),
        counts,
        cost: row.number(4).filter(|_| is_alone),
        quality: is_estimate.then_some(Quality::Estimated),
        session: Some(&session),
        parent: parent.as_deref(),
        folder: place.folder,
        vendor: about.provider.as_deref(),
        ..Draft::default()
    });
}

fn answers(database: &Database) -> Result<HashMap<String, Answers>, ReadError> {
    let mut answers: HashMap<String, Answers> = HashMap::new();
    // The last message of a session names the model that its numbers belong to.
    let columns = ["session_id", "model", "provider", "role"];
    database.rows("messages", &columns, "ORDER BY rowid", |row| {
        if row.text(3).is_none_or(|role| role != "assistant") {
            return;
        }
        let about = answers.entry(row.text(0).unwrap_or_default()).or_default();
        about.count += 1;
        about.model = row.text(1).or(about.model.take());
        about.provider = row.text(2).or(about.provider.take());
    })?;
    Ok(answers)
}

/// The projects of a registry: a list in an object, a list, or an object of projects.
fn projects(registry: &Value) -> Vec<Project> {
    let list = registry.get("projects").unwrap_or(registry);
    let entries: Vec<&Value> = match list {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    };
    entries.into_iter().filter_map(|entry| Project::deserialize(entry).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_names_the_databases_of_all_projects() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("app");
        let database = project.join(".crush/crush.db");
        fs_err::create_dir_all(project.join(".crush")).unwrap();
        fs_err::write(&database, "").unwrap();
        let path = serde_json::to_string(&project).unwrap();
        for registry in [
            format!(r#"{{"projects": [{{"path": {path}, "data_dir": ".crush"}}]}}"#),
            format!(r#"[{{"path": {path}}}, 5, {{}}]"#),
            format!(r#"{{"a": {{"path": {path}}}}}"#),
        ] {
            fs_err::write(folder.path().join("projects.json"), &registry).unwrap();
            assert_eq!(
                Crush.named_in(&[folder.path().to_owned()]),
                std::slice::from_ref(&database),
                "{registry}"
            );
        }
        fs_err::write(folder.path().join("projects.json"), "[").unwrap();
        assert!(Crush.named_in(&[folder.path().to_owned()]).is_empty());
    }
}
