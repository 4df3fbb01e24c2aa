#![doc = include_str!("../README.md")]

mod prices;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = root();
    match arguments.split_first() {
        Some((verb, rest)) if verb == "prices" => prices::run(&root, rest),
        _ => bail!("usage: cargo xtask check | generate | prices FILE | bench | soak"),
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}
