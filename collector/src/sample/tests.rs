use std::fmt::Write as _;
use std::path::Path;

use rusqlite::Connection;

use super::*;

/// The sample of a file with this content.
fn of(name: &str, content: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs_err::write(&path, content).unwrap();
    sample(&path).unwrap()
}

/// Lines of the sample itself.
fn body(sample: &str) -> Vec<&str> {
    sample.lines().filter(|line| !line.starts_with('#')).collect()
}

/// Words that nobody may find again; each is unlike everything of the format.
const WORDS: [&str; 14] = [
    "walrus",
    "teapot",
    "umbrella",
    "jane",
    "oslo",
    "hunter2",
    "zanzibar",
    "quokka",
    "sk-proj",
    "ghp_",
    "example.com",
    "pelican",
    "AKIA",
    "крот",
];

fn has_no_word(sample: &str) {
    let sample = sample.to_lowercase();
    for word in WORDS {
        assert!(!sample.contains(&word.to_lowercase()), "{word} in {sample}");
    }
}

#[test]
fn lines_keep_names_numbers_times_and_models_and_lose_every_word() {
    let log = r#"{"type":"assistant","timestamp":"2026-05-01T10:00:00.123Z","cwd":"/home/jane/walrus","message":{"id":"msg_01walrus","role":"assistant","model":"claude-opus-4-8","stop_reason":"end_turn","content":[{"type":"text","text":"The teapot of Jane"},{"type":"tool_use","input":{"path":"/oslo/umbrella.md"}},1,2,3],"usage":{"input_tokens":12,"output_tokens":345}}}
{"type":"user","key":"sk-proj-4fT9aB2cD3eF4gH5iJ6kL7mN8oP9qR0s","model":"ghp_0123456789abcdefghijABCDEFGHIJ012345","status":"zanzibar is a long way from here","version":"jane@example.com","kind":"/home/jane","role":"https://example.com/x","input":{"walrus":"teapot","type":"pelican","deep":{"umbrella":[{"oslo":true}]}},"files":{"/home/jane/quokka.txt":1,"umbrella.md":2,"крот":3}}
"#;
    let sample = of("jane.jsonl", log.as_bytes());
    has_no_word(&sample);
    let lines = body(&sample);
    assert_eq!(lines.len(), 2, "{sample}");
    for kept in [
        r#""input_tokens":12,"output_tokens":345"#,
        r#""timestamp":"2026-05-01T10:00:00.123Z""#,
        r#""model":"claude-opus-4-8""#,
        r#""stop_reason":"end_turn""#,
        r#""cwd":"<17 characters>""#,
        r#""text":"<18 characters>""#,
        r#""<2 more>""#,
    ] {
        assert!(lines[0].contains(kept), "{kept} in {}", lines[0]);
    }
    assert!(lines[1].contains(r#""status":"<32 characters>""#), "{}", lines[1]);
}

#[test]
fn names_that_are_data_go_too() {
    let log = br#"{"projects":{"walrus":{"cost":1,"n":2},"teapot":{"cost":3,"n":4}},"tokens":{"input":{"count":1},"output":{"count":2}},"msg_01AbCd1234":{"a":1},"gen_ai.usage.input_tokens":5,"a b":6,"jane@example.com":7}"#;
    let sample = of("x.json", log);
    has_no_word(&sample);
    let value: Value = serde_json::from_str(body(&sample)[0]).unwrap();
    assert_eq!(value["tokens"]["output"]["count"], 2);
    assert_eq!(value["gen_ai.usage.input_tokens"], 5);
    assert_eq!(value["projects"].as_object().unwrap().len(), 2, "{value}");
    assert_eq!(value["<3 characters>"], 6);
    assert!(value.get("msg_01AbCd1234").is_none());
}

#[test]
fn json_inside_of_a_text_is_shown_as_json_and_is_as_silent() {
    let log = br#"{"data":"{\"role\":\"user\",\"said\":\"a walrus\",\"tokens\":{\"input\":7}}","list":"[\"teapot\"]"}"#;
    let sample = of("x.jsonl", log);
    has_no_word(&sample);
    let inner = r#""data":{"<JSON in a text>":{"role":"user","said":"<8 characters>","tokens":{"input":7}}}"#;
    assert!(sample.contains(inner), "{sample}");
}

#[test]
fn one_line_of_each_form_is_enough_and_those_with_usage_are_never_crowded_out() {
    let mut log = String::new();
    for number in 0..2_000 {
        writeln!(log, "{{\"type\":\"user\",\"n\":{number},\"said\":\"walrus\"}}").unwrap();
    }
    for letter in "abcdefghijklmnopqrstuvwxyz".chars() {
        writeln!(log, "{{\"{letter}\":1}}").unwrap();
    }
    log.push_str("{\"usage\":{\"tokens\":1}}\nnot JSON, but a teapot\n{\"cut");
    let sample = of("x.jsonl", log.as_bytes());
    has_no_word(&sample);
    let lines = body(&sample);
    assert_eq!(lines.len(), LINES + 1, "{sample}");
    assert_eq!(lines[LINES], r#"{"usage":{"tokens":1}}"#);
}

#[test]
fn a_database_shows_its_tables_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let statements = "PRAGMA user_version = 7;
        CREATE TABLE message (id TEXT PRIMARY KEY, created INTEGER, cost REAL, data TEXT, raw BLOB) WITHOUT ROWID;
        INSERT INTO message VALUES ('walrus-1', 1780000000, 0.25, '{\"role\":\"assistant\",\"text\":\"teapot\",\"tokens\":{\"input\":9}}', x'77616c727573');
        INSERT INTO message VALUES ('walrus-2', 1780000001, 0, 'an umbrella', NULL);
        INSERT INTO message VALUES ('walrus-3', 1780000001, 0, 'an umbrella', NULL);
        CREATE TABLE \"jane doe's\" (\"an oslo\" TEXT DEFAULT 'zanzibar');";
    Connection::open(&path).unwrap().execute_batch(statements).unwrap();
    let sample = sample(&path).unwrap();
    has_no_word(&sample);
    for kept in [
        "# user_version 7",
        "# table message: id TEXT, created INTEGER, cost REAL, data TEXT, raw BLOB",
        r#""created":1780000000"#,
        r#""cost":0.25"#,
        r#""raw":"<blob of 6 bytes>""#,
        r#"{"<JSON in a text>":{"role":"assistant","text":"<6 characters>","tokens":{"input":9}}}"#,
        "# table <10 characters>: <7 characters> TEXT",
    ] {
        assert!(sample.contains(kept), "{kept} in {sample}");
    }
    assert_eq!(body(&sample).len(), 2, "{sample}");
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn text_compressed_files_and_long_ones_are_samples_too() {
    let sample = of("x.log", "2026-05-01 10:00:01 INFO walrus tokens=12 крот\u{1b}[2J".as_bytes());
    has_no_word(&sample);
    assert_eq!(body(&sample), ["2026-05-01 10:00:01 <4> <6> <6>=12 <4>[2<1>"]);
    let text = br#"{"usage":{"tokens":3},"text":"walrus"}"#;
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let packed = of("x.jsonl.zst", &ruzstd::encoding::compress_to_vec(&text[..], level));
    assert!(packed.contains(r#"{"text":"<6 characters>","usage":{"tokens":3}}"#), "{packed}");
    let letters = || (b'a'..=b'z').map(char::from);
    let names = letters().flat_map(|one| letters().map(move |other| format!("{one}{other}")));
    let fields: Vec<String> = names.map(|name| format!("\"{name}\":[1,2,3,[4,5]]")).collect();
    let sample = of("x.json", format!("{{{}}}", fields.join(",")).as_bytes());
    assert!(sample.len() < LARGEST + 1_000, "{}", sample.len());
    assert!(sample.contains("<more>"), "{sample}");
}

#[test]
fn a_file_that_is_not_there_is_told_with_its_path() {
    let error = sample(Path::new("/nowhere/x.jsonl")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/x.jsonl"), "{error}");
}
