//! Runs that are killed at any moment: while they commit, push or fold months. Nothing is lost, nothing is doubled.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{Machine, Run, append, claude_line, git, search_path, soak_number};

/// How many kills: a soak sets more.
const KILLS: &str = "TOKEN_MATTERS_SOAK_KILLS";
const LOG: &str = ".claude/projects/p/s1.jsonl";
/// A run takes about that long where nothing else is at work.
const LONGEST: u64 = 450;

/// Three days later with every run, so that months close on the way.
fn day(number: u64) -> chrono::NaiveDate {
    let first = chrono::NaiveDate::from_ymd_opt(2025, 1, 1).unwrap();
    first + chrono::Days::new(3 * number)
}

fn command(machine: &Machine, arguments: &[&str], number: u64) -> Command {
    let mut command = machine.command(arguments);
    let now = format!("{}T12:00:00Z", day(number));
    command.env("PATH", search_path()).env("TOKEN_MATTERS_NOW", now);
    command
}

#[test]
fn killed_runs_that_push_and_fold_months_lose_and_double_nothing() {
    let root = tempfile::tempdir().unwrap();
    git(root.path(), &["init", "--quiet", "--bare", "-b", "main", "data.git"]);
    let remote = root.path().join("data.git");
    git(&remote, &["config", "uploadpack.allowFilter", "true"]);
    git(&remote, &["config", "gc.auto", "0"]);
    let machine = Machine::new();
    machine.config(&format!("dataRepo: file://{}\nmachine: laptop\n", remote.display()));
    machine.write_log(LOG, "");
    let kills = soak_number(KILLS, 8);
    for number in 0..kills {
        let lines: String = (0..3)
            .map(|line| {
                let at = format!("{}T10:0{line}:00Z", day(number));
                claude_line(&format!("msg_{number:012}{line:012}"), &at, 10)
            })
            .collect();
        append(&machine.home().join(LOG), &lines);
        let mut child = command(&machine, &["collect"], number)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(number * 7919 % LONGEST));
        child.kill().unwrap();
        child.wait().unwrap();
        if machine.data().join("remotes").exists() {
            Run(command(&machine, &["store", "verify"], number).output().unwrap()).ok();
        }
    }
    // Git processes of a killed run may still be at work, and end by themselves.
    let last = (0..20)
        .any(|_| command(&machine, &["collect"], kills + 12).output().unwrap().status.success());
    assert!(last, "a run after the kills comes to its end");
    Run(command(&machine, &["store", "verify"], kills + 12).output().unwrap()).ok();
    let clone = root.path().join("clone");
    git(root.path(), &["clone", "--quiet", "data.git", "clone"]);
    let other = Machine::new();
    other.config(&format!("dataRepo: file://{}\n", remote.display()));
    Run(command(&other, &["collect"], kills + 12).output().unwrap()).ok();
    let report = Run(command(&other, &["report", "--json"], kills + 12).output().unwrap()).json();
    assert_eq!(report["totals"]["requests"], kills * 3);
    let store = store_of(&clone);
    assert_eq!(store, kills * 3, "every response stands there once");
    git(&remote, &["fsck", "--full"]);
    assert_eq!(git(&remote, &["rev-list", "--count", "--merges", "main"]).trim(), "0");
}

/// Lines with an id in the files of a checkout.
fn store_of(clone: &Path) -> u64 {
    let files = crate::support::tree(&clone.join("raw"));
    let lines = files.values().map(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        text.lines().filter(|line| line.trim_start().starts_with("{\"id\":")).count() as u64
    });
    lines.sum()
}
