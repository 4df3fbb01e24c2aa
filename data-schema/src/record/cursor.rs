//! Steps through bytes that a writer of ours has written, and says no to all others.
//!
//! Every step either takes exactly what it names or returns `None` (`false`): the caller then leaves the
//! bytes to a general JSON reader. A step never takes what JSON would read as something else.

use crate::text::shared;
use crate::{HashId, RecordId, Text, UtcSeconds};

/// The bytes that are still to be read.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Takes `token` if it comes next. Of a known length, so that it is compared in a few steps.
    pub(crate) fn skip<const N: usize>(&mut self, token: &[u8; N]) -> bool {
        match self.rest.split_first_chunk() {
            Some((next, rest)) if next == token => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes the rest of a string, with its closing quote, if it is exactly `known`, which must have
    /// come from [`Self::plain`]: nothing in it is written otherwise in JSON.
    #[inline]
    pub(crate) fn skip_known(&mut self, known: &str) -> bool {
        let after =
            self.rest.strip_prefix(known.as_bytes()).and_then(|rest| rest.strip_prefix(b"\""));
        after.inspect(|after| self.rest = after).is_some()
    }

    /// Takes the rest of a string without escapes, with its closing quote.
    pub(crate) fn plain(&mut self) -> Option<&'a str> {
        let special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
        let (text, rest) = self.rest.split_at_checked(self.rest.iter().position(special)?)?;
        self.rest = rest.strip_prefix(b"\"")?;
        std::str::from_utf8(text).ok()
    }

    /// Takes the rest of a string like [`Self::plain`], as a name that many records share.
    pub(crate) fn name(&mut self) -> Option<Text> {
        self.plain().map(shared)
    }

    /// Takes an id and the closing quote.
    #[inline]
    pub(crate) fn record_id(&mut self) -> Option<RecordId> {
        let id = RecordId::from_base64(self.chunk()?)?;
        self.skip(b"\"").then_some(id)
    }

    /// Takes a hash and the closing quote.
    #[inline]
    pub(crate) fn hash_id(&mut self) -> Option<HashId> {
        let id = HashId::from_hex(self.chunk()?)?;
        self.skip(b"\"").then_some(id)
    }

    /// Takes a time and the closing quote.
    pub(crate) fn time(&mut self) -> Option<UtcSeconds> {
        let text: &[u8; 20] = self.chunk()?;
        let time = std::str::from_utf8(text).ok()?.parse().ok()?;
        self.skip(b"\"").then_some(time)
    }

    /// Takes `N` bytes.
    pub(crate) fn chunk<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (chunk, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(chunk)
    }

    /// Takes a whole number. What follows it is for the next step: a fraction or an exponent fails there.
    #[inline]
    pub(crate) fn number(&mut self) -> Option<u64> {
        let (value, digits) = match self.rest.first_chunk() {
            Some(next) => leading_number(u64::from_le_bytes(*next)),
            None => (0, 8),
        };
        let (value, digits) = if digits < 8 { (value, digits) } else { self.long_number()? };
        // JSON has no zeros in front.
        if digits == 0 || (digits > 1 && self.rest.first() == Some(&b'0')) {
            return None;
        }
        self.rest = self.rest.get(digits..)?;
        Some(value)
    }

    /// Value and number of the digits that come next, of any number of digits.
    fn long_number(&self) -> Option<(u64, usize)> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit());
        digits.copied().try_fold((0_u64, 0), |(value, digits), digit| {
            let value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
            Some((value, digits + 1))
        })
    }
}

/// Value and number of the digits at the start of eight bytes, the first of which is the lowest.
///
/// Without a loop over the digits: their number differs from count to count, and a processor guesses
/// such loops wrongly. The value is of use only if there are less than eight digits.
#[inline]
fn leading_number(bytes: u64) -> (u64, usize) {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let values = bytes ^ (EACH * 0x30);
    // The highest bit of a byte is set where it is above 9. A carry can only disturb what lies behind
    // the first such byte.
    let others = (values.wrapping_add(EACH * 0x76) | values) & (EACH * 0x80);
    let digits = others.trailing_zeros() / 8;
    if digits == 0 || digits == 8 {
        return (0, digits as usize);
    }
    // Zeros in front make eight digits of them; neighbours are added up to pairs, fours, eight.
    let eight = values << (64 - 8 * digits);
    let pairs = eight.wrapping_mul(10).wrapping_add(eight >> 8);
    let fours = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(100 + (1_000_000 << 32));
    let rest = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(1 + (10_000 << 32));
    (fours.wrapping_add(rest) >> 32, digits as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_are_read_as_json_reads_them() {
        for text in [
            "0",
            "1",
            "9",
            "10",
            "99",
            "100",
            "255",
            "1234",
            "65536",
            "123456",
            "9999999",
            "1000000",
            "12345678",
            "87654321",
            "123456789",
            "1000000000000",
            "18446744073709551615",
        ] {
            for tail in [",\"outputTokens\":", "}", "", ".5", "e3", "\u{e9}", ":;<=>?@"] {
                let bytes = [text, tail].concat();
                let mut cursor = Cursor { rest: bytes.as_bytes() };
                assert_eq!(cursor.number(), text.parse().ok(), "{bytes}");
                assert_eq!(cursor.rest, tail.as_bytes());
            }
        }
    }

    #[test]
    fn what_is_no_number_of_ours_is_left_alone() {
        for text in [
            "",
            "-1",
            "+1",
            "00",
            "01",
            "012345678",
            ".5",
            "x",
            "/",
            ":",
            " 1",
            "99999999999999999999",
        ] {
            for tail in ["", "          "] {
                let bytes = [text, tail].concat();
                assert_eq!(Cursor { rest: bytes.as_bytes() }.number(), None, "{bytes}");
            }
        }
    }

    #[test]
    fn a_string_is_taken_only_if_its_bytes_are_its_text() {
        let plain = |bytes: &'static [u8]| Cursor { rest: bytes }.plain();
        assert_eq!(plain("häuser\",".as_bytes()), Some("häuser"));
        assert_eq!(plain(b"\""), Some(""));
        for bytes in [&b"a\\\"b\""[..], b"a\nb\"", b"a\xff\"", b"open", b"", b"a\x00\""] {
            assert_eq!(plain(bytes), None, "{bytes:?}");
        }
    }
}
