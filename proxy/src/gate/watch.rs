//! The keys of a proxy that runs: found by their id, read again when the file has changed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Instant, SystemTime};

use crate::gate::keys::{FILE, Key, Keys, KeysError};
use crate::gate::secret::{self, KeyHash};

/// Milliseconds between two looks at the file: a change holds within a second.
const PAUSE: u64 = 500;

/// All keys by their public ids.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    by_id: HashMap<String, Arc<Key>>,
}

impl KeySet {
    fn new(keys: Keys) -> Self {
        let by_id = keys.keys.into_iter().map(|key| (key.id.clone(), Arc::new(key)));
        Self { by_id: by_id.collect() }
    }

    /// All of them.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.by_id.values().map(Arc::as_ref)
    }

    /// What a key that a client sent is compared with. Something is, whether its id is known or not.
    fn hash(&self, id: Option<&str>) -> KeyHash {
        id.and_then(|id| self.by_id.get(id)).map_or(KeyHash::NONE, |key| key.hash)
    }

    /// What a key that a client sent is known as.
    pub(crate) fn find(&self, sent: &str) -> Option<Arc<Key>> {
        let id = secret::id(sent);
        if !self.hash(id).is_of(sent) {
            return None;
        }
        self.by_id.get(id?).cloned()
    }
}

/// The keys in a file that other programs may replace at any time.
#[derive(Debug)]
pub(crate) struct Watched {
    folder: PathBuf,
    keys: RwLock<Arc<KeySet>>,
    seen: Mutex<Option<Stamp>>,
    opened: Instant,
    /// When the file is looked at next, in milliseconds since `opened`.
    next: AtomicU64,
}

/// What tells whether a file was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Stamp {
    fn of(folder: &Path) -> Option<Self> {
        let found = fs_err::metadata(folder.join(FILE)).ok()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&found);
        #[cfg(not(unix))]
        let inode = 0;
        Some(Self { modified: found.modified().ok(), length: found.len(), inode })
    }
}

impl Watched {
    /// The keys in the proxy's folder.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    pub(crate) fn open(folder: &Path) -> Result<Self, KeysError> {
        let seen = Stamp::of(folder);
        let keys = KeySet::new(Keys::read(folder)?);
        Ok(Self {
            folder: folder.to_owned(),
            keys: RwLock::new(Arc::new(keys)),
            seen: Mutex::new(seen),
            opened: Instant::now(),
            next: AtomicU64::new(PAUSE),
        })
    }

    /// The keys of now: the file is looked at where the last look is long ago.
    pub(crate) fn current(&self) -> Arc<KeySet> {
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        let next = self.next.load(Ordering::Relaxed);
        let later = now.saturating_add(PAUSE);
        let mine = || {
            self.next.compare_exchange(next, later, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        if now >= next && mine() {
            self.look();
        }
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file again if it has changed. Keys that cannot be read leave those of before in force: a damaged file
    /// opens nothing, and shuts out nobody.
    fn look(&self) {
        let stamp = Stamp::of(&self.folder);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == stamp {
            return;
        }
        *seen = stamp;
        match Keys::read(&self.folder) {
            Ok(keys) => {
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) =
                    Arc::new(KeySet::new(keys));
            }
            Err(error) => tracing::error!("the keys of before stay in force: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::keys::{NewKey, Terms};

    fn create(folder: &Path, name: &str) -> NewKey {
        let now = "2026-05-01T10:00:00Z".parse().unwrap();
        Keys::edit(folder, |keys| keys.create(name, Terms::default(), now)).unwrap()
    }

    #[test]
    fn a_key_of_an_unknown_id_is_compared_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let known = create(folder.path(), "a");
        let set = KeySet::new(Keys::read(folder.path()).unwrap());
        let id = secret::id(known.key.expose());
        assert!(set.hash(id).is_of(known.key.expose()));
        for id in [None, Some(""), Some("AAAAAAAA")] {
            assert_eq!(set.hash(id), KeyHash::NONE);
        }
        assert_eq!(&*set.find(known.key.expose()).unwrap().name, "a");
        let other = secret::draw(secret::PREFIX).unwrap();
        let same_id = format!("{}{}", &known.key.expose()[..11], &other.expose()[11..]);
        for sent in [other.expose(), &same_id, "", "tm_"] {
            assert!(set.find(sent).is_none(), "{sent}");
        }
    }

    #[test]
    fn changes_hold_without_a_restart_and_damage_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let watched = Watched::open(folder.path()).unwrap();
        let first = create(folder.path(), "a");
        assert!(watched.current().find(first.key.expose()).is_none(), "not looked at yet");
        let looked = || {
            watched.next.store(0, Ordering::Relaxed);
            watched.current()
        };
        assert!(looked().find(first.key.expose()).is_some());
        fs_err::write(folder.path().join(FILE), "{").unwrap();
        assert!(looked().find(first.key.expose()).is_some());
        fs_err::remove_file(folder.path().join(FILE)).unwrap();
        assert!(looked().find(first.key.expose()).is_none());
        let second = create(folder.path(), "b");
        assert!(looked().find(second.key.expose()).is_some());
    }
}
