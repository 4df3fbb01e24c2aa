//! The repository that all machines write into: reachable, readable, writable, private?

use std::path::Path;
use std::time::Duration;

use store::{GitProgram, Remote, StoreError};

use super::{Check, Visit};
use crate::environment;
use crate::output::counted;

/// How long a person waits for an answer.
const DEADLINE: Duration = Duration::from_secs(20);

pub(super) fn checks(visit: &Visit) -> Vec<Check> {
    let deadline = environment::git().deadline().min(DEADLINE);
    let program = GitProgram::new("git", deadline);
    let Some(remote) = visit.session.remote().map(|remote| Remote { program, ..remote }) else {
        return vec![Check::off("remote", "none is set: the data stays on this machine")];
    };
    let mut checks = vec![Check::pass("address", remote.shown())];
    match remote.probe() {
        Ok(probe) => {
            let branch = &probe.branch;
            let message = if probe.is_empty {
                "answers, and is empty".to_owned()
            } else {
                format!("answers, branch {branch}")
            };
            checks.push(Check::pass("readable", message));
            checks.extend(writable(visit));
            checks.push(private(&remote, visit.data()));
        }
        Err(trouble) => {
            let message = format!("{}: {}", trouble.call, trouble.message);
            checks.push(Check::fail("readable", message, trouble.remedy()));
        }
    }
    checks.extend(waiting(visit));
    checks
}

/// Asks for a push without sending anything.
fn writable(visit: &Visit) -> Option<Check> {
    const LABEL: &str = "writable";
    let store = visit.session.existing_store().ok()??;
    Some(match store.try_push() {
        Ok(()) => Check::pass(LABEL, "a push would be taken"),
        Err(StoreError::Remote(trouble)) => {
            let message = format!("{}: {}", trouble.call, trouble.message);
            Check::fail(LABEL, message, trouble.remedy())
        }
        Err(error) => {
            Check::fail(LABEL, error.to_string(), "`token-matters store verify` tells more")
        }
    })
}

/// Asks as a stranger would.
fn private(remote: &Remote, data: &Path) -> Check {
    const LABEL: &str = "private";
    let scratch = tempfile::tempdir_in(data).or_else(|_| tempfile::tempdir());
    let scratch = match scratch {
        Ok(scratch) => scratch,
        Err(error) => {
            return Check::warn(LABEL, error.to_string(), "make room for a temporary folder");
        }
    };
    match remote.is_public(scratch.path()) {
        Ok(false) => Check::pass(LABEL, "strangers cannot read it"),
        Ok(true) => Check::fail(
            LABEL,
            "everybody can read it: names of machines, projects and models, and when you work",
            "make the repository private; publish with `token-matters publish`, which shows what you allow",
        ),
        Err(trouble) => {
            let message = format!("it could not be found out: {}", trouble.message);
            Check::warn(LABEL, message, "look at the settings of the repository")
        }
    }
}

/// What has not arrived yet.
fn waiting(visit: &Visit) -> Option<Check> {
    const LABEL: &str = "waiting";
    let store = visit.session.existing_store().ok()??;
    Some(match store.waiting() {
        Ok(0) => Check::pass(LABEL, "everything that is stored here has been pushed"),
        Ok(count) => {
            let message = format!(
                "{} not been pushed yet",
                if count == 1 {
                    "1 commit has".to_owned()
                } else {
                    format!("{} have", counted(count, "commit"))
                }
            );
            Check::warn(LABEL, message, "the next `token-matters collect` pushes; nothing is lost")
        }
        Err(error) => {
            Check::fail(LABEL, error.to_string(), "`token-matters store verify` tells more")
        }
    })
}
