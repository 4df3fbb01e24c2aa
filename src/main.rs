//! Token Matters: counts every token of AI coding tools once, and shows it on a page without a server.
//!
//! This crate is the command: it parses arguments, reads the surroundings, calls the libraries, prints, and
//! maps what happened to an exit code. See `ARCHITECTURE.md` for the way of a fact through the crates.

mod cli;
mod commands;
mod demo;
mod environment;
mod known;
mod outcome;
mod output;
mod progress;
mod serve;
mod session;

use std::process::ExitCode;

use clap::Parser;

use crate::outcome::{Failure, Outcome};

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let result = std::panic::catch_unwind(|| commands::run(&cli));
    match result {
        Ok(Ok(Outcome::Done)) => ExitCode::from(outcome::DONE),
        Ok(Ok(Outcome::Partial)) => ExitCode::from(outcome::PARTIAL),
        Ok(Err(Failure::Usage(message))) => {
            output::note(&format!("error: {message}"));
            ExitCode::from(outcome::USAGE)
        }
        Ok(Err(Failure::Failed(error))) => {
            output::note(&format!("error: {error:#}"));
            ExitCode::from(outcome::FAILED)
        }
        Err(_) => {
            output::note(
                "this is a bug in token-matters; what was stored before is untouched; please report the lines above",
            );
            ExitCode::from(outcome::BUG)
        }
    }
}
