//! Plans, budgets and currencies: what a person sets, sees, and lets a hook act on.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Machine, claude_line};

/// A machine with thirty dollars of use in May and fifteen on 1 June, the day of the clock.
fn machine() -> Machine {
    let machine = Machine::new();
    let line = |id: &str, at: &str| claude_line(id, at, 1_000_000);
    let lines = [
        line("msg_01aaaaaaaaaaaaaaaaaaaaaaaa", "2026-05-03T10:00:00Z"),
        line("msg_01bbbbbbbbbbbbbbbbbbbbbbbb", "2026-05-20T10:00:00Z"),
        line("msg_01cccccccccccccccccccccccc", "2026-06-01T10:00:00Z"),
    ];
    machine.write_log(".claude/projects/-w/s1.jsonl", &lines.concat());
    machine.run(&["collect"]).ok();
    machine
}

/// The same with its data in a plain checkout, where anybody may write the shared settings.
fn with_settings(yaml: &str) -> Machine {
    let machine = machine();
    machine.config("dataRepo: ~/data\n");
    let checkout = checkout(&machine);
    fs_err::create_dir_all(checkout.join("raw")).unwrap();
    fs_err::write(checkout.join("token-matters.yaml"), yaml).unwrap();
    machine
}

fn checkout(machine: &Machine) -> PathBuf {
    machine.home().join("data")
}

fn plans(machine: &Machine) -> Value {
    machine.run(&["plan", "list", "--json"]).ok().json()
}

#[test]
fn a_plan_is_added_shown_ended_and_removed() {
    let machine = machine();
    let before = plans(&machine);
    assert_eq!(before["plans"], json!([]));
    assert_eq!(before["notCovered"][0]["provider"], "claude-code");
    let run = machine.run(&["plan", "list"]).ok();
    assert!(
        run.stderr().contains("plan add") && run.stderr().contains("plan metered"),
        "{}",
        run.stderr()
    );

    let add =
        ["plan", "add", "Max", "--price", "31", "--since", "2026-05-01", "--source", "claude-code"];
    machine.run(&add).ok();
    let twice = machine.run(&add);
    assert_eq!((twice.code(), twice.stderr().contains("plan end \"Max\"")), (2, true));
    let known = plans(&machine);
    let months = known["plans"][0]["months"].as_array().unwrap();
    let may = json!({ "month": "2026-05", "cost": "31", "wholeCost": "31", "listValue": "30.0006",
        "worth": "1.0", "isWorthIt": false, "isRunning": false });
    assert_eq!(months.len(), 2);
    assert_eq!(months[1], may);
    assert_eq!(known["notCovered"], json!([]));
    let text = machine.run(&["plan", "list"]).ok().stdout();
    assert!(text.contains("Max: $31.00 a month, for Claude Code, since 2026-05-01"), "{text}");
    assert!(
        text.contains("2026-05  $31.00, list value $30.00: 1.0 times its cost, not worth it"),
        "{text}"
    );
    assert!(text.contains("2026-06  $1.03 of $31.00 so far, list value $15.00: 14.5 times its cost, worth it so far"), "{text}");

    machine.run(&["plan", "end", "Max", "--on", "2026-06-01"]).ok();
    let ended = plans(&machine);
    assert_eq!(ended["plans"][0]["until"], "2026-06-01");
    assert_eq!(ended["notCovered"][0]["listValue"], "15.0003");
    let wrong = machine.run(&["plan", "end", "Max", "--on", "2026-04-01"]);
    assert_eq!((wrong.code(), wrong.stderr().contains("`until` is not after `since`")), (2, true));
    let wrong = machine.run(&["plan", "remove", "Min"]);
    assert_eq!((wrong.code(), wrong.stderr().contains("there are: Max")), (2, true));
    machine.run(&["plan", "remove", "Max"]).ok();
    assert_eq!(plans(&machine)["plans"], json!([]));
}

#[test]
fn a_source_can_be_paid_by_the_token() {
    let machine = machine();
    let billed = |machine: &Machine| {
        let run = machine.run(&["budget", "list", "--json"]).ok();
        run.json()["budgets"][0]["spent"].clone()
    };
    machine.run(&["budget", "set", "100", "--of", "billed"]).ok();
    assert_eq!(billed(&machine), "0");
    let run = machine.run(&["plan", "metered", "claude-cod"]).ok();
    assert!(run.stderr().contains("did you mean `claude-code`?"), "{}", run.stderr());
    machine.run(&["plan", "metered", "claude-code"]).ok();
    assert_eq!(billed(&machine), "15.0003");
    machine.run(&["plan", "metered", "claude-code", "--remove"]).ok();
    assert_eq!(billed(&machine), "0");
    let list = machine.run(&["plan", "list"]).ok();
    assert!(list.stdout().contains("Paid by the token: claude-cod\n"), "{}", list.stdout());
}

#[test]
fn a_budget_that_is_passed_ends_a_check_with_4_so_that_a_hook_can_act() {
    let machine = machine();
    let none = machine.run(&["budget", "check"]).ok();
    assert!(none.stderr().contains("budget set 200"), "{}", none.stderr());
    machine.run(&["budget", "set", "200"]).ok();
    let within = machine.run(&["budget", "check"]).ok();
    assert_eq!(within.stdout(), "month: $15.00 of $200.00 (7 %)\n");
    assert_eq!(machine.run(&["budget", "check", "--quiet"]).ok().stdout(), "");

    machine.run(&["budget", "set", "10", "--per", "day", "--name", "A day"]).ok();
    let passed = machine.run(&["budget", "check"]);
    assert_eq!(passed.code(), 4);
    assert!(
        passed.stdout().contains(
            "A day: $15.00 of $10.00 (150 %), about $15.00 by the end of 2026-06-01: passed\n"
        ),
        "{}",
        passed.stdout()
    );
    let quiet = machine.run(&["budget", "check", "--quiet"]);
    assert_eq!(
        (quiet.code(), quiet.stdout().lines().count(), quiet.stderr()),
        (4, 1, String::new())
    );
    let json = machine.run(&["budget", "check", "--json"]);
    assert_eq!(json.code(), 4);
    assert_eq!(json.json()["budgets"][1]["state"], "passed");
    assert_eq!(json.json()["budgets"][0]["state"], "within");
    // Only a check ends so.
    machine.run(&["budget", "list"]).ok();

    // The same name is the same budget.
    machine.run(&["budget", "set", "50", "--per", "day", "--name", "A day"]).ok();
    machine.run(&["budget", "check"]).ok();
    machine.run(&["budget", "remove", "A day"]).ok();
    let wrong = machine.run(&["budget", "remove", "A day"]);
    assert_eq!((wrong.code(), wrong.stderr().contains("there are: month")), (2, true));
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let machine = machine();
    let commits = machine.commits();
    for (arguments, told) in [
        (vec!["budget", "set", "-5"], "below zero"),
        (vec!["budget", "set", "NaN"], "no decimal amount"),
        (vec!["budget", "set", "5", "--currency", "dollars"], "no code of three letters"),
        (vec!["budget", "set", "5", "--name", "\u{1b}[31mred"], "no control characters"),
        (
            vec!["plan", "add", "P", "--price", "-1", "--since", "2026-05-01", "--source", "codex"],
            "below zero",
        ),
        (
            vec!["plan", "add", "P", "--price", "1", "--since", "soon", "--source", "codex"],
            "--since",
        ),
        (vec!["plan", "add", "P", "--price", "1", "--since", "2026-05-01"], "--source"),
        (
            vec![
                "plan",
                "add",
                "P",
                "--price",
                "1",
                "--since",
                "2026-05-01",
                "--source",
                "codex",
                "--account",
                "me",
            ],
            "no hash",
        ),
    ] {
        let run = machine.run(&arguments);
        assert_eq!(run.code(), 2, "{arguments:?}: {}", run.stderr());
        assert!(run.stderr().contains(told), "{arguments:?}: {}", run.stderr());
    }
    assert_eq!(machine.commits(), commits);
    let nothing = Machine::new().run(&["budget", "set", "5"]);
    assert_eq!((nothing.code(), nothing.stderr().contains("token-matters collect")), (2, true));
}

#[test]
fn entries_of_the_file_that_cannot_be_used_are_told_and_the_others_hold() {
    let machine = with_settings(
        "plans:\n  - { name: No day, price: 20, sources: [codex] }\n  - { name: Max, price: 20, since: 2026-05-01, sources: [claude-code] }\n\
         budgets:\n  - { amount: nan }\n  - { amount: 10, currency: XTS }\n  - { amount: 10, colour: red }\n",
    );
    let run = machine.run(&["budget", "check"]);
    assert_eq!(run.code(), 4, "the one that can be used is passed: {}", run.stderr());
    assert_eq!(run.stdout().lines().count(), 1, "{}", run.stdout());
    for told in [
        "budget 1",
        "budget 2",
        "no exchange rate for XTS",
        "`colour`",
        "plan 1 (`No day`)",
        "name the first day",
    ] {
        assert!(run.stderr().contains(told), "{told}: {}", run.stderr());
    }
    let list = machine.run(&["plan", "list"]).ok();
    assert!(list.stdout().contains("Max: $20.00 a month"), "{}", list.stdout());
}

#[test]
fn amounts_are_shown_in_the_currency_that_is_asked_for_if_it_has_a_rate() {
    let machine = machine();
    let rates = r#"{"version":"2.0","source":"own","date":"2026-06-01","models":{},"exchangeRates":{"EUR":[{"usd":"1.25"}]}}"#;
    fs_err::write(machine.data().join("pricing.json"), rates).unwrap();
    machine
        .run(&[
            "plan",
            "add",
            "Max",
            "--price",
            "31",
            "--since",
            "2026-05-01",
            "--source",
            "claude-code",
        ])
        .ok();
    let run = machine.run(&["plan", "list", "--currency", "eur"]).ok();
    assert!(
        run.stdout().contains("2026-05  €24.80, list value €24.00: 1.0 times"),
        "{}",
        run.stdout()
    );
    let json = machine.run(&["plan", "list", "--currency", "EUR", "--json"]).ok().json();
    assert_eq!(
        (&json["currency"], &json["plans"][0]["months"][1]["cost"]),
        (&json!("EUR"), &json!("24.8"))
    );
    let run = machine.run(&["plan", "list", "--currency", "XTS"]).ok();
    assert!(
        run.stderr().contains("no exchange rate for XTS") && run.stdout().contains("$31.00"),
        "{}",
        run.stderr()
    );
    let run = machine.run(&["plan", "list", "--currency", "--json"]);
    assert_eq!(run.code(), 2);
    machine.run(&["budget", "set", "10", "--currency", "EUR"]).ok();
    let check = machine.run(&["budget", "check"]);
    assert_eq!(
        (check.code(), check.stdout().as_str()),
        (4, "month: €12.00 of €10.00 (120 %): passed\n")
    );
}

#[test]
fn the_page_has_budgets_and_plans_where_costs_are_shown() {
    let machine = with_settings(
        "plans:\n  - { name: Max, price: 20, since: 2026-05-01, sources: [claude-code] }\nbudgets:\n  - { amount: 10 }\n",
    );
    machine.run(&["collect"]).ok();
    let raw = checkout(&machine);
    let raw = raw.to_str().unwrap();
    let files = |out: &str, more: &[&str]| -> Vec<bool> {
        machine.run(&[&["summarize", "--raw", raw, "--out", out], more].concat()).ok();
        let summary = machine.root.path().join(out).join("summary");
        ["budgets.json", "plans.json"].map(|name| summary.join(name).exists()).to_vec()
    };
    assert_eq!(files("own", &[]), [true, true]);
    assert_eq!(files("published", &["--publish"]), [false, false]);
    machine.run(&["site", "build", "--summary", "own/summary", "--out", "own"]).ok();
    let page =
        |path: &str| fs_err::read_to_string(machine.root.path().join("own").join(path)).unwrap();
    assert!(
        page("index.html").contains("$30.00 covered by plans"),
        "the start page tells who pays"
    );
    assert!(page("data/index.html").contains("What each plan was worth"));
}
