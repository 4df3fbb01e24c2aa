//! Finds log files: follows links, ends at loops, and takes each file once however many names it has.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use data_schema::UtcSeconds;
use rayon::iter::{ParallelBridge, ParallelIterator};
use store::FileStamp;
use walkdir::{DirEntry, WalkDir};

use crate::report::SourceReport;
use crate::source::{Progress, Scan};

/// Folders below a root that are walked at most. Logs lie up to eight deep.
const DEPTH: usize = 24;

/// A log file that is there.
#[derive(Clone, Debug)]
pub(crate) struct LogFile {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    /// Last change, as the file system tells it.
    pub(crate) modified: UtcSeconds,
    pub(crate) stamp: FileStamp,
}

/// Files below `roots` that `wanted` accepts, each once, sorted by path. Unreadable folders, folders
/// and pipes with the name of a log become warnings.
pub(crate) fn find(
    roots: &[PathBuf],
    revision: u32,
    wanted: impl Fn(&Path) -> bool,
    report: &mut SourceReport,
) -> Vec<LogFile> {
    let mut found: BTreeMap<Identity, LogFile> = BTreeMap::new();
    for root in roots {
        let entries = WalkDir::new(root).follow_links(true).max_depth(DEPTH).sort_by_file_name();
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    note_walk_error(&error, root, report);
                    continue;
                }
            };
            if !wanted(entry.path()) {
                continue;
            }
            if let Some((identity, file)) = log_file(&entry, revision, report) {
                found.entry(identity).or_insert(file);
            }
        }
    }
    let mut files: Vec<LogFile> = found.into_values().collect();
    files.sort_by(|left, right| left.path.cmp(&right.path));
    report.files += files.len();
    files
}

/// A loop of links is no fault: what it leads to is walked anyway. Nor is a file that has been deleted
/// since its folder was read: the tool cleans up while we look.
fn note_walk_error(error: &walkdir::Error, root: &Path, report: &mut SourceReport) {
    if error.loop_ancestor().is_some() {
        return;
    }
    let path = error.path().unwrap_or(root);
    if error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound) {
        if fs_err::symlink_metadata(path).is_ok() {
            report.warn(path, None, "is a link to something that does not exist: left out");
        }
        return;
    }
    let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    report.fail(path, format!("cannot be read: {reason}; check its permissions"));
}

fn log_file(
    entry: &DirEntry,
    revision: u32,
    report: &mut SourceReport,
) -> Option<(Identity, LogFile)> {
    let path = entry.path();
    let metadata = match fs_err::metadata(path) {
        Ok(metadata) => metadata,
        // Deleted since the folder was read: the tool cleans up while we look.
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => {
            report.fail(path, format!("cannot be read: {error}"));
            return None;
        }
    };
    if !metadata.is_file() {
        let kind = if metadata.is_dir() { "a folder" } else { "not a regular file" };
        report.warn(path, None, format!("has the name of a log but is {kind}: left out"));
        return None;
    }
    let stamp = stamp(path, &metadata, revision);
    let identity = identity(path, &metadata);
    let modified = UtcSeconds::new(stamp.mtime_ns / 1_000_000_000).unwrap_or_default();
    let file = LogFile { path: path.to_owned(), size: metadata.len(), modified, stamp };
    Some((identity, file))
}

/// What makes two names one file.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    #[cfg(unix)]
    Inode(u64, u64),
    #[cfg(not(unix))]
    Path(PathBuf),
}

#[cfg(unix)]
fn identity(_: &Path, metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    Identity::Inode(metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(path: &Path, _: &Metadata) -> Identity {
    Identity::Path(fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
}

fn stamp(path: &Path, metadata: &Metadata, revision: u32) -> FileStamp {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let mtime_ns = modified.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0);
    let (device, inode) = device_and_inode(metadata);
    let path = path.to_string_lossy().into_owned();
    FileStamp { path, device, inode, size: metadata.len(), mtime_ns, revision }
}

#[cfg(unix)]
fn device_and_inode(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn device_and_inode(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// Reads files in parallel, the largest first, and hands each result to `take`, one at a time and in
/// any order.
pub(crate) fn read_all<'f, T: Send>(
    files: &[&'f LogFile],
    scan: &Scan<'_>,
    read: impl Fn(&LogFile) -> T + Sync,
    take: impl FnMut(&'f LogFile, T) + Send,
) {
    let mut wanted = files.to_vec();
    wanted.sort_by_key(|file| Reverse(file.size));
    (scan.progress)(Progress::Planned {
        files: wanted.len() as u64,
        bytes: wanted.iter().map(|file| file.size).sum(),
    });
    let take = Mutex::new(take);
    wanted.into_iter().par_bridge().for_each(|file| {
        let content = read(file);
        let mut take = take.lock().unwrap_or_else(PoisonError::into_inner);
        take(file, content);
        (scan.progress)(Progress::Read { bytes: file.size });
    });
}

/// Whether the beginning of one of the files contains the bytes.
pub(crate) fn any_contains(files: &[&LogFile], needle: &[u8]) -> bool {
    const BEGINNING: u64 = 1024 * 1024;
    files.iter().any(|file| {
        let mut bytes = Vec::new();
        let read = fs_err::File::open(&file.path)
            .and_then(|opened| opened.take(BEGINNING).read_to_end(&mut bytes));
        read.is_ok() && memchr::memmem::find(&bytes, needle).is_some()
    })
}
