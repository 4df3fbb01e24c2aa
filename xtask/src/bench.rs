//! `cargo xtask bench`: what each verb costs, beside other tools. See `PERFORMANCE.md`.

mod cases;
mod days;
mod files;
mod logs;
mod make;
mod measure;
mod options;
pub(crate) mod proxy;
mod random;
mod remote;
mod reports;
mod sources;
mod stages;
mod table;
mod tools;
mod truth;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use measure::Contestant;
use options::Options;
use tools::Tools;

/// What can be measured, in this order.
const VERBS: [&str; 9] =
    ["scan", "cache", "sources", "summarize", "reports", "store", "remote", "site", "statusline"];

/// The surroundings of one bench.
struct Bench {
    options: Options,
    tools: Tools,
    /// Where corpora are.
    corpora: PathBuf,
    /// Where runs leave their files; emptied at the start.
    scratch: PathBuf,
}

pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let Some((verb, rest)) = arguments.split_first() else { bail!(options::USAGE) };
    if verb == "make" {
        return make::run(rest);
    }
    if verb == "proxy" {
        return proxy::run(root, rest);
    }
    let verbs: Vec<&str> =
        VERBS.into_iter().filter(|known| verb == "all" || known == verb).collect();
    if verbs.is_empty() {
        bail!(options::USAGE);
    }
    let bench = Bench::new(root, Options::parse(rest)?)?;
    let mut failed = Vec::new();
    for verb in verbs {
        if let Err(error) = bench.verb(verb) {
            say(&format!("### {verb}: FAILED\n\n{error:#}\n"));
            failed.push(verb);
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

impl Bench {
    fn new(root: &Path, options: Options) -> Result<Self> {
        let target = tools::target_folder(root)?;
        let corpora = match &options.folder {
            Some(folder) => std::path::absolute(folder)?,
            None => target.join("bench"),
        };
        let scratch = corpora.join("scratch");
        files::empty(&scratch)?;
        let tools = Tools::find(root, &target, &options)?;
        Ok(Self { options, tools, corpora, scratch })
    }

    fn verb(&self, verb: &str) -> Result<()> {
        match verb {
            "scan" => cases::scan(self),
            "cache" => cases::cache(self),
            "sources" => sources::sources(self),
            "summarize" => stages::summarize(self),
            "reports" => reports::reports(self),
            "store" => stages::store(self),
            "remote" => remote::remote(self),
            "site" => stages::site(self),
            _ => stages::statusline(self),
        }
    }

    /// Runs the contestants of one table, prints it, and appends it to the file of `--out`.
    fn race(&self, title: &str, contestants: Vec<Contestant<'_>>) -> Result<()> {
        let table = measure::race(title, contestants, self.options.runs, &self.scratch)?;
        say(&table);
        if let Some(path) = &self.options.out {
            let mut file = fs_err::OpenOptions::new().create(true).append(true).open(path)?;
            writeln!(file, "{table}")?;
        }
        Ok(())
    }

    /// An empty folder for runs.
    fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.scratch.join(name);
        files::empty(&folder)?;
        Ok(folder)
    }
}

#[expect(clippy::print_stdout, reason = "a developer's tool prints")]
fn say(text: &str) {
    println!("{text}");
}
