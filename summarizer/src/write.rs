//! Writes a summary: only what has changed, and nothing of ours is left over.

use std::io::{self, Write};
use std::path::Path;

use fs_err as fs;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::{SummarizeError, Summary};

/// Folders below `summary/` that hold nothing but our files.
pub(crate) const FOLDERS: [&str; 8] =
    ["daily", "weekly", "monthly", "providers", "machines", "models", "projects", "data/v1"];
/// Files of ours that may be absent.
pub(crate) const OPTIONAL: [&str; 7] = [
    "budgets.json",
    "hours.json",
    "limits.json",
    "plans.json",
    "prices.json",
    "reconcile.json",
    "sessions.json",
];

/// What writing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// Files that are new or have other content now.
    pub changed: usize,
    /// Files that were left as they are.
    pub unchanged: usize,
    /// Files of ours that nothing stands behind any more.
    pub removed: usize,
}

impl Summary {
    /// Writes all files below `folder` (the `summary/` of a published root).
    ///
    /// # Errors
    ///
    /// A file cannot be written or removed; files that were written before it stay.
    pub fn write(&self, folder: &Path) -> Result<Written, SummarizeError> {
        for path in self.files.keys() {
            if let Some(parent) = folder.join(path).parent()
                && !parent.is_dir()
            {
                fs::create_dir_all(parent)?;
            }
        }
        let files: Vec<_> = self.files.iter().collect();
        let changed = files.par_iter().map(|(path, bytes)| -> Result<usize, SummarizeError> {
            let target = folder.join(path);
            if is_same(&target, bytes) {
                return Ok(0);
            }
            replace(&target, bytes)?;
            Ok(1)
        });
        let changed = changed.try_reduce(|| 0, |one, other| Ok(one + other))?;
        let unchanged = files.len() - changed;
        let mut written = Written { changed, unchanged, removed: 0 };
        for path in self.orphans(folder)? {
            fs::remove_file(folder.join(path))?;
            written.removed += 1;
        }
        Ok(written)
    }

    fn orphans(&self, folder: &Path) -> Result<Vec<String>, SummarizeError> {
        let mut orphans = Vec::new();
        for sub in FOLDERS {
            let entries = match fs::read_dir(folder.join(sub)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            for entry in entries {
                let entry = entry?;
                let path = format!("{sub}/{}", entry.file_name().to_string_lossy());
                let is_json = Path::new(&path).extension().is_some_and(|ending| ending == "json");
                if is_json && entry.file_type()?.is_file() && !self.files.contains_key(&path) {
                    orphans.push(path);
                }
            }
        }
        let gone = OPTIONAL.iter().filter(|name| !self.files.contains_key(**name));
        orphans
            .extend(gone.filter(|name| folder.join(name).exists()).map(|name| (*name).to_owned()));
        Ok(orphans)
    }
}

/// Whether a file holds these bytes; its length is looked at first.
fn is_same(path: &Path, bytes: &[u8]) -> bool {
    let length = fs::metadata(path).is_ok_and(|known| known.len() == bytes.len() as u64);
    length && fs::read(path).is_ok_and(|known| known == bytes)
}

/// Puts the whole content in place at once; the folder exists.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("failed to write `{}`: {error}", path.display()))
    };
    let mut file = tempfile::Builder::new()
        .prefix(".tm-")
        .permissions(published())
        .tempfile_in(folder)
        .map_err(named)?;
    file.write_all(bytes).map_err(named)?;
    file.persist(path).map_err(|error| named(error.error))?;
    Ok(())
}

/// A web server of another user must be able to read what is published.
#[cfg(unix)]
fn published() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

#[cfg(not(unix))]
fn published() -> std::fs::Permissions {
    std::fs::metadata(".")
        .map(|metadata| metadata.permissions())
        .expect("the current folder exists")
}
