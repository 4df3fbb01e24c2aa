//! One function per verb.

mod collect;
mod report;
mod site;
mod status;
mod statusline;
mod store;
mod summarize;
mod up;

use crate::cli::{Cli, Verb};
use crate::outcome::{Failure, Outcome};

/// Runs the verb.
pub(crate) fn run(cli: &Cli) -> Result<Outcome, Failure> {
    match &cli.verb {
        Verb::Up(serve) => up::up(&cli.global, serve),
        Verb::Demo(serve) => up::demo(&cli.global, serve),
        Verb::Collect(options) => collect::run(&cli.global, options),
        Verb::Report(options) => report::run(&cli.global, options),
        Verb::Statusline(options) => statusline::run(&cli.global, *options),
        Verb::Summarize(options) => summarize::run(&cli.global, options),
        Verb::Site(verb) => site::run(verb),
        Verb::Store(verb) => store::run(&cli.global, verb),
    }
}
