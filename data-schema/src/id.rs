//! Identity: which two records speak of the same response.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::FormatError;

/// Names of the spaces in which native ids live: the API family, so that a tool's log and the wire
/// give the same response the same id; else the tool.
pub mod namespace {
    /// Anthropic's Messages API, wherever it is served.
    pub const ANTHROPIC: &str = "anthropic";
    /// `OpenAI`'s Responses and Chat Completions APIs.
    pub const OPENAI: &str = "openai";
    /// Gemini's `generateContent`.
    pub const GEMINI: &str = "gemini";
    /// Claude Code's own line ids, for lines without a response id.
    pub const CLAUDE_CODE: &str = "claude-code";
    /// Codex threads, for token counts without a response id.
    pub const CODEX: &str = "codex";
}

/// A shape of response ids that is random enough to be unique by itself.
struct UniqueShape {
    prefix: &'static str,
    /// Characters of the whole id that it needs at least.
    least_length: usize,
}

/// Shapes that count as identity by themselves. Each carries 64 random bits or more: 20 characters
/// hold a prefix of at most 9 and at least 11 of base 58 or finer (5.8 bits each).
///
/// Sources (read 2026-11-20): `msg_` <https://platform.claude.com/docs/en/api/messages>,
/// `msg_bdrk_` the same API served by Amazon Bedrock, `resp_`
/// <https://platform.openai.com/docs/api-reference/responses/object>, `chatcmpl-`
/// <https://platform.openai.com/docs/api-reference/chat/object>, `gen-`
/// <https://openrouter.ai/docs/api-reference/get-a-generation>. Servers exist that answer
/// `chatcmpl-<0..998>`, constants or nothing; those are shorter and do not count.
const UNIQUE_SHAPES: [UniqueShape; 5] = [
    UniqueShape { prefix: "msg_bdrk_", least_length: 20 },
    UniqueShape { prefix: "msg_", least_length: 20 },
    UniqueShape { prefix: "resp_", least_length: 20 },
    UniqueShape { prefix: "chatcmpl-", least_length: 20 },
    UniqueShape { prefix: "gen-", least_length: 20 },
];

/// Whether a native response id identifies a response by itself, wherever it is seen.
///
/// ```
/// use data_schema::is_unique_response_id;
/// assert!(is_unique_response_id("msg_01AbCdEfGhIjKlMnOpQrStUv"));
/// assert!(!is_unique_response_id("chatcmpl-17"));
/// ```
pub fn is_unique_response_id(native: &str) -> bool {
    UNIQUE_SHAPES.iter().any(|shape| {
        native.len() >= shape.least_length
            && native.strip_prefix(shape.prefix).is_some_and(|rest| {
                rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
                    // Digits alone are a counter or a time.
                    && !rest.bytes().all(|byte| byte.is_ascii_digit())
            })
    })
}

/// The namespace in which a response id stands that identifies a response by itself; `None` for all others.
pub fn response_namespace(native: &str) -> Option<&'static str> {
    let is_unique = is_unique_response_id(native);
    is_unique
        .then(|| if native.starts_with("msg_") { namespace::ANTHROPIC } else { namespace::OPENAI })
}

/// The identity of one response: eight bytes, written as 11 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 8]);

/// Characters of a written [`RecordId`].
const RECORD_ID_LENGTH: usize = 11;

impl RecordId {
    /// The id of a response: the first eight bytes of
    /// SHA-256(`namespace` `\0` `native` `\0` `part`).
    ///
    /// `part` tells apart several priced parts of one response and is empty for the main one.
    pub fn new(namespace: &str, native: &str, part: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(namespace);
        hasher.update([0]);
        hasher.update(native);
        hasher.update([0]);
        hasher.update(part);
        Self(first_eight(&hasher.finalize()))
    }

    /// The id that is written so, or `None` for what no id is written as: other characters, or bits
    /// set behind the 64th.
    #[inline]
    pub(crate) fn from_base64(digits: &[u8; RECORD_ID_LENGTH]) -> Option<Self> {
        let [first @ .., last] = digits;
        let sixty = number_of(first, &BASE64URL_DIGITS, 6)?;
        let six = number_of(&[*last], &BASE64URL_DIGITS, 6)?;
        six.is_multiple_of(4).then(|| Self((sixty << 4 | six >> 2).to_be_bytes()))
    }

    /// The eight bytes.
    pub fn bytes(self) -> [u8; 8] {
        self.0
    }

    /// The id with these bytes.
    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; RECORD_ID_LENGTH];
        BASE64URL_NOPAD.encode_mut(&self.0, &mut text);
        formatter.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for RecordId {
    type Err = FormatError;

    /// # Errors
    ///
    /// Not 11 characters of base64url.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        let digits = text.as_bytes().try_into().ok();
        digits
            .and_then(Self::from_base64)
            .ok_or_else(|| FormatError::Id(text.chars().take(40).collect(), RECORD_ID_LENGTH))
    }
}

impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// The hash of a session, account or key id: enough to tell them apart, nothing to read.
///
/// Eight bytes of SHA-256(`kind` `\0` `native`), written as 16 hex digits; the all-zero value does not
/// occur, so that an absent one costs no space.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashId(NonZeroU64);

/// Characters of a written [`HashId`].
const HASH_ID_LENGTH: usize = 16;

impl HashId {
    /// Hashes a native id; `kind` is `session`, `account` or another field's name.
    pub fn new(kind: &str, native: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(kind);
        hasher.update([0]);
        hasher.update(native);
        let value = u64::from_be_bytes(first_eight(&hasher.finalize()));
        Self(NonZeroU64::new(value).unwrap_or(NonZeroU64::MIN))
    }

    /// The hash that is written so, or `None` for other characters and for all zeros.
    #[inline]
    pub(crate) fn from_hex(digits: &[u8; HASH_ID_LENGTH]) -> Option<Self> {
        NonZeroU64::new(number_of(digits, &HEX_DIGITS, 4)?).map(Self)
    }

    /// The hash as a number, never 0.
    pub fn bits(self) -> u64 {
        self.0.get()
    }

    /// The hash of a number; `None` for 0.
    pub fn from_bits(bits: u64) -> Option<Self> {
        NonZeroU64::new(bits).map(Self)
    }
}

impl fmt::Display for HashId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&HEXLOWER.encode(&self.0.get().to_be_bytes()))
    }
}

impl fmt::Debug for HashId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for HashId {
    type Err = FormatError;

    /// # Errors
    ///
    /// Not 16 lower-case hex digits, or all zeros.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        let digits = text.as_bytes().try_into().ok();
        digits
            .and_then(Self::from_hex)
            .ok_or_else(|| FormatError::Id(text.chars().take(40).collect(), HASH_ID_LENGTH))
    }
}

impl Serialize for HashId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HashId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// The value of each byte as a digit; [`NO_DIGIT`] for all others.
type Digits = [u8; 256];

/// Has bits that no digit has.
const NO_DIGIT: u8 = 0xff;
const BASE64URL_DIGITS: Digits =
    digits(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
const HEX_DIGITS: Digits = digits(b"0123456789abcdef");

const fn digits(alphabet: &[u8]) -> Digits {
    let mut table = [NO_DIGIT; 256];
    let mut value = 0;
    while (value as usize) < alphabet.len() {
        table[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    table
}

/// The number that digits of so many bits make. Several times faster than a general decoder, which
/// sees to any length: every record has two or three of them.
#[inline]
fn number_of(text: &[u8], digits: &Digits, bits: u32) -> Option<u64> {
    let (number, seen) = text.iter().fold((0, 0), |(number, seen), byte| {
        let digit = digits[usize::from(*byte)];
        (number << bits | u64::from(digit), seen | digit)
    });
    (seen != NO_DIGIT).then_some(number)
}

fn first_eight(digest: &[u8]) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_hash_of_namespace_native_and_part() {
        // printf 'anthropic\0msg_1\0' | sha256sum | head -c 16 | xxd -r -p | basenc --base64url
        let id = RecordId::new("anthropic", "msg_1", "");
        let digest = Sha256::digest(b"anthropic\0msg_1\0");
        assert_eq!(id.bytes(), digest[..8]);
        assert_eq!(id.to_string().len(), 11);
        assert_eq!(id.to_string().parse::<RecordId>().unwrap(), id);
    }

    #[test]
    fn ids_are_read_as_a_general_decoder_reads_them() {
        let id = RecordId::from_bytes([0xfb, 0xef, 0xbe, 0, 1, 2, 3, 0xff]).to_string();
        let hash = HashId::new("session", "s1").to_string();
        for byte in 0..128 {
            for place in 0..16 {
                let changed = |text: &str| {
                    let mut text = text.to_owned();
                    text.replace_range(place..=place, &char::from(byte).to_string());
                    text
                };
                let text = changed(&hash);
                let read = text.parse::<HashId>().ok().map(|hash| hash.to_string());
                assert_eq!(read.is_some(), HEXLOWER.decode(text.as_bytes()).is_ok(), "{text}");
                assert!(read.is_none_or(|read| read == text));
                if place < RECORD_ID_LENGTH {
                    let text = changed(&id);
                    let read = text.parse::<RecordId>().ok().map(|id| id.bytes().to_vec());
                    assert_eq!(read, BASE64URL_NOPAD.decode(text.as_bytes()).ok(), "{text}");
                }
            }
        }
        for text in [&id[1..], &format!("{id}A"), "0ä345678901", ""] {
            assert!(text.parse::<RecordId>().is_err(), "{text}");
        }
    }

    #[test]
    fn parts_and_namespaces_are_told_apart() {
        let main = RecordId::new("anthropic", "msg_1", "");
        assert_ne!(main, RecordId::new("anthropic", "msg_1", "advisor:0"));
        assert_ne!(main, RecordId::new("openai", "msg_1", ""));
        assert_ne!(RecordId::new("a", "b\0c", ""), RecordId::new("a\0b", "c", "x"));
    }

    #[test]
    fn only_long_random_ids_are_unique_by_themselves() {
        for id in [
            "msg_01AbCdEfGhIjKlMnOpQrStUv",
            "msg_bdrk_01AbCdEfGhIj",
            "resp_68a1b2c3d4e5f60718",
            "chatcmpl-AbCdEfGhIjKlMnOpQr",
            "gen-1762000000-AbCdEfGh",
        ] {
            assert!(is_unique_response_id(id), "{id}");
        }
        for id in [
            "",
            "msg_1",
            "chatcmpl-998",
            "chatcmpl-1762000000000000",
            "chatcmpl-AbCdEfGhIj",
            "resp_",
            "call_01AbCdEfGhIjKlMnOpQrStUv",
            "msg_01AbCdEfGh IjKlMnOpQrS",
        ] {
            assert!(!is_unique_response_id(id), "{id}");
        }
    }

    #[test]
    fn a_hash_id_is_never_zero_and_reads_back() {
        let id = HashId::new("session", "s1");
        assert_eq!(id.to_string().parse::<HashId>().unwrap(), id);
        assert!("0000000000000000".parse::<HashId>().is_err());
        assert!("XYZ".parse::<HashId>().is_err());
        assert_eq!(size_of::<Option<HashId>>(), 8);
    }
}
