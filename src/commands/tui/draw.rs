//! Draws a state of the view. Colors tell what is near its end, and nothing else.

use data_schema::UtcSeconds;
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::app::{App, Sort, View};
use super::live::Live;
use super::tables;
use crate::current::limits::Limit;
use crate::current::spans::{clock, percent, span};
use crate::current::windows::{self, Window};
use crate::current::{AT_END, Amount, NEAR};
use crate::output::plain;

/// What the terminal can show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) colors: bool,
    pub(super) unicode: bool,
}

/// Cells of a bar.
const BAR: usize = 10;
/// Cells of a name.
const NAME: usize = 18;
/// Rows of the sources and models of today.
const FIRST: usize = 6;

const HELP: [&str; 11] = [
    "1 2 3 4    now, sources, models, month",
    "tab ← →    the next or the one before",
    "s          sort by tokens, cost, responses, name",
    "↑ ↓ j k    scroll",
    "r          read logs and store now",
    "?          this help",
    "q esc      quit",
    "",
    "Costs are list value: what the tokens would cost, no bill.",
    "Windows of five hours are those of this machine.",
    "A limit is what its vendor said; it may be older than use.",
];

pub(super) fn draw(frame: &mut Frame<'_>, app: &mut App, now: UtcSeconds, look: Look) {
    let rows = [1, 1, 0, 1].map(|height| match height {
        0 => Constraint::Min(0),
        height => Constraint::Length(height),
    });
    let [top, tabs, body, bottom] = Layout::vertical(rows).areas(frame.area());
    frame.render_widget(Paragraph::new(title(app, now)), top);
    frame.render_widget(Paragraph::new(state(app, now)).alignment(Alignment::Right), right(top));
    frame.render_widget(Paragraph::new(views(app)), tabs);
    let scope = if app.local { "this machine" } else { "all machines" };
    frame.render_widget(Paragraph::new(scope).alignment(Alignment::Right), right(tabs));
    frame.render_widget(Paragraph::new(keys(app)), bottom);
    if app.is_help_shown {
        frame.render_widget(Paragraph::new(HELP.map(Line::raw).to_vec()), body);
        return;
    }
    let Some(live) = &app.live else {
        let text = app.failed.as_ref().map_or("reading the logs …", String::as_str);
        frame.render_widget(
            Paragraph::new(name(text, 10_000)).wrap(ratatui::widgets::Wrap { trim: true }),
            body,
        );
        return;
    };
    match app.view {
        View::Now => {
            let lines = overview(live, now, look);
            app.scroll = app.scroll.min(lines.len().saturating_sub(usize::from(body.height)));
            let lines: Vec<Line<'_>> = lines.into_iter().skip(app.scroll).collect();
            frame.render_widget(Paragraph::new(lines), body);
        }
        _ => app.scroll = tables::draw(frame, body, (app, live, now), look),
    }
}

/// The right end of a line: what stands left of it is not drawn over.
fn right(area: Rect) -> Rect {
    let width = area.width.min(20);
    Rect { x: area.x + area.width - width, width, ..area }
}

fn title(app: &App, now: UtcSeconds) -> String {
    let zone = app.live.as_ref().map_or(chrono_tz::Tz::UTC, |live| live.zone);
    let local = now.to_chrono().with_timezone(&zone);
    format!("{} {}", local.format("%a %Y-%m-%d %H:%M:%S"), zone.name())
}

/// How old what is shown is.
fn state(app: &App, now: UtcSeconds) -> String {
    let age = app.live.as_ref().map(|live| now.seconds() - live.at.seconds());
    match age {
        _ if app.is_reading => "reading …".to_owned(),
        _ if app.failed.is_some() => "reading failed".to_owned(),
        None => String::new(),
        Some(age) => format!("read {} ago", span(age)),
    }
}

fn views(app: &App) -> Line<'static> {
    let mut spans = Vec::new();
    for (number, view) in (1..).zip(View::ALL) {
        let shown = view == app.view;
        let style = if shown { Modifier::REVERSED } else { Modifier::empty() };
        // What is shown is told without colors as well.
        let (open, close) = if shown { ('[', ']') } else { (' ', ' ') };
        let text = format!("{open}{number} {}{close}", view.title());
        spans.push(Span::styled(text, Style::default().add_modifier(style)));
    }
    Line::from(spans)
}

fn keys(app: &App) -> Line<'static> {
    if let (Some(reason), false) = (&app.failed, app.live.is_none()) {
        return Line::raw(name(&format!("not read: {reason}"), 1_000));
    }
    let sort = match (app.view, app.sort()) {
        (View::Now, _) => String::new(),
        (View::Month, Sort::Name) => "  s sort: day".to_owned(),
        (_, sort) => format!("  s sort: {}", format!("{sort:?}").to_lowercase()),
    };
    Line::raw(format!("q quit  tab view{sort}  ↑↓ scroll  r read  ? help"))
}

fn overview(live: &Live, now: UtcSeconds, look: Look) -> Vec<Line<'static>> {
    let all = live.by(now, |_| ()).remove(&()).unwrap_or_default();
    let mut lines = vec![heading(&format!(
        "{:NAME$}{:>11}{:>12}{:>14}",
        "", "tokens", "responses", "list value"
    ))];
    lines.push(amount("today", &all.today));
    match windows::open(&live.windows, None, now) {
        Some(window) => {
            lines.push(amount("this window", &window.amount));
            lines.push(Line::raw(pace(live, window, now)));
        }
        None => lines.push(Line::raw("this window       none is open")),
    }
    lines.push(amount("this week", &all.week));
    lines.push(amount("this month", &all.month));
    for budget in &live.budgets {
        let used = budget.used_steps;
        lines.push(part(&format!("budget {}", budget.name), used, budget.text(), look));
    }
    lines.push(heading("limits, as vendors told them"));
    if live.limits.is_empty() {
        lines.push(Line::raw("none was told: unknown"));
    }
    lines.extend(live.limits.iter().map(|limit| limit_line(limit, now, look)));
    if live.problems > 0 {
        let text =
            format!("{} could not be read: `token-matters report` names them", live.problems);
        lines.push(Line::raw(text));
    }
    if live.uses.is_empty() {
        lines.push(Line::raw("No usage was found: `token-matters doctor` says why."));
    }
    lines.extend(tables::of_today(live, now, FIRST));
    lines
}

fn heading(text: &str) -> Line<'static> {
    Line::styled(text.to_owned(), Style::default().add_modifier(Modifier::BOLD))
}

pub(super) fn amount(label: &str, amount: &Amount) -> Line<'static> {
    let tokens = fitting(site::tokens(amount.total_tokens), 10);
    let requests = fitting(site::grouped(amount.requests), 11);
    let cost = fitting(amount.cost(), 13);
    Line::raw(format!("{}{tokens:>11}{requests:>12}{cost:>14}", padded(label, NAME)))
}

/// A number that is too long for its cells is not shown: a part of it would be another number.
pub(super) fn fitting(text: String, cells: usize) -> String {
    if text.chars().count() > cells { "…".to_owned() } else { text }
}

/// How a window goes on.
fn pace(live: &Live, window: &Window, now: UtcSeconds) -> String {
    let (start, left) = (clock(live.zone, window.start), span(window.left(now)));
    let burn = site::tokens(window.tokens_per_minute(now));
    let cost = site::cost(Some(window.cost_per_hour(now)), 0);
    format!("  since {start}, {left} left, {burn}/min, {cost}/h")
}

fn limit_line(limit: &Limit, now: UtcSeconds, look: Look) -> Line<'static> {
    let age = format!("told {} ago", span(limit.age(now)));
    let text = match (limit.used(now), limit.left(now)) {
        (Some(used), Some(left)) => format!("{}, {} left, {age}", percent(used), span(left)),
        (Some(used), None) => format!("{}, {age}", percent(used)),
        (None, _) if limit.reading.used_fraction.is_some() => format!("anew since, {age}"),
        (None, _) => format!("unknown, {age}"),
    };
    part(&limit.name(), limit.used(now), text, look)
}

/// A part that is used, with a bar.
fn part(label: &str, used: Option<u64>, text: String, look: Look) -> Line<'static> {
    let style = match used {
        Some(AT_END..) if look.colors => Style::default().fg(Color::Red),
        Some(NEAR..) if look.colors => Style::default().fg(Color::Yellow),
        _ => Style::default(),
    };
    Line::from(vec![
        Span::raw(format!("{} ", padded(label, NAME))),
        Span::styled(bar(used.unwrap_or(0), 10_000, look), style),
        Span::raw(" "),
        Span::styled(text, style),
    ])
}

/// A bar of ten cells.
pub(super) fn bar(part: u64, whole: u64, look: Look) -> String {
    let (full, rest) = if look.unicode { ("█", "░") } else { ("#", ".") };
    let cells = u128::from(part) * BAR as u128 / u128::from(whole.max(1));
    let cells = usize::try_from(cells).unwrap_or(BAR).min(BAR);
    format!("{}{}", full.repeat(cells), rest.repeat(BAR - cells))
}

/// A name from elsewhere: it steers no terminal, and takes so many cells at most.
pub(super) fn name(text: &str, cells: usize) -> String {
    let clean = plain(text).replace('\n', " ");
    if Span::raw(clean.as_str()).width() <= cells {
        return clean;
    }
    let mut shown = String::new();
    for letter in clean.chars() {
        let width = Span::raw(format!("{shown}{letter}")).width();
        if width + 1 > cells {
            break;
        }
        shown.push(letter);
    }
    shown + "…"
}

/// The same, filled up with blanks.
pub(super) fn padded(text: &str, cells: usize) -> String {
    let name = name(text, cells);
    let width = Span::raw(name.as_str()).width();
    name + &" ".repeat(cells.saturating_sub(width))
}
