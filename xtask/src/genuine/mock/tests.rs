use std::io::{Read, Write};

use super::*;

/// Sends a request and reads all of the answer; the body with its frames taken off.
fn ask(mock: &Mock, path: &str, body: &Value) -> (String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", mock.port)).unwrap();
    let body = body.to_string();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The contents of a stream's events.
fn events(body: &str) -> Vec<Value> {
    let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn mock() -> Mock {
    Mock::start(&[("title generator", "title")]).unwrap()
}

fn shell(wire: Wire) -> Value {
    let schema = json!({
        "type": "object", "required": ["command", "why"],
        "properties": {"command": {"type": "string"}, "why": {"type": "string"}, "else": {"type": "string"}},
    });
    match wire {
        Wire::Messages => json!([{"name": "Bash", "input_schema": schema}]),
        Wire::Chat => {
            json!([{"type": "function", "function": {"name": "bash", "parameters": schema}}])
        }
        Wire::Responses => json!([{"type": "function", "name": "shell", "parameters": schema}]),
        Wire::Gemini => {
            json!([{"functionDeclarations": [{"name": "run_shell_command", "parameters": schema}]}])
        }
    }
}

#[test]
fn an_answer_and_its_stream_tell_the_usage_that_is_noted() {
    let mock = mock();
    mock.begin("plain", false);
    let body = json!({"model": "claude-x", "messages": []});
    let (_, whole) = ask(&mock, "/v1/messages?beta=true", &body);
    let whole: Value = serde_json::from_str(&whole).unwrap();
    let streamed = json!({"model": "claude-x", "messages": [], "stream": true});
    let events = events(&ask(&mock, "/v1/messages", &streamed).1);
    let (served, unknown) = mock.served();
    assert!(unknown.is_empty() && served.len() == 2);
    for (answer, told) in served.iter().zip([&whole["usage"], &events[events.len() - 2]["usage"]]) {
        let usage = answer.usage;
        assert_eq!((answer.model.as_str(), answer.run.as_str()), ("claude-x", "plain"));
        assert_eq!(told["input_tokens"], usage.input);
        assert_eq!(told["cache_read_input_tokens"], usage.cache_read);
        assert_eq!(told["cache_creation_input_tokens"], usage.cache_creation);
        assert_eq!(told["output_tokens"], usage.output);
    }
    assert_eq!(events[0]["message"]["usage"]["output_tokens"], 1);
    assert_ne!(whole["id"], events[0]["message"]["id"]);
}

#[test]
fn prompts_of_openai_and_google_contain_what_was_cached() {
    let mock = mock();
    let stream = json!({"model": "m", "stream": true, "stream_options": {"include_usage": true}});
    let chat = events(&ask(&mock, "/v1/chat/completions", &stream).1);
    let responses = events(&ask(&mock, "/v1/responses", &stream).1);
    let path = "/v1beta/models/gemini-x:streamGenerateContent?alt=sse";
    let gemini = events(&ask(&mock, path, &json!({})).1);
    let (served, _) = mock.served();
    let [one, two, three] = [0, 1, 2].map(|index| served[index].usage);
    let told = &chat[chat.len() - 1]["usage"];
    assert_eq!(told["prompt_tokens"], one.prompt());
    assert_eq!(told["completion_tokens"], one.output);
    assert_eq!(told["completion_tokens_details"]["reasoning_tokens"], one.reasoning);
    let told = &responses[responses.len() - 1]["response"]["usage"];
    assert_eq!(told["input_tokens"], two.prompt());
    assert_eq!(told["input_tokens_details"]["cached_tokens"], two.cache_read);
    let told = &gemini[gemini.len() - 1]["usageMetadata"];
    assert_eq!(told["promptTokenCount"], three.prompt());
    assert_eq!(told["candidatesTokenCount"], three.visible());
    assert_eq!(told["thoughtsTokenCount"], three.reasoning);
    assert_eq!((served[2].wire, served[2].model.as_str()), (Wire::Gemini, "gemini-x"));
}

#[test]
fn a_chat_stream_tells_its_usage_only_to_those_who_ask() {
    let mock = mock();
    let (_, body) = ask(&mock, "/v1/chat/completions", &json!({"model": "m", "stream": true}));
    assert!(!body.contains("prompt_tokens") && body.contains("[DONE]"));
}

#[test]
fn a_cut_stream_ends_before_its_usage_and_is_noted() {
    let mock = mock();
    mock.begin("cut", true);
    let stream = json!({"model": "m", "stream": true, "stream_options": {"include_usage": true}});
    for path in ["/v1/chat/completions", "/v1/responses"] {
        let (_, body) = ask(&mock, path, &stream);
        assert!(!body.contains("total_tokens"), "{path}");
        assert!(!body.ends_with("0\r\n\r\n"), "{path}");
    }
    let (_, whole) = ask(&mock, "/v1/chat/completions", &json!({"model": "m"}));
    assert!(whole.contains("total_tokens"));
    let (served, _) = mock.served();
    assert_eq!(served.iter().map(|one| one.is_cut).collect::<Vec<_>>(), [true, true, false]);
    let told: Vec<Option<Usage>> = served.iter().map(|one| one.told).collect();
    assert_eq!(told, [None, None, Some(served[2].usage)]);
}

#[test]
fn what_was_told_before_a_cut_is_noted() {
    let mock = mock();
    mock.begin("cut", true);
    ask(&mock, "/v1/messages", &json!({"model": "m", "stream": true}));
    ask(&mock, "/v1beta/models/g:streamGenerateContent?alt=sse", &json!({}));
    mock.begin("whole", false);
    ask(&mock, "/v1/messages", &json!({"model": "m", "stream": true}));
    ask(&mock, "/v1/responses", &json!({"model": "m", "stream": true}));
    ask(&mock, "/v1beta/models/g:streamGenerateContent", &json!({}));
    let (served, _) = mock.served();
    let usage = served[0].usage;
    assert_eq!(served[0].told, Some(Usage { output: 1, ..usage }));
    let usage = served[1].usage;
    assert_eq!(served[1].told, Some(Usage { output: 2, reasoning: 0, ..usage }));
    for answer in &served[2..] {
        assert_eq!(answer.told, Some(answer.usage), "{:?}", answer.wire);
    }
}

#[test]
fn a_word_in_the_prompt_makes_one_call_of_the_clients_shell() {
    let asks = [
        (Wire::Messages, "/v1/messages", "messages", "tool_result"),
        (Wire::Responses, "/v1/responses", "input", "function_call_output"),
        (Wire::Gemini, "/v1beta/models/g:generateContent", "contents", "functionResponse"),
    ];
    let mock = mock();
    for (wire, path, place, result) in asks {
        let mut body =
            json!({"model": "m", "tools": shell(wire), place: "please USETOOL USEMULTI"});
        let (_, answer) = ask(&mock, path, &body);
        assert!(answer.contains("echo tool-ran") && !answer.contains("number"), "{answer}");
        assert!(answer.contains("why") && !answer.contains("else"), "{answer}");
        body[place] = json!(["please USETOOL", {result: result}]);
        let (_, answer) = ask(&mock, path, &body);
        assert!(answer.contains("the answer of the mock"), "{answer}");
    }
    let mut body = json!({"model": "m", "tools": shell(Wire::Chat), "messages": "USETOOL"});
    assert!(ask(&mock, "/v1/chat/completions", &body).1.contains("tool_calls"));
    body["stream"] = json!(true);
    assert!(ask(&mock, "/v1/chat/completions", &body).1.contains("tool_calls"));
    body["messages"] = json!([{"role": "tool"}]);
    assert!(!ask(&mock, "/v1/chat/completions", &body).1.contains("tool_calls"));
}

#[test]
fn what_is_beside_the_work_is_known_by_its_words_and_counting_is_no_answer() {
    let mock = mock();
    ask(&mock, "/v1/messages", &json!({"system": "You are a title generator"}));
    let (_, counted) = ask(&mock, "/v1/messages/count_tokens", &json!({}));
    assert!(counted.contains("4321"));
    let (head, _) = ask(&mock, "/v1/elsewhere", &json!({}));
    assert!(head.starts_with("HTTP/1.1 404"));
    let (served, unknown) = mock.served();
    assert_eq!(served.len(), 1);
    assert_eq!(served[0].aside.as_deref(), Some("title"));
    assert_eq!(unknown, ["POST /v1/elsewhere"]);
}

#[test]
fn no_two_answers_share_a_number() {
    let mut seen = std::collections::BTreeSet::new();
    for number in 1..60 {
        let usage = Usage::of(number, Wire::Chat);
        assert!(seen.insert(usage.output) && seen.insert(usage.visible()), "{number}");
    }
}
