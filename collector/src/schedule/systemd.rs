//! A user timer of systemd.

use std::path::PathBuf;

use super::program::run;
use super::{Entry, Host, SERVICE, ScheduleError, TIMER, Unit};

/// Where a user's units are.
pub(super) fn folder(host: &Host) -> PathBuf {
    host.config_home.join("systemd/user")
}

/// Whether a user manager runs. `is-system-running` would also fail for one that is merely degraded.
pub(super) fn answers() -> bool {
    run("systemctl", &["--user", "show-environment"]).is_ok_and(|ran| ran.is_success)
}

pub(super) fn find(host: &Host) -> Result<Option<Entry>, ScheduleError> {
    let path = folder(host).join(TIMER);
    let place = path.to_string_lossy().into_owned();
    let Some(timer) = content(&path)? else { return Ok(None) };
    let service = content(&folder(host).join(SERVICE))?.unwrap_or_default();
    let is_active = run("systemctl", &["--user", "is-active", "--quiet", TIMER])
        .is_ok_and(|ran| ran.is_success);
    Ok(Some(Entry { place, text: service + &timer, is_active }))
}

fn content(path: &std::path::Path) -> Result<Option<String>, ScheduleError> {
    match fs_err::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn install(units: &[Unit]) -> Result<(), ScheduleError> {
    // Nothing is written where no manager would read it.
    run("systemctl", &["--user", "show-environment"])?.checked()?;
    for unit in units {
        let path = PathBuf::from(&unit.place);
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::write(&path, &unit.text)?;
    }
    run("systemctl", &["--user", "daemon-reload"])?.checked()?;
    run("systemctl", &["--user", "enable", TIMER])?.checked()?;
    // One that ran already takes its new times only when it is started anew.
    run("systemctl", &["--user", "restart", TIMER])?.checked()?;
    Ok(())
}

pub(super) fn remove(host: &Host) -> Result<(), ScheduleError> {
    let folder = folder(host);
    let is_there = folder.join(TIMER).exists() || folder.join(SERVICE).exists();
    if !is_there {
        return Ok(());
    }
    // Without a manager the files alone are what is there.
    let has_manager = answers();
    if has_manager {
        run("systemctl", &["--user", "disable", "--now", TIMER])?.checked()?;
    }
    let left_behind = [
        folder.join(TIMER),
        folder.join(SERVICE),
        folder.join("timers.target.wants").join(TIMER),
        // What `Persistent=true` keeps.
        host.data_home.join("systemd/timers").join(format!("stamp-{TIMER}")),
    ];
    for path in left_behind {
        match fs_err::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    if has_manager {
        run("systemctl", &["--user", "daemon-reload"])?.checked()?;
        // Fails where the service never failed.
        let _ = run("systemctl", &["--user", "reset-failed", SERVICE]);
    }
    Ok(())
}

pub(super) fn start() -> Result<(), ScheduleError> {
    run("systemctl", &["--user", "start", "--no-block", SERVICE])?.checked()?;
    Ok(())
}

pub(super) fn next_run() -> Option<String> {
    let property = "--property=NextElapseUSecRealtime";
    let ran = run("systemctl", &["--user", "show", TIMER, property, "--value"]).ok()?.checked();
    let text = String::from_utf8_lossy(&ran.ok()?.stdout).trim().to_owned();
    (!text.is_empty() && text != "n/a").then_some(text)
}

/// A user manager ends with the last session of its user, unless lingering is on.
pub(super) fn obstacle(user: &str) -> Option<String> {
    let ran = run("loginctl", &["show-user", user, "--property=Linger", "--value"]).ok()?;
    (ran.is_success && ran.stdout.trim_ascii() == b"no").then(|| {
        "it runs only while you are logged in; `loginctl enable-linger` lets it run from the start of the \
         machine, also without a login"
            .to_owned()
    })
}
