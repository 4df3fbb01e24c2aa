//! What the proxy saw beside what logs tell, as tools and networks really do it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use data_schema::resolve::{Context, Resolved, Witness, resolve};
use data_schema::{
    End, HashId, Kind, LedgerEntry, Quality, RecordId, Tokens, UsageRecord, UtcSeconds, Via,
};
use proptest::prelude::*;
use rustc_hash::FxHashMap;

const START: i64 = 1_777_629_600; // 2026-05-01T10:00:00Z

fn resolved(witnesses: Vec<Witness>) -> Resolved {
    let context = Context {
        first_collected: FxHashMap::default(),
        covered_since: FxHashMap::default(),
        day_of: &|time: UtcSeconds| time.utc_date(),
    };
    resolve(witnesses, Vec::new(), &context)
}

fn total(resolved: &Resolved) -> u64 {
    resolved.facts.iter().map(|fact| fact.record.usage.total()).sum()
}

/// Requests and tokens that no log tells.
fn not_in_log(resolved: &Resolved) -> (u64, u64) {
    let sum =
        |field: fn(&data_schema::resolve::WireDay) -> u64| resolved.wire.iter().map(field).sum();
    (sum(|day| day.not_in_log_requests), sum(|day| day.not_in_log_tokens))
}

/// A line of a tool's log, `after` seconds from the start.
fn log(tool: &str, name: &str, after: i64, [prompt, output]: [u64; 2]) -> Witness {
    let at = UtcSeconds::new(START + after).unwrap();
    let mut record = UsageRecord::new(RecordId::new("log", name, ""), at);
    record.usage.model = "gpt-5.5".into();
    record.usage.input_tokens = Tokens::new(prompt);
    record.usage.output_tokens = Tokens::new(output);
    record.attribution.client = Some(tool.into());
    Witness { machine: "laptop".into(), provider: tool.into(), record: Box::new(record) }
}

/// A request as the ledger has it.
fn entry(client: &str, name: &str, after: i64, [prompt, output]: [u64; 2]) -> LedgerEntry {
    LedgerEntry {
        request: name.to_owned(),
        at: DateTime::<Utc>::from_timestamp(START + after, 0).unwrap(),
        model: Some("gpt-5.5-2026-04-01".into()),
        requested_model: Some("gpt-5.5".into()),
        input_tokens: Tokens::new(prompt),
        output_tokens: Tokens::new(output),
        client: Some(client.into()),
        duration_ms: Some(2_000),
        ..LedgerEntry::default()
    }
}

fn on(machine: &str, entry: &LedgerEntry) -> Witness {
    let record = entry.to_record().unwrap();
    Witness { machine: machine.into(), provider: "proxy".into(), record: Box::new(record) }
}

fn wire(client: &str, name: &str, after: i64, counts: [u64; 2]) -> Witness {
    on("laptop", &entry(client, name, after, counts))
}

fn with(mut witness: Witness, change: impl FnOnce(&mut UsageRecord)) -> Witness {
    change(&mut witness.record);
    witness
}

fn in_session(witness: Witness, session: &str) -> Witness {
    with(witness, |record| record.attribution.session = Some(HashId::new("session", session)))
}

#[test]
fn ids_that_servers_repeat_make_no_request_another_one() {
    let all = (0..5_000_u64).map(|number| {
        let response = match number % 3 {
            0 => format!("chatcmpl-{}", number % 999),
            1 => String::new(),
            _ => "constant".to_owned(),
        };
        let entry = entry("openai-python/1.2", &format!("{number:016x}"), 0, [10, 5]);
        on("laptop", &LedgerEntry { response: Some(response), ..entry })
    });
    let resolved = resolved(all.collect());
    assert_eq!((resolved.facts.len(), not_in_log(&resolved)), (5_000, (5_000, 75_000)));
    assert!(resolved.facts.iter().all(|fact| &*fact.provider == "proxy"));
}

#[test]
fn thousands_of_requests_that_look_alike_are_paired_with_as_many_lines() {
    let logs = (0..5_000).map(|number| log("codex", &format!("l{number}"), number / 900, [10, 5]));
    let wires = (0..5_000)
        .map(|number| wire("codex_exec/0.169.0", &format!("w{number}"), number / 900, [10, 5]));
    let resolved = resolved(logs.chain(wires).collect());
    assert_eq!((resolved.facts.len(), not_in_log(&resolved)), (5_000, (0, 0)));
}

#[test]
fn three_minutes_between_two_clocks_double_nothing() {
    for skew in [-180, 180] {
        // In a session that both know, between machines, with and without the same counts each time.
        for (is_known, step) in [(true, 0), (false, 0), (false, 7)] {
            let pair = |number: i64| {
                let counts = [1_000 + u64::try_from(number * step).unwrap(), 20];
                let seen =
                    on("server", &entry("codex-tui/1", &format!("w{number}"), number * 60, counts));
                let told = log("codex", &format!("l{number}"), number * 60 + 2 + skew, counts);
                if is_known { [in_session(seen, "s"), in_session(told, "s")] } else { [seen, told] }
            };
            let all: Vec<Witness> = (0..40).flat_map(pair).collect();
            let resolved = resolved(all);
            assert_eq!(resolved.facts.len(), 40, "{skew} {is_known} {step}");
            assert!(resolved.facts.iter().all(|fact| &*fact.machine == "laptop"));
            assert_eq!(not_in_log(&resolved), (0, 0));
        }
    }
}

#[test]
fn a_stream_of_90_seconds_is_the_line_that_comes_behind_it() {
    let long = entry("codex/0.169.0", "w", 0, [500, 700]);
    let long = on("laptop", &LedgerEntry { duration_ms: Some(90_000), ..long });
    let resolved = resolved(vec![long, log("codex", "l", 92, [500, 700])]);
    assert_eq!(resolved.facts.len(), 1);
    assert_eq!(resolved.facts[0].record.usage.quality, Quality::Exact);
}

#[test]
fn what_a_tool_never_logs_is_an_addition_though_the_proxy_came_in_mid_session() {
    // Two lines before the proxy was in use, two that both saw, a title and a cut stream behind.
    let mut all: Vec<Witness> = [0, 60, 3_600, 3_660]
        .map(|after| log("codex", &format!("l{after}"), after, [9_000 + after.unsigned_abs(), 50]))
        .into();
    all.extend([3_600, 3_660].map(|after| {
        wire("codex_exec/1", &format!("w{after}"), after, [9_000 + after.unsigned_abs(), 50])
    }));
    let before = total(&resolved(all.clone()));
    all.push(wire("codex_exec/1", "title", 3_605, [80, 6]));
    let cut =
        LedgerEntry { end: End::ClientClosed, ..entry("codex_exec/1", "cut", 3_700, [9_900, 3]) };
    all.push(on("laptop", &cut));
    let resolved = resolved(all);
    assert_eq!(total(&resolved), before + 86 + 9_903);
    assert_eq!(not_in_log(&resolved), (2, 86 + 9_903));
    let day = &resolved.wire[0];
    assert_eq!((&*day.provider, day.requests, day.log_tokens), ("codex", 4, before));
    assert_eq!(day.counted_tokens, total(&resolved));
    assert!(resolved.facts.iter().all(|fact| fact.record.usage.quality == Quality::Exact));
}

#[test]
fn where_the_meter_failed_the_log_counts() {
    let seen = entry("codex/1", "w", 0, [700, 1]);
    let seen = LedgerEntry { end: End::Truncated, quality: Quality::Partial, ..seen };
    let resolved = resolved(vec![on("laptop", &seen), log("codex", "l", 3, [700, 90])]);
    assert_eq!((resolved.facts.len(), total(&resolved)), (1, 790));
    assert_eq!(LedgerEntry::default().to_record(), None, "what tells nothing is no record");
}

#[test]
fn estimates_give_way_to_what_the_proxy_saw_and_take_nothing_from_it() {
    let estimate = |name: &str, after: i64, counts| {
        with(log("aider", name, after, counts), |record| {
            record.usage.quality = Quality::Estimated;
        })
    };
    let mut all = vec![estimate("e1", 3, [575, 1]), estimate("e2", 60, [580, 1])];
    all.push(wire("litellm/1.80", "w1", 0, [1_001, 20]));
    all.push(wire("litellm/1.80", "w2", 57, [1_010, 21]));
    let both = resolved(all.clone());
    assert_eq!(total(&both), 1_021 + 1_031);
    assert!(both.facts.iter().all(|fact| &*fact.provider == "aider"), "the only one it may be");
    assert_eq!(not_in_log(&both), (0, 0));
    // Hours before, without the proxy: beside it, not instead of it.
    all.push(estimate("e0", -9_000, [40_000, 900]));
    assert_eq!(total(&resolved(all)), 1_021 + 1_031 + 40_900);
}

#[test]
fn one_estimate_among_exact_lines_lets_no_day_go() {
    let mut all = vec![wire("codex/1", "w", 0, [7, 1])];
    all.extend((0..9).map(|number| log("codex", &format!("l{number}"), 30 + number, [5_000, 50])));
    all.push(with(log("codex", "e", 90, [10, 1]), |record| {
        record.usage.quality = Quality::Estimated;
    }));
    assert_eq!(total(&resolved(all)), 9 * 5_050 + 11);
}

#[test]
fn midnight_parts_nothing() {
    let midnight = 14 * 3600;
    let told = with(log("codex", "l", midnight - 100, [40, 1]), |record| {
        record.usage.quality = Quality::Partial;
    });
    let all = vec![wire("codex/1", "w", midnight + 20, [60, 2]), told];
    assert_eq!(total(&resolved(all)), 62);
}

#[test]
fn another_session_is_never_held_against_a_request() {
    let all = vec![
        in_session(log("codex", "l1", 0, [100, 1]), "one"),
        in_session(wire("codex/1", "w1", 0, [100, 1]), "one"),
        in_session(log("codex", "l2", 60, [900, 2]), "beside the proxy"),
        in_session(wire("codex/1", "w2", 61, [30, 3]), "a title"),
    ];
    let resolved = resolved(all);
    assert_eq!((total(&resolved), not_in_log(&resolved)), (101 + 902 + 33, (1, 33)));
}

#[test]
fn a_request_shows_under_the_tool_that_its_client_is() {
    for (client, provider) in [
        ("claude-cli/2.1.197 (external, cli)", "claude-code"),
        ("opencode/1.0", "opencode"),
        ("openai-python/1.2", "proxy"),
        ("curl/8", "proxy"),
    ] {
        let resolved = resolved(vec![wire(client, "w", 0, [10, 5])]);
        assert_eq!(&*resolved.facts[0].provider, provider);
        assert_eq!((&*resolved.wire[0].provider, not_in_log(&resolved)), (provider, (1, 15)));
    }
}

#[test]
fn a_fork_under_the_name_of_claude_code_and_an_sdk_are_paired_by_their_counts() {
    for (tool, client) in [("qwen-code", "claude-cli/0.14"), ("cline", "OpenAI/JS 5.2")] {
        let all = vec![log(tool, "l", 3, [800, 9]), wire(client, "w", 0, [800, 9])];
        let resolved = resolved(all);
        assert_eq!((resolved.facts.len(), &*resolved.facts[0].provider), (1, tool));
    }
}

/// Requests that both saw, that only a log has and that only the proxy has: whole and exact, of two sessions or none.
fn any_day() -> impl Strategy<Value = Vec<(u8, i64, u64, u64, u8)>> {
    let one = (0..3_u8, 0..40_000_i64, 1..6_u64, 0..4_u64, 0..3_u8);
    prop::collection::vec(one, 0..24)
}

fn witnesses(day: &[(u8, i64, u64, u64, u8)]) -> (Vec<Witness>, Vec<Witness>) {
    let (mut logs, mut wires) = (Vec::new(), Vec::new());
    for (number, (kind, after, prompt, output, session)) in day.iter().enumerate() {
        let counts = [*prompt * 1_000, *output];
        let place = |one: Witness| match session {
            0 => one,
            name => in_session(one, &name.to_string()),
        };
        if *kind != 1 {
            wires.push(place(wire("codex/1", &format!("w{number}"), *after, counts)));
        }
        if *kind != 2 {
            logs.push(place(log("codex", &format!("l{number}"), after + 3, counts)));
        }
    }
    (logs, wires)
}

fn sum(witnesses: &[Witness]) -> u64 {
    witnesses.iter().map(|one| one.record.usage.total()).sum()
}

fn by_id(resolved: Resolved) -> BTreeMap<RecordId, Witness> {
    resolved.facts.into_iter().map(|fact| (fact.record.id, fact)).collect()
}

proptest! {
    #[test]
    fn the_total_lies_between_the_greater_side_and_both(day in any_day()) {
        let (logs, wires) = witnesses(&day);
        let all = resolved([logs.clone(), wires.clone()].concat());
        prop_assert!(total(&all) <= sum(&logs) + sum(&wires));
        prop_assert!(total(&all) >= sum(&logs).max(sum(&wires)));
        let counted: u64 = all.wire.iter().map(|day| day.requests).sum();
        prop_assert_eq!(counted, wires.len() as u64, "every request is told of");
    }

    #[test]
    fn the_order_and_the_machines_change_nothing(day in any_day(), seed in any::<u64>()) {
        let (logs, wires) = witnesses(&day);
        let all = [logs, wires].concat();
        let mut other = all.clone();
        other.sort_by_key(|one| RecordId::new(&seed.to_string(), &one.record.id.to_string(), ""));
        let (one, other) = (resolved(all), resolved(other));
        prop_assert_eq!(&one.wire, &other.wire);
        prop_assert_eq!(by_id(one), by_id(other));
    }

    #[test]
    fn a_witness_of_what_a_log_tells_changes_no_total(day in any_day(), machine in any::<bool>()) {
        let (logs, _) = witnesses(&day);
        let before = resolved(logs.clone());
        let seen = |log: &Witness| {
            let mut seen = log.clone();
            seen.record.id = RecordId::new("proxy", &log.record.id.to_string(), "");
            seen.record.usage.via = Via::Wire;
            seen.record.usage.kind = Kind::Response;
            seen.provider = "proxy".into();
            seen.machine = if machine { "server" } else { "laptop" }.into();
            seen
        };
        let seen: Vec<Witness> = logs.iter().map(seen).collect();
        let after = resolved([logs, seen].concat());
        prop_assert_eq!(total(&after), total(&before));
        prop_assert_eq!(after.facts.len(), before.facts.len());
        prop_assert_eq!(not_in_log(&after), (0, 0));
    }
}
