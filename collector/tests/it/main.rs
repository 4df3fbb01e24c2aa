//! Whole logs through the sources.

mod cases;
mod support;
