//! The rules of identity and of the join, one test each.

use data_schema::{
    HashId, Kind, Rank, RecordId, TimeQuality, Tokens, UsageRecord, UtcSeconds, join, namespace,
};

fn at(time: &str) -> UtcSeconds {
    time.parse().unwrap()
}

const EARLY: &str = "2026-05-01T10:00:00Z";
const LATE: &str = "2026-05-01T12:00:00Z";

fn record(input: u64, output: u64) -> UsageRecord {
    let mut record = UsageRecord::new(RecordId::new("t", "1", ""), at(EARLY));
    record.usage.input_tokens = Tokens::new(input);
    record.usage.output_tokens = Tokens::new(output);
    record.usage.revision = 1;
    record
}

fn with(change: impl FnOnce(&mut UsageRecord), mut record: UsageRecord) -> UsageRecord {
    change(&mut record);
    record
}

/// Joins both ways and checks that the order changes nothing.
fn joined(one: &UsageRecord, other: &UsageRecord) -> UsageRecord {
    let result = join(one.clone(), other.clone());
    assert_eq!(result, join(other.clone(), one.clone()));
    result
}

#[test]
fn a_log_and_the_wire_give_a_response_of_one_api_the_same_id() {
    let native = "msg_01AbCdEfGhIjKlMnOpQrStUv";
    let log = RecordId::new(namespace::ANTHROPIC, native, "");
    assert_eq!(log, RecordId::new("anthropic", native, ""));
    let others = [namespace::OPENAI, namespace::GEMINI, namespace::CLAUDE_CODE, namespace::CODEX];
    assert!(others.into_iter().all(|other| RecordId::new(other, native, "") != log));
}

#[test]
fn an_id_once_given_is_never_given_otherwise() {
    // printf 'anthropic\0msg_1\0' | sha256sum | cut -c 1-16 | xxd -r -p | basenc --base64url
    assert_eq!(RecordId::new("anthropic", "msg_1", "").to_string(), "0_2ut3tIqsg");
    // printf 'session\0s1' | sha256sum | cut -c 1-16
    assert_eq!(HashId::new("session", "s1").to_string(), "d2f709a4e6582b10");
}

#[test]
fn the_own_line_counts_before_a_greater_copy() {
    let copy = with(|copy| copy.usage.rank = Rank::Copy, record(90, 90));
    assert_eq!(joined(&copy, &record(1, 1)).usage, record(1, 1).usage);
}

#[test]
fn a_newer_revision_counts_before_a_greater_total() {
    let mended = with(|mended| mended.usage.revision = 2, record(1, 1));
    assert_eq!(joined(&mended, &record(90, 90)).usage, mended.usage);
}

#[test]
fn the_own_line_counts_before_a_newer_revision_of_a_copy() {
    let copy = with(
        |copy| {
            copy.usage.rank = Rank::Copy;
            copy.usage.revision = 9;
        },
        record(90, 90),
    );
    assert_eq!(joined(&copy, &record(1, 1)).usage, record(1, 1).usage);
}

#[test]
fn the_greater_total_counts_then_the_greater_output() {
    assert_eq!(joined(&record(5, 5), &record(5, 6)).usage, record(5, 6).usage);
    assert_eq!(joined(&record(5, 5), &record(4, 6)).usage, record(4, 6).usage);
}

#[test]
fn usage_is_taken_whole_and_never_put_together_from_two() {
    let wide = with(|wide| wide.usage.reasoning_tokens = Tokens::new(3), record(100, 1));
    let deep = with(|deep| deep.usage.cache_read_tokens = Tokens::new(7), record(1, 50));
    assert_eq!(joined(&wide, &deep).usage, wide.usage);
}

#[test]
fn what_ties_in_everything_is_decided_by_its_bytes() {
    let one = with(|one| one.usage.model = "a".into(), record(5, 5));
    let other = with(|other| other.usage.model = "b".into(), record(5, 5));
    assert_eq!(&*joined(&one, &other).usage.model, "b");
}

#[test]
fn attribution_comes_from_the_earlier_copy_whoever_has_the_greater_usage() {
    let first = with(|first| first.attribution.project = Some("first".into()), record(1, 1));
    let second = with(
        |second| {
            second.at = at(LATE);
            second.attribution.project = Some("second".into());
        },
        record(9, 9),
    );
    let both = joined(&first, &second);
    assert_eq!(both.attribution.project.as_deref(), Some("first"));
    assert_eq!((both.usage.total(), both.at, both.attribution.seen), (18, at(EARLY), None));
}

#[test]
fn attribution_comes_from_the_own_line_before_an_earlier_copy() {
    let copy = with(
        |copy| {
            copy.usage.rank = Rank::Copy;
            copy.attribution.project = Some("copy".into());
        },
        record(1, 1),
    );
    let own = with(
        |own| {
            own.at = at(LATE);
            own.attribution.project = Some("own".into());
        },
        record(1, 1),
    );
    let both = joined(&copy, &own);
    assert_eq!(both.attribution.project.as_deref(), Some("own"));
    // The time is the earliest all the same, and `seen` tells when the own line was written.
    assert_eq!((both.at, both.attribution.seen), (at(EARLY), Some(at(LATE))));
}

#[test]
fn attribution_is_taken_whole_even_where_another_copy_tells_more() {
    let bare = record(1, 1);
    let telling = with(
        |telling| {
            telling.at = at(LATE);
            telling.attribution.session = Some(HashId::new("session", "s"));
        },
        record(1, 1),
    );
    assert_eq!(joined(&bare, &telling).attribution.session, None);
}

#[test]
fn the_time_is_the_earliest_that_is_trusted() {
    let guess = with(
        |guess| {
            guess.at = at("2026-01-01T00:00:00Z");
            guess.at_quality = TimeQuality::Guess;
        },
        record(1, 1),
    );
    let trusted = with(|trusted| trusted.at = at(LATE), record(1, 1));
    let both = joined(&guess, &trusted);
    assert_eq!((both.at, both.at_quality), (at(LATE), TimeQuality::Trusted));
    let later = with(|later| later.at = at(EARLY), guess.clone());
    let both = joined(&guess, &later);
    assert_eq!((both.at, both.at_quality), (guess.at, TimeQuality::Guess));
}

#[test]
fn ids_of_before_are_united() {
    let named = |native: &str| RecordId::new("t", native, "");
    let one = with(|one| one.was = vec![named("a")], record(1, 1));
    let other = with(|other| other.was = vec![named("b")], record(9, 9));
    let mut expected = vec![named("a"), named("b")];
    expected.sort();
    assert_eq!(joined(&one, &other).was, expected);
}

#[test]
fn a_void_of_a_higher_revision_takes_a_record_back_for_good() {
    let void = with(
        |void| {
            void.usage.kind = Kind::Void;
            void.usage.revision = 2;
        },
        record(0, 0),
    );
    let taken_back = joined(&record(5, 5), &void);
    assert_eq!(taken_back.usage.kind, Kind::Void);
    assert_eq!(joined(&taken_back, &record(900, 900)).usage.kind, Kind::Void);
    let counted_again = with(|again| again.usage.revision = 3, record(5, 5));
    assert_eq!(joined(&taken_back, &counted_again).usage.kind, Kind::Response);
}
