//! Files that a commit changes.

use std::collections::BTreeMap;

use data_schema::UtcSeconds;
use gix::ObjectId;

use crate::checked::check_changes;
use crate::store::{Backend, Store};
use crate::{Snapshot, StoreError};

/// How often an edit is made anew when others were faster.
const ATTEMPTS: u32 = 40;

/// New content by path, or nothing where a file is taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    files: BTreeMap<String, Option<Vec<u8>>>,
}

impl Changes {
    /// Writes a file.
    pub fn write(&mut self, path: impl Into<String>, bytes: Vec<u8>) {
        self.files.insert(path.into(), Some(bytes));
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: impl Into<String>) {
        self.files.insert(path.into(), None);
    }

    /// Leaves a file as it is after all.
    pub fn forget(&mut self, path: &str) {
        self.files.remove(path);
    }

    /// What becomes of a file: `None` if it stays as it is.
    pub fn get(&self, path: &str) -> Option<Option<&[u8]>> {
        self.files.get(path).map(Option::as_deref)
    }

    /// All files, by path; `None` for those that are taken away.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_deref()))
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl Store {
    /// Changes files in one commit, under the lock. `change` is given what the store holds and may be
    /// asked again if somebody else was faster. No change, no commit; `None` then, and for a plain folder.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written, others changed it at every attempt, or what `change` fails with.
    pub fn edit(
        &self,
        now: UtcSeconds,
        message: &str,
        mut change: impl FnMut(&Snapshot) -> Result<Changes, StoreError>,
    ) -> Result<Option<String>, StoreError> {
        let git = match &self.backend {
            Backend::Git(git) => git,
            Backend::Folder(folder) => {
                let changes = change(&self.snapshot()?)?;
                check_changes(&changes)?;
                folder.write(&changes)?;
                return Ok(None);
            }
        };
        let _lock = git.lock()?;
        for _ in 0..ATTEMPTS {
            let snapshot = self.snapshot()?;
            let changes = change(&snapshot)?;
            if changes.is_empty() {
                return Ok(None);
            }
            check_changes(&changes)?;
            let base = snapshot.commit();
            let base = base.and_then(|hex| ObjectId::from_hex(hex.as_bytes()).ok());
            let (new, _) = git.write(base, &changes, message, now)?;
            if git.advance(base, new, now)? {
                return Ok(Some(new.to_string()));
            }
            git.remove_stale_lock()?;
        }
        Err(StoreError::Busy { path: self.path().to_owned(), attempts: ATTEMPTS })
    }
}
