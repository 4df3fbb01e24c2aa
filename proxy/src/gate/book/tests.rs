//! Budgets and rates, with clocks of the tests' own.

use chrono::TimeDelta;
use data_schema::Money;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn charge(tokens: u64) -> Charge {
    Charge { requests: 1, tokens, cost: Some(Money::from_picos(i128::from(tokens) * 1000)) }
}

fn key() -> Owner {
    Owner::Key("ci".into())
}

fn demand(limits: &[&str], tokens: u64, at: DateTime<Utc>) -> Demand {
    let budgets = limits.iter().map(|limit| (key(), limit.parse().unwrap())).collect();
    Demand { budgets, pacings: Vec::new(), charge: charge(tokens), at, now: Instant::now() }
}

fn pass(book: &mut Book, limits: &[&str], tokens: u64, at: DateTime<Utc>) -> bool {
    book.reserve(demand(limits, tokens, at)).map(|hold| book.settle(hold, &charge(tokens))).is_ok()
}

#[test]
fn a_budget_holds_to_the_last_token_and_begins_anew_at_its_boundary() {
    let cases = [
        (
            "100 tokens/5h",
            "2026-05-01T10:00:00Z",
            "2026-05-01T14:59:59.999Z",
            "2026-05-01T15:00:00Z",
        ),
        (
            "100 tokens/day",
            "2026-05-01T10:00:00Z",
            "2026-05-01T23:59:59.999Z",
            "2026-05-02T00:00:00Z",
        ),
        (
            "100 tokens/week",
            "2026-05-01T10:00:00Z",
            "2026-05-03T23:59:59.999Z",
            "2026-05-04T00:00:00Z",
        ),
        (
            "100 tokens/month",
            "2026-05-01T10:00:00Z",
            "2026-05-31T23:59:59.999Z",
            "2026-06-01T00:00:00Z",
        ),
    ];
    for (limit, begin, last, next) in cases {
        let mut book = Book::new(Tz::UTC);
        assert!(pass(&mut book, &[limit], 60, at(begin)));
        assert!(pass(&mut book, &[limit], 40, at(begin)), "exactly the limit is allowed");
        assert!(!pass(&mut book, &[limit], 1, at(last)), "{limit}");
        assert!(pass(&mut book, &[limit], 100, at(next)), "{limit}");
        assert!(!pass(&mut book, &[limit], 1, at(next)), "{limit}");
    }
}

#[test]
fn requests_and_money_are_counted_as_tokens_are() {
    let begin = at("2026-05-01T10:00:00Z");
    let mut book = Book::new(Tz::UTC);
    let limits = ["2 requests/day", "0.0000001 USD/day"];
    assert!(pass(&mut book, &limits, 90, begin));
    let refused = *book.reserve(demand(&limits, 11, begin)).unwrap_err();
    let Refusal::Budget { owner, limit, used, reserved, wanted, span } = refused else {
        panic!("a budget refuses");
    };
    assert_eq!((owner, limit.unit), (key(), Unit::Cost));
    assert_eq!((used, reserved, wanted), (90_000, 0, 11_000));
    assert_eq!(span.end, at("2026-05-02T00:00:00Z"));
    assert!(pass(&mut book, &limits, 10, begin));
    assert!(!pass(&mut book, &limits, 0, begin), "two requests are two requests");
}

#[test]
fn what_is_on_its_way_is_reserved_and_given_back() {
    let begin = at("2026-05-01T10:00:00Z");
    let mut book = Book::new(Tz::UTC);
    // Two limits of one window are one account.
    let limits = ["100 tokens/day", "100 tokens/day"];
    let first = book.reserve(demand(&limits, 70, begin)).unwrap();
    assert!(book.reserve(demand(&limits, 40, begin)).is_err());
    book.settle(first, &charge(10));
    let second = book.reserve(demand(&limits, 90, begin)).unwrap();
    book.settle(second, &Charge::default());
    assert!(pass(&mut book, &limits, 90, begin));
}

#[test]
fn a_request_that_outlives_its_window_is_not_charged_to_the_next() {
    let mut book = Book::new(Tz::UTC);
    let limits = ["100 tokens/day"];
    let night = book.reserve(demand(&limits, 80, at("2026-05-01T23:59:00Z"))).unwrap();
    let morning = book.reserve(demand(&limits, 30, at("2026-05-02T00:00:01Z"))).unwrap();
    book.settle(night, &charge(80));
    book.settle(morning, &charge(30));
    let id = (key(), Unit::Tokens, Every::Day);
    let account = book.account(&id, at("2026-05-02T00:00:02Z"));
    assert_eq!((account.used, account.reserved), (30, 0));
}

#[test]
fn a_refused_request_opens_no_window_and_takes_nothing() {
    let begin = at("2026-05-01T10:00:00Z");
    let mut book = Book::new(Tz::UTC);
    assert!(!pass(&mut book, &["1000 tokens/5h", "0 requests/day"], 1, begin));
    assert!(book.accounts.is_empty());
    assert!(pass(&mut book, &["1000 tokens/5h"], 1, begin + TimeDelta::hours(1)));
    let id = (key(), Unit::Tokens, Every::FiveHours);
    let span = book.account(&id, begin + TimeDelta::hours(2)).span.unwrap();
    assert_eq!(span.begin, begin + TimeDelta::hours(1));
}

fn paced(rates: &[Rate], tokens: u64, now: Instant) -> Demand {
    Demand {
        budgets: Vec::new(),
        pacings: vec![(key(), Pacing::of(rates))],
        charge: charge(tokens),
        at: at("2026-05-01T10:00:00Z"),
        now,
    }
}

#[test]
fn rates_hold_and_say_how_long_to_wait() {
    let (mut book, begin) = (Book::new(Tz::UTC), Instant::now());
    let rates = [Rate::Requests(2), Rate::Requests(5), Rate::Tokens(1000)];
    for _ in 0..2 {
        let hold = book.reserve(paced(&rates, 100, begin)).unwrap();
        book.settle(hold, &charge(500));
    }
    let refused =
        |rate, seconds| Refusal::Rate { owner: key(), rate, wait: Duration::from_secs(seconds) };
    let told = *book.reserve(paced(&rates, 1, begin)).unwrap_err();
    assert_eq!(told, refused(Rate::Requests(2), 30));
    let later = begin + Duration::from_secs(30);
    let told = *book.reserve(paced(&rates, 1000, later)).unwrap_err();
    assert_eq!(told, refused(Rate::Tokens(1000), 30));
    assert!(book.reserve(paced(&rates, 500, later)).is_ok());
}

#[test]
fn requests_at_once_are_counted_until_they_end() {
    let (mut book, begin) = (Book::new(Tz::UTC), Instant::now());
    let rates = [Rate::AtOnce(2)];
    let first = book.reserve(paced(&rates, 1, begin)).unwrap();
    let second = book.reserve(paced(&rates, 1, begin)).unwrap();
    let told = *book.reserve(paced(&rates, 1, begin)).unwrap_err();
    assert!(matches!(told, Refusal::Rate { rate: Rate::AtOnce(2), .. }));
    book.settle(first, &Charge::default());
    assert!(book.reserve(paced(&rates, 1, begin)).is_ok());
    book.settle(second, &charge(5));
    assert!(book.reserve(paced(&rates, 1, begin)).is_ok());
}

#[test]
fn a_keys_own_rate_goes_before_the_one_of_all_keys() {
    let each = Pacing::of(&[Rate::Requests(10), Rate::AtOnce(4)]);
    let own = Pacing::of(&[Rate::Requests(100)]);
    let expected = Pacing { requests: Some(100), tokens: None, at_once: Some(4) };
    assert_eq!(own.or(each), expected);
    assert!(Pacing::of(&[]).is_empty());
}

/// What happens to a book: a request of a size begins, or the one of a number ends with a share of what it reserved.
#[derive(Clone, Debug)]
enum Step {
    Begin(u64),
    End(usize, u64),
    Drop(usize),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..400_u64).prop_map(Step::Begin),
        (any::<usize>(), 0..=100_u64).prop_map(|(which, share)| Step::End(which, share)),
        any::<usize>().prop_map(Step::Drop),
        (0..4 * 3600_i64).prop_map(Step::Wait),
    ]
}

proptest! {
    /// As long as guesses are not too low, no window ever holds more than its limit in truth; and when everything has
    /// ended, nothing is reserved.
    #[test]
    fn limits_are_never_passed_and_reservations_never_leak(steps in vec(step(), 1..120)) {
        let texts = ["1000 tokens/5h", "1500 tokens/day", "7 requests/day", "0.000003 USD/week"];
        let mut book = Book::new(Tz::UTC);
        let mut now = at("2026-05-01T10:00:00Z");
        let mut open: Vec<(Hold, u64)> = Vec::new();
        for step in steps {
            match step {
                Step::Begin(tokens) => {
                    if let Ok(hold) = book.reserve(demand(&texts, tokens, now)) {
                        open.push((hold, tokens));
                    }
                }
                Step::End(which, share) if !open.is_empty() => {
                    let (hold, tokens) = open.swap_remove(which % open.len());
                    book.settle(hold, &charge(tokens * share / 100));
                }
                Step::Drop(which) if !open.is_empty() => {
                    let (hold, _) = open.swap_remove(which % open.len());
                    book.settle(hold, &Charge::default());
                }
                Step::Wait(seconds) => now += TimeDelta::seconds(seconds),
                _ => {}
            }
            for text in texts {
                let limit: Limit = text.parse().unwrap();
                let account = book.account(&(key(), limit.unit, limit.every), now);
                prop_assert!(account.used + account.reserved <= limit.amount, "{text}");
                prop_assert!(account.used >= 0 && account.reserved >= 0);
            }
        }
        for (hold, _) in open {
            book.settle(hold, &Charge::default());
        }
        for account in book.accounts.values() {
            prop_assert_eq!(account.reserved, 0);
        }
    }
}
