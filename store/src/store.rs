//! A store: where the data lies.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use data_schema::MachineFile;
use gix::ObjectId;

use crate::folder::Folder;
use crate::git::Git;
use crate::listing::Scope;
use crate::mark::Checked;
use crate::names::{Cards, name_among};
use crate::{Remote, Snapshot, StoreError, StoredMark, durable};

/// A store of day files: the embedded repository, or a plain folder.
#[derive(Debug)]
pub struct Store {
    pub(crate) backend: Backend,
    /// The repository that it follows.
    pub(crate) remote: Option<Remote>,
    /// Machine and state for which [`Store::stored_mark`] has found everything readable.
    pub(crate) checked: Mutex<Option<(String, Checked)>>,
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
        Ok(Self::of(Backend::Git(Box::new(git))))
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
            Some(git) => Ok(Self::of(Backend::Git(Box::new(git)))),
            None => Err(StoreError::Missing { path: folder.to_owned() }),
        }
    }

    /// A plain folder with day files below `raw/`, or none yet.
    pub fn folder(folder: &Path) -> Self {
        Self::of(Backend::Folder(Folder { root: folder.to_owned() }))
    }

    pub(crate) fn of(backend: Backend) -> Self {
        Self { backend, remote: None, checked: Mutex::default() }
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
        self.snapshot_of(Scope::All)
    }

    /// Some of what it holds now.
    pub(crate) fn snapshot_of(&self, scope: Scope<'_>) -> Result<Snapshot, StoreError> {
        match &self.backend {
            Backend::Git(git) => Snapshot::of_git(git, git.tip()?, scope),
            Backend::Folder(folder) => Snapshot::of_folder(folder, scope),
        }
    }

    /// A file in the root, such as `token-matters.yaml`, without looking at anything else.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn root_file(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match &self.backend {
            Backend::Git(git) => git.tip()?.map_or(Ok(None), |tip| git.root_file(tip, name)),
            Backend::Folder(folder) => Ok(folder.read(name)?),
        }
    }

    /// Names and cards of all machines.
    fn machine_cards(&self) -> Result<Cards, StoreError> {
        match &self.backend {
            Backend::Git(git) => {
                let cards = git.tip()?.map(|tip| git.cards(tip)).transpose()?;
                Ok(cards.unwrap_or_default())
            }
            Backend::Folder(_) => {
                let snapshot = self.snapshot()?;
                let cards = snapshot.machine_cards().filter_map(|entry| {
                    let card = MachineFile::parse(&snapshot.read(entry).ok()?).ok()?;
                    Some((entry.machine.clone(), card))
                });
                Ok(cards.collect())
            }
        }
    }

    /// The name under which a machine writes: the one that its id has already; else the one that it
    /// wants; else, if another machine has that, one with four digits of its id behind it.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn machine_name(&self, wanted: &str, id: &str) -> Result<String, StoreError> {
        Ok(name_among(&self.machine_cards()?, wanted, id).to_string())
    }

    /// Which source files the store holds already. Damaged, missing or outdated: none.
    ///
    /// # Errors
    ///
    /// The store itself cannot be read.
    pub fn stored_mark(&self, machine: &str) -> Result<StoredMark, StoreError> {
        let Backend::Git(git) = &self.backend else { return Ok(StoredMark::default()) };
        self.remember(machine, None);
        let Some(mut mark) = self.read_mark(machine) else { return Ok(StoredMark::default()) };
        let marked = ObjectId::from_hex(mark.commit.as_bytes()).ok();
        let (Some(marked), Some(tip)) = (marked, git.tip()?) else {
            return Ok(StoredMark::default());
        };
        let (hex, objects) = (tip.to_string(), git.object_state()?);
        let known = mark.checked.as_ref().filter(|checked| checked.tip == hex);
        let states = (&objects, known.map(|checked| &checked.objects));
        let holds = git.is_ancestor(marked, tip) || git.folder_of(tip, machine)? == mark.folder;
        if !holds || !git.is_readable(tip, machine, states) {
            return Ok(StoredMark::default());
        }
        let checked = Checked { tip: hex, objects };
        if mark.checked.as_ref() != Some(&checked) {
            mark.checked = Some(checked.clone());
            // Only saves the next run the same work.
            if let Err(error) = self.write_mark(machine, &mark) {
                tracing::debug!(%error, "cannot note that all objects can be read");
            }
        }
        self.remember(machine, Some(checked));
        Ok(mark)
    }

    /// Keeps the state for which everything that a machine stored could be read.
    pub(crate) fn remember(&self, machine: &str, checked: Option<Checked>) {
        let mut place = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        *place = checked.map(|checked| (machine.to_owned(), checked));
    }

    /// That state, if this handle has found it.
    pub(crate) fn remembered(&self, machine: &str) -> Option<Checked> {
        let place = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, checked) = place.as_ref()?;
        (of == machine).then(|| checked.clone())
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
            Backend::Folder(folder) => folder.private_folder(),
        };
        folder.join(format!("stored-{machine}.json"))
    }
}
