//! What the cells of some days come to, by what rows are about.

use std::collections::BTreeMap;

use data_schema::{HashId, UtcSeconds};
use rustc_hash::FxHashMap;

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

/// A row to be.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    pub(super) cell: Cell,
    /// Of a session.
    pub(super) span: Option<Span>,
    pub(super) parts: FxHashMap<Places, Cell>,
}

/// What is told of a session beside its numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// The smallest of several, so that the order of the records changes nothing; 0 is none.
    pub(super) project: u32,
    pub(super) first: UtcSeconds,
    pub(super) last: UtcSeconds,
}

/// Everything that counts on some days.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) rows: FxHashMap<Key, Sum>,
    pub(super) by_source: BTreeMap<u32, Cell>,
    pub(super) total: Cell,
}

impl Found {
    /// Adds a cell that counts, whatever row it is in.
    pub(super) fn count(&mut self, source: u32, cell: &Cell) {
        self.total.add(cell);
        self.by_source.entry(source).or_default().add(cell);
    }

    /// Adds a cell to its row.
    pub(super) fn add(&mut self, key: Key, part: Option<Places>, cell: &Cell) -> &mut Sum {
        let row = self.rows.entry(key).or_default();
        row.cell.add(cell);
        if let Some(part) = part {
            row.parts.entry(part).or_default().add(cell);
        }
        row
    }
}

impl Sum {
    pub(super) fn see(&mut self, span: Span) {
        self.span = Some(match self.span {
            None => span,
            Some(known) => Span {
                project: match (known.project, span.project) {
                    (0, other) | (other, 0) => other,
                    (one, other) => one.min(other),
                },
                first: known.first.min(span.first),
                last: known.last.max(span.last),
            },
        });
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
