//! Decompresses a log: all frames of the file, one after the other.
//!
//! Format: <https://www.rfc-editor.org/rfc/rfc8878>, read 2026-11-21. A file may consist of several
//! frames, and of skippable ones between them.

use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// A compressed log that grows beyond this is none. Bytes.
pub(crate) const LARGEST_DECOMPRESSED: u64 = 16 * 1024 * 1024 * 1024;

/// Reads what the frames hold.
pub(crate) struct Frames<R: Read> {
    source: BufReader<R>,
    decoder: FrameDecoder,
    /// Bytes that may still come out.
    left: u64,
    /// Whether frames are put behind the others while it is read.
    is_growing: bool,
}

impl<R: Read> Frames<R> {
    /// `limit`: bytes that may come out; more is an error.
    pub(crate) fn new(source: R, limit: u64) -> Self {
        let decoder = FrameDecoder::new();
        Self { source: BufReader::new(source), decoder, left: limit, is_growing: false }
    }

    /// The same for a log to which its tool appends frames: one that is not all there yet is the end of it.
    pub(crate) fn growing(source: R, limit: u64) -> Self {
        Self { is_growing: true, ..Self::new(source, limit) }
    }

    /// Whether an error only says that the last frame is not all there yet.
    fn is_torn_end(&mut self) -> io::Result<bool> {
        Ok(self.is_growing && self.source.fill_buf()?.is_empty())
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
                Err(_) if self.is_torn_end()? => break,
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
                if let Err(error) = self.decoder.decode_blocks(&mut self.source, one) {
                    let is_torn_end = self.is_torn_end()?;
                    return if is_torn_end { Ok(0) } else { Err(io::Error::other(error)) };
                }
            }
        }
        let count = self.decoder.read(target)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::other("it grows beyond what a log can hold when it is decompressed")
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
    fn a_log_that_grows_ends_before_a_torn_frame_but_damage_in_it_is_told() {
        let (first, last) = (frame(b"one"), frame(b"two"));
        let read = |bytes: &[u8]| {
            let mut text = Vec::new();
            let result = Frames::growing(bytes, 100).read_to_end(&mut text);
            (String::from_utf8(text).unwrap(), result.is_err())
        };
        for torn in 1..last.len() {
            let bytes = [&first, &last[..torn]].concat();
            assert_eq!(read(&bytes), ("one".to_owned(), false), "{torn}");
        }
        let bytes = [&first, &b"no frame at all"[..], &last].concat();
        assert_eq!(read(&bytes), ("one".to_owned(), true));
    }

    #[test]
    fn a_file_that_grows_without_end_is_stopped() {
        let (text, error) = read(&frame(&b"0".repeat(1_000_000)), 10_000);
        assert!(text.len() <= 10_000 && error.unwrap().contains("grows beyond"));
    }
}
