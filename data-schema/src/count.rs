//! Token counts that fit into eight bytes even when they may be absent.

use std::fmt;
use std::num::NonZeroU64;

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest count that one record may carry.
///
/// Unit: tokens. A response of 10¹² tokens does not exist; a larger number in a log is damage, and
/// refusing it keeps every sum of 18 million records inside a `u64`.
pub const MAX_COUNT: u64 = 1_000_000_000_000;

/// A told number of tokens, 0 to [`MAX_COUNT`]. `Option<Tokens>` is "told or not told".
///
/// Stored as the number plus one, so that `Option<Tokens>` takes eight bytes: a record has nine.
///
/// ```
/// use data_schema::Tokens;
/// assert_eq!(Tokens::new(7).map(Tokens::get), Some(7));
/// assert_eq!(Tokens::new(u64::MAX), None);
/// assert_eq!(size_of::<Option<Tokens>>(), 8);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tokens(NonZeroU64);

impl Tokens {
    /// No tokens, told as such.
    pub const ZERO: Self = Self(NonZeroU64::MIN);

    /// Returns the count, or `None` if it is above [`MAX_COUNT`].
    pub const fn new(count: u64) -> Option<Self> {
        if count > MAX_COUNT {
            return None;
        }
        match NonZeroU64::new(count + 1) {
            Some(stored) => Some(Self(stored)),
            None => None,
        }
    }

    /// Returns the count; what is above [`MAX_COUNT`] becomes [`MAX_COUNT`].
    pub const fn saturating(count: u64) -> Self {
        let kept = if count > MAX_COUNT { MAX_COUNT } else { count };
        match Self::new(kept) {
            Some(tokens) => tokens,
            None => Self::ZERO,
        }
    }

    /// The number of tokens.
    pub const fn get(self) -> u64 {
        self.0.get() - 1
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(formatter)
    }
}

impl Serialize for Tokens {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.get())
    }
}

impl<'de> Deserialize<'de> for Tokens {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let count = u64::deserialize(deserializer)?;
        Self::new(count)
            .ok_or_else(|| D::Error::invalid_value(Unexpected::Unsigned(count), &"at most 10^12"))
    }
}
