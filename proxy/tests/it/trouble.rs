//! Upstreams that fail, are late or silent; the end of the proxy itself.

use std::time::Duration;

use data_schema::End as Ended;
use http::Request;

use crate::raw::{End, Server, header, message};
use crate::support::{Answer, Between, Mock, Running};

const SHORT: Duration = Duration::from_millis(200);

fn overloaded(status: u16) -> Answer {
    let mut answer = Answer::whole("application/json", "{\"error\" : \"theirs\"}");
    answer.status = status;
    answer
}

/// An address where nobody listens.
async fn nobody() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn errors_of_the_upstream_pass_untouched() {
    let mock = Mock::start(|_| {
        let mut answer = overloaded(429);
        answer.headers.push(("retry-after", "17".to_owned()));
        answer
    })
    .await;
    let proxy = Running::with(&mock, |config| config.retries = 2).await;
    let answer = proxy.post("/v1/messages", "{}").await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "17");
    assert_eq!(answer.body(), "{\"error\" : \"theirs\"}");
    assert!(!answer.headers().contains_key("x-token-matters-error"));
    assert_eq!(mock.arrived().len(), 1);
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.status, Some(429));
}

#[tokio::test]
async fn an_answer_that_is_cut_never_looks_whole() {
    for head in ["transfer-encoding: chunked", "content-length: 100"] {
        let Between { mut server, proxy, mut client } = Between::start(|_| {}).await;
        let mut upstream = server.asked_by(&mut client).await;
        upstream.write(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n5\r\nhello\r\n")).await;
        // Cut at once: what was sent before reaches the client all the same.
        drop(upstream);
        client.head().await;
        assert_eq!(client.closed().await, "5\r\nhello\r\n", "{head}");
        let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
        assert_eq!(entry.end, Ended::UpstreamError);
        assert_eq!(entry.error.as_deref(), Some("upstream_cut"));
    }
}

#[tokio::test]
async fn an_upstream_that_cannot_be_reached_is_told_in_the_clients_words() {
    let proxy = Running::at(nobody().await, |_| {}).await;
    let answer = proxy.post("/v1/messages", "{}").await;
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.headers()["x-token-matters-error"], "connect");
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(answer.headers()["x-token-matters-request"], entry.request.as_str());
    assert!(answer.headers().contains_key("x-token-matters-overhead-us"));
    let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(body["type"], "error");
    assert_eq!(body["error"]["type"], "api_error");
    assert_eq!(entry.error.as_deref(), Some("connect"));
}

#[tokio::test]
async fn an_upstream_that_goes_without_an_answer_is_told() {
    let Between { mut server, proxy: _proxy, mut client } = Between::start(|_| {}).await;
    client.write(message("{}")).await;
    server.connection().await.until("{}").await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
    assert_eq!(header(&head, "x-token-matters-error"), Some("upstream_cut"));
}

#[tokio::test]
async fn a_late_head_is_a_gateway_timeout() {
    let Between { mut server, proxy, mut client } =
        Between::start(|config| config.deadlines.upstream_head = SHORT).await;
    client.write(message("{}")).await;
    let mut upstream = server.connection().await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 504 "), "{head}");
    assert_eq!(header(&head, "x-token-matters-error"), Some("timeout"));
    upstream.until("{}").await;
    assert_eq!(upstream.closed().await, "");
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.error.as_deref(), Some("timeout"));
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_cut() {
    let Between { mut server, proxy, mut client } =
        Between::start(|config| config.deadlines.upstream_idle = SHORT).await;
    let mut upstream = server.asked_by(&mut client).await;
    upstream.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n").await;
    client.head().await;
    assert_eq!(client.closed().await, "5\r\nhello\r\n");
    assert_eq!(upstream.closed().await, "");
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.end, Ended::UpstreamError);
    assert_eq!(entry.error.as_deref(), Some("upstream_idle"));
}

#[tokio::test]
async fn silence_is_filled_between_events_only() {
    let Between { mut server, proxy, mut client } = Between::start(|config| {
        config.keep_alive = Some(Duration::from_millis(50));
    })
    .await;
    let mut upstream = server.asked_by(&mut client).await;
    upstream
        .write(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
             transfer-encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n",
        )
        .await;
    client.until("data: 1\n\n").await;
    client.until(": keep-alive\n\n").await;
    client.until(": keep-alive\n\n").await;
    // Half an event: what follows must be its other half.
    upstream.write("7\r\ndata: 2\r\n").await;
    client.until("data: 2").await;
    tokio::time::sleep(SHORT).await;
    upstream.write("2\r\n\n\n\r\n0\r\n\r\n").await;
    assert_eq!(client.until("\n\n\r\n").await, "\r\n2\r\n\n\n\r\n");
    client.until("0\r\n\r\n").await;
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.bytes_out, 18);
}

#[tokio::test]
async fn a_passing_error_is_tried_again_if_that_is_wanted() {
    let count = std::sync::atomic::AtomicU32::new(0);
    let mock =
        Mock::start(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => overloaded(529),
            1 => overloaded(503),
            _ => Answer::whole("application/json", "{\"id\":1}"),
        })
        .await;
    let proxy = Running::with(&mock, |config| config.retries = 2).await;
    let answer = proxy.post("/v1/messages", "{\"model\":\"m\"}").await;
    assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (200, b"{\"id\":1}".as_ref()));
    let arrived = mock.arrived();
    assert_eq!(arrived.len(), 3);
    assert!(arrived.iter().all(|request| request.body == "{\"model\":\"m\"}"));
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    let tried: Vec<_> = entry.attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!(tried, [Some(529), Some(503)]);
    assert_eq!(entry.status, Some(200));
}

#[tokio::test]
async fn nothing_is_tried_again_that_was_streamed_or_is_not_to_be() {
    let Between { mut server, proxy, mut client } = Between::start(|config| {
        config.retries = 5;
        config.limits.buffered = 4;
    })
    .await;
    client
        .write("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n01234")
        .await;
    let mut upstream = server.connection().await;
    upstream.until("01234").await;
    client.write("56789").await;
    upstream.until("56789").await;
    upstream.write("HTTP/1.1 503 Later\r\ncontent-length: 2\r\n\r\nno").await;
    assert!(client.head().await.starts_with("HTTP/1.1 503"));
    assert_eq!(proxy.ledger(1).await[0].attempts, []);
    // Without the setting, nothing is.
    let mock = Mock::start(|_| overloaded(503)).await;
    let proxy = Running::before(&mock).await;
    assert_eq!(proxy.post("/v1/messages", "{}").await.status(), 503);
    assert_eq!(mock.arrived().len(), 1);
}

#[tokio::test]
async fn an_upstream_that_was_never_reached_is_tried_again() {
    let proxy = Running::at(nobody().await, |config| config.retries = 2).await;
    assert_eq!(proxy.post("/v1/messages", "{}").await.status(), 502);
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    let tried: Vec<_> = entry.attempts.iter().map(|attempt| attempt.error.as_deref()).collect();
    assert_eq!(tried, [Some("connect"), Some("connect")]);
}

#[tokio::test]
async fn one_who_asks_for_a_long_pause_is_not_asked_again() {
    let mock = Mock::start(|_| {
        let mut answer = overloaded(503);
        answer.headers.push(("retry-after", "600".to_owned()));
        answer
    })
    .await;
    let proxy = Running::with(&mock, |config| config.retries = 2).await;
    assert_eq!(proxy.post("/v1/messages", "{}").await.status(), 503);
    assert_eq!(mock.arrived().len(), 1);
}

#[tokio::test]
async fn open_answers_end_when_the_proxy_does() {
    let mut server = Server::start().await;
    let mut proxy = Running::at(server.address, |_| {}).await;
    let mut idle = End::to(proxy.address).await;
    let mut client = End::to(proxy.address).await;
    let mut upstream = server.asked_by(&mut client).await;
    upstream.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n").await;
    client.until("{\"a\":").await;
    proxy.stop();
    assert_eq!(idle.closed().await, "");
    assert!(tokio::net::TcpStream::connect(proxy.address).await.is_err());
    upstream.write("2\r\n1}\r\n0\r\n\r\n").await;
    client.until("1}\r\n0\r\n\r\n").await;
    proxy.ended().await;
    let [entry] = &proxy.lines()[..] else { panic!("one entry") };
    assert_eq!(entry.end, Ended::Complete);
}

#[tokio::test]
async fn answers_that_do_not_end_are_cut_and_written() {
    let mut server = Server::start().await;
    let mut proxy = Running::at(server.address, |config| config.deadlines.shutdown = SHORT).await;
    let mut client = End::to(proxy.address).await;
    let mut upstream = server.asked_by(&mut client).await;
    upstream.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n").await;
    client.until("hello").await;
    proxy.stop();
    proxy.ended().await;
    let [entry] = &proxy.lines()[..] else { panic!("one entry") };
    assert_eq!(entry.end, Ended::Truncated);
    assert_eq!((entry.error.as_deref(), entry.bytes_out), (Some("shutdown"), 5));
    assert_eq!(client.closed().await, "\r\n");
    assert_eq!(upstream.closed().await, "");
}

#[tokio::test]
async fn a_connection_too_many_waits_for_a_place() {
    let mock = Mock::start(|_| Answer::whole("application/json", "{}")).await;
    let proxy = Running::with(&mock, |config| config.limits.connections = 1).await;
    let first = End::to(proxy.address).await;
    let mut second = End::to(proxy.address).await;
    second.write(message("{}")).await;
    let head = tokio::time::timeout(SHORT, second.head()).await;
    assert!(head.is_err(), "answered beyond the limit");
    drop(first);
    let mut third = End::to(proxy.address).await;
    drop(second);
    third.write(message("{}")).await;
    assert!(third.head().await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_path_that_nobody_serves_lists_the_names() {
    let mock = Mock::start(|_| Answer::whole("application/json", "{}")).await;
    let proxy = Running::before(&mock).await;
    let request = Request::get("/v2/none").body(bytes::Bytes::new()).unwrap();
    let answer = proxy.send(request).await;
    assert_eq!(answer.status(), 404);
    assert!(std::str::from_utf8(answer.body()).unwrap().contains("anthropic"));
    assert!(mock.arrived().is_empty());
}

#[tokio::test]
async fn answers_that_are_whole_leave_the_connection_to_the_next_one() {
    let mock = Mock::start(|_| {
        Answer::events(&["data: {\"type\":\"ping\"}\n\n", "data: {\"type\":\"message_stop\"}\n\n"])
    })
    .await;
    let proxy = Running::before(&mock).await;
    let mut client = End::to(proxy.address).await;
    for _ in 0..3 {
        client.write(message("{}")).await;
        client.until("message_stop\"}\n\n\r\n0\r\n\r\n").await;
    }
    let entries = proxy.ledger(3).await;
    assert!(entries.iter().all(|entry| entry.bytes_out == 54 && entry.end == Ended::Complete));
}
