//! Puts lines into files. One proxy writes a file: it holds a lock for as long as it lives, so that lines never mix.

use std::collections::VecDeque;
use std::fs::TryLockError;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use fs_err::File;

use super::names::Name;
use super::{LedgerHealth, LedgerLimits};
use crate::private::{create_file, create_folder};

/// Proxies that may write to one folder at the same time.
const MOST_WRITERS: u32 = 64;
/// Lines that waited are written in groups, so that requests do not wait for all of them.
const GROUP: usize = 256;

#[derive(Debug)]
pub(super) struct Writer {
    folder: PathBuf,
    limits: LedgerLimits,
    number: u32,
    /// Given back by the system when the process ends, however it ends.
    _lock: Option<File>,
    open: Option<Open>,
    /// Full files, and those of the day before, that have not been flushed.
    closed: Vec<Arc<File>>,
    /// Whether a file was made whose name has not been flushed.
    is_named: bool,
    waiting: VecDeque<(NaiveDate, Box<[u8]>)>,
    waiting_bytes: usize,
    /// Why they wait.
    reason: String,
    health: LedgerHealth,
}

/// The file that is written now.
#[derive(Debug)]
struct Open {
    name: Name,
    file: Arc<File>,
    length: u64,
    /// Whether it ends in the middle of a line.
    is_torn: bool,
}

/// What must reach the disk.
#[derive(Debug, Default)]
pub(super) struct Flush {
    files: Vec<Arc<File>>,
    folder: Option<PathBuf>,
}

impl Writer {
    pub(super) fn new(folder: &Path, limits: LedgerLimits) -> Self {
        let (number, lock) = lock(folder);
        Self {
            folder: folder.to_owned(),
            limits,
            number,
            _lock: lock,
            open: None,
            closed: Vec::new(),
            is_named: false,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            reason: String::new(),
            health: LedgerHealth::default(),
        }
    }

    /// Writes a line with its line end; one that cannot be written waits, behind those that wait already.
    pub(super) fn append(&mut self, date: NaiveDate, line: &[u8]) -> io::Result<()> {
        if self.is_waiting() {
            self.keep(date, line);
            return Err(io::Error::other(self.reason.clone()));
        }
        let written = self.write(date, line);
        if written.is_err() {
            self.keep(date, line);
        }
        written
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Writes some of the lines that wait.
    pub(super) fn write_waiting(&mut self) -> io::Result<()> {
        for _ in 0..GROUP {
            let Some((date, line)) = self.waiting.pop_front() else { break };
            if let Err(error) = self.write(date, &line) {
                self.waiting.push_front((date, line));
                return Err(error);
            }
            self.waiting_bytes = self.waiting_bytes.saturating_sub(line.len());
        }
        Ok(())
    }

    pub(super) fn health(&self) -> LedgerHealth {
        LedgerHealth { waiting: self.waiting.len(), ..self.health }
    }

    /// What has been written since the last call.
    pub(super) fn flush(&mut self) -> Flush {
        let mut files = std::mem::take(&mut self.closed);
        files.extend(self.open.as_ref().map(|open| Arc::clone(&open.file)));
        let folder = std::mem::take(&mut self.is_named).then(|| self.folder.clone());
        // Somebody who has cleared the folder has not told us.
        if self.open.as_ref().is_some_and(|open| !open.file.path().exists()) {
            self.open = None;
        }
        Flush { files, folder }
    }

    /// The part of the day that is written now, and the day.
    pub(super) fn opened(&self) -> Option<(u32, NaiveDate)> {
        self.open.as_ref().map(|open| (open.name.part, open.name.date))
    }

    fn keep(&mut self, date: NaiveDate, line: &[u8]) {
        if self.waiting_bytes + line.len() > self.limits.waiting {
            self.health.lost = self.health.lost.saturating_add(1);
            return;
        }
        self.waiting_bytes += line.len();
        self.waiting.push_back((date, line.into()));
    }

    fn write(&mut self, date: NaiveDate, line: &[u8]) -> io::Result<()> {
        let result = self.file(date, line.len()).and_then(|open| open.write(line));
        match &result {
            Ok(()) => self.health.written += 1,
            Err(error) => {
                self.health.failures += 1;
                self.reason = error.to_string();
            }
        }
        result
    }

    /// The file for a line of a day.
    fn file(&mut self, date: NaiveDate, length: usize) -> io::Result<&mut Open> {
        let largest = self.limits.file;
        let fits = |open: &Open| {
            let has_room = open.length == 0 || open.length + length as u64 <= largest;
            // After midnight, requests of the day before end among those of the new one.
            has_room && (open.name.date == date || open.name.date.pred_opt() == Some(date))
        };
        if !self.open.as_ref().is_some_and(fits) {
            let date = match &self.open {
                Some(open) if open.name.date.pred_opt() == Some(date) => open.name.date,
                _ => date,
            };
            let next = self.next(date, length as u64)?;
            self.closed.extend(self.open.take().map(|open| open.file));
            self.open = Some(next);
        }
        self.open.as_mut().ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Opens the first file of a day that has room for so many bytes.
    fn next(&mut self, date: NaiveDate, more: u64) -> io::Result<Open> {
        let mut name = Name { date, writer: self.number, part: 1 };
        loop {
            let path = self.folder.join(name.to_string());
            let file = create_file(&path).or_else(|error| {
                create_folder(&self.folder).and_then(|()| create_file(&path)).map_err(|_| error)
            })?;
            let length = file.metadata()?.len();
            self.is_named |= length == 0;
            if length == 0 || length + more <= self.limits.file {
                let is_torn = is_torn(&file, length)?;
                return Ok(Open { name, file: Arc::new(file), length, is_torn });
            }
            name.part = name.part.checked_add(1).ok_or(ErrorKind::StorageFull)?;
        }
    }
}

impl Open {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let ended;
        let bytes = if self.is_torn {
            ended = [b"\n", line].concat();
            &ended
        } else {
            line
        };
        let mut file = &*self.file;
        // In one call, unless the system takes only a part.
        match file.write_all(bytes) {
            Ok(()) => {
                self.length += bytes.len() as u64;
                self.is_torn = false;
                Ok(())
            }
            Err(error) => {
                // A part of the line may be there. Nobody else writes this file, so it can be taken back.
                self.is_torn = file.set_len(self.length).is_err() || self.is_torn;
                Err(error)
            }
        }
    }
}

impl Flush {
    /// Waits for the disk.
    pub(super) fn run(self) -> io::Result<()> {
        for file in self.files {
            file.sync_data()?;
        }
        // A folder can be opened and flushed on Unix only.
        if let (Some(folder), true) = (self.folder, cfg!(unix)) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

/// Whether a file ends in the middle of a line.
fn is_torn(mut file: &File, length: u64) -> io::Result<bool> {
    let Some(last) = length.checked_sub(1) else { return Ok(false) };
    let mut end = [0];
    file.seek(SeekFrom::Start(last))?;
    file.read_exact(&mut end)?;
    Ok(end != *b"\n")
}

/// The first number that no living process has. Where the file system knows no locks, the process's own.
fn lock(folder: &Path) -> (u32, Option<File>) {
    for number in 1..=MOST_WRITERS {
        let Ok(file) = create_file(&folder.join(format!("writer-{number}.lock"))) else { break };
        match file.try_lock() {
            Ok(()) => return (number, Some(file)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(_)) => break,
        }
    }
    (MOST_WRITERS.saturating_add(std::process::id()), None)
}
