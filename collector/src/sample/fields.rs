//! What of a line speaks of usage: counts, costs, times, ids, models, and other short words of the format.
//!
//! Everything else is left out: what is not known to be harmless is not shown.

use data_schema::Secret;
use serde_json::{Map, Value};

use super::value::{FORMAT_WORDS, PLAIN_FIELDS, is_name, is_one_of, is_plain_value, is_time};

/// Fields below which people's and tools' words stand, compared without regard to case, `_` and `-`.
const WORDS: [&str; 34] = [
    "content",
    "contents",
    "text",
    "parts",
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
    "functioncall",
    "toolcalls",
    "tools",
    "files",
    "projects",
    "snapshot",
    "diff",
    "patch",
    "stdout",
    "stderr",
    "todos",
    "thinking",
    "summary",
    "title",
    "description",
    "instructions",
    "systemprompt",
    "command",
    "messages",
];
/// Fields that hold counts in some formats, and what a tool was called with in others.
const EITHER: [&str; 5] = ["input", "output", "result", "prompt", "completion"];
/// More words that the names of counts are made of.
const COUNT_WORDS: [&str; 16] = [
    "read",
    "write",
    "written",
    "reasoning",
    "thought",
    "cached",
    "audio",
    "image",
    "search",
    "request",
    "creation",
    "hit",
    "miss",
    "duration",
    "ephemeral",
    "count",
];
/// Parts of names of times.
const TIME_WORDS: [&str; 5] = ["time", "date", "created", "completed", "started"];
/// Letters of an id at most.
const LONGEST_ID: usize = 96;
/// How deep a value is looked at.
const DEPTH: usize = 16;

/// A value without anything that somebody wrote; `None` if nothing is left.
pub(crate) fn fields_alone(value: &Value) -> Option<Value> {
    of_value(value, "", false, DEPTH)
}

/// `is_count` tells whether a field above speaks of counts.
fn of_value(value: &Value, key: &str, is_count: bool, depth: usize) -> Option<Value> {
    match value {
        Value::Object(_) | Value::Array(_) if depth == 0 => None,
        Value::Object(fields) => {
            let kept = of_fields(fields, is_count, depth);
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(values) => {
            let kept = values.iter().filter_map(|value| of_value(value, key, is_count, depth - 1));
            let kept: Vec<Value> = kept.collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Number(_) => {
            (is_count || speaks_of_counts(key) || has_one(key, &TIME_WORDS)).then(|| value.clone())
        }
        Value::Bool(_) => (is_count || key.starts_with("is")).then(|| value.clone()),
        Value::String(text) => of_text(text, key, is_count).then(|| value.clone()),
        Value::Null => None,
    }
}

fn of_fields(fields: &Map<String, Value>, is_count: bool, depth: usize) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, value) in fields {
        let holds_more = value.is_object() || value.is_array();
        let is_words = is_one_of(Some(key), &WORDS) && holds_more
            || is_one_of(Some(key), &EITHER) && holds_more && !holds_counts(value);
        if is_words || !is_name(key) {
            continue;
        }
        let speaks = is_count || (holds_more && speaks_of_counts(key));
        if let Some(value) = of_value(value, key, speaks, depth - 1) {
            kept.insert(key.clone(), value);
        }
    }
    kept
}

/// Whether a text may be shown: a time, an id, a count or a cost, or a word of the format.
fn of_text(text: &str, key: &str, is_count: bool) -> bool {
    let is_number = || text.parse::<f64>().is_ok_and(f64::is_finite);
    is_time(text)
        || (is_one_of(Some(key), &PLAIN_FIELDS) && is_plain_value(text))
        || (is_id_field(key) && is_id(text))
        || ((is_count || speaks_of_counts(key)) && is_number())
}

fn is_id_field(key: &str) -> bool {
    let plain: String = key.chars().filter(|letter| !"_-".contains(*letter)).collect();
    let plain = plain.to_lowercase();
    plain == "id"
        || plain.ends_with("uuid")
        || key.ends_with("Id")
        || key.ends_with("_id")
        || key.ends_with("ID")
}

fn is_id(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_-.:".contains(letter);
    !text.is_empty()
        && text.len() <= LONGEST_ID
        && text.chars().all(is_letter)
        && Secret::of(text).is_none()
}

fn has_one(key: &str, words: &[&str]) -> bool {
    let key = key.to_lowercase();
    words.iter().any(|word| key.contains(word))
}

fn speaks_of_counts(key: &str) -> bool {
    has_one(key, &FORMAT_WORDS) || has_one(key, &COUNT_WORDS)
}

/// Whether everything in a value is a count under the name of one.
fn holds_counts(value: &Value) -> bool {
    match value {
        Value::Object(fields) => {
            fields.iter().all(|(key, value)| speaks_of_counts(key) && holds_counts(value))
        }
        Value::Array(values) => values.iter().all(holds_counts),
        value => value.is_number() || value.is_null(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_ids_times_and_models_stay_and_words_go() {
        let line = json!({
            "type": "assistant",
            "timestamp": "2026-05-01T10:00:00Z",
            "sessionId": "0b7c-session",
            "cwd": "/home/somebody/secret-project",
            "requestId": "req_1",
            "message": {
                "id": "msg_1",
                "model": "claude-sonnet-4-5",
                "content": [{ "type": "tool_use", "input": { "pin": 1234 } }, { "type": "text", "text": "hello" }],
                "usage": {
                    "input_tokens": 3,
                    "service_tier": "standard",
                    "cache_creation": { "ephemeral_5m_input_tokens": 5 },
                    "server_tool_use": { "web_search_requests": 1 },
                },
            },
            "toolUseResult": { "usage": { "input_tokens": 99 } },
            "age": 42,
            "note": "a word of somebody",
        });
        let expected = json!({
            "type": "assistant",
            "timestamp": "2026-05-01T10:00:00Z",
            "sessionId": "0b7c-session",
            "requestId": "req_1",
            "message": {
                "id": "msg_1",
                "model": "claude-sonnet-4-5",
                "usage": {
                    "input_tokens": 3,
                    "service_tier": "standard",
                    "cache_creation": { "ephemeral_5m_input_tokens": 5 },
                    "server_tool_use": { "web_search_requests": 1 },
                },
            },
        });
        assert_eq!(fields_alone(&line), Some(expected));
    }

    #[test]
    fn what_a_tool_was_called_with_is_no_count() {
        let line = json!({
            "tokens": { "input": 100, "output": { "total": 5 } },
            "state": { "input": { "amount": 77, "name": "x" }, "output": "a text", "prompt": "say 5" },
            "input": "a prompt",
            "user_id": "somebody@example.com",
            "session_id": "two words",
        });
        let expected = json!({ "tokens": { "input": 100, "output": { "total": 5 } } });
        assert_eq!(fields_alone(&line), Some(expected));
        assert_eq!(fields_alone(&json!({ "text": "only words" })), None);
    }

    #[test]
    fn no_id_is_a_secret() {
        let line = json!({ "key_id": "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG" });
        assert_eq!(fields_alone(&line), None);
    }
}
