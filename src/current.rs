//! What holds at this moment: open windows of five hours, the newest readings of limits, budgets. The line for a prompt,
//! the live view and the answers for assistants tell the same from here.

use data_schema::Money;
use serde::{Deserialize, Serialize};
use summarizer::Row;

pub(crate) mod budgets;
pub(crate) mod limits;
pub(crate) mod spans;
pub(crate) mod windows;

/// From where on a part that is used is near its end. Steps of 10⁻⁴.
pub(crate) const NEAR: u64 = 7_000;
/// From where on it is as good as at its end. Steps of 10⁻⁴.
pub(crate) const AT_END: u64 = 9_000;

/// What was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Amount {
    pub(crate) total_tokens: u64,
    pub(crate) requests: u64,
    /// List value of the tokens that have a price.
    #[serde(rename = "listUSD")]
    pub(crate) list_usd: Money,
    pub(crate) unpriced_tokens: u64,
}

impl Amount {
    pub(crate) fn add(&mut self, other: Self) {
        self.total_tokens = self.total_tokens.saturating_add(other.total_tokens);
        self.requests = self.requests.saturating_add(other.requests);
        self.list_usd += other.list_usd;
        self.unpriced_tokens = self.unpriced_tokens.saturating_add(other.unpriced_tokens);
    }

    /// `$4.56`, with a plus where tokens have no price.
    pub(crate) fn cost(&self) -> String {
        site::cost(Some(self.list_usd), self.unpriced_tokens)
    }

    /// `12.3M tokens $4.56`.
    pub(crate) fn text(&self) -> String {
        format!("{} tokens {}", site::tokens(self.total_tokens), self.cost())
    }
}

impl From<&Row> for Amount {
    fn from(row: &Row) -> Self {
        Self {
            total_tokens: row.tokens.total_tokens,
            requests: row.requests,
            list_usd: row.cost.list_usd.unwrap_or_default(),
            unpriced_tokens: row.unpriced_tokens,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_says_that_some_tokens_have_no_price() {
        let amount = |total_tokens, unpriced_tokens| Amount {
            total_tokens,
            requests: 1,
            list_usd: Money::ZERO,
            unpriced_tokens,
        };
        assert_eq!(amount(1_234_567, 0).text(), "1.23M tokens $0.00");
        assert_eq!(amount(999, 1).text(), "999 tokens no price yet");
        let priced = Amount { list_usd: Money::from_picos(2_500_000_000_000), ..amount(999, 1) };
        assert_eq!(priced.text(), "999 tokens $2.50+");
    }
}
