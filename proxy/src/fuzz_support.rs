//! What the fuzz targets of this project feed. It is not for anybody else, and may change at any time.
//!
//! Each function panics when something does not hold, and returns how much it found.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{Response, header};

use crate::hints::hints;
use crate::inject;
use crate::json::{Paths, Scanner, Step};
use crate::meter::frames::Frames;
use crate::meter::socket::Socket;
use crate::meter::sse::{Events, Sse};
use crate::meter::{Meter, Seen, of_answer, of_socket};
use crate::protocol::Protocol;
use crate::strip::{Strip, Transform};

/// What protocols there are.
const PROTOCOLS: [Protocol; 8] = [
    Protocol::AnthropicMessages,
    Protocol::OpenaiChat,
    Protocol::OpenaiResponses,
    Protocol::OpenaiCompletions,
    Protocol::OpenaiEmbeddings,
    Protocol::GeminiGenerate,
    Protocol::BedrockInvoke,
    Protocol::BedrockConverse,
];
const ENCODINGS: [&str; 5] = ["identity", "gzip", "deflate", "br", "zstd"];

static PATHS: LazyLock<Paths> = LazyLock::new(|| Paths::new(&["a", "b?.c", "d.*.e", "b.f.g"]));

/// The first byte says how the others are split.
fn halves(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (one, other) = rest.split_at(rest.len() * usize::from(*first) / 256);
    Some((rest, one, other))
}

/// A JSON text: the same in one piece and in two, and the same as another reader reads it.
pub fn json(bytes: &[u8]) -> usize {
    let Some((all, one, other)) = halves(bytes) else { return 0 };
    let (whole, split) = (scanned(&[all]), scanned(&[one, other]));
    assert_eq!(whole, split);
    let Some(Ok(told)) = whole.first() else { return 0 };
    told.iter().flatten().count()
}

type Scanned = Vec<Result<Vec<Option<Vec<u8>>>, bool>>;

fn scanned(pieces: &[&[u8]]) -> Scanned {
    let mut scanner = Scanner::new(&PATHS);
    let mut all = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let (read, step) = scanner.push(rest);
            rest = &rest[read..];
            match step {
                Step::More => {}
                Step::Document => {
                    all.push(Ok((0..PATHS.len())
                        .map(|slot| scanner.raw(slot).map(<[u8]>::to_vec))
                        .collect()));
                }
                Step::Broken => {
                    all.push(Err(true));
                    return all;
                }
            }
        }
    }
    all.push(Err(scanner.is_done()));
    all
}

/// Events as they come, for comparison.
#[derive(Debug, Default, PartialEq, Eq)]
struct Collected {
    open: Vec<u8>,
    events: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Events for Collected {
    fn data(&mut self, _event: &[u8], bytes: &[u8]) {
        self.open.extend_from_slice(bytes);
    }

    fn dispatch(&mut self, event: &[u8]) {
        self.events.push((event.to_vec(), std::mem::take(&mut self.open)));
    }
}

/// Server-sent events: the same in one piece and in two.
pub fn sse(bytes: &[u8]) -> usize {
    let Some((all, one, other)) = halves(bytes) else { return 0 };
    let of = |pieces: &[&[u8]]| {
        let (mut sse, mut to) = (Sse::default(), Collected::default());
        for piece in pieces {
            sse.feed(piece, &mut to);
        }
        sse.finish(&mut to);
        to
    };
    let whole = of(&[all]);
    assert_eq!(whole, of(&[one, other]));
    whole.events.len()
}

/// Amazon's frames: the same in one piece and in two.
pub fn event_stream(bytes: &[u8]) -> usize {
    let Some((all, one, other)) = halves(bytes) else { return 0 };
    let of = |pieces: &[&[u8]]| {
        let (mut frames, mut to) = (Frames::default(), Collected::default());
        let read = pieces.iter().try_for_each(|piece| frames.feed(piece, &mut to));
        (to, frames.error, read)
    };
    let whole = of(&[all]);
    assert_eq!(whole, of(&[one, other]));
    whole.0.events.len()
}

/// Frames of a WebSocket: the same in one piece and in two. The last byte says whether they may be compressed.
pub fn websocket(bytes: &[u8]) -> usize {
    let Some((all, one, other)) = halves(bytes) else { return 0 };
    let is_deflated = all.last().is_some_and(|last| last & 1 == 1);
    let of = |pieces: &[&[u8]]| {
        let (mut socket, mut to) = (Socket::new(is_deflated), Collected::default());
        for piece in pieces {
            socket.feed(piece, &mut to);
        }
        let is_lost = socket.is_lost();
        // How much of a message that cannot be read to its end comes out is not fixed.
        (to.events, is_lost)
    };
    let whole = of(&[all]);
    assert_eq!(whole, of(&[one, other]));
    whole.0.len()
}

/// The body of a Chat request: what is sent differs in what was added only, and asks for its usage.
pub fn inject(bytes: &[u8]) -> usize {
    let body = Bytes::copy_from_slice(bytes);
    let told = hints(Protocol::OpenaiChat, &body);
    let Some(sent) = inject::request(Protocol::OpenaiChat, &told, &body) else { return 0 };
    let again = hints(Protocol::OpenaiChat, &sent);
    assert!(again.has_include_usage && again.is_stream);
    assert_eq!((again.model, again.session), (told.model, told.session));
    assert_eq!(
        inject::request(Protocol::OpenaiChat, &hints(Protocol::OpenaiChat, &sent), &sent),
        None
    );
    1
}

/// A stream with events to take out: the same in one piece and in two, and nothing new in it.
pub fn strip(bytes: &[u8]) -> usize {
    let Some((all, one, other)) = halves(bytes) else { return 0 };
    let of = |pieces: &[&[u8]]| {
        let mut strip = Strip::default();
        let mut out = Vec::new();
        for piece in pieces {
            out.extend_from_slice(&strip.push(Bytes::copy_from_slice(piece)));
        }
        out.extend_from_slice(&strip.finish());
        out
    };
    let whole = of(&[all]);
    assert_eq!(whole, of(&[one, other]));
    assert!(whole.len() <= all.len());
    all.len() - whole.len()
}

/// An answer in any protocol and encoding, which the first byte says: the same in one piece and in two.
pub fn meter(bytes: &[u8]) -> usize {
    let Some((first, rest)) = bytes.split_first() else { return 0 };
    let Some((all, one, other)) = halves(rest) else { return 0 };
    let which = usize::from(*first);
    let of = |pieces: &[&[u8]]| -> Vec<Seen> {
        let mut meter = built(which);
        for piece in pieces {
            meter.feed(piece);
        }
        let mut all: Vec<Seen> = std::iter::from_fn(|| meter.next_seen()).collect();
        all.push(meter.finish(true));
        all
    };
    let whole = of(&[all]);
    assert_eq!(whole, of(&[one, other]));
    whole.iter().filter(|seen| seen.input_tokens.or(seen.output_tokens).is_some()).count()
}

fn built(which: usize) -> Box<dyn Meter> {
    let protocol = PROTOCOLS[which % PROTOCOLS.len()];
    let rest = which / PROTOCOLS.len();
    if protocol == Protocol::OpenaiResponses && rest == 31 {
        return of_socket(protocol, true);
    }
    let (encoding, rest) = (ENCODINGS[rest % ENCODINGS.len()], rest / ENCODINGS.len());
    let kind =
        if rest % 2 == 1 { "application/vnd.amazon.eventstream" } else { "text/event-stream" };
    let mut head = Response::new(());
    for (name, value) in [(header::CONTENT_TYPE, kind), (header::CONTENT_ENCODING, encoding)] {
        head.headers_mut().insert(name, http::HeaderValue::from_static(value));
    }
    of_answer(protocol, &head.into_parts().0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{event_stream, inject, json, meter, sse, strip, websocket};

    /// Bytes that get somewhere: pieces of what is looked for, between any others.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let pieces: [&[u8]; 14] = [
            b"data: ",
            b"event: message_delta\n",
            b"\n\n",
            b"\r",
            b"{\"a\":",
            b"{\"b\":{\"c\":1}}",
            b"{\"stream\":true,\"stream_options\":",
            b"{\"usage\":{\"prompt_tokens\":5,\"input_tokens\":6}}",
            b"{\"choices\":[],\"usage\":{}}",
            b"\"\\u0061\":",
            b"}",
            b"]",
            b"\x81\x05hello",
            b"\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff",
        ];
        let piece = prop_oneof![
            prop::sample::select(pieces.to_vec()).prop_map(<[u8]>::to_vec),
            prop::collection::vec(any::<u8>(), 0..4),
        ];
        (any::<[u8; 2]>(), prop::collection::vec(piece, 0..12))
            .prop_map(|(first, pieces)| [first.to_vec(), pieces.concat()].concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn no_bytes_break_anything(bytes in bytes()) {
            for feed in [json, sse, event_stream, websocket, inject, strip, meter] {
                feed(&bytes);
            }
            inject(bytes.get(2..).unwrap_or_default());
        }
    }
}
