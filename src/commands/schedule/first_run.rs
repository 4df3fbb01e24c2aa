//! The first run, inside the scheduler: ssh agents and keychains are absent there, and a push that works in a shell
//! may fail.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use collector::schedule::{Mechanism, start, started};

use super::plan::Made;
use crate::log_file::{Seen, Watch};
use crate::outcome::{Failure, Outcome};
use crate::output::{counted, note};
use crate::session::Session;
use crate::status::Status;

/// How often the log is looked at.
const STEP: Duration = Duration::from_millis(100);
/// How long a scheduler may take to begin: cron begins with the next minute.
const BEGINS_WITHIN: u32 = 90;

/// What helps where a push fails that works in a shell.
const NO_AGENT: &str = "in a scheduler there is no ssh agent and no window that could ask: give this remote a key without a \
     passphrase, or https with a stored login (`gh auth setup-git`); then run `token-matters schedule install` again";

/// Runs it once and tells how it went. `wait` is in seconds.
pub(super) fn run(
    session: &Session,
    mechanism: Mechanism,
    made: &Made,
    wait: u32,
) -> Result<Outcome, Failure> {
    let marker = session.data.join("first-run");
    let watch = Watch::new(&made.log_file);
    if mechanism == Mechanism::Cron {
        session.say("cron runs it once now; that begins with the next minute");
    } else {
        session.say("it runs once now");
    }
    start(mechanism, &made.plan, &marker)?;
    let seen = until(&watch, wait.min(BEGINS_WITHIN), |seen| seen.begun);
    started(mechanism, &marker)?;
    if !seen.begun {
        return Ok(not_begun(mechanism, &made.log_file));
    }
    let seen = until(&watch, wait, |seen| seen.code.is_some());
    Ok(tell(session, &seen, &made.log_file))
}

fn until(watch: &Watch, seconds: u32, is_enough: impl Fn(&Seen) -> bool) -> Seen {
    let deadline = Instant::now() + Duration::from_secs(seconds.into());
    loop {
        let seen = watch.look();
        if is_enough(&seen) || Instant::now() >= deadline {
            return seen;
        }
        thread::sleep(STEP);
    }
}

fn not_begun(mechanism: Mechanism, log: &Path) -> Outcome {
    let how = match mechanism {
        Mechanism::Cron => "is the cron service running (`service cron status`)?",
        Mechanism::Systemd => "`journalctl --user -u token-matters.service` says why",
        Mechanism::Launchd => "`launchctl print gui/$(id -u)/com.token-matters.collector` says why",
        Mechanism::Task => "`schtasks /Query /TN TokenMattersCollector /V /FO LIST` says why",
    };
    let title = mechanism.title();
    note(&format!(
        "warning: {title} did not begin the first run, {} is as it was: {how}",
        log.display()
    ));
    Outcome::Partial
}

fn tell(session: &Session, seen: &Seen, log: &Path) -> Outcome {
    let Some(code) = seen.code else {
        note(&format!("warning: the first scheduled run goes on; look at {} later", log.display()));
        return Outcome::Partial;
    };
    let status = Status::read(&session.data);
    let is_good = code == crate::outcome::DONE;
    if !is_good || session.verbose {
        for line in &seen.lines {
            note(&format!("  {line}"));
        }
    }
    let push_error = status.push.as_ref().and_then(|push| push.error.as_deref());
    match (&status.push, push_error) {
        (_, Some(error)) => {
            let waiting = counted(status.waiting, "commit");
            note(&format!(
                "warning: the first scheduled run could not push, {waiting} wait: {error}"
            ));
            note(&format!("note: {NO_AGENT}"));
            return Outcome::Partial;
        }
        (Some(_), None) if is_good => session.say("the first scheduled run pushed; nothing waits"),
        (None, None) if is_good => {
            session.say("the first scheduled run went well; there is no remote to push to");
        }
        _ => note(&format!(
            "warning: the first scheduled run ended with exit code {code}; see {}",
            log.display()
        )),
    }
    Outcome::partial_if(!is_good)
}
