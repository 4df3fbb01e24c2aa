//! Amounts as people read them.

use data_schema::Money;

use crate::money;

/// How amounts are shown.
pub(super) struct Shown {
    code: String,
}

impl Shown {
    /// In a currency that amounts are in already.
    pub(super) fn new(code: &str) -> Self {
        Self { code: code.to_owned() }
    }

    /// The currency's ISO 4217 code.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// Rounded to the currency's coins, once; something is never shown as nothing.
    pub(super) fn number(&self, amount: Money) -> String {
        money::number(amount, &self.code)
    }
}
