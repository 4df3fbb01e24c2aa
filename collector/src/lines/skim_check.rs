//! Compares what the skimmer makes of a line with what `serde_json` makes of it.

use std::fmt::Debug;

use proptest::prelude::*;
use serde::de::DeserializeOwned;

use super::{Fields, parse_whole, skim};
use crate::loose::Maybe;

/// Compares what both make of a line, see [`is_same`].
type Compare = fn(&[u8]) -> bool;

/// Whether the skimmer reads the line. If it does, `serde_json` must read the same.
pub(crate) fn is_same<'a, T>(line: &'a [u8]) -> bool
where
    T: Fields<'a> + DeserializeOwned + PartialEq + Debug,
{
    let mut skimmed = T::default();
    if skim::skim(line, &mut skimmed).is_err() {
        return false;
    }
    let parsed = parse_whole::<Maybe<T>>(line).map_err(|error| error.to_string());
    assert_eq!(Ok(Maybe(Some(skimmed))), parsed, "{}", String::from_utf8_lossy(line));
    true
}

/// Bytes that mean something in JSON, or nothing at all.
const BYTES: &[u8] = b"\"\\{}[]:,0-.eE+1tfn u/\x00\x1f\x7f\n\xff\xc3\xa9";

/// Cuts the line at every place, leaves every byte out, and puts every byte of [`BYTES`] at every place,
/// between the others and instead of one.
pub(crate) fn damage(is_same: Compare, line: &str) {
    let line = line.as_bytes();
    for at in 0..line.len() {
        is_same(&line[..at]);
        is_same(&[&line[..at], &line[at + 1..]].concat());
        for byte in BYTES {
            is_same(&[&line[..at], &[*byte], &line[at..]].concat());
            is_same(&[&line[..at], &[*byte], &line[at + 1..]].concat());
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
pub(crate) fn any_text(is_same: Compare, keys: &'static [&'static str]) {
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
        is_same(text.as_bytes());
    });
}

mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::lines::{Declined, Fill, Skimmer, fields};
    use crate::loose::{LooseCount, LooseFlag, LooseNumber, LooseText, LooseTime};

    /// What is asked for in all the ways in which lines are asked.
    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Asked<'a> {
        count: LooseCount,
        number: LooseNumber,
        text: LooseText<'a>,
        time: LooseTime,
        flag: LooseFlag,
        inner: Maybe<Box<Self>>,
        list: Option<Vec<Maybe<Self>>>,
        strict: Checked,
    }

    fields!('de, Asked<'de> {
        b"count" => count,
        b"number" => number,
        b"text" => text,
        b"time" => time,
        b"flag" => flag,
        b"inner" => inner,
        b"list" => list,
        b"strict" => strict,
    });

    /// A value that `serde_json` gives to a visitor.
    #[derive(Debug, Default, PartialEq)]
    struct Checked;

    impl<'de> Deserialize<'de> for Checked {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            serde_json::Value::deserialize(deserializer).map(|_| Self)
        }
    }

    impl<'de> Fill<'de> for Checked {
        fn fill(&mut self, skimmer: &mut Skimmer<'de>) -> Result<(), Declined> {
            skimmer.skip_without(&[b"not this"])
        }
    }

    fn is_same(line: &[u8]) -> bool {
        super::is_same::<Asked<'_>>(line)
    }

    #[test]
    fn what_is_filled_is_filled_as_by_serde_json() {
        let line = r#" { "count" : 1 , "text":"a\"é", "number":-1.5e1,"flag":true,"time":"2026-05-01T10:00:00Z","list":[{},null,{"inner":{"text":""}}],"x":[{}], "strict":["\u00e9",1.5]} "#;
        assert!(is_same(line.as_bytes()));
        damage(is_same, line);
        any_text(
            is_same,
            &["count", "number", "text", "time", "flag", "inner", "list", "strict", "x"],
        );
    }

    #[test]
    fn numbers_are_the_same_to_the_last_bit() {
        proptest!(ProptestConfig::with_cases(4000), |(whole in 0..u64::MAX, cut in 0..20_usize, rest in "[0-9]{1,12}")| {
            let whole = &whole.to_string()[..];
            let whole = &whole[..whole.len().min(cut + 1)];
            let line = format!("{{\"number\":{whole}.{rest},\"count\":{whole}}}");
            prop_assert!(is_same(line.as_bytes()));
        });
    }

    #[test]
    fn what_is_skipped_is_checked_as_by_serde_json() {
        let accepts = |line: &str| {
            let parsed = serde_json::from_str::<Maybe<Asked<'_>>>(line).is_ok();
            assert_eq!(is_same(line.as_bytes()), parsed, "{line}");
        };
        for piece in PIECES {
            accepts(&format!("{{\"x\":{piece}}}"));
            accepts(&format!("{{\"x\":[{piece},{{\"l\":{piece}}}]}}"));
            accepts(&format!("{{\"x\":{piece} {piece}}}"));
        }
        for key in ["x", "strict"] {
            let line = [b"{\"", key.as_bytes(), b"\":\"\xff\xfe\"}"].concat();
            assert!(is_same(&line), "bytes that are no text do not matter in what is skipped");
        }
        assert!(!is_same(b"{\"text\":\"\xff\"}"));
    }

    #[test]
    fn a_key_that_is_looked_for_is_found_in_any_spelling() {
        assert!(is_same(br#"{"strict":{"a":[{"this":1}]}}"#));
        assert!(!is_same(br#"{"strict":{"a":[{"not this":1}]}}"#));
        assert!(!is_same(br#"{"strict":{"a":[{"b":1,"not\u0020this":1}]}}"#));
    }

    #[test]
    fn deep_nesting_is_declined_and_not_followed() {
        for depth in [10, 63, 64, 65, 127, 128, 1000] {
            for key in ["x", "strict", "text"] {
                let text = format!("{{\"{key}\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
                assert_eq!(is_same(text.as_bytes()), depth <= 64, "{depth} skipped");
            }
        }
        for depth in [10, 45, 46, 48, 49, 127, 128, 1000] {
            let text = format!("{}{{}}{}", "{\"inner\":".repeat(depth), "}".repeat(depth));
            assert_eq!(is_same(text.as_bytes()), depth < 48, "{depth} filled");
        }
    }
}
