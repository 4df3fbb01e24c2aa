use super::*;
use crate::{RecordId, Tokens};

fn file() -> DayFile {
    let record = |native: &str, at: &str, revision: u32| {
        let mut record = UsageRecord::new(RecordId::new("t", native, ""), at.parse().unwrap());
        record.usage.output_tokens = Tokens::new(5);
        record.usage.revision = revision;
        record
    };
    let records =
        vec![record("late", "2026-05-01T12:00:00Z", 3), record("early", "2026-05-01T10:00:00Z", 2)];
    let at = "2026-05-02T00:00:00Z".parse().unwrap();
    DayFile::new("laptop".into(), "codex".into(), "2026-05-01".parse().unwrap(), at, records)
}

#[test]
fn a_day_file_is_one_record_per_line_and_reads_back() {
    let bytes = file().to_bytes();
    insta::assert_snapshot!(String::from_utf8_lossy(&bytes));
    assert_eq!(DayFile::parse(&bytes).unwrap(), file());
}

#[test]
fn the_time_of_collection_is_not_part_of_the_hash() {
    let mut later = file();
    later.collected_at = later.collected_at.plus(60);
    let hash = |file: &DayFile| {
        let text = String::from_utf8(file.to_bytes()).unwrap();
        text.lines().find(|line| line.starts_with("  \"hash\"")).unwrap().to_owned()
    };
    assert_eq!(hash(&file()), hash(&later));
    assert_ne!(file().to_bytes(), later.to_bytes());
}

#[test]
fn a_changed_byte_is_noticed_and_says_so() {
    let text = String::from_utf8(file().to_bytes()).unwrap();
    let damaged = text.replace("\"outputTokens\":5", "\"outputTokens\":6");
    let error = DayFile::parse(damaged.as_bytes()).unwrap_err();
    assert!(matches!(error, FormatError::HashMismatch { .. }), "{error}");
}

#[test]
fn an_unknown_major_version_is_refused_whatever_its_shape() {
    for text in [
        "{\"version\": \"3.0\", \"days\": []}",
        &String::from_utf8(file().to_bytes()).unwrap().replace("\"2.0\"", "\"3.0\""),
    ] {
        let error = DayFile::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(error, FormatError::UnknownVersion { .. }), "{error}");
        assert!(error.to_string().contains("update token-matters"), "{error}");
    }
}

#[test]
fn what_is_no_day_file_names_line_and_column() {
    let error = DayFile::parse(b"{\n  \"version\": \"2.0\",\n  oops").unwrap_err();
    assert!(error.to_string().starts_with("line 3"), "{error}");
    assert!(matches!(
        DayFile::parse(b"[]").unwrap_err(),
        FormatError::NoVersion | FormatError::Json { .. }
    ));
}

#[test]
fn periods_are_days_and_months_of_utc() {
    let at: UtcSeconds = "2026-05-01T23:59:59Z".parse().unwrap();
    assert_eq!(Period::day_of(at).to_string(), "2026-05-01");
    assert_eq!(Period::month_of(at).to_string(), "2026-05");
    assert!(Period::month_of(at).contains(at));
    for wrong in ["2026-5-1", "2026-13", "2026-02-30", "today", ""] {
        assert!(wrong.parse::<Period>().is_err(), "{wrong}");
    }
}
