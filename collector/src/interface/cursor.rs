//! Cursor's Admin API: usage events of a team.
//!
//! Facts (<https://docs.cursor.com/account/teams/admin-api>, <https://tomevault.io/tome/ofershap/cursor-usage-tracker>,
//! <https://docs.getdx.com/schema/cursor_cost_breakdowns/>, read 2026-11-21):
//!
//! - `POST /teams/filtered-usage-events` with the key as the user of basic authentication; at most 30 days at once,
//!   20 requests a minute; data are an hour late.
//! - An event is a request of one person: time in milliseconds as text, four token counts that do not overlap, cents.
//!   Requests that are not billed by tokens have no `tokenUsage`.
//!
//! The events are those of a whole team, of whom this machine's owner is one. They are added up by day and model and
//! kept as a statement; who wants own requests to count takes the export of the dashboard (`cursor-export`). Mail
//! addresses are not read.

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::json;

use super::statements::count;
use super::window::start_of;
use super::{Ask, Interface, InterfaceError, Row, Statements, Terms, info, money};
use crate::adapter::Counts;
use crate::http::Request;
use crate::loose::{LooseCount, LooseFlag, LooseNumber, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Info};

static INFO: Info = info(
    "cursor-admin",
    Evidence::Described {
        by: &[
            "https://docs.cursor.com/account/teams/admin-api (2026-11-21)",
            "https://tomevault.io/tome/ofershap/cursor-usage-tracker (2026-11-21)",
        ],
    },
    "who of the team it was",
);

static TERMS: Terms = Terms {
    vendor: "cursor",
    variables: &["CURSOR_API_KEY", "CURSOR_ADMIN_KEY"],
    base_url: Some("https://api.cursor.com"),
    key: "an Admin API key of the team, which its administrators make in the dashboard",
    tells: "tokens, requests and costs of the whole team, by day and model",
    documentation: "https://docs.cursor.com/account/teams/admin-api (2026-11-21)",
    days_at_once: 1,
    days_back: 90,
};

/// The interface.
#[derive(Debug)]
pub(super) struct CursorAdmin;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Events {
    usage_events: Vec<Event>,
    #[serde(default)]
    pagination: Maybe<Pagination>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Pagination {
    has_next_page: LooseFlag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    timestamp: LooseTime,
    model: LooseText<'static>,
    token_usage: Maybe<Used>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Used {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_write_tokens: LooseCount,
    cache_read_tokens: LooseCount,
    total_cents: LooseNumber,
}

impl Interface for CursorAdmin {
    fn info(&self) -> &Info {
        &INFO
    }

    fn terms(&self) -> &Terms {
        &TERMS
    }

    fn fetch(&self, ask: &mut Ask<'_>) -> Result<Statements, InterfaceError> {
        let mut told = Statements::default();
        let window = ask.window;
        let mut number = 1_u32;
        ask.pages(
            |ask, page| {
                let body = json!({
                    "startDate": window.start().seconds() * 1000,
                    "endDate": window.end().seconds() * 1000 - 1,
                    "page": page.and_then(|page| page.parse().ok()).unwrap_or(1_u32),
                    "pageSize": 1000,
                });
                let user = BASE64.encode(format!("{}:", ask.access.key.expose()).as_bytes());
                let request = Request::post(ask.url("/teams/filtered-usage-events")?, &body);
                Ok(request.header("authorization", format!("Basic {user}")))
            },
            |events: Events| {
                for event in &events.usage_events {
                    let Some(at) = event.timestamp.0.filter(|at| window.contains(*at)) else {
                        continue;
                    };
                    told.add(start_of(at.utc_date()), event.model.get(), event.row());
                }
                number += 1;
                let goes_on = events.pagination.0.is_some_and(|pages| pages.has_next_page.0);
                goes_on.then(|| number.to_string())
            },
        )?;
        Ok(told)
    }
}

impl Event {
    fn row(&self) -> Row {
        let used = self.token_usage.0.as_ref();
        let of = |field: fn(&Used) -> LooseCount| used.and_then(|used| count(field(used)));
        let counts = Counts {
            input: of(|used| used.input_tokens),
            cache_read: of(|used| used.cache_read_tokens),
            cache_creation: of(|used| used.cache_write_tokens),
            output: of(|used| used.output_tokens),
            ..Counts::default()
        };
        let cost = used.and_then(|used| money(used.total_cents, 100));
        Row { counts, requests: 1, cost, web_searches: 0 }
    }
}
