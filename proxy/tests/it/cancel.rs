//! A client that goes takes its request with it, wherever that is, and leaves one line.

use data_schema::End as Ended;

use crate::support::Between;

#[tokio::test]
async fn while_its_body_is_on_its_way() {
    let Between { mut server, proxy, mut client } =
        Between::start(|config| config.limits.buffered = 10).await;
    client
        .write("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n")
        .await;
    client.write("0123456789").await;
    let mut upstream = server.connection().await;
    upstream.until("0123456789").await;
    drop(client);
    assert_eq!(upstream.closed().await, "");
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.end, Ended::ClientClosed);
    assert_eq!(entry.status, None);
    assert_eq!(entry.bytes_in, 10);
}

#[tokio::test]
async fn before_the_upstream_is_asked() {
    let Between { server, proxy, mut client } = Between::start(|_| {}).await;
    client
        .write("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n01234")
        .await;
    drop(client);
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.end, Ended::ClientClosed);
    assert_eq!((entry.status, entry.bytes_in), (None, 5));
    assert_eq!(server.waiting(), 0);
}

#[tokio::test]
async fn before_the_head_of_the_answer() {
    let Between { mut server, proxy, mut client } =
        Between::start(|config| config.retries = 3).await;
    let mut upstream = server.asked_by(&mut client).await;
    drop(client);
    assert_eq!(upstream.closed().await, "");
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.end, Ended::ClientClosed);
    assert_eq!(entry.status, None);
    assert_eq!(server.waiting(), 0);
}

#[tokio::test]
async fn in_the_middle_of_a_stream() {
    let Between { mut server, proxy, mut client } = Between::start(|_| {}).await;
    let mut upstream = server.asked_by(&mut client).await;
    upstream.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n").await;
    client.until("hello").await;
    drop(client);
    // The upstream is silent: it is not its next piece that tells.
    assert_eq!(upstream.closed().await, "");
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.end, Ended::ClientClosed);
    assert_eq!((entry.status, entry.bytes_out), (Some(200), 5));
    assert_eq!(proxy.lines().len(), 1);
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_let_go() {
    let Between { mut server, proxy, mut client } = Between::start(|config| {
        config.deadlines.client_idle = std::time::Duration::from_millis(300);
    })
    .await;
    let mut upstream = server.asked_by(&mut client).await;
    upstream.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
    client.head().await;
    // Sockets take some megabytes; the proxy keeps next to nothing beside.
    let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let mut written = 0;
    while tokio::io::AsyncWriteExt::write_all(&mut upstream.stream, piece.as_bytes()).await.is_ok()
    {
        written += piece.len();
        assert!(written < 100_000_000, "a slow client holds memory");
    }
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.end, Ended::ClientClosed);
}
