//! By what the index knows a file of the store again.

use gix::Repository;
use twox_hash::XxHash3_64;

use crate::folder::Stamp;
use crate::git::Git;
use crate::snapshot::Content;
use crate::{Snapshot, StoreError};

pub(super) const KEY_LENGTH: usize = 20;

/// The id of a blob. In a plain folder: 128 bits of hash over path, size, times and inode, and four bytes
/// of the size. [`NO_KEY`] is never found again.
pub(super) type Key = [u8; KEY_LENGTH];

/// The key of content that may not be used another time.
pub(super) const NO_KEY: Key = [0; KEY_LENGTH];

/// A file that was changed this shortly before it was read may change again without a new time: the clocks
/// of file systems tick up to every 10 ms.
const TICK_NS: i64 = 50_000_000;
/// Some count whole seconds only, FAT two of them.
const SECOND_NS: i64 = 1_000_000_000;

/// Reads files of a snapshot, on one thread.
pub(super) struct FileReader<'a> {
    snapshot: &'a Snapshot,
    repository: Option<Repository>,
    bytes: Vec<u8>,
}

impl Snapshot {
    /// The key of an entry.
    pub(super) fn key(&self, place: usize) -> Key {
        match self.content() {
            Content::Git { blobs, .. } => blobs.get(place).map_or(NO_KEY, |blob| {
                let mut key = NO_KEY;
                let bytes = blob.as_bytes();
                let length = bytes.len().min(KEY_LENGTH);
                key[..length].copy_from_slice(&bytes[..length]);
                key
            }),
            Content::Folder { stamps, .. } => {
                match (self.entries().get(place), stamps.get(place)) {
                    (Some(entry), Some(stamp)) => folder_key(&entry.path, stamp),
                    _ => NO_KEY,
                }
            }
        }
    }
}

fn folder_key(path: &str, stamp: &Stamp) -> Key {
    let mut bytes = Vec::with_capacity(path.len() + 32);
    bytes.extend_from_slice(path.as_bytes());
    bytes.extend_from_slice(&stamp.bytes());
    let mut key = NO_KEY;
    for (seed, part) in (0..).zip(key.chunks_mut(8)) {
        let hash = XxHash3_64::oneshot_with_seed(seed, &bytes).to_le_bytes();
        let length = part.len();
        part.copy_from_slice(&hash[..length]);
    }
    key
}

impl<'a> FileReader<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        let repository = match snapshot.content() {
            Content::Git { git, .. } => Some(git.local()),
            Content::Folder { .. } => None,
        };
        Self { snapshot, repository, bytes: Vec::new() }
    }

    /// The bytes of an entry, and the key under which they may be kept. `clock` is a time of the file
    /// system from before anything was read.
    pub(super) fn read(
        &mut self,
        place: usize,
        clock: Option<Stamp>,
    ) -> Result<(&[u8], Key), StoreError> {
        let known = self.snapshot.key(place);
        match (self.snapshot.content(), &self.repository) {
            (Content::Git { git, blobs, .. }, Some(repository)) => {
                let id = blobs.get(place).ok_or_else(|| git.error("no such file"))?;
                let object = repository.find_object(*id).map_err(|error| git.error(error))?;
                self.bytes.clear();
                self.bytes.extend_from_slice(&object.data);
                Ok((&self.bytes, known))
            }
            (Content::Folder { folder, .. }, _) => {
                let entry = self.snapshot.entries().get(place);
                let path = entry.map(|entry| entry.path.as_str()).unwrap_or_default();
                let stamp = folder.read_into(path, &mut self.bytes)?;
                let is_settled = clock.is_some_and(|clock| is_settled(&stamp, &clock));
                let is_known = is_settled && folder_key(path, &stamp) == known;
                Ok((&self.bytes, if is_known { known } else { NO_KEY }))
            }
            (Content::Git { git, .. }, None) => Err(git.error("no repository")),
        }
    }

    /// Whether what was read is what was once written: then a file that does not parse never will.
    pub(super) fn is_as_written(&self, place: usize) -> bool {
        match self.snapshot.content() {
            Content::Git { git, blobs, .. } => {
                blobs.get(place).is_some_and(|id| Git::read_checked(git, *id).is_ok())
            }
            Content::Folder { .. } => true,
        }
    }
}

/// Whether a file can no longer change without getting a later time.
fn is_settled(stamp: &Stamp, clock: &Stamp) -> bool {
    let is_coarse = stamp.ctime_ns % SECOND_NS == 0;
    let margin = if is_coarse { 2 * SECOND_NS } else { TICK_NS };
    stamp.ctime_ns < clock.ctime_ns.saturating_sub(margin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_just_changed_is_not_kept() {
        let at = |ctime_ns| Stamp { ctime_ns, ..Stamp::default() };
        let now = at(1_800_000_000_500_000_000);
        assert!(is_settled(&at(now.ctime_ns - 60_000_001), &now));
        assert!(!is_settled(&at(now.ctime_ns - 40_000_001), &now));
        assert!(!is_settled(&at(now.ctime_ns + 40_000_001), &now));
        assert!(!is_settled(&at(1_800_000_000_000_000_000), &now), "whole seconds are coarse");
        assert!(is_settled(&at(1_799_999_998_000_000_000), &now));
    }

    #[test]
    fn every_part_of_a_stamp_changes_the_key() {
        let stamp = Stamp { size: 1, mtime_ns: 2, ctime_ns: 3, inode: 4 };
        let key = folder_key("a", &stamp);
        assert_ne!(key, folder_key("b", &stamp));
        for other in [
            Stamp { size: 2, ..stamp },
            Stamp { mtime_ns: 3, ..stamp },
            Stamp { ctime_ns: 4, ..stamp },
            Stamp { inode: 5, ..stamp },
        ] {
            assert_ne!(key, folder_key("a", &other));
        }
    }
}
