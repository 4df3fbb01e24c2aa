//! A Markdown table, with all columns.

use super::sheet::{Column, Context, DETAILS, Kind, Line, columns};
use super::table::legend;
use super::text;

pub(super) fn markdown(lines: &[Line<'_>], context: &Context) -> String {
    let columns: Vec<Column> = columns(lines, context, DETAILS[0]);
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut table = row(columns.iter().map(|column| text::markdown(&column.title)).collect());
    let lines_below = columns.iter().map(|column| match column.kind {
        Kind::Number => "---:".to_owned(),
        Kind::Name | Kind::Key => "---".to_owned(),
    });
    table.push_str(&row(lines_below.collect()));
    for (place, line) in lines.iter().enumerate() {
        let cell = |column: &Column| {
            let text = text::markdown(&column.cells[place].text);
            if matches!(line, Line::All(_)) && !text.is_empty() {
                format!("**{text}**")
            } else {
                text
            }
        };
        table.push_str(&row(columns.iter().map(cell).collect()));
    }
    let legend = legend(&columns);
    if !legend.is_empty() {
        table.push('\n');
        table.extend(legend.lines().map(|line| format!("{}  \n", text::markdown(line))));
    }
    table
}
