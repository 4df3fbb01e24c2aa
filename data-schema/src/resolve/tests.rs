use super::*;
use crate::{DaySum, End, HashId, Quality, Rank, RecordId, Tokens, Usage, Via};

fn at(time: &str) -> UtcSeconds {
    time.parse().unwrap()
}

fn witness(machine: &str, provider: &str, native: &str, output: u64) -> Witness {
    let id = RecordId::new("t", native, "");
    let mut record = UsageRecord::new(id, at("2026-05-01T10:00:00Z"));
    record.usage.model = "m".into();
    record.usage.output_tokens = Tokens::new(output);
    record.usage.revision = 1;
    record.attribution.session = Some(HashId::new("session", "s"));
    Witness { machine: machine.into(), provider: provider.into(), record: Box::new(record) }
}

fn wire(native: &str, output: u64, time: &str) -> Witness {
    let mut seen = witness("proxy", "proxy", native, output);
    seen.record.at = at(time);
    seen.record.usage.via = Via::Wire;
    seen.record.attribution.session = None;
    seen.record.attribution.client = Some("codex/1".into());
    seen
}

fn context() -> Context<'static> {
    Context {
        first_collected: FxHashMap::default(),
        covered_since: FxHashMap::default(),
        day_of: &|time: UtcSeconds| time.utc_date(),
    }
}

fn totals(resolved: &Resolved) -> Vec<u64> {
    let mut totals: Vec<u64> =
        resolved.facts.iter().map(|fact| fact.record.usage.total()).collect();
    totals.sort_unstable();
    totals
}

fn resolved(witnesses: Vec<Witness>) -> Resolved {
    resolve(witnesses, Vec::new(), &context())
}

#[test]
fn the_same_id_on_two_machines_is_one_record_of_the_first_that_collected() {
    let mut context = context();
    context.first_collected.insert("b".into(), at("2026-01-01T00:00:00Z"));
    context.first_collected.insert("a".into(), at("2026-02-01T00:00:00Z"));
    let both = vec![witness("a", "codex", "1", 5), witness("b", "codex", "1", 5)];
    for input in [both.clone(), both.into_iter().rev().collect()] {
        let resolved = resolve(input, Vec::new(), &context);
        assert_eq!(totals(&resolved), [5]);
        assert_eq!(&*resolved.facts[0].machine, "b");
    }
}

#[test]
fn a_copy_leaves_the_place_to_the_own_line() {
    let mut copy = witness("a", "codex", "1", 90);
    copy.record.usage.rank = Rank::Copy;
    let resolved = resolved(vec![copy, witness("b", "codex", "1", 5)]);
    assert_eq!((totals(&resolved), &*resolved.facts[0].machine), (vec![5], "b"));
}

#[test]
fn a_complete_wire_record_gives_the_counts_and_the_log_the_names() {
    let mut seen = wire("1", 7, "2026-05-01T09:59:58Z");
    seen.record.id = RecordId::new("t", "1", "");
    let log = witness("laptop", "codex", "1", 5);
    let session = log.record.attribution.session;
    let resolved = resolved(vec![seen.clone(), log]);
    let fact = &resolved.facts[0];
    assert_eq!((totals(&resolved), &*fact.machine), (vec![7], "laptop"));
    assert_eq!(fact.record.attribution.session, session);
    assert_eq!(fact.record.at, at("2026-05-01T09:59:58Z"));
}

#[test]
fn an_exact_log_counts_more_than_a_wire_record_that_broke_off() {
    let mut seen = wire("1", 2, "2026-05-01T10:00:00Z");
    seen.record.usage.end = End::ClientClosed;
    let resolved = resolved(vec![seen, witness("laptop", "codex", "1", 5)]);
    assert_eq!(totals(&resolved), [5]);
}

#[test]
fn wire_and_log_without_a_shared_id_are_paired_nearest_first() {
    let mut log = witness("laptop", "codex", "log-1", 5);
    log.record.attribution.client = Some("codex/1".into());
    let near = wire("w-1", 5, "2026-05-01T09:59:50Z");
    let far = wire("w-2", 5, "2026-05-01T09:58:30Z");
    let resolved = resolved(vec![far, log, near]);
    // The far one is left: it shows under its tool, and the pair is one fact.
    assert_eq!(totals(&resolved), [5, 5]);
    assert!(resolved.facts.iter().all(|fact| &*fact.provider == "codex"));
    assert!(resolved.gaps.is_empty());
}

#[test]
fn of_what_is_left_unpaired_one_side_counts_and_the_gap_is_told() {
    let mut log = witness("proxy", "codex", "log-1", 5);
    log.record.attribution.client = Some("codex/1".into());
    let seen = wire("w-1", 9, "2026-05-01T12:00:00Z");
    let resolved = resolved(vec![log, seen]);
    assert_eq!(totals(&resolved), [9]);
    assert_eq!(resolved.facts[0].record.usage.quality, Quality::Partial);
    assert_eq!((resolved.gaps[0].log_tokens, resolved.gaps[0].wire_tokens), (5, 9));
}

#[test]
fn a_wire_record_without_any_log_shows_under_its_tool() {
    let resolved = resolved(vec![wire("w-1", 9, "2026-05-01T12:00:00Z")]);
    assert_eq!((totals(&resolved), &*resolved.facts[0].provider), (vec![9], "codex"));
}

#[test]
fn an_id_that_a_record_had_before_is_the_same_response() {
    let old = witness("a", "codex", "old", 5);
    let mut new = witness("b", "codex", "new", 5);
    new.record.was = vec![old.record.id];
    let mut copy = witness("c", "codex", "new", 5);
    copy.record.was = vec![RecordId::new("t", "third", "")];
    let third = witness("d", "codex", "third", 5);
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let all = [&old, &new, &copy, &third];
        let resolved = resolved(order.map(|index| all[index].clone()).to_vec());
        assert_eq!(totals(&resolved), [5]);
        assert_eq!(resolved.facts[0].record.id, new.record.id);
    }
}

#[test]
fn a_void_takes_its_record_back_everywhere() {
    let mut void = witness("a", "codex", "1", 5);
    void.record.usage.kind = Kind::Void;
    void.record.usage.revision = 2;
    assert!(resolved(vec![witness("b", "codex", "1", 5), void]).facts.is_empty());
}

#[test]
fn readings_of_a_counter_count_their_differences_across_machines() {
    let reading = |machine: &str, native: &str, total: u64, time: &str| {
        let mut reading = witness(machine, "goose", native, 0);
        reading.record.at = at(time);
        reading.record.usage = Usage {
            kind: Kind::Reading,
            total_tokens: Tokens::new(total),
            output_tokens: None,
            ..reading.record.usage
        };
        reading
    };
    let readings = vec![
        reading("b", "2", 1600, "2026-05-02T10:00:00Z"),
        reading("a", "1", 1000, "2026-05-01T10:00:00Z"),
        reading("a", "3", 50, "2026-05-03T10:00:00Z"),
    ];
    assert_eq!(totals(&resolved(readings)), [50, 600, 1000]);
}

#[test]
fn day_sums_count_where_they_are_greater_and_only_before_records_cover_the_day() {
    let sum = |date: &str, total| DaySum {
        machine: "a".into(),
        provider: "codex".into(),
        date: date.parse().unwrap(),
        span: None,
        usage: Usage { total_tokens: Tokens::new(total), ..Usage::default() },
    };
    let facts = vec![witness("a", "codex", "1", 50)];
    let run = |sums, covered: Option<&str>| {
        let mut context = context();
        if let Some(covered) = covered {
            context.covered_since.insert(("a".into(), "codex".into()), at(covered));
        }
        let resolved = resolve(facts.clone(), sums, &context);
        (resolved.facts.len(), resolved.day_sums.len())
    };
    let repeated = vec![sum("2026-05-01", 40), sum("2026-05-01", 60)];
    assert_eq!(run(repeated, Some("2026-05-10T00:00:00Z")), (0, 1));
    assert_eq!(run(vec![sum("2026-05-01", 40)], Some("2026-05-10T00:00:00Z")), (1, 0));
    assert_eq!(run(vec![sum("2026-05-01", 60)], Some("2026-04-10T00:00:00Z")), (1, 0));
    assert_eq!(run(vec![sum("2026-04-01", 60)], None), (1, 1));
}

/// A sum of a day of Shanghai, which lies eight hours before that of UTC.
fn in_shanghai(date: &str, total: u64) -> DaySum {
    let date = date.parse().unwrap();
    DaySum {
        machine: "a".into(),
        provider: "codex".into(),
        date,
        span: crate::Span::of_day(chrono_tz::Tz::Asia__Shanghai, date),
        usage: Usage { total_tokens: Tokens::new(total), ..Usage::default() },
    }
}

fn at_time(native: &str, output: u64, time: &str) -> Witness {
    let mut witness = witness("a", "codex", native, output);
    witness.record.at = at(time);
    witness
}

#[test]
fn a_sum_of_another_zone_stands_against_the_records_between_its_ends() {
    // The day of Shanghai is 2026-04-30T16:00 to 2026-05-01T16:00 in UTC, its middle 04:00.
    let facts = vec![
        at_time("before", 1000, "2026-04-30T15:59:59Z"),
        at_time("first", 30, "2026-04-30T16:00:00Z"),
        at_time("last", 20, "2026-05-01T15:59:59Z"),
        at_time("behind", 2000, "2026-05-01T16:00:00Z"),
    ];
    let run = |total| resolve(facts.clone(), vec![in_shanghai("2026-05-01", total)], &context());
    let greater = run(51);
    assert_eq!(totals(&greater), [1000, 2000]);
    assert_eq!(greater.day_sums[0].date, "2026-05-01".parse().unwrap());
    let equal = run(50);
    assert_eq!((totals(&equal), equal.day_sums.len()), (vec![20, 30, 1000, 2000], 0));
}

#[test]
fn a_day_is_counted_once_however_often_it_was_stored() {
    let plain = DaySum { span: None, ..in_shanghai("2026-05-01", 70) };
    for sums in [
        vec![plain.clone(), in_shanghai("2026-05-01", 60)],
        vec![in_shanghai("2026-05-01", 60), plain.clone()],
    ] {
        let resolved = resolve(Vec::new(), sums, &context());
        let totals: Vec<u64> = resolved.day_sums.iter().map(|sum| sum.usage.total()).collect();
        assert_eq!(totals, [70]);
    }
}

#[test]
fn from_the_first_covered_day_on_sums_are_a_second_opinion() {
    let mut context = context();
    // Midnight of 2 May in Shanghai.
    context.covered_since.insert(("a".into(), "codex".into()), at("2026-05-01T16:00:00Z"));
    let days = |sums| {
        let resolved = resolve(Vec::new(), sums, &context);
        resolved.day_sums.iter().map(|sum| sum.date.to_string()).collect::<Vec<_>>()
    };
    let zoned = ["2026-05-01", "2026-05-02", "2026-05-03"].map(|date| in_shanghai(date, 5));
    assert_eq!(days(zoned.to_vec()), ["2026-05-01"]);
    // The day of UTC that is half covered still counts, the next one does not.
    let plain = zoned.map(|sum| DaySum { span: None, ..sum });
    assert_eq!(days(plain.to_vec()), ["2026-05-01"]);
}

#[test]
fn a_counter_gives_way_to_responses_of_its_session() {
    let reading = |native: &str, total: u64, time: &str| {
        let mut reading = witness("a", "copilot-cli", native, total);
        reading.record.at = at(time);
        reading.record.usage.kind = Kind::Reading;
        reading.record.usage.cost = Some(format!("{total}").into());
        reading.record.usage.currency = Some("USD".into());
        reading
    };
    let response = |native: &str, output: u64, time: &str| {
        let mut response = witness("b", "copilot-cli", native, output);
        response.record.at = at(time);
        response
    };
    let readings = vec![
        reading("1", 100, "2026-05-01T10:00:00Z"),
        reading("2", 250, "2026-05-02T10:00:00Z"),
        reading("3", 400, "2026-05-03T10:00:00Z"),
    ];
    assert_eq!(totals(&resolved(readings.clone())), [100, 150, 150]);
    let mut all = readings;
    all.push(response("4", 90, "2026-05-01T10:00:01Z"));
    all.push(response("5", 60, "2026-05-02T10:00:00Z"));
    assert_eq!(totals(&resolved(all.clone())), [60, 90, 100, 150]);
    // The leg of which the responses tell a part only; and a total that began anew.
    all.pop();
    all.push(reading("6", 50, "2026-05-04T10:00:00Z"));
    assert_eq!(totals(&resolved(all.clone())), [50, 60, 90, 100, 150]);
    // Responses of another session, source or model are another matter.
    let mut others = vec![response("7", 10, "2026-05-02T10:00:00Z"); 3];
    others[0].record.id = RecordId::new("t", "8", "");
    others[0].record.attribution.session = Some(HashId::new("session", "other"));
    others[1].record.id = RecordId::new("t", "9", "");
    others[1].record.usage.model = "other".into();
    others[2].provider = "copilot-vscode".into();
    all.extend(others);
    assert_eq!(totals(&resolved(all)), [10, 10, 10, 50, 60, 90, 100, 150]);
}

#[test]
fn a_reading_of_a_time_gives_way_to_responses_in_it_and_is_no_growing_total() {
    let turn = |native: &str, total: u64, time: &str| {
        let mut turn = witness("a", "copilot-vscode", native, total);
        turn.record.at = at(time);
        turn.record.usage.kind = Kind::SessionReading;
        turn.record.usage.duration_ms = Some(5_500);
        turn
    };
    let mut within = witness("a", "copilot-vscode", "3", 70);
    within.record.at = at("2026-05-01T10:00:06Z");
    within.record.usage.model = "another".into();
    let turns = vec![turn("1", 100, "2026-05-01T10:00:00Z"), turn("2", 40, "2026-05-01T10:01:00Z")];
    assert_eq!(totals(&resolved(turns.clone())), [40, 100]);
    let both = [turns, vec![within]].concat();
    assert_eq!(totals(&resolved(both)), [30, 40, 70]);
}

#[test]
fn the_counter_of_a_session_goes_on_counting_when_the_model_changes_and_so_does_its_cost() {
    let reading = |native: &str, model: &str, total: u64, cost: &str| {
        let mut reading = witness("a", "droid", native, total);
        reading.record.at = at("2026-05-01T10:00:00Z").plus(i64::try_from(total).unwrap());
        reading.record.usage.model = model.into();
        reading.record.usage.kind = Kind::SessionReading;
        reading.record.usage.cost = Some(cost.into());
        reading.record.usage.currency = Some("USD".into());
        reading
    };
    let both = vec![reading("1", "m1", 1000, "0.5"), reading("2", "m2", 1600, "0.75")];
    let resolved = resolved(both);
    let cost = |fact: &Witness| fact.record.usage.cost.clone().unwrap().to_string();
    let mut costs: Vec<String> = resolved.facts.iter().map(cost).collect();
    costs.sort();
    assert_eq!(totals(&resolved), [600, 1000]);
    let is_one_response = |fact: &Witness| fact.record.usage.kind == Kind::Response;
    assert!(!resolved.facts.iter().any(is_one_response), "priced by the size of its context");
    assert_eq!(costs, ["0.25", "0.5"]);
}

#[test]
fn a_statement_is_beside_the_facts_and_in_no_total() {
    let mut statement = witness("a", "openai-admin", "day", 900);
    statement.record.usage.kind = Kind::Statement;
    let twice = vec![statement.clone(), statement, witness("a", "codex", "1", 5)];
    let resolved = resolved(twice);
    assert_eq!(totals(&resolved), [5]);
    assert_eq!(resolved.statements.len(), 1);
}
