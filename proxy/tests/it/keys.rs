//! The proxy's own keys, budgets and rates, as clients and upstreams see them.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use data_schema::{Confidential, UtcSeconds};
use http::{Request, Response};
use proxy::gate::{Keys, Settings, Terms};
use proxy::{Clock, Config, Family, Proxy, Upstream};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Answer, Mock, Running};

const BODY: &str = r#"{"model":"claude-sonnet-4-5","max_tokens":100,"messages":[]}"#;
const GEMINI: &str = "/v1beta/models/gemini-2.5-pro:generateContent";

/// A place of every protocol, as a client asks for an answer in one piece and as a stream.
const PLACES: [(&str, &str, bool); 8] = [
    ("anthropic", "/v1/messages", false),
    ("anthropic", "/v1/messages", true),
    ("openai", "/v1/chat/completions", false),
    ("openai", "/v1/chat/completions", true),
    ("openai", "/v1/responses", false),
    ("openai", "/v1/responses", true),
    ("gemini", GEMINI, false),
    ("gemini", "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", true),
];

fn now() -> UtcSeconds {
    "2026-05-01T10:00:00Z".parse().unwrap()
}

fn create(folder: &Path, name: &str, terms: Terms) -> Confidential {
    Keys::edit(folder, |keys| keys.create(name, terms, now())).unwrap().key
}

fn limited(budgets: &[&str]) -> Terms {
    let budgets = budgets.iter().map(|text| text.parse().unwrap()).collect();
    Terms { budgets, ..Terms::default() }
}

fn settings(value: &Value) -> Settings {
    Settings::parse(value.as_object().unwrap()).unwrap()
}

async fn mock() -> Mock {
    Mock::start(|_| Answer::whole("application/json", "{}")).await
}

fn post(path: &str, body: &str) -> http::request::Builder {
    let length = body.len().to_string();
    Request::post(path).header("content-type", "application/json").header("content-length", length)
}

async fn send(proxy: &Running, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let mut request = post(path, BODY);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    proxy.send(request.body(Bytes::from_static(BODY.as_bytes())).unwrap()).await
}

fn body(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

/// Checks an error against what clients of a protocol expect.
fn assert_error(answer: &Response<Bytes>, family: &str, status: u16, kind: &str) {
    assert_eq!(answer.status(), status, "{:?}", answer.body());
    assert_eq!(answer.headers()["x-token-matters-error"], kind);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert!(!answer.headers().keys().any(|name| name.as_str().starts_with("access-control")));
    let body = body(answer);
    let told = match family {
        "anthropic" => {
            let kinds = [
                (401, "authentication_error"),
                (403, "permission_error"),
                (429, "rate_limit_error"),
            ];
            let (_, expected) = kinds.into_iter().find(|(code, _)| *code == status).unwrap();
            assert_eq!(body["type"], "error");
            assert_eq!(body["error"]["type"], expected);
            &body["error"]["message"]
        }
        "openai" => {
            assert_eq!(body["error"]["code"], kind);
            assert!(body["error"]["type"].is_string());
            &body["error"]["message"]
        }
        _ => {
            let kinds =
                [(401, "UNAUTHENTICATED"), (403, "PERMISSION_DENIED"), (429, "RESOURCE_EXHAUSTED")];
            let (_, expected) = kinds.into_iter().find(|(code, _)| *code == status).unwrap();
            assert_eq!(body["error"]["code"], status);
            assert_eq!(body["error"]["status"], expected);
            &body["error"]["message"]
        }
    };
    assert!(told.as_str().unwrap().starts_with("token-matters: "), "{told}");
}

#[tokio::test]
async fn refusals_have_the_shape_of_every_protocol() {
    let mock = mock().await;
    let mut proxy = Running::with(&mock, |config| {
        config.gate = settings(&json!({ "requireKey": true, "unpriced": "allow" }));
    })
    .await;
    proxy.key = None;
    let folder = proxy.folder.path();
    let narrow = create(folder, "narrow", Terms { models: vec!["x".into()], ..Terms::default() });
    let poor = create(folder, "poor", limited(&["10 tokens/day"]));
    let unknown = format!("tm_{}", "A".repeat(43));
    // A proxy that runs knows new keys within a second.
    until(|| async {
        send(&proxy, "/v1/messages", &[("x-api-key", poor.expose())]).await.status() != 401
    })
    .await;
    for (family, path, is_stream) in PLACES {
        let body = BODY.replace("\"messages\"", &format!("\"stream\":{is_stream},\"messages\""));
        let asked = |key: Option<&str>| {
            let mut request = post(path, &body);
            if let Some(key) = key {
                request = request.header("authorization", format!("Bearer {key}"));
            }
            proxy.send(request.body(Bytes::from(body.clone())).unwrap())
        };
        assert_error(&asked(None).await, family, 401, "key_missing");
        assert_error(&asked(Some(&unknown)).await, family, 401, "key_unknown");
        assert_error(&asked(Some(narrow.expose())).await, family, 403, "key_model");
        let answer = asked(Some(poor.expose())).await;
        assert_error(&answer, family, 429, "budget");
        // The clock of the tests stands still at ten in the morning.
        assert_eq!(answer.headers()["retry-after"], "50400");
    }
    assert_eq!(mock.arrived().len(), 0, "nothing reached the upstream");
}

/// Waits for something that happens by itself.
async fn until<F: Future<Output = bool>>(mut is_so: impl FnMut() -> F) {
    for _ in 0..300 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it never happened");
}

#[tokio::test]
async fn an_own_key_never_leaves_the_proxy() {
    let mock = mock().await;
    let mut key = None;
    let proxy = Running::with(&mock, |config| {
        key = Some(create(
            &config.folder,
            "ci",
            Terms { project: Some("website".into()), ..Terms::default() },
        ));
    })
    .await;
    let key = key.unwrap();
    let secret = &key.expose()[11..];
    let bearer = format!("Bearer {}", key.expose());
    let places = [
        ("x-token-matters-key", key.expose()),
        ("authorization", &bearer),
        ("x-api-key", key.expose()),
        ("x-goog-api-key", key.expose()),
    ];
    for place in places {
        let vendor = ("x-vendor-key", "sk-vendor");
        assert_eq!(send(&proxy, "/v1/messages?beta=true", &[place, vendor]).await.status(), 200);
    }
    let query = format!("{GEMINI}?alt=sse&key={}", key.expose());
    assert_eq!(send(&proxy, &query, &[("x-token-matters-admin", "tma_x")]).await.status(), 200);
    let arrived = mock.arrived();
    assert_eq!(arrived.len(), 5);
    for request in &arrived {
        let text = format!("{request:?}");
        assert!(
            !text.contains(secret) && !text.contains("tm_") && !text.contains("tma_"),
            "{text}"
        );
        assert!(!text.contains("x-token-matters"), "{text}");
    }
    assert_eq!(arrived[0].line, "POST /v1/messages?beta=true");
    assert_eq!(arrived[0].headers["x-vendor-key"], "sk-vendor");
    assert_eq!(arrived[4].line, format!("POST {GEMINI}?alt=sse"));
    for entry in proxy.ledger(5).await {
        assert_eq!((entry.key.as_deref(), entry.project.as_deref()), (Some("ci"), Some("website")));
    }
    // Nothing below the proxy's folder has it either.
    for file in files(proxy.folder.path()) {
        let bytes = fs_err::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{}", file.display());
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn a_clients_own_vendor_key_passes_untouched_where_no_key_is_needed() {
    let mock = mock().await;
    let proxy = Running::before(&mock).await;
    let vendor = [("x-api-key", "sk-ant-1"), ("authorization", "Bearer sk-2")];
    assert_eq!(send(&proxy, "/v1/messages?key=AIza-1", &vendor).await.status(), 200);
    let arrived = &mock.arrived()[0];
    assert_eq!(arrived.line, "POST /v1/messages?key=AIza-1");
    assert_eq!(arrived.headers["x-api-key"], "sk-ant-1");
    assert_eq!(arrived.headers["authorization"], "Bearer sk-2");
}

#[tokio::test]
async fn where_the_proxy_adds_a_key_its_own_is_needed() {
    let mock = mock().await;
    let url = format!("http://{}", mock.address);
    let mut proxy = Running::with(&mock, |config| {
        let mut upstream = Upstream::new("paid", Family::Openai, &url).unwrap();
        upstream.credential = Some(Confidential::new("sk-of-the-proxy"));
        config.add(upstream);
    })
    .await;
    proxy.key = None;
    let named = ("x-token-matters-upstream", "paid");
    let answer = send(&proxy, "/v1/chat/completions", &[named]).await;
    assert_error(&answer, "openai", 401, "key_missing");
    assert_eq!(send(&proxy, "/v1/chat/completions", &[]).await.status(), 200, "not the paid one");
    let keys = Keys::read(proxy.folder.path()).unwrap();
    assert_eq!(keys.keys.len(), 1, "made on first start");
    let key = Keys::edit(proxy.folder.path(), |keys| keys.rotate("default", now())).unwrap().key;
    until(|| async {
        send(&proxy, "/v1/chat/completions", &[named, ("x-api-key", key.expose())]).await.status()
            == 200
    })
    .await;
    Keys::edit(proxy.folder.path(), |keys| keys.revoke("default", now())).unwrap();
    until(|| async {
        send(&proxy, "/v1/chat/completions", &[named, ("x-api-key", key.expose())]).await.status()
            == 401
    })
    .await;
}

#[tokio::test]
async fn web_pages_and_foreign_names_are_kept_out_everywhere() {
    let mock = mock().await;
    let proxy = Running::before(&mock).await;
    let page = ("origin", "https://evil.example");
    let rebound = ("host", "evil.example:8999");
    let cross = ("sec-fetch-site", "cross-site");
    for (family, path, _) in PLACES {
        assert_error(&send(&proxy, path, &[page]).await, family, 403, "origin");
        assert_error(&send(&proxy, path, &[rebound]).await, family, 403, "host");
        assert_error(&send(&proxy, path, &[cross]).await, family, 403, "origin");
    }
    for path in ["/healthz", "/metrics"] {
        for header in [page, rebound, cross] {
            let request = Request::get(path).header(header.0, header.1).body(Bytes::new()).unwrap();
            let answer = proxy.send(request).await;
            assert_eq!(answer.status(), 403, "{path} {header:?}");
        }
        let request = Request::get(path).body(Bytes::new()).unwrap();
        assert_eq!(proxy.send(request).await.status(), 200);
    }
    assert_eq!(mock.arrived().len(), 0);
    // A preflight is a request like any other, and is told nothing.
    let preflight = Request::options("/v1/messages").header(page.0, page.1);
    let answer = proxy.send(preflight.body(Bytes::new()).unwrap()).await;
    assert_eq!(answer.status(), 403);
    assert!(!answer.headers().keys().any(|name| name.as_str().starts_with("access-control")));
}

#[tokio::test]
async fn too_many_requests_a_minute_are_told_when_to_come_back() {
    let mock = mock().await;
    let proxy = Running::with(&mock, |config| {
        config.gate = settings(&json!({ "rates": { "all": ["2 requests/minute"] } }));
    })
    .await;
    for _ in 0..2 {
        assert_eq!(send(&proxy, "/v1/messages", &[]).await.status(), 200);
    }
    let answer = send(&proxy, "/v1/messages", &[]).await;
    assert_error(&answer, "anthropic", 429, "rate");
    let seconds: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    assert_eq!(mock.arrived().len(), 2);
}

/// Starts a proxy again in the folder of another.
async fn again(
    folder: &Path,
    mock: &Mock,
) -> (std::net::SocketAddr, tokio::sync::oneshot::Sender<()>) {
    let mut config = Config::new(folder.to_owned());
    let url = format!("http://{}", mock.address);
    config.add(Upstream::new("anthropic", Family::Anthropic, &url).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let clock = Clock::new(|| "2026-05-01T10:00:01Z".parse().unwrap());
    let proxy = Arc::new(Proxy::new(config, clock).unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(proxy::serve(listener, proxy, async {
        let _ = stopped.await;
    }));
    (address, stop)
}

#[tokio::test]
async fn budgets_survive_a_restart() {
    let mock = mock().await;
    let mut key = None;
    let first = Running::with(&mock, |config| {
        key = Some(create(&config.folder, "ci", limited(&["3 requests/5h", "50 requests/month"])));
    })
    .await;
    let key = key.unwrap();
    let own = [("x-api-key", key.expose())];
    for _ in 0..2 {
        assert_eq!(send(&first, "/v1/messages", &own).await.status(), 200);
    }
    assert_eq!(first.ledger(2).await.len(), 2);
    let (address, _stop) = again(first.folder.path(), &mock).await;
    let ask = || async {
        let request =
            post(&format!("http://{address}/v1/messages"), BODY).header(own[0].0, own[0].1);
        let client =
            hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new());
        let client = client.build_http::<http_body_util::Full<Bytes>>();
        let body = http_body_util::Full::new(Bytes::from_static(BODY.as_bytes()));
        client.request(request.body(body).unwrap()).await.unwrap()
    };
    assert_eq!(ask().await.status(), 200, "one of three is left");
    let refused = ask().await;
    assert_eq!(refused.status(), 429);
    // The window is the one that began before the restart.
    assert_eq!(refused.headers()["retry-after"], "17999");
    assert_eq!(mock.arrived().len(), 3);
}

#[tokio::test]
async fn requests_of_one_moment_share_one_budget() {
    let mock = mock().await;
    let mut key = None;
    let proxy = Running::with(&mock, |config| {
        key = Some(create(&config.folder, "ci", limited(&["5 requests/day"])));
    })
    .await;
    let key = key.unwrap();
    let own = [("x-api-key", key.expose())];
    let all = (0..30).map(|_| send(&proxy, "/v1/messages", &own));
    let answers = futures_util::future::join_all(all).await;
    let passed = answers.iter().filter(|answer| answer.status() == 200).count();
    assert_eq!(passed, 5);
    assert_eq!(mock.arrived().len(), 5);
    let entries = proxy.ledger(30).await;
    let refused = entries.iter().filter(|entry| entry.error.as_deref() == Some("budget")).count();
    assert_eq!(refused, 25, "what was refused stands in the ledger as well");
}
