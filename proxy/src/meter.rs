//! The meter: reads usage from the very bytes that are relayed, and changes none.
//!
//! Bytes go through a decompressor (beside the relay), are split into events, and are scanned for the few values that
//! a protocol's state machine looks for. Nothing is kept but those values.

use data_schema::{End, Quality, Text, Tokens};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::response::Parts;

use crate::json::Count;
use crate::protocol::Protocol;

mod anthropic;
mod chat;
mod converse;
mod counts;
pub(crate) mod decode;
pub(crate) mod frames;
mod gemini;
mod machine;
mod responses;
pub(crate) mod socket;
pub(crate) mod sse;
#[cfg(test)]
mod tests;

use decode::Decoder;
use frames::Frames;
use machine::{Around, Machine, Reader};
use sse::Sse;

/// Reads an answer beside its way to the client.
pub(crate) trait Meter: Send {
    /// The next bytes, as they came from the upstream, split anywhere.
    fn feed(&mut self, bytes: &[u8]);

    /// An answer that is complete while the connection goes on: sockets carry many, and each is a line of the ledger.
    fn next_seen(&mut self) -> Option<Seen> {
        None
    }

    /// What was seen. `is_whole`: the upstream ended its answer as HTTP has it.
    fn finish(&mut self, is_whole: bool) -> Seen;
}

/// What an answer told. The last value that was not empty wins, field by field; an explicit zero is a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) response: Option<String>,
    pub(crate) model: Option<Text>,
    pub(crate) input_tokens: Option<Tokens>,
    pub(crate) cache_read_tokens: Option<Tokens>,
    pub(crate) cache_creation_tokens: Option<Tokens>,
    pub(crate) cache_creation_1h_tokens: Option<Tokens>,
    pub(crate) output_tokens: Option<Tokens>,
    pub(crate) reasoning_tokens: Option<Tokens>,
    pub(crate) image_tokens: Option<Tokens>,
    pub(crate) audio_tokens: Option<Tokens>,
    pub(crate) total_tokens: Option<Tokens>,
    pub(crate) web_searches: Option<u32>,
    pub(crate) tier: Option<Text>,
    pub(crate) region: Option<Text>,
    pub(crate) cost: Option<Text>,
    pub(crate) quality: Quality,
    pub(crate) end: End,
    /// The vendor's own type of error.
    pub(crate) error: Option<Text>,
}

/// The meter of an answer.
pub(crate) fn of_answer(protocol: Protocol, head: &Parts) -> Box<dyn Meter> {
    let Some(machine) = machine(protocol) else { return Box::new(Blind) };
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let Ok(decoder) = Decoder::of(header(CONTENT_ENCODING).unwrap_or_default()) else {
        return Box::new(Blind);
    };
    let content_type = header(CONTENT_TYPE).unwrap_or_default();
    let form = if content_type.starts_with("application/vnd.amazon.eventstream") {
        Form::Frames(Frames::default())
    } else {
        Form::Unknown
    };
    let is_error = head.status.is_client_error() || head.status.is_server_error();
    Box::new(Answer {
        decoder,
        body: Body { form, reader: Reader::new(machine), is_damaged: false },
        beside: bedrock_headers(head),
        is_error,
    })
}

/// The meter of a WebSocket's frames from server to client. `is_deflated`: `permessage-deflate` was agreed on. Only
/// Responses are spoken over sockets.
pub(crate) fn of_socket(protocol: Protocol, is_deflated: bool) -> Box<dyn Meter> {
    match protocol {
        Protocol::OpenaiResponses => Box::new(socket::SocketMeter::new(is_deflated)),
        _ => Box::new(Blind),
    }
}

fn machine(protocol: Protocol) -> Option<Box<dyn Machine>> {
    Some(match protocol {
        Protocol::AnthropicMessages | Protocol::BedrockInvoke => {
            Box::<anthropic::Anthropic>::default()
        }
        Protocol::OpenaiChat | Protocol::OpenaiCompletions | Protocol::OpenaiEmbeddings => {
            Box::<chat::Chat>::default()
        }
        Protocol::OpenaiResponses => Box::<responses::Responses>::default(),
        Protocol::GeminiGenerate => Box::<gemini::Gemini>::default(),
        Protocol::BedrockConverse => Box::<converse::Converse>::default(),
        Protocol::Unmetered => return None,
    })
}

/// Usage that Bedrock's `invoke` tells beside the body: the only one of models whose bodies tell none
/// (<https://docs.aws.amazon.com/bedrock/latest/userguide/inference-invoke.html>, read 20 Nov 2026).
fn bedrock_headers(head: &Parts) -> counts::Told {
    let header = |name: &str| {
        let text = head.headers.get(name).and_then(|value| value.to_str().ok());
        Count::of_text(text).get().0
    };
    counts::Told {
        input: header("x-amzn-bedrock-input-token-count"),
        output: header("x-amzn-bedrock-output-token-count"),
        cache_read: header("x-amzn-bedrock-cache-read-input-token-count"),
        cache_creation: header("x-amzn-bedrock-cache-write-input-token-count"),
        ..counts::Told::default()
    }
}

/// How a body is written.
enum Form {
    /// No byte of it was seen yet. What servers say of it is not always true.
    Unknown,
    /// One JSON text.
    Json,
    /// Server-sent events.
    Events(Sse),
    /// Amazon's frames.
    Frames(Frames),
}

/// Reads an answer over HTTP.
struct Answer {
    decoder: Option<Decoder>,
    body: Body,
    /// Usage that stands in the head.
    beside: counts::Told,
    is_error: bool,
}

/// Reads what came out of the decompressor.
struct Body {
    form: Form,
    reader: Reader,
    is_damaged: bool,
}

impl Meter for Answer {
    fn feed(&mut self, bytes: &[u8]) {
        let Self { decoder, body, .. } = self;
        if body.is_damaged {
            return;
        }
        match decoder {
            None => body.feed(bytes),
            Some(decoder) => {
                body.is_damaged |= decoder.feed(bytes, &mut |plain| body.feed(plain)).is_err();
            }
        }
    }

    fn finish(&mut self, is_whole: bool) -> Seen {
        let Self { decoder, body, .. } = self;
        if let Some(decoder) = decoder {
            decoder.finish(&mut |plain| body.feed(plain));
        }
        let is_unreadable = self.body.end();
        let around = Around { is_whole, is_error: self.is_error, is_unreadable };
        let mut seen = self.body.reader.finish(around);
        if let Form::Frames(Frames { error: Some(error), .. }) = &self.body.form {
            seen.error = Some(Text::clone(error));
            seen.end = End::UpstreamError;
        }
        let is_told = seen.input_tokens.or(seen.output_tokens).is_some();
        if !is_told && self.beside.is_told() {
            let is_odd = self.beside.clone().write(&mut seen);
            seen.quality = if is_odd { Quality::Partial } else { seen.quality };
        }
        seen
    }
}

impl Body {
    fn feed(&mut self, bytes: &[u8]) {
        let mut bytes = bytes;
        if let Form::Unknown = self.form {
            // A byte order mark, and what stands before a JSON text.
            let is_before =
                |byte: &u8| matches!(byte, 0xef | 0xbb | 0xbf | b' ' | b'\r' | b'\n' | b'\t');
            let start = bytes.iter().position(|byte| !is_before(byte)).unwrap_or(bytes.len());
            bytes = &bytes[start..];
            let Some(first) = bytes.first() else { return };
            let is_json = matches!(first, b'{' | b'[');
            self.form = if is_json { Form::Json } else { Form::Events(Sse::default()) };
        }
        match &mut self.form {
            Form::Unknown => {}
            Form::Json => self.reader.body(bytes),
            Form::Events(events) => events.feed(bytes, &mut self.reader),
            Form::Frames(frames) => {
                self.is_damaged = self.is_damaged || frames.feed(bytes, &mut self.reader).is_err();
            }
        }
    }

    /// Nothing more comes. Whether there is anything that could not be read.
    fn end(&mut self) -> bool {
        match &mut self.form {
            Form::Events(events) => events.finish(&mut self.reader),
            // Nothing came, and nothing was to come.
            Form::Unknown => return true,
            Form::Json | Form::Frames(_) => {}
        }
        self.is_damaged
    }
}

/// For what is not metered.
struct Blind;

impl Meter for Blind {
    fn feed(&mut self, _bytes: &[u8]) {}

    fn finish(&mut self, is_whole: bool) -> Seen {
        let end = if is_whole { End::Complete } else { End::UpstreamError };
        Seen { end, ..Seen::default() }
    }
}
