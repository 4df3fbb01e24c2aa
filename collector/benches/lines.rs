//! Finding and parsing the lines that count.

use std::fmt::Write;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use collector::source::bench_support::{marked_lines, parses_as_claude_code, parses_as_codex};

const CLAUDE_MARKERS: &[&str] = &["\"usage\""];
const CODEX_MARKERS: &[&str] =
    &["\"token_count\"", "\"turn_context\"", "\"session_meta\"", "\"token_usage_record\""];

/// Bytes of the text in which markers are searched for.
const BLOCK_BYTES: usize = 1024 * 1024;

/// A line of Claude Code with so many words in the answer.
fn claude_line(words: usize) -> String {
    let text = "let value = \\\"text\\\";\\n the answer is “so” ".repeat(words / 8);
    format!(
        r#"{{"parentUuid":"2e0c0d3e-7d22-4a7c-9c0e-5a1f8f6f1a01","isSidechain":false,"userType":"external","cwd":"/home/user/project","sessionId":"0b8f3f3c-5f5e-4f9e-9d6c-1f2a3b4c5d6e","version":"2.1.0","gitBranch":"main","message":{{"model":"claude-model-1","id":"msg_01AAAAAAAAAAAAAAAAAAAAAA","type":"message","role":"assistant","content":[{{"type":"text","text":"{text}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":12,"cache_creation_input_tokens":2345,"cache_read_input_tokens":67890,"cache_creation":{{"ephemeral_5m_input_tokens":2345,"ephemeral_1h_input_tokens":0}},"output_tokens":345,"service_tier":"standard"}}}},"requestId":"req_01BBBBBBBBBBBBBBBBBBBBBB","type":"assistant","uuid":"7c1d2e3f-1a2b-4c3d-8e4f-9a8b7c6d5e4f","timestamp":"2026-05-01T10:00:00.123Z"}}"#
    )
}

const CODEX_LINE: &str = r#"{"timestamp":"2026-05-01T10:00:00.123Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":28978,"cached_input_tokens":25177,"output_tokens":448,"reasoning_output_tokens":372,"total_tokens":29426},"last_token_usage":{"input_tokens":28978,"cached_input_tokens":25177,"output_tokens":448,"reasoning_output_tokens":372,"total_tokens":29426},"model_context_window":272000},"rate_limits":{"primary":{"used_percent":12.5,"window_minutes":300,"resets_at":1777629600},"secondary":{"used_percent":3.0,"window_minutes":10080,"resets_at":1778234400}}}}"#;

/// The first line of a rollout, with instructions of so many words.
fn codex_meta(words: usize) -> String {
    let text = "Do this, then \\\"that\\\".\\n And this. ".repeat(words / 6);
    format!(
        r#"{{"timestamp":"2026-05-01T10:00:00.123Z","type":"session_meta","payload":{{"id":"0197b2c0-0000-7000-8000-000000000001","cwd":"/home/user/project","cli_version":"0.60.0","instructions":"{text}","git":{{"branch":"main"}}}}}}"#
    )
}

/// Lines without usage, with one that has it behind every third.
fn block() -> String {
    let mut text = String::new();
    while text.len() < BLOCK_BYTES {
        let filler = "what the tool has printed \\n function_call ".repeat(40);
        for _ in 0..2 {
            let _ = writeln!(text, r#"{{"type":"user","message":{{"content":"{filler}"}}}}"#);
        }
        let _ = writeln!(text, "{}", claude_line(200));
    }
    text
}

fn search(criterion: &mut Criterion) {
    let text = block();
    let mut group = criterion.benchmark_group("search");
    group.throughput(Throughput::Bytes(text.len() as u64));
    for (name, needles) in [("one marker", CLAUDE_MARKERS), ("four markers", CODEX_MARKERS)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| marked_lines(black_box(text.as_bytes()), needles));
        });
    }
    group.finish();
}

fn parse(criterion: &mut Criterion) {
    let claude_code: fn(&[u8]) -> bool = parses_as_claude_code;
    let codex: fn(&[u8]) -> bool = parses_as_codex;
    let lines = [
        ("Claude Code, usage line", claude_code, claude_line(200)),
        ("Claude Code, long text", claude_code, claude_line(20_000)),
        ("Codex, token_count", codex, CODEX_LINE.to_owned()),
        ("Codex, session_meta with instructions", codex, codex_meta(3000)),
    ];
    let mut group = criterion.benchmark_group("parse");
    for (name, parses, line) in &lines {
        assert!(parses(line.as_bytes()), "{name}");
        group.throughput(Throughput::Bytes(line.len() as u64));
        group.bench_function(*name, |bencher| {
            bencher.iter(|| parses(black_box(line.as_bytes())));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = search, parse
}
criterion_main!(benches);
