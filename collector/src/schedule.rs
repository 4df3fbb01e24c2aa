//! The system's own scheduler: what is put there, found there and taken out of it.
//!
//! Texts come from [`units`] alone, which touches nothing. Everything else calls the scheduler's own programs
//! (`systemctl`, `launchctl`, `crontab`, `schtasks`) in English and with a deadline.

mod cron;
mod error;
mod launchd;
mod program;
pub mod quote;
mod systemd;
mod task;
mod units;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use cron::Crontab;
pub use error::ScheduleError;
pub use program::vanishing;
pub use units::{Unit, shell_line, units};

use crate::config::ScheduleConfig;
use crate::environment::{Environment, Platform};

/// Label of the launchd agent, as in 1.x.
pub const LABEL: &str = "com.token-matters.collector";
/// What a line of a crontab ends with, as in 1.x.
pub const MARKER: &str = "# token-matters-collector";
/// What the line of the first run ends with.
pub const ONCE_MARKER: &str = "# token-matters-collector-once";
/// Name of the task, as in 1.x.
pub const TASK: &str = "TokenMattersCollector";
/// Name of the systemd timer.
pub const TIMER: &str = "token-matters.timer";
/// Name of the systemd service that the timer starts.
pub const SERVICE: &str = "token-matters.service";
/// Name of the systemd service that keeps the proxy running.
pub const PROXY_SERVICE: &str = "token-matters-proxy.service";
/// Label of the launchd agent that keeps the proxy running.
pub const PROXY_LABEL: &str = "com.token-matters.proxy";
/// What the line of a crontab ends with that keeps the proxy running. It does not end like [`MARKER`].
pub const PROXY_MARKER: &str = "# token-matters-proxy";
/// Name of the task that keeps the proxy running.
pub const PROXY_TASK: &str = "TokenMattersProxy";

/// Minutes of a day.
const DAILY: u32 = 1440;
/// Daily runs begin at half past midnight, as in 1.x: the day before is complete by then.
const DAILY_MINUTE: u32 = 30;

/// A scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "every rule about schedulers must name all four")]
pub enum Mechanism {
    /// macOS.
    Launchd,
    /// A user manager of systemd.
    Systemd,
    /// A crontab.
    Cron,
    /// Windows Task Scheduler.
    Task,
}

impl Mechanism {
    /// Those that a platform may have, the preferred one first.
    pub fn of(platform: Platform) -> &'static [Self] {
        match platform {
            Platform::Linux => &[Self::Systemd, Self::Cron],
            Platform::MacOs => &[Self::Launchd, Self::Cron],
            Platform::Windows => &[Self::Task],
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Launchd => "launchd",
            Self::Systemd => "the systemd user manager",
            Self::Cron => "cron",
            Self::Task => "Task Scheduler",
        }
    }
}

/// What schedulers are told to do: each stands under names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every scheduler must have names for each")]
pub enum Job {
    /// Collect on a schedule.
    Collect,
    /// Keep the proxy running.
    Proxy,
}

/// The names under which a job stands in the schedulers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    label: &'static str,
    /// What lines of a crontab end with.
    markers: &'static [&'static str],
    task: &'static str,
    /// Files of systemd; the first one is switched on.
    units: &'static [&'static str],
    /// What wants the first one.
    wanted_by: &'static str,
}

impl Job {
    fn names(self) -> Names {
        match self {
            Self::Collect => Names {
                label: LABEL,
                markers: &[MARKER, ONCE_MARKER],
                task: TASK,
                units: &[TIMER, SERVICE],
                wanted_by: "timers.target.wants",
            },
            Self::Proxy => Names {
                label: PROXY_LABEL,
                markers: &[PROXY_MARKER],
                task: PROXY_TASK,
                units: &[PROXY_SERVICE],
                wanted_by: "default.target.wants",
            },
        }
    }
}

/// When a run begins, in the machine's local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every scheduler must know all")]
pub enum Rhythm {
    /// At this minute of every hour.
    Hourly(u32),
    /// At this minute after midnight.
    Daily(u32),
    /// The whole time, and again whenever it has ended: the proxy.
    Always,
}

impl Rhythm {
    /// What the configuration asks for. Without an offset, an hourly run takes a minute of this machine's own, so that
    /// machines do not all push at once.
    pub fn of(config: &ScheduleConfig, machine_id: &str) -> Self {
        if config.interval_minutes == DAILY {
            return Self::Daily(config.offset_minute.unwrap_or(DAILY_MINUTE));
        }
        Self::Hourly(config.offset_minute.unwrap_or_else(|| own_minute(machine_id)))
    }

    /// In words.
    pub fn title(self) -> String {
        match self {
            Self::Hourly(minute) => format!("every hour at minute {minute}"),
            Self::Daily(minute) => format!("every day at 00:{minute:02}"),
            Self::Always => "the whole time".to_owned(),
        }
    }

    /// Minute of the hour.
    pub fn minute(self) -> u32 {
        match self {
            Self::Hourly(minute) | Self::Daily(minute) => minute,
            Self::Always => 0,
        }
    }

    /// What runs so.
    fn job(self) -> Job {
        match self {
            Self::Hourly(_) | Self::Daily(_) => Job::Collect,
            Self::Always => Job::Proxy,
        }
    }
}

/// A minute from 0 to 59 that is always the same for a machine, and evenly spread over machines.
fn own_minute(machine_id: &str) -> u32 {
    let hash = Sha256::digest(machine_id.as_bytes());
    hash.iter().take(8).fold(0_u32, |rest, byte| (rest * 256 + u32::from(*byte)) % 60)
}

/// What is to be run, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the command and tests build it field by field")]
pub struct Plan {
    /// When.
    pub rhythm: Rhythm,
    /// Absolute path of the program.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Variables that it needs. Task Scheduler has no place for them and takes the user's own.
    pub variables: BTreeMap<String, String>,
    /// Where a scheduler puts what the program prints, if it does that by itself: launchd, for what runs the whole time.
    pub log: Option<String>,
}

/// Where a user's schedulers keep what they are told.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the command and tests build it field by field")]
pub struct Host {
    /// The home folder of the user.
    pub home: PathBuf,
    /// `$XDG_CONFIG_HOME` or its default.
    pub config_home: PathBuf,
    /// `$XDG_DATA_HOME` or its default.
    pub data_home: PathBuf,
    /// Decides which schedulers there may be.
    pub platform: Platform,
}

impl Host {
    /// The host of a user whose surroundings these are.
    pub fn new(environment: &Environment) -> Self {
        let data_home = environment
            .variable("XDG_DATA_HOME")
            .map_or_else(|| environment.home.join(".local/share"), PathBuf::from);
        Self {
            home: environment.home.clone(),
            config_home: environment.config_home(),
            data_home,
            platform: environment.platform,
        }
    }
}

/// What stands in a scheduler under our name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Entry {
    /// Where: a file, `crontab`, or the name of a task.
    pub place: String,
    /// What it says.
    pub text: String,
    /// Whether the scheduler knows it and will run it.
    pub is_active: bool,
}

impl Entry {
    /// Whether Token Matters 1.x has made it: a TypeScript file that was run by `npx tsx`.
    pub fn is_of_predecessor(&self) -> bool {
        let text = &self.text;
        text.contains("main.ts") || (text.contains("npx") && text.contains("tsx"))
    }
}

/// The scheduler that is there and answers.
///
/// # Errors
///
/// There is none.
pub fn choose(host: &Host) -> Result<Mechanism, ScheduleError> {
    let is_there = |mechanism: &&Mechanism| match mechanism {
        Mechanism::Systemd => systemd::answers(),
        Mechanism::Cron => cron::is_there(),
        Mechanism::Launchd | Mechanism::Task => true,
    };
    Mechanism::of(host.platform).iter().find(is_there).copied().ok_or(ScheduleError::NoScheduler)
}

/// What stands in a scheduler under the name of a job.
///
/// # Errors
///
/// The scheduler, or its file, cannot be read. That there is no such scheduler is no error: then nothing stands there.
pub fn find(host: &Host, mechanism: Mechanism, job: Job) -> Result<Option<Entry>, ScheduleError> {
    let names = job.names();
    match mechanism {
        Mechanism::Launchd => launchd::find(host, names),
        Mechanism::Systemd => systemd::find(host, names),
        Mechanism::Cron => cron::find(names),
        Mechanism::Task => task::find(names),
    }
}

/// Puts the plan into a scheduler; replaces what stands there under our name.
///
/// # Errors
///
/// The plan holds what the scheduler cannot take, or the scheduler refuses. A crontab that cannot be read is left alone.
pub fn install(host: &Host, mechanism: Mechanism, plan: &Plan) -> Result<(), ScheduleError> {
    let units = units(host, mechanism, plan)?;
    let names = plan.rhythm.job().names();
    match mechanism {
        Mechanism::Launchd => launchd::install(host, names, &units),
        Mechanism::Systemd => systemd::install(names, &units),
        Mechanism::Cron => cron::install(names, &units),
        Mechanism::Task => task::install(&units),
    }
}

/// Takes out what stands in a scheduler under the name of a job. Does nothing where nothing stands. What runs is ended,
/// except by cron, which knows nothing of what it has started.
///
/// # Errors
///
/// The scheduler refuses, or cannot be read.
pub fn remove(host: &Host, mechanism: Mechanism, job: Job) -> Result<(), ScheduleError> {
    let names = job.names();
    match mechanism {
        Mechanism::Launchd => launchd::remove(host, names),
        Mechanism::Systemd => systemd::remove(host, names),
        Mechanism::Cron => cron::remove(names),
        Mechanism::Task => task::remove(names),
    }
}

/// Since when a service runs, in the scheduler's own words. `None` where it does not tell, or nothing runs.
pub fn running_since(mechanism: Mechanism) -> Option<String> {
    match mechanism {
        Mechanism::Systemd => systemd::running_since(PROXY_SERVICE),
        Mechanism::Launchd | Mechanism::Cron | Mechanism::Task => None,
    }
}

/// Lets a scheduler run what it was told once, soon. Returns at once: the run's log tells how it went.
/// `marker` is a file that cron takes away when it begins; [`started`] must be called after that.
///
/// # Errors
///
/// The scheduler refuses.
pub fn start(mechanism: Mechanism, plan: &Plan, marker: &Path) -> Result<(), ScheduleError> {
    match mechanism {
        Mechanism::Launchd => launchd::start(),
        Mechanism::Systemd => systemd::start(),
        Mechanism::Cron => cron::start(plan, marker),
        Mechanism::Task => task::start(),
    }
}

/// Clears up after [`start`], whether the run began or not.
///
/// # Errors
///
/// The crontab cannot be read or written.
pub fn started(mechanism: Mechanism, marker: &Path) -> Result<(), ScheduleError> {
    match mechanism {
        Mechanism::Cron => cron::started(marker),
        Mechanism::Launchd | Mechanism::Systemd | Mechanism::Task => Ok(()),
    }
}

/// When the next run begins, in the scheduler's own words. `None` where it does not tell.
pub fn next_run(mechanism: Mechanism) -> Option<String> {
    match mechanism {
        Mechanism::Systemd => systemd::next_run(),
        Mechanism::Task => task::next_run(),
        Mechanism::Launchd | Mechanism::Cron => None,
    }
}

/// What keeps runs from happening although everything is installed, and what to do.
pub fn obstacle(mechanism: Mechanism, user: &str) -> Option<String> {
    match mechanism {
        Mechanism::Systemd => systemd::obstacle(user),
        Mechanism::Launchd | Mechanism::Cron | Mechanism::Task => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_of_machines_are_fixed_and_spread_over_the_hour() {
        let minutes: Vec<u32> = (0..600).map(|id| own_minute(&format!("{id:032x}"))).collect();
        assert!(minutes.iter().all(|minute| *minute < 60));
        for minute in 0..60 {
            let count = minutes.iter().filter(|other| **other == minute).count();
            assert!((1..=30).contains(&count), "minute {minute}: {count} of 600");
        }
        assert_eq!(own_minute("a"), own_minute("a"));
    }

    #[test]
    fn an_offset_of_the_configuration_goes_first() {
        let config = |interval_minutes, offset_minute| ScheduleConfig {
            interval_minutes,
            offset_minute,
            log_file: None,
        };
        assert_eq!(Rhythm::of(&config(60, Some(7)), "a"), Rhythm::Hourly(7));
        assert_eq!(Rhythm::of(&config(1440, Some(7)), "a"), Rhythm::Daily(7));
        assert_eq!(Rhythm::of(&config(1440, None), "a"), Rhythm::Daily(30));
        assert_eq!(Rhythm::of(&config(60, None), "a"), Rhythm::Hourly(own_minute("a")));
    }
}
