//! The stored mark: which source files' content the store holds.
//!
//! It lies beside the repository's objects, names the commit that holds the content, and counts only
//! while that commit is part of the branch. Without it everything is read and joined again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::objects::State;

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

/// What the store holds, file by file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StoredMark {
    /// The commit that holds it, in hex.
    pub(crate) commit: String,
    /// The folder of the machine in that commit, in hex: the mark holds as well where the branch has the same.
    #[serde(default)]
    pub(crate) folder: String,
    /// Files by source.
    pub(crate) sources: BTreeMap<String, BTreeSet<FileStamp>>,
    /// When everything that the machine stored could be read last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checked: Option<Checked>,
}

/// That everything could be read: at this tip, with the object files in this state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checked {
    /// The commit that the branch pointed to, in hex.
    pub(crate) tip: String,
    /// See [`State`].
    pub(crate) objects: State,
}

impl StoredMark {
    /// Whether the store holds what the file holds.
    pub fn covers(&self, provider: &str, stamp: &FileStamp) -> bool {
        self.sources.get(provider).is_some_and(|files| files.contains(stamp))
    }

    /// `None` if there is no mark or it is damaged.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs_err::read(path).ok()?).ok()
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
