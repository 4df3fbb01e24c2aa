//! Claude Code: replays, damage, times, and odd files.

use std::path::Path;

use data_schema::{Quality, Rank, TimeQuality, Tokens, UsageRecord};

use crate::support::{scan, source};

fn line(id: &str, at: &str, more: &str, usage: &str) -> String {
    format!(
        r#"{{"type":"assistant","timestamp":"{at}","sessionId":"s","version":"2.1.0","cwd":"/w","uuid":"u-{id}"{more},"message":{{"id":"{id}","model":"claude-opus-4-8","stop_reason":"end_turn","usage":{usage}}}}}"#
    ) + "\n"
}

const AT: &str = "2026-05-01T10:00:00Z";
const USAGE: &str = r#"{"input_tokens":100,"output_tokens":10}"#;

fn write(home: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = home.join(".claude/projects/p").join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, bytes).unwrap();
}

fn read(home: &Path) -> Vec<UsageRecord> {
    scan("claude-code", home).records.into_sorted()
}

fn one(home: &Path, usage: &str) -> UsageRecord {
    write(home, "s.jsonl", line("m", AT, "", usage));
    read(home).remove(0)
}

fn total(records: &[UsageRecord]) -> u64 {
    records.iter().map(|record| record.usage.total()).sum()
}

#[test]
fn a_message_counts_by_its_greatest_line_wherever_that_stands() {
    let home = tempfile::tempdir().unwrap();
    let lines = [
        r#"{"input_tokens":100,"output_tokens":1}"#,
        r#"{"input_tokens":100,"output_tokens":159}"#,
        r#"{"input_tokens":3,"output_tokens":9}"#,
    ];
    write(home.path(), "s.jsonl", lines.map(|usage| line("m", AT, "", usage)).concat());
    let records = read(home.path());
    assert_eq!((records.len(), total(&records)), (1, 259));
}

#[test]
fn a_replay_that_is_all_that_is_left_is_kept_and_marked() {
    let home = tempfile::tempdir().unwrap();
    let side = line(
        "m",
        AT,
        r#","isSidechain":true"#,
        r#"{"input_tokens":100,"output_tokens":10,"cache_read_input_tokens":50000}"#,
    );
    write(home.path(), "s/subagents/agent-a.jsonl", &side);
    let alone = read(home.path());
    assert_eq!((alone[0].usage.quality, alone[0].usage.rank), (Quality::Partial, Rank::Copy));
    // The parent's line comes back: it counts, whatever the replay says.
    write(home.path(), "s.jsonl", line("m", AT, "", USAGE));
    let records = read(home.path());
    assert_eq!(
        (records.len(), total(&records), records[0].usage.quality),
        (1, 110, Quality::Exact)
    );
}

#[test]
fn a_sub_agent_with_its_own_question_is_exact_and_named() {
    let home = tempfile::tempdir().unwrap();
    let question = "{\"type\":\"user\",\"isSidechain\":true,\"message\":{\"role\":\"user\",\"content\":\"hi\"}}\n";
    let answer = line("m", AT, r#","isSidechain":true"#, USAGE);
    write(home.path(), "s/subagents/agent-a.jsonl", question.to_owned() + &answer);
    write(home.path(), "s/subagents/agent-a.meta.json", r#"{"agentType":"Explore"}"#);
    let records = read(home.path());
    assert_eq!(records[0].usage.quality, Quality::Exact);
    assert_eq!(records[0].attribution.agent.as_deref(), Some("Explore"));
}

#[test]
fn a_progress_line_and_the_agents_own_file_are_one_response() {
    let home = tempfile::tempdir().unwrap();
    let inner = line("m", AT, "", USAGE);
    let progress = format!(
        r#"{{"type":"progress","timestamp":"{AT}","sessionId":"s","data":{{"message":{}}}}}"#,
        inner.trim()
    );
    write(home.path(), "s.jsonl", progress + "\n");
    assert_eq!(total(&read(home.path())), 110);
    write(home.path(), "s/subagents/agent-a.jsonl", line("m", AT, r#","isSidechain":true"#, USAGE));
    let records = read(home.path());
    assert_eq!((records.len(), total(&records)), (1, 110));
}

#[test]
fn cache_writes_are_split_by_lifetime() {
    let home = tempfile::tempdir().unwrap();
    let split = |usage: &str| {
        let usage = one(home.path(), usage).usage;
        (
            usage.cache_creation_tokens.map(Tokens::get),
            usage.cache_creation_1h_tokens.map(Tokens::get),
        )
    };
    let parts =
        r#""cache_creation":{"ephemeral_5m_input_tokens":1000,"ephemeral_1h_input_tokens":500}"#;
    assert_eq!(
        split(&format!(r#"{{"cache_creation_input_tokens":2000,{parts}}}"#)),
        (Some(2000), Some(500))
    );
    assert_eq!(
        split(&format!(r#"{{"cache_creation_input_tokens":0,{parts}}}"#)),
        (Some(1500), Some(500))
    );
    assert_eq!(split(r#"{"cache_creation_input_tokens":7}"#), (Some(7), None));
    assert_eq!(split(r#"{"input_tokens":7}"#), (None, None));
}

#[test]
fn fast_mode_searches_and_regions_are_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let usage = one(home.path(), r#"{"input_tokens":1,"speed":"fast","service_tier":"standard","inference_geo":"us","server_tool_use":{"web_search_requests":3}}"#).usage;
    assert_eq!(
        (usage.tier.as_deref(), usage.region.as_deref(), usage.web_searches),
        (Some("fast"), Some("us"), Some(3))
    );
    assert_eq!(&*usage.model, "claude-opus-4-8");
    let usage = one(home.path(), r#"{"input_tokens":1,"speed":"standard","service_tier":"standard","inference_geo":"not_available"}"#).usage;
    assert_eq!((usage.tier, usage.region), (None, None));
}

#[test]
fn an_advisors_calls_are_rows_of_their_own() {
    let home = tempfile::tempdir().unwrap();
    write(
        home.path(),
        "s.jsonl",
        line(
            "m",
            AT,
            "",
            r#"{"input_tokens":100,"output_tokens":10,"iterations":[{"type":"message","input_tokens":100,"output_tokens":10},{"type":"advisor_message","model":"claude-fable-5","input_tokens":1000,"output_tokens":50}]}"#,
        ),
    );
    let mut models: Vec<(String, u64)> = read(home.path())
        .iter()
        .map(|record| (record.usage.model.to_string(), record.usage.total()))
        .collect();
    models.sort();
    assert_eq!(models, [("claude-fable-5".to_owned(), 1050), ("claude-opus-4-8".to_owned(), 110)]);
}

#[test]
fn a_session_that_was_never_finalised_is_partial() {
    let home = tempfile::tempdir().unwrap();
    let lines: String = (0..50)
        .map(|number| {
            line(&format!("m{number}"), AT, "", r#"{"input_tokens":1,"output_tokens":1}"#)
                .replace("\"end_turn\"", "null")
        })
        .collect();
    write(home.path(), "s.jsonl", lines);
    let records = read(home.path());
    assert_eq!(records.len(), 50);
    assert!(records.iter().all(|record| record.usage.quality == Quality::Partial));
}

#[test]
fn times_that_cannot_be_are_guesses_and_nothing_is_dropped() {
    let home = tempfile::tempdir().unwrap();
    let lines =
        [("a", AT), ("b", "2036-05-01T10:00:00Z"), ("c", "1970-01-01T00:00:00Z"), ("d", "soon")];
    write(home.path(), "s.jsonl", lines.map(|(id, at)| line(id, at, "", USAGE)).concat());
    let records = read(home.path());
    assert_eq!(records.len(), 4);
    assert!(records.iter().all(|record| record.at.to_string() == AT));
    assert_eq!(records.iter().filter(|record| record.at_quality == TimeQuality::Guess).count(), 3);
}

#[test]
fn damage_in_the_middle_costs_its_own_line_and_names_it() {
    let home = tempfile::tempdir().unwrap();
    let text = line("a", AT, "", USAGE) + "{\"usage\": oops}\n" + &line("b", AT, "", USAGE);
    write(home.path(), "s.jsonl", text);
    let scanned = scan("claude-code", home.path());
    assert_eq!((scanned.records.len(), scanned.report.skipped), (2, 1));
    assert_eq!(scanned.report.warnings[0].line, Some(2));
    assert!(scanned.report.warnings[0].reason.contains("not valid JSON"));
}

#[test]
fn usage_at_the_end_of_a_huge_line_is_read() {
    let home = tempfile::tempdir().unwrap();
    let image = "x".repeat(3_000_000);
    let huge = line("a", AT, &format!(r#","padding":"{image}""#), USAGE);
    write(home.path(), "s.jsonl", huge + &line("b", AT, "", USAGE));
    assert_eq!(total(&read(home.path())), 220);
}

#[cfg(unix)]
#[test]
fn odd_files_and_links_are_survived_and_every_file_is_read_once() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), "s.jsonl", line("a", AT, "", USAGE));
    let folder = home.path().join(".claude/projects/p");
    fs_err::create_dir_all(folder.join("folder.jsonl")).unwrap();
    fs_err::write(folder.join("empty.jsonl"), "").unwrap();
    fs_err::write(folder.join("zero.jsonl"), [0; 4096]).unwrap();
    fs_err::os::unix::fs::symlink(&folder, folder.join("loop")).unwrap();
    fs_err::os::unix::fs::symlink(folder.join("s.jsonl"), folder.join("same.jsonl")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.join("pipe.jsonl")).status();
    let pipes = usize::from(made.is_ok_and(|status| status.success()));
    let scanned = scan("claude-code", home.path());
    assert_eq!((scanned.records.len(), scanned.report.files), (1, 3));
    assert_eq!(scanned.report.warnings.len(), 1 + pipes, "{:?}", scanned.report.warnings);
}

#[test]
fn answers_without_usage_say_that_the_parser_is_out_of_date() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), "s.jsonl", "{\"type\":\"assistant\",\"message\":{\"tokens\":5}}\n");
    let notices = scan("claude-code", home.path()).report.notices;
    assert!(notices[0].contains("out of date"), "{notices:?}");
    assert_eq!(source("claude-code").title(), "Claude Code");
}

#[test]
fn the_order_of_files_changes_nothing() {
    let logs: Vec<String> = (0..12)
        .map(|number| {
            let same = line(
                "shared_message_of_all_files",
                AT,
                &format!(r#","gitBranch":"{number}""#),
                USAGE,
            );
            same + &line(&format!("m{number}"), AT, "", USAGE)
        })
        .collect();
    let scan_in = |order: &dyn Fn(usize) -> usize| {
        let home = tempfile::tempdir().unwrap();
        for (number, log) in logs.iter().enumerate() {
            write(home.path(), &format!("{:02}.jsonl", order(number)), log);
        }
        read(home.path())
    };
    let forward = scan_in(&|number| number);
    assert_eq!(forward, scan_in(&|number| 11 - number));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(forward, pool.install(|| scan_in(&|number| number * 5 % 12)));
    assert_eq!(forward.len(), 13);
}
