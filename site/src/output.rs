//! Writes files: only what has changed, and nothing of ours is left over.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Component, Path};

use fs_err as fs;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::{Deserialize, Serialize};

use crate::SiteError;

/// The list of what was written, below the root: only what stands in it is ever removed.
const LIST: &str = "data/files.json";

/// One file of the site: path below the root with `/`, and content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

impl File {
    pub(crate) fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
    }
}

/// What was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Built {
    /// Files that are new or have other content now.
    pub changed: usize,
    /// Files that were left as they are.
    pub unchanged: usize,
    /// Files of an earlier build that nothing stands behind any more.
    pub removed: usize,
    /// Letters that stand as boxes in PNG, because neither we nor this machine have a font with them.
    pub boxes: usize,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct List {
    files: BTreeSet<String>,
}

/// Puts all files in place and removes those of the build before that are not among them.
pub(crate) fn write(out: &Path, files: Vec<File>) -> Result<Built, SiteError> {
    let mut files: BTreeMap<String, Vec<u8>> =
        files.into_iter().map(|file| (file.path, file.bytes)).collect();
    let before = fs::read(out.join(LIST)).ok();
    let before: List =
        before.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let now = List { files: files.keys().cloned().collect() };
    let mut list = serde_json::to_vec(&now).unwrap_or_default();
    list.push(b'\n');
    files.insert(LIST.to_owned(), list);
    for path in files.keys() {
        if let Some(parent) = out.join(path).parent().filter(|parent| !parent.is_dir()) {
            fs::create_dir_all(parent)?;
        }
    }
    let all: Vec<_> = files.iter().collect();
    let changed = all.par_iter().map(|(path, bytes)| put(&out.join(path), bytes).map(usize::from));
    let changed = changed.try_reduce(|| 0, |one, other| Ok(one + other))?;
    let mut built = Built { changed, unchanged: files.len() - changed, ..Built::default() };
    for path in before.files.difference(&now.files).filter(|path| is_below(path)) {
        let target = out.join(path);
        if target.is_file() {
            fs::remove_file(&target)?;
            built.removed += 1;
            remove_empty(out, path);
        }
    }
    Ok(built)
}

/// Whether a path from a file of ours leads to somewhere below the root.
fn is_below(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Removes the folders that a removed file leaves empty.
fn remove_empty(out: &Path, path: &str) {
    let mut folder = Path::new(path).parent();
    while let Some(known) = folder.filter(|folder| !folder.as_os_str().is_empty()) {
        // It fails where something is left in it, which is what is wanted.
        if fs::remove_dir(out.join(known)).is_err() {
            return;
        }
        folder = known.parent();
    }
}

/// Whether the file is new or has other content now.
fn put(path: &Path, bytes: &[u8]) -> Result<bool, SiteError> {
    let length = fs::metadata(path).is_ok_and(|known| known.len() == bytes.len() as u64);
    if length && fs::read(path).is_ok_and(|known| known == bytes) {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("failed to write `{}`: {error}", path.display()))
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tm-");
    // A web server of another user must be able to read what is published.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder).map_err(named)?;
    file.write_all(bytes).map_err(named)?;
    file.persist(path).map_err(|error| named(error.error))?;
    Ok(true)
}

#[cfg(test)]
mod tests;
