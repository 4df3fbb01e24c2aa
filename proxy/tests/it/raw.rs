//! Both ends of the proxy byte by byte: a server that does as a test says, and a client that writes what it is told.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Longer than anything here takes; a test that waits so long has failed.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A server without HTTP of its own: each connection is handed to the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    arrived: mpsc::UnboundedReceiver<End>,
}

/// One end of a connection, with what was read of it and not yet looked at.
pub(crate) struct End {
    pub(crate) stream: TcpStream,
    rest: Vec<u8>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, arrived) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if sender.send(End { stream, rest: Vec::new() }).is_err() {
                    return;
                }
            }
        });
        Self { address, arrived }
    }

    /// The next connection.
    pub(crate) async fn connection(&mut self) -> End {
        tokio::time::timeout(LONG, self.arrived.recv()).await.expect("a connection").unwrap()
    }

    /// The connection on which a client's whole request has come.
    pub(crate) async fn asked_by(&mut self, client: &mut End) -> End {
        client.write(message("{}")).await;
        let mut upstream = self.connection().await;
        upstream.until("{}").await;
        upstream
    }

    /// Connections that have come and were not taken.
    pub(crate) fn waiting(&self) -> usize {
        self.arrived.len()
    }
}

impl End {
    /// A client's end.
    pub(crate) async fn to(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), rest: Vec::new() }
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads until a mark, which is included. What follows is kept.
    pub(crate) async fn until(&mut self, mark: &str) -> String {
        loop {
            let found = self.rest.windows(mark.len()).position(|window| window == mark.as_bytes());
            if let Some(at) = found {
                let rest = self.rest.split_off(at + mark.len());
                let text = std::mem::replace(&mut self.rest, rest);
                return String::from_utf8(text).unwrap();
            }
            let read = self.more().await;
            assert!(read > 0, "closed before {mark:?}: {}", String::from_utf8_lossy(&self.rest));
        }
    }

    /// Reads a head.
    pub(crate) async fn head(&mut self) -> String {
        self.until("\r\n\r\n").await
    }

    /// Reads as many bytes.
    pub(crate) async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.rest.len() < count {
            assert!(self.more().await > 0, "closed after {} of {count} bytes", self.rest.len());
        }
        let rest = self.rest.split_off(count);
        std::mem::replace(&mut self.rest, rest)
    }

    /// Reads until the other end has closed, or broken off.
    pub(crate) async fn closed(&mut self) -> String {
        while self.more().await > 0 {}
        String::from_utf8_lossy(&std::mem::take(&mut self.rest)).into_owned()
    }

    async fn more(&mut self) -> usize {
        let mut buffer = vec![0; 64 * 1024];
        let read = tokio::time::timeout(LONG, self.stream.read(&mut buffer)).await;
        let read = read.expect("neither bytes nor an end").unwrap_or(0);
        self.rest.extend_from_slice(&buffer[..read]);
        read
    }
}

/// The value of a header in a head as text.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A request for a message.
pub(crate) fn message(body: &str) -> String {
    format!(
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
