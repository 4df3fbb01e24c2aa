//! The laws of the join, for any records.

use data_schema::resolve::{Context, Witness, resolve};
use data_schema::{
    HashId, Kind, Rank, RecordId, RecordSet, Text, TimeQuality, Tokens, UsageRecord, UtcSeconds,
    Via, join,
};
use proptest::prelude::*;

fn any_record() -> impl Strategy<Value = UsageRecord> {
    let identity = (0..4_u8, 0..3_i64, any::<bool>(), prop::option::of(0..3_i64));
    let counts = (prop::option::of(0..3_u64), prop::option::of(0..3_u64), 0..3_u32, any::<bool>());
    let names = (0..3_u8, prop::option::of(0..2_u8), prop::collection::vec(10..13_u8, 0..2));
    (identity, counts, names).prop_map(|(identity, counts, names)| {
        let (id, at, guess, seen) = identity;
        let (input, output, revision, copy) = counts;
        let (project, session, was) = names;
        let time = |offset: i64| UtcSeconds::default().plus(1_777_629_600 + offset);
        let named = |native: u8| RecordId::new("t", &native.to_string(), "");
        let mut record = UsageRecord::new(named(id), time(at));
        record.at_quality = if guess { TimeQuality::Guess } else { TimeQuality::Trusted };
        record.was = was.into_iter().map(named).collect();
        record.usage.input_tokens = input.and_then(Tokens::new);
        record.usage.output_tokens = output.and_then(Tokens::new);
        record.usage.revision = revision;
        record.usage.rank = if copy { Rank::Copy } else { Rank::Own };
        record.attribution.project = (project > 0).then(|| Text::from(format!("p{project}")));
        record.attribution.session =
            session.map(|session| HashId::new("session", &session.to_string()));
        record.attribution.seen = seen.map(time).filter(|seen| *seen != record.at);
        record
    })
}

/// Two or three records of one response.
fn same_response() -> impl Strategy<Value = [UsageRecord; 3]> {
    [any_record(), any_record(), any_record()].prop_map(|mut records| {
        let id = records[0].id;
        for record in &mut records {
            record.id = id;
        }
        records
    })
}

fn sorted(set: RecordSet) -> Vec<UsageRecord> {
    set.into_sorted()
}

proptest! {
    #[test]
    fn it_is_commutative([a, b, _] in same_response()) {
        prop_assert_eq!(join(a.clone(), b.clone()), join(b, a));
    }

    #[test]
    fn it_is_associative([a, b, c] in same_response()) {
        let left = join(join(a.clone(), b.clone()), c.clone());
        prop_assert_eq!(left, join(a, join(b, c)));
    }

    #[test]
    fn it_is_idempotent([a, b, _] in same_response()) {
        prop_assert_eq!(join(a.clone(), a.clone()), a.clone());
        let joined = join(a, b.clone());
        prop_assert_eq!(join(joined.clone(), b), joined);
    }

    #[test]
    fn the_total_is_that_of_one_of_the_inputs([a, b, _] in same_response()) {
        let (left, right) = (a.usage.clone(), b.usage.clone());
        let joined = join(a, b).usage;
        prop_assert!(joined == left || joined == right);
    }

    #[test]
    fn no_record_is_lost_and_order_changes_nothing(
        records in prop::collection::vec(any_record(), 0..12),
        split in 0..12_usize,
    ) {
        let forward: RecordSet = records.iter().cloned().collect();
        let backward: RecordSet = records.iter().rev().cloned().collect();
        for record in &records {
            prop_assert!(forward.get(record.id).is_some());
        }
        let (one, other) = records.split_at(split.min(records.len()));
        let mut parts: RecordSet = other.iter().cloned().collect();
        parts.extend(one.iter().cloned());
        let forward = sorted(forward);
        prop_assert_eq!(&forward, &sorted(backward));
        prop_assert_eq!(&forward, &sorted(parts));
    }

    #[test]
    fn resolving_gives_the_same_for_any_order_of_machines_and_files(
        records in prop::collection::vec((any_record(), 0..3_u8, any::<bool>(), 0..3_u8), 0..12),
    ) {
        let witnesses: Vec<Witness> = records
            .into_iter()
            .map(|(mut record, machine, void, via)| {
                record.usage.via = [Via::Log, Via::Api, Via::Wire][usize::from(via)];
                record.usage.kind = if void { Kind::Void } else { Kind::Response };
                Witness { machine: Text::from(format!("m{machine}")), provider: "codex".into(), record: Box::new(record) }
            })
            .collect();
        let context = Context {
            first_collected: rustc_hash::FxHashMap::default(),
            covered_since: rustc_hash::FxHashMap::default(),
            day_of: &|time: UtcSeconds| time.utc_date(),
        };
        let run = |witnesses: Vec<Witness>| {
            let mut facts = resolve(witnesses, Vec::new(), &context).facts;
            facts.sort_by_key(|fact| fact.record.id);
            facts
        };
        let backward: Vec<Witness> = witnesses.iter().rev().cloned().collect();
        prop_assert_eq!(run(witnesses), run(backward));
    }
}
