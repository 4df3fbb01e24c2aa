//! Data of Token Matters 1.x in stores.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono_tz::Tz;
use data_schema::{DaySumsFile, Tokens};
use store::{GitProgram, Imported, Legacy, Store, Who};

use crate::net::{Net, id_of};
use crate::support::{NOW, git, record, run_of};

const ZONE: Tz = Tz::Asia__Shanghai;

/// A file of 1.x with records as they are written there.
pub(crate) fn day(machine: &str, provider: &str, date: &str, records: &str) -> String {
    format!(
        r#"{{"version":"1.0","collectedAt":"{date}T15:30:00.000Z","machine":"{machine}","provider":"{provider}","date":"{date}","dataQuality":"exact","records":[{records}]}}"#
    )
}

fn one(model: &str, input: i64) -> String {
    format!(r#"{{"model":"{model}","inputTokens":{input},"outputTokens":10,"requests":1}}"#)
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, text).unwrap();
}

fn read_as(root: &Path, zone: Tz) -> Legacy {
    let program = GitProgram::new("git", Duration::from_mins(1));
    let scratch = tempfile::tempdir().unwrap();
    let from = root.to_str().unwrap();
    let legacy = Legacy::read(from, zone, (&program, scratch.path()), &|_, _| ()).unwrap();
    assert_eq!(fs_err::read_dir(scratch.path()).unwrap().count(), 0, "a clone was left behind");
    legacy
}

fn read(root: &Path) -> Legacy {
    read_as(root, ZONE)
}

fn import(store: &Store, legacy: &Legacy) -> Imported {
    store.import(legacy, NOW.parse().unwrap(), false).unwrap()
}

fn file(store: &Store, path: &str) -> Option<DaySumsFile> {
    let snapshot = store.snapshot().unwrap();
    let entry = snapshot.entries().iter().find(|entry| entry.path == path)?;
    Some(DaySumsFile::parse(&snapshot.read(entry).unwrap()).unwrap())
}

/// Input by day and model.
fn inputs(file: &DaySumsFile) -> BTreeMap<String, u64> {
    let input = |sum: &data_schema::ZonedSum| sum.usage.input_tokens.map_or(0, Tokens::get);
    file.sums.iter().map(|sum| (format!("{} {}", sum.date, sum.usage.model), input(sum))).collect()
}

#[test]
fn the_greatest_of_all_snapshots_is_stored_and_a_second_import_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old");
    let name = |hash: &str| format!("raw/mac/codex/2026-02-19_{hash}.json");
    let snapshot = |records: &str| day("mac", "codex", "2026-02-19", records);
    write(&old, &name("aaaaaa"), &snapshot(&[one("a", 100), one("b", 7)].join(",")));
    // Newer, and poorer: the logs were gone by then.
    write(&old, &name("bbbbbb"), &snapshot(&[one("a", 40), one("b", 9)].join(",")));
    write(
        &old,
        "raw/mac/codex/2025-12-31_cccccc.json",
        &day("mac", "codex", "2025-12-31", &one("a", 1)),
    );
    let store = Store::open_or_init(&folder.path().join("store")).unwrap();
    let trial = store.import(&read(&old), NOW.parse().unwrap(), true).unwrap();
    assert_eq!((trial.written.len(), trial.commit), (2, None));
    assert_eq!(store.snapshot().unwrap().entries().len(), 0);

    let imported = import(&store, &read(&old));
    assert_eq!(imported.written, ["raw/mac/codex/sums-2025.json", "raw/mac/codex/sums-2026.json"]);
    let stored = file(&store, "raw/mac/codex/sums-2026.json").unwrap();
    let expected = [("2026-02-19 a".to_owned(), 100), ("2026-02-19 b".to_owned(), 9)];
    assert_eq!(inputs(&stored), BTreeMap::from(expected));
    assert_eq!(stored.sums[0].span.from.to_string(), "2026-02-18T16:00:00Z");
    assert!(store.verify(false, NOW.parse().unwrap(), "t").unwrap().is_good());

    let again = store.import(&read(&old), "2026-06-01T00:00:00Z".parse().unwrap(), false).unwrap();
    assert_eq!((again.written.len(), again.commit), (0, None));
    // The repository goes on: a greater snapshot, and another day.
    write(&old, &name("dddddd"), &snapshot(&one("a", 150)));
    write(
        &old,
        "raw/mac/codex/2026-02-20_eeeeee.json",
        &day("mac", "codex", "2026-02-20", &one("a", 5)),
    );
    let more = import(&store, &read(&old));
    assert_eq!(more.written, ["raw/mac/codex/sums-2026.json"]);
    let inputs = inputs(&file(&store, "raw/mac/codex/sums-2026.json").unwrap());
    assert_eq!(
        (inputs["2026-02-19 a"], inputs["2026-02-19 b"], inputs["2026-02-20 a"]),
        (150, 9, 5)
    );
}

#[test]
fn bad_files_are_named_and_names_cannot_leave_their_folder() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path();
    write(old, "raw/mac/codex/2026-02-19_aaaaaa.json", "{\"version\":");
    write(old, "raw/mac/codex/2026-02-20_aaaaaa.json", &day("mac", "codex", "2026-02-30", ""));
    write(
        old,
        "raw/mac/codex/2026-02-21_aaaaaa.json",
        &day("../../x", "codex", "2026-02-21", &one("m", 1)),
    );
    // An empty name put the file one folder higher.
    write(old, "raw/codex/2026-02-22_aaaaaa.json", &day("", "codex", "2026-02-22", &one("m", -5)));
    // What version 2 has written already, and what is no data at all.
    write(old, "raw/mac/machine.json", "{}");
    write(old, "raw/mac/codex/2026-05-01.json", "{}");
    write(old, "raw/mac/codex/README.md", "notes");
    write(old, "elsewhere/2026-02-23_aaaaaa.json", "{}");
    let legacy = read(old);
    let paths = |problems: &[store::Problem]| {
        problems.iter().map(|problem| problem.path.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        paths(&legacy.bad),
        ["raw/mac/codex/2026-02-19_aaaaaa.json", "raw/mac/codex/2026-02-20_aaaaaa.json"]
    );
    assert!(legacy.bad[0].reason.starts_with("line 1"), "{}", legacy.bad[0].reason);
    assert_eq!(
        paths(&legacy.renamed),
        ["raw/codex/2026-02-22_aaaaaa.json", "raw/mac/codex/2026-02-21_aaaaaa.json"]
    );
    assert_eq!((legacy.files, legacy.newer, legacy.clamped), (2, 2, 1));
    let store = Store::open_or_init(&folder.path().join("store")).unwrap();
    let imported = import(&store, &legacy);
    assert_eq!(
        imported.written,
        ["raw/unnamed/codex/sums-2026.json", "raw/x/codex/sums-2026.json"]
    );
    let unnamed = file(&store, "raw/unnamed/codex/sums-2026.json").unwrap();
    assert_eq!(inputs(&unnamed), BTreeMap::from([("2026-02-22 m".to_owned(), 0)]));
}

#[test]
fn records_cover_from_the_first_whole_day_after_the_earliest_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old");
    for (provider, hash) in [("claude-code", "aaaaaa"), ("codex", "bbbbbb")] {
        let path = format!("raw/laptop/{provider}/2026-02-19_{hash}.json");
        write(&old, &path, &day("laptop", provider, "2026-02-19", &one("m", 1)));
    }
    let store = Store::open_or_init(&folder.path().join("store")).unwrap();
    // 23:30 on 1 May in Shanghai; the later one is written into an earlier sorted name.
    let records =
        vec![record("b", "2026-05-03T10:00:00Z", 1), record("a", "2026-05-01T15:30:00Z", 1)];
    store.store_run(&run_of("laptop", records)).unwrap();
    let imported = import(&store, &read(&old));
    let source = |provider: &str| ("laptop".into(), provider.into());
    let since = |imported: &Imported, provider: &str| {
        imported.covered_since.get(&source(provider)).map(ToString::to_string)
    };
    assert_eq!(since(&imported, "claude-code").as_deref(), Some("2026-05-01T16:00:00Z"));
    assert_eq!(since(&imported, "codex"), None);
    // Older logs that are found later do not take the sums of before away.
    store.store_run(&run_of("laptop", vec![record("c", "2026-03-01T10:00:00Z", 1)])).unwrap();
    let again = import(&store, &read(&old));
    assert_eq!(since(&again, "claude-code").as_deref(), Some("2026-05-01T16:00:00Z"));
    assert_eq!(again.written.len(), 0);
}

#[test]
fn another_zone_moves_the_days_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old");
    write(
        &old,
        "raw/mac/codex/2026-03-08_aaaaaa.json",
        &day("mac", "codex", "2026-03-08", &one("m", 1)),
    );
    let store = Store::open_or_init(&folder.path().join("store")).unwrap();
    import(&store, &read(&old));
    assert_eq!(store.zones_of_day_sums().unwrap(), [ZONE]);
    let west = Tz::America__New_York;
    let imported = import(&store, &read_as(&old, west));
    assert_eq!((imported.other_zones, imported.written.len()), (vec![ZONE], 1));
    let stored = file(&store, "raw/mac/codex/sums-2026.json").unwrap();
    let span = stored.sums[0].span;
    assert_eq!(span.to.seconds() - span.from.seconds(), 23 * 3600);
    assert_eq!(store.zones_of_day_sums().unwrap(), [west]);
    assert_eq!(import(&store, &read_as(&old, west)).written.len(), 0);
}

#[test]
fn prices_are_taken_over_once() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old");
    write(
        &old,
        "raw/mac/codex/2026-03-08_aaaaaa.json",
        &day("mac", "codex", "2026-03-08", &one("m", 1)),
    );
    write(&old, "pricing.json", r#"{"providers":{}}"#);
    let store = Store::open_or_init(&folder.path().join("store")).unwrap();
    assert_eq!(import(&store, &read(&old)).written[0], "pricing.json");
    write(&old, "pricing.json", r#"{"providers":{"codex":{}}}"#);
    let again = import(&store, &read(&old));
    assert_eq!((again.written.len(), again.other_prices), (0, true));
    let prices = store.snapshot().unwrap().prices().unwrap().unwrap();
    assert_eq!(prices, br#"{"providers":{}}"#);
}

#[test]
fn repositories_and_remotes_are_read_like_checkouts() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old");
    write(
        &old,
        "raw/mac/codex/2026-03-08_aaaaaa.json",
        &day("mac", "codex", "2026-03-08", &one("m", 1)),
    );
    write(&old, "pricing.json", r#"{"providers":{}}"#);
    let bare = folder.path().join("bare.git");
    let run = |arguments: &[&str]| git(&old, arguments).is_some();
    if !run(&["init", "-q", "-b", "data"]) {
        return;
    }
    let who = ["-c", "user.name=t", "-c", "user.email=t@localhost"];
    run(&["add", "."]);
    run(&[&who[..], &["commit", "-q", "-m", "collect: 2026-03-08"]].concat());
    run(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    // Never committed: version 1 left such files behind.
    write(
        &old,
        "raw/mac/codex/2026-03-09_bbbbbb.json",
        &day("mac", "codex", "2026-03-09", &one("m", 1)),
    );
    let url = format!("file://{}", bare.display());
    let days = |from: &str| read(Path::new(from)).day_sums().count();
    assert_eq!(days(old.to_str().unwrap()), 2);
    assert_eq!(days(bare.to_str().unwrap()), 1);
    assert_eq!(days(&url), 1);
    assert!(read(Path::new(&url)).prices.is_some());
}

#[test]
fn what_is_to_be_forgotten_is_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old");
    write(
        &old,
        "raw/mac/codex/2026-03-08_aaaaaa.json",
        &day("mac", "codex", "2026-03-08", &one("m", 1)),
    );
    let store = Store::open_or_init(&folder.path().join("store")).unwrap();
    import(&store, &read(&old));
    let now = NOW.parse().unwrap();
    let scope = data_schema::Scope::Machine;
    let tombstone = data_schema::Tombstone::new(scope, "mac", [7; 16], now);
    store.forget(&tombstone, now).unwrap();
    assert_eq!(file(&store, "raw/mac/codex/sums-2026.json"), None);
    let again = import(&store, &read(&old));
    assert_eq!(again.forgotten, [("mac".into(), "codex".into())]);
    assert_eq!(file(&store, "raw/mac/codex/sums-2026.json"), None);
}

#[test]
fn a_repair_keeps_the_sums_of_later_commits() {
    let folder = tempfile::tempdir().unwrap();
    let (old, root) = (folder.path().join("old"), folder.path().join("store"));
    write(
        &old,
        "raw/mac/codex/2026-03-08_aaaaaa.json",
        &day("mac", "codex", "2026-03-08", &one("m", 1)),
    );
    let store = Store::open_or_init(&root).unwrap();
    store.store_run(&run_of("laptop", vec![record("a", "2026-05-01T10:00:00Z", 1)])).unwrap();
    import(&store, &read(&old));
    // The newest commit holds a damaged file.
    crate::support::commit_file(
        &root,
        "raw/laptop/claude-code/2026-05-02.json",
        b"{\"version\": \"2.0\"",
    );
    import(&Store::open(&root).unwrap(), &read(&old));
    let now = NOW.parse().unwrap();
    let report = Store::open(&root).unwrap().verify(true, now, "t").unwrap();
    assert!(report.is_good() && report.repair.is_some(), "{report:?}");
    assert!(file(&Store::open(&root).unwrap(), "raw/mac/codex/sums-2026.json").is_some());
}

#[test]
fn two_machines_that_import_at_once_join_what_they_took_over() {
    let net = Net::new();
    let old = net.path("old");
    let path = |hash: &str| format!("raw/mac/codex/2026-03-08_{hash}.json");
    write(&old, &path("aaaaaa"), &day("mac", "codex", "2026-03-08", &one("m", 5)));
    let stores = ["laptop", "desk"].map(|machine| net.run(machine, Vec::new()));
    import(&stores[0], &read(&old));
    // The other one reads a newer state of one model, and does not know the other model.
    fs_err::remove_file(old.join(path("aaaaaa"))).unwrap();
    write(&old, &path("bbbbbb"), &day("mac", "codex", "2026-03-08", &one("n", 7)));
    import(&stores[1], &read(&old));
    for (store, machine) in stores.iter().zip(["laptop", "desk"]) {
        let who = Who { machine, id: &id_of(machine) };
        store.push(&who, NOW.parse().unwrap()).unwrap();
        assert_eq!(store.waiting().unwrap(), 0);
    }
    let bytes = net.show("raw/mac/codex/sums-2026.json");
    let joined = DaySumsFile::parse(bytes.as_bytes()).unwrap();
    let expected = [("2026-03-08 m".to_owned(), 5), ("2026-03-08 n".to_owned(), 7)];
    assert_eq!(inputs(&joined), BTreeMap::from(expected));
}
