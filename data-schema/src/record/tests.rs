use super::*;
use crate::fields::FIELDS;

/// A record with everything told.
pub(super) fn full() -> UsageRecord {
    let tokens = |count| Tokens::new(count);
    let hash = |name| Some(HashId::new("session", name));
    let text = |text: &str| Some(Text::from(text));
    UsageRecord {
        id: RecordId::new("t", "1", ""),
        was: vec![RecordId::new("t", "0", "")],
        at: "2026-05-01T10:00:00Z".parse().unwrap(),
        at_quality: TimeQuality::Guess,
        usage: Usage {
            model: "m".into(),
            requested_model: text("r"),
            input_tokens: tokens(1),
            cache_read_tokens: tokens(2),
            cache_creation_tokens: tokens(3),
            cache_creation_1h_tokens: tokens(4),
            output_tokens: tokens(5),
            reasoning_tokens: tokens(6),
            image_tokens: tokens(7),
            audio_tokens: tokens(8),
            total_tokens: tokens(9),
            web_searches: Some(10),
            tier: text("fast"),
            region: text("us"),
            requests: Some(11),
            cost: text("0.5"),
            currency: text("USD"),
            billing: Some(Billing::Plan),
            quality: Quality::Partial,
            via: Via::Wire,
            end: End::ClientClosed,
            ttft_ms: Some(12),
            duration_ms: Some(13),
            rank: Rank::Copy,
            revision: 14,
            kind: Kind::Reading,
        },
        attribution: Attribution {
            seen: Some("2026-05-02T10:00:00Z".parse().unwrap()),
            session: hash("s"),
            parent: hash("p"),
            project: text("github.com/o/n"),
            agent: text("a"),
            client: text("c/1"),
            account: hash("x"),
            key: text("k"),
            vendor: text("v"),
        },
        extra: None,
    }
}

#[test]
fn a_full_record_reads_back_and_its_keys_are_the_field_table_in_order() {
    let json = serde_json::to_string(&full()).unwrap();
    insta::assert_snapshot!(json);
    assert_eq!(serde_json::from_str::<UsageRecord>(&json).unwrap(), full());
    let mut place = 0;
    for field in &FIELDS {
        let key = format!("\"{}\":", field.name);
        let found = json[place..].find(&key).unwrap_or_else(|| panic!("{key} is not in its place"));
        place += found + key.len();
    }
    let keys: Map<String, Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(keys.len(), FIELDS.len());
}

#[test]
fn what_was_not_told_is_not_written() {
    let record = UsageRecord::new(RecordId::new("t", "1", ""), UtcSeconds::default());
    let json = serde_json::to_string(&record).unwrap();
    assert_eq!(
        json,
        format!(
            r#"{{"id":"{}","at":"1970-01-01T00:00:00Z","model":"unknown","revision":0}}"#,
            record.id
        )
    );
}

#[test]
fn a_value_that_cannot_be_is_refused_with_its_reason() {
    let read = |field: &str| {
        let id = RecordId::new("t", "1", "");
        let json = format!(r#"{{"id":"{id}","at":"2026-05-01T10:00:00Z","model":"m",{field}}}"#);
        serde_json::from_str::<UsageRecord>(&json).unwrap_err().to_string()
    };
    for (field, reason) in [
        (r#""inputTokens":-1"#, "-1"),
        (r#""inputTokens":1.5"#, "1.5"),
        (r#""inputTokens":"5""#, "string"),
        (r#""inputTokens":1000000000001"#, "10^12"),
        (r#""at2":1,"quality":"superb""#, "superb"),
        (r#""session":"xyz""#, "xyz"),
        (r#""was":["short"]"#, "short"),
    ] {
        assert!(read(field).contains(reason), "{field}: {}", read(field));
    }
    assert!(serde_json::from_str::<UsageRecord>("{}").is_err());
}

#[test]
fn totals_and_context_count_every_class_once() {
    let usage = full().usage;
    assert_eq!(usage.total(), 1 + 2 + 3 + 5);
    assert_eq!(usage.context(), 1 + 2 + 3);
    let only = Usage { total_tokens: Tokens::new(9), ..Usage::default() };
    assert_eq!((only.total(), only.request_count()), (9, 1));
}

#[test]
fn a_record_stays_small() {
    // A year of logs is a million of them.
    assert!(size_of::<UsageRecord>() <= 400, "{}", size_of::<UsageRecord>());
}
