use data_schema::{RecordId, Tokens, UsageRecord};

use super::*;

fn record(input: u64, output: u64) -> UsageRecord {
    let mut record =
        UsageRecord::new(RecordId::new("t", "1", ""), "2026-05-01T10:00:00Z".parse().unwrap());
    record.usage.input_tokens = Tokens::new(input);
    record.usage.output_tokens = Tokens::new(output);
    record
}

#[test]
fn a_place_is_found_by_its_counts_in_lines_documents_and_databases() {
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("lines.jsonl");
    let told = r#"{"text":"1234 and 567","usage":{"prompt_tokens":1234,"completion_tokens":567}}"#;
    fs_err::write(&lines, format!("{{\"text\":\"1234\"}}\n\n{told}\n{{}}\n")).unwrap();
    let found = by_counts(&lines, &record(1234, 567));
    let fields =
        serde_json::json!({ "usage": { "prompt_tokens": 1234, "completion_tokens": 567 } });
    assert_eq!((found.len(), found[0].line), (1, Some(3)));
    assert_eq!(found[0].fields, Some(fields));

    let document = folder.path().join("document.json");
    fs_err::write(&document, format!("{{\"messages\":[\n{{\"a\":1}},\n\n{told}]}}")).unwrap();
    let found = by_counts(&document, &record(1234, 567));
    assert!(found[0].line == Some(4) || found[0].row.as_deref() == Some("/messages/1/usage"));

    let database = folder.path().join("store.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE message (id TEXT, data TEXT, tokens INTEGER);
             INSERT INTO message VALUES ('m0', 'a text', 5);
             INSERT INTO message VALUES ('m1', '{\"secret\":\"word\",\"tokens\":{\"output\":567}}', 1234);",
        )
        .unwrap();
    drop(connection);
    let found = by_counts(&database, &record(1234, 567));
    assert_eq!(found[0].row.as_deref(), Some("table message, row 2"));
    let fields =
        serde_json::json!({ "id": "m1", "tokens": 1234, "data": { "tokens": { "output": 567 } } });
    assert_eq!(found[0].fields, Some(fields));
}

#[test]
fn a_record_without_a_telling_count_and_a_log_that_has_gone_have_no_place() {
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("lines.jsonl");
    fs_err::write(&lines, "{\"tokens\":1}\n").unwrap();
    for (path, record) in
        [(lines.clone(), record(1, 0)), (folder.path().join("gone"), record(1234, 567))]
    {
        let found = by_counts(&path, &record);
        assert_eq!((found.len(), found[0].line, found[0].fields.clone()), (1, None, None));
    }
}
