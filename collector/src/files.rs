//! Finds log files: follows links, ends at loops, and takes each file once however many names it has.

use std::collections::HashSet;
use std::fs::Metadata;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use data_schema::UtcSeconds;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use store::FileStamp;
use walkdir::{DirEntry, WalkDir};

use crate::report::SourceReport;

/// Folders below a root that are walked at most. Logs lie up to eight deep.
const DEPTH: usize = 24;
/// Folders that are walked at the same time at least, where there are so many.
const FOLDERS: usize = 64;

/// A log file that is there.
#[derive(Clone, Debug)]
pub(crate) struct LogFile {
    pub(crate) path: PathBuf,
    /// Hash of the path.
    pub(crate) key: u64,
    pub(crate) identity: Identity,
}

/// What makes a file the same as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Device and inode where the system has them, else 0.
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) size: u64,
    /// Last change in nanoseconds since 1970.
    pub(crate) mtime_ns: i64,
    /// Hash of size and last change of a file beside it that belongs to it; 0 = there is none.
    pub(crate) companion: u64,
}

/// Which files are logs.
pub(crate) struct Wanted<'a> {
    pub(crate) is_log: &'a (dyn Fn(&Path) -> bool + Sync),
    /// The file beside a log that changes what the log gives.
    pub(crate) companion: &'a (dyn Fn(&Path) -> Option<PathBuf> + Sync),
    /// Names of folders that are not entered.
    pub(crate) not_entered: &'a [&'a str],
}

impl Wanted<'_> {
    fn enters(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_none_or(|name| !self.not_entered.contains(&name))
    }
}

impl LogFile {
    /// Last change, as the file system tells it.
    pub(crate) fn modified(&self) -> UtcSeconds {
        UtcSeconds::new(self.identity.mtime_ns / 1_000_000_000).unwrap_or_default()
    }

    /// The file as the store's mark names it.
    pub(crate) fn stamp(&self, revision: u32) -> FileStamp {
        let Identity { device, inode, size, mtime_ns, companion } = self.identity;
        let path = self.path.to_string_lossy().into_owned();
        // A database whose newest rows stand in its companion is another than it was.
        let [low @ .., _, _, _, _] = companion.to_le_bytes();
        let revision = revision ^ u32::from_le_bytes(low);
        FileStamp { path, device, inode, size, mtime_ns, revision }
    }
}

/// Files below `roots` that are `wanted`, each once, sorted by path. Unreadable folders, folders and pipes
/// with the name of a log become warnings.
pub(crate) fn find(
    roots: &[PathBuf],
    wanted: &Wanted<'_>,
    report: &mut SourceReport,
) -> Vec<LogFile> {
    let parts: Vec<(Vec<LogFile>, SourceReport)> =
        starts(roots, wanted).par_iter().map(|start| walk(start, wanted)).collect();
    let mut files = Vec::with_capacity(parts.iter().map(|(files, _)| files.len()).sum());
    for (found, told) in parts {
        files.extend(found);
        report.merge(told);
    }
    files.par_sort_unstable_by(|left, right| left.path.as_os_str().cmp(right.path.as_os_str()));
    let mut seen = HashSet::with_capacity(files.len());
    files.retain(|file| match file.identity {
        Identity { inode: 0, .. } => seen.insert(canonical_key(file)),
        Identity { device, inode, .. } => seen.insert((device, inode)),
    });
    report.files += files.len();
    files
}

/// Where the system knows no inodes, the path without links stands for the file.
fn canonical_key(file: &LogFile) -> (u64, u64) {
    let path = fs_err::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone());
    (u64::MAX, path_key(&path))
}

/// A file or folder where a walk begins.
struct Start {
    path: PathBuf,
    /// How deep it may go.
    depth: usize,
    /// The folders above it, so that a link back to one of them is known as a loop.
    above: Vec<(u64, u64)>,
}

/// The roots, taken apart until there is something to do for every core.
fn starts(roots: &[PathBuf], wanted: &Wanted<'_>) -> Vec<Start> {
    let start = |root: &PathBuf| Start { path: root.clone(), depth: DEPTH, above: Vec::new() };
    let mut starts: Vec<Start> = roots.iter().map(start).collect();
    for _ in 0..4 {
        if starts.len() >= FOLDERS {
            break;
        }
        starts = starts.into_iter().flat_map(|start| opened(start, wanted)).collect();
    }
    starts
}

/// What is in a folder. One that cannot be listed, or has the name of a log, stays, so that the walk tells
/// of it.
fn opened(start: Start, wanted: &Wanted<'_>) -> Vec<Start> {
    let listed = fs_err::read_dir(&start.path).ok().and_then(|entries| {
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        paths.collect::<Result<Vec<PathBuf>, _>>().ok()
    });
    let (Some(paths), Some(folder)) = (listed, folder_key(&start.path)) else {
        return vec![start];
    };
    let is_odd = (wanted.is_log)(&start.path);
    if is_odd || start.depth <= 1 || start.above.contains(&folder) {
        return vec![start];
    }
    let mut above = start.above;
    above.push(folder);
    let below = |path| Start { path, depth: start.depth - 1, above: above.clone() };
    paths.into_iter().filter(|path| wanted.enters(path)).map(below).collect()
}

/// What makes two names one folder.
fn folder_key(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs_err::metadata(path).ok().filter(Metadata::is_dir)?;
    match device_and_inode(&metadata) {
        (_, 0) => fs_err::canonicalize(path).ok().map(|path| (u64::MAX, path_key(&path))),
        key => Some(key),
    }
}

fn walk(start: &Start, wanted: &Wanted<'_>) -> (Vec<LogFile>, SourceReport) {
    let (mut files, mut report) = (Vec::new(), SourceReport::default());
    let is_loop = |entry: &DirEntry| {
        entry.path_is_symlink()
            && folder_key(entry.path()).is_some_and(|folder| start.above.contains(&folder))
    };
    let is_entered = |entry: &DirEntry| {
        entry.depth() == 0 || !entry.file_type().is_dir() || wanted.enters(entry.path())
    };
    let entries = WalkDir::new(&start.path).follow_links(true).max_depth(start.depth);
    for entry in entries.into_iter().filter_entry(|entry| !is_loop(entry) && is_entered(entry)) {
        match entry {
            Ok(entry) if (wanted.is_log)(entry.path()) => {
                files.extend(log_file(&entry, wanted, &mut report));
            }
            Ok(_) => {}
            Err(error) => note_walk_error(&error, &start.path, &mut report),
        }
    }
    (files, report)
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

fn log_file(entry: &DirEntry, wanted: &Wanted<'_>, report: &mut SourceReport) -> Option<LogFile> {
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
    let mut identity = identity(&metadata);
    identity.companion = (wanted.companion)(path).map_or(0, |path| companion(&path));
    Some(LogFile { path: path.to_owned(), key: path_key(path), identity })
}

fn identity(metadata: &Metadata) -> Identity {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let mtime_ns = modified.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0);
    let (device, inode) = device_and_inode(metadata);
    Identity { device, inode, size: metadata.len(), mtime_ns, companion: 0 }
}

fn companion(path: &Path) -> u64 {
    let Ok(metadata) = fs_err::metadata(path) else { return 0 };
    let Identity { inode, size, mtime_ns, .. } = identity(&metadata);
    let bytes = [inode.to_le_bytes(), size.to_le_bytes(), mtime_ns.to_le_bytes()].concat();
    store::check(&bytes).max(1)
}

/// The hash of a path, by which the cache knows a log.
pub(crate) fn path_key(path: &Path) -> u64 {
    store::check(path.as_os_str().as_encoded_bytes())
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

/// Bytes before a place in a log that must be what they were for the log to count as continued.
const CHECKED: u64 = 4096;

/// The check sum of the bytes just before a place in a file; `None` if they cannot be read.
pub(crate) fn check_before(file: &fs_err::File, offset: u64) -> Option<u64> {
    let length = offset.min(CHECKED);
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    store::read_at(file.file(), &mut bytes, offset - length).ok()?;
    Some(store::check(&bytes))
}

/// Whether the beginning of one of the files contains the bytes.
pub(crate) fn any_contains<'f>(
    files: impl IntoIterator<Item = &'f LogFile>,
    needle: &[u8],
) -> bool {
    const BEGINNING: u64 = 1024 * 1024;
    files.into_iter().any(|file| {
        let mut bytes = Vec::new();
        let read = fs_err::File::open(&file.path)
            .and_then(|opened| opened.take(BEGINNING).read_to_end(&mut bytes));
        read.is_ok() && memchr::memmem::find(&bytes, needle).is_some()
    })
}
