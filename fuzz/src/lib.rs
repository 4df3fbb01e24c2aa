//! What each fuzz target does with its bytes. Here and not in the targets, so that an ordinary test
//! runs the seeds through the same code. Each returns how many things it found and checked, so that the
//! test notices a seed that does not even get that far.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use collector::source::fuzz_support::read_as_all;
use collector::{
    Config, Environment, Platform, SAVED_AFTER, ScanOptions, ScannedSource, scan_sources,
};
use data_schema::{
    DayFile, DayFileV1, DaySumsFile, FormatError, LimitReading, LimitsFile, Period, Tombstones,
    UsageRecord, UtcSeconds, Version,
};
use store::StoredMark;

pub use derived::{index, packed, scan_cache, sums};

mod derived;

/// How a file in the zstd format begins (RFC 8878, section 3.1.1).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The run's own time.
const NOW: &str = "2026-06-01T00:00:00Z";
/// Last change of every log, seconds since 1970: the same bytes must give the same records.
const CHANGED: u64 = 1_777_000_000;

/// A folder that stands for a home, with one log of one source, written anew for every run.
struct Place {
    folder: tempfile::TempDir,
    environment: Environment,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let environment = Environment {
            home: folder.path().to_owned(),
            other_homes: Vec::new(),
            variables: BTreeMap::new(),
            platform: Platform::Linux,
            now: NOW.parse().expect("a time"),
        };
        Self { folder, environment }
    }
}

static CLAUDE_CODE: LazyLock<Place> = LazyLock::new(Place::new);
static CODEX: LazyLock<Place> = LazyLock::new(Place::new);

/// Reads the bytes as a log of Claude Code: nothing may panic, and what was counted must be the same
/// after it was written and read back.
pub fn claude_code(bytes: &[u8]) -> usize {
    log(&CLAUDE_CODE, "claude-code", ".claude/projects/p/s1.jsonl", bytes)
}

/// Reads the bytes as a rollout of Codex, like [`claude_code`].
pub fn codex(bytes: &[u8]) -> usize {
    let plain = ".codex/sessions/rollout-2026-05-01T10-00-00-aaa.jsonl";
    let compressed = ".codex/sessions/rollout-2026-05-01T10-00-00-bbb.jsonl.zst";
    let (path, other) =
        if bytes.starts_with(&ZSTD_MAGIC) { (compressed, plain) } else { (plain, compressed) };
    // That of an earlier run; mostly there is none.
    let _ = fs_err::remove_file(CODEX.folder.path().join(other));
    log(&CODEX, "codex", path, bytes)
}

/// Names under which a file can be told apart by its reader.
const NAMES: [&str; 6] = ["log.jsonl", "log.json", "log.db", "log.log", "log.jsonl.zst", "log.pb"];

static ALL: LazyLock<Place> = LazyLock::new(Place::new);

/// Reads all but the first byte as a log of every source, under the name that the first byte says: nothing may panic, the
/// same bytes give the same records, and what was counted must be the same after it was written and read back.
pub fn adapters(bytes: &[u8]) -> usize {
    let Some((name, bytes)) = bytes.split_first() else { return 0 };
    let file = ALL.folder.path().join(NAMES[usize::from(*name) % NAMES.len()]);
    write_log(&file, bytes);
    let all = read_as_all(&file, &ALL.environment);
    assert_eq!(read_as_all(&file, &ALL.environment), all);
    fs_err::remove_file(&file).expect("the file just written");
    let mut checked = 0;
    for (id, given) in all {
        let ended = given.warnings.iter().find(|warning| warning.contains("ended this parser"));
        assert_eq!(ended, None, "{id}");
        checked += given.records.len();
        days(id, given.records, ALL.environment.now);
    }
    checked
}

/// Reads the bytes as each kind of file of the store. What is read and may be rewritten must be the
/// same after it was written and read back.
///
/// No mutation finds a matching hash: a file that is right but for it is read again with the hash that
/// the error tells.
pub fn day_file(bytes: &[u8]) -> usize {
    let mut checked = 0;
    if let Some(file) = with_right_hash(bytes, DayFile::parse)
        && file.is_ours_to_rewrite()
    {
        let again = DayFile::parse(&file.to_bytes()).expect("a written day file reads");
        assert_eq!(again, file);
        checked += file.records.len();
    }
    if let Some(mut file) = with_right_hash(bytes, LimitsFile::parse)
        && file.is_ours_to_rewrite()
    {
        let again = LimitsFile::parse(&file.to_bytes()).expect("a written limits file reads");
        // A file is written sorted and without repeats, however it was read.
        file.readings.sort();
        file.readings.dedup();
        assert_eq!(again, file);
        checked += file.readings.len();
    }
    if let Some(file) = with_right_hash(bytes, DaySumsFile::parse)
        && file.is_ours_to_rewrite()
    {
        let again = DaySumsFile::parse(&file.to_bytes()).expect("a written file of day sums reads");
        assert!(again.says_the_same(&file), "{again:?} is not {file:?}");
        assert!(
            file.clone().join(again).says_the_same(&file),
            "a join with itself changes nothing"
        );
        checked += file.sums.len();
    }
    if let Ok(tombstones) = Tombstones::parse(bytes) {
        let again = Tombstones::parse(&tombstones.to_bytes()).expect("written tombstones read");
        assert_eq!(again, tombstones);
        assert_eq!(tombstones.clone().union(again), tombstones);
        checked += tombstones.len();
    }
    if let Ok(file) = DayFileV1::parse(bytes) {
        let sums = file.day_sums();
        assert!(sums.sums.len() <= file.records.len());
        checked += sums.sums.len();
    }
    checked
}

/// Reads the bytes as a configuration: nothing may panic, and a fault names a line that is there.
pub fn config(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let config = Config::parse(&text);
    // YAML ends lines at `\r` as well.
    let lines = text.split(['\n', '\r']).count();
    for fault in &config.faults {
        assert!(
            fault.line.is_none_or(|line| (1..=lines + 1).contains(&line)),
            "{fault} of {lines}"
        );
        assert!(!fault.message.is_empty());
    }
    assert_eq!(Config::parse(&text), config);
    config.faults.len() + config.providers.len() + usize::from(config.machine.is_some())
}

fn log(place: &Place, id: &str, path: &str, bytes: &[u8]) -> usize {
    write_log(&place.folder.path().join(path), bytes);
    let now = place.environment.now;
    let scanned = scan(id, &place.environment, None);
    let records = scanned.records().expect("records of a moment ago");
    days(id, records.iter().cloned(), now);
    let checked = records.len() + scanned.limits.len();
    limits(id, scanned.limits, now);
    checked
}

/// Writes records into day files, and reads them back.
fn days(id: &str, records: impl IntoIterator<Item = UsageRecord>, now: UtcSeconds) {
    let mut days: BTreeMap<Period, Vec<UsageRecord>> = BTreeMap::new();
    for record in records {
        days.entry(Period::day_of(record.at)).or_default().push(record);
    }
    for (period, records) in days {
        let day = DayFile::new("m".into(), id.into(), period, now, records);
        let again = DayFile::parse(&day.to_bytes()).expect("a written day file reads");
        assert_eq!(again, day);
    }
}

fn write_log(file: &Path, bytes: &[u8]) {
    if let Some(folder) = file.parent() {
        fs_err::create_dir_all(folder).expect("a folder below the temporary one");
    }
    fs_err::write(file, bytes).expect("a file in the temporary folder");
    let changed = UNIX_EPOCH + Duration::from_secs(CHANGED);
    let opened = fs_err::OpenOptions::new().write(true).open(file).expect("the file just written");
    opened.file().set_modified(changed).expect("the time of a file of ours");
}

/// Scans one source.
fn scan(id: &str, environment: &Environment, cache: Option<&Path>) -> ScannedSource {
    let scanned = scan_sources(&ScanOptions {
        environment,
        config: &Config::default(),
        only: &[id.to_owned()],
        cache,
        saved_after: SAVED_AFTER,
        mark: Some(&StoredMark::default()),
        progress: &|_, _| {},
    });
    scanned.sources.into_iter().next().expect("a source of the collector")
}

fn limits(provider: &str, mut readings: Vec<LimitReading>, now: UtcSeconds) {
    readings.sort();
    readings.dedup();
    let file = LimitsFile {
        version: Version::CURRENT,
        machine: "m".into(),
        provider: provider.into(),
        month: "2026-05".into(),
        collected_at: now,
        readings,
    };
    let again = LimitsFile::parse(&file.to_bytes()).expect("a written limits file reads");
    assert_eq!(again, file);
}

/// What the bytes hold, if need be with the hash put right.
fn with_right_hash<T>(bytes: &[u8], parse: fn(&[u8]) -> Result<T, FormatError>) -> Option<T> {
    let (stored, computed) = match parse(bytes) {
        Ok(file) => return Some(file),
        Err(FormatError::HashMismatch { stored, computed }) => (stored, computed),
        Err(_) => return None,
    };
    let quoted = format!("\"{stored}\"");
    let start = bytes.windows(quoted.len()).position(|window| window == quoted.as_bytes())?;
    let (before, after) = (&bytes[..start], &bytes[start + quoted.len()..]);
    let mended = [before, format!("\"{computed}\"").as_bytes(), after].concat();
    parse(&mended).ok()
}
