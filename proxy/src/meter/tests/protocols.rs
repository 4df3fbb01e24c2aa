//! What vendors do otherwise: usage late, missing, `null`, twice; errors; numbers that contradict each other.

use data_schema::{End, Quality};

use super::vectors::CHAT;
use super::{EVENTS, JSON, Seen, answer, seen, tokens};
use crate::protocol::Protocol;

fn chat(events: &[&str]) -> Seen {
    let body: Vec<String> = events.iter().map(|data| format!("data: {data}\n\n")).collect();
    let body = body.concat();
    seen(Protocol::OpenaiChat, EVENTS, body)
}

const STOP: &str = r#"{"id":"c","choices":[{"delta":{},"finish_reason":"stop"}]}"#;

fn whole(usage: &str) -> Seen {
    let body =
        format!("{{\"id\":\"c\",\"choices\":[{{\"finish_reason\":\"stop\"}}],\"usage\":{usage}}}");
    seen(Protocol::OpenaiChat, JSON, body)
}

#[test]
fn usage_may_come_anywhere_and_the_last_counts() {
    let usage = format!("{{\"choices\":[],\"usage\":{CHAT}}}");
    let early = r#"{"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":2001,"completion_tokens":1,"total_tokens":2002}}"#;
    let zero = r#"{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"cost":0.0125}}"#;
    let cost = r#"{"choices":[],"usage":{"cost":"0.0125"}}"#;
    let null = r#"{"choices":[],"usage":null}"#;
    let groq = format!("{{\"choices\":[],\"x_groq\":{{\"id\":\"q\",\"usage\":{CHAT}}}}}");
    let plain = chat(&[&usage, STOP]);
    assert_eq!((plain.input_tokens, plain.output_tokens), (tokens(977), tokens(71)));
    assert_eq!((plain.end, plain.quality), (End::Complete, Quality::Exact));
    for events in [
        vec![early, STOP, &usage, "[DONE]"],
        vec![early, &usage, STOP, null],
        vec![STOP, &usage, &usage, "[DONE]"],
        vec![STOP, &groq],
    ] {
        assert_eq!(chat(&events), plain, "{events:?}");
    }
    for last in [zero, cost] {
        let told = chat(&[early, STOP, &usage, last]);
        assert_eq!(told, Seen { cost: Some("0.0125".into()), ..plain.clone() });
    }
    let none = chat(&[STOP, "[DONE]"]);
    assert_eq!((none.input_tokens, none.output_tokens, none.end), (None, None, End::Complete));
}

#[test]
fn caches_have_many_names() {
    let cases = [
        r#"{"prompt_tokens":100,"completion_tokens":5,"prompt_cache_hit_tokens":60,"prompt_cache_miss_tokens":40}"#,
        r#"{"prompt_tokens":100,"completion_tokens":5,"cached_tokens":60}"#,
        r#"{"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":60},"prompt_cache_hit_tokens":60}"#,
        r#"{"prompt_tokens":100,"completion_tokens":5,"cache_read_input_tokens":60}"#,
    ];
    for usage in cases {
        let told = whole(usage);
        assert_eq!(
            (told.input_tokens, told.cache_read_tokens),
            (tokens(40), tokens(60)),
            "{usage}"
        );
        assert_eq!((told.cache_creation_tokens, told.reasoning_tokens), (None, None), "{usage}");
    }
    for name in ["cache_write_tokens", "cache_creation_input_tokens"] {
        let told = whole(&format!(
            "{{\"prompt_tokens\":100,\"prompt_tokens_details\":{{\"cached_tokens\":60,\"{name}\":30}}}}"
        ));
        assert_eq!(
            (told.input_tokens, told.cache_creation_tokens),
            (tokens(10), tokens(30)),
            "{name}"
        );
    }
}

#[test]
fn the_sum_says_what_the_numbers_contain() {
    // Reasoning beside the output, as xAI tells it, and caches beside the prompt.
    let told = whole(
        r#"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":125,"completion_tokens_details":{"reasoning_tokens":20}}"#,
    );
    assert_eq!((told.output_tokens, told.reasoning_tokens), (tokens(25), tokens(20)));
    let told = whole(
        r#"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":165,"cached_tokens":60}"#,
    );
    assert_eq!((told.input_tokens, told.cache_read_tokens), (tokens(100), tokens(60)));
    assert_eq!(told.quality, Quality::Exact);
}

#[test]
fn contradictions_are_cut_and_marked() {
    let told = whole(
        r#"{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":60},"completion_tokens_details":{"reasoning_tokens":9}}"#,
    );
    assert_eq!((told.input_tokens, told.reasoning_tokens), (tokens(0), tokens(5)));
    assert_eq!(told.quality, Quality::Partial);
    let told = whole(r#"{"prompt_tokens":-4,"completion_tokens":1e30}"#);
    assert_eq!((told.input_tokens, told.output_tokens), (tokens(0), None));
    assert_eq!(told.quality, Quality::Partial);
    let body = r#"{"id":"r","status":"completed","usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":60},"output_tokens":3}}"#;
    let told = seen(Protocol::OpenaiResponses, JSON, body);
    assert_eq!((told.input_tokens, told.cache_read_tokens), (tokens(0), tokens(10)));
    assert_eq!(told.quality, Quality::Partial);
}

#[test]
fn an_explicit_zero_is_a_value_and_nothing_is_none() {
    let told = whole(
        r#"{"prompt_tokens":0,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":0}}"#,
    );
    assert_eq!((told.input_tokens, told.cache_read_tokens), (tokens(0), tokens(0)));
    let told = whole(r#"{"prompt_tokens":7,"total_tokens":7}"#);
    assert_eq!((told.input_tokens, told.output_tokens, told.total_tokens), (tokens(7), None, None));
    assert_eq!(whole(r#"{"total_tokens":7}"#).total_tokens, tokens(7));
    let embeddings = r#"{"object":"list","data":[{"embedding":[0.1,-2e-3]}],"model":"e","usage":{"prompt_tokens":8,"total_tokens":8}}"#;
    let told = seen(Protocol::OpenaiEmbeddings, JSON, embeddings);
    assert_eq!((told.input_tokens, told.model.as_deref()), (tokens(8), Some("e")));
    assert_eq!((told.end, told.quality), (End::Complete, Quality::Exact));
}

#[test]
fn completions_tell_usage_as_chat_does() {
    let usage = r#"{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11}"#;
    let body = format!(
        "{{\"id\":\"cmpl-1\",\"model\":\"m\",\"choices\":[{{\"text\":\"x\",\"finish_reason\":\"stop\"}}],\"usage\":{usage}}}"
    );
    let events = format!(
        "data: {{\"id\":\"cmpl-1\",\"model\":\"m\",\"choices\":[{{\"text\":\"x\",\"finish_reason\":\"stop\"}}]}}\r\rdata:{{\"id\":\"cmpl-1\",\"model\":\"\",\"choices\":[],\"usage\":{usage}}}\r\rdata: [DONE]"
    );
    let told = seen(Protocol::OpenaiCompletions, JSON, body);
    assert_eq!(told.input_tokens, tokens(5));
    assert_eq!(seen(Protocol::OpenaiCompletions, EVENTS, events), told);
}

#[test]
fn errors_are_named_and_no_tokens_invented() {
    let cases = [
        (
            Protocol::AnthropicMessages,
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#,
            "overloaded_error",
        ),
        (
            Protocol::OpenaiChat,
            429,
            r#"{"error":{"message":"m","type":"requests","code":"rate_limit_exceeded"}}"#,
            "requests",
        ),
        (
            Protocol::OpenaiChat,
            429,
            r#"{"error":{"message":"m","type":null,"code":"slow"}}"#,
            "slow",
        ),
        (
            Protocol::OpenaiResponses,
            503,
            r#"{"error":{"type":"server_error","code":"server_is_overloaded"}}"#,
            "server_is_overloaded",
        ),
        (
            Protocol::GeminiGenerate,
            429,
            r#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]"#,
            "RESOURCE_EXHAUSTED",
        ),
        (
            Protocol::BedrockConverse,
            400,
            r#"{"__type":"ValidationException","message":"m"}"#,
            "ValidationException",
        ),
    ];
    for (protocol, status, body, error) in cases {
        let mut meter = answer(protocol, status, &[("content-type", JSON)]);
        meter.feed(body.as_bytes());
        let told = meter.finish(true);
        let wanted = Seen { error: Some(error.into()), end: End::UpstreamError, ..Seen::default() };
        assert_eq!(told, wanted, "{body}");
    }
    let mut page = answer(Protocol::OpenaiChat, 502, &[("content-type", "text/html")]);
    page.feed(b"<html>data: bad\n\ngateway</html>");
    assert_eq!(page.finish(true), Seen { end: End::UpstreamError, ..Seen::default() });
    // Usage in the body of an error is billed.
    let mut meter = answer(Protocol::OpenaiChat, 500, &[]);
    meter.feed(format!("{{\"error\":{{\"type\":\"x\"}},\"usage\":{CHAT}}}").as_bytes());
    let told = meter.finish(true);
    assert_eq!((told.input_tokens, told.quality), (tokens(977), Quality::Exact));
}

#[test]
fn errors_inside_of_a_stream_end_it() {
    let start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n";
    let error =
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n";
    let told = seen(Protocol::AnthropicMessages, EVENTS, format!("{start}{error}"));
    assert_eq!((told.error.as_deref(), told.end), (Some("overloaded_error"), End::UpstreamError));
    assert_eq!((told.input_tokens, told.quality), (tokens(9), Quality::Partial));
    let told = chat(&[
        r#"{"id":"c","choices":[{"delta":{}}]}"#,
        r#"{"error":{"message":"m","type":"server_error"}}"#,
    ]);
    assert_eq!((told.error.as_deref(), told.end), (Some("server_error"), End::UpstreamError));
    let failed = "data: {\"type\":\"response.failed\",\"response\":{\"id\":\"r\",\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\"},\"usage\":null}}\n\n";
    let told = seen(Protocol::OpenaiResponses, EVENTS, failed);
    assert_eq!(
        (told.error.as_deref(), told.end),
        (Some("rate_limit_exceeded"), End::UpstreamError)
    );
    let incomplete = "data: {\"type\":\"response.incomplete\",\"response\":{\"id\":\"r\",\"status\":\"incomplete\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\n\n";
    let told = seen(Protocol::OpenaiResponses, EVENTS, incomplete);
    assert_eq!(
        (told.output_tokens, told.end, told.quality),
        (tokens(2), End::Complete, Quality::Exact)
    );
    let blocked = "data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"promptTokenCount\":4}}\n\n";
    let told = seen(Protocol::GeminiGenerate, EVENTS, blocked);
    assert_eq!(
        (told.input_tokens, told.end, told.quality),
        (tokens(4), End::Complete, Quality::Exact)
    );
}

#[test]
fn events_are_read_however_they_are_written() {
    let data =
        format!("{{\"id\":\"c\",\"choices\":[{{\"finish_reason\":\"stop\"}}],\n\"usage\":{CHAT}}}");
    let plain = seen(Protocol::OpenaiChat, JSON, &data);
    assert_eq!(plain.input_tokens, tokens(977));
    let lines: Vec<&str> = data.lines().collect();
    for end in ["\n", "\r", "\r\n"] {
        for colon in ["data:", "data: "] {
            let event: Vec<String> =
                lines.iter().map(|line| format!("{colon}{line}{end}")).collect();
            let event = event.concat();
            for before in ["", "\u{feff}", ": hi\r\n\r\n", "id: 7\nretry: 5\ndatum: x\nevent\n"] {
                for last in ["", end] {
                    let body = format!("{before}{event}{last}");
                    assert_eq!(seen(Protocol::OpenaiChat, EVENTS, &body), plain, "{body:?}");
                }
            }
        }
    }
    // Servers are wrong about what they send.
    assert_eq!(seen(Protocol::OpenaiChat, JSON, format!("data: {}\n\n", lines.concat())), plain);
    assert_eq!(seen(Protocol::OpenaiChat, EVENTS, &data), plain);
}

#[test]
fn fast_answers_and_no_place_are_told_as_in_the_log() {
    let body = r#"{"id":"m","type":"message","model":"x","usage":{"input_tokens":1,"output_tokens":2,"speed":"fast","service_tier":"standard","inference_geo":"not_available","server_tool_use":{"web_search_requests":0},"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4}}}"#;
    let told = seen(Protocol::AnthropicMessages, JSON, body);
    assert_eq!(told.tier.as_deref(), Some("fast"));
    assert_eq!((told.region, told.web_searches), (None, None));
    assert_eq!((told.cache_creation_tokens, told.cache_creation_1h_tokens), (tokens(7), tokens(4)));
    assert_eq!(told.quality, Quality::Exact);
}
