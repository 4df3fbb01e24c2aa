//! The files of a store, sorted out.

use data_schema::Text;

use crate::path::{Entry, SourceFolder};

/// Which files are listed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope<'a> {
    /// All.
    All,
    /// Those of some machines.
    Machines(&'a [&'a str]),
    /// None.
    Nothing,
}

/// Files with something that each backend knows about them.
#[derive(Clone, Debug)]
pub(crate) struct Listing<T> {
    /// Our files, sorted by path.
    pub(crate) entries: Vec<Entry>,
    /// One for each entry.
    pub(crate) marks: Vec<T>,
    /// Files below `raw/` that are none of ours, sorted.
    pub(crate) foreign: Vec<String>,
    /// Files beside `raw/` at any depth, as far as the backend lists them, sorted.
    pub(crate) others: Vec<(String, T)>,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), marks: Vec::new(), foreign: Vec::new(), others: Vec::new() }
    }
}

impl Scope<'_> {
    /// Whether a machine's files are listed.
    pub(crate) fn has(self, machine: &str) -> bool {
        match self {
            Self::All => true,
            Self::Machines(only) => only.contains(&machine),
            Self::Nothing => false,
        }
    }
}

impl<T> Listing<T> {
    /// Takes a file in the folder of a source.
    pub(crate) fn of_source(&mut self, folder: &SourceFolder, name: &str, mark: T) {
        match folder.entry(name) {
            Some(entry) => self.entry(entry, mark),
            None => self.foreign.push([folder.path.as_str(), name].concat()),
        }
    }

    /// Takes a file in the folder of a machine.
    pub(crate) fn of_machine(&mut self, machine: &Text, name: &str, mark: T) {
        match Entry::of_machine(machine, name) {
            Some(entry) => self.entry(entry, mark),
            None => self.foreign.push(format!("raw/{machine}/{name}")),
        }
    }

    fn entry(&mut self, entry: Entry, mark: T) {
        self.entries.push(entry);
        self.marks.push(mark);
    }

    /// Takes all files of another listing.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.entries.append(&mut other.entries);
        self.marks.append(&mut other.marks);
        self.foreign.append(&mut other.foreign);
        self.others.append(&mut other.others);
    }

    /// Sorts everything.
    pub(crate) fn sorted(mut self) -> Self {
        self.foreign.sort_unstable();
        self.others.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        if !self.entries.is_sorted_by(|left, right| left.path <= right.path) {
            let mut pairs: Vec<_> = self.entries.into_iter().zip(self.marks).collect();
            pairs.sort_unstable_by(|(left, _), (right, _)| left.path.cmp(&right.path));
            (self.entries, self.marks) = pairs.into_iter().unzip();
        }
        self
    }
}
