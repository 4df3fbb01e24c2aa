//! Compares what the skimmer makes of a line with what `serde_json` makes of it.

use std::fmt::Debug;

use proptest::prelude::*;
use serde::de::DeserializeOwned;

use super::{parse_whole, skim};

/// Whether the skimmer reads the line. If it does, `serde_json` must read the same.
pub(crate) fn is_same<T: DeserializeOwned + PartialEq + Debug>(line: &[u8]) -> bool {
    let Some(skimmed) = skim::skim::<T>(line) else { return false };
    let parsed = parse_whole::<T>(line).map_err(|error| error.to_string());
    assert_eq!(Ok(skimmed), parsed, "{}", String::from_utf8_lossy(line));
    true
}

/// Bytes that mean something in JSON, or nothing at all.
const BYTES: &[u8] = b"\"\\{}[]:,0-.eE+1tfn u/\x00\x1f\x7f\n\xff\xc3\xa9";

/// Cuts the line at every place, leaves every byte out, and puts every byte of [`BYTES`] at every place,
/// between the others and instead of one.
pub(crate) fn damage<T: DeserializeOwned + PartialEq + Debug>(line: &str) {
    let line = line.as_bytes();
    for at in 0..line.len() {
        is_same::<T>(&line[..at]);
        is_same::<T>(&[&line[..at], &line[at + 1..]].concat());
        for byte in BYTES {
            is_same::<T>(&[&line[..at], &[*byte], &line[at..]].concat());
            is_same::<T>(&[&line[..at], &[*byte], &line[at + 1..]].concat());
        }
    }
}

/// Pieces of a JSON text, right and wrong.
const PIECES: &[&str] = &[
    "null",
    "true",
    "false",
    "tru",
    "0",
    "-0",
    "01",
    "-",
    "-7",
    "1.5",
    "1.",
    ".5",
    "2e3",
    "2e+",
    "1E-2",
    "1e999",
    "-1e999",
    "123456789012345678",
    "1234567890123456789",
    "99999999999999999999",
    "\"\"",
    "\"text\"",
    "\"a\\nb\"",
    "\"\\u00e9\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\u12\"",
    "\"\\q\"",
    "\"é“\"",
    "\"12\"",
    "\"2026-05-01T10:00:00Z\"",
    "\"assistant\"",
    "\"tab\tin\"",
    "[]",
    "{}",
    "[,]",
    "[1,]",
    "{,}",
    "{\"a\"}",
    "{\"a\":1,}",
    "{\"a\" 1}",
    "{1:2}",
    "[1 2]",
    "[[[[]]]]",
    "nul\u{0}",
];

/// Makes texts of these keys and of [`PIECES`], and compares.
pub(crate) fn any_text<T: DeserializeOwned + PartialEq + Debug>(keys: &'static [&'static str]) {
    let leaf = prop::sample::select(PIECES).prop_map(str::to_owned);
    let space = || prop::sample::select(&["", "", "", " ", "\t", "\r\n ", "\u{b}"][..]);
    let key = prop_oneof![
        8 => prop::sample::select(keys).prop_map(str::to_owned),
        1 => Just("\\u0075sage".to_owned()),
        1 => Just("é".to_owned()),
    ];
    let text = leaf.prop_recursive(6, 48, 5, move |inner| {
        let item = (key.clone(), space(), inner.clone(), space());
        let object = prop::collection::vec(item, 0..5).prop_map(|items| {
            let items = items.iter().map(|(key, before, value, after)| {
                format!("{before}\"{key}\"{after}:{before}{value}{after}")
            });
            format!("{{{}}}", items.collect::<Vec<_>>().join(","))
        });
        let list = prop::collection::vec(inner, 0..4);
        prop_oneof![4 => object, 1 => list.prop_map(|items| format!("[{}]", items.join(",")))]
    });
    proptest!(ProptestConfig::with_cases(4000), |(text in text)| {
        is_same::<T>(text.as_bytes());
    });
}

mod tests {
    use super::*;

    type Skipped = serde::de::IgnoredAny;

    /// What is asked for in all the ways in which lines are asked.
    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(default)]
    struct Asked {
        n: Option<u32>,
        text: Option<String>,
        any: serde_json::Value,
        list: Vec<Self>,
        #[serde(skip)]
        default: (),
    }

    impl Default for Asked {
        fn default() -> Self {
            Self {
                n: None,
                text: None,
                any: serde_json::Value::Null,
                list: Vec::new(),
                default: (),
            }
        }
    }

    #[test]
    fn what_is_visited_is_visited_as_by_serde_json() {
        let line = r#" { "n" : 1 , "text":"a\"é", "any":[1.5,-2,{"k":null}],"list":[{},{"n":null}],"x":[{}]} "#;
        assert!(is_same::<Asked>(line.as_bytes()));
        damage::<Asked>(line);
        any_text::<Asked>(&["n", "text", "any", "list", "x"]);
    }

    #[test]
    fn what_is_skipped_is_checked_as_by_serde_json() {
        let accepts = |line: &[u8]| {
            let skimmed = skim::skim::<Skipped>(line).is_some();
            let parsed = serde_json::from_slice::<Skipped>(line).is_ok();
            assert!(parsed || !skimmed, "{}", String::from_utf8_lossy(line));
            skimmed == parsed
        };
        for piece in PIECES {
            assert!(accepts(piece.as_bytes()), "{piece} is declined without need");
            assert!(
                accepts(format!("{{\"k\":[{piece},{{\"l\":{piece}}}]}}").as_bytes()),
                "{piece}"
            );
            assert!(accepts(format!("{piece} {piece}").as_bytes()), "{piece}");
        }
        assert!(
            accepts(b"{\"k\":\"\xff\xfe\"}"),
            "bytes that are no text do not matter in what is skipped"
        );
    }

    #[test]
    fn deep_nesting_is_declined_and_not_followed() {
        for depth in [10, 63, 64, 65, 127, 128, 1000] {
            let text = format!("{{\"any\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
            let fast = is_same::<Asked>(text.as_bytes());
            assert_eq!(fast, depth < 96, "{depth} visited");
            let text = format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(is_same::<Asked>(text.as_bytes()), depth <= 64, "{depth} skipped");
        }
    }
}
