//! The order of rows that are made already, and the one row of all that are beyond those that were asked for.

use std::cmp::Reverse;

use data_schema::Money;

use super::query::{Order, Query};
use super::row::{Row, Tokens};

/// Sorts rows as a question says; they stand in the order of time or name. What is beyond the top is added up in one.
pub(crate) fn arrange(rows: &mut Vec<Row>, query: &Query) {
    let size = |row: &Row| {
        Reverse(match query.order {
            Order::Key => 0,
            Order::Tokens => i128::from(row.tokens.total_tokens),
            Order::Cost => row.cost.list_usd.map_or(-1, Money::picos),
            Order::Requests => i128::from(row.requests),
            Order::Output => i128::from(row.tokens.output_tokens),
        })
    };
    rows.sort_by_key(size);
    if query.reverse {
        rows.reverse();
    }
    let Some(top) = query.top.filter(|top| *top < rows.len()) else { return };
    let rest = rows.split_off(top);
    let others = Row { others: Some(rest.len() as u64), ..rest.iter().fold(Row::default(), added) };
    rows.push(others);
}

/// The numbers of two rows.
fn added(mut sum: Row, row: &Row) -> Row {
    let mut tokens = row.tokens;
    for (sum, count) in sum.tokens.all_mut().into_iter().zip(tokens.all_mut()) {
        *sum = sum.saturating_add(*count);
    }
    sum.requests += row.requests;
    let (cost, more) = (&mut sum.cost, row.cost);
    cost.list_usd =
        cost.list_usd.map_or(more.list_usd, |sum| Some(sum + more.list_usd.unwrap_or_default()));
    cost.billed_usd += more.billed_usd;
    cost.plan_usd += more.plan_usd;
    cost.payer_unknown_usd += more.payer_unknown_usd;
    sum.unpriced_tokens += row.unpriced_tokens;
    sum.inexact_tokens += row.inexact_tokens;
    sum.data_quality = sum.data_quality.max(row.data_quality);
    sum
}

impl Tokens {
    /// All counts.
    fn all_mut(&mut self) -> [&mut u64; 9] {
        [
            &mut self.input_tokens,
            &mut self.cache_read_tokens,
            &mut self.cache_creation_tokens,
            &mut self.cache_creation_1h_tokens,
            &mut self.output_tokens,
            &mut self.reasoning_tokens,
            &mut self.image_tokens,
            &mut self.audio_tokens,
            &mut self.total_tokens,
        ]
    }
}
