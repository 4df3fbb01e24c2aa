//! The way of bytes: heads, bodies, lengths, trailers.

use crate::raw::{End, Server, header, message};
use crate::support::{Between, Running};

const END: &str = "0\r\n\r\n";

#[tokio::test]
async fn a_head_passes_as_it_was_written() {
    let Between { mut server, proxy, mut client } = Between::start(|_| {}).await;
    client
        .write(
            "POST /v1/messages?beta=true HTTP/1.1\r\nHost: 127.0.0.1\r\nX-CuStOm: One\r\n\
             x-dup: a\r\nX-Dup: b\r\nUser-Agent: claude-cli/2.1.197 (external, cli)\r\n\
             Accept-Encoding: gzip, deflate, br, zstd\r\nConnection: keep-alive, X-Hop\r\n\
             X-Hop: mine\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n\
             x-token-matters-project: shop\r\nX-Claude-Code-Session-Id: s-1\r\n\
             Content-Length: 2\r\n\r\n{}",
        )
        .await;
    let mut upstream = server.connection().await;
    let head = upstream.head().await;
    let mut lines: Vec<&str> = head.trim_end().lines().collect();
    assert_eq!(lines.remove(0), "POST /v1/messages?beta=true HTTP/1.1");
    lines.sort_unstable();
    let host = format!("Host: {}", server.address);
    let mut expected = vec![
        host.as_str(),
        "X-CuStOm: One",
        "x-dup: a",
        "X-Dup: b",
        "User-Agent: claude-cli/2.1.197 (external, cli)",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "X-Claude-Code-Session-Id: s-1",
        "Content-Length: 2",
    ];
    expected.sort_unstable();
    assert_eq!(lines, expected);
    assert_eq!(upstream.bytes(2).await, b"{}");
    upstream
        .write(
            "HTTP/1.1 200 Fine\r\nX-Ratelimit-LEFT: 5\r\nset-cookie: a\r\nSet-Cookie: b\r\n\
             Connection: x-gone\r\nx-gone: 1\r\nContent-Length: 4\r\n\r\nDONE",
        )
        .await;
    let head = client.head().await;
    let (lines, own): (Vec<&str>, Vec<&str>) =
        head.trim_end().lines().partition(|line| !line.starts_with("x-token-matters-"));
    assert_eq!(lines[0], "HTTP/1.1 200 Fine");
    let mut lines = lines[1..].to_vec();
    lines.sort_unstable();
    let kept = ["Content-Length: 4", "Set-Cookie: b", "X-Ratelimit-LEFT: 5", "set-cookie: a"];
    assert_eq!(lines, kept);
    assert_eq!(own.len(), 2, "{own:?}");
    assert_eq!(client.bytes(4).await, b"DONE");
    // The line is there before the client sees the end.
    let [entry] = &proxy.lines()[..] else { panic!("one entry") };
    assert_eq!(header(&head, "x-token-matters-request"), Some(entry.request.as_str()));
    let overhead = entry.overhead_us.map(|overhead| overhead.to_string());
    assert_eq!(header(&head, "x-token-matters-overhead-us"), overhead.as_deref());
    assert_eq!(entry.client.as_deref(), Some("claude-code/2.1.197"));
    assert_eq!(entry.project.as_deref(), Some("shop"));
    assert_eq!(entry.session, Some(data_schema::HashId::new("session", "s-1")));
    assert_eq!((entry.bytes_in, entry.bytes_out), (2, 4));
}

#[tokio::test]
async fn pieces_come_one_by_one_and_as_they_are() {
    let Between { mut server, proxy, mut client } = Between::start(|_| {}).await;
    let mut upstream = server.asked_by(&mut client).await;
    upstream
        .write(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-type: text/event-stream\r\n\
             transfer-encoding: chunked\r\n\r\n",
        )
        .await;
    let head = client.head().await;
    assert_eq!(header(&head, "content-encoding"), Some("gzip"));
    assert_eq!(header(&head, "transfer-encoding"), Some("chunked"));
    assert_eq!(header(&head, "content-length"), None);
    for piece in ["\u{1f}broken gzip", "second", "third"] {
        // The next piece is sent when this one has come.
        upstream.write(format!("{:x}\r\n{piece}\r\n", piece.len())).await;
        let framed = format!("{:X}\r\n{piece}\r\n", piece.len());
        assert_eq!(client.until(piece).await, framed.trim_end());
        client.until("\r\n").await;
    }
    assert!(proxy.lines().is_empty());
    upstream.write(END).await;
    client.until(END).await;
    let [entry] = &proxy.lines()[..] else { panic!("one entry") };
    assert_eq!(entry.end, data_schema::End::Complete);
    assert!(entry.ttft_ms.is_some());
    assert_eq!(entry.bytes_out, 23);
}

#[tokio::test]
async fn large_bodies_stream_both_ways_unchanged() {
    let mut server = Server::start().await;
    let proxy = Running::at(server.address, |config| config.limits.buffered = 100_000).await;
    let body: Vec<u8> = (0..16_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let (mut reader, mut writer) = {
        let mut client = End::to(proxy.address).await;
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        client.write(head).await;
        let (reader, writer) = client.stream.into_split();
        (reader, writer)
    };
    let sent = body.clone();
    let sending = tokio::spawn(async move {
        tokio::io::AsyncWriteExt::write_all(&mut writer, &sent).await.unwrap();
        writer
    });
    let mut upstream = server.connection().await;
    let head = upstream.head().await;
    assert_eq!(header(&head, "content-length"), Some(body.len().to_string().as_str()));
    assert_eq!(header(&head, "transfer-encoding"), None);
    assert!(upstream.bytes(body.len()).await == body, "the request changed");
    let _writer = sending.await.unwrap();
    let answer = body.clone();
    tokio::spawn(async move {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
        upstream.write(head).await;
        upstream.write(answer).await;
        upstream
    });
    let mut got = Vec::new();
    let mut piece = vec![0; 1024 * 1024];
    let length = loop {
        let read = tokio::io::AsyncReadExt::read(&mut reader, &mut piece).await.unwrap();
        assert!(read > 0, "closed after {} bytes", got.len());
        got.extend_from_slice(&piece[..read]);
        let end = got.windows(4).take(4096).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end.filter(|end| got.len() == end + 4 + body.len()) {
            break end + 4;
        }
    };
    assert!(got[length..] == body, "the answer changed");
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!((entry.bytes_in, entry.bytes_out), (64_000_000, 64_000_000));
}

#[tokio::test]
async fn chunks_stay_chunks_and_trailers_pass() {
    let Between { mut server, proxy: _proxy, mut client } = Between::start(|_| {}).await;
    client
        .write(
            "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nTE: trailers\r\nTrailer: X-Sum\r\n\
             Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 7\r\n\r\n",
        )
        .await;
    let mut upstream = server.connection().await;
    let head = upstream.head().await;
    assert_eq!(header(&head, "transfer-encoding"), Some("chunked"));
    assert_eq!(header(&head, "content-length"), None);
    assert_eq!(header(&head, "te"), Some("trailers"));
    let body = upstream.until("\r\n\r\n").await;
    assert_eq!(body.to_lowercase(), "2\r\n{}\r\n0\r\nx-sum: 7\r\n\r\n");
    upstream
        .write(
            "HTTP/1.1 200 OK\r\nTrailer: X-Cost\r\nTransfer-Encoding: chunked\r\n\r\n\
             4\r\nDONE\r\n0\r\nX-Cost: 9\r\n\r\n",
        )
        .await;
    client.head().await;
    let body = client.until("\r\n\r\n").await;
    assert_eq!(body.to_lowercase(), "4\r\ndone\r\n0\r\nx-cost: 9\r\n\r\n");
}

#[tokio::test]
async fn answers_without_a_body_end_at_once() {
    let Between { mut server, proxy, mut client } = Between::start(|_| {}).await;
    client
        .write("HEAD / HTTP/1.1\r\nhost: localhost\r\nx-token-matters-upstream: openai\r\n\r\n")
        .await;
    let mut upstream = server.connection().await;
    assert!(upstream.head().await.starts_with("HEAD / HTTP/1.1\r\n"));
    upstream.write("HTTP/1.1 200 OK\r\nContent-Length: 123\r\n\r\n").await;
    assert_eq!(header(&client.head().await, "content-length"), Some("123"));
    client
        .write("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n")
        .await;
    assert_eq!(header(&upstream.head().await, "content-length"), Some("0"));
    upstream.write("HTTP/1.1 204 No Content\r\n\r\n").await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 204 No Content\r\n"), "{head}");
    assert_eq!(header(&head, "content-length"), None);
    let entries = proxy.ledger(2).await;
    assert!(entries.iter().all(|entry| entry.end == data_schema::End::Complete), "{entries:?}");
}

#[tokio::test]
async fn a_client_that_waits_for_leave_to_send_gets_it() {
    let Between { mut server, proxy: _proxy, mut client } = Between::start(|_| {}).await;
    client
        .write(
            "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n\
             content-length: 2\r\n\r\n",
        )
        .await;
    assert_eq!(client.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.write("{}").await;
    let mut upstream = server.connection().await;
    upstream.until("{}").await;
    upstream
        .write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        .await;
    assert!(client.head().await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(client.bytes(2).await, b"ok");
}

#[tokio::test]
async fn a_redirect_is_handed_on_and_not_followed() {
    let mut server = Server::start().await;
    let elsewhere = Server::start().await;
    let proxy = Running::at(server.address, |_| {}).await;
    let mut client = End::to(proxy.address).await;
    let mut upstream = server.asked_by(&mut client).await;
    let location = format!("http://{}/secret", elsewhere.address);
    upstream
        .write(format!(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
        ))
        .await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 307"), "{head}");
    assert_eq!(header(&head, "location"), Some(location.as_str()));
    assert_eq!(elsewhere.waiting(), 0);
}

#[tokio::test]
async fn what_is_too_much_to_keep_is_streamed_without_a_look() {
    let mut server = Server::start().await;
    let proxy = Running::at(server.address, |config| config.limits.buffered_in_all = 10).await;
    // The first request fills what may be kept, and holds it until its body is whole.
    let mut first = End::to(proxy.address).await;
    first
        .write("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 30\r\n\r\n")
        .await;
    first.write("{\"model\":\"a-1\",").await;
    let mut upstream = server.connection().await;
    upstream.until("a-1\",").await;
    first.write("\"padding\":\"123\"").await;
    upstream.until("\"123\"").await;
    upstream.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    first.until("ok").await;
    // What was kept is given back: the next one is looked at.
    let mut second = End::to(proxy.address).await;
    second.write(message("{\"model\":\"b-2\"}")).await;
    upstream.until("b-2\"}").await;
    upstream.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    second.until("ok").await;
    let entries = proxy.ledger(2).await;
    assert_eq!(entries[0].bytes_in, 30);
    assert_eq!(entries[1].requested_model.as_deref(), Some("b-2"));
}
