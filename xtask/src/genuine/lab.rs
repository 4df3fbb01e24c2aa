//! Runs a client beside the mock, with nothing else in reach.
//!
//! On Linux the runs are in a namespace of their own (`unshare`): the network is loopback alone, and what a client
//! leaves running ends with them. Where there are no namespaces they run without, and the report says so.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{io, thread};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::clients::{CLIENTS, Client, Program, Run};
use super::mock::Mock;
use super::proxied::Proxy;
use super::sdks::SDKS;
use super::truth::Served;
use crate::programs;

/// How long one call of a client may take.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long a client may still write after the mock has answered.
const SETTLE: Duration = Duration::from_secs(2);
/// Namespaces for the network and the processes: as root, and as anybody.
const NAMESPACES: [&[&str]; 2] = [
    &["--net", "--pid", "--fork", "--kill-child", "--mount-proc"],
    &["--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"],
];
/// Name of the script of an SDK, in the folder of its program. No package has it.
const SCRIPT: &str = "ask_and_tell.py";
/// Name of the file with what was served, in the client's folder.
const SERVED: &str = "served.json";

/// What the runs of a client came to.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    pub(super) served: Vec<Served>,
    /// What did not go as planned.
    pub(super) notes: Vec<String>,
}

/// The folder of one client: its program, its home, where it works, and what it said.
#[derive(Debug)]
pub(super) struct Lab {
    pub(super) folder: PathBuf,
}

impl Lab {
    pub(super) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// The proxy's data folder, and that of `collect`.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self) -> PathBuf {
        self.folder.join("program")
    }

    /// Installs a client from the registry.
    pub(super) fn install(&self, client: &Client) -> Result<()> {
        fs_err::create_dir_all(self.program())?;
        if let Program::Python(script) = client.program {
            return self.install_python(client, script);
        }
        let mut command = Command::new("npm");
        command.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]);
        command.arg(self.program()).arg("--cache").arg(self.folder.join("cache"));
        command.arg(format!("{}@{}", client.package, client.version)).stdin(Stdio::null());
        let output = command.output().context("npm cannot be started")?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "npm could not install it: {}", told.trim());
        Ok(())
    }

    /// The same from `PyPI`, into an environment of its own.
    fn install_python(&self, client: &Client, script: &str) -> Result<()> {
        let made = Command::new("python3").args(["-m", "venv"]).arg(self.program()).output();
        ensure!(made.is_ok_and(|made| made.status.success()), "there is no Python with venv");
        let mut pip = Command::new(self.python());
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.arg(format!("{}=={}", client.package, client.version)).stdin(Stdio::null());
        let output = pip.output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pip could not install it: {}", told.trim());
        Ok(fs_err::write(self.program().join(SCRIPT), script)?)
    }

    fn python(&self) -> PathBuf {
        self.program().join(if cfg!(windows) { "Scripts/python" } else { "bin/python" })
    }

    /// Runs a client, alone with the mock if the system can do that; the second tells whether it was. With the command
    /// that is named, it speaks to the mock through the proxy.
    pub(super) fn run(&self, client: &Client, through: Option<&Path>) -> Result<(Outcome, bool)> {
        let own = std::env::current_exe()?;
        let inside = ["genuine", "inside", client.id];
        let way = NAMESPACES.iter().find(|way| {
            programs::succeeds("unshare", &[way, &["ip", "link", "set", "lo", "up"][..]].concat())
        });
        let mut command = match way {
            Some(way) => {
                let mut command = Command::new("unshare");
                // Loopback is there in a new namespace, but switched off.
                let script = r#"ip link set lo up && exec "$@""#;
                command.args(*way).args(["sh", "-c", script, "sh"]).arg(own);
                command
            }
            None => Command::new(own),
        };
        let status = command.args(inside).arg(&self.folder).args(through).status()?;
        ensure!(status.success(), "its runs ended with {status}");
        let outcome = serde_json::from_slice(&fs_err::read(self.folder.join(SERVED))?)?;
        Ok((outcome, way.is_some()))
    }
}

/// `xtask genuine inside CLIENT FOLDER [COMMAND]`: all runs of a client, in the namespace.
pub(super) fn inside(arguments: &[String]) -> Result<()> {
    let (id, folder, through) = match arguments {
        [id, folder] => (id, folder, None),
        [id, folder, command] => (id, folder, Some(Path::new(command))),
        _ => bail!("genuine inside CLIENT FOLDER [COMMAND]"),
    };
    let mut known = CLIENTS.iter().chain(SDKS);
    let client = known.find(|client| client.id == id).context("no such client")?;
    let lab = Lab { folder: PathBuf::from(folder) };
    let mock = Mock::start(client.asides)?;
    let proxy = through.map(|command| Proxy::start(command, &lab, mock.port)).transpose()?;
    let port = proxy.as_ref().map_or(mock.port, |proxy| proxy.port).to_string();
    for (path, text) in client.files {
        let path = lab.home().join(path);
        fs_err::create_dir_all(path.parent().context("a file without a folder")?)?;
        fs_err::write(path, text.replace("{port}", &port))?;
    }
    let work = lab.folder.join("work");
    fs_err::create_dir_all(&work)?;
    fs_err::create_dir_all(lab.home())?;
    ensure!(programs::succeeds("git", &["-C", folder, "init", "--quiet", "work"]), "no git");
    let mut outcome = Outcome::default();
    for run in client.runs {
        mock.begin(run.name, run.is_cut);
        let ended = once(client, run, &lab, &port)?;
        if let (Some(note), false) = (ended, run.is_cut) {
            outcome.notes.push(format!("{}: {note}", run.name));
        }
    }
    thread::sleep(SETTLE);
    if let Some(proxy) = proxy {
        proxy.stop()?;
    }
    let (served, unknown) = mock.served();
    outcome.served = served;
    outcome.notes.extend(unknown.into_iter().map(|path| format!("no answer is known to {path}")));
    Ok(fs_err::write(lab.folder.join(SERVED), serde_json::to_vec_pretty(&outcome)?)?)
}

/// One call; what went wrong with it.
fn once(client: &Client, run: &Run, lab: &Lab, port: &str) -> Result<Option<String>> {
    let modules = lab.program().join("node_modules");
    let mut command = match client.program {
        Program::Native(path) => Command::new(modules.join(native(path))),
        Program::Script(path) => {
            let mut command = Command::new("node");
            command.arg(modules.join(path));
            command
        }
        Program::Python(_) => {
            let mut command = Command::new(lab.python());
            command.arg(lab.program().join(SCRIPT));
            command
        }
    };
    let told = |kind: &str| {
        let name = format!("{}.{kind}", run.name.replace([' ', ','], "-"));
        fs_err::File::create(lab.folder.join(name)).map(fs_err::File::into_file)
    };
    command.env_clear().env("PATH", path()).env("HOME", lab.home());
    command.env("LANG", "C.UTF-8").env("TERM", "dumb").current_dir(lab.folder.join("work"));
    for (name, value) in client.variables.iter().chain(run.variables) {
        command.env(name, value.replace("{port}", port));
    }
    command.args(run.arguments.iter().map(|argument| argument.replace("{port}", port)));
    command.stdin(Stdio::null()).stdout(told("stdout")?).stderr(told("stderr")?);
    let child = command.spawn().with_context(|| format!("{command:?}"))?;
    Ok(wait(child)?)
}

/// Waits for a call to end; what went wrong with it.
fn wait(mut child: Child) -> io::Result<Option<String>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((!status.success()).then(|| format!("ended with {status}")));
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(Some(format!("did not end within {} s", PATIENCE.as_secs())));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The path of a program of this system, as the registry names systems.
fn native(path: &str) -> PathBuf {
    let processor =
        if cfg!(target_arch = "aarch64") { ("arm64", "aarch64") } else { ("x64", "x86_64") };
    let (system, triple) = match std::env::consts::OS {
        "macos" => ("darwin", "apple-darwin"),
        "windows" => ("win32", "pc-windows-msvc"),
        _ => ("linux", "unknown-linux-musl"),
    };
    let path = path.replace("{system}", &format!("{system}-{}", processor.0));
    Path::new(&path.replace("{triple}", &format!("{}-{triple}", processor.1))).to_owned()
}

#[expect(clippy::disallowed_methods, reason = "node and git are where the developer has them")]
fn path() -> std::ffi::OsString {
    std::env::var_os("PATH").unwrap_or_default()
}
