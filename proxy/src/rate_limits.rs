//! What vendors say about their limits in the heads of answers: facts to look at.
//!
//! Sources (read 2026-11-21):
//! - Anthropic: <https://platform.claude.com/docs/en/api/rate-limits#response-headers>; subscriptions add
//!   `anthropic-ratelimit-unified-<window>-utilization` and `-reset`, as Claude Code reads them;
//! - `OpenAI` and those who speak as it does: <https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers>;
//! - Codex with a subscription: `x-codex-<primary|secondary>-…`, <https://github.com/openai/codex>
//!   (`codex-rs/codex-api/src/rate_limits.rs`).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use data_schema::{Fraction, HashId, LimitReading, UtcSeconds, window_name};
use http::HeaderMap;

/// Heads that name whose limits they are.
const ACCOUNTS: [&str; 2] = ["anthropic-organization-id", "openai-organization"];
/// Windows of subscriptions of Anthropic, as its heads name them, and as readings do.
const UNIFIED: [&str; 2] = ["5h", "7d"];
/// Limits that are told apart: those of accounts, windows and scopes.
const KNOWN: usize = 1000;
/// A change of a share that is worth a line: 1 %, in steps of 10⁻⁴.
const STEP: u32 = 100;
/// A change of the window's end that is worth one, in seconds: some vendors count it anew for every answer.
const SHIFT: i64 = 300;

/// What each vendor said last.
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    latest: Mutex<BTreeMap<Key, LimitReading>>,
    /// What was handed on last.
    told: Mutex<BTreeMap<Key, LimitReading>>,
}

/// Upstream, account, window, scope.
type Key = (String, Option<HashId>, String, Option<String>);

/// What one answer said.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Told {
    /// Whose limits these are, and who is billed.
    pub(crate) account: Option<HashId>,
    /// Windows of hours and more, where they have changed: worth keeping for ever.
    pub(crate) changed: Vec<LimitReading>,
}

impl RateLimits {
    /// Takes the head of an answer.
    pub(crate) fn take(&self, upstream: &str, headers: &HeaderMap, now: DateTime<Utc>) -> Told {
        let account = ACCOUNTS.iter().find_map(|name| text(headers, name));
        let account = account.map(|account| HashId::new("account", account));
        let mut changed = Vec::new();
        for mut reading in readings(headers, now) {
            reading.account = account;
            let is_long = !reading.window.ends_with('m') && reading.window != "1d";
            let key = (upstream.to_owned(), account, reading.window.clone(), reading.scope.clone());
            keep(&self.latest, key.clone(), &reading);
            if is_long && self.has_changed(&key, &reading) {
                keep(&self.told, key, &reading);
                changed.push(reading);
            }
        }
        Told { account, changed }
    }

    /// Everything that was said last, with the upstream's name.
    pub(crate) fn latest(&self) -> Vec<(String, LimitReading)> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.iter().map(|(key, reading)| (key.0.clone(), reading.clone())).collect()
    }

    fn has_changed(&self, key: &Key, new: &LimitReading) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(old) = told.get(key) else { return true };
        let steps = |reading: &LimitReading| reading.used_fraction.map(Fraction::steps);
        let shift = |left: UtcSeconds, right: UtcSeconds| (left.seconds() - right.seconds()).abs();
        match (steps(old), steps(new)) {
            (Some(old), Some(new)) if old.abs_diff(new) >= STEP => return true,
            (Some(_), Some(_)) | (None, None) => {}
            _ => return true,
        }
        match (old.resets_at, new.resets_at) {
            (Some(old), Some(new)) => shift(old, new) > SHIFT,
            (old, new) => old != new,
        }
    }
}

fn keep(place: &Mutex<BTreeMap<Key, LimitReading>>, key: Key, reading: &LimitReading) {
    let mut known = place.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() < KNOWN || known.contains_key(&key) {
        known.insert(key, reading.clone());
    }
}

/// All that a head says.
fn readings(headers: &HeaderMap, now: DateTime<Utc>) -> Vec<LimitReading> {
    if !headers
        .keys()
        .any(|name| name.as_str().contains("ratelimit") || name.as_str().starts_with("x-codex-"))
    {
        return Vec::new();
    }
    let unified = UNIFIED.iter().filter_map(|window| unified(headers, window, now));
    let minutes = ["requests", "tokens", "input-tokens", "output-tokens"];
    let anthropic = minutes.iter().filter_map(|scope| anthropic(headers, scope, now));
    let openai = ["requests", "tokens"].iter().filter_map(|scope| openai(headers, scope, now));
    let codex = ["primary", "secondary"].iter().filter_map(|name| codex(headers, name, now));
    unified.chain(anthropic).chain(openai).chain(codex).collect()
}

fn reading(now: DateTime<Utc>, window: &str) -> LimitReading {
    LimitReading {
        at: UtcSeconds::from(now),
        account: None,
        window: window.to_owned(),
        scope: None,
        used_fraction: None,
        resets_at: None,
        via: "wire".to_owned(),
        source: None,
    }
}

/// `anthropic-ratelimit-unified-5h-utilization: 0.42`, `…-5h-reset: 1764000000`.
fn unified(headers: &HeaderMap, window: &str, now: DateTime<Utc>) -> Option<LimitReading> {
    let name = |part: &str| format!("anthropic-ratelimit-unified-{window}-{part}");
    let used = number(headers, &name("utilization")).and_then(Fraction::new);
    let resets_at = text(headers, &name("reset")).and_then(|text| instant(text, now));
    (used.is_some() || resets_at.is_some()).then(|| LimitReading {
        used_fraction: used,
        resets_at,
        ..reading(now, window)
    })
}

/// `anthropic-ratelimit-tokens-limit`, `-remaining`, `-reset` (RFC 3339).
fn anthropic(headers: &HeaderMap, scope: &str, now: DateTime<Utc>) -> Option<LimitReading> {
    let name = |part: &str| format!("anthropic-ratelimit-{scope}-{part}");
    let used = used(number(headers, &name("limit"))?, number(headers, &name("remaining"))?)?;
    Some(LimitReading {
        scope: Some(scope.to_owned()),
        used_fraction: Some(used),
        resets_at: text(headers, &name("reset")).and_then(|text| instant(text, now)),
        ..reading(now, "1m")
    })
}

/// `x-ratelimit-limit-tokens`, `-remaining-`, `-reset-` (`6m0s`).
fn openai(headers: &HeaderMap, scope: &str, now: DateTime<Utc>) -> Option<LimitReading> {
    let name = |part: &str| format!("x-ratelimit-{part}-{scope}");
    let used = used(number(headers, &name("limit"))?, number(headers, &name("remaining"))?)?;
    let span = text(headers, &name("reset")).and_then(seconds_of_span);
    Some(LimitReading {
        scope: Some(scope.to_owned()),
        used_fraction: Some(used),
        resets_at: span.map(|span| UtcSeconds::from(now).plus(span)),
        ..reading(now, "1m")
    })
}

/// `x-codex-primary-used-percent: 12.5`, `-window-minutes: 300`, `-reset-at: 1764000000`.
fn codex(headers: &HeaderMap, which: &str, now: DateTime<Utc>) -> Option<LimitReading> {
    let name = |part: &str| format!("x-codex-{which}-{part}");
    let used = number(headers, &name("used-percent"))?;
    let minutes = text(headers, &name("window-minutes"))?.parse::<u64>().ok()?;
    let at = text(headers, &name("reset-at")).and_then(|text| instant(text, now));
    let after = || text(headers, &name("reset-after-seconds"))?.parse::<i64>().ok();
    Some(LimitReading {
        used_fraction: Fraction::new(used / 100.0),
        resets_at: at.or_else(|| Some(UtcSeconds::from(now).plus(after()?))),
        ..reading(now, &window_name(minutes))
    })
}

fn used(limit: f64, remaining: f64) -> Option<Fraction> {
    (limit > 0.0).then(|| Fraction::new(((limit - remaining) / limit).max(0.0)))?
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    text(headers, name)?.parse().ok().filter(|number: &f64| number.is_finite())
}

/// An instant as RFC 3339 or seconds since 1970. What lies more than a year away is damage.
fn instant(text: &str, now: DateTime<Utc>) -> Option<UtcSeconds> {
    let seconds = text.parse::<i64>().ok().and_then(UtcSeconds::new);
    let written =
        || DateTime::parse_from_rfc3339(text).ok().map(|time| UtcSeconds::from(time.to_utc()));
    let at = seconds.or_else(written)?;
    ((at.seconds() - now.timestamp()).abs() < 366 * 86_400).then_some(at)
}

/// Whole seconds of a span as Go writes it: `1s`, `6m0s`, `1h2m`, `120ms`, rounded up.
fn seconds_of_span(text: &str) -> Option<i64> {
    let mut milliseconds = 0.0_f64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let count: f64 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..].find(|letter: char| letter.is_ascii_digit());
        let (unit, left) = rest[digits..].split_at(unit_end.unwrap_or(rest.len() - digits));
        milliseconds += count
            * match unit {
                "ms" => 1.0,
                "s" => 1e3,
                "m" => 6e4,
                "h" => 3.6e6,
                "d" => 8.64e7,
                _ => return None,
            };
        rest = left;
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
    (milliseconds < 1e12).then(|| (milliseconds / 1e3).ceil() as i64)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn head(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let lines = lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        lines.collect()
    }

    fn now() -> DateTime<Utc> {
        "2026-05-01T10:00:00Z".parse().unwrap()
    }

    fn percent(reading: &LimitReading) -> f64 {
        reading.used_fraction.map_or(-1.0, |used| used.get() * 100.0)
    }

    #[test]
    fn a_subscription_of_anthropic_tells_its_windows() {
        let head = head(&[
            ("anthropic-organization-id", "org-1"),
            ("anthropic-ratelimit-unified-5h-utilization", "0.425"),
            ("anthropic-ratelimit-unified-5h-reset", "1777640400"),
            ("anthropic-ratelimit-unified-7d-utilization", "0.1"),
        ]);
        let limits = RateLimits::default();
        let told = limits.take("anthropic", &head, now());
        assert_eq!(told.account, Some(HashId::new("account", "org-1")));
        let [five, seven] = &told.changed[..] else { panic!("two windows: {told:?}") };
        assert_eq!((five.window.as_str(), seven.window.as_str()), ("5h", "7d"));
        assert!((percent(five) - 42.5).abs() < 1e-9);
        assert_eq!(
            five.resets_at.map(|at| at.to_string()).as_deref(),
            Some("2026-05-01T13:00:00Z")
        );
        assert_eq!(limits.take("anthropic", &head, now()).changed, [], "nothing has changed");
    }

    #[test]
    fn windows_of_a_minute_are_known_and_not_kept() {
        let head = head(&[
            ("x-ratelimit-limit-tokens", "200000"),
            ("x-ratelimit-remaining-tokens", "150000"),
            ("x-ratelimit-reset-tokens", "1m30.5s"),
        ]);
        let limits = RateLimits::default();
        assert_eq!(limits.take("openai", &head, now()).changed, []);
        let [(upstream, reading)] = &limits.latest()[..] else { panic!("one reading") };
        assert_eq!((upstream.as_str(), reading.window.as_str()), ("openai", "1m"));
        assert!((percent(reading) - 25.0).abs() < 1e-9);
        assert_eq!(
            reading.resets_at.map(|at| at.to_string()).as_deref(),
            Some("2026-05-01T10:01:31Z")
        );
    }

    #[test]
    fn codex_names_its_windows_in_minutes() {
        let head = head(&[
            ("x-codex-primary-used-percent", "12.5"),
            ("x-codex-primary-window-minutes", "300"),
            ("x-codex-primary-reset-after-seconds", "60"),
            ("x-codex-secondary-used-percent", "100"),
            ("x-codex-secondary-window-minutes", "10080"),
        ]);
        let told = RateLimits::default().take("chatgpt", &head, now());
        let windows: Vec<&str> = told.changed.iter().map(|one| one.window.as_str()).collect();
        assert_eq!(windows, ["5h", "7d"]);
        assert_eq!(told.changed[1].resets_at, None, "unknown is not now");
    }

    #[test]
    fn damage_is_no_limit() {
        for lines in [
            &[("x-ratelimit-limit-tokens", "0"), ("x-ratelimit-remaining-tokens", "0")][..],
            &[("anthropic-ratelimit-unified-5h-utilization", "NaN")],
            &[("anthropic-ratelimit-unified-5h-utilization", "-1")],
            &[("x-codex-primary-used-percent", "5"), ("x-codex-primary-window-minutes", "x")],
            &[("x-ratelimit-remaining-tokens", "5")],
        ] {
            assert_eq!(readings(&head(lines), now()), [], "{lines:?}");
        }
        for text in ["", "5", "m", "1y", "999999999999h"] {
            assert!(
                seconds_of_span(text).is_none_or(|span| text.is_empty() && span == 0),
                "{text}"
            );
        }
    }
}
