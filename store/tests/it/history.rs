//! What changed when.

use data_schema::UtcSeconds;
use store::{HistoryEnd, Run, Store};

use crate::support::{git, record, run_of};

fn run_at(machine: &str, now: &str, native: &[&str]) -> Run {
    let records = native.iter().map(|native| record(native, "2026-04-03T10:00:00Z", 1)).collect();
    Run { now: now.parse::<UtcSeconds>().unwrap(), ..run_of(machine, records) }
}

#[test]
fn a_history_names_machines_and_counts_responses_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_init(folder.path()).unwrap();
    assert_eq!(store.history(9).unwrap().unwrap().changes, []);
    store.store_run(&run_at("laptop", "2026-04-04T00:00:00Z", &["a", "b"])).unwrap();
    store.store_run(&run_at("desk", "2026-04-05T00:00:00Z", &["a"])).unwrap();
    store.store_run(&run_at("laptop", "2026-04-06T00:00:00Z", &["a", "b", "c"])).unwrap();
    store.compact("laptop", "2026-06-01T00:00:00Z".parse().unwrap()).unwrap();
    let history = store.history(9).unwrap().unwrap();
    assert_eq!(history.end, HistoryEnd::First);
    let told: Vec<_> = history
        .changes
        .iter()
        .map(|change| {
            let files = change.files.clone().unwrap();
            let machines: Vec<String> = files.machines.iter().map(ToString::to_string).collect();
            (machines.join(" "), files.responses_added, files.responses_removed, files.removed)
        })
        .collect();
    let expected =
        [("laptop", 0, 0, 1), ("laptop", 1, 0, 0), ("desk", 1, 0, 0), ("laptop", 2, 0, 0)];
    let expected =
        expected.map(|(machine, added, gone, files)| (machine.to_owned(), added, gone, files));
    assert_eq!(told, expected);
    assert_eq!(history.changes[1].at.to_string(), "2026-04-06T00:00:00Z");
    assert!(history.changes[1].message.starts_with("collect: laptop"), "{history:?}");
    let short = store.history(2).unwrap().unwrap();
    assert_eq!((short.changes.len(), short.end), (2, HistoryEnd::Limit));
    assert_eq!(Store::folder(folder.path()).history(9).unwrap(), None);
}

#[test]
fn a_shallow_history_ends_where_it_is_cut_and_counts_no_files_that_are_not_here() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, part) = (folder.path().join("whole"), folder.path().join("part"));
    let store = Store::open_or_init(&whole).unwrap();
    store.store_run(&run_at("laptop", "2026-04-04T00:00:00Z", &["a"])).unwrap();
    store.store_run(&run_at("laptop", "2026-04-05T00:00:00Z", &["b"])).unwrap();
    store.store_run(&run_at("laptop", "2026-04-06T00:00:00Z", &["c"])).unwrap();
    let url = format!("file://{}", whole.display());
    if git(&whole, &["config", "uploadpack.allowFilter", "true"]).is_none() {
        println!("skipped: git is not installed");
        return;
    }
    let clone = ["clone", "-q", "--bare", "--depth=2", "--filter=blob:none", &url, "part"];
    git(folder.path(), &clone).unwrap();
    fs_err::create_dir_all(part.join("token-matters")).unwrap();
    let marker = "token-matters/store.json";
    fs_err::copy(whole.join(marker), part.join(marker)).unwrap();
    let store = Store::open(&part).unwrap();
    let history = store.history(9).unwrap().unwrap();
    assert_eq!(history.end, HistoryEnd::NotHere);
    assert_eq!(history.changes.len(), 2);
    let files = history.changes[0].files.clone().unwrap();
    assert_eq!((files.changed, files.uncounted, files.responses_added), (1, 1, 0));
    assert_eq!(history.changes[1].files, None, "what the oldest one changed is not known");
}
