//! Files of a newer minor version, with a field that nobody knows yet.

use data_schema::{DayFile, FormatError, Period, RecordId, RecordSet, Tokens, UsageRecord};

fn record(native: &str, output: u64) -> UsageRecord {
    let at = "2026-05-01T10:00:00Z".parse().unwrap();
    let mut record = UsageRecord::new(RecordId::new("t", native, ""), at);
    record.usage.output_tokens = Tokens::new(output);
    record.usage.revision = 1;
    record
}

/// A 2.1 file with an invented field in its head and in its records.
fn newer() -> String {
    let at = "2026-05-01T12:00:00Z".parse().unwrap();
    let file =
        DayFile::new("m".into(), "codex".into(), Period::day_of(at), at, vec![record("a", 5)]);
    let text = String::from_utf8(file.to_bytes()).unwrap();
    let text = text
        .replace("\"version\": \"2.0\"", "\"version\": \"2.1\",\n  \"weather\": \"fine\"")
        .replace("\"outputTokens\":5", "\"outputTokens\":5,\"mood\":{\"good\":[1,2]}");
    let Err(FormatError::HashMismatch { stored, computed }) = DayFile::parse(text.as_bytes())
    else {
        panic!("the invented fields are part of the hash");
    };
    text.replace(&stored, &computed)
}

#[test]
fn it_is_read_and_verified_and_not_ours_to_rewrite() {
    let file = DayFile::parse(newer().as_bytes()).unwrap();
    assert!(!file.is_ours_to_rewrite());
    assert_eq!(file.records[0].usage.total(), 5);
    let damaged = newer().replace("\"good\":[1,2]", "\"good\":[1,3]");
    assert!(matches!(DayFile::parse(damaged.as_bytes()), Err(FormatError::HashMismatch { .. })));
}

#[test]
fn a_join_keeps_the_field_that_nobody_knows() {
    let file = DayFile::parse(newer().as_bytes()).unwrap();
    let mut set: RecordSet = file.records.into_iter().collect();
    set.insert(record("a", 9));
    set.insert(record("b", 1));
    let joined = set.into_sorted();
    let json = serde_json::to_string(&joined).unwrap();
    assert!(json.contains(r#""mood":{"good":[1,2]}"#), "{json}");
    assert_eq!(joined.len(), 2);
    let total: u64 = joined.iter().map(|record| record.usage.total()).sum();
    assert_eq!(total, 10);
}
