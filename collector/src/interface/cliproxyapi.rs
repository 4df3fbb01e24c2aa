//! `CLIProxyAPI`: what it relayed since it was started.
//!
//! Facts (<https://github.com/router-for-me/CLIProxyAPI>, `internal/usage/logger_plugin.go`, commit 08ce3f83, read
//! 2026-11-21):
//!
//! - `GET /v0/management/usage` gives every request since the start of the relay, under the keys that its users came
//!   with. Those keys, mail addresses and everything else but times, models and tokens is skipped unread.
//! - It was taken away on 2026-05-02. What came in its place is a queue that reading empties, at most an hour long:
//!   another reader would lose what this one takes, so it is never asked. Newer relays answer 404.
//! - `cached_tokens` are part of `input_tokens`, `reasoning_tokens` are not part of `output_tokens` for Gemini and are
//!   for others: the total beside them decides.
//! - A management key that is wrong five times is banned for half an hour; there is one try at it a run.

use serde::Deserialize;
use std::collections::BTreeMap;

use super::statements::count;
use super::window::start_of;
use super::{Ask, Interface, InterfaceError, Row, Statements, Terms, info};
use crate::adapter::{Counts, Shape};
use crate::loose::{LooseCount, LooseFlag, LooseTime, Maybe};
use crate::source::{Evidence, Info};

static INFO: Info = info(
    "cliproxyapi",
    Evidence::VendorCode {
        repository: "router-for-me/CLIProxyAPI",
        commit: "08ce3f838765f6349843275494770ece46b24982",
    },
    "what was before the relay's last start; relays since 2026-05-02, which tell nothing without taking it away",
);

static TERMS: Terms = Terms {
    vendor: "cliproxyapi",
    variables: &["CLIPROXYAPI_MANAGEMENT_KEY"],
    base_url: None,
    key: "the relay's management key",
    tells: "tokens and requests, by day and model",
    documentation: "https://help.router-for.me/management/api (2026-11-21)",
    days_at_once: 30,
    days_back: 30,
};

/// The interface.
#[derive(Debug)]
pub(super) struct CliProxyApi;

#[derive(Debug, Deserialize)]
struct Answer {
    usage: Statistics,
}

#[derive(Debug, Deserialize)]
struct Statistics {
    #[serde(default)]
    apis: Maybe<BTreeMap<String, OfKey>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OfKey {
    models: BTreeMap<String, OfModel>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OfModel {
    details: Vec<Detail>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detail {
    timestamp: LooseTime,
    tokens: Maybe<Used>,
    failed: LooseFlag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Used {
    #[serde(rename = "input_tokens")]
    input: LooseCount,
    #[serde(rename = "output_tokens")]
    output: LooseCount,
    #[serde(rename = "reasoning_tokens")]
    reasoning: LooseCount,
    #[serde(rename = "cached_tokens")]
    cached: LooseCount,
    #[serde(rename = "total_tokens")]
    total: LooseCount,
}

impl Interface for CliProxyApi {
    fn info(&self) -> &Info {
        &INFO
    }

    fn terms(&self) -> &Terms {
        &TERMS
    }

    fn fetch(&self, ask: &mut Ask<'_>) -> Result<Statements, InterfaceError> {
        let request = ask.bearer("/v0/management/usage")?;
        let answer: Answer = ask.json(&request)?;
        let mut told = Statements::default();
        let keys = answer.usage.apis.0.unwrap_or_default();
        for (model, of) in keys.values().flat_map(|key| &key.models) {
            for detail in of.details.iter().filter(|detail| !detail.failed.0) {
                let at = detail.timestamp.0.filter(|at| ask.window.contains(*at));
                let (Some(at), Some(used)) = (at, &detail.tokens.0) else { continue };
                told.add(start_of(at.utc_date()), Some(model), used.row());
            }
        }
        Ok(told)
    }
}

impl Used {
    fn row(&self) -> Row {
        let counts = Counts {
            input: count(self.input),
            cache_read: count(self.cached),
            output: count(self.output),
            reasoning: count(self.reasoning),
            ..Counts::default()
        };
        let usual = Shape { prompt_has_cache: true, output_has_reasoning: true };
        let (counts, _) = counts.fitting(count(self.total), usual);
        Row { counts, requests: 1, ..Row::default() }
    }
}
