//! As much of HTTP/1.1 as the clients need: one request on each connection, and streams of events.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The longest request that is read. Bytes.
const LONGEST: u64 = 64 * 1024 * 1024;

/// A request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// With its query.
    pub(super) path: String,
    /// Null where there is no JSON.
    pub(super) body: Value,
}

/// What is answered.
pub(super) enum Answer {
    Json {
        status: u16,
        body: Value,
    },
    /// Names, which not all kinds of stream have, and contents.
    Events {
        events: Vec<(Option<&'static str>, String)>,
        /// How many of them are sent before the connection breaks.
        cut_after: Option<usize>,
    },
}

impl Answer {
    /// What is sent of it, before it is cut if it is.
    pub(super) fn contents(&self) -> Vec<Value> {
        match self {
            Self::Json { body: Value::Array(parts), .. } => parts.clone(),
            Self::Json { body, .. } => vec![body.clone()],
            Self::Events { events, cut_after } => {
                let sent = &events[..cut_after.unwrap_or(events.len())];
                sent.iter().filter_map(|(_, text)| serde_json::from_str(text).ok()).collect()
            }
        }
    }
}

/// Reads the request of a connection.
pub(super) fn read(stream: &TcpStream) -> Result<Request> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let first = line(&mut reader)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next(), words.next());
    let (mut length, mut is_chunked, mut waits) = (0, false, false);
    loop {
        let header = line(&mut reader)?;
        let Some((name, value)) = header.split_once(':') else { break };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse()?,
            "transfer-encoding" => is_chunked = value.eq_ignore_ascii_case("chunked"),
            "expect" => waits = true,
            _ => {}
        }
    }
    if waits {
        (&*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let bytes = if is_chunked { chunks(&mut reader)? } else { exactly(&mut reader, length)? };
    Ok(Request {
        method: method.unwrap_or_default(),
        path: path.context("a request without a path")?,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    })
}

fn line(reader: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    reader.take(LONGEST).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn exactly(reader: &mut impl Read, length: u64) -> Result<Vec<u8>> {
    ensure!(length <= LONGEST, "a request of {length} bytes");
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn chunks(reader: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let size = line(reader)?;
        let size = size.split(';').next().unwrap_or_default();
        let size = u64::from_str_radix(size, 16).context("a chunk without a size")?;
        bytes.extend(exactly(reader, size)?);
        line(reader)?;
        if size == 0 {
            return Ok(bytes);
        }
    }
}

/// Sends an answer.
pub(super) fn send(stream: &mut TcpStream, has_body: bool, answer: &Answer) -> Result<()> {
    match answer {
        Answer::Json { status, body } => {
            let body = body.to_string();
            let head =
                head(*status, "application/json", &format!("Content-Length: {}", body.len()));
            stream.write_all(head.as_bytes())?;
            if has_body {
                stream.write_all(body.as_bytes())?;
            }
        }
        Answer::Events { events, cut_after } => {
            let head = head(200, "text/event-stream; charset=utf-8", "Transfer-Encoding: chunked");
            stream.write_all(head.as_bytes())?;
            for (name, content) in &events[..cut_after.unwrap_or(events.len())] {
                let name = name.map_or_else(String::new, |name| format!("event: {name}\n"));
                let event = format!("{name}data: {content}\n\n");
                write!(stream, "{:x}\r\n{event}\r\n", event.len())?;
            }
            if cut_after.is_none() {
                stream.write_all(b"0\r\n\r\n")?;
            }
        }
    }
    Ok(stream.flush()?)
}

fn head(status: u16, kind: &str, framing: &str) -> String {
    format!(
        "HTTP/1.1 {status} mock\r\nContent-Type: {kind}\r\n{framing}\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n"
    )
}
