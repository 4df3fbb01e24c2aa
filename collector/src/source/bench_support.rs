//! What the benches of this crate measure. It is not for anybody else, and may change at any time.

use crate::lines::{Line, Lines, Markers};

/// Number of the lines with one of at most four markers; 0 if there are none.
pub fn marked_lines(text: &[u8], markers: &'static [&'static str]) -> u64 {
    let markers = Markers::any(markers);
    let mut count = 0;
    let read = Lines::new(text).for_each(&markers, |_, _| count += 1);
    read.map_or(0, |()| count)
}

/// Whether a line of Claude Code can be parsed.
pub fn parses_as_claude_code(line: &[u8]) -> bool {
    let line: Line<'_, &[u8]> = Line::Whole(line);
    line.parse_into(&mut super::claude_code::shape::Event::default()).is_ok()
}

/// Whether a line of Codex can be parsed.
pub fn parses_as_codex(line: &[u8]) -> bool {
    let line: Line<'_, &[u8]> = Line::Whole(line);
    line.parse_into(&mut super::codex::shape::Event::default()).is_ok()
}
