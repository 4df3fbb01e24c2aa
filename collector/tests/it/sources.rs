//! Every case of `tests/fixtures/sources/<source>/<case>` counts what its `expected.json` says.
//!
//! `home/` is a home folder as the tool leaves it. A file `NAME.sql` in it stands for the database `NAME` that its
//! statements make; `zstd(TEXT)` gives a compressed blob there. A file `NAME.zst.txt` stands for `NAME.zst`, and
//! `NAME.zstd.txt` for `NAME.zstd` with a frame for each line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use collector::source::{Evidence, SOURCES};
use data_schema::resolve::{Context, Witness, resolve};
use data_schema::{Quality, UsageRecord};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rustc_hash::FxHashMap;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde::Deserialize;

use crate::support::{Found, scan, sum};

/// What a case must count to. What is absent is not looked at, but for `requests`, `skipped`, `warnings` and `failed`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    requests: u64,
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    #[serde(default)]
    cache_read_tokens: u64,
    #[serde(default)]
    cache_creation_tokens: u64,
    #[serde(default)]
    reasoning_tokens: u64,
    /// Where nothing finer is told.
    #[serde(default)]
    total_tokens: u64,
    /// All tokens in the end, where a total gives way to what is told beside it.
    counted: Option<u64>,
    /// Tokens by model.
    models: Option<BTreeMap<String, u64>>,
    /// Records by UTC day.
    days: Option<BTreeMap<String, u64>>,
    /// Folders that records name.
    projects: Option<BTreeSet<String>>,
    /// What the tool says that it cost, in US dollars; each record's, summed.
    cost: Option<f64>,
    /// The worst of all records.
    quality: Option<Quality>,
    #[serde(default)]
    skipped: usize,
    #[serde(default)]
    warnings: usize,
    /// A part of a warning.
    warning: Option<String>,
    /// Whether the source is broken.
    #[serde(default)]
    failed: bool,
    /// A part of a notice.
    notice: Option<String>,
}

/// Cases that every source has.
const CASES: [&str; 4] = ["basic", "recoverable-errors", "unknown-version", "unrelated"];
/// Sources whose cases are those of `tests/fixtures/logs`, or whose reader is that of another.
const ELSEWHERE: [&str; 4] = ["claude-code", "codex", "claude-desktop", "cc-mirror"];

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources")
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Puts a case's home where it is scanned, databases made.
pub(crate) fn put(home: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(home) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(home).unwrap());
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(&target).unwrap();
        } else if let Some(name) = target.to_str().unwrap().strip_suffix(".sql") {
            make_database(Path::new(name), &fs_err::read_to_string(entry.path()).unwrap());
        } else if let Some(name) = target.to_str().unwrap().strip_suffix(".zst.txt") {
            let text = fs_err::read(entry.path()).unwrap();
            fs_err::write(format!("{name}.zst"), compressed(&text)).unwrap();
        } else if let Some(name) = target.to_str().unwrap().strip_suffix(".zstd.txt") {
            let text = fs_err::read(entry.path()).unwrap();
            let frames: Vec<u8> =
                text.split_inclusive(|byte| *byte == b'\n').flat_map(compressed).collect();
            fs_err::write(format!("{name}.zstd"), frames).unwrap();
        } else {
            fs_err::copy(entry.path(), &target).unwrap();
        }
    }
}

fn compressed(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, CompressionLevel::Fastest)
}

fn make_database(path: &Path, statements: &str) {
    let database = Connection::open(path).unwrap();
    // Nobody needs it after a loss of power, and waiting for the disk is most of the time.
    database.pragma_update(None, "synchronous", "OFF").unwrap();
    let zstd = |context: &rusqlite::functions::Context<'_>| {
        Ok(compressed(context.get::<String>(0)?.as_bytes()))
    };
    database.create_scalar_function("zstd", 1, FunctionFlags::SQLITE_UTF8, zstd).unwrap();
    if let Err(error) = database.execute_batch(statements) {
        panic!("{}: {error}", path.display());
    }
}

fn scanned(source: &str, case: &Path) -> Found {
    let home = tempfile::tempdir().unwrap();
    put(&case.join("home"), home.path());
    scan(source, home.path())
}

fn check(source: &str, case: &Path) {
    let name = case.strip_prefix(fixtures()).unwrap().display().to_string();
    let text = fs_err::read(case.join("expected.json")).unwrap();
    let expected: Expected =
        serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
    let found = scanned(source, case);
    check_damage(&name, &expected, &found);
    let records = found.records.into_sorted();
    let got = [
        records.len() as u64,
        sum(&records, |record| record.usage.input_tokens),
        sum(&records, |record| record.usage.cache_read_tokens),
        sum(&records, |record| record.usage.cache_creation_tokens),
        sum(&records, |record| record.usage.output_tokens),
        sum(&records, |record| record.usage.reasoning_tokens),
        sum(&records, |record| record.usage.total_tokens),
    ];
    let wanted = [
        expected.requests,
        expected.input_tokens,
        expected.cache_read_tokens,
        expected.cache_creation_tokens,
        expected.output_tokens,
        expected.reasoning_tokens,
        expected.total_tokens,
    ];
    let order = "requests, input, cache read, cache creation, output, reasoning, total";
    assert_eq!(got, wanted, "{name}: {order}; {:?}", found.report.warnings);
    check_names(&name, &expected, &records);
    if let Some(expected) = expected.counted {
        assert_eq!(counted(source, records), expected, "{name}: counted");
    }
}

/// All tokens when readings are differences.
fn counted(source: &str, records: Vec<UsageRecord>) -> u64 {
    let witness =
        |record| Witness { machine: "m".into(), provider: source.into(), record: Box::new(record) };
    let context = Context {
        first_collected: FxHashMap::default(),
        covered_since: FxHashMap::default(),
        day_of: &|at| at.utc_date(),
    };
    let witnesses = records.into_iter().map(witness).collect();
    let facts = resolve(witnesses, Vec::new(), &context).facts;
    facts.iter().map(|fact| fact.record.usage.total()).sum()
}

fn check_damage(name: &str, expected: &Expected, found: &Found) {
    let report = &found.report;
    let got = (report.skipped, report.warnings.len(), report.failed);
    let wanted = (expected.skipped, expected.warnings, expected.failed);
    assert_eq!(got, wanted, "{name}: skipped, warnings, failed; {:?}", report.warnings);
    if let Some(part) = &expected.warning {
        let is_told = report.warnings.iter().any(|warning| warning.reason.contains(part));
        assert!(is_told, "{name}: {part:?} in {:?}", report.warnings);
    }
    if let Some(part) = &expected.notice {
        let is_told = report.notices.iter().any(|notice| notice.contains(part));
        assert!(is_told, "{name}: {part:?} in {:?}", report.notices);
    }
}

fn check_names(name: &str, expected: &Expected, records: &[UsageRecord]) {
    let mut models: BTreeMap<String, u64> = BTreeMap::new();
    let mut days: BTreeMap<String, u64> = BTreeMap::new();
    for record in records {
        *models.entry(record.usage.model.to_string()).or_default() += record.usage.total();
        *days.entry(record.at.utc_date().to_string()).or_default() += 1;
    }
    let projects = records.iter().filter_map(|record| record.attribution.project.as_deref());
    let projects: BTreeSet<String> = projects.map(ToOwned::to_owned).collect();
    let costs = records.iter().filter_map(|record| record.usage.cost.as_deref());
    let cost: f64 = costs.map(|cost| cost.parse::<f64>().unwrap()).sum();
    let quality = records.iter().map(|record| record.usage.quality).max();
    if let Some(expected) = &expected.models {
        assert_eq!(models, *expected, "{name}: models");
    }
    if let Some(expected) = &expected.days {
        assert_eq!(days, *expected, "{name}: days");
    }
    if let Some(expected) = &expected.projects {
        assert_eq!(projects, *expected, "{name}: projects");
    }
    if let Some(expected) = expected.cost {
        assert!((cost - expected).abs() < 1e-9, "{name}: cost {cost}, not {expected}");
    }
    if let Some(expected) = expected.quality {
        assert_eq!(quality, Some(expected), "{name}: quality");
    }
}

#[test]
fn every_case_of_every_source_counts_exactly() {
    let mut cases = 0;
    for source in names(&fixtures()) {
        assert!(SOURCES.iter().any(|known| known.id() == source), "{source} is no source");
        for case in names(&fixtures().join(&source)) {
            check(&source, &fixtures().join(&source).join(&case));
            cases += 1;
        }
    }
    assert!(cases >= CASES.len() * (SOURCES.len() - ELSEWHERE.len()), "{cases} cases");
}

#[test]
fn every_source_has_the_cases_that_all_have_in_common() {
    for source in SOURCES.iter().filter(|source| !ELSEWHERE.contains(&source.id())) {
        let there = names(&fixtures().join(source.id()));
        for case in CASES {
            assert!(there.iter().any(|name| name == case), "{} lacks {case}", source.id());
        }
    }
}

#[test]
fn every_source_is_known_by_name_and_names_its_places() {
    let mut ids = BTreeSet::new();
    for source in SOURCES {
        let info = source.info();
        assert!(ids.insert(info.id), "{} is there twice", info.id);
        assert!(data_schema::sources::is_known(info.id), "{} has no title", info.id);
        assert!(!info.folders.is_empty(), "{} lies nowhere", info.id);
        assert!(!info.below.is_empty(), "{} says nothing of named folders", info.id);
    }
}

/// Pages mark these; they cannot ask the registry.
#[test]
fn the_list_of_unverified_sources_is_that_of_the_registry() {
    let described = SOURCES.iter().filter(|source| !source.info().is_verified());
    let mut described: Vec<&str> = described.map(|source| source.id()).collect();
    described.sort_unstable();
    let listed: Vec<String> = described.iter().map(|id| format!("    \"{id}\",\n")).collect();
    let listed = listed.concat();
    assert_eq!(
        data_schema::sources::UNVERIFIED,
        described,
        "data-schema/src/sources.rs must say\n\npub const UNVERIFIED: &[&str] = &[\n{listed}];\n"
    );
}

#[test]
fn every_source_says_how_its_format_is_known() {
    for source in SOURCES {
        let is_told = match source.info().evidence {
            Evidence::Genuine { version, date } => !version.is_empty() && !date.is_empty(),
            Evidence::VendorCode { repository, commit } => {
                repository.contains('/') && !commit.is_empty()
            }
            Evidence::Described { by } => !by.is_empty(),
        };
        assert!(is_told, "{}: fill in `evidence` of its Info", source.id());
    }
}

/// All basic cases in one home: nobody takes what is another's, and nobody is disturbed.
#[test]
fn all_sources_in_one_home_count_what_each_counts_alone() {
    let home = tempfile::tempdir().unwrap();
    let sources = names(&fixtures());
    for source in &sources {
        put(&fixtures().join(source).join("basic/home"), home.path());
    }
    for source in &sources {
        let alone = scanned(source, &fixtures().join(source).join("basic"));
        let together = scan(source, home.path());
        let ids = |found: Found| -> Vec<_> {
            found.records.into_sorted().iter().map(|record| record.id).collect()
        };
        assert_eq!(ids(together), ids(alone), "{source}");
    }
}
