//! What people and monitors see of a proxy.

use bytes::Bytes;
use http::Request;

use crate::support::{Answer, Mock, Running};

#[tokio::test]
async fn a_proxy_tells_that_it_runs_and_what_went_through() {
    let mock = Mock::start(|_| {
        let mut answer = Answer::whole("application/json", "{}");
        answer.headers.push(("anthropic-organization-id", "org-1".to_owned()));
        answer.headers.push(("anthropic-ratelimit-unified-5h-utilization", "0.5".to_owned()));
        answer
    })
    .await;
    let proxy = Running::before(&mock).await;
    let get = |path: &str| Request::get(path).body(Bytes::new()).unwrap();
    let health = proxy.send(get("/healthz")).await;
    let health: serde_json::Value = serde_json::from_slice(health.body()).unwrap();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    proxy.post("/v1/messages", "{\"model\":\"claude-opus-4-8\"}").await;
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.limits.len(), 1, "what the vendor says of its limits is kept");
    assert!(entry.account.is_some());
    let metrics = proxy.send(get("/metrics")).await;
    let metrics = String::from_utf8(metrics.body().to_vec()).unwrap();
    assert!(
        metrics.contains("token_matters_proxy_requests_total{upstream=\"anthropic\""),
        "{metrics}"
    );
    assert!(!metrics.contains("org-1"));
    assert_eq!(mock.arrived().len(), 1, "own pages are answered here");
}
