//! What `limits` prints for people.

use std::fmt::Write as _;

use chrono_tz::Tz;
use data_schema::{Fraction, HashId, Money, UtcSeconds};
use summarizer::{LimitNow, Reset, Window};

use super::Told;
use crate::output::{grouped, plain};

pub(super) fn of(told: &Told<'_>) -> String {
    let mut text = String::new();
    for source in told.sources() {
        if !text.is_empty() {
            text.push('\n');
        }
        let title = data_schema::sources::title(&source).unwrap_or(&source);
        let _ = writeln!(text, "{}", plain(title));
        for limit in told.known.limits.now(told.now).filter(|limit| limit.of.provider == source) {
            let _ = writeln!(text, "  {}", plain(&said(&limit, told)));
        }
        if let Some(hint) = told.hint(&source) {
            let _ = writeln!(text, "  the vendor's limits are unknown: {hint}");
        }
        for window in told.windows_of(&source) {
            let _ = writeln!(text, "  {}", plain(&counted(window, told)));
        }
        if told.options.history {
            let resets = told.known.limits.resets().filter(|(of, _)| of.provider == source);
            for (of, resets) in resets {
                let name = name(&of.window, of.scope.as_deref(), of.account);
                let _ = writeln!(text, "  when {} would start anew, as it was said:", plain(&name));
                for reset in resets {
                    let _ = writeln!(text, "    {}", line(&reset, told.known.zone));
                }
            }
        }
    }
    text
}

/// A window's name with what it covers and whose it is.
fn name(window: &str, scope: Option<&str>, account: Option<HashId>) -> String {
    let mut name = window.to_owned();
    if let Some(scope) = scope {
        let _ = write!(name, " of {scope}");
    }
    if let Some(account) = account {
        // The beginning of a hash tells two accounts apart.
        let account: String = account.to_string().chars().take(6).collect();
        let _ = write!(name, " (account {account})");
    }
    name
}

/// The word of a vendor.
fn said(limit: &LimitNow<'_>, told: &Told<'_>) -> String {
    let (of, reading, zone) = (limit.of, limit.reading, told.known.zone);
    let name = name(&of.window, of.scope.as_deref(), of.account);
    let origin = match reading.via.as_str() {
        "log" => "from its log",
        "api" => "from the vendor's interface",
        "wire" => "seen by the proxy",
        other => other,
    };
    let age = format!("said {} ago, {origin}", span(limit.age_seconds));
    if let Some(since) = limit.over_since {
        return format!(
            "{name}: window over since {}, nothing newer told ({age})",
            clock(since, zone)
        );
    }
    let used = reading
        .used_fraction
        .map_or_else(|| "used part unknown".to_owned(), |used| format!("{} used", percent(used)));
    let resets = reading.resets_at.map_or_else(
        || "reset unknown".to_owned(),
        |at| {
            let left = span(at.seconds() - told.now.seconds());
            format!("starts anew in {left}, {}", clock(at, zone))
        },
    );
    format!("{name}: {used}, {resets} ({age})")
}

/// A window as it was counted.
fn counted(window: &Window, told: &Told<'_>) -> String {
    let zone = told.known.zone;
    let (start, end) = (clock(window.start, zone), clock(window.end(), zone));
    let tokens = grouped(window.total.tokens.total_tokens);
    let cost = cost(window.total.cost, window.total.unpriced_tokens);
    let account = window.account.map(|account| name("", None, Some(account))).unwrap_or_default();
    let Some(burn) = window.burn(told.now) else {
        return format!(
            "no five-hour window open as counted{account}: the last one, {start} to {end}, had {tokens} tokens, {cost}"
        );
    };
    let rate = match burn.cost_per_hour_usd {
        Some(amount) => format!(", {} an hour", usd(amount)),
        None => String::new(),
    };
    let left = span(window.end().seconds() - told.now.seconds());
    let then = match burn.projected_cost_usd {
        Some(amount) => format!(", {}", usd(amount)),
        None => String::new(),
    };
    format!(
        "five hours as counted{account}: {start} to {end} ({left} left), {tokens} tokens, {cost}; {} tokens a minute{rate}; at this rate {} tokens{then} at its end",
        grouped(burn.tokens_per_minute),
        grouped(burn.projected_tokens),
    )
}

fn line(reset: &Reset, zone: Tz) -> String {
    let used = reset
        .highest_used
        .map_or_else(String::new, |used| format!(", {} used at most", percent(used)));
    let drift = match (reset.drift_seconds(), reset.expected) {
        (None, _) | (_, None) => String::new(),
        (Some(0), _) => ", as expected".to_owned(),
        (Some(drift), Some((from, to))) => {
            let expected = if from == to {
                clock(from, zone)
            } else {
                format!("{} to {}", clock(from, zone), clock(to, zone))
            };
            let side = if drift < 0 { "earlier" } else { "later" };
            format!(", MOVED: {} {side} than expected ({expected})", span(drift.abs()))
        }
    };
    format!(
        "{}: said {} to {}{used}{drift}",
        clock(reset.resets_at, zone),
        clock(reset.first_seen, zone),
        clock(reset.last_seen, zone),
    )
}

fn cost(cost: Option<Money>, unpriced: u64) -> String {
    match cost {
        None => "no price".to_owned(),
        Some(amount) if unpriced > 0 => format!("{}+ at list price", usd(amount)),
        Some(amount) => format!("{} at list price", usd(amount)),
    }
}

fn usd(amount: Money) -> String {
    match amount.rounded(2) {
        text if amount > Money::ZERO && text == "0.00" => "<0.01 USD".to_owned(),
        text => format!("{text} USD"),
    }
}

/// A tenth of a percent is all that vendors tell.
fn percent(used: Fraction) -> String {
    let tenths = (used.steps() + 5) / 10;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn clock(at: UtcSeconds, zone: Tz) -> String {
    at.to_chrono().with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

/// Seconds as people say them: the two largest units.
fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}
