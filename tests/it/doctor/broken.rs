//! What is found where something is broken, and what becomes of it with `--fix`.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::patient::Patient;
use crate::support::{NOW, tree};

#[test]
fn faults_of_the_configuration_are_told_with_line_and_suggestion_and_stop_nothing() {
    let patient = Patient::with_logs();
    patient
        .machine
        .config("machine: work\ntimezon: UTC\nproviders:\n  trae-pro:\n    estimation: {}\n");
    let seen = patient.doctor(&["--fix"]);
    assert_eq!(
        seen.check("Configuration", "keys"),
        ("fail", "line 2: `timezon` is not a known key: did you mean `timezone`?")
    );
    assert_eq!(seen.labels("fail"), ["keys"]);
    assert_eq!(seen.state("Sources", "Codex CLI"), "pass");
    assert!(
        seen.checks("Configuration").iter().any(|check| check["state"] == "off"),
        "{:#}",
        seen.groups
    );
    patient.machine.config("machine: [\n");
    let seen = patient.doctor(&[]);
    let (state, message) = seen.check("Configuration", "keys");
    assert!(state == "fail" && message.contains("is not valid YAML"), "{message}");
    seen.has_remedies();
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_a_failure_until_it_is_repaired() {
    use std::os::unix::fs::PermissionsExt as _;
    let patient = Patient::new();
    patient.machine.config("providers:\n  glm-coding:\n    apiKey: canary-secret\n");
    let path = patient.data().join("config.yaml");
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let seen = patient.doctor(&[]);
    assert_eq!(seen.state("Configuration", "rights"), "fail");
    assert!(!seen.groups.to_string().contains("canary-secret"));
    assert_eq!(patient.doctor(&["--fix"]).state("Configuration", "rights"), "fixed");
    assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(patient.doctor(&[]).state("Configuration", "rights"), "pass");
}

#[test]
fn a_named_folder_of_a_tool_that_is_not_there_is_a_failure() {
    let patient = Patient::with_logs();
    patient
        .machine
        .config("providers:\n  codex:\n    codexDir: ~/gone\n  claude-code:\n    enabled: false\n");
    let seen = patient.doctor(&["--fix"]);
    let (state, message) = seen.check("Sources", "Codex CLI");
    assert!(state == "fail" && message.contains("gone"), "{message}");
    assert_eq!(seen.state("Sources", "Claude Code"), "off");
    assert!(!patient.machine.home().join("gone").exists(), "the tools' own folders are left alone");
}

#[test]
fn days_until_a_tool_deletes_are_told() {
    let patient = Patient::with_logs();
    let seen = patient.doctor(&[]);
    let (state, message) = seen.check("Sources", "Claude Code keeps logs");
    assert!(state == "pass" && message.starts_with("30 days; "), "{message}");
    patient.machine.write_log(".claude/settings.json", "{\"cleanupPeriodDays\": 7}");
    assert_eq!(patient.doctor(&[]).state("Sources", "Claude Code keeps logs"), "warn");
}

/// Damages the loose object of the largest file that the store holds.
fn damage(store: &Path) {
    let objects = tree(&store.join("objects"));
    let largest = objects.iter().max_by_key(|(_, bytes)| bytes.len()).unwrap().0;
    fs_err::remove_file(largest).unwrap();
    fs_err::write(largest, "damaged").unwrap();
}

#[test]
fn a_damaged_store_is_found_and_repaired_and_nothing_that_the_logs_hold_is_lost() {
    let patient = Patient::with_logs();
    patient.run(&["collect"]).ok();
    let before = patient.machine.totals(&[]);
    damage(&patient.data().join("store.git"));
    let seen = patient.doctor(&[]);
    assert_eq!(seen.state("Store", "content"), "fail");
    assert!(seen.checks("Store").iter().any(|check| check["fixable"] == true), "{:#}", seen.groups);
    assert_eq!(patient.doctor(&["--fix"]).state("Store", "content"), "fixed");
    assert_eq!(patient.doctor(&[]).count("fail"), 0);
    patient.run(&["collect"]).ok();
    assert_eq!(patient.machine.totals(&[]), before);
}

#[test]
fn a_damaged_store_that_follows_a_remote_is_repaired_and_pushes_on() {
    let patient = Patient::with_remote();
    patient.run(&["collect"]).ok();
    let before = patient.machine.totals(&[]);
    let remotes = fs_err::read_dir(patient.data().join("remotes")).unwrap();
    let stores: Vec<_> = remotes.map(|store| store.unwrap().path()).collect();
    damage(stores.iter().find(|store| store.join("objects").is_dir()).unwrap());
    assert_eq!(patient.doctor(&[]).state("Store", "content"), "fail");
    assert_eq!(patient.doctor(&["--fix"]).state("Store", "content"), "fixed");
    patient.run(&["collect"]).ok();
    let seen = patient.doctor(&[]);
    assert_eq!(
        (seen.count("fail"), seen.state("Remote", "waiting")),
        (0, "pass"),
        "{:#}",
        seen.groups
    );
    assert_eq!(patient.machine.totals(&[]), before);
}

#[test]
fn a_folder_that_is_no_store_is_a_failure_and_stays_as_it_is() {
    let patient = Patient::new();
    let folder = patient.machine.home().join("photos");
    fs_err::create_dir_all(&folder).unwrap();
    fs_err::write(folder.join("a.jpg"), "x").unwrap();
    patient.machine.config("dataRepo: ~/photos\n");
    assert_eq!(patient.doctor(&["--fix"]).labels("fail"), ["store"]);
    assert_eq!(tree(&folder).len(), 1);
}

#[test]
fn a_remote_that_is_gone_is_a_failure_with_what_to_do() {
    let patient = Patient::with_remote();
    let address = Patient::address(&patient.remote());
    patient.machine.config(&format!("dataRepo: '{address}'\nmachine: work\n"));
    patient.run(&["collect"]).ok();
    fs_err::remove_dir_all(patient.remote()).unwrap();
    let seen = patient.doctor(&[]);
    assert_eq!(seen.labels("fail"), ["readable"]);
    seen.has_remedies();
}

#[cfg(unix)]
#[test]
fn a_remote_that_refuses_is_told_with_what_waits_and_without_secrets() {
    use std::os::unix::fs::PermissionsExt as _;
    let patient = Patient::with_remote();
    let hook = patient.remote().join("hooks/pre-receive");
    fs_err::create_dir_all(hook.parent().unwrap()).unwrap();
    fs_err::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    fs_err::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(patient.run(&["collect"]).code(), 3);
    let seen = patient.doctor(&[]);
    assert_eq!(seen.state("Remote", "waiting"), "warn");
    let (state, message) = seen.check("State", "last push");
    assert!(state == "fail" && message.contains("hook"), "{message}");
    patient.machine.config("dataRepo: https://me:canary-secret@127.0.0.1:1/data.git\n");
    let seen = patient.doctor(&[]);
    assert_eq!(seen.check("Remote", "address"), ("pass", "https://127.0.0.1:1/data.git"));
    assert_eq!(seen.state("Remote", "readable"), "fail");
    assert!(!seen.groups.to_string().contains("canary-secret"));
}

#[test]
fn without_git_a_store_of_its_own_is_a_warning_and_a_remote_a_failure() {
    let patient = Patient::with_remote();
    if cfg!(windows) {
        return;
    }
    fs_err::remove_file(patient.bin().join("git")).unwrap();
    let seen = patient.doctor(&[]);
    assert_eq!(seen.state("Dependencies", "git"), "fail");
    patient.machine.config("machine: work\n");
    let seen = patient.doctor(&[]);
    let (state, message) = seen.check("Dependencies", "git");
    assert!(state == "warn" && message.contains("six times the room"), "{message}");
}

#[cfg(unix)]
#[test]
fn a_schedule_whose_program_has_gone_and_days_without_success_are_failures() {
    let mut patient = Patient::with_logs();
    patient.run(&["collect"]).ok();
    patient.now = "2026-06-05T12:00:00Z";
    let seen = patient.doctor(&[]);
    assert_eq!(seen.state("State", "last success"), "warn");
    assert_eq!(seen.state("Schedule", "schedule"), "warn");
    let line = "5 * * * * '/gone for ever/token-matters' collect >/dev/null 2>&1 # token-matters-collector";
    patient.program("crontab", &format!("[ \"$1\" = -l ] && echo \"{line}\""));
    let seen = patient.doctor(&[]);
    assert_eq!(seen.state("Schedule", "schedule"), "pass");
    let (state, message) = seen.check("Schedule", "program");
    assert!(state == "fail" && message.contains("/gone for ever/token-matters"), "{message}");
    assert_eq!(seen.state("State", "last success"), "fail");
}

#[test]
fn what_cut_off_runs_left_is_taken_away_and_what_is_new_stays() {
    let patient = Patient::new();
    let data = patient.data();
    let now: chrono::DateTime<chrono::Utc> = NOW.parse().unwrap();
    let now = SystemTime::from(now);
    for (name, hours) in [(".tm-old", 2), ("cache/.tm-older", 30), (".tm-new", 0), ("other", 30)] {
        let path = data.join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, "x").unwrap();
        let file = fs_err::OpenOptions::new().write(true).open(&path).unwrap();
        file.file().set_modified(now - Duration::from_hours(hours)).unwrap();
    }
    let seen = patient.doctor(&[]);
    assert_eq!(seen.state("State", "left over"), "warn");
    assert_eq!(patient.doctor(&["--fix"]).state("State", "left over"), "fixed");
    let left = tree(&data);
    let left: Vec<_> =
        left.keys().map(|path| path.file_name().unwrap().to_string_lossy()).collect();
    assert!(left.contains(&".tm-new".into()) && left.contains(&"other".into()), "{left:?}");
    assert!(!left.contains(&".tm-old".into()) && !left.contains(&".tm-older".into()), "{left:?}");
}

#[test]
fn a_damaged_status_and_a_damaged_cache_are_made_anew() {
    let patient = Patient::with_logs();
    patient.run(&["collect"]).ok();
    fs_err::write(patient.data().join("status.json"), "{").unwrap();
    assert_eq!(patient.doctor(&[]).state("State", "status.json"), "warn");
    assert_eq!(patient.doctor(&["--fix"]).state("State", "status.json"), "fixed");
    assert_eq!(patient.doctor(&[]).state("State", "status.json"), "pass");
    let cache = patient.data().join("cache/scan.bin");
    let mut bytes = fs_err::read(&cache).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0);
    fs_err::write(&cache, bytes).unwrap();
    assert_eq!(patient.doctor(&[]).state("State", "caches"), "fixed");
    assert_eq!(patient.doctor(&[]).state("State", "caches"), "pass");
}

/// Serves a page and its summary, and ends with the test.
fn serve(latest: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let (status, body) = match request.split(' ').nth(1) {
                Some("/page/") => ("200 OK", "<!doctype html><html></html>"),
                Some("/page/summary/latest.json") => ("200 OK", latest),
                _ => ("404 Not Found", ""),
            };
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    format!("http://{address}")
}

#[test]
fn the_published_page_is_fetched_and_its_age_is_told() {
    let patient = Patient::new();
    let store = patient.machine.root.path().join("store");
    fs_err::create_dir_all(store.join("raw")).unwrap();
    patient.machine.config(&format!("dataRepo: '{}'\n", store.display()));
    assert_eq!(patient.doctor(&[]).state("Published page", "page"), "off");
    let publish = |address: &str| {
        fs_err::write(store.join("token-matters.yaml"), format!("site:\n  address: {address}\n"))
            .unwrap();
        patient.doctor(&[])
    };
    let fresh = serve("{\"lastUpdated\": \"2026-05-31T12:00:00Z\"}");
    let seen = publish(&format!("{fresh}/page/"));
    assert_eq!(seen.state("Published page", "page"), "pass");
    assert_eq!(seen.state("Published page", "age of the data"), "pass");
    let old = serve("{\"lastUpdated\": \"2026-05-01T12:00:00Z\"}");
    assert_eq!(publish(&format!("{old}/page")).state("Published page", "age of the data"), "warn");
    let seen = publish(&format!("{fresh}/elsewhere"));
    let (state, message) = seen.check("Published page", "page");
    assert!(state == "fail" && message.contains("404"), "{message}");
    assert_eq!(publish("http://192.0.2.1/page").state("Published page", "page"), "fail");
}

#[test]
fn a_machine_whose_name_another_one_has_is_told_its_own() {
    let patient = Patient::with_logs();
    patient.machine.config("machine: work\n");
    patient.run(&["collect"]).ok();
    fs_err::remove_file(patient.data().join("machine.json")).unwrap();
    patient.run(&["collect"]).ok();
    let seen = patient.doctor(&[]);
    let (state, message) = seen.check("Store", "machine");
    assert!(state == "warn" && message.contains("writes as work-"), "{message}");
}

#[test]
fn a_run_that_is_at_work_is_told() {
    let patient = Patient::with_logs();
    patient.run(&["collect"]).ok();
    assert_eq!(patient.doctor(&[]).state("State", "runs"), "pass");
    let lock =
        fs_err::OpenOptions::new().append(true).open(patient.data().join("run.lock")).unwrap();
    lock.file().lock().unwrap();
    assert_eq!(patient.doctor(&[]).state("State", "runs"), "warn");
}

#[test]
fn an_earlier_store_that_is_not_joined_yet_is_told() {
    let patient = Patient::with_remote();
    let hidden = patient.machine.root.path().join("hidden.git");
    patient.machine.config("machine: work\n");
    patient.run(&["collect"]).ok();
    patient.machine.config(&format!(
        "dataRepo: '{}'
machine: work
",
        Patient::address(&hidden)
    ));
    assert_eq!(patient.run(&["collect"]).code(), 3);
    assert_eq!(patient.doctor(&[]).state("Store", "earlier stores"), "warn");
    fs_err::rename(patient.remote(), &hidden).unwrap();
    patient.run(&["collect"]).ok();
    assert!(!patient.doctor(&[]).labels("warn").contains(&"earlier stores"));
}

#[test]
fn a_clock_that_is_wrong_by_a_year_is_told() {
    let mut patient = Patient::with_logs();
    patient.run(&["collect"]).ok();
    patient.now = "2025-06-01T12:00:00Z";
    assert_eq!(patient.doctor(&[]).state("Program", "clock"), "fail");
}
