//! claude-relay-service: what it relayed, by day and model.
//!
//! Facts (<https://github.com/Wei-Shaw/claude-relay-service>, `src/routes/admin/dashboard.js`, commit 564d949b,
//! `src/routes/web.js`, read 2026-11-21):
//!
//! - `GET /admin/model-stats?startDate&endDate` gives one sum per model for all days of the range: a request a day.
//!   The dates are days of the relay's own zone, UTC+8 unless it is set otherwise.
//! - Input excludes both caches. Costs are those of the relay's own price list: not read.
//! - The session of an administrator is what opens it: a token, or `name:password`, with which this logs in
//!   (`POST /web/auth/login`, the one request that is no `GET`; a session ends after a day without use).
//! - Other routes give out accounts and their keys; none of them is asked.

use serde::Deserialize;
use serde_json::json;

use super::statements::count;
use super::window::start_of;
use super::{Ask, Interface, InterfaceError, Row, Statements, Terms, info};
use crate::adapter::Counts;
use crate::http::Request;
use crate::loose::{LooseCount, LooseText};
use crate::source::{Evidence, Info};

static INFO: Info = info(
    "claude-relay",
    Evidence::VendorCode {
        repository: "Wei-Shaw/claude-relay-service",
        commit: "564d949b6ea386f5a3ebd6b7e51e249762e35cde",
    },
    "days of UTC: its days are those of its own zone",
);

static TERMS: Terms = Terms {
    vendor: "claude-relay-service",
    variables: &["CLAUDE_RELAY_ADMIN_TOKEN"],
    base_url: None,
    key: "the token of an administrator's session, or `name:password` of the administrator",
    tells: "tokens and requests of all keys, by day and model",
    documentation: "https://github.com/Wei-Shaw/claude-relay-service (2026-11-21)",
    days_at_once: 7,
    days_back: 30,
};

/// The interface.
#[derive(Debug)]
pub(super) struct ClaudeRelay;

#[derive(Debug, Deserialize)]
struct Login {
    token: LooseText<'static>,
}

#[derive(Debug, Deserialize)]
struct Stats {
    data: Vec<OfModel>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OfModel {
    model: LooseText<'static>,
    requests: LooseCount,
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_create_tokens: LooseCount,
    cache_read_tokens: LooseCount,
}

impl Interface for ClaudeRelay {
    fn info(&self) -> &Info {
        &INFO
    }

    fn terms(&self) -> &Terms {
        &TERMS
    }

    fn fetch(&self, ask: &mut Ask<'_>) -> Result<Statements, InterfaceError> {
        let token = match ask.access.key.expose().split_once(':') {
            None => ask.access.key.expose().to_owned(),
            Some((username, password)) => {
                let body = json!({ "username": username, "password": password });
                let request = Request::post(ask.url("/web/auth/login")?, &body);
                let login: Login = ask.json(&request)?;
                login.token.get().ok_or(InterfaceError::Shape)?.to_owned()
            }
        };
        let mut told = Statements::default();
        for day in ask.window.days() {
            let url = ask.url(&format!("/admin/model-stats?startDate={day}&endDate={day}"))?;
            let request = Request::get(url).header("authorization", format!("Bearer {token}"));
            let stats: Stats = ask.json(&request)?;
            stats.data.iter().for_each(|of| told.add(start_of(day), of.model.get(), of.row()));
        }
        Ok(told)
    }
}

impl OfModel {
    fn row(&self) -> Row {
        let counts = Counts {
            input: count(self.input_tokens),
            cache_read: count(self.cache_read_tokens),
            cache_creation: count(self.cache_create_tokens),
            output: count(self.output_tokens),
            ..Counts::default()
        };
        let requests = count(self.requests).map_or(0, data_schema::Tokens::get);
        Row { counts, requests, ..Row::default() }
    }
}
