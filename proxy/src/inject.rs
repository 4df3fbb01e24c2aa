//! Asks for the usage of a Chat stream that does not ask for it itself.
//!
//! <https://platform.openai.com/docs/api-reference/chat/create#chat_create-stream_options> (read 20 Nov 2026): only with
//! `stream_options.include_usage` is usage told in a stream. The extra event is taken out again by [`crate::strip`].

use bytes::{Bytes, BytesMut};

use crate::hints::Hints;
use crate::protocol::Protocol;

/// A body that asks for its usage; `None` if it does already, or is none that can. Everything else stays as it is, byte
/// for byte.
pub(crate) fn request(protocol: Protocol, hints: &Hints, body: &Bytes) -> Option<Bytes> {
    let is_chat = matches!(protocol, Protocol::OpenaiChat | Protocol::OpenaiCompletions);
    if !is_chat || !hints.is_stream || hints.has_include_usage {
        return None;
    }
    let end = hints.end?.checked_sub(1)?;
    let Some(options) = hints.stream_options.clone() else {
        // A stream is asked for: the object is not empty.
        return edited(body, end..end, b",\"stream_options\":{\"include_usage\":true}");
    };
    if let Some(place) = hints.include_usage.clone() {
        return edited(body, place, b"true");
    }
    match body.get(options.clone())? {
        b"null" => edited(body, options, b"{\"include_usage\":true}"),
        [b'{', inner @ .., b'}'] => {
            let behind = options.start + 1;
            let is_empty = inner.iter().all(u8::is_ascii_whitespace);
            let text: &[u8] =
                if is_empty { b"\"include_usage\":true" } else { b"\"include_usage\":true," };
            edited(body, behind..behind, text)
        }
        _ => None,
    }
}

fn edited(body: &Bytes, place: std::ops::Range<usize>, text: &[u8]) -> Option<Bytes> {
    let (before, behind) = (body.get(..place.start)?, body.get(place.end..)?);
    let mut edited = BytesMut::with_capacity(body.len() + text.len());
    edited.extend_from_slice(before);
    edited.extend_from_slice(text);
    edited.extend_from_slice(behind);
    Some(edited.freeze())
}

#[cfg(test)]
mod tests;
