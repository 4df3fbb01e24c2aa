//! `budgets_and_plans`.

use pricing::{Plan, PlanPeriod};
use rmcp::model::JsonObject;
use rmcp::schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use summarizer::Need;

use super::answer::{Answer, arguments};
use crate::current::budgets;
use crate::current::spans::day;
use crate::known::{self, Ask};
use crate::outcome::Failure;
use crate::session::Session;

pub(super) const ABOUT: &str = "Budgets with the part of them that is used by now, and the subscriptions that are paid, \
as the shared settings say.";

/// What is asked for: nothing.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(crate = "rmcp::schemars")]
pub(super) struct Arguments {}

pub(super) fn answer(session: &Session, given: JsonObject) -> Result<Answer, Failure> {
    let Arguments {} = arguments(given)?;
    let (known, ()) = known::read_for(session, Ask::default(), |frame| {
        Ok((Need::of_budgets(frame.settings), ()))
    })?;
    let settings = session.shared_settings(None);
    let book = session.prices(None)?;
    let today = day(known.zone, session.environment.now);
    let (budgets, notices) = budgets::read(&settings, &known.sums, &book, today);
    let plans = book.payers().plans();
    let data = json!({
        "version": data_schema::VERSION,
        "at": session.environment.now,
        "budgets": budgets,
        "plans": plans.iter().map(|plan| json!({
            "name": plan.name,
            "price": plan.price,
            "currency": plan.currency,
            "period": period(plan),
            "since": plan.since,
            "until": plan.until,
            "sources": plan.sources,
            "coversToday": plan.covers(today),
        })).collect::<Vec<Value>>(),
        "notices": notices,
    });
    let mut lines: Vec<String> =
        budgets.iter().map(|budget| format!("budget {}: {}", budget.name, budget.text())).collect();
    lines.extend(plans.iter().map(|plan| {
        let (price, sources) = (plan.price, plan.sources.join(", "));
        format!("plan {}: {price} {} a {} for {sources}", plan.name, plan.currency, period(plan))
    }));
    if lines.is_empty() {
        lines.push("No budget and no plan is set: `token-matters budget` and `token-matters plan` set them.".to_owned());
    }
    lines.extend(notices);
    Ok(Answer { text: lines.join("\n"), data })
}

fn period(plan: &Plan) -> &'static str {
    match plan.period {
        PlanPeriod::Month => "month",
        PlanPeriod::Year => "year",
    }
}
