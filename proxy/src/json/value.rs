//! What a value that was found says.

use std::borrow::Cow;

use data_schema::{Text, Tokens};

use super::Scanner;

/// A text that is longer is no name and no id. Bytes.
const LONGEST_TEXT: usize = 1024;
/// What is greater is no number of tokens.
const ABSURD: f64 = 1e15;

/// A number of tokens, read as loosely as the collector reads them in logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Count {
    /// Absent or `null`.
    #[default]
    NotTold,
    /// A number in range; also written as a text or with decimals.
    Told(Tokens),
    /// Below zero, which counts as zero.
    Negative,
    /// Anything else: not told.
    Absurd,
}

impl Count {
    /// The count; whether it is damaged is told beside.
    pub(crate) fn get(self) -> (Option<Tokens>, bool) {
        match self {
            Self::NotTold => (None, false),
            Self::Told(tokens) => (Some(tokens), false),
            Self::Negative => (Some(Tokens::ZERO), true),
            Self::Absurd => (None, true),
        }
    }

    /// Of a header.
    pub(crate) fn of_text(text: Option<&str>) -> Self {
        text.map_or(Self::NotTold, |text| Self::read(text.as_bytes()))
    }

    fn read(raw: &[u8]) -> Self {
        let raw = raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\"")).unwrap_or(raw);
        let Ok(text) = std::str::from_utf8(raw) else { return Self::Absurd };
        let text = text.trim();
        if let Ok(number) = text.parse::<u64>() {
            return Tokens::new(number).map_or(Self::Absurd, Self::Told);
        }
        match text.parse::<f64>() {
            Ok(number) if number < 0.0 => Self::Negative,
            Ok(number) if number < ABSURD => Self::whole(number),
            _ => Self::Absurd,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked by the caller"
    )]
    fn whole(number: f64) -> Self {
        Tokens::new(number as u64).map_or(Self::Absurd, Self::Told)
    }
}

impl Scanner {
    /// The value of a slot, `null` being none.
    fn told(&self, slot: usize) -> Option<&[u8]> {
        self.raw(slot).filter(|raw| *raw != b"null")
    }

    /// Whether there is a value, and it is not `null`.
    pub(crate) fn has(&self, slot: usize) -> bool {
        self.told(slot).is_some()
    }

    /// Whether the value is `true`.
    pub(crate) fn is_true(&self, slot: usize) -> bool {
        self.raw(slot) == Some(b"true")
    }

    /// A number of tokens.
    pub(crate) fn count(&self, slot: usize) -> Count {
        self.told(slot).map_or(Count::NotTold, Count::read)
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, slot: usize) -> Option<Cow<'_, str>> {
        let raw = self.raw(slot).filter(|raw| raw.len() <= LONGEST_TEXT)?;
        let inner = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        if inner.is_empty() {
            return None;
        }
        if memchr::memchr(b'\\', inner).is_none() {
            return std::str::from_utf8(inner).ok().map(Cow::Borrowed);
        }
        serde_json::from_slice::<String>(raw).ok().map(Cow::Owned)
    }

    /// A text as the ledger keeps it.
    pub(crate) fn word(&self, slot: usize) -> Option<Text> {
        self.text(slot).map(Text::from)
    }

    /// How many values of a list are this very text.
    pub(crate) fn times(&self, slot: usize, text: &str) -> usize {
        let all = self.raw(slot).unwrap_or_default().split(|byte| *byte == b',');
        let is_it = |raw: &&[u8]| {
            raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\"")) == Some(text.as_bytes())
        };
        all.filter(is_it).count()
    }

    /// Whether any value of a list is not `null`.
    pub(crate) fn has_any(&self, slot: usize) -> bool {
        let mut all = self.raw(slot).into_iter().flat_map(|raw| raw.split(|byte| *byte == b','));
        all.any(|raw| !raw.is_empty() && raw != b"null")
    }
}
