//! Files of Token Matters 1.x: `raw/<machine>/<provider>/<date>_<hash6>.json`, read for ever.
//!
//! Format: sums of one local day per model, without identity. Source: the public repository
//! `newbdez33/token-matters`, read 2026-11-20.

use chrono::NaiveDate;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{FormatError, Quality, Span, Text, Tokens, Usage};

/// A snapshot of one machine, provider and local day.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DayFileV1 {
    /// `1.0`.
    pub version: Text,
    /// RFC 3339 with milliseconds; the greatest one of a day was meant to win.
    pub collected_at: Text,
    /// Name of the machine.
    pub machine: Text,
    /// Id of the source.
    pub provider: Text,
    /// Day in the zone of the collector that wrote it.
    pub date: NaiveDate,
    /// Per provider.
    #[serde(default)]
    pub data_quality: Quality,
    /// Usually one per model.
    pub records: Vec<RawRecordV1>,
}

/// A sum in a 1.x file. Every field is optional there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "the old format is closed")]
pub struct RawRecordV1 {
    /// Name of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Text>,
    /// For Codex this contains the cached tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<f64>,
    /// Output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<f64>,
    /// Written to a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_creation_tokens: Option<f64>,
    /// Read from a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read_tokens: Option<f64>,
    /// Sum as the collector saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<f64>,
    /// Number of calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<f64>,
}

/// One 1.x sum in today's terms.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "importers build sums field by field")]
pub struct DaySum {
    /// Name of the machine.
    pub machine: Text,
    /// Id of the source.
    pub provider: Text,
    /// Day in the zone of the collector that wrote it.
    pub date: NaiveDate,
    /// When that day was; a 1.x file does not tell, so that its day is taken as one of the report zone.
    pub span: Option<Span>,
    /// The counts: classes that do not overlap, `requests` set.
    pub usage: Usage,
}

/// What reading a 1.x file gave.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DaySums {
    /// One per record with tokens.
    pub sums: Vec<DaySum>,
    /// Negative counts that were taken as 0, and counts out of range that were left out.
    pub clamped: usize,
}

/// What a machine is called whose name has no letter that can stand in a path.
const UNNAMED: &str = "unnamed";

/// A name of 1.x as it can stand in a path, if it cannot as it is: 1.x took any, `../../x` for example.
pub fn name_in_path(name: &str) -> Option<Text> {
    let is_bad = |letter: char| letter == '/' || letter == '\\' || letter.is_control();
    if !name.is_empty() && !name.starts_with('.') && !name.contains(is_bad) {
        return None;
    }
    let kept = |letter: char| if is_bad(letter) { '-' } else { letter };
    let safe: String = name.chars().map(kept).collect();
    let safe = safe.trim_matches(['.', '-']);
    Some(Text::from(if safe.is_empty() { UNNAMED } else { safe }))
}

/// What the placeholder model of Claude Code is called; it was never billed.
const SYNTHETIC: &str = "<synthetic>";

impl DayFileV1 {
    /// Reads a 1.x file.
    ///
    /// # Errors
    ///
    /// Not JSON of that shape, or another version.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let file: Self =
            serde_json::from_slice(bytes).map_err(|error| FormatError::json(&error))?;
        if file.version.as_ref() != "1.0" {
            return Err(FormatError::UnknownVersion { found: file.version.to_string() });
        }
        Ok(file)
    }

    /// The sums with classes that do not overlap: cached tokens are taken out of Codex input, where
    /// 1.x counted them twice; negative counts become 0. A name that would leave its folder is replaced.
    pub fn day_sums(&self) -> DaySums {
        let name = |name: &Text| name_in_path(name).unwrap_or_else(|| name.clone());
        let (machine, provider) = (name(&self.machine), name(&self.provider));
        let mut clamped = 0;
        let mut sums = Vec::new();
        for record in &self.records {
            let mut count = |value: Option<f64>| count(value, &mut clamped);
            let cache_read = count(record.cache_read_tokens);
            let mut input = count(record.input_tokens);
            if self.provider.as_ref() == "codex"
                && let (Some(all), Some(cached)) = (input, cache_read)
            {
                input = Tokens::new(all.get().saturating_sub(cached.get()));
            }
            let mut usage = Usage {
                model: record.model.clone().unwrap_or_else(|| Text::from("unknown")),
                input_tokens: input,
                output_tokens: count(record.output_tokens),
                cache_creation_tokens: count(record.cache_creation_tokens),
                cache_read_tokens: cache_read,
                total_tokens: count(record.total_tokens),
                requests: count(record.requests)
                    .and_then(|requests| u32::try_from(requests.get()).ok()),
                quality: self.data_quality,
                ..Usage::default()
            };
            let classes = Usage { total_tokens: None, ..usage.clone() };
            if classes.total() > 0 {
                usage = classes;
            }
            let synthetic = usage.model.as_ref() == SYNTHETIC && usage.total() == 0;
            if !synthetic && (usage.total() > 0 || usage.requests.unwrap_or(0) > 0) {
                let (machine, provider) = (machine.clone(), provider.clone());
                sums.push(DaySum { machine, provider, date: self.date, span: None, usage });
            }
        }
        DaySums { sums, clamped }
    }

    /// The six hex digits that a 1.x file of this content carries in its name.
    ///
    /// `records` are the compact JSON of the record list as it was written, because 1.x hashed keys in
    /// the order of each provider.
    pub fn name_hash(machine: &str, provider: &str, date: &str, records: &str) -> String {
        let mut hasher = Sha256::new();
        for part in [machine, provider, date, records] {
            hasher.update(part);
        }
        HEXLOWER.encode(&hasher.finalize()[..3])
    }
}

/// A count of the old format: a JavaScript number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn count(value: Option<f64>, clamped: &mut usize) -> Option<Tokens> {
    let value = value?;
    if value < 0.0 {
        *clamped += 1;
        return Some(Tokens::ZERO);
    }
    let kept = (value <= 1e15).then(|| Tokens::new(value as u64)).flatten();
    *clamped += usize::from(kept.is_none());
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_hashes_agree_with_the_old_program() {
        let note = "GLM monitoring API (aggregated, no input/output breakdown)";
        let glm = format!(r#"[{{"totalTokens":80000,"requests":15,"note":"{note}"}}]"#);
        let record = |model: &str, numbers: [u32; 6]| {
            let [input, output, creation, read, total, requests] = numbers;
            format!(
                r#"{{"model":"{model}","inputTokens":{input},"outputTokens":{output},"cacheCreationTokens":{creation},"cacheReadTokens":{read},"totalTokens":{total},"requests":{requests}}}"#
            )
        };
        let first_day = format!(
            "[{},{},{}]",
            record("claude-opus-4-6", [330, 150, 50, 25, 555, 3]),
            record("claude-haiku-4-5", [50, 30, 0, 0, 80, 1]),
            record("claude-sonnet-4-6", [200, 100, 10, 13, 323, 2]),
        );
        let second_day = format!("[{}]", record("claude-opus-4-6", [150, 60, 25, 12, 247, 1]));
        let one = r#"[{"model":"claude-opus-4-6","inputTokens":100,"outputTokens":50}]"#;
        for (machine, provider, date, records, expected) in [
            ("macbook-pro", "claude-code", "2026-02-19", "[]", "731aea"),
            ("macbook-pro", "claude-code", "2026-02-19", one, "92142f"),
            ("test-machine", "glm-coding", "2026-02-18", &glm, "b16cac"),
            ("test-machine", "claude-code", "2026-02-18", &first_day, "a3c5fb"),
            ("test-machine", "claude-code", "2026-02-19", &second_day, "e243ec"),
        ] {
            assert_eq!(
                DayFileV1::name_hash(machine, provider, date, records),
                expected,
                "{records}"
            );
        }
    }

    #[test]
    fn codex_sums_lose_the_cached_tokens_from_their_input_and_negatives_become_zero() {
        let json = br#"{"version":"1.0","collectedAt":"2026-02-19T10:00:00.000Z","machine":"m",
            "provider":"codex","date":"2026-02-19","dataQuality":"exact","records":[
            {"model":"o4-mini","inputTokens":350,"outputTokens":150,"cacheReadTokens":40,"totalTokens":500,"requests":2},
            {"model":"o3","inputTokens":-850,"outputTokens":10,"cacheReadTokens":0,"totalTokens":-840,"requests":1},
            {"model":"<synthetic>","totalTokens":0,"requests":4}]}"#;
        let sums = DayFileV1::parse(json).unwrap().day_sums();
        let totals: Vec<u64> = sums.sums.iter().map(|sum| sum.usage.total()).collect();
        assert_eq!(totals, [500, 10]);
        assert_eq!(sums.clamped, 2);
    }

    #[test]
    fn names_cannot_leave_their_folder() {
        for (name, safe) in [
            ("../../x", Some("x")),
            ("", Some("unnamed")),
            ("..", Some("unnamed")),
            (".hidden", Some("hidden")),
            ("a\\b/c\n", Some("a-b-c")),
            ("My Mac", None),
            ("gc172", None),
        ] {
            assert_eq!(name_in_path(name).as_deref(), safe, "{name}");
        }
    }

    #[test]
    fn another_version_is_refused() {
        let json = br#"{"version":"3.0","collectedAt":"","machine":"m","provider":"p","date":"2026-02-19","records":[]}"#;
        assert!(matches!(DayFileV1::parse(json), Err(FormatError::UnknownVersion { .. })));
    }
}
