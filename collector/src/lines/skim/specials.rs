//! Finds the bytes at which a JSON text ends or needs a look.

/// Bytes that are looked at in one go: one bit each.
const BLOCK: usize = 64;

/// The quotes, backslashes and control characters of the block that was looked at last. Texts are
/// short and stand side by side, so that one look serves several of them.
#[derive(Default)]
pub(super) struct Specials {
    /// Number of the block, plus 1.
    block: usize,
    marks: u64,
}

impl Specials {
    /// Index of the first one at or behind `from`.
    #[inline]
    pub(super) fn next(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut block = from / BLOCK;
        if block + 1 != self.block {
            self.look_at(bytes, block)?;
        }
        let mut rest = self.marks & (u64::MAX << (from % BLOCK));
        while rest == 0 {
            block += 1;
            self.look_at(bytes, block)?;
            rest = self.marks;
        }
        Some(block * BLOCK + rest.trailing_zeros() as usize)
    }

    #[inline]
    fn look_at(&mut self, bytes: &[u8], block: usize) -> Option<()> {
        let rest = bytes.get(block * BLOCK..).filter(|rest| !rest.is_empty())?;
        self.marks = if let Some(whole) = rest.first_chunk() {
            marks(whole)
        } else {
            let mut padded = [b' '; BLOCK];
            padded[..rest.len()].copy_from_slice(rest);
            marks(&padded)
        };
        self.block = block + 1;
        Some(())
    }
}

/// One bit for each byte. Both loops are written so that compilers make vector code of them without
/// any `unsafe`.
#[inline]
fn marks(block: &[u8; BLOCK]) -> u64 {
    /// Moves the lowest bit of each of eight bytes to the eight highest bits.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut flags = [0_u8; BLOCK];
    for (flag, byte) in flags.iter_mut().zip(block) {
        *flag = u8::from(*byte == b'"') | u8::from(*byte == b'\\') | u8::from(*byte < b' ');
    }
    let (eights, _) = flags.as_chunks::<8>();
    eights
        .iter()
        .rev()
        .fold(0, |marks, eight| marks << 8 | u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_special_byte_is_found_at_every_place() {
        for byte in 0..=u8::MAX {
            let is_special = byte == b'"' || byte == b'\\' || byte < b' ';
            for place in [0, 1, 7, 8, 62, 63, 64, 65, 127, 128, 199] {
                let mut bytes = [b'x'; 200];
                bytes[place] = byte;
                let found = Specials::default().next(&bytes, 0);
                assert_eq!(found, is_special.then_some(place), "{byte} at {place}");
            }
        }
    }

    #[test]
    fn they_come_one_after_the_other_and_end_with_the_text() {
        let bytes: Vec<u8> = (0..300).map(|at| if at % 7 == 0 { b'"' } else { b'x' }).collect();
        let mut specials = Specials::default();
        let (mut from, mut found) = (0, Vec::new());
        while let Some(at) = specials.next(&bytes, from) {
            found.push(at);
            from = at + 1;
        }
        assert_eq!(found, (0..300).step_by(7).collect::<Vec<_>>());
        assert_eq!(specials.next(&bytes, 300), None);
        assert_eq!(specials.next(&[], 0), None);
    }
}
