//! `limits`: what vendors said, and windows as they are counted.

use serde_json::{Value, json};

use crate::support::{Machine, append, claude_line};

const ROLLOUT: &str = ".codex/sessions/2026/06/01/rollout-2026-06-01T08-00-00-0199e96c-7b1e-7d01-9a11-0d6f60000001.jsonl";

/// An event of Codex with its two windows.
fn codex_event(at: &str, used: f64, resets: i64) -> String {
    format!(
        r#"{{"timestamp":"{at}","type":"event_msg","payload":{{"type":"token_count","info":null,"rate_limits":{{"limit_id":"codex","primary":{{"used_percent":{used},"window_minutes":300,"resets_at":{resets}}},"secondary":{{"used_percent":40,"window_minutes":10080,"resets_at":1780600000}}}}}}}}"#
    ) + "\n"
}

/// 2026-06-01T14:00:00Z.
const RESETS: i64 = 1_780_322_400;

fn machine() -> Machine {
    let machine = Machine::new();
    let meta = r#"{"timestamp":"2026-06-01T08:00:00Z","type":"session_meta","payload":{"id":"0199e96c-7b1e-7d01-9a11-0d6f60000001","cwd":"/w","cli_version":"0.150.0"}}"#;
    let event = codex_event("2026-06-01T11:50:00Z", 12.5, RESETS);
    machine.write_log(ROLLOUT, &format!("{meta}\n{event}"));
    let lines = [
        claude_line("msg_000000000000000000000001", "2026-06-01T02:00:00Z", 5),
        claude_line("msg_000000000000000000000002", "2026-06-01T10:00:00Z", 5),
        claude_line("msg_000000000000000000000003", "2026-06-01T11:00:00Z", 5),
    ];
    machine.write_log(".claude/projects/w/s1.jsonl", &lines.concat());
    machine
}

fn limit<'a>(told: &'a Value, provider: &str, window: &str) -> &'a Value {
    let limits = told["limits"].as_array().unwrap();
    let found = limits.iter().find(|one| one["provider"] == provider && one["window"] == window);
    found.unwrap_or_else(|| panic!("no {window} of {provider}: {told}"))
}

#[test]
fn words_of_vendors_come_fresh_from_the_logs_and_the_same_from_the_store() {
    let machine = machine();
    let fresh = machine.run(&["limits", "--json"]).ok().json();
    let five = limit(&fresh, "codex", "5h");
    assert_eq!((&five["usedFraction"], &five["ageSeconds"]), (&json!(0.125), &json!(600)));
    assert_eq!(five["resetsAt"], "2026-06-01T14:00:00Z");
    assert_eq!((&five["resetsInSeconds"], &five["isCurrent"]), (&json!(7200), &json!(true)));
    assert_eq!(five["via"], "log");
    assert_eq!(limit(&fresh, "codex", "7d")["usedFraction"], json!(0.4));
    assert!(!machine.data().join("store.git").exists(), "nothing was stored");
    machine.run(&["collect"]).ok();
    assert_eq!(machine.run(&["limits", "--json"]).ok().json(), fresh);
    // Stored, and gone from the logs: what was said is still known.
    fs_err::remove_file(machine.home().join(ROLLOUT)).unwrap();
    assert_eq!(machine.run(&["limits", "--json"]).ok().json()["limits"], fresh["limits"]);
}

#[test]
fn a_newer_word_in_a_log_goes_before_what_is_stored() {
    let machine = machine();
    machine.run(&["collect"]).ok();
    append(&machine.home().join(ROLLOUT), &codex_event("2026-06-01T11:55:00Z", 20.0, RESETS));
    let commits = machine.commits();
    let told = machine.run(&["limits", "--json"]).ok().json();
    assert_eq!(limit(&told, "codex", "5h")["usedFraction"], json!(0.2));
    assert_eq!(machine.commits(), commits, "nothing was stored");
}

#[test]
fn windows_are_counted_from_their_first_response() {
    let machine = machine();
    let told = machine.run(&["limits", "--json"]).ok().json();
    let windows = told["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 1, "the newest of each source: {told}");
    let window = &windows[0];
    assert_eq!(window["provider"], "claude-code");
    assert_eq!(window["start"], "2026-06-01T10:00:00Z");
    assert_eq!(window["end"], "2026-06-01T15:00:00Z");
    assert_eq!((&window["isActive"], &window["requests"]), (&json!(true), &json!(2)));
    // 210 tokens in 120 of 300 minutes.
    assert_eq!(
        (&window["totalTokens"], &window["burn"]["projectedTokens"]),
        (&json!(210), &json!(525))
    );
    assert_eq!(window["burn"]["tokensPerMinute"], 2);
    let again = machine.run(&["limits", "--json"]).ok().json();
    assert_eq!(again, told, "from the file that was kept");
    assert!(machine.data().join("cache/timeline.bin").exists());
}

#[test]
fn what_is_unknown_is_said_to_be_and_what_would_tell_it() {
    let run = machine().run(&["limits"]).ok();
    let text = run.stdout();
    assert!(text.contains("5h: 12.5 % used, starts anew in 2 h 0 min, 2026-06-01 14:00 (said 10 min ago, from its log)"), "{text}");
    assert!(text.contains("the vendor's limits are unknown"), "{text}");
    assert!(text.contains("proxy env claude"), "{text}");
    assert!(text.contains("210 tokens"), "{text}");
    let told = machine().run(&["limits", "--json"]).ok().json();
    assert_eq!(told["unknown"][0]["provider"], "claude-code");
    assert!(told["limits"].as_array().unwrap().iter().all(|one| one["provider"] == "codex"));
}

#[test]
fn a_window_that_is_over_says_nothing_of_the_one_that_is_open() {
    let machine = machine();
    let mut command = machine.command(&["limits"]);
    let output = command.env("TOKEN_MATTERS_NOW", "2026-06-01T14:00:00Z").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let over = "5h: window over since 2026-06-01 14:00, nothing newer told (said 2 h 10 min ago, from its log)";
    assert!(text.contains(over), "{text}");
    assert!(!text.contains("12.5 %"), "{text}");
}

#[test]
fn a_reset_that_moved_is_shown_with_the_proof() {
    let machine = machine();
    let moved = codex_event("2026-06-01T11:56:00Z", 1.0, RESETS + 3600);
    append(&machine.home().join(ROLLOUT), &moved);
    let told = machine.run(&["limits", "--json", "--history", "--source", "codex"]).ok().json();
    let resets = told["resets"].as_array().unwrap();
    let five: Vec<&Value> = resets.iter().filter(|one| one["window"] == "5h").collect();
    assert_eq!(five.len(), 2);
    assert_eq!((&five[0]["driftSeconds"], &five[0]["highestUsed"]), (&Value::Null, &json!(0.125)));
    assert_eq!(five[1]["firstSeen"], "2026-06-01T11:56:00Z");
    assert_eq!(
        (&five[1]["expectedFrom"], &five[1]["driftSeconds"]),
        (&json!("2026-06-01T14:00:00Z"), &json!(3600))
    );
    let text = machine.run(&["limits", "--history", "--source", "codex"]).ok().stdout();
    assert!(text.contains("MOVED: 1 h 0 min later than expected (2026-06-01 14:00)"), "{text}");
    assert!(!text.contains("Claude"), "{text}");
}

#[test]
fn a_wrong_source_and_an_empty_machine_have_their_messages() {
    let machine = Machine::new();
    let run = machine.run(&["limits", "--source", "nobody"]);
    assert_eq!(run.code(), 2, "{}", run.stderr());
    assert!(run.stderr().contains("no such source"), "{}", run.stderr());
    let run = machine.run(&["limits"]).ok();
    assert_eq!(run.stdout(), "");
    assert!(run.stderr().contains("no vendor said anything"), "{}", run.stderr());
}

#[test]
fn published_limits_have_windows_only_with_the_hours() {
    let machine = machine();
    machine.config("dataRepo: ~/store\n");
    let checkout = machine.home().join("store");
    fs_err::create_dir_all(checkout.join("raw")).unwrap();
    machine.run(&["collect"]).ok();
    let file = machine.root.path().join("out/summary/limits.json");
    let made = |publish: &str| -> Value {
        fs_err::write(checkout.join("token-matters.yaml"), publish).unwrap();
        let checkout = checkout.to_str().unwrap();
        machine.run(&["summarize", "--raw", checkout, "--out", "out", "--publish"]).ok();
        let bytes = fs_err::read(&file).unwrap_or_else(|_| b"null".to_vec());
        serde_json::from_slice(&bytes).unwrap()
    };
    let all = made("publish: { limits: show, hours: show }\n");
    let windows = all["windows"].as_array().unwrap();
    let starts: Vec<&str> = windows.iter().filter_map(|one| one["start"].as_str()).collect();
    assert_eq!(starts, ["2026-06-01T02:00:00Z", "2026-06-01T10:00:00Z"]);
    assert!(windows[1]["costUSD"].is_null() && windows[1]["totalTokens"] == 210, "{all}");
    let rows = |name: &str| all[name].as_array().unwrap().len();
    assert_eq!((rows("limits"), rows("resets")), (2, 2));
    assert!(all["limits"][0].get("ageSeconds").is_none(), "files tell no age");
    let hidden = made("publish: { limits: show, hours: hide }\n");
    assert_eq!((&hidden["limits"], hidden.get("windows")), (&all["limits"], None));
    assert!(made("publish: { limits: hide, hours: show }\n").is_null());
}
