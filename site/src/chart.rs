//! Charts as numbers for the templates: geometry here, drawing in `templates/parts/`.

pub(crate) mod bars;
pub(crate) mod calendar;
pub(crate) mod hours;
pub(crate) mod line;
pub(crate) mod scale;
pub(crate) mod spark;
