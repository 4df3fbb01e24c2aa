//! Runs that meet, and runs that are killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use store::Store;

use crate::support::{git, ids, record, run_of, variable};

/// Set in the process that is going to be killed: the folder of its store.
const CHILD_STORE: &str = "TOKEN_MATTERS_TEST_CHILD_STORE";
/// How many kills: a soak sets more.
const KILLS: &str = "TOKEN_MATTERS_SOAK_KILLS";

#[test]
fn collectors_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let store = Store::open_or_init(path).unwrap();
                for number in 0..5 {
                    let native = format!("{writer}-{number}");
                    let machine = format!("machine{}", writer % 2);
                    let run = run_of(&machine, vec![record(&native, "2026-05-01T10:00:00Z", 1)]);
                    store.store_run(&run).unwrap();
                }
            });
        }
    });
    let store = Store::open(&path).unwrap();
    assert_eq!(ids(&store).len(), 20);
    assert!(store.verify(false, "2026-05-10T00:00:00Z".parse().unwrap(), "t").unwrap().is_good());
    git(&path, &["fsck", "--full", "--strict"]);
}

#[test]
fn a_killed_run_leaves_a_store_that_holds_every_finished_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let kills = variable(KILLS).and_then(|kills| kills.parse().ok()).unwrap_or(6_u64);
    let mut finished = 0;
    for kill in 0..kills {
        finished =
            finished.max(run_until_killed(&path, Duration::from_millis(15 + kill * 37 % 200)));
        let store = Store::open_or_init(&path).unwrap();
        let report = store.verify(false, "2026-05-10T00:00:00Z".parse().unwrap(), "t").unwrap();
        assert!(report.is_good(), "{report:?}");
        assert!(ids(&store).len() as u64 >= finished, "a finished run is missing");
    }
    assert!(finished > 0, "no run came to its end: the kills prove nothing");
    git(&path, &["fsck", "--full"]);
}

/// Lets a process store until it is killed; returns the last number that it reported as stored.
fn run_until_killed(store: &Path, after: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "concurrent::stores_until_it_is_killed", "--ignored", "--nocapture"])
        .env(CHILD_STORE, store)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let number = |line: String| line.strip_prefix("stored ").and_then(|number| number.parse().ok());
    let mut last = lines.by_ref().find_map(number).unwrap_or(0);
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    last = lines.filter_map(number).last().unwrap_or(last);
    last
}

/// How many processes store at once, and how many responses each.
const PROCESSES: u64 = 3;
const RESPONSES: u64 = 8;
/// Set in one of these: its number.
const CHILD_NUMBER: &str = "TOKEN_MATTERS_TEST_CHILD_NUMBER";

#[test]
fn processes_at_once_lose_nothing_and_find_the_same_first_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let children: Vec<_> = (0..PROCESSES)
        .map(|number| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "concurrent::stores_some_and_ends", "--ignored"])
                .env(CHILD_STORE, &path)
                .env(CHILD_NUMBER, number.to_string())
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let store = Store::open(&path).unwrap();
    assert_eq!(ids(&store).len() as u64, PROCESSES * RESPONSES);
    assert!(store.verify(false, "2026-05-10T00:00:00Z".parse().unwrap(), "t").unwrap().is_good());
    // One commit for every run: none was lost, none was made twice.
    if let Some(log) = git(&path, &["log", "--oneline", "main"]) {
        assert_eq!(log.lines().count() as u64, PROCESSES * RESPONSES);
        git(&path, &["fsck", "--full", "--strict"]);
    }
}

#[test]
#[ignore = "a process of the test above"]
fn stores_some_and_ends() {
    let (Some(path), Some(writer)) = (variable(CHILD_STORE), variable(CHILD_NUMBER)) else {
        return;
    };
    for number in 0..RESPONSES {
        let store = Store::open_or_init(Path::new(&path)).unwrap();
        let native = format!("{writer}-{number}");
        store
            .store_run(&run_of("laptop", vec![record(&native, "2026-05-01T10:00:00Z", 1)]))
            .unwrap();
    }
}

#[test]
fn the_users_git_gc_between_runs_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    // One handle is open all the time, as in a process that runs for long.
    let store = Store::open_or_init(&path).unwrap();
    for number in 0..4 {
        let day = format!("2026-05-0{}T10:00:00Z", number + 1);
        let run = run_of("laptop", vec![record(&number.to_string(), &day, 1)]);
        assert!(store.store_run(&run).unwrap().commit.is_some());
        let before = (store.snapshot().unwrap().commit(), ids(&store));
        if git(&path, &["gc", "--quiet", "--prune=now"]).is_none() {
            println!("skipped: git is not installed");
            return;
        }
        assert_eq!((store.snapshot().unwrap().commit(), ids(&store)), before);
        let fresh = Store::open_or_init(&path).unwrap();
        assert_eq!((fresh.snapshot().unwrap().commit(), ids(&fresh)), before);
        let mark = fresh.stored_mark("laptop").unwrap();
        assert!(mark.covers("claude-code", &run.sources[0].files[0]), "the mark is still good");
        assert_eq!(fresh.store_run(&run).unwrap().commit, None);
    }
    assert!(store.verify(false, "2026-05-10T00:00:00Z".parse().unwrap(), "t").unwrap().is_good());
    git(&path, &["fsck", "--full", "--strict"]);
}

#[test]
#[ignore = "a process that the test of kills makes"]
fn stores_until_it_is_killed() {
    let Some(path) = variable(CHILD_STORE) else { return };
    let store = Store::open_or_init(Path::new(&path)).unwrap();
    let start = ids(&store).len();
    for number in start + 1.. {
        let native = number.to_string();
        let run = run_of("laptop", vec![record(&native, "2026-05-01T10:00:00Z", 1)]);
        store.store_run(&run).unwrap();
        println!("stored {number}");
    }
}
