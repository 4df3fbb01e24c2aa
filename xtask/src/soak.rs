//! `cargo xtask soak`: the tests with chance in them, many times; the report goes to `docs/soak.md`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

/// Kills of a process that stores, and of one that reports while logs grow.
const KILLS: &str = "100";
/// Cases of every property test.
const CASES: &str = "2000";

/// What is run: package, test filter.
const PARTS: [(&str, &str); 8] = [
    ("store", "concurrent"),
    ("store", "index"),
    ("token-matters", "killed"),
    ("token-matters", "at_once"),
    ("collector", "cache"),
    ("data-schema", "join"),
    ("data-schema", "packed"),
    ("summarizer", ""),
];

pub(crate) fn run(root: &Path) -> Result<()> {
    let mut report = format!(
        "# Last soak\n\nMade by `cargo xtask soak`: {KILLS} kills, {CASES} cases of every property test, dev profile.\n\n"
    );
    let mut failed = false;
    for (package, filter) in PARTS {
        let output = Command::new("cargo")
            .current_dir(root)
            .args(["test", "-p", package, filter])
            .env("TOKEN_MATTERS_SOAK_KILLS", KILLS)
            .env("PROPTEST_CASES", CASES)
            .output()?;
        failed |= !output.status.success();
        let text = String::from_utf8_lossy(&output.stdout);
        for line in
            text.lines().filter(|line| line.starts_with("test ") && !line.contains(" 0 passed"))
        {
            writeln!(report, "- {package}: {}", line.trim_start_matches("test "))?;
        }
    }
    fs_err::write(root.join("docs/soak.md"), report)?;
    if failed {
        bail!("the soak found a failure: see docs/soak.md");
    }
    Ok(())
}
