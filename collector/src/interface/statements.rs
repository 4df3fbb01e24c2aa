//! What an interface told, added up, and made into records.

use std::collections::BTreeMap;

use data_schema::{
    Attribution, HashId, Kind, LimitReading, Money, Quality, RecordId, RecordSet, Text, Tokens,
    Usage, UsageRecord, UtcSeconds, Via,
};

use super::Terms;
use crate::adapter::Counts;
use crate::loose::{LooseCount, LooseNumber};
use crate::source::Info;

/// No model has a longer name. Bytes.
const LONGEST_NAME: usize = 200;

/// Sums by stretch of time, model and, where it matters, more.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    rows: BTreeMap<Key, Row>,
    /// What was told of limits.
    pub(crate) limits: Vec<LimitReading>,
    /// Whose it is, where the vendor says so.
    pub(crate) account: Option<String>,
}

/// The start of the stretch, and the model.
type Key = (UtcSeconds, String);

/// One sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) counts: Counts,
    /// Requests; 0 if they are not told.
    pub(crate) requests: u64,
    /// What the vendor says that it cost, in US dollars.
    pub(crate) cost: Option<Money>,
    pub(crate) web_searches: u64,
}

impl Row {
    fn is_empty(&self) -> bool {
        let is_free = self.cost.is_none_or(|cost| cost.picos() <= 0);
        self.counts.sum() == 0 && self.requests == 0 && is_free
    }
}

impl Statements {
    /// Nothing yet, of an account that the vendor names.
    pub(crate) fn of(account: Option<String>) -> Self {
        Self { account, ..Self::default() }
    }

    /// Adds to the sum of a stretch that begins at `at` and a model; `None` where no model is told.
    pub(crate) fn add(&mut self, at: UtcSeconds, model: Option<&str>, row: Row) {
        if row.is_empty() {
            return;
        }
        let sum = self.rows.entry((at, name(model))).or_default();
        sum.counts = sum.counts.plus(row.counts);
        sum.requests = sum.requests.saturating_add(row.requests);
        sum.web_searches = sum.web_searches.saturating_add(row.web_searches);
        if let Some(cost) = row.cost {
            sum.cost = Some(sum.cost.unwrap_or(Money::ZERO) + cost);
        }
    }

    /// Whether something was told of a stretch and a model.
    pub(crate) fn has(&self, at: UtcSeconds, model: &str) -> bool {
        self.rows.contains_key(&(at, name(Some(model))))
    }

    /// The records. Identity is vendor, account, stretch and model, and no value: what is told later of the same
    /// stretch and is greater takes the place of what was told before.
    pub(crate) fn into_records(self, info: &Info, terms: &Terms, account: &str) -> RecordSet {
        let vendor = Text::from(terms.vendor);
        let owner = HashId::new("account", account);
        let record = |((at, model), row): (Key, Row)| {
            let native = format!("{}\0{account}\0{at}\0{model}", terms.vendor);
            let mut record = UsageRecord::new(RecordId::new("statement", &native, ""), at);
            record.usage = row.into_usage(info, &model);
            record.attribution = Attribution {
                account: Some(owner),
                vendor: Some(vendor.clone()),
                ..Attribution::default()
            };
            record
        };
        self.rows.into_iter().map(record).collect()
    }
}

impl Row {
    fn into_usage(self, info: &Info, model: &str) -> Usage {
        let (counts, _) = self.counts.clamped();
        let cost = self.cost.filter(|cost| cost.picos() > 0);
        let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        counts.into_usage(Usage {
            model: model.into(),
            requests: Some(number(self.requests)).filter(|requests| *requests != 1),
            web_searches: Some(number(self.web_searches)).filter(|searches| *searches > 0),
            currency: cost.is_some().then(|| Text::from("USD")),
            cost: cost.map(|cost| cost.to_string().into()),
            quality: Quality::Partial,
            via: Via::Api,
            kind: Kind::Statement,
            revision: info.revision,
            ..Usage::default()
        })
    }
}

/// A model's name as it may stand in a record.
fn name(told: Option<&str>) -> String {
    let told = told.unwrap_or_default().trim();
    let name: String = told.chars().filter(|letter| !letter.is_control()).collect();
    if name.is_empty() || name.len() > LONGEST_NAME { "unknown".to_owned() } else { name }
}

/// A count that an interface told. What is none counts as not told.
pub(crate) fn count(told: LooseCount) -> Option<Tokens> {
    told.keep("", &mut |_| {})
}

/// An amount in parts of a US dollar: 1, or 100 for cents.
pub(crate) fn money(told: LooseNumber, parts: i128) -> Option<Money> {
    let amount = told.0.filter(|amount| amount.is_finite() && amount.abs() < 1e12)?;
    let amount: Money = format!("{amount:.9}").parse().ok()?;
    Some(Money::from_picos(amount.picos() / parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::openai;

    #[test]
    fn a_later_and_greater_statement_takes_the_place_of_the_first() {
        let at: UtcSeconds = "2026-05-01T00:00:00Z".parse().unwrap();
        let told = |output: u64, account: &str| {
            let mut told = Statements::default();
            let counts = Counts { output: Tokens::new(output), ..Counts::default() };
            told.add(at, Some(" m "), Row { counts, requests: 2, ..Row::default() });
            told.into_records(openai::info(), openai::terms(), account)
        };
        let mut all = told(10, "a");
        told(12, "a").into_boxes().into_iter().for_each(|record| all.insert(*record));
        assert_eq!(all.len(), 1);
        let only = all.iter().next().unwrap();
        assert_eq!((only.usage.total(), only.usage.kind), (12, Kind::Statement));
        told(12, "b").into_boxes().into_iter().for_each(|record| all.insert(*record));
        assert_eq!(all.len(), 2, "another account");
    }

    #[test]
    fn amounts_are_exact_and_odd_ones_are_not_told() {
        let amount = |number, parts| money(LooseNumber(Some(number)), parts).unwrap().to_string();
        assert_eq!(amount(123.45, 100), "1.2345");
        assert_eq!(amount(0.015, 1), "0.015");
        assert_eq!(money(LooseNumber(Some(f64::NAN)), 1), None);
        assert_eq!(name(Some("a\nb")), "ab");
        assert_eq!(name(Some("")), "unknown");
    }
}
