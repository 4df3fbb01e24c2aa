//! `cargo xtask check` and `cargo xtask ci`.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::programs::{self, succeeds};
use crate::{arrows, generate, prices, sizes, workflow};

/// Arrows, sizes, generated files, form, lints.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut faults = arrows::faults(root)?;
    faults.extend(sizes::faults(root)?);
    for stale in generate::run(root, true)? {
        faults
            .push(format!("{stale} is not what its generator writes: run `cargo xtask generate`"));
    }
    if !prices::is_current(root)? {
        faults.push(format!(
            "{} is not in the generator's form: run `cargo xtask prices`",
            prices::TABLE
        ));
    }
    for fault in &faults {
        say(fault);
    }
    if !faults.is_empty() {
        bail!("{} faults", faults.len());
    }
    component(root, "rustfmt", &["fmt", "--all", "--check"])?;
    let lints =
        ["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
    component(root, "clippy", &lints)?;
    say("check: arrows, sizes, generated files, form and lints are as they should be");
    Ok(())
}

/// The check, all tests, and the workflow that publishes; the last line counts the tests.
pub(crate) fn ci(root: &Path) -> Result<()> {
    programs::git()?;
    programs::browser()?;
    check(root)?;
    let output = cargo(root, &["test", "--workspace", "--no-fail-fast"])
        .stdout(Stdio::piped())
        .output()
        .context("cargo test cannot be run")?;
    let text = String::from_utf8_lossy(&output.stdout);
    say(&text);
    // The host of the workflow is a Unix, and its steps run in bash. The tests have built the program.
    let publish = || workflow::check(root, &workflow::built(root)?);
    let published = if cfg!(unix) { publish() } else { Ok(()) };
    let [passed, failed, ignored] = ["passed", "failed", "ignored"].map(|word| count(&text, word));
    say(&format!("tests: {passed} passed, {failed} failed, {ignored} ignored"));
    if !output.status.success() || failed > 0 {
        bail!("tests failed");
    }
    published
}

/// Sum of the numbers before a word in the result lines.
fn count(text: &str, word: &str) -> u64 {
    let results = text.lines().filter(|line| line.starts_with("test result:"));
    let number = |line: &str| {
        let parts: Vec<&str> = line.split([' ', ';']).filter(|part| !part.is_empty()).collect();
        let place = parts.iter().position(|part| *part == word)?;
        parts.get(place.checked_sub(1)?)?.parse::<u64>().ok()
    };
    results.filter_map(number).sum()
}

/// Runs a part of the toolchain, installing it first where it is missing.
fn component(root: &Path, name: &str, arguments: &[&str]) -> Result<()> {
    let is_there = || succeeds("cargo", &[arguments[0], "--version"]);
    if !is_there() {
        let added = Command::new("rustup").args(["component", "add", name]).status();
        if !added.is_ok_and(|status| status.success()) || !is_there() {
            bail!(
                "`cargo {}` is missing: install it with `rustup component add {name}`",
                arguments[0]
            );
        }
    }
    let status = cargo(root, arguments).status()?;
    if !status.success() {
        bail!("`cargo {}` found faults", arguments.join(" "));
    }
    Ok(())
}

fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(arguments);
    command
}

#[expect(clippy::print_stdout, reason = "a developer's tool prints")]
fn say(text: &str) {
    println!("{text}");
}
