//! A report as columns of texts: what tables for people are made of.

use chrono_tz::Tz;
use data_schema::UtcSeconds;
use summarizer::{Grouping, Report, Row};

use super::amounts::Shown;
use super::{blocks, numbers};

/// What a table needs to know beside the report.
pub(super) struct Context {
    pub(super) grouping: Grouping,
    pub(super) zone: Tz,
    pub(super) now: UtcSeconds,
    /// Absent if nobody wants to see money.
    pub(super) money: Option<Shown>,
    /// Whether rows stand in the order of time.
    pub(super) in_time: bool,
}

/// What a cell means; colors say nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    /// Something is missing in the number.
    Missing,
    /// It goes on.
    Active,
}

#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) tone: Tone,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Plain }
    }
}

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name that may be cut.
    Name,
    /// A key that may not.
    Key,
    /// A number.
    Number,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) title: String,
    pub(super) kind: Kind,
    pub(super) cells: Vec<Cell>,
}

/// A line of a table.
#[derive(Clone, Copy, Debug)]
pub(super) enum Line<'a> {
    Row(&'a Row),
    /// What a row is made of.
    Part(&'a Row),
    /// Time between two windows.
    Gap(UtcSeconds, UtcSeconds),
    /// The sum of all.
    All(&'a Row),
}

/// How much a table shows: the narrower, the less.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
pub(super) struct Detail {
    pub(super) responses: bool,
    /// Cached tokens in two columns, one or none.
    pub(super) caches: u8,
    /// Input and output apart.
    pub(super) classes: bool,
    pub(super) plan: bool,
    pub(super) billed: bool,
    /// Speed of windows.
    pub(super) speed: bool,
    /// Letters of a name.
    pub(super) letters: usize,
    /// Numbers as 1.2M.
    pub(super) short: bool,
}

const FULL: Detail = Detail {
    responses: true,
    caches: 2,
    classes: true,
    plan: true,
    billed: true,
    speed: true,
    letters: usize::MAX,
    short: false,
};
const CUT: Detail = Detail { letters: 40, ..FULL };
const NO_RESPONSES: Detail = Detail { responses: false, ..CUT };
const ONE_CACHE: Detail = Detail { caches: 1, letters: 32, ..NO_RESPONSES };
const NO_CACHE: Detail = Detail { caches: 0, letters: 24, ..ONE_CACHE };
const NO_CLASSES: Detail = Detail { classes: false, ..NO_CACHE };
const NO_PLAN: Detail = Detail { plan: false, speed: false, ..NO_CLASSES };
const NO_BILLED: Detail = Detail { billed: false, ..NO_PLAN };
const SHORT_NAMES: Detail = Detail { letters: 12, ..NO_BILLED };
const SHORT: Detail = Detail { letters: 8, short: true, ..SHORT_NAMES };

/// In the order in which a table gives things up.
pub(super) const DETAILS: [Detail; 10] = [
    FULL,
    CUT,
    NO_RESPONSES,
    ONE_CACHE,
    NO_CACHE,
    NO_CLASSES,
    NO_PLAN,
    NO_BILLED,
    SHORT_NAMES,
    SHORT,
];

/// All lines of a report.
pub(super) fn lines<'a>(report: &'a Report, context: &Context) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let mut end: Option<UtcSeconds> = None;
    for row in &report.rows {
        if context.grouping == Grouping::Blocks && context.in_time {
            if let (Some(end), Some(start)) = (end, row.start)
                && end < start
            {
                lines.push(Line::Gap(end, start));
            }
            end = end.max(row.end);
        }
        lines.push(Line::Row(row));
        lines.extend(row.parts.iter().map(Line::Part));
    }
    lines.push(Line::All(&report.totals));
    lines
}

/// The columns of so much detail.
pub(super) fn columns(lines: &[Line<'_>], context: &Context, detail: Detail) -> Vec<Column> {
    let mut columns = keys(lines, context, detail);
    columns.extend(names(lines, context));
    columns.extend(numbers::columns(lines, context, detail));
    columns
}

/// A column of all lines; `None` if there is nothing in it.
pub(super) fn column(
    title: &str,
    kind: Kind,
    lines: &[Line<'_>],
    cell: impl Fn(&Line<'_>) -> Option<Cell>,
) -> Option<Column> {
    let cells: Vec<Option<Cell>> = lines.iter().map(cell).collect();
    if cells.iter().all(Option::is_none) {
        return None;
    }
    let cells = cells.into_iter().map(|cell| cell.unwrap_or_else(|| Cell::new(""))).collect();
    Some(Column { title: title.to_owned(), kind, cells })
}

/// What rows are about.
fn keys(lines: &[Line<'_>], context: &Context, detail: Detail) -> Vec<Column> {
    if context.grouping == Grouping::Blocks {
        return blocks::keys(lines, context, !detail.short);
    }
    let (title, kind) = match context.grouping {
        Grouping::Daily | Grouping::Blocks => ("Day", Kind::Key),
        Grouping::Weekly => ("Week", Kind::Key),
        Grouping::Monthly => ("Month", Kind::Key),
        Grouping::Yearly => ("Year", Kind::Key),
        Grouping::Hours => ("Hour", Kind::Key),
        // In full: `store forget --session` takes what is shown here.
        Grouping::Session => ("Session", Kind::Key),
        Grouping::Models => ("Model", Kind::Name),
        Grouping::Projects => ("Project", Kind::Name),
        Grouping::Machines => ("Machine", Kind::Name),
    };
    let mut last = None;
    let mut cells = Vec::new();
    for line in lines {
        let name = match line {
            Line::Row(row) => row.others.map_or_else(|| key(row, context), others),
            Line::All(_) => "All".to_owned(),
            Line::Part(_) | Line::Gap(..) => String::new(),
        };
        // A name that stands above already is not said again.
        let is_said = matches!(line, Line::Row(_)) && last.as_ref() == Some(&name);
        cells.push(Cell::new(if is_said { "" } else { name.as_str() }));
        if matches!(line, Line::Row(_)) {
            last = Some(name);
        }
    }
    vec![Column { title: title.to_owned(), kind, cells }]
}

fn others(count: u64) -> String {
    match count {
        1 => "1 other".to_owned(),
        count => format!("{} others", crate::output::grouped(count)),
    }
}

fn key(row: &Row, context: &Context) -> String {
    let text = match context.grouping {
        Grouping::Daily | Grouping::Blocks => row.date.map(|date| date.to_string()),
        Grouping::Weekly => row.week.clone(),
        Grouping::Monthly => row.month.clone(),
        Grouping::Yearly => row.year.clone(),
        Grouping::Hours => Some(
            row.hour.map_or_else(|| blocks::NO_TIME.to_owned(), |hour| format!("{hour:02}:00")),
        ),
        Grouping::Session => row.session.clone(),
        Grouping::Models => row.model.clone(),
        Grouping::Projects => row.project.as_deref().map(project),
        Grouping::Machines => row.machine.clone(),
    };
    text.unwrap_or_default()
}

/// A project's name for people.
pub(super) fn project(name: &str) -> String {
    if name.is_empty() { "(no project)".to_owned() } else { name.to_owned() }
}

/// By what rows are split or taken apart.
fn names(lines: &[Line<'_>], context: &Context) -> Vec<Column> {
    type Name = fn(&Row) -> Option<String>;
    let source: Name = |row| row.provider.as_deref().map(|id| source_title(id).to_owned());
    let model: Name = |row| row.model.clone();
    let of_project: Name = |row| row.project.as_deref().map(project);
    let machine: Name = |row| row.machine.clone();
    let all = [
        ("Source", source, None),
        ("Model", model, Some(Grouping::Models)),
        ("Project", of_project, Some(Grouping::Projects)),
        ("Machine", machine, Some(Grouping::Machines)),
    ];
    let others = all.into_iter().filter(|(.., lead)| *lead != Some(context.grouping));
    let columns = others.filter_map(|(title, name, _)| {
        column(title, Kind::Name, lines, |line| match line {
            Line::Row(row) | Line::Part(row) => name(row).map(Cell::new),
            Line::Gap(..) | Line::All(_) => None,
        })
    });
    columns.collect()
}

/// A source's name for people.
fn source_title(id: &str) -> &str {
    data_schema::sources::title(id).unwrap_or(id)
}
