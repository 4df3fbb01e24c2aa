//! Buzz: `~/.buzz/archive/archive.db`, table `archived_events`: events of kind 44200, one per turn of an agent, already
//! deciphered.
//!
//! Facts (<https://github.com/block/buzz>, `crates/buzz-core/src/agent_turn_metric.rs` at 0497b7c,
//! `desktop/src-tauri/src/archive/store.rs` at 0b8fbba, `agent_usage.rs` and `prune.rs` beside it; and
//! <https://github.com/ccusage/ccusage>, `docs/guide/buzz/index.md` at 151869d; read 2026-11-21):
//!
//! - `raw_json` is the payload. `turn` is what the turn used, `cumulative` what the session has used so far.
//! - `inputTokens` contains `cacheReadTokens` and `cacheWriteTokens`; a field that is absent was not reported.
//! - `deltaReliable: false` says that `turn` is not to be trusted. Then, and where there is no `turn`, only the first
//!   turn of a session (`turnSeq` 1) tells what it used: its cumulative numbers.
//! - The same event may be archived for several identities and relays: its id is the same.
//! - `harness` is what ran the turn. All but Buzz's own are tools that log for themselves: what they used is not counted
//!   here, wherever they ran.
//! - Events of this kind are kept for good.

use std::path::{Path, PathBuf};

use data_schema::Quality;
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Row, Sink, write_ahead};
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

static INFO: Info = Info {
    id: "buzz",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Partial,
    evidence: Evidence::VendorCode {
        repository: "block/buzz",
        commit: "0b8fbba1eb5c5315bb81481e552afe37588d4ad5",
    },
    lacks: "one record per turn, however many requests it took",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("BUZZ_NEST_DIR")],
    below: &["archive"],
    folders: &[Folder::all("~/.buzz/archive"), Folder::all("~/.buzz-dev/archive")],
    not_entered: &[],
};

/// What runs a turn and keeps no log of its own: the first part of the harness's name.
const OWN_HARNESS: &str = "buzz";

/// The adapter.
#[derive(Debug)]
pub(super) struct Buzz;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Payload {
    harness: LooseText<'static>,
    model: LooseText<'static>,
    session_id: LooseText<'static>,
    turn_seq: LooseNumber,
    timestamp: LooseTime,
    turn: Maybe<Numbers>,
    cumulative: Maybe<Numbers>,
    delta_reliable: Told,
    pricing_identity: Maybe<Pricing>,
}

/// What is true unless the log says otherwise.
#[derive(Debug)]
struct Told(bool);

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Numbers {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    total_tokens: LooseCount,
    cost_usd: LooseNumber,
    cache_read_tokens: LooseCount,
    cache_write_tokens: LooseCount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pricing {
    authority: LooseText<'static>,
    model: LooseText<'static>,
}

impl Default for Told {
    fn default() -> Self {
        Self(true)
    }
}

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let told = serde_json::Value::deserialize(deserializer)?;
        Ok(Self(told != serde_json::Value::Bool(false)))
    }
}

impl Adapter for Buzz {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "archive.db")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let database = log.database(sink)?;
        let rest = "WHERE kind = 44200";
        database.rows("archived_events", &["id", "raw_json", "created_at"], rest, |row| {
            turn(sink, row);
        })
    }
}

fn turn(sink: &mut Sink<'_>, row: &Row<'_, '_>) {
    let (Some(id), Some(payload)) = (row.text(0), row.json::<Maybe<Payload>>(1)) else { return };
    let Ok(Maybe(Some(payload))) = payload else {
        sink.skip(format!("event {id} is not what a turn looks like"));
        return;
    };
    let harness = payload.harness.get().unwrap_or(OWN_HARNESS);
    if harness.split(['-', '_']).next() != Some(OWN_HARNESS) {
        return;
    }
    let is_first = payload.turn_seq.0 == Some(1.0);
    let numbers = match (&payload.turn.0, &payload.cumulative.0) {
        (Some(turn), _) if payload.delta_reliable.0 => turn,
        (_, Some(cumulative)) if is_first => cumulative,
        (None, None) => {
            sink.silent();
            return;
        }
        _ => {
            sink.skip(format!(
                "event {id} tells the sum of its session and not what the turn used"
            ));
            return;
        }
    };
    let pricing = payload.pricing_identity.0.as_ref();
    let model = pricing.and_then(|pricing| pricing.model.get()).or(payload.model.get());
    let counts = counts(sink, numbers);
    sink.push(&Draft {
        own: &[&id],
        at: payload.timestamp.0.or_else(|| row.time(2)),
        model,
        counts,
        cost: numbers.cost_usd.0,
        session: payload.session_id.get(),
        vendor: pricing.and_then(|pricing| pricing.authority.get()),
        ..Draft::default()
    });
}

fn counts(sink: &mut Sink<'_>, numbers: &Numbers) -> Counts {
    let counts = Counts {
        input: sink.count(numbers.input_tokens, "inputTokens"),
        cache_read: sink.count(numbers.cache_read_tokens, "cacheReadTokens"),
        cache_creation: sink.count(numbers.cache_write_tokens, "cacheWriteTokens"),
        output: sink.count(numbers.output_tokens, "outputTokens"),
        ..Counts::default()
    };
    if counts.input.is_none() && counts.output.is_none() {
        let total = sink.count(numbers.total_tokens, "totalTokens");
        return Counts { total, ..Counts::default() };
    }
    sink.prompt_with_cache(counts)
}
