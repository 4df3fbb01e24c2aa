//! Gemini `generateContent` (<https://ai.google.dev/api/generate-content>, read 2026-11-20).

use serde_json::{Value, json};

use super::http::Answer;
use super::{Does, Turn, pieces};

/// The answer to a `POST …/models/MODEL:generateContent` or `:streamGenerateContent`.
pub(super) fn answer(turn: &Turn<'_>, is_events: bool) -> Answer {
    let parts: Vec<Value> = match &turn.does {
        Does::Call { name, input, .. } => {
            vec![json!([{"functionCall": {"name": name, "args": input}}])]
        }
        _ => pieces(&turn.text).map(|part| json!([{"text": part}])).collect(),
    };
    if !turn.is_stream {
        let whole = match &turn.does {
            Does::Call { .. } => parts[0].clone(),
            _ => json!([{"text": turn.text}]),
        };
        return Answer::Json { status: 200, body: chunk(turn, &whole, true, 0) };
    }
    let last = parts.len() - 1;
    let chunks = parts.iter().enumerate();
    let chunks: Vec<Value> =
        chunks.map(|(index, part)| chunk(turn, part, index == last, index)).collect();
    if is_events {
        let events = chunks.iter().map(|chunk| (None, chunk.to_string()));
        return turn.stream(events.collect());
    }
    Answer::Json { status: 200, body: Value::Array(chunks) }
}

/// A piece of the answer; those before the last tell what there is so far.
fn chunk(turn: &Turn<'_>, parts: &Value, is_last: bool, index: usize) -> Value {
    let usage = turn.usage;
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    let mut told = json!({
        "promptTokenCount": usage.prompt(), "cachedContentTokenCount": usage.cache_read,
        "candidatesTokenCount": index + 1, "totalTokenCount": usage.prompt() + index as u64 + 1,
    });
    if is_last {
        candidate["finishReason"] = json!("STOP");
        told["candidatesTokenCount"] = json!(usage.visible());
        told["thoughtsTokenCount"] = json!(usage.reasoning);
        told["totalTokenCount"] = json!(usage.prompt() + usage.output);
        told["promptTokensDetails"] = json!([{"modality": "TEXT", "tokenCount": usage.prompt()}]);
        told["cacheTokensDetails"] = json!([{"modality": "TEXT", "tokenCount": usage.cache_read}]);
    }
    json!({
        "candidates": [candidate], "usageMetadata": told, "modelVersion": turn.model,
        "responseId": turn.id(""),
    })
}
