//! Which model a task used, and in which folder: told beside the requests.

use std::path::Path;

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::adapter::{Log, json_file};
use crate::loose::{LooseNumber, LooseText, Maybe};

/// The tag in prompts that names the model.
const TAG: &[u8] = b"<model>";

/// Prompts name the folder behind one of these.
const FOLDERS: [&[u8]; 2] = [b"Current Working Directory (", b"Current Workspace Directory ("];

/// Longer names are none.
const LONGEST: usize = 1024;

/// A model, since when. Milliseconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Used {
    since: f64,
    pub(super) model: String,
    pub(super) provider: Option<String>,
}

/// What stands beside the requests of a task. Read when it is asked for.
pub(super) struct Beside<'l> {
    folder: &'l Path,
    history: Option<Vec<u8>>,
    used: Option<Vec<Used>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    model_usage: Vec<Maybe<Usage>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    ts: LooseNumber,
    model_id: LooseText<'static>,
    model_provider_id: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Turn<'a> {
    ts: LooseNumber,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

impl<'l> Beside<'l> {
    pub(super) fn of(log: &Log<'l>) -> Self {
        let folder = log.path.parent().unwrap_or(log.path);
        Self { folder, history: None, used: None }
    }

    /// The model that was in use when the request after this one began: the prompt that names it is written just
    /// after the request has begun.
    pub(super) fn before(&mut self, next: Option<f64>) -> Option<&Used> {
        if self.used.is_none() {
            self.used = Some(self.all_used());
        }
        let used = self.used.as_deref().unwrap_or_default();
        let is_before = |used: &&Used| next.is_none_or(|next| used.since < next);
        used.iter().rev().find(is_before).or(used.first())
    }

    /// The working folder, as the first prompt names it; `document` holds the requests.
    pub(super) fn folder(&mut self, document: &[u8]) -> Option<String> {
        folder_in(document).or_else(|| folder_in(self.history()))
    }

    fn all_used(&mut self) -> Vec<Used> {
        let metadata: Option<Metadata> = json_file(&self.folder.join("task_metadata.json"));
        let told = metadata.unwrap_or_default().model_usage;
        let used = told.into_iter().filter_map(|usage| usage.0);
        let used = used.filter_map(|usage| {
            Some(Used {
                since: usage.ts.0.unwrap_or_default(),
                model: usage.model_id.get()?.to_owned(),
                provider: usage.model_provider_id.get().map(ToOwned::to_owned),
            })
        });
        let used: Vec<Used> = used.collect();
        if used.is_empty() { in_history(self.history()) } else { used }
    }

    fn history(&mut self) -> &[u8] {
        let path = self.folder.join("api_conversation_history.json");
        self.history.get_or_insert_with(|| fs_err::read(path).unwrap_or_default())
    }
}

/// The models that prompts name. Most tasks use one, and then no time needs to be known.
fn in_history(history: &[u8]) -> Vec<Used> {
    let mut names = tags(history);
    let Some(first) = names.next() else { return Vec::new() };
    let used = |since, model: &str| Used { since, model: model.to_owned(), provider: None };
    let single = vec![used(0.0, &first)];
    if names.all(|name| name == first) {
        return single;
    }
    let turns: Vec<Maybe<Turn<'_>>> = serde_json::from_slice(history).unwrap_or_default();
    let turns = turns.into_iter().filter_map(|turn| turn.0);
    let named = turns.filter_map(|turn| {
        let name = tags(turn.content?.get().as_bytes()).last()?;
        Some(used(turn.ts.0?, &name))
    });
    let named: Vec<Used> = named.collect();
    if named.is_empty() { single } else { named }
}

fn tags(bytes: &[u8]) -> impl Iterator<Item = String> + '_ {
    memmem::find_iter(bytes, TAG).filter_map(|at| {
        let rest = &bytes[at + TAG.len()..];
        let rest = &rest[..rest.len().min(LONGEST)];
        let name = std::str::from_utf8(&rest[..memchr::memchr(b'<', rest)?]).ok()?.trim();
        let is_name = !name.is_empty() && !name.contains(['\\', '"', ' ']);
        is_name.then(|| name.to_owned())
    })
}

fn folder_in(bytes: &[u8]) -> Option<String> {
    let behind = |start: &&[u8]| memmem::find(bytes, start).map(|at| &bytes[at + start.len()..]);
    let rest = FOLDERS.iter().find_map(behind)?;
    let rest = &rest[..rest.len().min(LONGEST)];
    let folder = std::str::from_utf8(&rest[..memchr::memchr(b')', rest)?]).ok()?;
    // Within a text within a text, one backslash is written as two or four.
    let mut folder = folder.replace("\\\\\\\\", "\\").replace("\\\\", "\\");
    folder.truncate(folder.trim_end().len());
    let is_path = folder.starts_with('/') || folder.get(1..2) == Some(":");
    is_path.then_some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_those_that_were_in_use() {
        let history = br#"[
            {"ts": 100, "role": "user", "content": [{"text": "a <model>one</model> b"}]},
            {"ts": 200, "content": "answer"},
            {"ts": 300, "content": "<model>two</model>"}, 5
        ]"#;
        let names: Vec<_> =
            in_history(history).into_iter().map(|used| (used.since, used.model)).collect();
        assert_eq!(names, [(100.0, "one".to_owned()), (300.0, "two".to_owned())]);
        assert_eq!(in_history(b"... <model>one</model> <model>one</model> ... no JSON").len(), 1);
        assert_eq!(in_history(b"<model>"), []);
    }

    #[test]
    fn folders_are_read_in_texts_within_texts() {
        let document = br"# Current Working Directory (/home/me/app) Files";
        assert_eq!(folder_in(document).as_deref(), Some("/home/me/app"));
        let document = br"# Current Workspace Directory (c:\\\\me\\\\app) Files";
        assert_eq!(folder_in(document).as_deref(), Some(r"c:\me\app"));
        assert_eq!(folder_in(b"Current Working Directory (Primary: app) Files"), None);
    }
}
