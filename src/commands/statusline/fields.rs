//! The fields of the line.

use std::path::Path;

use chrono_tz::Tz;
use data_schema::{Money, UtcSeconds};

use super::prepared::Prepared;
use super::template::{Template, Values, unknown_field};
use super::told::{SOURCE, Told, ToldLimit};
use crate::current::limits::Limit;
use crate::current::spans::{clock, percent, span};
use crate::current::windows::{self, Window};
use crate::current::{AT_END, NEAR};
use crate::output::plain;

/// Where nothing is told on standard input.
const USUAL: &str = "today {today} · month {month}[ {old}]";
/// Where Claude Code calls.
const USUAL_TOLD: &str = "[{model} · ][context {context} · ][session {session.cost} · ][5h {limit.5h} · ][7d {limit.7d.used} · ]today {today}[ {old}]";
/// Numbers that are older say so. Seconds.
const OLD: i64 = 3600;
/// A reading that is older says so. Seconds.
const OLD_READING: i64 = 300;

/// All fields, beside those of `limit.SOURCE.WINDOW`.
pub(super) const FIELDS: [&str; 58] = [
    "today",
    "today.tokens",
    "today.cost",
    "today.requests",
    "week",
    "week.tokens",
    "week.cost",
    "week.requests",
    "month",
    "month.tokens",
    "month.cost",
    "month.requests",
    "model",
    "model.id",
    "session.cost",
    "session.id",
    "session.lines",
    "session.time",
    "context",
    "context.tokens",
    "context.size",
    "context.left",
    "context.color",
    "context.beyond200k",
    "block",
    "block.start",
    "block.end",
    "block.left",
    "block.tokens",
    "block.cost",
    "block.burn",
    "block.costPerHour",
    "limit.5h",
    "limit.5h.used",
    "limit.5h.left",
    "limit.5h.reset",
    "limit.5h.age",
    "limit.5h.color",
    "limit.7d",
    "limit.7d.used",
    "limit.7d.left",
    "limit.7d.reset",
    "limit.7d.age",
    "limit.7d.color",
    "limits",
    "budget",
    "budget.used",
    "budget.color",
    "budgets",
    "folder",
    "project",
    "version",
    "old",
    "bold",
    "dim",
    "red",
    "yellow",
    "plain",
];

/// Parts of a limit.
const LIMIT_PARTS: [&str; 5] = ["used", "left", "reset", "age", "color"];

/// What a line is made of.
pub(super) struct Line<'a> {
    pub(super) prepared: Option<&'a Prepared>,
    pub(super) told: Option<&'a Told>,
    pub(super) now: UtcSeconds,
    pub(super) may_color: bool,
}

/// A limit that was told now, or earlier.
struct Known {
    used: Option<u64>,
    resets_at: Option<UtcSeconds>,
    /// Seconds since it was told; none if it was told now.
    age: Option<i64>,
}

impl Line<'_> {
    /// The line. A fault of the template stands in it, behind the usual line.
    pub(super) fn text(&self, template: Option<&str>) -> String {
        let line = match template.map(|text| (text, parsed(text))) {
            Some((_, Ok(template))) => template.render(self),
            Some((_, Err(fault))) => format!("{} (template: {fault})", self.usual()),
            None => self.usual(),
        };
        let line = line.trim_end_matches([' ', '\n']);
        if line.contains('\x1b') { format!("{line}\x1b[0m") } else { line.to_owned() }
    }

    fn usual(&self) -> String {
        if self.prepared.is_none() && self.told.is_none() {
            return "token-matters: nothing is counted yet".to_owned();
        }
        let text = if self.told.is_some() { USUAL_TOLD } else { USUAL };
        parsed(text).map_or_else(|fault| fault, |template| template.render(self))
    }

    fn zone(&self) -> Tz {
        self.prepared.and_then(|prepared| prepared.timezone.parse().ok()).unwrap_or(Tz::UTC)
    }

    /// What stands in a field, as it is.
    fn raw(&self, field: &str) -> Option<String> {
        let (first, rest) = field.split_once('.').unwrap_or((field, ""));
        match first {
            "today" | "week" | "month" => self.amount(first, rest),
            "model" | "session" | "context" | "folder" | "project" | "version" => {
                self.of_session(first, rest)
            }
            "block" => self.of_window(rest),
            "limit" => self.of_limit(rest),
            "limits" => self.all_limits(),
            "budget" | "budgets" => self.of_budgets(first, rest),
            "old" => {
                let age = self.now.seconds() - self.prepared?.at.seconds();
                (age > OLD).then(|| format!("({} h old)", age / 3600))
            }
            _ => None,
        }
    }

    fn amount(&self, period: &str, part: &str) -> Option<String> {
        let amounts = self.prepared?.amounts(self.now);
        let amount = match period {
            "today" => amounts.today,
            "week" => amounts.week,
            _ => amounts.month,
        };
        Some(match part {
            "tokens" => site::tokens(amount.total_tokens),
            "cost" => amount.cost(),
            "requests" => site::grouped(amount.requests),
            _ => amount.text(),
        })
    }

    fn of_session(&self, first: &str, part: &str) -> Option<String> {
        let told = self.told?;
        match (first, part) {
            ("model", "") => told.model.clone(),
            ("model", _) => told.model_id.clone(),
            ("session", "cost") => told.session_cost.map(dollars),
            ("session", "id") => told.session.clone(),
            ("session", "lines") => {
                Some(format!("+{} -{}", told.lines_added?, told.lines_removed?))
            }
            ("session", _) => Some(span(i64::try_from(told.duration?).ok()?)),
            ("context", "") => told.context_steps.map(percent),
            ("context", "left") => Some(percent(10_000_u64.saturating_sub(told.context_steps?))),
            ("context", "tokens") => told.context_tokens.map(site::tokens),
            ("context", "size") => told.context_size.map(site::tokens),
            ("context", _) => told.is_beyond_200k?.then(|| "over 200K".to_owned()),
            ("folder", _) => last_name(told.folder.as_deref()?),
            ("project", _) => last_name(told.project.as_deref()?),
            _ => told.version.clone(),
        }
    }

    /// The open window: of the tool that calls, else of everything.
    fn window(&self) -> Option<&Window> {
        let windows = &self.prepared?.windows;
        let own = self.told.and_then(|_| windows::open(windows, Some(SOURCE), self.now));
        own.or_else(|| windows::open(windows, None, self.now))
    }

    fn of_window(&self, part: &str) -> Option<String> {
        let window = self.window()?;
        let left = span(window.left(self.now));
        Some(match part {
            "start" => clock(self.zone(), window.start),
            "end" => clock(self.zone(), window.end),
            "left" => left,
            "tokens" => site::tokens(window.amount.total_tokens),
            "cost" => window.amount.cost(),
            "burn" => format!("{}/min", site::tokens(window.tokens_per_minute(self.now))),
            "costPerHour" => format!("{}/h", dollars(window.cost_per_hour(self.now))),
            _ => format!("{}, {left} left", window.amount.text()),
        })
    }

    fn of_limit(&self, name: &str) -> Option<String> {
        let (source, window, part) = limit_parts(name)?;
        let limit = self.limit(source, window)?;
        let left = limit.resets_at.map(|at| at.seconds() - self.now.seconds());
        let left = left.filter(|left| *left > 0).map(span);
        match part {
            "used" => limit.used.map(percent),
            "left" => left,
            "reset" => limit.resets_at.map(|at| clock(self.zone(), at)),
            "age" => Some(limit.age.map_or_else(|| "now".to_owned(), span)),
            _ => {
                let used = percent(limit.used?);
                let left = left.map(|left| format!(", {left} left")).unwrap_or_default();
                let age = limit.age.filter(|age| *age > OLD_READING).map(span);
                let age = age.map(|age| format!(" ({age} ago)")).unwrap_or_default();
                Some(format!("{used}{left}{age}"))
            }
        }
    }

    /// What is told now goes first.
    fn limit(&self, source: Option<&str>, window: &str) -> Option<Known> {
        let is_of_caller = source.is_none_or(|source| source == SOURCE);
        if is_of_caller && let Some(limit) = self.told.and_then(|told| told_limit(told, window)) {
            let ToldLimit { used_steps: used, resets_at } = limit;
            return Some(Known { used, resets_at, age: None });
        }
        let limits = self.prepared?.limits.iter();
        let is_wanted = |limit: &&Limit| {
            limit.reading.window == window
                && source.is_none_or(|source| limit.source == source)
                && (source.is_some() || self.told.is_none() || limit.source == SOURCE)
        };
        let limit = limits.filter(is_wanted).max_by_key(|limit| limit.reading.at)?;
        let age = Some(limit.age(self.now));
        let resets_at = limit.reading.resets_at.filter(|at| *at > self.now);
        Some(Known { used: limit.used(self.now), resets_at, age })
    }

    fn all_limits(&self) -> Option<String> {
        let mut all = Vec::new();
        for window in ["5h", "7d"] {
            if let Some(limit) = self.told.and_then(|told| told_limit(told, window)) {
                all.extend(
                    limit.used_steps.map(|used| format!("Claude Code {window} {}", percent(used))),
                );
            }
        }
        let is_told = !all.is_empty();
        for limit in self.prepared.map_or(&[][..], |prepared| &prepared.limits) {
            if is_told && limit.source == SOURCE {
                continue;
            }
            all.extend(
                limit.used(self.now).map(|used| format!("{} {}", limit.name(), percent(used))),
            );
        }
        (!all.is_empty()).then(|| all.join(" · "))
    }

    fn of_budgets(&self, first: &str, part: &str) -> Option<String> {
        let budgets = &self.prepared?.budgets;
        if first == "budgets" {
            let all: Vec<String> =
                budgets.iter().map(|budget| format!("{} {}", budget.name, budget.text())).collect();
            return (!all.is_empty()).then(|| all.join(" · "));
        }
        // The one that is nearest to its end.
        let budget = budgets.iter().max_by_key(|budget| budget.used_steps)?;
        match part {
            "used" => budget.used_steps.map(percent),
            _ => budget.used_steps.map(|_| budget.text()),
        }
    }

    /// The used part that a color tells of.
    fn used(&self, of: &str) -> Option<u64> {
        match of {
            "context" => self.told?.context_steps,
            "budget" => self.prepared?.budgets.iter().filter_map(|budget| budget.used_steps).max(),
            _ => {
                let (source, window, _) = limit_parts(of.strip_prefix("limit.")?)?;
                self.limit(source, window)?.used
            }
        }
    }

    /// The letters that switch to a style; nothing where colors are not wanted.
    fn style(&self, field: &str) -> Option<&'static str> {
        let code = match field {
            "bold" => "\x1b[1m",
            "dim" => "\x1b[2m",
            "red" => "\x1b[31m",
            "yellow" => "\x1b[33m",
            "plain" => "\x1b[0m",
            _ => match self.used(field.strip_suffix(".color")?) {
                Some(AT_END..) => "\x1b[31m",
                Some(NEAR..) => "\x1b[33m",
                _ => "",
            },
        };
        Some(if self.may_color { code } else { "" })
    }
}

impl Values for Line<'_> {
    fn value(&self, field: &str) -> Option<String> {
        if let Some(style) = self.style(field) {
            return Some(style.to_owned());
        }
        // Names come from elsewhere: they steer no terminal and break no line.
        self.raw(field).map(|value| plain(&value).replace('\n', " "))
    }
}

fn parsed(text: &str) -> Result<Template, String> {
    let unknown = std::cell::RefCell::new(None);
    let is_known = |name: &str| {
        let limit = name.strip_prefix("limit.").and_then(limit_parts);
        let is_known = FIELDS.contains(&name) || limit.is_some();
        if !is_known {
            unknown.replace(Some(unknown_field(name, FIELDS.into_iter())));
        }
        is_known
    };
    let text = text.replace('\x1b', "");
    Template::parse(&text, is_known).map_err(|fault| unknown.take().unwrap_or(fault))
}

/// Source, window and part of a name such as `5h.used` or `codex.7d`.
fn limit_parts(name: &str) -> Option<(Option<&str>, &str, &str)> {
    let (name, part) = match name.rsplit_once('.') {
        Some((before, part)) if LIMIT_PARTS.contains(&part) => (before, part),
        _ => (name, ""),
    };
    match name.split_once('.') {
        None => ["5h", "7d"].contains(&name).then_some((None, name, part)),
        Some((source, window)) => {
            data_schema::sources::title(source).map(|_| (Some(source), window, part))
        }
    }
}

fn told_limit(told: &Told, window: &str) -> Option<ToldLimit> {
    match window {
        "5h" => told.five_hours,
        "7d" => told.seven_days,
        _ => None,
    }
}

fn dollars(amount: Money) -> String {
    site::cost(Some(amount), 0)
}

/// The last part of a path, of whatever system.
fn last_name(path: &str) -> Option<String> {
    let path = path.trim_end_matches(['/', '\\']);
    let name = path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty());
    name.map(str::to_owned).or_else(|| Path::new(path).to_str().map(str::to_owned))
}

#[cfg(test)]
mod tests;
