//! What no client should send: it is answered or closed, and other requests go on.

use std::time::Duration;

use crate::raw::{End, Server, header, message};
use crate::support::{Answer, Between, Mock, Running};

const SHORT: Duration = Duration::from_millis(200);

async fn mock() -> Mock {
    Mock::start(|_| Answer::whole("application/json", "{\"fine\":1}")).await
}

/// What the proxy answers, and whether others are still served.
async fn answer_to(proxy: &Running, bytes: impl AsRef<[u8]>) -> String {
    let mut client = End::to(proxy.address).await;
    client.write(bytes).await;
    let answer = client.closed().await;
    assert_eq!(proxy.post("/v1/messages", "{}").await.body(), "{\"fine\":1}");
    answer
}

#[tokio::test]
async fn what_is_not_http_is_refused() {
    let mock = mock().await;
    let proxy = Running::before(&mock).await;
    let bad = [
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\r\n\r\n",
        "no http at all\r\n\r\n",
        "GET /v1/models HTTP/9.9\r\nhost: localhost\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx-a: 1\r\n folded\r\ncontent-length: 2\r\n\r\n{}",
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx-a: 1\rx-b: 2\r\ncontent-length: 2\r\n\r\n{}",
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx a: 1\r\ncontent-length: 2\r\n\r\n{}",
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length : 2\r\n\r\n{}",
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: -2\r\n\r\n{}",
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999999999999\r\n\r\n{}",
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: gzip\r\n\r\n{}",
        "POST /v1/messages HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ];
    for (count, bytes) in bad.iter().enumerate() {
        let answer = answer_to(&proxy, bytes).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{bytes:?}: {answer}");
        assert_eq!(mock.arrived().len(), count + 1, "{bytes:?} was sent on");
    }
}

#[tokio::test]
async fn codings_that_the_proxy_does_not_read_are_refused() {
    let mock = mock().await;
    let proxy = Running::before(&mock).await;
    let head = "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
    let bytes = format!("{head}transfer-encoding: gzip, chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n");
    let answer = answer_to(&proxy, bytes).await;
    assert!(answer.starts_with("HTTP/1.1 501 "), "{answer}");
    assert_eq!(mock.arrived().len(), 1);
}

#[tokio::test]
async fn a_request_is_not_smuggled_behind_two_lengths() {
    for lengths in [
        "content-length: 6\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 6\r\n",
    ] {
        let Between { mut server, proxy, mut client } = Between::start(|_| {}).await;
        let hidden = "GET /v1/models/hidden HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let head = "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n";
        client.write(format!("{head}{lengths}\r\n0\r\n\r\n{hidden}")).await;
        let mut upstream = server.connection().await;
        let seen = upstream.head().await;
        // One framing only, and what stands behind it is not read: RFC 9112, 6.1.
        assert!(header(&seen, "content-length").is_none_or(|length| length == "0"), "{seen}");
        upstream.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        let answer = client.closed().await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert_eq!(proxy.ledger(1).await.len(), 1);
        assert_eq!(server.waiting(), 0);
    }
}

#[tokio::test]
async fn chunks_that_are_none_are_refused() {
    let mock = mock().await;
    let proxy = Running::before(&mock).await;
    for chunk in ["zz\r\n{}\r\n", "fffffffffffffffff\r\n{}\r\n", "2\r\n{}xx\r\n", "-2\r\n{}\r\n"] {
        let before = mock.arrived().len();
        let head =
            "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
        let answer = answer_to(&proxy, format!("{head}{chunk}0\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{chunk:?}: {answer}");
        assert!(answer.contains("x-token-matters-error: request_body"), "{answer}");
        assert_eq!(mock.arrived().len(), before + 1);
    }
}

#[tokio::test]
async fn a_head_too_large_is_refused() {
    let mock = mock().await;
    let proxy = Running::before(&mock).await;
    for head in [
        format!("x-long: {}\r\n", "x".repeat(100_000)),
        "x-many: 1\r\n".repeat(3000),
        "x-many: 1\r\n".repeat(9000),
    ] {
        let mut client = End::to(proxy.address).await;
        let request = format!("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n{head}\r\n");
        // It may be refused before all of it is written.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut client.stream, request.as_bytes()).await;
        let answer = client.closed().await;
        // A connection that is closed with bytes unread is broken off, and the answer may be lost with it.
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    let mut client = End::to(proxy.address).await;
    let fits = "x".repeat(70_000);
    client.write(format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", &fits[..65_400])).await;
    client.head().await;
    assert!(mock.arrived().is_empty());
    let mut client = End::to(proxy.address).await;
    client.write(format!("POST /v1/messages HTTP/1.1\r\nx-long: {}\r\n", &fits[..65_536])).await;
    let answer = client.closed().await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(mock.arrived().is_empty());
}

#[tokio::test]
async fn a_body_too_large_is_refused_before_it_is_read() {
    let mock = mock().await;
    let proxy = Running::with(&mock, |config| config.limits.body = 10).await;
    let mut client = End::to(proxy.address).await;
    client
        .write(
            "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n\
             content-length: 11\r\n\r\n",
        )
        .await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
    assert!(client.closed().await.contains("request_too_large"));
    // One that does not say its length is refused when it has become too large, also when it is on its way.
    for buffered in [4, 100] {
        let proxy = Running::with(&mock, |config| {
            config.limits.body = 10;
            config.limits.buffered = buffered;
        })
        .await;
        let mut client = End::to(proxy.address).await;
        client
            .write("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        client.write("6\r\n012345\r\n").await;
        client.write("6\r\n012345\r\n").await;
        let head = client.head().await;
        assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
        let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
        assert_eq!(entry.error.as_deref(), Some("too_large"));
    }
    assert!(mock.arrived().is_empty());
}

#[tokio::test]
async fn a_head_that_drips_in_is_closed() {
    let mock = mock().await;
    let proxy = Running::with(&mock, |config| config.deadlines.client_head = SHORT).await;
    // A connection that says nothing at all.
    assert_eq!(End::to(proxy.address).await.closed().await, "");
    // One that never ends its head: each byte comes in good time.
    let mut client = End::to(proxy.address).await;
    let begun = std::time::Instant::now();
    let (mut reader, mut writer) = client.stream.split();
    let drip = async {
        loop {
            tokio::time::sleep(SHORT / 10).await;
            if tokio::io::AsyncWriteExt::write_all(&mut writer, b"x").await.is_err() {
                return;
            }
        }
    };
    let mut bytes = Vec::new();
    tokio::select! {
        () = drip => {}
        read = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut bytes) => { let _ = read; }
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "the head had no deadline");
    assert!(bytes.is_empty());
    assert_eq!(proxy.post("/v1/messages", "{}").await.status(), 200);
}

#[tokio::test]
async fn a_connection_that_asks_again_is_not_idle_and_one_that_does_not_is_closed() {
    let mock = mock().await;
    let proxy = Running::with(&mock, |config| config.deadlines.client_idle = SHORT * 2).await;
    let mut client = End::to(proxy.address).await;
    for _ in 0..4 {
        client.write(message("{}")).await;
        client.until("{\"fine\":1}").await;
        tokio::time::sleep(SHORT).await;
    }
    assert_eq!(client.closed().await, "");
}

#[tokio::test]
async fn a_body_that_does_not_go_on_is_told() {
    let mock = mock().await;
    let proxy = Running::with(&mock, |config| config.deadlines.client_idle = SHORT).await;
    let mut client = End::to(proxy.address).await;
    client
        .write("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{")
        .await;
    let answer = client.closed().await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.error.as_deref(), Some("client_idle"));
    assert!(mock.arrived().is_empty());
}

#[tokio::test]
async fn nobody_reaches_another_host() {
    let mock = mock().await;
    let other = Server::start().await;
    let proxy = Running::before(&mock).await;
    let to = other.address;
    let close = "connection: close\r\n\r\n";
    for (request, status) in [
        (format!("GET http://{to}/v1/models HTTP/1.1\r\nhost: {to}\r\n{close}"), "400"),
        (format!("POST http://{to}/v1/messages HTTP/1.1\r\nhost: {to}\r\n{close}"), "400"),
        (format!("CONNECT {to} HTTP/1.1\r\nhost: {to}\r\n{close}"), "400"),
        (format!("OPTIONS * HTTP/1.1\r\nhost: {to}\r\n{close}"), "400"),
        (format!("GET //{to}/v1/models HTTP/1.1\r\nhost: {to}\r\n{close}"), "404"),
        (format!("GET /http://{to}/ HTTP/1.1\r\nhost: {to}\r\n{close}"), "404"),
        (format!("GET @{to}/ HTTP/1.1\r\nhost: {to}\r\n{close}"), "400"),
        (
            format!(
                "GET /v1/x HTTP/1.1\r\nhost: localhost\r\nx-token-matters-upstream: http://{to}\r\n{close}"
            ),
            "404",
        ),
    ] {
        let mut client = End::to(proxy.address).await;
        client.write(&request).await;
        let answer = client.closed().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
    }
    // With a name of an upstream before it, it is a path there and nothing else.
    let mut client = End::to(proxy.address).await;
    client.write(format!("GET /openai//{to}/x HTTP/1.1\r\nhost: {to}\r\n{close}")).await;
    client.closed().await;
    let arrived = mock.arrived();
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].line, format!("GET //{to}/x"));
    assert_eq!(arrived[0].headers["host"], mock.address.to_string());
    assert_eq!(other.waiting(), 0);
}

#[tokio::test]
async fn five_hundred_idle_connections_disturb_nobody() {
    let mock = mock().await;
    let proxy = Running::before(&mock).await;
    let mut idle = Vec::new();
    for _ in 0..500 {
        idle.push(End::to(proxy.address).await);
    }
    assert_eq!(proxy.post("/v1/messages", "{}").await.status(), 200);
    // They are still there, and each is served when it asks.
    for client in idle.iter_mut().step_by(100) {
        client.write(message("{}")).await;
        assert!(client.until("{\"fine\":1}").await.starts_with("HTTP/1.1 200 "));
    }
}

#[tokio::test]
async fn requests_in_one_go_are_answered_in_their_order() {
    let mock = Mock::start(|request| Answer::whole("text/plain", request.body.clone())).await;
    let proxy = Running::before(&mock).await;
    let mut client = End::to(proxy.address).await;
    client.write(format!("{}{}", message("first!"), message("second"))).await;
    client.until("first!").await;
    client.until("second").await;
    assert_eq!(proxy.ledger(2).await.len(), 2);
}
