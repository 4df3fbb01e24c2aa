//! `doctor`: what it finds in a machine that is as it should be, and in one where something is broken.

use serde_json::Value;

use crate::support::tree;
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
