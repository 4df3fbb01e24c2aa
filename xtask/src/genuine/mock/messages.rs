//! Anthropic Messages (<https://platform.claude.com/docs/en/api/messages> and `/messages-streaming`, read 2026-11-20).

use serde_json::{Value, json};

use super::http::Answer;
use super::{Does, Turn, pieces};

/// The answer to a `POST /v1/messages`.
pub(super) fn answer(turn: &Turn<'_>) -> Answer {
    let (blocks, stop) = blocks(turn);
    let usage = usage(turn);
    let message = |content: Value, stop: Value, usage: Value| {
        json!({
            "id": turn.id("msg_"), "type": "message", "role": "assistant", "model": turn.model,
            "content": content, "stop_reason": stop, "stop_sequence": null, "usage": usage,
        })
    };
    if !turn.is_stream {
        return Answer::Json { status: 200, body: message(json!(blocks), json!(stop), usage) };
    }
    let mut start = usage.clone();
    start["output_tokens"] = json!(1);
    let mut events = vec![event(&json!({
        "type": "message_start", "message": message(json!([]), Value::Null, start),
    }))];
    for (index, block) in blocks.iter().enumerate() {
        stream(&mut events, index, block);
    }
    let mut end = usage;
    if let Value::Object(end) = &mut end {
        end.retain(|name, _| name.ends_with("_tokens"));
    }
    events.push(event(&json!({
        "type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null}, "usage": end,
    })));
    events.push(event(&json!({"type": "message_stop"})));
    turn.stream(events)
}

fn usage(turn: &Turn<'_>) -> Value {
    let usage = turn.usage;
    json!({
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_creation,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_creation - usage.cache_creation_1h,
            "ephemeral_1h_input_tokens": usage.cache_creation_1h,
        },
        "service_tier": "standard",
    })
}

/// The blocks of the answer, and why it ends. Several blocks are several lines in the logs of some clients.
fn blocks(turn: &Turn<'_>) -> (Vec<Value>, &'static str) {
    let text = |text: &str| json!({"type": "text", "text": text});
    let call = |name: &str, input: Value| json!({"type": "tool_use", "id": turn.id("toolu_"), "name": name, "input": input});
    match &turn.does {
        Does::Say => (vec![text(&turn.text)], "end_turn"),
        Does::Delegate(name) => {
            let input = json!({
                "description": "sub job", "prompt": "say a word", "subagent_type": "general-purpose",
            });
            (vec![call(name, input)], "tool_use")
        }
        Does::Call { name, input, has_thoughts: false } => {
            (vec![call(name, input.clone())], "tool_use")
        }
        Does::Call { name, input, has_thoughts: true } => {
            let thought =
                json!({"type": "thinking", "thinking": "mock thought", "signature": "bW9jaw=="});
            (vec![thought, text("let me see"), call(name, input.clone())], "tool_use")
        }
    }
}

/// The events of one block.
fn stream(events: &mut Vec<(Option<&'static str>, String)>, index: usize, block: &Value) {
    let mut empty = block.clone();
    let mut deltas: Vec<Value> = Vec::new();
    match block["type"].as_str() {
        Some("tool_use") => {
            empty["input"] = json!({});
            let input = block["input"].to_string();
            let parts = pieces(&input);
            deltas.extend(
                parts.map(|part| json!({"type": "input_json_delta", "partial_json": part})),
            );
        }
        Some("thinking") => {
            empty["thinking"] = json!("");
            empty["signature"] = json!("");
            deltas.push(json!({"type": "thinking_delta", "thinking": block["thinking"]}));
            deltas.push(json!({"type": "signature_delta", "signature": block["signature"]}));
        }
        _ => {
            empty["text"] = json!("");
            let parts = pieces(block["text"].as_str().unwrap_or_default());
            deltas.extend(parts.map(|part| json!({"type": "text_delta", "text": part})));
        }
    }
    events.push(event(
        &json!({"type": "content_block_start", "index": index, "content_block": empty}),
    ));
    for delta in deltas {
        events.push(event(&json!({"type": "content_block_delta", "index": index, "delta": delta})));
    }
    events.push(event(&json!({"type": "content_block_stop", "index": index})));
}

/// An event has the name of its type.
fn event(content: &Value) -> (Option<&'static str>, String) {
    const NAMES: [&str; 6] = [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ];
    (NAMES.into_iter().find(|name| content["type"] == *name), content.to_string())
}
