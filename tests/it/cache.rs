//! What runs keep for the next one: whatever becomes of logs and caches, a run finds what one without them
//! finds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Machine, append, claude_line, responses, tree};

const LOG: &str = ".claude/projects/p/s1.jsonl";
/// How many rounds of kills: a soak sets more.
const KILLS: &str = "TOKEN_MATTERS_SOAK_KILLS";
/// Bytes of the head of the scan cache; the place of its table stands at 12.
const HEAD: usize = 44;

/// Reports twice, and once without what was kept: all must print the same bytes.
fn agreed(machine: &Machine, arguments: &[&str]) -> String {
    let report = |more: &[&str]| {
        machine.run(&[&["report", "--json"], arguments, more].concat()).ok().stdout()
    };
    let fresh = report(&["--no-cache"]);
    for round in ["first", "second"] {
        assert_eq!(report(&[]), fresh, "the {round} report with {arguments:?}");
    }
    fresh
}

/// The number of responses in a report.
fn counted(report: &str) -> u64 {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    report["totals"]["requests"].as_u64().unwrap()
}

fn scan_cache(machine: &Machine) -> PathBuf {
    machine.data().join("cache/scan.bin")
}

fn forget_sums(machine: &Machine) {
    for name in ["sums.bin", "sums-sessions.bin", "sums-local.bin", "sums-local-sessions.bin"] {
        let _ = fs_err::remove_file(machine.data().join("cache").join(name));
    }
}

/// The bytes of a file, damaged in many ways, each with its name.
fn damages(whole: &[u8], places: &[usize]) -> Vec<(String, Vec<u8>)> {
    let cut = [0, 3, whole.len() / 2, whole.len() - 1];
    let cut = cut.into_iter().map(|at| (format!("cut at {at}"), whole[..at].to_vec()));
    let flipped = places.iter().map(|at| {
        let mut bytes = whole.to_vec();
        bytes[*at] ^= 0x10;
        (format!("flipped at {at}"), bytes)
    });
    let longer = ("longer".to_owned(), [whole, b"x"].concat());
    cut.chain(flipped).chain([longer]).collect()
}

#[test]
fn a_report_is_the_same_with_and_without_a_cache_whatever_happens_to_logs() {
    let machine = Machine::new();
    let (first, second) = (".claude/projects/p/s1.jsonl", ".claude/projects/p/s2.jsonl");
    machine.write_log(first, &responses(0..20));
    machine.write_log(second, &responses(20..30));
    let check = |local: u64, all: u64| {
        assert_eq!(counted(&agreed(&machine, &["--local"])), local);
        assert_eq!(counted(&agreed(&machine, &[])), all);
        agreed(&machine, &["session"]);
        agreed(&machine, &["monthly", "--timezone", "Asia/Tokyo", "--since", "2026-05-03"]);
    };
    check(30, 30);
    append(&machine.home().join(second), &responses(30..31));
    check(31, 31);
    machine.run(&["collect"]).ok();
    check(31, 31);
    append(&machine.home().join(first), &responses(31..35));
    check(35, 35);
    // What the store has stays, what it never saw goes with the log.
    machine.write_log(first, &responses(0..7));
    check(18, 31);
    machine.write_log(first, &responses(7..20));
    check(24, 31);
    fs_err::remove_file(machine.home().join(second)).unwrap();
    check(13, 31);
    fs_err::remove_dir_all(machine.home().join(".claude")).unwrap();
    check(0, 31);
}

#[test]
fn a_report_sees_what_else_its_numbers_depend_on() {
    let machine = Machine::new();
    machine.write_log(LOG, &responses(0..4));
    let cost = |report: &str| -> serde_json::Value {
        let report: serde_json::Value = serde_json::from_str(report).unwrap();
        report["totals"]["cost"]["listUSD"].clone()
    };
    let before = cost(&agreed(&machine, &[]));
    let own = r#"{"version":"2.0","source":"own","date":"2026-01-01","models":{"claude-sonnet-4-5":[{"input":"1000","output":"1000"}]}}"#;
    fs_err::write(machine.data().join("pricing.json"), own).unwrap();
    assert_ne!(cost(&agreed(&machine, &[])), before);
    machine.config("timezone: Pacific/Kiritimati\n");
    assert!(agreed(&machine, &[]).contains("Pacific/Kiritimati"));
    machine.config("providers:\n  claude-code: {enabled: false}\n");
    assert_eq!(counted(&agreed(&machine, &[])), 0);
    machine.config("");
    assert_eq!(counted(&agreed(&machine, &[])), 4);
    // The folder of the session becomes a repository: the project has another name from now on.
    let folder = machine.home().join("w");
    let line = responses(4..5).replace(r#""/w""#, &format!("{folder:?}"));
    machine.write_log(".claude/projects/p/s2.jsonl", &line.replace(r#""s1""#, r#""s2""#));
    assert!(agreed(&machine, &["session"]).contains("$HOME/w"));
    for part in ["objects", "refs"] {
        fs_err::create_dir_all(folder.join(".git").join(part)).unwrap();
    }
    let remote = "[remote \"origin\"]\n\turl = https://example.com/o/named.git\n";
    fs_err::write(folder.join(".git/config"), remote).unwrap();
    fs_err::write(folder.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    assert!(agreed(&machine, &["session"]).contains("example.com/o/named"));
}

#[test]
fn a_scan_cache_of_no_use_is_told_once_and_made_anew() {
    let machine = Machine::new();
    machine.write_log(LOG, &responses(0..40));
    let fresh = machine.run(&["report", "--json", "--no-cache"]).ok().stdout();
    machine.run(&["report", "--json"]).ok();
    let whole = fs_err::read(scan_cache(&machine)).unwrap();
    let table = u64::from_le_bytes(*whole[12..].first_chunk().unwrap());
    let table = usize::try_from(table).unwrap();
    assert!((HEAD + 100..whole.len() - 20).contains(&table), "{table} of {}", whole.len());
    // Head, table, and content, which is looked at only when it is wanted.
    let places = [0, 9, 13, 22, 30, HEAD - 1, HEAD, HEAD + 60, table, table + 9, whole.len() - 1];
    for (name, bytes) in damages(&whole, &places) {
        forget_sums(&machine);
        fs_err::write(scan_cache(&machine), bytes).unwrap();
        let run = machine.run(&["report", "--json"]).ok();
        assert_eq!(run.stdout(), fresh, "{name}");
        let told = run.stderr();
        assert_eq!(told.lines().count(), 1, "{name}: {told}");
        assert!(told.contains("the scan cache") && told.contains("made anew"), "{name}: {told}");
        let again = machine.run(&["report", "--json"]).ok();
        assert_eq!((again.stdout(), again.stderr()), (fresh.clone(), String::new()), "{name}");
    }
}

#[test]
fn what_a_log_is_gone_on_with_is_checked_before_it_is_used() {
    let machine = Machine::new();
    machine.write_log(LOG, &responses(0..5));
    machine.run(&["report"]).ok();
    let mut bytes = fs_err::read(scan_cache(&machine)).unwrap();
    let table = usize::try_from(u64::from_le_bytes(*bytes[12..].first_chunk().unwrap())).unwrap();
    bytes[table - 1] ^= 1;
    fs_err::write(scan_cache(&machine), bytes).unwrap();
    append(&machine.home().join(LOG), &responses(5..6));
    let run = machine.run(&["report", "--json"]).ok();
    assert!(run.stderr().contains("is damaged"), "{}", run.stderr());
    assert_eq!((counted(&run.stdout()), run.stderr().lines().count()), (6, 1));
    agreed(&machine, &[]);
}

#[test]
fn a_scan_cache_of_a_newer_program_is_told_as_such_and_made_anew() {
    let machine = Machine::new();
    machine.write_log(LOG, &responses(0..5));
    let fresh = agreed(&machine, &[]);
    let mut bytes = fs_err::read(scan_cache(&machine)).unwrap();
    bytes[11] ^= 1;
    for bytes in [bytes.clone(), [&bytes[..12], &[7; 300]].concat()] {
        fs_err::write(scan_cache(&machine), bytes).unwrap();
        let run = machine.run(&["report", "--json"]).ok();
        assert!(run.stderr().contains("of another version"), "{}", run.stderr());
        assert_eq!((run.stdout(), run.stderr().lines().count()), (fresh.clone(), 1));
    }
}

#[test]
fn content_that_is_damaged_counts_in_no_run_that_stores() {
    let machine = Machine::new();
    machine.write_log(LOG, &responses(0..40));
    machine.run(&["report"]).ok();
    let mut bytes = fs_err::read(scan_cache(&machine)).unwrap();
    bytes[HEAD + 60] ^= 1;
    fs_err::write(scan_cache(&machine), bytes).unwrap();
    machine.run(&["collect"]).ok();
    fs_err::remove_dir_all(machine.home().join(".claude")).unwrap();
    assert_eq!(counted(&agreed(&machine, &[])), 40);
}

#[test]
fn sums_that_are_damaged_or_of_something_else_are_silently_made_anew() {
    let machine = Machine::new();
    machine.write_log(LOG, &responses(0..40));
    let other = agreed(&machine, &[]);
    let sums = machine.data().join("cache/sums.bin");
    let stale = fs_err::read(&sums).unwrap();
    append(&machine.home().join(LOG), &responses(40..50));
    let fresh = agreed(&machine, &[]);
    assert_ne!(fresh, other);
    let whole = fs_err::read(&sums).unwrap();
    let places = [0, 7, 8, 12, whole.len() / 3, whole.len() / 2, whole.len() - 9, whole.len() - 1];
    let mut damaged = damages(&whole, &places);
    damaged.push(("of an earlier run".to_owned(), stale));
    for (name, bytes) in damaged {
        fs_err::write(&sums, bytes).unwrap();
        let run = machine.run(&["report", "--json"]).ok();
        assert_eq!((run.stdout(), run.stderr()), (fresh.clone(), String::new()), "{name}");
        assert_eq!(fs_err::read(&sums).unwrap(), whole, "{name}");
    }
}

#[test]
fn an_index_of_the_store_that_is_damaged_or_gone_changes_no_number() {
    let machine = Machine::new();
    machine.write_log(LOG, &responses(0..40));
    machine.run(&["collect"]).ok();
    let fresh = agreed(&machine, &[]);
    let folder = machine.data().join("store.git/token-matters/index");
    let segments = || -> Vec<PathBuf> {
        fs_err::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    assert_eq!(segments().len(), 1);
    let whole = fs_err::read(&segments()[0]).unwrap();
    let places = [0, 9, 16, 40, whole.len() / 2, whole.len() - 120, whole.len() - 1];
    for (name, bytes) in damages(&whole, &places) {
        forget_sums(&machine);
        fs_err::write(&segments()[0], bytes).unwrap();
        let run = machine.run(&["report", "--json"]).ok();
        assert_eq!(run.stdout(), fresh, "{name}: {}", run.stderr());
        assert!(run.stderr().lines().count() <= 1, "{name}: {}", run.stderr());
    }
    fs_err::remove_dir_all(&folder).unwrap();
    forget_sums(&machine);
    assert_eq!(agreed(&machine, &[]), fresh);
}

#[test]
fn a_cache_that_cannot_be_written_is_told_and_stops_nothing() {
    let machine = Machine::new();
    machine.write_log(LOG, &responses(0..8));
    fs_err::create_dir_all(machine.data()).unwrap();
    fs_err::write(machine.data().join("cache"), "in the way").unwrap();
    for verb in [&["report", "--json"][..], &["collect"], &["up", "--no-serve"], &["report"]] {
        let run = machine.run(verb).ok();
        assert!(run.stderr().contains("cannot be written"), "{verb:?}: {}", run.stderr());
    }
    assert_eq!(machine.totals(&[])["requests"], 8);
    let silent = machine.run(&["report", "--json", "--no-cache"]).ok();
    assert_eq!(silent.stderr(), "");
}

#[test]
fn a_log_counts_up_to_its_last_complete_line_and_the_rest_once() {
    let machine = Machine::new();
    let log = machine.home().join(LOG);
    machine.write_log(LOG, &responses(0..3));
    let half = responses(3..4);
    for cut in [1, half.len() / 2, half.len() - 3] {
        append(&log, &half[..cut]);
        assert_eq!(counted(&agreed(&machine, &[])), 3, "cut at {cut}");
        append(&log, &half[cut..]);
        assert_eq!(counted(&agreed(&machine, &[])), 4, "cut at {cut}");
        machine.write_log(LOG, &responses(0..3));
    }
    // A line that only lacks its end is a response already, and stays one.
    append(&log, half.trim_end());
    let whole = counted(&agreed(&machine, &[]));
    append(&log, "\n");
    assert_eq!((whole, counted(&agreed(&machine, &[]))), (4, 4));
    append(&log, &responses(4..5));
    assert_eq!(counted(&agreed(&machine, &[])), 5);
}

#[expect(clippy::disallowed_methods, reason = "a soak does it more often")]
fn rounds() -> u32 {
    std::env::var(KILLS).ok().and_then(|text| text.parse().ok()).unwrap_or(8)
}

#[test]
fn reports_at_once_are_all_right() {
    let machine = Machine::new();
    machine.write_log(LOG, &responses(0..200));
    for round in 0..u64::from(rounds().min(50)) {
        let start = || {
            let mut command = machine.command(&["report", "--json"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let children = [start(), start(), start()];
        let fresh = machine.run(&["report", "--json", "--no-cache"]).ok().stdout();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success());
            assert_eq!(String::from_utf8_lossy(&output.stdout), fresh, "round {round}");
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "round {round}");
        }
        let next = 200 + round;
        append(&machine.home().join(LOG), &responses(next..next + 1));
        machine.write_log(&format!(".claude/projects/p/{round}.jsonl"), &responses(next..next + 9));
    }
}

#[test]
fn a_report_after_reports_that_were_killed_is_right() {
    let machine = Machine::new();
    let log = |file: u64| format!(".claude/projects/p/{file}.jsonl");
    for file in 0..8 {
        machine.write_log(&log(file), &responses(file * 1000..(file + 1) * 1000));
    }
    let start = Instant::now();
    let run = machine.run(&["report", "--json"]).ok();
    assert_eq!(run.stderr(), "", "progress is for a terminal");
    let (whole, mut next) = (start.elapsed(), 8000);
    for kill in 0..rounds() {
        // From nothing, and while logs grow: at moments all over the time that a run takes.
        if kill % 2 == 0 {
            let _ = fs_err::remove_file(scan_cache(&machine));
        }
        let grown = machine.home().join(log(u64::from(kill % 8)));
        append(&grown, &responses(next..next + 3));
        next += 3;
        let mut command = machine.command(&["report", "--json"]);
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole * (kill * 37 % 100) / 100 + Duration::from_micros(300));
        // It may have ended before.
        let _ = child.kill();
        child.wait().unwrap();
        let next_one = machine.run(&["report", "--json"]).ok();
        let fresh = machine.run(&["report", "--json", "--no-cache"]).ok();
        assert_eq!(next_one.stdout(), fresh.stdout(), "kill {kill}");
        assert_eq!(next_one.stderr(), "", "kill {kill}");
        assert_eq!(counted(&fresh.stdout()), next, "kill {kill}");
    }
}

/// Files that differ.
fn changed(
    before: &BTreeMap<PathBuf, Vec<u8>>,
    after: &BTreeMap<PathBuf, Vec<u8>>,
) -> Vec<PathBuf> {
    let all = before.keys().chain(after.keys());
    let mut changed: Vec<PathBuf> =
        all.filter(|path| before.get(*path) != after.get(*path)).cloned().collect();
    changed.dedup();
    changed
}

fn is_below(paths: &[PathBuf], folder: &Path) -> bool {
    paths.iter().all(|path| path.starts_with(folder))
}

#[test]
fn a_report_writes_nothing_outside_its_cache_and_without_one_nothing_at_all() {
    let machine = Machine::new().with_case("A_stream");
    let before = tree(machine.root.path());
    machine.run(&["report", "--no-cache"]).ok();
    machine.run(&["report", "session", "--no-cache", "--local"]).ok();
    assert_eq!(tree(machine.root.path()), before);
    machine.run(&["report"]).ok();
    let written = changed(&before, &tree(machine.root.path()));
    assert!(written.len() > 1 && is_below(&written, &machine.data().join("cache")), "{written:?}");
}

#[test]
fn a_report_leaves_a_store_as_it_is_but_for_its_index() {
    let machine = Machine::new().with_case("M_resume");
    machine.run(&["collect"]).ok();
    let before = tree(machine.root.path());
    machine.run(&["report", "--no-cache"]).ok();
    let written = changed(&before, &tree(machine.root.path()));
    let index = machine.data().join("store.git/token-matters/index");
    assert!(is_below(&written, &index), "{written:?}");
    // A checkout of its owner stays clean: the index lies in a folder that git does not see.
    machine.config("dataRepo: ~/checkout\n");
    fs_err::create_dir_all(machine.home().join("checkout/raw")).unwrap();
    machine.run(&["collect"]).ok();
    let before = tree(&machine.home());
    machine.run(&["report", "--no-cache"]).ok();
    let written = changed(&before, &tree(&machine.home()));
    let private = machine.home().join("checkout/.token-matters");
    assert!(is_below(&written, &private), "{written:?}");
    assert_eq!(fs_err::read_to_string(private.join(".gitignore")).unwrap(), "*\n");
}

#[test]
fn a_collect_without_the_cache_neither_reads_nor_writes_it() {
    let machine = Machine::new();
    machine.write_log(LOG, &responses(0..8));
    machine.run(&["collect", "--no-cache"]).ok();
    assert!(!scan_cache(&machine).exists());
    fs_err::write(scan_cache(&machine), "no cache").unwrap();
    append(&machine.home().join(LOG), &responses(8..9));
    let run = machine.run(&["collect", "--no-cache"]).ok();
    assert!(!run.stderr().contains("scan cache"), "{}", run.stderr());
    assert_eq!(fs_err::read_to_string(scan_cache(&machine)).unwrap(), "no cache");
    assert_eq!(machine.totals(&["--no-cache"])["requests"], 9);
}

#[test]
fn a_dry_run_keeps_what_it_read_and_takes_nothing_from_the_collect_after_it() {
    let machine = Machine::new();
    machine.write_log(LOG, &responses(0..8));
    machine.run(&["collect", "--dry-run"]).ok();
    assert!(scan_cache(&machine).exists());
    let line = claude_line("msg_999999999999999999999999", "2026-05-20T10:00:00Z", 10);
    append(&machine.home().join(LOG), &line);
    machine.run(&["collect", "--dry-run"]).ok();
    let stored = machine.run(&["collect", "--json"]).ok().json();
    assert_eq!(stored["recordsAdded"], 9);
}
