use std::io::Write as _;

use chrono::NaiveDate;
use data_schema::Money;
use serde::Deserialize;

use super::module::{PARTS, address, text as module_text, tight};
use super::*;
use crate::locale::Locale;
use crate::locale::numbers;

/// The cases that `site/tests/browser/explore.test.js` reads as well.
#[derive(Debug, Deserialize)]
struct Cases {
    units: BTreeMap<String, Vec<(u64, String)>>,
    tokens: Vec<(String, String, String)>,
    grouped: Vec<(String, String)>,
    dollars: Vec<(Money, String)>,
    decimals: Vec<String>,
    percent: Vec<(String, String, String)>,
    change: Vec<(String, String, String)>,
    days: Vec<(NaiveDate, String, String, String)>,
    ranges: Vec<(NaiveDate, NaiveDate, String)>,
    mondays: Vec<(NaiveDate, NaiveDate)>,
}

fn cases() -> Cases {
    serde_json::from_str(include_str!("../../../../templates/messages/numbers.json")).unwrap()
}

fn number(text: &str) -> u64 {
    text.parse().unwrap()
}

fn english() -> Locale {
    Locale::new("en").unwrap()
}

#[test]
fn counts_and_shares_have_the_forms_of_the_shared_table() {
    let cases = cases();
    for (tag, units) in cases.units {
        let locale = Locale::new(&tag).unwrap();
        let known: Vec<(u64, String)> =
            locale.units().iter().map(|(unit, sign)| (*unit, (*sign).to_owned())).collect();
        assert_eq!(known, units, "{tag}");
    }
    for (tag, count, text) in cases.tokens {
        assert_eq!(Locale::new(&tag).unwrap().tokens(number(&count)), text, "{count} in {tag}");
    }
    for (count, text) in cases.grouped {
        assert_eq!(numbers::grouped(number(&count)), text);
    }
    for (part, whole, text) in cases.percent {
        assert_eq!(numbers::percent(number(&part), number(&whole)), text, "{part} of {whole}");
    }
    for (now, before, text) in cases.change {
        let change = english().change(number(&now), number(&before)).unwrap_or_default();
        assert_eq!(change, text, "{now} after {before}");
    }
}

#[test]
fn amounts_have_the_forms_of_the_shared_table() {
    let cases = cases();
    for (amount, text) in cases.dollars {
        assert_eq!(numbers::dollars(amount), text, "{amount}");
    }
    for text in cases.decimals {
        assert_eq!(text.parse::<Money>().unwrap().to_string(), text);
    }
}

#[test]
fn days_have_the_forms_of_the_shared_table() {
    let cases = cases();
    let locale = english();
    for (day, date, short, month) in cases.days {
        assert_eq!(
            [locale.date(day), locale.short_date(day), locale.month(day)],
            [date, short, month]
        );
    }
    for (start, end, text) in cases.ranges {
        assert_eq!(locale.range(DateRange { start, end }), text);
    }
    for (day, monday) in cases.mondays {
        assert_eq!(period::monday(day), monday);
    }
}

#[test]
fn every_text_of_the_module_is_there_and_keeps_its_places() {
    let words = words::of(&english(), true);
    let texts = words.as_object().unwrap();
    assert!(
        texts.values().all(|text| !text.to_string().contains('[') || text.is_array()),
        "{words}"
    );
    assert_eq!(texts["against"], "{change} against {range}.");
    assert_eq!(texts["n-model"], "{n} models");
    assert_eq!(texts["n-model-one"], "{n} model");
    assert_eq!(texts["long"][4], "May");
}

#[test]
fn hidden_amounts_are_not_even_a_word() {
    let words = words::of(&english(), false).to_string().to_lowercase();
    for word in ["cost", "price", "$"] {
        assert!(!words.contains(word), "{word}");
    }
}

#[test]
fn the_module_asks_for_no_text_that_it_is_not_handed() {
    let words = words::of(&english(), true);
    for part in PARTS {
        for found in part.split("words.").skip(1) {
            let name: String = found.chars().take_while(char::is_ascii_alphanumeric).collect();
            let is_comment = name.is_empty();
            assert!(is_comment || words.get(&name).is_some(), "words.{name}");
        }
        for found in part.split("words[\"").skip(1) {
            let name = found.split('"').next().unwrap();
            let is_known = words.as_object().unwrap().keys().any(|known| known.starts_with(name));
            assert!(is_known, "words[{name}]");
        }
    }
    for measure in MEASURES {
        assert!(
            words.get(measure).is_some() && words.get(format!("of-{measure}")).is_some(),
            "{measure}"
        );
    }
}

#[test]
fn the_module_is_one_file_of_at_most_twelve_kilobytes() {
    let text = module_text();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(text.as_bytes()).unwrap();
    let size = packed.finish().unwrap().len();
    assert!(size <= 12 * 1024, "{size} bytes");
    for word in ["import ", "export ", "eval(", "innerHTML", "http://", "https://"] {
        let is_namespace = |rest: &str| rest.starts_with("www.w3.org/2000/svg");
        let others = text.split(word).skip(1).filter(|rest| !is_namespace(rest));
        assert_eq!(others.count(), 0, "{word}");
    }
    assert!(address(&text).starts_with("explore/explore-"));
}

#[test]
fn tightening_leaves_texts_patterns_and_templates_alone() {
    for (line, tight_line) in [
        (r#"const text = a ? " = { x } " : b;"#, r#"const text=a?" = { x } ":b;"#),
        ("return value;", "return value;"),
        ("const x = a - -b;", "const x=a - -b;"),
        ("x = `a ${ b } \" c` ? 1 / 2 : 3;", "x=`a ${ b } \" c`?1/2:3;"),
        ("x = / = /;", "x = / = /;"),
        ("for (const one of [1, 2]) {", "for(const one of[1,2]){"),
    ] {
        assert_eq!(tight(line), tight_line);
    }
}

#[test]
fn handed_names_cannot_end_their_element() {
    let name = "</script><script>alert(1)</script>\u{202e}\u{85}".to_owned();
    let day = NaiveDate::from_ymd_opt(2026, 5, 1).unwrap();
    let handed = Handed {
        first: day,
        bounds: [day, day],
        presets: BTreeMap::new(),
        choices: BTreeMap::new(),
        units: &[],
        shards: BTreeMap::new(),
        names: BTreeMap::from([("model", vec![(name.clone(), name.clone(), 0)])]),
        words: serde_json::Value::Null,
    };
    let json = element(&handed).unwrap();
    assert!(!json.contains(['<', '\u{202e}', '\u{85}']));
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["names"]["model"][0][0], name);
}

#[test]
fn buttons_stand_for_whole_stretches_up_to_the_last_day() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let (first, last) = (day("2025-03-04"), day("2026-03-31"));
    for (name, from, to) in [
        ("7d", "2026-03-25", "2026-03-31"),
        ("28d", "2026-03-04", "2026-03-31"),
        ("91d", "2025-12-31", "2026-03-31"),
        ("month", "2026-03-01", "2026-03-31"),
        ("last-month", "2026-02-01", "2026-02-28"),
        ("year", "2026-01-01", "2026-03-31"),
        ("12m", "2025-04-01", "2026-03-31"),
        ("all", "2025-03-04", "2026-03-31"),
    ] {
        assert_eq!(preset(name, first, last), [day(from), day(to)], "{name}");
    }
}
