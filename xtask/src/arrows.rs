//! The arrows between crates: who may use whom.

use anyhow::Result;
use cargo_metadata::MetadataCommand;
use std::path::Path;

/// What each crate may use, besides nothing of ours. See `ARCHITECTURE.md`.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("data-schema", &[]),
    ("pricing", &["data-schema"]),
    ("store", &["data-schema"]),
    ("collector", &["data-schema", "store"]),
    ("summarizer", &["data-schema", "store", "pricing"]),
    ("site", &["data-schema"]),
    ("proxy", &["data-schema", "pricing"]),
    (
        "token-matters",
        &["data-schema", "pricing", "store", "collector", "summarizer", "site", "proxy"],
    ),
    (
        "xtask",
        &[
            "data-schema",
            "pricing",
            "store",
            "collector",
            "summarizer",
            "site",
            "proxy",
            "token-matters",
        ],
    ),
];

/// Edges that are not allowed.
pub(crate) fn faults(root: &Path) -> Result<Vec<String>> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec()?;
    let mut faults = Vec::new();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            faults.push(format!("{name} is not in the list of crates (xtask/src/arrows.rs)"));
            continue;
        };
        let ours = |dependency: &str| ALLOWED.iter().any(|(known, _)| *known == dependency);
        for dependency in &package.dependencies {
            let used = dependency.name.as_str();
            if ours(used) && !allowed.contains(&used) {
                faults.push(format!("{name} must not use {used}"));
            }
        }
    }
    Ok(faults)
}
