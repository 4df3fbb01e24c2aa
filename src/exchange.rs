//! What a run fetches before it collects, and sends afterwards.

use std::path::{Path, PathBuf};

use store::{Store, StoreError, Who};

use crate::environment;
use crate::outcome::Failure;
use crate::output::{counted, note, problems};
use crate::session::{Identity, Session};
use crate::stores;

/// What becomes of a file of the remote that cannot be joined with.
const STAYS: &str = "; it stays as it is";

/// The way between this machine's store and its remote, for one run. A store without a remote has none, and nothing
/// happens.
pub(crate) struct Exchange<'a> {
    session: &'a Session,
    store: &'a Store,
    identity: &'a Identity,
    /// What went wrong so far. Collecting goes on; it is told at the end and counts.
    pub(crate) error: Option<String>,
    /// Earlier stores that were joined and have not arrived yet.
    joined: Vec<PathBuf>,
    /// Whether an earlier store could not be joined.
    pub(crate) has_left_out: bool,
}

/// Brings other machines' files here, for verbs that show everything. Offline, what is here is shown.
pub(crate) fn fetch_content(store: &Store) {
    if let Err(error) = store.fetch_content() {
        note(&format!("note: files of other machines may be missing: {error}"));
    }
}

impl<'a> Exchange<'a> {
    pub(crate) fn new(session: &'a Session, store: &'a Store, identity: &'a Identity) -> Self {
        Self { session, store, identity, error: None, joined: Vec::new(), has_left_out: false }
    }

    fn who(&self) -> Who<'a> {
        Who { machine: &self.identity.name, id: &self.identity.id }
    }

    /// Fetches the newest state. A remote that cannot be reached never stops a run.
    pub(crate) fn fetch(&mut self) -> Result<(), Failure> {
        let fetched = self.store.fetch(&self.who(), self.session.environment.now);
        let Some(fetched) = self.told(fetched)? else { return Ok(()) };
        problems(&fetched.problems, STAYS);
        if fetched.restored > 0 {
            let files = counted(fetched.restored, "file");
            note(&format!(
                "note: the remote had lost {files} of this machine: they are sent again"
            ));
        }
        if fetched.absent > 0 {
            let files = counted(fetched.absent, "file");
            note(&format!(
                "note: {files} of other machines are not here: those machines send them with their next run"
            ));
        }
        Ok(())
    }

    /// Joins earlier stores into this one.
    pub(crate) fn join_earlier(&mut self) -> Result<(), Failure> {
        for folder in stores::enter(self.session)? {
            match self.join(&folder) {
                Ok(()) => self.joined.push(folder),
                // It stays noted. A damaged store of the past does not keep the new data away.
                Err(error) => {
                    self.has_left_out = true;
                    note(&format!(
                        "warning: the earlier store {} cannot be joined: {error}; the next run tries again, or take it away if it is not needed",
                        folder.display()
                    ));
                }
            }
        }
        Ok(())
    }

    fn join(&self, folder: &Path) -> Result<(), StoreError> {
        let old = Store::open_again(folder, environment::git())?;
        // What other machines have written since, too.
        let newest = old.fetch(&self.who(), self.session.environment.now);
        if let Err(error) = newest.and_then(|_| old.fetch_content()) {
            note(&format!("note: the earlier store's remote cannot be asked: {error}"));
        }
        let (commit, absent) = self.store.join_store(&old, self.session.environment.now)?;
        if commit.is_some() {
            let place = folder.display();
            self.session.say(&format!("joined everything of the earlier store {place}"));
        }
        if absent > 0 {
            let files = counted(absent, "file");
            note(&format!(
                "note: {files} of other machines stay in the earlier remote alone: the machines that wrote them bring them along when their `dataRepo` is changed, too"
            ));
        }
        Ok(())
    }

    /// Sends what waits. Returns the number of commits that still wait.
    pub(crate) fn push(&mut self) -> Result<usize, Failure> {
        if self.error.is_none() {
            let pushed = self.store.push(&self.who(), self.session.environment.now);
            if let Some(pushed) = self.told(pushed)? {
                problems(&pushed.problems, STAYS);
            }
        }
        let waiting = self.store.waiting()?;
        if waiting == 0 && self.error.is_none() && !self.joined.is_empty() {
            stores::done(self.session, &self.joined)?;
        }
        Ok(waiting)
    }

    /// Packs the repository, now and then.
    pub(crate) fn care(&self) {
        if let Err(error) = self.store.care(Some(&environment::git()), false) {
            note(&format!("note: the store could not be packed: {error}"));
        }
    }

    /// Keeps trouble with the remote for the end; anything else ends the run.
    fn told<T>(&mut self, result: Result<T, StoreError>) -> Result<Option<T>, Failure> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error @ (StoreError::Remote(_) | StoreError::Public { .. })) => {
                self.error = Some(error.to_string());
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}
