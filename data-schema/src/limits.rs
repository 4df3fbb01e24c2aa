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
