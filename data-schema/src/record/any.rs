//! Records and damages for tests of laws.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value};

use crate::{
    Attribution, Billing, End, HashId, Kind, Quality, Rank, RecordId, Text, TimeQuality, Tokens,
    Usage, UsageRecord, UtcSeconds, Via,
};

/// Names that JSON writes as they are; some are the start of others.
const PLAIN: [&str; 7] = ["", "m", "model", "model-5", "github.com/o/n", "Grüße/日本", "a:,}]"];
/// Names that JSON writes in another way.
const ESCAPED: [&str; 4] = ["a\"b", "C:\\work", "tab\t", "\u{1}"];

type Names = BoxedStrategy<Option<Text>>;

fn name(escaped: bool) -> BoxedStrategy<Text> {
    let names = if escaped { [&PLAIN[..], &ESCAPED].concat() } else { PLAIN.to_vec() };
    select(names).prop_map(Text::from).boxed()
}

fn count() -> BoxedStrategy<Option<Tokens>> {
    let counts = prop_oneof![0..20_u64, 0..200_000_u64, 0..=crate::MAX_COUNT];
    prop::option::of(counts).prop_map(|count| count.and_then(Tokens::new)).boxed()
}

fn hash() -> BoxedStrategy<Option<HashId>> {
    prop::option::of(0..3_u8)
        .prop_map(|hash| hash.map(|hash| HashId::new("session", &hash.to_string())))
        .boxed()
}

fn time() -> impl Strategy<Value = UtcSeconds> {
    // Mostly one day, so that days repeat.
    let seconds = prop_oneof![1_777_593_600..1_777_680_000_i64, 0..253_402_300_800_i64];
    seconds.prop_map(|seconds| UtcSeconds::default().plus(seconds))
}

/// Mostly the first, which is not written.
fn word<T: Clone + std::fmt::Debug + 'static>(words: &[T]) -> BoxedStrategy<T> {
    prop_oneof![4 => Just(words[0].clone()), 1 => select(words.to_vec())].boxed()
}

fn id() -> impl Strategy<Value = RecordId> {
    any::<[u8; 8]>().prop_map(RecordId::from_bytes)
}

/// A record with any fields told; `escaped` names are those that JSON writes in another way.
pub(crate) fn any_record(escaped: bool) -> BoxedStrategy<UsageRecord> {
    let was = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(id(), 0..3)];
    let identity = (id(), was, time(), word(&[TimeQuality::Trusted, TimeQuality::Guess]));
    (identity, usage(escaped), attribution(escaped))
        .prop_map(|((id, mut was, at, at_quality), usage, attribution)| {
            was.sort();
            was.dedup();
            UsageRecord { id, was, at, at_quality, usage, attribution, extra: None }
        })
        .boxed()
}

/// The same, some with fields that nobody knows.
pub(crate) fn any_record_of_any_version() -> BoxedStrategy<UsageRecord> {
    let unknown = prop_oneof![
        6 => Just(None),
        1 => select(vec![Value::Null, Value::from(1.5), Value::from(vec![1, 2])]).prop_map(Some)
    ];
    (any_record(true), unknown)
        .prop_map(|(record, unknown)| {
            let extra = unknown.map(|value| Box::new(Map::from_iter([("mood".to_owned(), value)])));
            UsageRecord { extra, ..record }
        })
        .boxed()
}

fn usage(escaped: bool) -> impl Strategy<Value = Usage> {
    let small = || prop::option::of(any::<u32>());
    let names: [Names; 4] = [(); 4].map(|()| prop::option::of(name(escaped)).boxed());
    let counts = [(); 9].map(|()| count());
    let billing = word(&[None, Some(Billing::Metered), Some(Billing::Plan)]);
    let numbers = [small(), small(), small(), small()];
    let cost = select(vec![None, Some("0.25"), Some("12")]).prop_map(|cost| cost.map(Text::from));
    let words = (
        word(&[Quality::Exact, Quality::Partial, Quality::Estimated]),
        word(&[Via::Log, Via::Api, Via::Wire]),
        word(&[End::Complete, End::ClientClosed, End::UpstreamError, End::Truncated]),
        word(&[Rank::Own, Rank::Copy]),
        word(&[Kind::Response, Kind::Reading, Kind::Void, Kind::SessionReading, Kind::Statement]),
        word(&[1, 0, 2, 77]),
    );
    (name(escaped), names, counts, billing, numbers, cost, words).prop_map(
        |(model, names, counts, billing, numbers, cost, words)| {
            let [requested_model, tier, region, currency] = names;
            let [web_searches, requests, ttft_ms, duration_ms] = numbers;
            let (quality, via, end, rank, kind, revision) = words;
            Usage {
                model,
                requested_model,
                input_tokens: counts[0],
                cache_read_tokens: counts[1],
                cache_creation_tokens: counts[2],
                cache_creation_1h_tokens: counts[3],
                output_tokens: counts[4],
                reasoning_tokens: counts[5],
                image_tokens: counts[6],
                audio_tokens: counts[7],
                total_tokens: counts[8],
                web_searches,
                tier,
                region,
                requests,
                cost,
                currency,
                billing,
                quality,
                via,
                end,
                ttft_ms,
                duration_ms,
                rank,
                revision,
                kind,
            }
        },
    )
}

fn attribution(escaped: bool) -> impl Strategy<Value = Attribution> {
    let names: [Names; 5] = [(); 5].map(|()| prop::option::of(name(escaped)).boxed());
    let hashes = [hash(), hash(), hash()];
    (prop::option::of(time()), hashes, names).prop_map(|(seen, hashes, names)| {
        let [session, parent, account] = hashes;
        let [project, agent, client, key, vendor] = names;
        Attribution { seen, session, parent, project, agent, client, account, key, vendor }
    })
}

/// What may happen to bytes: at a place, so many become others.
type Edit = (Index, usize, &'static [u8]);

/// Damages that look like JSON, so that not every reader stops at the first.
pub(crate) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let pieces: Vec<&[u8]> = vec![
        b"",
        b"",
        b"\"",
        b"{",
        b"}",
        b"]",
        b",",
        b":",
        b"0",
        b"7",
        b"-1",
        b"1.5",
        b"e9",
        b" ",
        b"\n",
        b"null",
        b"\\u0041",
        b"\\",
        b"\xff",
        b"\xc3\xa9",
        b"99999999999999999999",
        b",\"tier\":\"m\"",
        b",\"inputTokens\":3",
        b",\"mood\":[{}]",
        b"\"at\":",
        b"},\n    {",
        b"Z",
        b"t",
    ];
    prop::collection::vec(
        (any::<Index>(), prop_oneof![0..2_usize, 0..24_usize], select(pieces)),
        1..3,
    )
}

pub(crate) fn edited(bytes: &[u8], edits: Vec<Edit>) -> Vec<u8> {
    edits.into_iter().fold(bytes.to_vec(), |mut bytes, (place, length, piece)| {
        let start = place.index(bytes.len() + 1);
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, piece.iter().copied());
        bytes
    })
}
