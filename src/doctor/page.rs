//! The published page: is it there, and is it of today?

use std::time::Duration;

use chrono::NaiveDate;
use data_schema::UtcSeconds;
use data_schema::settings::SharedSettings;
use serde::Deserialize;

use super::{Check, Visit};
use crate::http::get;

/// How long the server may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// Age of the newest published response from which on the workflow may have stopped.
const OLD_DAYS: i64 = 2;

/// What is read of `summary/latest.json`, of this version or 1.x.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Latest {
    last_updated: Option<UtcSeconds>,
}

pub(super) fn checks(
    visit: &Visit,
    settings: Option<&SharedSettings>,
    newest: Option<NaiveDate>,
) -> Vec<Check> {
    let address = settings.and_then(|settings| settings.site.address.as_deref());
    let Some(address) = address.map(|address| address.trim_end_matches('/')) else {
        return vec![Check::off(
            "page",
            "none is published: `token-matters init` sets one up, with its address",
        )];
    };
    let page = page(address, &get(&format!("{address}/"), DEADLINE));
    let is_there = page.state == super::State::Pass;
    let mut checks = vec![page];
    // A server that does not answer is asked once.
    if is_there {
        let latest = get(&format!("{address}/summary/latest.json"), DEADLINE);
        checks.push(age(&latest, visit.now(), newest));
    }
    checks
}

fn page(address: &str, answer: &Result<Vec<u8>, String>) -> Check {
    const LABEL: &str = "page";
    let remedy = "check the network; then run the workflow of the data repository, or `token-matters publish`, and look at what it says";
    match answer {
        Ok(bytes) if String::from_utf8_lossy(bytes).to_lowercase().contains("<html") => {
            Check::pass(LABEL, format!("{address}/ can be read"))
        }
        Ok(_) => Check::fail(LABEL, format!("{address}/ is no page"), remedy),
        Err(error) => Check::fail(LABEL, format!("{address}/ {error}"), remedy),
    }
}

/// Data is old where the store has had newer data for days.
fn age(answer: &Result<Vec<u8>, String>, now: UtcSeconds, newest: Option<NaiveDate>) -> Check {
    const LABEL: &str = "age of the data";
    let remedy = "look at the last runs of the workflow, or run `token-matters publish`";
    let bytes = match answer {
        Ok(bytes) => bytes,
        Err(error) => return Check::fail(LABEL, format!("summary/latest.json {error}"), remedy),
    };
    let Ok(latest) = serde_json::from_slice::<Latest>(bytes) else {
        return Check::fail(LABEL, "summary/latest.json is no summary of Token Matters", remedy);
    };
    let Some(updated) = latest.last_updated else {
        return Check::warn(LABEL, "the page shows nothing yet", remedy);
    };
    let days = (now.seconds() - updated.seconds()) / 86_400;
    let shown = updated.to_chrono().date_naive();
    let has_newer = newest.is_none_or(|newest| newest > shown);
    let message = format!("the newest response on it is of {shown}");
    if days <= OLD_DAYS {
        Check::pass(LABEL, message)
    } else if has_newer {
        Check::warn(
            LABEL,
            format!("{message}, {days} days ago, and the store has newer ones"),
            remedy,
        )
    } else {
        Check::pass(LABEL, format!("{message}, as in the store"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn data_is_old_only_where_the_store_has_newer() {
        let now = "2026-06-01T12:00:00Z".parse().unwrap();
        let answer = |at: &str| Ok(format!("{{\"lastUpdated\":{at},\"other\":1}}").into_bytes());
        let state = |at: &str, newest: &str| age(&answer(at), now, newest.parse().ok()).state;
        assert_eq!(state("\"2026-05-31T00:00:00Z\"", "2026-06-01"), State::Pass);
        assert_eq!(state("\"2026-05-20T00:00:00Z\"", "2026-06-01"), State::Warn);
        assert_eq!(state("\"2026-05-20T00:00:00Z\"", "2026-05-20"), State::Pass);
        assert_eq!(state("\"2026-05-20T00:00:00Z\"", ""), State::Warn);
        assert_eq!(state("null", ""), State::Warn);
        assert_eq!(age(&Ok(b"no".to_vec()), now, None).state, State::Fail);
        assert_eq!(age(&Err("is not there".to_owned()), now, None).state, State::Fail);
    }
}
