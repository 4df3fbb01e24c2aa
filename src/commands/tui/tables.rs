//! Sources, models and days as tables.

use std::cmp::Reverse;

use data_schema::UtcSeconds;
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Cell, Row, Table};

use super::app::{App, Sort, View};
use super::draw::{Look, amount, bar, fitting, name};
use super::live::{Live, Periods, Use};
use crate::current::Amount;

/// Cells of a name at most.
const NAME: usize = 40;
/// Widths from which on there are bars, and numbers of responses.
const WITH_BARS: u16 = 76;
const WITH_RESPONSES: u16 = 100;

/// A row before it is drawn.
struct Entry {
    name: String,
    today: Amount,
    month: Amount,
}

/// Draws a table, and returns how far it is scrolled.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    (app, live, now): (&App, &Live, UtcSeconds),
    look: Look,
) -> usize {
    let rows = sorted(rows(live, now, app.view), app.sort());
    let total = rows.iter().fold(Periods::default(), |mut sum, row| {
        sum.today.add(row.today);
        sum.month.add(row.month);
        sum
    });
    let [table, foot] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(area);
    // One line is the header's.
    let shown = usize::from(table.height.saturating_sub(1));
    let scroll = app.scroll.min(rows.len().saturating_sub(shown));
    let most = rows.iter().map(|row| row.month.total_tokens).max().unwrap_or(0);
    let is_month = app.view == View::Month;
    let of = |row: &Entry| {
        let bar = bar(row.month.total_tokens, most, look);
        cells(&row.name, (row.today, row.month), bar, (area.width, is_month))
    };
    let drawn = rows.iter().skip(scroll).take(shown).map(|row| Row::new(of(row)));
    let bold = Style::default().add_modifier(Modifier::BOLD);
    let header = Row::new(headers(app.view, area.width)).style(bold);
    let widths = widths(area.width, is_month);
    frame.render_widget(Table::new(drawn, widths.clone()).header(header), table);
    let all = cells("all", (total.today, total.month), String::new(), (area.width, is_month));
    frame.render_widget(Table::new([Row::new(all).style(bold)], widths), foot);
    scroll
}

fn rows(live: &Live, now: UtcSeconds, view: View) -> Vec<Entry> {
    let title = |source: &str| data_schema::sources::title(source).unwrap_or(source).to_owned();
    let name: &dyn Fn(&Use) -> String = match view {
        View::Models => &|part| format!("{} · {}", part.model, title(&part.source)),
        View::Month => &|part| part.day.format("%Y-%m-%d %a").to_string(),
        _ => &|part| title(&part.source),
    };
    let sums = live.by(now, name).into_iter();
    let rows = sums.map(|(name, Periods { today, month, .. })| Entry { name, today, month });
    // Of the week there may be days of the month before.
    rows.filter(|row| row.month.requests > 0 || row.month.total_tokens > 0).collect()
}

fn sorted(mut rows: Vec<Entry>, sort: Sort) -> Vec<Entry> {
    match sort {
        Sort::Name => {
            // Days begin with digits, and the newest is the first.
            if rows.iter().all(|row| row.name.starts_with(|sign: char| sign.is_ascii_digit())) {
                rows.sort_by(|one, other| other.name.cmp(&one.name));
            }
        }
        Sort::Tokens => rows.sort_by_key(|row| Reverse(row.month.total_tokens)),
        Sort::Cost => rows.sort_by_key(|row| Reverse(row.month.list_usd)),
        Sort::Responses => rows.sort_by_key(|row| Reverse(row.month.requests)),
    }
    rows
}

fn headers(view: View, width: u16) -> Vec<Cell<'static>> {
    let first = match view {
        View::Models => "model",
        View::Month => "day",
        _ => "source",
    };
    let mut cells = vec![Cell::from(first)];
    if view != View::Month {
        cells.extend(["today", "list value"].map(right));
    }
    let month = if view == View::Month { "tokens" } else { "month" };
    cells.extend([month, "list value"].map(right));
    if width >= WITH_RESPONSES || view == View::Month {
        cells.push(right("responses"));
    }
    cells
}

fn cells(
    label: &str,
    (today, month): (Amount, Amount),
    bar: String,
    (width, is_month): (u16, bool),
) -> Vec<Cell<'static>> {
    let mut cells = vec![Cell::from(name(label, NAME))];
    let tokens = |amount: Amount| fitting(site::tokens(amount.total_tokens), 8);
    let of = |amount: Amount| [tokens(amount), fitting(short_cost(amount), 10)];
    if !is_month {
        cells.extend(of(today).map(right));
    }
    cells.extend(of(month).map(right));
    if width >= WITH_RESPONSES || is_month {
        cells.push(right(fitting(site::grouped(month.requests), 10)));
    }
    if width >= WITH_BARS {
        cells.push(Cell::from(bar));
    }
    cells
}

/// Ten cells are not enough for the words.
fn short_cost(amount: Amount) -> String {
    let cost = amount.cost();
    if cost.starts_with(['$', '<', '-']) { cost } else { "no price".to_owned() }
}

fn widths(width: u16, is_month: bool) -> Vec<Constraint> {
    let mut widths = vec![Constraint::Min(14)];
    let pairs = if is_month { 1 } else { 2 };
    for _ in 0..pairs {
        widths.extend([Constraint::Length(8), Constraint::Length(10)]);
    }
    if width >= WITH_RESPONSES || is_month {
        widths.push(Constraint::Length(10));
    }
    if width >= WITH_BARS {
        widths.push(Constraint::Length(10));
    }
    widths
}

fn right(text: impl Into<String>) -> Cell<'static> {
    Cell::from(Text::from(text.into()).alignment(Alignment::Right))
}

/// The first sources and models of today, under the overview.
pub(super) fn of_today(live: &Live, now: UtcSeconds, most: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (title, view) in [("sources today", View::Sources), ("models today", View::Models)] {
        let mut rows = rows(live, now, view);
        rows.retain(|row| row.today.requests > 0);
        rows.sort_by_key(|row| Reverse(row.today.total_tokens));
        if rows.is_empty() {
            continue;
        }
        let style = Style::default().add_modifier(Modifier::BOLD);
        lines.push(Line::styled(title, style));
        lines.extend(rows.iter().take(most).map(|row| amount(&row.name, &row.today)));
        if rows.len() > most {
            let key = if view == View::Sources { 2 } else { 3 };
            lines.push(Line::raw(format!("{} more: press {key}", rows.len() - most)));
        }
    }
    lines
}
