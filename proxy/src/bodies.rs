//! Bodies of requests and answers, kept for a while where a person has switched that on to look for a fault.
//!
//! Off by default: the proxy stores no word of a prompt or an answer. Switched on, a request leaves `<id>.request` and
//! `<id>.answer`, which only their owner can read, cut behind the first megabyte. They hold what was sent and no header,
//! so no credential. They go after their own short life, are never collected, and lie in a folder that git passes over.

use std::fmt;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use fs_err::File;
use serde_json::Value;

use crate::clock::Clock;
use crate::private::{create_file, create_folder};

/// Bytes of one body.
const LARGEST: u64 = 1 << 20;
/// Bytes of all bodies.
const ALL: u64 = 500 << 20;
/// How often old ones are looked for.
const PERIOD: Duration = Duration::from_hours(1);
/// How long they are kept, unless somebody says otherwise.
const LIFE: Duration = Duration::from_hours(24);

/// That bodies are kept, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the settings build it")]
pub struct LogBodies {
    /// How long.
    pub life: Duration,
    /// Where; absent = `bodies` beside the ledger.
    pub folder: Option<PathBuf>,
}

impl Default for LogBodies {
    fn default() -> Self {
        Self { life: LIFE, folder: None }
    }
}

impl LogBodies {
    /// Reads `logBodies`: `true`, or `{hours: 24, dir: FOLDER}`.
    ///
    /// # Errors
    ///
    /// It is none of both, in words.
    pub fn parse(value: &Value) -> Result<Option<Self>, &'static str> {
        const WRONG: &str =
            "must be `true`, `false`, or `{hours: HOURS, dir: FOLDER}` with at most 720 hours";
        let map = match value {
            Value::Bool(is_on) => return Ok(is_on.then(Self::default)),
            Value::Object(map) => map,
            _ => return Err(WRONG),
        };
        let mut settings = Self::default();
        for (key, value) in map {
            match (key.as_str(), value.as_u64(), value.as_str()) {
                ("hours", Some(hours @ 1..=720), _) => settings.life = Duration::from_hours(hours),
                ("dir", _, Some(folder)) => settings.folder = Some(PathBuf::from(folder)),
                _ => return Err(WRONG),
            }
        }
        Ok(Some(settings))
    }
}

/// Keeps bodies, or does not.
pub struct Bodies {
    kept: Option<Arc<Kept>>,
    /// Dropping it ends the thread that clears away.
    clear: Option<Mutex<Sender<()>>>,
}

#[derive(Debug)]
struct Kept {
    folder: PathBuf,
    life: Duration,
    clock: Clock,
    /// Bytes that are there.
    used: AtomicU64,
    has_failed: AtomicBool,
}

/// The bodies of one request.
pub struct BodyLog {
    kept: Arc<Kept>,
    request: Part,
    answer: Part,
}

/// A body on its way into a file, which is made with the first byte.
struct Part {
    path: PathBuf,
    file: Option<File>,
    written: u64,
}

impl Bodies {
    /// Keeps what the settings say, and clears away what earlier runs left.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn new(proxy: &Path, settings: Option<&LogBodies>, clock: &Clock) -> io::Result<Self> {
        let chosen = settings.cloned().unwrap_or_default();
        let folder = chosen.folder.unwrap_or_else(|| proxy.join("bodies"));
        let is_on = settings.is_some();
        if !is_on && !folder.exists() {
            return Ok(Self { kept: None, clear: None });
        }
        if is_on {
            create_folder(&folder)?;
            let passed_over = folder.join(".gitignore");
            if !passed_over.exists() {
                fs_err::write(passed_over, "*\n")?;
            }
        }
        let (used, has_failed) = (AtomicU64::new(0), AtomicBool::new(false));
        let kept = Kept { folder, life: chosen.life, clock: clock.clone(), used, has_failed };
        kept.clear_told(ALL);
        let (kept, (wake, woken)) = (Arc::new(kept), channel());
        let beside = Arc::clone(&kept);
        std::thread::Builder::new()
            .name("bodies".to_owned())
            .spawn(move || beside.keep_clear(&woken))?;
        Ok(Self { kept: is_on.then_some(kept), clear: Some(Mutex::new(wake)) })
    }

    /// Where the bodies of a request go; `None` if they are not kept, or there is no room.
    pub fn begin(&self, request: &str) -> Option<BodyLog> {
        let kept = self.kept.as_ref()?;
        if kept.used.load(Ordering::Relaxed) > ALL {
            let wake = self.clear.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
            // The thread ends with us, not before.
            let _ = wake.send(());
            return None;
        }
        let part = |what: &str| Part {
            path: kept.folder.join(format!("{request}.{what}")),
            file: None,
            written: 0,
        };
        let (request, answer) = (part("request"), part("answer"));
        Some(BodyLog { kept: Arc::clone(kept), request, answer })
    }
}

impl fmt::Debug for Bodies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Bodies")
            .field("is_on", &self.kept.is_some())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BodyLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BodyLog").finish_non_exhaustive()
    }
}

impl BodyLog {
    /// Bytes of the request.
    pub fn request(&mut self, bytes: &[u8]) {
        self.kept.took(self.request.write(bytes));
    }

    /// Bytes of the answer.
    pub fn answer(&mut self, bytes: &[u8]) {
        self.kept.took(self.answer.write(bytes));
    }
}

impl Part {
    /// Writes what there is room for, and says how much that was.
    fn write(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let room = usize::try_from(LARGEST.saturating_sub(self.written)).unwrap_or(usize::MAX);
        let bytes = &bytes[..bytes.len().min(room)];
        if bytes.is_empty() {
            return Ok(0);
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(create_file(&self.path)?),
        };
        file.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(bytes.len() as u64)
    }
}

impl Kept {
    fn took(&self, written: io::Result<u64>) {
        match written {
            Ok(bytes) => {
                self.used.fetch_add(bytes, Ordering::Relaxed);
            }
            Err(error) if !self.has_failed.swap(true, Ordering::Relaxed) => {
                tracing::warn!("bodies cannot be kept, requests go on: {error}");
            }
            Err(_) => {}
        }
    }

    fn keep_clear(&self, woken: &Receiver<()>) {
        while woken.recv_timeout(PERIOD) != Err(RecvTimeoutError::Disconnected) {
            // Room for the next ones.
            self.clear_told(ALL / 2);
            while woken.try_recv().is_ok() {}
        }
    }

    fn clear_told(&self, left: u64) {
        if let Err(error) = self.clear(left) {
            tracing::warn!("bodies cannot be cleared away: {error}");
        }
    }

    /// Deletes what is too old; if there is more than all may be, the oldest until so much is left.
    fn clear(&self, left: u64) -> io::Result<()> {
        let mut files = self.files()?;
        files.sort();
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        let most = if total > ALL { left } else { ALL };
        let now = self.clock.now();
        for (changed, size, path) in files {
            let age = now.signed_duration_since(DateTime::<Utc>::from(changed)).to_std();
            let is_old = age.is_ok_and(|age| age >= self.life);
            if total <= most && !is_old {
                continue;
            }
            match fs_err::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => total = total.saturating_sub(size),
            }
        }
        self.used.store(total, Ordering::Relaxed);
        Ok(())
    }

    /// When they were changed, how large they are, and where.
    fn files(&self) -> io::Result<Vec<(SystemTime, u64, PathBuf)>> {
        let mut files = Vec::new();
        for entry in fs_err::read_dir(&self.folder)? {
            let path = entry?.path();
            // One that has gone since is none.
            if let (true, Ok(metadata)) = (is_body(&path), fs_err::metadata(&path)) {
                files.push((metadata.modified()?, metadata.len(), path));
            }
        }
        Ok(files)
    }
}

/// Whether a file is ours, whatever else lies in a folder that somebody chose.
fn is_body(path: &Path) -> bool {
    let is_id = |id: &str| id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    path.file_stem().and_then(|id| id.to_str()).is_some_and(is_id)
        && path.extension().is_some_and(|end| end == "request" || end == "answer")
}

#[cfg(test)]
mod tests;
