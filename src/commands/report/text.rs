//! Names from logs, made harmless for whatever reads them.

use crate::output::plain;

/// A spreadsheet takes a text that begins so for a formula.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// Marks that turn the direction of a text, and ends of lines beside the control characters.
fn steers(letter: char) -> bool {
    matches!(letter, '\n' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
}

/// On one line, and without anything that steers a terminal.
pub(super) fn line(text: &str) -> String {
    plain(text).chars().map(|letter| if steers(letter) { '\u{fffd}' } else { letter }).collect()
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

/// JSON with all letters written as numbers that would steer the terminal that it is printed in. It says the same:
/// they can only stand in texts.
pub(super) fn json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        // The text's own ends of lines stand between its parts.
        let is_layout = letter == '\n';
        if !is_layout && line(letter.encode_utf8(&mut [0; 4])) == "\u{fffd}" && letter != '\u{fffd}'
        {
            // All of them are below U+10000: one number is enough.
            let number = format!("\\u{:04x}", u32::from(letter));
            escaped.push_str(&number);
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "\u{1b}[31mred\"\n\u{202e}evil\u{200f}|x\u{9b}2J\u{7f}";

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

    #[test]
    fn json_says_the_same_in_other_letters() {
        let text = serde_json::to_string_pretty(&[HOSTILE, "ä\u{fffd}"]).unwrap();
        let escaped = json(&text);
        let told: Vec<String> = serde_json::from_str(&escaped).unwrap();
        assert_eq!(told, [HOSTILE, "ä\u{fffd}"]);
        let steering = escaped.chars().filter(|letter| *letter != '\n');
        assert!(!steering.into_iter().any(|letter| letter.is_control() || steers(letter)));
        assert!(escaped.contains("ä\u{fffd}") && !escaped.contains('\u{202e}'));
    }
}
