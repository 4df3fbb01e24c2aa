//! Sums over the requests of one task.

use data_schema::Tokens;

use crate::adapter::Counts;

/// What all requests of a task have used up to a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    input: u64,
    cache_read: u64,
    cache_creation: u64,
    output: u64,
    /// US dollars.
    cost: f64,
}

impl Sum {
    pub(super) fn add(&mut self, counts: Counts, cost: Option<f64>) {
        let add = |sum: &mut u64, tokens: Option<Tokens>| {
            *sum = sum.saturating_add(tokens.map_or(0, Tokens::get));
        };
        add(&mut self.input, counts.input);
        add(&mut self.cache_read, counts.cache_read);
        add(&mut self.cache_creation, counts.cache_creation);
        add(&mut self.output, counts.output);
        self.cost += cost.unwrap_or(0.0).max(0.0);
    }

    pub(super) fn counts(self) -> Counts {
        let tokens = |number| Some(Tokens::saturating(number));
        Counts {
            input: tokens(self.input),
            cache_read: tokens(self.cache_read),
            cache_creation: tokens(self.cache_creation),
            output: tokens(self.output),
            ..Counts::default()
        }
    }

    pub(super) fn cost(self) -> f64 {
        // What came from adding up is no part of the sum.
        (self.cost * 1e9).round() / 1e9
    }

    /// All values, to be part of an identity.
    pub(super) fn values(self) -> String {
        let Self { input, cache_read, cache_creation, output, .. } = self;
        format!("{input} {cache_read} {cache_creation} {output}")
    }
}
