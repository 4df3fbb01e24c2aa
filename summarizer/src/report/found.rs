//! What the cells of some days are about, by what rows are about.

use std::collections::BTreeMap;

use data_schema::{HashId, UtcSeconds};

use super::query::Dimension;
use crate::sums::Cell;

/// The place of a name that a row is not about.
pub(super) const NONE: u32 = u32::MAX;

/// Places of source, model, project and machine. Models have the place of the name that they are shown under;
/// 0 is no project.
pub(super) type Places = [u32; 4];

/// What a row is about. Sorted as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    /// Number of the period.
    pub(super) period: i32,
    pub(super) session: Option<HashId>,
    /// Of a report of models, projects or machines the place of that, which rows are sorted by first.
    pub(super) lead: u32,
    pub(super) places: Places,
}

/// What is told of a session beside its numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// The smallest of several, so that the order of the records changes nothing; 0 is none.
    pub(super) project: u32,
    pub(super) first: UtcSeconds,
    pub(super) last: UtcSeconds,
}

/// Cells of one row: what it is about, and their places.
pub(super) type Group = [(Key, u32)];

/// Everything that counts on some days.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// What the row of each cell is about, and the cell's place. Sorted.
    pub(super) cells: Vec<(Key, u32)>,
    pub(super) by_source: BTreeMap<u32, Cell>,
    pub(super) total: Cell,
}

impl Found {
    /// Counts a cell, whatever row it is in.
    pub(super) fn count(&mut self, source: u32, cell: &Cell) {
        self.total.add(cell);
        self.by_source.entry(source).or_default().add(cell);
    }

    /// Adds what others have found; the cells are not sorted any more.
    pub(super) fn join(mut self, other: Self) -> Self {
        self.total.add(&other.total);
        for (source, cell) in &other.by_source {
            self.by_source.entry(*source).or_default().add(cell);
        }
        self.cells.extend(other.cells);
        self
    }

    /// The cells of each row.
    pub(super) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.cells.chunk_by(|one, next| one.0 == next.0)
    }

    /// The cells of a row.
    pub(super) fn group(&self, key: &Key) -> &Group {
        let start = self.cells.partition_point(|(known, _)| known < key);
        let length = self.cells[start..].partition_point(|(known, _)| known == key);
        &self.cells[start..start + length]
    }
}

impl Span {
    pub(super) fn join(self, other: Self) -> Self {
        Self {
            project: match (self.project, other.project) {
                (0, other) | (other, 0) => other,
                (one, other) => one.min(other),
            },
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

/// The places of some dimensions, and none of the others.
pub(super) fn only(dimensions: &[Dimension], places: Places) -> Places {
    let mut some = [NONE; 4];
    for dimension in dimensions {
        some[place_of(*dimension)] = places[place_of(*dimension)];
    }
    some
}

/// Where a dimension stands among places.
pub(super) fn place_of(dimension: Dimension) -> usize {
    match dimension {
        Dimension::Source => 0,
        Dimension::Model => 1,
        Dimension::Project => 2,
        Dimension::Machine => 3,
    }
}
