//! A store as it was at one moment.

use std::path::PathBuf;

use data_schema::{TOMBSTONES_FILE, Tombstones};
use gix::ObjectId;

use crate::block::check;
use crate::folder::{Folder, Stamp};
use crate::git::Git;
use crate::listing::{Listing, Scope};
use crate::path::{Entry, folder};
use crate::{EntryKind, StoreError};

/// The shared settings of a store.
pub(crate) const SETTINGS: &str = "token-matters.yaml";
/// The prices of the store's owner, in the format of 1.x or that of [`data_schema::PricesFile`].
pub(crate) const PRICES: &str = "pricing.json";

/// All files of a store at one commit, readable from any thread.
#[derive(Clone, Debug)]
pub struct Snapshot {
    entries: Vec<Entry>,
    foreign: Vec<String>,
    content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Git {
        git: Box<Git>,
        commit: Option<ObjectId>,
        tree: Option<ObjectId>,
        /// The blob of each entry.
        blobs: Vec<ObjectId>,
        /// Files beside `raw/`.
        others: Vec<(String, ObjectId)>,
    },
    Folder {
        folder: Folder,
        /// What each entry is known by.
        stamps: Vec<Stamp>,
        /// What the settings and the tombstones are known by.
        shared: [Option<Stamp>; 2],
    },
}

impl Snapshot {
    pub(crate) fn of_git(
        git: &Git,
        commit: Option<ObjectId>,
        scope: Scope<'_>,
    ) -> Result<Self, StoreError> {
        let tree = commit.map(|commit| git.tree_of(commit)).transpose()?;
        let Listing { entries, marks: blobs, foreign, others } = match tree {
            Some(tree) => git.list(tree, scope)?,
            None => Listing::default(),
        };
        let git = Box::new(git.clone());
        Ok(Self { entries, foreign, content: Content::Git { git, commit, tree, blobs, others } })
    }

    pub(crate) fn of_folder(folder: &Folder, scope: Scope<'_>) -> Result<Self, StoreError> {
        let Listing { entries, marks: stamps, foreign, .. } = folder.list(scope)?;
        let shared = [SETTINGS, TOMBSTONES_FILE].map(|path| folder.stamp(path));
        let content = Content::Folder { folder: folder.clone(), stamps, shared };
        Ok(Self { entries, foreign, content })
    }

    /// Our files, sorted by path.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Files below `raw/` that are none of ours, sorted.
    pub fn foreign(&self) -> &[String] {
        &self.foreign
    }

    /// The commit, in hex; a plain folder has none.
    pub fn commit(&self) -> Option<String> {
        match &self.content {
            Content::Git { commit, .. } => commit.map(|commit| commit.to_string()),
            Content::Folder { .. } => None,
        }
    }

    /// What identifies the content of the whole store: the commit's tree, or names, sizes and times of
    /// all files of a plain folder. Two different contents have the same number only by a chance of
    /// 1 in 2^64; a plain folder's number may change where its content has not.
    pub fn fingerprint(&self) -> u64 {
        match &self.content {
            Content::Git { tree, .. } => tree.as_ref().map_or(0, |tree| check(tree.as_bytes())),
            Content::Folder { stamps, shared, .. } => {
                let mut bytes = Vec::new();
                for (entry, stamp) in self.entries.iter().zip(stamps) {
                    bytes.extend_from_slice(entry.path.as_bytes());
                    bytes.extend_from_slice(&stamp.bytes());
                }
                self.foreign.iter().for_each(|path| bytes.extend_from_slice(path.as_bytes()));
                for (place, stamp) in (0_u8..).zip(shared) {
                    bytes.extend(stamp.iter().flat_map(Stamp::bytes).chain([place]));
                }
                check(&bytes)
            }
        }
    }

    /// Where files lie that belong to the store but are not data; it may not be there yet.
    pub fn private_folder(&self) -> PathBuf {
        match &self.content {
            Content::Git { git, .. } => git.private_folder(),
            Content::Folder { folder, .. } => folder.private_folder(),
        }
    }

    /// The bytes of an entry.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is not there any more.
    pub fn read(&self, entry: &Entry) -> Result<Vec<u8>, StoreError> {
        let bytes = self.read_path(&entry.path)?;
        bytes.ok_or_else(|| {
            std::io::Error::new(
                std::io::ErrorKind::NotFound,
                format!("{} is not in the store", entry.path),
            )
            .into()
        })
    }

    /// `token-matters.yaml`, if there is one.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn settings(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.read_path(SETTINGS)
    }

    /// What is to be forgotten.
    ///
    /// # Errors
    ///
    /// It cannot be read: then nobody may go on, or what was forgotten would come back.
    pub fn tombstones(&self) -> Result<Tombstones, StoreError> {
        tombstones(self.read_path(TOMBSTONES_FILE)?.as_deref())
    }

    /// `pricing.json`, if there is one: prices that go before the built-in ones.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn prices(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.read_path(PRICES)
    }

    /// The bytes of one of our files, or of one beside `raw/`.
    pub(crate) fn read_path(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match &self.content {
            Content::Git { git, .. } => match self.object(path) {
                Some(id) => git.read(id).map(Some),
                None => Ok(None),
            },
            Content::Folder { folder, .. } => Ok(folder.read(path)?),
        }
    }

    /// The blob of a path.
    pub(crate) fn object(&self, path: &str) -> Option<ObjectId> {
        let Content::Git { blobs, others, .. } = &self.content else { return None };
        if let Ok(place) = self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)) {
            return blobs.get(place).copied();
        }
        let place = others.binary_search_by(|(other, _)| other.as_str().cmp(path)).ok()?;
        Some(others[place].1)
    }

    /// The bytes of a file beside `raw/`; `None` where there is none.
    ///
    /// # Errors
    ///
    /// It cannot be read, or its content has not been fetched.
    pub fn file(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read_path(path)
    }

    /// Whether a file stands beside `raw/`, such as a workflow.
    pub fn has_file(&self, path: &str) -> bool {
        match &self.content {
            Content::Git { .. } => self.object(path).is_some(),
            Content::Folder { folder, .. } => folder.root.join(path).is_file(),
        }
    }

    /// The entry of a path.
    pub(crate) fn entry(&self, path: &str) -> Option<&Entry> {
        let place = self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
        self.entries.get(place)
    }

    /// Whether an entry's content is on the remote only. In a store without a remote a file that is not there is
    /// damage, and told by whoever reads it.
    pub fn is_absent(&self, entry: &Entry) -> bool {
        let Content::Git { git, .. } = &self.content else { return false };
        git.follows() && self.object(&entry.path).is_some_and(|id| !git.has(id))
    }

    /// Whether a blob is here; in a plain folder everything is.
    pub(crate) fn has(&self, id: ObjectId) -> bool {
        match &self.content {
            Content::Git { git, .. } => git.has(id),
            Content::Folder { .. } => true,
        }
    }

    /// Files beside `raw/` with their blobs; a plain folder does not list them.
    pub(crate) fn beside(&self) -> impl Iterator<Item = (&str, ObjectId)> {
        let others = match &self.content {
            Content::Git { others, .. } => others.as_slice(),
            Content::Folder { .. } => &[],
        };
        others.iter().map(|(path, id)| (path.as_str(), *id))
    }

    /// Where the files are, and what each is known by.
    pub(crate) fn content(&self) -> &Content {
        &self.content
    }

    /// Entries of one source on one machine.
    pub(crate) fn of_source(&self, machine: &str, provider: &str) -> impl Iterator<Item = &Entry> {
        let prefix = format!("{}/", folder(machine, provider));
        let start = self.entries.partition_point(|entry| entry.path < prefix);
        self.entries[start..].iter().take_while(move |entry| entry.path.starts_with(&prefix))
    }

    /// Cards of all machines.
    pub(crate) fn machine_cards(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.kind == EntryKind::Machine)
    }
}

/// Reads the file of the tombstones; without one, nothing is forgotten.
fn tombstones(bytes: Option<&[u8]>) -> Result<Tombstones, StoreError> {
    let read = bytes.map_or_else(|| Ok(Tombstones::default()), Tombstones::parse);
    read.map_err(|error| StoreError::Tombstones { reason: error.to_string() })
}
