//! Logs as crashes, other systems and other programs leave them.

use collector::source::Place;
use data_schema::{TimeQuality, Tokens, UsageRecord};

use crate::logs::{
    World, answer, answer_of, context, count, event, meta, record, rollout, session, tokens, totals,
};
use crate::support::{environment, scan, scan_in, source};

const AT: &str = "2026-05-01T10:00:00Z";

/// Reads one source's records.
fn read(id: &str, world: &World) -> Vec<UsageRecord> {
    scan(id, world.home.path()).records.into_sorted()
}

#[test]
fn a_byte_order_mark_hides_neither_a_codex_thread_nor_its_parent() {
    let world = World::new();
    let root = meta("10:00:00", "a", None) + &count("10:00:05", 1100, 1100);
    let child = meta("11:00:00", "b", Some("a"))
        + &count("11:00:00", 1100, 1100)
        + &count("11:01:00", 1650, 550);
    world.write(&rollout("x"), format!("\u{feff}{root}"));
    world.write(&rollout("y"), format!("\u{feff}{child}").replace('\n', "\r\n"));
    let records = read("codex", &world);
    assert_eq!(totals(&records), [550, 1100]);
    assert!(records[1].attribution.parent.is_some());
}

#[test]
fn zero_bytes_blank_lines_and_a_missing_line_end_cost_nothing() {
    let world = World::new();
    let claude = format!("\n\n{}\r\n\0\0\0\0{}", answer("a", AT).trim(), answer("b", AT).trim());
    world.write(&session("s"), claude + &"\0".repeat(700_000));
    let codex = meta("10:00:00", "a", None) + "\r\n\n" + count("10:00:05", 1100, 1100).trim();
    world.write(&rollout("a"), codex + &"\0".repeat(700_000));
    assert_eq!(totals(&read("claude-code", &world)), [110, 110]);
    assert_eq!(totals(&read("codex", &world)), [1100]);
    for id in ["claude-code", "codex"] {
        assert!(scan(id, world.home.path()).report.warnings.is_empty(), "{id}");
    }
}

#[test]
fn usage_at_the_end_of_a_line_of_three_megabytes_is_read_by_both() {
    let world = World::new();
    let image = "QUJD\\u0041".repeat(350_000);
    let content = format!(r#""content":[{{"type":"image","data":"{image}"}}],"usage""#);
    let huge = answer("a", AT).replace(r#""usage""#, &content);
    world.write(&session("s"), huge + &answer("b", AT));
    let usage = tokens(550);
    let history = format!(
        r#"{{"message":"{image}","replacement_history":[{{"image_url":"{image}","bytes":"BYTES"}},{{"response_id":"resp_1","usage":{usage}}}]}}"#
    );
    let log = meta("10:00:00", "a", None)
        + &event("10:00:01", "response_item", &format!(r#"{{"type":"message","x":"{image}"}}"#))
        + &event("10:00:02", "compacted", &history)
        + &count("10:00:05", 1100, 1100);
    // Bytes that are no text, in a part of the line that has to be looked at.
    let bytes: Vec<u8> = log.replace("BYTES", "\u{1}").bytes().collect();
    let bytes: Vec<u8> =
        bytes.into_iter().map(|byte| if byte == 1 { 0xff } else { byte }).collect();
    world.write(&rollout("a"), bytes);
    assert_eq!(totals(&read("claude-code", &world)), [110, 110]);
    assert_eq!(totals(&read("codex", &world)), [550, 1100]);
    assert_eq!(scan("codex", world.home.path()).report.skipped, 0);
}

#[test]
fn counts_that_cannot_be_are_told_and_the_rest_counts() {
    let world = World::new();
    let usage = |input: &str| format!(r#"{{"input_tokens":{input},"output_tokens":10}}"#);
    let cases =
        [("100.0", 110, 0), ("1e3", 1010, 0), ("\"100\"", 110, 0), ("-5", 10, 1), ("1e30", 10, 1)];
    for (input, total, warnings) in cases {
        world.write(&session("s"), answer_of("m", AT, &usage(input)));
        world.write(
            &rollout("a"),
            meta("10:00:00", "a", None)
                + &event(
                    "10:00:05",
                    "event_msg",
                    &format!(
                        r#"{{"type":"token_count","info":{{"last_token_usage":{}}}}}"#,
                        usage(input)
                    ),
                ),
        );
        for id in ["claude-code", "codex"] {
            let scanned = scan(id, world.home.path());
            assert_eq!(scanned.report.warnings.len(), warnings, "{id} {input}");
            assert_eq!(totals(&scanned.records.into_sorted()), [total], "{id} {input}");
        }
    }
    // No JSON at all: the line is left out and named.
    for input in ["NaN", "Infinity", "1e999"] {
        world.write(&session("s"), answer_of("m", AT, &usage(input)) + &answer("n", AT));
        let scanned = scan("claude-code", world.home.path());
        assert_eq!((scanned.records.len(), scanned.report.skipped), (1, 1), "{input}");
    }
}

#[test]
fn a_codex_line_that_is_broken_costs_itself_and_names_its_place() {
    let world = World::new();
    let log = meta("10:00:00", "a", None)
        + &count("10:00:05", 1100, 1100)
        + "{\"type\":\"token_count\" oops\n"
        + &count("10:01:00", 1650, 550);
    let half = count("10:02:00", 9999, 8349);
    world.write(&rollout("a"), log + &half[..half.len() - 9]);
    let scanned = scan("codex", world.home.path());
    assert_eq!(totals(&scanned.records.into_sorted()), [550, 1100]);
    let lines: Vec<_> = scanned.report.warnings.iter().map(|warning| warning.line).collect();
    assert_eq!((scanned.report.skipped, lines), (2, vec![Some(3), Some(5)]));
}

#[test]
fn codex_times_that_cannot_be_are_guesses_and_nothing_is_dropped() {
    let world = World::new();
    let log = meta("10:00:00", "a", None)
        + &count("10:00:05", 1100, 1100)
        + &count("10:01:00", 1650, 550).replace("2026-05-01", "2036-05-01")
        + &count("10:02:00", 1750, 100).replace("2026-05-01", "1970-01-01")
        + &count("10:03:00", 1850, 100).replace("\"timestamp\"", "\"when\"");
    world.write(&rollout("a"), log);
    let records = read("codex", &world);
    assert_eq!(totals(&records), [100, 100, 550, 1100]);
    assert!(records.iter().all(|record| record.at.to_string() == "2026-05-01T10:00:05Z"));
    let guesses = records.iter().filter(|record| record.at_quality == TimeQuality::Guess);
    assert_eq!(guesses.count(), 3);
}

#[test]
fn a_log_without_any_time_stands_under_the_time_of_its_file_however_often_it_is_read() {
    let world = World::new();
    let path = world.write(&session("s"), answer("m", "").replace("timestamp", "when"));
    let modified = |seconds: u64| {
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        fs_err::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    };
    modified(1_777_629_600);
    world.collect();
    // A backup is restored: the time of the file is a later one.
    modified(1_779_000_000);
    world.collect();
    let counted = world.counted();
    assert_eq!((counted.len(), counted[0].at.to_string().as_str()), (1, AT));
    assert_eq!(counted[0].at_quality, TimeQuality::Guess);
}

#[test]
fn huge_but_possible_counts_are_exact() {
    let world = World::new();
    let lines = (0..9).map(|number| {
        answer_of(&format!("m{number}"), AT, r#"{"input_tokens":999999999999,"output_tokens":1}"#)
    });
    world.write(&session("s"), lines.collect::<String>());
    let records = read("claude-code", &world);
    assert_eq!(totals(&records), [1_000_000_000_000; 9]);
    assert_eq!(records[0].usage.input_tokens, Tokens::new(999_999_999_999));
}

#[test]
fn a_folder_that_is_named_twice_is_read_once() {
    let world = World::new();
    world.write("a/projects/p/s.jsonl", answer("m", AT));
    world.write(
        "x/sessions/rollout-a.jsonl",
        meta("10:00:00", "a", None) + &count("10:00:05", 70, 70),
    );
    let mut environment = environment(world.home.path());
    for (variable, names) in [("CLAUDE_CONFIG_DIR", "~/a,~/a/"), ("CODEX_HOME", "~/x,~/x/")] {
        environment.variables.insert(variable.to_owned(), names.to_owned());
    }
    for id in ["claude-code", "codex"] {
        let scanned = scan_in(id, &environment);
        assert_eq!((scanned.report.files, scanned.records.len()), (1, 1), "{id}");
    }
}

#[test]
fn an_empty_variable_is_none_and_a_wrong_one_is_told() {
    let world = World::new();
    world.write(&session("s"), answer("m", AT));
    world.write(&rollout("a"), meta("10:00:00", "a", None) + &count("10:00:05", 70, 70));
    let mut environment = environment(world.home.path());
    for (id, variable) in [("claude-code", "CLAUDE_CONFIG_DIR"), ("codex", "CODEX_HOME")] {
        environment.variables.insert(variable.to_owned(), " ".to_owned());
        assert_eq!(scan_in(id, &environment).records.len(), 1, "{id}");
        environment.variables.insert(variable.to_owned(), "/nowhere".to_owned());
        let located = source(id).locate(&Place { environment: &environment, configured: None });
        assert!(located.roots.is_empty());
        assert!(located.missing[0].contains(variable), "{:?}", located.missing);
    }
}

#[cfg(unix)]
#[test]
fn odd_files_among_rollouts_are_told_and_passed_over() {
    use fs_err::os::unix::fs::symlink;
    let world = World::new();
    let log = meta("10:00:00", "a", None) + &count("10:00:05", 70, 70);
    let path = world.write(&rollout("a"), log);
    world.write(&rollout("empty"), "");
    world.write(".codex/sessions/2026/05/01/notes.jsonl", count("10:00:05", 999, 999));
    let sessions = world.home.path().join(".codex/sessions");
    fs_err::create_dir_all(sessions.join("rollout-folder.jsonl")).unwrap();
    symlink(&sessions, sessions.join("2026/loop")).unwrap();
    symlink(&path, sessions.join("rollout-same.jsonl")).unwrap();
    symlink("/nowhere", sessions.join("rollout-gone.jsonl")).unwrap();
    let scanned = scan("codex", world.home.path());
    assert_eq!(totals(&scanned.records.into_sorted()), [70]);
    let reasons: Vec<_> =
        scanned.report.warnings.iter().map(|warning| warning.reason.as_str()).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(!scanned.report.failed);
}

#[test]
fn a_compressed_rollout_of_several_frames_is_read_up_to_the_torn_one() {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    let world = World::new();
    let frame = |text: &str| compress_to_vec(text.as_bytes(), CompressionLevel::Fastest);
    let first = frame(&(meta("10:00:00", "a", None) + &count("10:00:05", 1100, 1100)));
    let second = frame(&count("10:01:00", 1650, 550));
    let third = frame(&count("10:02:00", 1750, 100));
    let name = rollout("a") + ".zst";
    world.write(&name, [&first[..], &second, &third].concat());
    assert_eq!(totals(&read("codex", &world)), [100, 550, 1100]);
    world.write(&name, [&first[..], &second, &third[..third.len() - 3]].concat());
    let scanned = scan("codex", world.home.path());
    assert_eq!(totals(&scanned.records.into_sorted()), [550, 1100]);
    assert!(scanned.report.failed && scanned.stamps.is_empty());
}

#[test]
fn a_record_without_counts_beside_it_and_running_sums_are_told_apart() {
    let world = World::new();
    let sums = |sum: u64| format!(r#""turn_token_usage":{},"usage""#, tokens(sum));
    let log = meta("10:00:00", "a", None)
        + &record("10:00:05", "resp_1", 34_000).replace(r#""usage""#, &sums(34_000))
        + &record("10:00:15", "resp_2", 36_000).replace(r#""usage""#, &sums(70_000))
        + &record("10:00:25", "resp_3", 47_000).replace(r#""usage""#, &sums(117_000))
        + &record("10:00:26", "resp_3", 47_000);
    world.write(&rollout("a"), log);
    assert_eq!(totals(&read("codex", &world)), [34_000, 36_000, 47_000]);
}

#[test]
fn a_model_holds_until_the_next_one_and_a_label_stays_what_it_is() {
    let world = World::new();
    let log = meta("10:00:00", "a", None)
        + &context("10:00:00", "gpt-5")
        + &count("10:00:05", 100, 100)
        + &context("10:01:00", "codex-auto-review")
        + &count("10:01:05", 200, 100);
    world.write(&rollout("a"), log);
    let models: Vec<String> =
        read("codex", &world).iter().map(|record| record.usage.model.to_string()).collect();
    assert_eq!(models, ["gpt-5", "codex-auto-review"]);
}

#[test]
fn a_count_that_is_absent_is_not_zero() {
    let world = World::new();
    let log = meta("10:00:00", "a", None) + &count("10:00:05", 100, 100);
    world.write(&rollout("a"), log);
    let usage = &read("codex", &world)[0].usage;
    assert_eq!((usage.cache_creation_tokens, usage.cache_read_tokens), (None, None));
    world.write(&session("s"), answer_of("m", AT, r#"{"output_tokens":0,"input_tokens":5}"#));
    let usage = &read("claude-code", &world)[0].usage;
    assert_eq!((usage.cache_read_tokens, usage.output_tokens), (None, Some(Tokens::ZERO)));
}

#[test]
fn a_total_of_nothing_after_a_compaction_moves_no_baseline() {
    let world = World::new();
    let log = meta("10:00:00", "a", None)
        + &count("10:00:05", 10_000, 500)
        + &count("10:00:06", 0, 0)
        + &event("10:00:07", "event_msg", r#"{"type":"token_count","info":null}"#)
        + &event("10:00:08", "event_msg", r#"{"type":"token_count","info":{}}"#)
        + &count("10:00:09", 10_600, 600);
    world.write(&rollout("a"), log);
    assert_eq!(totals(&read("codex", &world)), [500, 600]);
}

#[test]
fn nulls_in_any_place_hide_no_answer_and_a_summary_is_a_row_of_its_model() {
    let world = World::new();
    let tool = r#""content":[{"type":"tool_use","input":{"id":null,"model":null,"cwd":null,"version":null,"usage":null}}],"usage""#;
    let nulls = answer("a", AT).replace(r#""usage""#, tool).replace(r#""2.1.0""#, "null");
    let summary = r#"{"input_tokens":100,"output_tokens":10,"iterations":[{"type":"compaction","input_tokens":1000,"output_tokens":50},{"type":"message","input_tokens":100,"output_tokens":10}]}"#;
    let placeholder = answer("c", AT).replace("claude-sonnet-4-5", "<synthetic>");
    world.write(&session("s"), nulls + &answer_of("b", AT, summary) + &placeholder);
    let records = read("claude-code", &world);
    assert_eq!(totals(&records), [110, 110, 1050]);
    assert!(records.iter().all(|record| &*record.usage.model == "claude-sonnet-4-5"));
}

#[test]
fn the_last_line_of_an_answer_is_the_bill_even_if_an_earlier_one_said_more() {
    let world = World::new();
    let first = answer_of("m", AT, r#"{"input_tokens":9000,"output_tokens":1}"#)
        .replace("\"end_turn\"", "null");
    let usage = r#"{"input_tokens":4,"cache_read_input_tokens":800,"output_tokens":159}"#;
    world.write(&session("s"), first + &answer_of("m", AT, usage));
    let records = read("claude-code", &world);
    assert_eq!(totals(&records), [963]);
    assert_eq!(records[0].usage.input_tokens, Tokens::new(4));
}

#[test]
fn a_session_that_ended_well_is_exact_even_with_short_answers() {
    let world = World::new();
    let short = |id: &str| answer_of(id, AT, r#"{"input_tokens":100,"output_tokens":1}"#);
    world.write(&session("s"), short("a") + &short("b"));
    let records = read("claude-code", &world);
    assert!(records.iter().all(|record| record.usage.quality == data_schema::Quality::Exact));
}

#[test]
fn forks_are_known_by_the_lines_that_begin_them() {
    let root =
        meta("10:00:00", "a", None) + &count("10:00:05", 100, 100) + &count("10:05:00", 300, 200);
    // A replay with the parent's own times; one with its first line's time only; one of a burst; one
    // of which only the counts are there; a fork without any request yet; and a sub-agent that begins with nothing of its parent, by chance with an equal first request.
    let replay = |meta_at: &str, first: &str, second: &str| {
        meta(meta_at, "b", Some("a"))
            + &meta(meta_at, "a", None)
            + &count(first, 100, 100)
            + &count(second, 300, 200)
            + &count("11:01:00", 850, 550)
    };
    let bare = meta("10:00:00", "b", Some("a"))
        + &count("10:20:00", 100, 100)
        + &count("10:20:01", 300, 200)
        + &count("10:21:00", 850, 550);
    let fresh = meta("11:00:00", "b", Some("a"))
        + &context("11:00:00", "gpt-5")
        + &count("11:00:30", 100, 100);
    for (child, expected) in [
        (replay("10:00:00", "10:00:05", "10:05:00"), vec![100, 200, 550]),
        (replay("10:00:00", "10:20:00", "10:20:01"), vec![100, 200, 550]),
        (replay("11:00:00", "11:00:00", "11:00:00"), vec![100, 200, 550]),
        (bare, vec![100, 200, 550]),
        (fresh, vec![100, 100, 200]),
        (meta("11:00:00", "b", Some("a")), vec![100, 200]),
    ] {
        let world = World::new();
        world.write(&rollout("a"), &root);
        world.write(&rollout("b"), &child);
        assert_eq!(totals(&read("codex", &world)), expected, "{child}");
    }
}
