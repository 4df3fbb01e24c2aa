//! Keys: how they are made, kept and compared.
//!
//! A key is `tm_` and 43 letters of base64url: 32 random bytes. Its first 8 letters are its public id, which says
//! which hash it is compared with; the other 208 bits are the secret. What is kept is SHA-256 of the whole key. A slow
//! hash is for passwords, which people choose and machines guess: nobody guesses 208 random bits, at any speed.

use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use data_schema::Confidential;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every own key begins with.
pub(crate) const PREFIX: &str = "tm_";
/// What the key of the proxy's own routes begins with: it opens no model, and no other key opens those routes.
pub(crate) const ADMIN_PREFIX: &str = "tma_";
/// Letters behind the prefix.
const LETTERS: usize = 43;
/// Letters of the public id.
const ID_LETTERS: usize = 8;

/// SHA-256 of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyHash([u8; 32]);

impl KeyHash {
    /// What no key is compared with successfully: stands in for the hash of an id that is not known, so that the time
    /// of an answer does not tell which ids there are.
    pub(crate) const NONE: Self = Self([0; 32]);

    pub(crate) fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }

    /// Whether a key has this hash, in a time that does not depend on either.
    pub(crate) fn is_of(&self, key: &str) -> bool {
        bool::from(self.0.ct_eq(&Self::of(key).0))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

impl Serialize for KeyHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for KeyHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        // The text itself is not told: somebody may have put a key there.
        bytes.map(Self).ok_or_else(|| serde::de::Error::custom("a hash has 64 hex digits"))
    }
}

/// A new key.
///
/// # Errors
///
/// The system has no random bytes.
pub(crate) fn draw(prefix: &str) -> Result<Confidential, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(Confidential::new(format!("{prefix}{}", BASE64URL_NOPAD.encode(&bytes))))
}

/// The public id of a key; `None` if it cannot be a key.
pub(crate) fn id(key: &str) -> Option<&str> {
    let letters = key.strip_prefix(PREFIX)?;
    let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_';
    let is_key = letters.len() == LETTERS && letters.bytes().all(is_letter);
    is_key.then(|| &letters[..ID_LETTERS])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_random_and_of_one_form() {
        let (first, second) = (draw(PREFIX).unwrap(), draw(PREFIX).unwrap());
        assert_ne!(first, second);
        for key in [&first, &second] {
            assert_eq!(key.expose().len(), 46);
            assert_eq!(id(key.expose()), Some(&key.expose()[3..11]));
        }
        for text in ["", "tm_", "tm_short", "sk-0123456789012345678901234567890123456789012345"] {
            assert_eq!(id(text), None, "{text}");
        }
        assert_eq!(id(&format!("tm_{}", "ä".repeat(43))), None);
        assert_eq!(id(draw(ADMIN_PREFIX).unwrap().expose()), None, "an admin key is no key");
    }

    #[test]
    fn only_the_key_has_its_hash() {
        let key = draw(PREFIX).unwrap();
        let hash = KeyHash::of(key.expose());
        assert!(hash.is_of(key.expose()));
        assert!(!hash.is_of(draw(PREFIX).unwrap().expose()));
        assert!(!KeyHash::NONE.is_of(key.expose()));
        let text = serde_json::to_string(&hash).unwrap();
        assert_eq!(text.len(), 66);
        assert!(!text.contains(&key.expose()[3..]));
        assert_eq!(serde_json::from_str::<KeyHash>(&text).unwrap(), hash);
        assert_eq!(format!("{hash:?}"), "…");
        let told = serde_json::from_str::<KeyHash>("\"tm_oops\"").unwrap_err().to_string();
        assert!(!told.contains("oops"), "{told}");
    }

    #[test]
    fn the_hash_is_sha_256_of_the_whole_key() {
        // The hash of "abc" from FIPS 180-2, appendix B.1.
        let hash = serde_json::to_string(&KeyHash::of("abc")).unwrap();
        assert_eq!(hash, "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
    }
}
