//! What a client is told that may not pass.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use http::StatusCode;

use crate::error::ProxyError;
use crate::gate::book::{Owner, Refusal};
use crate::gate::limit::Limit;
use crate::gate::rate::Rate;

/// No key came, and one is needed.
pub(crate) fn missing() -> ProxyError {
    unauthorized(
        "key_missing",
        "a key of this proxy is needed here: send it in the header x-token-matters-key, or where your client puts its API key; `token-matters proxy key create NAME` makes one",
    )
}

/// A key came that is none.
pub(crate) fn unknown() -> ProxyError {
    unauthorized("key_unknown", "this proxy does not know this key")
}

/// The key was one.
pub(crate) fn closed(name: &str, why: &str) -> ProxyError {
    unauthorized("key_closed", &format!("the key `{name}` is {why}"))
}

/// The key does not open this.
pub(crate) fn not_opened(
    kind: &'static str,
    name: &str,
    what: &str,
    known: &[String],
) -> ProxyError {
    let known = known.join(", ");
    let message = format!("the key `{name}` does not open {what}; it opens {known}");
    ProxyError::new(StatusCode::FORBIDDEN, kind, message)
}

/// Money is limited, and the model has no price.
pub(crate) fn unpriced(model: Option<&str>) -> ProxyError {
    let model =
        model.map_or_else(|| "a model that is not told".to_owned(), |model| format!("`{model}`"));
    let message = format!(
        "a budget in USD holds for this request, and {model} has no price: add one to pricing.json, or set `unpriced: allow` below `proxy:` in config.yaml"
    );
    ProxyError::new(StatusCode::FORBIDDEN, "unpriced", message)
}

impl Refusal {
    /// What the client is told, and when to try again.
    pub(crate) fn told(&self, now: DateTime<Utc>) -> ProxyError {
        let (kind, message, wait) = match self {
            Self::Budget { span, .. } => {
                let wait = (span.end - now).to_std().unwrap_or_default();
                ("budget", self.of_budget(span.end), wait)
            }
            Self::Rate { owner, rate, wait } => {
                let kind = if matches!(rate, Rate::AtOnce(_)) { "concurrency" } else { "rate" };
                (kind, format!("more than `{rate}` of {}", named(owner)), *wait)
            }
        };
        let mut error = ProxyError::new(StatusCode::TOO_MANY_REQUESTS, kind, message);
        error.retry_after = Some(seconds(wait));
        error
    }

    fn of_budget(&self, end: DateTime<Utc>) -> String {
        let Self::Budget { owner, limit, used, reserved, wanted, .. } = self else {
            return String::new();
        };
        let Limit { unit, amount, .. } = limit;
        let budget = format!("the budget `{limit}` of {}", named(owner));
        let end = end.to_rfc3339_opts(SecondsFormat::Secs, true);
        let wanted_text = unit.shown(*wanted);
        if wanted > amount {
            return format!(
                "this request may take {wanted_text}, which is more than the whole of {budget}: ask for a shorter answer (`max_tokens`)"
            );
        }
        let running = if *reserved > 0 {
            format!(", {} reserved by requests on their way", unit.shown(*reserved))
        } else {
            String::new()
        };
        format!(
            "{budget} is used up: {} of {} used{running}, and this request may take {wanted_text}; it begins anew at {end}",
            unit.shown(*used),
            unit.shown(*amount),
        )
    }
}

fn named(owner: &Owner) -> String {
    match owner.parts() {
        (kind, Some(name)) => format!("the {kind} `{name}`"),
        (_, None) => "all requests".to_owned(),
    }
}

/// Whole seconds, never too few.
fn seconds(wait: Duration) -> u64 {
    let rounded = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    rounded.max(1)
}

fn unauthorized(kind: &'static str, message: &str) -> ProxyError {
    ProxyError::new(StatusCode::UNAUTHORIZED, kind, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::window::Span;

    #[test]
    fn a_budget_tells_what_was_used_and_when_it_begins_anew() {
        let now: DateTime<Utc> = "2026-05-01T22:59:59.5Z".parse().unwrap();
        let span = Span { begin: now, end: "2026-05-02T00:00:00Z".parse().unwrap() };
        let budget = |used, reserved, wanted| Refusal::Budget {
            owner: Owner::Key("ci".into()),
            limit: "5 USD/day".parse().unwrap(),
            used,
            reserved,
            wanted,
            span,
        };
        let told = budget(4_970_000_000_000, 0, 300_000_000_000).told(now);
        assert_eq!(
            (told.status.as_u16(), told.kind, told.retry_after),
            (429, "budget", Some(3601))
        );
        insta::assert_snapshot!(told.message, @"the budget `5 USD/day` of the key `ci` is used up: 4.97 USD of 5 USD used, and this request may take 0.3 USD; it begins anew at 2026-05-02T00:00:00Z");
        let told = budget(0, 4_900_000_000_000, 300_000_000_000).told(now);
        insta::assert_snapshot!(told.message, @"the budget `5 USD/day` of the key `ci` is used up: 0 USD of 5 USD used, 4.9 USD reserved by requests on their way, and this request may take 0.3 USD; it begins anew at 2026-05-02T00:00:00Z");
        let told = budget(0, 0, 7_000_000_000_000).told(now);
        insta::assert_snapshot!(told.message, @"this request may take 7 USD, which is more than the whole of the budget `5 USD/day` of the key `ci`: ask for a shorter answer (`max_tokens`)");
    }

    #[test]
    fn a_rate_tells_how_long_to_wait() {
        let rate =
            |owner, rate, wait| Refusal::Rate { owner, rate, wait }.told(DateTime::default());
        let told = rate(Owner::All, Rate::Requests(60), Duration::from_millis(1001));
        assert_eq!((told.kind, told.retry_after), ("rate", Some(2)));
        assert_eq!(told.message, "more than `60 requests/minute` of all requests");
        let told = rate(Owner::Key("ci".into()), Rate::AtOnce(2), Duration::ZERO);
        assert_eq!((told.kind, told.retry_after), ("concurrency", Some(1)));
    }
}
