//! A store: where the data lies.

use std::path::{Path, PathBuf};

use data_schema::MachineFile;
use gix::ObjectId;

use crate::folder::Folder;
use crate::git::Git;
use crate::{Snapshot, StoreError, StoredMark, durable};

/// A store of day files: the embedded repository, or a plain folder.
#[derive(Debug)]
pub struct Store {
    pub(crate) backend: Backend,
}

#[derive(Debug)]
pub(crate) enum Backend {
    Git(Box<Git>),
    Folder(Folder),
}

impl Store {
    /// Opens the repository in a folder, or makes one where nothing is.
    ///
    /// # Errors
    ///
    /// The folder holds something else, or cannot be read or written.
    pub fn open_or_init(folder: &Path) -> Result<Self, StoreError> {
        let git = match Git::open(folder)? {
            Some(git) => git,
            None => Git::init(folder)?,
        };
        Ok(Self { backend: Backend::Git(Box::new(git)) })
    }

    /// Opens what is in a folder: our repository, or day files below `raw/`.
    ///
    /// # Errors
    ///
    /// Nothing is there, or something else.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        if folder.join("raw").is_dir() {
            return Ok(Self::folder(folder));
        }
        match Git::open(folder)? {
            Some(git) => Ok(Self { backend: Backend::Git(Box::new(git)) }),
            None => Err(StoreError::Missing { path: folder.to_owned() }),
        }
    }

    /// A plain folder with day files below `raw/`, or none yet.
    pub fn folder(folder: &Path) -> Self {
        Self { backend: Backend::Folder(Folder { root: folder.to_owned() }) }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        match &self.backend {
            Backend::Git(git) => &git.root,
            Backend::Folder(folder) => &folder.root,
        }
    }

    /// What it holds now.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        match &self.backend {
            Backend::Git(git) => Snapshot::of_git(git, git.tip()?),
            Backend::Folder(folder) => Snapshot::of_folder(folder),
        }
    }

    /// The name under which a machine writes: the one that its id has already; else the one that it
    /// wants; else, if another machine has that, one with four digits of its id behind it.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn machine_name(&self, wanted: &str, id: &str) -> Result<String, StoreError> {
        let snapshot = self.snapshot()?;
        let mut taken = false;
        for entry in snapshot.machine_cards() {
            let Ok(card) = MachineFile::parse(&snapshot.read(entry)?) else { continue };
            if card.id == id {
                return Ok(entry.machine.to_string());
            }
            taken |= *entry.machine == *wanted;
        }
        if !taken {
            return Ok(wanted.to_owned());
        }
        let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(4).collect();
        Ok(format!("{wanted}-{}", digits.to_lowercase()))
    }

    /// Which source files the store holds already. Damaged, missing or outdated: none.
    ///
    /// # Errors
    ///
    /// The store itself cannot be read.
    pub fn stored_mark(&self, machine: &str) -> Result<StoredMark, StoreError> {
        let Backend::Git(git) = &self.backend else { return Ok(StoredMark::default()) };
        let Some(mark) = self.read_mark(machine) else { return Ok(StoredMark::default()) };
        let marked = ObjectId::from_hex(mark.commit.as_bytes()).ok();
        let valid = match (marked, git.tip()?) {
            (Some(marked), Some(tip)) => {
                git.is_ancestor(marked, tip) && is_readable(git, tip, machine)
            }
            _ => false,
        };
        Ok(if valid { mark } else { StoredMark::default() })
    }

    /// The mark as it was written, whether it still holds or not.
    pub(crate) fn read_mark(&self, machine: &str) -> Option<StoredMark> {
        StoredMark::read(&self.mark_path(machine))
    }

    pub(crate) fn write_mark(&self, machine: &str, mark: &StoredMark) -> Result<(), StoreError> {
        durable::replace(&self.mark_path(machine), &mark.to_bytes())?;
        Ok(())
    }

    fn mark_path(&self, machine: &str) -> PathBuf {
        let folder = match &self.backend {
            Backend::Git(git) => git.private_folder(),
            Backend::Folder(folder) => folder.root.join(".token-matters"),
        };
        folder.join(format!("stored-{machine}.json"))
    }
}

/// Whether everything that a machine stored can be read.
fn is_readable(git: &Git, tip: ObjectId, machine: &str) -> bool {
    let prefix = format!("raw/{machine}/");
    git.list(tip).is_ok_and(|files| {
        files.iter().filter(|file| file.path.starts_with(&prefix)).all(|file| git.has(file.id))
    })
}
