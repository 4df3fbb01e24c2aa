//! What the runs left behind: how they went, caches, files of runs that were cut off.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use data_schema::UtcSeconds;

use super::schedule::Scheduled;
use super::{Check, Visit};
use crate::output::counted;
use crate::run_lock;
use crate::status::Status;

/// Days without success that nobody may overlook.
const LONG_DAYS: i64 = 3;
/// Age from which on a temporary file belongs to no run any more.
const LEFT_OVER: Duration = Duration::from_hours(1);
/// Beginning of the names of all temporary files and folders of this program.
const TEMPORARY: &str = ".tm-";
/// How deep they lie below the data folder.
const DEPTH: usize = 3;

pub(super) fn checks(visit: &Visit, scheduled: &Scheduled, cache_notices: &[String]) -> Vec<Check> {
    let mut checks = vec![status_file(visit)];
    let status = Status::read(visit.data());
    if checks[0].state == super::State::Pass {
        checks.push(success(&status, visit.now(), scheduled));
        checks.extend(push(&status, visit.now()));
        checks.extend(sources(&status));
    }
    checks.extend(lock(visit.data()));
    checks.push(cache(visit, cache_notices));
    checks.extend(leftovers(visit));
    checks
}

/// Whether `status.json` can be read.
fn status_file(visit: &Visit) -> Check {
    const LABEL: &str = "status.json";
    let path = Status::path(visit.data());
    let bytes = match fs_err::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Check::off(LABEL, "no run has been noted yet");
        }
        Err(error) => {
            return Check::fail(
                LABEL,
                error.to_string(),
                "check the owner and permissions of the data folder",
            );
        }
    };
    match serde_json::from_slice::<Status>(&bytes) {
        Ok(_) => Check::pass(LABEL, "tells how the last runs went"),
        Err(error) if !visit.fix => {
            let message = format!("is damaged: {error}");
            Check::warn(LABEL, message, "the next `token-matters collect` makes it anew").fixable()
        }
        Err(_) => match Status::default().write(visit.data()) {
            Ok(()) => {
                Check::fixed(LABEL, "was damaged and has been made anew, without what it said")
            }
            Err(error) => Check::fail(
                LABEL,
                error.to_string(),
                "check the owner and permissions of the data folder",
            ),
        },
    }
}

fn success(status: &Status, now: UtcSeconds, scheduled: &Scheduled) -> Check {
    const LABEL: &str = "last success";
    let remedy = if scheduled.is_installed {
        "`token-matters schedule status` shows the last run; `token-matters collect` runs it by hand"
    } else {
        "`token-matters collect` collects now, `token-matters schedule install` from now on"
    };
    let Some(since) = status.last_success.or(scheduled.since) else {
        return Check::warn(LABEL, "no run has stored everything yet", remedy);
    };
    let days = (now.seconds() - since.seconds()) / 86_400;
    let message = match status.last_success {
        Some(last) => format!("{last}, {days} days ago"),
        None => format!("none since the schedule was installed on {since}"),
    };
    if days >= LONG_DAYS {
        // Without a schedule, somebody may just not have collected.
        return if scheduled.is_installed {
            Check::fail(LABEL, message, remedy)
        } else {
            Check::warn(LABEL, message, remedy)
        };
    }
    let Some(last) = status.last_success else { return Check::warn(LABEL, message, remedy) };
    match status.last_run.filter(|run| *run > last) {
        Some(run) => {
            let message = format!("{last}; the run of {run} could not do everything");
            Check::warn(LABEL, message, "`token-matters collect` runs it by hand and says why")
        }
        None => Check::pass(LABEL, last.to_string()),
    }
}

fn push(status: &Status, now: UtcSeconds) -> Option<Check> {
    const LABEL: &str = "last push";
    let push = status.push.as_ref()?;
    let shown = push.last_success.map_or_else(|| "none yet".to_owned(), |last| last.to_string());
    let Some(error) = &push.error else { return Some(Check::pass(LABEL, shown)) };
    let message = format!("{shown}; since then: {error}");
    let remedy = "see the checks of the remote; the commits wait, and nothing is lost";
    let is_long =
        push.last_success.is_none_or(|last| now.seconds() - last.seconds() >= LONG_DAYS * 86_400);
    Some(if is_long {
        Check::fail(LABEL, message, remedy)
    } else {
        Check::warn(LABEL, message, remedy)
    })
}

/// Sources that could not be read in the last runs.
fn sources(status: &Status) -> Vec<Check> {
    let failing = status.sources.iter().filter(|(_, source)| source.failures > 0);
    let checks = failing.map(|(id, source)| {
        let error = source.last_error.as_deref().unwrap_or("nothing was noted");
        let runs = counted(source.failures as usize, "run");
        let message = format!("{runs} in a row could not read everything: {error}");
        Check::warn(
            &format!("source {id}"),
            message,
            "`token-matters collect --verbose` lists all warnings",
        )
    });
    let mut checks: Vec<Check> = checks.collect();
    if checks.is_empty() && !status.sources.is_empty() {
        checks.push(Check::pass("sources", "the last run read all of them"));
    }
    checks
}

/// Whether a run is at work. The system gives the lock of a process back when that ends, however it ends.
fn lock(data: &Path) -> Option<Check> {
    const LABEL: &str = "runs";
    let is_free = match run_lock::is_free(data) {
        Ok(is_free) => is_free?,
        Err(error) => {
            let remedy = "check the owner and permissions of the data folder";
            return Some(Check::fail(LABEL, error.to_string(), remedy));
        }
    };
    Some(if is_free {
        Check::pass(LABEL, "none is at work, and none holds the lock")
    } else {
        let remedy =
            "wait for it and look again; end the process if it has been at work for an hour";
        Check::warn(LABEL, "one is at work right now", remedy)
    })
}

/// The scan that has just been done used the cache, and replaced a damaged one.
fn cache(visit: &Visit, notices: &[String]) -> Check {
    const LABEL: &str = "caches";
    if let Some(notice) = notices.iter().find(|notice| notice.contains("damaged")) {
        return Check::fixed(LABEL, notice.clone());
    }
    if let Some(notice) = notices.first() {
        return Check::warn(
            LABEL,
            notice.clone(),
            "make room, or check the owner of the folder; runs take longer",
        );
    }
    if visit.session.scan_cache().is_file() {
        Check::pass(LABEL, "the logs are read once and kept")
    } else {
        Check::off(LABEL, "none yet")
    }
}

/// Temporary files of runs that were cut off.
fn leftovers(visit: &Visit) -> Option<Check> {
    const LABEL: &str = "left over";
    let data = visit.data();
    if !data.is_dir() {
        return None;
    }
    let now = SystemTime::UNIX_EPOCH
        + Duration::from_secs(u64::try_from(visit.now().seconds()).unwrap_or(0));
    let mut found = Vec::new();
    find(data, DEPTH, now, &mut found);
    let Some(first) = found.first() else {
        return Some(Check::pass(LABEL, "nothing temporary lies about"));
    };
    let count = counted(found.len(), "temporary file");
    let message = format!("{count} of runs that were cut off, such as {}", first.display());
    if !visit.fix {
        return Some(
            Check::warn(LABEL, message, "`token-matters doctor --fix` takes them away").fixable(),
        );
    }
    for path in &found {
        let removed =
            if path.is_dir() { fs_err::remove_dir_all(path) } else { fs_err::remove_file(path) };
        if let Err(error) = removed {
            return Some(Check::warn(LABEL, error.to_string(), "take it away as its owner"));
        }
    }
    Some(Check::fixed(LABEL, format!("{message}: taken away")))
}

fn find(folder: &Path, depth: usize, now: SystemTime, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs_err::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(fs_err::DirEntry::path);
    for entry in entries {
        let (Ok(kind), name) = (entry.file_type(), entry.file_name()) else { continue };
        if name.to_string_lossy().starts_with(TEMPORARY) {
            let changed = entry.metadata().and_then(|metadata| metadata.modified());
            let age = changed.ok().and_then(|changed| now.duration_since(changed).ok());
            if age.is_some_and(|age| age > LEFT_OVER) {
                found.push(entry.path());
            }
        } else if kind.is_dir() && depth > 1 && name != "objects" {
            find(&entry.path(), depth - 1, now, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use crate::status::{PushStatus, SourceStatus};

    const NOW: &str = "2026-06-01T12:00:00Z";

    fn at(text: &str) -> UtcSeconds {
        text.parse().unwrap()
    }

    fn installed(is_installed: bool) -> Scheduled {
        Scheduled { checks: Vec::new(), is_installed, since: None }
    }

    #[test]
    fn days_without_success_are_a_failure_under_a_schedule_and_a_warning_without() {
        let status = |last: &str| Status { last_success: Some(at(last)), ..Status::default() };
        let state =
            |last: &str, scheduled| success(&status(last), at(NOW), &installed(scheduled)).state;
        assert_eq!(state("2026-06-01T11:00:00Z", true), State::Pass);
        assert_eq!(state("2026-05-29T12:00:00Z", true), State::Fail);
        assert_eq!(state("2026-05-29T12:00:01Z", true), State::Pass);
        assert_eq!(state("2026-05-20T12:00:00Z", false), State::Warn);
        let later = Status { last_run: Some(at(NOW)), ..status("2026-06-01T11:00:00Z") };
        assert_eq!(success(&later, at(NOW), &installed(true)).state, State::Warn);
        assert_eq!(success(&Status::default(), at(NOW), &installed(true)).state, State::Warn);
        let since = Scheduled { since: Some(at("2026-05-20T12:00:00Z")), ..installed(true) };
        assert_eq!(success(&Status::default(), at(NOW), &since).state, State::Fail);
    }

    #[test]
    fn a_push_that_fails_for_days_is_a_failure() {
        let of = |last_success: Option<&str>, error: Option<&str>| Status {
            push: Some(PushStatus {
                last_success: last_success.map(at),
                error: error.map(str::to_owned),
            }),
            ..Status::default()
        };
        let state = |status: &Status| push(status, at(NOW)).unwrap().state;
        assert_eq!(state(&of(Some("2026-05-01T00:00:00Z"), None)), State::Pass);
        assert_eq!(state(&of(Some("2026-06-01T00:00:00Z"), Some("no network"))), State::Warn);
        assert_eq!(state(&of(Some("2026-05-01T00:00:00Z"), Some("no network"))), State::Fail);
        assert_eq!(state(&of(None, Some("denied"))), State::Fail);
        assert!(push(&Status::default(), at(NOW)).is_none());
    }

    #[test]
    fn a_source_that_fails_is_named_with_what_it_said() {
        let mut status = Status::default();
        status.sources.insert("codex".to_owned(), SourceStatus::default());
        assert_eq!(sources(&status)[0].state, State::Pass);
        let broken = SourceStatus {
            failures: 4,
            last_error: Some("denied".to_owned()),
            ..SourceStatus::default()
        };
        status.sources.insert("codex".to_owned(), broken);
        let checks = sources(&status);
        assert_eq!((checks.len(), checks[0].state), (1, State::Warn));
        assert_eq!(checks[0].message, "4 runs in a row could not read everything: denied");
    }
}
