//! What others give: the `git` program, ssh, a file system that keeps its promises.

use std::fs::TryLockError;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Check, Visit};
use crate::environment;
use crate::output::bytes;

/// The oldest `git` that has everything: partial fetches by protocol version 2 as we ask for them.
const OLDEST_GIT: (u32, u32) = (2, 30);
/// Free space below which a warning is due, and below which a run may fail.
const LITTLE_SPACE: u64 = 200 << 20;
const NO_SPACE: u64 = 20 << 20;
/// What a store without `git` costs: 60 days of an hourly run with 300 responses a day took 9.4 MB packed without
/// deltas and 1.5 MB with them (git 2.47, 2026-11-21).
const UNDELTIFIED: &str = "without it the store takes about six times the room";

pub(super) fn checks(visit: &Visit) -> Vec<Check> {
    let remote = visit.session.remote();
    let mut checks = vec![git(remote.is_some())];
    if remote.is_some_and(|remote| is_ssh(&remote.address)) {
        checks.push(ssh(visit));
    }
    checks.extend(file_system(visit.data()));
    checks
}

fn git(is_needed: bool) -> Check {
    const LABEL: &str = "git";
    let version = match environment::git().version() {
        Ok(version) => version,
        Err(trouble) if is_needed => {
            return Check::fail(LABEL, trouble.message.clone(), trouble.remedy());
        }
        Err(_) => {
            let message = format!("not found; only a remote needs it, but {UNDELTIFIED}");
            return Check::warn(LABEL, message, "install git, for example with `apt install git`");
        }
    };
    match numbers(&version) {
        Some(numbers) if numbers >= OLDEST_GIT => Check::pass(LABEL, version),
        _ => {
            let (major, minor) = OLDEST_GIT;
            let message = format!("{version} is older than {major}.{minor}");
            Check::warn(LABEL, message, "install a newer git: fetches may be slow or refused")
        }
    }
}

/// The first two numbers of a version such as `2.39.5 (Apple Git-154)`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(['.', ' ', '-']).map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

fn ssh(visit: &Visit) -> Check {
    const LABEL: &str = "ssh";
    let named = ["GIT_SSH_COMMAND", "GIT_SSH"]
        .into_iter()
        .find(|name| visit.environment().variable(name).is_some());
    if let Some(name) = named {
        let message = format!("`{name}` names the program; a scheduled run must have it too");
        return Check::pass(LABEL, message);
    }
    match environment::in_search_path("ssh").first() {
        Some(path) => Check::pass(LABEL, path.display().to_string()),
        None => Check::fail(
            LABEL,
            "not found, and the address of the remote needs it",
            "install an ssh client, or name an https address in `dataRepo`",
        ),
    }
}

/// Whether git reaches an address by ssh: `ssh://…`, or `host:path` in the form of scp.
fn is_ssh(address: &str) -> bool {
    if let Some((scheme, _)) = address.split_once("://") {
        return scheme.ends_with("ssh");
    }
    // One letter before the colon is a drive of Windows.
    address.split_once(':').is_some_and(|(host, _)| host.len() > 1 && !host.contains(['/', '\\']))
}

fn file_system(data: &Path) -> Vec<Check> {
    let mut checks = Vec::new();
    if data.is_dir() {
        checks.push(promises(data));
    }
    let above: Option<&Path> = data.ancestors().find(|folder| folder.is_dir());
    checks.extend(above.map(space));
    checks
}

/// What the store relies on: files that are flushed, renamed as a whole, and locked.
fn promises(data: &Path) -> Check {
    const LABEL: &str = "data folder";
    let shown = data.display();
    match try_out(data) {
        Ok(true) => Check::pass(LABEL, format!("{shown} keeps what is written, and locks it")),
        Ok(false) => Check::warn(
            LABEL,
            format!("the file system of {shown} knows no locks"),
            "keep the data folder on a disk of this machine: set TOKEN_MATTERS_HOME",
        ),
        Err(error) => Check::fail(
            LABEL,
            format!("{shown} cannot be written: {error}"),
            "check its owner and permissions, and whether the disk is full or read-only",
        ),
    }
}

/// Whether locks work; an error if anything else does not.
fn try_out(data: &Path) -> std::io::Result<bool> {
    let new = || tempfile::Builder::new().prefix(".tm-doctor-").tempfile_in(data);
    let mut file = new()?;
    file.write_all(b"doctor")?;
    file.as_file().sync_all()?;
    let target: PathBuf = new()?.into_temp_path().to_path_buf();
    let file = file.persist(&target).map_err(|error| error.error);
    let locks = file.and_then(|file| {
        let again = fs_err::File::open(&target)?;
        let is_locked = file.try_lock().is_ok();
        Ok(is_locked && matches!(again.file().try_lock(), Err(TryLockError::WouldBlock)))
    });
    fs_err::remove_file(&target)?;
    locks
}

fn space(folder: &Path) -> Check {
    let shown = folder.display();
    match fs4::available_space(folder) {
        Ok(free) => space_of(free, &shown.to_string()),
        Err(error) => Check::warn(
            "free space",
            format!("unknown: {error}"),
            format!("check that {shown} can be read"),
        ),
    }
}

fn space_of(free: u64, shown: &str) -> Check {
    const LABEL: &str = "free space";
    let message = format!("{} for {shown}", bytes(free));
    if free < NO_SPACE {
        let remedy = "make room: the next run may not be able to store anything";
        return Check::fail(LABEL, message, remedy);
    }
    if free < LITTLE_SPACE {
        return Check::warn(LABEL, message, "make room before the disk is full");
    }
    // The exact number changes from run to run and says nothing.
    Check::pass(LABEL, format!("enough for {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn versions_of_git_are_compared_by_their_numbers() {
        for (text, expected) in [
            ("2.47.3", Some((2, 47))),
            ("2.39.5 (Apple Git-154)", Some((2, 39))),
            ("2.47.1.windows.1", Some((2, 47))),
            ("3.0-rc1", Some((3, 0))),
            ("strange", None),
        ] {
            assert_eq!(numbers(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_that_need_ssh_are_known() {
        for (address, expected) in [
            ("git@github.com:me/data.git", true),
            ("ssh://git@host/data", true),
            ("git+ssh://host/data", true),
            ("https://github.com/me/data", false),
            ("file:///data", false),
            ("/data/a:b", false),
            ("C:\\data", false),
        ] {
            assert_eq!(is_ssh(address), expected, "{address}");
        }
    }

    #[test]
    fn little_space_is_a_warning_and_none_a_failure() {
        assert_eq!(space_of(10 << 20, "/x").state, State::Fail);
        assert_eq!(space_of(100 << 20, "/x").state, State::Warn);
        assert_eq!(space_of(1 << 30, "/x").state, State::Pass);
    }
}
