//! zstd (RFC 8878), block by block: a block is at most 128 KiB when decompressed, so nothing grows unseen.

use std::io::{Read, Write};

use ruzstd::decoding::FrameDecoder;

use super::{Out, Undecodable};

/// The window that decoders of HTTP must have (RFC 9659, 3). Bytes.
const WINDOW: u64 = 8 * 1024 * 1024;
/// A block's greatest content (RFC 8878, 3.1.1.2.4). Bytes.
const LONGEST_BLOCK: usize = 128 * 1024;

/// Decompresses one frame; what follows it is not read.
pub(super) struct Zstd {
    frame: FrameDecoder,
    /// What does not make a block yet.
    waiting: Vec<u8>,
    has_head: bool,
    is_finished: bool,
    pub(super) out: Out,
}

impl Default for Zstd {
    fn default() -> Self {
        let mut frame = FrameDecoder::new();
        frame.set_max_window_size(WINDOW);
        Self {
            frame,
            waiting: Vec::new(),
            has_head: false,
            is_finished: false,
            out: Out::default(),
        }
    }
}

impl Zstd {
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), Undecodable> {
        if self.is_finished {
            return Ok(());
        }
        self.waiting.extend_from_slice(bytes);
        if !self.has_head {
            let Some(length) = head_length(&self.waiting) else { return Ok(()) };
            self.frame.init(&self.waiting[..length]).map_err(|_| Undecodable)?;
            self.waiting.drain(..length);
            self.has_head = true;
        }
        let mut read = 0;
        while let Some(length) = block_length(&self.waiting[read..])? {
            self.block(read, length)?;
            read += length;
            if self.is_finished {
                break;
            }
        }
        self.waiting.drain(..read);
        Ok(())
    }

    /// Takes a block, and what it makes readable.
    fn block(&mut self, at: usize, length: usize) -> Result<(), Undecodable> {
        let block = &self.waiting[at..at + length];
        self.is_finished = block[0] & 1 == 1;
        self.frame.decode_from_to(block, &mut []).map_err(|_| Undecodable)?;
        let mut target = [0; 8 * 1024];
        loop {
            let read = self.frame.read(&mut target).map_err(|_| Undecodable)?;
            if read == 0 {
                return Ok(());
            }
            self.out.write_all(&target[..read]).map_err(|_| Undecodable)?;
        }
    }

    /// Takes what the decoder holds back for its window, of a frame that was cut: an empty last block ends it.
    pub(super) fn finish(&mut self) -> Result<(), Undecodable> {
        if !self.has_head || self.is_finished {
            return Ok(());
        }
        self.waiting = vec![1, 0, 0];
        self.block(0, 3)
    }
}

/// Bytes of a frame's head, from its magic number on; `None` as long as that cannot be told.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let descriptor = *bytes.get(4)?;
    let is_single = descriptor & 0x20 != 0;
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = [usize::from(is_single), 2, 4, 8][usize::from(descriptor >> 6)];
    let length = 5 + usize::from(!is_single) + dictionary + size;
    (bytes.len() >= length).then_some(length)
}

/// Bytes of the next block, its head included; `None` as long as it is not complete.
fn block_length(bytes: &[u8]) -> Result<Option<usize>, Undecodable> {
    let Some(&[first, second, third]) = bytes.first_chunk() else { return Ok(None) };
    let head = u32::from_le_bytes([first, second, third, 0]);
    let size = usize::try_from(head >> 3).map_err(|_| Undecodable)?;
    // A block of one byte repeated holds that byte alone.
    let is_repeated = head >> 1 & 3 == 1;
    if size > LONGEST_BLOCK {
        return Err(Undecodable);
    }
    let length = 3 + if is_repeated { 1 } else { size };
    Ok((bytes.len() >= length).then_some(length))
}
