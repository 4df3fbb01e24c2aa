//! All printing. Data goes to stdout, everything else to stderr.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use site::Built;
pub(crate) use site::grouped;
use store::Problem;

use crate::log_file;

/// Prints data. A reader that has gone (`| head`) is no fault.
pub(crate) fn data(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Where long data goes, line by line.
pub(crate) fn sink() -> impl Write {
    io::BufWriter::with_capacity(1 << 16, io::stdout().lock())
}

/// Prints long data. A reader that has gone (`| head`) is no fault.
pub(crate) fn stream(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = sink();
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// What was to be told while nothing might be printed; none while notes are printed.
static HELD: Mutex<Option<Vec<String>>> = Mutex::new(None);

/// Keeps notes back from here on: something else draws on the terminal.
pub(crate) fn hold() {
    *HELD.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
}

/// Returns what was kept back, each once. Notes are printed again from here on.
pub(crate) fn release() -> Vec<String> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
}

/// Does something that tells nothing.
pub(crate) fn silently<T>(task: impl FnOnce() -> T) -> T {
    let before = HELD.lock().unwrap_or_else(PoisonError::into_inner).replace(Vec::new());
    let result = task();
    *HELD.lock().unwrap_or_else(PoisonError::into_inner) = before;
    result
}

/// Tells a person something.
pub(crate) fn note(text: &str) {
    let text = plain(text);
    if let Some(held) = HELD.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        if !held.contains(&text) {
            held.push(text);
        }
        return;
    }
    log_file::add(&text);
    let mut stderr = io::stderr().lock();
    // Nobody can be told that nobody can be told.
    let _ = writeln!(stderr, "{text}");
}

/// Tells a person a key, the one time that it is known: it goes into no log file.
pub(crate) fn secret(text: &str) -> io::Result<()> {
    io::stderr().lock().write_all(text.as_bytes())
}

/// Tells a person what is good to know and no fault.
pub(crate) fn notes(notices: &[String]) {
    for notice in notices {
        note(&format!("note: {notice}"));
    }
}

/// Tells of letters that pictures cannot show: whoever sees them elsewhere must not wonder.
pub(crate) fn boxes(built: &Built) {
    if built.boxes > 0 {
        note(&format!("note: {}", missing(built.boxes)));
    }
}

fn missing(letters: usize) -> String {
    let (are, them) =
        if letters == 1 { ("is shown as a box", "it") } else { ("are shown as boxes", "them") };
    let letters = counted(letters, "letter");
    format!(
        "{letters} in pictures {are}, because no font here has {them}: install one that has, such as fonts-noto-cjk"
    )
}

/// Warns of files of the store that could not be used; `left` says what becomes of them.
pub(crate) fn problems(problems: &[Problem], left: &str) {
    for Problem { path, reason } in problems {
        note(&format!("warning: {path}: {reason}{left}"));
    }
}

/// Replaces control characters, which names from logs may contain, so that they cannot steer a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|letter| if controls(letter) { '\u{fffd}' } else { letter }).collect()
}

/// Whether a letter steers a terminal, or turns the direction of a text.
pub(crate) fn controls(letter: char) -> bool {
    (letter.is_control() && letter != '\n')
        || ('\u{202a}'..='\u{202e}').contains(&letter)
        || ('\u{2066}'..='\u{2069}').contains(&letter)
}

/// A number of things: `1 file`, `2,000 files`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", grouped(count as u64))
}

/// Bytes as people read them.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    let unit = UNITS.iter().find(|(unit, _)| count >= *unit);
    unit.map_or_else(
        || format!("{count} bytes"),
        |(unit, name)| format!("{}.{} {name}", count / unit, count % unit * 10 / unit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_logs_cannot_steer_a_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\u{202e}c\nd"), "a\u{fffd}[31mb\u{fffd}c\nd");
    }

    #[test]
    fn letters_without_a_font_are_told_with_what_helps() {
        assert!(
            missing(1).starts_with(
                "1 letter in pictures is shown as a box, because no font here has it: "
            )
        );
        assert!(missing(3).starts_with(
            "3 letters in pictures are shown as boxes, because no font here has them: "
        ));
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(1_610_612_736), "1.5 GB");
        assert_eq!(bytes(12), "12 bytes");
    }
}
