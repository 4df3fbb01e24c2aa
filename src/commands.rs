//! One function per verb.

pub(crate) mod audit;
pub(crate) mod budget;
pub(crate) mod collect;
mod doctor;
pub(crate) mod export;
mod init;
pub(crate) mod limits;
mod machine;
pub(crate) mod mcp;
pub(crate) mod plan;
pub(crate) mod prices;
pub(crate) mod proxy;
pub(crate) mod publish;
pub(crate) mod reconcile;
pub(crate) mod report;
pub(crate) mod reprice;
pub(crate) mod schedule;
mod site;
mod status;
mod statusline;
mod store;
mod summarize;
pub(crate) mod tui;
mod up;

use crate::cli::{Cli, Collect, Verb};
use crate::outcome::{Failure, Outcome};
use crate::output::note;
use crate::session::PROGRAM;
use crate::{environment, log_file, stale};

/// Runs the verb.
pub(crate) fn run(cli: &Cli) -> Result<Outcome, Failure> {
    prepare(cli);
    match &cli.verb {
        Verb::Up(serve) => up::up(&cli.global, serve),
        Verb::Demo(serve) => up::demo(&cli.global, serve),
        Verb::Collect(options) => collect::run(&cli.global, options),
        Verb::Report(options) => report::run(&cli.global, options),
        Verb::Statusline(options) => statusline::run(&cli.global, options),
        Verb::Summarize(options) => summarize::run(&cli.global, options),
        Verb::Site(verb) => site::run(verb),
        Verb::Store(verb) => store::run(&cli.global, verb),
        Verb::Init(options) => init::run(&cli.global, options),
        Verb::Doctor(options) => doctor::run(&cli.global, options),
        Verb::Schedule(verb) => schedule::run(&cli.global, verb),
        Verb::Publish(options) => publish::run(&cli.global, options),
        Verb::Machine(verb) => machine::run(&cli.global, verb),
        Verb::Proxy(verb) => proxy::run(&cli.global, verb),
        Verb::Prices(verb) => prices::run(&cli.global, verb),
        Verb::Reprice(options) => reprice::run(&cli.global, options),
        Verb::Plan(verb) => plan::run(&cli.global, verb),
        Verb::Budget(verb) => budget::run(&cli.global, verb),
        Verb::Limits(options) => limits::run(&cli.global, options),
        Verb::Reconcile(options) => reconcile::run(&cli.global, options),
        Verb::Audit(options) => audit::run(&cli.global, options),
        Verb::Export(options) => export::run(&cli.global, options),
        Verb::Tui(options) => tui::run(&cli.global, options),
        Verb::Mcp(options) => mcp::run(&cli.global, options),
    }
}

/// What comes before the verb: the log of a scheduled run, and the line that says that nothing succeeded for days.
fn prepare(cli: &Cli) {
    let Ok(now) = environment::now() else { return };
    match &cli.verb {
        Verb::Collect(Collect { log_file: Some(path), .. }) => {
            if let Err(error) = log_file::open(path, now, PROGRAM) {
                note(&format!("warning: no log is written: {error}"));
            }
        }
        // `doctor` says it in its own words, a status line has no room, and a demo is about other data.
        Verb::Collect(_) | Verb::Statusline(_) | Verb::Doctor(_) | Verb::Demo(_) => {}
        _ => {
            if let Ok(data) = environment::data_folder(&cli.global) {
                stale::tell(&data, now, cli.global.quiet);
            }
        }
    }
}
