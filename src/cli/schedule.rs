//! The arguments of `schedule`.

use clap::{Args, Subcommand, ValueEnum};
use collector::schedule::Mechanism;

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleVerb {
    /// Let the system run `collect` from now on
    #[command(
        after_help = "Times come from `schedule` in config.yaml: every hour (`intervalMinutes: 60`) or\nevery day (1440), at `offsetMinute`. Run it again after a change.\n\nExamples:\n  token-matters schedule install\n  token-matters schedule install --dry-run\n  token-matters schedule install --with cron"
    )]
    Install(Install),
    /// Take the entry out again
    #[command(
        after_help = "Examples:\n  token-matters schedule uninstall\n  token-matters schedule uninstall --dry-run"
    )]
    Uninstall(Uninstall),
    /// What is installed, and how the last run went
    #[command(
        after_help = "Examples:\n  token-matters schedule status\n  token-matters schedule status --json"
    )]
    Status {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Install {
    /// Print what would be installed, and install nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not run it once inside the scheduler
    #[arg(long)]
    pub(crate) no_run: bool,
    /// The scheduler [default: the one that this system has]
    #[arg(long, value_enum, value_name = "SCHEDULER")]
    pub(crate) with: Option<Scheduler>,
    /// How long the first run may take
    #[arg(long, value_name = "SECONDS", default_value_t = Install::WAIT)]
    pub(crate) wait: u32,
}

impl Install {
    /// Seconds. The first run reads all logs of a machine.
    const WAIT: u32 = 900;
}

impl Default for Install {
    fn default() -> Self {
        Self { dry_run: false, no_run: false, with: None, wait: Self::WAIT }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Scheduler {
    /// A user timer of systemd
    Systemd,
    /// A line of your crontab
    Cron,
    /// A launchd agent (macOS)
    Launchd,
    /// Task Scheduler (Windows)
    Task,
}

impl From<Scheduler> for Mechanism {
    fn from(scheduler: Scheduler) -> Self {
        match scheduler {
            Scheduler::Systemd => Self::Systemd,
            Scheduler::Cron => Self::Cron,
            Scheduler::Launchd => Self::Launchd,
            Scheduler::Task => Self::Task,
        }
    }
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Uninstall {
    /// Print what would be taken out
    #[arg(long)]
    pub(crate) dry_run: bool,
}
