//! Cached equals fresh, for every case of every source: a run with the scan cache finds what a run without it finds,
//! when nothing has happened, when files were touched, when they were appended to, cut, or deleted.

use std::fs::FileTimes;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use collector::{Config, ScanOptions, SourceReport, scan_sources};
use data_schema::{LimitReading, UsageRecord};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rusqlite::Connection;
use store::StoredMark;
use tempfile::TempDir;

use crate::sources::{fixtures, names, put};
use crate::support::environment;

/// What a run finds.
#[derive(Debug, PartialEq)]
struct Found {
    records: Vec<UsageRecord>,
    limits: Vec<LimitReading>,
    report: SourceReport,
}

/// A home with one case, and a cache.
struct World<'a> {
    id: &'a str,
    home: TempDir,
    cache: TempDir,
}

impl World<'_> {
    fn scan(&self, is_cached: bool) -> Found {
        let cache = self.cache.path().join("scan.bin");
        let scanned = scan_sources(&ScanOptions {
            environment: &environment(self.home.path()),
            config: &Config::default(),
            only: &[self.id.to_owned()],
            cache: is_cached.then_some(&*cache),
            saved_after: collector::SAVED_AFTER,
            mark: Some(&StoredMark::default()),
            progress: &|_, _| {},
        });
        let source = scanned.sources.into_iter().next().unwrap();
        let records = source.records().unwrap().into_sorted();
        Found { records, limits: source.limits, report: source.report }
    }

    /// Twice with the cache, once without. What is known of a file is kept while it cannot be read: where one is
    /// broken, the cached run may know more.
    fn check(&self, case: &str, after: &str) {
        let (fresh, first) = (self.scan(false), self.scan(true));
        assert_eq!(self.scan(true), first, "{case} {after}: second cached run");
        if fresh.report.failed {
            let is_lost = |record: &&UsageRecord| !first.records.contains(record);
            assert_eq!(fresh.records.iter().find(is_lost), None, "{case} {after}");
        } else {
            assert_eq!(first, fresh, "{case} {after}");
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = walkdir::WalkDir::new(self.home.path()).sort_by_file_name().into_iter();
        let files = entries.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
        files.map(walkdir::DirEntry::into_path).collect()
    }
}

/// Sets a file's time, so that no change is too fast to be seen.
fn touch(file: &Path, second: u64) {
    let opened = fs_err::OpenOptions::new().append(true).open(file).unwrap();
    let time = UNIX_EPOCH + Duration::from_secs(1_778_000_000 + second);
    opened.file().set_times(FileTimes::new().set_modified(time)).unwrap();
}

fn is_database(file: &Path) -> bool {
    fs_err::read(file).unwrap().starts_with(b"SQLite format 3\0")
}

/// What a tool does to its file: a line more, the start of another, a table.
fn grow(file: &Path) {
    if is_database(file) {
        let database = Connection::open(file).unwrap();
        database.pragma_update(None, "synchronous", "OFF").unwrap();
        database.execute_batch("CREATE TABLE IF NOT EXISTS grown (n)").unwrap();
        return;
    }
    let bytes = fs_err::read(file).unwrap();
    let last = bytes.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut opened = fs_err::OpenOptions::new().append(true).open(file).unwrap();
    opened.write_all(&[b"\n", last, b"\n", &last[..last.len() / 2]].concat()).unwrap();
}

fn check(id: &str, case: &str) {
    let folder = || tempfile::tempdir().unwrap();
    let world = World { id, home: folder(), cache: folder() };
    put(&fixtures().join(id).join(case).join("home"), world.home.path());
    let name = format!("{id}/{case}");
    world.check(&name, "as it is");
    for (second, file) in (0..).zip(world.files()) {
        touch(&file, second);
    }
    world.check(&name, "touched");
    for (second, file) in (100..).zip(world.files()) {
        grow(&file);
        touch(&file, second);
    }
    world.check(&name, "grown");
    for (second, file) in (200..).zip(world.files()) {
        let bytes = fs_err::read(&file).unwrap();
        fs_err::write(&file, &bytes[..bytes.len() * 2 / 3]).unwrap();
        touch(&file, second);
    }
    world.check(&name, "cut");
    for file in world.files().into_iter().step_by(2) {
        fs_err::remove_file(file).unwrap();
    }
    world.check(&name, "half deleted");
}

#[test]
fn every_case_of_every_source_is_the_same_with_and_without_a_cache() {
    let sources = names(&fixtures());
    let cases = sources
        .iter()
        .flat_map(|id| names(&fixtures().join(id)).into_iter().map(move |case| (id.clone(), case)));
    let cases: Vec<(String, String)> = cases.collect();
    cases.into_par_iter().for_each(|(id, case)| check(&id, &case));
}
