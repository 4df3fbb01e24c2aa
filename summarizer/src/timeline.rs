//! Everything that counts by hour of the day, and in windows of five hours.
//!
//! A window belongs to one source and one account. It begins with the true second of its first response and holds
//! everything for five hours; the next one begins with the first response after that. Windows are those of *all*
//! responses, whatever a report leaves out, because that is what a vendor counts.
//!
//! What has no time of its own (sums of whole days that Token Matters 1.x stored, and what counts of the sums that
//! interfaces tell) has neither hour nor window. It stands apart, so that these views add up to what all others do.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::summary::TokenCounts;
use data_schema::{HashId, Money, Text, UtcSeconds};
use serde::Serialize;

use crate::SummarizeError;
use crate::engine::Facts;
use crate::exchange::Exchange;
use crate::input::{Input, Options};
use crate::report::Only;
use crate::sums::{Cell, Factors};

mod file;
mod pass;
mod report;
mod starts;
#[cfg(test)]
mod tests;

/// Seconds of a window.
pub(crate) const WINDOW: i64 = 5 * 3600;
/// The hour of what has no time.
const NO_HOUR: u8 = 24;

/// Hours and windows: days and hours of one zone, amounts of one price book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Sorted, as are those of models.
    providers: Vec<Text>,
    models: Vec<Text>,
    /// The name under which all spellings of a model are shown, by the place of the model.
    canonical: Vec<Text>,
    /// Sorted by key.
    hours: Vec<(Hour, Cell)>,
    /// Sorted by source, account and start.
    spans: Vec<Span>,
    /// Sorted by key.
    parts: Vec<(Part, Cell)>,
}

/// One hour of one day, by places of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Hour {
    day: NaiveDate,
    /// Of the day, from 0; [`NO_HOUR`] for what has no time.
    of_day: u8,
    provider: u32,
    model: u32,
}

/// A window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    provider: u32,
    account: Option<HashId>,
    start: UtcSeconds,
    /// Its last response.
    last: UtcSeconds,
}

/// What one day has of one model in a window: windows pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Part {
    window: u32,
    day: NaiveDate,
    model: u32,
}

/// A window of five hours, with everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// Id of the source.
    pub provider: Text,
    /// Hash of the account, where told.
    pub account: Option<HashId>,
    /// Its first response.
    pub start: UtcSeconds,
    /// Its last response.
    pub last: UtcSeconds,
    /// What is in it, by canonical name of the model, sorted.
    pub models: Vec<(Text, WindowSum)>,
    /// All of that.
    pub total: WindowSum,
}

/// What responses add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WindowSum {
    /// Token counts.
    pub tokens: TokenCounts,
    /// Model responses.
    pub requests: u64,
    /// List value; `None` if there are tokens and none has a price.
    pub cost: Option<Money>,
    /// Tokens without a price.
    pub unpriced_tokens: u64,
}

/// How fast a window fills: its average since it began, and where that leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Burn {
    /// Tokens a minute.
    pub tokens_per_minute: u64,
    /// List value an hour in USD; `null` if nothing has a price.
    #[serde(rename = "costPerHourUSD")]
    pub cost_per_hour_usd: Option<Money>,
    /// Tokens at its end, if it goes on like that.
    pub projected_tokens: u64,
    /// List value at its end in USD; `null` if nothing has a price.
    #[serde(rename = "projectedCostUSD")]
    pub projected_cost_usd: Option<Money>,
}

impl Timeline {
    /// The same with amounts in another currency, each at the rate of its day, rounded to 10⁻¹²: for tables.
    #[must_use]
    pub fn exchanged(mut self, exchange: &Exchange<'_>) -> Self {
        let mut of_day = Factors::new(exchange);
        self.hours.iter_mut().for_each(|(hour, cell)| cell.exchange(of_day.factor(hour.day)));
        self.parts.iter_mut().for_each(|(part, cell)| cell.exchange(of_day.factor(part.day)));
        self
    }

    /// Adds up everything, and takes all records and day sums out of the input. Of `only`, projects and machines
    /// are honoured here, under the names that machines are shown by; sources and models are up to
    /// [`Timeline::report`].
    ///
    /// Beside the sums, eight bytes of each response are in memory.
    ///
    /// # Errors
    ///
    /// [`SummarizeError::Damaged`]: an index or a cache does not hold what it should.
    pub fn of(
        input: &mut Input,
        options: &Options<'_>,
        only: &Only,
    ) -> Result<Self, SummarizeError> {
        let facts = Facts::of(input, options.zone)?;
        let windows = starts::find(&facts)?;
        pass::add_up(&facts, windows, options.prices, only)
    }

    /// All windows with something in them, by source, account and time.
    pub fn windows(&self) -> impl Iterator<Item = Window> {
        let groups = self.parts.chunk_by(|one, other| one.0.window == other.0.window);
        groups.map(|parts| self.window(parts))
    }

    /// The newest window of each source and account that has something in it.
    pub fn newest_windows(&self) -> impl Iterator<Item = Window> {
        let groups = self.parts.chunk_by(|one, other| one.0.window == other.0.window);
        let mut groups = groups.peekable();
        let about = |parts: &[(Part, Cell)]| {
            let span = &self.spans[parts[0].0.window as usize];
            (span.provider, span.account)
        };
        std::iter::from_fn(move || {
            loop {
                let parts = groups.next()?;
                if groups.peek().is_none_or(|next| about(next) != about(parts)) {
                    return Some(self.window(parts));
                }
            }
        })
    }

    /// One window, of all its parts.
    fn window(&self, parts: &[(Part, Cell)]) -> Window {
        let span = &self.spans[parts[0].0.window as usize];
        let mut models: BTreeMap<Text, Cell> = BTreeMap::new();
        let mut total = Cell::default();
        for (part, cell) in parts {
            models.entry(self.canonical[part.model as usize].clone()).or_default().add(cell);
            total.add(cell);
        }
        Window {
            provider: self.providers[span.provider as usize].clone(),
            account: span.account,
            start: span.start,
            last: span.last,
            models: models.into_iter().map(|(model, cell)| (model, WindowSum::of(&cell))).collect(),
            total: WindowSum::of(&total),
        }
    }
}

impl WindowSum {
    fn of(cell: &Cell) -> Self {
        Self {
            tokens: cell.tokens,
            requests: cell.requests,
            cost: cell.cost(),
            unpriced_tokens: cell.unpriced_tokens,
        }
    }
}

impl Window {
    /// The first second that it does not hold any more.
    pub fn end(&self) -> UtcSeconds {
        self.start.plus(WINDOW)
    }

    /// Whether it is open.
    pub fn is_active(&self, now: UtcSeconds) -> bool {
        is_active(self.start, now)
    }

    /// How fast it fills, while it is open.
    pub fn burn(&self, now: UtcSeconds) -> Option<Burn> {
        Burn::of(self.start, now, self.total.tokens.total_tokens, self.total.cost)
    }
}

fn is_active(start: UtcSeconds, now: UtcSeconds) -> bool {
    (start..start.plus(WINDOW)).contains(&now)
}

impl Burn {
    /// Of a window that began at `start`; `None` if it is not open. In its first minute nothing can be said yet: it
    /// counts as a whole one.
    fn of(start: UtcSeconds, now: UtcSeconds, tokens: u64, cost: Option<Money>) -> Option<Self> {
        if !is_active(start, now) {
            return None;
        }
        let passed = i128::from((now.seconds() - start.seconds()).max(60));
        let share = |amount: i128, seconds: i64| {
            amount.saturating_mul(i128::from(seconds)).saturating_add(passed / 2) / passed
        };
        let tokens = i128::from(tokens);
        let count = |amount: i128| u64::try_from(amount).unwrap_or(u64::MAX);
        let money = |seconds| cost.map(|cost| Money::from_picos(share(cost.picos(), seconds)));
        Some(Self {
            tokens_per_minute: count(share(tokens, 60)),
            cost_per_hour_usd: money(3600),
            projected_tokens: count(share(tokens, WINDOW)),
            projected_cost_usd: money(WINDOW),
        })
    }
}
