//! The system's scheduler: does it run the collect, and is the program that it starts still there?

use std::path::{Path, PathBuf};

use collector::schedule::{Entry, Host, Mechanism, obstacle};
use data_schema::UtcSeconds;

use super::{Check, Visit};
use crate::cli::Global;
use crate::commands::schedule::Record;
use crate::environment;
use crate::installed::Installed;

/// Name of the program's file.
const PROGRAM: &str = "token-matters";

/// What the scheduler is told.
pub(super) struct Scheduled {
    pub(super) checks: Vec<Check>,
    /// Whether anything is installed.
    pub(super) is_installed: bool,
    /// Since when, where that was noted.
    pub(super) since: Option<UtcSeconds>,
}

pub(super) fn look(visit: &Visit, global: &Global) -> Scheduled {
    const LABEL: &str = "schedule";
    // The scheduler works for the user, wherever the logs are that `--home` names.
    let own = environment::read(&Global { home: None, ..global.clone() });
    let host = Host::new(own.as_ref().unwrap_or(visit.environment()));
    let record = Record::read(visit.data());
    let mut checks = Vec::new();
    let mut is_installed = false;
    for (mechanism, entry) in Record::look(&host, visit.data()) {
        match entry {
            Ok(Some(entry)) => {
                is_installed = true;
                checks.extend(installed(visit, mechanism, &entry, record.as_ref()));
            }
            Ok(None) => {}
            Err(error) => {
                let remedy = "`token-matters schedule status` tells more";
                checks.push(Check::warn(LABEL, format!("{}: {error}", mechanism.title()), remedy));
            }
        }
    }
    if checks.is_empty() {
        let message = "nothing collects by itself: what a tool deletes before you collect is lost";
        checks.push(Check::warn(LABEL, message, "`token-matters schedule install`"));
    }
    let since = record.map(|record| record.installed_at).filter(|_| is_installed);
    Scheduled { checks, is_installed, since }
}

fn installed(
    visit: &Visit,
    mechanism: Mechanism,
    entry: &Entry,
    record: Option<&Record>,
) -> Vec<Check> {
    const LABEL: &str = "schedule";
    let again = "`token-matters schedule install` replaces it";
    let place = format!("{}: {}", mechanism.title(), entry.place);
    if entry.is_of_predecessor() {
        let message = format!("{place} still starts Token Matters 1.x");
        return vec![Check::warn(LABEL, message, again)];
    }
    if !entry.is_active {
        let message = format!("{place} is there, but the scheduler does not run it");
        return vec![Check::fail(LABEL, message, again)];
    }
    let mut checks = vec![Check::pass(LABEL, place)];
    let noted = record.filter(|record| record.mechanism == mechanism).map(|record| &record.program);
    let path = named_program(&entry.text).or_else(|| noted.cloned());
    checks.extend(path.map(|path| program(&path, again)));
    let user = visit.environment().variable("USER").unwrap_or_default();
    checks.extend(obstacle(mechanism, user).map(|obstacle| {
        Check::warn("runs", obstacle, "until then it runs only while you are logged in")
    }));
    checks
}

/// Whether the program that an entry starts is still there.
fn program(path: &Path, again: &str) -> Check {
    const LABEL: &str = "program";
    let shown = path.display();
    if path.is_file() {
        Check::pass(LABEL, format!("the entry starts {shown}"))
    } else {
        let message = format!("the entry starts {shown}, which is not there");
        Check::fail(LABEL, message, again)
    }
}

/// The path of the program in a line or file of a scheduler: it ends with the program's name, and begins after a
/// quote, a tag, a `=` or a blank.
fn named_program(text: &str) -> Option<PathBuf> {
    let ends = text.match_indices(PROGRAM).filter_map(|(at, _)| {
        let is_name = text[..at].ends_with(['/', '\\']);
        let rest = &text[at + PROGRAM.len()..];
        let suffix = if rest.starts_with(".exe") { ".exe".len() } else { 0 };
        let is_end = !rest[suffix..]
            .starts_with(|letter: char| letter.is_alphanumeric() || "-_./\\".contains(letter));
        (is_name && is_end).then_some(at + PROGRAM.len() + suffix)
    });
    ends.map(|end| path_before(text, end)).find(|path| path.is_absolute())
}

fn path_before(text: &str, end: usize) -> PathBuf {
    let quote = text[end..].chars().next().filter(|next| ['"', '\'', '<'].contains(next));
    let begins = |letter: char| match quote {
        Some('<') => letter == '>',
        Some(quote) => letter == quote,
        None => letter.is_whitespace() || "=>\"'".contains(letter),
    };
    let start = text[..end].rfind(begins).map_or(0, |at| at + 1);
    Path::new(&text[start..end]).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[cfg(unix)]
    #[test]
    fn the_program_of_an_entry_is_found_in_every_form() {
        for (text, expected) in [
            (
                "5 * * * * /usr/bin/token-matters collect -q >/dev/null # token-matters-collector",
                "/usr/bin/token-matters",
            ),
            (
                "5 * * * * '/home/a b/token-matters' collect # token-matters-collector",
                "/home/a b/token-matters",
            ),
            (
                "# Made by `token-matters schedule install`\nExecStart=/x/token-matters collect",
                "/x/token-matters",
            ),
            (
                "ExecStart=\"/a b/token-matters\" collect\nEnvironment=TOKEN_MATTERS_HOME=/h/.token-matters",
                "/a b/token-matters",
            ),
            (
                "<string>/Applications/My Tools/token-matters</string>",
                "/Applications/My Tools/token-matters",
            ),
        ] {
            assert_eq!(named_program(text), Some(PathBuf::from(expected)), "{text}");
        }
        assert_eq!(named_program("cd /x/token-matters/collector && npx tsx main.ts"), None);
    }

    #[test]
    fn a_program_that_has_gone_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(PROGRAM);
        assert_eq!(program(&path, "again").state, State::Fail);
        fs_err::write(&path, "").unwrap();
        assert_eq!(program(&path, "again").state, State::Pass);
    }
}
