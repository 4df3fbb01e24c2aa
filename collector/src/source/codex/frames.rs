//! Decompresses a rollout: all frames of the file, one after the other.
//!
//! Format: <https://www.rfc-editor.org/rfc/rfc8878>, read 2026-11-21. A file may consist of several
//! frames, and of skippable ones between them.

use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Reads what the frames hold.
pub(super) struct Frames<R: Read> {
    source: BufReader<R>,
    decoder: FrameDecoder,
    /// Bytes that may still come out.
    left: u64,
}

impl<R: Read> Frames<R> {
    /// `limit`: bytes that may come out; more is an error.
    pub(super) fn new(source: R, limit: u64) -> Self {
        let decoder = FrameDecoder::new();
        Self { source: BufReader::new(source), decoder, left: limit }
    }

    /// Goes to the next frame; `false` at the end of the file.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = (&mut self.source).take(length.into());
                    io::copy(&mut skipped, &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if target.is_empty() {
            return Ok(0);
        }
        while self.decoder.can_collect() == 0 {
            if self.decoder.is_finished() {
                if !self.next_frame()? {
                    return Ok(0);
                }
            } else {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, one).map_err(io::Error::other)?;
            }
        }
        let count = self.decoder.read(target)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::other("it grows beyond what a rollout can hold when it is decompressed")
        })?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn frame(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
    }

    fn read(bytes: &[u8], limit: u64) -> (String, Option<String>) {
        let mut text = Vec::new();
        let result = Frames::new(bytes, limit).read_to_end(&mut text);
        (String::from_utf8(text).unwrap(), result.err().map(|error| error.to_string()))
    }

    #[test]
    fn all_frames_are_read_and_skippable_ones_are_skipped() {
        let skippable = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc";
        let bytes = [&frame(b"one "), &skippable[..], &frame(b"two")].concat();
        assert_eq!(read(&bytes, 100), ("one two".to_owned(), None));
        assert_eq!(read(b"", 100), (String::new(), None));
    }

    #[test]
    fn a_torn_last_frame_costs_nothing_of_those_before_it() {
        let last = frame(b"two");
        let bytes = [&frame(b"one"), &last[..last.len() - 2]].concat();
        let (text, error) = read(&bytes, 100);
        assert_eq!(text, "one");
        assert!(error.is_some());
    }

    #[test]
    fn a_file_that_grows_without_end_is_stopped() {
        let (text, error) = read(&frame(&b"0".repeat(1_000_000)), 10_000);
        assert!(text.len() <= 10_000 && error.unwrap().contains("grows beyond"));
    }
}
