//! A JSON value without its words.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use data_schema::{Secret, parse_log_time};
use serde_json::{Map, Value};

/// Fields whose short values say what kind of thing stands there; compared without regard to case, `_` and `-`.
pub(super) const PLAIN_FIELDS: [&str; 33] = [
    "type",
    "subtype",
    "kind",
    "role",
    "object",
    "event",
    "eventtype",
    "status",
    "state",
    "phase",
    "version",
    "cliversion",
    "schemaversion",
    "formatversion",
    "model",
    "modelid",
    "modelname",
    "defaultmodel",
    "provider",
    "providerid",
    "modelprovider",
    "vendor",
    "stopreason",
    "finishreason",
    "reason",
    "servicetier",
    "tier",
    "speed",
    "mode",
    "entrypoint",
    "api",
    "currency",
    "unit",
];
/// Fields whose content a user or a tool of his has named, such as what a tool was called with.
const USERS_FIELDS: [&str; 16] = [
    "input",
    "output",
    "result",
    "arguments",
    "args",
    "parameters",
    "params",
    "env",
    "environment",
    "headers",
    "toolinput",
    "toolresult",
    "tooluseresult",
    "functionresponse",
    "files",
    "projects",
];
/// Letters of the value of a plain field.
const SHORT: usize = 48;
/// Letters of a field's name.
const LONGEST_NAME: usize = 40;
/// Digits of a name that is no id.
const DIGITS: usize = 3;
/// Entries of a list that are shown.
const SHOWN: usize = 3;
/// Entries of an object that are shown.
const FIELDS: usize = 60;
/// How deep a value is shown.
const DEPTH: usize = 14;
/// Parts of names that say that the field is one of the format, also where all fields beside it are alike.
pub(super) const FORMAT_WORDS: [&str; 9] =
    ["token", "input", "output", "prompt", "completion", "cache", "usage", "total", "cost"];

/// Where a value stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Name of the field.
    field: Option<&'a str>,
    /// How much deeper is shown.
    depth: usize,
    /// Whether names of fields are those of its user, and not of the format.
    is_users: bool,
}

impl Place<'_> {
    const TOP: Place<'static> = Place { field: None, depth: DEPTH, is_users: false };

    fn deeper(self) -> Self {
        Self { depth: self.depth - 1, ..self }
    }
}

/// The value with its names, numbers and times, and with the lengths of its texts.
pub(super) fn without_words(value: &Value) -> Value {
    of_value(value, Place::TOP)
}

/// Names and kinds alone, of a value without words: two with the same form differ in what they say only.
pub(super) fn form(value: &Value) -> String {
    shape(value).to_string()
}

/// A line of text: runs of letters as their length; the rest, such as numbers, as it is.
pub(crate) fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut run = 0;
    for letter in line.chars().chain(std::iter::once('\n')) {
        if letter.is_alphabetic() {
            run += 1;
            continue;
        }
        if run > 0 {
            let _ = write!(text, "<{run}>");
            run = 0;
        }
        if letter != '\n' && !letter.is_control() {
            // Digits of other scripts and signs are not needed to see a format.
            text.push(if letter.is_ascii() { letter } else { '?' });
        }
    }
    text
}

/// A text that a column named `field` of a database holds.
pub(super) fn text(text: &str, field: &str) -> Value {
    of_text(text, Place { field: Some(field), ..Place::TOP })
}

/// The name of a field, table or column, if it is one of a format and not of its user.
pub(super) fn name(name: &str) -> String {
    if is_name(name) { name.to_owned() } else { length(name) }
}

fn of_value(value: &Value, place: Place<'_>) -> Value {
    match value {
        Value::String(text) => of_text(text, place),
        Value::Array(_) | Value::Object(_) if place.depth == 0 => Value::from("<deeper>"),
        Value::Array(values) => {
            let shown = values.iter().take(SHOWN).map(|value| of_value(value, place.deeper()));
            let mut shown: Vec<Value> = shown.collect();
            if values.len() > SHOWN {
                shown.push(Value::from(format!("<{} more>", values.len() - SHOWN)));
            }
            Value::Array(shown)
        }
        Value::Object(fields) => Value::Object(of_fields(fields, place)),
        other => other.clone(),
    }
}

fn of_fields(fields: &Map<String, Value>, place: Place<'_>) -> Map<String, Value> {
    let is_counts = fields.values().all(Value::is_number);
    let is_users = place.is_users || (!is_counts && is_one_of(place.field, &USERS_FIELDS));
    let is_map = is_users || are_alike(fields);
    let mut new = Map::new();
    for (key, value) in fields.iter().take(FIELDS) {
        let is_format = FORMAT_WORDS.iter().any(|word| key.to_lowercase().contains(word));
        let mut name = if is_map && !is_format { length(key) } else { name(key) };
        if new.contains_key(&name) {
            name = format!("{name} {}", new.len());
        }
        let inner = Place { field: Some(key.as_str()), is_users, ..place.deeper() };
        new.insert(name, of_value(value, inner));
    }
    if fields.len() > FIELDS {
        new.insert("<more>".to_owned(), Value::from(fields.len() - FIELDS));
    }
    new
}

/// Whether an object is a list of things of one kind by their names: those are the user's.
fn are_alike(fields: &Map<String, Value>) -> bool {
    let names = |value: &Value| -> Option<BTreeSet<String>> {
        Some(value.as_object()?.keys().cloned().collect())
    };
    let mut all = fields.values().map(names);
    let Some(Some(first)) = all.next() else { return false };
    fields.len() > 1 && !first.is_empty() && all.all(|other| other.as_ref() == Some(&first))
}

fn of_text(text: &str, place: Place<'_>) -> Value {
    let begins_as_json = text.trim_start().starts_with(['{', '[']);
    if begins_as_json
        && place.depth > 0
        && let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text)
    {
        let mut new = Map::new();
        new.insert("<JSON in a text>".to_owned(), of_value(&inner, place.deeper()));
        return Value::Object(new);
    }
    let is_plain = !place.is_users && is_one_of(place.field, &PLAIN_FIELDS) && is_plain_value(text);
    if is_plain || is_time(text) { Value::from(text) } else { Value::from(length(text)) }
}

fn length(text: &str) -> String {
    match text.chars().count() {
        1 => "<1 character>".to_owned(),
        count => format!("<{count} characters>"),
    }
}

/// Whether a field is in a list, without regard to case, `_` and `-`.
pub(super) fn is_one_of(field: Option<&str>, list: &[&str]) -> bool {
    let Some(field) = field else { return false };
    let field: String = field.chars().filter(|letter| !"_-".contains(*letter)).collect();
    list.contains(&field.to_lowercase().as_str())
}

/// One word of a format: no sentence, no path, no address, no secret.
pub(super) fn is_plain_value(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "._-+:/".contains(letter);
    !text.is_empty()
        && text.len() <= SHORT
        && text.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && text.chars().all(is_letter)
        && text.matches('/').count() <= 1
        && !text.contains("//")
        && Secret::of(text).is_none()
}

/// A time as text, and nothing beside it.
pub(super) fn is_time(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_digit() || "-:.,+TZ ".contains(letter);
    (16..=35).contains(&text.len())
        && text.chars().all(is_part)
        && text.contains(':')
        && parse_log_time(text).is_some()
}

/// Names of formats are words of ASCII letters, with few digits; what else stands as a key is data.
pub(super) fn is_name(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_-$.".contains(letter);
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic() || "_$".contains(letter))
        && name.chars().all(is_letter)
        && !has_file_ending(name)
        && digits <= DIGITS
        && Secret::of(name).is_none()
}

/// `notes.md` is a file of somebody, `gen_ai.usage.input_tokens` a field.
fn has_file_ending(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending.len() <= 4)
}

/// What is left of a value without texts and numbers.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(key, value)| (key.clone(), kind(key, value))).collect(),
        ),
        Value::Array(values) => Value::Array(values.iter().take(1).map(shape).collect()),
        Value::Number(_) => Value::from(0),
        Value::String(_) => Value::from(""),
        other => other.clone(),
    }
}

/// The kind of a thing is part of its form.
fn kind(key: &str, value: &Value) -> Value {
    match value {
        Value::String(text) if ["type", "role", "kind", "subtype"].contains(&key) => {
            Value::from(text.as_str())
        }
        other => shape(other),
    }
}
