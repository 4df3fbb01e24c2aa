//! Makes corpora, each once: one whose recipe is the same is used again.
//!
//! Made by a process of its own, so that its memory does not count: the first memory that a child has
//! is its parent's, and the system counts the most that it ever had.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::truth::{self, Truth};
use super::{days, logs, say, sources};

/// Raised when a generator writes something else for the same options.
const REVISION: u32 = 1;

pub(crate) const USAGE: &str = "usage: cargo xtask bench make KIND OUT [OPTION N ...]
  logs      --claude-mib 1024 --codex-mib 256 --files 0 --responses 0   (0: as real logs have it)
  one-big   one log of 2 GB
  long-line one line of 500 MB in a usual log
  sources   --percent 100   (5 GB of all sources)
  days      --machines 3 --sources 5 --days 3650 --records 20 --used 100   (day files below OUT/raw)
  store     the same options, in the repository OUT/data/store.git";

/// A corpus: where it is and what it holds.
#[derive(Debug)]
pub(crate) struct Corpus {
    pub(crate) folder: PathBuf,
    pub(crate) truth: Truth,
}

impl Corpus {
    /// The home folder of the logs.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }
}

/// The corpus of a recipe, `KIND` and options. Made where it is not there.
pub(crate) fn corpus(folder: &Path, name: &str, recipe: &[&str]) -> Result<Corpus> {
    let target = folder.join(name);
    let wanted = text_of(recipe.iter().copied());
    if let Some(truth) = Truth::read(&target).filter(|truth| truth.recipe == wanted) {
        let corpus = Corpus { folder: target, truth };
        corpus.take_appended_away()?;
        return Ok(corpus);
    }
    say(&format!("making {name}: {}", recipe.join(" ")));
    let part = folder.join(format!("{name}.part"));
    if part.exists() {
        fs_err::remove_dir_all(&part)?;
    }
    let [kind, options @ ..] = recipe else { bail!(USAGE) };
    let mut command = Command::new(std::env::current_exe()?);
    let status = command.args(["bench", "make", kind]).arg(&part).args(options).status()?;
    ensure!(status.success(), "{name} could not be made");
    if target.exists() {
        ensure!(
            Truth::read(&target).is_some(),
            "{} is no corpus: remove it or use another --dir",
            target.display()
        );
        fs_err::remove_dir_all(&target)?;
    }
    fs_err::rename(&part, &target)?;
    let truth = Truth::read(&target).context("the corpus has no truth.json")?;
    Ok(Corpus { folder: target, truth })
}

impl Corpus {
    /// Appends the line that is kept for it.
    pub(crate) fn append(&self) -> Result<()> {
        use std::io::Write as _;
        let Some(append) = &self.truth.append else { bail!("no line to append") };
        let path = self.folder.join(&append.path);
        let mut file = fs_err::OpenOptions::new().append(true).open(path)?;
        Ok(file.write_all(append.line.as_bytes())?)
    }

    /// Takes it away again; also what an interrupted bench left.
    pub(crate) fn take_appended_away(&self) -> Result<()> {
        let Some(append) = &self.truth.append else { return Ok(()) };
        let path = self.folder.join(&append.path);
        if fs_err::metadata(&path)?.len() != append.bytes {
            fs_err::OpenOptions::new().write(true).open(path)?.set_len(append.bytes)?;
        }
        Ok(())
    }
}

fn text_of<'a>(recipe: impl Iterator<Item = &'a str>) -> String {
    format!("{} (revision {REVISION})", recipe.collect::<Vec<_>>().join(" "))
}

/// `cargo xtask bench make`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [kind, out, options @ ..] = arguments else { bail!(USAGE) };
    let out = Path::new(out);
    ensure!(
        !out.exists() || fs_err::read_dir(out)?.next().is_none(),
        "{} is not empty",
        out.display()
    );
    fs_err::create_dir_all(out)?;
    let mut truth = match kind.as_str() {
        "logs" => {
            let names = ["--claude-mib", "--codex-mib", "--files", "--responses"];
            let [claude_mib, codex_mib, files, responses] =
                numbers(options, names, [1024, 256, 0, 0])?;
            logs::write(out, &logs::Size { claude_mib, codex_mib, files, responses })?
        }
        "one-big" => logs::write_big(out)?,
        "long-line" => logs::write_long_line(out)?,
        "sources" => {
            let [percent] = numbers(options, ["--percent"], [100])?;
            sources::write(out, percent)?
        }
        "days" => days::write(out, &days_size(options)?)?,
        "store" => days::store(out, &days_size(options)?)?,
        _ => bail!(USAGE),
    };
    let recipe = std::iter::once(kind).chain(options).map(String::as_str);
    truth.recipe = text_of(recipe);
    truth.write(out)
}

fn days_size(options: &[String]) -> Result<days::Size> {
    let names = ["--machines", "--sources", "--days", "--records", "--used"];
    let [machines, sources, days, records, used] = numbers(options, names, [3, 5, 3650, 20, 100])?;
    ensure!((1..=86_400).contains(&records), "--records is 1 to 86400");
    Ok(days::Size { machines, sources, days, records, used })
}

/// The values of options, which all are numbers.
fn numbers<const N: usize>(
    options: &[String],
    names: [&str; N],
    mut values: [u64; N],
) -> Result<[u64; N]> {
    for option in options.chunks(2) {
        let [name, value] = option else { bail!(USAGE) };
        let place = names.iter().position(|known| known == name).context(USAGE)?;
        values[place] = value.parse().with_context(|| format!("{name} {value}\n{USAGE}"))?;
    }
    Ok(values)
}

/// Bytes of the corpus and files, for a title.
pub(crate) fn size_text(truth: &Truth) -> String {
    let responses = truth::sum(&truth.sources).responses;
    let size = match truth.bytes {
        0 => String::new(),
        bytes => format!("{} MB, ", bytes / 1_000_000),
    };
    let files = if truth.files == 1 { "file" } else { "files" };
    format!("{size}{} {files}, {responses} responses", truth.files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(options: &[&str]) -> Vec<String> {
        options.iter().map(|option| (*option).to_owned()).collect()
    }

    #[test]
    fn options_replace_defaults_and_unknown_ones_are_errors() {
        let names = ["--a", "--b"];
        assert_eq!(numbers(&owned(&["--b", "7"]), names, [1, 2]).unwrap(), [1, 7]);
        for wrong in [&["--c", "7"][..], &["--b"], &["--b", "x"]] {
            numbers(&owned(wrong), names, [1, 2]).unwrap_err();
        }
    }

    #[test]
    fn a_folder_with_something_in_it_is_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("mine.txt"), "x").unwrap();
        let out = folder.path().to_string_lossy();
        let error = run(&owned(&["days", &out, "--days", "1"])).unwrap_err().to_string();
        assert!(error.ends_with("is not empty"), "{error}");
    }

    #[test]
    fn a_corpus_is_used_again_and_loses_what_an_interrupted_bench_appended() {
        let folder = tempfile::tempdir().unwrap();
        let recipe = ["logs", "--claude-mib", "1", "--codex-mib", "0"];
        let made = folder.path().join("logs");
        run(&owned(&[&[recipe[0], &made.to_string_lossy()], &recipe[1..]].concat())).unwrap();
        let first = corpus(folder.path(), "logs", &recipe).unwrap();
        let log = first.folder.join(&first.truth.append.as_ref().unwrap().path);
        let before = fs_err::read(&log).unwrap();
        first.append().unwrap();
        assert!(fs_err::read(&log).unwrap().len() > before.len());
        let again = corpus(folder.path(), "logs", &recipe).unwrap();
        assert_eq!(again.truth, first.truth);
        assert_eq!(fs_err::read(&log).unwrap(), before);
    }
}
