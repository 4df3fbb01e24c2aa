//! `cargo xtask soak`: the tests with chance in them, many times; the report goes to `docs/soak.md`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

/// Kills of a process that stores, and of one that reports while logs grow.
const KILLS: &str = "100";
/// Kills of whole runs that push and fold months.
const RUN_KILLS: &str = "300";
/// Machines that push at once, and runs of each; twins run as often.
const MACHINES: &str = "20";
/// See [`MACHINES`].
const RUNS: &str = "50";
/// Cases of every property test.
const CASES: &str = "2000";
/// Of those that write a repository in every case.
const SLOW_CASES: &str = "300";
/// What a test measured and says.
const MEASURED: &str = "the slowest run took";

/// What is run: package, test filter, kills.
const PARTS: [(&str, &str, &str); 13] = [
    ("store", "concurrent", KILLS),
    ("store", "index", KILLS),
    ("store", "contention", KILLS),
    ("store", "care", KILLS),
    ("store", "compact", KILLS),
    ("token-matters", "killed::", RUN_KILLS),
    ("token-matters", "that_were_killed", KILLS),
    ("token-matters", "at_once", KILLS),
    ("token-matters", "proxy_killed::", KILLS),
    ("collector", "cache", KILLS),
    ("data-schema", "join", KILLS),
    ("data-schema", "packed", KILLS),
    ("summarizer", "", KILLS),
];

pub(crate) fn run(root: &Path) -> Result<()> {
    let mut report = format!(
        "# Last soak\n\nMade by `cargo xtask soak`: {RUN_KILLS} kills of whole runs and {KILLS} of single steps, {MACHINES} machines with {RUNS} runs each, {CASES} cases of every property test ({SLOW_CASES} of those of the store), dev profile.\n\n"
    );
    let mut failed = false;
    for (package, filter, kills) in PARTS {
        let output = Command::new("cargo")
            .current_dir(root)
            .args(["test", "-p", package, filter, "--", "--show-output"])
            .env("TOKEN_MATTERS_SOAK_KILLS", kills)
            .env("TOKEN_MATTERS_SOAK_MACHINES", MACHINES)
            .env("TOKEN_MATTERS_SOAK_RUNS", RUNS)
            .env("PROPTEST_CASES", if package == "store" { SLOW_CASES } else { CASES })
            .output()?;
        failed |= !output.status.success();
        let text = String::from_utf8_lossy(&output.stdout);
        let is_told = |line: &&str| {
            (line.starts_with("test ") && !line.contains(" 0 passed")) || line.contains(MEASURED)
        };
        for line in text.lines().filter(is_told) {
            writeln!(report, "- {package}: {}", line.trim_start_matches("test "))?;
        }
    }
    fs_err::write(root.join("docs/soak.md"), report)?;
    if failed {
        bail!("the soak found a failure: see docs/soak.md");
    }
    Ok(())
}
