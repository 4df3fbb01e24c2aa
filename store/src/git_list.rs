//! Lists a commit's files: one tree after the other, without a path for each object in between.

use std::collections::BTreeMap;

use data_schema::Text;
use gix::{ObjectId, Repository};

use crate::StoreError;
use crate::git::Git;
use crate::listing::{Listing, Scope};
use crate::path::{CARD, Entry, SourceFolder};

/// One line of a tree.
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) id: ObjectId,
    pub(crate) is_folder: bool,
}

impl Git {
    /// The tree of a commit.
    pub(crate) fn tree_of(&self, commit: ObjectId) -> Result<ObjectId, StoreError> {
        let repository = self.local();
        let commit = repository.find_commit(commit).map_err(|error| self.error(error))?;
        Ok(commit.tree_id().map_err(|error| self.error(error))?.detach())
    }

    /// A file in the root of a commit.
    pub(crate) fn root_file(
        &self,
        commit: ObjectId,
        name: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let repository = self.local();
        let root = self.items(&repository, self.tree_of(commit)?)?;
        let item = root.into_iter().find(|item| !item.is_folder && item.name == name);
        item.map(|item| self.read(item.id)).transpose()
    }

    /// The files of a tree.
    pub(crate) fn list(
        &self,
        tree: ObjectId,
        scope: Scope<'_>,
    ) -> Result<Listing<ObjectId>, StoreError> {
        let mut listing = Listing::default();
        if matches!(scope, Scope::Nothing) {
            return Ok(listing);
        }
        let repository = self.local();
        for item in self.items(&repository, tree)? {
            if item.is_folder && item.name == "raw" {
                self.list_raw(&repository, item.id, scope, &mut listing)?;
            } else {
                self.list_beside(&repository, item, &mut listing)?;
            }
        }
        Ok(listing.sorted())
    }

    /// What lies beside `raw/`.
    fn list_beside(
        &self,
        repository: &Repository,
        item: Item,
        listing: &mut Listing<ObjectId>,
    ) -> Result<(), StoreError> {
        if !item.is_folder {
            listing.others.push((item.name, item.id));
            return Ok(());
        }
        for deeper in self.items(repository, item.id)? {
            let name = format!("{}/{}", item.name, deeper.name);
            self.list_beside(repository, Item { name, ..deeper }, listing)?;
        }
        Ok(())
    }

    /// The folder of each machine: name and tree.
    pub(crate) fn machine_trees(
        &self,
        commit: ObjectId,
    ) -> Result<BTreeMap<String, ObjectId>, StoreError> {
        let repository = self.local();
        let root = self.items(&repository, self.tree_of(commit)?)?;
        let raw = root.into_iter().find(|item| item.is_folder && item.name == "raw");
        let Some(raw) = raw else { return Ok(BTreeMap::new()) };
        let folders = self.items(&repository, raw.id)?.into_iter().filter(|item| item.is_folder);
        Ok(folders.map(|folder| (folder.name, folder.id)).collect())
    }

    fn list_raw(
        &self,
        repository: &Repository,
        raw: ObjectId,
        scope: Scope<'_>,
        listing: &mut Listing<ObjectId>,
    ) -> Result<(), StoreError> {
        for top in self.items(repository, raw)? {
            if !scope.has(&top.name) {
                continue;
            }
            if !top.is_folder {
                listing.foreign.push(format!("raw/{}", top.name));
                continue;
            }
            let machine = Text::from(top.name);
            for item in self.items(repository, top.id)? {
                if item.is_folder {
                    self.list_source(repository, (&machine, &item), listing)?;
                } else {
                    listing.of_machine(&machine, &item.name, item.id);
                }
            }
        }
        Ok(())
    }

    fn list_source(
        &self,
        repository: &Repository,
        (machine, source): (&Text, &Item),
        listing: &mut Listing<ObjectId>,
    ) -> Result<(), StoreError> {
        let folder = SourceFolder::new(machine, &source.name);
        let tree = repository.find_tree(source.id).map_err(|error| self.error(error))?;
        let mut deeper = Vec::new();
        for entry in tree.iter() {
            let entry = entry.map_err(|error| self.error(error))?;
            let name = String::from_utf8_lossy(entry.filename());
            if entry.mode().is_blob() {
                listing.of_source(&folder, &name, entry.object_id());
            } else if entry.mode().is_tree() {
                deeper.push((format!("{}{name}", folder.path), entry.object_id()));
            }
        }
        // Files that lie too deep to be ours.
        while let Some((path, tree)) = deeper.pop() {
            for item in self.items(repository, tree)? {
                let path = format!("{path}/{}", item.name);
                if item.is_folder {
                    deeper.push((path, item.id));
                } else {
                    listing.foreign.push(path);
                }
            }
        }
        Ok(())
    }

    /// Files and folders of one tree.
    pub(crate) fn items(
        &self,
        repository: &Repository,
        tree: ObjectId,
    ) -> Result<Vec<Item>, StoreError> {
        let tree = repository.find_tree(tree).map_err(|error| self.error(error))?;
        let mut items = Vec::new();
        for entry in tree.iter() {
            let entry = entry.map_err(|error| self.error(error))?;
            let (is_folder, is_file) = (entry.mode().is_tree(), entry.mode().is_blob());
            if is_folder || is_file {
                let name = String::from_utf8_lossy(entry.filename()).into_owned();
                items.push(Item { name, id: entry.object_id(), is_folder });
            }
        }
        Ok(items)
    }

    /// The folder of one machine in hex; empty if it has none.
    pub(crate) fn folder_of(&self, commit: ObjectId, machine: &str) -> Result<String, StoreError> {
        let trees = self.machine_trees(commit)?;
        Ok(trees.get(machine).map(ToString::to_string).unwrap_or_default())
    }

    /// Cards of all machines at a commit: name and blob. Reads no list of day files.
    pub(crate) fn machine_cards(
        &self,
        commit: ObjectId,
    ) -> Result<Vec<(Text, ObjectId)>, StoreError> {
        let repository = self.local();
        let mut cards = Vec::new();
        for (name, tree) in self.machine_trees(commit)? {
            let machine = Text::from(name);
            let items = self.items(&repository, tree)?;
            let card = items.into_iter().find(|item| !item.is_folder && item.name == CARD);
            let card = card.filter(|card| Entry::of_machine(&machine, &card.name).is_some());
            cards.extend(card.map(|card| (machine, card.id)));
        }
        Ok(cards)
    }
}
