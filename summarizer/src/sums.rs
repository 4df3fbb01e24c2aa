//! All facts, added up by day, source, model, machine and project. Every view is a sum of these cells,
//! so that all views agree. Nothing in here depends on what is published.

use chrono::NaiveDate;
use data_schema::resolve::WireDay;
use data_schema::summary::{Aggregate, HourCell, TokenCounts};
use data_schema::{HashId, Money, Quality, Text, UsageRecord, UtcSeconds};
use pricing::{Bill, Cost, Payer};

use crate::exchange::{Exchange, NANOS};

/// Hours of a week.
pub(crate) const HOURS: usize = 7 * 24;

/// What a cell is about: places of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) day: NaiveDate,
    pub(crate) provider: u32,
    pub(crate) model: u32,
    pub(crate) machine: u32,
    /// In [`Sums`] the place behind that of the name: 0 is no project.
    pub(crate) project: u32,
}

/// Sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) tokens: TokenCounts,
    pub(crate) requests: u64,
    /// List value in picos of USD.
    pub(crate) cost: i128,
    /// What is paid by the token, in picos of USD: as it was told, else the list value.
    pub(crate) billed: i128,
    /// Of `cost`, what subscriptions cover.
    pub(crate) covered: i128,
    /// Of `cost`, where nothing tells who pays.
    pub(crate) payer_unknown: i128,
    pub(crate) priced_tokens: u64,
    pub(crate) unpriced_tokens: u64,
    pub(crate) quality: Quality,
    pub(crate) inexact_tokens: u64,
}

/// What a cell of sessions is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SessionKey {
    pub(crate) day: NaiveDate,
    pub(crate) session: Option<HashId>,
    pub(crate) provider: u32,
    pub(crate) model: u32,
    pub(crate) machine: u32,
    /// In [`Sums`] the place behind that of the name: 0 is no project.
    pub(crate) project: u32,
}

/// One day of one session, on one machine and in one project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionCell {
    pub(crate) cell: Cell,
    pub(crate) first: UtcSeconds,
    pub(crate) last: UtcSeconds,
}

/// A real name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) name: Text,
    /// First sight; 1970 if only a day sum has it.
    pub(crate) first: UtcSeconds,
}

/// The names of each kind, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownNames {
    pub(crate) providers: Vec<Known>,
    pub(crate) models: Vec<Known>,
    pub(crate) machines: Vec<Known>,
    pub(crate) projects: Vec<Known>,
    /// The name under which all spellings of a model are shown, by the place of the model.
    pub(crate) canonical: Vec<Text>,
}

/// What an interface told of a model and a day of UTC, and what was counted of the same. Sorted as it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stated {
    pub(crate) provider: Text,
    pub(crate) day: NaiveDate,
    pub(crate) model: Text,
    /// Tokens that were told.
    pub(crate) tokens: u64,
    /// Tokens that were counted.
    pub(crate) counted: u64,
    /// Requests that were told.
    pub(crate) requests: u64,
    /// What they cost, as it was told: picos of USD.
    pub(crate) cost: i128,
    /// Whether it counts, because nothing else does.
    pub(crate) counts: bool,
}

/// What a subscription covered on a day: day and place of the subscription, picos of USD.
pub(crate) type Covered = ((NaiveDate, u32), i128);

/// Everything that files and reports are made of, under real names: days of one zone, amounts of one
/// price book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub(crate) names: KnownNames,
    /// Sorted by key.
    pub(crate) cells: Vec<(Key, Cell)>,
    /// Sorted by key; absent if they were not asked for.
    pub(crate) sessions: Option<Vec<(SessionKey, SessionCell)>>,
    /// By weekday (0 is Monday) and hour.
    pub(crate) hours: Vec<HourCell>,
    pub(crate) newest: Newest,
    /// Of the list value, what each subscription covers by day, in picos of USD: the place of the subscription in the
    /// price book stands for it. Sorted.
    pub(crate) plans: Vec<Covered>,
    /// Sorted.
    pub(crate) stated: Vec<Stated>,
    /// What the proxy saw, under the ids of sources. Sorted.
    pub(crate) wire: Vec<WireDay>,
}

/// Time and day of the newest trusted record or day sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Newest {
    pub(crate) at: Option<UtcSeconds>,
    /// In the report zone; a day sum has a day, but no time that a zone could move.
    pub(crate) day: Option<NaiveDate>,
}

impl Sums {
    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Time of the newest trusted record or day sum.
    pub fn newest(&self) -> Option<UtcSeconds> {
        self.newest.at
    }

    /// The same with amounts in another currency, each at the rate of its day, rounded to 10⁻¹²: for tables.
    #[must_use]
    pub fn exchanged(mut self, exchange: &Exchange<'_>) -> Self {
        let mut of_day = Factors::new(exchange);
        self.cells.iter_mut().for_each(|(key, cell)| cell.exchange(of_day.factor(key.day)));
        let sessions = self.sessions.iter_mut().flatten();
        sessions.for_each(|(key, part)| part.cell.exchange(of_day.factor(key.day)));
        self
    }

    /// Whether sessions were asked for.
    pub fn has_sessions(&self) -> bool {
        self.sessions.is_some()
    }
}

impl Newest {
    pub(crate) fn see(&mut self, at: UtcSeconds, day: NaiveDate) {
        self.join(Self { at: Some(at), day: Some(day) });
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.at = self.at.max(other.at);
        self.day = self.day.max(other.day);
    }
}

/// Factors of days; cells stand in their order.
pub(crate) struct Factors<'e, 'b> {
    exchange: &'e Exchange<'b>,
    last: Option<(NaiveDate, i128)>,
}

impl<'e, 'b> Factors<'e, 'b> {
    pub(crate) fn new(exchange: &'e Exchange<'b>) -> Self {
        Self { exchange, last: None }
    }

    pub(crate) fn factor(&mut self, day: NaiveDate) -> i128 {
        match self.last {
            Some((last, factor)) if last == day => factor,
            _ => {
                let factor = self.exchange.factor(day);
                self.last = Some((day, factor));
                factor
            }
        }
    }
}

impl Cell {
    /// Amounts in another currency, by the billionths of its unit that a USD is worth.
    pub(crate) fn exchange(&mut self, factor: i128) {
        let amounts =
            [&mut self.cost, &mut self.billed, &mut self.covered, &mut self.payer_unknown];
        for amount in amounts {
            *amount = (amount.saturating_mul(factor) + NANOS / 2).div_euclid(NANOS);
        }
    }

    pub(crate) fn add_fact(&mut self, record: &UsageRecord, bill: Bill) {
        let usage = &record.usage;
        let tokens = TokenCounts::of(usage);
        let total = tokens.total_tokens;
        self.tokens.add(&tokens);
        self.requests += usage.request_count();
        self.billed += bill.billed.map_or(0, Money::picos);
        match bill.list {
            Cost::Priced(amount) => {
                self.cost += amount.picos();
                self.priced_tokens += total;
                match bill.payer {
                    Payer::Metered => {}
                    Payer::Plan => self.covered += amount.picos(),
                    Payer::Unknown => self.payer_unknown += amount.picos(),
                }
            }
            Cost::Unpriced => self.unpriced_tokens += total,
        }
        self.quality = self.quality.max(usage.quality);
        if usage.quality != Quality::Exact {
            self.inexact_tokens += total;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.tokens.add(&other.tokens);
        self.requests += other.requests;
        self.cost += other.cost;
        self.billed += other.billed;
        self.covered += other.covered;
        self.payer_unknown += other.payer_unknown;
        self.priced_tokens += other.priced_tokens;
        self.unpriced_tokens += other.unpriced_tokens;
        self.quality = self.quality.max(other.quality);
        self.inexact_tokens += other.inexact_tokens;
    }

    /// `None` if there are tokens and none of them has a price.
    pub(crate) fn cost(&self) -> Option<Money> {
        let unknown = self.priced_tokens == 0 && self.unpriced_tokens > 0 && self.cost == 0;
        (!unknown).then(|| Money::from_picos(self.cost))
    }

    pub(crate) fn aggregate(&self, show_cost: bool) -> Aggregate {
        Aggregate {
            tokens: self.tokens,
            requests: self.requests,
            cost_usd: self.cost().filter(|_| show_cost),
            billed_usd: Money::from_picos(if show_cost { self.billed } else { 0 }),
            covered_usd: Money::from_picos(if show_cost { self.covered } else { 0 }),
            unpriced_tokens: if show_cost { self.unpriced_tokens } else { 0 },
            data_quality: self.quality,
            inexact_tokens: self.inexact_tokens,
        }
    }
}

impl SessionCell {
    pub(crate) fn add(&mut self, other: &Self) {
        self.cell.add(&other.cell);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Adds up neighbours with equal keys; the list is sorted by key.
pub(crate) fn join_equal<K: PartialEq, C>(cells: &mut Vec<(K, C)>, add: impl Fn(&mut C, &C)) {
    cells.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            add(&mut kept.1, &next.1);
        }
        same
    });
}
