//! What every month and model came to, by the prices that the sums were made with.

use std::collections::BTreeMap;

use data_schema::{Money, Text};

use crate::calendar::month;
use crate::sums::{Cell, Sums};

/// One month of one model of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MonthOfModel {
    /// `2026-05`.
    pub month: String,
    /// The source.
    pub provider: Text,
    /// The model, as the log named it.
    pub model: Text,
    /// The name under which all of its spellings are shown.
    pub shown: Text,
    /// All tokens.
    pub tokens: u64,
    /// Of those, tokens without a price.
    pub unpriced_tokens: u64,
    /// What they cost at list price, in USD; `None` if none has a price.
    pub list: Option<Money>,
    /// What is paid for by the token, in USD.
    pub billed: Money,
}

impl Sums {
    /// What every month and model came to, in this order.
    pub fn months_of_models(&self) -> Vec<MonthOfModel> {
        let mut cells: BTreeMap<(String, usize, usize), Cell> = BTreeMap::new();
        for (key, cell) in &self.cells {
            let place = (month(key.day), key.provider as usize, key.model as usize);
            cells.entry(place).or_default().add(cell);
        }
        let of = |((month, provider, model), cell): ((String, usize, usize), Cell)| {
            let name = self.names.models.get(model)?.name.clone();
            Some(MonthOfModel {
                month,
                provider: self.names.providers.get(provider)?.name.clone(),
                shown: self.names.canonical.get(model).cloned().unwrap_or_else(|| name.clone()),
                model: name,
                tokens: cell.tokens.total_tokens,
                unpriced_tokens: cell.unpriced_tokens,
                list: cell.cost(),
                billed: Money::from_picos(cell.billed),
            })
        };
        cells.into_iter().filter_map(of).collect()
    }
}
