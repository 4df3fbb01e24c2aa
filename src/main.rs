//! Token Matters: counts every token of AI coding tools once, and shows it on a page without a server.
//!
//! This crate is the command: it parses arguments, reads the surroundings, calls the libraries, prints, and
//! maps what happened to an exit code. See `ARCHITECTURE.md` for the way of a fact through the crates.

mod cli;
mod commands;
mod config_file;
mod current;
mod demo;
mod doctor;
mod environment;
mod exchange;
mod health;
mod http;
mod init;
mod installed;
mod interfaces;
mod keyring;
mod known;
mod log_file;
mod money;
mod outcome;
mod output;
mod private;
mod progress;
mod run_lock;
mod scan;
mod serve;
mod session;
mod shared_change;
mod stale;
mod status;
mod stores;
mod wsl;

use std::process::ExitCode;

use clap::Parser;

use crate::outcome::{Failure, Outcome};

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let code = match std::panic::catch_unwind(|| commands::run(&cli)) {
        Ok(Ok(Outcome::Done)) => outcome::DONE,
        Ok(Ok(Outcome::Partial)) => outcome::PARTIAL,
        Ok(Ok(Outcome::Broken)) => outcome::FAILED,
        Ok(Ok(Outcome::OverBudget)) => outcome::OVER_BUDGET,
        Ok(Err(Failure::Usage(message))) => {
            output::note(&format!("error: {message}"));
            outcome::USAGE
        }
        Ok(Err(Failure::Failed(error))) => {
            output::note(&format!("error: {error:#}"));
            outcome::FAILED
        }
        Err(_) => {
            output::note(
                "this is a bug in token-matters; what was stored before is untouched; please report the lines above",
            );
            outcome::BUG
        }
    };
    log_file::end(code);
    ExitCode::from(code)
}
