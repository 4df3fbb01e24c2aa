//! Texts that the module fills in: patterns with places such as `{n}`, made from the messages of the language.

use serde_json::{Map, Value, json};

use crate::locale::Locale;

/// Messages that many pages share, with their parts.
const SHARED: [(&str, &[&str]); 18] = [
    ("no-price", &[]),
    ("change-none", &[]),
    ("change-new", &[]),
    ("change-times", &["times"]),
    ("date", &["day", "month", "number", "year"]),
    ("date-short", &["day", "month", "number", "year"]),
    ("date-day", &["day", "month", "number", "year"]),
    ("date-range", &["from", "to", "fromLong", "toShort"]),
    ("date-range-years", &["from", "to", "fromLong", "toShort"]),
    ("month-of-year", &["month", "year"]),
    ("others", &["n"]),
    ("share", &[]),
    ("source", &[]),
    ("model", &[]),
    ("machine", &[]),
    ("project", &[]),
    ("tokens", &[]),
    ("requests", &[]),
];

/// Messages of the page, without `explore-`, with their parts.
const OWN: [(&str, &[&str]); 43] = [
    ("quality", &[]),
    ("exact", &[]),
    ("partial", &[]),
    ("estimated", &[]),
    ("cost", &[]),
    ("input", &[]),
    ("output", &[]),
    ("cacheRead", &[]),
    ("cacheWrite", &[]),
    ("cacheRatio", &[]),
    ("of-tokens", &["n"]),
    ("of-cost", &["n"]),
    ("of-requests", &["n"]),
    ("of-input", &["n"]),
    ("of-output", &["n"]),
    ("of-cacheRead", &["n"]),
    ("of-cacheWrite", &["n"]),
    ("of-cacheRatio", &["n"]),
    ("points", &["n"]),
    ("unpriced", &["share"]),
    ("all", &[]),
    ("search", &[]),
    ("total", &[]),
    ("change", &[]),
    ("heading-source", &["measure"]),
    ("heading-model", &["measure"]),
    ("heading-machine", &["measure"]),
    ("heading-project", &["measure"]),
    ("heading-quality", &["measure"]),
    ("result", &["value", "names", "range"]),
    ("against", &["change", "range"]),
    ("began", &["date"]),
    ("nothing-earlier", &[]),
    ("before", &[]),
    ("before-range", &["range"]),
    ("hatched", &[]),
    ("none", &[]),
    ("clear-source", &["name"]),
    ("clear-model", &["name"]),
    ("clear-machine", &["name"]),
    ("clear-project", &["name"]),
    ("widen", &[]),
    ("failed", &["years"]),
];

/// What is said after something was taken away.
const TAKEN: [(&str, &[&str]); 3] = [("copied", &[]), ("take", &[]), ("saved", &["name"])];

/// Texts that depend on a number: for one, and for others. The three languages have no further forms.
const COUNTED: [&str; 5] = ["n-source", "n-model", "n-machine", "n-project", "n-quality"];

/// Texts about amounts, which are not there where amounts are hidden.
const ABOUT_COST: [&str; 4] = ["no-price", "cost", "of-cost", "unpriced"];

/// All texts of a language, by the names that the module knows them by.
pub(super) fn of(locale: &Locale, shows_cost: bool) -> Value {
    let mut words = Map::new();
    for (key, parts) in SHARED {
        words.insert(key.to_owned(), pattern(locale, key, parts));
    }
    for (key, parts) in OWN.into_iter().chain(TAKEN) {
        words.insert(key.to_owned(), pattern(locale, &format!("explore-{key}"), parts));
    }
    for key in COUNTED {
        for (ending, count) in [("-one", 1), ("", 2)] {
            let text = locale
                .with(&format!("explore-{key}"), &[("count", count.into()), ("n", "{n}".into())]);
            words.insert(format!("{key}{ending}"), text.into());
        }
    }
    for (key, stem) in [("long", "month-"), ("short", "month-short-")] {
        let names: Vec<String> =
            (1..=12).map(|month| locale.text(&format!("{stem}{month}"))).collect();
        words.insert(key.to_owned(), json!(names));
    }
    words.retain(|key, _| shows_cost || !ABOUT_COST.contains(&key.as_str()));
    Value::Object(words)
}

fn pattern(locale: &Locale, key: &str, parts: &[&str]) -> Value {
    let places: Vec<(&str, String)> =
        parts.iter().map(|part| (*part, format!("{{{part}}}"))).collect();
    let parts: Vec<_> = places.iter().map(|(part, place)| (*part, place.as_str().into())).collect();
    locale.with(key, &parts).into()
}
