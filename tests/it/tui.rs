//! The live view in a terminal, made by `script` of util-linux, which every Linux has.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Machine, claude_line};

/// How long the view is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
const ENTERS: &str = "\u{1b}[?1049h";
const LEAVES: &str = "\u{1b}[?1049l";

fn machine() -> Machine {
    let machine = Machine::new();
    let line = claude_line("msg_000000000000000000000001", "2026-06-01T11:00:00Z", 999_900);
    machine.write_log(".claude/projects/p/s1.jsonl", &line);
    machine
}

/// Begins a view in a terminal of its own; its process id stands in a file.
fn begin(machine: &Machine, options: &str) -> Child {
    let program = env!("CARGO_BIN_EXE_token-matters");
    let shell = format!("stty cols 80 rows 24; echo $$ > pid; exec '{program}' tui {options}");
    let mut command = Command::new("script");
    command
        .args(["--quiet", "--return", "--flush", "--command", &shell, "/dev/null"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", machine.home())
        .env("TOKEN_MATTERS_HOME", machine.data())
        .env("TOKEN_MATTERS_NOW", "2026-06-01T12:00:00Z")
        .env("TZ", "UTC")
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .current_dir(machine.root.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// What has come until a text is in it.
fn read_until(child: &mut Child, text: &str, seen: &mut String) {
    let begun = Instant::now();
    let mut part = [0; 4_096];
    while !seen.contains(text) {
        assert!(begun.elapsed() < PATIENCE, "{text:?} does not come: {seen:?}");
        let count = child.stdout.as_mut().unwrap().read(&mut part).unwrap();
        assert!(count > 0, "the view has ended: {seen:?}");
        seen.push_str(&String::from_utf8_lossy(&part[..count]));
    }
}

fn rest(mut child: Child, seen: &mut String) -> i32 {
    let mut rest = Vec::new();
    child.stdout.as_mut().unwrap().read_to_end(&mut rest).unwrap();
    seen.push_str(&String::from_utf8_lossy(&rest));
    child.wait().unwrap().code().unwrap_or(-1)
}

fn signal(folder: &Path, name: &str) {
    let pid = fs_err::read_to_string(folder.join("pid")).unwrap();
    let sent = Command::new("kill").args([&format!("-{name}"), pid.trim()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn without_a_terminal_it_names_the_report_and_ends() {
    let run = Machine::new().run(&["tui"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("`token-matters report`"), "{}", run.stderr());
    assert_eq!(run.stdout(), "");
}

#[test]
fn it_shows_what_was_used_and_a_key_ends_it() {
    let machine = machine();
    let mut child = begin(&machine, "");
    let mut seen = String::new();
    read_until(&mut child, "1.00M", &mut seen);
    child.stdin.as_mut().unwrap().write_all(b"2").unwrap();
    read_until(&mut child, "[2 sources]", &mut seen);
    child.stdin.as_mut().unwrap().write_all(b"q").unwrap();
    assert_eq!(rest(child, &mut seen), 0, "{seen:?}");
    assert!(seen.find(ENTERS) < seen.rfind(LEAVES), "{seen:?}");
    assert!(!machine.data().join("store.git").exists(), "nothing is stored");
}

#[test]
fn the_terminal_is_as_it_was_when_the_system_ends_it() {
    for name in ["TERM", "INT", "HUP"] {
        let machine = machine();
        let mut child = begin(&machine, "--local --every 3600");
        let mut seen = String::new();
        read_until(&mut child, "1.00M", &mut seen);
        signal(machine.root.path(), name);
        assert_eq!(rest(child, &mut seen), 0, "{name}: {seen:?}");
        assert!(seen.contains(LEAVES), "{name}: {seen:?}");
    }
}

#[test]
fn what_was_to_be_told_is_told_behind_the_view() {
    let machine = machine();
    machine.config("");
    fs_err::write(
        machine.data().join("pricing.json"),
        r#"{"version":"2.0","date":"2026-06-01","models":{"x":[{"input":"-1"}]}}"#,
    )
    .unwrap();
    let told = machine.run(&["report"]).stderr();
    let told = told.lines().find(|line| line.contains("pricing.json")).unwrap().to_owned();
    let mut child = begin(&machine, "");
    let mut seen = String::new();
    read_until(&mut child, "1.00M", &mut seen);
    child.stdin.as_mut().unwrap().write_all(b"q").unwrap();
    rest(child, &mut seen);
    let after = &seen[seen.rfind(LEAVES).unwrap()..];
    assert_eq!(after.matches(&told).count(), 1, "{seen:?}");
    assert_eq!(seen.matches(&told).count(), 1, "{seen:?}");
}
