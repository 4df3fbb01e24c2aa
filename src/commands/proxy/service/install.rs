//! `proxy service install`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use collector::Environment;
use collector::schedule::{
    Host, Job, Mechanism, Plan, Rhythm, ScheduleError, choose, install, obstacle, remove,
    shell_line, units, vanishing,
};

use super::status::{Answer, ask};
use super::{InstallService, Record};
use crate::cli::Global;
use crate::commands::proxy::address;
use crate::commands::schedule::{own, plan};
use crate::environment;
use crate::installed::Installed;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, note};
use crate::private;

/// Variables that say where things are. None holds a secret, and no key is put into a file of a scheduler.
const VARIABLES: [&str; 8] = [
    "XDG_CONFIG_HOME",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];
/// How often it is asked whether it answers.
const STEP: Duration = Duration::from_millis(100);

/// Installs it, and waits until it answers.
pub(crate) fn run(global: &Global, options: InstallService) -> Result<Outcome, Failure> {
    let folder_of_data = environment::data_folder(global)?;
    let own = own(global)?;
    let host = Host::new(&own);
    let plan = make(&own, &folder_of_data)?;
    let temporary = environment::temporary_folder();
    if let Some(why) = vanishing(Path::new(&plan.program), &temporary) {
        note(&format!(
            "warning: {} lies in {why}: install the program elsewhere, and run this command again with that one",
            plan.program
        ));
    }
    let mechanism = mechanism(&host, options, &plan)?;
    if options.dry_run {
        for unit in units(&host, mechanism, &plan)? {
            data(&format!("# for {}: {}\n{}", mechanism.title(), unit.place, unit.text))?;
        }
        return Ok(Outcome::Done);
    }
    take_out_others(&host, &folder_of_data, mechanism);
    if let Some(parent) = plan.log.as_deref().and_then(|log| Path::new(log).parent()) {
        private::create_folder(parent)?;
    }
    install(&host, mechanism, &plan)?;
    let log_file = log_file(&folder_of_data);
    Record {
        mechanism,
        installed_at: own.now,
        program: PathBuf::from(&plan.program),
        log: super::log(mechanism, &log_file),
    }
    .write(&folder_of_data)?;
    if !global.quiet {
        note(&format!("installed: {} keeps the proxy running", mechanism.title()));
    }
    let user = own.variable("USER").or_else(|| own.variable("LOGNAME"));
    if let Some(text) = user.and_then(|user| obstacle(mechanism, user)) {
        note(&format!("note: {text}"));
    }
    Ok(answers(global, &address(&folder_of_data), mechanism, options.wait))
}

fn log_file(data: &Path) -> PathBuf {
    data.join("logs").join("proxy.log")
}

/// What is to be kept running.
fn make(own: &Environment, data: &Path) -> Result<Plan, Failure> {
    let mut arguments = vec!["proxy".to_owned(), "serve".to_owned()];
    if *data != own.home.join(".token-matters") {
        arguments.extend(["--data".to_owned(), plan::text(data)?]);
    }
    let variables: BTreeMap<String, String> = VARIABLES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), own.variable(name)?.to_owned())))
        .collect();
    Ok(Plan {
        rhythm: Rhythm::Always,
        program: plan::text(&plan::program()?)?,
        arguments,
        variables,
        log: Some(plan::text(&log_file(data))?),
    })
}

fn mechanism(host: &Host, options: InstallService, plan: &Plan) -> Result<Mechanism, Failure> {
    if let Some(scheduler) = options.with {
        return Ok(scheduler.into());
    }
    match choose(host) {
        Err(ScheduleError::NoScheduler) => Err(Failure::Failed(anyhow::anyhow!(
            "neither a systemd user manager answers here, nor is there a `crontab`; install cron, or let whatever \
             starts your services keep this line running:\n{}",
            shell_line(plan)
        ))),
        result => Ok(result?),
    }
}

/// Takes it out of the platform's other schedulers: two would fight for the port.
fn take_out_others(host: &Host, data: &Path, chosen: Mechanism) {
    for (mechanism, entry) in Record::look(host, data) {
        let title = mechanism.title();
        match entry {
            Ok(Some(entry)) if mechanism != chosen => match remove(host, mechanism, Job::Proxy) {
                Ok(()) => note(&format!("taken out of {title} ({})", entry.place)),
                Err(error) => note(&format!("warning: {title}: it is still there: {error}")),
            },
            _ => {}
        }
    }
}

/// Waits until it answers.
fn answers(global: &Global, address: &str, mechanism: Mechanism, wait: u32) -> Outcome {
    // cron begins with the next minute.
    let wait = if mechanism == Mechanism::Cron && wait > 0 { wait.max(70) } else { wait };
    let deadline = Instant::now() + Duration::from_secs(wait.into());
    loop {
        match ask(address) {
            Answer::Here { .. } => {
                if !global.quiet {
                    note(&format!(
                        "it answers at {address}; `token-matters proxy env --list` shows how clients are pointed at it"
                    ));
                }
                return Outcome::Done;
            }
            // Waiting does not help: the port is taken.
            Answer::Other(reason) => {
                note(&format!(
                    "warning: {address}: {reason}; end it, or choose another port with `proxy.listen` of config.yaml"
                ));
                return Outcome::Partial;
            }
            Answer::Nobody(_) => {}
        }
        if wait == 0 {
            return Outcome::Done;
        }
        if Instant::now() >= deadline {
            break;
        }
        thread::sleep(STEP);
    }
    let how = match mechanism {
        Mechanism::Systemd => "`journalctl --user -u token-matters-proxy` says why",
        Mechanism::Launchd => {
            "`launchctl print gui/$(id -u)/com.token-matters.proxy` and logs/proxy.log of the data folder say why"
        }
        Mechanism::Cron => {
            "is the cron service running (`service cron status`)? `token-matters proxy serve` says what is wrong otherwise"
        }
        Mechanism::Task => "`schtasks /Query /TN TokenMattersProxy /V /FO LIST` says why",
    };
    note(&format!("warning: nothing answers at {address} yet: {how}"));
    Outcome::Partial
}
