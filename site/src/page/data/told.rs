//! What is compared with use: limits, budgets, plans, and what the proxy saw.

use chrono_tz::Tz;
use data_schema::summary::{LimitState, Reconciled};
use serde::Serialize;

use crate::context::Context;
use crate::locale::numbers::percent;
use crate::marks;
use crate::names;

/// Tables that are there where the summary has them.
#[derive(Debug, Default, Serialize)]
pub(super) struct Told {
    limits: Vec<Limit>,
    budgets: Vec<Amount>,
    plans: Vec<Plan>,
    reconcile: Vec<Witnessed>,
}

#[derive(Debug, Serialize)]
struct Limit {
    source: String,
    window: String,
    scope: String,
    used: String,
    resets: String,
    at: String,
}

#[derive(Debug, Serialize)]
struct Amount {
    what: String,
    amount: String,
}

#[derive(Debug, Serialize)]
struct Plan {
    source: String,
    name: String,
    amount: String,
}

#[derive(Debug, Serialize)]
struct Witnessed {
    source: String,
    days: String,
    log: String,
    wire: String,
    counted: String,
    only: String,
}

pub(super) fn told(context: &Context<'_>, zone: Tz) -> Told {
    let (data, locale) = (context.data, &context.locale);
    let mut told = Told::default();
    if let Some(file) = &data.limits {
        told.limits = file.limits.iter().map(|state| limit(context, state, zone)).collect();
    }
    if let Some(file) = &data.reconcile {
        told.reconcile = file.sources.iter().map(|one| witnessed(context, one)).collect();
    }
    if let Some(file) = data.budgets.as_ref().filter(|_| data.shows_cost()) {
        let row = |budget: &data_schema::summary::Budget| Amount {
            what: budget
                .provider
                .as_deref()
                .map_or_else(|| locale.text("data-everything"), marks::source_title),
            amount: locale.cost(Some(budget.monthly_usd), 0),
        };
        told.budgets = file.budgets.iter().map(row).collect();
    }
    if let Some(file) = &data.plans {
        let row = |plan: &data_schema::summary::Plan| Plan {
            source: marks::source_title(&plan.provider),
            name: names::line(&plan.name),
            amount: match plan.monthly_usd.filter(|_| data.shows_cost()) {
                Some(amount) => locale.cost(Some(amount), 0),
                None => String::new(),
            },
        };
        told.plans = file.plans.iter().map(row).collect();
    }
    told
}

fn limit(context: &Context<'_>, state: &LimitState, zone: Tz) -> Limit {
    let locale = &context.locale;
    let reading = &state.reading;
    let scope = reading.scope.as_deref();
    Limit {
        source: marks::source_title(&state.provider),
        window: names::line(&reading.window),
        scope: scope.map_or_else(|| locale.text("data-everything"), names::line),
        // A missing value is unknown, neither nothing nor all.
        used: reading.used_fraction.map_or_else(
            || locale.text("data-unknown"),
            |used| percent(u64::from(used.steps()), 10_000),
        ),
        resets: reading
            .resets_at
            .map_or_else(|| locale.text("data-unknown"), |at| locale.instant(at, zone)),
        at: locale.instant(reading.at, zone),
    }
}

fn witnessed(context: &Context<'_>, one: &Reconciled) -> Witnessed {
    let locale = &context.locale;
    Witnessed {
        source: marks::source_title(&one.provider),
        days: locale.range(one.date_range),
        log: locale.count(one.log_tokens),
        wire: locale.count(one.wire_tokens),
        counted: locale.count(one.counted_tokens),
        only: locale.count(one.wire_only_requests),
    }
}
