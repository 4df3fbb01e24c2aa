//! Short shared strings.

use std::collections::HashSet;
use std::sync::Arc;

/// A name that many records share: a model, a project, a machine.
///
/// One allocation serves all records that carry it, if it comes from one [`Interner`].
pub type Text = Arc<str>;

/// Gives equal strings one allocation.
///
/// A year of logs holds a million records and some two hundred different names.
#[derive(Debug, Default)]
pub struct Interner {
    known: HashSet<Text>,
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
