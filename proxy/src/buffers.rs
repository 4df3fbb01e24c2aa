//! How much of all requests' bodies is kept in memory at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Buffers {
    limit: usize,
    used: AtomicUsize,
}

/// What one request holds of it, until it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    buffers: Arc<Buffers>,
    bytes: usize,
}

/// Bytes that hold their share until the last copy of them is dropped.
struct Held {
    bytes: Bytes,
    _share: Share,
}

impl Buffers {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, used: AtomicUsize::new(0) }
    }
}

impl Share {
    /// Nothing yet.
    pub(crate) fn of(buffers: &Arc<Buffers>) -> Self {
        Self { buffers: Arc::clone(buffers), bytes: 0 }
    }

    /// Whether more may be kept. It is asked before a piece is read: each request may go beyond by one piece.
    pub(crate) fn has_room(&self) -> bool {
        self.buffers.used.load(Ordering::Relaxed) < self.buffers.limit
    }

    /// Keeps more.
    pub(crate) fn grow(&mut self, bytes: usize) {
        self.buffers.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
    }

    /// Binds the share to bytes.
    pub(crate) fn hold(self, bytes: Bytes) -> Bytes {
        if bytes.is_empty() { bytes } else { Bytes::from_owner(Held { bytes, _share: self }) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.buffers.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_given_back_with_the_last_copy_of_its_bytes() {
        let buffers = Arc::new(Buffers::new(5));
        let mut share = Share::of(&buffers);
        assert!(share.has_room());
        share.grow(5);
        assert!(!share.has_room());
        let bytes = share.hold(Bytes::from_static(b"12345"));
        let copy = bytes.slice(1..3);
        drop(bytes);
        assert!(!Share::of(&buffers).has_room());
        drop(copy);
        assert!(Share::of(&buffers).has_room());
    }
}
