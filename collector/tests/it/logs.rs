//! Builds logs, runs whole collections, and says what counts.

use std::path::PathBuf;

use collector::interface::Asked;
use collector::{Collected, Config, Runner, ScanOptions, collect};
use data_schema::resolve::{Context, Witness, resolve};
use data_schema::{DayFile, UsageRecord, UtcSeconds};
use store::{EntryKind, Store};
use tempfile::TempDir;

use crate::support::environment;

/// A home with logs and a store beside it.
pub(crate) struct World {
    pub(crate) home: TempDir,
    store: TempDir,
    cache: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = || tempfile::tempdir().unwrap();
        Self { home: folder(), store: folder(), cache: folder() }
    }

    /// Writes a file below the home.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn remove(&self, name: &str) {
        fs_err::remove_file(self.home.path().join(name)).unwrap();
    }

    /// One run of the collector.
    pub(crate) fn collect(&self) -> Collected {
        self.collect_on("m")
    }

    /// One run on a machine of that name, which has a scan cache of its own.
    pub(crate) fn collect_on(&self, machine: &str) -> Collected {
        let environment = environment(self.home.path());
        let options = ScanOptions {
            environment: &environment,
            config: &Config::default(),
            only: &[],
            cache: Some(&self.cache_of(machine)),
            saved_after: collector::SAVED_AFTER,
            mark: None,
            progress: &|_, _| {},
        };
        let machine_id = format!("{:0>16}", machine.len());
        let runner = Runner { machine, machine_id: &machine_id, program: "test 0" };
        collect(
            &Store::open_or_init(self.store.path()).unwrap(),
            &runner,
            &options,
            (None, &mut Asked::default()),
        )
        .unwrap()
    }

    /// A machine loses its scan cache.
    pub(crate) fn forget(&self, machine: &str) {
        let _ = fs_err::remove_file(self.cache_of(machine));
    }

    fn cache_of(&self, machine: &str) -> PathBuf {
        self.cache.path().join(format!("{machine}.bin"))
    }

    /// Every file of the store with its bytes.
    pub(crate) fn stored(&self) -> Vec<(String, Vec<u8>)> {
        let snapshot = Store::open(self.store.path()).unwrap().snapshot().unwrap();
        let entries = snapshot.entries().iter();
        entries.map(|entry| (entry.path.clone(), snapshot.read(entry).unwrap())).collect()
    }

    /// What counts of all that is stored.
    pub(crate) fn counted(&self) -> Vec<UsageRecord> {
        let snapshot = Store::open(self.store.path()).unwrap().snapshot().unwrap();
        let mut witnesses = Vec::new();
        for entry in snapshot.entries() {
            if !matches!(entry.kind, EntryKind::Records(_)) {
                continue;
            }
            let file = DayFile::parse(&snapshot.read(entry).unwrap()).unwrap();
            witnesses.extend(file.records.into_iter().map(|record| Witness {
                machine: entry.machine.clone(),
                provider: entry.provider.clone(),
                record: Box::new(record),
            }));
        }
        resolved(witnesses)
    }

    /// Tokens of each response that counts, sorted.
    pub(crate) fn totals(&self) -> Vec<u64> {
        totals(&self.counted())
    }
}

/// Resolves witnesses, in the order of time.
fn resolved(witnesses: Vec<Witness>) -> Vec<UsageRecord> {
    let context = Context {
        first_collected: rustc_hash::FxHashMap::default(),
        covered_since: rustc_hash::FxHashMap::default(),
        day_of: &|at: UtcSeconds| at.utc_date(),
    };
    let facts = resolve(witnesses, Vec::new(), &context).facts;
    let mut records: Vec<UsageRecord> = facts.into_iter().map(|fact| *fact.record).collect();
    records.sort_by_key(|record| (record.at, record.id));
    records
}

/// Tokens of each record, sorted.
pub(crate) fn totals(records: &[UsageRecord]) -> Vec<u64> {
    let mut totals: Vec<u64> = records.iter().map(|record| record.usage.total()).collect();
    totals.sort_unstable();
    totals
}

/// A line of Claude Code with 110 tokens.
pub(crate) fn answer(id: &str, at: &str) -> String {
    answer_of(id, at, r#"{"input_tokens":100,"output_tokens":10}"#)
}

/// A line of Claude Code with the given usage.
pub(crate) fn answer_of(id: &str, at: &str, usage: &str) -> String {
    format!(
        r#"{{"type":"assistant","timestamp":"{at}","sessionId":"s","version":"2.1.0","cwd":"/w","message":{{"id":"{id}","model":"claude-sonnet-4-5","stop_reason":"end_turn","usage":{usage}}}}}"#
    ) + "\n"
}

/// Where Claude Code keeps the log of a session.
pub(crate) fn session(name: &str) -> String {
    format!(".claude/projects/p/{name}.jsonl")
}

/// Where Codex keeps the rollout of a thread.
pub(crate) fn rollout(thread: &str) -> String {
    format!(".codex/sessions/2026/05/01/rollout-2026-05-01T10-00-00-{thread}.jsonl")
}

/// A line of Codex on 2026-05-01.
pub(crate) fn event(time: &str, kind: &str, payload: &str) -> String {
    format!(r#"{{"timestamp":"2026-05-01T{time}Z","type":"{kind}","payload":{payload}}}"#) + "\n"
}

/// The first line of a rollout.
pub(crate) fn meta(time: &str, thread: &str, parent: Option<&str>) -> String {
    let parent = parent.map_or_else(String::new, |id| format!(r#","forked_from_id":"{id}""#));
    event(time, "session_meta", &format!(r#"{{"id":"{thread}","cwd":"/w"{parent}}}"#))
}

/// A line that names the model.
pub(crate) fn context(time: &str, model: &str) -> String {
    event(time, "turn_context", &format!(r#"{{"cwd":"/w","model":"{model}"}}"#))
}

/// A running total and the last request.
pub(crate) fn count(time: &str, total: u64, last: u64) -> String {
    let (total, last) = (tokens(total), tokens(last));
    let info = format!(r#"{{"total_token_usage":{total},"last_token_usage":{last}}}"#);
    event(time, "event_msg", &format!(r#"{{"type":"token_count","info":{info}}}"#))
}

/// A response with its id.
pub(crate) fn record(time: &str, response: &str, used: u64) -> String {
    let usage = tokens(used);
    let payload = format!(r#"{{"session_id":"a","response_id":"{response}","usage":{usage}}}"#);
    event(time, "token_usage_record", &payload)
}

/// Counts that sum up to a number.
pub(crate) fn tokens(sum: u64) -> String {
    let output = sum / 10;
    let input = sum - output;
    format!(r#"{{"input_tokens":{input},"output_tokens":{output},"total_tokens":{sum}}}"#)
}
