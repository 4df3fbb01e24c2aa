//! What is here, built on what the remote has by now.
//!
//! Built first and settled later: while machines push at the same moment, what one of them builds is often in vain, and
//! flushing it to the disk would only widen the gap in which others are faster. What waits is stored durably before.

use std::collections::BTreeSet;
use std::time::Duration;

use data_schema::{Text, UtcSeconds};
use gix::ObjectId;
use gix::refs::transaction::PreviousValue;

use crate::git::{BRANCH, Git};
use crate::listing::Scope;
use crate::merge::{Merged, Merging, Sides, merge_with};
use crate::names::{name_among, targets};
use crate::{Fetched, Remote, Snapshot, StoreError, Who};

/// What the branch is to become.
#[derive(Debug)]
pub(crate) struct Next {
    /// Its commit; `None` if there is none.
    pub(crate) commit: Option<ObjectId>,
    /// Where the branch is.
    pub(crate) ours: Option<ObjectId>,
    /// What the remote has.
    theirs: Option<ObjectId>,
    /// What the branch was built on so far.
    base: Option<ObjectId>,
    /// Objects that are not flushed yet.
    pub(crate) written: Vec<ObjectId>,
    pub(crate) fetched: Fetched,
}

impl Next {
    /// The branch as it is, on what the remote had last.
    pub(crate) fn standing(ours: ObjectId, theirs: Option<ObjectId>) -> Self {
        let (commit, fetched) = (Some(ours), Fetched::default());
        Self { commit, ours: commit, theirs, base: theirs, written: Vec::new(), fetched }
    }

    /// Whether something is to be pushed.
    pub(crate) fn waits(&self) -> bool {
        self.commit.is_some() && self.commit != self.theirs
    }
}

impl Git {
    /// Fetches, under the lock, and builds what waits on what came. Nothing here moves yet.
    pub(crate) fn next(
        &self,
        (remote, deadline): (&Remote, Option<Duration>),
        who: &Who<'_>,
        now: UtcSeconds,
    ) -> Result<Next, StoreError> {
        let base = self.base()?;
        let theirs = self.fetch_tip(remote, deadline)?;
        if let Some(theirs) = theirs {
            self.fetch_needed(remote, theirs, who)?;
        }
        let ours = self.tip()?;
        let fetched = Fetched { is_new: theirs != base, ..Fetched::default() };
        let mut next = Next { commit: ours, ours, theirs, base, written: Vec::new(), fetched };
        let built_on = match (ours, theirs) {
            (None, theirs) => {
                next.commit = theirs;
                return Ok(next);
            }
            (Some(ours), Some(theirs)) if ours == theirs || base == Some(theirs) => {
                return Ok(next);
            }
            (Some(_), Some(_)) => base,
            // Emptied: all that is here and complete goes there.
            (Some(_), None) if base.is_some() => None,
            (Some(_), None) => return Ok(next),
        };
        if let Some(ours) = ours {
            let (commit, written, merged) =
                self.rebuild(remote, (built_on, ours, theirs), who, now)?;
            next.fetched.take(merged);
            (next.commit, next.written) = (commit, written);
        }
        Ok(next)
    }

    /// Flushes what was built, and moves the branch to it.
    pub(crate) fn settle(&self, next: Next, now: UtcSeconds) -> Result<Fetched, StoreError> {
        if !next.written.is_empty() {
            self.flush(&next.written)?;
        }
        match (next.commit, next.theirs) {
            (Some(commit), Some(theirs))
                if next.ours != Some(commit) || next.base != Some(theirs) =>
            {
                self.move_to(commit, (next.ours, theirs), now)?;
            }
            (commit, None) if next.base.is_some() => {
                if let Some(commit) = commit {
                    self.set(BRANCH, commit, PreviousValue::Any, now)?;
                }
                self.forget_base()?;
            }
            _ => {}
        }
        Ok(next.fetched)
    }

    /// Builds what is here and not there on the remote's newest commit.
    fn rebuild(
        &self,
        remote: &Remote,
        (base, ours, theirs): (Option<ObjectId>, ObjectId, Option<ObjectId>),
        who: &Who<'_>,
        now: UtcSeconds,
    ) -> Result<(Option<ObjectId>, Vec<ObjectId>, Merged), StoreError> {
        let our_cards = self.cards(ours)?;
        let their_cards = theirs.map(|theirs| self.cards(theirs)).transpose()?.unwrap_or_default();
        let own =
            our_cards.iter().find(|(_, card)| card.id == who.id).map(|(name, _)| name.clone());
        let mut targets = targets(&our_cards, &their_cards);
        if let Some(own) = &own {
            // A name that was taken in the meantime is given way to.
            targets.insert(own.clone(), name_among(&their_cards, own, who.id));
        }
        let machines = self.changed_machines((base, ours, theirs), own.as_ref(), &targets)?;
        let machines: Vec<&str> = machines.iter().map(|machine| &**machine).collect();
        let scope = Scope::Machines(&machines);
        let snapshot = |commit: Option<ObjectId>| Snapshot::of_git(self, commit, scope);
        let base_side = base.map(|base| snapshot(Some(base))).transpose()?;
        let (our_side, their_side) = (snapshot(Some(ours))?, snapshot(theirs)?);
        let sides = Sides { base: base_side.as_ref(), ours: &our_side, theirs: &their_side };
        let merging = Merging { own: own.as_deref(), targets: &targets };
        let merged = merge_with((self, Some(remote)), sides, merging)?;
        if merged.changes.is_empty() {
            return Ok((theirs, Vec::new(), merged));
        }
        let files = merged.changes.len();
        let who = own.as_deref().unwrap_or(who.machine);
        let message = format!("collect: {who}, {files} files on the newest state\n");
        let (commit, written) = self.write_objects(theirs, &merged.changes, &message, now)?;
        Ok((Some(commit), written, merged))
    }

    /// Machines whose folders have to be looked at, here and over there.
    fn changed_machines(
        &self,
        (base, ours, theirs): (Option<ObjectId>, ObjectId, Option<ObjectId>),
        own: Option<&Text>,
        targets: &std::collections::BTreeMap<Text, Text>,
    ) -> Result<BTreeSet<Text>, StoreError> {
        let trees = |commit: Option<ObjectId>| {
            commit
                .map(|commit| self.machine_trees(commit))
                .transpose()
                .map(Option::unwrap_or_default)
        };
        let (base, ours, theirs) = (trees(base)?, trees(Some(ours))?, trees(theirs)?);
        let mut changed: BTreeSet<Text> = BTreeSet::new();
        for name in ours.keys().chain(base.keys()) {
            let is_own =
                own.is_some_and(|own| **own == **name) && ours.get(name) != theirs.get(name);
            if is_own || ours.get(name) != base.get(name) {
                let name = Text::from(name.as_str());
                changed.extend(targets.get(&name).cloned());
                changed.insert(name);
            }
        }
        Ok(changed)
    }
}
