//! Names from logs, made harmless for whatever reads them.

use crate::output::controls;

/// A spreadsheet takes a text that begins so for a formula.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// Marks that turn the direction of a text, and ends of lines beside the control characters.
fn steers(letter: char) -> bool {
    matches!(letter, '\n' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
}

/// Whether a letter may steer a terminal, or end a line.
pub(super) fn is_harmful(letter: char) -> bool {
    controls(letter) || steers(letter)
}

/// On one line, and without anything that steers a terminal.
pub(super) fn line(text: &str) -> String {
    text.chars().map(|letter| if is_harmful(letter) { '\u{fffd}' } else { letter }).collect()
}

/// The same as a cell of a spreadsheet, which is no formula. What it takes for one by a blank before is none either.
pub(super) fn csv(text: &str) -> String {
    let text = line(text);
    if text.trim_start().starts_with(FORMULA) { format!("'{text}") } else { text }
}

/// The same as a cell of a Markdown table, where every letter stands for itself.
pub(super) fn markdown(text: &str) -> String {
    let mut escaped = String::new();
    for letter in line(text).chars() {
        match letter {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '!' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) const HOSTILE: &str = "\u{1b}[31mred\"\n\u{202e}evil\u{200f}|x\u{9b}2J\u{7f}";

    #[test]
    fn no_line_steers_a_terminal() {
        assert_eq!(
            line(HOSTILE),
            "\u{fffd}[31mred\"\u{fffd}\u{fffd}evil\u{fffd}|x\u{fffd}2J\u{fffd}"
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "--json"] {
            let cell = csv(bad);
            assert!(cell.starts_with('\'') || cell.starts_with('\u{fffd}'), "{bad:?}: {cell:?}");
        }
        assert_eq!(csv("claude-code"), "claude-code");
    }

    #[test]
    fn markdown_shows_every_letter() {
        assert_eq!(markdown("a|b_c`<b>&"), "a\\|b\\_c\\`&lt;b&gt;&amp;");
    }
}
