//! The open windows of five hours on this machine, from their first response on.
//!
//! A window begins with the first response after the one before has ended, and lasts five hours. Vendors do not publish
//! more than that; where they tell a time of reset, that is a reading of a limit and stands beside it.

use collector::Scanned;
use data_schema::{Money, Text, UtcSeconds};
use pricing::{Cost, PriceBook};
use serde::{Deserialize, Serialize};
use summarizer::{Fact, Facts, SummarizeError};

use crate::current::Amount;
use crate::known;
use crate::outcome::Failure;
use crate::output;
use crate::session::Session;

/// Seconds that a window lasts.
const LENGTH: i64 = 5 * 3_600;
/// Seconds of responses that are looked at. A pause of five hours in them makes the begin of a window certain.
const LOOK_BACK: i64 = 3 * 86_400;
/// A rate over less than a minute says nothing.
const LEAST: i64 = 60;

/// A window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Window {
    /// The source; `null` for everything together.
    pub(crate) source: Option<String>,
    /// Its first response.
    pub(crate) start: UtcSeconds,
    /// When it ends.
    pub(crate) end: UtcSeconds,
    #[serde(flatten)]
    pub(crate) amount: Amount,
}

impl Window {
    pub(crate) fn is_open(&self, now: UtcSeconds) -> bool {
        (self.start..self.end).contains(&now)
    }

    /// Seconds until it ends.
    pub(crate) fn left(&self, now: UtcSeconds) -> i64 {
        (self.end.seconds() - now.seconds()).max(0)
    }

    /// Tokens a minute since it began.
    pub(crate) fn tokens_per_minute(&self, now: UtcSeconds) -> u64 {
        let seconds = self.elapsed(now).unsigned_abs();
        let tokens = u128::from(self.amount.total_tokens) * 60 / u128::from(seconds);
        u64::try_from(tokens).unwrap_or(u64::MAX)
    }

    /// List value an hour since it began.
    pub(crate) fn cost_per_hour(&self, now: UtcSeconds) -> Money {
        let picos = self.amount.list_usd.picos().saturating_mul(3_600);
        Money::from_picos(picos / i128::from(self.elapsed(now)))
    }

    fn elapsed(&self, now: UtcSeconds) -> i64 {
        (now.seconds() - self.start.seconds()).max(LEAST)
    }
}

/// The window of a source that is open, or of everything.
pub(crate) fn open<'w>(
    windows: &'w [Window],
    source: Option<&str>,
    now: UtcSeconds,
) -> Option<&'w Window> {
    windows.iter().find(|window| window.source.as_deref() == source && window.is_open(now))
}

/// The windows that are open: that of everything, then those of the sources.
pub(crate) fn read(session: &Session, scanned: &Scanned) -> Result<Vec<Window>, Failure> {
    let now = session.environment.now;
    // What is wrong with prices and settings was told when everything was added up.
    let (mut input, zone, book) = output::silently(|| {
        let (input, zone) = known::agreed_input(session)?;
        Ok::<_, Failure>((input, zone, session.prices(None)?))
    })?;
    let since = now.plus(-LOOK_BACK);
    let machine = Text::from("");
    for source in &scanned.sources {
        if source.report.newest.is_none_or(|newest| newest < since) {
            continue;
        }
        let mut recent = Vec::new();
        for block in source.blocks().map_err(|_| SummarizeError::Damaged)? {
            let read = block.each(|record| {
                if record.at >= since && !block.leaves_out(record) {
                    recent.push(Box::new(record.clone()));
                }
            });
            read.map_err(|_| SummarizeError::Damaged)?;
        }
        input.add(&machine, &Text::from(source.id), recent);
    }
    let mut windows = Windows::new(&book);
    let facts = Facts::of(&mut input, zone)?;
    facts.each::<SummarizeError>(None, |fact| {
        // A clock that runs ahead opens no window.
        if !fact.is_day_sum && fact.record.at <= now {
            windows.add(fact);
        }
        Ok(())
    })?;
    windows.all.retain(|window| window.is_open(now));
    windows.all.sort_by(|one, other| one.source.cmp(&other.source));
    Ok(windows.all)
}

/// The last window of everything and of each source.
struct Windows<'a> {
    book: &'a PriceBook,
    all: Vec<Window>,
}

impl<'a> Windows<'a> {
    fn new(book: &'a PriceBook) -> Self {
        Self { book, all: Vec::new() }
    }

    /// Adds a response; the earliest comes first.
    fn add(&mut self, fact: &Fact<'_>) {
        let usage = &fact.record.usage;
        let total_tokens = usage.total();
        let (list_usd, unpriced_tokens) = match self.book.cost(fact.provider, fact.record) {
            Cost::Priced(amount) => (amount, 0),
            Cost::Unpriced => (Money::ZERO, total_tokens),
        };
        let requests = usage.request_count();
        let amount = Amount { total_tokens, requests, list_usd, unpriced_tokens };
        self.count(None, fact.record.at, amount);
        self.count(Some(fact.provider), fact.record.at, amount);
    }

    fn count(&mut self, source: Option<&str>, at: UtcSeconds, amount: Amount) {
        let known = self.all.iter_mut().find(|window| window.source.as_deref() == source);
        let begun = |source: Option<&str>| Window {
            source: source.map(str::to_owned),
            start: at,
            end: at.plus(LENGTH),
            amount: Amount::default(),
        };
        match known {
            Some(window) => {
                if at >= window.end {
                    *window = begun(source);
                }
                window.amount.add(amount);
            }
            None => self.all.push(Window { amount, ..begun(source) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UtcSeconds {
        format!("2026-06-15T{text}:00Z").parse().unwrap()
    }

    fn tokens(total_tokens: u64) -> Amount {
        Amount { total_tokens, requests: 1, ..Amount::default() }
    }

    #[test]
    fn a_window_begins_with_the_first_response_after_the_last_one() {
        let book = PriceBook::builtin();
        let mut windows = Windows::new(&book);
        for (time, source) in
            [("00:10", "a"), ("05:09", "a"), ("05:10", "b"), ("06:00", "a"), ("11:00", "a")]
        {
            windows.count(None, at(time), tokens(1));
            windows.count(Some(source), at(time), tokens(1));
        }
        let told = |source: Option<&str>, now: &str| {
            let window = open(&windows.all, source, at(now))?;
            Some((window.start, window.amount.total_tokens))
        };
        assert_eq!(told(None, "12:00"), Some((at("11:00"), 1)));
        assert_eq!(told(Some("a"), "12:00"), Some((at("11:00"), 1)));
        assert_eq!(told(Some("b"), "10:09"), Some((at("05:10"), 1)));
        assert_eq!(told(Some("b"), "10:10"), None, "five hours are over");
    }

    #[test]
    fn rates_are_those_since_the_begin() {
        let amount = Amount {
            total_tokens: 6_000,
            requests: 3,
            list_usd: Money::from_picos(3_000_000_000_000),
            unpriced_tokens: 0,
        };
        let window = Window { source: None, start: at("10:00"), end: at("15:00"), amount };
        assert_eq!(window.tokens_per_minute(at("10:30")), 200);
        assert_eq!(window.cost_per_hour(at("10:30")).to_string(), "6");
        assert_eq!(window.tokens_per_minute(at("10:00")), 6_000, "a minute at least");
        assert_eq!((window.left(at("14:59")), window.left(at("16:00"))), (60, 0));
    }
}
