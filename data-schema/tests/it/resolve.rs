//! The rules of resolving, one test each, beyond those beside the code.

use data_schema::resolve::{Context, Resolved, Witness, resolve};
use data_schema::{
    End, HashId, Kind, Quality, RecordId, Tokens, Usage, UsageRecord, UtcSeconds, Via,
};
use rustc_hash::FxHashMap;

fn at(time: &str) -> UtcSeconds {
    time.parse().unwrap()
}

const AT: &str = "2026-05-01T10:00:00Z";

fn witness(machine: &str, native: &str, output: u64, via: Via) -> Witness {
    let mut record = UsageRecord::new(RecordId::new("t", native, ""), at(AT));
    record.usage.output_tokens = Tokens::new(output);
    record.usage.model = "m".into();
    record.usage.via = via;
    record.attribution.client = Some("codex/1".into());
    if via == Via::Log {
        record.attribution.session = Some(HashId::new("session", "s"));
    }
    Witness { machine: machine.into(), provider: "codex".into(), record: Box::new(record) }
}

fn with(change: impl FnOnce(&mut UsageRecord), mut witness: Witness) -> Witness {
    change(&mut witness.record);
    witness
}

fn resolved(witnesses: Vec<Witness>) -> Resolved {
    let context = Context {
        first_collected: FxHashMap::default(),
        covered_since: FxHashMap::default(),
        day_of: &|time: UtcSeconds| time.utc_date(),
    };
    let backward: Vec<Witness> = witnesses.iter().rev().cloned().collect();
    let [mut forward, mut backward] =
        [witnesses, backward].map(|witnesses| resolve(witnesses, Vec::new(), &context));
    for resolved in [&mut forward, &mut backward] {
        resolved.facts.sort_by_key(|fact| fact.record.id);
    }
    assert_eq!(forward, backward, "the order of witnesses changes something");
    forward
}

fn totals(resolved: &Resolved) -> Vec<u64> {
    let mut totals: Vec<u64> =
        resolved.facts.iter().map(|fact| fact.record.usage.total()).collect();
    totals.sort_unstable();
    totals
}

#[test]
fn of_one_id_the_best_witness_gives_the_counts() {
    let complete = witness("proxy", "1", 3, Via::Wire);
    let broken_off = with(|wire| wire.usage.end = End::Truncated, complete.clone());
    let exact = witness("laptop", "1", 5, Via::Log);
    let estimated = with(|log| log.usage.quality = Quality::Estimated, exact.clone());
    let event = witness("cloud", "1", 7, Via::Api);
    for (witnesses, expected) in [
        (vec![complete.clone(), exact.clone(), event.clone()], 3),
        (vec![broken_off.clone(), exact.clone(), event.clone()], 5),
        (vec![exact.clone(), event.clone()], 5),
        (vec![broken_off.clone(), estimated.clone(), event.clone()], 7),
        (vec![estimated.clone(), event.clone()], 7),
        (vec![broken_off.clone(), event], 7),
        (vec![broken_off, estimated], 3),
        (vec![complete], 3),
    ] {
        let told = format!("{witnesses:?}");
        assert_eq!(totals(&resolved(witnesses)), [expected], "{told}");
    }
}

#[test]
fn of_one_id_the_tools_own_log_gives_place_session_and_project() {
    let event = with(
        |event| {
            event.at = at("2026-05-01T09:00:00Z");
            event.attribution.project = Some("from-event".into());
            event.attribution.account = Some(HashId::new("account", "a"));
        },
        witness("cloud", "1", 7, Via::Api),
    );
    let log = with(
        |log| log.attribution.project = Some("own".into()),
        witness("laptop", "1", 5, Via::Log),
    );
    let resolved = resolved(vec![event, log]);
    let fact = &resolved.facts[0];
    assert_eq!(&*fact.machine, "laptop");
    assert_eq!(fact.record.attribution.project.as_deref(), Some("own"));
    assert_eq!(fact.record.attribution.account, Some(HashId::new("account", "a")));
    assert_eq!(fact.record.at, at("2026-05-01T09:00:00Z"));
}

#[test]
fn a_log_without_a_session_that_met_its_wire_record_is_not_weighed_against_other_logs() {
    let no_session = |log: Witness| with(|log| log.attribution.session = None, log);
    let met = no_session(witness("laptop", "1", 5, Via::Log));
    let other = no_session(witness("laptop", "2", 9, Via::Log));
    let resolved = resolved(vec![met, witness("laptop", "1", 5, Via::Wire), other]);
    assert_eq!(totals(&resolved), [5, 9]);
    assert!(resolved.gaps.is_empty());
}

/// Whether a wire record that took ten seconds and a log line are one response.
fn pairs(change: impl Fn(&mut UsageRecord)) -> bool {
    let wire = with(
        |wire| {
            wire.usage.duration_ms = Some(10_000);
            wire.attribution.session = None;
        },
        witness("laptop", "w", 5, Via::Wire),
    );
    let resolved = resolved(vec![wire, with(change, witness("laptop", "l", 5, Via::Log))]);
    // A pair is one whole fact; otherwise one side counts and is marked.
    resolved.facts.len() == 1 && resolved.facts[0].record.usage.quality == Quality::Exact
}

#[test]
fn wire_and_log_pair_within_5_seconds_before_and_120_after() {
    let shifted = |seconds: i64| pairs(|log| log.at = log.at.plus(seconds));
    assert!(shifted(0));
    assert!(shifted(-5) && !shifted(-6));
    assert!(shifted(10 + 120) && !shifted(10 + 121));
}

#[test]
fn wire_and_log_pair_only_with_equal_model_prompt_and_output() {
    assert!(!pairs(|log| log.usage.model = "other".into()));
    assert!(!pairs(|log| log.usage.output_tokens = Tokens::new(6)));
    assert!(!pairs(|log| log.usage.input_tokens = Tokens::new(1)));
}

#[test]
fn wire_and_log_of_different_clients_are_two_responses() {
    let log = with(
        |log| log.attribution.client = Some("other/1".into()),
        witness("laptop", "l", 5, Via::Log),
    );
    assert_eq!(totals(&resolved(vec![witness("laptop", "w", 5, Via::Wire), log])), [5, 5]);
}

#[test]
fn a_pair_is_one_to_one() {
    let wires = ["w1", "w2"].map(|native| witness("laptop", native, 5, Via::Wire));
    let logs = ["l1", "l2"].map(|native| witness("laptop", native, 5, Via::Log));
    assert_eq!(totals(&resolved([wires, logs].concat())), [5, 5]);
}

#[test]
fn of_an_unpaired_group_the_better_quality_counts_before_the_greater_total() {
    let wire = witness("laptop", "w", 5, Via::Wire);
    let log =
        with(|log| log.usage.quality = Quality::Estimated, witness("laptop", "l", 90, Via::Log));
    let resolved = resolved(vec![wire, log]);
    assert_eq!(totals(&resolved), [5]);
    assert_eq!((resolved.gaps[0].log_tokens, resolved.gaps[0].wire_tokens), (90, 5));
}

#[test]
fn a_counter_stands_against_the_wire_like_any_log() {
    let reading = |native: &str, total: u64, time: &str| {
        let log = witness("laptop", native, 0, Via::Log);
        with(
            |reading| {
                reading.at = at(time);
                reading.usage = Usage {
                    kind: Kind::Reading,
                    total_tokens: Tokens::new(total),
                    output_tokens: None,
                    ..reading.usage.clone()
                };
            },
            log,
        )
    };
    let readings =
        [reading("1", 100, "2026-05-01T11:00:00Z"), reading("2", 150, "2026-05-01T13:00:00Z")];
    let mut witnesses = vec![witness("laptop", "w", 120, Via::Wire)];
    witnesses.extend(readings);
    // 150 of the counter against 120 of the wire, never 270.
    assert_eq!(totals(&resolved(witnesses)).iter().sum::<u64>(), 150);
}

#[test]
fn a_reading_that_two_machines_took_counts_once() {
    let reading = |machine: &str| {
        let log = witness(machine, "r", 100, Via::Log);
        with(|reading| reading.usage.kind = Kind::Reading, log)
    };
    assert_eq!(totals(&resolved(vec![reading("a"), reading("b")])), [100]);
}
