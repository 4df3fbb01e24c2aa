//! `proxy service`: keeps the proxy running.

mod install;
pub(crate) mod status;
mod uninstall;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use collector::schedule::{Job, Mechanism};
use data_schema::UtcSeconds;
use serde::{Deserialize, Serialize};

use crate::cli::{Global, Scheduler};
use crate::installed::Installed;
use crate::outcome::{Failure, Outcome};

pub(crate) use install::run as install;

#[derive(Debug, Subcommand)]
pub(crate) enum ServiceVerb {
    /// Start the proxy now, after every end, and after every start of the machine
    #[command(
        after_help = "Examples:\n  token-matters proxy service install\n  token-matters proxy service install --dry-run --with launchd"
    )]
    Install(InstallService),
    /// End it, and take it out
    #[command(
        after_help = "Clients that still point at the proxy then talk to nothing: they are listed, and\n--undo-clients takes their settings back.\n\nExample:\n  token-matters proxy service uninstall --undo-clients"
    )]
    Uninstall(UninstallService),
    /// Whether it is installed, whether it answers, and where
    Status {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct InstallService {
    /// Print what would be installed, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// What keeps it running [default: the first that is there]
    #[arg(long, value_enum, value_name = "SCHEDULER")]
    pub(crate) with: Option<Scheduler>,
    /// Seconds to wait until it answers; 0 does not wait
    #[arg(long, value_name = "SECONDS", default_value_t = InstallService::WAIT)]
    pub(crate) wait: u32,
}

impl InstallService {
    /// Seconds.
    const WAIT: u32 = 10;
}

impl Default for InstallService {
    fn default() -> Self {
        Self { dry_run: false, with: None, wait: Self::WAIT }
    }
}

#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct UninstallService {
    /// Print what would be taken out, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also take back the settings of clients that point at the proxy
    #[arg(long)]
    pub(crate) undo_clients: bool,
}

/// What was installed last, kept in `<data>/proxy/service.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    pub(crate) mechanism: Mechanism,
    pub(crate) installed_at: UtcSeconds,
    pub(crate) program: PathBuf,
    /// Where its output goes, in words.
    pub(crate) log: Option<String>,
}

impl Installed for Record {
    const JOB: Job = Job::Proxy;
    const FILE: &'static str = "proxy/service.json";

    fn mechanism(&self) -> Mechanism {
        self.mechanism
    }
}

pub(crate) fn run(global: &Global, verb: &ServiceVerb) -> Result<Outcome, Failure> {
    match verb {
        ServiceVerb::Install(options) => install::run(global, *options),
        ServiceVerb::Uninstall(options) => uninstall::run(global, *options),
        ServiceVerb::Status { json } => status::run(global, *json),
    }
}

/// Where a scheduler puts what the proxy says.
fn log(mechanism: Mechanism, file: &Path) -> Option<String> {
    match mechanism {
        Mechanism::Systemd => Some("journalctl --user -u token-matters-proxy".to_owned()),
        Mechanism::Launchd => Some(file.display().to_string()),
        Mechanism::Cron | Mechanism::Task => None,
    }
}
