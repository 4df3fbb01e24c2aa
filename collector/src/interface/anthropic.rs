//! Anthropic's Admin API: usage and cost of an organization, and its Claude Code analytics.
//!
//! Facts (<https://platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages>,
//! <https://platform.claude.com/docs/en/api/admin/cost_report>,
//! <https://platform.claude.com/docs/en/api/admin-api/claude-code/get-claude-code-usage-report>, the crate `claude-api`
//! 0.5.3, read 2026-11-21):
//!
//! - Buckets are days of UTC, at most 31 at once; `uncached_input_tokens` are neither read from nor written to a cache.
//!   The number of requests is not told.
//! - `cost_report` has amounts as decimal text in cents. Priority Tier is not in it.
//! - The Claude Code report is about one day, a row per person, with cents as numbers; it holds API and subscription
//!   use alike. Names and mail addresses in it are not read.
//! - Both want an admin key (`sk-ant-admin…`), which only organizations have.

use serde::Deserialize;

use super::statements::count;
use super::window::start_of;
use super::{Ask, Interface, InterfaceError, Row, Statements, Terms, encode, info, money};
use crate::adapter::Counts;
use crate::http::Request;
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Info};

static ADMIN: Info = info(
    "anthropic-admin",
    Evidence::Described {
        by: &[
            "https://platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages (2026-11-21)",
            "https://docs.rs/claude-api/0.5.3/claude_api/admin/usage_report/ (2026-11-21)",
        ],
    },
    "subscriptions; number of requests",
);

static CODE: Info = info(
    "anthropic-claude-code",
    Evidence::Described {
        by: &[
            "https://platform.claude.com/docs/en/api/admin-api/claude-code/get-claude-code-usage-report (2026-11-21)",
            "https://docs.rs/claude-api/0.5.3/claude_api/admin/usage_report/ (2026-11-21)",
        ],
    },
    "number of requests; Bedrock and Vertex",
);

static ADMIN_TERMS: Terms = Terms {
    vendor: "anthropic",
    variables: &["ANTHROPIC_ADMIN_KEY", "ANTHROPIC_ADMIN_API_KEY"],
    base_url: Some("https://api.anthropic.com"),
    key: "an admin key (sk-ant-admin…) of the organization, from Console > Settings > Admin keys",
    tells: "tokens and costs of all API keys, by day and model",
    documentation: "https://platform.claude.com/docs/en/manage-claude/usage-cost-api (2026-11-21)",
    days_at_once: 31,
    days_back: 365,
};

static CODE_TERMS: Terms = Terms {
    vendor: "anthropic-claude-code",
    tells: "tokens and estimated costs of Claude Code, by day and model",
    documentation: "https://platform.claude.com/docs/en/manage-claude/claude-code-analytics-api (2026-11-21)",
    days_at_once: 1,
    ..ADMIN_TERMS
};

/// Usage and cost.
#[derive(Debug)]
pub(super) struct Admin;

/// Claude Code analytics.
#[derive(Debug)]
pub(super) struct ClaudeCode;

#[derive(Debug, Deserialize)]
struct Page<T> {
    data: Vec<T>,
    #[serde(default)]
    next_page: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Bucket<T> {
    starting_at: LooseTime,
    results: Vec<T>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Used {
    model: LooseText<'static>,
    uncached_input_tokens: LooseCount,
    cache_read_input_tokens: LooseCount,
    cache_creation: Maybe<Created>,
    output_tokens: LooseCount,
    server_tool_use: Maybe<Tools>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Created {
    ephemeral_5m_input_tokens: LooseCount,
    ephemeral_1h_input_tokens: LooseCount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tools {
    web_search_requests: LooseCount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cost {
    model: LooseText<'static>,
    amount: LooseNumber,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Organization {
    id: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Person {
    organization_id: LooseText<'static>,
    model_breakdown: Vec<OfModel>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OfModel {
    model: LooseText<'static>,
    tokens: Maybe<Tokens>,
    estimated_cost: Maybe<Cost>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tokens {
    input: LooseCount,
    output: LooseCount,
    cache_read: LooseCount,
    cache_creation: LooseCount,
}

fn get(ask: &Ask<'_>, path: &str) -> Result<Request, InterfaceError> {
    let request = Request::get(ask.url(path)?).header("anthropic-version", "2023-06-01");
    Ok(request.header("x-api-key", ask.access.key.expose()))
}

/// The address of a page of a report by day.
fn report(
    ask: &Ask<'_>,
    (report, group): (&str, &str),
    page: Option<&str>,
) -> Result<Request, InterfaceError> {
    let (from, to) = (ask.window.start().to_string(), ask.window.end().to_string());
    let page = page.map_or_else(String::new, |page| format!("&page={}", encode(page)));
    get(
        ask,
        &format!(
            "/v1/organizations/{report}?starting_at={}&ending_at={}&bucket_width=1d&limit=31&group_by%5B%5D={group}{page}",
            encode(&from),
            encode(&to)
        ),
    )
}

impl Interface for Admin {
    fn info(&self) -> &Info {
        &ADMIN
    }

    fn terms(&self) -> &Terms {
        &ADMIN_TERMS
    }

    fn fetch(&self, ask: &mut Ask<'_>) -> Result<Statements, InterfaceError> {
        let me = get(ask, "/v1/organizations/me")?;
        let organization: Organization = ask.json(&me)?;
        let account = organization.id.get().map(str::to_owned);
        let mut told = Statements::of(account);
        ask.pages(
            |ask, page| report(ask, ("usage_report/messages", "model"), page),
            |page: Page<Bucket<Used>>| {
                for bucket in &page.data {
                    let Some(at) = bucket.starting_at.0 else { continue };
                    bucket
                        .results
                        .iter()
                        .for_each(|used| told.add(at, used.model.get(), used.row()));
                }
                page.next_page
            },
        )?;
        ask.pages(
            |ask, page| report(ask, ("cost_report", "description"), page),
            |page: Page<Bucket<Cost>>| {
                for bucket in &page.data {
                    let Some(at) = bucket.starting_at.0 else { continue };
                    for cost in &bucket.results {
                        let cost_of = Row { cost: money(cost.amount, 100), ..Row::default() };
                        told.add(at, cost.model.get(), cost_of);
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
        let created = self.cache_creation.0.as_ref();
        let hour = created.and_then(|created| count(created.ephemeral_1h_input_tokens));
        let minutes = created.and_then(|created| count(created.ephemeral_5m_input_tokens));
        let hour_only = Counts { cache_creation: hour, ..Counts::default() };
        let all = Counts { cache_creation: minutes, ..Counts::default() }.plus(hour_only);
        let searches = self.server_tool_use.0.as_ref();
        let searches = searches.and_then(|tools| count(tools.web_search_requests));
        let counts = Counts {
            input: count(self.uncached_input_tokens),
            cache_read: count(self.cache_read_input_tokens),
            cache_creation: all.cache_creation,
            cache_creation_1h: hour,
            output: count(self.output_tokens),
            ..Counts::default()
        };
        let web_searches = searches.map_or(0, data_schema::Tokens::get);
        Row { counts, web_searches, ..Row::default() }
    }
}

impl Interface for ClaudeCode {
    fn info(&self) -> &Info {
        &CODE
    }

    fn terms(&self) -> &Terms {
        &CODE_TERMS
    }

    fn fetch(&self, ask: &mut Ask<'_>) -> Result<Statements, InterfaceError> {
        let mut told = Statements::default();
        let day = ask.window.from;
        ask.pages(
            |ask, page| {
                let page = page.map_or_else(String::new, |page| format!("&page={}", encode(page)));
                let path = "/v1/organizations/usage_report/claude_code";
                get(ask, &format!("{path}?starting_at={day}&limit=1000{page}"))
            },
            |page: Page<Person>| {
                for person in &page.data {
                    let organization = person.organization_id.get().map(str::to_owned);
                    told.account = told.account.take().or(organization);
                    for of in &person.model_breakdown {
                        told.add(start_of(day), of.model.get(), of.row());
                    }
                }
                page.next_page
            },
        )?;
        Ok(told)
    }
}

impl OfModel {
    fn row(&self) -> Row {
        let tokens = self.tokens.0.as_ref();
        let of = |field: fn(&Tokens) -> LooseCount| tokens.and_then(|tokens| count(field(tokens)));
        let counts = Counts {
            input: of(|tokens| tokens.input),
            cache_read: of(|tokens| tokens.cache_read),
            cache_creation: of(|tokens| tokens.cache_creation),
            output: of(|tokens| tokens.output),
            ..Counts::default()
        };
        let cost = self.estimated_cost.0.as_ref().and_then(|cost| money(cost.amount, 100));
        Row { counts, cost, ..Row::default() }
    }
}
