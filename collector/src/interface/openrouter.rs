//! `OpenRouter`: activity of an account.
//!
//! Facts (<https://openrouter.ai/docs/agent-sdk/typescript/models/activityitem>,
//! <https://www.skills.sh/site/skills.volces.com/openrouter-usage>, read 2026-11-21):
//!
//! - The last 30 days of UTC that are over, one row per day, model and endpoint; no pages.
//! - Prompt tokens are told as one number, caches included. `completion_tokens` contains `reasoning_tokens`.
//! - `usage` is in US dollars (credits), without what is paid with an own key elsewhere.

use serde::Deserialize;

use super::statements::count;
use super::window::start_of;
use super::{Ask, Interface, InterfaceError, Row, Statements, Terms, info, money};
use crate::adapter::Counts;
use crate::loose::{LooseCount, LooseNumber, LooseText};
use crate::source::{Evidence, Info};

static INFO: Info = info(
    "openrouter",
    Evidence::Described {
        by: &[
            "https://openrouter.ai/docs/agent-sdk/typescript/models/activityitem (2026-11-21)",
            "https://www.skills.sh/site/skills.volces.com/openrouter-usage (2026-11-21)",
        ],
    },
    "what of the prompt came from a cache",
);

static TERMS: Terms = Terms {
    vendor: "openrouter",
    variables: &["OPENROUTER_MANAGEMENT_KEY", "OPENROUTER_PROVISIONING_KEY"],
    base_url: Some("https://openrouter.ai"),
    key: "a management key, from Settings > Management keys; a key for chats is not enough",
    tells: "tokens, requests and credits, by day and model",
    documentation: "https://openrouter.ai/docs/api-reference/analytics/get-user-activity (2026-11-21)",
    days_at_once: 30,
    days_back: 30,
};

/// The interface.
#[derive(Debug)]
pub(super) struct OpenRouter;

#[derive(Debug, Deserialize)]
struct Activity {
    data: Vec<Item>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item {
    date: LooseText<'static>,
    model: LooseText<'static>,
    usage: LooseNumber,
    requests: LooseCount,
    prompt_tokens: LooseCount,
    completion_tokens: LooseCount,
    reasoning_tokens: LooseCount,
}

impl Interface for OpenRouter {
    fn info(&self) -> &Info {
        &INFO
    }

    fn terms(&self) -> &Terms {
        &TERMS
    }

    fn fetch(&self, ask: &mut Ask<'_>) -> Result<Statements, InterfaceError> {
        let request = ask.bearer("/api/v1/activity")?;
        let activity: Activity = ask.json(&request)?;
        let mut told = Statements::default();
        for item in &activity.data {
            // A day, or its first instant.
            let day = item.date.get().and_then(|date| date.get(..10)?.parse().ok());
            let Some(at) = day.map(start_of).filter(|at| ask.window.contains(*at)) else {
                continue;
            };
            let counts = Counts {
                input: count(item.prompt_tokens),
                output: count(item.completion_tokens),
                reasoning: count(item.reasoning_tokens),
                ..Counts::default()
            };
            let requests = count(item.requests).map_or(0, data_schema::Tokens::get);
            let cost = money(item.usage, 1);
            told.add(at, item.model.get(), Row { counts, requests, cost, web_searches: 0 });
        }
        Ok(told)
    }
}
