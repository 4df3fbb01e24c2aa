//! What is kept out of the store, taken out again, and never published.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::{Machine, search_path, tree};

/// One line of a Claude Code log in a folder.
fn line(number: u64, session: &str, folder: Option<&Path>, model: &str) -> String {
    let cwd = folder.map_or_else(String::new, |folder| {
        format!(r#""cwd":{},"#, serde_json::to_string(&folder.to_string_lossy()).unwrap())
    });
    format!(
        r#"{{"type":"assistant","timestamp":"2026-05-{:02}T10:00:00Z","sessionId":"{session}","version":"2.1.0",{cwd}"uuid":"u{number}","message":{{"id":"msg_{number:024}","role":"assistant","model":"{model}","stop_reason":"end_turn","usage":{{"input_tokens":100,"output_tokens":10}}}}}}"#,
        number % 28 + 1
    ) + "\n"
}

const MODEL: &str = "claude-sonnet-4-5";

/// Four places: two folders, a repository with a remote, a work tree of it elsewhere; and one line without any.
fn places(machine: &Machine) {
    let home = fs_err::canonicalize(machine.home()).unwrap();
    let repository = home.join("work/app");
    let git = repository.join(".git");
    fs_err::create_dir_all(git.join("objects")).unwrap();
    fs_err::create_dir_all(git.join("refs")).unwrap();
    fs_err::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    let config = "[core]\n\trepositoryformatversion = 0\n[remote \"origin\"]\n\turl = git@github.com:acme/rocket.git\n";
    fs_err::write(git.join("config"), config).unwrap();
    let linked = git.join("worktrees/side");
    fs_err::create_dir_all(&linked).unwrap();
    fs_err::write(linked.join("commondir"), "../..\n").unwrap();
    fs_err::write(linked.join("HEAD"), "ref: refs/heads/side\n").unwrap();
    let side = home.join("side");
    fs_err::create_dir_all(&side).unwrap();
    fs_err::write(side.join(".git"), format!("gitdir: {}\n", linked.display())).unwrap();
    fs_err::write(linked.join("gitdir"), format!("{}\n", side.join(".git").display())).unwrap();
    let folders = [
        Some(home.join("open")),
        Some(home.join("secret/deep")),
        Some(repository),
        Some(side),
        None,
    ];
    for (number, folder) in (1..).zip(folders) {
        let session = format!("s{number}");
        let text = line(number, &session, folder.as_deref(), MODEL);
        machine.write_log(&format!(".claude/projects/p/{session}.jsonl"), &text);
    }
}

fn config(include: &str, exclude: &str) -> String {
    format!("projects:\n  include: [{include}]\n  exclude: [{exclude}]\n")
}

/// Responses that a report of the logs counts, that one of the store counts, and that the store holds.
fn counts(machine: &Machine) -> [u64; 3] {
    let requests = |arguments: &[&str]| machine.totals(arguments)["requests"].as_u64().unwrap();
    let cached = requests(&["--local"]);
    assert_eq!(requests(&["--local", "--no-cache"]), cached, "the cache changes nothing");
    let status = machine.run(&["collect", "--status", "--json"]).ok().json();
    let stored =
        status["sources"].as_array().unwrap().iter().map(|row| row["records"].as_u64().unwrap());
    [cached, requests(&[]), stored.sum()]
}

#[test]
fn work_is_kept_out_by_folder_and_by_remote() {
    for (include, exclude, expected) in [
        ("", "", 5),
        ("", "~/secret", 4),
        // The work tree elsewhere belongs to the repository.
        ("", "~/work", 3),
        ("", "\"github.com/acme/*\"", 3),
        ("", "~/side", 4),
        ("", "\"*/rocket\", ~/secret, ~/open", 1),
        ("~/open", "", 1),
        ("~/open, ~/secret", "", 2),
        ("github.com/acme/rocket", "~/side", 1),
        ("~/elsewhere", "", 0),
    ] {
        let machine = Machine::new();
        places(&machine);
        machine.config(&config(include, exclude));
        machine.run(&["collect"]).ok();
        assert_eq!(counts(&machine), [expected; 3], "include {include}, exclude {exclude}");
    }
}

#[test]
fn what_is_excluded_is_named_nowhere() {
    let machine = Machine::new();
    places(&machine);
    machine.config(&config("", "~/secret, \"github.com/acme/*\""));
    let run = machine.run(&["collect", "--dry-run", "--json"]).ok();
    let text = run.stdout();
    assert!(
        !text.contains("secret") && !text.contains("acme") && !text.contains("left-out"),
        "{text}"
    );
    machine.run(&["up", "--no-serve"]).ok();
    for (path, bytes) in tree(&machine.data().join("page")) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("secret") && !text.contains("acme"), "{}", path.display());
        assert!(!text.contains("left-out"), "{}", path.display());
    }
}

#[test]
fn other_rules_take_effect_at_the_next_run_and_leave_what_is_stored() {
    let machine = Machine::new();
    places(&machine);
    machine.config(&config("", "~/secret"));
    machine.run(&["collect"]).ok();
    assert_eq!(counts(&machine), [4, 4, 4]);
    // More is wanted: logs that were read long ago are stored now.
    machine.config("");
    machine.run(&["collect"]).ok();
    assert_eq!(counts(&machine), [5, 5, 5]);
    // Less is wanted: the logs show less, the store keeps what it has.
    machine.config(&config("~/open", ""));
    machine.run(&["collect"]).ok();
    assert_eq!(counts(&machine), [1, 5, 5]);
}

/// All files of the data repository's newest commit, by path.
fn files(machine: &Machine) -> BTreeMap<String, String> {
    let store = store::Store::open(&machine.data().join("store.git")).unwrap();
    let snapshot = store.snapshot().unwrap();
    let read = |entry: &store::Entry| {
        (entry.path.clone(), String::from_utf8(snapshot.read(entry).unwrap()).unwrap())
    };
    snapshot.entries().iter().map(read).collect()
}

#[test]
fn a_dry_run_prints_exactly_what_a_run_writes() {
    let machine = Machine::new();
    places(&machine);
    let planned = |machine: &Machine| -> BTreeMap<String, String> {
        let json = machine.run(&["collect", "--dry-run", "--json"]).ok().json();
        let files = json["files"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        files.map(|file| (text(&file["path"]), text(&file["content"]))).collect()
    };
    let first = planned(&machine);
    assert!(!machine.data().join("store.git").exists());
    machine.run(&["collect"]).ok();
    let stored = files(&machine);
    assert_eq!(first, stored);
    assert!(first.len() > 4 && first.contains_key(first.keys().next().unwrap()));
    // And with something in the store: only what changes.
    let home = fs_err::canonicalize(machine.home()).unwrap();
    let text = line(2, "s2", Some(&home.join("secret/deep")), MODEL)
        + &line(30, "s2", Some(&home.join("open")), MODEL);
    machine.write_log(".claude/projects/p/s2.jsonl", &text);
    let second = planned(&machine);
    machine.run(&["collect"]).ok();
    let after = files(&machine);
    let changed = after.into_iter().filter(|(path, text)| stored.get(path) != Some(text));
    assert_eq!(second, changed.collect());
    assert_eq!(second.len(), 1);
    assert!(planned(&machine).is_empty());
}

#[test]
fn what_looks_like_a_secret_is_stored_as_its_hash_and_told_without_saying_it() {
    let machine = Machine::new();
    let key = "sk-proj-4fT9aB2cD3eF4gH5iJ6kL7mN8oP9qR0s";
    let text = line(1, "s1", Some(Path::new("/w/jane@example.com")), MODEL)
        + &line(2, "s1", Some(Path::new("/w/app")), key);
    machine.write_log(".claude/projects/p/s1.jsonl", &text);
    let run = machine.run(&["collect"]).ok();
    let told = run.stderr();
    assert!(told.contains("one name looks like the key of a service"), "{told}");
    assert!(told.contains("one name looks like an e-mail address"), "{told}");
    assert!(!told.contains("sk-proj") && !told.contains("jane"), "{told}");
    let stored: String = files(&machine).into_values().collect();
    assert!(stored.contains("sha256:") && stored.contains("/w/app"));
    assert!(!stored.contains("sk-proj") && !stored.contains("jane"), "{stored}");
    machine.run(&["collect"]).ok();
    assert_eq!(machine.commits(), 1);
}

#[test]
fn what_is_forgotten_goes_everywhere_and_stays_away() {
    let machine = Machine::new();
    places(&machine);
    machine.run(&["collect"]).ok();
    assert_eq!(counts(&machine), [5, 5, 5]);
    let project = ["store", "forget", "--project", "github.com/acme/rocket"];
    let shown = machine.run(&[&project[..], &["--dry-run"]].concat()).ok();
    assert!(shown.stdout().contains("2 responses of 220 tokens on 2 days"), "{}", shown.stdout());
    let refused = machine.run(&project);
    assert_eq!(refused.code(), 2, "nobody can be asked: {}", refused.stderr());
    assert!(refused.stderr().contains("--yes"), "{}", refused.stderr());
    assert_eq!(counts(&machine), [5, 5, 5]);
    let done = machine.run(&[&project[..], &["--yes"]].concat()).ok();
    assert_eq!(counts(&machine), [3, 3, 3], "the logs are still there");
    machine.run(&["collect"]).ok();
    machine.run(&["collect", "--no-cache"]).ok();
    assert_eq!(counts(&machine), [3, 3, 3]);
    assert!(!files(&machine).into_values().any(|text| text.contains("acme")));
    purged_by(&machine, &done.stdout());
    assert_eq!(counts(&machine), [3, 3, 3]);
    // A session by the tool's own id.
    machine.run(&["store", "forget", "--session", "s1", "--yes"]).ok();
    assert_eq!(counts(&machine), [2, 2, 2]);
    machine.run(&["store", "verify"]).ok();
}

/// Runs the commands that `store forget` prints, and looks whether the history lost the name.
#[cfg(unix)]
fn purged_by(machine: &Machine, printed: &str) {
    let lines: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    let script = lines.join(" &&\n");
    let store = machine.data().join("store.git");
    let history = |machine: &Machine| {
        let mut command = std::process::Command::new("sh");
        command.current_dir(&store).env("HOME", machine.home());
        let all = "for o in $(git cat-file --batch-all-objects --batch-check='%(objectname)'); do git cat-file -p $o; done";
        let output = command.args(["-c", all]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    if std::process::Command::new("git").arg("--version").output().is_err() {
        return;
    }
    assert!(history(machine).contains("acme"), "before, the history has it");
    let run = std::process::Command::new("sh")
        .args(["-ec", &script])
        .env("HOME", machine.home())
        .current_dir(machine.root.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{script}\n{}", String::from_utf8_lossy(&run.stderr));
    assert!(!history(machine).contains("acme"), "{script}");
}

#[cfg(not(unix))]
fn purged_by(_: &Machine, _: &str) {}

#[test]
fn a_machine_is_shown_under_another_name_and_back() {
    let machine = Machine::new().with_case("A_stream");
    machine.config("machine: ann-s-macbook\n");
    let none = machine.run(&["machine", "rename", "a", "b"]);
    assert_eq!((none.code(), none.stderr().contains("nothing is stored yet")), (2, true));
    machine.run(&["collect"]).ok();
    let raw = files(&machine);
    let shown = |machine: &Machine| {
        let status = machine.run(&["collect", "--status", "--json"]).ok().json();
        machine.run(&["up", "--no-serve"]).ok();
        let meta = fs_err::read(machine.data().join("page/summary/meta.json")).unwrap();
        let meta: Value = serde_json::from_slice(&meta).unwrap();
        assert_eq!(meta["machines"][0], status["sources"][0]["machine"]);
        meta["machines"][0].as_str().unwrap().to_owned()
    };
    assert_eq!(shown(&machine), "ann-s-macbook");
    let unknown = machine.run(&["machine", "rename", "bobs", "x"]);
    assert_eq!(unknown.code(), 2);
    assert!(unknown.stderr().contains("there are: ann-s-macbook"), "{}", unknown.stderr());
    machine.run(&["machine", "rename", "ann-s-macbook", "Ann's MacBook"]).ok();
    assert_eq!(shown(&machine), "Ann's MacBook");
    assert_eq!(files(&machine), raw, "nothing stored has changed");
    let list = machine.run(&["machine", "list", "--json"]).ok().json();
    let row = &list["machines"][0];
    assert_eq!((&row["name"], &row["shown"]), (&"ann-s-macbook".into(), &"Ann's MacBook".into()));
    assert_eq!(row["id"].as_str().unwrap().len(), 4);
    assert!(row["lastRecord"].as_str().unwrap().starts_with("2026-"));
    machine.run(&["collect"]).ok();
    machine.run(&["machine", "rename", "Ann's MacBook", "ann-s-macbook"]).ok();
    assert_eq!(shown(&machine), "ann-s-macbook");
    let bad = machine.run(&["machine", "rename", "ann-s-macbook", "a\u{1b}[31m"]);
    assert_eq!(bad.code(), 2, "{}", bad.stderr());
}

#[test]
fn a_key_of_the_shared_settings_that_nobody_knows_is_told_and_kept() {
    let machine = Machine::new();
    let root = machine.root.path().join("data-repo");
    fs_err::create_dir_all(root.join("raw")).unwrap();
    fs_err::write(root.join("token-matters.yaml"), "planz: { codex: 20 }\n").unwrap();
    let out = machine.root.path().join("out");
    let arguments = ["summarize", "--raw", root.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let run = machine.run(&arguments).ok();
    assert!(run.stderr().contains("`planz` is not known to this version"), "{}", run.stderr());
}

#[test]
fn another_machine_obeys_and_brings_nothing_back() {
    let shared = tempfile::tempdir().unwrap();
    let remote = shared.path().join("data.git");
    let made = std::process::Command::new("git")
        .args(["init", "-q", "--bare", "--initial-branch=main"])
        .arg(&remote)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return;
    }
    let run = |machine: &Machine, arguments: &[&str]| {
        let output = machine.command(arguments).env("PATH", search_path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let stored = |machine: &Machine| {
        let status: Value =
            serde_json::from_str(&run(machine, &["collect", "--status", "--json"])).unwrap();
        let rows = status["sources"].as_array().unwrap().iter();
        rows.map(|row| row["records"].as_u64().unwrap()).sum::<u64>()
    };
    let machines = ["ann", "bob"].map(|name| {
        let machine = Machine::new();
        places(&machine);
        machine.config(&format!("machine: {name}\ndataRepo: {}\n", remote.display()));
        run(&machine, &["collect"]);
        machine
    });
    let [ann, bob] = &machines;
    run(ann, &["store", "forget", "--project", "github.com/acme/rocket", "--yes"]);
    assert_eq!(stored(ann), 6);
    // What the other has in its logs, and what it had not sent yet, stays away.
    let home = fs_err::canonicalize(bob.home()).unwrap();
    let text = line(3, "s3", Some(&home.join("work/app")), MODEL)
        + &line(9, "s3", Some(&home.join("work/app")), MODEL)
        + &line(10, "s3", Some(&home.join("open")), MODEL);
    bob.write_log(".claude/projects/p/s3.jsonl", &text);
    run(bob, &["collect", "--local"]);
    run(bob, &["collect"]);
    assert_eq!(stored(bob), 7);
    run(ann, &["collect"]);
    assert_eq!(stored(ann), 7);
    let shown = run(ann, &["report", "--json"]);
    assert!(!shown.contains("rocket"), "{shown}");
    // And names of machines are known to all.
    run(bob, &["machine", "rename", "ann", "Ann"]);
    run(ann, &["collect"]);
    assert!(run(ann, &["machine", "list"]).contains("shown as Ann"));
}
