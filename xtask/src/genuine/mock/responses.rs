//! `OpenAI` Responses (<https://platform.openai.com/docs/api-reference/responses> and `/responses-streaming`, read
//! 2026-11-20).

use serde_json::{Value, json};

use super::http::Answer;
use super::{Does, Turn, pieces};

/// The answer to a `POST /v1/responses`.
pub(super) fn answer(turn: &Turn<'_>) -> Answer {
    let (thought, item) = (thought(turn), item(turn));
    let open = body(turn, "in_progress", &json!([]), &Value::Null);
    let done = body(turn, "completed", &json!([thought, item]), &usage(turn));
    if !turn.is_stream {
        return Answer::Json { status: 200, body: done };
    }
    let mut events = Events::default();
    events.add("response.created", json!({"response": open}));
    events.add("response.in_progress", json!({"response": open}));
    events.thought(&thought);
    events.item(&item);
    events.add("response.completed", json!({"response": done}));
    turn.stream(events.0)
}

fn thought(turn: &Turn<'_>) -> Value {
    let summary = json!([{"type": "summary_text", "text": "mock thought"}]);
    json!({"id": turn.id("rs_"), "type": "reasoning", "summary": summary})
}

fn item(turn: &Turn<'_>) -> Value {
    if let Does::Call { name, input, .. } = &turn.does {
        return json!({
            "id": turn.id("fc_"), "type": "function_call", "status": "completed", "call_id": turn.id("call_"),
            "name": name, "arguments": input.to_string(),
        });
    }
    let text = json!({"type": "output_text", "text": turn.text, "annotations": [], "logprobs": []});
    json!({
        "id": turn.id("msg_"), "type": "message", "status": "completed", "role": "assistant", "content": [text],
    })
}

fn usage(turn: &Turn<'_>) -> Value {
    let usage = turn.usage;
    json!({
        "input_tokens": usage.prompt(),
        "input_tokens_details": {"cached_tokens": usage.cache_read},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt() + usage.output,
    })
}

fn body(turn: &Turn<'_>, status: &str, output: &Value, usage: &Value) -> Value {
    json!({
        "id": turn.id("resp_"), "object": "response", "created_at": turn.now, "status": status, "error": null,
        "incomplete_details": null, "instructions": null, "max_output_tokens": null, "model": turn.model,
        "output": output, "parallel_tool_calls": true, "previous_response_id": null,
        "reasoning": {"effort": "medium", "summary": null}, "store": false, "temperature": 1.0,
        "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "top_p": 1.0,
        "truncation": "disabled", "usage": usage, "user": null, "metadata": {},
    })
}

/// The events so far; each has the number of those before it.
#[derive(Default)]
struct Events(Vec<(Option<&'static str>, String)>);

impl Events {
    fn add(&mut self, name: &'static str, mut content: Value) {
        content["type"] = json!(name);
        content["sequence_number"] = json!(self.0.len());
        self.0.push((Some(name), content.to_string()));
    }

    fn thought(&mut self, thought: &Value) {
        let mut empty = thought.clone();
        empty["summary"] = json!([]);
        let (id, part) = (&thought["id"], &thought["summary"][0]);
        let place = |rest: Value| {
            let mut place = json!({"item_id": id, "output_index": 0, "summary_index": 0});
            if let (Value::Object(place), Value::Object(rest)) = (&mut place, rest) {
                place.extend(rest);
            }
            place
        };
        self.add("response.output_item.added", json!({"output_index": 0, "item": empty}));
        let open = json!({"part": {"type": "summary_text", "text": ""}});
        self.add("response.reasoning_summary_part.added", place(open));
        self.add("response.reasoning_summary_text.delta", place(json!({"delta": part["text"]})));
        self.add("response.reasoning_summary_text.done", place(json!({"text": part["text"]})));
        self.add("response.reasoning_summary_part.done", place(json!({"part": part})));
        self.add("response.output_item.done", json!({"output_index": 0, "item": thought}));
    }

    fn item(&mut self, item: &Value) {
        let mut empty = item.clone();
        empty["status"] = json!("in_progress");
        if item["type"] == "function_call" {
            empty["arguments"] = json!("");
            self.add("response.output_item.added", json!({"output_index": 1, "item": empty}));
            self.arguments(item);
        } else {
            empty["content"] = json!([]);
            self.add("response.output_item.added", json!({"output_index": 1, "item": empty}));
            self.text(item);
        }
        self.add("response.output_item.done", json!({"output_index": 1, "item": item}));
    }

    fn arguments(&mut self, item: &Value) {
        let (id, arguments) = (&item["id"], item["arguments"].as_str().unwrap_or_default());
        for part in pieces(arguments) {
            let delta = json!({"item_id": id, "output_index": 1, "delta": part});
            self.add("response.function_call_arguments.delta", delta);
        }
        let done = json!({"item_id": id, "output_index": 1, "arguments": arguments});
        self.add("response.function_call_arguments.done", done);
    }

    fn text(&mut self, item: &Value) {
        let (id, part) = (&item["id"], &item["content"][0]);
        let text = part["text"].as_str().unwrap_or_default();
        let place = |name: &str, value: Value| json!({"item_id": id, "output_index": 1, "content_index": 0, "logprobs": [], name: value});
        let open = json!({"type": "output_text", "text": "", "annotations": [], "logprobs": []});
        self.add("response.content_part.added", place("part", open));
        for delta in pieces(text) {
            self.add("response.output_text.delta", place("delta", json!(delta)));
        }
        self.add("response.output_text.done", place("text", json!(text)));
        self.add("response.content_part.done", place("part", part.clone()));
    }
}
