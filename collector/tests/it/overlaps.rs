//! One spend that two tools log, or one tool in several places, counts once. It belongs to the tool that called the
//! model.
//!
//! A pair is cases of `tests/fixtures/sources` put into one home folder, with what the other tool logged of the same
//! calls. All sources look at the home, and what they find is resolved as a report does.

use std::collections::BTreeMap;
use std::path::Path;

use collector::{Config, ScanOptions, scan_sources};
use data_schema::Text;
use data_schema::resolve::{Context, Witness, resolve};
use rustc_hash::FxHashMap;

use crate::sources::{fixtures, put};
use crate::support::environment;

/// Responses and tokens.
type Sum = (u64, u64);

struct Pair {
    /// Source and case.
    cases: &'static [(&'static str, &'static str)],
    /// Path from the home folder, and text.
    beside: &'static [(&'static str, &'static str)],
    /// By source; no other source has anything.
    expected: &'static [(&'static str, Sum)],
}

/// What Claude Code logs of one call: 100 tokens in, 10 out.
const CLAUDE: (&str, &str) = (
    ".claude/projects/-w-app/c1.jsonl",
    r#"{"type":"assistant","timestamp":"2026-05-01T10:00:00.000Z","sessionId":"c1","version":"2.1.0","cwd":"/w/app","uuid":"u1","message":{"id":"msg_c1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"usage":{"input_tokens":100,"output_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":0}},"requestId":"req_c1"}
"#,
);

/// What Codex logs of one call: 100 tokens in, 10 out.
const CODEX: (&str, &str) = (
    ".codex/sessions/2026/05/01/rollout-2026-05-01T10-00-00-019f1000-0000-7000-8000-000000000001.jsonl",
    r#"{"timestamp":"2026-05-01T10:00:00.000Z","type":"session_meta","payload":{"id":"019f1000-0000-7000-8000-000000000001","timestamp":"2026-05-01T10:00:00.000Z","cwd":"/w/app","originator":"codex_cli_rs","cli_version":"0.145.0","source":"cli","model_provider":"openai"}}
{"timestamp":"2026-05-01T10:00:00.100Z","type":"turn_context","payload":{"turn_id":"t1","cwd":"/w/app","model":"gpt-5"}}
{"timestamp":"2026-05-01T10:00:01.000Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":100,"cached_input_tokens":0,"output_tokens":10,"reasoning_output_tokens":0,"total_tokens":110},"last_token_usage":{"input_tokens":100,"cached_input_tokens":0,"output_tokens":10,"reasoning_output_tokens":0,"total_tokens":110},"model_context_window":272000},"rate_limits":null}}
"#,
);

/// What pi logs of a call on a `ChatGPT` plan: it is pi's own, however alike it looks to one of Codex.
const PI_WITH_CODEX: (&str, &str) = (
    ".pi/agent/sessions/--w-app--/2026-05-01T10-00-00-000Z_s1.jsonl",
    r#"{"type":"session","version":3,"id":"s1","timestamp":"2026-05-01T10:00:00Z","cwd":"/w/app"}
{"type":"message","id":"ab02","parentId":null,"timestamp":"2026-05-01T10:00:01Z","message":{"role":"assistant","content":[],"api":"openai-codex-responses","provider":"openai-codex","model":"gpt-5","usage":{"input":100,"output":10,"cacheRead":0,"cacheWrite":0,"totalTokens":110,"cost":{"input":0,"output":0,"cacheRead":0,"cacheWrite":0,"total":0}},"stopReason":"stop","timestamp":1777629601000,"responseId":"resp_pi1"}}
"#,
);

/// Sums of a workspace of Mux, which its chat tells response by response.
const MUX_SUMS: (&str, &str) = (
    ".mux/sessions/ws1/session-usage.json",
    r#"{"version":1,"byModel":{"anthropic:claude-opus-4-8":{"input":{"tokens":300},"cached":{"tokens":800},"cacheCreate":{"tokens":100},"output":{"tokens":100},"reasoning":{"tokens":60},"model":"claude-opus-4-8"}},"lastRequest":{"model":"claude-opus-4-8","usage":{"input":{"tokens":300}},"timestamp":1777629600000}}"#,
);

fn check(pair: &Pair) {
    let home = tempfile::tempdir().unwrap();
    for (source, case) in pair.cases {
        put(&fixtures().join(source).join(case).join("home"), home.path());
    }
    for (path, text) in pair.beside {
        let path = home.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }
    let expected: BTreeMap<String, Sum> =
        pair.expected.iter().map(|(source, sum)| ((*source).to_owned(), *sum)).collect();
    assert_eq!(counted(home.path()), expected);
}

/// What all sources find below a home, resolved.
fn counted(home: &Path) -> BTreeMap<String, Sum> {
    let scanned = scan_sources(&ScanOptions {
        environment: &environment(home),
        config: &Config::default(),
        only: &[],
        cache: None,
        saved_after: collector::SAVED_AFTER,
        mark: None,
        progress: &|_, _| {},
    });
    let mut witnesses = Vec::new();
    for source in &scanned.sources {
        for record in source.records().unwrap().into_sorted() {
            let provider = Text::from(source.id);
            witnesses.push(Witness { machine: "here".into(), provider, record: record.into() });
        }
    }
    let context = Context {
        first_collected: FxHashMap::default(),
        covered_since: FxHashMap::default(),
        day_of: &|at| at.utc_date(),
    };
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for fact in resolve(witnesses, Vec::new(), &context).facts {
        let sum = sums.entry(fact.provider.to_string()).or_default();
        sum.0 += 1;
        sum.1 += fact.record.usage.total();
    }
    sums
}

#[test]
fn pi_on_a_plan_and_codex_are_two_spends() {
    check(&Pair {
        cases: &[],
        beside: &[PI_WITH_CODEX, CODEX],
        expected: &[("pi", (1, 110)), ("codex", (1, 110))],
    });
}

#[test]
fn cline_that_runs_claude_code_leaves_the_call_to_it() {
    check(&Pair {
        cases: &[("cline", "another-tool")],
        beside: &[CLAUDE],
        expected: &[("cline", (1, 10)), ("claude-code", (1, 110))],
    });
}

#[test]
fn openclaw_that_runs_claude_code_and_codex_leaves_the_calls_to_them() {
    check(&Pair {
        cases: &[("openclaw", "calls-of-other-tools")],
        beside: &[CLAUDE, CODEX],
        expected: &[("openclaw", (1, 310)), ("claude-code", (1, 110)), ("codex", (1, 110))],
    });
}

#[test]
fn opencode_that_runs_claude_code_leaves_the_call_to_it() {
    check(&Pair {
        cases: &[("opencode", "calls-of-another-tool")],
        beside: &[CLAUDE],
        expected: &[("opencode", (1, 3)), ("claude-code", (1, 110))],
    });
}

#[test]
fn zed_leaves_threads_of_other_agents_to_the_agent() {
    check(&Pair {
        cases: &[("zed", "threads-of-other-agents")],
        beside: &[CLAUDE],
        expected: &[("zed", (1, 6)), ("claude-code", (1, 110))],
    });
}

#[test]
fn chat_and_sums_of_mux_are_one_spend() {
    check(&Pair {
        cases: &[("mux", "basic")],
        beside: &[MUX_SUMS],
        expected: &[("mux", (2, 2300))],
    });
}

#[test]
fn database_and_transcripts_of_devin_are_one_spend() {
    check(&Pair {
        cases: &[("devin", "transcript-and-database")],
        beside: &[],
        expected: &[("devin", (2, 2010))],
    });
}

#[test]
fn ledger_and_messages_of_amp_are_one_spend() {
    check(&Pair {
        cases: &[("amp", "ledger-behind-its-messages")],
        beside: &[],
        expected: &[("amp", (2, 10_350))],
    });
}

#[test]
fn files_databases_and_channels_of_opencode_are_one_spend() {
    check(&Pair {
        cases: &[("opencode", "files-databases-and-channels")],
        beside: &[],
        expected: &[("opencode", (3, 660))],
    });
}

#[test]
fn three_stores_of_copilot_and_its_sums_are_one_spend() {
    check(&Pair {
        cases: &[("copilot-cli", "three-stores-of-the-same-requests")],
        beside: &[],
        expected: &[("copilot-cli", (2, 19_092))],
    });
}

#[test]
fn copilot_in_vs_code_leaves_the_calls_of_copilot_cli_to_it() {
    check(&Pair {
        cases: &[
            ("copilot-vscode", "another-tool"),
            ("copilot-cli", "three-stores-of-the-same-requests"),
        ],
        beside: &[],
        expected: &[("copilot-vscode", (1, 6)), ("copilot-cli", (2, 19_092))],
    });
}

#[test]
fn turns_of_kiro_and_what_was_said_in_them_are_one_spend() {
    check(&Pair { cases: &[("kiro", "basic")], beside: &[], expected: &[("kiro", (2, 12_512))] });
}
