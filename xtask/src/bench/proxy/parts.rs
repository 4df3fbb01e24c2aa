//! The processes of the bench.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::load::{Job, Told};

/// How long one call of the load tool may take.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);
/// How long a process may take to listen, and to end.
const READY: Duration = Duration::from_secs(20);
/// Open files: a thousand streams have two thousand connections.
const FILES: &str = "16384";

/// Builds a program of the workspace.
pub(super) fn build(root: &Path, target: &Path, package: &str, profile: &str) -> Result<PathBuf> {
    let status = Command::new("cargo")
        .current_dir(root)
        .args(["build", "--package", package, "--profile", profile])
        .status()
        .context("cargo cannot be run")?;
    ensure!(status.success(), "the build failed");
    Ok(target.join(profile).join(format!("{package}{}", std::env::consts::EXE_SUFFIX)))
}

/// A part of the bench itself.
pub(super) fn own(parts: &Path, arguments: &[&str]) -> Command {
    with_files(parts, &[&["bench-part"], arguments].concat())
}

/// A command that may open as many files as the bench needs, where the system lets it.
pub(super) fn with_files(program: &Path, arguments: &[&str]) -> Command {
    if cfg!(windows) {
        let mut command = Command::new(program);
        command.args(arguments);
        return command;
    }
    let mut command = Command::new("/bin/sh");
    let script = format!(r#"ulimit -n {FILES} 2>/dev/null; exec "$@""#);
    command.args(["-c", &script, "sh"]).arg(program).args(arguments);
    command
}

/// A process that listens.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    /// From its start to the line in which it says so.
    pub(super) ready: Duration,
    child: Option<Child>,
}

impl Part {
    /// Starts it, and waits for its line `listening on http://ADDRESS`.
    pub(super) fn start(name: &'static str, mut command: Command, scratch: &Path) -> Result<Self> {
        let errors = scratch.join(format!("{name}.stderr"));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(fs_err::File::create(&errors)?.into_file());
        let start = Instant::now();
        let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
        let lines = lines(&mut child)?;
        let line = lines.recv_timeout(READY);
        let ready = start.elapsed();
        let address = line.ok().and_then(|line| line.split_once("http://")?.1.parse().ok());
        let part = |address| Self { name, address, ready, child: Some(child) };
        if let Some(address) = address {
            return Ok(part(address));
        }
        drop(part(SocketAddr::from(([127, 0, 0, 1], 0))));
        let told = fs_err::read_to_string(&errors).unwrap_or_default();
        bail!("{name} did not listen: {}", told.trim())
    }

    /// The same server under another name, for tables and counts; it does not end with it.
    pub(super) fn elsewhere(&self) -> Self {
        Self { name: self.name, address: self.address, ready: self.ready, child: None }
    }

    /// A server that was started in another way.
    pub(super) fn of(name: &'static str, address: SocketAddr, child: Child) -> Self {
        Self { name, address, ready: Duration::ZERO, child: Some(child) }
    }

    /// Its process; `exec` keeps the number of the shell.
    pub(super) fn process(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Asks it to end, and waits.
    pub(super) fn stop(mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        let start = Instant::now();
        while asked.is_ok() && start.elapsed() < READY {
            if child.try_wait()?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        child.kill()?;
        child.wait()?;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The lines that a process prints, as they come.
fn lines(child: &mut Child) -> Result<Receiver<String>> {
    let output = child.stdout.take().context("no output")?;
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Read to the end in any case: a full pipe would stop the process.
            let _ = sender.send(line);
        }
    });
    Ok(lines)
}

/// The load tool at work.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    lines: Receiver<String>,
    errors: PathBuf,
}

impl Running {
    pub(super) fn start(parts: &Path, job: &Job, scratch: &Path) -> Result<Self> {
        let errors = scratch.join("load.stderr");
        let mut command = own(parts, &["load", &serde_json::to_string(job)?]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(fs_err::File::create(&errors)?.into_file());
        let mut child = command.spawn()?;
        let lines = lines(&mut child)?;
        Ok(Self { child, lines, errors })
    }

    /// Waits for its next line.
    pub(super) fn line(&self, patience: Duration) -> Result<String> {
        self.lines.recv_timeout(patience).map_err(|_| {
            let told = fs_err::read_to_string(&self.errors).unwrap_or_default();
            anyhow::anyhow!("the load tool said nothing for {} s: {told}", patience.as_secs())
        })
    }

    /// Waits for what it came to.
    pub(super) fn told(self, patience: Duration) -> Result<Told> {
        let line = self.line(patience)?;
        serde_json::from_str(&line).with_context(|| format!("the load tool said {line}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
