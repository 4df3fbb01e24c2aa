//! Files of other kinds and versions beside a run's own.

use data_schema::{
    DayFile, Fraction, LimitReading, LimitsFile, MachineFile, Period, UsageRecord, Version,
};
use store::{EntryKind, Run, Store};

use crate::support::{NOW, commit_file, ids, record, run_of};

const FOLDER: &str = "raw/laptop/claude-code";
const AT: &str = "2026-05-01T10:00:00Z";

/// A store in a repository with one file that somebody else committed.
fn with_file(folder: &std::path::Path, path: &str, bytes: &[u8]) -> Store {
    let root = folder.join("store");
    let store = Store::open_or_init(&root).unwrap();
    store.store_run(&run_of("other", vec![record("other", AT, 1)])).unwrap();
    commit_file(&root, path, bytes);
    store
}

fn file_of(period: Period, records: Vec<UsageRecord>) -> DayFile {
    DayFile::new("laptop".into(), "claude-code".into(), period, NOW.parse().unwrap(), records)
}

fn read(store: &Store, path: &str) -> Option<Vec<u8>> {
    let snapshot = store.snapshot().unwrap();
    let entry = snapshot.entries().iter().find(|entry| entry.path == path)?;
    Some(snapshot.read(entry).unwrap())
}

#[test]
fn a_closed_month_is_joined_and_not_stored_again() {
    let folder = tempfile::tempdir().unwrap();
    let period = Period::month_of(AT.parse().unwrap());
    let month = file_of(period, vec![record("a", AT, 3), record("b", "2026-05-02T10:00:00Z", 3)]);
    let path = format!("{FOLDER}/2026-05_0123456789abcdef.json");
    let store = with_file(folder.path(), &path, &month.to_bytes());
    // The logs are still there and tell the same.
    let stored = store.store_run(&run_of("laptop", month.records.clone())).unwrap();
    assert_eq!((stored.commit, stored.records_added), (None, 0));
    // One has grown since, and one is new: only these stand in a day file beside the month.
    let more = vec![record("a", AT, 9), record("b", "2026-05-02T10:00:00Z", 3), record("c", AT, 1)];
    let stored = store.store_run(&run_of("laptop", more)).unwrap();
    assert_eq!(stored.records_added, 1);
    let day = DayFile::parse(&read(&store, &format!("{FOLDER}/2026-05-01.json")).unwrap()).unwrap();
    assert_eq!(day.records.len(), 2);
    assert_eq!(read(&store, &format!("{FOLDER}/2026-05-02.json")), None);
    assert_eq!(read(&store, &path).unwrap(), month.to_bytes());
    assert_eq!(ids(&store).len(), 4);
}

fn reading(at: &str, used: f64) -> LimitReading {
    LimitReading {
        at: at.parse().unwrap(),
        account: None,
        window: "5h".into(),
        scope: None,
        used_fraction: Fraction::new(used),
        resets_at: None,
        via: "log".into(),
        source: None,
    }
}

fn limits_run(limits: Vec<LimitReading>) -> Run {
    let mut run = run_of("laptop", Vec::new());
    run.sources[0].limits = limits;
    run
}

fn limits(store: &Store, name: &str) -> Vec<LimitReading> {
    let bytes = read(store, &format!("{FOLDER}/{name}")).unwrap_or_default();
    LimitsFile::parse(&bytes).map(|file| file.readings).unwrap_or_default()
}

#[test]
fn readings_of_limits_are_united_month_by_month() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_init(&folder.path().join("store")).unwrap();
    let (may, later, june) = (
        reading(AT, 0.1),
        reading("2026-05-31T23:59:59Z", 0.2),
        reading("2026-06-01T00:00:00Z", 0.3),
    );
    store.store_run(&limits_run(vec![later.clone(), may.clone(), may.clone()])).unwrap();
    // The log of May is gone.
    store.store_run(&limits_run(vec![later.clone(), june.clone()])).unwrap();
    assert_eq!(limits(&store, "limits-2026-05.json"), [may, later.clone()]);
    assert_eq!(limits(&store, "limits-2026-06.json"), [june]);
    assert_eq!(store.store_run(&limits_run(vec![later])).unwrap().commit, None);
}

#[test]
fn limits_of_a_newer_version_or_damaged_ones_stay_and_new_readings_stand_beside() {
    let known = reading(AT, 0.1);
    let file = LimitsFile {
        version: Version::CURRENT,
        machine: "laptop".into(),
        provider: "claude-code".into(),
        month: "2026-05".into(),
        collected_at: NOW.parse().unwrap(),
        readings: vec![known.clone()],
    };
    let text = String::from_utf8(file.to_bytes()).unwrap();
    let newer = text.replace("\"version\": \"2.0\"", "\"version\": \"2.1\"");
    let Err(data_schema::FormatError::HashMismatch { stored, computed }) =
        LimitsFile::parse(newer.as_bytes())
    else {
        panic!("the version is part of the hash");
    };
    let damaged = text.replace("5h", "7d");
    let name = format!("{FOLDER}/limits-2026-05.json");
    for (bytes, beside, problems) in [(newer.replace(&stored, &computed), 1, 0), (damaged, 2, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let store = with_file(folder.path(), &name, bytes.as_bytes());
        let run = limits_run(vec![known.clone(), reading(AT, 0.9)]);
        assert_eq!(store.store_run(&run).unwrap().problems.len(), problems);
        assert_eq!(read(&store, &name).unwrap(), bytes.as_bytes());
        assert_eq!(limits(&store, "limits-2026-05~2.json").len(), beside);
        assert_eq!(store.store_run(&run).unwrap().commit, None);
    }
}

fn card(store: &Store) -> MachineFile {
    MachineFile::parse(&read(store, "raw/laptop/machine.json").unwrap()).unwrap()
}

#[test]
fn the_card_keeps_its_first_collection_and_names_every_program() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_init(&folder.path().join("store")).unwrap();
    let mut run = run_of("laptop", vec![record("a", AT, 1)]);
    store.store_run(&run).unwrap();
    run.now = run.now.plus(3600);
    run.program = "token-matters 0.0.1".into();
    // Nothing new to store: the card alone is no reason for a commit.
    assert_eq!(store.store_run(&run).unwrap().commit, None);
    run.sources[0].records.insert(record("b", AT, 1));
    store.store_run(&run).unwrap();
    let card = card(&store);
    assert_eq!(card.programs, ["token-matters 0.0.0", "token-matters 0.0.1"]);
    assert_eq!((card.first_collected, card.id.as_str()), (NOW.parse().unwrap(), "id-of-laptop"));
}

#[test]
fn a_card_of_a_newer_version_is_never_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    let card = br#"{"version":"2.1","machine":"laptop","id":"x","firstCollected":"2026-01-01T00:00:00Z","programs":["token-matters 9.0.0"],"weather":"fine"}"#;
    let store = with_file(folder.path(), "raw/laptop/machine.json", card);
    store.store_run(&run_of("laptop", vec![record("a", AT, 1)])).unwrap();
    assert_eq!(read(&store, "raw/laptop/machine.json").unwrap(), card);
}

#[test]
fn a_file_of_an_unknown_major_version_stays_and_the_day_is_stored_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = format!("{FOLDER}/2026-05-01.json");
    let future = br#"{"version": "3.0", "days": {}}"#;
    let store = with_file(folder.path(), &path, future);
    let run = run_of("laptop", vec![record("a", AT, 1)]);
    let stored = store.store_run(&run).unwrap();
    assert!(stored.problems[0].reason.contains("update token-matters"), "{stored:?}");
    assert_eq!(read(&store, &path).unwrap(), future);
    assert!(read(&store, &format!("{FOLDER}/2026-05-01~2.json")).is_some());
    assert_eq!(store.store_run(&run).unwrap().commit, None);
    let snapshot = store.snapshot().unwrap();
    let of_day = snapshot.entries().iter().filter(|entry| {
        entry.machine.as_ref() == "laptop" && matches!(entry.kind, EntryKind::Records(_))
    });
    assert_eq!(of_day.count(), 2);
}
