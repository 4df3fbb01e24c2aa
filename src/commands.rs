//! One function per verb.

pub(crate) mod collect;
mod doctor;
mod init;
mod machine;
pub(crate) mod publish;
mod report;
pub(crate) mod schedule;
mod site;
mod status;
mod statusline;
mod store;
mod summarize;
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
        Verb::Statusline(options) => statusline::run(&cli.global, *options),
        Verb::Summarize(options) => summarize::run(&cli.global, options),
        Verb::Site(verb) => site::run(verb),
        Verb::Store(verb) => store::run(&cli.global, verb),
        Verb::Init(options) => init::run(&cli.global, options),
        Verb::Doctor(options) => doctor::run(&cli.global, options),
        Verb::Schedule(verb) => schedule::run(&cli.global, verb),
        Verb::Publish(options) => publish::run(&cli.global, options),
        Verb::Machine(verb) => machine::run(&cli.global, verb),
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
