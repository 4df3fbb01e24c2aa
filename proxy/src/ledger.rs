//! The ledger: one line a request, in files of a day.
//!
//! A line is with the system before the client sees the end of its answer, in one call of `write`: not even a SIGKILL of
//! the proxy loses one. Flushing to the disk happens beside the way, once a second or every thousand lines; that much a
//! power cut may take. Whatever goes wrong with the files, requests go on: lines wait in memory until they can be
//! written again. `docs/ledger.md` describes files, fields and how long they live.

mod care;
mod names;
mod read;
mod writer;

use std::cell::RefCell;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use data_schema::LedgerEntry;

use crate::private::create_folder;

pub use care::{mark_collected, sizes};
pub use read::{Range, entries, read};
use writer::{Flush, Writer};

/// The longest that a line waits for the disk.
const PERIOD: Duration = Duration::from_secs(1);
/// Lines that wait for the disk at most.
const BATCH: u32 = 1000;
/// How often trouble is told.
const TELL: Duration = Duration::from_mins(1);
/// A line is serialised into a buffer that is kept, unless one line made it larger than this.
const BUFFER: usize = 16 * 1024;

thread_local! {
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What goes wrong with the ledger.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// A file cannot be written or read.
    #[error("the ledger: {0}")]
    Io(#[from] std::io::Error),
    /// Lines wait, or are lost.
    #[error(
        "the ledger cannot be written, requests go on: {error}; {kept} lines wait in memory, {lost} are lost: make room \
         on the disk, or let the user of the proxy write to {}", .folder.display()
    )]
    Waiting {
        /// Why.
        error: String,
        /// Lines in memory.
        kept: usize,
        /// Lines that did not fit there.
        lost: u64,
        /// Where they belong.
        folder: PathBuf,
    },
}

/// How large the ledger may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerLimits {
    /// Bytes of a file, after which the next one of the day begins.
    pub file: u64,
    /// Bytes of all files; beyond that the oldest go, whether collected or not.
    pub all: u64,
    /// Days that a file is kept after it has been collected.
    pub days: u32,
    /// Bytes of lines that wait in memory while nothing can be written.
    pub waiting: usize,
}

impl Default for LedgerLimits {
    fn default() -> Self {
        Self { file: 64 << 20, all: 1 << 30, days: 60, waiting: 16 << 20 }
    }
}

/// How writing goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerHealth {
    /// Lines that were written.
    pub written: u64,
    /// Times that writing failed.
    pub failures: u64,
    /// Lines that wait in memory.
    pub waiting: usize,
    /// Lines that are lost, because too many waited.
    pub lost: u64,
}

/// Writes the ledger. Dropping it flushes what there is.
pub struct Ledger {
    shared: Arc<Shared>,
    flusher: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    limits: LedgerLimits,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug)]
struct State {
    writer: Writer,
    /// Lines since the last flush.
    unflushed: u32,
    told: Option<Instant>,
    is_ending: bool,
}

impl Ledger {
    /// The ledger in a folder, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        Self::with_limits(folder, LedgerLimits::default())
    }

    /// The same with other limits.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn with_limits(folder: &Path, limits: LedgerLimits) -> Result<Self, LedgerError> {
        create_folder(folder)?;
        let writer = Writer::new(folder, limits);
        let state = State { writer, unflushed: 0, told: None, is_ending: false };
        let (state, wake) = (Mutex::new(state), Condvar::new());
        let shared = Arc::new(Shared { folder: folder.to_owned(), limits, state, wake });
        let beside = Arc::clone(&shared);
        let flusher = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || beside.keep_flushed())?;
        Ok(Self { shared, flusher: Some(flusher) })
    }

    /// Appends one line. It is with the system when this returns, or waits in memory.
    ///
    /// # Errors
    ///
    /// Lines cannot be written: told once a minute, not for each of them.
    pub fn record(&self, entry: &LedgerEntry) -> Result<(), LedgerError> {
        LINE.with_borrow_mut(|line| {
            line.clear();
            line.shrink_to(BUFFER);
            serde_json::to_writer(&mut *line, entry).map_err(std::io::Error::from)?;
            line.push(b'\n');
            self.shared.append(entry.at.date_naive(), line)
        })
    }

    /// How writing goes.
    pub fn health(&self) -> LedgerHealth {
        self.shared.lock().writer.health()
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ledger")
            .field("folder", &self.shared.folder)
            .finish_non_exhaustive()
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.shared.lock().is_ending = true;
        self.shared.wake.notify_one();
        if let Some(flusher) = self.flusher.take() {
            // A panic there has told its place.
            let _ = flusher.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, date: NaiveDate, line: &[u8]) -> Result<(), LedgerError> {
        let mut state = self.lock();
        let result = state.writer.append(date, line);
        state.unflushed = state.unflushed.saturating_add(1);
        let is_due = state.unflushed == 1 || state.unflushed == BATCH;
        let told = match result {
            Ok(()) => Ok(()),
            Err(_) if state.told.is_some_and(|told| told.elapsed() < TELL) => Ok(()),
            Err(error) => {
                state.told = Some(Instant::now());
                Err(self.waiting(&state, &error))
            }
        };
        drop(state);
        if is_due {
            self.wake.notify_one();
        }
        told
    }

    fn waiting(&self, state: &State, error: &std::io::Error) -> LedgerError {
        let LedgerHealth { waiting: kept, lost, .. } = state.writer.health();
        LedgerError::Waiting { error: error.to_string(), kept, lost, folder: self.folder.clone() }
    }

    /// Flushes once a second or every thousand lines, tries again what could not be written, and clears away.
    fn keep_flushed(&self) {
        let mut cleared = None;
        let mut state = self.lock();
        loop {
            while state.unflushed == 0 && !state.writer.is_waiting() && !state.is_ending {
                state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            let begin = Instant::now();
            while state.unflushed < BATCH && !state.is_ending && begin.elapsed() < PERIOD {
                let rest = PERIOD.saturating_sub(begin.elapsed());
                let waited = self.wake.wait_timeout(state, rest);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            state.unflushed = 0;
            let is_ending = state.is_ending;
            state = self.write_waiting(state);
            let (flush, opened) = (state.writer.flush(), state.writer.opened());
            drop(state);
            flush_told(flush);
            if let Some((_, today)) = opened.filter(|_| cleared != opened) {
                cleared = opened;
                care::clear(&self.folder, today, &self.limits);
            }
            state = self.lock();
            if is_ending {
                return self.tell_lost(&state);
            }
        }
    }

    /// Writes the lines that wait, in groups: requests come in between.
    fn write_waiting<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if !state.writer.is_waiting() {
            return state;
        }
        while state.writer.is_waiting() {
            if state.writer.write_waiting().is_err() {
                return state;
            }
            drop(state);
            state = self.lock();
        }
        tracing::info!("the ledger is written again");
        state.told = None;
        state
    }

    fn tell_lost(&self, state: &State) {
        let LedgerHealth { waiting, lost, .. } = state.writer.health();
        let lost = lost.saturating_add(waiting as u64);
        if lost > 0 {
            let folder = self.folder.display();
            tracing::error!("{lost} lines of the ledger could not be written to {folder}");
        }
    }
}

fn flush_told(flush: Flush) {
    if let Err(error) = flush.run() {
        tracing::warn!("the ledger cannot be flushed: {error}");
    }
}
