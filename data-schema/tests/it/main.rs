//! Laws of the formats, seen from outside.

mod join;
mod newer;
