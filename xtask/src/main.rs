#![doc = include_str!("../README.md")]

mod arrows;
mod bench;
mod check;
mod exchange_rates;
mod generate;
mod genuine;
mod lighthouse;
mod lint;
mod new_source;
mod package;
mod prices;
mod programs;
mod sizes;
mod soak;
mod sources;
mod workflow;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask check | ci | generate | new-source ID [--title TITLE] | prices FILE… --source URL --date DAY [--force] [--resellers] | exchange-rates CSV --source TEXT | bench VERB | genuine [--through-proxy] [--client NAME] | lighthouse SITE | soak | workflow | lint-workflows | package --version V --dist DIR --out DIR";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = root();
    let Some((verb, rest)) = arguments.split_first() else { bail!(USAGE) };
    match verb.as_str() {
        "check" => check::check(&root),
        "ci" => check::ci(&root),
        "generate" => generate::run(&root, false).map(|_| ()),
        "new-source" => new_source::run(&root, rest),
        "prices" => prices::run(&root, rest),
        "exchange-rates" => exchange_rates::run(&root, rest),
        "bench" => bench::run(&root, rest),
        // Hidden: processes that `bench proxy` starts.
        "bench-part" => bench::proxy::part(rest),
        "genuine" => genuine::run(&root, rest),
        "soak" => soak::run(&root),
        "workflow" => workflow::run(&root, rest),
        "lighthouse" => lighthouse::run(rest),
        "lint-workflows" => lint::run(&root),
        "package" => package::run(&root, rest),
        _ => bail!(USAGE),
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}
