//! A plain folder of day files: what a checkout in a workflow is.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use walkdir::WalkDir;

use crate::durable;

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) root: PathBuf,
}

impl Folder {
    /// Paths of all files below `raw/`, with `/`, sorted.
    pub(crate) fn list(&self) -> io::Result<Vec<String>> {
        let raw = self.root.join("raw");
        if !raw.exists() {
            return Ok(Vec::new());
        }
        let mut paths = Vec::new();
        for entry in WalkDir::new(raw) {
            let entry = entry?;
            if entry.file_type().is_file()
                && let Some(path) = relative(entry.path(), &self.root)
            {
                paths.push(path);
            }
        }
        paths.sort_unstable();
        Ok(paths)
    }

    pub(crate) fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.root.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn write(&self, changes: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
        for (path, bytes) in changes {
            durable::replace(&self.root.join(path), bytes)?;
        }
        Ok(())
    }
}

fn relative(path: &Path, root: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> =
        path.strip_prefix(root).ok()?.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}
