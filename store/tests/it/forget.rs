//! What is forgotten is gone and stays away.

use data_schema::{
    DayFile, HashId, LimitReading, LimitsFile, Period, RecordSet, Scope, Text, Tombstone,
    UsageRecord,
};
use store::{Changes, EntryKind, Run, Store};

use crate::support::{NOW, commit_file, git, ids, record, run_of};

fn about(native: &str, at: &str, project: &str, session: &str) -> UsageRecord {
    let mut record = record(native, at, 10);
    record.attribution.project = Some(project.into());
    record.attribution.session = Some(HashId::new("session", session));
    record
}

fn tombstone(scope: Scope, value: &str) -> Tombstone {
    Tombstone::new(scope, value, [7; 16], NOW.parse().unwrap())
}

/// Two machines with two projects each, on two days.
fn filled(store: &Store) {
    for machine in ["laptop", "tower"] {
        let records = vec![
            about("shared", "2026-05-01T10:00:00Z", "secret", "s1"),
            about(&format!("{machine}-1"), "2026-05-01T11:00:00Z", "open", "s2"),
            about(&format!("{machine}-2"), "2026-05-02T10:00:00Z", "secret", "s3"),
        ];
        store.store_run(&run_of(machine, records)).unwrap();
    }
}

fn paths(store: &Store) -> Vec<String> {
    store.snapshot().unwrap().entries().iter().map(|entry| entry.path.clone()).collect()
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_init(&folder.path().join("store.git")).unwrap();
    (folder, store)
}

#[test]
fn a_project_goes_from_all_machines_in_one_commit_and_never_comes_back() {
    let (_folder, store) = store();
    filled(&store);
    let commits = git(store.path(), &["rev-list", "--count", "main"]);
    let secret = tombstone(Scope::Project, "secret");
    let planned = store.plan_forget(&secret).unwrap();
    assert_eq!((planned.responses, planned.tokens, planned.days.len()), (3, 30, 2));
    assert_eq!((planned.machines.len(), planned.files), (2, 4));
    assert_eq!(git(store.path(), &["rev-list", "--count", "main"]), commits, "planned only");

    let done = store.forget(&secret, NOW.parse().unwrap()).unwrap();
    assert_eq!((done.responses, done.commit.is_some()), (3, true));
    assert_eq!(ids(&store).len(), 2);
    assert_eq!(
        paths(&store),
        [
            "raw/laptop/claude-code/2026-05-01.json",
            "raw/laptop/machine.json",
            "raw/tower/claude-code/2026-05-01.json",
            "raw/tower/machine.json",
        ]
    );
    assert!(store.verify(false, NOW.parse().unwrap(), "t").unwrap().is_good());
    let text = git(store.path(), &["show", "main:tombstones.json"]);
    assert!(text.is_none_or(|text| text.contains("\"project\"") && !text.contains("secret")));

    // The same logs again, and new work there, store nothing of it.
    filled(&store);
    let late = vec![
        about("late", "2026-05-03T10:00:00Z", "secret", "s9"),
        about("fine", "2026-05-03T10:00:00Z", "open", "s9"),
    ];
    let stored = store.store_run(&run_of("laptop", late)).unwrap();
    assert_eq!((stored.records_added, ids(&store).len()), (1, 3));
    // Nothing is left to be taken out.
    assert_eq!(store.plan_forget(&secret).unwrap().files, 0);
}

#[test]
fn a_session_goes_and_nothing_else() {
    let (_folder, store) = store();
    filled(&store);
    let session = HashId::new("session", "s3").to_string();
    let done = store.forget(&tombstone(Scope::Session, &session), NOW.parse().unwrap()).unwrap();
    assert_eq!((done.responses, ids(&store).len()), (2, 3));
}

fn limits(machine: &str) -> LimitReading {
    LimitReading {
        at: "2026-05-01T10:00:00Z".parse().unwrap(),
        account: None,
        window: format!("5h-{machine}"),
        scope: None,
        used_fraction: None,
        resets_at: None,
        via: "log".into(),
        source: None,
    }
}

const V1: &str = r#"{"version":"1.0","collectedAt":"2026-02-19T10:00:00.000Z","machine":"tower","provider":"codex","date":"2026-02-19","dataQuality":"exact","records":[{"model":"o3","inputTokens":5,"outputTokens":1,"totalTokens":6,"requests":1}]}"#;

#[test]
fn a_machine_keeps_its_card_and_nothing_else() {
    let (_folder, store) = store();
    filled(&store);
    for machine in ["laptop", "tower"] {
        let mut run = run_of(machine, Vec::new());
        run.sources[0].limits = vec![limits(machine)];
        store.store_run(&run).unwrap();
    }
    if git(store.path(), &["--version"]).is_some() {
        commit_file(store.path(), "raw/tower/codex/2026-02-19_a1b2c3.json", V1.as_bytes());
    }
    let done = store.forget(&tombstone(Scope::Machine, "tower"), NOW.parse().unwrap()).unwrap();
    assert_eq!((done.responses, done.limits, done.day_sums), (3, 1, 1));
    let of_tower: Vec<String> =
        paths(&store).into_iter().filter(|path| path.starts_with("raw/tower/")).collect();
    assert_eq!(of_tower, ["raw/tower/machine.json"]);
    assert_eq!(ids(&store).len(), 3, "what both machines saw stays with the other");
    filled(&store);
    assert_eq!(ids(&store).len(), 3);
}

#[test]
fn a_source_goes_with_its_limits() {
    let (_folder, store) = store();
    filled(&store);
    let mut run: Run = run_of("laptop", vec![record("other", "2026-05-01T10:00:00Z", 1)]);
    run.sources[0].provider = "codex".into();
    run.sources[0].limits = vec![limits("laptop")];
    store.store_run(&run).unwrap();
    let done = store.forget(&tombstone(Scope::Source, "codex"), NOW.parse().unwrap()).unwrap();
    assert_eq!((done.responses, done.limits, ids(&store).len()), (1, 1, 5));
}

/// A store with one month of records.
fn with_month(version: Option<&str>) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let records: RecordSet = [
        about("a", "2026-03-01T10:00:00Z", "secret", "s1"),
        about("b", "2026-03-02T10:00:00Z", "open", "s2"),
    ]
    .into_iter()
    .collect();
    let first: Period = "2026-03".parse().unwrap();
    let now = NOW.parse().unwrap();
    let file = DayFile::new("laptop".into(), "codex".into(), first, now, records.into_sorted());
    let mut text = String::from_utf8(file.to_bytes()).unwrap();
    if let Some(version) = version {
        let newer = text.replace("\"version\": \"2.0\"", &format!("\"version\": \"{version}\""));
        let Err(data_schema::FormatError::HashMismatch { stored, computed }) =
            DayFile::parse(newer.as_bytes())
        else {
            panic!("the version is part of the hash");
        };
        text = newer.replace(&stored, &computed);
    }
    let path = folder.path().join("raw/laptop/codex/2026-03_0123456789abcdef.json");
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, text).unwrap();
    let store = Store::folder(folder.path());
    (folder, store)
}

#[test]
fn a_month_gets_the_name_of_its_new_content() {
    let (_folder, store) = with_month(None);
    let done = store.forget(&tombstone(Scope::Project, "secret"), NOW.parse().unwrap()).unwrap();
    assert_eq!((done.responses, done.files), (1, 2), "one is written and one taken away");
    let snapshot = store.snapshot().unwrap();
    let [entry] = snapshot.entries() else { panic!("{:?}", snapshot.entries()) };
    let bytes = snapshot.read(entry).unwrap();
    let hash = entry.path.rsplit(['_', '.']).nth(1).unwrap();
    assert!(matches!(entry.kind, EntryKind::Records(Period::Month(_))));
    assert!(String::from_utf8(bytes).unwrap().contains(&format!("\"hash\": \"{hash}\"")));
    assert_eq!(ids(&store).len(), 1);
}

#[test]
fn a_file_of_a_newer_version_stays_and_is_told() {
    let (_folder, store) = with_month(Some("2.9"));
    let done = store.forget(&tombstone(Scope::Project, "secret"), NOW.parse().unwrap()).unwrap();
    assert_eq!((done.responses, done.problems.len()), (0, 1));
    assert!(done.problems[0].reason.contains("newer version"), "{:?}", done.problems);
    assert!(store.snapshot().unwrap().tombstones().unwrap().covers(Scope::Project, "secret"));
}

#[test]
fn tombstones_that_cannot_be_read_stop_everything_that_could_bring_something_back() {
    let (_folder, store) = store();
    filled(&store);
    if git(store.path(), &["--version"]).is_none() {
        return;
    }
    commit_file(store.path(), "tombstones.json", b"<<<<<<< HEAD");
    let store = Store::open(store.path()).unwrap();
    let run = run_of("laptop", vec![record("new", "2026-05-04T10:00:00Z", 1)]);
    let error = store.store_run(&run).unwrap_err().to_string();
    assert!(error.contains("tombstones.json") && error.contains("correct it"), "{error}");
    assert!(store.plan_forget(&tombstone(Scope::Project, "x")).is_err());
}

#[test]
fn a_planned_run_is_what_a_run_writes_and_secrets_are_not_in_it() {
    let (_folder, store) = store();
    let mut leaky = record("a", "2026-05-01T10:00:00Z", 5);
    leaky.usage.model = Text::from("sk-proj-4fT9aB2cD3eF4gH5iJ6kL7mN8oP9qR0s");
    leaky.attribution.project = Some("github.com/me/app".into());
    let mut run = run_of("laptop", vec![leaky, record("b", "2026-05-02T10:00:00Z", 5)]);
    let mut reading = limits("laptop");
    reading.scope = Some("jane@example.com".to_owned());
    run.sources[0].limits = vec![reading];
    let (changes, planned): (Changes, _) = store.plan_run(&run).unwrap();
    assert!(store.snapshot().unwrap().entries().is_empty(), "planned only");
    let stored = store.store_run(&run).unwrap();
    assert_eq!((planned.records_added, stored.records_added), (2, 2));
    assert_eq!((planned.secrets.len(), &planned.secrets), (2, &stored.secrets));
    let snapshot = store.snapshot().unwrap();
    assert_eq!(changes.len(), snapshot.entries().len());
    for entry in snapshot.entries() {
        let bytes = snapshot.read(entry).unwrap();
        assert_eq!(changes.get(&entry.path), Some(Some(bytes.as_slice())), "{}", entry.path);
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("sk-proj") && !text.contains("jane"), "{text}");
    }
    let entries = snapshot.entries().iter();
    let limits = entries.filter(|entry| matches!(entry.kind, EntryKind::Limits(_)));
    let files = limits.map(|entry| LimitsFile::parse(&snapshot.read(entry).unwrap()).unwrap());
    let scopes: Vec<_> =
        files.flat_map(|file| file.readings).map(|reading| reading.scope).collect();
    assert!(scopes[0].as_ref().unwrap().starts_with("sha256:"), "{scopes:?}");
    // The same run again, with the same secrets, changes nothing.
    assert_eq!(store.store_run(&run).unwrap().files_written, 0);
}
