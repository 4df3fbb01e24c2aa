//! Frames of a WebSocket from server to client (RFC 6455, 5.2), compressed or not (RFC 7692).

use std::collections::VecDeque;

use flate2::{Decompress, FlushDecompress, Status};

use super::machine::{Around, Reader};
use super::responses::Responses;
use super::sse::Events;
use super::{Meter, Seen};

/// What a compressed message lacks at its end (RFC 7692, 7.2.2).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// Bytes that are decompressed at a time.
const PIECE: usize = 8 * 1024;
/// A message that is longer when decompressed is not read to its end. Bytes.
const LONGEST_MESSAGE: u64 = 64 * 1024 * 1024;
/// The greatest head of a frame without a mask. Bytes.
const HEAD: usize = 10;

/// Reads the frames, and hands on what messages say.
#[expect(clippy::struct_excessive_bools, reason = "each is a bit of the protocol")]
pub(crate) struct Socket {
    /// The head of a frame, as far as it was read.
    head: [u8; HEAD],
    head_length: usize,
    /// Bytes of the frame that are still to come.
    left: u64,
    is_control: bool,
    is_final: bool,
    is_compressed: bool,
    /// Whether the frames cannot be followed any more.
    is_lost: bool,
    inflate: Option<Decompress>,
    /// Bytes of this message after decompression.
    message: u64,
    /// Whether this message's compressed data has ended before its frame.
    is_over: bool,
}

impl Socket {
    /// `is_deflated`: whether `permessage-deflate` was agreed on.
    pub(crate) fn new(is_deflated: bool) -> Self {
        Self {
            head: [0; HEAD],
            head_length: 0,
            left: 0,
            is_control: false,
            is_final: false,
            is_compressed: false,
            is_lost: false,
            inflate: is_deflated.then(|| Decompress::new(false)),
            message: 0,
            is_over: false,
        }
    }

    /// The next bytes from the server.
    pub(crate) fn feed(&mut self, bytes: &[u8], to: &mut dyn Events) {
        let mut rest = bytes;
        while !rest.is_empty() && !self.is_lost {
            if self.left == 0 {
                self.head[self.head_length] = rest[0];
                self.head_length += 1;
                rest = &rest[1..];
                self.head_read(to);
                continue;
            }
            let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
            self.payload(&rest[..count], to);
            self.left -= count as u64;
            rest = &rest[count..];
            if self.left == 0 && !self.is_lost {
                self.frame_ended(to);
            }
        }
    }

    /// Whether the frames could be followed.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Another byte of a frame's head.
    fn head_read(&mut self, to: &mut dyn Events) {
        let head = &self.head[..self.head_length];
        let [flags, length, extended @ ..] = head else { return };
        let bytes = match length {
            126 => 2,
            127 => 8,
            0..126 => 0,
            // Only clients mask.
            128.. => {
                self.is_lost = true;
                return;
            }
        };
        if extended.len() < bytes {
            return;
        }
        let long = extended.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        self.left = if bytes == 0 { u64::from(*length) } else { long };
        let (flags, opcode) = (*flags, flags & 0x0f);
        self.head_length = 0;
        self.is_control = opcode >= 8;
        if !self.is_control {
            self.is_final = flags & 0x80 != 0;
            if opcode != 0 {
                self.is_compressed = flags & 0x40 != 0;
                (self.message, self.is_over) = (0, false);
            }
        }
        self.is_lost = self.left > i64::MAX as u64
            || flags & 0x30 != 0
            || (self.is_compressed && self.inflate.is_none());
        if self.left == 0 && !self.is_lost {
            self.frame_ended(to);
        }
    }

    fn payload(&mut self, bytes: &[u8], to: &mut dyn Events) {
        match (self.is_control, self.is_compressed) {
            (true, _) => {}
            (false, true) => self.inflated(bytes, to),
            (false, false) => to.data(b"", bytes),
        }
    }

    fn frame_ended(&mut self, to: &mut dyn Events) {
        if self.is_control || !self.is_final {
            return;
        }
        if self.is_compressed {
            self.inflated(&TAIL, to);
        }
        if !self.is_lost {
            to.dispatch(b"");
        }
    }

    fn inflated(&mut self, mut bytes: &[u8], to: &mut dyn Events) {
        let Some(inflate) = self.inflate.as_mut().filter(|_| !self.is_over) else { return };
        let mut out = [0; PIECE];
        loop {
            let (read, written) = (inflate.total_in(), inflate.total_out());
            let Ok(status) = inflate.decompress(bytes, &mut out, FlushDecompress::None) else {
                self.is_lost = true;
                return;
            };
            let read = usize::try_from(inflate.total_in() - read).unwrap_or(0);
            let written = usize::try_from(inflate.total_out() - written).unwrap_or(0);
            bytes = &bytes[read..];
            to.data(b"", &out[..written]);
            self.message += written as u64;
            if status == Status::StreamEnd {
                // A sender may end its stream with a message: the next one begins anew.
                inflate.reset(false);
                self.is_over = true;
                return;
            }
            if self.message > LONGEST_MESSAGE {
                self.is_lost = true;
                return;
            }
            if written < out.len() && (bytes.is_empty() || read == 0) {
                return;
            }
        }
    }
}

/// Reads the answers that a socket carries one behind the other.
pub(super) struct SocketMeter {
    socket: Socket,
    reader: Answers,
}

/// Answers that are complete, and the one that is on its way.
struct Answers {
    reader: Reader,
    complete: VecDeque<Seen>,
}

impl SocketMeter {
    pub(super) fn new(is_deflated: bool) -> Self {
        let reader = Answers { reader: Self::reader(), complete: VecDeque::new() };
        Self { socket: Socket::new(is_deflated), reader }
    }

    fn reader() -> Reader {
        Reader::new(Box::<Responses>::default())
    }
}

impl Events for Answers {
    fn data(&mut self, event: &[u8], bytes: &[u8]) {
        self.reader.data(event, bytes);
    }

    fn dispatch(&mut self, event: &[u8]) {
        self.reader.dispatch(event);
        let (seen, _) = self.reader.machine.seen();
        if self.reader.machine.has_ended() || seen.error.is_some() {
            let around = Around { is_whole: true, ..Around::default() };
            self.complete.push_back(self.reader.finish(around));
            self.reader.machine = Box::<Responses>::default();
        }
    }
}

impl Meter for SocketMeter {
    fn feed(&mut self, bytes: &[u8]) {
        self.socket.feed(bytes, &mut self.reader);
    }

    fn next_seen(&mut self) -> Option<Seen> {
        self.reader.complete.pop_front()
    }

    fn finish(&mut self, is_whole: bool) -> Seen {
        if let Some(seen) = self.reader.complete.pop_front() {
            return seen;
        }
        let (seen, _) = self.reader.reader.machine.seen();
        if seen == Seen::default() {
            return seen;
        }
        let is_unreadable = self.socket.is_lost();
        self.reader.reader.finish(Around { is_whole, is_error: false, is_unreadable })
    }
}
