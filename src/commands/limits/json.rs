//! The object that `limits --json` prints.

use data_schema::{Fraction, Money, UtcSeconds};
use serde::Serialize;
use summarizer::{Burn, LimitNow, Reset, Window};

use super::Told;

/// Keys stand in this order. `null` is unknown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Json {
    version: &'static str,
    timezone: &'static str,
    now: UtcSeconds,
    limits: Vec<LimitJson>,
    windows: Vec<WindowJson>,
    unknown: Vec<Unknown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resets: Option<Vec<ResetJson>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LimitJson {
    provider: String,
    account: Option<String>,
    window: String,
    scope: Option<String>,
    used_fraction: Option<Fraction>,
    resets_at: Option<UtcSeconds>,
    /// Seconds until then; `null` if it is past or unknown.
    resets_in_seconds: Option<i64>,
    at: UtcSeconds,
    age_seconds: i64,
    via: String,
    /// Whether the window that this is about is still open, as far as is known.
    is_current: bool,
    over_since: Option<UtcSeconds>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WindowJson {
    provider: String,
    account: Option<String>,
    start: UtcSeconds,
    end: UtcSeconds,
    last_at: UtcSeconds,
    is_active: bool,
    total_tokens: u64,
    requests: u64,
    #[serde(rename = "costUSD")]
    cost_usd: Option<Money>,
    unpriced_tokens: u64,
    burn: Option<Burn>,
    by_model: Vec<ModelJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelJson {
    model: String,
    total_tokens: u64,
    requests: u64,
    #[serde(rename = "costUSD")]
    cost_usd: Option<Money>,
    unpriced_tokens: u64,
}

/// A source of whose limits nothing is known.
#[derive(Serialize)]
struct Unknown {
    provider: String,
    hint: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResetJson {
    provider: String,
    account: Option<String>,
    window: String,
    scope: Option<String>,
    resets_at: UtcSeconds,
    first_seen: UtcSeconds,
    last_seen: UtcSeconds,
    highest_used: Option<Fraction>,
    expected_from: Option<UtcSeconds>,
    expected_to: Option<UtcSeconds>,
    drift_seconds: Option<i64>,
}

pub(super) fn of(told: &Told<'_>) -> Json {
    let limits = told.known.limits.now(told.now);
    let sources = told.sources();
    let windows = sources.iter().flat_map(|source| told.windows_of(source));
    Json {
        version: data_schema::VERSION,
        timezone: told.known.zone.name(),
        now: told.now,
        limits: limits
            .filter(|limit| told.is_wanted(&limit.of.provider))
            .map(|limit| of_limit(&limit, told.now))
            .collect(),
        windows: windows.map(|window| of_window(window, told.now)).collect(),
        unknown: sources
            .iter()
            .filter_map(|source| {
                Some(Unknown { provider: source.to_string(), hint: told.hint(source)? })
            })
            .collect(),
        resets: told.options.history.then(|| resets(told)),
    }
}

fn of_limit(limit: &LimitNow<'_>, now: UtcSeconds) -> LimitJson {
    let (of, reading) = (limit.of, limit.reading);
    let left = reading.resets_at.map(|at| at.seconds() - now.seconds());
    LimitJson {
        provider: of.provider.to_string(),
        account: of.account.map(|account| account.to_string()),
        window: of.window.clone(),
        scope: of.scope.clone(),
        used_fraction: reading.used_fraction,
        resets_at: reading.resets_at,
        resets_in_seconds: left.filter(|left| *left > 0),
        at: reading.at,
        age_seconds: limit.age_seconds,
        via: reading.via.clone(),
        is_current: limit.over_since.is_none(),
        over_since: limit.over_since,
    }
}

fn of_window(window: &Window, now: UtcSeconds) -> WindowJson {
    let models = window.models.iter().map(|(model, sum)| ModelJson {
        model: model.to_string(),
        total_tokens: sum.tokens.total_tokens,
        requests: sum.requests,
        cost_usd: sum.cost,
        unpriced_tokens: sum.unpriced_tokens,
    });
    WindowJson {
        provider: window.provider.to_string(),
        account: window.account.map(|account| account.to_string()),
        start: window.start,
        end: window.end(),
        last_at: window.last,
        is_active: window.is_active(now),
        total_tokens: window.total.tokens.total_tokens,
        requests: window.total.requests,
        cost_usd: window.total.cost,
        unpriced_tokens: window.total.unpriced_tokens,
        burn: window.burn(now),
        by_model: models.collect(),
    }
}

fn resets(told: &Told<'_>) -> Vec<ResetJson> {
    let limits = told.known.limits.resets();
    let limits = limits.filter(|(of, _)| told.is_wanted(&of.provider));
    let row = |of: &summarizer::Told, reset: Reset| ResetJson {
        provider: of.provider.to_string(),
        account: of.account.map(|account| account.to_string()),
        window: of.window.clone(),
        scope: of.scope.clone(),
        resets_at: reset.resets_at,
        first_seen: reset.first_seen,
        last_seen: reset.last_seen,
        highest_used: reset.highest_used,
        expected_from: reset.expected.map(|(from, _)| from),
        expected_to: reset.expected.map(|(_, to)| to),
        drift_seconds: reset.drift_seconds(),
    };
    limits.flat_map(|(of, all)| all.into_iter().map(move |reset| row(of, reset))).collect()
}
