//! Answers as vendors send them: the same content as a stream and whole, and what they cost.

use data_schema::{End, Quality};

use super::{EVENTS, Seen, tokens};
use crate::protocol::Protocol;

/// An answer.
pub(super) struct Vector {
    pub(super) name: &'static str,
    pub(super) protocol: Protocol,
    /// The content type of the stream.
    pub(super) kind: &'static str,
    pub(super) streamed: Vec<u8>,
    pub(super) whole: Vec<u8>,
    pub(super) wanted: Seen,
}

pub(super) const FRAMES: &str = "application/vnd.amazon.eventstream";

const USAGE: &str = r#"{"input_tokens":1001,"cache_creation_input_tokens":501,"cache_read_input_tokens":8001,"cache_creation":{"ephemeral_5m_input_tokens":400,"ephemeral_1h_input_tokens":101},"output_tokens":OUT,"service_tier":"priority","inference_geo":"us","server_tool_use":{"web_search_requests":2},"output_tokens_details":{"thinking_tokens":7}}"#;

pub(super) const CHAT: &str = r#"{"prompt_tokens":2001,"completion_tokens":71,"total_tokens":2072,"prompt_tokens_details":{"cached_tokens":1024,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":30,"audio_tokens":0}}"#;

const RESPONSES: &str = r#"{"input_tokens":2001,"input_tokens_details":{"cached_tokens":1024},"output_tokens":71,"output_tokens_details":{"reasoning_tokens":30},"total_tokens":2072}"#;

const GEMINI: &str = r#"{"promptTokenCount":3001,"candidatesTokenCount":81,"totalTokenCount":3112,"cachedContentTokenCount":512,"thoughtsTokenCount":20,"toolUsePromptTokenCount":10,"promptTokensDetails":[{"modality":"TEXT","tokenCount":2990},{"modality":"AUDIO","tokenCount":11}]}"#;

const CONVERSE: &str = r#"{"inputTokens":100,"outputTokens":20,"totalTokens":155,"cacheReadInputTokens":30,"cacheWriteInputTokens":5}"#;

/// A text that looks like what the meter searches for.
const TEXT: &str = "{ \\\"usage\\\": [ \\u00e9 \u{1f600}";

pub(super) fn all() -> Vec<Vector> {
    let mut all = Vec::from(texts());
    all.extend(geminis());
    all.extend(amazons());
    all
}

fn vector(
    name: &'static str,
    (protocol, kind): (Protocol, &'static str),
    streamed: impl Into<Vec<u8>>,
    whole: String,
    wanted: Seen,
) -> Vector {
    Vector { name, protocol, kind, streamed: streamed.into(), whole: whole.into_bytes(), wanted }
}

fn texts() -> [Vector; 3] {
    let messages = (Protocol::AnthropicMessages, EVENTS);
    let (chats, answers) = ((Protocol::OpenaiChat, EVENTS), (Protocol::OpenaiResponses, EVENTS));
    let response = response(TEXT, "completed");
    [
        vector("messages", messages, anthropic(TEXT), message(TEXT), anthropic_seen()),
        vector("chat", chats, chat(TEXT), chat_whole(TEXT), chat_seen()),
        vector("responses", answers, responses(TEXT), response, responses_seen()),
    ]
}

fn geminis() -> [Vector; 2] {
    let (events, list) = gemini(TEXT);
    let whole = format!(
        "{{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{TEXT}\"}}]}},\"finishReason\":\"STOP\",\"index\":0}}],\"usageMetadata\":{GEMINI},\"modelVersion\":\"gemini-2.5-pro\",\"responseId\":\"r-1\"}}"
    );
    let wrapped = format!("{{\"response\":{whole}}}");
    let json = (Protocol::GeminiGenerate, "application/json; charset=UTF-8");
    [
        vector("gemini", (Protocol::GeminiGenerate, EVENTS), events, whole, gemini_seen()),
        vector("gemini list", json, list, wrapped, gemini_seen()),
    ]
}

fn amazons() -> [Vector; 2] {
    let (invoked, conversed) =
        ((Protocol::BedrockInvoke, FRAMES), (Protocol::BedrockConverse, FRAMES));
    let whole = format!(
        "{{\"output\":{{\"message\":{{\"content\":[{{\"text\":\"{TEXT}\"}}]}}}},\"stopReason\":\"end_turn\",\"usage\":{CONVERSE},\"metrics\":{{\"latencyMs\":5}}}}"
    );
    let frames = invoke(&anthropic(TEXT));
    [
        vector("invoke", invoked, frames, message(TEXT), anthropic_seen()),
        vector("converse", conversed, converse(TEXT), whole, converse_seen()),
    ]
}

fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

fn message(text: &str) -> String {
    let usage = USAGE.replace("OUT", "41");
    format!(
        "{{\"id\":\"msg_01\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-opus-4-8\",\"content\":[{{\"type\":\"text\",\"text\":\"{text}\"}}],\"stop_reason\":\"end_turn\",\"usage\":{usage}}}"
    )
}

fn anthropic(text: &str) -> String {
    let usage =
        USAGE.replace("OUT", "1").replace(",\"output_tokens_details\":{\"thinking_tokens\":7}", "");
    let start = format!(
        "{{\"type\":\"message_start\",\"message\":{{\"id\":\"msg_01\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-opus-4-8\",\"content\":[],\"stop_reason\":null,\"usage\":{usage}}}}}"
    );
    let delta = format!(
        "{{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}}}"
    );
    [
        event("message_start", &start),
        event("content_block_start", r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#),
        event("ping", r#"{"type": "ping"}"#),
        event("content_block_delta", &delta),
        event("brand_new", r#"{"type":"brand_new","usage":null}"#),
        event("content_block_stop", r#"{"type":"content_block_stop","index":0}"#),
        event("message_delta", r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":20}}"#),
        event("message_delta", r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":1001,"cache_creation_input_tokens":501,"cache_read_input_tokens":0,"output_tokens":41,"output_tokens_details":{"thinking_tokens":7}}}"#),
        event("message_stop", r#"{"type":"message_stop"}"#),
    ]
    .concat()
}

fn anthropic_seen() -> Seen {
    Seen {
        response: Some("msg_01".to_owned()),
        model: Some("claude-opus-4-8".into()),
        input_tokens: tokens(1001),
        cache_read_tokens: tokens(8001),
        cache_creation_tokens: tokens(501),
        cache_creation_1h_tokens: tokens(101),
        output_tokens: tokens(41),
        reasoning_tokens: tokens(7),
        web_searches: Some(2),
        tier: Some("priority".into()),
        region: Some("us".into()),
        ..Seen::default()
    }
}

fn chat(text: &str) -> String {
    let head = r#""id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-5","service_tier":"default""#;
    let choice = |delta: &str, reason: &str| {
        format!(
            "data: {{{head},\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{reason}}}],\"usage\":null}}\n\n"
        )
    };
    [
        choice("{\"role\":\"assistant\",\"content\":\"\"}", "null"),
        ": keep-alive\n\n".to_owned(),
        choice(&format!("{{\"content\":\"{text}\"}}"), "null"),
        choice("{}", "\"stop\""),
        format!("data: {{{head},\"choices\":[],\"usage\":{CHAT}}}\n\n"),
        "data: [DONE]\n\n".to_owned(),
    ]
    .concat()
}

fn chat_whole(text: &str) -> String {
    format!(
        "{{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"gpt-5\",\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{text}\"}},\"finish_reason\":\"stop\"}}],\"usage\":{CHAT}}}"
    )
}

fn chat_seen() -> Seen {
    Seen {
        response: Some("chatcmpl-1".to_owned()),
        model: Some("gpt-5".into()),
        input_tokens: tokens(977),
        cache_read_tokens: tokens(1024),
        output_tokens: tokens(71),
        reasoning_tokens: tokens(30),
        audio_tokens: tokens(0),
        ..Seen::default()
    }
}

pub(super) fn response(text: &str, status: &str) -> String {
    let is_begun = status == "in_progress";
    let output = if is_begun {
        String::new()
    } else {
        format!(
            "{{\"type\":\"reasoning\",\"summary\":[]}},{{\"type\":\"web_search_call\",\"action\":{{\"type\":\"search\",\"query\":\"q\"}}}},{{\"type\":\"web_search_call\",\"action\":{{\"type\":\"open_page\"}}}},{{\"type\":\"message\",\"content\":[{{\"type\":\"output_text\",\"text\":\"{text}\"}}]}}"
        )
    };
    let usage = if is_begun { "null" } else { RESPONSES };
    format!(
        "{{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"{status}\",\"error\":null,\"model\":\"gpt-5\",\"output\":[{output}],\"service_tier\":\"flex\",\"usage\":{usage}}}"
    )
}

pub(super) fn responses_events(text: &str) -> Vec<(&'static str, String)> {
    let with = |kind: &str, status: &str| {
        format!(
            "{{\"type\":\"{kind}\",\"sequence_number\":1,\"response\":{}}}",
            response(text, status)
        )
    };
    vec![
        ("response.created", with("response.created", "in_progress")),
        (
            "codex.rate_limits",
            r#"{"type":"codex.rate_limits","model":"no","rate_limits":{}}"#.to_owned(),
        ),
        (
            "response.output_text.delta",
            format!("{{\"type\":\"response.output_text.delta\",\"delta\":\"{text}\"}}"),
        ),
        (
            "response.output_item.done",
            r#"{"type":"response.output_item.done","item":{"id":"x"},"response":{"id":"no"}}"#
                .to_owned(),
        ),
        ("response.completed", with("response.completed", "completed")),
    ]
}

fn responses(text: &str) -> String {
    responses_events(text).iter().map(|(name, data)| event(name, data)).collect()
}

pub(super) fn responses_seen() -> Seen {
    Seen {
        response: Some("resp_1".to_owned()),
        model: Some("gpt-5".into()),
        input_tokens: tokens(977),
        cache_read_tokens: tokens(1024),
        output_tokens: tokens(71),
        reasoning_tokens: tokens(30),
        web_searches: Some(1),
        tier: Some("flex".into()),
        ..Seen::default()
    }
}

/// As events, and as a list that arrives in pieces.
fn gemini(text: &str) -> (String, String) {
    let part = |rest: &str| {
        format!(
            "{{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}]}},\"index\":0{rest},\"modelVersion\":\"gemini-2.5-pro\",\"responseId\":\"r-1\"}}"
        )
    };
    let parts = [
        part("}],\"usageMetadata\":{\"promptTokenCount\":512,\"totalTokenCount\":512}"),
        part(
            "}],\"usageMetadata\":{\"promptTokenCount\":512,\"candidatesTokenCount\":40,\"totalTokenCount\":552}",
        ),
        part(&format!(",\"finishReason\":\"STOP\"}}],\"usageMetadata\":{GEMINI}")),
    ];
    let events: Vec<String> = parts.iter().map(|part| format!("data:{part}\r\n\r\n")).collect();
    let events = events.concat();
    (events, format!("[{}\n]", parts.join("\n,\r\n")))
}

fn gemini_seen() -> Seen {
    Seen {
        response: Some("r-1".to_owned()),
        model: Some("gemini-2.5-pro".into()),
        input_tokens: tokens(3001 + 10 - 512),
        cache_read_tokens: tokens(512),
        output_tokens: tokens(101),
        reasoning_tokens: tokens(20),
        audio_tokens: tokens(11),
        ..Seen::default()
    }
}

/// A frame with its check sums.
pub(super) fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(u8::try_from(name.len()).unwrap());
        head.extend_from_slice(name.as_bytes());
        head.push(7);
        head.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    let sum = |bytes: &[u8]| {
        let mut sum = flate2::Crc::new();
        sum.update(bytes);
        sum.sum().to_be_bytes()
    };
    let mut frame = Vec::new();
    frame.extend_from_slice(&u32::try_from(head.len() + payload.len() + 16).unwrap().to_be_bytes());
    frame.extend_from_slice(&u32::try_from(head.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&sum(&frame));
    frame.extend_from_slice(&head);
    frame.extend_from_slice(payload);
    frame.extend_from_slice(&sum(&frame));
    frame
}

pub(super) fn event_frame(kind: &str, payload: &str) -> Vec<u8> {
    let headers = [(":message-type", "event"), (":event-type", kind), (":content-type", JSON)];
    frame(&headers, payload.as_bytes())
}

const JSON: &str = "application/json";

/// The events of a stream, each in a frame of its own.
fn invoke(events: &str) -> Vec<u8> {
    let inner = events.lines().filter_map(|line| line.strip_prefix("data: "));
    let frames = inner.map(|data| {
        let bytes = data_encoding::BASE64.encode(data.as_bytes());
        event_frame("chunk", &format!("{{\"bytes\":\"{bytes}\",\"p\":\"abcd\"}}"))
    });
    frames.collect::<Vec<_>>().concat()
}

fn converse(text: &str) -> Vec<u8> {
    [
        event_frame("messageStart", r#"{"role":"assistant"}"#),
        event_frame(
            "contentBlockDelta",
            &format!("{{\"contentBlockIndex\":0,\"delta\":{{\"text\":\"{text}\"}}}}"),
        ),
        event_frame("contentBlockStop", r#"{"contentBlockIndex":0}"#),
        event_frame("messageStop", r#"{"stopReason":"end_turn"}"#),
        event_frame(
            "metadata",
            &format!("{{\"usage\":{CONVERSE},\"metrics\":{{\"latencyMs\":5}}}}"),
        ),
    ]
    .concat()
}

fn converse_seen() -> Seen {
    Seen {
        input_tokens: tokens(100),
        cache_read_tokens: tokens(30),
        cache_creation_tokens: tokens(5),
        output_tokens: tokens(20),
        quality: Quality::Exact,
        end: End::Complete,
        ..Seen::default()
    }
}
