//! Reads one JSON text fast, where `serde_json` has no opinion of its own to give.
//!
//! Most bytes of a line are a text that nobody keeps. The fields that a type asks for are filled in place,
//! and texts are borrowed from the line; all else is checked as strictly as `serde_json` checks what it
//! skips, but in blocks of 64 bytes. Whatever is not plain and right makes the skimmer decline the whole
//! line: then `serde_json` reads it, and its answer and its errors are the only ones there are.

use std::borrow::Cow;

pub(crate) use fill::{Fields, Fill, fields, once};

use specials::Specials;

mod fill;
mod specials;

/// Objects and lists that a filled value may be nested in. `serde_json` allows 127, and a skipped value
/// may follow.
const FILLED_DEPTH: u8 = 48;

/// Objects and lists inside of each other in a skipped value: one bit each.
const SKIPPED_DEPTH: u32 = u64::BITS;

/// Digits that fit into 64 bits whatever they are.
const SAFE_DIGITS: usize = 18;

/// Digits that a 64-bit float holds whatever they are, so that one division rounds right.
const EXACT_DIGITS: usize = 15;

/// Powers of ten by which a fraction is divided.
const TENS: [f64; 10] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// Fills `target` with the fields of the line, or declines: then `target` holds some of them.
pub(super) fn skim<'de, T: Fields<'de>>(bytes: &'de [u8], target: &mut T) -> Result<(), Declined> {
    let mut skimmer = Skimmer { bytes, at: 0, specials: Specials::default(), depth: 0 };
    if skimmer.peek()? != b'{' {
        return Err(Declined);
    }
    skimmer.object(target)?;
    skimmer.skip_space();
    if skimmer.at == bytes.len() { Ok(()) } else { Err(Declined) }
}

/// The line is for `serde_json`.
#[derive(Debug)]
pub(crate) struct Declined;

/// Stands somewhere in a line.
pub(crate) struct Skimmer<'de> {
    bytes: &'de [u8],
    at: usize,
    specials: Specials,
    depth: u8,
}

/// A number as `serde_json` would give it.
pub(crate) enum Number {
    Integer(u64),
    /// Below zero, with a fraction, or too large.
    Other(f64),
}

/// A text between its quotes.
struct RawText<'de> {
    bytes: &'de [u8],
    /// The text with its quotes.
    quoted: &'de [u8],
    has_escapes: bool,
}

impl<'de> RawText<'de> {
    #[inline]
    fn decode(&self) -> Result<Cow<'de, str>, Declined> {
        if self.has_escapes {
            return self.unescape().map(Cow::Owned);
        }
        std::str::from_utf8(self.bytes).map(Cow::Borrowed).map_err(|_| Declined)
    }

    #[cold]
    fn unescape(&self) -> Result<String, Declined> {
        serde_json::from_slice(self.quoted).map_err(|_| Declined)
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
    pub(crate) fn peek(&mut self) -> Result<u8, Declined> {
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

    #[inline]
    pub(crate) fn word(&mut self, word: &[u8]) -> Result<(), Declined> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(Declined);
        }
        self.at += word.len();
        Ok(())
    }

    /// The text at the quote where we stand, without its escapes.
    #[inline]
    pub(crate) fn text(&mut self) -> Result<Cow<'de, str>, Declined> {
        self.raw_text()?.decode()
    }

    #[inline]
    fn raw_text(&mut self) -> Result<RawText<'de>, Declined> {
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

    /// The number where we stand.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<Number, Declined> {
        let start = self.at;
        let (value, digits) = self.leading_digits(start);
        let end = start + digits;
        let is_plain = (1..=SAFE_DIGITS).contains(&digits)
            && (digits == 1 || self.bytes[start] != b'0')
            && !matches!(self.bytes.get(end), Some(b'.' | b'e' | b'E'));
        if is_plain {
            self.at = end;
            return Ok(Number::Integer(value));
        }
        self.odd_number()
    }

    /// Digits from `at` on: what they make, if they are not too many, and their number.
    #[inline]
    fn leading_digits(&self, at: usize) -> (u64, usize) {
        let digits = self.bytes[at..].iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold((0, 0), |(value, count), digit| {
            (value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')), count + 1)
        })
    }

    fn odd_number(&mut self) -> Result<Number, Declined> {
        let start = self.at;
        self.skip_number()?;
        let text = &self.bytes[start..self.at];
        if let Some(number) = short_fraction(text) {
            return Ok(Number::Other(number));
        }
        let number: serde_json::Number = serde_json::from_slice(text).map_err(|_| Declined)?;
        match (number.as_u64(), number.as_f64()) {
            (Some(number), _) => Ok(Number::Integer(number)),
            (_, Some(number)) => Ok(Number::Other(number)),
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

    /// Goes over a number as JSON writes it.
    fn skip_number(&mut self) -> Result<(), Declined> {
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        let starts_with_zero = self.bytes.get(self.at) == Some(&b'0');
        let whole = self.digits();
        if whole == 0 || (starts_with_zero && whole > 1) {
            return Err(Declined);
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(Declined);
            }
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(Declined);
            }
        }
        Ok(())
    }

    /// Goes over any value, and checks it as `serde_json` checks what it skips.
    pub(crate) fn skip(&mut self) -> Result<(), Declined> {
        self.skip_with(&Lax)
    }

    /// Goes over any value in which none of these keys stands, and checks it as `serde_json` checks what
    /// it gives to a visitor.
    pub(crate) fn skip_without(&mut self, keys: &[&[u8]]) -> Result<(), Declined> {
        self.skip_with(&Strict(keys))
    }

    fn skip_with(&mut self, check: &impl Check) -> Result<(), Declined> {
        let mut open = Open::default();
        loop {
            match self.peek()? {
                b'"' => check.text(&self.raw_text()?)?,
                byte @ (b'{' | b'[') => {
                    open.push(byte == b'{')?;
                    self.at += 1;
                    match (self.peek()?, byte) {
                        (b'}', b'{') | (b']', b'[') => {}
                        (_, b'{') => {
                            check.key(&self.key()?)?;
                            continue;
                        }
                        _ => continue,
                    }
                }
                b'-' | b'0'..=b'9' => check.number(self)?,
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                _ => return Err(Declined),
            }
            if self.close(&mut open, check)? {
                return Ok(());
            }
        }
    }

    /// Behind a value: goes to the next one; whether there is none, because all is closed.
    #[inline]
    fn close(&mut self, open: &mut Open, check: &impl Check) -> Result<bool, Declined> {
        while let Some(is_object) = open.last() {
            match (self.peek()?, is_object) {
                (b',', _) => {
                    self.at += 1;
                    if is_object {
                        check.key(&self.key()?)?;
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

    /// A key, and the colon behind it.
    #[inline]
    fn key(&mut self) -> Result<RawText<'de>, Declined> {
        if self.peek()? != b'"' {
            return Err(Declined);
        }
        let key = self.raw_text()?;
        self.expect(b':')?;
        Ok(key)
    }

    /// Fills the fields of the object where we stand. A key with escapes is declined.
    #[inline]
    pub(crate) fn object<T: Fields<'de>>(&mut self, target: &mut T) -> Result<(), Declined> {
        self.enter()?;
        let mut seen = 0;
        if self.peek()? != b'}' {
            loop {
                let key = self.key()?;
                if key.has_escapes {
                    return Err(Declined);
                }
                target.field(key.bytes, &mut seen, self)?;
                match self.peek()? {
                    b',' => self.at += 1,
                    b'}' => break,
                    _ => return Err(Declined),
                }
            }
        }
        self.leave();
        Ok(())
    }

    /// Fills the items of the list where we stand.
    fn list<T: Fill<'de> + Default>(&mut self, target: &mut Vec<T>) -> Result<(), Declined> {
        self.enter()?;
        if self.peek()? != b']' {
            loop {
                let mut item = T::default();
                item.fill(self)?;
                target.push(item);
                match self.peek()? {
                    b',' => self.at += 1,
                    b']' => break,
                    _ => return Err(Declined),
                }
            }
        }
        self.leave();
        Ok(())
    }

    /// Goes behind a bracket that opens.
    #[inline]
    fn enter(&mut self) -> Result<(), Declined> {
        if self.depth == FILLED_DEPTH {
            return Err(Declined);
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Goes behind the bracket that closes.
    #[inline]
    fn leave(&mut self) {
        self.depth -= 1;
        self.at += 1;
    }
}

/// A number like `12.5`, which is most of those with a fraction.
fn short_fraction(text: &[u8]) -> Option<f64> {
    let point = text.iter().position(|byte| *byte == b'.')?;
    let (whole, fraction) = (&text[..point], &text[point + 1..]);
    if whole.len() + fraction.len() > EXACT_DIGITS {
        return None;
    }
    let ten = TENS.get(fraction.len())?;
    let digits = whole.iter().chain(fraction).try_fold(0, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0'))
    })?;
    #[expect(clippy::cast_precision_loss, reason = "the number of digits is checked")]
    Some(digits as f64 / ten)
}

/// What is asked of a skipped value beside its form.
trait Check {
    fn key(&self, key: &RawText<'_>) -> Result<(), Declined>;
    fn text(&self, text: &RawText<'_>) -> Result<(), Declined>;
    fn number(&self, skimmer: &mut Skimmer<'_>) -> Result<(), Declined>;
}

/// Nothing more.
struct Lax;

impl Check for Lax {
    #[inline]
    fn key(&self, _: &RawText<'_>) -> Result<(), Declined> {
        Ok(())
    }
    #[inline]
    fn text(&self, _: &RawText<'_>) -> Result<(), Declined> {
        Ok(())
    }
    #[inline]
    fn number(&self, skimmer: &mut Skimmer<'_>) -> Result<(), Declined> {
        skimmer.skip_number()
    }
}

/// That a visitor could take it, and that these keys are not in it. Bytes that are not UTF-8 are no
/// concern: they would be replaced.
struct Strict<'a>(&'a [&'a [u8]]);

impl Check for Strict<'_> {
    fn key(&self, key: &RawText<'_>) -> Result<(), Declined> {
        if key.has_escapes || self.0.contains(&key.bytes) { Err(Declined) } else { Ok(()) }
    }
    fn text(&self, text: &RawText<'_>) -> Result<(), Declined> {
        // The number of a character may be one half of two: that is for serde_json to say.
        if text.has_escapes && memchr::memmem::find(text.bytes, b"\\u").is_some() {
            return text.unescape().map(drop);
        }
        Ok(())
    }
    fn number(&self, skimmer: &mut Skimmer<'_>) -> Result<(), Declined> {
        skimmer.number().map(drop)
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
