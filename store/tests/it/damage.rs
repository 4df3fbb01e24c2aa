//! Damage, newer versions, and folders that are not ours.

use std::path::{Path, PathBuf};

use data_schema::{DayFile, Period};
use store::{Store, StoreError};

use crate::support::{NOW, commit_file, git, ids, record, run_of};

const DAY: &str = "raw/laptop/claude-code/2026-05-01.json";
const AT: &str = "2026-05-01T10:00:00Z";

fn day_file(native: &str) -> DayFile {
    let at = AT.parse().unwrap();
    DayFile::new(
        "laptop".into(),
        "claude-code".into(),
        Period::day_of(at),
        at,
        vec![record(native, AT, 3)],
    )
}

fn bytes_at(store: &Store, path: &str) -> Vec<u8> {
    let snapshot = store.snapshot().unwrap();
    let entry = snapshot.entries().iter().find(|entry| entry.path == path).unwrap();
    snapshot.read(entry).unwrap()
}

#[test]
fn a_file_of_a_newer_version_is_joined_beside_and_never_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::folder(folder.path());
    let text = String::from_utf8(day_file("a").to_bytes()).unwrap();
    let newer = rehash(&text.replace("\"version\": \"2.0\"", "\"version\": \"2.1\""));
    fs_err::create_dir_all(folder.path().join(DAY).parent().unwrap()).unwrap();
    fs_err::write(folder.path().join(DAY), &newer).unwrap();
    let stored =
        store.store_run(&run_of("laptop", vec![record("a", AT, 3), record("b", AT, 4)])).unwrap();
    assert_eq!(stored.records_added, 1, "what the newer file holds is not stored twice");
    assert_eq!(bytes_at(&store, DAY), newer.as_bytes());
    let second =
        DayFile::parse(&bytes_at(&store, "raw/laptop/claude-code/2026-05-01~2.json")).unwrap();
    assert_eq!(second.records.len(), 1);
    let again =
        store.store_run(&run_of("laptop", vec![record("a", AT, 3), record("b", AT, 4)])).unwrap();
    assert_eq!(again.files_written, 0);
}

/// Gives a changed file the hash that fits.
fn rehash(text: &str) -> String {
    let Err(data_schema::FormatError::HashMismatch { stored, computed }) =
        DayFile::parse(text.as_bytes())
    else {
        panic!("the change must break the hash");
    };
    text.replace(&stored, &computed)
}

#[test]
fn a_corrupt_file_stays_as_it_is_and_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::folder(folder.path());
    fs_err::create_dir_all(folder.path().join(DAY).parent().unwrap()).unwrap();
    let damaged = String::from_utf8(day_file("a").to_bytes()).unwrap().replace(":3", ":4");
    fs_err::write(folder.path().join(DAY), &damaged).unwrap();
    let stored = store.store_run(&run_of("laptop", vec![record("b", AT, 4)])).unwrap();
    assert_eq!(stored.problems[0].path, DAY);
    assert_eq!(bytes_at(&store, DAY), damaged.as_bytes());
    assert_eq!(ids(&store).len(), 1);
    let report = store.verify(false, NOW.parse().unwrap(), "t").unwrap();
    assert_eq!(report.problems.len(), 1);
    assert!(report.problems[0].reason.contains("hash"), "{report:?}");
}

#[test]
fn a_file_in_the_wrong_place_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::folder(folder.path());
    let wrong = folder.path().join("raw/desktop/claude-code/2026-05-01.json");
    fs_err::create_dir_all(wrong.parent().unwrap()).unwrap();
    fs_err::write(&wrong, day_file("a").to_bytes()).unwrap();
    fs_err::write(wrong.with_file_name("notes.txt"), "x").unwrap();
    let report = store.verify(false, NOW.parse().unwrap(), "t").unwrap();
    assert!(report.problems[0].reason.contains("laptop/claude-code"), "{report:?}");
    assert_eq!(report.foreign, ["raw/desktop/claude-code/notes.txt"]);
}

#[test]
fn a_folder_with_other_things_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("thesis.txt"), "x").unwrap();
    assert!(matches!(Store::open_or_init(folder.path()), Err(StoreError::NotOurs { .. })));
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
    let missing = folder.path().join("missing");
    assert!(matches!(Store::open(&missing), Err(StoreError::Missing { .. })));
}

/// A store with three runs of one day each.
fn three_runs(folder: &Path) -> (Store, PathBuf) {
    let path = folder.join("store");
    let store = Store::open_or_init(&path).unwrap();
    for (native, at) in [("a", AT), ("b", "2026-05-02T10:00:00Z"), ("c", "2026-05-03T10:00:00Z")] {
        store.store_run(&run_of("laptop", vec![record(native, at, 3)])).unwrap();
    }
    (store, path)
}

fn object(path: &Path, revision: &str) -> PathBuf {
    let hex = git(path, &["rev-parse", revision]).unwrap();
    let (folder, name) = hex.trim().split_at(2);
    path.join("objects").join(folder).join(name)
}

fn truncate(file: &Path) {
    fs_err::remove_file(file).unwrap();
    fs_err::write(file, "").unwrap();
}

#[test]
fn a_lost_blob_is_noticed_and_everything_else_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = three_runs(folder.path());
    truncate(&object(&path, "main:raw/laptop/claude-code/2026-05-03.json"));
    let now = NOW.parse().unwrap();
    assert!(!store.verify(false, now, "t").unwrap().is_good());
    let store = Store::open(&path).unwrap();
    let report = store.verify(true, now, "t").unwrap();
    assert!(report.is_good(), "{report:?}");
    let repair = report.repair.unwrap();
    assert!(repair.back_to.is_some());
    assert_eq!(repair.kept_as.as_deref(), Some("refs/token-matters/broken/1"));
    assert_eq!(ids(&store).len(), 2);
    // The logs are still there: the next run brings back what was lost.
    store.store_run(&run_of("laptop", vec![record("c", "2026-05-03T10:00:00Z", 3)])).unwrap();
    assert_eq!(ids(&store).len(), 3);
}

#[test]
fn a_lost_tip_steps_back_to_the_commit_before() {
    let folder = tempfile::tempdir().unwrap();
    let (_, path) = three_runs(folder.path());
    truncate(&object(&path, "main"));
    let store = Store::open(&path).unwrap();
    let report = store.verify(true, NOW.parse().unwrap(), "t").unwrap();
    assert!(report.is_good(), "{report:?}");
    assert_eq!(ids(&store).len(), 2);
}

#[test]
fn a_damaged_file_that_was_committed_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let (_, path) = three_runs(folder.path());
    commit_file(&path, DAY, b"{\"version\": \"2.0\", half");
    let store = Store::open(&path).unwrap();
    let report = store.verify(true, NOW.parse().unwrap(), "t").unwrap();
    assert_eq!(report.problems[0].path, DAY);
    assert!(report.is_good(), "{report:?}");
    assert_eq!(ids(&store).len(), 3);
}

#[test]
fn a_damaged_pack_is_repaired_from_what_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let (_, path) = three_runs(folder.path());
    if git(&path, &["gc", "--quiet"]).is_none() {
        println!("skipped: git is not installed, and only it makes packs");
        return;
    }
    let packs =
        fs_err::read_dir(path.join("objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    let pack =
        packs.into_iter().find(|path| path.extension().is_some_and(|end| end == "pack")).unwrap();
    let whole = fs_err::read(&pack).unwrap();
    let now = NOW.parse().unwrap();
    let places: Vec<usize> = (12..whole.len() - 20).step_by(whole.len() / 8).collect();
    for place in [&places[..], &[0]].concat() {
        let mut damaged = whole.clone();
        if place == 0 {
            damaged.fill(0);
        } else {
            damaged[place] ^= 0x55;
        }
        let copy = folder.path().join(format!("copy-{place}"));
        copy_folder(&path, &copy);
        let damaged_pack = copy.join(pack.strip_prefix(&path).unwrap());
        fs_err::remove_file(&damaged_pack).unwrap();
        fs_err::write(damaged_pack, damaged).unwrap();
        let store = Store::open(&copy).unwrap();
        let report = store.verify(true, now, "t").unwrap();
        assert!(report.is_good(), "byte {place}: {report:?}");
        assert!(
            report.problems.iter().all(|problem| !problem.reason.contains(".rs:")),
            "{report:?}"
        );
        // The logs are still there: whatever was lost comes back.
        let store = Store::open_or_init(&copy).unwrap();
        let all = [("a", AT), ("b", "2026-05-02T10:00:00Z"), ("c", "2026-05-03T10:00:00Z")];
        let records = all.map(|(native, at)| record(native, at, 3)).to_vec();
        store.store_run(&run_of("laptop", records)).unwrap();
        assert_eq!(ids(&store).len(), 3, "byte {place}");
        assert!(store.verify(false, now, "t").unwrap().is_good(), "byte {place}");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).into_iter().map(Result::unwrap) {
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(target).unwrap();
        } else {
            fs_err::copy(entry.path(), target).unwrap();
        }
    }
}
