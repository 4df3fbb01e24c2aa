//! `LiteLLM`'s proxy: spend by day and model.
//!
//! Facts (<https://docs.litellm.ai/docs/proxy/metrics>, <https://docs.litellm.ai/docs/proxy/cost_tracking>, the
//! proxy's generated clients, read 2026-11-21):
//!
//! - `GET /user/daily/activity`, days of UTC; the rows of one day may be spread over pages, so they are added up.
//! - Prompt tokens contain what was read from and written to a cache, in the form that the proxy brings all vendors to.
//! - A key that is not the master key sees its own spend only.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::statements::count;
use super::window::start_of;
use super::{Ask, Interface, InterfaceError, Row, Statements, Terms, info, money};
use crate::adapter::Counts;
use crate::loose::{LooseCount, LooseFlag, LooseNumber, LooseText, Maybe};
use crate::source::{Evidence, Info};

static INFO: Info = info(
    "litellm",
    Evidence::Described {
        by: &[
            "https://docs.litellm.ai/docs/proxy/metrics (2026-11-21)",
            "https://docs.litellm.ai/docs/proxy/cost_tracking#daily-spend-breakdown-api (2026-11-21)",
        ],
    },
    "what does not go through the proxy",
);

static TERMS: Terms = Terms {
    vendor: "litellm",
    variables: &["LITELLM_MASTER_KEY", "LITELLM_API_KEY"],
    base_url: None,
    key: "the proxy's master key, or a key that may see spend",
    tells: "tokens, requests and spend, by day and model",
    documentation: "https://docs.litellm.ai/docs/proxy/cost_tracking (2026-11-21)",
    days_at_once: 31,
    days_back: 365,
};

/// The interface.
#[derive(Debug)]
pub(super) struct LiteLlm;

#[derive(Debug, Deserialize)]
struct Activity {
    results: Vec<Day>,
    #[serde(default)]
    metadata: Maybe<Pages>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pages {
    page: LooseCount,
    has_more: LooseFlag,
}

#[derive(Debug, Deserialize)]
struct Day {
    date: LooseText<'static>,
    #[serde(default)]
    breakdown: Maybe<Breakdown>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Breakdown {
    models: BTreeMap<String, OfModel>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OfModel {
    metrics: Maybe<Metrics>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metrics {
    spend: LooseNumber,
    prompt_tokens: LooseCount,
    completion_tokens: LooseCount,
    cache_read_input_tokens: LooseCount,
    cache_creation_input_tokens: LooseCount,
    api_requests: LooseCount,
}

impl Interface for LiteLlm {
    fn info(&self) -> &Info {
        &INFO
    }

    fn terms(&self) -> &Terms {
        &TERMS
    }

    fn fetch(&self, ask: &mut Ask<'_>) -> Result<Statements, InterfaceError> {
        let mut told = Statements::default();
        let (from, to) = (ask.window.from, ask.window.to);
        ask.pages(
            |ask, page| {
                let page = page.unwrap_or("1");
                ask.bearer(&format!(
                    "/user/daily/activity?start_date={from}&end_date={to}&page_size=1000&page={page}"
                ))
            },
            |activity: Activity| {
                activity.results.iter().for_each(|day| take(day, &mut told));
                let pages = activity.metadata.0.filter(|pages| pages.has_more.0)?;
                Some((count(pages.page)?.get() + 1).to_string())
            },
        )?;
        Ok(told)
    }
}

fn take(day: &Day, told: &mut Statements) {
    let date = day.date.get().and_then(|date| date.get(..10)?.parse().ok());
    let (Some(date), Some(breakdown)) = (date, &day.breakdown.0) else { return };
    for (model, of) in &breakdown.models {
        let Some(metrics) = &of.metrics.0 else { continue };
        let counts = Counts {
            input: count(metrics.prompt_tokens),
            cache_read: count(metrics.cache_read_input_tokens),
            cache_creation: count(metrics.cache_creation_input_tokens),
            output: count(metrics.completion_tokens),
            ..Counts::default()
        };
        let row = Row {
            counts: counts.prompt_with_cache().0,
            requests: count(metrics.api_requests).map_or(0, data_schema::Tokens::get),
            cost: money(metrics.spend, 1),
            web_searches: 0,
        };
        told.add(start_of(date), Some(model), row);
    }
}
