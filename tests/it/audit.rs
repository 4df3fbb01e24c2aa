//! `audit`: from a number back to the line that told it.

use data_schema::{HashId, Money, RecordId, namespace};
use serde_json::{Value, json};

use crate::support::{Machine, claude_line};

const ONE: &str = "msg_01Qx7vKc9RtLmZp3WbYh5NdA";
const TWO: &str = "msg_01Hk2sGfVw8JqXn4TzEr6PyB";

fn id(native: &str) -> String {
    RecordId::new(namespace::ANTHROPIC, native, "").to_string()
}

/// A log with words that must not be shown.
fn logged() -> Machine {
    let machine = Machine::new();
    let line = claude_line(ONE, "2026-05-05T10:00:00Z", 300).replace(
        r#""role":"assistant""#,
        r#""role":"assistant","content":[{"type":"tool_use","input":{"pin":987654321,"secret":"do not tell"}}]"#,
    );
    let other = claude_line(TWO, "2026-05-05T10:01:00Z", 40);
    machine
        .write_log(".claude/projects/p/a.jsonl", &format!("{{\"type\":\"user\"}}\n{line}{other}"));
    machine
}

fn audit(machine: &Machine, what: &str) -> Value {
    machine.run(&["audit", what, "--json"]).ok().json()
}

#[test]
fn a_record_leads_back_to_its_line_and_no_word_of_it_is_shown() {
    let machine = logged();
    let told = audit(&machine, &id(ONE));
    assert_eq!((&told["kind"], told["records"].as_array().unwrap().len()), (&json!("record"), 1));
    let record = &told["records"][0];
    let raw = &record["raw"][0];
    assert!(raw["file"].as_str().unwrap().ends_with("a.jsonl"));
    assert_eq!((&raw["line"], &raw["isLikely"]), (&json!(2), &json!(false)));
    let usage = json!({ "input_tokens": 100, "output_tokens": 300 });
    assert_eq!(raw["fields"]["message"]["usage"], usage);
    assert_eq!(raw["fields"]["message"]["id"], ONE);
    assert_eq!(record["record"]["outputTokens"], 300);
    assert_eq!(
        (&record["counts"], &record["why"]),
        (&json!(true), &json!("it is the only witness"))
    );
    for arguments in [&["audit", &id(ONE), "--json"][..], &["audit", &id(ONE)]] {
        let text = machine.run(arguments).ok().stdout();
        assert!(!text.contains("987654321") && !text.contains("do not tell"), "{text}");
        assert!(text.contains("a.jsonl") && text.contains("output_tokens"), "{text}");
    }
}

#[test]
fn the_lines_of_a_price_add_up_to_what_the_export_says() {
    let machine = logged();
    let price = &audit(&machine, &id(ONE))["records"][0]["price"];
    let lines = price["lines"].as_array().unwrap();
    let amount = |value: &Value| value.as_str().unwrap().parse::<Money>().unwrap();
    let sum: Money = lines.iter().map(|line| amount(&line["amountUSD"])).sum();
    assert_eq!(sum, amount(&price["listUSD"]));
    let told: Vec<(&str, u64, &str)> = lines
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap();
            (text("class"), line["count"].as_u64().unwrap(), text("rate"))
        })
        .collect();
    assert_eq!(told, [("input", 100, "3"), ("output", 300, "15")]);
    let export = machine.run(&["export"]).ok().stdout();
    let row = export.lines().find(|line| line.contains(&id(ONE))).unwrap();
    let row: Value = serde_json::from_str(row).unwrap();
    assert_eq!(row["listUSD"], price["listUSD"]);
}

#[test]
fn a_session_is_known_by_the_tools_id_and_by_its_digits() {
    let machine = logged();
    let by_name = audit(&machine, "s1");
    assert_eq!(
        (&by_name["kind"], by_name["records"].as_array().unwrap().len()),
        (&json!("session"), 2)
    );
    let by_digits = audit(&machine, &HashId::new("session", "s1").to_string());
    assert_eq!(by_digits["records"], by_name["records"]);
    let text = machine.run(&["audit", "s1"]).ok().stdout();
    assert!(
        text.contains(&id(ONE)) && text.contains("a.jsonl:3") && text.contains("All that counts"),
        "{text}"
    );
    let run = machine.run(&["audit", "nobody-knows-me"]);
    assert_eq!((run.code(), run.stderr().contains("token-matters export")), (2, true));
}

#[test]
fn copies_are_told_with_the_one_that_counts() {
    let machine = logged();
    machine.run(&["collect"]).ok();
    let line = claude_line(ONE, "2026-05-05T10:00:00Z", 20).replace(
        r#""type":"assistant","timestamp""#,
        r#""type":"assistant","isSidechain":true,"timestamp""#,
    );
    machine.write_log(".claude/projects/p/agent-1.jsonl", &line);
    let record = &audit(&machine, &id(ONE))["records"][0];
    let copies = record["copies"].as_array().unwrap();
    let told: Vec<(&str, u64, bool)> = copies
        .iter()
        .map(|copy| {
            (
                copy["standsIn"].as_str().unwrap(),
                copy["allTokens"].as_u64().unwrap(),
                copy["isCounted"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("store", 400, true), ("log", 400, true), ("log", 120, false)]);
    assert_eq!(record["why"], "it is the response's own line; the others are replays of it");
    assert_eq!(record["raw"].as_array().unwrap().len(), 2);
}

#[test]
fn a_log_that_has_gone_leaves_what_the_store_holds() {
    let machine = logged();
    machine.run(&["collect"]).ok();
    fs_err::remove_file(machine.home().join(".claude/projects/p/a.jsonl")).unwrap();
    let record = &audit(&machine, &id(ONE))["records"][0];
    assert_eq!((&record["logIsGone"], &record["raw"]), (&json!(true), &json!([])));
    assert_eq!(record["record"]["outputTokens"], 300);
    let text = machine.run(&["audit", &id(ONE)]).ok().stdout();
    assert!(
        text.contains("its log is not there any more; what the store holds is shown"),
        "{text}"
    );
}

#[test]
fn records_of_other_sources_have_their_lines() {
    for case in ["X1_reemit", "X4_cachewrite", "X2_fork"] {
        let machine = Machine::new().with_case(case);
        let export = machine.run(&["export"]).ok().stdout();
        for row in export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            let told = audit(&machine, row["id"].as_str().unwrap());
            let raw = &told["records"][0]["raw"][0];
            assert!(raw["line"].as_u64().is_some(), "{case}: {told}");
            assert!(!raw["fields"].is_null(), "{case}: {told}");
        }
    }
}
