//! `bench remote`: a run that has one new response, against a remote of 100,000 day files, beside git's own fetch and
//! push of one commit.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::make::corpus;
use super::measure::Contestant;
use super::{Bench, files};

/// The log that grows.
const LOG: &str = ".claude/projects/p/s1.jsonl";

pub(crate) fn remote(bench: &Bench) -> Result<()> {
    let recipe = ["days", "--machines", "10", "--sources", "5", "--days", "2000", "--records", "2"];
    let stored = corpus(&bench.corpora, "days-remote", &recipe)?;
    let remote = bench.scratch.join("remote.git");
    make_remote(&stored.folder, &remote)?;
    let address = format!("file://{}", remote.display());
    let (home, data) = (bench.folder("remote-home")?, bench.folder("remote-data")?);
    fs_err::write(data.join("config.yaml"), format!("dataRepo: {address}\nmachine: new\n"))?;
    let log = home.join(LOG);
    fs_err::create_dir_all(log.parent().context("a log lies in a folder")?)?;
    fs_err::write(&log, "")?;
    let plain = bench.folder("remote-plain")?;
    partial_clone(&plain, &address)?;
    let number = std::cell::Cell::new(0);
    let collect = bench.tools.ours(&home, &data, &["collect", "--json"]);
    let contestants = vec![
        Contestant::new("git fetch, git commit-tree, git push", by_hand(&plain)),
        Contestant::new("collect with one new response", collect)
            .before(|| {
                number.set(number.get() + 1);
                append(&log, number.get())
            })
            .check(|output| arrived(output, &remote)),
    ];
    bench.race("A remote with 100,000 day files", contestants)
}

/// A bare repository of the day files.
fn make_remote(files: &Path, remote: &Path) -> Result<()> {
    let at = |arguments: &[&str]| -> Result<()> {
        let mut command = Command::new("git");
        command.arg("--git-dir").arg(remote).arg("--work-tree").arg(files).args(arguments);
        quiet(&mut command)
    };
    let mut init = Command::new("git");
    init.args(["init", "--quiet", "--bare", "-b", "main"]).arg(remote);
    quiet(&mut init)?;
    at(&["config", "uploadpack.allowFilter", "true"])?;
    at(&["config", "gc.auto", "0"])?;
    at(&["add", "raw"])?;
    at(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "all"])?;
    at(&["gc", "--quiet"])
}

/// What git itself would need: a shallow repository without files.
fn partial_clone(folder: &Path, address: &str) -> Result<()> {
    let arguments = ["clone", "--quiet", "--bare", "--depth=1", "--filter=blob:none"];
    quiet(Command::new("git").args(arguments).args([address, "."]).current_dir(folder))
}

/// Fetches, makes a commit that changes nothing, and pushes it.
fn by_hand(folder: &Path) -> Command {
    let script = "set -e
git fetch --quiet --depth=1 --filter=blob:none origin +refs/heads/main:refs/heads/seen
commit=$(git -c user.name=a -c user.email=a@b commit-tree -p refs/heads/seen -m one 'refs/heads/seen^{tree}')
git push --quiet origin \"$commit:refs/heads/main\"";
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(folder);
    command
}

/// One more response in the log.
fn append(log: &Path, number: u64) -> Result<()> {
    use std::io::Write as _;
    let line = format!(
        r#"{{"type":"assistant","timestamp":"2026-05-01T10:00:00Z","sessionId":"s1","version":"2.1.0","cwd":"/w","uuid":"u{number}","message":{{"id":"msg_{number:024}","role":"assistant","model":"claude-sonnet-4-5","stop_reason":"end_turn","usage":{{"input_tokens":1,"output_tokens":1}}}}}}"#
    );
    let mut file = fs_err::OpenOptions::new().append(true).open(log)?;
    writeln!(file, "{line}")?;
    Ok(())
}

/// The response is stored and on the remote, and no other machine's file was downloaded.
fn arrived(output: &Path, remote: &Path) -> Result<()> {
    let told: Value = serde_json::from_slice(&fs_err::read(output)?)?;
    ensure!(told["recordsAdded"] == 1 && told["waiting"] == 0, "WRONG TOTAL: {told}");
    let data: PathBuf = remote.with_file_name("remote-data").join("remotes");
    let bytes: u64 = files::all(&data)?
        .iter()
        .filter(|path| path.extension().is_some_and(|name| name == "pack"))
        .filter_map(|path| Some(fs_err::metadata(path).ok()?.len()))
        .sum();
    // The folders of 100,000 files alone take some four megabytes.
    ensure!(
        bytes < 12_000_000,
        "{bytes} bytes were downloaded: files of other machines are among them"
    );
    Ok(())
}

fn quiet(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
