//! The cache is written while others use what was found.

use std::thread::{Builder, JoinHandle};

use crate::cache::Cache;

/// What identifies everything that was found, as soon as it is kept.
#[derive(Debug, Default)]
pub(super) struct Writing {
    fingerprint: Option<u64>,
    thread: Option<JoinHandle<(Option<u64>, Vec<String>)>>,
}

impl Writing {
    /// A cache that holds everything already.
    pub(super) fn done(cache: &Cache, sources: &[&str]) -> Self {
        Self { fingerprint: fingerprint(cache, sources), thread: None }
    }

    /// Writes a cache. Without a thread to do it on, it is not written: the next run reads again.
    pub(super) fn begin(mut cache: Cache, sources: Vec<&'static str>) -> Self {
        let write = move || {
            cache.save();
            (fingerprint(&cache, &sources), cache.notices)
        };
        Self { fingerprint: None, thread: Builder::new().spawn(write).ok() }
    }

    /// Whether nothing had to be written.
    pub(super) fn known(&self) -> Option<u64> {
        self.fingerprint
    }

    /// Waits until everything is written; what a person should know of it goes to `notices`.
    pub(super) fn finish(&mut self, notices: &mut Vec<String>) -> Option<u64> {
        if let Some(Ok((fingerprint, told))) = self.thread.take().map(JoinHandle::join) {
            self.fingerprint = fingerprint;
            notices.extend(told);
        }
        self.fingerprint
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.finish(&mut Vec::new());
    }
}

/// `None` without a cache that holds everything.
fn fingerprint(cache: &Cache, sources: &[&str]) -> Option<u64> {
    let mut bytes = cache.fingerprint()?.to_le_bytes().to_vec();
    for source in sources {
        bytes.extend(source.as_bytes());
        bytes.push(0);
    }
    for project in &cache.projects {
        bytes.extend(project.signature.to_le_bytes());
        bytes.extend(project.name.as_bytes());
    }
    Some(store::check(&bytes))
}
