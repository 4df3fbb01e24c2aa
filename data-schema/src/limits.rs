//! What a vendor says about its limits: history to look at, never a basis for a decision.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::envelope::{self, Envelope};
use crate::{FormatError, HashId, Text, UtcSeconds, Version};

/// One word of a vendor about one limit.
///
/// A missing value is unknown, neither 0 nor 100 %.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "adapters build readings field by field")]
pub struct LimitReading {
    /// When the vendor said it.
    pub at: UtcSeconds,
    /// Hash of the account, where told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub account: Option<HashId>,
    /// The window: `5h`, `7d`, or the vendor's own name; minutes as `<n>m` otherwise.
    pub window: String,
    /// What the limit covers, where it is not everything: a model, a plan.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scope: Option<String>,
    /// Used part: 0.125 is 12.5 %. May exceed 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub used_fraction: Option<Fraction>,
    /// When the window starts anew.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resets_at: Option<UtcSeconds>,
    /// `log`, `api` or `wire`.
    pub via: String,
    /// Id of the source whose limit it is, where another one told it: the proxy tells those of its clients.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
}

/// The name of a window of so many minutes: `5h`, `7d`, `30m`.
///
/// Codex wrote its windows one minute short in September 2025 (`"window_minutes":299`, `10079`), which is the same
/// limit: <https://github.com/openai/codex>, read 2026-11-22.
///
/// ```
/// use data_schema::window_name;
/// assert_eq!([300, 299, 10_080, 1_440, 90].map(window_name), ["5h", "5h", "7d", "1440m", "90m"]);
/// ```
pub fn window_name(minutes: u64) -> String {
    match minutes {
        299 => "5h".to_owned(),
        10_079 => "7d".to_owned(),
        0..=60 | 1440 => format!("{minutes}m"),
        minutes if minutes % 1440 == 0 => format!("{}d", minutes / 1440),
        minutes if minutes % 60 == 0 => format!("{}h", minutes / 60),
        minutes => format!("{minutes}m"),
    }
}

/// Seconds of a window by its name; `None` for one that a vendor names in its own way, such as `month`.
///
/// ```
/// use data_schema::window_seconds;
/// assert_eq!(window_seconds("5h"), Some(18_000));
/// assert_eq!(window_seconds("month"), None);
/// ```
pub fn window_seconds(name: &str) -> Option<i64> {
    let (count, unit) = name.split_at_checked(name.len().checked_sub(1)?)?;
    let seconds = match unit {
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    let is_plain = count.bytes().all(|letter| letter.is_ascii_digit());
    let count: i64 = count.parse().ok().filter(|count| is_plain && *count > 0)?;
    // A century is longer than any window.
    count.checked_mul(seconds).filter(|all| *all <= 36_525 * 86_400)
}

/// A fraction in steps of 10⁻⁴, so that two readings compare exactly.
///
/// JSON: a number with at most four decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fraction(u32);

/// Steps in 1.
const STEPS: f64 = 10_000.0;

impl Fraction {
    /// The nearest step; `None` for what is not finite, negative or above 100,000.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    pub fn new(fraction: f64) -> Option<Self> {
        (fraction.is_finite() && (0.0..=100_000.0).contains(&fraction))
            .then(|| Self((fraction * STEPS).round() as u32))
    }

    /// The fraction in steps of 10⁻⁴.
    pub fn steps(self) -> u32 {
        self.0
    }

    /// A fraction of so many steps of 10⁻⁴; `None` above 100,000.
    pub fn from_steps(steps: u32) -> Option<Self> {
        (f64::from(steps) <= 100_000.0 * STEPS).then_some(Self(steps))
    }

    /// The fraction as a number.
    pub fn get(self) -> f64 {
        f64::from(self.0) / STEPS
    }
}

impl Serialize for Fraction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.get())
    }
}

impl<'de> Deserialize<'de> for Fraction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        Self::new(number).ok_or_else(|| D::Error::custom("a fraction is 0 to 100,000"))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Fraction {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Fraction".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0 })
    }
}

/// `limits-<YYYY-MM>.json`: the readings of one machine and provider in one month of UTC.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct LimitsFile {
    /// As read; [`Version::CURRENT`] for a new one.
    pub version: Version,
    /// Name of the machine.
    pub machine: Text,
    /// Id of the source.
    pub provider: Text,
    /// `YYYY-MM`.
    pub month: String,
    /// When this content was first written.
    pub collected_at: UtcSeconds,
    /// Sorted, without repeats.
    pub readings: Vec<LimitReading>,
}

impl LimitsFile {
    /// Whether this program may write the file anew: not one of a newer minor version.
    pub fn is_ours_to_rewrite(&self) -> bool {
        self.version <= Version::CURRENT
    }

    /// The file's bytes: envelope, one reading per line, hash, newline at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut readings: Vec<&LimitReading> = self.readings.iter().collect();
        readings.sort_unstable();
        readings.dedup();
        let envelope = Envelope {
            machine: &self.machine,
            provider: &self.provider,
            period: &self.month,
            collected_at: self.collected_at,
            adapter: None,
            list: "readings",
        };
        envelope::write(&envelope, readings.into_iter())
    }

    /// Reads a file and checks its hash.
    ///
    /// # Errors
    ///
    /// Not a file of ours, an unknown major version, a value out of range, a wrong hash.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Whole {
            machine: Text,
            provider: Text,
            period: String,
            collected_at: UtcSeconds,
            hash: String,
            readings: Vec<LimitReading>,
        }
        let version = envelope::check_version(bytes)?;
        let whole: Whole =
            serde_json::from_slice(bytes).map_err(|error| FormatError::json(&error))?;
        envelope::check_hash(bytes, &whole.hash)?;
        Ok(Self {
            version,
            machine: whole.machine,
            provider: whole.provider,
            month: whole.period,
            collected_at: whole.collected_at,
            readings: whole.readings,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limits_file_reads_back_and_notices_damage() {
        let file = LimitsFile {
            version: Version::CURRENT,
            machine: "laptop".into(),
            provider: "codex".into(),
            month: "2026-05".into(),
            collected_at: "2026-05-02T00:00:00Z".parse().unwrap(),
            readings: vec![LimitReading {
                at: "2026-05-01T10:00:00Z".parse().unwrap(),
                account: None,
                window: "5h".into(),
                scope: None,
                used_fraction: Fraction::new(0.125),
                resets_at: None,
                via: "log".into(),
                source: None,
            }],
        };
        let bytes = file.to_bytes();
        insta::assert_snapshot!(String::from_utf8_lossy(&bytes));
        assert_eq!(LimitsFile::parse(&bytes).unwrap(), file);
        let damaged = String::from_utf8(bytes).unwrap().replace("0.125", "0.126");
        assert!(matches!(
            LimitsFile::parse(damaged.as_bytes()),
            Err(FormatError::HashMismatch { .. })
        ));
    }
}
