//! A bare git repository, through gix alone.
//!
//! Objects are written and flushed before the branch moves, and the branch moves only from the commit
//! that the new one was built on.

use std::collections::BTreeSet;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use data_schema::UtcSeconds;
use fs_err as fs;
use gix::refs::transaction::{LogChange, PreviousValue, RefEdit, RefLog};
use gix::refs::{Target, transaction::Change};
use gix::{ObjectId, Repository, ThreadSafeRepository};

use crate::{Changes, StoreError, durable};

/// The branch that holds the data.
pub(crate) const BRANCH: &str = "refs/heads/main";
/// The file by which a repository is known as a store.
pub(crate) const MARKER: &str = "token-matters/store.json";
/// Its content.
const MARKER_TEXT: &str = "{\"store\": \"token-matters\", \"version\": \"2.0\"}\n";

/// Packs that an open repository has room for at least.
const SLOTS: usize = 1024;

/// The repository.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    pub(crate) root: PathBuf,
    repository: ThreadSafeRepository,
}

impl Git {
    /// Opens a store; `None` if there is nothing.
    pub(crate) fn open(root: &Path) -> Result<Option<Self>, StoreError> {
        if is_empty(root)? {
            return Ok(None);
        }
        if !root.join(MARKER).is_file() {
            return Err(StoreError::NotOurs { path: root.to_owned() });
        }
        let repository =
            ThreadSafeRepository::open_opts(root, options()).map_err(|error| git(root, error))?;
        Ok(Some(Self { root: root.to_owned(), repository }))
    }

    /// Makes a store in a folder that is empty or not there. The marker comes first, so that a run
    /// which is cut off leaves nothing that the next one would refuse.
    pub(crate) fn init(root: &Path) -> Result<Self, StoreError> {
        let parent = root.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent)?;
        let mut builder = tempfile::Builder::new();
        // Work of one user, and perhaps an address with a password: nobody else reads it.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(std::fs::Permissions::from_mode(0o700));
        }
        let new = builder.prefix(".tm-store-").tempdir_in(parent)?;
        let bare = gix::create::Kind::Bare;
        ThreadSafeRepository::init_opts(
            new.path(),
            bare,
            gix::create::Options::default(),
            options(),
        )
        .map_err(|error| git(root, error))?;
        durable::replace(&new.path().join(MARKER), MARKER_TEXT.as_bytes())?;
        match fs::remove_dir(root) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {}
            _ => {
                // Another first run may have been faster: then its store is the one.
                if fs::rename(new.path(), root).is_ok() {
                    durable::sync_folder(parent)?;
                }
            }
        }
        Self::open(root)?.ok_or_else(|| StoreError::Missing { path: root.to_owned() })
    }

    pub(crate) fn local(&self) -> Repository {
        let mut repository = self.repository.to_thread_local();
        repository.object_cache_size(0);
        repository
    }

    pub(crate) fn error(&self, error: impl Into<Cause>) -> StoreError {
        git(&self.root, error)
    }

    /// The commit that the branch points to.
    pub(crate) fn tip(&self) -> Result<Option<ObjectId>, StoreError> {
        self.reference(BRANCH)
    }

    /// The commit that a reference points to.
    pub(crate) fn reference(&self, name: &str) -> Result<Option<ObjectId>, StoreError> {
        let repository = self.local();
        let reference = repository.try_find_reference(name).map_err(|error| self.error(error))?;
        Ok(reference.and_then(|reference| reference.try_id().map(gix::Id::detach)))
    }

    /// The bytes of a blob. A missing one is an error, never "empty".
    pub(crate) fn read(&self, id: ObjectId) -> Result<Vec<u8>, StoreError> {
        let repository = self.local();
        let object = repository.find_object(id).map_err(|error| self.error(error))?;
        Ok(object.detach().data)
    }

    /// The bytes of an object, checked against its name.
    pub(crate) fn read_checked(&self, id: ObjectId) -> Result<Vec<u8>, StoreError> {
        let repository = self.local();
        let object = repository.find_object(id).map_err(|error| self.error(error))?.detach();
        let found = gix::objs::compute_hash(id.kind(), object.kind, &object.data)
            .map_err(|error| self.error(error))?;
        if found == id {
            Ok(object.data)
        } else {
            Err(self.error(format!("object {id} is damaged")))
        }
    }

    /// Whether files may be on the remote only.
    pub(crate) fn follows(&self) -> bool {
        let repository = self.local();
        repository.config_snapshot().string("extensions.partialClone").is_some()
    }

    /// Whether an object's header can be read.
    pub(crate) fn has(&self, id: ObjectId) -> bool {
        self.local().find_header(id).is_ok()
    }

    /// The parent of a commit, if it can be read and has one.
    pub(crate) fn parent(&self, commit: ObjectId) -> Option<ObjectId> {
        let repository = self.local();
        let commit = repository.find_commit(commit).ok()?;
        commit.parent_ids().next().map(gix::Id::detach)
    }

    /// Whether `older` is `newer` or one of its ancestors.
    pub(crate) fn is_ancestor(&self, older: ObjectId, newer: ObjectId) -> bool {
        let mut next = Some(newer);
        while let Some(commit) = next {
            if commit == older {
                return true;
            }
            next = self.parent(commit);
        }
        false
    }

    /// Writes a commit with changed files on top of `base` and flushes it; the branch stays. Returns the
    /// ids of all objects written, too.
    pub(crate) fn write(
        &self,
        base: Option<ObjectId>,
        changes: &Changes,
        message: &str,
        at: UtcSeconds,
    ) -> Result<(ObjectId, Vec<ObjectId>), StoreError> {
        let (commit, written) = self.write_objects(base, changes, message, at)?;
        self.flush(&written)?;
        Ok((commit, written))
    }

    /// The same without flushing: for what may turn out to be in vain.
    pub(crate) fn write_objects(
        &self,
        base: Option<ObjectId>,
        changes: &Changes,
        message: &str,
        at: UtcSeconds,
    ) -> Result<(ObjectId, Vec<ObjectId>), StoreError> {
        let repository = self.local();
        let root = match base {
            Some(base) => self.tree_of(base)?,
            None => ObjectId::empty_tree(gix::hash::Kind::Sha1),
        };
        let root = repository.find_tree(root).map_err(|error| self.error(error))?;
        let root = root.decode().map_err(|error| self.error(error))?.to_owned();
        // The editor of plain objects: it does not ask for files beside ours, which a partial repository lacks.
        let mut editor =
            gix::objs::tree::Editor::new(root, &repository.objects, gix::hash::Kind::Sha1);
        let mut written = Vec::new();
        for (path, bytes) in changes.iter() {
            let names = self.names(path)?;
            let Some(bytes) = bytes else {
                editor.remove(names).map_err(|error| self.error(error))?;
                continue;
            };
            let blob = repository.write_blob(bytes).map_err(|error| self.error(error))?.detach();
            let kind = gix::objs::tree::EntryKind::Blob;
            editor.upsert(names, kind, blob).map_err(|error| self.error(error))?;
            written.push(blob);
        }
        let tree = editor.write(|tree| -> Result<ObjectId, StoreError> {
            let id = repository.write_object(tree).map_err(|error| self.error(error))?.detach();
            written.push(id);
            Ok(id)
        })?;
        let time = format!("{} +0000", at.seconds());
        let who = signature(&time);
        let commit = repository
            .new_commit_as(who, who, message, tree, base)
            .map_err(|error| self.error(error))?
            .id;
        written.push(commit);
        Ok((commit, written))
    }

    /// The names in a path, none of which may lead out of the tree.
    fn names<'p>(&self, path: &'p str) -> Result<Vec<&'p str>, StoreError> {
        let names: Vec<&str> = path.split('/').collect();
        let is_bad =
            |name: &&str| matches!(*name, "" | "." | "..") || name.eq_ignore_ascii_case(".git");
        if names.iter().any(is_bad) {
            return Err(self.error(format!("`{path}` is no path of a file in a store")));
        }
        Ok(names)
    }

    /// Flushes objects, then the folders with their names. One that is not there as a file of its own
    /// stood in a pack before.
    pub(crate) fn flush(&self, ids: &[ObjectId]) -> Result<(), StoreError> {
        let objects = self.root.join("objects");
        let mut folders = BTreeSet::new();
        for id in ids {
            let hex = id.to_string();
            let folder = objects.join(&hex[..2]);
            let file = folder.join(&hex[2..]);
            if file.exists() {
                durable::sync_file(&file)?;
                folders.insert(folder);
            }
        }
        for folder in &folders {
            durable::sync_folder(folder)?;
        }
        durable::sync_folder(&objects)?;
        Ok(())
    }

    /// Moves the branch from `base` to `commit`; `false` if somebody else moved it first.
    pub(crate) fn advance(
        &self,
        base: Option<ObjectId>,
        commit: ObjectId,
        at: UtcSeconds,
    ) -> Result<bool, StoreError> {
        let expected = match base {
            Some(base) => PreviousValue::MustExistAndMatch(Target::Object(base)),
            None => PreviousValue::MustNotExist,
        };
        let moved = self.set(BRANCH, commit, expected, at);
        if moved.is_err() && self.tip()? == base {
            // The branch is where it was: this is no lost race but a fault, or a lock of another run.
            let lock = self.root.join(format!("{BRANCH}.lock"));
            if !lock.exists() {
                moved?;
            }
            return Ok(false);
        }
        if moved.is_ok() {
            durable::sync_file(&self.root.join(BRANCH))?;
            durable::sync_folder(&self.root.join("refs/heads"))?;
        }
        Ok(moved.is_ok())
    }

    /// Points a reference somewhere and logs it.
    pub(crate) fn set(
        &self,
        name: &str,
        commit: ObjectId,
        expected: PreviousValue,
        at: UtcSeconds,
    ) -> Result<(), StoreError> {
        self.set_all(&[(name, commit, expected)], at)
    }

    /// Points several references somewhere, all or none, and logs it.
    pub(crate) fn set_all(
        &self,
        targets: &[(&str, ObjectId, PreviousValue)],
        at: UtcSeconds,
    ) -> Result<(), StoreError> {
        let mut edits = Vec::new();
        for (name, commit, expected) in targets {
            let log = LogChange {
                mode: RefLog::AndReference,
                force_create_reflog: true,
                message: "token-matters".into(),
            };
            let (expected, new) = (expected.clone(), Target::Object(*commit));
            edits.push(RefEdit {
                change: Change::Update { log, expected, new },
                name: (*name).try_into().map_err(|error| self.error(error))?,
                deref: false,
            });
        }
        let time = format!("{} +0000", at.seconds());
        self.local()
            .edit_references_as(edits, Some(signature(&time)))
            .map_err(|error| self.error(error))?;
        for (name, ..) in targets {
            match durable::sync_file(&self.root.join(name)) {
                // It stands in `packed-refs` with this very value.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes references away, packed ones as well.
    pub(crate) fn delete(&self, names: &[&str]) -> Result<(), StoreError> {
        let mut edits = Vec::new();
        for name in names {
            let (expected, log) = (PreviousValue::Any, RefLog::AndReference);
            edits.push(RefEdit {
                change: Change::Delete { expected, log },
                name: (*name).try_into().map_err(|error| self.error(error))?,
                deref: false,
            });
        }
        self.local().edit_references_as(edits, None).map_err(|error| self.error(error))?;
        Ok(())
    }

    /// Moves the branch to an earlier commit, or takes it away if none is good: the next run then
    /// begins anew. Only the repair does this.
    pub(crate) fn step_back(
        &self,
        good: Option<ObjectId>,
        at: UtcSeconds,
    ) -> Result<(), StoreError> {
        let Some(good) = good else {
            // Written by hand, because a reference to a lost object cannot be edited with checks.
            for name in [BRANCH.to_owned(), format!("{BRANCH}.lock")] {
                match fs::remove_file(self.root.join(name)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(error.into());
                    }
                    _ => {}
                }
            }
            return self.forget_packed_branch();
        };
        self.set(BRANCH, good, PreviousValue::Any, at)
    }

    /// Takes the branch out of `packed-refs`, where `git gc` has put it.
    fn forget_packed_branch(&self) -> Result<(), StoreError> {
        let path = self.root.join("packed-refs");
        if path.exists() {
            let text = fs::read_to_string(&path)?;
            let others = text.split_inclusive('\n').filter(|line| {
                line.trim_end().split_once(' ').is_none_or(|(_, name)| name != BRANCH)
            });
            durable::replace(&path, others.collect::<String>().as_bytes())?;
        }
        Ok(())
    }

    /// Lets one collector write at a time. The system gives the lock back when a process dies; where it
    /// knows no locks, the branch's own check is enough.
    pub(crate) fn lock(&self) -> Result<fs::File, StoreError> {
        let folder = self.private_folder();
        let file = fs::OpenOptions::new().create(true).append(true).open(folder.join("lock"))?;
        if let Err(error) = file.file().lock() {
            tracing::debug!(%error, "no lock on this file system");
        }
        Ok(file)
    }

    /// Every commit that the branch points or ever pointed to, the newest first, as far as they are known.
    pub(crate) fn earlier_tips(&self) -> Vec<ObjectId> {
        let mut tips = Vec::new();
        let mut next = self.tip().ok().flatten();
        while let Some(tip) = next {
            tips.push(tip);
            next = self.parent(tip);
        }
        for logged in self.logged_tips() {
            if !tips.contains(&logged) {
                tips.push(logged);
            }
        }
        tips
    }

    fn logged_tips(&self) -> Vec<ObjectId> {
        let log = fs::read_to_string(self.root.join("logs").join(BRANCH)).unwrap_or_default();
        let tips = log.lines().rev().filter_map(|line| line.split(' ').nth(1));
        tips.filter_map(|hex| ObjectId::from_hex(hex.as_bytes()).ok()).collect()
    }

    /// Where files lie that belong to the store but are not data.
    pub(crate) fn private_folder(&self) -> PathBuf {
        self.root.join("token-matters")
    }
}

/// The repository's own configuration alone counts: no hooks, no signing, no user settings.
pub(crate) fn options() -> gix::open::Options {
    // The log of the branch is what a repair goes back by; git keeps none in a bare repository.
    let options = gix::open::Options::isolated().config_overrides(["core.logAllRefUpdates=true"]);
    // Every fetch leaves a pack or two, and a push that others are faster than fetches again and again.
    options.object_store_slots(gix::odb::store::init::Slots::AsNeededByDiskState {
        multiplier: 2.0,
        minimum: SLOTS,
    })
}

fn signature(time: &str) -> gix::actor::SignatureRef<'_> {
    gix::actor::SignatureRef {
        name: "token-matters".into(),
        email: "token-matters@localhost".into(),
        time,
    }
}

/// What gix says.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// A full disk or a missing permission is told as such: nothing is damaged then.
pub(crate) fn git(path: &Path, error: impl Into<Cause>) -> StoreError {
    let error = error.into();
    let causes =
        std::iter::successors(Some(&*error as &(dyn Error + 'static)), |error| (*error).source());
    let message = causes.clone().map(ToString::to_string).collect::<Vec<_>>().join(": ");
    let refused = causes.filter_map(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.or_else(|| cause.downcast_ref::<gix::Error>()?.downcast_any_ref::<io::Error>())
    });
    let refused = refused.map(io::Error::kind).find(|kind| StoreError::is_refusal(*kind));
    match refused {
        Some(kind) => {
            let text = format!("failed to use the repository in `{}`: {message}", path.display());
            io::Error::new(kind, text).into()
        }
        None => StoreError::Git { path: path.to_owned(), message },
    }
}

fn is_empty(folder: &Path) -> Result<bool, StoreError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error.into()),
    }
}
