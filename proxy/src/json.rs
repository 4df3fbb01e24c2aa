//! Values at given places of a JSON text that arrives in pieces: constant memory, everything else skipped.

mod paths;
mod scanner;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use paths::Paths;
pub(crate) use scanner::{Scanner, Step};
pub(crate) use value::Count;
