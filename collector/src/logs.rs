//! The logs of one source in one run: which have changed, and what they give.

use std::collections::HashSet;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use data_schema::packed::Damaged;
use rayon::iter::{ParallelBridge, ParallelIterator};

use crate::cache::{Cache, Entry, Place};
use crate::contribution::{Clock, Contribution, Kin, Resume};
use crate::files::{Identity, LogFile, Wanted, check_before, find};
use crate::lines::Passed;
use crate::report::SourceReport;
use crate::source::{Progress, Scan, Source};

/// The logs of a source.
pub(crate) struct Logs<'a> {
    pub(crate) files: Vec<LogFile>,
    /// Beside `files`.
    pub(crate) states: Vec<State>,
    pub(crate) scan: &'a Scan<'a>,
    pub(crate) cache: &'a mut Cache,
    pub(crate) report: SourceReport,
    /// Logs whose records depend on each other have the same number. Beside `files`.
    pub(crate) groups: Vec<u32>,
    /// Keys of logs that are known and not there any more.
    pub(crate) gone: Vec<u64>,
    source: &'a dyn Source,
    read: u64,
    saved: u64,
    /// Whether the cache knows less than what is there, or more.
    pub(crate) changed: bool,
}

/// How a log stands to what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing has changed.
    Same,
    /// It goes on where it ended.
    Grown,
    /// Unknown, or another than it was.
    New,
    /// It could not be read to its end.
    Failed,
}

/// What reading a log needs beside the log.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) clock: Clock,
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl<'a> Reading<'a> {
    /// For a log with this clock.
    pub(crate) fn new(clock: Clock, progress: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self { clock, progress }
    }

    /// Opens a log; what is read of it is told.
    pub(crate) fn open(self, path: &Path) -> io::Result<Metered<'a>> {
        let file = fs_err::File::open(path)?;
        Ok(Metered { file, progress: self.progress })
    }

    /// Tells bytes that were read another way.
    pub(crate) fn tell(self, count: u64) {
        (self.progress)(Progress::Bytes { count });
    }
}

/// A file that tells how much of it has been read.
pub(crate) struct Metered<'a> {
    file: fs_err::File,
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl Metered<'_> {
    /// What has been gone over.
    pub(crate) fn seen(&self, passed: Passed) -> Seen {
        let check = passed.resume_at.and_then(|offset| check_before(&self.file, offset));
        Seen { passed, check }
    }
}

impl io::Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        (self.progress)(Progress::Bytes { count: count as u64 });
        Ok(count)
    }
}

impl io::Seek for Metered<'_> {
    fn seek(&mut self, place: io::SeekFrom) -> io::Result<u64> {
        self.file.seek(place)
    }
}

/// What became of reading a log.
pub(crate) struct Read<T> {
    /// `None`: what it gives is not known yet.
    pub(crate) contribution: Option<Contribution>,
    /// Whether it was read to its end.
    pub(crate) is_whole: bool,
    /// What is to be told in this run only.
    pub(crate) report: SourceReport,
    pub(crate) rest: T,
}

impl<T> Read<T> {
    /// What a log gave, as far as it could be read. One that is not there any more has been deleted since
    /// it was listed: that is no fault.
    pub(crate) fn of(
        file: &LogFile,
        contribution: Contribution,
        error: Option<io::Error>,
        rest: T,
    ) -> Self {
        let is_whole = error.is_none();
        let mut report = SourceReport::default();
        if let Some(error) = error.filter(|error| error.kind() != ErrorKind::NotFound) {
            let reason = format!("cannot be read to its end: {error}; what came before counts");
            report.fail(&file.path, reason);
        }
        Self { contribution: Some(contribution), is_whole, report, rest }
    }
}

impl<'a> Logs<'a> {
    /// Looks at all logs below the roots.
    pub(crate) fn find(
        source: &'a dyn Source,
        roots: &[PathBuf],
        scan: &'a Scan<'a>,
        cache: &'a mut Cache,
    ) -> Self {
        let mut report = SourceReport::new(source.id());
        let wanted = Wanted {
            is_log: &|path| source.is_log(path),
            companion: &|path| source.companion(path),
            not_entered: source.info().not_entered,
        };
        let files = find(roots, &wanted, &mut report);
        report.bytes = files.iter().map(|file| file.identity.size).sum();
        report.newest_change = files.iter().map(LogFile::modified).max();
        let table = cache.table(source.id(), source.revision());
        let unfinished = table.is_unfinished;
        let known = |file: &LogFile| {
            // A run that was cut off may have left a log beside an older state of those that it came from.
            let is_whole = |entry: &&Entry| !unfinished || entry.is_alone();
            table.logs.get(&file.key).filter(is_whole)
        };
        let states: Vec<State> = files.iter().map(|file| state(file, known(file), scan)).collect();
        let there: HashSet<u64> = files.iter().map(|file| file.key).collect();
        let gone: Vec<u64> =
            table.logs.keys().filter(|key| !there.contains(key)).copied().collect();
        let groups = (0..).take(files.len()).collect();
        let changed =
            !gone.is_empty() || unfinished || states.iter().any(|state| *state != State::Same);
        table.is_unfinished = changed;
        let (read, saved) = (0, 0);
        Self { files, states, scan, cache, report, groups, gone, source, read, saved, changed }
    }

    pub(crate) fn reading(&self, file: &LogFile) -> Reading<'a> {
        let clock = Clock { now: self.scan.environment.now, modified: file.modified() };
        Reading::new(clock, self.scan.progress)
    }

    /// What is known of a log.
    pub(crate) fn entry(&mut self, index: usize) -> Option<&Entry> {
        let key = self.files[index].key;
        self.cache.table(self.source.id(), self.source.revision()).logs.get(&key)
    }

    /// Places of the logs that have to be read.
    pub(crate) fn changed_logs(&self) -> Vec<usize> {
        let is_changed = |state: &State| matches!(state, State::Grown | State::New);
        (0..self.files.len()).filter(|index| is_changed(&self.states[*index])).collect()
    }

    /// Reads logs on all cores, the largest first: `read` gets what is known of a log that has grown. What
    /// they give is kept, and the rest handed to `take`, one at a time and in any order.
    pub(crate) fn read<T: Send>(
        &mut self,
        wanted: &[usize],
        read: impl Fn(&LogFile, Reading<'_>, Option<&Contribution>) -> Read<T> + Sync,
        mut take: impl FnMut(usize, T) + Send,
    ) -> Result<(), Damaged> {
        let mut work = Vec::with_capacity(wanted.len());
        for index in wanted {
            let before = match (self.states[*index], self.entry(*index).cloned()) {
                (State::Grown, Some(entry)) => Some(self.cache.contribution(&entry)?),
                _ => None,
            };
            work.push((self.files[*index].clone(), *index, before));
        }
        let cost = |(file, _, before): &(LogFile, usize, Option<Arc<Contribution>>)| {
            let resume = before.as_ref().and_then(|before| before.resume.as_ref());
            file.identity.size.saturating_sub(resume.map_or(0, |resume| resume.offset))
        };
        work.sort_by_key(|work| std::cmp::Reverse(cost(work)));
        let bytes = work.iter().map(cost).sum();
        (self.scan.progress)(Progress::Planned { files: work.len() as u64, bytes });
        let scan = self.scan;
        let now = scan.environment.now;
        let logs = Mutex::new((self, &mut take));
        work.into_iter().par_bridge().for_each(|work| {
            let bytes = cost(&work);
            let (file, index, before) = work;
            let clock = Clock { now, modified: file.modified() };
            let reading = Reading::new(clock, scan.progress);
            let result = read(&file, reading, before.as_deref());
            {
                let mut guard = logs.lock().unwrap_or_else(PoisonError::into_inner);
                let (logs, take) = &mut *guard;
                let rest = logs.take(index, result);
                logs.save_now_and_then(bytes);
                take(index, rest);
            }
            (scan.progress)(Progress::File);
        });
        Ok(())
    }

    /// Keeps what a log gave. What was not read to its end counts in this run, and no other knows it.
    pub(crate) fn take<T>(&mut self, index: usize, read: Read<T>) -> T {
        let Read { contribution, is_whole, report, rest } = read;
        self.report.merge(report);
        self.changed = true;
        if let Some(contribution) = contribution {
            let file = &self.files[index];
            let table = self.cache.table(self.source.id(), self.source.revision());
            let identity = if is_whole { file.identity } else { Identity::default() };
            table.logs.insert(file.key, Entry::fresh(identity, contribution));
            self.states[index] = if is_whole { State::Same } else { State::Failed };
        }
        rest
    }

    /// The threads that a log has to do with.
    pub(crate) fn kin(&mut self, key: u64) -> Option<Kin> {
        let table = self.cache.table(self.source.id(), self.source.revision());
        table.logs.get(&key)?.kin.clone()
    }

    /// A long first scan is saved now and then, so that one that is cut off goes on where it was.
    fn save_now_and_then(&mut self, bytes: u64) {
        self.read += bytes;
        if self.read - self.saved > self.scan.saved_after.max(self.read / 4) {
            self.saved = self.read;
            self.cache.save();
        }
    }

    /// Forgets logs that are not there any more.
    pub(crate) fn forget_gone(&mut self) {
        let table = self.cache.table(self.source.id(), self.source.revision());
        for key in &self.gone {
            table.logs.remove(key);
        }
    }
}

fn state(file: &LogFile, known: Option<&Entry>, scan: &Scan<'_>) -> State {
    let Some(known) = known.filter(|known| known.window.contains(scan.environment.now)) else {
        return State::New;
    };
    if known.identity == file.identity {
        return State::Same;
    }
    let of = |identity: Identity| (identity.device, identity.inode, identity.companion);
    let is_same_file = of(known.identity) == of(file.identity);
    match known.resume {
        Some(place)
            if is_same_file
                && file.identity.size > known.identity.size
                && file.identity.size >= place.offset
                && goes_on(file, place) =>
        {
            State::Grown
        }
        _ => State::New,
    }
}

/// Whether the bytes just before the place are what they were.
fn goes_on(file: &LogFile, place: Place) -> bool {
    let opened = fs_err::File::open(&file.path).ok();
    opened.and_then(|opened| check_before(&opened, place.offset)) == Some(place.check)
}

/// What has been gone over of a log, and the check sum of the bytes before the place where a later run may
/// go on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) passed: Passed,
    pub(crate) check: Option<u64>,
}

impl Seen {
    /// Where a later run may go on: behind the last line end, if no line behind that has been counted.
    /// `before` is where this run began, and the lines before that.
    pub(crate) fn resume(self, before: (u64, u64)) -> Option<Resume> {
        let Self { passed, check } = self;
        if passed.open.is_some_and(|line| line.visited) {
            return None;
        }
        let open = u64::from(passed.open.is_some());
        let lines = before.1 + passed.lines.saturating_sub(open);
        Some(Resume { offset: passed.resume_at?, lines, check: check?, state: Vec::new() })
    }
}
