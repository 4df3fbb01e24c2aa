//! What a start page shows where there is something to show: limits, sessions, witnesses, and what is missing.

use data_schema::summary::{DateRange, LimitState, Reconciled};
use data_schema::{HashId, UtcSeconds};
use serde::Serialize;

use super::facts::Fact;
use super::kit::{Kit, Name, Sentence, Stack};
use crate::cube::Dimension;
use crate::locale::numbers::percent;
use crate::period::{Window, back};
use crate::{marks, names};

/// So many days without use are told; of machines that were used in the last 91 days.
const QUIET_DAYS: u64 = 3;
/// Machines that are named.
const NAMED: usize = 4;
/// Sessions of the start page.
const SESSIONS: usize = 10;
/// From this part of a limit on, its bar warns; in steps of 10⁻⁴.
const NEAR: u32 = 9_000;

/// One limit of a vendor.
#[derive(Debug, Serialize)]
pub(crate) struct Limit {
    pub(crate) name: Name,
    /// Account and scope.
    pub(crate) scope: String,
    pub(crate) window: String,
    pub(crate) used: String,
    pub(crate) bar: String,
    pub(crate) color: &'static str,
    pub(crate) resets: String,
}

/// One session.
#[derive(Debug, Serialize)]
pub(crate) struct Session {
    pub(crate) start: String,
    pub(crate) name: Name,
    pub(crate) models: String,
    pub(crate) project: String,
    pub(crate) tokens: String,
    pub(crate) cost: String,
}

/// The largest sessions.
#[derive(Debug, Serialize)]
pub(crate) struct Sessions {
    pub(crate) rows: Vec<Session>,
    pub(crate) has_cost: bool,
    pub(crate) has_projects: bool,
}

/// Machines that were used lately, and then not for some days.
pub(crate) fn quiet_machines(kit: &Kit<'_, '_>) -> Vec<Sentence> {
    let data = kit.context.data;
    let lately = data.cube.all().within(Window::Days91.range(data.end, None));
    let quiet_since = |place| {
        let last = lately.only(Dimension::Machine, place).range()?.end;
        (last < back(data.end, QUIET_DAYS)).then_some((last, place))
    };
    let machines = lately.by(Dimension::Machine).into_iter();
    let mut quiet: Vec<_> = machines.filter_map(|(place, _)| quiet_since(place)).collect();
    quiet.sort_unstable();
    quiet.reverse();
    let more = quiet.len().saturating_sub(NAMED);
    let locale = &kit.context.locale;
    let sentence = |(last, place): &(chrono::NaiveDate, u32)| {
        let machine = kit.title(Dimension::Machine, *place);
        kit.sentence(
            "notice-quiet",
            ("machine", machine),
            &[("date", locale.short_date(*last).into())],
        )
    };
    let mut told: Vec<Sentence> = quiet.iter().take(NAMED).map(sentence).collect();
    if more > 0 {
        let parts = [("count", more.into()), ("n", more.to_string().into())];
        let before = locale.with("notice-quiet-more", &parts);
        told.push(Sentence { before, name: String::new(), after: String::new() });
    }
    told
}

/// The newest word of each vendor about its limits.
pub(crate) fn limits(kit: &Kit<'_, '_>) -> Vec<Limit> {
    let Some(limits) = &kit.context.data.limits else {
        return Vec::new();
    };
    limits.limits.iter().map(|limit| self::limit(kit, limit)).collect()
}

fn limit(kit: &Kit<'_, '_>, state: &LimitState) -> Limit {
    let reading = &state.reading;
    let steps = reading.used_fraction.map(data_schema::Fraction::steps);
    let account = reading.account.map(short);
    let scope = reading.scope.as_deref().map(names::line);
    let scope: Vec<String> = scope.into_iter().chain(account).collect();
    Limit {
        name: source(kit, &state.provider),
        scope: scope.join(" · "),
        window: names::line(&reading.window),
        used: steps.map_or_else(|| "–".to_owned(), |steps| percent(u64::from(steps), 10_000)),
        bar: crate::chart::scale::share(u64::from(steps.unwrap_or(0)).min(10_000), 10_000),
        color: if steps.is_some_and(|steps| steps >= NEAR) { "bad" } else { "s0" },
        resets: reading.resets_at.map_or_else(|| "–".to_owned(), |at| instant(kit, at)),
    }
}

/// The beginning of a hash tells two accounts apart.
fn short(account: HashId) -> String {
    account.to_string().chars().take(6).collect()
}

fn instant(kit: &Kit<'_, '_>, at: UtcSeconds) -> String {
    let zone = kit.context.data.zone.unwrap_or(chrono_tz::UTC);
    kit.context.locale.instant(at, zone)
}

/// A source by its id, which need not be one of the cube's.
fn source(kit: &Kit<'_, '_>, id: &str) -> Name {
    let known = kit.context.data.cube.names(Dimension::Source).iter().any(|known| known == id);
    Name {
        text: marks::source_title(id),
        href: known.then(|| format!("sources/{}/index.html", names::slug(id))),
        mark: Some(marks::mark(id)),
        color: Some("soft".to_owned()),
    }
}

/// What no log tells and the proxy saw, of one source or all; nothing where there is no proxy.
pub(crate) fn not_in_log(kit: &Kit<'_, '_>, source: Option<&str>) -> Option<Fact> {
    let reconcile = kit.context.data.reconcile.as_ref()?;
    let is_meant = |row: &&Reconciled| source.is_none_or(|source| row.provider == source);
    let rows = || reconcile.sources.iter().filter(is_meant);
    let range = DateRange {
        start: rows().map(|row| row.date_range.start).min()?,
        end: rows().map(|row| row.date_range.end).max()?,
    };
    let sum = |count: fn(&Reconciled) -> u64| rows().map(count).sum::<u64>();
    let locale = &kit.context.locale;
    let tokens = sum(|row| row.wire_only_tokens);
    let (number, full) = (locale.tokens(tokens), locale.count(tokens));
    let line = locale.with(
        "fact-not-in-log-of",
        &[
            ("n", locale.count(sum(|row| row.wire_only_requests)).into()),
            ("all", locale.count(sum(|row| row.wire_requests)).into()),
        ],
    );
    Some(Fact {
        label: kit.text("fact-not-in-log"),
        full: (full != number).then_some(full),
        number,
        lines: vec![line, locale.range(range)],
        ..Fact::default()
    })
}

/// What the logs and the proxy say of the same days, in sentences.
pub(crate) fn witnesses(kit: &Kit<'_, '_>) -> Vec<Sentence> {
    let locale = &kit.context.locale;
    let Some(reconcile) = &kit.context.data.reconcile else {
        return Vec::new();
    };
    let sentence = |source: &Reconciled| {
        let only = source.wire_only_requests;
        kit.sentence(
            "witness",
            ("source", marks::source_title(&source.provider)),
            &[
                ("range", locale.range(source.date_range).into()),
                ("log", locale.tokens(source.log_tokens).into()),
                ("wire", locale.tokens(source.wire_tokens).into()),
                ("counted", locale.tokens(source.counted_tokens).into()),
                ("count", only.into()),
                ("n", locale.count(only).into()),
            ],
        )
    };
    reconcile.sources.iter().map(sentence).collect()
}

/// The ten largest sessions, where sessions are published.
pub(crate) fn sessions(kit: &Kit<'_, '_>, stack: &Stack) -> Option<Sessions> {
    let data = kit.context.data;
    let sessions = data.sessions.as_ref().filter(|sessions| !sessions.sessions.is_empty())?;
    let colored = |id: &str| {
        let mut name = source(kit, id);
        let place = data.cube.names(Dimension::Source).iter().position(|known| known == id);
        if let Some(place) = place.and_then(|place| u32::try_from(place).ok()) {
            name.color = Some(stack.color(place));
        }
        name
    };
    let row = |session: &data_schema::summary::SessionSummary| Session {
        start: instant(kit, session.first_at),
        name: colored(&session.provider),
        models: session
            .models
            .iter()
            .map(|model| names::line(model))
            .collect::<Vec<_>>()
            .join(", "),
        project: session.project.as_deref().map(marks::project_title).unwrap_or_default(),
        tokens: kit.count(&session.aggregate),
        cost: kit.cost(&session.aggregate),
    };
    Some(Sessions {
        rows: sessions.sessions.iter().take(SESSIONS).map(row).collect(),
        has_cost: kit.shows_cost(),
        has_projects: data.shows_projects(),
    })
}
