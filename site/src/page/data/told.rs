//! What is compared with use: limits, budgets, plans, what the proxy saw, and what vendors and relays told.

use chrono_tz::Tz;
use data_schema::summary::{Budget, LimitState, Reconciled, Statements};
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
    /// Months of subscriptions, with what they covered.
    plan_months: Vec<PlanMonth>,
    reconcile: Vec<Witnessed>,
    statements: Vec<Stated>,
    /// Whether one of them says what it cost.
    has_cost: bool,
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
struct PlanMonth {
    name: String,
    month: String,
    cost: String,
    covered: String,
    /// How often the list value is the cost.
    times: String,
}

/// What an interface told, as a whole and by model.
#[derive(Debug, Serialize)]
struct Stated {
    source: String,
    days: String,
    cost: String,
    /// Whether it counts in part.
    counts: bool,
    rows: Vec<StatedRow>,
}

#[derive(Debug, Serialize)]
struct StatedRow {
    /// Of the sum over all models: empty.
    model: String,
    stated: String,
    counted: String,
    missing: String,
    more: String,
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
        told.statements = file.statements.iter().map(|one| stated(context, one)).collect();
        told.has_cost = told.statements.iter().any(|one| !one.cost.is_empty());
    }
    if let Some(file) = data.budgets.as_ref().filter(|_| data.shows_cost()) {
        told.budgets = file.budgets.iter().filter_map(|one| budget(context, one)).collect();
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
        let months = file.months.iter().filter(|_| data.shows_cost());
        told.plan_months = months.map(|month| plan_month(context, month)).collect();
    }
    told
}

fn budget(context: &Context<'_>, budget: &Budget) -> Option<Amount> {
    let locale = &context.locale;
    let source = budget.provider.as_deref().map(marks::source_title);
    let project = budget.project.as_deref().map(names::line);
    let parts: Vec<String> = source.into_iter().chain(project).collect();
    let text = match (budget.amount, budget.monthly_usd) {
        (Some(amount), _) => locale.money(amount, budget.currency.as_deref().unwrap_or("USD")),
        (None, monthly) => locale.cost(Some(monthly?), 0),
    };
    let per = |key: &str| locale.with(key, &[("amount", text.clone().into())]);
    let amount = match budget.period.as_deref() {
        Some("day") => per("data-per-day"),
        Some("week") => per("data-per-week"),
        _ => text,
    };
    let amount = match budget.of.as_deref() {
        Some("billed") => locale.with("data-of-billed", &[("amount", amount.into())]),
        _ => amount,
    };
    let everything = || locale.text("data-everything");
    let what = if parts.is_empty() { everything() } else { parts.join(" · ") };
    Some(Amount { what, amount })
}

fn plan_month(context: &Context<'_>, month: &data_schema::summary::PlanMonth) -> PlanMonth {
    let locale = &context.locale;
    let first = format!("{}-01", month.month).parse();
    let name = first.map_or_else(|_| names::line(&month.month), |day| locale.month(day));
    // Amounts of two currencies are not held against each other.
    let is_usd = month.currency.as_deref().is_none_or(|code| code == "USD");
    let cost = month.cost.picos();
    let tenths = month.covered_usd.picos().saturating_mul(10).checked_div(cost);
    let times = tenths.filter(|_| is_usd && cost > 0);
    PlanMonth {
        name: names::line(&month.plan),
        month: name,
        cost: locale.money(month.cost, month.currency.as_deref().unwrap_or("USD")),
        covered: locale.cost(Some(month.covered_usd), 0),
        times: times.map_or_else(String::new, |tenths| format!("{}.{}×", tenths / 10, tenths % 10)),
    }
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

fn stated(context: &Context<'_>, one: &Statements) -> Stated {
    let locale = &context.locale;
    let row = |model: String, [stated, counted, missing, more]: [u64; 4]| StatedRow {
        model,
        stated: locale.count(stated),
        counted: locale.count(counted),
        missing: locale.count(missing),
        more: locale.count(more),
    };
    let all = [one.stated_tokens, one.counted_tokens, one.missing_tokens, one.more_tokens];
    let models = one.models.iter().map(|of| {
        let numbers = [of.stated_tokens, of.counted_tokens, of.missing_tokens, of.more_tokens];
        row(names::line(&of.model), numbers)
    });
    // One model is the whole already.
    let models = models.filter(|_| one.models.len() > 1);
    let cost = one.cost_usd.filter(|_| context.data.shows_cost());
    Stated {
        source: marks::source_title(&one.provider),
        days: locale.range(one.date_range),
        cost: cost.map_or_else(String::new, |cost| locale.cost(Some(cost), 0)),
        counts: one.counts,
        rows: std::iter::once(row(String::new(), all)).chain(models).collect(),
    }
}
