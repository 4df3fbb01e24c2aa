//! `schedule install`.

use collector::schedule::{
    Host, Job, Mechanism, ScheduleError, choose, install, obstacle, remove, shell_line, units,
};

use super::plan::{self, Made};
use super::{Record, first_run, own};
use crate::cli::{Global, Install};
use crate::installed::Installed;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, note};
use crate::session::Session;

/// Puts the entry into the scheduler and lets it run once there.
pub(crate) fn run(global: &Global, options: Install) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    let own = own(global)?;
    let host = Host::new(&own);
    let identity =
        if options.dry_run { session.identity_to_read()? } else { session.identity()? };
    let made = plan::make(&session, &own, global, &identity.id)?;
    for warning in &made.warnings {
        note(&format!("warning: {warning}"));
    }
    let mechanism = mechanism(&host, options, &made)?;
    if options.dry_run {
        if identity.id.is_empty() && session.config.schedule.offset_minute.is_none() {
            session.say(
                "note: this machine has no id yet; the minute may differ when it is installed",
            );
        }
        return dry_run(&host, mechanism, &made);
    }
    if let Some(folder) = made.log_file.parent() {
        fs_err::create_dir_all(folder)?;
    }
    tell_replaced(&session, &host, mechanism);
    install(&host, mechanism, &made.plan)?;
    let rhythm = made.plan.rhythm.title();
    let record = Record {
        mechanism,
        installed_at: session.environment.now,
        program: made.plan.program.clone().into(),
        log_file: made.log_file.clone(),
        rhythm: rhythm.clone(),
    };
    record.write(&session.data)?;
    let title = mechanism.title();
    session.say(&format!("installed: {title} runs `token-matters collect` {rhythm}"));
    session.say(&format!("its output goes to {}", made.log_file.display()));
    let user = own.variable("USER").or_else(|| own.variable("LOGNAME"));
    if let Some(text) = user.and_then(|user| obstacle(mechanism, user)) {
        note(&format!("note: {text}"));
    }
    if options.no_run {
        return Ok(Outcome::Done);
    }
    first_run::run(&session, mechanism, &made, options.wait)
}

fn mechanism(host: &Host, options: Install, made: &Made) -> Result<Mechanism, Failure> {
    if let Some(scheduler) = options.with {
        return Ok(scheduler.into());
    }
    match choose(host) {
        Err(ScheduleError::NoScheduler) => {
            let line = shell_line(&made.plan);
            let rhythm = made.plan.rhythm.title();
            Err(Failure::Failed(anyhow::anyhow!(
                "neither a systemd user manager answers here, nor is there a `crontab`; install cron, or let your \
                 own scheduler run this line {rhythm}:\n{line}"
            )))
        }
        result => Ok(result?),
    }
}

fn dry_run(host: &Host, mechanism: Mechanism, made: &Made) -> Result<Outcome, Failure> {
    let title = mechanism.title();
    for unit in units(host, mechanism, &made.plan)? {
        data(&format!("# for {title}: {}\n{}", unit.place, unit.text))?;
    }
    Ok(Outcome::Done)
}

/// Says what the new entry replaces, and takes entries out of the platform's other schedulers: two would both run.
fn tell_replaced(session: &Session, host: &Host, chosen: Mechanism) {
    for (mechanism, entry) in Record::look(host, &session.data) {
        let title = mechanism.title();
        let entry = match entry {
            Ok(None) => continue,
            Ok(Some(entry)) => entry,
            // The chosen one stops at it by itself.
            Err(_) if mechanism == chosen => continue,
            Err(error) => {
                note(&format!(
                    "warning: {title}: {error}; if an older entry is there, it runs as well"
                ));
                continue;
            }
        };
        let whose = if entry.is_of_predecessor() { " of Token Matters 1.x" } else { "" };
        if mechanism != chosen
            && let Err(error) = remove(host, mechanism, Job::Collect)
        {
            note(&format!("warning: {title}: the entry{whose} is still there: {error}"));
        } else {
            session.say(&format!("replaced the entry{whose} in {title} ({})", entry.place));
        }
    }
}
