//! The arguments, with their help.

use std::path::PathBuf;

use chrono::NaiveDate;
use chrono_tz::Tz;
use clap::{Args, Parser, Subcommand};

pub(crate) use crate::commands::audit::Audit;
pub(crate) use crate::commands::budget::BudgetVerb;
pub(crate) use crate::commands::export::Export as ExportFacts;
pub(crate) use crate::commands::limits::Limits;
pub(crate) use crate::commands::mcp::Mcp;
pub(crate) use crate::commands::plan::PlanVerb;
pub(crate) use crate::commands::prices::Prices;
pub(crate) use crate::commands::reconcile::Reconcile;
pub(crate) use crate::commands::report::Report;
pub(crate) use crate::commands::reprice::Reprice;
pub(crate) use crate::commands::tui::Tui;
pub(crate) use proxy::ProxyVerb;
pub(crate) use publish::{Mode, Publish, WorkflowHost};
pub(crate) use schedule::{Install, ScheduleVerb, Scheduler, Uninstall};
pub(crate) use setup::{
    Ci, Doctor, Every, Init, MachineVerb, MachinesShown, ModelsShown, ProjectsShown, Shown,
    SiteFlags,
};
pub(crate) use store::{ExportFormat, Forget, Import, StoreVerb};

mod proxy;
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
  3 partial (some source or key could not be used, or commits wait for a push),
  4 a budget is passed (`budget check` only), 70 a bug

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
        after_help = "All reports of the same days and filters have the same totals. Every option is explained in\ndocs/reports.md; docs/from-ccusage.md says what replaces which command of ccusage.\n\nExamples:\n  token-matters report\n  token-matters report monthly --breakdown\n  token-matters report models --last 28d --compare previous\n  token-matters report daily --by project --source codex --top 10\n  token-matters report weekly --csv > weeks.csv\n  token-matters report daily --json --local"
    )]
    Report(Report),
    /// Today, limits and more of this machine in one line, for the status line of a shell or tool
    #[command(
        after_help = "It reads a small file that `collect` leaves behind, and never a log. If that is old, it starts a\n`collect --local` in the background. What Claude Code tells its status line on standard input\ngoes first. Fields of templates: docs/statusline.md.\n\nExamples:\n  token-matters statusline\n  token-matters statusline --template '{today.cost} today[, 5h {limit.5h}]'\n  token-matters statusline --max-age 600\n  token-matters statusline --json"
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
    /// Meter what clients send, on its way to the vendors
    #[command(subcommand)]
    Proxy(ProxyVerb),
    /// Which prices count and why, and newer ones
    #[command(subcommand)]
    Prices(Prices),
    /// Show what other prices would change, before they do
    #[command(
        after_help = "Examples:\n  token-matters reprice\n  token-matters reprice --with new-prices.json"
    )]
    Reprice(Reprice),
    /// Subscriptions, and whether they were worth it
    #[command(
        subcommand,
        after_help = "Examples:\n  token-matters plan list\n  token-matters plan add \"Max 20x\" --price 200 --since 2026-01-15 --source claude-code\n  token-matters plan metered opencode"
    )]
    Plan(PlanVerb),
    /// What a day, week or month may cost, and what it comes to
    #[command(
        subcommand,
        after_help = "Examples:\n  token-matters budget set 200\n  token-matters budget set 20 --per day --of billed\n  token-matters budget check"
    )]
    Budget(BudgetVerb),
    /// Windows of five hours, and what vendors say of their limits
    #[command(
        after_help = "Examples:\n  token-matters limits\n  token-matters limits --source codex --history\n  token-matters limits --json"
    )]
    Limits(Limits),
    /// What was counted beside what vendors say
    #[command(
        after_help = "Nothing is stored. docs/reconcile.md has the forms of files that are known, and what may be behind a gap.\n\nExamples:\n  token-matters reconcile\n  token-matters reconcile --since 2026-05-01 --with claude_api_tokens_2026_05.csv\n  token-matters reconcile --with bill.csv --columns date=Day,model=Model,input=In,output=Out,cost=Price --json"
    )]
    Reconcile(Reconcile),
    /// The fields of a log beside what they became
    #[command(
        after_help = "Counts, times, ids and models of the log are shown, and no word that anybody wrote.\n\nExamples:\n  token-matters audit uTVJl5FBUdw\n  token-matters audit 0f0a2c9b8d7e6f51\n  token-matters audit uTVJl5FBUdw --json"
    )]
    Audit(Audit),
    /// Every response that counts, for other programs
    #[command(
        after_help = "Examples:\n  token-matters export > usage.jsonl\n  token-matters export --format csv --last 28d --out usage.csv\n  token-matters export --format parquet --source codex --out usage.parquet"
    )]
    Export(ExportFacts),
    /// A live view in the terminal
    #[command(
        after_help = "Today, the open window of five hours, limits with their age, sources, models and the month. Times go\non every second; logs and store are looked at again every ten (--every), and nothing waits for them.\n\nExamples:\n  token-matters tui\n  token-matters tui --local --every 60"
    )]
    Tui(Tui),
    /// Answer the questions of an assistant over the Model Context Protocol, on standard input and output
    #[command(
        after_help = "Tools: usage_report, limits, budgets_and_plans, price, sources. None of them changes anything.\nOther assistants: docs/assistants.md.\n\nExamples:\n  claude mcp add token-matters -- token-matters mcp\n  codex mcp add token-matters -- token-matters mcp\n  gemini mcp add token-matters token-matters mcp"
    )]
    Mcp(Mcp),
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
    #[arg(long, value_name = "DAY", value_parser = day, conflicts_with_all = ["since", "from", "to"])]
    pub(crate) date: Option<NaiveDate>,
    /// Only this day and later ones
    #[arg(long, value_name = "DAY", value_parser = day, conflicts_with = "from")]
    pub(crate) since: Option<NaiveDate>,
    /// First day
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) from: Option<NaiveDate>,
    /// Last day
    #[arg(long, visible_alias = "until", value_name = "DAY", value_parser = day)]
    pub(crate) to: Option<NaiveDate>,
}

/// A day as people write it, or without hyphens.
fn day(text: &str) -> Result<NaiveDate, String> {
    let compact = || NaiveDate::parse_from_str(text, "%Y%m%d").ok().filter(|_| text.len() == 8);
    let day = text.parse().ok().or_else(compact);
    day.ok_or_else(|| "not a day, such as 2026-05-01".to_owned())
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

#[derive(Args, Clone, Debug)]
pub(crate) struct Statusline {
    /// The line, with names of fields in braces [default: `statusline.template` of config.yaml]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) template: Option<String>,
    /// Age in seconds from which on the numbers are made anew in the background
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) max_age: u32,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
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
