//! The derived index gives what the files hold, whatever has happened to either.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use data_schema::packed::Unpacker;
use data_schema::{DayFile, HashId, Period, RecordId, Text, Tokens, UsageRecord, UtcSeconds, Via};
use proptest::prelude::*;
use store::{EntryKind, IdPlace, Index, Problem, Store};

use crate::support::{commit_file, git, record, run_of};

/// A record with its machine and provider, as text: records have no order of their own.
type Held = Vec<(Text, Text, String)>;

/// What the files of a store hold, parsed one by one.
fn parsed(store: &Store) -> (Held, Vec<Problem>) {
    let snapshot = store.snapshot().unwrap();
    let (mut held, mut problems) = (Held::new(), Vec::new());
    for entry in snapshot.entries() {
        let EntryKind::Records(_) = entry.kind else { continue };
        match DayFile::parse(&snapshot.read(entry).unwrap()) {
            Ok(file) => held.extend(file.records.iter().map(|record| {
                (entry.machine.clone(), entry.provider.clone(), format!("{record:?}"))
            })),
            Err(error) => problems
                .push(Problem { path: entry.path.clone(), reason: format!("{error}; left out") }),
        }
    }
    held.sort();
    problems.sort();
    (held, problems)
}

/// What an index holds; checks the ids on the way.
fn unpacked(index: &Index) -> (Held, Vec<Problem>) {
    let mut held = Held::new();
    for part in &index.parts {
        let mut ids = Vec::new();
        for (block, number) in part.blocks.iter().zip(0..) {
            let bytes = block.bytes().unwrap();
            let mut unpacker = Unpacker::new(&bytes, &block.words);
            let (mut count, mut is_special) = (0, false);
            while let Some(record) = unpacker.advance().unwrap() {
                held.push((block.machine.clone(), block.provider.clone(), format!("{record:?}")));
                let known_as = record.was.iter().copied().chain([record.id]);
                ids.extend(known_as.map(|id| IdPlace { id, block: number, record: count }));
                is_special |= record.usage.via == Via::Wire;
                count += 1;
            }
            assert_eq!((block.count, block.is_special), (count, is_special));
        }
        ids.sort();
        assert_eq!(part.ids, ids);
    }
    held.sort();
    (held, index.problems.clone())
}

/// Checks the index against the files, and returns its notices.
fn check(store: &Store) -> Vec<String> {
    let index = store.snapshot().unwrap().index().unwrap();
    assert_eq!(unpacked(&index), parsed(store));
    index.notices
}

fn day(folder: &Path, machine: &str, day: u32) -> PathBuf {
    folder.join(format!("raw/{machine}/claude-code/2026-05-{day:02}.json"))
}

/// Writes a day file as a copy would: in place, with the inode that was there.
fn write_day(folder: &Path, machine: &str, number: u32, records: &[u64]) {
    let at: UtcSeconds = format!("2026-05-{number:02}T10:00:00Z").parse().unwrap();
    let records = records.iter().map(|output| {
        let mut record = record(&format!("{machine}{number}"), &at.to_string(), *output);
        record.id = RecordId::new("anthropic", &format!("{number}-{output}"), "");
        record.usage.via = if output % 7 == 0 { Via::Wire } else { Via::Log };
        if output % 5 == 0 {
            record.was.push(RecordId::new("anthropic", "before", &output.to_string()));
        }
        record
    });
    let period = Period::day_of(at);
    let file = DayFile::new(machine.into(), "claude-code".into(), period, at, records.collect());
    let path = day(folder, machine, number);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, file.to_bytes()).unwrap();
}

/// Long enough for a change to be told by its time from the one before.
fn settle() {
    thread::sleep(Duration::from_millis(60));
}

fn segments(private: &Path) -> Vec<PathBuf> {
    let items = fs_err::read_dir(private.join("index")).unwrap();
    let paths = items.map(|item| item.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|suffix| suffix == "seg")).collect()
}

/// A plain store of six files, settled and indexed; one of the files is damaged.
fn indexed(folder: &Path) -> Store {
    for number in 1..=5 {
        write_day(folder, "laptop", number, &[3, 5, 7]);
    }
    fs_err::write(day(folder, "laptop", 6), "{\"version\": \"2.0\"").unwrap();
    settle();
    let store = Store::folder(folder);
    assert_eq!(check(&store), Vec::<String>::new());
    store
}

/// What happens to a store between two runs.
#[derive(Clone, Debug)]
enum Change {
    Write { machine: u32, day: u32, records: Vec<u64> },
    Delete { machine: u32, day: u32 },
    Damage { machine: u32, day: u32 },
    LoseIndex,
    Wait,
}

fn change() -> impl Strategy<Value = Change> {
    let place = || (0..2_u32, 1..5_u32);
    let records = prop::collection::vec(10..40_u64, 1..6);
    prop_oneof![
        6 => (place(), records).prop_map(|((machine, day), records)| {
            Change::Write { machine, day, records }
        }),
        2 => place().prop_map(|(machine, day)| Change::Delete { machine, day }),
        2 => place().prop_map(|(machine, day)| Change::Damage { machine, day }),
        1 => Just(Change::LoseIndex),
        4 => Just(Change::Wait),
    ]
}

fn apply(folder: &Path, change: &Change) {
    let name = |machine: &u32| format!("m{machine}");
    match change {
        Change::Write { machine, day, records } => {
            write_day(folder, &name(machine), *day, records);
        }
        Change::Delete { machine, day: number } => {
            fs_err::remove_file(day(folder, &name(machine), *number)).ok();
        }
        Change::Damage { machine, day: number } => {
            let path = day(folder, &name(machine), *number);
            if let Ok(mut bytes) = fs_err::read(&path) {
                // The same size, the same inode.
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs_err::write(path, bytes).unwrap();
            }
        }
        Change::LoseIndex => {
            fs_err::remove_dir_all(folder.join(".token-matters")).ok();
        }
        Change::Wait => settle(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_index_of_a_folder_equals_its_files(changes in prop::collection::vec(change(), 1..16)) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::folder(folder.path());
        for change in &changes {
            apply(folder.path(), change);
            prop_assert_eq!(check(&store), Vec::<String>::new());
        }
    }

    #[test]
    fn the_index_of_a_repository_equals_its_files(
        runs in prop::collection::vec((0..2_u32, prop::collection::vec((1..9_u32, 1..40_u64), 1..4)), 1..14)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_or_init(&folder.path().join("store")).unwrap();
        for (machine, records) in &runs {
            let records = records.iter().map(|(day, output)| {
                let at = format!("2026-05-{day:02}T10:00:00Z");
                record(&format!("{day}-{output}"), &at, *output)
            });
            store.store_run(&run_of(&format!("m{machine}"), records.collect())).unwrap();
            prop_assert_eq!(check(&store), Vec::<String>::new());
        }
        let count = segments(&folder.path().join("store/token-matters")).len();
        prop_assert!(count <= 8, "{count} segments");
    }
}

#[test]
fn a_file_that_is_indexed_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::open_or_init(&path).unwrap();
    store.store_run(&run_of("m", vec![record("a", "2026-05-01T10:00:00Z", 3)])).unwrap();
    check(&store);
    let expected = parsed(&store);
    let Some(hex) = git(&path, &["rev-parse", "main:raw/m/claude-code/2026-05-01.json"]) else {
        return;
    };
    let (fan, name) = hex.trim().split_at(2);
    fs_err::remove_file(path.join("objects").join(fan).join(name)).unwrap();
    let store = Store::open(&path).unwrap();
    assert_eq!(unpacked(&store.snapshot().unwrap().index().unwrap()), expected);
    fs_err::remove_dir_all(path.join("token-matters/index")).unwrap();
    let index = store.snapshot().unwrap().index().unwrap();
    assert_eq!(index.problems[0].path, "raw/m/claude-code/2026-05-01.json");
    assert!(index.parts.is_empty());
}

#[test]
fn a_lost_object_that_is_put_back_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::open_or_init(&path).unwrap();
    store.store_run(&run_of("m", vec![record("a", "2026-05-01T10:00:00Z", 3)])).unwrap();
    let Some(hex) = git(&path, &["rev-parse", "main:raw/m/claude-code/2026-05-01.json"]) else {
        return;
    };
    let (fan, name) = hex.trim().split_at(2);
    let object = path.join("objects").join(fan).join(name);
    let aside = folder.path().join("aside");
    fs_err::rename(&object, &aside).unwrap();
    let index = Store::open(&path).unwrap().snapshot().unwrap().index().unwrap();
    assert_eq!(index.problems.len(), 1);
    fs_err::rename(&aside, &object).unwrap();
    assert_eq!(check(&Store::open(&path).unwrap()), Vec::<String>::new());
}

#[test]
fn one_content_under_two_paths_counts_for_both() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::open_or_init(&path).unwrap();
    let records =
        vec![record("a", "2026-05-01T10:00:00Z", 3), record("b", "2026-05-01T11:00:00Z", 4)];
    store.store_run(&run_of("laptop", records)).unwrap();
    check(&store);
    let snapshot = store.snapshot().unwrap();
    let is_day = |entry: &&store::Entry| matches!(entry.kind, EntryKind::Records(_));
    let bytes = snapshot.read(snapshot.entries().iter().find(is_day).unwrap()).unwrap();
    for machine in ["desktop", "phone"] {
        commit_file(&path, &format!("raw/{machine}/claude-code/2026-05-01.json"), &bytes);
    }
    commit_file(&path, "raw/desktop/claude-code/2026-05-02.json", b"{}");
    commit_file(&path, "raw/phone/claude-code/2026-05-02.json", b"{}");
    let store = Store::open(&path).unwrap();
    for _ in 0..2 {
        check(&store);
    }
    let (held, problems) = parsed(&store);
    assert_eq!((held.len(), problems.len()), (6, 2));
    fs_err::remove_dir_all(path.join("token-matters/index")).unwrap();
    check(&store);
}

#[test]
fn a_flipped_byte_is_noticed_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = indexed(folder.path());
    let private = folder.path().join(".token-matters");
    let length = fs_err::metadata(&segments(&private)[0]).unwrap().len();
    for place in (0..length).step_by(7) {
        let path = segments(&private).remove(0);
        let mut bytes = fs_err::read(&path).unwrap();
        bytes[usize::try_from(place).unwrap()] ^= 0x40;
        fs_err::write(&path, bytes).unwrap();
        let notices = check(&store);
        assert!(notices.len() == 1 && notices[0].contains("made anew"), "{place}: {notices:?}");
        assert_eq!(check(&store), Vec::<String>::new(), "{place}: mended once");
        assert_eq!(segments(&private).len(), 1);
    }
}

#[test]
fn a_cut_off_segment_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = indexed(folder.path());
    let private = folder.path().join(".token-matters");
    for length in [0, 7, 16, 100, 500] {
        let path = segments(&private).remove(0);
        let bytes = fs_err::read(&path).unwrap();
        fs_err::write(&path, &bytes[..length]).unwrap();
        assert_eq!(check(&store), ["the index was damaged and has been made anew"], "{length}");
        assert_eq!(check(&store), Vec::<String>::new());
    }
}

#[test]
fn an_index_of_another_version_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = indexed(folder.path());
    let private = folder.path().join(".token-matters");
    let path = segments(&private).remove(0);
    let mut bytes = fs_err::read(&path).unwrap();
    // Behind the eight bytes that say what it is.
    bytes[8..16].copy_from_slice(&[9; 8]);
    fs_err::write(&path, bytes).unwrap();
    fs_err::write(private.join("index/notes.txt"), "mine").unwrap();
    let notices = check(&store);
    assert!(notices.len() == 1 && notices[0].contains("another version"), "{notices:?}");
    assert_eq!(check(&store), Vec::<String>::new());
    assert_eq!(segments(&private).len(), 1);
    assert!(private.join("index/notes.txt").exists(), "other files stay");
}

#[test]
fn without_a_place_to_write_the_index_works_in_memory_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    write_day(folder.path(), "laptop", 1, &[3, 7]);
    fs_err::write(folder.path().join(".token-matters"), "in the way").unwrap();
    let notices = check(&Store::folder(folder.path()));
    assert!(notices[0].starts_with("cannot write the index to "), "{notices:?}");
}

#[test]
fn the_index_of_a_plain_folder_is_ignored_by_git() {
    let folder = tempfile::tempdir().unwrap();
    indexed(folder.path());
    let text = fs_err::read_to_string(folder.path().join(".token-matters/.gitignore")).unwrap();
    assert_eq!(text, "*\n");
    let empty = tempfile::tempdir().unwrap();
    check(&Store::folder(empty.path()));
    assert!(!empty.path().join(".token-matters").exists(), "nothing is written for nothing");
}

#[test]
#[cfg(unix)]
fn an_index_that_is_deleted_while_it_is_read_stays_readable() {
    let folder = tempfile::tempdir().unwrap();
    let store = indexed(folder.path());
    let index = store.snapshot().unwrap().index().unwrap();
    fs_err::remove_dir_all(folder.path().join(".token-matters")).unwrap();
    assert_eq!(unpacked(&index), parsed(&store));
}

#[test]
fn many_runs_at_once_agree() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::open_or_init(&path).unwrap();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..40 {
                    // What a snapshot holds does not change.
                    let snapshot = Store::open(&path).unwrap().snapshot().unwrap();
                    let first = unpacked(&snapshot.index().unwrap());
                    assert_eq!(unpacked(&snapshot.index().unwrap()), first);
                }
            });
        }
        for number in 1..=12 {
            let at = format!("2026-05-{number:02}T10:00:00Z");
            store.store_run(&run_of("m", vec![record(&at, &at, 3)])).unwrap();
        }
    });
    assert_eq!(check(&store), Vec::<String>::new());
    let names: BTreeSet<PathBuf> = segments(&path.join("token-matters")).into_iter().collect();
    assert!(names.len() <= 8, "{names:?}");
}

/// A record as tools write them.
fn typical(number: u64, at: UtcSeconds) -> UsageRecord {
    let mut record = record(&format!("msg_{number}"), &at.to_string(), number % 2_000);
    let names = ["claude-sonnet-4-5-20250929", "claude-opus-4-8", "claude-haiku-4-5"];
    record.usage.model = names[(number % 3) as usize].into();
    record.usage.input_tokens = Tokens::new(number * 37 % 2_000);
    record.usage.cache_read_tokens = Tokens::new(number * 7_919 % 150_000);
    record.usage.cache_creation_tokens = Tokens::new(number * 131 % 9_000);
    record.attribution.session = Some(HashId::new("session", &(number / 7).to_string()));
    record.attribution.project = Some(format!("github.com/acme/app-{}", number / 20 % 12).into());
    record.attribution.client = Some("claude-code/2.3.0".into());
    record
}

#[test]
fn the_index_takes_at_most_48_bytes_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let (days, records) = (400_u64, 20_u64);
    for number in 0..days {
        let start = UtcSeconds::new(1_500_000_000 / 86_400 * 86_400).unwrap();
        let at = |record: u64| {
            let seconds =
                start.seconds() + i64::try_from(number * 86_400 + record * 3_600).unwrap();
            UtcSeconds::new(seconds).unwrap()
        };
        let made = (0..records).map(|record| typical(number * records + record, at(record)));
        let period = Period::day_of(at(0));
        let file = DayFile::new("m".into(), "codex".into(), period, at(0), made.collect());
        let path = folder.path().join(format!("raw/m/codex/{period}.json"));
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, file.to_bytes()).unwrap();
    }
    check(&Store::folder(folder.path()));
    let paths = segments(&folder.path().join(".token-matters"));
    let bytes: u64 = paths.iter().map(|path| fs_err::metadata(path).unwrap().len()).sum();
    assert!(bytes <= 48 * days * records, "{} bytes a record", bytes / (days * records));
}
