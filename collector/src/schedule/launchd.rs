//! An agent of launchd.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::program::run;
use super::{Entry, Host, LABEL, Names, ScheduleError, Unit};

/// How often, and after what pause, an agent is loaded that is still being taken out.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(300);

/// Where the agent is.
pub(super) fn path(host: &Host, label: &str) -> PathBuf {
    host.home.join("Library/LaunchAgents").join(format!("{label}.plist"))
}

/// The domain of the user's graphical session, which has the keychain.
fn domain() -> Result<String, ScheduleError> {
    let ran = run("id", &["-u"])?.checked()?;
    Ok(format!("gui/{}", String::from_utf8_lossy(&ran.stdout).trim()))
}

fn target(label: &str) -> Result<String, ScheduleError> {
    Ok(format!("{}/{label}", domain()?))
}

fn is_loaded(label: &str) -> Result<bool, ScheduleError> {
    if run("launchctl", &["print", &target(label)?])?.is_success {
        return Ok(true);
    }
    // One that was loaded without a graphical session is in another domain.
    Ok(run("launchctl", &["list", label])?.is_success)
}

pub(super) fn find(host: &Host, names: Names) -> Result<Option<Entry>, ScheduleError> {
    let path = path(host, names.label);
    let text = match fs_err::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let place = path.to_string_lossy().into_owned();
    Ok(Some(Entry { place, text, is_active: is_loaded(names.label).unwrap_or(false) }))
}

pub(super) fn install(host: &Host, names: Names, units: &[Unit]) -> Result<(), ScheduleError> {
    unload(host, names.label)?;
    for unit in units {
        let path = PathBuf::from(&unit.place);
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::write(&path, &unit.text)?;
        load(&unit.place, names.label)?;
    }
    Ok(())
}

/// Loads the agent. Taking out goes on in the background for a moment, in which loading fails.
fn load(path: &str, label: &str) -> Result<(), ScheduleError> {
    let domain = domain()?;
    // An agent that was switched off once stays so otherwise. Older systems do not know the call.
    let _ = run("launchctl", &["enable", &target(label)?]);
    for attempt in 0..TRIES {
        if run("launchctl", &["bootstrap", &domain, path])?.is_success {
            return Ok(());
        }
        if attempt + 1 < TRIES && run("launchctl", &["print", &target(label)?])?.is_success {
            thread::sleep(PAUSE);
        } else {
            break;
        }
    }
    // Without a graphical session, over ssh for example, that domain does not exist.
    run("launchctl", &["load", "-w", path])?.checked()?;
    // `load` says in words alone that it did not.
    if is_loaded(label)? {
        return Ok(());
    }
    Err(ScheduleError::Failed {
        call: format!("launchctl load -w {path}"),
        message: "launchd does not know the agent afterwards; log in at the screen and try again"
            .to_owned(),
    })
}

fn unload(host: &Host, label: &str) -> Result<(), ScheduleError> {
    let path = path(host, label);
    if !run("launchctl", &["bootout", &target(label)?])?.is_success && path.exists() {
        // It may be in another domain, or not loaded at all.
        run("launchctl", &["unload", &path.to_string_lossy()])?;
    }
    Ok(())
}

pub(super) fn remove(host: &Host, names: Names) -> Result<(), ScheduleError> {
    let path = path(host, names.label);
    if !path.exists() {
        return Ok(());
    }
    unload(host, names.label)?;
    Ok(fs_err::remove_file(path)?)
}

pub(super) fn start() -> Result<(), ScheduleError> {
    if !run("launchctl", &["kickstart", &target(LABEL)?])?.is_success {
        run("launchctl", &["start", LABEL])?.checked()?;
    }
    Ok(())
}
