//! What was found, as lines for people and as JSON for programs.

use std::fmt::Write as _;

use super::{Check, Group, State};
use crate::environment::Terminal;
use crate::health::without_logs;
use crate::output::plain;

/// Everything as JSON.
pub(crate) fn json(groups: &[Group]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(groups).map(|text| text + "\n")
}

/// Everything as lines, with a summary. Tools that are not here share a line, unless `everything` is wanted.
pub(crate) fn text(groups: &[Group], terminal: Terminal, everything: bool) -> String {
    let mut text = String::new();
    for group in groups {
        line(&mut text, &painted(group.group, BOLD, terminal));
        let (folded, shown): (Vec<&Check>, Vec<&Check>) =
            group.checks.iter().partition(|check| check.folds && !everything);
        for check in shown {
            lines_of(&mut text, check, terminal);
        }
        let titles: Vec<&str> = folded.iter().map(|check| check.label.as_str()).collect();
        let others = group.checks.iter().any(|check| check.source.is_some() && !check.folds);
        if let Some(told) = without_logs(&titles, others, false) {
            line(&mut text, &format!("  {} {told}", mark(State::Off, terminal)));
        }
    }
    let checks = || groups.iter().flat_map(|group| &group.checks);
    let count = |state: State| checks().filter(|check| check.state == state).count();
    let counts = [
        (State::Pass, "good"),
        (State::Warn, "to look at"),
        (State::Fail, "broken"),
        (State::Fixed, "repaired"),
        (State::Off, "not used"),
    ];
    let counts = counts.map(|(state, word)| {
        let mark = mark(state, terminal);
        format!("{mark} {} {word}", count(state))
    });
    line(&mut text, &format!("{}: {}", painted("Summary", BOLD, terminal), counts.join("   ")));
    if checks().any(|check| check.fixable) {
        line(&mut text, "`token-matters doctor --fix` repairs what is marked (fixable)");
    }
    text
}

fn lines_of(text: &mut String, check: &Check, terminal: Terminal) {
    let Check { label, state, message, remedy, fixable, .. } = check;
    let mark = mark(*state, terminal);
    let fixable = if *fixable { painted(" (fixable)", GREY, terminal) } else { String::new() };
    line(text, &format!("  {mark} {}: {}{fixable}", plain(label), one_line(message)));
    if let Some(remedy) = remedy {
        let arrow = if terminal.unicode { "→" } else { "->" };
        line(text, &format!("      {arrow} {}", one_line(remedy)));
    }
}

fn line(text: &mut String, line: &str) {
    let _ = writeln!(text, "{line}");
}

/// Names and messages of others may not steer the terminal, nor look like a check of ours.
fn one_line(text: &str) -> String {
    plain(text).replace('\n', "; ")
}

const BOLD: u8 = 1;
const GREY: u8 = 90;

fn mark(state: State, terminal: Terminal) -> String {
    let (sign, plain_sign, color) = match state {
        State::Pass => ("✓", "[ok]", 32),
        State::Warn => ("⚠", "[!]", 33),
        State::Fail => ("✗", "[FAIL]", 31),
        State::Fixed => ("✦", "[fixed]", 36),
        State::Off => ("-", "-", GREY),
    };
    painted(if terminal.unicode { sign } else { plain_sign }, color, terminal)
}

fn painted(text: &str, color: u8, terminal: Terminal) -> String {
    if terminal.colors { format!("\u{1b}[{color}m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups() -> Vec<Group> {
        let checks = vec![
            Check::pass("git", "2.47.3"),
            Check::fail("name\u{1b}[2J", "a\nb", "do this").fixable(),
            Check::fixed("folder", "made"),
            Check::off("codex", "not found"),
            Check::warn("room", "little", "make room"),
        ];
        vec![Group { group: "Things", checks }]
    }

    #[test]
    fn lines_say_what_is_wrong_and_what_to_do_in_any_terminal() {
        let simple = Terminal { colors: false, unicode: false };
        let expected = "Things\n  [ok] git: 2.47.3\n  [FAIL] name\u{fffd}[2J: a; b (fixable)\n      -> do this\n  [fixed] folder: made\n  - codex: not found\n  [!] room: little\n      -> make room\nSummary: [ok] 1 good   [!] 1 to look at   [FAIL] 1 broken   [fixed] 1 repaired   - 1 not used\n`token-matters doctor --fix` repairs what is marked (fixable)\n";
        let shown = text(&groups(), simple, false);
        assert_eq!(shown.replace('\u{fffd}', "?"), expected.replace('\u{fffd}', "?"));
        let full = text(&groups(), Terminal { colors: false, unicode: true }, false);
        for sign in ["  ✓ git", "  ✗ name", "  ✦ folder", "  ⚠ room", "      → do this"] {
            assert!(full.contains(sign), "{full}");
        }
        let colored = text(&groups(), Terminal { colors: true, unicode: true }, false);
        assert!(colored.contains("\u{1b}[32m✓\u{1b}[0m git"), "{colored}");
        assert!(!colored.contains("\u{1b}[2J"), "names do not steer the terminal");
    }

    #[test]
    fn tools_that_are_not_here_share_a_line_unless_all_are_wanted() {
        let off = |title: &str| Check::off(title, "not found").folding();
        let checks = vec![off("A"), Check::pass("B", "3 logs"), off("C")];
        let groups = [Group { group: "Sources", checks }];
        let simple = Terminal { colors: false, unicode: false };
        let shown = text(&groups, simple, false);
        assert!(
            shown.starts_with(
                "Sources\n  [ok] B: 3 logs\n  - 2 tools have left no logs on this machine: A, C\n"
            ),
            "{shown}"
        );
        let shown = text(&groups, simple, true);
        assert!(shown.starts_with("Sources\n  - A: not found\n  [ok] B: 3 logs\n"), "{shown}");
        assert_eq!(json(&groups).unwrap().matches("not found").count(), 2, "programs get all");
    }
}
