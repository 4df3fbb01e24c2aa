//! Where our cost is that of others, to the last digit, and where it is not: `docs/differences.md`.
//!
//! The log is what Claude Code wrote, in sessions with a server whose usage is known; beside it stand what it reported
//! of each session itself, and what ccusage makes of the same log.

use std::collections::BTreeMap;

use data_schema::{HashId, Money};
use serde_json::Value;

use crate::support::Machine;

const LOG: &str = include_str!("../fixtures/differences/claude-code.jsonl");
const RESULTS: &str = include_str!("../fixtures/differences/results.json");

/// One session, in USD.
struct Session {
    case: String,
    model: String,
    ours: Money,
    claude: Money,
    ccusage: Money,
}

/// A number that was added up in floating point: its noise stands behind the twelfth digit.
fn floating(text: &str) -> Money {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{fraction:0<13}");
    let money: Money = format!("{whole}.{}", &digits[..12]).parse().unwrap();
    let up = i128::from(digits.as_bytes()[12] >= b'5');
    Money::from_picos(money.picos() + up)
}

fn sessions() -> Vec<Session> {
    let machine = Machine::new();
    machine.write_log(".claude/projects/p/a.jsonl", LOG);
    let mut command = machine.command(&["export"]);
    let output = command.env("TOKEN_MATTERS_NOW", "2026-11-23T00:00:00Z").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = String::from_utf8(output.stdout).unwrap();
    let mut costs: BTreeMap<String, Money> = BTreeMap::new();
    for row in rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let cost: Money = row["listUSD"].as_str().unwrap().parse().unwrap();
        *costs.entry(row["session"].as_str().unwrap().to_owned()).or_default() += cost;
    }
    let results: Value = serde_json::from_str(RESULTS).unwrap();
    let sessions = results["sessions"].as_array().unwrap();
    assert_eq!(costs.len(), sessions.len());
    let session = |told: &Value| {
        let text = |name: &str| told[name].as_str().unwrap();
        Session {
            case: text("case").to_owned(),
            model: text("model").to_owned(),
            ours: costs[&HashId::new("session", text("session")).to_string()],
            claude: floating(text("totalCostUSD")),
            ccusage: floating(text("ccusageUSD")),
        }
    };
    sessions.iter().map(session).collect()
}

/// Cases where a rule of the vendor's own page is not in what Claude Code reports.
fn is_more_than_claude_tells(session: &Session) -> bool {
    let is_long = session.case == "long" && session.model == "claude-sonnet-4-5";
    is_long || session.case == "region"
}

#[test]
fn the_list_value_is_what_claude_code_reports_to_the_last_digit() {
    let sessions = sessions();
    let mut same = 0;
    for session in sessions.iter().filter(|session| !is_more_than_claude_tells(session)) {
        let Session { case, model, ours, claude, .. } = session;
        assert_eq!(ours, claude, "{case} {model}");
        same += 1;
    }
    assert_eq!((same, sessions.len()), (10, 12));
}

#[test]
fn where_a_rule_of_the_vendor_says_more_the_difference_is_that_rule() {
    let sessions = sessions();
    let find = |case: &str, model: &str| {
        sessions.iter().find(|session| session.case == case && session.model == model).unwrap()
    };
    // 150,013 + 90,017 tokens of prompt are above 200,000: all of them at twice the rates, the output at 1.5 times.
    let long = find("long", "claude-sonnet-4-5");
    assert_eq!(long.claude.to_string(), "0.4923591");
    assert_eq!(long.ours.to_string(), "0.9770607");
    // Models since 4.6 have no such premium: nothing differs.
    let long = find("long", "claude-sonnet-4-6");
    assert_eq!((long.ours, long.claude), (long.ccusage, long.ccusage));
    // Served in the United States alone: 1.1 times.
    let region = find("region", "claude-opus-4-6");
    assert_eq!(region.claude.to_string(), "0.0198665");
    assert_eq!(region.ours.to_string(), "0.02185315");
}

#[test]
fn ccusage_says_the_same_but_for_searches_and_the_rules_above() {
    for session in sessions().iter().filter(|session| !is_more_than_claude_tells(session)) {
        let Session { case, model, ours, ccusage, .. } = session;
        let missing = if case == "search" { "0.03".parse().unwrap() } else { Money::ZERO };
        assert_eq!(*ours - *ccusage, missing, "{case} {model}");
    }
}

/// Tokens that ccusage 20.0.24 (`daily --offline`) counts of each case of the fixtures; null: it prints no report.
const CCUSAGE: &str = include_str!("../fixtures/differences/ccusage-tokens.json");

#[test]
fn tokens_are_those_of_ccusage_wherever_the_page_names_no_difference() {
    let page = include_str!("../../docs/differences.md");
    let told: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |").map(|(case, _)| case))
        .collect();
    let cases: BTreeMap<String, Option<u64>> = serde_json::from_str(CCUSAGE).unwrap();
    assert_eq!(cases.len(), 38);
    for (case, ccusage) in cases {
        let machine = Machine::new().with_case(&case);
        let ours = machine.totals(&[])["totalTokens"].as_u64().unwrap();
        let is_named = told.contains(&case.as_str());
        assert_eq!(ccusage == Some(ours), !is_named, "{case}: {ours} and {ccusage:?}");
    }
}
