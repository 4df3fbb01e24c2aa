//! Amazon's event stream: frames with two check sums, read with the decoder of Amazon's own SDK.
//!
//! <https://smithy.io/2.0/aws/amazon-eventstream.html> (read 20 Nov 2026). A frame whose sums are wrong ends the
//! reading: nothing behind it can be trusted.

use aws_smithy_eventstream::frame::read_message_from;
use bytes::{Buf, Bytes, BytesMut};
use data_encoding::BASE64;
use data_schema::Text;
use serde::Deserialize;

use super::sse::Events;

/// Lengths and their check sum, at the beginning of a frame. Bytes.
const PRELUDE: usize = 12;
/// A frame that is longer is not read. Amazon's limit is 16 MiB, of which streams of text use a thousandth. Bytes.
const LONGEST_FRAME: usize = 1024 * 1024;

/// Splits a stream into events.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    buffer: BytesMut,
    /// What the vendor says went wrong.
    pub(crate) error: Option<Text>,
}

/// The frames cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Damaged;

/// What a frame's headers say.
#[derive(Default)]
struct Headers {
    message: String,
    event: String,
    exception: String,
    error: String,
}

impl Frames {
    /// The next bytes of the stream.
    ///
    /// # Errors
    ///
    /// A frame is damaged or too long.
    pub(crate) fn feed(&mut self, bytes: &[u8], to: &mut dyn Events) -> Result<(), Damaged> {
        self.buffer.extend_from_slice(bytes);
        while let Some(frame) = self.frame()? {
            let message = read_message_from(frame).map_err(|_| Damaged)?;
            let mut headers = Headers::default();
            for header in message.headers() {
                let Ok(value) = header.value().as_string() else { continue };
                let value = value.as_str().to_owned();
                match header.name().as_str() {
                    ":message-type" => headers.message = value,
                    ":event-type" => headers.event = value,
                    ":exception-type" => headers.exception = value,
                    ":error-code" => headers.error = value,
                    _ => {}
                }
            }
            match headers.message.as_str() {
                "exception" => self.error = Some(headers.exception.into()),
                "error" => self.error = Some(headers.error.into()),
                _ => event(&headers.event, message.payload(), to),
            }
        }
        Ok(())
    }

    /// The next frame, if it is complete.
    fn frame(&mut self) -> Result<Option<Bytes>, Damaged> {
        let Some(mut prelude) = self.buffer.get(..PRELUDE) else { return Ok(None) };
        let mut sum = flate2::Crc::new();
        sum.update(&prelude[..PRELUDE - 4]);
        let length = usize::try_from(prelude.get_u32()).map_err(|_| Damaged)?;
        let _headers = prelude.get_u32();
        // Otherwise a damaged length would be waited for.
        let is_possible = (PRELUDE + 4..=LONGEST_FRAME).contains(&length);
        if prelude.get_u32() != sum.sum() || !is_possible {
            return Err(Damaged);
        }
        if self.buffer.len() < length {
            return Ok(None);
        }
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
}

/// Hands an event on. `chunk` is a shell around an event of the model's own protocol.
fn event(name: &str, payload: &[u8], to: &mut dyn Events) {
    #[derive(Deserialize)]
    struct Chunk<'a> {
        bytes: &'a str,
    }
    if name != "chunk" {
        to.data(name.as_bytes(), payload);
        to.dispatch(name.as_bytes());
        return;
    }
    let Ok(chunk) = serde_json::from_slice::<Chunk<'_>>(payload) else { return };
    if let Ok(inner) = BASE64.decode(chunk.bytes.as_bytes()) {
        to.data(b"", &inner);
        to.dispatch(b"");
    }
}
