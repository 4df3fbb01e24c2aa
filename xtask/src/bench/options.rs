//! Options of `cargo xtask bench`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

pub(crate) const USAGE: &str = "usage: cargo xtask bench scan | cache | sources | summarize | reports | store | remote | site | statusline | all | proxy | make [OPTIONS]
  --runs N          runs of each contestant, after one to warm up [7]
  --claude-mib N    Claude Code logs of `scan` and `cache` [1024]
  --codex-mib N     Codex logs [256]
  --files N         how many files these are [as real logs have it]
  --percent N       so much of the home folder of `sources` [100]
  --large           also what needs 25 GB of disk: 20 GB of logs, 10 million records
  --dir DIR         where corpora are made, and used again [a folder below cargo's target]
  --out FILE        appends the tables to a file as well
  --binary PATH     measures this program instead of building one
  --dist            builds with the profile `dist` instead of `release`
`bench make` alone tells its own options, `bench proxy --help` those of the proxy, which is no part of `all`.";

/// What the command line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) runs: u32,
    pub(crate) claude_mib: u32,
    pub(crate) codex_mib: u32,
    /// 0: as many as real logs would be.
    pub(crate) files: u32,
    /// Of the home folder of `sources`.
    pub(crate) percent: u32,
    pub(crate) large: bool,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) out: Option<PathBuf>,
    pub(crate) binary: Option<PathBuf>,
    /// The cargo profile.
    pub(crate) profile: &'static str,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            runs: 7,
            claude_mib: 1024,
            codex_mib: 256,
            files: 0,
            percent: 100,
            large: false,
            folder: None,
            out: None,
            binary: None,
            profile: "release",
        };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{name} what?\n{USAGE}"));
            let number = |text: &String| {
                text.parse::<u32>().with_context(|| format!("{name} {text}\n{USAGE}"))
            };
            match name.as_str() {
                "--runs" => options.runs = number(value()?)?,
                "--claude-mib" => options.claude_mib = number(value()?)?,
                "--codex-mib" => options.codex_mib = number(value()?)?,
                "--files" => options.files = number(value()?)?,
                "--percent" => options.percent = number(value()?)?,
                "--dir" => options.folder = Some(value()?.into()),
                "--out" => options.out = Some(value()?.into()),
                "--binary" => options.binary = Some(value()?.into()),
                "--large" => options.large = true,
                "--dist" => options.profile = "dist",
                _ => bail!("unknown option {name}\n{USAGE}"),
            }
        }
        ensure!(options.runs > 0, "--runs is 1 or more");
        ensure!(options.claude_mib > 0, "--claude-mib is 1 or more");
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options> {
        let arguments: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Options::parse(&arguments)
    }

    #[test]
    fn options_have_defaults_and_each_can_be_given() {
        let options = parse("").unwrap();
        let sizes = (options.runs, options.claude_mib, options.codex_mib, options.files);
        assert_eq!(sizes, (7, 1024, 256, 0));
        let text = "--runs 3 --claude-mib 8 --codex-mib 0 --files 9 --percent 2 --large --dir d --out o \
                    --binary b --dist";
        let given = Options {
            runs: 3,
            claude_mib: 8,
            codex_mib: 0,
            files: 9,
            percent: 2,
            large: true,
            folder: Some("d".into()),
            out: Some("o".into()),
            binary: Some("b".into()),
            profile: "dist",
        };
        assert_eq!(parse(text).unwrap(), given);
    }

    #[test]
    fn unknown_options_missing_values_and_no_runs_are_errors() {
        for wrong in ["--fast", "--runs", "--runs many", "--runs 0", "--claude-mib 0"] {
            parse(wrong).unwrap_err();
        }
    }
}
