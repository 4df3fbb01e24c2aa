//! The arguments, with their help.

use std::path::PathBuf;

use chrono::NaiveDate;
use chrono_tz::Tz;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use publish::{Mode, Publish, WorkflowHost};
pub(crate) use schedule::{Install, ScheduleVerb, Uninstall};
pub(crate) use setup::{
    Ci, Doctor, Every, Init, MachineVerb, MachinesShown, ModelsShown, ProjectsShown, Shown,
    SiteFlags,
};
pub(crate) use store::{Export, ExportFormat, Forget, Import, StoreVerb};

mod publish;
mod schedule;
mod setup;
mod store;

/// Counts every token of your AI coding tools once, for ever, in a git repository of your own, and shows it
/// on a page that needs no server.
#[derive(Debug, Parser)]
#[command(name = "token-matters", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong arguments or configuration,
  3 partial (some source or key could not be used, or commits wait for a push), 70 a bug

Files: configuration in ~/.token-matters/config.yaml, data below
  ~/.token-matters, or $TOKEN_MATTERS_HOME

Start with:
  token-matters up        your page, on this machine only
  token-matters init      several machines, a schedule, a page for others
  token-matters doctor    what is wrong, and what to do";

const DATA_HELP: &str = "Folder of the configuration, the store and the page [default: $TOKEN_MATTERS_HOME or ~/.token-matters]";

/// The heading under which every `--help` lists them, apart from the command's own.
const EVERYWHERE: &str = "Options of every command";

/// Options of every verb.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = EVERYWHERE)]
pub(crate) struct Global {
    /// Zone whose calendar days are reported, such as Europe/Berlin
    #[arg(long, global = true, value_name = "ZONE", value_parser = zone)]
    pub(crate) timezone: Option<Tz>,
    /// Folder where the tools' logs are, instead of your home folder
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Folder of the configuration, the store and the page
    #[arg(long, global = true, value_name = "DIR", help = DATA_HELP)]
    pub(crate) data: Option<PathBuf>,
    /// Print results and errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// List every warning
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse()
        .map_err(|_| "not a zone of the IANA database, such as Europe/Berlin or UTC".to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Collect, summarize, build the page and serve it on this machine: the main job
    #[command(
        after_help = "Examples:\n  token-matters up\n  token-matters up --port 8080\n  token-matters up --no-serve"
    )]
    Up(Serve),
    /// The same page on built-in sample data
    #[command(
        after_help = "Examples:\n  token-matters demo\n  token-matters demo --no-serve --data /tmp/demo"
    )]
    Demo(Serve),
    /// Read the tools' logs and store what is new
    #[command(
        after_help = "Examples:\n  token-matters collect\n  token-matters collect --source codex --since 2026-05-01\n  token-matters collect --dry-run --json"
    )]
    Collect(Collect),
    /// Show what is stored and what is new in tables
    #[command(
        after_help = "Examples:\n  token-matters report\n  token-matters report monthly\n  token-matters report daily --json --local"
    )]
    Report(Report),
    /// Today and this month of this machine in one line, for the status line of a shell or tool
    #[command(
        after_help = "It reads a small file that `collect` leaves behind, and never a log. If that is old, it starts a\n`collect --local` in the background.\n\nExamples:\n  token-matters statusline\n  token-matters statusline --max-age 600\n  token-matters statusline --json"
    )]
    Statusline(Statusline),
    /// Make the summary files of the store
    #[command(after_help = "Examples:\n  token-matters summarize --raw . --out public --publish")]
    Summarize(Summarize),
    /// Build or serve the page of a summary
    #[command(subcommand)]
    Site(Site),
    /// Import, export, forget, check and pack what is stored
    #[command(subcommand)]
    Store(StoreVerb),
    /// Set everything up, with questions: where data lives, what is published, the schedule
    #[command(
        after_help = "Nothing is written before the plan has been shown and confirmed. Run it again at\nany time: what is set already is the default.\n\nExamples:\n  token-matters init\n  token-matters init --dry-run --yes --remote https://github.com/me/token-data\n  token-matters init --yes --remote git@github.com:me/data.git --publish-to git@github.com:me/page.git\n  token-matters init --yes --local --schedule none"
    )]
    Init(Init),
    /// Check everything, and say what to do
    #[command(
        after_help = "Exit code 0 if nothing is broken, else 1. Every check is explained in docs/doctor.md.\n\nExamples:\n  token-matters doctor\n  token-matters doctor --fix\n  token-matters doctor --json\n  token-matters doctor --sample ~/.codex/sessions/2026/05/01/rollout-x.jsonl > sample.txt"
    )]
    Doctor(Doctor),
    /// Let the system collect on a schedule
    #[command(subcommand)]
    Schedule(ScheduleVerb),
    /// Summarize, build the page and put it where others can see it
    Publish(Publish),
    /// List the machines, or show one under another name
    #[command(subcommand)]
    Machine(MachineVerb),
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Port on this machine; another free one is taken if it is in use
    #[arg(long, default_value_t = 8787)]
    pub(crate) port: u16,
    /// Build the page and end
    #[arg(long = "no-serve")]
    pub(crate) build_only: bool,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// How pages look.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Look {
    /// Folder whose files replace templates of the same name, with your own style in custom.css
    #[arg(long, value_name = "DIR")]
    pub(crate) templates: Option<PathBuf>,
    /// Languages of the pages, the first at the root [default: `site.languages` of token-matters.yaml, else en]
    #[arg(long = "language", value_name = "TAG,…", value_delimiter = ',')]
    pub(crate) languages: Vec<String>,
}

#[derive(Args, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Collect {
    /// Only this source (may be repeated)
    #[arg(long = "source", visible_alias = "provider", value_name = "ID")]
    pub(crate) sources: Vec<String>,
    #[command(flatten)]
    pub(crate) days: Days,
    /// Read and count, but store nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Read all logs anew, and keep nothing of them for the next run
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Store on this machine only, and send nothing anywhere
    #[arg(long)]
    pub(crate) local: bool,
    /// Push raw data even to a remote that anybody can read
    #[arg(long)]
    pub(crate) allow_public_data: bool,
    /// End at once if another run is at work
    #[arg(long, hide = true)]
    pub(crate) background: bool,
    /// Also write what is told to this file, which holds 1 MiB at most
    #[arg(long, hide = true, value_name = "FILE")]
    pub(crate) log_file: Option<PathBuf>,
    /// Show what is stored and how the logs of every source are, and store nothing
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) status: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// A choice of calendar days.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Days {
    /// Only this day
    #[arg(long, value_name = "DAY", conflicts_with_all = ["since", "from", "to"])]
    pub(crate) date: Option<NaiveDate>,
    /// Only this day and later ones
    #[arg(long, value_name = "DAY", conflicts_with = "from")]
    pub(crate) since: Option<NaiveDate>,
    /// First day
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<NaiveDate>,
    /// Last day
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<NaiveDate>,
}

impl Days {
    /// First and last day, if any is told.
    pub(crate) fn range(self) -> Option<(NaiveDate, NaiveDate)> {
        let first = self.date.or(self.since).or(self.from);
        let last = self.date.or(self.to);
        if first.is_none() && last.is_none() {
            return None;
        }
        Some((first.unwrap_or(NaiveDate::MIN), last.unwrap_or(NaiveDate::MAX)))
    }
}

#[derive(Args, Debug)]
pub(crate) struct Report {
    /// What a row is about
    #[arg(value_enum, default_value_t = ReportKind::Daily)]
    pub(crate) kind: ReportKind,
    #[command(flatten)]
    pub(crate) days: Days,
    /// Only what the logs on this machine hold, without the store
    #[arg(long)]
    pub(crate) local: bool,
    /// Read all logs anew, and keep nothing of them for the next run
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Statusline {
    /// Age in seconds from which on the numbers are made anew in the background
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) max_age: u32,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ReportKind {
    Daily,
    Weekly,
    Monthly,
    Session,
}

#[derive(Args, Debug)]
pub(crate) struct Summarize {
    /// Store to read: a folder with raw/ below it, or a repository [default: this machine's store]
    #[arg(long, value_name = "DIR")]
    pub(crate) raw: Option<PathBuf>,
    /// Folder that summary/ is written in
    #[arg(long, value_name = "ROOT")]
    pub(crate) out: PathBuf,
    /// Hide what is not meant for others, as token-matters.yaml says
    #[arg(long)]
    pub(crate) publish: bool,
    /// The last day of all windows, as a UTC time [default: the newest record]
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Site {
    /// Build pages, badges and cards from a summary
    #[command(
        after_help = "Examples:\n  token-matters site build --summary public/summary --out public\n  token-matters site build --summary public/summary --out public --language en,zh"
    )]
    Build {
        /// Folder of the summary
        #[arg(long, value_name = "DIR")]
        summary: PathBuf,
        /// Folder that the page is written in
        #[arg(long, value_name = "ROOT")]
        out: PathBuf,
        #[command(flatten)]
        look: Look,
    },
    /// Serve a built page on this machine
    #[command(
        after_help = "With --watch, the page of ROOT/summary is built again whenever the summary or a template changes,\nand the browser shows it at once. A fault in a template is told here and in the browser.\n\nExamples:\n  token-matters site serve public\n  token-matters site serve public --watch --templates my-templates"
    )]
    Serve {
        /// Folder with index.html, or with summary/ to build it of
        root: PathBuf,
        /// Port on this machine; another free one is taken if it is in use
        #[arg(long, default_value_t = 8787)]
        port: u16,
        /// Build again when something changes, and show it
        #[arg(long)]
        watch: bool,
        #[command(flatten)]
        look: Look,
    },
}
