//! Day files of years, to measure `summarize` and the store with.
//!
//! The same files at every run: every number comes from the hash of the record's name.

use std::path::Path;

use anyhow::Result;
use data_schema::{
    Attribution, DayFile, HashId, Interner, Period, RecordId, Text, Tokens, Usage, UsageRecord,
    UtcSeconds,
};
use rayon::prelude::*;
use store::{Changes, Store};

use super::truth::{Totals, Truth};

/// Sources with models of theirs. The last model of all stands in no price book.
const SOURCES: [(&str, [&str; 3]); 5] = [
    ("claude-code", ["claude-sonnet-4-5-20250929", "claude-opus-4-8", "claude-haiku-4-5"]),
    ("codex", ["gpt-5.3-codex", "gpt-5.5", "gpt-5.4"]),
    ("gemini-cli", ["gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.0-flash"]),
    ("opencode", ["glm-5", "kimi-k3", "deepseek-chat"]),
    ("qwen-code", ["qwen3-coder-plus", "qwen3-max", "house-model-1"]),
];
const PROJECTS: u64 = 12;
/// Records of one session.
const SESSION: u64 = 7;
/// 2016-01-01, in days since 1970. The default ends with 2025-12-28, before any test's clock.
const FIRST_DAY: i64 = 16_801;
/// Seconds.
const DAY: i64 = 86_400;

/// How much is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) machines: u64,
    /// At most as many as [`SOURCES`] has.
    pub(crate) sources: u64,
    /// Days of each machine and source.
    pub(crate) days: u64,
    /// Records of a day file.
    pub(crate) records: u64,
    /// Of a hundred days, those on which a machine uses a source.
    pub(crate) used: u64,
}

/// A machine and a source of it.
type Folder = (String, &'static (&'static str, [&'static str; 3]));

impl Size {
    fn folders(&self) -> Vec<Folder> {
        let sources = usize::try_from(self.sources).unwrap_or(0).min(SOURCES.len());
        (1..=self.machines)
            .flat_map(|number| {
                SOURCES[..sources].iter().map(move |source| (format!("machine-{number}"), source))
            })
            .collect()
    }
}

/// Writes the files below `OUT/raw/`.
pub(crate) fn write(out: &Path, size: &Size) -> Result<Truth> {
    let parts: Result<Vec<Truth>> =
        size.folders().par_iter().with_max_len(1).map(|folder| one(out, folder, size)).collect();
    let mut truth = Truth::default();
    for part in parts? {
        for (source, totals) in &part.sources {
            truth.add(source, part.files, part.bytes, *totals);
        }
    }
    Ok(truth)
}

fn one(out: &Path, folder: &Folder, size: &Size) -> Result<Truth> {
    let (machine, (source, _)) = folder;
    fs_err::create_dir_all(out.join("raw").join(machine).join(source))?;
    let mut truth = Truth::default();
    each_file(folder, size, |path, bytes, totals| {
        truth.add(source, 1, u64::try_from(bytes.len())?, totals);
        Ok(fs_err::write(out.join(path), bytes)?)
    })?;
    Ok(truth)
}

/// Makes the files of a machine and source: path, bytes, and what is in them.
fn each_file(
    (machine, (source, models)): &Folder,
    size: &Size,
    mut take: impl FnMut(String, Vec<u8>, Totals) -> Result<()>,
) -> Result<()> {
    let mut maker = Maker::new(machine, source, models);
    for day in (0..size.days).filter(|day| is_used(machine, source, *day, size.used)) {
        let records = maker.records(day, size.records);
        let totals = sum(&records);
        let start = start_of(day);
        let (name, provider) = (Text::from(machine.as_str()), Text::from(*source));
        let period = Period::day_of(start);
        let file = DayFile::new(name, provider, period, start.plus(DAY), records);
        take(format!("raw/{machine}/{source}/{period}.json"), file.to_bytes(), totals)?;
    }
    Ok(())
}

fn is_used(machine: &str, source: &str, day: u64, used: u64) -> bool {
    let chance = RecordId::new("used", &format!("{machine}/{source}/{day}"), "");
    used >= 100 || u64::from_be_bytes(chance.bytes()) % 100 < used
}

/// Puts the same files into a repository `OUT/data/store.git`, one commit for each machine. Not as a run would: that
/// folds the days of closed months.
pub(crate) fn store(out: &Path, size: &Size) -> Result<Truth> {
    let folder = out.join("data");
    fs_err::create_dir_all(&folder)?;
    let store = Store::open_or_init(&folder.join("store.git"))?;
    let mut truth = Truth::default();
    let folders = size.folders();
    for of_machine in folders.chunk_by(|one, other| one.0 == other.0) {
        let mut changes = Changes::default();
        for folder in of_machine {
            each_file(folder, size, |path, bytes, totals| {
                truth.add(folder.1.0, 1, u64::try_from(bytes.len())?, totals);
                changes.write(path, bytes);
                Ok(())
            })?;
        }
        store.edit(start_of(size.days), "bench", |_| Ok(changes.clone()))?;
    }
    Ok(truth)
}

/// A day file with its last record left out, and what it had.
pub(crate) fn without_last(bytes: &[u8]) -> Result<(Vec<u8>, Totals)> {
    let file = DayFile::parse(bytes)?;
    let mut records = file.records;
    let last = records.pop().map(|record| sum(&[record])).unwrap_or_default();
    let file = DayFile::new(file.machine, file.provider, file.period, file.collected_at, records);
    Ok((file.to_bytes(), last))
}

fn start_of(day: u64) -> UtcSeconds {
    UtcSeconds::default().plus((FIRST_DAY + i64::try_from(day).unwrap_or(0)) * DAY)
}

fn sum(records: &[UsageRecord]) -> Totals {
    let mut sum = Totals::default();
    for record in records {
        let tokens = |tokens: Option<Tokens>| tokens.map_or(0, Tokens::get);
        sum += Totals {
            responses: 1,
            input: tokens(record.usage.input_tokens),
            output: tokens(record.usage.output_tokens),
            cache_read: tokens(record.usage.cache_read_tokens),
            cache_creation: tokens(record.usage.cache_creation_tokens),
        };
    }
    sum
}

/// Makes the records of one machine and source.
struct Maker<'a> {
    names: Interner,
    machine: &'a str,
    source: &'a str,
    models: [Text; 3],
}

impl<'a> Maker<'a> {
    fn new(machine: &'a str, source: &'a str, models: &[&str; 3]) -> Self {
        let mut names = Interner::default();
        let models = models.map(|model| names.text(model));
        Self { names, machine, source, models }
    }

    fn records(&mut self, day: u64, count: u64) -> Vec<UsageRecord> {
        (0..count).map(|number| self.record(day, number, DAY.unsigned_abs() / count)).collect()
    }

    /// One in so many seconds.
    fn record(&mut self, day: u64, number: u64, step: u64) -> UsageRecord {
        let part = |part: u64| format!("{}/{}/{day}/{part}", self.machine, self.source);
        let id = RecordId::new("bench", &part(number), "");
        let session = part(number / SESSION);
        let work = u64::from_be_bytes(RecordId::new("work", &session, "").bytes());
        let seed = u64::from_be_bytes(id.bytes());
        let seconds = i64::try_from(number * step + seed % step).unwrap_or(0);
        let mut record = UsageRecord::new(id, start_of(day).plus(seconds));
        // A session has a main model; one response in five comes from a sub-agent with another.
        let by_agent = seed.is_multiple_of(5);
        let model = if by_agent { 2 } else { usize::try_from(work % 2).unwrap_or(0) };
        record.usage = usage(seed, Text::clone(&self.models[model]));
        record.attribution = Attribution {
            session: Some(HashId::new("session", &session)),
            project: Some(self.names.text(&format!("github.com/acme/app-{}", work % PROJECTS))),
            agent: by_agent.then(|| self.names.text("explore")),
            client: Some(self.names.text(&format!("{}/2.{}.0", self.source, day / 30))),
            vendor: Some(self.names.text("openrouter")),
            ..Attribution::default()
        };
        record
    }
}

fn usage(seed: u64, model: Text) -> Usage {
    let part = |shift: u32, limit: u64| Tokens::new((seed >> shift) % limit);
    Usage {
        model,
        input_tokens: part(8, 2_000),
        cache_read_tokens: part(16, 120_000),
        cache_creation_tokens: part(24, 6_000),
        output_tokens: part(32, 3_000),
        revision: 1,
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const SMALL: Size = Size { machines: 2, sources: 2, days: 3, records: 10, used: 100 };

    fn files(out: &Path) -> BTreeMap<String, Vec<u8>> {
        walkdir::WalkDir::new(out)
            .into_iter()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path = entry.path().strip_prefix(out).unwrap();
                (path.to_string_lossy().into_owned(), fs_err::read(entry.path()).unwrap())
            })
            .collect()
    }

    #[test]
    fn day_files_are_the_same_at_every_run_and_hold_what_the_truth_says() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let truth = write(one.path(), &SMALL).unwrap();
        assert_eq!(truth, write(other.path(), &SMALL).unwrap());
        let files = files(one.path());
        assert_eq!(files, self::files(other.path()));
        assert_eq!((truth.files, files.len()), (12, 12));
        let mut told = Truth::default();
        for bytes in files.values() {
            let file = DayFile::parse(bytes).unwrap();
            told.add(&file.provider, 1, bytes.len() as u64, sum(&file.records));
        }
        assert_eq!(truth, told);
        assert_eq!(truth.sources["codex"].responses, 60);
    }

    #[test]
    fn days_without_use_have_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let truth = write(folder.path(), &Size { days: 200, used: 20, ..SMALL }).unwrap();
        assert!((120..200).contains(&truth.files), "{}", truth.files);
        assert_eq!(files(folder.path()).len(), usize::try_from(truth.files).unwrap());
    }

    #[test]
    fn a_stored_corpus_holds_the_same_records_as_the_files() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let files = write(one.path(), &SMALL).unwrap();
        let truth = store(other.path(), &SMALL).unwrap();
        assert_eq!((truth.sources, truth.files), (files.sources, files.files));
        let store = Store::open(&other.path().join("data/store.git")).unwrap();
        assert_eq!(store.verify(false, UtcSeconds::default(), "test").unwrap().records, 120);
    }

    #[test]
    fn a_changed_day_file_lacks_its_last_record_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &SMALL).unwrap();
        let bytes = files(folder.path()).into_values().next().unwrap();
        let mut before = DayFile::parse(&bytes).unwrap().records;
        let (changed, lacks) = without_last(&bytes).unwrap();
        let after = DayFile::parse(&changed).unwrap().records;
        assert_eq!(sum(&[before.pop().unwrap()]), lacks);
        assert_eq!(after, before);
    }
}
