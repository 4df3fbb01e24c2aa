//! Every path of every protocol, and who answers it.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request};
use proptest::prelude::*;
use proxy::{Endpoint, Family, Platform, Protocol, Upstream};

use crate::support::{Answer, Mock, Running};

use Family::{Anthropic, Bedrock, Gemini, Openai, Other};
use Protocol::{
    AnthropicMessages, BedrockConverse, BedrockInvoke, GeminiGenerate, OpenaiChat,
    OpenaiCompletions, OpenaiEmbeddings, OpenaiResponses, Unmetered,
};

fn post(path: &str) -> Endpoint {
    Endpoint::of(&Method::POST, path)
}

#[test]
fn paths_of_anthropic_and_openai_say_what_is_spoken_under_any_prefix() {
    let cases = [
        ("/v1/messages", AnthropicMessages, Anthropic),
        ("/v1/messages?beta=true", AnthropicMessages, Anthropic),
        ("/v1/messages/count_tokens", Unmetered, Anthropic),
        ("/v1/messages/count_tokens?beta=true", Unmetered, Anthropic),
        ("/v1/messages/batches", Unmetered, Anthropic),
        ("/v1/messages/batches/msgbatch_1/results", Unmetered, Anthropic),
        ("/v1/chat/completions", OpenaiChat, Openai),
        ("/v1/chat/completions/", OpenaiChat, Openai),
        ("/v1/responses", OpenaiResponses, Openai),
        ("/v1/responses/compact", OpenaiResponses, Openai),
        ("/v1/responses/input_tokens", Unmetered, Openai),
        ("/v1/responses/resp_1/cancel", Unmetered, Openai),
        ("/v1/embeddings", OpenaiEmbeddings, Openai),
        ("/v1/completions", OpenaiCompletions, Openai),
        ("/v1/threads/thread_1/messages", Unmetered, Openai),
        ("/v1/images/generations", Unmetered, Openai),
        ("/v1/files", Unmetered, Openai),
    ];
    for (path, protocol, family) in cases {
        let found = post(path);
        assert_eq!((found.protocol, found.family), (protocol, family), "{path}");
        let behind = path.trim_start_matches("/v1");
        for before in ["", "/api/v1", "/openai/v1", "/a/b"] {
            let found = post(&format!("{before}{behind}"));
            assert_eq!(found.protocol, protocol, "{before}{behind}");
        }
    }
    assert_eq!(post("/anything/else"), Endpoint::default());
    assert_eq!(post("/"), Endpoint::default());
    assert_eq!(post(""), Endpoint::default());
}

#[test]
fn only_what_makes_an_answer_is_metered() {
    for path in ["/v1/messages", "/v1/chat/completions", "/v1/responses", "/model/m/converse"] {
        assert_eq!(Endpoint::of(&Method::GET, path).protocol, Unmetered, "{path}");
        assert_eq!(Endpoint::of(&Method::DELETE, path).protocol, Unmetered, "{path}");
    }
    let response = Endpoint::of(&Method::GET, "/v1/responses/resp_1");
    assert_eq!((response.protocol, response.family), (Unmetered, Openai));
}

#[test]
fn a_websocket_is_opened_where_responses_are_made() {
    let mut headers = HeaderMap::new();
    headers.insert("upgrade", HeaderValue::from_static("WebSocket"));
    let open = |path: &str, headers: &HeaderMap| {
        Endpoint::of_request(&Method::GET, path, headers).protocol
    };
    assert_eq!(open("/v1/responses", &headers), OpenaiResponses);
    assert_eq!(open("/backend-api/codex/responses", &headers), OpenaiResponses);
    assert_eq!(open("/v1/responses", &HeaderMap::new()), Unmetered);
    assert_eq!(open("/v1/realtime", &headers), Unmetered);
}

#[test]
fn lists_of_models_are_those_of_the_vendor_whose_headers_are_sent() {
    let cases = [
        ("anthropic-version", Anthropic),
        ("x-api-key", Anthropic),
        ("x-goog-api-key", Gemini),
        ("authorization", Openai),
    ];
    for (header, family) in cases {
        let mut headers = HeaderMap::new();
        headers.insert(header, HeaderValue::from_static("2023-06-01"));
        for path in ["/v1/models", "/v1/models/some-model", "/models"] {
            let found = Endpoint::of_request(&Method::GET, path, &headers);
            assert_eq!((found.protocol, found.family), (Unmetered, family), "{header} {path}");
        }
    }
    for path in ["/v1beta/models", "/v1beta/models/gemini-3-pro", "/v1beta/cachedContents"] {
        assert_eq!(Endpoint::of(&Method::GET, path).family, Gemini, "{path}");
    }
}

#[test]
fn paths_of_google_say_model_and_stream() {
    let cases = [
        (
            "/v1beta/models/gemini-3-pro:generateContent",
            GeminiGenerate,
            "gemini-3-pro",
            Some(false),
        ),
        ("/v1beta/models/g:streamGenerateContent?alt=sse", GeminiGenerate, "g", Some(true)),
        ("/v1/models/g%3AstreamGenerateContent", GeminiGenerate, "g", Some(true)),
        (
            "/v1beta/tunedModels/mine:generateContent",
            GeminiGenerate,
            "tunedModels/mine",
            Some(false),
        ),
        ("/v1beta/models/g:countTokens", Unmetered, "g", None),
        ("/v1beta/models/g:embedContent", Unmetered, "g", None),
        ("/models/g:generateContent", GeminiGenerate, "g", Some(false)),
    ];
    for (path, protocol, model, is_stream) in cases {
        let found = post(path);
        assert_eq!(
            (found.protocol, found.family, found.is_stream),
            (protocol, Gemini, is_stream),
            "{path}"
        );
        assert_eq!(found.model.as_deref(), Some(model), "{path}");
        assert_eq!(found.platform, None, "{path}");
    }
    for (action, protocol, is_stream) in [
        ("generateContent", GeminiGenerate, Some(false)),
        ("streamGenerateContent", GeminiGenerate, Some(true)),
        ("loadCodeAssist", Unmetered, None),
    ] {
        let found = post(&format!("/v1internal:{action}"));
        assert_eq!((found.protocol, found.is_stream), (protocol, is_stream), "{action}");
        assert_eq!(found.platform, Some(Platform::CodeAssist));
    }
}

#[test]
fn paths_of_vertex_say_maker_model_and_region() {
    let base = "/v1/projects/p-1/locations/europe-west1/publishers";
    let cases = [
        ("google/models/gemini-3-pro:generateContent", GeminiGenerate, Gemini, Some(false)),
        ("google/models/gemini-3-pro:streamGenerateContent", GeminiGenerate, Gemini, Some(true)),
        ("google/models/gemini-3-pro:countTokens", Unmetered, Gemini, None),
        ("anthropic/models/claude-opus-4-8:rawPredict", AnthropicMessages, Anthropic, None),
        (
            "anthropic/models/claude-opus-4-8@20260101:streamRawPredict",
            AnthropicMessages,
            Anthropic,
            Some(true),
        ),
        ("anthropic/models/count-tokens:rawPredict", Unmetered, Anthropic, None),
        ("mistralai/models/codestral:rawPredict", OpenaiChat, Openai, None),
        ("other/models/m:rawPredict", Unmetered, Gemini, None),
    ];
    for (rest, protocol, family, is_stream) in cases {
        let found = post(&format!("{base}/{rest}"));
        assert_eq!(
            (found.protocol, found.family, found.is_stream),
            (protocol, family, is_stream),
            "{rest}"
        );
        assert_eq!(found.platform, Some(Platform::Vertex), "{rest}");
        assert_eq!(found.region.as_deref(), Some("europe-west1"), "{rest}");
        let model = rest.split("models/").nth(1).unwrap().split(':').next();
        assert_eq!(found.model.as_deref(), model, "{rest}");
    }
    let openapi = post("/v1/projects/p/locations/global/endpoints/openapi/chat/completions");
    assert_eq!((openapi.protocol, openapi.platform), (OpenaiChat, Some(Platform::Vertex)));
    assert_eq!(openapi.region.as_deref(), Some("global"));
}

#[test]
fn paths_of_bedrock_and_azure_say_the_model() {
    let arn = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-8-v1:0";
    let encoded = arn.replace(':', "%3A").replace('/', "%2F");
    for model in ["anthropic.claude-sonnet-4-5-v1:0", arn] {
        let encoded = if model == arn { &encoded } else { model };
        for written in [model, encoded] {
            for (action, protocol, is_stream) in [
                ("invoke", BedrockInvoke, Some(false)),
                ("invoke-with-response-stream", BedrockInvoke, Some(true)),
                ("converse", BedrockConverse, Some(false)),
                ("converse-stream", BedrockConverse, Some(true)),
                ("count-tokens", Unmetered, None),
            ] {
                let found = post(&format!("/model/{written}/{action}"));
                assert_eq!(
                    (found.protocol, found.is_stream),
                    (protocol, is_stream),
                    "{written} {action}"
                );
                assert_eq!((found.family, found.platform), (Bedrock, Some(Platform::Bedrock)));
                assert_eq!(found.model.as_deref(), Some(model));
            }
        }
    }
    for (action, protocol) in [("chat/completions", OpenaiChat), ("embeddings", OpenaiEmbeddings)] {
        let found = post(&format!("/openai/deployments/my%20gpt/{action}?api-version=2025-04-01"));
        assert_eq!((found.protocol, found.platform), (protocol, Some(Platform::Azure)));
        assert_eq!(found.model.as_deref(), Some("my gpt"));
    }
}

proptest! {
    #[test]
    fn any_path_is_read_without_harm(path in "/[ -~]{0,80}", slashes in prop::collection::vec("[a-z%.:]{0,6}", 0..8)) {
        let built = format!("/{}", slashes.join("/"));
        for path in [path, built] {
            for method in [Method::GET, Method::POST] {
                let found = Endpoint::of_request(&method, &path, &HeaderMap::new());
                prop_assert!(found.family != Other || found.protocol == Unmetered);
            }
        }
    }

    #[test]
    fn no_path_changes_the_host(path in "/[!-~]{0,60}") {
        let upstream = Upstream::new("mine", Openai, "https://mine.example:8443/base/v1").unwrap();
        let Ok(path) = path.parse::<http::uri::PathAndQuery>() else { return Ok(()) };
        if let Ok(uri) = upstream.uri(&path) {
            prop_assert_eq!(uri.host(), Some("mine.example"));
            prop_assert_eq!(uri.port_u16(), Some(8443));
            prop_assert_eq!(uri.scheme_str(), Some("https"));
        }
    }
}

/// Who answered, as the ledger has it.
async fn answered(
    request: Request<Bytes>,
    change: impl FnOnce(&mut proxy::Config, &str),
) -> (u16, Option<String>, Option<String>, Vec<String>) {
    let mock = Mock::start(|_| Answer::whole("application/json", "{}")).await;
    let url = format!("http://{}", mock.address);
    let proxy = Running::with(&mock, |config| change(config, &url)).await;
    let answer = proxy.send(request).await;
    let entry = proxy.ledger(1).await.remove(0);
    let lines = mock.arrived().iter().map(|arrived| arrived.line.clone()).collect();
    let text = |text: Option<data_schema::Text>| text.map(|text| text.to_string());
    (answer.status().as_u16(), text(entry.upstream), text(entry.route), lines)
}

fn ask(path: &str, body: &'static str) -> Request<Bytes> {
    Request::post(path).body(Bytes::from_static(body.as_bytes())).unwrap()
}

fn put(config: &mut proxy::Config, name: &str, family: Family, url: &str) {
    let upstream = Upstream::new(name, family, url).unwrap();
    config.upstreams.insert(name.to_owned(), std::sync::Arc::new(upstream));
}

#[tokio::test]
async fn the_header_goes_before_the_prefix_and_the_prefix_before_the_model() {
    let body = r#"{"model":"kimi-k3"}"#;
    let other = |config: &mut proxy::Config, url: &str| {
        put(config, "one", Openai, url);
        put(config, "two", Openai, url);
        config.models = vec![
            ("kimi-*".to_owned(), "anthropic".to_owned()),
            ("kimi-*".to_owned(), "two".to_owned()),
        ];
    };
    let mut by_header = ask("/one/v1/chat/completions", body);
    by_header.headers_mut().insert("x-token-matters-upstream", HeaderValue::from_static("two"));
    let chosen = |found: (u16, Option<String>, Option<String>, Vec<String>)| {
        (found.1.unwrap_or_default(), found.2.unwrap_or_default(), found.3.join(" "))
    };
    let expected = |name: &str, why: &str| {
        (name.to_owned(), why.to_owned(), "POST /v1/chat/completions".to_owned())
    };
    assert_eq!(chosen(answered(by_header, other).await), expected("two", "header"));
    let by_prefix = ask("/one/v1/chat/completions", body);
    assert_eq!(chosen(answered(by_prefix, other).await), expected("one", "prefix"));
    let without_version = ask("/one/chat/completions", body);
    assert_eq!(chosen(answered(without_version, other).await), expected("one", "prefix"));
    // The first pattern names an upstream that speaks another protocol.
    let by_model = ask("/v1/chat/completions", body);
    assert_eq!(chosen(answered(by_model, other).await), expected("two", "model"));
    let by_default = ask("/v1/chat/completions", r#"{"model":"gpt-5"}"#);
    assert_eq!(chosen(answered(by_default, other).await), expected("openai", "default"));
}

#[tokio::test]
async fn a_path_of_a_platform_finds_its_upstream_and_is_never_sent_to_another_vendor() {
    let path = "/openai/deployments/gpt/chat/completions?api-version=2025-04-01";
    let found = answered(ask(path, "{}"), |config, url| put(config, "azure", Openai, url)).await;
    assert_eq!((found.1.as_deref(), found.2.as_deref()), (Some("azure"), Some("path")));
    assert_eq!(found.3, [format!("POST {path}")]);
    // Without it, a server of one's own is asked as it stands.
    let found = answered(ask(path, "{}"), |_, _| {}).await;
    assert_eq!((found.1.as_deref(), found.2.as_deref()), (Some("openai"), Some("default")));
    assert_eq!(found.3, [format!("POST {path}")]);
    // The vendor's own address is not: it would be given the key of another.
    let (status, name, _, lines) = answered(ask(path, "{}"), |config, _| {
        config.upstreams.clear();
        config.defaults.clear();
        config.has_presets = true;
    })
    .await;
    assert_eq!((status, name, lines.len()), (404, None, 0));
}

#[tokio::test]
async fn what_fits_nothing_is_told_the_names() {
    let mock = Mock::start(|_| Answer::whole("application/json", "{}")).await;
    let proxy = Running::before(&mock).await;
    for path in ["/nothing", "/anthropi/v1/messages/x", "/healthy"] {
        let answer = proxy.post(path, "{}").await;
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(answer.headers()["x-token-matters-error"], "no_upstream");
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        assert!(text.contains("anthropic, bedrock, gemini, openai"), "{text}");
    }
    let request = Request::post("/v1/messages").header("x-token-matters-upstream", "nobody");
    let answer = proxy.send(request.body(Bytes::new()).unwrap()).await;
    assert_eq!(answer.status(), 404);
    assert!(mock.arrived().is_empty());
}

#[tokio::test]
async fn the_alias_of_gemini_is_v1beta() {
    let path = "/v1/gemini/models/gemini-3-pro:generateContent";
    for path in [path.to_owned(), format!("/gemini{path}")] {
        let found = answered(ask(&path, "{}"), |_, _| {}).await;
        assert_eq!(found.1.as_deref(), Some("gemini"));
        assert_eq!(found.3, ["POST /v1beta/models/gemini-3-pro:generateContent"], "{path}");
    }
}

#[tokio::test]
async fn paths_that_climb_are_refused_and_others_stay_at_their_host() {
    let mock = Mock::start(|_| Answer::whole("application/json", "{}")).await;
    let proxy = Running::with(&mock, |config| {
        let url = format!("http://{}/team-a/v1", mock.address);
        put(config, "mine", Openai, &url);
    })
    .await;
    for path in ["/mine/../x", "/mine/%2e%2e/x", "/mine/a/..%2fx", "/mine/a/./x", "/mine/..\\x"] {
        // A client library would tidy some of these up, so they are written as they are.
        let answer = raw(
            &proxy,
            &format!(
                "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            ),
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{path}: {answer}");
    }
    for path in ["/mine//evil.example/v1", "/mine/@evil.example/", "/mine/%2f%2fevil.example/"] {
        let answer = raw(
            &proxy,
            &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    let absolute = raw(&proxy, "GET http://evil.example/mine/v1/models HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n").await;
    assert!(absolute.starts_with("HTTP/1.1 400"), "{absolute}");
    let lines: Vec<String> = mock.arrived().iter().map(|arrived| arrived.line.clone()).collect();
    let expected = [
        "GET /team-a/v1//evil.example/v1",
        "GET /team-a/v1/@evil.example/",
        "GET /team-a/v1/%2f%2fevil.example/",
    ];
    assert_eq!(lines, expected);
    let host = mock.address.to_string();
    assert!(mock.arrived().iter().all(|arrived| arrived.headers["host"] == host.as_str()));
}

async fn raw(proxy: &Running, request: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(proxy.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
