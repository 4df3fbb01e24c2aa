//! Locks that a killed process left behind.

use std::io;
use std::time::Duration;

use fs_err as fs;

use crate::StoreError;
use crate::git::Git;

/// What git and gix lock for milliseconds: references, their packed form, the configuration.
const SHORT: [&str; 6] = [
    "refs/heads/main.lock",
    "refs/token-matters/base.lock",
    "refs/token-matters/remote.lock",
    "packed-refs.lock",
    "HEAD.lock",
    "config.lock",
];
/// What a fetch locks while it receives a pack.
const LONG: &str = "shallow.lock";
/// Longer than any fetch of ours: also one that goes on alone after its run was killed.
const DEAD_AFTER: Duration = Duration::from_mins(15);

impl Git {
    /// Takes away locks that a killed process left: nobody else of ours holds one while we hold our own.
    pub(crate) fn remove_stale_lock(&self) -> Result<(), StoreError> {
        for name in SHORT {
            self.remove_lock(name)?;
        }
        let lock = self.root.join(LONG);
        if lock.exists() {
            // The time of the file system, which wrote that of the lock as well.
            let now = tempfile::tempfile_in(self.private_folder())?.metadata()?.modified()?;
            let age = now.duration_since(fs::metadata(&lock)?.modified()?);
            // One from the future is of a clock that was wrong.
            if age.is_err() || age.is_ok_and(|age| age > DEAD_AFTER) {
                self.remove_lock(LONG)?;
            }
        }
        Ok(())
    }

    /// Takes away the lock of a fetch that was ended at its deadline: it had no time to do so itself.
    pub(crate) fn remove_lock_of_fetch(&self) -> Result<(), StoreError> {
        self.remove_lock(LONG)?;
        self.remove_stale_lock()
    }

    fn remove_lock(&self, name: &str) -> Result<(), StoreError> {
        match fs::remove_file(self.root.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}
