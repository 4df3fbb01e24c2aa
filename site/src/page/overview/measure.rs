//! What is added up in bars and lines.

use data_schema::Money;
use data_schema::summary::Aggregate;

use super::kit::{Kit, micros};
use crate::locale::numbers::dollars;

/// Tokens, or what they cost at list price in millionths of a dollar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Tokens,
    Cost,
}

impl Measure {
    pub(super) fn of(self, sum: &Aggregate) -> u64 {
        match self {
            Self::Tokens => sum.tokens.total_tokens,
            Self::Cost => micros(sum),
        }
    }

    /// A number of an axis, in short.
    pub(super) fn short(self, kit: &Kit<'_, '_>, value: u64) -> String {
        match self {
            Self::Tokens => kit.context.locale.tokens(value),
            Self::Cost => amount(value),
        }
    }

    pub(super) fn told(self, kit: &Kit<'_, '_>, sum: &Aggregate) -> String {
        match self {
            Self::Tokens => kit.tokens(sum),
            Self::Cost => kit.cost(sum),
        }
    }
}

/// Millionths of a dollar as an amount.
fn amount(micros: u64) -> String {
    if micros == 0 {
        "$0".to_owned()
    } else {
        dollars(Money::from_picos(i128::from(micros) * 1_000_000))
    }
}
