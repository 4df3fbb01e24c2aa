//! Machines that write into one remote, from the command line: what a run does, and what is never lost.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::{Machine, Run, claude_line, git, responses, search_path};

/// Where the log of a machine lies.
const LOG: &str = ".claude/projects/p/s1.jsonl";

/// A bare repository.
struct Remote {
    root: TempDir,
}

impl Remote {
    fn new() -> Self {
        let remote = Self { root: tempfile::tempdir().unwrap() };
        remote.make("data.git");
        remote
    }

    fn make(&self, name: &str) -> String {
        git(self.root.path(), &["init", "--quiet", "--bare", "-b", "main", name]);
        git(&self.root.path().join(name), &["config", "uploadpack.allowFilter", "true"]);
        self.address(name)
    }

    fn address(&self, name: &str) -> String {
        format!("file://{}", self.root.path().join(name).display())
    }

    fn path(&self) -> PathBuf {
        self.root.path().join("data.git")
    }

    fn config(&self) -> String {
        format!("dataRepo: {}\n", self.address("data.git"))
    }

    fn files(&self) -> Vec<String> {
        let list = git(&self.path(), &["ls-tree", "-r", "--name-only", "main"]);
        list.lines().map(str::to_owned).collect()
    }
}

/// A machine that writes into a remote.
fn machine(remote: &Remote, name: &str, log: &str) -> Machine {
    let machine = Machine::new();
    machine.config(&format!("{}machine: {name}\n", remote.config()));
    machine.write_log(LOG, log);
    machine
}

fn run(machine: &Machine, arguments: &[&str]) -> Run {
    Run(machine.command(arguments).env("PATH", search_path()).output().unwrap())
}

fn requests(machine: &Machine, arguments: &[&str]) -> u64 {
    let report = run(machine, &[&["report", "--json"], arguments].concat());
    report.json()["totals"]["requests"].as_u64().unwrap_or(0)
}

#[test]
fn two_machines_share_one_remote_and_both_see_everything() {
    let remote = Remote::new();
    let one = machine(&remote, "laptop", &responses(0..20));
    // Five of them stand on both machines.
    let other = machine(&remote, "desk", &responses(15..40));
    let told = run(&one, &["collect"]).ok();
    assert!(told.stderr().contains("20 new responses stored"), "{}", told.stderr());
    assert!(told.stderr().contains("everything is in file://"), "{}", told.stderr());
    run(&other, &["collect"]).ok();
    run(&one, &["collect"]).ok();
    assert_eq!(requests(&one, &[]), 40);
    assert_eq!(requests(&other, &[]), 40);
    let before = git(&remote.path(), &["rev-parse", "main"]);
    run(&one, &["collect"]).ok();
    assert_eq!(git(&remote.path(), &["rev-parse", "main"]), before, "no change, no commit");
    let status = run(&one, &["collect", "--status", "--json"]).ok().json();
    assert_eq!(status["runs"]["waiting"], 0);
    assert_eq!(status["runs"]["lastSuccess"], crate::support::NOW);
    assert!(status["runs"]["sources"]["claude-code"]["lastRecord"].is_string(), "{status}");
}

#[test]
fn offline_the_run_ends_with_3_and_the_next_one_sends_everything() {
    let remote = Remote::new();
    let one = machine(&remote, "laptop", &responses(0..5));
    let away = remote.root.path().join("away.git");
    fs_err::rename(remote.path(), &away).unwrap();
    let told = run(&one, &["collect"]);
    assert_eq!(told.code(), 3, "{}", told.stderr());
    assert!(told.stderr().contains("1 commit waits for a push"), "{}", told.stderr());
    assert!(told.stderr().contains("make the repository first"), "{}", told.stderr());
    assert_eq!(requests(&one, &[]), 5, "what is here is shown");
    let status = run(&one, &["collect", "--status"]).ok().stdout();
    assert!(status.contains("1 commit waits for a push"), "{status}");
    fs_err::rename(&away, remote.path()).unwrap();
    one.write_log(LOG, &responses(0..9));
    run(&one, &["collect"]).ok();
    assert_eq!(git(&remote.path(), &["rev-list", "--count", "main"]).trim(), "2", "one a run");
    let two = machine(&remote, "desk", "");
    run(&two, &["collect"]).ok();
    assert_eq!(requests(&two, &[]), 9);
}

#[test]
fn no_store_is_made_at_a_path_whose_repository_is_away() {
    let remote = Remote::new();
    let one = machine(&remote, "laptop", &responses(0..5));
    let path = remote.path();
    one.config(&format!("machine: laptop\ndataRepo: {}\n", path.display()));
    run(&one, &["collect"]).ok();
    let away = remote.root.path().join("away.git");
    fs_err::rename(&path, &away).unwrap();
    one.write_log(LOG, &responses(0..8));
    let told = run(&one, &["collect"]);
    assert_eq!(told.code(), 3, "{}", told.stderr());
    assert!(told.stderr().contains("1 commit waits"), "{}", told.stderr());
    assert!(!path.exists(), "a repository was made in its place");
    fs_err::rename(&away, &path).unwrap();
    run(&one, &["collect"]).ok();
    assert_eq!(requests(&one, &[]), 8);
    assert!(git(&path, &["log", "--format=%s", "main"]).contains("3 new responses"));
}

#[test]
fn other_machines_files_that_cannot_be_fetched_are_named() {
    let remote = Remote::new();
    run(&machine(&remote, "desk", &responses(0..30)), &["collect"]).ok();
    let one = machine(&remote, "laptop", &responses(30..35));
    run(&one, &["collect"]).ok();
    let away = remote.root.path().join("away.git");
    fs_err::rename(remote.path(), &away).unwrap();
    let report = run(&one, &["report", "--json"]);
    assert_eq!(report.json()["totals"]["requests"], 5, "{}", report.stderr());
    assert!(report.stderr().contains("raw/desk/claude-code"), "{}", report.stderr());
    assert!(report.stderr().contains("on the remote only"), "{}", report.stderr());
    fs_err::rename(&away, remote.path()).unwrap();
    assert_eq!(requests(&one, &[]), 35, "nothing of the failure was kept");
}

#[test]
fn moving_from_the_built_in_store_to_a_remote_and_on_loses_nothing_that_logs_have_deleted() {
    let remote = Remote::new();
    let one = Machine::new();
    one.config("machine: laptop\n");
    one.write_log(LOG, &responses(0..10));
    run(&one, &["collect"]).ok();
    // The tool deletes its logs, and new ones come.
    one.write_log(LOG, &responses(10..15));
    one.config(&format!("{}machine: laptop\n", remote.config()));
    let told = run(&one, &["collect"]).ok();
    assert!(told.stderr().contains("joined everything of the earlier store"), "{}", told.stderr());
    assert_eq!(requests(&one, &[]), 15);
    let desk = machine(&remote, "desk", &responses(20..25));
    run(&desk, &["collect"]).ok();
    // On to another remote, while the new one cannot be reached at first.
    fs_err::remove_file(one.home().join(LOG)).unwrap();
    let second = remote.address("second.git");
    one.config(&format!("dataRepo: {second}\nmachine: laptop\n"));
    assert_eq!(run(&one, &["collect"]).code(), 3);
    remote.make("second.git");
    run(&one, &["collect"]).ok();
    let three = Machine::new();
    three.config(&format!("dataRepo: {second}\n"));
    run(&three, &["collect"]).ok();
    assert_eq!(requests(&three, &[]), 20, "the other machine's files came along");
    // Back to the built-in store: still everything.
    one.config("machine: laptop\n");
    run(&one, &["collect"]).ok();
    fs_err::remove_dir_all(remote.root.path()).unwrap();
    assert_eq!(requests(&one, &[]), 20);
}

#[test]
fn a_working_clone_is_used_through_its_origin() {
    let remote = Remote::new();
    run(&machine(&remote, "desk", &responses(0..3)), &["collect"]).ok();
    let clone = remote.root.path().join("clone");
    git(remote.root.path(), &["clone", "--quiet", "data.git", "clone"]);
    let one = Machine::new();
    one.config(&format!("dataRepo: {}\nmachine: laptop\n", clone.display()));
    one.write_log(LOG, &responses(3..5));
    run(&one, &["collect"]).ok();
    assert!(remote.files().iter().any(|path| path.starts_with("raw/laptop/")));
    assert!(!clone.join("raw/laptop").exists(), "the clone itself is left alone");
    assert_eq!(git(&clone, &["status", "--porcelain"]), "");
}

#[test]
fn a_second_run_waits_and_leaves_with_a_message() {
    let remote = Remote::new();
    let one = machine(&remote, "laptop", &responses(0..3));
    fs_err::create_dir_all(one.data()).unwrap();
    let lock = fs_err::File::create(one.data().join("run.lock")).unwrap();
    lock.file().lock().unwrap();
    let told = run(&one, &["collect"]);
    assert_eq!(told.code(), 3);
    assert!(told.stderr().contains("another run is at work"), "{}", told.stderr());
    drop(lock);
    run(&one, &["collect"]).ok();
}

#[test]
fn a_hostile_git_set_up_changes_nothing() {
    let remote = Remote::new();
    let one = machine(&remote, "laptop", &responses(0..5));
    let hooks = one.home().join("hooks");
    fs_err::create_dir_all(&hooks).unwrap();
    for hook in ["pre-push", "pre-commit", "post-checkout", "reference-transaction", "pre-auto-gc"]
    {
        let path = hooks.join(hook);
        fs_err::write(&path, "#!/bin/sh\nexit 1\n").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs_err::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        }
    }
    let text = format!(
        "[core]\n\thooksPath = {}\n\tautocrlf = true\n\tfsmonitor = true\n[init]\n\tdefaultRefFormat = reftable\n\tdefaultBranch = other\n[safe]\n\tbareRepository = explicit\n[clone]\n\tdefaultRemoteName = elsewhere\n[commit]\n\tgpgSign = true\n[push]\n\tgpgSign = true\n\tdefault = matching\n\trecurseSubmodules = on-demand\n[gc]\n\tauto = 1\n[maintenance]\n\tauto = true\n[fetch]\n\tprune = true\n\tpruneTags = true\n\tall = true\n\twriteCommitGraph = true\n[protocol]\n\tversion = 0\n[transfer]\n\tfsckObjects = true\n[remote]\n\tpushDefault = elsewhere\n[user]\n\tuseConfigOnly = true\n",
        hooks.display()
    );
    fs_err::write(one.home().join(".gitconfig"), text).unwrap();
    let hostile = |arguments: &[&str]| {
        let mut command = one.command(arguments);
        // As if it were started by a hook of another repository.
        command.env("PATH", search_path()).env("GIT_DIR", "/nowhere").env("GIT_INDEX_FILE", "/x");
        command
            .env("GIT_CONFIG_PARAMETERS", "'remote.origin.url'='/nowhere'")
            .env("LC_ALL", "de_DE");
        Run(command.output().unwrap())
    };
    hostile(&["collect"]).ok();
    one.write_log(LOG, &responses(0..50));
    hostile(&["collect"]).ok();
    hostile(&["store", "compact"]).ok();
    hostile(&["store", "verify"]).ok();
    hostile(&["collect"]).ok();
    let two = machine(&remote, "desk", "");
    run(&two, &["collect"]).ok();
    assert_eq!(requests(&two, &[]), 50);
}

#[test]
fn a_clock_that_is_wrong_by_a_year_loses_and_doubles_nothing() {
    let remote = Remote::new();
    let one = machine(&remote, "laptop", &responses(0..6));
    let at = |now: &str, arguments: &[&str]| {
        let mut command = one.command(arguments);
        command.env("PATH", search_path()).env("TOKEN_MATTERS_NOW", now);
        Run(command.output().unwrap())
    };
    at("2025-06-01T12:00:00Z", &["collect"]).ok();
    at("2027-06-01T12:00:00Z", &["collect"]).ok();
    at("2026-06-01T12:00:00Z", &["collect"]).ok();
    one.write_log(LOG, &responses(0..8));
    at("2026-06-01T13:00:00Z", &["collect"]).ok();
    at("2026-06-01T13:00:00Z", &["store", "verify"]).ok();
    assert_eq!(requests(&one, &[]), 8);
    let rows = run(&one, &["report", "--json"]).json()["rows"].as_array().unwrap().len();
    assert_eq!(rows, 8, "every response is on its own day again");
}

#[test]
fn a_second_machine_fills_thirty_past_days_once() {
    let remote = Remote::new();
    run(&machine(&remote, "laptop", &responses(0..3)), &["collect"]).ok();
    let lines: String = (1..=30)
        .map(|day| {
            let at = format!("2026-04-{day:02}T23:30:00Z");
            claude_line(&format!("msg_day{day:021}"), &at, 10)
        })
        .collect();
    let two = machine(&remote, "desk", &lines);
    let days = ["collect", "--from", "2026-04-01", "--to", "2026-04-30"];
    run(&two, &days).ok();
    let commit = git(&remote.path(), &["rev-parse", "main"]);
    run(&two, &days).ok();
    assert_eq!(git(&remote.path(), &["rev-parse", "main"]), commit, "twice changes nothing");
    let report =
        run(&two, &["report", "--json", "--from", "2026-04-01", "--to", "2026-04-30"]).json();
    assert_eq!(report["rows"].as_array().unwrap().len(), 30);
    // The workflow: a checkout, summarized, with every day on the chart.
    let checkout = remote.root.path().join("checkout");
    git(remote.root.path(), &["clone", "--quiet", "data.git", "checkout"]);
    let out = remote.root.path().join("public");
    let (raw, out_text) = (checkout.display().to_string(), out.display().to_string());
    run(&two, &["summarize", "--raw", &raw, "--out", &out_text, "--publish"]).ok();
    let summary = out.join("summary");
    let built = summary.display().to_string();
    run(&two, &["site", "build", "--summary", &built, "--out", &out_text]).ok();
    for day in 1..=30 {
        let file = summary.join(format!("daily/2026-04-{day:02}.json"));
        assert!(file.is_file(), "{} is missing", file.display());
    }
    assert!(out.join("index.html").is_file());
}
