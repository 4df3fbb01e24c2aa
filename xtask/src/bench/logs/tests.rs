use std::collections::BTreeMap;

use serde_json::Value;
use walkdir::WalkDir;

use super::*;
use crate::bench::truth::{Sources, sum};

const SMALL: Size = Size { claude_mib: 2, codex_mib: 1, files: 12, responses: 0 };

fn made(size: &Size) -> (tempfile::TempDir, Truth) {
    let folder = tempfile::tempdir().unwrap();
    let truth = write(folder.path(), size).unwrap();
    (folder, truth)
}

/// All files with their bytes, by path from the folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = WalkDir::new(folder).into_iter().map(Result::unwrap);
    let name = |path: &Path| path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| (name(entry.path()), fs_err::read(entry.path()).unwrap()))
        .collect()
}

/// Counts in the simplest way: every line is parsed, the last line of a message is the one that counts,
/// and a token count counts where its running total is a new one.
fn counted(folder: &Path) -> Sources {
    let mut messages: BTreeMap<String, Totals> = BTreeMap::new();
    let mut codex = Totals::default();
    for bytes in files(&folder.join("home")).into_values() {
        let mut running = 0;
        for line in String::from_utf8(bytes).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let usage = &line["message"]["usage"];
            let number = |usage: &Value, name: &str| usage[name].as_u64().unwrap();
            if usage.is_object() {
                let totals = Totals {
                    responses: 1,
                    input: number(usage, "input_tokens"),
                    output: number(usage, "output_tokens"),
                    cache_read: number(usage, "cache_read_input_tokens"),
                    cache_creation: number(usage, "cache_creation_input_tokens"),
                };
                messages.insert(line["message"]["id"].to_string(), totals);
            }
            let info = &line["payload"]["info"];
            if !info.is_object() || number(&info["total_token_usage"], "total_tokens") == running {
                continue;
            }
            running = number(&info["total_token_usage"], "total_tokens");
            let last = &info["last_token_usage"];
            let cached = number(last, "cached_input_tokens");
            codex += Totals {
                responses: 1,
                input: number(last, "input_tokens") - cached,
                output: number(last, "output_tokens"),
                cache_read: cached,
                cache_creation: 0,
            };
        }
    }
    let mut claude = Totals::default();
    for message in messages.into_values() {
        claude += message;
    }
    Sources::from([("claude-code".to_owned(), claude), ("codex".to_owned(), codex)])
}

#[test]
fn the_truth_is_what_a_simple_parser_counts_in_the_logs() {
    let (folder, truth) = made(&SMALL);
    let counted = counted(folder.path());
    assert_eq!(truth.sources, counted);
    assert!(truth.sources.values().all(|totals| totals.responses > 100), "{truth:?}");
    let files = files(folder.path());
    assert_eq!(truth.files, u64::try_from(files.len()).unwrap());
    assert_eq!(truth.bytes, files.values().map(|bytes| bytes.len() as u64).sum::<u64>());
}

#[test]
fn the_same_size_gives_the_same_bytes() {
    let ((one, truth), (other, again)) = (made(&SMALL), made(&SMALL));
    assert_eq!(truth, again);
    assert_eq!(files(one.path()), files(other.path()));
}

#[test]
fn the_appended_line_adds_one_response_that_no_log_has() {
    let (folder, truth) = made(&SMALL);
    let append = truth.append.unwrap();
    let path = folder.path().join(&append.path);
    assert_eq!(append.bytes, fs_err::metadata(&path).unwrap().len());
    let mut text = fs_err::read_to_string(&path).unwrap();
    text.push_str(&append.line);
    fs_err::write(&path, text).unwrap();
    let mut expected = truth.sources;
    *expected.get_mut(&append.source).unwrap() += append.adds;
    assert_eq!(counted(folder.path()), expected);
}

#[test]
fn length_files_and_responses_are_about_what_was_asked_for() {
    let size = Size { claude_mib: 8, codex_mib: 2, files: 100, responses: 500 };
    let (folder, truth) = made(&size);
    assert_eq!(truth.files, 100);
    assert!((9..12).contains(&(truth.bytes / MIB)), "{} bytes", truth.bytes);
    let responses = sum(&truth.sources).responses;
    assert!((450..650).contains(&responses), "{responses} responses");
    assert!(files(folder.path()).keys().any(|path| path.contains("/subagents/agent-")));
}

#[test]
fn lengths_of_files_follow_the_measured_quantiles() {
    let mean = 10_000 * MEAN_FILE;
    let plan = plan(Tool::Claude, mean, 10_000, 1);
    let near = |rank: usize, bytes: u64| {
        let length = plan[rank].bytes;
        assert!((bytes * 8 / 10..bytes * 11 / 10).contains(&length), "{rank}: {length}");
    };
    near(5_000, 105_267);
    near(9_000, 653_972);
    near(9_900, 5_383_751);
    near(9_999, 87_033_471);
    let all: u64 = plan.iter().map(|log| log.bytes).sum();
    assert!(all <= mean && all + 10_000 > mean);
}

#[test]
fn no_time_lies_beyond_the_end_of_all_logs() {
    let mut random = Random::new(1, 1);
    for bytes in [0, 100_000, BIG] {
        let mut clock = Clock::new(&mut random, bytes);
        assert!(clock.now >= END - 366 * 86_400, "{bytes}");
        for _ in 0..1000 {
            clock.go_on(&mut random);
        }
        assert!(clock.now <= END, "{bytes}");
    }
    let mut clock = Clock { now: END - 1, millis: 0, step: 90 };
    clock.go_on(&mut random);
    assert!(clock.text().starts_with("2026-11-19T23:00:00."), "{}", clock.text());
}
