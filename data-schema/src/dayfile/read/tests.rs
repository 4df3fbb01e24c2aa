use proptest::prelude::*;

use super::*;
use crate::RecordId;
use crate::record::any::{any_record, any_record_of_any_version, edited, edits};

fn file(records: Vec<UsageRecord>) -> DayFile {
    let at: UtcSeconds = "2026-05-02T00:00:00Z".parse().unwrap();
    DayFile::new("laptop".into(), "codex".into(), "2026-05-01".parse().unwrap(), at, records)
}

/// A file of so many records that repeat each other.
fn of_many(count: u8) -> DayFile {
    let record = |number: u8| {
        let at = UtcSeconds::default().plus(i64::from(number));
        UsageRecord::new(RecordId::from_bytes([number; 8]), at)
    };
    file((0..count).map(record).collect())
}

/// Gives changed bytes the hash that fits, if there is a place for it.
fn rehashed(bytes: &[u8]) -> Vec<u8> {
    const KEY: &[u8] = b"\"hash\": \"";
    let wrong = envelope::check_hash(bytes, "");
    let Err(FormatError::HashMismatch { computed, .. }) = wrong else { panic!("no hash is empty") };
    let Some(key) = bytes.windows(KEY.len()).position(|window| window == KEY) else {
        return bytes.to_vec();
    };
    let (before, hash) = bytes.split_at(key + KEY.len());
    let end = hash.iter().position(|byte| *byte == b'"').unwrap_or(hash.len());
    [before, computed.as_bytes(), &hash[end..]].concat()
}

fn edited_text(file: &DayFile, from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(file.to_bytes()).unwrap();
    assert!(text.contains(from), "{text}");
    rehashed(text.replacen(from, to, 1).as_bytes())
}

type Read = Result<(DayFileHead, Vec<UsageRecord>), String>;

fn in_parts(bytes: &[u8]) -> Read {
    let mut records = Vec::new();
    let head = DayFile::read_records(bytes, |record| records.push(record.clone()));
    head.map(|head| (head, records)).map_err(|error| format!("{error:?}"))
}

fn in_general(bytes: &[u8]) -> Read {
    whole(bytes).map_err(|error| format!("{error:?}"))
}

/// How many records are handed out before the general reader has to take over, if it has to.
fn handed_out(bytes: &[u8]) -> (usize, bool) {
    let mut count = 0;
    let head = as_written(bytes, |_| count += 1);
    (count, head.is_some())
}

proptest! {
    #[test]
    fn what_is_written_is_read_without_the_general_reader(
        records in prop::collection::vec(any_record(true), 1..6),
    ) {
        let file = file(records);
        let bytes = file.to_bytes();
        prop_assert_eq!(handed_out(&bytes), (file.records.len(), true));
        prop_assert_eq!(DayFile::parse(&bytes).unwrap(), file);
        prop_assert_eq!(in_parts(&bytes), in_general(&bytes));
    }

    #[test]
    fn any_file_gives_the_records_or_the_error_of_the_general_reader(
        records in prop::collection::vec(any_record_of_any_version(), 0..5),
        edits in edits(),
    ) {
        let damaged = edited(&file(records).to_bytes(), edits);
        prop_assert_eq!(in_parts(&damaged), in_general(&damaged));
        let damaged = rehashed(&damaged);
        prop_assert_eq!(in_parts(&damaged), in_general(&damaged));
    }
}

#[test]
fn a_line_that_is_written_in_another_way_does_not_hold_up_the_others() {
    for (from, to) in [
        ("{\"id\":\"AgICAgICAgI\"", "{ \"id\" : \"AgICAgICAgI\""),
        ("{\"id\":\"AwMDAwMDAwM\"", "{\"tier\":\"fast\",\"id\":\"AwMDAwMDAwM\""),
        ("{\"id\":\"AAAAAAAAAAA\"", "{\"id\":\"AA\\u0041AAAAAAAA\""),
    ] {
        let bytes = edited_text(&of_many(4), from, to);
        assert_eq!(handed_out(&bytes), (4, true), "{to}");
        assert_eq!(in_parts(&bytes), in_general(&bytes));
    }
}

#[test]
fn every_record_is_handed_out_once_where_the_general_reader_takes_over() {
    for (from, to) in [
        ("{\"id\":\"AgICAgICAgI\"", "{\"mood\":1,\"id\":\"AgICAgICAgI\""),
        ("{\"id\":\"AgICAgICAgI\"", "\n{\"id\":\"AgICAgICAgI\""),
        ("\"},\n    {\"id\":\"AwM", "\"}, {\"id\":\"AwM"),
        ("\n  ]\n}\n", "]}"),
    ] {
        let bytes = edited_text(&of_many(4), from, to);
        let (handed_out, complete) = handed_out(&bytes);
        assert!(handed_out >= 2 && !complete, "{to}: {handed_out}");
        let (_, records) = in_parts(&bytes).unwrap();
        let ids = records.iter().map(|record| record.id.bytes()[0]);
        assert_eq!(ids.collect::<Vec<_>>(), [0, 1, 2, 3], "{to}");
    }
}

#[test]
fn nothing_is_handed_out_of_a_file_with_a_wrong_hash() {
    let text = String::from_utf8(of_many(4).to_bytes()).unwrap();
    let damaged = text.replacen("\"model\":\"unknown\"", "\"model\":\"other\"", 1);
    let error = DayFile::read_records(damaged.as_bytes(), |_| panic!("it is not to be trusted"));
    assert!(matches!(error, Err(FormatError::HashMismatch { .. })), "{error:?}");
}

#[test]
fn a_record_that_is_none_is_an_error_with_its_place_although_the_hash_is_right() {
    let wrong = edited_text(&of_many(4), "AgICAgICAgI", "AgICAgICAg_");
    assert_eq!(handed_out(&wrong), (2, false));
    let error = DayFile::parse(&wrong).unwrap_err().to_string();
    assert!(error.starts_with("line 12, ") && error.contains("AgICAgICAg_"), "{error}");
}

#[test]
fn a_period_is_digits_of_a_date() {
    for wrong in ["2026-05-+1", "2026-0５", "+026-05-01", "2026/05/01", "2026-05-011", "2026-051"]
    {
        assert!(wrong.parse::<Period>().is_err(), "{wrong}");
    }
    for text in ["2026-05-01", "0000-01", "9999-12-31", "2024-02-29"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
}

#[test]
fn what_stands_around_the_records_is_not_passed_over() {
    for (from, to) in [
        ("\n  ]\n}\n", "\n  ]\n}\nx"),
        ("\n  ]\n}\n", "\n  ],\n  \"hash\": \"\"\n}\n"),
        ("\n  ]\n}\n", ",\n  ]\n}\n"),
        ("\n  ]\n}\n", ""),
        ("\"},\n", "\"}\n"),
        ("\"},\n", "\"}},\n"),
        ("\"revision\": 0", "\"revision\": 00"),
        ("\"codex\"", "\"\u{1}\""),
    ] {
        let bytes = edited_text(&of_many(3), from, to);
        assert!(in_general(&bytes).is_err(), "{to}");
        assert_eq!(in_parts(&bytes), in_general(&bytes));
    }
}
