//! How much of each budget was used: for monitors and people.

use std::path::Path;

use chrono::{DateTime, Utc};
use data_schema::{Money, Text, UtcSeconds};
use serde::Serialize;

use crate::clock::Clock;
use crate::gate::book::{Book, Owner, Pacing};
use crate::gate::charge;
use crate::gate::keys::{Keys, KeysError};
use crate::gate::limit::{Limit, Unit};
use crate::gate::replay::{self, Replay};
use crate::gate::settings::Settings;

/// One budget, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BudgetUse {
    /// `all`, `key` or `project`.
    pub owner: &'static str,
    /// Name of the key or project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// `5 USD/day`.
    pub budget: String,
    /// `requests`, `tokens` or `USD`.
    pub unit: &'static str,
    /// `5h`, `day`, `week` or `month`.
    pub window: &'static str,
    /// What requests took that have ended in this window.
    pub used: Amount,
    /// What requests may take that are on their way.
    pub reserved: Amount,
    /// What may be used in a window.
    pub limit: Amount,
    /// When the window ends; absent where none has begun: five hours begin with a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resets: Option<UtcSeconds>,
}

/// A number of requests or tokens, or an amount of US dollars: a number or a decimal text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows an amount must know both")]
pub enum Amount {
    /// Requests or tokens.
    Count(u64),
    /// US dollars.
    Cost(Money),
}

impl Amount {
    fn new(unit: Unit, amount: i128) -> Self {
        match unit {
            Unit::Cost => Self::Cost(Money::from_picos(amount)),
            Unit::Requests | Unit::Tokens => {
                Self::Count(u64::try_from(amount.max(0)).unwrap_or(u64::MAX))
            }
        }
    }
}

impl Owner {
    /// The word for its kind, and its name.
    pub(crate) fn parts(&self) -> (&'static str, Option<&Text>) {
        match self {
            Self::All => ("all", None),
            Self::Key(name) => ("key", Some(name)),
            Self::Project(name) => ("project", Some(name)),
        }
    }
}

/// How much of budgets was used at a moment.
pub(crate) fn of(book: &Book, budgets: &[(Owner, Limit)], now: DateTime<Utc>) -> Vec<BudgetUse> {
    let one = |(owner, limit): &(Owner, Limit)| {
        let id = (owner.clone(), limit.unit, limit.every);
        let is_begun = book
            .accounts
            .get(&id)
            .is_some_and(|account| account.span.is_some_and(|span| span.goes_on(now)));
        let is_calendar = limit.every != crate::gate::limit::Every::FiveHours;
        let account = book.account(&id, now);
        let span = account.span.filter(|_| is_begun || is_calendar);
        let (kind, name) = owner.parts();
        BudgetUse {
            owner: kind,
            name: name.cloned(),
            budget: limit.to_string(),
            unit: limit.unit.word(),
            window: limit.every.word(),
            used: Amount::new(limit.unit, account.used),
            reserved: Amount::new(limit.unit, account.reserved),
            limit: Amount::new(limit.unit, limit.amount),
            resets: span.map(|span| UtcSeconds::from(span.end)),
        }
    };
    budgets.iter().map(one).collect()
}

/// All budgets: those of the configuration, then those of the keys that are not revoked.
pub(crate) fn declared<'a>(
    settings: &Settings,
    keys: impl Iterator<Item = &'a crate::gate::keys::Key>,
) -> Vec<(Owner, Limit)> {
    let of_keys = keys.filter(|key| key.revoked.is_none()).flat_map(|key| {
        let owner = Owner::Key(Text::clone(&key.name));
        key.terms.budgets.iter().map(move |limit| (owner.clone(), *limit))
    });
    settings.budgets.iter().cloned().chain(of_keys).collect()
}

/// How fast everybody may be.
pub(crate) fn paced<'a>(
    settings: &Settings,
    keys: impl Iterator<Item = &'a crate::gate::keys::Key>,
) -> Vec<(Owner, Pacing)> {
    let of_keys = keys.map(|key| {
        let own = Pacing::of(&key.terms.rates).or(settings.each_key);
        (Owner::Key(Text::clone(&key.name)), own)
    });
    let all = of_keys.chain([(Owner::All, settings.all)]);
    all.filter(|(_, pacing)| !pacing.is_empty()).collect()
}

/// How much of each budget was used, from the files alone: what a command shows while no proxy runs. What is on its
/// way through a proxy that runs is not in it.
///
/// # Errors
///
/// The keys cannot be read.
pub fn budget_use(
    folder: &Path,
    settings: &Settings,
    clock: &Clock,
) -> Result<Vec<BudgetUse>, KeysError> {
    let keys = Keys::read(folder)?;
    let budgets = declared(settings, keys.keys.iter());
    let now = clock.now();
    let mut book = Book::new(settings.zone);
    let replay = Replay { budgets: &budgets, pacings: &[], now };
    if let Some(first) = replay.first_day(&book) {
        let prices = settings.book();
        let entries = replay::entries(&folder.join("ledger"), first, replay.is_about_all());
        replay.run(&mut book, entries, |entry, with_cost| {
            charge::truth(entry, with_cost.then(|| prices.get()))
        });
    }
    Ok(of(&book, &budgets, now))
}
