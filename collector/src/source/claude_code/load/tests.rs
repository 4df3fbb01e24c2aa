//! A log that is read in parts gives what it gives in one go.

use proptest::prelude::*;

use super::*;
use crate::files::{Identity, path_key};

/// A line of an answer; a `kind` of 7 and more is none.
fn line((response, output, kind): (u8, u8, u8)) -> String {
    let stop = if output == 3 { r#""end_turn""# } else { "null" };
    let text = "x".repeat(usize::from(kind) * 20);
    match kind {
        7 => "{\"usage\": broken\n".to_owned(),
        8 => format!("{{\"type\":\"user\",\"text\":\"{text}\"}}\r\n\n"),
        _ => {
            format!(
                r#"{{"type":"assistant","timestamp":"2026-05-01T10:{:02}:00Z","sessionId":"s","isSidechain":{},"text":"{text}","message":{{"id":"msg_01AbCdEfGhIjKlMnOp{response}","model":"m","stop_reason":{stop},"usage":{{"input_tokens":{},"output_tokens":{}}}}}}}"#,
                60 - response,
                kind == 1,
                if kind == 2 { -1 } else { 100 },
                u16::from(output) * 5,
            ) + "\n"
        }
    }
}

fn parsed(file: &LogFile, part: u64) -> (Contribution, Option<String>) {
    let progress = |_| {};
    let clock = Clock { now: "2026-06-01T00:00:00Z".parse().unwrap(), modified: file.modified() };
    let reading = Reading::new(clock, &progress);
    let mut parser = Parser::new(&file.path);
    let (seen, error) = read_in_parts(file, reading, (0, part), &mut parser);
    let made = contribution(file, clock, parser.finish(), &Known::default(), seen);
    (made, error.map(|error| error.to_string()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_parts_are(
        lines in prop::collection::vec((0..9_u8, 0..4_u8, 0..9_u8), 0..60),
        part in 1..3000_u64,
        cut in 0..9_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let mut text: String = lines.into_iter().map(line).collect();
        text.truncate(text.len().saturating_sub(cut));
        fs_err::write(&path, &text).unwrap();
        let identity = Identity { size: text.len() as u64, ..Identity::default() };
        let file = LogFile { key: path_key(&path), path, identity };
        let (whole, in_parts) = (parsed(&file, u64::MAX), parsed(&file, part));
        prop_assert_eq!(format!("{whole:?}"), format!("{in_parts:?}"));
    }
}
