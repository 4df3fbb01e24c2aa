//! `collect --log-file`: what a scheduled run says also goes to a file, the same with every scheduler.
//!
//! A file holds at most [`LIMIT`] bytes; one older file is kept beside it, under the same name with `.1`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use data_schema::UtcSeconds;
use fs_err::File;

/// Bytes after which a new file is begun.
const LIMIT: u64 = 1 << 20;
/// What the first and the last line of a run begin with.
const BEGIN: &str = "begin ";
const END: &str = "end exit ";

/// The file of this run, if there is one.
static LOG: Mutex<Option<Log>> = Mutex::new(None);

struct Log {
    path: PathBuf,
    file: File,
    length: u64,
}

/// Lets everything that is told from now on go to the file as well.
pub(crate) fn open(path: &Path, now: UtcSeconds, program: &str) -> io::Result<()> {
    let log = Log::open(path)?;
    *LOG.lock().unwrap_or_else(PoisonError::into_inner) = Some(log);
    add(&format!("{BEGIN}{now} {program}"));
    Ok(())
}

/// Adds what was told. Without a file, nothing.
pub(crate) fn add(text: &str) {
    let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(open) = log.as_mut()
        && open.add(text).is_err()
    {
        // A full disk must not stop the run; what it says still goes to the scheduler.
        *log = None;
    }
}

/// The last line of a run.
pub(crate) fn end(code: u8) {
    add(&format!("{END}{code}"));
}

impl Log {
    fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        let mut options = fs_err::OpenOptions::new();
        options.create(true).append(true);
        // It names folders and hosts of this user.
        #[cfg(unix)]
        {
            use fs_err::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let file = options.open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, length })
    }

    fn add(&mut self, text: &str) -> io::Result<()> {
        let length = text.len() as u64 + 1;
        if self.length > 0 && self.length + length > LIMIT {
            let mut older = self.path.clone().into_os_string();
            older.push(".1");
            fs_err::rename(&self.path, older)?;
            *self = Self::open(&self.path)?;
        }
        // One call, so that lines of two runs at once do not mix.
        self.file.write_all(format!("{text}\n").as_bytes())?;
        self.length += length;
        Ok(())
    }
}

/// A place in a log, from which on a run is watched.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    path: PathBuf,
    from: u64,
}

/// What a watched run has said so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Whether it has begun.
    pub(crate) begun: bool,
    /// Its lines.
    pub(crate) lines: Vec<String>,
    /// Its exit code, once it has ended.
    pub(crate) code: Option<u8>,
}

impl Watch {
    /// Watches what is added from now on.
    pub(crate) fn new(path: &Path) -> Self {
        let from = fs_err::metadata(path).map_or(0, |metadata| metadata.len());
        Self { path: path.to_owned(), from }
    }

    /// What has been added. A file that became shorter was begun anew.
    pub(crate) fn look(&self) -> Seen {
        let bytes = fs_err::read(&self.path).unwrap_or_default();
        let from = usize::try_from(self.from).unwrap_or(usize::MAX);
        let added = String::from_utf8_lossy(bytes.get(from..).unwrap_or(&bytes)).into_owned();
        let mut seen = Seen::default();
        for line in added.lines() {
            if line.starts_with(BEGIN) {
                seen.begun = true;
            } else if let Some(code) = line.strip_prefix(END) {
                seen.code = code.trim().parse().ok();
                break;
            } else {
                seen.lines.push(line.to_owned());
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_turned_over_and_never_grows_beyond_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/collect.log");
        let mut log = Log::open(&path).unwrap();
        let line = "x".repeat(999);
        let size = |name: &str| fs_err::metadata(path.with_file_name(name)).map(|data| data.len());
        for _ in 0..1048 {
            log.add(&line).unwrap();
        }
        assert_eq!(size("collect.log").unwrap(), 1_048_000);
        assert!(size("collect.log.1").is_err());
        log.add(&line).unwrap();
        assert_eq!(size("collect.log").unwrap(), 1000);
        assert_eq!(size("collect.log.1").unwrap(), 1_048_000);
        for _ in 0..2000 {
            log.add(&line).unwrap();
        }
        assert!(size("collect.log").unwrap() <= LIMIT);
        assert_eq!(size("collect.log.1").unwrap(), 1_048_000);
        assert_eq!(fs_err::read_dir(folder.path().join("logs")).unwrap().count(), 2);
    }

    #[test]
    fn a_run_is_watched_from_where_the_log_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("collect.log");
        assert_eq!(Watch::new(&path).look(), Seen::default());
        fs_err::write(&path, "begin 1\nend exit 1\n").unwrap();
        let watch = Watch::new(&path);
        assert_eq!(watch.look(), Seen::default());
        let seen = |text: &str| {
            fs_err::write(&path, text).unwrap();
            watch.look()
        };
        let old = "begin 1\nend exit 1\n";
        let begun = seen(&format!("{old}begin 2\nnothing new\n"));
        assert_eq!((begun.begun, begun.code), (true, None));
        let ended = seen(&format!("{old}begin 2\nnothing new\nend exit 3\nbegin 3\n"));
        assert_eq!((ended.lines, ended.code), (vec!["nothing new".to_owned()], Some(3)));
        assert_eq!(seen("begin 2\nend 0\n").code, None);
        assert_eq!(seen("end exit 0\n").code, Some(0), "turned over");
    }
}
