//! `limits.json`.

use data_schema::settings::{ModelNaming, Visibility};
use data_schema::summary::{LimitReset, LimitState, LimitWindow, LimitsSummary, SUMMARY_VERSION};
use data_schema::{Text, UtcSeconds};

use super::{Limits, Reset, Told, is_recent};
use crate::files::Frame;
use crate::timeline::Window;

/// Days with windows that are told.
const DAYS: i64 = 7;
/// Seconds of a day.
const DAY: i64 = 86_400;

pub(crate) fn file(frame: &Frame<'_>) -> LimitsSummary {
    let readings = frame.input.limits.iter();
    let limits = Limits::of(readings.map(|(_, provider, one)| (provider.clone(), one.clone())));
    let newest = limits.newest().map(|(_, reading)| reading.at).max().unwrap_or_default();
    LimitsSummary {
        version: SUMMARY_VERSION.to_owned(),
        limits: limits
            .newest()
            .filter_map(|(of, reading)| {
                Some(LimitState { provider: shown(frame, &of.provider)?, reading: reading.clone() })
            })
            .collect(),
        windows: windows(frame),
        resets: limits.resets().flat_map(|(of, all)| resets(frame, (of, all), newest)).collect(),
    }
}

/// A source without any response has no number either: it is left out where only listed names are shown.
fn shown(frame: &Frame<'_>, provider: &Text) -> Option<String> {
    let everything = frame.options.publish.models == ModelNaming::Name;
    if everything || data_schema::sources::is_known(provider) {
        return Some(provider.to_string());
    }
    frame.cube.names.providers.shown(provider).map(ToString::to_string)
}

fn resets(
    frame: &Frame<'_>,
    (of, resets): (&Told, Vec<Reset>),
    newest: UtcSeconds,
) -> Vec<LimitReset> {
    let Some(provider) = shown(frame, &of.provider) else { return Vec::new() };
    let recent = resets.into_iter().filter(|reset| is_recent(reset, newest));
    let row = |reset: Reset| LimitReset {
        provider: provider.clone(),
        account: of.account,
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
    recent.map(row).collect()
}

/// Windows tell when somebody works: they are hidden with the hours.
fn windows(frame: &Frame<'_>) -> Vec<LimitWindow> {
    if frame.options.publish.hours != Visibility::Show {
        return Vec::new();
    }
    let windows = &frame.input.windows;
    let newest = windows.iter().map(|window| window.last).max().unwrap_or_default();
    let mut told: Vec<LimitWindow> = windows
        .iter()
        .filter(|window| newest.seconds() - window.last.seconds() < DAYS * DAY)
        .filter_map(|window| row(frame, window))
        .collect();
    told.sort_by(|one, other| {
        let key = |window: &LimitWindow| (window.start, window.provider.clone(), window.account);
        key(one).cmp(&key(other))
    });
    told
}

fn row(frame: &Frame<'_>, window: &Window) -> Option<LimitWindow> {
    let has_cost = frame.show_cost();
    Some(LimitWindow {
        provider: shown(frame, &window.provider)?,
        account: window.account,
        start: window.start,
        end: window.end(),
        last_at: window.last,
        total_tokens: window.total.tokens.total_tokens,
        requests: window.total.requests,
        cost_usd: window.total.cost.filter(|_| has_cost),
        unpriced_tokens: if has_cost { window.total.unpriced_tokens } else { 0 },
    })
}
