//! `OpenAI` Chat Completions (<https://platform.openai.com/docs/api-reference/chat>, read 2026-11-20).

use serde_json::{Value, json};

use super::http::Answer;
use super::{Does, Turn, pieces};

/// The answer to a `POST /v1/chat/completions`.
pub(super) fn answer(turn: &Turn<'_>) -> Answer {
    let call = call(turn);
    let stop = if call.is_some() { "tool_calls" } else { "stop" };
    if !turn.is_stream {
        let mut message = json!({"role": "assistant", "content": turn.text, "refusal": null});
        if let Some(call) = call {
            message["content"] = Value::Null;
            message["tool_calls"] = json!([call]);
        }
        let choice =
            json!({"index": 0, "message": message, "logprobs": null, "finish_reason": stop});
        let mut body = base(turn, "chat.completion", &json!([choice]));
        body["usage"] = usage(turn);
        return Answer::Json { status: 200, body };
    }
    let chunk = |delta: Value, stop: Value| {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": stop});
        event(&base(turn, "chat.completion.chunk", &json!([choice])))
    };
    let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
    match call {
        Some(mut call) => {
            call["index"] = json!(0);
            events.push(chunk(json!({"tool_calls": [call]}), Value::Null));
        }
        None => events
            .extend(pieces(&turn.text).map(|part| chunk(json!({"content": part}), Value::Null))),
    }
    events.push(chunk(json!({}), json!(stop)));
    if tells_usage(turn) {
        let mut last = base(turn, "chat.completion.chunk", &json!([]));
        last["usage"] = usage(turn);
        events.push(event(&last));
    }
    events.push((None, "[DONE]".to_owned()));
    turn.stream(events)
}

/// A stream tells its usage only to those who ask for it.
fn tells_usage(turn: &Turn<'_>) -> bool {
    turn.request["stream_options"]["include_usage"] == true
}

fn call(turn: &Turn<'_>) -> Option<Value> {
    let Does::Call { name, input, .. } = &turn.does else { return None };
    let function = json!({"name": name, "arguments": input.to_string()});
    Some(json!({"id": turn.id("call_"), "type": "function", "function": function}))
}

fn base(turn: &Turn<'_>, object: &str, choices: &Value) -> Value {
    json!({
        "id": turn.id("chatcmpl-"), "object": object, "created": turn.now, "model": turn.model,
        "system_fingerprint": "fp_mock", "choices": choices,
    })
}

fn usage(turn: &Turn<'_>) -> Value {
    let usage = turn.usage;
    json!({
        "prompt_tokens": usage.prompt(),
        "completion_tokens": usage.output,
        "total_tokens": usage.prompt() + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}

fn event(content: &Value) -> (Option<&'static str>, String) {
    (None, content.to_string())
}
