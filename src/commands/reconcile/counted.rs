//! What was counted, by day of UTC and model.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use data_schema::resolve::plain_model;
use data_schema::{Money, Quality, Text, Tokens, Usage, sources};
use pricing::{Cost, ModelPrices, Payer, PriceBook};
use summarizer::Fact;

/// Tokens by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Classes {
    pub(super) input: u64,
    pub(super) cache_read: u64,
    pub(super) cache_write: u64,
    pub(super) output: u64,
    /// All of them; also where nothing finer is told.
    pub(super) total: u64,
}

/// What was counted of a day and model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) classes: Classes,
    pub(super) requests: u64,
    /// List value in picos of USD.
    pub(super) list: i128,
    pub(super) unpriced_tokens: u64,
    /// Of all tokens, those that a subscription covers.
    pub(super) plan_tokens: u64,
    pub(super) inexact_tokens: u64,
    pub(super) sources: BTreeSet<Text>,
}

/// Everything that was counted.
#[derive(Debug)]
pub(super) struct Counted<'a> {
    book: &'a PriceBook,
    prices: HashMap<(Text, Text), ModelPrices<'a>>,
    keys: HashMap<Text, String>,
    tallies: BTreeMap<(NaiveDate, String), Tally>,
}

impl Classes {
    fn of(usage: &Usage) -> Self {
        let count = |tokens: Option<Tokens>| tokens.map_or(0, Tokens::get);
        Self {
            input: count(usage.input_tokens),
            cache_read: count(usage.cache_read_tokens),
            cache_write: count(usage.cache_creation_tokens),
            output: count(usage.output_tokens),
            total: usage.total(),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        let Self { input, cache_read, cache_write, output, total } = other;
        self.input = self.input.saturating_add(input);
        self.cache_read = self.cache_read.saturating_add(cache_read);
        self.cache_write = self.cache_write.saturating_add(cache_write);
        self.output = self.output.saturating_add(output);
        self.total = self.total.saturating_add(total);
    }
}

impl Tally {
    /// The list value; `None` where no token of it has a price.
    pub(super) fn list(&self) -> Option<Money> {
        let is_unpriced = self.unpriced_tokens > 0 && self.unpriced_tokens >= self.classes.total;
        (!is_unpriced).then(|| Money::from_picos(self.list))
    }

    fn join(&mut self, other: &Self) {
        self.classes.add(other.classes);
        self.requests += other.requests;
        self.list = self.list.saturating_add(other.list);
        self.unpriced_tokens += other.unpriced_tokens;
        self.plan_tokens += other.plan_tokens;
        self.inexact_tokens += other.inexact_tokens;
        self.sources.extend(other.sources.iter().cloned());
    }
}

impl<'a> Counted<'a> {
    pub(super) fn new(book: &'a PriceBook) -> Self {
        let (prices, keys, tallies) = Default::default();
        Self { book, prices, keys, tallies }
    }

    /// Adds a response or day sum. Statements that count are the words of others, and no witness for them.
    pub(super) fn add(&mut self, fact: &Fact<'_>) {
        if sources::tells_statements(fact.provider) {
            return;
        }
        let usage = &fact.record.usage;
        let name = (fact.provider.clone(), usage.model.clone());
        let book = self.book;
        let prices =
            self.prices.entry(name).or_insert_with_key(|(of, model)| book.of_model(of, model));
        let bill = prices.bill(fact.record, fact.day);
        let key = self.keys.entry(usage.model.clone()).or_insert_with_key(|model| key(model));
        let tally = self.tallies.entry((fact.day, key.clone())).or_default();
        let total = usage.total();
        tally.classes.add(Classes::of(usage));
        tally.requests += usage.request_count();
        match bill.list {
            Cost::Priced(amount) => tally.list = tally.list.saturating_add(amount.picos()),
            Cost::Unpriced => tally.unpriced_tokens += total,
        }
        if bill.payer == Payer::Plan {
            tally.plan_tokens += total;
        }
        if usage.quality != Quality::Exact {
            tally.inexact_tokens += total;
        }
        if !tally.sources.contains(fact.provider) {
            tally.sources.insert(fact.provider.clone());
        }
    }

    /// What was counted of a day and model, under whatever name.
    pub(super) fn of(&self, day: NaiveDate, key: &str) -> Option<&Tally> {
        self.tallies.get(&(day, key.to_owned()))
    }

    /// All models of a day whose key fits.
    pub(super) fn of_day(&self, day: NaiveDate, fits: impl Fn(&str) -> bool) -> Option<Tally> {
        let mut sum: Option<Tally> = None;
        for (_, tally) in self.keys_of(day).filter(|(key, _)| fits(key)) {
            sum.get_or_insert_default().join(tally);
        }
        sum
    }

    /// All models of a day, by key.
    pub(super) fn keys_of(&self, day: NaiveDate) -> impl Iterator<Item = (&str, &Tally)> {
        let rows = self.tallies.range((day, String::new())..);
        rows.take_while(move |((of, _), _)| *of == day)
            .map(|((_, key), tally)| (key.as_str(), tally))
    }

    /// The first and last day of which something was counted.
    pub(super) fn days(&self) -> Option<(NaiveDate, NaiveDate)> {
        let (first, _) = self.tallies.first_key_value()?;
        let (last, _) = self.tallies.last_key_value()?;
        Some((first.0, last.0))
    }
}

/// Families of Claude models, which stand before the number in some names and behind it in others.
const CLAUDE_FAMILIES: [&str; 4] = ["opus", "sonnet", "haiku", "instant"];

/// What two names of one model have in common: bills write `Claude Sonnet 4.5` or `anthropic/claude-4.5-sonnet`, logs
/// `claude-sonnet-4-5-20250929`.
pub(super) fn key(model: &str) -> String {
    let name = plain_model(model.trim()).replace([' ', '_'], "-");
    // A plan or variant of OpenRouter: `deepseek-r1:free`.
    let name = name.split(':').next().unwrap_or(&name).to_owned();
    let Some(rest) = name.strip_prefix("claude-") else { return name };
    let rest = rest.replace('.', "-");
    let parts: Vec<&str> = rest.split('-').filter(|part| !part.is_empty()).collect();
    let is_family = |part: &&str| CLAUDE_FAMILIES.contains(part);
    let (families, others): (Vec<&str>, Vec<&str>) = parts.into_iter().partition(is_family);
    let mut words = vec!["claude"];
    words.extend(families);
    words.extend(others);
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_bills_and_logs_meet() {
        for (bill, log) in [
            ("Claude Sonnet 4.5", "claude-sonnet-4-5-20250929"),
            ("Claude Opus 5", "claude-opus-5"),
            ("anthropic/claude-4.8-opus-20260528", "claude-opus-4-8"),
            ("anthropic/claude-3.5-sonnet", "claude-3-5-sonnet-20241022"),
            ("gpt-5-2025-08-07", "openai/gpt-5"),
            ("deepseek/deepseek-r1:free", "deepseek-r1"),
        ] {
            assert_eq!(key(bill), key(log), "{bill}");
        }
        assert_ne!(key("gpt-5.1"), key("gpt-5"));
        assert_ne!(key("claude-sonnet-4"), key("claude-sonnet-4-5"));
    }
}
