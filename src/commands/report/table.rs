//! A table that fits its terminal.

use ratatui::text::Span;

use super::numbers::{LEGEND, NO_PRICE};
use super::sheet::{Column, Context, DETAILS, Kind, Line, Tone, columns};
use super::text;

/// How a table is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Columns that it may take; `None` = as many as it likes.
    pub(super) width: Option<usize>,
    /// Whether meaning has a color.
    pub(super) colors: bool,
}

/// The table, with what its marks mean.
pub(super) fn table(lines: &[Line<'_>], context: &Context, style: Style) -> String {
    let (columns, widths) = fitting(lines, context, style.width);
    let mut text = draw(lines, &columns, &widths, style.colors);
    text.push_str(&legend(&columns));
    text
}

/// The most detail that fits; the least if nothing does, because a number is never cut.
fn fitting(
    lines: &[Line<'_>],
    context: &Context,
    limit: Option<usize>,
) -> (Vec<Column>, Vec<usize>) {
    let mut found = (Vec::new(), Vec::new());
    for detail in DETAILS {
        let columns: Vec<Column> = columns(lines, context, detail)
            .into_iter()
            .map(|column| prepared(column, detail.letters))
            .collect();
        let widths: Vec<usize> = columns.iter().map(widest).collect();
        let fits = limit.is_none_or(|limit| whole(&widths) <= limit);
        found = (columns, widths);
        if fits {
            break;
        }
    }
    found
}

/// Columns of the terminal that a table takes: a line at each side, and a blank at both sides of a cell with one more
/// between two of them.
fn whole(widths: &[usize]) -> usize {
    widths.iter().map(|width| width + 3).sum::<usize>() + 1
}

fn width(text: &str) -> usize {
    Span::raw(text).width()
}

fn widest(column: &Column) -> usize {
    let cells = column.cells.iter().map(|cell| width(&cell.text));
    cells.chain([width(&column.title)]).max().unwrap_or(0)
}

/// A column whose texts are harmless, and whose names have so many letters at most. Digits stand below digits: where
/// one number has a mark behind it, all others have a blank there.
fn prepared(mut column: Column, letters: usize) -> Column {
    let has_mark = column.cells.iter().any(|cell| is_marked(&cell.text));
    for cell in &mut column.cells {
        cell.text = text::line(&cell.text);
        match column.kind {
            Kind::Name => cell.text = cut(&cell.text, letters),
            Kind::Number if has_mark && !is_marked(&cell.text) && cell.text != NO_PRICE => {
                cell.text.push(' ');
            }
            Kind::Number | Kind::Key => {}
        }
    }
    column
}

fn is_marked(text: &str) -> bool {
    text.ends_with('+')
}

/// A text that takes so many columns at most.
fn cut(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 1;
    for letter in text.chars() {
        used += width(letter.encode_utf8(&mut [0; 4]));
        if used > limit {
            break;
        }
        cut.push(letter);
    }
    cut.push('…');
    cut
}

fn draw(lines: &[Line<'_>], columns: &[Column], widths: &[usize], colors: bool) -> String {
    let inner = whole(widths).saturating_sub(2);
    let edge =
        |left: &str, line: &str, right: &str| [left, &line.repeat(inner), right, "\n"].concat();
    let mut text = edge("┌", "─", "┐");
    let titles: Vec<String> = columns
        .iter()
        .zip(widths)
        .map(|(column, width)| aligned(&column.title, column.kind, *width))
        .collect();
    text.push_str(&framed(&titles));
    text.push_str(&edge("╞", "═", "╡"));
    for (place, line) in lines.iter().enumerate() {
        let cells: Vec<String> = columns
            .iter()
            .zip(widths)
            .map(|(column, width)| {
                let cell = &column.cells[place];
                let text = aligned(&cell.text, column.kind, *width);
                if colors { colored(&text, cell.tone, line) } else { text }
            })
            .collect();
        text.push_str(&framed(&cells));
    }
    text.push_str(&edge("└", "─", "┘"));
    text
}

fn framed(cells: &[String]) -> String {
    format!("│ {} │\n", cells.join("   "))
}

fn aligned(text: &str, kind: Kind, size: usize) -> String {
    let blanks = " ".repeat(size.saturating_sub(width(text)));
    if kind == Kind::Number { format!("{blanks}{text}") } else { format!("{text}{blanks}") }
}

/// Yellow is what misses something, green what goes on; sums are bold, and parts and gaps dim.
fn colored(text: &str, tone: Tone, line: &Line<'_>) -> String {
    let code = match (tone, line) {
        (Tone::Missing, _) => "33",
        (Tone::Active, _) => "32",
        (Tone::Plain, Line::All(_)) => "1",
        (Tone::Plain, Line::Part(_) | Line::Gap(..)) => "2",
        (Tone::Plain, Line::Row(_)) => return text.to_owned(),
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// What the marks mean that are in use.
pub(super) fn legend(columns: &[Column]) -> String {
    let numbers = columns.iter().filter(|column| column.kind == Kind::Number);
    let cells: Vec<&str> =
        numbers.flat_map(|column| &column.cells).map(|cell| cell.text.trim()).collect();
    let is_used = |mark: char| {
        cells.iter().any(|cell| match mark {
            '~' => cell.starts_with(mark),
            _ => cell.ends_with(mark),
        })
    };
    let mut legend = String::new();
    for (mark, meaning) in LEGEND.into_iter().filter(|(mark, _)| is_used(*mark)) {
        legend.push(mark);
        legend.extend([" ", meaning, "\n"]);
    }
    legend
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_name_takes_no_more_than_it_may() {
        assert_eq!(cut("claude-sonnet-4-5", 8), "claude-…");
        assert_eq!(cut("short", 8), "short");
        // Wide letters take two columns.
        assert_eq!(cut("東京都庁舎", 6), "東京…");
        assert!(width(&cut("東京都庁舎", 6)) <= 6);
    }

    #[test]
    fn digits_stand_below_digits() {
        let cells = ["1.20+", "12.34", NO_PRICE].map(super::super::sheet::Cell::new).to_vec();
        let column = Column { title: "List".to_owned(), kind: Kind::Number, cells };
        let column = prepared(column, 8);
        let texts: Vec<&str> = column.cells.iter().map(|cell| &*cell.text).collect();
        assert_eq!(texts, ["1.20+", "12.34 ", NO_PRICE]);
    }
}
