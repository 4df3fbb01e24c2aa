//! `schedule`: what is put into the system's scheduler, and how it does.

mod first_run;
mod install;
pub(crate) mod plan;
mod status;

use std::path::PathBuf;

use collector::Environment;
use collector::schedule::{Host, Job, Mechanism, remove};
use data_schema::UtcSeconds;
use serde::{Deserialize, Serialize};

use crate::cli::{Global, ScheduleVerb, Uninstall};
use crate::environment;
use crate::installed::Installed;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, note};
use crate::session::Session;

pub(crate) use install::run as install;

/// What was installed last, kept in the data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    pub(crate) mechanism: Mechanism,
    pub(crate) installed_at: UtcSeconds,
    /// The program that the scheduler runs.
    pub(crate) program: PathBuf,
    pub(crate) log_file: PathBuf,
    /// In words.
    pub(crate) rhythm: String,
}

impl Installed for Record {
    const JOB: Job = Job::Collect;
    const FILE: &'static str = "schedule.json";

    fn mechanism(&self) -> Mechanism {
        self.mechanism
    }
}

pub(crate) fn run(global: &Global, verb: &ScheduleVerb) -> Result<Outcome, Failure> {
    match verb {
        ScheduleVerb::Install(options) => install::run(global, *options),
        ScheduleVerb::Uninstall(options) => uninstall(global, *options),
        ScheduleVerb::Status { json } => status::run(global, *json),
    }
}

/// The surroundings of the user whom the scheduler works for: `--home` says only where logs are.
pub(crate) fn own(global: &Global) -> Result<Environment, Failure> {
    environment::read(&Global { home: None, ..global.clone() })
}

fn uninstall(global: &Global, options: Uninstall) -> Result<Outcome, Failure> {
    // A broken configuration must not keep it in.
    let session = Session::open(global, false)?;
    let host = Host::new(&own(global)?);
    let (mut found, mut failed) = (0, 0);
    for (mechanism, entry) in Record::look(&host, &session.data) {
        let title = mechanism.title();
        let result = match entry {
            Ok(None) => continue,
            Ok(Some(entry)) => {
                found += 1;
                let place = &entry.place;
                if options.dry_run {
                    data(&format!(
                        "would be taken out of {title} ({place}):\n{}\n",
                        entry.text.trim_end()
                    ))?;
                    continue;
                }
                remove(&host, mechanism, Job::Collect)
                    .map(|()| session.say(&format!("taken out of {title}: {place}")))
            }
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            failed += 1;
            note(&format!("warning: {title}: {error}"));
        }
    }
    if found == 0 && failed == 0 {
        session.say("nothing is scheduled");
    }
    if !options.dry_run && failed == 0 {
        Record::forget(&session.data)?;
    }
    Ok(if failed > 0 { Outcome::Broken } else { Outcome::Done })
}
