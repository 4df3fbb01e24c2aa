//! GitHub Copilot: premium requests as GitHub bills them.
//!
//! Facts (<https://docs.github.com/en/rest/billing/usage>,
//! <https://github-provider.stackql.io/services/billing/org_premium_request_usage/>, read 2026-11-21):
//!
//! - One request is about one day, of an organization or a person; rows by model, with quantities and amounts before
//!   and after what the plan includes. No tokens are told anywhere: GitHub's metrics of Copilot count suggestions and
//!   people.
//! - Quantities have the model's multiplier in them and may be fractions.

use chrono::Datelike as _;
use serde::Deserialize;

use super::window::start_of;
use super::{Ask, Interface, InterfaceError, Row, Statements, Terms, encode, info, money};
use crate::loose::{LooseCount, LooseNumber, LooseText};
use crate::source::{Evidence, Info};

static INFO: Info = info(
    "copilot-metrics",
    Evidence::Described {
        by: &[
            "https://docs.github.com/en/rest/billing/usage (2026-11-21)",
            "https://github-provider.stackql.io/services/billing/org_premium_request_usage/ (2026-11-21)",
        ],
    },
    "tokens: GitHub tells premium requests only",
);

static TERMS: Terms = Terms {
    vendor: "github",
    variables: &["GITHUB_TOKEN", "GH_TOKEN"],
    base_url: Some("https://api.github.com"),
    key: "a fine-grained token with \"Administration\" (read) of the organization, or \"Plan\" (read) for an own account",
    tells: "premium requests and what they cost, by day and model",
    documentation: "https://docs.github.com/en/rest/billing/usage (2026-11-21)",
    days_at_once: 1,
    days_back: 365,
};

/// The interface.
#[derive(Debug)]
pub(super) struct Copilot;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    usage_items: Vec<Item>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Item {
    model: LooseText<'static>,
    gross_quantity: LooseNumber,
    net_amount: LooseNumber,
}

impl Interface for Copilot {
    fn info(&self) -> &Info {
        &INFO
    }

    fn terms(&self) -> &Terms {
        &TERMS
    }

    fn fetch(&self, ask: &mut Ask<'_>) -> Result<Statements, InterfaceError> {
        let owner = match (&ask.access.organization, &ask.access.account) {
            (Some(organization), _) => format!("organizations/{}", encode(organization)),
            (None, Some(account)) => format!("users/{}", encode(account)),
            (None, None) => {
                return Err(InterfaceError::Config(
                    "must be told whose usage is meant: name `organization`, or `account` for a person",
                ));
            }
        };
        let day = ask.window.from;
        let (year, month, number) = (day.year(), day.month(), day.day());
        let request = ask.bearer(&format!(
            "/{owner}/settings/billing/premium_request/usage?year={year}&month={month}&day={number}"
        ))?;
        let request = request
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28");
        let report: Report = ask.json(&request)?;
        let mut told = Statements::default();
        for item in &report.usage_items {
            let whole =
                item.gross_quantity.0.map(|quantity| LooseCount::from_number(quantity.round()));
            let requests = whole.and_then(super::statements::count);
            let requests = requests.map_or(0, data_schema::Tokens::get);
            let cost = money(item.net_amount, 1);
            told.add(start_of(day), item.model.get(), Row { requests, cost, ..Row::default() });
        }
        Ok(told)
    }
}
