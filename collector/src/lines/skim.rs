//! Reads one JSON text fast, where `serde_json` has no opinion of its own to give.
//!
//! Most bytes of a line are a text that nobody keeps. What a type asks for goes through the same
//! `serde` visitors that `serde_json` drives; all else is checked as strictly as `serde_json` checks what
//! it skips, but in blocks of 64 bytes. Whatever is not plain and right makes the skimmer decline the
//! whole line: then `serde_json` reads it, and its answer and its errors are the only ones there are.

use std::fmt;

use serde::de::{self, Deserialize, Visitor};

use access::Items;
use specials::Specials;

mod access;
mod specials;

/// Name of the newtype by which a visitor says that it reads no texts, see [`unread_texts`].
const UNREAD_TEXTS: &str = "$collector::unread_texts";

/// Objects and lists that a visited value may be nested in. `serde_json` allows 127.
const VISITED_DEPTH: u8 = 96;

/// Objects and lists inside of each other in a skipped value: one bit each.
const SKIPPED_DEPTH: u32 = u64::BITS;

/// Digits that fit into 64 bits whatever they are.
const SAFE_DIGITS: usize = 18;

/// Reads `bytes` as a `T`, or declines.
pub(super) fn skim<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Option<T> {
    let mut skimmer = Skimmer { bytes, at: 0, specials: Specials::default(), depth: 0 };
    let value = T::deserialize(&mut skimmer).ok()?;
    skimmer.skip_space();
    (skimmer.at == bytes.len()).then_some(value)
}

/// Gives any value to `visitor`, which does not look at texts: they are checked, and it gets an empty
/// one in place of one with escapes. For other deserializers it is `deserialize_any`, if the visitor's
/// `visit_newtype_struct` says so.
pub(crate) fn unread_texts<'de, D, V>(deserializer: D, visitor: V) -> Result<V::Value, D::Error>
where
    D: de::Deserializer<'de>,
    V: Visitor<'de>,
{
    deserializer.deserialize_newtype_struct(UNREAD_TEXTS, visitor)
}

/// The line is for `serde_json`.
#[derive(Debug)]
struct Declined;

impl fmt::Display for Declined {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("declined")
    }
}

impl std::error::Error for Declined {}

impl de::Error for Declined {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Skimmer<'de> {
    bytes: &'de [u8],
    at: usize,
    specials: Specials,
    depth: u8,
}

/// A text between its quotes.
struct RawText<'de> {
    bytes: &'de [u8],
    /// The text with its quotes.
    quoted: &'de [u8],
    has_escapes: bool,
}

impl<'de> RawText<'de> {
    fn plain(&self) -> Result<&'de str, Declined> {
        std::str::from_utf8(self.bytes).map_err(|_| Declined)
    }

    fn visit<V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Declined> {
        if self.has_escapes {
            let text: String = serde_json::from_slice(self.quoted).map_err(|_| Declined)?;
            return visitor.visit_string(text);
        }
        visitor.visit_borrowed_str(self.plain()?)
    }

    /// As `serde_json` would give it to a visitor that drops it.
    fn check(&self) -> Result<(), Declined> {
        // The number of a character may be one half of two: that is for serde_json to say.
        if self.has_escapes && memchr::memmem::find(self.bytes, b"\\u").is_some() {
            return serde_json::from_slice::<String>(self.quoted).map(drop).map_err(|_| Declined);
        }
        self.plain().map(drop)
    }
}

impl<'de> Skimmer<'de> {
    #[inline]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// The next byte that is not space, which stays where it is.
    #[inline]
    fn peek(&mut self) -> Result<u8, Declined> {
        match self.bytes.get(self.at) {
            Some(byte) if *byte > b' ' => Ok(*byte),
            _ => {
                self.skip_space();
                self.bytes.get(self.at).copied().ok_or(Declined)
            }
        }
    }

    #[inline]
    fn expect(&mut self, wanted: u8) -> Result<(), Declined> {
        if self.peek()? != wanted {
            return Err(Declined);
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Declined> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(Declined);
        }
        self.at += word.len();
        Ok(())
    }

    /// The text at the quote where we stand.
    #[inline]
    fn text(&mut self) -> Result<RawText<'de>, Declined> {
        let quote = self.at;
        let mut from = quote + 1;
        let mut has_escapes = false;
        loop {
            let at = self.specials.next(self.bytes, from).ok_or(Declined)?;
            match self.bytes[at] {
                b'"' => {
                    self.at = at + 1;
                    let (bytes, quoted) = (&self.bytes[quote + 1..at], &self.bytes[quote..=at]);
                    return Ok(RawText { bytes, quoted, has_escapes });
                }
                b'\\' => {
                    has_escapes = true;
                    from = self.escape(at + 1)?;
                }
                _ => return Err(Declined),
            }
        }
    }

    /// Where an escape ends whose letter stands at `at`.
    #[inline]
    fn escape(&self, at: usize) -> Result<usize, Declined> {
        match self.bytes.get(at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 1),
            Some(b'u') => match self.bytes.get(at + 1..at + 5) {
                Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => Ok(at + 5),
                _ => Err(Declined),
            },
            _ => Err(Declined),
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        self.at - start
    }

    /// Goes over a number as JSON writes it; whether it has neither sign, fraction nor exponent.
    fn number(&mut self) -> Result<bool, Declined> {
        let mut is_plain = true;
        if self.bytes[self.at] == b'-' {
            is_plain = false;
            self.at += 1;
        }
        let starts_with_zero = self.bytes.get(self.at) == Some(&b'0');
        let whole = self.digits();
        if whole == 0 || (starts_with_zero && whole > 1) {
            return Err(Declined);
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            is_plain = false;
            self.at += 1;
            if self.digits() == 0 {
                return Err(Declined);
            }
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            is_plain = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(Declined);
            }
        }
        Ok(is_plain)
    }

    fn visit_number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Declined> {
        let start = self.at;
        let is_plain = self.number()?;
        let digits = &self.bytes[start..self.at];
        if is_plain && digits.len() <= SAFE_DIGITS {
            let value = digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
            return visitor.visit_u64(value);
        }
        let number: serde_json::Number = serde_json::from_slice(digits).map_err(|_| Declined)?;
        match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), _, _) => visitor.visit_u64(number),
            (_, Some(number), _) => visitor.visit_i64(number),
            (_, _, Some(number)) => visitor.visit_f64(number),
            _ => Err(Declined),
        }
    }

    /// Goes over any value.
    fn skip(&mut self) -> Result<(), Declined> {
        let mut open = Open::default();
        loop {
            match self.peek()? {
                b'"' => {
                    self.text()?;
                }
                byte @ (b'{' | b'[') => {
                    open.push(byte == b'{')?;
                    self.at += 1;
                    match (self.peek()?, byte) {
                        (b'}', b'{') | (b']', b'[') => {}
                        (_, b'{') => {
                            self.skip_key()?;
                            continue;
                        }
                        _ => continue,
                    }
                }
                b'-' | b'0'..=b'9' => {
                    self.number()?;
                }
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                _ => return Err(Declined),
            }
            if self.close(&mut open)? {
                return Ok(());
            }
        }
    }

    /// Behind a value: goes to the next one; whether there is none, because all is closed.
    fn close(&mut self, open: &mut Open) -> Result<bool, Declined> {
        while let Some(is_object) = open.last() {
            match (self.peek()?, is_object) {
                (b',', _) => {
                    self.at += 1;
                    if is_object {
                        self.peek()?;
                        self.skip_key()?;
                    }
                    return Ok(false);
                }
                (b'}', true) | (b']', false) => self.at += 1,
                _ => return Err(Declined),
            }
            open.pop();
        }
        Ok(true)
    }

    fn skip_key(&mut self) -> Result<(), Declined> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(Declined);
        }
        self.text()?;
        self.expect(b':')
    }

    /// Visits what stands between two brackets.
    fn nested<T>(
        &mut self,
        end: u8,
        visit: impl FnOnce(&mut Self) -> Result<T, Declined>,
    ) -> Result<T, Declined> {
        if self.depth == VISITED_DEPTH {
            return Err(Declined);
        }
        self.depth += 1;
        self.at += 1;
        let value = visit(self)?;
        self.expect(end)?;
        self.depth -= 1;
        Ok(value)
    }

    #[inline]
    fn visit<V: Visitor<'de>>(
        &mut self,
        visitor: V,
        unread_texts: bool,
    ) -> Result<V::Value, Declined> {
        match self.peek()? {
            b'"' if unread_texts => {
                self.text()?.check()?;
                visitor.visit_borrowed_str("")
            }
            b'"' => self.text()?.visit(visitor),
            b'{' => self.nested(b'}', |skimmer| visitor.visit_map(Items::new(skimmer))),
            b'[' => self.nested(b']', |skimmer| visitor.visit_seq(Items::new(skimmer))),
            b'-' | b'0'..=b'9' => self.visit_number(visitor),
            b't' => {
                self.word(b"true")?;
                visitor.visit_bool(true)
            }
            b'f' => {
                self.word(b"false")?;
                visitor.visit_bool(false)
            }
            b'n' => {
                self.word(b"null")?;
                visitor.visit_unit()
            }
            _ => Err(Declined),
        }
    }
}

/// The objects (1) and lists (0) that are open in a skipped value, the innermost in the lowest bit.
#[derive(Default)]
struct Open {
    kinds: u64,
    count: u32,
}

impl Open {
    fn push(&mut self, is_object: bool) -> Result<(), Declined> {
        if self.count == SKIPPED_DEPTH {
            return Err(Declined);
        }
        self.kinds = self.kinds << 1 | u64::from(is_object);
        self.count += 1;
        Ok(())
    }

    fn pop(&mut self) {
        self.kinds >>= 1;
        self.count -= 1;
    }

    fn last(&self) -> Option<bool> {
        (self.count > 0).then_some(self.kinds & 1 == 1)
    }
}
