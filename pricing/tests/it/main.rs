//! The price table as it is shipped, and the laws of costs.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod golden;
mod laws;
mod money;
mod table;
mod traps;

use data_schema::{Money, RecordId, Text, Tokens, Usage, UsageRecord};
use pricing::{Cost, PriceBook};

/// A response of a model on 2026-05-01.
fn response(model: &str, change: impl FnOnce(&mut Usage)) -> UsageRecord {
    let at = "2026-05-01T10:00:00Z".parse().unwrap();
    let mut record = UsageRecord::new(RecordId::new("t", model, ""), at);
    record.usage.model = Text::from(model);
    change(&mut record.usage);
    record
}

fn tokens(count: u64) -> Option<Tokens> {
    Tokens::new(count)
}

/// Its cost in the book that is shipped; `None` if it is unpriced.
fn cost(record: &UsageRecord) -> Option<Money> {
    cost_in(&PriceBook::builtin(), record)
}

fn cost_in(book: &PriceBook, record: &UsageRecord) -> Option<Money> {
    match book.cost("p", record) {
        Cost::Priced(amount) => Some(amount),
        Cost::Unpriced => None,
    }
}

/// Its cost as text.
fn dollars(model: &str, change: impl FnOnce(&mut Usage)) -> String {
    cost(&response(model, change)).map_or("unpriced".into(), |amount| amount.to_string())
}
