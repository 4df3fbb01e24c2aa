//! Months of days, and years of limits.

use chrono::{Days, NaiveDate};
use data_schema::{
    DayFile, Fraction, LimitReading, LimitsFile, Period, Tokens, UsageRecord, UtcSeconds,
};
use store::{EntryKind, Run, Store};

use crate::support::{commit_file, git, ids, record, run_of};

const FOLDER: &str = "raw/laptop/claude-code/";

fn at(text: &str) -> UtcSeconds {
    text.parse().unwrap()
}

fn run_at(now: &str, records: Vec<UsageRecord>) -> Run {
    Run { now: at(now), ..run_of("laptop", records) }
}

fn days_of_april() -> Vec<UsageRecord> {
    (1..=30)
        .map(|day| record(&day.to_string(), &format!("2026-04-{day:02}T10:00:00Z"), day))
        .collect()
}

fn reading(at: &str) -> LimitReading {
    LimitReading {
        at: at.parse().unwrap(),
        account: None,
        window: "5h".into(),
        scope: None,
        used_fraction: Fraction::new(0.5),
        resets_at: None,
        via: "log".into(),
        source: None,
    }
}

/// Names of the files of the one source.
fn names(store: &Store) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let paths = snapshot.entries().iter().filter_map(|entry| entry.path.strip_prefix(FOLDER));
    paths.map(str::to_owned).collect()
}

/// All records as they are stored, joined.
fn records(store: &Store) -> Vec<UsageRecord> {
    let snapshot = store.snapshot().unwrap();
    let mut set = data_schema::RecordSet::default();
    for entry in snapshot.entries() {
        if let EntryKind::Records(_) = entry.kind {
            set.extend(DayFile::parse(&snapshot.read(entry).unwrap()).unwrap().records);
        }
    }
    set.into_sorted()
}

fn is_good(store: &Store) -> bool {
    let report = store.verify(false, at("2026-05-10T00:00:00Z"), "t").unwrap();
    report.is_good() && report.foreign.is_empty()
}

#[test]
fn a_month_that_has_been_closed_for_a_week_becomes_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_init(folder.path()).unwrap();
    store.store_run(&run_at("2026-04-30T12:00:00Z", days_of_april())).unwrap();
    assert_eq!(names(&store).len(), 30);
    let before = records(&store);
    // A run that brings something else, a second before the week is over and then when it is.
    let today = || vec![record("today", "2026-05-07T09:00:00Z", 1)];
    store.store_run(&run_at("2026-05-07T23:59:59Z", today())).unwrap();
    assert_eq!(names(&store).len(), 31);
    let stored = store.store_run(&run_at("2026-05-08T00:00:00Z", today())).unwrap();
    assert_eq!((stored.records_added, stored.commit.is_some()), (0, true));
    let names_now = names(&store);
    assert_eq!(names_now.len(), 2, "{names_now:?}");
    let month = names_now.iter().find(|name| name.starts_with("2026-04_")).unwrap();
    let snapshot = store.snapshot().unwrap();
    let entry = snapshot.entries().iter().find(|entry| entry.path.ends_with(month)).unwrap();
    let bytes = snapshot.read(entry).unwrap();
    let file = DayFile::parse(&bytes).unwrap();
    assert_eq!(file.period, "2026-04".parse::<Period>().unwrap());
    assert_eq!(file.records, before);
    let hash = format!("\"hash\": \"{}\"", &month["2026-04_".len()..][..16]);
    assert!(String::from_utf8(bytes).unwrap().contains(&hash), "the name is the file's own hash");
    assert!(is_good(&store));
    // All of it again, and the clock further on: nothing is new.
    let again = [days_of_april(), today()].concat();
    let stored = store.store_run(&run_at("2026-05-20T00:00:00Z", again)).unwrap();
    assert_eq!((stored.commit, stored.records_added), (None, 0));
}

#[test]
fn a_late_record_of_a_closed_month_is_folded_in_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_init(folder.path()).unwrap();
    let now = "2026-06-01T00:00:00Z";
    store.store_run(&run_at(now, days_of_april())).unwrap();
    assert_eq!(names(&store).len(), 1, "the first run writes months");
    let late = || {
        vec![record("late", "2026-04-03T11:00:00Z", 7), record("3", "2026-04-03T10:00:00Z", 900)]
    };
    let stored = store.store_run(&run_at(now, late())).unwrap();
    assert_eq!(stored.records_added, 1);
    assert_eq!(names(&store).len(), 1, "{:?}", names(&store));
    assert_eq!(records(&store).len(), 31);
    let grown = records(&store).into_iter().find(|record| record.at == at("2026-04-03T10:00:00Z"));
    assert_eq!(grown.unwrap().usage.output_tokens, Tokens::new(900));
    assert_eq!(store.store_run(&run_at(now, late())).unwrap().commit, None);
    assert!(is_good(&store));
}

#[test]
fn twins_that_compact_at_once_write_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let first = Store::open_or_init(&one).unwrap();
    for day in days_of_april() {
        first.store_run(&run_at("2026-04-30T12:00:00Z", vec![day])).unwrap();
    }
    if git(folder.path(), &["clone", "-q", "--bare", "one", "two"]).is_none() {
        println!("skipped: git is not installed");
        return;
    }
    fs_err::create_dir_all(two.join("token-matters")).unwrap();
    let marker = "token-matters/store.json";
    fs_err::copy(one.join(marker), two.join(marker)).unwrap();
    let second = Store::open_or_init(&two).unwrap();
    // At different times, one by a run and one by the command.
    let run = run_at("2026-05-09T00:00:00Z", vec![record("1", "2026-04-01T10:00:00Z", 1)]);
    first.store_run(&run).unwrap();
    let compacted = second.compact("laptop", at("2026-07-01T00:00:00Z")).unwrap();
    assert_eq!((compacted.written, compacted.removed), (1, 30));
    assert_eq!(names(&first).len(), 1);
    let tree = |store: &Store| store.snapshot().unwrap().fingerprint();
    assert_eq!(tree(&first), tree(&second));
    assert_eq!(second.compact("laptop", at("2026-07-02T00:00:00Z")).unwrap().commit, None);
}

#[test]
fn days_that_a_twin_wrote_beside_a_month_are_joined_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::open_or_init(&path).unwrap();
    let now = "2026-06-01T00:00:00Z";
    store.store_run(&run_at(now, days_of_april())).unwrap();
    let day = |native: &str, at: &str| {
        let record = record(native, at, 3);
        let file = DayFile::new(
            "laptop".into(),
            "claude-code".into(),
            Period::day_of(record.at),
            "2026-05-01T00:00:00Z".parse().unwrap(),
            vec![record],
        );
        file.to_bytes()
    };
    if git(folder.path(), &["version"]).is_none() {
        println!("skipped: git is not installed");
        return;
    }
    commit_file(&path, &format!("{FOLDER}2026-04-02.json"), &day("twin", "2026-04-02T12:00:00Z"));
    commit_file(&path, &format!("{FOLDER}2026-04-02~2.json"), &day("2", "2026-04-02T10:00:00Z"));
    let store = Store::open_or_init(&path).unwrap();
    assert_eq!((names(&store).len(), records(&store).len()), (3, 31));
    store.compact("laptop", at(now)).unwrap();
    assert_eq!((names(&store).len(), records(&store).len()), (1, 31));
    assert!(is_good(&store));
}

#[test]
fn a_damaged_day_and_one_of_a_newer_version_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::folder(folder.path());
    store.store_run(&run_at("2026-04-30T12:00:00Z", days_of_april())).unwrap();
    let path = |name: &str| folder.path().join(FOLDER).join(name);
    fs_err::write(path("2026-04-05.json"), "{\"version\":").unwrap();
    let newer = fs_err::read_to_string(path("2026-04-06.json")).unwrap();
    let newer = newer.replace("\"version\": \"2.0\"", "\"version\": \"2.9\"");
    let newer = with_right_hash(&newer);
    fs_err::write(path("2026-04-06.json"), &newer).unwrap();
    let compacted = store.compact("laptop", at("2026-06-01T00:00:00Z")).unwrap();
    let told: Vec<&str> =
        compacted.problems.iter().map(|problem| &problem.path[FOLDER.len()..]).collect();
    assert_eq!(told, ["2026-04-05.json", "2026-04-06.json"], "{:?}", compacted.problems);
    let now = names(&store);
    assert_eq!(now.len(), 3, "{now:?}");
    assert_eq!(fs_err::read_to_string(path("2026-04-06.json")).unwrap(), newer);
    assert_eq!(ids(&store).len(), 29, "only what is damaged cannot be read");
    let again = store.compact("laptop", at("2026-06-02T00:00:00Z")).unwrap();
    assert_eq!((again.written, again.removed, again.problems.len()), (0, 0, 1));
}

/// A file whose hash line says what its content needs.
fn with_right_hash(text: &str) -> String {
    let error = DayFile::parse(text.as_bytes()).unwrap_err();
    let data_schema::FormatError::HashMismatch { stored, computed } = error else {
        panic!("{error}");
    };
    text.replace(&stored, &computed)
}

#[test]
fn limits_of_a_closed_year_become_one_file_and_are_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_init(folder.path()).unwrap();
    let run = |now: &str| {
        let mut run = run_at(now, Vec::new());
        let months = ["2025-03", "2025-11", "2026-01"];
        run.sources[0].limits =
            months.iter().map(|month| reading(&format!("{month}-02T00:00:00Z"))).collect();
        run
    };
    store.store_run(&run("2026-01-07T23:59:59Z")).unwrap();
    assert_eq!(
        names(&store),
        ["limits-2025-03.json", "limits-2025-11.json", "limits-2026-01.json"]
    );
    store.store_run(&run("2026-01-08T00:00:00Z")).unwrap();
    assert_eq!(names(&store), ["limits-2025.json", "limits-2026-01.json"]);
    assert_eq!(store.store_run(&run("2026-02-01T00:00:00Z")).unwrap().commit, None);
    // A late one goes where the others are.
    let mut late = run("2026-02-01T00:00:00Z");
    late.sources[0].limits = vec![reading("2025-07-01T00:00:00Z")];
    store.store_run(&late).unwrap();
    assert_eq!(names(&store), ["limits-2025.json", "limits-2026-01.json"]);
    let snapshot = store.snapshot().unwrap();
    let entry = snapshot.entries().iter().find(|entry| entry.path.ends_with("limits-2025.json"));
    let file = LimitsFile::parse(&snapshot.read(entry.unwrap()).unwrap()).unwrap();
    assert_eq!((file.month.as_str(), file.readings.len()), ("2025", 3));
    assert!(is_good(&store));
}

#[test]
fn after_five_years_no_folder_holds_more_than_150_entries() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let mut most = 0;
    let mut all = 0;
    // A run every other week with a response for every day since the last one, 5 years long.
    for number in 0..=130_u64 {
        let store = Store::open_or_init(&path).unwrap();
        let days = (0..14).map(|day| first + Days::new(14 * number + day));
        let times: Vec<String> = days.map(|day| format!("{day}T10:00:00Z")).collect();
        let mut run = run_of("laptop", times.iter().map(|at| record(at, at, 5)).collect());
        run.sources[0].limits = times.iter().map(|at| reading(at)).collect();
        all += times.len();
        let last = first + Days::new(14 * number + 14);
        run.now = UtcSeconds::from(last.and_hms_opt(0, 0, 0).unwrap().and_utc());
        store.store_run(&run).unwrap();
        most = most.max(names(&store).len());
        assert_eq!(store.store_run(&run).unwrap().commit, None, "the second time nothing is new");
    }
    assert!(most <= 150, "{most} entries");
    let store = Store::open_or_init(&path).unwrap();
    assert_eq!(ids(&store).len(), all);
    assert!(is_good(&store));
}
