//! What a request takes from budgets: guessed before it is sent on, and in truth.

use chrono::{DateTime, Utc};
use data_schema::{LedgerEntry, Money, RecordId, Text, Tokens, Usage, UsageRecord, UtcSeconds};
use pricing::{Cost, PriceBook};

use crate::gate::Ask;
use crate::gate::limit::Unit;

/// Bytes of a prompt's JSON that make a token, about.
const BYTES_OF_TOKEN: u64 = 4;
/// Bytes of an answer that make a token where it was cut before it told: plain text has 4, a stream of events 200.
const BYTES_OF_ANSWER: u64 = 32;
/// Tokens that a prompt has at most: pictures are long, and no model reads more.
const LONGEST_PROMPT: u64 = 1_000_000;
/// Tokens of an answer whose length the client does not bound.
const USUAL_ANSWER: u64 = 4096;

/// What is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Charge {
    /// 1, or 0 of what no upstream answered.
    pub(crate) requests: u64,
    /// Tokens of all classes.
    pub(crate) tokens: u64,
    /// `None` = nobody told a price, or none was asked for.
    pub(crate) cost: Option<Money>,
}

impl Charge {
    pub(crate) fn amount(&self, unit: Unit) -> i128 {
        match unit {
            Unit::Requests => i128::from(self.requests),
            Unit::Tokens => i128::from(self.tokens),
            Unit::Cost => self.cost.unwrap_or_default().picos(),
        }
    }
}

/// What a request may take. Without prices, its cost is left open.
pub(crate) fn guess(ask: &Ask<'_>, prices: Option<&PriceBook>) -> Charge {
    let input = (ask.body.unwrap_or(0) / BYTES_OF_TOKEN).min(LONGEST_PROMPT);
    let output = ask.most_output.unwrap_or(USUAL_ANSWER);
    let usage = sized(ask.model.map(Text::from), input, output);
    let tokens = usage.total();
    let vendor = ask.vendor.unwrap_or(ask.upstream);
    let cost = prices.and_then(|prices| priced(prices, vendor, ask.at, usage));
    Charge { requests: 1, tokens, cost }
}

/// What a request took, by its line in the ledger alone: after a restart it is the same. Nothing, if the proxy itself
/// refused it or could not send it on, or if it costs nothing to ask.
pub(crate) fn truth(entry: &LedgerEntry, prices: Option<&PriceBook>) -> Charge {
    let is_own_error = entry.error.is_some() && entry.ttft_ms.is_none();
    if entry.upstream.is_none() || entry.protocol.is_none() || is_own_error {
        return Charge::default();
    }
    let usage = if entry.tells_usage() { entry.usage() } else { untold(entry) };
    let tokens = usage.total();
    let told = || entry.cost.as_deref()?.parse().ok().filter(|cost| *cost >= Money::ZERO);
    let vendor = entry.vendor.as_ref().or(entry.upstream.as_ref());
    let vendor = vendor.map(Text::as_ref).unwrap_or_default();
    let cost = prices.and_then(|prices| {
        let of_model = |model: Option<&Text>| {
            priced(prices, vendor, entry.at, Usage { model: Text::clone(model?), ..usage.clone() })
        };
        // Some vendors answer with a name that no price list has.
        told()
            .or_else(|| of_model(Some(&usage.model)))
            .or_else(|| of_model(entry.requested_model.as_ref()))
    });
    Charge { requests: 1, tokens, cost }
}

/// By the size of prompt and answer: what an answer is charged that was begun and did not tell, such as a stream that
/// the client broke off. Errors of the vendor cost nothing.
fn untold(entry: &LedgerEntry) -> Usage {
    let is_answer = entry.status.is_some_and(|status| (200..300).contains(&status));
    let model = entry.model.clone().or_else(|| entry.requested_model.clone());
    if !is_answer {
        return sized(model, 0, 0);
    }
    let input = (entry.bytes_in / BYTES_OF_TOKEN).min(LONGEST_PROMPT);
    sized(model, input, entry.bytes_out / BYTES_OF_ANSWER)
}

fn sized(model: Option<Text>, input: u64, output: u64) -> Usage {
    Usage {
        model: model.unwrap_or_else(|| Text::from("unknown")),
        input_tokens: Some(Tokens::saturating(input)),
        output_tokens: Some(Tokens::saturating(output)),
        ..Usage::default()
    }
}

fn priced(prices: &PriceBook, vendor: &str, at: DateTime<Utc>, usage: Usage) -> Option<Money> {
    let mut record = UsageRecord::new(RecordId::new("gate", "", ""), UtcSeconds::from(at));
    record.usage = usage;
    match prices.cost(vendor, &record) {
        Cost::Priced(cost) => Some(cost),
        Cost::Unpriced => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Caller;

    /// 3 dollars a million in, 15 out.
    fn prices() -> PriceBook {
        let text = r#"{"version":"2.0","date":"2026-01-01","source":"a test","models":{"test-model":[{"input":"3","output":"15"}]}}"#;
        let (book, notices) = PriceBook::builtin().with_user(text.as_bytes()).unwrap();
        assert_eq!(notices, Vec::<String>::new());
        book
    }

    fn entry() -> LedgerEntry {
        LedgerEntry {
            upstream: Some("anthropic".into()),
            protocol: Some("anthropic-messages".into()),
            requested_model: Some("test-model".into()),
            status: Some(200),
            ttft_ms: Some(5),
            bytes_in: 4000,
            bytes_out: 3200,
            ..LedgerEntry::default()
        }
    }

    #[test]
    fn a_guess_is_the_prompts_size_and_the_greatest_answer() {
        let caller = Caller::default();
        let ask = |model, body, most_output| Ask {
            caller: &caller,
            project: None,
            model,
            upstream: "anthropic",
            vendor: None,
            at: DateTime::default(),
            is_metered: true,
            needs_key: false,
            body,
            most_output,
        };
        let prices = prices();
        let guessed = guess(&ask(Some("test-model"), Some(4000), Some(1000)), Some(&prices));
        assert_eq!((guessed.requests, guessed.tokens), (1, 2000));
        assert_eq!(guessed.cost, Some("0.018".parse().unwrap()));
        assert_eq!(guess(&ask(Some("test-model"), None, None), None).tokens, 4096);
        let greatest = guess(&ask(None, Some(u64::MAX), Some(u64::MAX)), Some(&prices));
        assert_eq!(greatest.cost, None);
        assert!(greatest.tokens >= 1_000_000_000_000);
    }

    #[test]
    fn the_truth_is_what_the_answer_told() {
        let told = LedgerEntry {
            input_tokens: Tokens::new(10),
            output_tokens: Tokens::new(100),
            ..entry()
        };
        let charge = truth(&told, Some(&prices()));
        assert_eq!((charge.requests, charge.tokens), (1, 110));
        assert_eq!(charge.cost, Some("0.00153".parse().unwrap()));
        assert_eq!(truth(&told, None).cost, None);
        let of_upstream = LedgerEntry { cost: Some("0.5".into()), ..told.clone() };
        assert_eq!(truth(&of_upstream, Some(&prices())).cost, Some("0.5".parse().unwrap()));
        let renamed = LedgerEntry { model: Some("no-such-model".into()), ..told };
        assert_eq!(truth(&renamed, Some(&prices())).cost, charge.cost);
    }

    #[test]
    fn a_cut_answer_is_charged_by_its_size_and_an_error_only_as_a_request() {
        assert_eq!(truth(&entry(), None).tokens, 1100);
        let failed =
            LedgerEntry { status: Some(529), error: Some("overloaded_error".into()), ..entry() };
        assert_eq!(truth(&failed, None), Charge { requests: 1, ..Charge::default() });
    }

    #[test]
    fn what_no_upstream_answered_takes_nothing() {
        let refused = LedgerEntry {
            error: Some("budget".into()),
            status: Some(429),
            ttft_ms: None,
            ..entry()
        };
        let free = LedgerEntry { protocol: None, ..entry() };
        let nowhere = LedgerEntry { upstream: None, ..entry() };
        for entry in [refused, free, nowhere] {
            assert_eq!(truth(&entry, None), Charge::default());
        }
    }
}
