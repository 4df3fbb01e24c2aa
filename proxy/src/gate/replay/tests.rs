//! After a restart, budgets are what they were.

use chrono_tz::Tz;
use data_schema::Tokens;

use super::*;
use crate::gate::charge;

const NOW: &str = "2026-05-14T12:00:00Z";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn entry(time: &str, tokens: u64) -> LedgerEntry {
    LedgerEntry {
        at: at(time),
        upstream: Some("anthropic".into()),
        protocol: Some("anthropic-messages".into()),
        status: Some(200),
        ttft_ms: Some(1),
        key: Some("ci".into()),
        project: Some("website".into()),
        input_tokens: Tokens::new(tokens),
        ..LedgerEntry::default()
    }
}

fn replayed(limits: &[(Owner, &str)], entries: Vec<LedgerEntry>) -> Book {
    let budgets: Vec<_> =
        limits.iter().map(|(owner, limit)| (owner.clone(), limit.parse().unwrap())).collect();
    let mut book = Book::new(Tz::UTC);
    let replay = Replay { budgets: &budgets, pacings: &[], now: at(NOW) };
    replay.run(&mut book, entries.into_iter(), |entry, _| charge::truth(entry, None));
    book
}

fn used(book: &Book, owner: &Owner, unit: Unit, every: Every) -> i128 {
    book.account(&(owner.clone(), unit, every), at(NOW)).used
}

#[test]
fn only_windows_that_are_open_are_charged() {
    let key = Owner::Key("ci".into());
    let project = Owner::Project("website".into());
    let limits = [
        (key.clone(), "9 tokens/day"),
        (key.clone(), "5 tokens/day"),
        (key.clone(), "9 tokens/week"),
        (project.clone(), "9 tokens/month"),
        (Owner::All, "9 requests/month"),
    ];
    let refused = LedgerEntry { error: Some("budget".into()), ttft_ms: None, ..entry(NOW, 64) };
    let other = LedgerEntry { key: Some("x".into()), project: None, ..entry(NOW, 128) };
    let entries = vec![
        entry("2026-05-14T00:00:00Z", 1),
        entry("2026-05-13T23:59:59.999Z", 2),
        entry("2026-05-11T00:00:00Z", 4),
        entry("2026-05-10T23:59:59Z", 8),
        entry("2026-05-01T00:00:00Z", 16),
        entry("2026-04-30T23:59:59Z", 32),
        refused,
        other,
    ];
    let book = replayed(&limits, entries);
    assert_eq!(used(&book, &key, Unit::Tokens, Every::Day), 1);
    assert_eq!(used(&book, &key, Unit::Tokens, Every::Week), 7);
    assert_eq!(used(&book, &project, Unit::Tokens, Every::Month), 31);
    assert_eq!(used(&book, &Owner::All, Unit::Requests, Every::Month), 6);
    assert_eq!(book.accounts.len(), 4, "nothing else is kept");
}

#[test]
fn five_hours_are_found_again_from_their_first_request() {
    let key = Owner::Key("ci".into());
    let limits = [(key.clone(), "9 tokens/5h")];
    // The lines of a ledger stand in the order in which requests ended.
    let open = vec![
        entry("2026-05-14T11:00:00Z", 1),
        entry("2026-05-14T08:00:00Z", 2),
        entry("2026-05-14T02:59:59Z", 4),
        entry("2026-05-14T07:59:59Z", 8),
        entry("2026-05-12T11:00:00Z", 16),
    ];
    // 02:59:59 opens a window until 07:59:59, when the next begins.
    let book = replayed(&limits, open.clone());
    let account = book.account(&(key.clone(), Unit::Tokens, Every::FiveHours), at(NOW));
    assert_eq!(account.used, 11);
    assert_eq!(account.span.unwrap().end, at("2026-05-14T12:59:59Z"));
    let over = replayed(&limits, open.into_iter().skip(1).take(2).collect());
    assert_eq!(used(&over, &key, Unit::Tokens, Every::FiveHours), 2);
    let none = replayed(&limits, vec![entry("2026-05-14T07:00:00Z", 1)]);
    assert!(none.accounts.is_empty(), "it ended at noon sharp");
}

#[test]
fn only_files_of_open_windows_are_read_and_damage_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, lines: &[String]| {
        fs_err::write(folder.path().join(name), lines.join("\n")).unwrap();
    };
    let line = |tokens| serde_json::to_string(&entry(NOW, tokens)).unwrap();
    let bare = LedgerEntry { key: None, project: None, ..entry(NOW, 99) };
    write("2026-05-13.jsonl", &[line(1)]);
    write(
        "2026-05-14.jsonl",
        &[line(2), "{\"key\":".to_owned(), serde_json::to_string(&bare).unwrap()],
    );
    write("2026-05-14.1.jsonl", &[line(3)]);
    write("notes.jsonl", &[line(4)]);
    write("2026-05-15.txt", &[line(5)]);
    let first = NaiveDate::from_ymd_opt(2026, 5, 14).unwrap();
    let found = |with_all| {
        let read = entries(folder.path(), first, with_all);
        let mut found: Vec<u64> = read.map(|entry| entry.input_tokens.unwrap().get()).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(found(false), [2, 3]);
    assert_eq!(found(true), [2, 3, 99]);
    assert_eq!(entries(&folder.path().join("none"), first, true).count(), 0);
}

#[test]
fn the_first_day_is_that_of_the_longest_window() {
    let first = |limits: &[&str]| {
        let budgets: Vec<_> =
            limits.iter().map(|limit| (Owner::All, limit.parse().unwrap())).collect();
        let replay = Replay { budgets: &budgets, pacings: &[], now: at(NOW) };
        replay.first_day(&Book::new(Tz::UTC)).map(|day| day.to_string())
    };
    assert_eq!(first(&[]), None);
    assert_eq!(first(&["1 requests/day"]).as_deref(), Some("2026-05-14"));
    assert_eq!(first(&["1 requests/day", "1 requests/5h"]).as_deref(), Some("2026-05-12"));
    assert_eq!(first(&["1 requests/month", "1 requests/week"]).as_deref(), Some("2026-05-01"));
}

#[test]
fn a_burst_before_the_restart_still_slows() {
    let key = Owner::Key("ci".into());
    let pacings = [(key.clone(), Pacing { requests: Some(2), ..Pacing::default() })];
    let mut book = Book::new(Tz::UTC);
    let replay = Replay { budgets: &[], pacings: &pacings, now: at(NOW) };
    let entries = [entry(NOW, 1), entry(NOW, 1), entry("2026-05-14T11:00:00Z", 1)];
    replay.run(&mut book, entries.into_iter(), |entry, _| charge::truth(entry, None));
    let demand = crate::gate::book::Demand {
        budgets: Vec::new(),
        pacings: pacings.to_vec(),
        charge: Charge { requests: 1, ..Charge::default() },
        at: at(NOW),
        now: Instant::now(),
    };
    assert!(book.reserve(demand).is_err());
}
