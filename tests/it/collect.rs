//! What a collect keeps, whatever happens to the logs.

use std::time::Duration;

use collector::source::SOURCES;
use serde_json::Value;

use crate::support::{Machine, claude_line};

const LOG: &str = ".claude/projects/p/s1.jsonl";

#[test]
fn a_collected_day_keeps_every_token_when_its_logs_are_deleted() {
    let machine = Machine::new().with_case("M_resume");
    machine.run(&["collect"]).ok();
    let before = machine.totals(&[]);
    assert_eq!((&before["totalTokens"], &before["requests"]), (&220.into(), &2.into()));
    fs_err::remove_dir_all(machine.home().join(".claude")).unwrap();
    assert_eq!(machine.totals(&[]), before);
    machine.run(&["collect"]).ok();
    assert_eq!(machine.totals(&[]), before);
    assert_eq!(machine.totals(&["--local"])["totalTokens"], 0);
}

#[test]
fn the_same_logs_make_no_second_commit() {
    let machine = Machine::new().with_case("X2_fork");
    machine.run(&["collect"]).ok();
    assert_eq!(machine.commits(), 1);
    let again = machine.run(&["collect"]).ok();
    assert!(again.stderr().contains("nothing new"), "{}", again.stderr());
    assert_eq!(machine.commits(), 1);
    // Even when the mark of what is stored is lost and everything is read again.
    let mark = machine.data().join("store.git/token-matters");
    for entry in fs_err::read_dir(mark).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("stored-") {
            fs_err::remove_file(path).unwrap();
        }
    }
    machine.run(&["collect"]).ok();
    assert_eq!(machine.commits(), 1);
}

#[test]
fn a_report_before_the_collect_takes_nothing_away_from_it() {
    let machine = Machine::new().with_case("A_stream");
    let before = machine.totals(&[]);
    machine.run(&["collect"]).ok();
    fs_err::remove_dir_all(machine.home().join(".claude")).unwrap();
    assert_eq!(machine.totals(&[]), before);
    assert_eq!(before["outputTokens"], 159);
}

#[test]
fn runs_that_are_killed_lose_nothing_that_the_logs_hold_for_one_whole_run() {
    let machine = Machine::new();
    let lines: String = (0..400)
        .map(|number| {
            let at = format!("2026-05-{:02}T10:{:02}:00Z", number % 28 + 1, number / 28);
            claude_line(&format!("msg_{number:024}"), &at, 10)
        })
        .collect();
    machine.write_log(LOG, &lines);
    for kill in 0..6 {
        let mut child = machine.command(&["collect"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(kill * 7));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    machine.run(&["collect"]).ok();
    fs_err::remove_dir_all(machine.home().join(".claude")).unwrap();
    machine.run(&["collect"]).ok();
    let totals = machine.totals(&[]);
    assert_eq!((&totals["totalTokens"], &totals["requests"]), (&44_000.into(), &400.into()));
    machine.run(&["store", "verify"]).ok();
}

#[test]
fn a_log_that_grows_is_counted_once() {
    let machine = Machine::new();
    let first = claude_line("msg_000000000000000000000001", "2026-05-01T10:00:00Z", 10);
    machine.write_log(LOG, &first);
    machine.run(&["collect"]).ok();
    let half = claude_line("msg_000000000000000000000002", "2026-05-01T10:01:00Z", 10);
    machine.write_log(LOG, &format!("{first}{}", &half[..half.len() - 9]));
    let run = machine.run(&["collect"]);
    assert_eq!(run.code(), 0, "a line that is being written is no failure");
    assert!(run.stderr().contains("ends in the middle"), "{}", run.stderr());
    machine.write_log(LOG, &format!("{first}{half}"));
    machine.run(&["collect"]).ok();
    assert_eq!(machine.totals(&[])["requests"], 2);
}

#[test]
fn a_fault_in_the_configuration_never_stops_a_collect() {
    let machine = Machine::new().with_case("A_stream");
    machine.config("timezon: UTC\nproviders:\n  codex: {enabled: perhaps}\n");
    let run = machine.run(&["collect"]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(
        run.stderr().contains("line 1: `timezon` is not a known key: did you mean `timezone`?")
    );
    let asked = machine.run(&["report"]);
    assert_eq!(asked.code(), 2, "a person is told to correct it");
    machine.config("");
    assert_eq!(machine.totals(&[])["outputTokens"], 159);
}

#[test]
fn sources_and_days_can_be_chosen_as_in_1_x() {
    let machine = Machine::new().with_case("M_resume");
    machine.run(&["collect", "--provider", "codex"]).ok();
    assert_eq!(machine.commits(), 0);
    machine.run(&["collect", "--date", "2026-05-02"]).ok();
    fs_err::rename(machine.home().join(".claude"), machine.home().join("gone")).unwrap();
    assert_eq!(machine.totals(&[])["requests"], 1);
    fs_err::rename(machine.home().join("gone"), machine.home().join(".claude")).unwrap();
    machine.run(&["collect"]).ok();
    assert_eq!(machine.totals(&[])["requests"], 2);
    let unknown = machine.run(&["collect", "--source", "codecs"]);
    assert_eq!((unknown.code(), unknown.stderr().contains("known are claude-code, ")), (2, true));
}

#[test]
fn a_dry_run_stores_nothing() {
    let machine = Machine::new().with_case("A_stream");
    let run = machine.run(&["collect", "--dry-run", "--json"]).ok();
    assert_eq!(run.json()["sources"][0]["records"], 1);
    assert!(!machine.data().join("store.git").exists());
}

#[cfg(unix)]
#[test]
fn a_store_that_is_not_ours_and_a_folder_that_cannot_be_written_are_told() {
    let machine = Machine::new().with_case("A_stream");
    fs_err::create_dir_all(machine.data().join("store.git")).unwrap();
    fs_err::write(machine.data().join("store.git/thesis.txt"), "x").unwrap();
    let run = machine.run(&["collect"]);
    assert_eq!(run.code(), 1);
    assert!(run.stderr().contains("is not a Token Matters store"), "{}", run.stderr());
    assert!(machine.data().join("store.git/thesis.txt").exists());
}

#[test]
fn a_machine_keeps_its_name() {
    let machine = Machine::new().with_case("A_stream");
    machine.config("machine: First Name.local\n");
    let first = machine.run(&["collect", "--json"]).ok().json();
    assert_eq!(first["machine"], "first-name");
    machine.config("machine: second\n");
    let second = machine.run(&["collect", "--json"]).ok().json();
    assert_eq!(second["machine"], "first-name");
}

#[test]
fn the_status_says_what_is_stored_and_does_nothing_else() {
    let machine = Machine::new().with_case("M_resume");
    let before = machine.run(&["collect", "--status"]).ok();
    assert!(before.stdout().contains("nothing is stored yet"), "{}", before.stdout());
    assert!(!machine.data().exists());
    machine.run(&["collect"]).ok();
    let status = machine.run(&["collect", "--status", "--json"]).ok().json();
    let row = &status["sources"][0];
    assert_eq!((&row["provider"], &row["records"]), (&"claude-code".into(), &2.into()));
    assert_eq!(row["lastAt"], "2026-05-02T10:00:00Z");
    assert_eq!(machine.commits(), 1);
}

#[test]
fn the_status_has_the_health_of_every_source() {
    let machine = Machine::new().with_case("M_resume");
    machine.config("providers:\n  codex: false\n");
    machine.run(&["collect"]).ok();
    let status = machine.run(&["collect", "--status", "--json"]).ok().json();
    let health = status["health"].as_array().unwrap();
    assert_eq!(health.len(), SOURCES.len());
    let of = |id: &str| health.iter().find(|one| one["source"] == id).unwrap();
    let claude = of("claude-code");
    for (key, value) in [
        ("title", "Claude Code".into()),
        ("presence", "found".into()),
        ("records", 2.into()),
        ("newestRecord", "2026-05-02T10:00:00Z".into()),
        ("skipped", 0.into()),
        ("role", "meter".into()),
        ("quality", "exact".into()),
        ("retentionDays", 30.into()),
        ("parserOutOfDate", false.into()),
        ("alarm", Value::Null),
    ] {
        assert_eq!(claude[key], value, "{key}");
    }
    assert_eq!(claude["evidence"]["kind"], "genuine");
    assert_eq!(of("codex")["presence"], "off");
    assert_eq!(of("qwen-code")["presence"], "notFound");
    let text = machine.run(&["collect", "--status"]).ok().stdout();
    assert!(text.contains("\nlogs of Claude Code: ") && !text.contains("Codex"), "{text}");
    assert!(text.contains(" left no logs on this machine: "), "{text}");
    let long = machine.run(&["collect", "--status", "--verbose"]).ok().stdout();
    assert!(!long.contains("--verbose lists all") && long.contains("Qwen Code"), "{long}");
}
