//! The lines of `pricing.json` that unpriced models lack.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use data_schema::summary::ModelPrice;
use serde::Serialize;

use crate::context::Context;
use crate::names;

/// Models without a price.
#[derive(Debug, Serialize)]
pub(super) struct Missing {
    lead: String,
    /// Day of the file, as it is written in it.
    date: String,
    models: Vec<Model>,
    /// The whole file, with dots where prices go: as it stands, it is refused and never read as zero.
    text: String,
}

#[derive(Debug, Serialize)]
struct Model {
    /// As it is shown.
    name: String,
    /// As the tool writes it, as JSON: an attribute takes no control characters.
    key: String,
    fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
struct Field {
    id: String,
    /// Its name in `pricing.json`.
    name: &'static str,
    /// Message of the class.
    label: &'static str,
}

/// Classes of tokens: name in `pricing.json`, message.
const CLASSES: [(&str, &str); 4] = [
    ("input", "input"),
    ("output", "output"),
    ("cacheRead", "cache-read"),
    ("cacheWrite", "cache-write"),
];

/// What stands where a price goes.
const DOTS: &str = "…";

pub(super) fn missing(context: &Context<'_>, models: &[&ModelPrice]) -> Option<Missing> {
    let mut tokens: BTreeMap<&str, u64> = BTreeMap::new();
    for model in models.iter().filter(|model| model.unpriced_tokens > 0) {
        let sum = tokens.entry(&model.model).or_default();
        *sum = sum.saturating_add(model.unpriced_tokens);
    }
    if tokens.is_empty() {
        return None;
    }
    let locale = &context.locale;
    let count = u64::try_from(tokens.len()).unwrap_or(u64::MAX);
    let sum = tokens.values().fold(0, |sum: u64, tokens| sum.saturating_add(*tokens));
    let parts = [
        ("count", count.into()),
        ("n", locale.count(count).into()),
        ("tokens", locale.tokens(sum).into()),
    ];
    let date = context.data.end.to_string();
    let text = template(&date, tokens.keys().copied());
    let models = tokens.keys().enumerate().map(|(number, name)| model(number, name)).collect();
    Some(Missing { lead: locale.with("prices-missing-lead", &parts), date, models, text })
}

fn model(number: usize, name: &str) -> Model {
    let field = |(class, label): (&'static str, &'static str)| Field {
        id: format!("price-{number}-{class}"),
        name: class,
        label,
    };
    Model {
        name: names::line(name),
        key: serde_json::Value::from(name).to_string(),
        fields: CLASSES.into_iter().map(field).collect(),
    }
}

/// A file with dots in place of all prices.
fn template<'a>(date: &str, models: impl Iterator<Item = &'a str>) -> String {
    let classes = CLASSES.map(|(class, _)| format!("\"{class}\": \"{DOTS}\"")).join(", ");
    let rows: Vec<String> =
        models.map(|model| format!("    {}: [{{ {classes} }}]", json(model))).collect();
    format!(
        "{{\n  \"version\": \"2.0\",\n  \"date\": {},\n  \"models\": {{\n{}\n  }}\n}}\n",
        json(date),
        rows.join(",\n")
    )
}

/// A text of JSON in which nothing is invisible or turns the text around.
fn json(text: &str) -> String {
    let mut json = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            letter if letter.is_control() || is_hidden(letter) => {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    let _ = write!(json, "\\u{unit:04x}");
                }
            }
            letter => json.push(letter),
        }
    }
    json.push('"');
    json
}

fn is_hidden(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use data_schema::PricesFile;

    use super::*;

    #[test]
    fn the_lines_are_those_of_the_price_file_and_are_refused_until_prices_stand_in_them() {
        let hostile = "a\"b\\c\u{202e}\n";
        let text = template("2026-05-20", ["gpt-6-preview", hostile].into_iter());
        assert!(!text.contains('\u{202e}'), "nothing turns the text around");
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
        assert!(serde_json::from_str::<PricesFile>(&text).is_err(), "dots are no prices");
        let filled: PricesFile = serde_json::from_str(&text.replace(DOTS, "1.25")).unwrap();
        assert_eq!(filled.models.keys().collect::<Vec<_>>(), [hostile, "gpt-6-preview"]);
        let rates = filled.models["gpt-6-preview"][0].rates;
        let price = Some("1.25".parse().unwrap());
        assert_eq!(
            [rates.input, rates.output, rates.cache_read, rates.cache_write],
            [price, price, price, price]
        );
    }
}
