//! The programs beside the toolchain that the tests need. They are installed where that can be done without asking
//! anybody.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What Chromium is called, by system; the tests in `site/tests/browser` look for the same.
const BROWSERS: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Real remotes are reached with it.
pub(crate) fn git() -> Result<()> {
    needed("git", &["git"], || runs("git"))
}

/// Pages are looked at in it, with a font that has all the signs of our pages.
pub(crate) fn browser() -> Result<()> {
    needed("Chromium", &["chromium", "fonts-dejavu-core"], || chromium().is_ok())
}

/// The browser's program.
#[expect(clippy::disallowed_methods, reason = "a developer may say which browser to use")]
pub(crate) fn chromium() -> Result<PathBuf> {
    let told = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let mut known = told.into_iter().chain(BROWSERS.map(PathBuf::from));
    let found = known.find(|program| program.to_str().is_some_and(runs));
    found.context("Chromium is not here: install it, or set CHROMIUM to its path")
}

fn needed(name: &str, packages: &[&str], is_there: impl Fn() -> bool) -> Result<()> {
    if is_there() {
        return Ok(());
    }
    say(&format!("{name} is missing: trying to install it"));
    let install = [&["install", "--yes", "--quiet", "--no-install-recommends"], packages].concat();
    // As root, or as someone who may become it without a password.
    for (program, before) in [("apt-get", &[][..]), ("sudo", &["-n", "apt-get"])] {
        let update = [before, &["update", "--quiet"]].concat();
        if succeeds(program, &update) && succeeds(program, &[before, &install].concat()) {
            break;
        }
    }
    if is_there() {
        return Ok(());
    }
    bail!(
        "the tests need {name}: install it, for example with `sudo apt-get install {}`",
        packages.join(" ")
    );
}

fn runs(program: &str) -> bool {
    succeeds(program, &["--version"])
}

/// Whether a program runs and ends well; what it says is not shown.
pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[expect(clippy::print_stdout, reason = "a developer's tool prints")]
fn say(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_there_is_not_installed_and_one_that_is_not_is_named() {
        needed("anything", &["no-such-package"], || true).unwrap();
        assert!(!runs("no-such-program-anywhere"));
    }
}
