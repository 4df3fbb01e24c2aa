//! `WebSocket`s through the proxy.

use std::time::Duration;

use data_schema::End as Ended;

use crate::raw::{End, Server, header};
use crate::support::{Between, Running};

const ASK: &str = "GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";
const AGREE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Both ends of an open tunnel.
async fn open(proxy: &Running, server: &mut Server) -> (End, End) {
    let mut client = End::to(proxy.address).await;
    client.write(ASK).await;
    let mut upstream = server.connection().await;
    let asked = upstream.head().await;
    assert!(asked.starts_with("GET /v1/responses HTTP/1.1\r\n"), "{asked}");
    assert_eq!(header(&asked, "upgrade"), Some("websocket"));
    assert_eq!(header(&asked, "connection"), Some("Upgrade"));
    assert_eq!(header(&asked, "sec-websocket-key"), Some("dGhlIHNhbXBsZSBub25jZQ=="));
    upstream.write(AGREE).await;
    let agreed = client.head().await;
    assert!(agreed.starts_with("HTTP/1.1 101 "), "{agreed}");
    assert_eq!(header(&agreed, "upgrade"), Some("websocket"));
    assert_eq!(header(&agreed, "sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert!(header(&agreed, "x-token-matters-request").is_some());
    (client, upstream)
}

#[tokio::test]
async fn bytes_go_both_ways_until_the_server_ends_it() {
    let mut server = Server::start().await;
    let proxy = Running::at(server.address, |_| {}).await;
    let (mut client, mut upstream) = open(&proxy, &mut server).await;
    let all: Vec<u8> = (0..=255).collect();
    client.write(&all).await;
    assert_eq!(upstream.bytes(256).await, all);
    upstream.write(&all).await;
    upstream.write(&all).await;
    assert_eq!(client.bytes(512).await, all.repeat(2));
    drop(upstream);
    assert_eq!(client.closed().await, "");
    // The line is written before the client sees the end.
    let [entry] = &proxy.lines()[..] else { panic!("one entry") };
    assert_eq!(entry.end, Ended::Complete);
    assert_eq!((entry.status, entry.bytes_in, entry.bytes_out), (Some(101), 256, 512));
}

#[tokio::test]
async fn a_client_that_goes_ends_it_at_the_server() {
    let mut server = Server::start().await;
    let proxy = Running::at(server.address, |_| {}).await;
    let (client, mut upstream) = open(&proxy, &mut server).await;
    drop(client);
    assert_eq!(upstream.closed().await, "");
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.end, Ended::ClientClosed);
}

#[tokio::test]
async fn silence_of_both_ends_it_and_so_does_the_proxys_end() {
    let mut server = Server::start().await;
    let short = Duration::from_millis(200);
    let proxy = Running::at(server.address, |config| {
        config.deadlines.upstream_idle = short;
        // Deadlines of requests do not hold for tunnels.
        config.deadlines.client_idle = short / 4;
    })
    .await;
    let (mut client, mut upstream) = open(&proxy, &mut server).await;
    for _ in 0..4 {
        tokio::time::sleep(short / 2).await;
        upstream.write("tick").await;
        client.until("tick").await;
    }
    assert_eq!(client.closed().await, "");
    assert_eq!(upstream.closed().await, "");
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!((entry.end, entry.error.as_deref()), (Ended::Truncated, Some("idle")));

    let mut proxy = Running::at(server.address, |config| config.deadlines.shutdown = short).await;
    let (mut client, mut upstream) = open(&proxy, &mut server).await;
    proxy.stop();
    // Until then, it goes on.
    client.write("still").await;
    upstream.until("still").await;
    proxy.ended().await;
    assert_eq!(client.closed().await, "");
    let [entry] = &proxy.lines()[..] else { panic!("one entry") };
    assert_eq!((entry.end, entry.error.as_deref()), (Ended::Truncated, Some("shutdown")));
}

#[tokio::test]
async fn a_refusal_is_an_answer_as_any_other() {
    let Between { mut server, proxy, mut client } = Between::start(|_| {}).await;
    client.write(ASK).await;
    let mut upstream = server.connection().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 426 Upgrade Required\r\ncontent-length: 2\r\n\r\nno").await;
    assert!(client.head().await.starts_with("HTTP/1.1 426 "));
    assert_eq!(client.bytes(2).await, b"no");
    assert_eq!(proxy.ledger(1).await[0].status, Some(426));
}

#[tokio::test]
async fn no_other_protocol_is_let_through() {
    let Between { mut server, proxy: _proxy, mut client } = Between::start(|_| {}).await;
    client.write(ASK.replace("websocket", "h2c")).await;
    let mut upstream = server.connection().await;
    let asked = upstream.head().await;
    assert_eq!(header(&asked, "upgrade"), None);
    // Nor one that the upstream takes by itself.
    upstream.write(AGREE).await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
}
