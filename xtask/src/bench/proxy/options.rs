//! Options of `cargo xtask bench proxy`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

const USAGE: &str = "usage: cargo xtask bench proxy [OPTIONS]
  --rounds N         rounds of each figure that count [5]
  --soak-minutes N   how long the soak takes [1]
  --no-peer          without LiteLLM
  --dir DIR          where runs leave their files, and where LiteLLM is installed [below cargo's target]
  --out FILE         appends the tables to a file as well
  --binary PATH      measures this program instead of building one
  --parts PATH       upstream, relay and load tool: an xtask in release
  --dist             builds with the profile `dist` instead of `release`";

/// What the command line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) rounds: u32,
    pub(super) soak_minutes: u32,
    pub(super) has_peer: bool,
    pub(super) folder: Option<PathBuf>,
    pub(super) out: Option<PathBuf>,
    pub(super) binary: Option<PathBuf>,
    pub(super) parts: Option<PathBuf>,
    /// The cargo profile.
    pub(super) profile: &'static str,
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            rounds: 5,
            soak_minutes: 1,
            has_peer: true,
            folder: None,
            out: None,
            binary: None,
            parts: None,
            profile: "release",
        };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{name} what?\n{USAGE}"));
            let number = |text: &String| {
                text.parse::<u32>().with_context(|| format!("{name} {text}\n{USAGE}"))
            };
            match name.as_str() {
                "--rounds" => options.rounds = number(value()?)?,
                "--soak-minutes" => options.soak_minutes = number(value()?)?,
                "--no-peer" => options.has_peer = false,
                "--dir" => options.folder = Some(value()?.into()),
                "--out" => options.out = Some(value()?.into()),
                "--binary" => options.binary = Some(value()?.into()),
                "--parts" => options.parts = Some(value()?.into()),
                "--dist" => options.profile = "dist",
                _ => bail!("unknown option {name}\n{USAGE}"),
            }
        }
        ensure!(options.rounds > 0, "--rounds is 1 or more");
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
        assert_eq!((options.rounds, options.soak_minutes, options.has_peer), (5, 1, true));
        let given = Options {
            rounds: 2,
            soak_minutes: 60,
            has_peer: false,
            folder: Some("d".into()),
            out: Some("o".into()),
            binary: Some("b".into()),
            parts: Some("p".into()),
            profile: "dist",
        };
        let text =
            "--rounds 2 --soak-minutes 60 --no-peer --dir d --out o --binary b --parts p --dist";
        assert_eq!(parse(text).unwrap(), given);
        for wrong in ["--fast", "--rounds", "--rounds 0", "--soak-minutes much"] {
            parse(wrong).unwrap_err();
        }
    }
}
