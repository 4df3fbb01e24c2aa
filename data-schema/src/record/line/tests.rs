use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;
use crate::fields::FIELDS;
use crate::record::any::{any_record, any_record_of_any_version, edited, edits};
use crate::record::{Line, line, tests::full};

const FILE_REVISION: u32 = 1;

/// The line of a record as a day file holds it.
fn written(record: &UsageRecord) -> Vec<u8> {
    serde_json::to_vec(&Line { record, file_revision: Some(FILE_REVISION) }).unwrap()
}

/// Reads a line; also nothing may be left of it.
fn fast(reader: &mut LineReader, bytes: &[u8]) -> Option<UsageRecord> {
    let mut at = Cursor { rest: bytes };
    let record = reader.read(&mut at).cloned();
    record.filter(|_| at.rest.is_empty())
}

/// Reads a line with the general reader.
fn general(bytes: &[u8]) -> Option<UsageRecord> {
    line(bytes).map(|mut record| {
        if record.usage.revision == REVISION_OF_FILE {
            record.usage.revision = FILE_REVISION;
        }
        record
    })
}

proptest! {
    #[test]
    fn every_line_that_is_written_is_read_fast(records in prop::collection::vec(any_record(false), 1..6)) {
        let mut reader = LineReader::new(FILE_REVISION);
        for record in records {
            let bytes = written(&record);
            let read = fast(&mut reader, &bytes);
            prop_assert_eq!(read.as_ref(), Some(&record));
            prop_assert_eq!(general(&bytes), read);
        }
    }

    #[test]
    fn a_line_that_is_damaged_is_read_as_json_or_left_alone(
        before in any_record(true),
        record in any_record_of_any_version(),
        edits in edits(),
    ) {
        let mut reader = LineReader::new(FILE_REVISION);
        let damaged = edited(&written(&record), edits);
        for bytes in [&written(&before), &written(&record), &damaged, &written(&record)] {
            if let Some(read) = fast(&mut reader, bytes) {
                prop_assert_eq!(Some(read), general(bytes), "{}", String::from_utf8_lossy(bytes));
            }
        }
    }
}

#[test]
fn each_field_alone_and_all_together_are_read_fast() {
    let all = serde_json::to_string(&full()).unwrap();
    let mut reader = LineReader::new(FILE_REVISION);
    assert_eq!(fast(&mut reader, all.as_bytes()), Some(full()));
    let values: Map<String, Value> = serde_json::from_str(&all).unwrap();
    for told in &FIELDS {
        let needed = |name: &str| ["id", "at", "model", told.name].contains(&name);
        let entries = FIELDS.iter().filter(|field| needed(field.name));
        let entries = entries.map(|field| format!("\"{}\":{}", field.name, values[field.name]));
        let text = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
        let read = fast(&mut reader, text.as_bytes());
        assert!(read.is_some(), "{text}");
        assert_eq!(read, general(text.as_bytes()));
    }
}

#[test]
fn what_is_written_in_another_way_is_left_to_the_general_reader() {
    let good = r#"{"id":"AAAAAAAAAAA","at":"2026-05-01T10:00:00Z","model":"m","inputTokens":5,"tier":"fast"}"#;
    for (from, to) in [
        (r#""id":"#, r#""id": "#),
        (r#""m""#, r#""\u006d""#),
        (r#""fast"}"#, r#""fast","mood":1}"#),
        (r#""fast"}"#, r#""fast","tier":"slow"}"#),
        (r#""fast"}"#, r#""fast","inputTokens":6}"#),
        (r#""fast"}"#, r#""fast"} "#),
        (r#""fast"}"#, r#""fast","revision":4294967295}"#),
        (":5,", ":5.0,"),
        (":5,", ":1000000000001,"),
        (r#""model":"m","inputTokens":5"#, r#""inputTokens":5,"model":"m""#),
        ("10:00:00Z", "10:00:60Z"),
        (r#","model":"m""#, ""),
    ] {
        let text = good.replace(from, to);
        assert_ne!(text, good);
        let mut reader = LineReader::new(FILE_REVISION);
        assert!(fast(&mut reader, good.as_bytes()).is_some());
        assert_eq!(fast(&mut reader, text.as_bytes()), None, "{text}");
    }
}
