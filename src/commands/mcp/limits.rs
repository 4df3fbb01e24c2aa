//! `limits`.

use data_schema::UtcSeconds;
use rmcp::model::JsonObject;
use rmcp::schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use summarizer::Need;

use super::answer::{Answer, arguments, check_sources};
use crate::current::limits::{self, Limit};
use crate::current::spans::span;
use crate::current::windows::{self, Window};
use crate::known::{self, Ask};
use crate::outcome::Failure;
use crate::session::Session;

pub(super) const ABOUT: &str = "What vendors said of their limits (used part, when it starts anew, how old that word \
is), and the open windows of five hours on this machine with what they took. A limit that nobody told of is unknown.";

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(crate = "rmcp::schemars")]
pub(super) struct Arguments {
    /// Only this source, by id such as claude-code or codex
    source: Option<String>,
}

pub(super) fn answer(session: &Session, given: JsonObject) -> Result<Answer, Failure> {
    let asked: Arguments = arguments(given)?;
    check_sources(&asked.source)?;
    let now = session.environment.now;
    let store = session.existing_store()?;
    let readings = store.map_or_else(Vec::new, |store| limits::stored(&store, None, now));
    let mut limits = limits::newest(readings, now);
    let known = known::read(session, Ask { local: true, need: Need::LEAST, ..Ask::default() })?;
    let mut windows = windows::read(session, &known.scanned)?;
    if let Some(source) = &asked.source {
        limits.retain(|limit| limit.source == *source);
        windows.retain(|window| window.source.as_deref() == Some(source.as_str()));
    }
    let data = json!({
        "version": data_schema::VERSION,
        "at": now,
        "limits": limits.iter().map(|limit| told(limit, now)).collect::<Vec<Value>>(),
        "windows": windows.iter().map(|window| open(window, now)).collect::<Vec<Value>>(),
    });
    Ok(Answer { text: text(&limits, &windows, now), data })
}

fn text(limits: &[Limit], windows: &[Window], now: UtcSeconds) -> String {
    let mut lines = Vec::new();
    for limit in limits {
        let used = limit.text(now).unwrap_or_else(|| "unknown".to_owned());
        lines.push(format!("{}: {used} (told {} ago)", limit.name(), span(limit.age(now))));
    }
    if limits.is_empty() {
        lines.push("No vendor told of a limit: unknown.".to_owned());
    }
    for window in windows {
        let source = window.source.as_deref().unwrap_or("all sources");
        let (amount, left) = (window.amount.text(), span(window.left(now)));
        lines.push(format!("window of five hours, {source}: {amount}, {left} left"));
    }
    if windows.is_empty() {
        lines.push("No window of five hours is open on this machine.".to_owned());
    }
    lines.join("\n")
}

fn told(limit: &Limit, now: UtcSeconds) -> Value {
    let reading = &limit.reading;
    json!({
        "source": limit.source,
        "window": reading.window,
        "scope": reading.scope,
        "usedFraction": limit.used(now).and(reading.used_fraction),
        "resetsAt": reading.resets_at,
        "toldAt": reading.at,
        "ageSeconds": limit.age(now),
        "via": reading.via,
    })
}

fn open(window: &Window, now: UtcSeconds) -> Value {
    json!({
        "source": window.source,
        "start": window.start,
        "end": window.end,
        "secondsLeft": window.left(now),
        "totalTokens": window.amount.total_tokens,
        "requests": window.amount.requests,
        "listUSD": window.amount.list_usd,
        "unpricedTokens": window.amount.unpriced_tokens,
        "tokensPerMinute": window.tokens_per_minute(now),
    })
}
