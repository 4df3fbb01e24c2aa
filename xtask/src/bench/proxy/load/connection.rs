//! One connection: as much of HTTP/1.1 as answers of the mock need, whatever relays make of their framing.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;
use sha2::{Digest, Sha256};

use super::super::answer::{STAMP, STAMP_DIGITS};
use super::super::{mock, now};
use super::{Asks, Shape, Tally};

/// How long an answer may be silent.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes that are read at once.
const BUFFER: usize = 64 * 1024;

/// A connection to a server.
pub(super) struct Connection {
    server: SocketAddr,
    /// Where hashes are told.
    mock: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

/// The head of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Head {
    status: u16,
    length: Option<usize>,
    is_chunked: bool,
    is_last: bool,
    number: Option<u64>,
}

/// One answer.
#[derive(Debug)]
pub(super) struct Answered {
    /// When the first byte of the body was there.
    pub(super) first: Instant,
    /// When all was there.
    pub(super) last: Instant,
    /// How long each piece of a stream was on its way. Nanoseconds.
    pub(super) pieces: Vec<u64>,
}

impl Connection {
    pub(super) fn open(server: SocketAddr, mock: SocketAddr) -> Result<Self> {
        let stream = connect(server)?;
        Ok(Self { server, mock, stream, buffer: vec![0; BUFFER], start: 0, end: 0 })
    }

    /// Sends the request of a number, reads its answer and checks it; what went wrong stands in the tally.
    pub(super) fn ask(&mut self, asks: &Asks, number: u64, tally: &mut Tally) -> Option<Answered> {
        self.ask_then(asks, number, tally, || ())
    }

    /// The same; `begun` is called at the first byte of the answer's body.
    pub(super) fn ask_then(
        &mut self,
        asks: &Asks,
        number: u64,
        tally: &mut Tally,
        begun: impl FnOnce(),
    ) -> Option<Answered> {
        tally.sent += 1;
        let is_checked = asks.is_checked(number);
        match self.exchange(asks, is_checked, begun) {
            Ok(answered) => {
                tally.checked += u64::from(is_checked);
                Some(answered)
            }
            Err(error) => {
                tally.failures.push(error);
                // What is left on the old one belongs to nobody.
                if let Ok(stream) = connect(self.server) {
                    (self.stream, self.start, self.end) = (stream, 0, 0);
                }
                None
            }
        }
    }

    fn exchange(
        &mut self,
        asks: &Asks,
        is_checked: bool,
        begun: impl FnOnce(),
    ) -> Result<Answered> {
        self.stream.write_all(asks.bytes(is_checked))?;
        let head = self.head()?;
        let mut reader = Reader { begun: Some(begun), ..Reader::new(is_checked) };
        self.body(&head, |bytes| reader.take(bytes))?;
        let last = Instant::now();
        ensure!(head.status == 200, "status {}", head.status);
        if asks.shape.is_exact {
            reader.is_all(&asks.shape)?;
        }
        if let Some(hash) = reader.hash {
            let number = head.number.context("an answer without its number")?;
            let sent = hash_of(self.mock, number)?;
            ensure!(mock::hex(hash) == sent, "answer {number} is not what the upstream sent");
        }
        if head.is_last {
            (self.stream, self.start, self.end) = (connect(self.server)?, 0, 0);
        }
        Ok(Answered { first: reader.first.unwrap_or(last), last, pieces: reader.pieces })
    }

    /// Reads until the end of the head.
    fn head(&mut self) -> Result<Head> {
        loop {
            let read = &self.buffer[self.start..self.end];
            if let Some(length) = memmem::find(read, b"\r\n\r\n") {
                let head = parse(&read[..length])?;
                self.start += length + 4;
                return Ok(head);
            }
            ensure!(self.fill()? > 0, "the connection ended before an answer");
        }
    }

    fn body(&mut self, head: &Head, mut take: impl FnMut(&[u8])) -> Result<()> {
        if !head.is_chunked {
            return self.exactly(head.length.context("an answer without a length")?, &mut take);
        }
        loop {
            let size = self.line()?;
            let size = size.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).context("a chunk without a size")?;
            if size == 0 {
                while !self.line()?.is_empty() {}
                return Ok(());
            }
            self.exactly(size, &mut take)?;
            ensure!(self.line()?.is_empty(), "a chunk is longer than it says");
        }
    }

    fn exactly(&mut self, mut left: usize, take: &mut impl FnMut(&[u8])) -> Result<()> {
        while left > 0 {
            if self.start == self.end {
                ensure!(self.fill()? > 0, "the connection ended in the middle of an answer");
            }
            let length = left.min(self.end - self.start);
            take(&self.buffer[self.start..self.start + length]);
            self.start += length;
            left -= length;
        }
        Ok(())
    }

    fn line(&mut self) -> Result<String> {
        loop {
            let read = &self.buffer[self.start..self.end];
            if let Some(length) = memmem::find(read, b"\r\n") {
                let line = String::from_utf8_lossy(&read[..length]).into_owned();
                self.start += length + 2;
                return Ok(line);
            }
            ensure!(self.fill()? > 0, "the connection ended in the middle of an answer");
        }
    }

    fn fill(&mut self) -> Result<usize> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        ensure!(self.end < self.buffer.len(), "a line without an end");
        loop {
            match self.stream.read(&mut self.buffer[self.end..]) {
                Ok(read) => {
                    self.end += read;
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn connect(server: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn parse(head: &[u8]) -> Result<Head> {
    let text = std::str::from_utf8(head).context("a head that is no text")?;
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut head = Head { status: status.context("a head without a status")?, ..Head::default() };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            head.length = Some(value.parse()?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            head.is_chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            head.is_last = value.eq_ignore_ascii_case("close");
        } else if name.eq_ignore_ascii_case("x-bench-number") {
            head.number = value.parse().ok();
        }
    }
    Ok(head)
}

/// What the upstream says that it sent.
fn hash_of(mock: SocketAddr, number: u64) -> Result<String> {
    let mut stream = connect(mock)?;
    let request = format!(
        "GET /bench/hash/{number} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let Some((_, hash)) = text.split_once("\r\n\r\n") else { bail!("the mock tells no hash") };
    Ok(hash.to_owned())
}

/// Reads a body as it comes.
struct Reader<F> {
    begun: Option<F>,
    first: Option<Instant>,
    bytes: usize,
    hash: Option<Sha256>,
    /// What may be the beginning of a stamp.
    carry: Vec<u8>,
    pieces: Vec<u64>,
}

impl<F: FnOnce()> Reader<F> {
    fn new(is_hashed: bool) -> Self {
        let hash = is_hashed.then(Sha256::new);
        Self { begun: None, first: None, bytes: 0, hash, carry: Vec::new(), pieces: Vec::new() }
    }

    fn take(&mut self, bytes: &[u8]) {
        if let Some(begun) = self.begun.take() {
            self.first = Some(Instant::now());
            begun();
        }
        self.bytes += bytes.len();
        if let Some(hash) = &mut self.hash {
            hash.update(bytes);
        }
        self.stamps(bytes, now());
    }

    /// Whether as much arrived as was asked for.
    fn is_all(&self, shape: &Shape) -> Result<()> {
        let (pieces, bytes) = (self.pieces.len(), self.bytes);
        if let Some((all, _)) = shape.stream {
            let all = all as usize;
            ensure!(pieces == all, "{pieces} of {all} pieces of a stream arrived");
        } else {
            let sent = shape.answered;
            ensure!(bytes == sent, "{bytes} bytes arrived, {sent} were sent");
        }
        Ok(())
    }

    /// Notes how long the pieces in these bytes were on their way.
    fn stamps(&mut self, bytes: &[u8], now: u64) {
        self.carry.extend_from_slice(bytes);
        let length = STAMP.len() + STAMP_DIGITS;
        let mut from = 0;
        while let Some(place) = memmem::find(&self.carry[from..], STAMP) {
            let start = from + place;
            let Some(stamp) = self.carry.get(start + STAMP.len()..start + length) else {
                from = start;
                break;
            };
            let sent = std::str::from_utf8(stamp).ok().and_then(|digits| digits.parse().ok());
            self.pieces.extend(sent.map(|sent: u64| now.saturating_sub(sent)));
            from = start + length;
        }
        // Without a stamp, at most its sign can be cut in two.
        let is_open = self.carry[from..].starts_with(STAMP);
        let keep = if is_open { self.carry.len() - from } else { 1 };
        let drop = self.carry.len().saturating_sub(keep).max(from);
        self.carry.drain(..drop.min(self.carry.len()));
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::super::super::answer::Wire;
    use super::*;

    fn shape(answered: usize, stream: Option<(u32, u64)>) -> Shape {
        Shape { wire: Wire::Chat, asked: 500, answered, stream, is_exact: true, check_every: 0 }
    }

    /// A server that answers every request with these words, in these pieces.
    fn server(pieces: &'static [&'static str]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut request = [0; 4096];
                while stream.read(&mut request).is_ok_and(|read| read > 0) {
                    for piece in pieces {
                        stream.write_all(piece.as_bytes()).unwrap();
                    }
                }
            }
        });
        address
    }

    fn ask(address: SocketAddr, shape: &Shape, times: u64) -> (Vec<Answered>, Tally) {
        let mut connection = Connection::open(address, address).unwrap();
        let (asks, mut tally) = (Asks::of(shape), Tally::default());
        let all = (0..times).filter_map(|number| connection.ask(&asks, number, &mut tally));
        let all: Vec<Answered> = all.collect();
        (all, tally)
    }

    #[test]
    fn a_whole_answer_is_read_and_its_length_is_checked() {
        let address = server(&["HTTP/1.1 200 OK\r\nContent-Le", "ngth: 5\r\n\r\nab", "cde"]);
        let (all, tally) = ask(address, &shape(5, None), 3);
        assert_eq!((all.len(), tally.sent, tally.failures.len()), (3, 3, 0));
        let (all, tally) = ask(address, &shape(6, None), 1);
        assert!(all.is_empty());
        assert_eq!(tally.failures[0].to_string(), "5 bytes arrived, 6 were sent");
    }

    #[test]
    fn pieces_of_a_stream_are_found_however_its_bytes_are_cut() {
        let address = server(&[
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1d\r\n{\"~t10000000000000000",
            "00 word\"\r\n17\r\n~t1000000000000000001~t\r\n",
            "13\r\n1000000000000000002\r\n0\r\n\r\n",
        ]);
        let (all, tally) = ask(address, &shape(0, Some((3, 0))), 2);
        assert!(tally.failures.is_empty(), "{:?}", tally.failures);
        assert_eq!(all.iter().map(|one| one.pieces.len()).collect::<Vec<_>>(), [3, 3]);
        let (_, tally) = ask(address, &shape(0, Some((4, 0))), 1);
        assert_eq!(tally.failures[0].to_string(), "3 of 4 pieces of a stream arrived");
    }

    #[test]
    fn a_stamp_is_read_wherever_it_is_cut_in_two() {
        let text = b"{\"~t1000000000000000001 a word\"~t1000000000000000002~t1000000000000000003";
        for cut in 0..text.len() {
            let mut reader = Reader { begun: Some(|| ()), ..Reader::new(false) };
            reader.stamps(&text[..cut], 1_000_000_000_000_000_010);
            reader.stamps(&text[cut..], 1_000_000_000_000_000_010);
            assert_eq!(reader.pieces, [9, 8, 7], "{cut}");
        }
    }

    #[test]
    fn an_error_of_the_server_is_a_failure() {
        let address = server(&["HTTP/1.1 503 no\r\ncontent-length: 0\r\n\r\n"]);
        let (_, tally) = ask(address, &shape(0, None), 1);
        assert_eq!(tally.failures[0].to_string(), "status 503");
    }

    #[test]
    fn heads_tell_their_framing() {
        let head = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nX-Bench-Number: 12").unwrap();
        let expected = Head { status: 200, length: Some(7), number: Some(12), ..Head::default() };
        assert_eq!(head, expected);
        assert!(parse(b"nonsense").is_err());
    }
}
