//! The line for a prompt: it reads one small file, and has that made anew in the background.

use std::fmt::Write as _;
use std::io::{Seek as _, Write as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use data_schema::UtcSeconds;
use serde_json::Value;

use crate::support::{Machine, Run, append, claude_line};

const LOG: &str = ".claude/projects/p/s1.jsonl";
/// How long a background run is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// A machine with one response today, one this month and one before.
fn machine() -> Machine {
    let machine = Machine::new();
    let times = ["2026-05-30T12:00:00Z", "2026-06-02T12:00:00Z", "2026-06-15T09:00:00Z"];
    let lines = times.iter().zip(1..).map(|(at, number)| {
        claude_line(&format!("msg_{number:024}"), at, 1_000_000 * number - 100)
    });
    machine.write_log(LOG, &lines.collect::<String>());
    machine
}

fn at(machine: &Machine, time: &str, arguments: &[&str]) -> Run {
    let mut command = machine.command(arguments);
    Run(command.env("TOKEN_MATTERS_NOW", time).output().unwrap())
}

fn line(machine: &Machine, time: &str, more: &[&str]) -> String {
    let run = at(machine, time, &[&["statusline"], more].concat()).ok();
    assert_eq!(run.stderr(), "", "a prompt shows no notes");
    run.stdout()
}

fn cache(machine: &Machine, name: &str) -> PathBuf {
    machine.data().join("cache").join(name)
}

/// When a background run was started last.
fn started(machine: &Machine) -> Option<String> {
    fs_err::read_to_string(cache(machine, "statusline.started")).ok()
}

/// Lets no background run be started: one was, this moment.
fn calm(machine: &Machine, now: &str) {
    let now: UtcSeconds = now.parse().unwrap();
    fs_err::create_dir_all(machine.data().join("cache")).unwrap();
    fs_err::write(cache(machine, "statusline.started"), now.seconds().to_string()).unwrap();
}

/// Takes the place of a background run: none works while the file is held.
fn hold(machine: &Machine) -> fs_err::File {
    let path = machine.data().join("run.lock");
    fs_err::create_dir_all(machine.data()).unwrap();
    let file = fs_err::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.file().lock().unwrap();
    file
}

/// Waits until a background run has left a file that is as wanted, and has ended.
fn wait_for(machine: &Machine, is_wanted: impl Fn(&Value) -> bool) {
    let begun = Instant::now();
    loop {
        let bytes = fs_err::read(cache(machine, "statusline.json")).unwrap_or_default();
        let prepared = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if is_wanted(&prepared) {
            drop(hold(machine));
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "no background run has come to its end: {prepared}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn before_any_collect_nothing_is_counted_and_the_first_one_is_started() {
    let machine = machine();
    let now = "2026-06-15T12:00:00Z";
    assert_eq!(line(&machine, now, &[]), "token-matters: nothing is counted yet\n");
    wait_for(&machine, |prepared| prepared["at"] == now);
    assert_eq!(line(&machine, now, &[]), "today 3.00M tokens $45.00 · month 5.00M tokens $75.00\n");
    assert_eq!(machine.commits(), 1);
}

#[test]
fn after_a_collect_it_says_what_today_and_this_month_took() {
    let machine = machine();
    let collect = "2026-06-15T12:00:00Z";
    at(&machine, collect, &["collect"]).ok();
    let told = "today 3.00M tokens $45.00 · month 5.00M tokens $75.00\n";
    assert_eq!(line(&machine, collect, &[]), told);
    assert_eq!(line(&machine, "2026-06-15T12:02:00Z", &[]), told);
    assert_eq!(started(&machine), None, "fresh numbers start nothing");
    let json = line(&machine, collect, &["--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["at"], &json["timezone"]), (&collect.into(), &"UTC".into()));
    assert_eq!((&json["today"]["requests"], &json["month"]["requests"]), (&1.into(), &2.into()));
    assert_eq!(json["month"]["totalTokens"], 5_000_000);
    // The next day, the next month, and numbers that nobody renews.
    let later = [
        ("2026-06-16T00:00:00Z", "today 0 tokens $0.00 · month 5.00M tokens $75.00 (12 h old)\n"),
        ("2026-07-01T00:00:00Z", "today 0 tokens $0.00 · month 0 tokens $0.00 (372 h old)\n"),
    ];
    for (now, told) in later {
        calm(&machine, now);
        assert_eq!(line(&machine, now, &[]), told);
    }
}

#[test]
fn scripts_get_an_object_before_any_collect_as_well() {
    let machine = machine();
    let now = "2026-06-15T12:00:00Z";
    calm(&machine, now);
    let json: Value = serde_json::from_str(&line(&machine, now, &["--json"])).unwrap();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    let expected = [
        "at", "budgets", "limits", "month", "timezone", "today", "told", "version", "week",
        "windows",
    ];
    assert_eq!(keys, expected);
    let mut values = json.as_object().unwrap().iter().filter(|(key, _)| *key != "version");
    assert!(values.all(|(_, value)| value.is_null()), "{json}");
}

#[test]
fn up_leaves_the_numbers_too_and_a_run_over_some_sources_does_not() {
    let machine = machine();
    at(&machine, "2026-06-15T12:00:00Z", &["collect", "--source", "codex"]).ok();
    assert!(!cache(&machine, "statusline.json").exists());
    at(&machine, "2026-06-15T12:00:00Z", &["up", "--no-serve"]).ok();
    assert!(line(&machine, "2026-06-15T12:00:00Z", &[]).starts_with("today 3.00M tokens"));
}

#[test]
fn old_numbers_are_shown_and_made_anew_in_the_background_once() {
    let machine = machine();
    at(&machine, "2026-06-15T12:00:00Z", &["collect"]).ok();
    let log = machine.home().join(LOG);
    append(&log, &claude_line("msg_000000000000000000000009", "2026-06-15T12:01:00Z", 900));
    let now = "2026-06-15T12:03:00Z";
    assert!(line(&machine, now, &[]).starts_with("today 3.00M tokens"));
    wait_for(&machine, |prepared| prepared["at"] == now);
    let json: Value = serde_json::from_str(&line(&machine, now, &["--json"])).unwrap();
    assert_eq!((&json["today"]["requests"], &json["at"]), (&2.into(), &now.into()));
    assert_eq!(json["today"]["totalTokens"], 3_001_000);
}

#[test]
fn no_second_run_is_started_before_the_first_had_its_time() {
    let machine = machine();
    at(&machine, "2026-06-15T12:00:00Z", &["collect"]).ok();
    let prepared = fs_err::read(cache(&machine, "statusline.json")).unwrap();
    // Every run that is started from here ends at once: there is nowhere to look.
    fs_err::remove_dir_all(machine.home()).unwrap();
    let at_minute = |minute: u32| {
        let now = format!("2026-06-15T13:{minute:02}:00Z");
        line(&machine, &now, &["--max-age", "600"]);
        started(&machine).unwrap().parse::<i64>().unwrap()
    };
    let first = at_minute(0);
    assert_eq!([at_minute(0), at_minute(1), at_minute(10)], [first; 3]);
    assert_eq!(at_minute(11), first + 660);
    // A clock that was set back does not stop it for ever.
    assert_eq!(at_minute(5), first + 300);
    assert_eq!(fs_err::read(cache(&machine, "statusline.json")).unwrap(), prepared);
}

#[test]
fn a_background_run_ends_at_once_while_another_one_works() {
    let machine = machine();
    let lock = hold(&machine);
    let background = ["collect", "--local", "--background", "--quiet"];
    at(&machine, "2026-06-15T12:00:00Z", &background).ok();
    assert!(!machine.data().join("store.git").exists());
    drop(lock);
    at(&machine, "2026-06-15T12:00:00Z", &background).ok();
    assert_eq!(machine.commits(), 1);
    assert!(line(&machine, "2026-06-15T12:00:00Z", &[]).starts_with("today 3.00M tokens"));
}

#[test]
fn a_damaged_file_or_one_of_another_version_is_as_good_as_none() {
    let machine = machine();
    let now = "2026-06-15T12:00:00Z";
    at(&machine, now, &["collect"]).ok();
    let path = cache(&machine, "statusline.json");
    let whole = fs_err::read_to_string(&path).unwrap();
    let damaged =
        ["", "{", &whole[..whole.len() - 2], &whole.replace("\"version\":2", "\"version\":3")];
    calm(&machine, now);
    for text in damaged {
        assert_ne!(text, whole);
        fs_err::write(&path, text).unwrap();
        assert_eq!(line(&machine, now, &[]), "token-matters: nothing is counted yet\n", "{text}");
    }
    at(&machine, now, &["collect"]).ok();
    assert!(line(&machine, now, &[]).starts_with("today 3.00M tokens"));
}

#[test]
fn days_of_another_zone_are_made_when_they_are_asked_for() {
    let machine = machine();
    let now = "2026-06-15T12:00:00Z";
    at(&machine, now, &["collect"]).ok();
    // It is the 16th there already; until the numbers are made anew, they are those of UTC.
    let zone = ["--timezone", "Pacific/Auckland"];
    assert!(line(&machine, now, &zone).starts_with("today 3.00M tokens"));
    wait_for(&machine, |prepared| prepared["timezone"] == "Pacific/Auckland");
    let there = line(&machine, now, &zone);
    assert_eq!(there, "today 0 tokens $0.00 · month 5.00M tokens $75.00\n");
}

#[test]
fn it_reads_no_log_and_no_store_and_needs_no_configuration() {
    let machine = machine();
    let now = "2026-06-15T12:00:00Z";
    at(&machine, now, &["collect"]).ok();
    let before = line(&machine, now, &[]);
    fs_err::remove_dir_all(machine.home()).unwrap();
    fs_err::remove_dir_all(machine.data().join("store.git")).unwrap();
    fs_err::remove_file(cache(&machine, "scan.bin")).unwrap();
    machine.config("timezone: [no zone\n");
    assert_eq!(line(&machine, now, &[]), before);
    assert_eq!(line(&machine, "2026-06-15T12:59:00Z", &[]), before, "old, and nothing to renew it");
}

#[test]
fn content_of_the_cache_that_is_damaged_does_not_stop_the_line() {
    let machine = machine();
    at(&machine, "2026-06-15T12:00:00Z", &["collect"]).ok();
    let path = cache(&machine, "scan.bin");
    let mut bytes = fs_err::read(&path).unwrap();
    bytes[60] ^= 1;
    fs_err::write(&path, bytes).unwrap();
    fs_err::remove_file(cache(&machine, "sums-local.bin")).unwrap();
    let now = "2026-06-15T12:30:00Z";
    at(&machine, now, &["collect"]).ok();
    assert_eq!(line(&machine, now, &[]), "today 3.00M tokens $45.00 · month 5.00M tokens $75.00\n");
    assert_eq!(started(&machine), None);
}

#[test]
fn numbers_that_cannot_be_made_are_told_by_the_collect() {
    let machine = machine();
    machine.config("");
    fs_err::write(machine.data().join("pricing.json"), "{").unwrap();
    let run = at(&machine, "2026-06-15T12:00:00Z", &["collect"]).ok();
    assert!(run.stderr().contains("the numbers of the status line stay"), "{}", run.stderr());
    assert_eq!(machine.commits(), 1);
}

const NOON: &str = "2026-06-15T12:00:00Z";

/// What Claude Code tells, with a name of its model.
fn told(model: &str) -> String {
    let told = serde_json::json!({
        "session_id": "abc", "model": {"id": "claude-opus-4-8", "display_name": model},
        "workspace": {"current_dir": "/w/app"}, "version": "2.1.90",
        "cost": {"total_cost_usd": 1.234, "total_lines_added": 5, "total_lines_removed": 2},
        "context_window": {"used_percentage": 8, "context_window_size": 200_000},
        "rate_limits": {"five_hour": {"used_percentage": 23.5, "resets_at": 1_781_532_600}},
    });
    told.to_string()
}

/// The line with something on standard input.
fn with_input(machine: &Machine, input: impl Into<Stdio>, more: &[&str]) -> Run {
    let mut command = machine.command(&[&["statusline"], more].concat());
    Run(command.env("TOKEN_MATTERS_NOW", NOON).stdin(input).output().unwrap()).ok()
}

/// A file with a text, to be read from its begin.
fn file_of(text: &str) -> Stdio {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.rewind().unwrap();
    file.into()
}

/// A pipe with a text in it that nobody writes into any more.
fn pipe_of(text: &str) -> Stdio {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    reader.into()
}

const TOLD_LINE: &str =
    "Opus 4.8 · context 8% · session $1.23 · 5h 24%, 2h 10m left · today 3.00M tokens $45.00\n";

#[test]
fn what_claude_code_tells_goes_first_from_a_file_and_from_a_pipe() {
    let machine = machine();
    at(&machine, NOON, &["collect"]).ok();
    let told = told("Opus 4.8");
    for input in [file_of(&told), pipe_of(&told)] {
        assert_eq!(with_input(&machine, input, &[]).stdout(), TOLD_LINE);
    }
    // Letters that steer a terminal, and lines, stay where they are.
    let hostile = self::told("\u{1b}[31mred\nnew\u{202e}");
    let line = with_input(&machine, file_of(&hostile), &[]).stdout();
    assert!(line.starts_with("\u{fffd}[31mred new\u{fffd} · context"), "{line}");
    let json = with_input(&machine, file_of(&told), &["--json"]).json();
    assert_eq!(json["told"]["contextSteps"], 800);
    assert_eq!(json["told"]["sessionCostUSD"], "1.234");
    assert_eq!(json["windows"][0]["start"], "2026-06-15T09:00:00Z");
}

#[test]
fn what_is_no_input_tells_nothing() {
    let machine = machine();
    at(&machine, NOON, &["collect"]).ok();
    let usual = line(&machine, NOON, &[]);
    for text in ["", "{", "null", "\u{0}\u{0}", &told("Opus")[..50], &"[".repeat(100_000)] {
        assert_eq!(with_input(&machine, file_of(text), &[]).stdout(), usual);
        assert_eq!(
            with_input(&machine, pipe_of(&text[..text.len().min(1_000)]), &[]).stdout(),
            usual
        );
    }
    assert!(with_input(&machine, file_of("{}"), &[]).stdout().starts_with("today 3.00M"));
}

#[test]
fn an_open_pipe_that_nobody_writes_into_holds_up_no_prompt() {
    let machine = machine();
    at(&machine, NOON, &["collect"]).ok();
    let usual = line(&machine, NOON, &[]);
    // The other end stays open until the line is there: a program that waited for its end would wait for ever.
    let (reader, writer) = std::io::pipe().unwrap();
    assert_eq!(with_input(&machine, reader, &[]).stdout(), usual);
    drop(writer);
    // The same with a whole input and no end.
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(told("Opus 4.8").as_bytes()).unwrap();
    assert_eq!(with_input(&machine, reader, &[]).stdout(), TOLD_LINE);
    drop(writer);
}

#[test]
fn the_line_is_what_the_user_makes_of_it() {
    let machine = machine();
    at(&machine, NOON, &["collect"]).ok();
    machine.config(
        "statusline:\n  template: \"{today.cost}[ · {model}] · {block.left} · {week.tokens}\"\n",
    );
    assert_eq!(line(&machine, NOON, &[]), "$45.00 · 2h 0m · 3.00M\n");
    let line_told = with_input(&machine, file_of(&told("Opus")), &[]).stdout();
    assert_eq!(line_told, "$45.00 · Opus · 2h 0m · 3.00M\n");
    let flag = ["--template", "-- {block.start} {block.tokens}"];
    assert_eq!(line(&machine, NOON, &flag), "-- 09:00 3.00M\n");
    // A fault is told where it is seen, and costs the template only.
    let usual = "today 3.00M tokens $45.00 · month 5.00M tokens $75.00";
    let fault = format!("{usual} (template: {{todey}} is no field: did you mean {{today}}?)\n");
    assert_eq!(line(&machine, NOON, &["--template", "{todey}"]), fault);
    machine.config("statusline:\n  template: [x]\n");
    assert_eq!(line(&machine, NOON, &[]), format!("{usual}\n"));
}

#[test]
fn colors_are_not_sent_where_nobody_wants_them() {
    let machine = machine();
    at(&machine, NOON, &["collect"]).ok();
    let template = ["statusline", "--template", "{red}{today.cost}"];
    let colored = at(&machine, NOON, &template).ok().stdout();
    assert_eq!(colored, "\u{1b}[31m$45.00\u{1b}[0m\n");
    let mut command = machine.command(&template);
    let plain = command.env("TOKEN_MATTERS_NOW", NOON).env("NO_COLOR", "1").output().unwrap();
    assert_eq!(Run(plain).ok().stdout(), "$45.00\n");
}

/// A log of Codex that tells limits at some minutes past eleven.
fn rollout(told: &[(u32, f64)]) -> String {
    let id = "019f0000-0000-7000-8000-000000000001";
    let mut text = format!(
        r#"{{"timestamp":"2026-06-15T11:00:00Z","type":"session_meta","payload":{{"id":"{id}","cwd":"/w","cli_version":"0.145.0"}}}}"#
    );
    for (minute, percent) in told {
        let _ = write!(
            text,
            "\n{{\"timestamp\":\"2026-06-15T11:{minute:02}:00Z\",\"type\":\"event_msg\",\"payload\":{{\"type\":\"token_count\",\"info\":null,\"rate_limits\":{{\"primary\":{{\"used_percent\":{percent},\"window_minutes\":300,\"resets_at\":1781532600}}}}}}}}"
        );
    }
    text + "\n"
}

#[test]
fn limits_that_were_told_once_stay_known_with_their_age() {
    let machine = machine();
    let log = ".codex/sessions/2026/06/15/rollout-2026-06-15T11-00-00-019f0000-0000-7000-8000-000000000001.jsonl";
    machine.write_log(log, &rollout(&[(10, 12.5), (30, 40.0)]));
    at(&machine, NOON, &["collect"]).ok();
    let template = ["--template", "{limit.codex.5h}[ {limit.codex.7d}]"];
    let expected = "40%, 2h 10m left (30m ago)\n";
    assert_eq!(line(&machine, NOON, &template), expected);
    // The next run finds nothing new in the logs, and one without the file finds it in the store.
    at(&machine, NOON, &["collect"]).ok();
    assert_eq!(line(&machine, NOON, &template), expected);
    fs_err::remove_file(cache(&machine, "statusline.json")).unwrap();
    at(&machine, NOON, &["collect"]).ok();
    assert_eq!(line(&machine, NOON, &template), expected);
    machine.write_log(log, &rollout(&[(10, 12.5), (30, 40.0), (59, 41.0)]));
    at(&machine, NOON, &["collect"]).ok();
    assert_eq!(line(&machine, NOON, &template), "41%, 2h 10m left\n");
    // Once it has started anew, nobody knows.
    calm(&machine, "2026-06-15T14:10:00Z");
    assert_eq!(line(&machine, "2026-06-15T14:10:00Z", &template), "–\n");
}
