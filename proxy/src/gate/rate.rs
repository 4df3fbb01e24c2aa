//! How fast: requests and tokens a minute, requests at once.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One rule for how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever checks a rate must know all of them")]
pub enum Rate {
    /// Requests a minute.
    Requests(u32),
    /// Tokens a minute: a guess when a request begins, set right when it has ended.
    Tokens(u32),
    /// Requests that are on their way at once.
    AtOnce(u32),
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requests(count) => write!(formatter, "{count} requests/minute"),
            Self::Tokens(count) => write!(formatter, "{count} tokens/minute"),
            Self::AtOnce(count) => write!(formatter, "{count} at once"),
        }
    }
}

impl FromStr for Rate {
    type Err = String;

    /// Reads what [`fmt::Display`] writes.
    ///
    /// # Errors
    ///
    /// Anything else, in words.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}`: a rate is `60 requests/minute`, `100000 tokens/minute` or `8 at once`"
            )
        };
        let (count, what) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let count: u32 = count.parse().ok().filter(|count| *count > 0).ok_or_else(wrong)?;
        match what.trim() {
            "request/minute" | "requests/minute" => Ok(Self::Requests(count)),
            "token/minute" | "tokens/minute" => Ok(Self::Tokens(count)),
            "at once" => Ok(Self::AtOnce(count)),
            _ => Err(wrong()),
        }
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Nanoseconds of a minute: what one token of a bucket is divided into, so that every refill is exact.
const MINUTE: i128 = 60_000_000_000;

/// A bucket that holds a minute's worth and is filled steadily.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bucket {
    /// What is missing until it is full, in 1/[`MINUTE`].
    missing: i128,
    /// When that was so.
    at: Option<Instant>,
}

impl Bucket {
    /// What is missing at a moment.
    fn missing(&self, limit: u32, now: Instant) -> i128 {
        let since = self.at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let filled = i128::try_from(since.as_nanos()).unwrap_or(i128::MAX);
        self.missing.saturating_sub(filled.saturating_mul(i128::from(limit))).max(0)
    }

    /// How long to wait until so much may be taken. More than the bucket ever holds may be taken from a full one.
    pub(crate) fn wait(&self, limit: u32, amount: u64, now: Instant) -> Option<Duration> {
        let holds = i128::from(limit) * MINUTE;
        let most = holds - i128::from(amount).saturating_mul(MINUTE).min(holds);
        let excess = self.missing(limit, now) - most;
        if excess <= 0 {
            return None;
        }
        let limit = i128::from(limit);
        let nanoseconds = excess.saturating_add(limit - 1) / limit;
        Some(Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX)))
    }

    /// Takes so much.
    pub(crate) fn take(&mut self, limit: u32, amount: u64, now: Instant) {
        let taken = i128::from(amount).saturating_mul(MINUTE);
        self.missing = self.missing(limit, now).saturating_add(taken);
        self.at = Some(self.at.map_or(now, |at| at.max(now)));
    }

    /// Puts the truth in the place of a guess.
    pub(crate) fn correct(&mut self, guessed: u64, truth: u64) {
        let difference = i128::from(truth) - i128::from(guessed);
        self.missing = self.missing.saturating_add(difference.saturating_mul(MINUTE)).max(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_written_as_they_are_read() {
        for text in ["60 requests/minute", "100000 tokens/minute", "8 at once"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        for text in ["", "8", "0 at once", "-1 at once", "60 requests/hour", "9999999999 at once"] {
            assert!(text.parse::<Rate>().unwrap_err().contains("`8 at once`"), "{text}");
        }
    }

    #[test]
    fn a_bucket_holds_a_minute_and_is_filled_steadily() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut bucket = Bucket::default();
        for _ in 0..6 {
            assert_eq!(bucket.wait(6, 1, begin), None);
            bucket.take(6, 1, begin);
        }
        assert_eq!(bucket.wait(6, 1, begin), Some(Duration::from_secs(10)));
        assert_eq!(bucket.wait(6, 1, at(9)), Some(Duration::from_secs(1)));
        assert_eq!(bucket.wait(6, 1, at(10)), None);
        bucket.take(6, 1, at(10));
        assert_eq!(bucket.wait(6, 2, at(10)), Some(Duration::from_secs(20)));
        assert_eq!(
            bucket.wait(6, 6, at(3600)),
            None,
            "never more than a minute's worth is missing"
        );
    }

    #[test]
    fn more_than_a_minute_holds_passes_when_nothing_is_missing_and_is_paid_back() {
        let begin = Instant::now();
        let mut bucket = Bucket::default();
        assert_eq!(bucket.wait(60, 90, begin), None);
        bucket.take(60, 90, begin);
        assert_eq!(bucket.wait(60, 1, begin), Some(Duration::from_secs(31)));
        assert_eq!(bucket.wait(60, 90, begin), Some(Duration::from_secs(90)));
    }

    #[test]
    fn the_truth_replaces_the_guess() {
        let begin = Instant::now();
        let mut bucket = Bucket::default();
        bucket.take(100, 100, begin);
        bucket.correct(100, 40);
        assert_eq!(bucket.wait(100, 60, begin), None);
        bucket.correct(40, 130);
        assert!(bucket.wait(100, 1, begin).is_some());
        bucket.correct(130, 0);
        assert_eq!(bucket.wait(100, 100, begin), None, "what is given back never makes it fuller");
    }
}
