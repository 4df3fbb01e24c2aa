//! Spans of time and amounts of bytes, as people write them.

use std::time::Duration;

use serde_json::Value;

/// `30` seconds, `500ms`, `30s`, `2m`, `1h`.
pub(super) fn duration(value: &Value) -> Result<Duration, &'static str> {
    const WRONG: &str = "must be a span such as 30s, 2m, 500ms, or a number of seconds";
    if let Some(seconds) = value.as_u64() {
        return Ok(Duration::from_secs(seconds));
    }
    let (number, unit) = number_and_unit(value).ok_or(WRONG)?;
    let milliseconds: u64 = match unit.as_str() {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(WRONG),
    };
    number.checked_mul(milliseconds).map(Duration::from_millis).ok_or(WRONG)
}

/// `65536` bytes, `64 KB`, `1 MB`, `1 GB`: powers of 1,024.
pub(super) fn bytes(value: &Value) -> Result<u64, &'static str> {
    const WRONG: &str = "must be an amount such as 64 KB, 256 MB, or a number of bytes";
    if let Some(bytes) = value.as_u64() {
        return Ok(bytes);
    }
    let (number, unit) = number_and_unit(value).ok_or(WRONG)?;
    let factor: u64 = match unit.as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(WRONG),
    };
    number.checked_mul(factor).ok_or(WRONG)
}

fn number_and_unit(value: &Value) -> Option<(u64, String)> {
    let text = value.as_str()?.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim().to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spans_and_amounts_are_read_as_people_write_them() {
        assert_eq!(duration(&json!(30)), Ok(Duration::from_secs(30)));
        assert_eq!(duration(&json!("2m")), Ok(Duration::from_mins(2)));
        assert_eq!(duration(&json!("500 ms")), Ok(Duration::from_millis(500)));
        assert_eq!(bytes(&json!("64 KB")), Ok(65_536));
        assert_eq!(bytes(&json!("1 MiB")), Ok(1 << 20));
        for wrong in [json!("soon"), json!(-1), json!("3 weeks"), json!("99999999999999999999 h")] {
            assert!(duration(&wrong).is_err(), "{wrong}");
        }
        for wrong in [json!("much"), json!(1.5), json!("18446744073709551615 GB")] {
            assert!(bytes(&wrong).is_err(), "{wrong}");
        }
    }
}
