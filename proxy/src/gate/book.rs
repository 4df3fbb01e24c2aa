//! What was used and what is reserved, by owner, unit and window; and how fast.
//!
//! A request first reserves what it may take. When it has ended, the truth takes the place of the guess; a request
//! that never ended gives it back. Used and reserved together never pass a limit, so that requests of one moment
//! cannot overspend by more than what they were guessed wrong by.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use data_schema::Text;

use crate::gate::charge::Charge;
use crate::gate::limit::{Every, Limit, Unit};
use crate::gate::rate::{Bucket, Rate};
use crate::gate::window::Span;

/// Whose budget or rate it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// All requests together.
    All,
    /// One key.
    Key(Text),
    /// One project.
    Project(Text),
}

/// What a budget is counted under: limits may change, what was used stays.
pub(crate) type AccountId = (Owner, Unit, Every);

/// One window of one owner.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Account {
    pub(crate) span: Option<Span>,
    pub(crate) used: i128,
    pub(crate) reserved: i128,
    /// How many windows there were: what was reserved in an earlier one is not this one's.
    pub(crate) opened: u64,
}

impl Account {
    /// What it is at a moment: that of an open window, or a new one.
    pub(crate) fn at(&self, every: Every, zone: Tz, at: DateTime<Utc>) -> Self {
        if self.span.is_some_and(|span| span.goes_on(at)) {
            return *self;
        }
        let span = Some(Span::opened(every, zone, at));
        Self { span, used: 0, reserved: 0, opened: self.opened + 1 }
    }
}

/// How fast an owner is.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    requests: Bucket,
    tokens: Bucket,
    at_once: u32,
}

/// How fast an owner may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pacing {
    pub(crate) requests: Option<u32>,
    pub(crate) tokens: Option<u32>,
    pub(crate) at_once: Option<u32>,
}

impl Pacing {
    /// The strictest of each kind.
    pub(crate) fn of(rates: &[Rate]) -> Self {
        let least = |of: fn(&Rate) -> Option<u32>| rates.iter().filter_map(of).min();
        Self {
            requests: least(
                |rate| if let Rate::Requests(count) = rate { Some(*count) } else { None },
            ),
            tokens: least(|rate| if let Rate::Tokens(count) = rate { Some(*count) } else { None }),
            at_once: least(|rate| if let Rate::AtOnce(count) = rate { Some(*count) } else { None }),
        }
    }

    /// The same, with what is not said taken from another.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            requests: self.requests.or(other.requests),
            tokens: self.tokens.or(other.tokens),
            at_once: self.at_once.or(other.at_once),
        }
    }

    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a request asks for.
#[derive(Debug)]
pub(crate) struct Demand {
    pub(crate) budgets: Vec<(Owner, Limit)>,
    pub(crate) pacings: Vec<(Owner, Pacing)>,
    pub(crate) charge: Charge,
    pub(crate) at: DateTime<Utc>,
    pub(crate) now: Instant,
}

/// What a request has reserved.
#[derive(Debug)]
pub(crate) struct Hold {
    /// With the number of the window, and the amount.
    budgets: Vec<(AccountId, u64, i128)>,
    pacings: Vec<(Owner, Pacing)>,
    tokens: u64,
}

impl Hold {
    /// Whether the truth must have a price.
    pub(crate) fn needs_cost(&self) -> bool {
        self.budgets.iter().any(|((_, unit, _), _, _)| *unit == Unit::Cost)
    }
}

/// Why a request may not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A budget has not enough left.
    Budget { owner: Owner, limit: Limit, used: i128, reserved: i128, wanted: i128, span: Span },
    /// Too fast.
    Rate { owner: Owner, rate: Rate, wait: Duration },
}

/// What was used and reserved.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) zone: Tz,
    pub(crate) accounts: HashMap<AccountId, Account>,
    paces: HashMap<Owner, Pace>,
}

impl Book {
    pub(crate) fn new(zone: Tz) -> Self {
        Self { zone, accounts: HashMap::new(), paces: HashMap::new() }
    }

    /// What an account has at a moment.
    pub(crate) fn account(&self, id: &AccountId, at: DateTime<Utc>) -> Account {
        self.accounts.get(id).copied().unwrap_or_default().at(id.2, self.zone, at)
    }

    /// Reserves, if nothing speaks against it.
    pub(crate) fn reserve(&mut self, demand: Demand) -> Result<Hold, Box<Refusal>> {
        for (owner, pacing) in &demand.pacings {
            self.check_pace(owner, *pacing, &demand)?;
        }
        for (owner, limit) in &demand.budgets {
            self.check_budget(owner, limit, &demand)?;
        }
        let mut budgets: Vec<(AccountId, u64, i128)> = Vec::with_capacity(demand.budgets.len());
        for (owner, limit) in demand.budgets {
            let id = (owner, limit.unit, limit.every);
            if budgets.iter().any(|(held, _, _)| *held == id) {
                continue;
            }
            let amount = demand.charge.amount(limit.unit);
            let mut account = self.account(&id, demand.at);
            account.reserved = account.reserved.saturating_add(amount);
            self.accounts.insert(id.clone(), account);
            budgets.push((id, account.opened, amount));
        }
        let tokens = demand.charge.tokens;
        for (owner, pacing) in &demand.pacings {
            self.pace(owner, *pacing, tokens, demand.now);
            if pacing.at_once.is_some() {
                self.paces.entry(owner.clone()).or_default().at_once += 1;
            }
        }
        Ok(Hold { budgets, pacings: demand.pacings, tokens })
    }

    fn check_budget(
        &self,
        owner: &Owner,
        limit: &Limit,
        demand: &Demand,
    ) -> Result<(), Box<Refusal>> {
        let account = self.account(&(owner.clone(), limit.unit, limit.every), demand.at);
        let Account { used, reserved, span: Some(span), .. } = account else { return Ok(()) };
        let wanted = demand.charge.amount(limit.unit);
        if used.saturating_add(reserved).saturating_add(wanted) <= limit.amount {
            return Ok(());
        }
        Err(Box::new(Refusal::Budget {
            owner: owner.clone(),
            limit: *limit,
            used,
            reserved,
            wanted,
            span,
        }))
    }

    fn check_pace(
        &self,
        owner: &Owner,
        pacing: Pacing,
        demand: &Demand,
    ) -> Result<(), Box<Refusal>> {
        let pace = self.paces.get(owner).copied().unwrap_or_default();
        let refused =
            |rate, wait| Err(Box::new(Refusal::Rate { owner: owner.clone(), rate, wait }));
        if let Some(limit) = pacing.at_once
            && pace.at_once >= limit
        {
            // Nobody knows when one of them ends.
            return refused(Rate::AtOnce(limit), Duration::from_secs(1));
        }
        if let Some(limit) = pacing.requests
            && let Some(wait) = pace.requests.wait(limit, 1, demand.now)
        {
            return refused(Rate::Requests(limit), wait);
        }
        if let Some(limit) = pacing.tokens
            && let Some(wait) = pace.tokens.wait(limit, demand.charge.tokens, demand.now)
        {
            return refused(Rate::Tokens(limit), wait);
        }
        Ok(())
    }

    /// Takes from the buckets of an owner.
    pub(crate) fn pace(&mut self, owner: &Owner, pacing: Pacing, tokens: u64, now: Instant) {
        let pace = self.paces.entry(owner.clone()).or_default();
        if let Some(limit) = pacing.requests {
            pace.requests.take(limit, 1, now);
        }
        if let Some(limit) = pacing.tokens {
            pace.tokens.take(limit, tokens, now);
        }
    }

    /// Puts the truth in the place of what was reserved; nothing, where nothing came of it.
    pub(crate) fn settle(&mut self, hold: Hold, truth: &Charge) {
        for (id, opened, amount) in hold.budgets {
            let unit = id.1;
            // What began in an earlier window is charged to that one, which is over.
            let account = self.accounts.get_mut(&id).filter(|account| account.opened == opened);
            if let Some(account) = account {
                account.reserved = account.reserved.saturating_sub(amount);
                account.used = account.used.saturating_add(truth.amount(unit));
            }
        }
        for (owner, pacing) in hold.pacings {
            let Some(pace) = self.paces.get_mut(&owner) else { continue };
            if pacing.tokens.is_some() {
                pace.tokens.correct(hold.tokens, truth.tokens);
            }
            if pacing.at_once.is_some() {
                pace.at_once = pace.at_once.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests;
