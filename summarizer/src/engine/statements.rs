//! What vendors and relays told, held against what was counted.
//!
//! Days are those of UTC, which vendors count by, whatever the report zone is. A model is compared under its plain
//! name: without the vendor in front of it and the day of its release behind it, because bills name the release and
//! tools the model. Interfaces tell days only that are over, so that every statement is about all of its day.
//!
//! A statement counts only if the shared settings name its interface, and only for a model and day of which nothing
//! else tells anything, day sums of 1.x included.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use data_schema::resolve::{Witness, plain_model as plain};
use data_schema::{Kind, Money, Text, UsageRecord, sources};
use rustc_hash::FxHashMap;

use crate::sums::Stated;

/// Tokens by day of UTC, source and plain name of the model.
#[derive(Debug, Default)]
pub(super) struct Counted(FxHashMap<(NaiveDate, Text, String), u64>);

/// What came of the statements.
#[derive(Debug, Default)]
pub(super) struct Weighed {
    /// Sorted.
    pub(super) rows: Vec<Stated>,
    /// Those that count, as responses.
    pub(super) facts: Vec<Witness>,
}

impl Counted {
    pub(super) fn add(&mut self, day: NaiveDate, provider: &Text, model: &str, tokens: u64) {
        *self.0.entry((day, provider.clone(), plain(model))).or_default() += tokens;
    }

    pub(super) fn add_record(&mut self, provider: &Text, record: &UsageRecord) {
        self.add(record.at.utc_date(), provider, &record.usage.model, record.usage.total());
    }

    /// The same by day and model, for each source a statement may be about.
    fn by_model(&self) -> BTreeMap<(NaiveDate, &str), Vec<(&Text, u64)>> {
        let mut by_model: BTreeMap<(NaiveDate, &str), Vec<(&Text, u64)>> = BTreeMap::new();
        for ((day, provider, model), tokens) in &self.0 {
            by_model.entry((*day, model)).or_default().push((provider, *tokens));
        }
        by_model
    }
}

/// What a statement is about.
type About = (Text, NaiveDate, String);

/// Holds statements against what was counted; `count` names the interfaces whose statements count where nothing else
/// does, the first one first.
pub(super) fn weigh(statements: Vec<Witness>, counted: &Counted, count: &[String]) -> Weighed {
    let mut groups: BTreeMap<About, Vec<Witness>> = BTreeMap::new();
    for statement in statements {
        let (at, model) = (statement.record.at, &statement.record.usage.model);
        let about = (statement.provider.clone(), at.utc_date(), plain(model));
        groups.entry(about).or_default().push(statement);
    }
    let by_model = counted.by_model();
    let mut weighed = Weighed::default();
    let mut taken: BTreeSet<(NaiveDate, String)> = BTreeSet::new();
    let rank = |provider: &Text| count.iter().position(|id| **id == **provider);
    let mut groups: Vec<(About, Vec<Witness>)> = groups.into_iter().collect();
    // Interfaces that do not count come behind those that do.
    groups.sort_by_key(|((provider, ..), _)| rank(provider).unwrap_or(usize::MAX));
    for (about, statements) in groups {
        let known = tokens_of(&about, &by_model);
        let (provider, day, model) = about;
        let mut row = row(provider.clone(), day, &statements);
        row.counted = known.unwrap_or(0);
        row.counts = known.is_none() && rank(&provider).is_some() && taken.insert((day, model));
        if row.counts {
            row.counted = row.tokens;
            weighed.facts.extend(statements.into_iter().map(as_response));
        }
        weighed.rows.push(row);
    }
    weighed.rows.sort();
    weighed
}

/// What was counted of what a statement is about; `None` if nothing tells anything of it.
fn tokens_of(
    (provider, day, model): &About,
    by_model: &BTreeMap<(NaiveDate, &str), Vec<(&Text, u64)>>,
) -> Option<u64> {
    let sum = |found: &Vec<(&Text, u64)>| found.iter().map(|(_, tokens)| tokens).sum::<u64>();
    let Some(family) = sources::unnamed_models(provider).filter(|_| model == UNKNOWN) else {
        return by_model.get(&(*day, model.as_str())).map(sum);
    };
    // A sum without models: all models of the vendor, and what 1.x counted under the same name.
    let of_day = by_model.range((*day, "")..).take_while(|((of, _), _)| of == day);
    let mut tokens = None;
    for ((_, name), found) in of_day {
        let is_own = |found: &&(&Text, u64)| name.starts_with(family) || found.0 == provider;
        for (_, more) in found.iter().filter(is_own) {
            tokens = Some(tokens.unwrap_or(0) + more);
        }
    }
    tokens
}

/// The model of what names none.
const UNKNOWN: &str = "unknown";

fn row(provider: Text, day: NaiveDate, statements: &[Witness]) -> Stated {
    let usages = statements.iter().map(|statement| &statement.record.usage);
    let model = usages.clone().map(|usage| usage.model.clone()).min().unwrap_or_default();
    let cost = usages.clone().filter(|usage| usage.currency.as_deref() == Some("USD"));
    let cost = cost.filter_map(|usage| usage.cost.as_ref()?.parse::<Money>().ok());
    Stated {
        provider,
        day,
        model,
        tokens: usages.clone().map(data_schema::Usage::total).sum(),
        counted: 0,
        requests: usages.map(data_schema::Usage::request_count).sum(),
        cost: cost.sum::<Money>().picos(),
        counts: false,
    }
}

fn as_response(mut statement: Witness) -> Witness {
    statement.record.usage.kind = Kind::Response;
    statement
}
