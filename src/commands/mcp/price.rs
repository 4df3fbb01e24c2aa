//! `price`.

use chrono::NaiveDate;
use data_schema::Money;
use data_schema::summary::PriceStep;
use rmcp::model::JsonObject;
use rmcp::schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, arguments, check_sources, day as read_day};
use crate::current::spans::day;
use crate::outcome::Failure;
use crate::session::Session;

pub(super) const ABOUT: &str = "Which list price counts for a model on a day, under which name it was found, and all \
its steps: tiers, regions, sizes of the context, earlier and later prices. Amounts are USD per million tokens.";

/// What is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "rmcp::schemars")]
pub(super) struct Arguments {
    /// Name of the model, in any spelling
    model: String,
    /// Id of the source that it was used with, such as claude-code: a user's own price may hold for one source only
    #[serde(default)]
    source: Option<String>,
    /// Day, such as 2026-01-31. Default: today
    #[serde(default)]
    #[schemars(extend("format" = "date"))]
    at: Option<String>,
}

pub(super) fn answer(session: &Session, given: JsonObject) -> Result<Answer, Failure> {
    let asked: Arguments = arguments(given)?;
    let model = asked.model.trim();
    if model.is_empty() {
        return Err(Failure::Usage(
            "`model` is empty: name one, such as claude-opus-4-8".to_owned(),
        ));
    }
    check_sources(&asked.source)?;
    let store = session.existing_store()?.map(|store| store.snapshot()).transpose()?;
    let book = session.prices(store.as_ref())?;
    let zone = session.zone(&session.shared_settings(store.as_ref()));
    let at = read_day("at", asked.at.as_deref())?;
    let at = at.unwrap_or_else(|| day(zone, session.environment.now));
    let quote = book.quote(asked.source.as_deref().unwrap_or_default(), model);
    let step = quote.as_ref().and_then(|quote| on_day(&quote.steps, at));
    let data = json!({
        "version": data_schema::VERSION,
        "model": model,
        "canonicalModel": book.canonical_model(model),
        "at": at,
        "isKnown": quote.is_some(),
        "origin": quote.as_ref().map(|quote| quote.origin),
        "foundAs": quote.as_ref().and_then(|quote| quote.name.as_deref()),
        "price": step,
        "steps": quote.as_ref().map(|quote| quote.steps.as_slice()),
        "bookRead": book.as_of(),
        "bookSource": book.source(),
    });
    let text = match (&quote, step) {
        (None, _) => format!(
            "No price is known for `{model}`: its tokens are counted and in no amount. A price of your own goes into pricing.json."
        ),
        (Some(_), None) => format!("`{model}` is free, or has no price on {at}."),
        (Some(quote), Some(step)) => {
            let name = quote.name.as_deref().unwrap_or(model);
            format!("{name} on {at}, USD per million tokens: {}", rates(step))
        }
    };
    Ok(Answer { text, data })
}

/// The plain price of a day: the newest that has begun, before the first that one.
fn on_day(steps: &[PriceStep], day: NaiveDate) -> Option<&PriceStep> {
    let plain = || steps.iter().filter(|step| step.condition.is_none());
    let begun = plain().filter(|step| step.from.is_none_or(|from| from <= day));
    begun.max_by_key(|step| step.from).or_else(|| plain().min_by_key(|step| step.from))
}

fn rates(step: &PriceStep) -> String {
    let rate = |name: &str, rate: Option<Money>| rate.map(|rate| format!("{name} {rate}"));
    let all = [
        rate("input", step.input),
        rate("cache read", step.cache_read),
        rate("cache write", step.cache_creation),
        rate("cache write for an hour", step.cache_creation_1h),
        rate("output", step.output),
        rate("all tokens", step.total),
    ];
    all.into_iter().flatten().collect::<Vec<String>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_of_a_day_is_the_newest_that_has_begun() {
        let step = |from: Option<&str>, input: &str| PriceStep {
            from: from.map(|day| day.parse().unwrap()),
            input: input.parse().ok(),
            ..PriceStep::default()
        };
        let batch =
            PriceStep { condition: Some("batch".to_owned()), ..step(Some("2026-05-01"), "9") };
        let steps = [step(Some("2026-01-01"), "3"), step(Some("2026-04-01"), "5"), batch];
        let on = |day: &str| on_day(&steps, day.parse().unwrap()).and_then(|step| step.input);
        let days = ["2025-01-01", "2026-03-31", "2026-04-01", "2026-06-01"];
        let told = days.map(|day| on(day).unwrap().to_string());
        assert_eq!(told, ["3", "3", "5", "5"]);
        assert_eq!(rates(&steps[0]), "input 3");
    }
}
