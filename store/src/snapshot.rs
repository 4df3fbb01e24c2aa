//! A store as it was at one moment.

use gix::ObjectId;

use crate::folder::Folder;
use crate::git::{Git, TreeFile};
use crate::path::{Entry, folder};
use crate::{EntryKind, StoreError};

/// The shared settings of a store.
const SETTINGS: &str = "token-matters.yaml";

/// All files of a store at one commit, readable from any thread.
#[derive(Clone, Debug)]
pub struct Snapshot {
    entries: Vec<Entry>,
    foreign: Vec<String>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Git { git: Box<Git>, commit: Option<ObjectId>, files: Vec<TreeFile> },
    Folder(Folder),
}

impl Snapshot {
    pub(crate) fn of_git(git: &Git, commit: Option<ObjectId>) -> Result<Self, StoreError> {
        let files = match commit {
            Some(commit) => git.list(commit)?,
            None => Vec::new(),
        };
        let paths = files.iter().map(|file| file.path.clone());
        let (entries, foreign) = sort_out(paths);
        Ok(Self {
            entries,
            foreign,
            content: Content::Git { git: Box::new(git.clone()), commit, files },
        })
    }

    pub(crate) fn of_folder(folder: &Folder) -> Result<Self, StoreError> {
        let (entries, foreign) = sort_out(folder.list()?.into_iter());
        Ok(Self { entries, foreign, content: Content::Folder(folder.clone()) })
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
            Content::Folder(_) => None,
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

    /// The bytes of any file.
    pub(crate) fn read_path(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match &self.content {
            Content::Git { git, .. } => match self.object(path) {
                Some(id) => git.read(id).map(Some),
                None => Ok(None),
            },
            Content::Folder(folder) => Ok(folder.read(path)?),
        }
    }

    /// The blob of a path.
    pub(crate) fn object(&self, path: &str) -> Option<ObjectId> {
        let Content::Git { files, .. } = &self.content else { return None };
        let place = files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        Some(files[place].id)
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

fn sort_out(paths: impl Iterator<Item = String>) -> (Vec<Entry>, Vec<String>) {
    let (mut entries, mut foreign) = (Vec::new(), Vec::new());
    for path in paths {
        match Entry::parse(&path) {
            Some(entry) => entries.push(entry),
            None if path.starts_with("raw/") => foreign.push(path),
            None => {}
        }
    }
    (entries, foreign)
}
