//! What changed when, from the commits that are here.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use data_schema::{DayFile, RecordId, Text, UtcSeconds};
use gix::{ObjectId, Repository};

use crate::git::Git;
use crate::path::SourceFolder;
use crate::store::{Backend, Store};
use crate::{EntryKind, StoreError};

/// The newest changes of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct History {
    /// The newest first.
    pub changes: Vec<Change>,
    /// Why there are no older ones in it.
    pub end: HistoryEnd,
}

/// Where a history ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever prints a history handles every end")]
pub enum HistoryEnd {
    /// With the first commit.
    #[default]
    First,
    /// More was not asked for.
    Limit,
    /// Older commits are not in this repository: it follows a remote, which has them.
    NotHere,
}

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// When it was made.
    pub at: UtcSeconds,
    /// Its name, in hex.
    pub commit: String,
    /// First line of its message.
    pub message: String,
    /// What it changed; absent if the commit before it is not here.
    pub files: Option<ChangedFiles>,
}

/// What a commit changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedFiles {
    /// Machines whose files changed, sorted.
    pub machines: Vec<Text>,
    /// Files that were not there before.
    pub added: usize,
    /// Files with new content.
    pub changed: usize,
    /// Files that were taken away.
    pub removed: usize,
    /// Responses that no file of the same machine and source held before, where all those files are here.
    pub responses_added: usize,
    /// Responses that no file of the same machine and source holds any more.
    pub responses_removed: usize,
    /// Files of records that could not be counted, because they are not here or cannot be read.
    pub uncounted: usize,
}

/// A file that differs: its path, the blob before and the one after.
type Difference = (String, Option<ObjectId>, Option<ObjectId>);

impl Store {
    /// The newest `limit` changes; `None` for a plain folder, which has no history of its own. Reads what is here and
    /// nothing else.
    ///
    /// # Errors
    ///
    /// The repository cannot be read.
    pub fn history(&self, limit: usize) -> Result<Option<History>, StoreError> {
        let Backend::Git(git) = &self.backend else { return Ok(None) };
        let repository = git.local();
        let mut history = History::default();
        let mut next = git.tip()?;
        while let Some(id) = next {
            if history.changes.len() == limit {
                history.end = HistoryEnd::Limit;
                break;
            }
            let commit = repository.find_commit(id).map_err(|error| git.error(error))?;
            let parent = commit.parent_ids().next().map(gix::Id::detach);
            let is_cut = parent.is_some_and(|parent| !git.has(parent));
            let before = parent.filter(|_| !is_cut);
            let message = commit.message_raw().map_err(|error| git.error(error))?.to_string();
            let time = commit.time().map_err(|error| git.error(error))?;
            let files = if is_cut { None } else { Some(git.changed_files(before, id)?) };
            history.changes.push(Change {
                at: UtcSeconds::new(time.seconds).unwrap_or_default(),
                commit: id.to_string(),
                message: message.lines().next().unwrap_or_default().to_owned(),
                files,
            });
            if is_cut {
                history.end = HistoryEnd::NotHere;
            }
            next = before;
        }
        Ok(Some(history))
    }
}

impl Git {
    fn changed_files(
        &self,
        before: Option<ObjectId>,
        after: ObjectId,
    ) -> Result<ChangedFiles, StoreError> {
        let before = before.map(|before| self.tree_of(before)).transpose()?;
        let after = self.tree_of(after)?;
        let mut differences = Vec::new();
        self.compare(&self.local(), (before, Some(after)), "", &mut differences)?;
        let mut files = ChangedFiles::default();
        let mut machines = BTreeSet::new();
        let mut sources: BTreeMap<(Text, Text), Ids> = BTreeMap::new();
        for (path, before, after) in &differences {
            match (before, after) {
                (None, _) => files.added += 1,
                (_, None) => files.removed += 1,
                _ => files.changed += 1,
            }
            let mut parts = path.splitn(4, '/');
            let (Some("raw"), Some(machine)) = (parts.next(), parts.next()) else { continue };
            let machine = Text::from(machine);
            machines.insert(machine.clone());
            if let (Some(provider), Some(name)) = (parts.next(), parts.next())
                && let Some(entry) = SourceFolder::new(&machine, provider).entry(name)
                && matches!(entry.kind, EntryKind::Records(_))
            {
                let ids = sources.entry((machine, entry.provider)).or_default();
                ids.take(self, *before, *after);
            }
        }
        for ids in sources.into_values() {
            ids.count(&mut files);
        }
        files.machines = machines.into_iter().collect();
        Ok(files)
    }

    /// Files that differ between two trees. Folders that are the same are not looked into.
    fn compare(
        &self,
        repository: &Repository,
        (before, after): (Option<ObjectId>, Option<ObjectId>),
        folder: &str,
        found: &mut Vec<Difference>,
    ) -> Result<(), StoreError> {
        let mut items: BTreeMap<(String, bool), [Option<ObjectId>; 2]> = BTreeMap::new();
        for (side, tree) in [before, after].into_iter().enumerate() {
            let Some(tree) = tree else { continue };
            for item in self.items(repository, tree)? {
                items.entry((item.name, item.is_folder)).or_default()[side] = Some(item.id);
            }
        }
        for ((name, is_folder), [before, after]) in items {
            if before == after {
                continue;
            }
            let path = format!("{folder}{name}");
            if is_folder {
                self.compare(repository, (before, after), &format!("{path}/"), found)?;
            } else {
                found.push((path, before, after));
            }
        }
        Ok(())
    }

    /// The responses of a file; `None` if it is not here or cannot be read.
    fn response_ids(&self, blob: ObjectId) -> Option<Vec<RecordId>> {
        let file = DayFile::parse(&self.read(blob).ok()?).ok()?;
        Some(file.records.into_iter().map(|record| record.id).collect())
    }
}

/// Responses of the files of one machine and source that differ.
#[derive(Default)]
struct Ids {
    before: HashSet<RecordId>,
    after: HashSet<RecordId>,
    files: usize,
    is_uncounted: bool,
}

impl Ids {
    fn take(&mut self, git: &Git, before: Option<ObjectId>, after: Option<ObjectId>) {
        self.files += 1;
        for (blob, ids) in [(before, &mut self.before), (after, &mut self.after)] {
            let Some(blob) = blob else { continue };
            match git.response_ids(blob) {
                Some(found) => ids.extend(found),
                None => self.is_uncounted = true,
            }
        }
    }

    fn count(self, files: &mut ChangedFiles) {
        if self.is_uncounted {
            files.uncounted += self.files;
        } else {
            files.responses_added += self.after.difference(&self.before).count();
            files.responses_removed += self.before.difference(&self.after).count();
        }
    }
}
