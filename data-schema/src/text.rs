//! Short shared strings.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A name that many records share: a model, a project, a machine.
///
/// One allocation serves all records that carry it, if it comes from one [`Interner`].
pub type Text = Arc<str>;

/// Gives equal strings one allocation.
///
/// A year of logs holds a million records and some two hundred different names.
#[derive(Debug, Default)]
pub struct Interner {
    known: FxHashSet<Text>,
}

impl Interner {
    /// Returns the shared copy of `text`.
    pub fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        let new: Text = Arc::from(text);
        self.known.insert(Arc::clone(&new));
        new
    }
}

thread_local! {
    /// Names that this thread has read: a store repeats a few hundred names a million times.
    static READ: RefCell<Interner> = RefCell::default();
}

/// Names that are kept at most, so that hostile files cannot fill the memory.
const KEPT_NAMES: usize = 4096;

/// The copy of `text` that this thread shares.
pub(crate) fn shared(text: &str) -> Text {
    READ.with_borrow_mut(|names| {
        if names.known.len() >= KEPT_NAMES {
            names.known.clear();
        }
        names.text(text)
    })
}

/// A name as it is read from a file: equal names of one thread share one allocation.
pub(crate) struct Shared(pub(crate) Text);

impl<'de> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SharedVisitor;
        impl Visitor<'_> for SharedVisitor {
            type Value = Shared;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Shared, E> {
                Ok(Shared(shared(text)))
            }
        }
        deserializer.deserialize_str(SharedVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_one_allocation() {
        let mut interner = Interner::default();
        let first = interner.text("gpt-5");
        let second = interner.text("gpt-5");
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(&*interner.text("o3"), "o3");
    }
}
