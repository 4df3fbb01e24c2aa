//! A sum beside what it was before.

use super::numbers;
use super::row::{Change, Row};
use crate::sums::Cell;

/// A sum, and that of an earlier range.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) cell: Cell,
    pub(super) before: Before,
}

/// What there was before.
#[derive(Clone, Copy, Debug)]
pub(super) enum Before {
    /// Nobody asked.
    Unasked,
    /// Nothing.
    Nothing,
    /// So much.
    Sum(Cell),
}

impl Part {
    /// `before` is `None` if nobody asked, and an error if there was nothing.
    pub(super) fn new(cell: Cell, before: Option<Result<Cell, ()>>) -> Self {
        let before = match before {
            None => Before::Unasked,
            Some(Err(())) => Before::Nothing,
            Some(Ok(cell)) => Before::Sum(cell),
        };
        Self { cell, before }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.cell.add(&other.cell);
        self.before = match (self.before, other.before) {
            (Before::Sum(mut one), Before::Sum(other)) => {
                one.add(&other);
                Before::Sum(one)
            }
            (Before::Sum(one), _) | (_, Before::Sum(one)) => Before::Sum(one),
            (Before::Nothing, _) | (_, Before::Nothing) => Before::Nothing,
            (Before::Unasked, Before::Unasked) => Before::Unasked,
        };
    }

    /// A row of its numbers.
    pub(super) fn row(&self) -> Row {
        let change = match &self.before {
            Before::Unasked => None,
            Before::Nothing => Some(Change::of(&self.cell, None)),
            Before::Sum(before) => Some(Change::of(&self.cell, Some(before))),
        };
        Row { change: change.map(Box::new), ..numbers(&self.cell) }
    }
}
