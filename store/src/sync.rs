//! A store with a remote: fetch, rebuild what waits on the newest tip, push.
//!
//! Three references say where things are: the branch (what is here), `refs/token-matters/base` (the commit of the
//! remote that it was built on) and `refs/token-matters/remote` (what the remote had last). What lies between base and
//! branch waits for a push. The branch and the base move in one transaction; should only one of them have moved, the
//! base is found again as the newest commit of the branch that the remote was seen to have.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use data_schema::{MachineFile, UtcSeconds};
use gix::ObjectId;
use gix::refs::transaction::PreviousValue;

use crate::git::{BRANCH, Git};
use crate::listing::Scope;
use crate::merge::{Merged, Merging, Sides, merge, merge_with};
use crate::names::{Cards, name_among, targets};
use crate::race::{is_race, pause};
use crate::rebuild::Next;
use crate::remote::SEEN;
use crate::store::{Backend, Store};
use crate::{Problem, Remote, Snapshot, StoreError};

/// The commit of the remote that the branch was built on.
const BASE: &str = "refs/token-matters/base";
/// A push that others are always faster than ends after so long.
const GIVE_UP_AFTER: Duration = Duration::from_secs(50);
/// The least time that a call is given.
const SHORTEST: Duration = Duration::from_secs(2);
/// Files beside `raw/` that every machine reads.
pub(crate) const SHARED: [&str; 3] = ["token-matters.yaml", "tombstones.json", "pricing.json"];

/// Who syncs.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the command builds it")]
pub struct Who<'a> {
    /// The name that the machine wants.
    pub machine: &'a str,
    /// Its random id.
    pub id: &'a str,
}

/// What a fetch brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched {
    /// Whether the remote has something that it had not the last time.
    pub is_new: bool,
    /// Files of this machine that the remote had lost, or other machines' that were put back: they go along with the
    /// next push.
    pub restored: usize,
    /// Files of other machines that could not be put back, because their content is not here.
    pub absent: usize,
    /// Files that could not be joined.
    pub problems: Vec<Problem>,
}

/// What a push did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// The commit that the remote has now, in hex; `None` if nothing waited.
    pub commit: Option<String>,
    /// Tries that it took.
    pub attempts: u32,
    /// What was fetched in between.
    pub problems: Vec<Problem>,
}

impl Store {
    /// Opens the repository that follows a remote, or makes it. Nothing is asked of the remote yet.
    ///
    /// # Errors
    ///
    /// The folder holds something else, or cannot be read or written.
    pub fn open_remote(folder: &std::path::Path, remote: Remote) -> Result<Self, StoreError> {
        let git = match Git::open(folder)? {
            Some(git) => git,
            None => Git::init(folder)?,
        };
        let git = if git.follow(&remote.address)? {
            // Opened anew, because the configuration has changed.
            let missing = || StoreError::Missing { path: folder.to_owned() };
            Git::open(folder)?.ok_or_else(missing)?
        } else {
            git
        };
        let mut store = Self::of(Backend::Git(Box::new(git)));
        store.remote = Some(remote);
        Ok(store)
    }

    /// Opens a store that is there already, with the remote that it followed.
    ///
    /// # Errors
    ///
    /// Nothing is there, or something else.
    pub fn open_again(
        folder: &std::path::Path,
        program: crate::GitProgram,
    ) -> Result<Self, StoreError> {
        let mut store = Self::open(folder)?;
        if let Backend::Git(git) = &store.backend
            && let Some(address) = git.followed()
        {
            store.remote = Some(Remote { address, program });
        }
        Ok(store)
    }

    /// Lets raw data be pushed to a remote that anybody can read.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub fn allow_public(&self) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Git(git) => git.allow_public(),
            Backend::Folder(_) => Ok(()),
        }
    }

    /// The repository that it follows.
    pub fn remote(&self) -> Option<&Remote> {
        self.remote.as_ref()
    }

    /// Brings the newest state of the remote here: its tip, the files of this machine, and those that all share. What
    /// waits is rebuilt on it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Remote`]: the remote cannot be reached or read; what is here is as it was. Others: the store
    /// cannot be read or written.
    pub fn fetch(&self, who: &Who<'_>, now: UtcSeconds) -> Result<Fetched, StoreError> {
        let (Some(remote), Backend::Git(git)) = (&self.remote, &self.backend) else {
            return Ok(Fetched::default());
        };
        git.let_others_go_first();
        let _lock = git.lock()?;
        git.remove_stale_lock()?;
        let next = git.next((remote, None), who, now)?;
        git.settle(next, now)
    }

    /// Sends what waits. Others may push at the same time: then it is rebuilt on theirs and sent again, for up to 50
    /// seconds.
    ///
    /// # Errors
    ///
    /// [`StoreError::Remote`]: it could not be sent; it waits for the next run. Others: the store cannot be read or
    /// written.
    pub fn push(&self, who: &Who<'_>, now: UtcSeconds) -> Result<Pushed, StoreError> {
        let (Some(remote), Backend::Git(git)) = (&self.remote, &self.backend) else {
            return Ok(Pushed::default());
        };
        let start = Instant::now();
        let left = || GIVE_UP_AFTER.saturating_sub(start.elapsed());
        let deadline = || remote.program.deadline().min(left().max(SHORTEST));
        let mut pushed = Pushed::default();
        loop {
            let lock = git.lock()?;
            let tried = Instant::now();
            let next = if pushed.attempts == 0 {
                git.waiting_tip()?
            } else {
                let next = git.next((remote, Some(deadline())), who, now)?;
                pushed.problems.clone_from(&next.fetched.problems);
                Some(next)
            };
            let Some(next) = next.filter(Next::waits) else { return Ok(pushed) };
            if pushed.attempts == 0 {
                git.check_public(remote)?;
            }
            pushed.attempts += 1;
            let Some(commit) = next.commit else { return Ok(pushed) };
            match git.push_tip(remote, commit, deadline()) {
                Ok(()) => {
                    git.arrived(&next, now)?;
                    git.note_races(pushed.attempts - 1)?;
                    pushed.commit = Some(commit.to_string());
                    return Ok(pushed);
                }
                // What was built for this try alone is not kept: what waits is stored already.
                Err(StoreError::Remote(trouble)) if is_race(trouble.kind) && !left().is_zero() => {
                    drop(lock);
                    let pause = pause(pushed.attempts, tried.elapsed(), start.elapsed());
                    thread::sleep(pause.min(left()));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Number of commits that wait for a push.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn waiting(&self) -> Result<usize, StoreError> {
        let (Some(_), Backend::Git(git)) = (&self.remote, &self.backend) else { return Ok(0) };
        let (base, mut next) = (git.base()?, git.tip()?);
        let mut waiting = 0;
        while let Some(commit) = next.filter(|commit| Some(*commit) != base) {
            waiting += 1;
            next = git.parent(commit);
        }
        Ok(waiting)
    }

    /// Fetches all files of the newest state that are not here, in one batch. Returns how many there are still
    /// missing: none, unless the remote cannot give them.
    ///
    /// # Errors
    ///
    /// The remote cannot be reached, or the store cannot be read.
    pub fn fetch_content(&self) -> Result<usize, StoreError> {
        let (Some(remote), Backend::Git(git)) = (&self.remote, &self.backend) else {
            return Ok(0);
        };
        let Some(tip) = git.tip()? else { return Ok(0) };
        let ids = git.absent(tip, Scope::All)?;
        if ids.is_empty() {
            return Ok(0);
        }
        git.fetch_objects(remote, &ids)?;
        Ok(git.absent(tip, Scope::All)?.len())
    }

    /// Whether the remote would take a push of what is here; nothing is changed there. An empty store asks nothing.
    ///
    /// # Errors
    ///
    /// It would not, or cannot be reached.
    pub fn try_push(&self) -> Result<(), StoreError> {
        let (Some(remote), Backend::Git(git)) = (&self.remote, &self.backend) else {
            return Ok(());
        };
        match git.tip()? {
            Some(tip) => git.try_push(remote, tip),
            None => Ok(()),
        }
    }

    /// Joins everything that another store holds into this one, in one commit. The other one is not changed. Returns
    /// the commit, `None` if nothing was new, and the number of files whose content is not here.
    ///
    /// # Errors
    ///
    /// One of the stores cannot be read, or this one not be written.
    pub fn join_store(
        &self,
        old: &Self,
        now: UtcSeconds,
    ) -> Result<(Option<String>, usize), StoreError> {
        let ours = old.snapshot()?;
        let our_cards = cards_of(&ours);
        let mut absent = 0;
        let commit = self.edit(now, "join: all of an earlier store\n", |theirs| {
            let targets = targets(&our_cards, &cards_of(theirs));
            let sides = Sides { base: None, ours: &ours, theirs };
            let merging = Merging { own: None, targets: &targets };
            let merged = match &self.backend {
                Backend::Git(git) => merge_with((git, self.remote.as_ref()), sides, merging)?,
                Backend::Folder(_) => merge(sides, merging)?,
            };
            absent = merged.absent + merged.wanted.len();
            Ok(merged.changes)
        })?;
        Ok((commit, absent))
    }
}

impl Fetched {
    pub(crate) fn take(&mut self, merged: Merged) {
        self.restored += merged.restored;
        self.absent += merged.absent + merged.wanted.len();
        self.problems.extend(merged.problems);
    }
}

/// The cards of a snapshot that can be read.
fn cards_of(snapshot: &Snapshot) -> Cards {
    let cards = snapshot.machine_cards().filter_map(|entry| {
        let is_here = snapshot.object(&entry.path).is_none_or(|id| snapshot.has(id));
        let card = MachineFile::parse(&is_here.then(|| snapshot.read(entry).ok())??).ok()?;
        Some((entry.machine.clone(), card))
    });
    cards.collect()
}

impl Git {
    /// The commit of the remote that the branch was built on, as far as it is known.
    pub(crate) fn base(&self) -> Result<Option<ObjectId>, StoreError> {
        let known = [self.reference(BASE)?, self.reference(SEEN)?];
        let mut next = self.tip()?;
        while let Some(commit) = next {
            if known.contains(&Some(commit)) {
                return Ok(Some(commit));
            }
            next = self.parent(commit);
        }
        Ok(None)
    }

    /// Moves the branch, together with its base.
    pub(crate) fn move_to(
        &self,
        commit: ObjectId,
        (before, base): (Option<ObjectId>, ObjectId),
        now: UtcSeconds,
    ) -> Result<(), StoreError> {
        let expected = match before {
            Some(before) => PreviousValue::MustExistAndMatch(gix::refs::Target::Object(before)),
            None => PreviousValue::MustNotExist,
        };
        let targets = [(BASE, base, PreviousValue::Any), (BRANCH, commit, expected)];
        // Where they are the same already, only one has to move.
        self.set_all(&targets, now)
    }

    /// What waits, as it stands.
    fn waiting_tip(&self) -> Result<Option<Next>, StoreError> {
        let (ours, theirs) = (self.tip()?, self.base()?);
        Ok(ours.map(|ours| Next::standing(ours, theirs)))
    }

    /// Notes that the remote has a commit. What was built for it goes to the disk first.
    fn arrived(&self, next: &Next, now: UtcSeconds) -> Result<(), StoreError> {
        let (Some(commit), Some(ours)) = (next.commit, next.ours) else { return Ok(()) };
        self.flush(&next.written)?;
        let expected = PreviousValue::MustExistAndMatch(gix::refs::Target::Object(ours));
        let any = PreviousValue::Any;
        let targets =
            [(BASE, commit, any.clone()), (SEEN, commit, any), (BRANCH, commit, expected)];
        self.set_all(&targets, now)
    }

    /// Notes that the remote has nothing.
    pub(crate) fn forget_base(&self) -> Result<(), StoreError> {
        self.delete(&[BASE, SEEN])
    }

    /// Files of a commit that are not here.
    fn absent(&self, commit: ObjectId, scope: Scope<'_>) -> Result<Vec<ObjectId>, StoreError> {
        let repository = self.local();
        let listing = self.list(self.tree_of(commit)?, scope)?;
        let shared = listing.others.iter().filter(|(path, _)| SHARED.contains(&path.as_str()));
        let ids = listing.marks.iter().chain(shared.map(|(_, id)| id));
        let absent = ids.filter(|id| repository.find_header(**id).is_err()).copied();
        Ok(absent.collect::<BTreeSet<_>>().into_iter().collect())
    }

    /// Fetches what this machine needs of a commit: what all share, the cards of all machines, its own files.
    pub(crate) fn fetch_needed(
        &self,
        remote: &Remote,
        commit: ObjectId,
        who: &Who<'_>,
    ) -> Result<(), StoreError> {
        let repository = self.local();
        let is_absent = |id: &ObjectId| repository.find_header(*id).is_err();
        let cards = self.machine_cards(commit)?;
        // Most machines have the name that they want, and then this is all.
        let mut ids: BTreeSet<ObjectId> =
            self.absent(commit, Scope::Machines(&[who.machine]))?.into_iter().collect();
        ids.extend(cards.iter().map(|(_, id)| *id).filter(is_absent));
        let ids: Vec<ObjectId> = ids.into_iter().collect();
        self.fetch_objects(remote, &ids)?;
        let name = name_among(&self.cards(commit)?, who.machine, who.id);
        if *name != *who.machine {
            let ids = self.absent(commit, Scope::Machines(&[&*name]))?;
            self.fetch_objects(remote, &ids)?;
        }
        Ok(())
    }

    /// The cards of a commit that are here and can be read.
    pub(crate) fn cards(&self, commit: ObjectId) -> Result<Cards, StoreError> {
        let repository = self.local();
        let cards = self.machine_cards(commit)?.into_iter().filter_map(|(name, id)| {
            let bytes = repository.find_object(id).ok()?.detach().data;
            Some((name, MachineFile::parse(&bytes).ok()?))
        });
        Ok(cards.collect())
    }
}
