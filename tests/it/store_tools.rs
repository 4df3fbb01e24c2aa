//! `store compact`, `store log`, `store export`.

use std::path::{Path, PathBuf};

use data_schema::{Money, RecordId, Tokens, UsageRecord};
use serde_json::Value;
use store::{Run as StoreRun, SourceRun, Store};

use crate::support::{Machine, claude_line, tree};

/// A store with many commits, made without the command.
fn with_commits(folder: &Path, commits: usize) {
    let store = Store::open_or_init(folder).unwrap();
    for number in 0..commits {
        let at = format!("2026-05-{:02}T{:02}:00:00Z", number % 28 + 1, number / 28 % 24);
        let id = RecordId::new("anthropic", &number.to_string(), "");
        let mut record = UsageRecord::new(id, at.parse().unwrap());
        record.usage.output_tokens = Tokens::new(7);
        let source = SourceRun {
            provider: "claude-code".into(),
            records: [record].into_iter().collect(),
            limits: Vec::new(),
            files: Vec::new(),
        };
        let run = StoreRun {
            machine: "laptop".into(),
            machine_id: "id-of-laptop".into(),
            now: "2026-05-29T00:00:00Z".parse().unwrap(),
            program: "token-matters test".into(),
            sources: vec![source],
        };
        assert!(store.store_run(&run).unwrap().commit.is_some());
    }
}

fn loose_objects(store: &Path) -> Vec<PathBuf> {
    let is_loose = |path: &PathBuf| {
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
        folder.len() == 2
    };
    tree(&store.join("objects")).into_keys().filter(is_loose).collect()
}

/// A set-up of git that breaks whoever relies on defaults. Every hook fails and says that it ran.
#[cfg(unix)]
fn hostile(machine: &Machine) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;

    let (hooks, trace) = (machine.home().join("hooks"), machine.home().join("a-hook-ran"));
    fs_err::create_dir_all(&hooks).unwrap();
    for hook in ["pre-auto-gc", "reference-transaction", "post-rewrite", "pre-push", "pre-commit"] {
        let path = hooks.join(hook);
        let script = format!("#!/bin/sh\necho {hook} >> '{}'\nexit 1\n", trace.display());
        fs_err::write(&path, script).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let config = format!(
        "[core]\n\thooksPath = {}\n\tautocrlf = true\n\tfsmonitor = true\n\
         [init]\n\tdefaultRefFormat = reftable\n\tdefaultBranch = trunk\n\
         [safe]\n\tbareRepository = explicit\n[clone]\n\tdefaultRemoteName = x\n\
         [commit]\n\tgpgSign = true\n[gc]\n\tauto = 1\n\treflogExpire = now\n\
         \treflogExpireUnreachable = now\n\trepackFilter = blob:none\n\
         [maintenance]\n\tauto = true\n[fetch]\n\tprune = true\n[protocol]\n\tversion = 0\n\
         [repack]\n\twriteBitmaps = true\n[pack]\n\tpackSizeLimit = 1m\n",
        hooks.display()
    );
    fs_err::write(machine.home().join(".gitconfig"), config).unwrap();
    trace
}

#[cfg(unix)]
#[test]
fn after_500_commits_care_leaves_no_loose_object_whatever_the_users_git_set_up_says() {
    let machine = Machine::new();
    let trace = hostile(&machine);
    let folder = machine.data().join("store.git");
    with_commits(&folder, 500);
    assert!(loose_objects(&folder).len() > 1000);
    let before = machine.totals(&[]);
    let run = machine.run(&["store", "compact"]).ok();
    assert!(run.stdout().contains("loose objects"), "{}", run.stdout());
    assert_eq!(loose_objects(&folder), Vec::<PathBuf>::new());
    assert!(!trace.exists(), "{}", fs_err::read_to_string(&trace).unwrap_or_default());
    machine.run(&["store", "verify"]).ok();
    assert_eq!(machine.totals(&[]), before);
    assert_eq!(before["requests"], 500);
    let log = machine.run(&["store", "log", "--json", "--limit", "1000"]).ok().json();
    assert_eq!(log["changes"].as_array().unwrap().len(), 500, "the history is left alone");
}

#[test]
fn without_git_care_says_what_that_costs() {
    let machine = Machine::new();
    let folder = machine.data().join("store.git");
    with_commits(&folder, 3);
    let nowhere = machine.root.path().join("empty");
    fs_err::create_dir_all(&nowhere).unwrap();
    let output = machine.command(&["store", "compact"]).env("PATH", nowhere).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), told.contains("no `git`")), (Some(0), true), "{told}");
    assert_eq!(loose_objects(&folder), Vec::<PathBuf>::new());
    machine.run(&["store", "verify"]).ok();
}

/// A machine with responses of two months.
fn collected() -> Machine {
    let machine = Machine::new();
    let lines: String = (1..=9)
        .map(|number| {
            let at = format!("2026-{:02}-1{number}T23:30:00Z", 3 + number % 3);
            claude_line(&format!("msg_{number:024}"), &at, number)
        })
        .collect();
    machine.write_log(".claude/projects/p/a.jsonl", &lines);
    machine.run(&["collect"]).ok();
    machine
}

#[test]
fn collecting_makes_months_and_then_nothing_is_new() {
    let machine = collected();
    let log = machine.run(&["store", "log", "--json"]).ok().json();
    assert_eq!(log["end"], "first");
    assert_eq!(log["changes"][0]["files"]["responsesAdded"], 9);
    // March and April are closed, May is not.
    assert_eq!(log["changes"][0]["files"]["added"], 2 + 3 + 1);
    machine.run(&["collect"]).ok();
    assert_eq!(machine.commits(), 1);
    assert_eq!(machine.totals(&[]), machine.totals(&["--local"]));
    machine.run(&["store", "verify"]).ok();
}

#[test]
fn the_log_is_for_people_as_well() {
    let machine = collected();
    machine.write_log(
        ".claude/projects/p/b.jsonl",
        &claude_line("msg_000000000000000000000077", "2026-05-30T10:00:00Z", 1),
    );
    machine.run(&["collect"]).ok();
    let run = machine.run(&["store", "log", "--timezone", "Asia/Tokyo"]).ok();
    let text = run.stdout();
    assert!(text.contains("2026-06-01 21:00"), "the time is of the report zone: {text}");
    assert!(text.contains("+9") && text.contains("+1"), "{text}");
    let run = machine.run(&["store", "log", "--limit", "1"]).ok();
    assert!(run.stderr().contains("--limit"), "{}", run.stderr());
    assert_eq!(machine.run(&["store", "log", "--json", "--limit", "1"]).json()["end"], "limit");
    assert_eq!(Machine::new().run(&["store", "log"]).code(), 1);
}

/// Sums of an export: tokens, responses, list value.
fn sums(lines: &[Value]) -> (u64, u64, Money) {
    let mut sums = (0, 0, Money::ZERO);
    for line in lines {
        sums.0 += line["allTokens"].as_u64().unwrap();
        sums.1 += line["requests"].as_u64().unwrap_or(1);
        if let Some(amount) = line["listUSD"].as_str() {
            sums.2 = Money::from_picos(sums.2.picos() + amount.parse::<Money>().unwrap().picos());
        }
    }
    sums
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows of a CSV in the form of the lines of JSON: numbers where they are numbers.
fn csv_lines(text: &str) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let cells = header.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
        let value = |name: &str, cell: &str| match cell.parse::<u64>() {
            Ok(number) if name != "listUSD" => Value::from(number),
            _ => Value::from(cell),
        };
        cells.map(|(name, cell)| (name.to_owned(), value(name, cell))).collect()
    });
    rows.collect()
}

#[test]
fn an_export_adds_up_to_what_the_report_says() {
    for case in ["M_resume", "X10_midnight", "X4_cachewrite", "G_neg", "A_stream", "X1_reemit"] {
        let machine = Machine::new().with_case(case);
        machine.run(&["collect"]).ok();
        for days in [&[][..], &["--since", "2026-05-02"], &["--date", "2026-05-01"]] {
            for zone in ["UTC", "Asia/Tokyo"] {
                let all = [days, &["--timezone", zone]].concat();
                let totals = machine.totals(&all);
                let of = |format: &str| {
                    let arguments = [&["store", "export", "--format", format][..], &all].concat();
                    machine.run(&arguments).ok().stdout()
                };
                let (jsonl, csv) = (of("jsonl"), of("csv"));
                let exported = sums(&json_lines(&jsonl));
                let context = format!("{case} {days:?} {zone}");
                assert_eq!(exported.0, totals["totalTokens"].as_u64().unwrap(), "{context}");
                assert_eq!(exported.1, totals["requests"].as_u64().unwrap(), "{context}");
                let list =
                    totals["cost"]["listUSD"].as_str().map(|text| text.parse::<Money>().unwrap());
                assert_eq!(exported.2, list.unwrap_or(Money::ZERO), "{context}");
                assert_eq!(sums(&csv_lines(&csv)), exported, "{context}");
            }
        }
    }
}

#[test]
fn rows_are_sorted_by_time_and_day_sums_are_rows_of_their_own() {
    let machine = Machine::new();
    machine.config("dataRepo: ~/data\n");
    let old = machine.home().join("data/raw/old/claude-code");
    fs_err::create_dir_all(&old).unwrap();
    fs_err::write(
        old.join("2026-05-03_a1b2c3.json"),
        r#"{"version":"1.0","collectedAt":"2026-05-04T00:00:00.000Z","machine":"old","provider":"claude-code","date":"2026-05-03","dataQuality":"exact","records":[{"model":"claude-sonnet-4-5","inputTokens":1000,"outputTokens":50,"requests":4}]}"#,
    )
    .unwrap();
    let lines: String = ["2026-05-05T10:00:00Z", "2026-04-02T10:00:00Z", "2026-05-03T10:00:00Z"]
        .iter()
        .zip(1..)
        .map(|(at, number)| claude_line(&format!("msg_{number:024}"), at, number))
        .collect();
    machine.write_log(".claude/projects/p/a.jsonl", &lines);
    machine.run(&["collect"]).ok();
    let rows = json_lines(&machine.run(&["store", "export"]).ok().stdout());
    let told: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row["row"].as_str().unwrap(), row["day"].as_str().unwrap()))
        .collect();
    let expected = [
        ("response", "2026-04-02"),
        ("daySum", "2026-05-03"),
        ("response", "2026-05-03"),
        ("response", "2026-05-05"),
    ];
    assert_eq!(told, expected);
    assert_eq!((&rows[1]["requests"], rows[1].get("id")), (&Value::from(4), None));
    assert_eq!(sums(&rows).0, machine.totals(&[])["totalTokens"].as_u64().unwrap());
}

#[test]
fn the_csv_is_rfc_4180_with_a_stable_header_and_no_formulas() {
    let machine = Machine::new();
    let line = claude_line("msg_000000000000000000000001", "2026-05-05T10:00:00Z", 3)
        .replace("claude-sonnet-4-5", r#"=HYPERLINK(\"a\",\"b\")"#);
    machine.write_log(".claude/projects/p/a.jsonl", &line);
    machine.run(&["collect"]).ok();
    let text = machine.run(&["store", "export", "--format", "csv"]).ok().stdout();
    let header = text.lines().next().unwrap();
    insta::assert_snapshot!(header);
    assert!(text.contains(r#""'=HYPERLINK(""a"",""b"")""#), "{text}");
    assert!(text.lines().count() == 2 && text.matches("\r\n").count() == 2, "{text:?}");
    let rows = csv_lines(&text);
    assert_eq!(rows[0]["model"], r#"'=HYPERLINK("a","b")"#);
    assert_eq!(rows[0]["outputTokens"], 3);
}

#[test]
fn an_export_to_a_file_is_whole_or_not_there() {
    let machine = collected();
    let folder = machine.root.path().join("out");
    fs_err::create_dir_all(&folder).unwrap();
    let run = machine.run(&["store", "export", "--out", folder.to_str().unwrap()]);
    assert_eq!((run.code(), run.stderr().contains("is a folder")), (2, true), "{}", run.stderr());
    let file = folder.join("usage.jsonl");
    fs_err::write(&file, "old").unwrap();
    let run = machine.run(&["store", "export", "--out", file.to_str().unwrap()]).ok();
    assert_eq!(run.stdout(), "");
    let expected = machine.run(&["store", "export"]).ok().stdout();
    assert_eq!(fs_err::read_to_string(&file).unwrap(), expected);
    assert_eq!(expected.lines().count(), 9);
    assert_eq!(tree(&folder).len(), 1);
    let nowhere = folder.join("no/such/folder.csv");
    let run = machine.run(&["store", "export", "--out", nowhere.to_str().unwrap()]);
    assert_eq!((run.code(), run.stderr().contains("folder.csv")), (1, true), "{}", run.stderr());
}
