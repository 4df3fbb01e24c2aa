//! A user timer of systemd.

use std::path::PathBuf;

use super::program::run;
use super::{Entry, Host, Names, SERVICE, ScheduleError, TIMER, Unit};

/// Where a user's units are.
pub(super) fn folder(host: &Host) -> PathBuf {
    host.config_home.join("systemd/user")
}

/// Whether a user manager runs. `is-system-running` would also fail for one that is merely degraded.
pub(super) fn answers() -> bool {
    run("systemctl", &["--user", "show-environment"]).is_ok_and(|ran| ran.is_success)
}

pub(super) fn find(host: &Host, names: Names) -> Result<Option<Entry>, ScheduleError> {
    let [main, others @ ..] = names.units else { return Ok(None) };
    let path = folder(host).join(main);
    let place = path.to_string_lossy().into_owned();
    let Some(first) = content(&path)? else { return Ok(None) };
    let mut text = String::new();
    for unit in others {
        text.push_str(&content(&folder(host).join(unit))?.unwrap_or_default());
    }
    let is_active =
        run("systemctl", &["--user", "is-active", "--quiet", main]).is_ok_and(|ran| ran.is_success);
    Ok(Some(Entry { place, text: text + &first, is_active }))
}

fn content(path: &std::path::Path) -> Result<Option<String>, ScheduleError> {
    match fs_err::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn install(names: Names, units: &[Unit]) -> Result<(), ScheduleError> {
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
    if let Some(main) = names.units.first() {
        run("systemctl", &["--user", "enable", main])?.checked()?;
        // One that ran already takes its new times, or its new program, only when it is started anew.
        run("systemctl", &["--user", "restart", main])?.checked()?;
    }
    Ok(())
}

pub(super) fn remove(host: &Host, names: Names) -> Result<(), ScheduleError> {
    let folder = folder(host);
    let Some(main) = names.units.first() else { return Ok(()) };
    if !names.units.iter().any(|unit| folder.join(unit).exists()) {
        return Ok(());
    }
    // Without a manager the files alone are what is there.
    let has_manager = answers();
    if has_manager {
        run("systemctl", &["--user", "disable", "--now", main])?.checked()?;
    }
    let left_behind = [
        folder.join(names.wanted_by).join(main),
        // What `Persistent=true` keeps of a timer.
        host.data_home.join("systemd/timers").join(format!("stamp-{main}")),
    ];
    for path in names.units.iter().map(|unit| folder.join(unit)).chain(left_behind) {
        match fs_err::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    if has_manager {
        run("systemctl", &["--user", "daemon-reload"])?.checked()?;
        // Fails where the service never failed.
        if let Some(service) = names.units.last() {
            let _ = run("systemctl", &["--user", "reset-failed", service]);
        }
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

/// Since when a unit is active.
pub(super) fn running_since(unit: &str) -> Option<String> {
    let property = "--property=ActiveEnterTimestamp";
    let ran = run("systemctl", &["--user", "show", unit, property, "--value"]).ok()?.checked();
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
