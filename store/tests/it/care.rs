//! Packing: with git, without it, in partial repositories, and cut off.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use store::{GitProgram, Store};

use crate::support::{git, ids, record, run_of};

/// Set in the process that is going to be killed: the folder of its store.
const CHILD_STORE: &str = "TOKEN_MATTERS_TEST_CARE_STORE";
/// Whether it uses `git`.
const CHILD_GIT: &str = "TOKEN_MATTERS_TEST_CARE_GIT";
/// How many kills: a soak sets more.
const KILLS: &str = "TOKEN_MATTERS_SOAK_KILLS";
const MARKER: &str = "token-matters/store.json";

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn program() -> Option<GitProgram> {
    let program = GitProgram::new("git", Duration::from_mins(1));
    if program.version().is_err() {
        println!("skipped: git is not installed");
        return None;
    }
    Some(program)
}

fn day(number: usize) -> String {
    format!("2026-05-{:02}T{:02}:00:00Z", number % 28 + 1, number / 28)
}

/// One commit for each response.
fn filled(path: &Path, responses: usize) -> Store {
    let store = Store::open_or_init(path).unwrap();
    for number in 0..responses {
        let run = run_of("laptop", vec![record(&number.to_string(), &day(number), 1)]);
        store.store_run(&run).unwrap();
    }
    store
}

fn is_good(store: &Store) -> bool {
    store.verify(false, "2026-05-10T00:00:00Z".parse().unwrap(), "t").unwrap().is_good()
}

#[test]
fn many_small_files_become_a_pack_with_git_and_without() {
    for program in [program(), None] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = filled(&path, 40);
        let (snapshot, all) = (store.snapshot().unwrap(), ids(&store));
        let care = store.care(program.as_ref(), true).unwrap();
        assert!(care.is_done && care.before.loose > 100, "{care:?}");
        assert_eq!((care.after.loose, care.after.packs), (0, 1), "{care:?}");
        assert_eq!(care.undeltified, program.is_none());
        assert!(care.after.files < 6 && care.after.objects <= care.before.objects, "{care:?}");
        assert_eq!(ids(&store), all, "the handle from before still reads");
        for entry in snapshot.entries() {
            snapshot.read(entry).unwrap();
        }
        let fresh = Store::open(&path).unwrap();
        assert_eq!(ids(&fresh), all);
        assert!(is_good(&fresh));
        let stamp = run_of("laptop", Vec::new()).sources[0].files[0].clone();
        assert!(fresh.stored_mark("laptop").unwrap().covers("claude-code", &stamp));
        git(&path, &["fsck", "--full", "--strict"]);
        // What comes next is packed as well.
        fresh.store_run(&run_of("laptop", vec![record("next", &day(3), 1)])).unwrap();
        let care = fresh.care(program.as_ref(), true).unwrap();
        assert_eq!(care.after.loose, 0, "{care:?}");
        assert_eq!(ids(&Store::open(&path).unwrap()).len(), all.len() + 1);
        assert!(!fresh.care(program.as_ref(), false).unwrap().is_done, "nothing is due");
    }
}

#[test]
fn care_is_due_when_there_are_many_objects_or_packs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = filled(&path, 3);
    assert!(!store.care(None, false).unwrap().is_done);
    // Many packs that say the same.
    let care = store.care(None, true).unwrap();
    assert_eq!(care.after.packs, 1);
    let packs = path.join("objects/pack");
    for name in
        fs_err::read_dir(&packs).unwrap().map(|item| item.unwrap().path()).collect::<Vec<_>>()
    {
        for number in 0..31 {
            let ending = name.extension().unwrap().to_str().unwrap();
            let copy = packs.join(format!("pack-{number:040}.{ending}"));
            fs_err::copy(&name, copy).unwrap();
        }
    }
    let store = Store::open(&path).unwrap();
    let care = store.care(None, false).unwrap();
    assert_eq!((care.is_done, care.before.packs, care.after.packs), (true, 32, 1), "{care:?}");
    assert_eq!(ids(&Store::open(&path).unwrap()).len(), 3);
    assert!(is_good(&Store::open(&path).unwrap()));
}

/// A repository that follows another one, as a collector has it: shallow, without others' files, and with a commit
/// of its own that is on the remote by now.
fn partial(folder: &Path) -> Option<Store> {
    let (whole, part) = (folder.join("whole"), folder.join("part"));
    filled(&whole, 3);
    git(&whole, &["config", "uploadpack.allowFilter", "true"])?;
    let url = format!("file://{}", whole.display());
    git(folder, &["clone", "-q", "--bare", "--depth=1", "--filter=blob:none", &url, "part"])
        .unwrap();
    fs_err::create_dir_all(part.join("token-matters")).unwrap();
    fs_err::copy(whole.join(MARKER), part.join(MARKER)).unwrap();
    let store = Store::open(&part).unwrap();
    store.store_run(&run_of("desk", vec![record("desk", &day(1), 1)])).unwrap();
    git(&part, &["push", "-q", "origin", "main"]).unwrap();
    // Somebody goes on from there, so that what was pushed comes back as a promised commit.
    let other = Store::open(&whole).unwrap();
    other.store_run(&run_of("laptop", vec![record("more", &day(2), 1)])).unwrap();
    let refspec = "+refs/heads/main:refs/heads/main";
    git(&part, &["fetch", "-q", "--depth=1", "--filter=blob:none", "origin", refspec]).unwrap();
    Some(Store::open(&part).unwrap())
}

#[test]
fn in_a_partial_repository_no_file_of_this_machine_is_dropped() {
    let (program, folder) = (program(), tempfile::tempdir().unwrap());
    let Some(store) = partial(folder.path()) else { return };
    let own = |store: &Store| {
        let snapshot = store.snapshot().unwrap();
        let entries = snapshot.entries().iter().filter(|entry| &*entry.machine == "desk");
        entries.map(|entry| snapshot.read(entry).unwrap()).collect::<Vec<_>>()
    };
    let path = folder.path().join("part");
    for (number, program) in [program.as_ref(), None].into_iter().enumerate() {
        let before = own(&store);
        assert!(before.len() >= 2);
        let care = store.care(program, true).unwrap();
        assert_eq!((care.after.loose, care.after.objects >= 6), (0, true), "{care:?}");
        let fresh = Store::open(&path).unwrap();
        assert_eq!(own(&fresh), before);
        git(&path, &["fsck", "--connectivity-only"]).unwrap();
        let run = run_of("desk", vec![record(&number.to_string(), &day(9 + number), 1)]);
        assert!(fresh.store_run(&run).unwrap().commit.is_some());
        assert!(fresh.stored_mark("desk").unwrap().covers("claude-code", &run.sources[0].files[0]));
    }
    git(&path, &["push", "-q", "origin", "main"]).unwrap();
    assert!(is_good(&Store::open(&folder.path().join("whole")).unwrap()));
}

#[test]
fn care_that_is_killed_loses_nothing() {
    let kills = variable(KILLS).and_then(|kills| kills.parse().ok()).unwrap_or(6_u64);
    for with_git in ["yes", "no"] {
        if with_git == "yes" && program().is_none() {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let mut finished = 0;
        for kill in 0..kills {
            let after = Duration::from_millis(20 + kill * 53 % 190);
            finished = finished.max(run_until_killed(&path, with_git, after));
            let store = Store::open_or_init(&path).unwrap();
            // Waits until a `git` of the killed process has ended.
            store.care(None, true).unwrap();
            let store = Store::open_or_init(&path).unwrap();
            assert!(is_good(&store), "kill {kill}, git: {with_git}");
            assert!(ids(&store).len() as u64 >= finished, "a finished run is missing");
        }
        assert!(finished > 0, "no run came to its end: the kills prove nothing");
        git(&path, &["fsck", "--full", "--strict"]);
        let left = fs_err::read_dir(path.join("token-matters")).unwrap();
        let left = left.map(|item| item.unwrap().file_name().to_string_lossy().into_owned());
        assert!(left.into_iter().all(|name| !name.starts_with("care-")), "scratch is taken away");
    }
}

/// Lets a process store and pack in turn until it is killed; returns the last number that it reported as stored.
fn run_until_killed(store: &Path, with_git: &str, after: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "care::stores_and_packs_until_it_is_killed", "--ignored", "--nocapture"])
        .env(CHILD_STORE, store)
        .env(CHILD_GIT, with_git)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let number = |line: String| line.strip_prefix("stored ").and_then(|number| number.parse().ok());
    let first = lines.by_ref().find_map(number).unwrap_or(0);
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    lines.filter_map(number).last().unwrap_or(first)
}

#[test]
#[ignore = "a process that the test of kills makes"]
fn stores_and_packs_until_it_is_killed() {
    let Some(path) = variable(CHILD_STORE) else { return };
    let program = program().filter(|_| variable(CHILD_GIT).as_deref() == Some("yes"));
    let store = Store::open_or_init(Path::new(&path)).unwrap();
    let start = ids(&store).len();
    for number in start + 1.. {
        let run = run_of("laptop", vec![record(&number.to_string(), "2026-05-01T10:00:00Z", 1)]);
        store.store_run(&run).unwrap();
        println!("stored {number}");
        store.care(program.as_ref(), true).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "a soak sets the number of kills from outside")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
