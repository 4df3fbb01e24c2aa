//! Decompresses an answer beside its way. What is relayed stays compressed.
//!
//! Only small pieces are decompressed at a time, and what grows beyond all measure is given up: the meter stops, the
//! relay goes on.

use std::io::Write;

use brotli_decompressor::DecompressorWriter;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

mod zstd;

use zstd::Zstd;

/// Compressed bytes that are taken at a time.
const PIECE: usize = 1024;
/// What one piece may become. Bytes.
const MOST_OF_A_PIECE: usize = 4 * 1024 * 1024;
/// What may come out for nothing, and how much more for every byte that went in: text shrinks to a hundredth at best.
const MOST_FREE: u64 = 16 * 1024 * 1024;
const MOST_GROWTH: u64 = 200;

/// The bytes cannot be decompressed, or grow beyond all measure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Undecodable;

/// What comes out, up to a limit.
#[derive(Default)]
pub(super) struct Out(pub(super) Vec<u8>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_OF_A_PIECE {
            return Err(std::io::Error::other("too much"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

enum Kind {
    Gzip(MultiGzDecoder<Out>),
    /// `deflate`, as far as its two first bytes are not known: with the head of zlib, or without.
    Undecided(Vec<u8>),
    Zlib(ZlibDecoder<Out>),
    Deflate(DeflateDecoder<Out>),
    Brotli(Box<DecompressorWriter<Out>>),
    Zstd(Box<Zstd>),
}

/// A decompressor.
pub(crate) struct Decoder {
    kind: Kind,
    read: u64,
    written: u64,
}

impl Decoder {
    /// For a `Content-Encoding`; `Ok(None)` if nothing is compressed.
    ///
    /// # Errors
    ///
    /// The encoding is not known.
    pub(crate) fn of(encoding: &str) -> Result<Option<Self>, Undecodable> {
        let kind = match encoding.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => return Ok(None),
            "gzip" | "x-gzip" => Kind::Gzip(MultiGzDecoder::new(Out::default())),
            "deflate" => Kind::Undecided(Vec::new()),
            "br" => Kind::Brotli(Box::new(DecompressorWriter::new(Out::default(), 4096))),
            "zstd" => Kind::Zstd(Box::default()),
            _ => return Err(Undecodable),
        };
        Ok(Some(Self { kind, read: 0, written: 0 }))
    }

    /// Decompresses the next bytes.
    ///
    /// # Errors
    ///
    /// They are damaged, or grow beyond all measure.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        to: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Undecodable> {
        for piece in bytes.chunks(PIECE) {
            self.read += piece.len() as u64;
            self.piece(piece)?;
            self.hand_on(to);
            if self.written > MOST_FREE.saturating_add(self.read.saturating_mul(MOST_GROWTH)) {
                return Err(Undecodable);
            }
        }
        Ok(())
    }

    /// What is held back of bytes that were cut.
    pub(crate) fn finish(&mut self, to: &mut dyn FnMut(&[u8])) {
        if let Kind::Zstd(decoder) = &mut self.kind
            && decoder.finish().is_ok()
        {
            self.hand_on(to);
        }
    }

    fn hand_on(&mut self, to: &mut dyn FnMut(&[u8])) {
        let Some(out) = self.out() else { return };
        let written = out.len() as u64;
        to(out);
        out.clear();
        self.written += written;
    }

    fn piece(&mut self, piece: &[u8]) -> Result<(), Undecodable> {
        match &mut self.kind {
            Kind::Undecided(begin) => {
                begin.extend_from_slice(piece);
                let [first, second, ..] = begin[..] else { return Ok(()) };
                let begin = std::mem::take(begin);
                // RFC 1950, 2.2: method 8, and a multiple of 31.
                let is_zlib =
                    first & 0x0f == 8 && (u16::from(first) << 8 | u16::from(second)) % 31 == 0;
                self.kind = if is_zlib {
                    Kind::Zlib(ZlibDecoder::new(Out::default()))
                } else {
                    Kind::Deflate(DeflateDecoder::new(Out::default()))
                };
                self.piece(&begin)
            }
            Kind::Gzip(decoder) => write(decoder, piece),
            Kind::Zlib(decoder) => write(decoder, piece),
            Kind::Deflate(decoder) => write(decoder, piece),
            Kind::Brotli(decoder) => write(&mut **decoder, piece),
            Kind::Zstd(decoder) => decoder.feed(piece),
        }
    }

    /// What has come out and was not taken yet.
    fn out(&mut self) -> Option<&mut Vec<u8>> {
        Some(match &mut self.kind {
            Kind::Undecided(_) => return None,
            Kind::Gzip(decoder) => &mut decoder.get_mut().0,
            Kind::Zlib(decoder) => &mut decoder.get_mut().0,
            Kind::Deflate(decoder) => &mut decoder.get_mut().0,
            Kind::Brotli(decoder) => &mut decoder.get_mut().0,
            Kind::Zstd(decoder) => &mut decoder.out.0,
        })
    }
}

/// Whatever can come out comes out.
fn write(decoder: &mut impl Write, piece: &[u8]) -> Result<(), Undecodable> {
    decoder.write_all(piece).and_then(|()| decoder.flush()).map_err(|_| Undecodable)
}
