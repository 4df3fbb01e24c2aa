//! What runs leave behind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use store::Store;

use crate::support::{git, ids, record, run_of, stamp};

#[test]
fn a_run_makes_one_commit_and_the_same_run_again_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::open_or_init(&path).unwrap();
    let run = run_of(
        "laptop",
        vec![record("a", "2026-05-01T10:00:00Z", 5), record("b", "2026-05-02T10:00:00Z", 7)],
    );
    let stored = store.store_run(&run).unwrap();
    assert!(stored.commit.is_some());
    assert_eq!((stored.records_added, stored.files_written), (2, 3));
    let again = Store::open_or_init(&path).unwrap().store_run(&run).unwrap();
    assert_eq!((again.commit, again.records_added, again.files_written), (None, 0, 0));
    let snapshot = store.snapshot().unwrap();
    let paths: Vec<&str> = snapshot.entries().iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "raw/laptop/claude-code/2026-05-01.json",
            "raw/laptop/claude-code/2026-05-02.json",
            "raw/laptop/machine.json",
        ]
    );
    assert!(store.verify(false, run.now, "t").unwrap().is_good());
    if let Some(log) = git(&path, &["log", "--oneline"]) {
        assert_eq!(log.lines().count(), 1);
        git(&path, &["fsck", "--full", "--strict"]).unwrap();
    }
}

#[test]
fn what_is_stored_is_joined_and_never_shrinks() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_init(&folder.path().join("store")).unwrap();
    let at = "2026-05-01T10:00:00Z";
    store.store_run(&run_of("laptop", vec![record("a", at, 5), record("b", at, 9)])).unwrap();
    // The log of `b` is gone, `a` has grown, `c` is new.
    let stored =
        store.store_run(&run_of("laptop", vec![record("a", at, 8), record("c", at, 1)])).unwrap();
    assert_eq!(stored.records_added, 1);
    assert_eq!(ids(&store).len(), 3);
    // A smaller count of `a` changes nothing.
    let stored = store.store_run(&run_of("laptop", vec![record("a", at, 5)])).unwrap();
    assert_eq!(stored.commit, None);
}

#[test]
fn the_stored_mark_covers_files_until_their_commit_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::open_or_init(&path).unwrap();
    store.store_run(&run_of("laptop", vec![record("a", "2026-05-01T10:00:00Z", 5)])).unwrap();
    let covers = |size| {
        let mark = store.stored_mark("laptop").unwrap();
        mark.covers("claude-code", &stamp("/logs/a.jsonl", size))
    };
    assert!(covers(10));
    assert!(!covers(11), "a file that has grown is read again");
    assert!(
        !store.stored_mark("other").unwrap().covers("claude-code", &stamp("/logs/a.jsonl", 10))
    );
    // Somebody replaces the history: what was stored is not there any more.
    fs_err::remove_file(path.join("refs/heads/main")).unwrap();
    assert!(!covers(10));
}

#[test]
fn a_damaged_mark_is_no_mark() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::open_or_init(&path).unwrap();
    store.store_run(&run_of("laptop", vec![record("a", "2026-05-01T10:00:00Z", 5)])).unwrap();
    fs_err::write(path.join("token-matters/stored-laptop.json"), "{\"commit\":").unwrap();
    let mark = store.stored_mark("laptop").unwrap();
    assert!(!mark.covers("claude-code", &stamp("/logs/a.jsonl", 10)));
}

#[test]
fn two_machines_with_one_name_are_told_apart_and_keep_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_init(&folder.path().join("store")).unwrap();
    assert_eq!(store.machine_name("laptop", "id-of-laptop").unwrap(), "laptop");
    store.store_run(&run_of("laptop", vec![record("a", "2026-05-01T10:00:00Z", 5)])).unwrap();
    assert_eq!(store.machine_name("laptop", "id-of-laptop").unwrap(), "laptop");
    assert_eq!(store.machine_name("renamed", "id-of-laptop").unwrap(), "laptop");
    assert_eq!(store.machine_name("laptop", "beef01").unwrap(), "laptop-beef");
}

#[test]
fn a_plain_folder_is_a_store_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::folder(folder.path());
    let run = run_of("laptop", vec![record("a", "2026-05-01T10:00:00Z", 5)]);
    assert_eq!(store.store_run(&run).unwrap().files_written, 2);
    assert_eq!(store.store_run(&run).unwrap().files_written, 0);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(ids(&store).len(), 1);
    assert_eq!(store.snapshot().unwrap().commit(), None);
    assert!(store.verify(true, run.now, "t").unwrap().is_good());
}

/// The files of the loose objects of a store.
fn objects(path: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    for folder in fs_err::read_dir(path.join("objects")).unwrap() {
        let folder = folder.unwrap();
        if folder.file_name().len() == 2 {
            files.extend(fs_err::read_dir(folder.path()).unwrap().map(|item| item.unwrap().path()));
        }
    }
    files
}

#[test]
fn a_file_that_is_lost_after_it_was_looked_at_ends_the_mark() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let covers = || {
        let mark = Store::open(&path).unwrap().stored_mark("laptop").unwrap();
        mark.covers("claude-code", &stamp("/logs/a.jsonl", 10))
    };
    let mut blobs = Vec::new();
    for day in 1..=3 {
        let store = Store::open_or_init(&path).unwrap();
        let at = format!("2026-05-{day:02}T10:00:00Z");
        store.stored_mark("laptop").unwrap();
        store.store_run(&run_of("laptop", vec![record(&at, &at, 3)])).unwrap();
        let name = format!("main:raw/laptop/claude-code/2026-05-{day:02}.json");
        let Some(hex) = git(&path, &["rev-parse", &name]) else { return };
        blobs.push(path.join("objects").join(&hex[..2]).join(hex[2..].trim()));
    }
    assert!(covers(), "what was just written is known to be readable");
    for blob in &blobs {
        assert!(objects(&path).contains(blob));
        let aside = folder.path().join("aside");
        fs_err::rename(blob, &aside).unwrap();
        assert!(!covers(), "{} is gone", blob.display());
        fs_err::rename(&aside, blob).unwrap();
        assert!(covers());
        let bytes = fs_err::read(blob).unwrap();
        fs_err::remove_file(blob).unwrap();
        fs_err::write(blob, "").unwrap();
        assert!(!covers(), "{} is empty", blob.display());
        fs_err::write(blob, bytes).unwrap();
        assert!(covers());
    }
}

#[test]
fn the_state_after_a_run_is_the_state_that_the_next_one_finds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mark = path.join("token-matters/stored-laptop.json");
    for day in 1..=4 {
        let store = Store::open_or_init(&path).unwrap();
        let before = fs_err::read(&mark).ok();
        store.stored_mark("laptop").unwrap();
        assert_eq!(fs_err::read(&mark).ok(), before, "there was nothing to look at again");
        let at = format!("2026-05-{day:02}T10:00:00Z");
        store.store_run(&run_of("laptop", vec![record(&at, &at, 3)])).unwrap();
    }
}
