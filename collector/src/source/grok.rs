//! Grok Build: `~/.grok/sessions/<cwd, percent-encoded>/<session>/updates.jsonl`, the events of a session; a finished
//! turn tells what it used, by model.
//!
//! Facts (xAI's code in a copy, <https://github.com/farchanjo/grok-build>, `crates/codegen/xai-chat-state/src/usage.rs`
//! and `xai-grok-shell/src/extensions/notification.rs`, commit 2606277b, read 2026-11-21; an inspection of 48 sessions,
//! dated 2026-09-27, found as public text and consistent with it):
//!
//! - `turn_completed.usage` is the sum of all calls of one prompt: `modelCalls` of them. `inputTokens` contains
//!   `cachedReadTokens` and `cacheCreationTokens`, `outputTokens` contains `reasoningTokens`, `totalTokens` is their sum.
//!   `modelUsage` is the same by model. `costUsdTicks` are 1e-10 US dollars, and none where not all calls told one.
//! - A cancelled turn may have `"usage": null`. `usageIsIncomplete` says that some calls are missing.
//! - A sub-agent is a session of its own. What one used whose parent waited for it is in the parent's turn as well;
//!   what one used that ended after that turn is not. So sub-agents count with their parents: those that ended in time
//!   by the parent's turn, the others by their own.
//! - A fork of a session begins with copies of its events; `prompt_id` stays.
//! - `usage.json` beside it, in newer versions, is the sum of the session, sub-agents included: not read.
//! - Versions before 2026-07 tell the size of the context only, from which nothing that was billed can be told.
//!
//! Open: which sub-agents of a cancelled turn are in its numbers. They are taken to be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use data_schema::Quality;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink, percent_decoded};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseFlag, LooseNumber, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

/// US dollars of one tick.
const TICK: f64 = 1e-10;
/// Sub-agents of sub-agents are not followed any further.
const DEEPEST: usize = 4;
/// The events of a session.
const EVENTS: &str = "updates.jsonl";

static INFO: Info = Info {
    id: "grok",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::VendorCode {
        repository: "farchanjo/grok-build",
        commit: "2606277bc3c1970cf386ec5a61a728227cd195fc",
    },
    lacks: "turns of versions before July 2026, cancelled turns",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("GROK_HOME")],
    below: &["sessions"],
    folders: &[Folder::all("~/.grok/sessions")],
    not_entered: &["subagents", "compaction_checkpoints"],
};

static MARKERS: LazyLock<Markers> = LazyLock::new(|| {
    Markers::any(&["\"turn_completed\"", "\"subagent_spawned\"", "\"subagent_finished\""])
});

/// The adapter.
#[derive(Debug)]
pub(super) struct Grok;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    timestamp: LooseTime,
    params: Maybe<Params>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Params {
    update: Maybe<Update>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Update {
    #[serde(rename = "sessionUpdate")]
    kind: LooseText<'static>,
    prompt_id: LooseText<'static>,
    parent_prompt_id: LooseText<'static>,
    child_session_id: LooseText<'static>,
    usage: Maybe<PromptUsage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PromptUsage {
    #[serde(flatten)]
    totals: Totals,
    model_usage: Maybe<BTreeMap<String, Maybe<Totals>>>,
    usage_is_incomplete: LooseFlag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Totals {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cached_read_tokens: LooseCount,
    cache_creation_tokens: LooseCount,
    reasoning_tokens: LooseCount,
    model_calls: LooseCount,
    cost_usd_ticks: LooseNumber,
    cost_is_partial: LooseFlag,
}

/// `summary.json` beside the events.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    session_kind: LooseText<'static>,
    parent_session_id: LooseText<'static>,
    current_model_id: LooseText<'static>,
}

impl Adapter for Grok {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == EVENTS)
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        // Turns of sub-agents are told when they have ended.
        sink.unordered();
        let summary: Summary = log.beside("summary.json").unwrap_or_default();
        let is_sub_agent =
            summary.session_kind.get().is_some_and(|kind| kind.starts_with("subagent"))
                && summary.parent_session_id.get().is_some();
        if is_sub_agent {
            return Ok(());
        }
        turns(log, sink, &Session::of(log, summary, None), 0)
    }
}

/// What all turns of a session have in common.
struct Session {
    id: String,
    parent: Option<String>,
    folder: Option<String>,
    /// Where a turn names none.
    model: LooseText<'static>,
}

impl Session {
    fn of(log: &Log<'_>, summary: Summary, parent: Option<&str>) -> Self {
        let folder = Some(percent_decoded(log.folder(2))).filter(|folder| !folder.is_empty());
        Self {
            id: log.folder(1).to_owned(),
            parent: parent.map(ToOwned::to_owned),
            folder,
            model: summary.current_model_id,
        }
    }
}

/// Reads the turns of a session, and of those sub-agents that its turns do not contain.
fn turns(
    log: &Log<'_>,
    sink: &mut Sink<'_>,
    session: &Session,
    depth: usize,
) -> Result<(), ReadError> {
    let mut completed: FxHashSet<String> = FxHashSet::default();
    let mut prompts: FxHashMap<String, String> = FxHashMap::default();
    let mut late: Vec<String> = Vec::new();
    log.lines(sink, &MARKERS, |sink, event: Event| {
        let Some(update) = event.params.0.as_ref().and_then(|params| params.update.0.as_ref())
        else {
            return;
        };
        match (update.kind.get(), update.child_session_id.get()) {
            (Some("turn_completed"), _) => {
                completed.extend(update.prompt_id.get().map(ToOwned::to_owned));
                turn(sink, session, &event, update);
            }
            (Some("subagent_spawned"), Some(child)) => {
                let prompt = update.parent_prompt_id.get();
                prompts.extend(prompt.map(|prompt| (child.to_owned(), prompt.to_owned())));
            }
            (Some("subagent_finished"), Some(child)) => {
                let is_late = prompts.get(child).is_some_and(|prompt| completed.contains(prompt));
                late.extend(is_late.then(|| child.to_owned()));
            }
            _ => {}
        }
    })?;
    if depth == DEEPEST {
        return Ok(());
    }
    for path in late.iter().filter_map(|child| events_of(log, child)) {
        let child = Log { path: &path, reading: log.reading };
        let summary = child.beside("summary.json").unwrap_or_default();
        match turns(&child, sink, &Session::of(&child, summary, Some(&session.id)), depth + 1) {
            Err(error) if !error.is_gone() => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The events of another session, which may have worked in another folder.
fn events_of(log: &Log<'_>, session: &str) -> Option<PathBuf> {
    let sibling = log.above(2).join(session).join(EVENTS);
    if sibling.exists() {
        return Some(sibling);
    }
    let folders = fs_err::read_dir(log.above(3)).ok()?.flatten();
    folders.map(|folder| folder.path().join(session).join(EVENTS)).find(|path| path.exists())
}

fn turn(sink: &mut Sink<'_>, session: &Session, event: &Event, update: &Update) {
    let Some(usage) = &update.usage.0 else { return sink.silent() };
    let Some(prompt) = update.prompt_id.get() else {
        return sink.skip("a turn has no `prompt_id`: it cannot be told from others");
    };
    let models = usage.model_usage.0.iter().flatten();
    let mut is_split = false;
    for (model, totals) in models {
        if let Some(totals) = &totals.0 {
            is_split = true;
            push(sink, session, (event, usage), ([prompt, model], Some(model.as_str()), totals));
        }
    }
    if !is_split {
        // What the session's model is called may change: it is no part of the identity.
        push(sink, session, (event, usage), ([prompt, ""], session.model.get(), &usage.totals));
    }
}

fn push(
    sink: &mut Sink<'_>,
    session: &Session,
    (event, usage): (&Event, &PromptUsage),
    (own, model, totals): ([&str; 2], Option<&str>, &Totals),
) {
    let counts = Counts {
        input: sink.count(totals.input_tokens, "inputTokens"),
        cache_read: sink.count(totals.cached_read_tokens, "cachedReadTokens"),
        cache_creation: sink.count(totals.cache_creation_tokens, "cacheCreationTokens"),
        output: sink.count(totals.output_tokens, "outputTokens"),
        reasoning: sink.count(totals.reasoning_tokens, "reasoningTokens"),
        ..Counts::default()
    };
    let is_incomplete = usage.usage_is_incomplete.0;
    let is_cost_whole =
        !is_incomplete && !usage.totals.cost_is_partial.0 && !totals.cost_is_partial.0;
    let calls = sink.count(totals.model_calls, "modelCalls");
    let counts = sink.prompt_with_cache(counts);
    sink.push(&Draft {
        own: &own,
        at: event.timestamp.0,
        model,
        counts,
        requests: calls
            .and_then(|calls| u32::try_from(calls.get()).ok())
            .filter(|calls| *calls > 0),
        cost: totals.cost_usd_ticks.0.filter(|_| is_cost_whole).map(|ticks| ticks * TICK),
        quality: is_incomplete.then_some(Quality::Partial),
        session: Some(&session.id),
        parent: session.parent.as_deref(),
        folder: session.folder.as_deref(),
        agent: session.parent.is_some().then_some("subagent"),
        ..Draft::default()
    });
}
