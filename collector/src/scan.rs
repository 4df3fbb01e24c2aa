//! A scan: what all logs of this machine say now, with what earlier runs have kept of them.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use data_schema::packed::Damaged;
use data_schema::{LimitReading, Quality, RecordSet, Text};
use rayon::slice::ParallelSliceMut;
use store::{Block, FileStamp, IdPlace, Part, StoredMark};

use crate::cache::{self, Cache, Entry};
use crate::files::{LogFile, any_contains};
use crate::logs::{Logs, State};
use crate::project::Projects;
use crate::report::{Retention, SourceReport, Warning};
use crate::source::{Located, Place, Progress, SOURCES, Scan, Source};
use crate::stalled::Stalled;
use crate::{Config, Environment};

use writing::Writing;

mod writing;

/// What is scanned and how.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "the command and tests build it")]
pub struct ScanOptions<'a> {
    /// The surroundings of the run.
    pub environment: &'a Environment,
    /// What the machine is told.
    pub config: &'a Config,
    /// Ids of the sources to read; empty = all.
    pub only: &'a [String],
    /// The file of the scan cache; `None` reads all logs.
    pub cache: Option<&'a Path>,
    /// Bytes after which a long scan is saved, so that one that is cut off goes on where it was.
    pub saved_after: u64,
    /// For a run that stores: what the store holds already.
    pub mark: Option<&'a StoredMark>,
    /// Told what has been read, from any thread, with the source's title.
    pub progress: &'a (dyn Fn(&str, Progress) + Sync),
}

/// The usual [`ScanOptions::saved_after`]: a second of reading, or a quarter of what has been read, if that
/// is more.
pub const SAVED_AFTER: u64 = 256 * 1024 * 1024;

/// What all logs say.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Scanned {
    /// By source, in the order of output.
    pub sources: Vec<ScannedSource>,
    /// Which work was wanted.
    rules: u64,
    notices: Vec<String>,
    writing: Writing,
}

impl Scanned {
    /// Identifies everything that the scan found, if nothing has changed since an earlier run.
    pub fn known_fingerprint(&self) -> Option<u64> {
        self.writing.known().map(|known| known ^ self.rules)
    }

    /// The same after a change: waits until the cache is written. `None` without one.
    pub fn fingerprint(&mut self) -> Option<u64> {
        self.writing.finish(&mut self.notices).map(|known| known ^ self.rules)
    }

    /// Adds something to know.
    pub(crate) fn tell(&mut self, notice: String) {
        self.notices.push(notice);
    }

    /// Things to know that concern no source. Waits until the cache is written.
    pub fn notices(&mut self) -> &[String] {
        self.fingerprint();
        &self.notices
    }
}

/// What became of one source.
#[derive(Debug)]
#[non_exhaustive]
pub struct ScannedSource {
    /// Its id.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Where it was looked for.
    pub located: Located,
    /// Logs that have records.
    logs: Vec<u64>,
    blocks: Blocks,
    /// Whether records without a project are left out.
    needs_project: bool,
    /// Their ids, sorted, if they had to be looked at.
    pub ids: Option<Vec<IdPlace>>,
    /// Places of the blocks whose content the store lacks.
    pub unstored: Vec<usize>,
    /// For a run that stores: what the vendor said about limits in those logs.
    pub limits: Vec<LimitReading>,
    /// For a run that stores: every log that was read to its end, now or before.
    pub stamps: Vec<FileStamp>,
    /// How it went.
    pub report: SourceReport,
}

/// The blocks of a source. Where nothing has changed, most runs do not need them.
#[derive(Debug)]
enum Blocks {
    Made(Vec<Block>),
    Kept { cache: Arc<Cache>, projects: Arc<Vec<Text>> },
}

impl ScannedSource {
    /// A source without logs: an interface.
    pub(crate) fn told(id: &'static str, title: &'static str, report: SourceReport) -> Self {
        Self {
            id,
            title,
            located: Located::default(),
            logs: Vec::new(),
            blocks: Blocks::Made(Vec::new()),
            needs_project: false,
            ids: None,
            unstored: Vec::new(),
            limits: Vec::new(),
            stamps: Vec::new(),
            report,
        }
    }

    /// Keys of the logs of [`Self::blocks`], in their order.
    pub fn log_keys(&self) -> &[u64] {
        &self.logs
    }

    /// The records of its logs: a block for each log that has some. Their machine has no name yet. Records of work
    /// that is not wanted are among them: [`Block::leaves_out`] tells.
    ///
    /// # Errors
    ///
    /// The cache is not what it was.
    pub fn blocks(&self) -> io::Result<Vec<Block>> {
        match &self.blocks {
            Blocks::Made(blocks) => Ok(blocks.clone()),
            Blocks::Kept { cache, projects } => {
                // All folders are known where nothing has changed.
                let of = |folder: &str| Text::from(folder);
                let names = cache::Projects { all: projects, of: &of };
                self.make_blocks(cache, &names).map_err(io::Error::other)
            }
        }
    }

    fn make_blocks(
        &self,
        cache: &Cache,
        names: &cache::Projects<'_>,
    ) -> Result<Vec<Block>, Damaged> {
        let blocks = self.logs.iter().map(|log| {
            let entry = cache.entry(self.id, *log).ok_or(Damaged)?;
            let mut block = cache.block(entry, names)?;
            block.provider = self.id.into();
            block.needs_project = self.needs_project;
            Ok(block)
        });
        blocks.collect()
    }

    /// All records that are wanted, those of one response joined.
    ///
    /// # Errors
    ///
    /// The cache was changed under our feet.
    pub fn records(&self) -> io::Result<RecordSet> {
        records(self.blocks()?.iter())
    }

    /// The wanted records that the store lacks.
    ///
    /// # Errors
    ///
    /// The cache was changed under our feet.
    pub fn unstored_records(&self) -> io::Result<RecordSet> {
        if self.unstored.is_empty() {
            return Ok(RecordSet::default());
        }
        let blocks = self.blocks()?;
        records(self.unstored.iter().filter_map(|place| blocks.get(*place)))
    }
}

fn records<'b>(blocks: impl Iterator<Item = &'b Block>) -> io::Result<RecordSet> {
    let mut set = RecordSet::default();
    for block in blocks {
        block.each(|record| {
            if !block.leaves_out(record) {
                set.insert(record.clone());
            }
        })?;
    }
    Ok(set)
}

/// Scans every source that is switched on and asked for.
pub fn scan_sources(options: &ScanOptions<'_>) -> Scanned {
    let mut cache = options.cache.map_or_else(Cache::none, Cache::open);
    let projects = Projects::with_rules(&options.environment.home, &options.config.projects);
    let found = scan_with(options, &projects, &mut cache).or_else(|Damaged| {
        // Content that no check sum fits: everything is read anew.
        cache.forget();
        scan_with(options, &projects, &mut cache)
    });
    let (mut sources, changed) = found.unwrap_or_default();
    let ids: Vec<&str> = sources.iter().map(|source| source.id).collect();
    let notices = std::mem::take(&mut cache.notices);
    let rules = projects.rules().fingerprint;
    if changed {
        return Scanned { sources, rules, notices, writing: Writing::begin(cache, ids) };
    }
    let writing = Writing::done(&cache, &ids);
    let names = cache.projects.iter().map(|project| Text::from(project.name.as_str()));
    let (names, cache) = (Arc::new(names.collect::<Vec<_>>()), Arc::new(cache));
    for source in &mut sources {
        let (cache, projects) = (Arc::clone(&cache), Arc::clone(&names));
        source.blocks = Blocks::Kept { cache, projects };
    }
    Scanned { sources, rules, notices, writing }
}

/// What all sources gave, and whether the cache must be written.
fn scan_with(
    options: &ScanOptions<'_>,
    projects: &Projects,
    cache: &mut Cache,
) -> Result<(Vec<ScannedSource>, bool), Damaged> {
    let wanted = |id: &str| {
        options.config.is_enabled(id)
            && (options.only.is_empty() || options.only.iter().any(|only| only == id))
    };
    let mut found = Vec::new();
    for source in SOURCES.iter().filter(|source| wanted(source.id())) {
        let mut read = read_source(*source, options, cache)?;
        // What is stored is what these rules wanted: under others, more of a log may have to be stored.
        read.logs.revision ^= projects.rules().mark();
        found.push(read);
    }
    let mut changed = projects.recall(cache);
    changed |= found.iter().any(|found| found.changed);
    if changed {
        cache.load_content()?;
    }
    let mut sources = Vec::new();
    for found in found {
        let mut source = handed_on(found, options, cache)?;
        source.needs_project = projects.rules().needs_project();
        sources.push(source);
    }
    if changed {
        for source in &mut sources {
            count(source, cache, projects)?;
        }
        projects.remember(cache);
    }
    Ok((sources, changed))
}

/// A source whose logs have been read.
struct Found {
    source: &'static dyn Source,
    located: Located,
    logs: FoundLogs,
    report: SourceReport,
    changed: bool,
}

/// What a source's answers are like.
#[derive(Clone, Copy, Default)]
struct Answers {
    /// One tells what it used.
    saw_usage: bool,
    /// One does not, and should.
    is_silent: bool,
}

/// Its logs, side by side.
struct FoundLogs {
    revision: u32,
    files: Vec<LogFile>,
    states: Vec<State>,
    groups: Vec<u32>,
}

fn read_source(
    source: &'static dyn Source,
    options: &ScanOptions<'_>,
    cache: &mut Cache,
) -> Result<Found, Damaged> {
    let environment = options.environment;
    let configured = options.config.directory(source.id());
    let located = source.locate(&Place { environment, configured });
    let progress = |progress: Progress| (options.progress)(source.title(), progress);
    let scan = Scan { environment, saved_after: options.saved_after, progress: &progress };
    let mut logs = Logs::find(source, &located.roots, &scan, cache);
    let days = source.retention_days(&located.roots);
    logs.report.retention = days.and_then(|days| Retention::of(days, &logs.files, environment.now));
    source.read(&mut logs)?;
    logs.forget_gone();
    let Logs { files, states, groups, mut report, changed, .. } = logs;
    for missing in &located.missing {
        report.fail(Path::new(""), missing.clone());
    }
    let logs = FoundLogs { revision: source.revision(), files, states, groups };
    Ok(Found { source, located, logs, report, changed })
}

/// Makes of a source what others need of it.
fn handed_on(
    found: Found,
    options: &ScanOptions<'_>,
    cache: &Cache,
) -> Result<ScannedSource, Damaged> {
    let id = found.source.id();
    let unstored = options.mark.map(|mark| found.logs.unstored(id, mark));
    let mut made = ScannedSource::told(id, found.source.title(), found.report);
    made.located = found.located;
    let answers = made.take_logs(&found.logs, unstored.as_ref(), cache)?;
    made.limits.sort();
    made.limits.dedup();
    // Looked for only where nothing tells usage: it reads the logs.
    let holds_answers = || {
        let answer = found.source.answer();
        answers.is_silent || answer.is_some_and(|answer| any_contains(&found.logs.files, answer))
    };
    if !answers.saw_usage && holds_answers() {
        let notice = "answers are in the logs but no usage: this parser is out of date; please update token-matters";
        made.report.notices.push(notice.to_owned());
        made.report.is_out_of_date = true;
    }
    let info = found.source.info();
    if answers.saw_usage && info.quality == Quality::Estimated {
        made.report.notices.push(format!("what it counts is estimated: {}", info.lacks));
    }
    let newest = |file: &LogFile| cache.entry(id, file.key).and_then(|entry| entry.newest);
    let logs: Vec<_> = found.logs.files.iter().map(|file| (file, newest(file))).collect();
    made.report.newest = logs.iter().filter_map(|(_, newest)| *newest).max();
    made.report.stalled = Stalled::of(found.source, &logs, options.environment.now);
    let responses = cache.sources.get(id).map_or(0, |table| table.responses);
    made.report.records = usize::try_from(responses).unwrap_or(usize::MAX);
    made.report = made.report.finish();
    Ok(made)
}

/// Makes the blocks of a source and counts its responses anew.
fn count(
    source: &mut ScannedSource,
    cache: &mut Cache,
    projects: &Projects,
) -> Result<(), Damaged> {
    let all = projects.of_all(cache.folders());
    let names = cache::Projects { all: &all, of: &|folder| projects.of(folder) };
    let part = Part::of(source.make_blocks(cache, &names)?).map_err(|_| Damaged)?;
    let responses = count_responses(&part).map_err(|_| Damaged)?;
    source.ids = Some(part.ids);
    source.blocks = Blocks::Made(part.blocks);
    source.report.records = responses;
    if let Some(table) = cache.sources.get_mut(source.id) {
        table.responses = responses as u64;
        table.is_unfinished = false;
    }
    Ok(())
}

impl FoundLogs {
    /// Groups of logs that the store lacks something of.
    fn unstored(&self, source: &str, mark: &StoredMark) -> HashSet<u32> {
        let logs = self.files.iter().zip(&self.groups);
        let unstored = logs.filter(|(file, _)| !mark.covers(source, &file.stamp(self.revision)));
        unstored.map(|(_, group)| *group).collect()
    }
}

impl ScannedSource {
    /// Takes what all logs gave.
    fn take_logs(
        &mut self,
        logs: &FoundLogs,
        unstored: Option<&HashSet<u32>>,
        cache: &Cache,
    ) -> Result<Answers, Damaged> {
        let mut answers = Answers::default();
        for (index, file) in logs.files.iter().enumerate() {
            let Some(entry) = cache.entry(self.id, file.key) else { continue };
            answers.saw_usage |= entry.saw_usage;
            answers.is_silent |= entry.is_silent;
            self.tell(file, entry, cache)?;
            let is_unstored = unstored.is_some_and(|groups| groups.contains(&logs.groups[index]));
            if unstored.is_some() && logs.states[index] == State::Same {
                self.stamps.push(file.stamp(logs.revision));
            }
            if is_unstored {
                self.limits.extend(cache.contribution(entry)?.limits.iter().cloned());
            }
            if entry.count > 0 {
                if is_unstored {
                    self.unstored.push(self.logs.len());
                }
                self.logs.push(file.key);
            }
        }
        Ok(answers)
    }

    /// Adds what a log's lines had to tell.
    fn tell(&mut self, file: &LogFile, entry: &Entry, cache: &Cache) -> Result<(), Damaged> {
        self.report.skipped += entry.skipped;
        if entry.has_warnings {
            let file = file.path.to_string_lossy();
            let told = &cache.contribution(entry)?.warnings;
            self.report.warnings.extend(told.iter().map(|(line, reason)| Warning {
                file: file.to_string(),
                line: *line,
                reason: reason.clone(),
            }));
        }
        Ok(())
    }
}

/// Number of responses, each once.
fn count_responses(part: &Part) -> io::Result<usize> {
    let records: usize = part.blocks.iter().map(|block| block.count as usize).sum();
    if part.ids.len() == records && !part.blocks.iter().any(Block::leaves_out_some) {
        return Ok(part.ids.chunk_by(|left, right| left.id == right.id).count());
    }
    // Among the ids are some that records only had before, or that are left out.
    let mut own = Vec::with_capacity(records);
    for block in &part.blocks {
        block.each(|record| {
            if !block.leaves_out(record) {
                own.push(record.id);
            }
        })?;
    }
    own.par_sort_unstable();
    own.dedup();
    Ok(own.len())
}

impl std::fmt::Debug for ScanOptions<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ScanOptions").field("only", &self.only).finish_non_exhaustive()
    }
}
