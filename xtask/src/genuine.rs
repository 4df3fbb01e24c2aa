//! `cargo xtask genuine`: real clients against a server with known usage; what they logged is counted and compared. The
//! report is `docs/genuine.md`. It needs npm, the network and a few gigabytes for a while, so it is no part of `ci`.

mod clients;
mod compare;
mod lab;
mod mock;
mod page;
mod proxied;
mod sdks;
mod through;
mod told;
mod truth;
mod wire;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use data_schema::Money;
use serde::Deserialize;
use walkdir::WalkDir;

use clients::{CLIENTS, Client};
use compare::{Comparison, Counted};
use lab::Lab;
use sdks::SDKS;
use truth::Usage;

const USAGE: &str = "usage: cargo xtask genuine [--through-proxy] [--client NAME]... [--keep DIR] [--binary PATH]
  --through-proxy  the clients, and the SDKs of the vendors, speak to the server through `proxy serve`
  --client NAME  only this client, and the report is only printed
  --keep DIR     keeps what the clients wrote in DIR, without their programs
  --binary PATH  the program that counts, instead of a new build";
/// Files that are longer hold no usage of ours. Bytes.
const LONGEST: u64 = 64 * 1024 * 1024;
/// How `collect` ends when it has read everything that it can.
const PARTIAL: i32 = 3;

/// A client, and what the comparison came to, with notes; or why there is none.
struct Tried {
    client: &'static Client,
    result: Result<(Comparison, Vec<String>)>,
}

#[derive(Default)]
struct Options {
    is_through_proxy: bool,
    clients: Vec<String>,
    keep: Option<PathBuf>,
    binary: Option<PathBuf>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            if name == "--through-proxy" {
                options.is_through_proxy = true;
                continue;
            }
            let value = arguments.next().context(USAGE)?;
            match name.as_str() {
                "--client" => options.clients.push(value.clone()),
                "--keep" => options.keep = Some(std::path::absolute(value)?),
                "--binary" => options.binary = Some(std::path::absolute(value)?),
                _ => bail!(USAGE),
            }
        }
        let known: Vec<&str> = options.all().map(|client| client.id).collect();
        if let Some(name) = options.clients.iter().find(|name| !known.contains(&name.as_str())) {
            bail!("there is no client {name}; there are {}", known.join(", "));
        }
        Ok(options)
    }

    /// All that there are. The SDKs keep no logs, so they are only of use with the proxy.
    fn all(&self) -> impl Iterator<Item = &'static Client> {
        let sdks = if self.is_through_proxy { SDKS } else { &[] };
        CLIENTS.iter().chain(sdks)
    }

    /// Those that are asked for.
    fn wanted(&self) -> Vec<&'static Client> {
        let is_named = |client: &Client| self.clients.iter().any(|name| name == client.id);
        self.all().filter(|client| self.clients.is_empty() || is_named(client)).collect()
    }
}

pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<()> {
    if let Some((verb, rest)) = arguments.split_first()
        && verb == "inside"
    {
        return lab::inside(rest);
    }
    let options = Options::parse(arguments)?;
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => build(root)?,
    };
    if options.is_through_proxy {
        return through::run(root, &binary, &options);
    }
    let (mut tried, mut is_alone) = (Vec::new(), true);
    for client in options.wanted() {
        say(&format!("{} {}", client.id, client.version));
        let result = try_client(client, &binary, options.keep.as_deref());
        let result = result.map(|(comparison, notes, alone)| {
            is_alone &= alone;
            (comparison, notes)
        });
        tried.push(Tried { client, result });
    }
    let surroundings = if is_alone {
        "All runs were in a network namespace with loopback alone."
    } else {
        "This system has no network namespaces: the clients could reach the network."
    };
    let page = page::page(&tried, surroundings);
    say(&page);
    if options.clients.is_empty() {
        page::write(root, Some(&page), None)?;
    }
    let holds = |one: &Tried| one.result.as_ref().is_ok_and(|(comparison, _)| comparison.holds());
    let wrong: Vec<&str> =
        tried.iter().filter(|one| !holds(one)).map(|one| one.client.id).collect();
    ensure!(wrong.is_empty(), "not exact, or not run: {}", wrong.join(", "));
    Ok(())
}

/// Installs, runs, counts, compares, and takes everything away.
fn try_client(
    client: &Client,
    binary: &Path,
    keep: Option<&Path>,
) -> Result<(Comparison, Vec<String>, bool)> {
    let folder = tempfile::Builder::new().prefix("token-matters-genuine-").tempdir()?;
    let lab = Lab { folder: folder.path().to_owned() };
    lab.install(client)?;
    let (outcome, is_alone) = lab.run(client, None)?;
    let counted = count(binary, &lab, &lab.data())?;
    let home = lab.home();
    let logged = |usage: Usage| file_with(&home, usage);
    let printed = |run: &str| told::printed(&lab.folder, run);
    let costs = told::costs(&outcome.served, &counted, printed);
    let comparison = Comparison::of(client.id, outcome.served, counted, logged);
    let comparison = Comparison { costs, ..comparison };
    if let Some(keep) = keep {
        keep_logs(&lab.folder, &keep.join(client.id))?;
    }
    Ok((comparison, outcome.notes, is_alone))
}

fn build(root: &Path) -> Result<PathBuf> {
    let status =
        Command::new("cargo").current_dir(root).args(["build", "-p", "token-matters"]).status()?;
    ensure!(status.success(), "the build failed");
    let name = format!("token-matters{}", std::env::consts::EXE_SUFFIX);
    let own = std::env::current_exe()?;
    Ok(own.with_file_name(name))
}

/// A line of `store export`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Line {
    provider: String,
    model: String,
    input_tokens: u64,
    cache_read_tokens: u64,
    cache_creation_tokens: u64,
    output_tokens: u64,
    #[serde(rename = "listUSD")]
    list: Option<Money>,
}

/// What the program prints over a home folder and a data folder.
fn ours(binary: &Path, lab: &Lab, data: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let mut command = Command::new(binary);
    command.env_clear().env("TZ", "UTC").args(arguments);
    command.arg("--home").arg(lab.home()).arg("--data").arg(data);
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let is_done = output.status.success() || output.status.code() == Some(PARTIAL);
    ensure!(is_done, "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

/// All records that the program finds in a home folder.
fn count(binary: &Path, lab: &Lab, data: &Path) -> Result<Vec<Counted>> {
    ours(binary, lab, data, &["collect", "--quiet"])?;
    let lines = ours(binary, lab, data, &["store", "export"])?;
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let counted = lines.map(|line| {
        let Line {
            provider,
            model,
            input_tokens,
            cache_read_tokens,
            cache_creation_tokens,
            output_tokens,
            list,
        } = serde_json::from_slice(line)?;
        let classes = [input_tokens, cache_read_tokens, cache_creation_tokens, output_tokens];
        Ok(Counted { source: provider, model, classes, list })
    });
    counted.collect()
}

/// The file of a home folder in which the numbers of an answer stand.
fn file_with(home: &Path, usage: Usage) -> Option<String> {
    let files = WalkDir::new(home).sort_by_file_name().into_iter().flatten();
    // Some clients put their own program into the home folder.
    let is_program = |path: &Path| path.extension().is_some_and(|end| end == "js" || end == "map");
    let mut files = files.filter(|entry| entry.file_type().is_file() && !is_program(entry.path()));
    let found = files.find(|entry| {
        entry.metadata().is_ok_and(|metadata| metadata.len() <= LONGEST)
            && fs_err::read(entry.path()).is_ok_and(|text| compare::tells(&text, usage))
    })?;
    Some(found.path().strip_prefix(home).ok()?.to_string_lossy().into_owned())
}

/// Copies what a client wrote and said.
fn keep_logs(from: &Path, to: &Path) -> Result<()> {
    let is_program = |name: &std::ffi::OsStr| name == "program" || name == "cache";
    let entries = WalkDir::new(from).into_iter();
    for entry in entries.filter_entry(|entry| entry.depth() != 1 || !is_program(entry.file_name()))
    {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(target)?;
        } else if entry.file_type().is_file() {
            fs_err::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a developer's tool prints")]
fn say(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options> {
        let arguments: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Options::parse(&arguments)
    }

    #[test]
    fn clients_are_named_and_unknown_ones_are_errors() {
        let options = parse("--client pi --client codex --keep k --binary b").unwrap();
        assert_eq!(options.clients, ["pi", "codex"]);
        assert!(options.keep.is_some() && options.binary.is_some());
        let sdk = "--client openai-sdk --through-proxy";
        assert_eq!(parse(sdk).unwrap().wanted().len(), 1);
        for wrong in ["--client nobody", "--client", "--fast 1", "--client openai-sdk"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_client_has_a_source_and_runs() {
        for client in CLIENTS {
            assert!(data_schema::sources::is_known(client.id), "{}", client.id);
            assert!(!client.runs.is_empty(), "{}", client.id);
        }
    }

    #[test]
    fn the_file_that_tells_an_answer_is_found_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let usage = Usage::of(3, truth::Wire::Gemini);
        let home = folder.path().join("home");
        fs_err::create_dir_all(home.join("logs")).unwrap();
        fs_err::create_dir_all(folder.path().join("program")).unwrap();
        fs_err::write(folder.path().join("program/client"), "").unwrap();
        fs_err::write(home.join("logs/other"), "12345").unwrap();
        assert_eq!(file_with(&home, usage), None);
        let text = format!("[{}, {}]", usage.prompt(), usage.visible());
        fs_err::write(home.join("logs/one"), text).unwrap();
        assert_eq!(file_with(&home, usage).as_deref(), Some("logs/one"));
        let kept = tempfile::tempdir().unwrap();
        keep_logs(folder.path(), kept.path()).unwrap();
        assert!(kept.path().join("home/logs/one").is_file());
        assert!(!kept.path().join("program").exists());
    }
}
