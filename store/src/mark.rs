//! The stored mark: which source files' content the store holds.

use serde::{Deserialize, Serialize};

/// A source file as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "adapters build it")]
pub struct FileStamp {
    /// Its path.
    pub path: String,
    /// Device and inode where the system has them, else 0.
    pub device: u64,
    /// See `device`.
    pub inode: u64,
    /// Bytes.
    pub size: u64,
    /// Last change in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Revision of the adapter that read it.
    pub revision: u32,
}
