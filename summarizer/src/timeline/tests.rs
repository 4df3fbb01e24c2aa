use std::collections::BTreeSet;

use data_schema::{DaySum, RecordId, Tokens, Usage, UsageRecord};
use proptest::prelude::*;

use super::*;
use crate::engine::tests::{MACHINES, ZONES, any_day_sums, any_files, options, packed};
use crate::report::{Dimension, Grouping, Order, Query, Report, Row, report};

fn at(text: &str) -> UtcSeconds {
    text.parse().unwrap()
}

/// A response of 1,000 prompt tokens.
fn response(time: &str) -> UsageRecord {
    let mut record = UsageRecord::new(RecordId::new("t", time, ""), at(time));
    record.usage.model = "gpt-5.5".into();
    record.usage.input_tokens = Tokens::new(1_000);
    record
}

fn input(records: impl IntoIterator<Item = UsageRecord>) -> Input {
    let mut input = Input::default();
    input.add(&"laptop".into(), &"codex".into(), records.into_iter().map(Box::new));
    input
}

fn timeline(input: &Input, zone: chrono_tz::Tz) -> Timeline {
    Timeline::of(&mut input.clone(), &options(zone), &Only::default()).unwrap()
}

fn of_times(times: &[&str], zone: chrono_tz::Tz) -> Timeline {
    timeline(&input(times.iter().map(|time| response(time))), zone)
}

/// Start, last response and responses of every window.
fn told(timeline: &Timeline) -> Vec<String> {
    let row =
        |window: Window| format!("{} {} {}", window.start, window.last, window.total.requests);
    timeline.windows().map(row).collect()
}

fn hours(report: &Report) -> Vec<(Option<u32>, u64)> {
    report.rows.iter().map(|row| (row.hour, row.requests)).collect()
}

#[test]
fn a_window_holds_five_hours_from_the_true_second_of_its_first_response() {
    let times = [
        "2026-05-01T10:00:07Z",
        // 4 h 59 min 59 s: the last second of the window.
        "2026-05-01T15:00:06Z",
        // 5 h: the next one.
        "2026-05-01T15:00:07Z",
        "2026-05-01T20:00:06Z",
        "2026-05-02T09:30:59Z",
    ];
    let made = of_times(&times, chrono_tz::UTC);
    assert_eq!(
        told(&made),
        [
            "2026-05-01T10:00:07Z 2026-05-01T15:00:06Z 2",
            "2026-05-01T15:00:07Z 2026-05-01T20:00:06Z 2",
            "2026-05-02T09:30:59Z 2026-05-02T09:30:59Z 1",
        ]
    );
    let rows = made.report(&Query::new(Grouping::Blocks), at("2026-05-02T10:00:59Z")).rows;
    let gaps: Vec<_> = rows.iter().map(|row| row.gap_seconds).collect();
    assert_eq!(gaps, [None, Some(1), Some(13 * 3600 + 30 * 60 + 53)]);
    let active: Vec<_> = rows.iter().map(|row| row.is_active).collect();
    assert_eq!(active, [Some(false), Some(false), Some(true)]);
    assert_eq!(rows[2].end, Some(at("2026-05-02T14:30:59Z")));
}

#[test]
fn a_window_is_open_until_the_second_before_its_end() {
    let made = of_times(&["2026-05-01T10:00:07Z"], chrono_tz::UTC);
    let is_open = |now: &str| {
        let row = made.report(&Query::new(Grouping::Blocks), at(now)).rows.remove(0);
        assert_eq!(row.burn.is_some(), row.is_active == Some(true));
        row.is_active.unwrap()
    };
    assert!(!is_open("2026-05-01T10:00:06Z"), "a clock that is behind knows of no open window");
    assert!(is_open("2026-05-01T10:00:07Z"));
    assert!(is_open("2026-05-01T15:00:06Z"));
    assert!(!is_open("2026-05-01T15:00:07Z"));
}

#[test]
fn windows_are_five_true_hours_when_clocks_change_and_hours_are_those_of_the_clock() {
    let berlin = chrono_tz::Europe::Berlin;
    // 01:30, then 03:15 after the hour that is left out, and 07:29:59 and 07:30 of the summer's time.
    let spring = [
        "2026-03-29T00:30:00Z",
        "2026-03-29T01:15:00Z",
        "2026-03-29T05:29:59Z",
        "2026-03-29T05:30:00Z",
    ];
    let made = of_times(&spring, berlin);
    assert_eq!(
        told(&made),
        [
            "2026-03-29T00:30:00Z 2026-03-29T05:29:59Z 3",
            "2026-03-29T05:30:00Z 2026-03-29T05:30:00Z 1"
        ]
    );
    let query = Query { split: Vec::new(), ..Query::new(Grouping::Hours) };
    assert_eq!(
        hours(&made.report(&query, at("2026-04-01T00:00:00Z"))),
        [(Some(1), 1), (Some(3), 1), (Some(7), 2)]
    );
    // 02:30 comes twice.
    let autumn = ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T05:30:00Z"];
    let made = of_times(&autumn, berlin);
    assert_eq!(told(&made).len(), 2, "5 h after 02:30 it is 06:30");
    assert_eq!(
        hours(&made.report(&query, at("2026-11-01T00:00:00Z"))),
        [(Some(2), 2), (Some(6), 1)]
    );
}

#[test]
fn sources_and_accounts_have_windows_of_their_own() {
    let mut input = input([response("2026-05-01T10:00:00Z")]);
    let mut other = response("2026-05-01T11:00:00Z");
    other.attribution.account = Some(HashId::new("account", "a"));
    input.add(&"laptop".into(), &"codex".into(), [Box::new(other)]);
    // The same source on another machine is the same account.
    input.add(&"tower".into(), &"codex".into(), [Box::new(response("2026-05-01T12:00:00Z"))]);
    input.add(
        &"laptop".into(),
        &"claude-code".into(),
        [Box::new(response("2026-05-01T13:00:00Z"))],
    );
    let made = timeline(&input, chrono_tz::UTC);
    let rows = made.report(&Query::new(Grouping::Blocks), at("2026-05-01T16:00:00Z")).rows;
    let row = |row: &Row| {
        let provider = row.provider.clone().unwrap();
        (provider, row.start.unwrap().to_string(), row.requests, row.account.is_some())
    };
    let row_of = |provider: &str, start: &str, requests, account| {
        (provider.to_owned(), format!("2026-05-01T{start}:00Z"), requests, account)
    };
    assert_eq!(
        rows.iter().map(row).collect::<Vec<_>>(),
        [
            row_of("codex", "10:00", 2, false),
            row_of("codex", "11:00", 1, true),
            row_of("claude-code", "13:00", 1, false),
        ]
    );
    assert_eq!(made.newest_windows().count(), 3);
}

#[test]
fn a_range_of_days_cuts_a_window_and_not_how_fast_it_fills() {
    let times = ["2026-05-01T23:00:00Z", "2026-05-02T00:30:00Z", "2026-05-02T00:59:00Z"];
    let made = of_times(&times, chrono_tz::UTC);
    let day = |text: &str| text.parse().unwrap();
    let query = Query::new(Grouping::Blocks).within(Some((day("2026-05-02"), day("2026-05-02"))));
    let report = made.report(&query, at("2026-05-02T01:00:00Z"));
    assert_eq!(report.totals.requests, 2);
    assert_eq!(report.rows[0].tokens.total_tokens, 2_000);
    let burn = report.rows[0].burn.as_ref().unwrap();
    // 3,000 tokens in 120 minutes, of 300.
    assert_eq!((burn.tokens_per_minute, burn.projected_tokens), (25, 7_500));
    let whole = made.report(&Query::new(Grouping::Blocks), at("2026-05-02T01:00:00Z"));
    let list = whole.rows[0].cost.list_usd.unwrap().picos();
    assert_eq!(burn.cost_per_hour_usd.unwrap().picos(), list / 2);
    assert_eq!(burn.projected_cost_usd.unwrap().picos(), list / 2 * 5);
    let before = Query::new(Grouping::Blocks).within(Some((day("2026-05-03"), day("2026-05-04"))));
    assert_eq!(made.report(&before, at("2026-05-02T01:00:00Z")).rows, []);
}

#[test]
fn what_has_no_time_stands_apart() {
    let mut input = input([response("2026-05-01T10:00:00Z")]);
    let usage = Usage { requests: Some(7), ..response("2026-04-01T00:00:00Z").usage };
    let date = "2026-04-01".parse().unwrap();
    let sum = DaySum { machine: "tower".into(), provider: "codex".into(), date, span: None, usage };
    input.day_sums.push(sum);
    let made = timeline(&input, chrono_tz::UTC);
    for grouping in [Grouping::Blocks, Grouping::Hours] {
        let report = made.report(&Query::new(grouping), at("2026-05-01T10:00:00Z"));
        assert_eq!((report.totals.requests, report.rows.len()), (8, 2));
        let last = &report.rows[1];
        assert_eq!((last.hour, last.start, last.is_active, last.requests), (None, None, None, 7));
    }
}

#[test]
fn what_is_left_out_changes_no_window() {
    let mut own = response("2026-05-01T12:00:00Z");
    own.attribution.project = Some("org/own".into());
    let mut input = input([response("2026-05-01T10:00:00Z"), own]);
    input.add(&"tower".into(), &"codex".into(), [Box::new(response("2026-05-01T16:00:00Z"))]);
    let only = |projects: &[&str], machines: &[&str]| {
        let set =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let only = Only { projects: set(projects), machines: set(machines), ..Only::default() };
        told(&Timeline::of(&mut input.clone(), &options(chrono_tz::UTC), &only).unwrap())
    };
    assert_eq!(only(&["org/own"], &[]), ["2026-05-01T10:00:00Z 2026-05-01T12:00:00Z 1"]);
    assert_eq!(only(&[], &["tower"]), ["2026-05-01T16:00:00Z 2026-05-01T16:00:00Z 1"]);
    assert_eq!(only(&["org/own"], &["tower"]), [""; 0]);
    let made = timeline(&input, chrono_tz::UTC);
    let mut query = Query::new(Grouping::Blocks);
    query.only.models.insert("GPT-5.5".into());
    assert_eq!(made.report(&query, at("2026-05-01T17:00:00Z")).totals.requests, 3);
    query.only.sources.insert("claude-code".into());
    assert_eq!(made.report(&query, at("2026-05-01T17:00:00Z")).totals.requests, 0);
}

#[test]
fn rows_are_ordered_and_cut_and_the_totals_stay() {
    let times = ["2026-05-01T10:00:00Z", "2026-05-02T10:00:00Z", "2026-05-02T10:01:00Z"];
    let made = of_times(&times, chrono_tz::UTC);
    let query = Query { order: Order::Tokens, top: Some(1), ..Query::new(Grouping::Blocks) };
    let report = made.report(&query, at("2026-05-03T00:00:00Z"));
    let others: Vec<Option<u64>> = report.rows.iter().map(|row| row.others).collect();
    assert_eq!(others, [None, Some(1)]);
    assert_eq!(report.rows[0].start, Some(at("2026-05-02T10:00:00Z")));
    assert_eq!((report.rows[0].requests, report.totals.requests), (2, 3));
}

#[test]
fn a_file_that_is_damaged_or_of_another_key_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timeline.bin");
    let made = of_times(&["2026-05-01T10:00:00Z", "2026-05-03T10:00:00Z"], chrono_tz::UTC);
    made.save(&path, b"key").unwrap();
    assert_eq!(Timeline::load(&path, b"key"), Some(made));
    assert_eq!(Timeline::load(&path, b"other"), None);
    let bytes = fs_err::read(&path).unwrap();
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1;
        fs_err::write(&path, &damaged).unwrap();
        assert_eq!(Timeline::load(&path, b"key"), None, "byte {place}");
        fs_err::write(&path, &bytes[..place]).unwrap();
        assert_eq!(Timeline::load(&path, b"key"), None, "cut at {place}");
    }
}

fn sum(rows: &[Row]) -> (u64, u64, i128) {
    let cost = |row: &Row| row.cost.list_usd.map_or(0, Money::picos);
    rows.iter().fold((0, 0, 0), |(tokens, requests, picos), row| {
        (tokens + row.tokens.total_tokens, requests + row.requests, picos + cost(row))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn hours_and_windows_add_up_to_what_all_views_do(
        files in any_files(),
        day_sums in any_day_sums(),
        zone in 0..ZONES.len(),
        cut in any::<bool>(),
        split in 0..4_usize,
    ) {
        let options = options(ZONES[zone]);
        let mut input = packed(&files, day_sums.clone(), false);
        let sums = crate::sums(&mut input, &options, false).unwrap();
        let mut input = packed(&files, day_sums, true);
        let made = Timeline::of(&mut input, &options, &Only::default()).unwrap();
        let days: Vec<NaiveDate> = sums.cells.iter().map(|(key, _)| key.day).collect();
        let middle = days.get(days.len() / 2).copied();
        let range = middle.filter(|_| cut).map(|day| (day, day));
        let expected = report(&sums, &Query::new(Grouping::Daily).within(range));
        let split = match split {
            0 => Vec::new(),
            1 => vec![Dimension::Source],
            2 => vec![Dimension::Model],
            _ => vec![Dimension::Source, Dimension::Model],
        };
        for grouping in [Grouping::Hours, Grouping::Blocks] {
            let query = Query { split: split.clone(), ..Query::new(grouping).within(range) };
            let found = made.report(&query, UtcSeconds::default());
            prop_assert_eq!(&found.totals, &expected.totals);
            prop_assert_eq!(&found.by_provider, &expected.by_provider);
            prop_assert_eq!(sum(&found.rows), sum(std::slice::from_ref(&found.totals)));
        }
        let mut before: Option<Window> = None;
        for window in made.windows() {
            prop_assert!(window.start <= window.last && window.last < window.end());
            if let Some(before) = before.filter(|before| (&before.provider, before.account) == (&window.provider, window.account)) {
                prop_assert!(before.end() <= window.start);
            }
            before = Some(window);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("timeline.bin");
        made.save(&path, b"key").unwrap();
        prop_assert_eq!(Timeline::load(&path, b"key"), Some(made));
    }

    #[test]
    fn machines_share_everything_out(files in any_files(), zone in 0..ZONES.len()) {
        let options = options(ZONES[zone]);
        let tokens = |only: &Only| {
            let made = Timeline::of(&mut packed(&files, Vec::new(), false), &options, only).unwrap();
            made.report(&Query::new(Grouping::Hours), UtcSeconds::default()).totals.tokens.total_tokens
        };
        let of_machine = |name: &&str| Only { machines: [(*name).to_owned()].into(), ..Only::default() };
        let parts: u64 = MACHINES.iter().map(|name| tokens(&of_machine(name))).sum();
        prop_assert_eq!(parts, tokens(&Only::default()));
    }
}
