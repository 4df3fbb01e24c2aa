//! The prices that budgets are counted by, read when they are first needed: most proxies limit no money.

use std::sync::{Arc, OnceLock};

use pricing::PriceBook;

/// The price book of a gate.
#[derive(Debug, Default)]
pub(crate) struct Prices {
    book: OnceLock<Arc<PriceBook>>,
}

impl Prices {
    pub(crate) fn new(given: Option<Arc<PriceBook>>) -> Self {
        Self { book: given.map_or_else(OnceLock::new, OnceLock::from) }
    }

    /// The book: the one that was handed in, else the one that comes with the program.
    pub(crate) fn get(&self) -> &PriceBook {
        self.book.get_or_init(|| Arc::new(PriceBook::builtin()))
    }
}
