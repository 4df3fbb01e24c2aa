//! `OpenAI`'s Administration API: usage and costs of an organization.
//!
//! Facts (<https://developers.openai.com/api/reference/resources/organization/subresources/audit_logs/subresources/usage/methods/get_completions>,
//! <https://cookbook.openai.com/examples/completions_usage_api>, read 2026-11-21):
//!
//! - Buckets are days of UTC, at most 31 at once; pages go on until `next_page` is `null`.
//! - `input_tokens` contains `input_cached_tokens`; `output_tokens` contains the reasoning.
//! - Costs are told by line item, `<model>, <kind>`; one whose model is in the usage of its day is put there, all
//!   others stand under no model.

use serde::Deserialize;

use super::statements::count;
use super::{Ask, Interface, InterfaceError, Row, Statements, Terms, encode, money};
use crate::adapter::Counts;
use crate::http::Request;
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Info};

static INFO: Info = super::info(
    "openai-admin",
    Evidence::Described {
        by: &[
            "https://developers.openai.com/api/reference/resources/organization (2026-11-21)",
            "https://cookbook.openai.com/examples/completions_usage_api (2026-11-21)",
        ],
    },
    "subscriptions, Codex with a ChatGPT login included",
);

static TERMS: Terms = Terms {
    vendor: "openai",
    variables: &["OPENAI_ADMIN_KEY"],
    base_url: Some("https://api.openai.com"),
    key: "an admin key (sk-admin-…) of the organization, with the right to read usage",
    tells: "tokens, requests and costs of all API keys, by day and model",
    documentation: "https://platform.openai.com/docs/api-reference/usage (2026-11-21)",
    days_at_once: 31,
    days_back: 365,
};

/// The interface.
#[derive(Debug)]
pub(super) struct OpenAi;

#[derive(Debug, Deserialize)]
struct Page<T> {
    data: Vec<Bucket<T>>,
    #[serde(default)]
    next_page: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Bucket<T> {
    start_time: LooseTime,
    results: Vec<T>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Used {
    model: LooseText<'static>,
    input_tokens: LooseCount,
    input_cached_tokens: LooseCount,
    output_tokens: LooseCount,
    num_model_requests: LooseCount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cost {
    line_item: LooseText<'static>,
    amount: Maybe<Amount>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Amount {
    value: LooseNumber,
}

fn report(
    ask: &Ask<'_>,
    (report, group): (&str, &str),
    page: Option<&str>,
) -> Result<Request, InterfaceError> {
    let (from, to) = (ask.window.start().seconds(), ask.window.end().seconds());
    let page = page.map_or_else(String::new, |page| format!("&page={}", encode(page)));
    ask.bearer(&format!(
        "/v1/organization/{report}?start_time={from}&end_time={to}&bucket_width=1d&limit=31&group_by={group}{page}"
    ))
}

impl Interface for OpenAi {
    fn info(&self) -> &Info {
        &INFO
    }

    fn terms(&self) -> &Terms {
        &TERMS
    }

    fn fetch(&self, ask: &mut Ask<'_>) -> Result<Statements, InterfaceError> {
        let mut told = Statements::default();
        ask.pages(
            |ask, page| report(ask, ("usage/completions", "model"), page),
            |page: Page<Used>| {
                for bucket in &page.data {
                    let Some(at) = bucket.start_time.0 else { continue };
                    bucket
                        .results
                        .iter()
                        .for_each(|used| told.add(at, used.model.get(), used.row()));
                }
                page.next_page
            },
        )?;
        ask.pages(
            |ask, page| report(ask, ("costs", "line_item"), page),
            |page: Page<Cost>| {
                for bucket in &page.data {
                    let Some(at) = bucket.start_time.0 else { continue };
                    for cost in &bucket.results {
                        let amount =
                            cost.amount.0.as_ref().and_then(|amount| money(amount.value, 1));
                        let item = cost.line_item.get().unwrap_or_default();
                        let model = item.split(", ").next().filter(|model| told.has(at, model));
                        told.add(at, model, Row { cost: amount, ..Row::default() });
                    }
                }
                page.next_page
            },
        )?;
        Ok(told)
    }
}

impl Used {
    fn row(&self) -> Row {
        let counts = Counts {
            input: count(self.input_tokens),
            cache_read: count(self.input_cached_tokens),
            output: count(self.output_tokens),
            ..Counts::default()
        };
        let requests = count(self.num_model_requests).map_or(0, data_schema::Tokens::get);
        Row { counts: counts.prompt_with_cache().0, requests, ..Row::default() }
    }
}

#[cfg(test)]
pub(super) fn info() -> &'static Info {
    &INFO
}

#[cfg(test)]
pub(super) fn terms() -> &'static Terms {
    &TERMS
}
