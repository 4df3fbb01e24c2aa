//! Whether what a machine stored can be read: every object's header once, and then only where the object
//! files have changed.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use fs_err as fs;
use gix::ObjectId;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::block::check;
use crate::folder::Stamp;
use crate::git::Git;
use crate::listing::Scope;

/// State of the object files: one number for each folder below `objects/`, of the names, sizes and times
/// of the files in it.
pub(crate) type State = BTreeMap<String, u64>;

impl Git {
    /// The state now, on all cores.
    pub(crate) fn object_state(&self) -> io::Result<State> {
        let mut folders = Vec::new();
        for item in fs::read_dir(self.root.join("objects"))? {
            let item = item?;
            if item.file_type()?.is_dir() {
                folders.push((item.file_name().to_string_lossy().into_owned(), item.path()));
            }
        }
        let state = |(name, path): (String, std::path::PathBuf)| Ok((name, folder_state(&path)?));
        folders.into_par_iter().map(state).collect()
    }

    /// Brings the folders of new objects up to date.
    pub(crate) fn update_state(&self, state: &mut State, written: &[ObjectId]) -> io::Result<()> {
        for id in written {
            let name = folder_of(id);
            let folder = self.root.join("objects").join(&name);
            if folder.is_dir() {
                state.insert(name, folder_state(&folder)?);
            }
        }
        Ok(())
    }

    /// Leaves out the folders of new objects.
    pub(crate) fn forget_state(state: &mut State, written: &[ObjectId]) {
        for id in written {
            state.remove(&folder_of(id));
        }
    }

    /// Whether everything that a machine stored can be read. `known` is the state in which that was so
    /// for the same tip: then only objects in changed folders are looked at.
    pub(crate) fn is_readable(
        &self,
        tip: ObjectId,
        machine: &str,
        (now, known): (&State, Option<&State>),
    ) -> bool {
        if known == Some(now) {
            return true;
        }
        // A changed pack may concern every object.
        let known = known
            .filter(|known| ["pack", "info"].iter().all(|name| known.get(*name) == now.get(*name)));
        let is_changed = |id: &ObjectId| {
            let name = folder_of(id);
            let state = now.get(&name);
            state.is_none() || known.is_none_or(|known| known.get(&name) != state)
        };
        let repository = self.local();
        let listing =
            self.tree_of(tip).and_then(|tree| self.list(tree, Scope::Machines(&[machine])));
        listing.is_ok_and(|listing| {
            let mut changed = listing.marks.iter().filter(|id| is_changed(id));
            changed.all(|id| repository.find_header(*id).is_ok())
        })
    }
}

/// The folder of a loose object.
fn folder_of(id: &ObjectId) -> String {
    id.as_bytes().first().map(|first| format!("{first:02x}")).unwrap_or_default()
}

/// The order in which a folder lists its files does not count.
fn folder_state(folder: &Path) -> io::Result<u64> {
    let mut state = 0_u64;
    for item in fs::read_dir(folder)? {
        let item = item?;
        let mut bytes = item.file_name().into_encoded_bytes();
        match item.metadata() {
            Ok(metadata) => bytes.extend(Stamp::of(&metadata).bytes()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        }
        state = state.wrapping_add(check(&bytes));
    }
    Ok(state)
}
