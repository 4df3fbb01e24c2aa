//! Logs as tools write them, and a ledger of the same requests: each response counts once.

use std::path::Path;

use chrono::{DateTime, Utc};
use data_schema::resolve::{Context, Resolved, Witness, resolve};
use data_schema::{LedgerEntry, Quality, Text, UtcSeconds};
use rustc_hash::FxHashMap;

use crate::sources::put;
use crate::support::scan;

/// Source, folder of its case below `tests/fixtures`, and how the tool names itself on the wire.
const TOOLS: [(&str, &str, &str); 5] = [
    ("claude-code", "logs/A_stream", "claude-cli/2.1.197 (external, cli)"),
    ("codex", "logs/X4_cachewrite", "codex_exec/0.169.0 (Debian 13.0.0; x86_64)"),
    (
        "gemini-cli",
        "sources/gemini-cli/genuine-0.61.0",
        "GeminiCLI/0.61.0/gemini-2.5-pro (linux; x64)",
    ),
    ("opencode", "sources/opencode/basic", "opencode/1.0.3 ai-sdk/provider-utils/3.0"),
    ("goose", "sources/goose/basic", "goose/1.20.0"),
];

fn resolved(witnesses: Vec<Witness>) -> Resolved {
    let context = Context {
        first_collected: FxHashMap::default(),
        covered_since: FxHashMap::default(),
        day_of: &|at: UtcSeconds| at.utc_date(),
    };
    resolve(witnesses, Vec::new(), &context)
}

fn total(resolved: &Resolved) -> u64 {
    resolved.facts.iter().map(|fact| fact.record.usage.total()).sum()
}

/// What the collector reads of a case.
fn logs(source: &str, case: &str) -> Vec<Witness> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(case);
    let home = tempfile::tempdir().unwrap();
    let inner = folder.join("home");
    put(if inner.is_dir() { &inner } else { &folder }, home.path());
    let records = scan(source, home.path()).records.into_sorted();
    let witness = |record| Witness {
        machine: "laptop".into(),
        provider: source.into(),
        record: Box::new(record),
    };
    records.into_iter().map(witness).collect()
}

/// The request of a response that began so many seconds before its line was written, as a proxy on another machine has
/// it; the vendor's id is none that is random enough.
fn request(fact: &Witness, number: usize, client: &str, before: i64) -> LedgerEntry {
    let usage = &fact.record.usage;
    let at = fact.record.at.plus(-before).seconds();
    LedgerEntry {
        request: format!("{number:016x}"),
        at: DateTime::<Utc>::from_timestamp(at, 0).unwrap(),
        model: Some(Text::clone(&usage.model)),
        input_tokens: usage.input_tokens,
        cache_read_tokens: usage.cache_read_tokens,
        cache_creation_tokens: usage.cache_creation_tokens,
        output_tokens: usage.output_tokens,
        total_tokens: usage.total_tokens,
        response: Some(format!("chatcmpl-{}", number % 3)),
        client: Some(client.into()),
        duration_ms: Some(u32::try_from(before).unwrap() * 1000),
        ..LedgerEntry::default()
    }
}

fn on(machine: &str, entry: &LedgerEntry) -> Witness {
    let record = Box::new(entry.to_record().unwrap());
    Witness { machine: machine.into(), provider: "proxy".into(), record }
}

#[test]
fn logs_of_tools_and_a_ledger_of_the_same_requests_count_once() {
    for (source, case, client) in TOOLS {
        let logs = logs(source, case);
        let alone = resolved(logs.clone());
        assert!(total(&alone) > 0, "{source}: the case has something to count");
        for (machine, before) in [("laptop", 3), ("server", 3), ("laptop", 90)] {
            let mut all = logs.clone();
            let facts = alone.facts.iter().enumerate();
            all.extend(
                facts.map(|(number, fact)| on(machine, &request(fact, number, client, before))),
            );
            let both = resolved(all.clone());
            assert_eq!(total(&both), total(&alone), "{source} {machine} {before}");
            let requests: u64 = both.wire.iter().map(|day| day.requests).sum();
            assert_eq!(requests, alone.facts.len() as u64, "{source}");
            // A title that no log has is one more.
            let title = request(&alone.facts[0], 9_999, client, 1);
            let [input, output] = [80, 6].map(data_schema::Tokens::new);
            let title = LedgerEntry {
                input_tokens: input,
                output_tokens: output,
                cache_read_tokens: None,
                cache_creation_tokens: None,
                total_tokens: None,
                ..title
            };
            all.push(on(machine, &title));
            assert_eq!(total(&resolved(all)), total(&alone) + 86, "{source} {machine} {before}");
        }
    }
}

#[test]
fn estimates_of_aider_give_way_to_what_the_proxy_saw() {
    let logs = logs("aider", "sources/aider/basic");
    let alone = resolved(logs.clone());
    let is_estimate = |fact: &&Witness| fact.record.usage.quality != Quality::Exact;
    let estimates: Vec<&Witness> = alone.facts.iter().filter(is_estimate).collect();
    let exact = |(number, fact): (usize, &&Witness)| LedgerEntry {
        output_tokens: data_schema::Tokens::new(7 * (number as u64 + 1)),
        ..request(fact, number, "litellm/1.80.0", 4)
    };
    let seen: Vec<Witness> =
        estimates.iter().enumerate().map(exact).map(|entry| on("laptop", &entry)).collect();
    let seen_tokens: u64 = seen.iter().map(|one| one.record.usage.total()).sum();
    let estimated: u64 = estimates.iter().map(|fact| fact.record.usage.total()).sum();
    let both = resolved([logs, seen].concat());
    assert_eq!(total(&both), total(&alone) - estimated + seen_tokens);
}

#[test]
fn the_limits_that_the_proxy_saw_are_those_of_its_client() {
    let home = tempfile::tempdir().unwrap();
    let line = |request: &str, client: &str| {
        format!(
            r#"{{"request":"{request}","at":"2026-05-01T10:00:00.000Z","path":"POST /v1/messages","client":"{client}","limits":[{{"at":"2026-05-01T10:00:01Z","window":"5h","usedFraction":0.425,"resetsAt":"2026-05-01T13:00:00Z","via":"wire"}}]}}"#
        ) + "\n"
    };
    let folder = home.path().join(".token-matters/proxy/ledger");
    fs_err::create_dir_all(&folder).unwrap();
    let lines =
        [line("5f0c9a1be27d4430", "claude-code/2.1.197"), line("5f0c9a1be27d4431", "own/1")];
    fs_err::write(folder.join("2026-05-01.jsonl"), lines.concat()).unwrap();
    let scanned = scan("proxy", home.path());
    let of: Vec<Option<&str>> =
        scanned.limits.iter().map(|reading| reading.source.as_deref()).collect();
    assert_eq!(of, [None, Some("claude-code")], "a program that may be any has none");
    let told = &scanned.limits[1];
    assert_eq!(told.used_fraction.map(data_schema::Fraction::steps), Some(4250));
    assert_eq!(told.resets_at.map(|at| at.to_string()).as_deref(), Some("2026-05-01T13:00:00Z"));
}
