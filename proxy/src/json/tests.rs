//! The scanner reads what `serde_json` reads, in whatever pieces.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;

use super::{Count, Paths, Scanner, Step};

const ALL: [&str; 7] = ["a", "b.a", "b.c.a", "c.*.a", "d?.e", "b.d.*", "b.e.*.c.a"];
static PATHS: LazyLock<Paths> = LazyLock::new(|| Paths::new(&ALL));

/// The values of the last object, how many there were, and whether the text was whole.
fn scanned(pieces: &[&[u8]]) -> (Vec<Option<String>>, usize, Option<bool>) {
    let mut scanner = Scanner::new(&PATHS);
    let mut count = 0;
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let (read, step) = scanner.push(rest);
            rest = &rest[read..];
            count += usize::from(step == Step::Document);
            if step == Step::Broken {
                return (Vec::new(), count, None);
            }
        }
    }
    let text = |slot| scanner.raw(slot).map(|raw| String::from_utf8(raw.to_vec()).unwrap());
    ((0..ALL.len()).map(text).collect(), count, Some(scanner.is_done()))
}

/// What a path finds in a value that was read whole.
fn found(value: &Value, path: &[&str], all: &mut Vec<String>) {
    match path {
        [] => all.push(serde_json::to_string(value).unwrap()),
        ["*", rest @ ..] => {
            value.as_array().into_iter().flatten().for_each(|item| found(item, rest, all));
        }
        [key, rest @ ..] => {
            if let Some(value) = value.as_object().and_then(|object| object.get(*key)) {
                found(value, rest, all);
            }
        }
    }
}

fn expected(value: &Value) -> Vec<Option<String>> {
    let of = |path: &str| {
        let mut all = Vec::new();
        if path == "d?.e" {
            // Only one of both is there.
            for path in [&["d", "e"][..], &["e"]] {
                found(value, path, &mut all);
            }
        } else {
            found(value, &path.split('.').collect::<Vec<_>>(), &mut all);
        }
        (!all.is_empty()).then(|| all.join(","))
    };
    ALL.iter().map(|path| of(path)).collect()
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        "[a-e\\\\\"{}\\[\\]:, \u{e9}\u{1f600}\n]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-e]|\"x|\u{e9}\\\\", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_object() -> impl Strategy<Value = Value> {
    prop::collection::hash_map("[a-d]|\"x", any_value(), 0..6)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn equals_another_reader_at_every_split(value in any_object()) {
        let text = serde_json::to_string(&value).unwrap();
        let wanted = (expected(&value), 1, Some(true));
        for split in 0..=text.len() {
            let (one, other) = text.as_bytes().split_at(split);
            prop_assert_eq!(&scanned(&[one, other]), &wanted, "{} at {}", text, split);
        }
        let single: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        prop_assert_eq!(&scanned(&single), &wanted);
        // Spaces between tokens change nothing but the raw text of objects and lists.
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let (told, count, is_done) = scanned(&[pretty.as_bytes()]);
        prop_assert_eq!((count, is_done), (1, Some(true)));
        let is_told: Vec<bool> = told.iter().map(Option::is_some).collect();
        prop_assert_eq!(is_told, wanted.0.iter().map(Option::is_some).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_cut_is_never_whole(value in any_object()) {
        let text = serde_json::to_string(&value).unwrap();
        for cut in 0..text.len() {
            let (_, count, is_done) = scanned(&[&text.as_bytes()[..cut]]);
            prop_assert_eq!((count, is_done), (0, Some(false)));
        }
    }

    #[test]
    fn any_bytes_mean_the_same_in_pieces(bytes in prop::collection::vec(prop::sample::select(&b"{}[]\",:\\a1tn \xff"[..]), 0..40), split in 0..40_usize) {
        let split = split.min(bytes.len());
        let whole = scanned_bytes(&[&bytes]);
        prop_assert_eq!(whole, scanned_bytes(&[&bytes[..split], &bytes[split..]]));
    }
}

fn scanned_bytes(pieces: &[&[u8]]) -> (usize, bool) {
    let mut scanner = Scanner::new(&PATHS);
    let mut count = 0;
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let (read, step) = scanner.push(rest);
            rest = &rest[read..];
            count += usize::from(step == Step::Document);
            if step == Step::Broken {
                return (count, true);
            }
        }
    }
    (count, false)
}

#[test]
fn every_object_of_a_list_is_told() {
    let (told, count, is_done) = scanned(&[br#" [ {"a":1,"e":2} , 7, {"e":3} ] "#]);
    assert_eq!((count, is_done), (2, Some(true)));
    assert_eq!(told[0], None, "what the object before told is forgotten");
    assert_eq!(told[4].as_deref(), Some("3"));
}

#[test]
fn the_last_of_equal_keys_wins_as_a_whole() {
    let (told, ..) = scanned(&[br#"{"b":{"a":1,"c":{"a":2}},"a":3,"b":{"a":4},"a":null}"#]);
    assert_eq!(told[0].as_deref(), Some("null"));
    assert_eq!(told[1].as_deref(), Some("4"));
    assert_eq!(told[2], None);
}

#[test]
fn keys_with_escapes_are_keys() {
    let (told, ..) = scanned(&[br#"{"\u0061":1,"\u0062":{"\u0061":[1,"]"]},"a\u0000":2}"#]);
    assert_eq!(told[0].as_deref(), Some("1"));
    assert_eq!(told[1].as_deref(), Some(r#"[1,"]"]"#));
}

#[test]
fn what_is_no_json_is_broken() {
    let broken = [
        "x",
        "\"a\"",
        "1",
        "{]",
        "[}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{\"a\":1}x",
        "{\"z\":[1}",
        "{\"z\":{]}",
        "{1:2}",
        "[1 2]",
        "{\"a\":1 \"b\":2}",
        "{\"a\":?}",
    ];
    for text in broken {
        assert_eq!(scanned(&[text.as_bytes()]).2, None, "{text}");
    }
    let deep = "{\"z\":".to_owned() + &"[".repeat(100_000);
    assert_eq!(scanned(&[deep.as_bytes()]).2, None);
    let allowed = format!("{{\"z\":{}{},\"a\":5}}", "[".repeat(500), "]".repeat(500));
    assert_eq!(scanned(&[allowed.as_bytes()]).0[0].as_deref(), Some("5"));
}

#[test]
fn a_value_that_is_too_long_is_not_told() {
    let text = format!("{{\"a\":\"{}\",\"b\":{{\"a\":1}}}}", "x".repeat(70_000));
    for size in [1000, 200_000] {
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let (told, ..) = scanned(&pieces);
        assert_eq!((told[0].as_deref(), told[1].as_deref()), (None, Some("1")));
    }
}

#[test]
fn counts_are_read_loosely() {
    let paths: &'static Paths = Box::leak(Box::new(Paths::new(&["n"])));
    let of = |text: &str| {
        let mut scanner = Scanner::new(paths);
        scanner.push(format!("{{\"n\":{text}}}").as_bytes());
        scanner.count(0)
    };
    let told = |count| Count::Told(data_schema::Tokens::new(count).unwrap());
    let cases = [
        ("7", told(7)),
        ("\"12\"", told(12)),
        ("3.0", told(3)),
        ("1e3", told(1000)),
        ("0", told(0)),
    ];
    for (text, count) in cases {
        assert_eq!(of(text), count, "{text}");
    }
    assert_eq!(of("null"), Count::NotTold);
    assert_eq!(of("-5"), Count::Negative);
    for text in ["1e99", "true", "\"x\"", "{}", "[1]", "99999999999999999999"] {
        assert_eq!(of(text), Count::Absurd, "{text}");
    }
}
