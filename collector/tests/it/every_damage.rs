//! A broken source never disturbs another: garbage at every place where a source looks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use collector::source::{Place, SOURCES, Source};
use data_schema::RecordId;

use crate::sources::{fixtures, names, put};
use crate::support::{environment, scan};

/// What a log can hold that no tool wrote; of a good log.
type Garbage = fn(&[u8]) -> Vec<u8>;

const GARBAGE: [(&str, Garbage); 12] = [
    ("nothing", |_| Vec::new()),
    ("random bytes", |_| noise(5000)),
    ("a database of noise", |_| [b"SQLite format 3\0".to_vec(), noise(9000)].concat()),
    ("a frame of noise", |_| [vec![0x28, 0xb5, 0x2f, 0xfd], noise(900)].concat()),
    ("zero bytes", |_| vec![0; 4096]),
    ("half of it", |good| good[..good.len() / 2].to_vec()),
    ("nearly all of it", |good| good[..good.len() - good.len() / 40 - 1].to_vec()),
    ("a turned bit in every hundred bytes", turned),
    ("huge numbers", |good| numbers(good, b"99999999999999999999999999999999")),
    ("numbers below zero", |good| numbers(good, b"-7")),
    ("numbers that are none", |good| numbers(good, b"1e999")),
    ("deep nesting", |_| b"[".repeat(200_000)),
];

/// Bytes without a pattern, always the same.
fn noise(length: usize) -> Vec<u8> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

fn turned(good: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    bytes.iter_mut().skip(40).step_by(97).for_each(|byte| *byte ^= 0x04);
    bytes
}

/// Every run of digits replaced.
fn numbers(good: &[u8], with: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(good.len() * 2);
    for run in good.chunk_by(|left, right| left.is_ascii_digit() == right.is_ascii_digit()) {
        let is_number = run.first().is_some_and(u8::is_ascii_digit);
        bytes.extend_from_slice(if is_number { with } else { run });
    }
    bytes
}

/// Files of a home by their path below it.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What every case of a source puts into a home; built once, as databases take time.
static CASES: LazyLock<BTreeMap<String, BTreeMap<String, Files>>> = LazyLock::new(|| {
    let cases = |id: &String| {
        let files = |case: String| {
            let home = tempfile::tempdir().unwrap();
            put(&fixtures().join(id).join(&case).join("home"), home.path());
            (case, files_below(home.path()))
        };
        (id.clone(), names(&fixtures().join(id)).into_iter().map(files).collect())
    };
    names(&fixtures()).iter().map(cases).collect()
});

fn files_below(home: &Path) -> Files {
    let entries = walkdir::WalkDir::new(home).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    let file = |entry: walkdir::DirEntry| {
        let path = entry.path().strip_prefix(home).unwrap().to_owned();
        (path, fs_err::read(entry.path()).unwrap())
    };
    files.map(file).collect()
}

/// Puts what a source's basic case has.
fn put_basic(id: &str, home: &Path) {
    for (path, bytes) in &CASES[id]["basic"] {
        let path = home.join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, bytes).unwrap();
    }
}

/// Logs of a source in all of its cases.
fn logs(source: &dyn Source) -> BTreeMap<&'static Path, &'static [u8]> {
    let files = CASES[source.id()].values().flatten();
    let logs = files.filter(|(path, bytes)| !bytes.is_empty() && source.is_log(path));
    logs.map(|(path, bytes)| (path.as_path(), bytes.as_slice())).collect()
}

fn ids(id: &str, home: &Path) -> BTreeSet<RecordId> {
    scan(id, home).records.into_sorted().iter().map(|record| record.id).collect()
}

/// Sources that have cases.
fn sources() -> Vec<&'static dyn Source> {
    let there = names(&fixtures());
    SOURCES.iter().copied().filter(|source| there.iter().any(|id| id == source.id())).collect()
}

/// What each source counts of its basic case.
static ALONE: LazyLock<BTreeMap<&str, BTreeSet<RecordId>>> = LazyLock::new(|| {
    let counted = sources().into_iter().map(|source| {
        let home = tempfile::tempdir().unwrap();
        put_basic(source.id(), home.path());
        (source.id(), ids(source.id(), home.path()))
    });
    counted.collect()
});

/// A home in which every other source is broken. Returns those that are.
fn half_broken(
    home: &Path,
    turned: bool,
    spoil: impl Fn(&Path, &[u8]),
) -> Vec<&'static dyn Source> {
    let (mut whole, mut broken) = (Vec::new(), Vec::new());
    for (place, source) in sources().into_iter().enumerate() {
        if (place % 2 == 0) ^ turned { whole.push(source) } else { broken.push(source) }
    }
    for source in &whole {
        put_basic(source.id(), home);
    }
    for source in &broken {
        for (path, good) in logs(*source) {
            let path = home.join(path);
            // What is another's stays as it is.
            if !path.exists()
                && !whole.iter().any(|other| other.is_log(&path) && is_below(*other, &path, home))
            {
                fs_err::create_dir_all(path.parent().unwrap()).unwrap();
                spoil(&path, good);
            }
        }
    }
    broken
}

/// Whether a source looks at a path.
fn is_below(source: &dyn Source, path: &Path, home: &Path) -> bool {
    let environment = environment(home);
    let located = source.locate(&Place { environment: &environment, configured: None });
    located.roots.iter().any(|root| path.starts_with(root))
}

fn check(home: &Path, broken: &[&dyn Source], what: &str) {
    for source in sources() {
        let id = source.id();
        let found = scan(id, home);
        let panicked = found
            .report
            .warnings
            .iter()
            .find(|warning| warning.reason.contains("ended this parser"));
        assert!(panicked.is_none(), "{what}: {panicked:?}");
        if broken.iter().all(|other| other.id() != id) {
            let counted: BTreeSet<RecordId> =
                found.records.into_sorted().iter().map(|record| record.id).collect();
            assert_eq!(counted, ALONE[id], "{what} beside {id}");
        }
    }
}

#[test]
fn garbage_at_the_places_of_half_of_all_sources_changes_nothing_for_the_others() {
    for (what, garbage) in GARBAGE {
        for turned in [false, true] {
            let home = tempfile::tempdir().unwrap();
            let broken = half_broken(home.path(), turned, |path, good| {
                fs_err::write(path, garbage(good)).unwrap();
            });
            check(home.path(), &broken, what);
        }
    }
}

#[test]
fn folders_with_the_names_of_logs_change_nothing_for_the_others() {
    for turned in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let broken = half_broken(home.path(), turned, |path, _| {
            fs_err::create_dir_all(path.join("inside")).unwrap();
        });
        check(home.path(), &broken, "a folder");
    }
}

#[cfg(unix)]
#[test]
fn folders_that_cannot_be_read_and_links_to_nothing_change_nothing_for_the_others() {
    use std::os::unix::fs::PermissionsExt;
    for turned in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let (mut closed, mut whole) = (Vec::new(), BTreeSet::new());
        let broken = half_broken(home.path(), turned, |path, good| {
            fs_err::write(path, good).unwrap();
            let mut link = path.as_os_str().to_owned();
            link.push(".jsonl");
            let _ = fs_err::os::unix::fs::symlink("nowhere", PathBuf::from(link));
        });
        for source in sources()
            .into_iter()
            .filter(|source| broken.iter().all(|other| other.id() != source.id()))
        {
            whole.extend(logs(source).into_keys().map(|path| home.path().join(path)));
        }
        for path in broken.iter().flat_map(|source| logs(*source).into_keys()) {
            let folder = home.path().join(path).parent().unwrap().to_owned();
            let is_shared = whole.iter().any(|other| other.starts_with(&folder));
            if !is_shared && folder.exists() {
                fs_err::set_permissions(&folder, PermissionsExt::from_mode(0o000)).unwrap();
                closed.push(folder);
            }
        }
        check(home.path(), &broken, "a folder that cannot be read");
        for folder in closed.iter().rev() {
            let _ = fs_err::set_permissions(folder, PermissionsExt::from_mode(0o700));
        }
    }
}
