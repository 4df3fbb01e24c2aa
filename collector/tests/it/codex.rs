//! Codex: forks, resets, and logs that are gone.

use std::path::Path;

use data_schema::resolve::{Context, Witness, resolve};
use data_schema::{Quality, RecordSet, UsageRecord, UtcSeconds};

use crate::support::scan;

const ROOT: &str = "019f0000-0000-7000-8000-000000000001";
const CHILD: &str = "019f1000-0000-7000-8000-000000000002";
const GRANDCHILD: &str = "019f2000-0000-7000-8000-000000000003";

/// Lines of a rollout.
#[derive(Clone, Default)]
struct Rollout(String);

impl Rollout {
    fn meta(mut self, at: &str, id: &str, parent: Option<&str>) -> Self {
        let parent =
            parent.map_or_else(String::new, |parent| format!(r#","forked_from_id":"{parent}""#));
        self.line(
            at,
            "session_meta",
            &format!(r#"{{"id":"{id}","cwd":"/w","cli_version":"0.145.0"{parent}}}"#),
        );
        self.line(at, "turn_context", r#"{"cwd":"/w","model":"gpt-5"}"#);
        self
    }

    fn line(&mut self, at: &str, kind: &str, payload: &str) {
        let line = format!(
            "{{\"timestamp\":\"2026-05-01T{at}Z\",\"type\":\"{kind}\",\"payload\":{payload}}}\n"
        );
        self.0.push_str(&line);
    }

    /// A token count: running total and last request, both as input.
    fn count(mut self, at: &str, total: u64, last: u64) -> Self {
        let usage = |tokens: u64| {
            format!(r#"{{"input_tokens":{tokens},"output_tokens":0,"total_tokens":{tokens}}}"#)
        };
        let payload = format!(
            r#"{{"type":"token_count","info":{{"total_token_usage":{},"last_token_usage":{}}}}}"#,
            usage(total),
            usage(last)
        );
        self.line(at, "event_msg", &payload);
        self
    }

    fn record(mut self, at: &str, response: &str, tokens: u64) -> Self {
        let payload = format!(
            r#"{{"thread_id":"{ROOT}","response_id":"{response}","usage":{{"input_tokens":{tokens},"output_tokens":0,"total_tokens":{tokens}}}}}"#
        );
        self.line(at, "token_usage_record", &payload);
        self
    }

    fn turn(mut self, at: &str, turn: &str) -> Self {
        self.line(
            at,
            "turn_context",
            &format!(r#"{{"cwd":"/w","model":"gpt-5","turn_id":"{turn}"}}"#),
        );
        self
    }

    fn write(&self, home: &Path, name: &str) {
        let folder = home.join(".codex/sessions/2026/05/01");
        fs_err::create_dir_all(&folder).unwrap();
        fs_err::write(folder.join(format!("rollout-2026-05-01T10-00-00-{name}.jsonl")), &self.0)
            .unwrap();
    }
}

fn read(home: &Path) -> Vec<UsageRecord> {
    scan("codex", home).records.into_sorted()
}

/// What counts of all records that were ever seen.
fn counted(runs: &[Vec<UsageRecord>]) -> Vec<u64> {
    let stored: RecordSet = runs.iter().flatten().cloned().collect();
    let witnesses = stored.into_boxes().into_iter().map(|record| Witness {
        machine: "m".into(),
        provider: "codex".into(),
        record,
    });
    let context = Context {
        first_collected: rustc_hash::FxHashMap::default(),
        covered_since: rustc_hash::FxHashMap::default(),
        day_of: &|at: UtcSeconds| at.utc_date(),
    };
    let facts = resolve(witnesses.collect(), Vec::new(), &context).facts;
    let mut totals: Vec<u64> = facts.iter().map(|fact| fact.record.usage.total()).collect();
    totals.sort_unstable();
    totals
}

fn totals(home: &Path) -> Vec<u64> {
    counted(&[read(home)])
}

fn root() -> Rollout {
    Rollout::default()
        .meta("10:00:00", ROOT, None)
        .count("10:00:05", 1100, 1100)
        .count("10:00:30", 3300, 2200)
}

/// A fork of the root that replays it in a burst.
fn child(own: u64) -> Rollout {
    Rollout::default()
        .meta("11:00:00", CHILD, Some(ROOT))
        .count("11:00:00", 1100, 1100)
        .count("11:00:01", 3300, 2200)
        .count("11:00:20", 3300 + own, own)
}

fn grandchild() -> Rollout {
    let mut rollout = Rollout::default().meta("12:00:00", GRANDCHILD, Some(CHILD));
    rollout.line(
        "12:00:00",
        "session_meta",
        &format!(r#"{{"id":"{CHILD}","forked_from_id":"{ROOT}"}}"#),
    );
    rollout
        .count("12:00:00", 1100, 1100)
        .count("12:00:00", 3300, 2200)
        .count("12:00:01", 3850, 550)
        .count("12:00:30", 3920, 70)
}

#[test]
fn a_grandchild_is_counted_once_when_both_ancestors_are_deleted_after_they_were_stored() {
    let home = tempfile::tempdir().unwrap();
    root().write(home.path(), ROOT);
    child(550).write(home.path(), CHILD);
    let first = read(home.path());
    assert_eq!(counted(std::slice::from_ref(&first)), [550, 1100, 2200]);
    fs_err::remove_dir_all(home.path().join(".codex")).unwrap();
    grandchild().write(home.path(), GRANDCHILD);
    let second = read(home.path());
    assert_eq!(counted(&[first, second]), [70, 550, 1100, 2200]);
}

#[test]
fn a_grandchild_alone_counts_the_whole_family_once_and_says_that_it_is_partial() {
    let home = tempfile::tempdir().unwrap();
    grandchild().write(home.path(), GRANDCHILD);
    let records = read(home.path());
    assert_eq!(counted(std::slice::from_ref(&records)), [70, 550, 1100, 2200]);
    let partial = records.iter().filter(|record| record.usage.quality == Quality::Partial).count();
    assert_eq!(partial, 3);
    // The ancestors turn up later, on another machine: nothing is added.
    let other = tempfile::tempdir().unwrap();
    root().write(other.path(), ROOT);
    child(550).write(other.path(), CHILD);
    assert_eq!(counted(&[records, read(other.path())]), [70, 550, 1100, 2200]);
}

#[test]
fn siblings_with_own_turns_of_equal_size_all_count() {
    let home = tempfile::tempdir().unwrap();
    root().write(home.path(), ROOT);
    for number in 2..5 {
        let id = format!("019f1000-0000-7000-8000-00000000000{number}");
        let sibling = Rollout(child(550).0.replace(CHILD, &id));
        sibling.write(home.path(), &id);
    }
    assert_eq!(totals(home.path()), [550, 550, 550, 1100, 2200]);
}

#[test]
fn siblings_without_their_parent_count_its_part_once() {
    let home = tempfile::tempdir().unwrap();
    for (number, own) in [(2, 550), (3, 70)] {
        let id = format!("019f1000-0000-7000-8000-00000000000{number}");
        Rollout(child(own).0.replace(CHILD, &id)).write(home.path(), &id);
    }
    assert_eq!(totals(home.path()), [70, 550, 1100, 2200]);
}

#[test]
fn a_parent_that_went_on_after_the_fork_keeps_its_own_turns() {
    let home = tempfile::tempdir().unwrap();
    root().count("11:30:00", 3500, 200).write(home.path(), ROOT);
    child(550).write(home.path(), CHILD);
    assert_eq!(totals(home.path()), [200, 550, 1100, 2200]);
    // Even when the turn after the fork is of equal size: the child's comes after a pause.
    let home = tempfile::tempdir().unwrap();
    root().count("11:30:00", 3850, 550).write(home.path(), ROOT);
    child(550).write(home.path(), CHILD);
    assert_eq!(totals(home.path()), [550, 550, 1100, 2200]);
}

#[test]
fn a_turn_that_the_thread_began_itself_is_its_own_however_fast_it_came() {
    let home = tempfile::tempdir().unwrap();
    let own_turn = "019f1000-0001-7000-8000-000000000009";
    Rollout::default()
        .meta("11:00:00", CHILD, Some(ROOT))
        .count("11:00:00", 1100, 1100)
        .turn("11:00:00", own_turn)
        .count("11:00:01", 1170, 70)
        .write(home.path(), CHILD);
    let records = read(home.path());
    let partial: Vec<u64> = records
        .iter()
        .filter(|record| record.usage.quality == Quality::Partial)
        .map(|record| record.usage.total())
        .collect();
    assert_eq!(partial, [1100]);
}

#[test]
fn two_threads_with_equal_first_turns_are_two() {
    let home = tempfile::tempdir().unwrap();
    root().write(home.path(), ROOT);
    Rollout(root().0.replace(ROOT, GRANDCHILD)).write(home.path(), GRANDCHILD);
    assert_eq!(totals(home.path()), [1100, 1100, 2200, 2200]);
}

#[test]
fn a_total_that_returns_after_a_reset_counts_again() {
    let home = tempfile::tempdir().unwrap();
    root().count("10:01:00", 1100, 1100).count("10:02:00", 3300, 2200).write(home.path(), ROOT);
    assert_eq!(totals(home.path()), [1100, 1100, 2200, 2200]);
}

#[test]
fn a_response_whose_id_comes_later_is_the_one_that_was_counted_before() {
    let response = "resp_0123456789abcdef0123";
    let start = Rollout::default().meta("10:00:00", ROOT, None);
    let counts_only = start.clone().count("10:00:05", 1100, 1100);
    for complete in [
        counts_only.clone().record("10:00:05", response, 1100),
        start.clone().record("10:00:05", response, 1100).count("10:00:05", 1100, 1100),
    ] {
        let home = tempfile::tempdir().unwrap();
        counts_only.write(home.path(), ROOT);
        let first = read(home.path());
        complete.write(home.path(), ROOT);
        let second = read(home.path());
        assert_ne!(first[0].id, second[0].id);
        assert_eq!(counted(&[first, second]), [1100]);
    }
}

#[test]
fn a_record_inside_a_compacted_history_counts_once() {
    let mut rollout = Rollout::default().meta("10:00:00", ROOT, None).record(
        "10:00:05",
        "resp_0123456789abcdef0123",
        1100,
    );
    let nested = r#"{"message":"","replacement_history":[{"type":"x","items":[{"response_id":"resp_0123456789abcdef0123","usage":{"input_tokens":1100}},{"response_id":"resp_0123456789abcdef9999","usage":{"input_tokens":70}}]}]}"#;
    let payload = nested.replace("\"type\":\"x\"", "\"type\":\"token_usage_record\"");
    rollout.line("10:10:00", "compacted", &payload);
    let home = tempfile::tempdir().unwrap();
    rollout.write(home.path(), ROOT);
    assert_eq!(totals(home.path()), [70, 1100]);
}

#[test]
fn an_archived_copy_that_is_longer_adds_what_only_it_has() {
    let home = tempfile::tempdir().unwrap();
    root().write(home.path(), ROOT);
    let archive = home.path().join(".codex/archived_sessions");
    fs_err::create_dir_all(&archive).unwrap();
    let longer = root().count("10:05:00", 3400, 100);
    fs_err::write(archive.join(format!("rollout-2026-05-01T10-00-00-{ROOT}.jsonl")), longer.0)
        .unwrap();
    assert_eq!(totals(home.path()), [100, 1100, 2200]);
}

#[test]
fn a_compressed_rollout_counts_like_the_plain_one_and_both_count_once() {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    let home = tempfile::tempdir().unwrap();
    root().write(home.path(), ROOT);
    let plain = home
        .path()
        .join(format!(".codex/sessions/2026/05/01/rollout-2026-05-01T10-00-00-{ROOT}.jsonl"));
    let packed = plain.with_extension("jsonl.zst");
    let bytes = compress_to_vec(root().0.as_bytes(), CompressionLevel::Fastest);
    fs_err::write(&packed, &bytes).unwrap();
    assert_eq!(totals(home.path()), [1100, 2200]);
    fs_err::remove_file(plain).unwrap();
    assert_eq!(totals(home.path()), [1100, 2200]);
    // Torn in the middle: the file is told, and the run goes on.
    fs_err::write(&packed, &bytes[..bytes.len() - 8]).unwrap();
    assert!(scan("codex", home.path()).report.failed);
}

#[test]
fn parts_that_exceed_their_sum_are_cut_and_told() {
    let home = tempfile::tempdir().unwrap();
    let mut rollout = Rollout::default().meta("10:00:00", ROOT, None);
    let usage = r#"{"input_tokens":100,"cached_input_tokens":150,"output_tokens":10,"reasoning_output_tokens":20}"#;
    rollout.line(
        "10:00:05",
        "event_msg",
        &format!(r#"{{"type":"token_count","info":{{"total_token_usage":{usage}}}}}"#),
    );
    rollout.write(home.path(), ROOT);
    let scanned = scan("codex", home.path());
    assert_eq!(scanned.report.warnings.len(), 1);
    let usage = scanned.records.into_sorted().remove(0).usage;
    assert_eq!(usage.total(), 110);
    assert_eq!(usage.reasoning_tokens, usage.output_tokens);
}

#[test]
fn a_model_that_is_told_late_or_never() {
    let home = tempfile::tempdir().unwrap();
    let mut rollout = Rollout::default();
    rollout.line("10:00:00", "session_meta", &format!(r#"{{"id":"{ROOT}"}}"#));
    let rollout =
        rollout.count("10:00:05", 100, 100).turn("10:00:06", "t").count("10:00:07", 200, 100);
    rollout.write(home.path(), ROOT);
    let mut never = Rollout::default();
    never.line("10:00:00", "session_meta", &format!(r#"{{"id":"{CHILD}"}}"#));
    never.count("10:00:05", 70, 70).write(home.path(), CHILD);
    let mut models: Vec<String> =
        read(home.path()).iter().map(|record| record.usage.model.to_string()).collect();
    models.sort();
    assert_eq!(models, ["gpt-5", "gpt-5", "unknown"]);
}

#[test]
fn limits_are_kept_when_they_change_and_an_event_without_numbers_counts_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut rollout = Rollout::default().meta("10:00:00", ROOT, None);
    for (at, percent) in [("10:00:01", 12.5), ("10:00:02", 12.5), ("10:00:03", 13.0)] {
        let payload = format!(
            r#"{{"type":"token_count","info":null,"rate_limits":{{"primary":{{"used_percent":{percent},"window_minutes":300,"resets_at":1777640000}},"secondary":null}}}}"#
        );
        rollout.line(at, "event_msg", &payload);
    }
    rollout.write(home.path(), ROOT);
    let scanned = scan("codex", home.path());
    assert!(scanned.records.is_empty());
    let used: Vec<f64> =
        scanned.limits.iter().filter_map(|limit| Some(limit.used_fraction?.get())).collect();
    assert_eq!(used, [0.125, 0.13]);
    assert_eq!(scanned.limits[0].window, "5h");
}

/// What is kept of a limit: scope, window, used part in steps, reset.
type Kept = (Option<String>, String, Option<u32>, Option<String>);

/// What is kept of events of limits, at seconds behind 10:00:00.
fn limits(events: &[(u32, &str)]) -> Vec<Kept> {
    let home = tempfile::tempdir().unwrap();
    let mut rollout = Rollout::default().meta("10:00:00", ROOT, None);
    for (second, limits) in events {
        let at = format!("10:{:02}:{:02}", second / 60, second % 60);
        let payload = format!(r#"{{"type":"token_count","info":null,"rate_limits":{limits}}}"#);
        rollout.line(&at, "event_msg", &payload);
    }
    rollout.write(home.path(), ROOT);
    let kept = scan("codex", home.path()).limits;
    assert!(kept.iter().all(|reading| reading.via == "log" && reading.source.is_none()));
    let row = |reading: data_schema::LimitReading| {
        let used = reading.used_fraction.map(data_schema::Fraction::steps);
        let resets = reading.resets_at.map(|at| at.to_string());
        (reading.scope, reading.window, used, resets)
    };
    kept.into_iter().map(row).collect()
}

#[test]
fn both_windows_of_every_limit_are_kept_with_all_that_is_told() {
    let event = r#"{"limit_id":"LIMIT","primary":{"used_percent":12.5,"window_minutes":300,"resets_at":1777640000},"secondary":{"used_percent":0,"window_minutes":10080,"resets_in_seconds":3600}}"#;
    let (all, bengal) = (event.replace("LIMIT", "codex"), event.replace("LIMIT", "codex_bengal"));
    let mut kept = limits(&[(1, &all), (2, &bengal)]);
    kept.sort();
    let row = |scope: Option<&str>, window: &str, used, resets: &str| {
        (scope.map(str::to_owned), window.to_owned(), Some(used), Some(resets.to_owned()))
    };
    assert_eq!(
        kept,
        [
            row(None, "5h", 1250, "2026-05-01T12:53:20Z"),
            row(None, "7d", 0, "2026-05-01T11:00:01Z"),
            row(Some("codex_bengal"), "5h", 1250, "2026-05-01T12:53:20Z"),
            row(Some("codex_bengal"), "7d", 0, "2026-05-01T11:00:02Z"),
        ]
    );
}

#[test]
fn what_is_not_told_of_a_limit_is_unknown_and_never_nothing() {
    let kept = limits(&[
        (1, r#"{"primary":{"window_minutes":300},"secondary":{"used_percent":3}}"#),
        (
            2,
            r#"{"primary":{"used_percent":null,"window_minutes":"x","resets_at":null},"secondary":null}"#,
        ),
        (3, r#"{"primary":{"used_percent":-1,"window_minutes":-5,"resets_at":"soon"}}"#),
        (4, "null"),
        (5, "[]"),
    ]);
    assert_eq!(
        kept,
        [(None, "5h".to_owned(), None, None), (None, "secondary".to_owned(), Some(300), None),]
    );
}

#[test]
fn windows_that_are_told_a_minute_short_are_the_same_ones() {
    let event = r#"{"primary":{"used_percent":1.0,"window_minutes":299,"resets_in_seconds":60},"secondary":{"used_percent":2.0,"window_minutes":10079,"resets_in_seconds":60}}"#;
    let kept = limits(&[(1, event)]);
    let windows: Vec<&str> = kept.iter().map(|(_, window, ..)| window.as_str()).collect();
    assert_eq!(windows, ["5h", "7d"]);
}

#[test]
fn a_word_that_is_repeated_is_kept_again_after_ten_minutes() {
    let event = r#"{"primary":{"used_percent":1.0,"window_minutes":300,"resets_at":1777640000}}"#;
    assert_eq!(limits(&[(0, event), (599, event)]).len(), 1);
    assert_eq!(limits(&[(0, event), (600, event), (601, event)]).len(), 2);
}
