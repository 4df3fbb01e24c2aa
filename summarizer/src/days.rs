//! Tokens of single days: what day sums of 1.x are held against.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::Text;

use crate::Sums;

/// Machine, source and day.
type Day = (Text, Text, NaiveDate);

impl Sums {
    /// Tokens by machine, source and day of the zone that the sums were made for.
    pub fn tokens_by_day(&self) -> BTreeMap<Day, u64> {
        let mut days: BTreeMap<Day, u64> = BTreeMap::new();
        for (key, cell) in &self.cells {
            let machine = &self.names.machines[key.machine as usize].name;
            let provider = &self.names.providers[key.provider as usize].name;
            let day = (machine.clone(), provider.clone(), key.day);
            *days.entry(day).or_default() += cell.tokens.total_tokens;
        }
        days
    }
}
