//! Bytes that are no file of ours, or were one once.

use data_schema::{
    DayFile, DayFileV1, FormatError, Fraction, HashId, LimitReading, LimitsFile, MachineFile,
    Period, RecordId, TimeQuality, Tokens, UsageRecord, Version,
};
use proptest::prelude::*;

fn day_file() -> Vec<u8> {
    let at = "2026-05-01T10:00:00Z".parse().unwrap();
    let mut record = UsageRecord::new(RecordId::new("t", "1", ""), at);
    record.was = vec![RecordId::new("t", "0", "")];
    record.at_quality = TimeQuality::Guess;
    record.usage.output_tokens = Tokens::new(5);
    record.usage.cost = Some("0.25".into());
    record.usage.revision = 3;
    record.attribution.session = Some(HashId::new("session", "s"));
    let older = UsageRecord::new(RecordId::new("t", "2", ""), at);
    let records = vec![record, older];
    DayFile::new("laptop".into(), "codex".into(), Period::day_of(at), at, records).to_bytes()
}

fn limits_file() -> Vec<u8> {
    let at = "2026-05-01T10:00:00Z".parse().unwrap();
    let reading = LimitReading {
        at,
        account: None,
        window: "5h".into(),
        scope: None,
        used_fraction: Fraction::new(0.5),
        resets_at: Some(at),
        via: "log".into(),
        source: None,
    };
    LimitsFile {
        version: Version::CURRENT,
        machine: "laptop".into(),
        provider: "codex".into(),
        month: "2026-05".into(),
        collected_at: at,
        readings: vec![reading],
    }
    .to_bytes()
}

const DAY_FILE_V1: &[u8] = br#"{"version":"1.0","collectedAt":"2026-02-19T10:00:00.000Z","machine":"m","provider":"codex","date":"2026-02-19","dataQuality":"exact","records":[{"model":"o3","inputTokens":850,"outputTokens":10,"cacheReadTokens":40,"totalTokens":860,"requests":1}]}"#;

/// What may happen to a file: at a place, so many bytes become others.
type Edit = (prop::sample::Index, usize, Vec<u8>);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let pieces: [&[u8]; 10] = [
        b"",
        b"\"",
        b"{",
        b"]",
        b"-1",
        b"1e999",
        b"null",
        b"\\u0000",
        b"\xff",
        b"99999999999999999999",
    ];
    let piece = prop_oneof![
        prop::sample::select(pieces.to_vec()).prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, piece), 1..4)
}

fn edited(bytes: &[u8], edits: Vec<Edit>) -> Vec<u8> {
    edits.into_iter().fold(bytes.to_vec(), |mut bytes, (place, length, piece)| {
        let start = place.index(bytes.len() + 1);
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, piece);
        bytes
    })
}

/// Gives a changed file the hash that fits, so that reading goes on behind that check.
fn rehashed(bytes: &[u8], error: &FormatError) -> Option<Vec<u8>> {
    let FormatError::HashMismatch { stored, computed } = error else { return None };
    Some(String::from_utf8(bytes.to_vec()).ok()?.replace(stored.as_str(), computed).into_bytes())
}

/// Reads with every reader; what reads must be written such that it reads again.
fn read_all(bytes: &[u8]) -> Vec<FormatError> {
    let mut errors = Vec::new();
    let mut one_by_one = Vec::new();
    let head = DayFile::read_records(bytes, |record| one_by_one.push(record.clone()));
    match DayFile::parse(bytes) {
        Ok(file) => {
            assert_eq!((head.unwrap().period, &one_by_one), (file.period, &file.records));
            let again = DayFile::parse(&file.to_bytes()).expect("a file of ours reads back");
            let ids = |file: &DayFile| {
                let ids = file.records.iter().map(|record| (record.id, record.usage.total()));
                ids.collect::<Vec<_>>()
            };
            assert_eq!(ids(&again), ids(&file));
        }
        Err(error) => errors.push(error),
    }
    match LimitsFile::parse(bytes) {
        Ok(file) => {
            LimitsFile::parse(&file.to_bytes()).expect("a file of ours reads back");
        }
        Err(error) => errors.push(error),
    }
    match DayFileV1::parse(bytes) {
        Ok(file) => drop(file.day_sums()),
        Err(error) => errors.push(error),
    }
    errors.extend(MachineFile::parse(bytes).err());
    assert!(errors.iter().all(|error| error.to_string().len() < 1000), "a message is no dump");
    errors
}

proptest! {
    #[test]
    fn any_bytes_are_refused_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(read_all(&bytes).len(), 4);
    }

    #[test]
    fn a_damaged_file_is_read_or_refused_and_never_a_panic(which in 0..3_usize, edits in edits()) {
        let whole = [day_file(), limits_file(), DAY_FILE_V1.to_vec()];
        let bytes = edited(&whole[which], edits);
        for error in read_all(&bytes) {
            if let Some(bytes) = rehashed(&bytes, &error) {
                read_all(&bytes);
            }
        }
    }
}

#[test]
fn the_files_that_are_damaged_above_are_good_ones() {
    assert!(DayFile::parse(&day_file()).is_ok());
    assert!(LimitsFile::parse(&limits_file()).is_ok());
    assert_eq!(DayFileV1::parse(DAY_FILE_V1).unwrap().day_sums().sums.len(), 1);
}

#[test]
fn a_record_that_an_older_adapter_counted_keeps_its_revision() {
    let revisions: Vec<u32> = DayFile::parse(&day_file())
        .unwrap()
        .records
        .iter()
        .map(|record| record.usage.revision)
        .collect();
    assert!(revisions.contains(&0) && revisions.contains(&3), "{revisions:?}");
}

#[test]
fn nesting_without_an_end_is_refused() {
    let deep = |open: &str| open.repeat(100_000).into_bytes();
    for bytes in [deep("["), deep("{\"records\":["), deep("{\"a\":")] {
        assert_eq!(read_all(&bytes).len(), 4);
    }
    let text = String::from_utf8(day_file()).unwrap();
    let nested = text.replace("\"outputTokens\":5", &format!("\"x\":{}", "[".repeat(100_000)));
    assert!(!read_all(nested.as_bytes()).is_empty());
}
