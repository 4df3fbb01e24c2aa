//! `Sub2API`: what it relayed, by day and model.
//!
//! Facts (<https://github.com/Wei-Shaw/sub2api>, `backend/internal/handler/admin/dashboard_handler.go`, commit
//! 03d5a0c8, `backend/internal/pkg/usagestats/usage_log_types.go`, commit 012cce90, read 2026-11-21):
//!
//! - `GET /api/v1/admin/dashboard/models?start_date&end_date&timezone` gives one sum per model for all days of the
//!   range: a request a day, with the days of UTC. The envelope is `{code, message, data}`.
//! - Input excludes both caches; `cost` is at list prices, `actual_cost` what the relay charged.
//! - Other routes give out accounts and their tokens; none of them is asked.

use serde::Deserialize;

use super::statements::count;
use super::window::start_of;
use super::{Ask, Interface, InterfaceError, Row, Statements, Terms, info, money};
use crate::adapter::Counts;
use crate::http::Request;
use crate::loose::{LooseCount, LooseNumber, LooseText};
use crate::source::{Evidence, Info};

static INFO: Info = info(
    "sub2api",
    Evidence::VendorCode {
        repository: "Wei-Shaw/sub2api",
        commit: "03d5a0c8a32e3515e30f463389c0fd0e57484f3a",
    },
    "",
);

static TERMS: Terms = Terms {
    vendor: "sub2api",
    variables: &["SUB2API_ADMIN_KEY"],
    base_url: None,
    key: "the relay's admin API key",
    tells: "tokens, requests and costs of all keys, by day and model",
    documentation: "https://github.com/Wei-Shaw/sub2api (2026-11-21)",
    days_at_once: 1,
    days_back: 90,
};

/// The interface.
#[derive(Debug)]
pub(super) struct Sub2Api;

#[derive(Debug, Deserialize)]
struct Envelope {
    #[serde(default)]
    code: i64,
    data: Option<Stats>,
}

#[derive(Debug, Deserialize)]
struct Stats {
    /// `null` where nothing was used.
    models: Option<Vec<OfModel>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OfModel {
    model: LooseText<'static>,
    requests: LooseCount,
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_creation_tokens: LooseCount,
    cache_read_tokens: LooseCount,
    actual_cost: LooseNumber,
}

impl Interface for Sub2Api {
    fn info(&self) -> &Info {
        &INFO
    }

    fn terms(&self) -> &Terms {
        &TERMS
    }

    fn fetch(&self, ask: &mut Ask<'_>) -> Result<Statements, InterfaceError> {
        let day = ask.window.from;
        let path = "/api/v1/admin/dashboard/models";
        let url = ask.url(&format!("{path}?start_date={day}&end_date={day}&timezone=UTC"))?;
        let request = Request::get(url).header("x-api-key", ask.access.key.expose());
        let Envelope { code, data } = ask.json(&request)?;
        let stats = data.ok_or(InterfaceError::Refused(code))?;
        let mut told = Statements::default();
        for of in stats.models.iter().flatten() {
            let counts = Counts {
                input: count(of.input_tokens),
                cache_read: count(of.cache_read_tokens),
                cache_creation: count(of.cache_creation_tokens),
                output: count(of.output_tokens),
                ..Counts::default()
            };
            let requests = count(of.requests).map_or(0, data_schema::Tokens::get);
            let cost = money(of.actual_cost, 1);
            let row = Row { counts, requests, cost, web_searches: 0 };
            told.add(start_of(day), of.model.get(), row);
        }
        Ok(told)
    }
}
