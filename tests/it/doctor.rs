//! `doctor`: what it finds in a machine that is as it should be, and in one where something is broken.

use collector::source::SOURCES;
use serde_json::Value;

use crate::support::{claude_line, tree};
use patient::Patient;

mod broken;
mod patient;

#[test]
fn in_an_empty_home_the_folder_and_a_commented_configuration_are_made_on_demand_only() {
    let patient = Patient::new();
    let seen = patient.doctor(&[]);
    assert_eq!(
        (seen.state("Configuration", "folder"), seen.state("Configuration", "file")),
        ("warn", "warn")
    );
    assert!(!patient.data().exists(), "looking changes nothing");
    seen.has_remedies();
    let fixed = patient.doctor(&["--fix"]);
    assert_eq!(fixed.labels("fixed"), ["folder", "file"]);
    assert_eq!(fixed.code, 0);
    let text = fs_err::read_to_string(patient.data().join("config.yaml")).unwrap();
    assert!(text.contains("\n#dataRepo: ") && text.contains("\n#timezone: "), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = fs_err::metadata(patient.data().join("config.yaml")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
    let again = patient.doctor(&["--fix"]);
    assert_eq!(again.labels("fixed"), [""; 0]);
    assert_eq!(again.state("Configuration", "keys"), "pass");
}

#[test]
fn after_a_collect_into_a_remote_at_least_twelve_checks_are_good_and_none_is_broken() {
    let patient = Patient::with_remote();
    patient.run(&["collect"]).ok();
    let seen = patient.doctor(&[]);
    assert!(seen.count("pass") >= 12, "{:#}", seen.groups);
    assert_eq!(seen.count("fail"), 0, "{:#}", seen.groups);
    seen.has_remedies();
    // Nothing on the machine or in the remote is changed by looking.
    let before = (tree(&patient.machine.home()), tree(&patient.remote()));
    patient.doctor(&["--fix"]);
    assert!(before == (tree(&patient.machine.home()), tree(&patient.remote())));
}

#[test]
fn from_an_empty_home_over_init_and_collect_to_a_machine_that_is_well() {
    let patient = Patient::with_remote();
    fs_err::remove_dir_all(patient.data()).unwrap();
    assert_eq!(patient.doctor(&["--fix"]).labels("fixed"), ["folder", "file"]);
    let remote = patient.remote().display().to_string();
    patient.run(&["init", "--yes", "--schedule", "none", "--remote", &remote]).ok();
    patient.run(&["collect"]).ok();
    let seen = patient.doctor(&[]);
    assert!(seen.count("pass") >= 12, "{:#}", seen.groups);
    assert_eq!(seen.count("fail"), 0, "{:#}", seen.groups);
    assert_eq!(seen.state("Store", "token-matters.yaml"), "pass");
    assert_eq!(seen.check("Remote", "address").1, remote);
}

/// Everything that differs between runs and machines.
fn filtered(patient: &Patient, text: &str) -> String {
    let root = patient.machine.root.path().to_string_lossy().replace('\\', "\\\\");
    let text =
        text.replace(&root, "[ROOT]").replace(env!("CARGO_BIN_EXE_token-matters"), "[PROGRAM]");
    let text = text.replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
    let remotes = "/data/remotes/";
    let text = match text.find(remotes) {
        Some(at) => {
            let at = at + remotes.len();
            let end = text[at..].find(".git").unwrap_or(0);
            format!("{}[STORE]{}", &text[..at], &text[at + end..])
        }
        None => text,
    };
    let lines = text.lines().map(|line| {
        if line.contains(" git: ") {
            line.split(": ").next().unwrap().to_owned() + ": [GIT]"
        } else if line.contains(" size: ") || line.contains("loose object") {
            // The random id of the machine is packed a little differently every time.
            let (start, rest) = line.split_once(", ").unwrap();
            let start = start.trim_end_matches(|letter: char| {
                letter.is_ascii_digit() || ". KMBytes".contains(letter)
            });
            format!("{start} [BYTES], {rest}")
        } else if let Some((_, end)) = line.split_once(" left no logs on this machine: ") {
            assert!(!end.is_empty());
            "  - [OTHERS] left no logs on this machine".to_owned()
        } else if let Some((start, _)) = line.split_once("   - ") {
            format!("{start}   - [OTHERS] not used")
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(unix)]
#[test]
fn the_lines_of_a_machine_that_is_well() {
    let patient = Patient::with_remote();
    patient.run(&["collect"]).ok();
    insta::assert_snapshot!(filtered(&patient, &patient.text(&[("LANG", "C.UTF-8")])));
}

#[cfg(unix)]
#[test]
fn the_json_of_a_machine_without_anything() {
    let patient = Patient::new();
    let text = patient.run(&["doctor", "--json"]).stdout();
    let mut groups: Value = serde_json::from_str(&text).unwrap();
    let sources = groups[5]["checks"].as_array_mut().unwrap();
    assert_eq!(sources.len(), SOURCES.len() + 1, "every source has a check");
    sources.retain(|check| {
        ["Claude Code", "Codex CLI", "logs"].contains(&check["label"].as_str().unwrap())
    });
    for check in groups[1]["checks"].as_array_mut().unwrap() {
        if check["label"] == "git" {
            check["message"] = "[GIT]".into();
        }
    }
    insta::assert_snapshot!(filtered(&patient, &serde_json::to_string_pretty(&groups).unwrap()));
}

#[test]
fn signs_fall_back_to_ascii_and_a_pipe_gets_no_colors() {
    let patient = Patient::new();
    for variables in
        [&[][..], &[("LANG", "C.UTF-8"), ("TERM", "dumb")], &[("LANG", "de_DE.ISO-8859-1")]]
    {
        let text = patient.text(variables);
        let is_dumb = variables.contains(&("TERM", "dumb"));
        assert_eq!(text.is_ascii(), is_dumb || cfg!(unix), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
    assert!(patient.text(&[("LC_ALL", "en_US.utf8")]).contains("⚠ folder"));
}

#[test]
fn tools_that_are_not_here_share_a_line_unless_all_are_wanted() {
    let patient = Patient::with_logs();
    let short = patient.text(&[]);
    let long = patient.run(&["doctor", "--verbose"]).stdout();
    assert!(!short.contains("Qwen Code: not found"), "{short}");
    assert!(short.contains(" left no logs on this machine: "), "{short}");
    assert!(long.contains("  - Qwen Code: not found; looked for "), "{long}");
    let lines = |text: &str| text.lines().count();
    assert!(lines(&short) < 60 && lines(&long) > lines(&short), "{short}{long}");
}

#[test]
fn a_log_that_changes_for_days_without_a_response_is_an_alarm_with_what_to_do() {
    let patient = Patient { now: "2026-05-20T12:00:00Z", ..Patient::new() };
    patient.machine.write_log(".codex/sessions/2026/05/01/rollout-a.jsonl", "");
    patient.machine.write_log(
        ".claude/projects/p/a.jsonl",
        &claude_line("msg_000000000000000000000001", "2026-05-01T10:00:00Z", 5),
    );
    let changed = |path: &str, days: u64| {
        let file = fs_err::OpenOptions::new().append(true).open(patient.machine.home().join(path));
        let now: u64 = 1_779_278_400;
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(now - days * 86_400);
        file.unwrap().file().set_modified(at).unwrap();
    };
    changed(".claude/projects/p/a.jsonl", 1);
    changed(".codex/sessions/2026/05/01/rollout-a.jsonl", 1);
    let seen = patient.doctor(&[]);
    let alarm =
        |check: &&&Value| check["message"].as_str().unwrap().contains("without a new response");
    let checks = seen.checks("Sources");
    let alarms: Vec<_> = checks.iter().filter(alarm).collect();
    assert_eq!(alarms.len(), 1, "{:#}", seen.groups);
    assert_eq!((&alarms[0]["label"], &alarms[0]["state"]), (&"Claude Code".into(), &"warn".into()));
    let remedy = alarms[0]["remedy"].as_str().unwrap();
    assert!(remedy.contains("doctor --sample") && remedy.contains("a.jsonl"), "{remedy}");
    // Whoever did not use the tool lately is left alone.
    changed(".claude/projects/p/a.jsonl", 5);
    let seen = patient.doctor(&[]);
    assert!(!seen.checks("Sources").iter().any(|check| alarm(&check)), "{:#}", seen.groups);
}

#[test]
fn a_sample_has_the_form_of_a_log_and_none_of_its_words() {
    let patient = Patient::with_logs();
    let log = patient.machine.home().join("walrus.jsonl");
    let line = claude_line("msg_walrus", "2026-05-01T10:00:00Z", 5).replace("/w", "/home/walrus");
    fs_err::write(&log, line).unwrap();
    let run = patient.run(&["doctor", "--sample", log.to_str().unwrap()]).ok();
    let sample = run.stdout();
    assert!(sample.contains(r#""output_tokens":5"#), "{sample}");
    assert!(sample.contains(r#""cwd":"<12 characters>""#), "{sample}");
    assert!(!sample.contains("walrus"), "{sample}");
    let missing = patient.run(&["doctor", "--sample", "nowhere.jsonl"]);
    assert_eq!(missing.code(), 1);
    assert!(missing.stderr().contains("nowhere.jsonl"), "{}", missing.stderr());
    assert_eq!(patient.run(&["doctor", "--sample", "x", "--fix"]).code(), 2);
}
