//! The folder of the segments.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::build::Output;
use super::segment::{Segment, Unusable};
use crate::folder::Stamp;
use crate::snapshot::Content;

/// Ending of a segment's name.
pub(super) const SUFFIX: &str = "seg";
/// Beginning of the names of files that are not complete.
const PREFIX: &str = ".tm-";
/// How often the folder is listed anew when a segment is gone by the time it is opened.
const ATTEMPTS: u32 = 5;
/// A file that is not complete after a day never will be.
const DAY_NS: i64 = 86_400_000_000_000;

/// The folder, and which of its files are no use.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) folder: PathBuf,
    /// A plain folder of day files may lie in a repository of its user.
    ignored: Option<PathBuf>,
    pub(super) useless: BTreeSet<PathBuf>,
    pub(super) is_damaged: bool,
    pub(super) is_foreign: bool,
    /// Whether nothing is read or written.
    pub(super) is_off: bool,
}

impl Files {
    pub(super) fn of(content: &Content) -> Self {
        let (private, is_plain) = match content {
            Content::Git { git, .. } => (git.private_folder(), false),
            Content::Folder { folder, .. } => (folder.private_folder(), true),
        };
        Self {
            folder: private.join("index"),
            ignored: is_plain.then(|| private.join(".gitignore")),
            useless: BTreeSet::new(),
            is_damaged: false,
            is_foreign: false,
            is_off: false,
        }
    }

    /// Opens all segments that can be used.
    pub(super) fn open(&mut self) -> Vec<Segment> {
        let attempts = if self.is_off { 0 } else { ATTEMPTS };
        for _ in 0..attempts {
            if let Some(segments) = self.try_open() {
                return segments;
            }
        }
        Vec::new()
    }

    /// `None` if a segment is gone: another run has put something else in its place.
    fn try_open(&mut self) -> Option<Vec<Segment>> {
        let Ok(items) = fs::read_dir(&self.folder) else { return Some(Vec::new()) };
        let paths = items.filter_map(Result::ok).map(|item| item.path());
        let mut paths: Vec<PathBuf> =
            paths.filter(|path| path.extension().is_some_and(|suffix| suffix == SUFFIX)).collect();
        paths.sort();
        let mut segments = Vec::new();
        for path in
            paths.into_iter().filter(|path| !self.useless.contains(path)).collect::<Vec<_>>()
        {
            match Segment::open(&path) {
                Ok(segment) => segments.push(segment),
                Err(Unusable::Gone) => return None,
                Err(Unusable::Foreign) => {
                    self.is_foreign = true;
                    self.useless.insert(path);
                }
                Err(Unusable::Damaged) => self.damaged(&path),
            }
        }
        Some(segments)
    }

    /// Leaves a segment out from now on.
    pub(super) fn damaged(&mut self, path: &Path) {
        self.is_damaged = true;
        self.useless.insert(path.to_owned());
    }

    /// A file to write a new segment to.
    pub(super) fn output(&self) -> io::Result<Output> {
        if self.is_off {
            return Err(io::Error::other("what is written there cannot be read again"));
        }
        fs::create_dir_all(&self.folder)?;
        if let Some(ignored) = self.ignored.as_ref().filter(|path| !path.exists()) {
            fs::write(ignored, "*\n")?;
        }
        let file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(&self.folder)?;
        let clock = Stamp::of(&file.as_file().metadata()?);
        self.remove_leftovers(clock);
        Ok(Output::File { file, clock })
    }

    /// Takes away what is no use, except for a new segment that has taken the name of such a file.
    pub(super) fn remove_useless(&mut self, new: Option<&Path>) {
        if let Some(new) = new {
            self.useless.remove(new);
        }
        self.useless.iter().for_each(|path| remove(path));
    }

    /// Takes away what killed runs have left.
    fn remove_leftovers(&self, clock: Stamp) {
        let Ok(items) = fs::read_dir(&self.folder) else { return };
        for item in items.filter_map(Result::ok) {
            let is_old = item.metadata().is_ok_and(|metadata| {
                Stamp::of(&metadata).mtime_ns < clock.mtime_ns.saturating_sub(DAY_NS)
            });
            if is_old && item.file_name().to_string_lossy().starts_with(PREFIX) {
                remove(&item.path());
            }
        }
    }
}

/// Takes a file away, if possible: one that stays is only a waste of room.
pub(super) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::debug!(%error, "cannot take away a part of the index");
    }
}
