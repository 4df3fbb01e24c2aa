//! Usage in the ledger is what the upstream told, whatever was spoken; and what the client sees is what it would have
//! seen without the proxy.

use data_schema::{End, LedgerEntry, Quality, Tokens};

use crate::support::{Answer, Mock, Running};

fn counts(entry: &LedgerEntry) -> [Option<u64>; 5] {
    [
        entry.input_tokens,
        entry.cache_read_tokens,
        entry.cache_creation_tokens,
        entry.output_tokens,
        entry.reasoning_tokens,
    ]
    .map(|count| count.map(Tokens::get))
}

async fn one(path: &str, asked: &str, answer: Answer) -> LedgerEntry {
    let wanted: Vec<u8> = answer.pieces.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
    let mock = Mock::start(move |_| answer.clone()).await;
    let proxy = Running::before(&mock).await;
    let answer = proxy.post(path, asked.to_owned()).await;
    assert_eq!(answer.body().as_ref(), wanted, "{path}");
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    entry.clone()
}

const MESSAGE: &str = r#"{"id":"msg_01ABCDEFGHIJKLMNOPQRSTUV","type":"message","model":"claude-opus-4-8","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1001,"cache_creation_input_tokens":501,"cache_read_input_tokens":8001,"output_tokens":41}}"#;

#[tokio::test]
async fn messages_cost_the_same_streamed_or_not() {
    let asked = r#"{"model":"claude-opus-4-8","stream":true,"metadata":{"user_id":"user_a_account_b_session_s-1"}}"#;
    let events = [
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_01ABCDEFGHIJKLMNOPQRSTUV\",\"model\":\"claude-opus-4-8\",\"usage\":{\"input_tokens\":1001,\"cache_creation_input_tokens\":501,\"cache_read_input_tokens\":8001,\"output_tokens\":1}}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"x\"}}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":41}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    ];
    let streamed = one("/v1/messages", asked, Answer::events(&events)).await;
    let whole = one("/v1/messages", asked, Answer::whole("application/json", MESSAGE)).await;
    for entry in [&streamed, &whole] {
        assert_eq!(counts(entry), [Some(1001), Some(8001), Some(501), Some(41), None]);
        assert_eq!((entry.end, entry.quality), (End::Complete, Quality::Exact));
        assert!(entry.session.is_some() && entry.account.is_some());
    }
    assert_eq!(streamed.id(), whole.id());
    let cut = one("/v1/messages", asked, Answer::events(&events[..2])).await;
    assert_eq!((cut.end, cut.quality), (End::Truncated, Quality::Partial));
}

const CHUNK: &str = "data: {\"id\":\"c\",\"model\":\"gpt-5\",\"choices\":[{\"delta\":{\"content\":\"\u{e9}\"},\"finish_reason\":null}]}\n\n";
const STOP: &str = "data: {\"id\":\"c\",\"model\":\"gpt-5\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str = "data: {\"id\":\"c\",\"model\":\"gpt-5\",\"choices\":[],\"usage\":{\"prompt_tokens\":2001,\"completion_tokens\":71,\"prompt_tokens_details\":{\"cached_tokens\":1024},\"completion_tokens_details\":{\"reasoning_tokens\":30}}}\n\n";
const DONE: &str = "data: [DONE]\n\n";
const CHAT: [Option<u64>; 5] = [Some(977), Some(1024), None, Some(71), Some(30)];

#[tokio::test]
async fn usage_of_a_chat_stream_is_asked_for_and_taken_out_again() {
    let mock = Mock::start(|asked| {
        let is_asked = memchr::memmem::find(&asked.body, b"\"include_usage\":true").is_some();
        let events: &[&str] =
            if is_asked { &[CHUNK, STOP, USAGE, DONE] } else { &[CHUNK, STOP, DONE] };
        Answer::events(events)
    })
    .await;
    let proxy = Running::before(&mock).await;
    let plain = "{\"model\":\"gpt-5\",\"stream\":true,\"messages\":[] }";
    let answer = proxy.post("/v1/chat/completions", plain).await;
    assert_eq!(answer.body(), &[CHUNK, STOP, DONE].concat());
    let sent = &mock.arrived()[0];
    let asking = "{\"model\":\"gpt-5\",\"stream\":true,\"messages\":[] ,\"stream_options\":{\"include_usage\":true}}";
    assert_eq!(sent.body, asking);
    assert_eq!(sent.headers["content-length"], asking.len().to_string());
    // Who asks for it gets it.
    let answer = proxy.post("/v1/chat/completions", asking).await;
    assert_eq!(answer.body(), &[CHUNK, STOP, USAGE, DONE].concat());
    assert_eq!(mock.arrived()[1].body, asking);
    let entries = proxy.ledger(2).await;
    for entry in &entries {
        assert_eq!(counts(entry), CHAT);
        assert_eq!((entry.end, entry.quality), (End::Complete, Quality::Exact));
    }
}

#[tokio::test]
async fn the_other_protocols_are_metered_as_well() {
    let chat = r#"{"id":"c","choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":2001,"completion_tokens":71,"prompt_tokens_details":{"cached_tokens":1024},"completion_tokens_details":{"reasoning_tokens":30}}}"#;
    let entry = one("/v1/chat/completions", "{}", Answer::whole("application/json", chat)).await;
    assert_eq!(counts(&entry), CHAT);
    let response = r#"{"id":"resp_1","model":"gpt-5","status":"completed","usage":{"input_tokens":2001,"input_tokens_details":{"cached_tokens":1024},"output_tokens":71,"output_tokens_details":{"reasoning_tokens":30}}}"#;
    let event = format!(
        "event: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":{response}}}\n\n"
    );
    let entry = one("/v1/responses", "{\"stream\":true}", Answer::events(&[&event])).await;
    assert_eq!((counts(&entry), entry.response.as_deref()), (CHAT, Some("resp_1")));
    let entry = one("/v1/responses", "{}", Answer::whole("application/json", response)).await;
    assert_eq!(counts(&entry), CHAT);
    let gemini = r#"{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3001,"cachedContentTokenCount":512,"candidatesTokenCount":81,"thoughtsTokenCount":20,"totalTokenCount":3102},"modelVersion":"gemini-2.5-pro"}"#;
    let wanted = [Some(2489), Some(512), None, Some(101), Some(20)];
    let path = "/v1beta/models/gemini-2.5-pro:streamGenerateContent";
    let event = format!("data: {gemini}\r\n\r\n");
    let entry = one(&format!("{path}?alt=sse"), "{}", Answer::events(&[&event])).await;
    assert_eq!(counts(&entry), wanted);
    let list = Answer::whole("application/json", format!("[{gemini}\n]"));
    let entry = one(path, "{}", list).await;
    assert_eq!((counts(&entry), entry.model.as_deref()), (wanted, Some("gemini-2.5-pro")));
}
