//! Exact amounts of money.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An exact amount of one currency.
///
/// Unit: 10⁻¹² of the currency's unit (a picodollar), because a cached token of a small model costs
/// 10⁻⁸ USD and multipliers divide that again. JSON carries a decimal string without trailing zeros;
/// rounding happens once, where a person reads it.
///
/// ```
/// use data_schema::Money;
/// let price: Money = "0.00000375".parse()?;
/// assert_eq!(price, Money::from_picos(3_750_000));
/// assert_eq!(price.to_string(), "0.00000375");
/// assert_eq!("1.005".parse::<Money>()?.rounded(2), "1.01");
/// # Ok::<(), data_schema::FormatError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i128);

/// Digits behind the decimal point.
const SCALE_DIGITS: usize = 12;
/// Picos in one unit of the currency.
const SCALE: i128 = 1_000_000_000_000;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of 10⁻¹² units.
    pub const fn from_picos(picos: i128) -> Self {
        Self(picos)
    }

    /// The amount in 10⁻¹² units.
    pub const fn picos(self) -> i128 {
        self.0
    }

    /// The decimal text rounded half away from zero to `digits` behind the point (at most 12).
    pub fn rounded(self, digits: usize) -> String {
        let digits = digits.min(SCALE_DIGITS);
        let unit = 10_i128.pow(u32::try_from(SCALE_DIGITS - digits).unwrap_or(0));
        let magnitude = self.0.unsigned_abs();
        let unit_magnitude = unit.unsigned_abs();
        let rounded = magnitude.saturating_add(unit_magnitude / 2) / unit_magnitude;
        let base = 10_u128.pow(u32::try_from(digits).unwrap_or(0));
        let sign = if self.0 < 0 && rounded > 0 { "-" } else { "" };
        if digits == 0 {
            return format!("{sign}{rounded}");
        }
        format!("{sign}{}.{:0digits$}", rounded / base, rounded % base)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (magnitude / SCALE.unsigned_abs(), magnitude % SCALE.unsigned_abs());
        if rest == 0 {
            return write!(formatter, "{sign}{whole}");
        }
        let digits = format!("{rest:0SCALE_DIGITS$}");
        write!(formatter, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl FromStr for Money {
    type Err = crate::FormatError;

    /// Reads a decimal number, with an exponent if there is one (`3e-06`, as price tables write it).
    ///
    /// # Errors
    ///
    /// Not a decimal number, finer than 10⁻¹², or beyond 10²⁰.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_decimal(text)
            .map(Self)
            .ok_or_else(|| crate::FormatError::Money(text.chars().take(40).collect()))
    }
}

/// Reads sign, digits, fraction and exponent into picos.
fn parse_decimal(text: &str) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let mut value: i128 = digits
        .trim_start_matches('0')
        .parse()
        .or_else(|error| if digits.bytes().all(|byte| byte == b'0') { Ok(0) } else { Err(error) })
        .ok()?;
    let shift = i32::try_from(SCALE_DIGITS)
        .ok()?
        .checked_add(exponent)?
        .checked_sub(i32::try_from(fraction.len()).ok()?)?;
    if value != 0 && shift >= 0 {
        value = value.checked_mul(10_i128.checked_pow(shift.unsigned_abs())?)?;
    } else if value != 0 {
        let divisor = 10_i128.checked_pow(shift.unsigned_abs())?;
        if value % divisor != 0 {
            return None;
        }
        value /= divisor;
    }
    if value > SCALE * 100_000_000_000_000_000_000 {
        return None;
    }
    Some(if negative { -value } else { value })
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::add)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "an exact decimal amount",
            "pattern": "^-?[0-9]+(\\.[0-9]{1,12})?$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit() {
        for text in ["0", "0.00000375", "-1.5", "12345678901.000000000001"] {
            assert_eq!(text.parse::<Money>().unwrap().to_string(), text);
        }
        assert_eq!("3e-06".parse::<Money>().unwrap(), Money::from_picos(3_000_000));
        assert_eq!("1.25E-7".parse::<Money>().unwrap(), Money::from_picos(125_000));
        assert_eq!("0e-30".parse::<Money>().unwrap(), Money::ZERO);
    }

    #[test]
    fn what_is_not_a_decimal_is_refused() {
        for text in ["", "-", ".", "NaN", "1e-13", "1e40", "0x1", "1_000", "1.2.3", "+1", "1e", "١"]
        {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        let half: Money = "-0.005".parse().unwrap();
        assert_eq!(half.rounded(2), "-0.01");
        assert_eq!("-0.004".parse::<Money>().unwrap().rounded(2), "0.00");
        assert_eq!("2.5".parse::<Money>().unwrap().rounded(0), "3");
    }
}
