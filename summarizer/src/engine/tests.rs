use std::sync::LazyLock;

use chrono_tz::Tz;
use data_schema::settings::Publish;
use data_schema::{
    End, HashId, Kind, MachineFile, Quality, Rank, RecordId, TimeQuality, Tokens, Usage,
    UsageRecord, Via,
};
use pricing::PriceBook;
use proptest::prelude::*;

use super::*;

pub(crate) static BOOK: LazyLock<PriceBook> = LazyLock::new(PriceBook::builtin);

pub(crate) const ZONES: [Tz; 4] = [
    chrono_tz::UTC,
    chrono_tz::America::St_Johns,
    chrono_tz::Pacific::Kiritimati,
    chrono_tz::Pacific::Apia,
];
pub(crate) const MACHINES: [&str; 3] = ["laptop", "tower", "proxy"];
const PROVIDERS: [&str; 3] = ["codex", "claude-code", "proxy"];
const MODELS: [&str; 3] = ["gpt-5.5", "claude-sonnet-4-6", "nobody-knows"];

pub(crate) fn options(zone: Tz) -> Options<'static> {
    Options { zone, as_of: None, publish: Publish::everything(), prices: &BOOK }
}

/// One of a few ids, or one of many.
fn any_id() -> impl Strategy<Value = RecordId> {
    prop_oneof![0..12_u16, any::<u16>()]
        .prop_map(|number| RecordId::new("t", &number.to_string(), ""))
}

/// A few days, mostly within minutes of each other.
fn any_time() -> impl Strategy<Value = UtcSeconds> {
    // 2026-05-01T23:30Z, a change of clocks, and Apia's missing day.
    let starts = prop::sample::select(vec![1_777_678_200_i64, 1_761_964_000, 1_325_239_000]);
    let within = prop_oneof![3 => 0..900_i64, 1 => -200_000..400_000_i64];
    (starts, within).prop_map(|(start, within)| UtcSeconds::new(start + within).unwrap())
}

fn any_usage() -> impl Strategy<Value = Usage> {
    // Few different counts, so that some requests and log lines look alike.
    let counts = (0..3_u64, 0..3_u64, prop::option::of(0..2_u64), 0..3_usize);
    let kind = prop_oneof![
        8 => Just(Kind::Response),
        1 => Just(Kind::Reading),
        1 => Just(Kind::Void),
        1 => Just(Kind::Statement)
    ];
    let via = prop_oneof![6 => Just(Via::Log), 1 => Just(Via::Api), 2 => Just(Via::Wire)];
    let quality = prop_oneof![3 => Just(Quality::Exact), 1 => Just(Quality::Partial)];
    let duration = prop::option::of(prop_oneof![0..60_000_u32, any::<u32>()]);
    let rank = prop_oneof![4 => Just(Rank::Own), 1 => Just(Rank::Copy)];
    let end = prop_oneof![4 => Just(End::Complete), 1 => Just(End::Truncated)];
    (counts, kind, via, quality, (duration, rank, end, 1..3_u32)).prop_map(
        |((input, output, read, model), kind, via, quality, rest)| {
            let (duration, rank, end, revision) = rest;
            Usage {
                model: MODELS[model].into(),
                input_tokens: Tokens::new(input * 1000),
                output_tokens: Tokens::new(output),
                cache_read_tokens: read.and_then(Tokens::new),
                duration_ms: duration.filter(|_| via == Via::Wire),
                kind,
                via,
                quality,
                rank,
                end,
                revision,
                ..Usage::default()
            }
        },
    )
}

fn any_record() -> impl Strategy<Value = UsageRecord> {
    let was = prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(any_id(), 1..3)];
    let names = (prop::option::of(0..3_u8), prop::option::of(0..3_u8), 0..3_usize);
    let times = (any_time(), prop::option::of(any_time()), any::<bool>());
    (any_id(), was, times, any_usage(), names).prop_map(|(id, was, times, usage, names)| {
        let (at, seen, guess) = times;
        let (project, session, client) = names;
        let mut record = UsageRecord::new(id, at);
        record.was = was;
        record.was.sort_unstable();
        record.was.dedup();
        record.was.retain(|old| *old != id);
        record.at_quality = if guess { TimeQuality::Guess } else { TimeQuality::Trusted };
        record.usage = usage;
        record.attribution.seen = seen;
        record.attribution.project = project.map(|number| format!("org/p{number}").into());
        let session = session.filter(|_| record.usage.via != Via::Wire || client == 0);
        record.attribution.session =
            session.map(|number| HashId::new("session", &number.to_string()));
        record.attribution.client = PROVIDERS.get(client).map(|tool| format!("{tool}/1").into());
        record
    })
}

/// A file: its machine, its source, its records.
pub(crate) type File = (usize, usize, Vec<UsageRecord>);

pub(crate) fn any_files() -> impl Strategy<Value = Vec<File>> {
    let file = (0..3_usize, 0..3_usize, prop::collection::vec(any_record(), 0..8));
    // The same file again is what a fresh scan of stored logs is.
    let again = prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    (prop::collection::vec(file, 0..6), again).prop_map(|(mut files, again)| {
        if !files.is_empty() {
            let repeated: Vec<File> = again.iter().map(|index| index.get(&files).clone()).collect();
            files.extend(repeated);
        }
        files
    })
}

pub(crate) fn any_day_sums() -> impl Strategy<Value = Vec<DaySum>> {
    let zone = prop::option::of(prop::sample::select(vec![
        chrono_tz::Tz::Asia__Shanghai,
        chrono_tz::Tz::America__New_York,
    ]));
    let sum = (0..3_usize, 0..3_usize, any_time(), any_usage(), zone).prop_map(
        |(machine, provider, at, usage, zone)| DaySum {
            machine: MACHINES[machine].into(),
            provider: PROVIDERS[provider].into(),
            date: at.utc_date(),
            span: zone.and_then(|zone| data_schema::Span::of_day(zone, at.utc_date())),
            usage,
        },
    );
    prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(sum, 1..4)]
}

fn cards() -> std::collections::BTreeMap<Text, MachineFile> {
    let card = |(name, first): (&str, i64)| {
        let card = MachineFile {
            version: "2.0".into(),
            machine: name.into(),
            id: name.into(),
            first_collected: UtcSeconds::default().plus(first),
            programs: Vec::new(),
        };
        (Text::from(name), card)
    };
    [("laptop", 20), ("tower", 10)].into_iter().map(card).collect()
}

/// Everything resolved at once: what the engine must agree with.
fn plainly(files: &[File], day_sums: Vec<DaySum>, options: &Options<'static>) -> Sums {
    let witnesses = files.iter().flat_map(|(machine, provider, records)| {
        records.iter().map(|record| Witness {
            machine: MACHINES[*machine].into(),
            provider: PROVIDERS[*provider].into(),
            record: Box::new(record.clone()),
        })
    });
    let input = Input { machines: cards(), settings: settings(), ..Input::default() };
    let mut adder = Adder::new(options, true).with_days_of_utc();
    let apart = add_resolved(witnesses.collect(), day_sums, (&input, options), &mut adder);
    finish(vec![adder], apart, (&input, options))
}

/// One of the sources may count where nothing else does.
fn settings() -> data_schema::settings::SharedSettings {
    let mut settings = data_schema::settings::SharedSettings::default();
    settings.statements.count = vec!["proxy".into(), "claude-code".into()];
    settings
}

pub(crate) fn packed(files: &[File], day_sums: Vec<DaySum>, as_scan: bool) -> Input {
    let mut input = Input { day_sums, machines: cards(), settings: settings(), ..Input::default() };
    for (machine, provider, records) in files {
        let records = records.iter().cloned().map(Box::new);
        input.add(&MACHINES[*machine].into(), &PROVIDERS[*provider].into(), records);
    }
    if as_scan {
        // One part of many blocks, as an index or a scan has it.
        let parts = std::mem::take(&mut input.parts);
        let blocks = parts.into_iter().flat_map(|part| part.blocks).collect();
        input.add_blocks(blocks).unwrap();
    }
    input
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn taking_out_what_is_entangled_gives_what_resolving_everything_gives(
        files in any_files(),
        day_sums in any_day_sums(),
        zone in 0..ZONES.len(),
        as_scan in any::<bool>(),
    ) {
        let options = options(ZONES[zone]);
        let expected = plainly(&files, day_sums.clone(), &options);
        let mut input = packed(&files, day_sums.clone(), as_scan);
        let found = sums(&mut input, &options, true).unwrap();
        let facts = Facts::of(&mut packed(&files, day_sums, as_scan), options.zone).unwrap();
        let tokens: u64 = found.cells.iter().map(|(_, cell)| cell.tokens.total_tokens).sum();
        prop_assert_eq!(told(&facts), tokens, "an export adds up to what reports say");
        prop_assert_eq!(found, expected);
    }
}

/// The tokens of all facts, which are handed out in the order of their time.
fn told(facts: &Facts) -> u64 {
    let (mut tokens, mut last) = (0, None);
    let all = facts.each(None, |fact| {
        if !fact.is_day_sum {
            assert!(last <= Some(fact.record.at));
            last = Some(fact.record.at);
        }
        tokens += fact.record.usage.total();
        Ok::<(), SummarizeError>(())
    });
    all.unwrap();
    tokens
}

fn plain(name: &str) -> UsageRecord {
    let at = "2026-05-01T10:00:00Z".parse().unwrap();
    let mut record = UsageRecord::new(RecordId::new("t", name, ""), at);
    record.usage.model = "gpt-5.5".into();
    record.usage.output_tokens = Tokens::new(5);
    record
}

fn count(marks: &shared::Marks, blocks: &Blocks) -> [usize; 2] {
    let number = |is: &dyn Fn(usize) -> bool| (0..blocks.count()).filter(|one| is(*one)).count();
    [number(&|one| marks.is_shared(one)), number(&|one| marks.is_twin(one))]
}

#[test]
fn a_scan_that_repeats_the_store_entangles_nothing() {
    let records: Vec<UsageRecord> = (0..100).map(|name| plain(&name.to_string())).collect();
    let files = vec![(0, 0, records.clone()), (0, 0, records)];
    let (blocks, marks) = shared::find(Records::new(packed(&files, vec![], false).parts)).unwrap();
    assert_eq!(count(&marks, &blocks), [0, 100]);
}

#[test]
fn a_copy_on_another_machine_is_entangled() {
    let files = vec![(0, 0, vec![plain("1"), plain("2")]), (1, 0, vec![plain("2"), plain("3")])];
    let (blocks, marks) = shared::find(Records::new(packed(&files, vec![], false).parts)).unwrap();
    assert_eq!(count(&marks, &blocks), [2, 0]);
}

/// Found by the property above: what the proxy saw counts at the time of the log line of the same id, where a line of
/// the same source stands alone.
#[test]
fn a_request_that_counts_on_another_day_is_told_with_what_stands_there() {
    let record = |name: &str, seconds: i64, via: Via| {
        let mut record = UsageRecord { at: UtcSeconds::new(seconds).unwrap(), ..plain(name) };
        record.usage.via = via;
        record
    };
    let (early, late) = (1_325_239_000, 1_777_678_200);
    let first = vec![record("alone", early, Via::Log), record("both", late, Via::Wire)];
    let files = [(0, 2, first), (0, 2, vec![record("both", early, Via::Log)])];
    let options = options(chrono_tz::UTC);
    let found = sums(&mut packed(&files, vec![], false), &options, true).unwrap();
    assert_eq!(found.wire.iter().map(|day| day.log_tokens).collect::<Vec<_>>(), [10]);
    assert_eq!(found, plainly(&files, vec![], &options));
}

#[test]
fn a_block_with_another_number_of_records_than_it_says_is_damaged() {
    let mut input = packed(&[(0, 0, vec![plain("1"), plain("2")])], vec![], false);
    input.parts[0].blocks[0].count = 3;
    let error = sums(&mut input, &options(chrono_tz::UTC), false).unwrap_err();
    assert!(matches!(error, SummarizeError::Damaged), "{error}");
}

#[test]
fn an_id_of_a_record_that_is_not_there_is_damage() {
    let mut input = packed(&[(0, 0, vec![plain("1")])], vec![], false);
    input.parts[0].ids[0].record = 1;
    let error = sums(&mut input, &options(chrono_tz::UTC), false).unwrap_err();
    assert!(matches!(error, SummarizeError::Damaged), "{error}");
}

#[test]
fn sessions_are_made_only_if_wanted() {
    let files = [(0, 0, vec![plain("1")])];
    let made = |wanted| {
        let mut input = packed(&files, vec![], false);
        sums(&mut input, &options(chrono_tz::UTC), wanted).unwrap().has_sessions()
    };
    assert!(made(true) && !made(false));
}
