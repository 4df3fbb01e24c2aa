//! Every case of `tests/fixtures` counts what `expected.json` says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::support::{scan, sum};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    provider: String,
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    #[serde(default)]
    cache_read_tokens: u64,
    #[serde(default)]
    cache_creation_tokens: u64,
    #[serde(default, rename = "cacheCreation1hTokens")]
    cache_creation_1h_tokens: u64,
    #[serde(default)]
    reasoning_tokens: u64,
    requests: Option<u64>,
    warnings: Option<usize>,
    at: Option<String>,
    days: Option<BTreeMap<String, u64>>,
    #[expect(dead_code, reason = "says which trap the case is about")]
    trap: u32,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn cases() -> BTreeMap<String, Expected> {
    let text = fs_err::read(fixtures().join("expected.json")).unwrap();
    let all: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&text).unwrap();
    all.into_iter()
        .filter(|(name, _)| name != "_about")
        .map(|(name, case)| (name, serde_json::from_value::<Expected>(case).unwrap()))
        .collect()
}

fn check(name: &str, expected: &Expected) {
    let scanned = scan(&expected.provider, &fixtures().join("logs").join(name));
    let warnings = scanned.report.warnings.len();
    let records = scanned.records.into_sorted();
    let got = [
        sum(&records, |record| record.usage.input_tokens),
        sum(&records, |record| record.usage.output_tokens),
        sum(&records, |record| record.usage.cache_read_tokens),
        sum(&records, |record| record.usage.cache_creation_tokens),
        sum(&records, |record| record.usage.cache_creation_1h_tokens),
        sum(&records, |record| record.usage.reasoning_tokens),
    ];
    let wanted = [
        expected.input_tokens,
        expected.output_tokens,
        expected.cache_read_tokens,
        expected.cache_creation_tokens,
        expected.cache_creation_1h_tokens,
        expected.reasoning_tokens,
    ];
    assert_eq!(got, wanted, "{name}");
    if let Some(requests) = expected.requests {
        assert_eq!(records.len() as u64, requests, "{name}: requests");
    }
    if let Some(expected) = expected.warnings {
        assert_eq!(warnings, expected, "{name}: warnings");
    }
    if let Some(at) = &expected.at {
        assert_eq!(records[0].at.to_string(), *at, "{name}");
    }
    if let Some(days) = &expected.days {
        let mut got: BTreeMap<String, u64> = BTreeMap::new();
        for record in &records {
            *got.entry(record.at.utc_date().to_string()).or_default() += 1;
        }
        assert_eq!(got, *days, "{name}: days");
    }
}

#[test]
fn all_38_cases_count_exactly() {
    let cases = cases();
    assert_eq!(cases.len(), 38);
    for (name, expected) in &cases {
        check(name, expected);
    }
}
