//! Numbers of varying length, as in Protocol Buffers
//! (<https://protobuf.dev/programming-guides/encoding/>, read 2026-11-21): seven bits a byte, the lowest
//! first; signed ones zigzag.

use super::Damaged;

/// Writes a number.
#[expect(clippy::cast_possible_truncation, reason = "seven bits fit into a byte")]
pub fn write_varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Writes a number that may be negative.
#[expect(clippy::cast_sign_loss, reason = "zigzag keeps all bits")]
pub fn write_signed(number: i64, bytes: &mut Vec<u8>) {
    write_varint(((number << 1) ^ (number >> 63)) as u64, bytes);
}

/// Writes a length and the bytes.
pub fn write_bytes(content: &[u8], bytes: &mut Vec<u8>) {
    write_varint(content.len() as u64, bytes);
    bytes.extend_from_slice(content);
}

/// Reads what the functions beside it write.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// Reads from the beginning.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Whether everything has been read.
    pub fn is_at_end(&self) -> bool {
        self.position >= self.bytes.len()
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Goes to a place.
    pub fn seek(&mut self, position: usize) {
        self.position = position;
    }

    /// A number.
    ///
    /// # Errors
    ///
    /// The bytes end, or it has more than 64 bits.
    #[inline]
    pub fn varint(&mut self) -> Result<u64, Damaged> {
        // Most numbers are short.
        if let Some(byte) = self.bytes.get(self.position).filter(|byte| **byte < 0x80) {
            self.position += 1;
            return Ok(u64::from(*byte));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64, Damaged> {
        let mut number = 0;
        let mut shift = 0;
        loop {
            let byte = *self.bytes.get(self.position).ok_or(Damaged)?;
            self.position += 1;
            let bits = u64::from(byte & 0x7f);
            if shift > 63 || (shift == 63 && bits > 1) {
                return Err(Damaged);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
            shift += 7;
        }
    }

    /// A number of at most 32 bits.
    ///
    /// # Errors
    ///
    /// The bytes end, or it has more bits.
    #[inline]
    pub fn u32(&mut self) -> Result<u32, Damaged> {
        u32::try_from(self.varint()?).map_err(|_| Damaged)
    }

    /// A number that may be negative.
    ///
    /// # Errors
    ///
    /// The bytes end.
    #[inline]
    #[expect(clippy::cast_possible_wrap, reason = "zigzag keeps all bits")]
    pub fn signed(&mut self) -> Result<i64, Damaged> {
        let number = self.varint()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// Bytes with their length.
    ///
    /// # Errors
    ///
    /// The bytes end.
    pub fn bytes(&mut self) -> Result<&'a [u8], Damaged> {
        let length = usize::try_from(self.varint()?).map_err(|_| Damaged)?;
        self.take(length)
    }

    /// A text with its length.
    ///
    /// # Errors
    ///
    /// The bytes end or are not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, Damaged> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Damaged)
    }

    /// So many bytes.
    ///
    /// # Errors
    ///
    /// The bytes end.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let end = self.position.checked_add(length).ok_or(Damaged)?;
        let taken = self.bytes.get(self.position..end).ok_or(Damaged)?;
        self.position = end;
        Ok(taken)
    }

    /// A fixed number of bytes.
    ///
    /// # Errors
    ///
    /// The bytes end.
    #[inline]
    pub fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], Damaged> {
        let bytes = self.bytes.get(self.position..).and_then(|rest| rest.first_chunk());
        self.position += LENGTH;
        bytes.copied().ok_or(Damaged)
    }
}
