//! `LiteLLM` beside the proxy: the same requests, the same upstream. It is installed from `PyPI` where that can be
//! reached.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::parts::Part;
use super::{Bench, cases, say};

/// The version that is compared with (<https://pypi.org/project/litellm/>, read 2026-11-21).
const VERSION: &str = "1.109.1";
/// How long it may take to listen.
const READY: Duration = Duration::from_mins(1);

/// Where programs of a virtual environment are.
const PROGRAMS: &str = if cfg!(windows) { "Scripts" } else { "bin" };

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    if !bench.options.has_peer {
        return Ok(());
    }
    // A peer that cannot be had is no failure of ours.
    match installed(&bench.kept).and_then(|program| start(bench, &program)) {
        Ok(peer) => cases::peer(bench, &peer),
        Err(error) => {
            bench.report.note(format!("LiteLLM {VERSION} is not in the tables: {error:#}."));
            Ok(())
        }
    }
}

/// Its program, in an environment of its own that stays from one bench to the next.
fn installed(kept: &Path) -> Result<PathBuf> {
    let folder = kept.join(format!("litellm-{VERSION}"));
    let program = folder.join(PROGRAMS).join("litellm");
    let mark = folder.join("installed");
    if mark.is_file() && program.is_file() {
        return Ok(program);
    }
    say(&format!("installing LiteLLM {VERSION}"));
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    let python = Command::new("python3").args(["-m", "venv"]).arg(&folder).output();
    ensure!(python.is_ok_and(|output| output.status.success()), "there is no Python with venv");
    let mut pip = Command::new(folder.join(PROGRAMS).join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    let output = pip.arg(format!("litellm[proxy]=={VERSION}")).output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    let last = told.lines().last().unwrap_or_default();
    ensure!(output.status.success(), "PyPI did not give it: {last}");
    fs_err::write(mark, VERSION)?;
    Ok(program)
}

fn start(bench: &Bench, program: &Path) -> Result<Part> {
    let address = bench.mock.address;
    let config = bench.scratch.join("litellm.yaml");
    fs_err::write(
        &config,
        format!(
            "model_list:\n  - model_name: bench\n    litellm_params:\n      model: openai/bench\n      api_base: http://{address}/v1\n      api_key: bench\n"
        ),
    )?;
    // It takes no port 0: one that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let errors = bench.scratch.join("litellm.stderr");
    let folder = program.parent().context("a program lies in a folder")?;
    let mut command = Command::new(program);
    command.env_clear().env("HOME", &bench.scratch).env("PATH", folder);
    command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True").env("LITELLM_LOG", "ERROR");
    command.arg("--config").arg(config).args(["--host", "127.0.0.1", "--telemetry", "False"]);
    command.args(["--port", &port.to_string(), "--num_workers", "1"]);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(fs_err::File::create(&errors)?.into_file());
    let part = Part::of("litellm", SocketAddr::from(([127, 0, 0, 1], port)), command.spawn()?);
    let begun = Instant::now();
    while begun.elapsed() < READY {
        if TcpStream::connect(part.address).is_ok() {
            // It listens a moment before it answers.
            thread::sleep(Duration::from_secs(3));
            return Ok(part);
        }
        thread::sleep(Duration::from_millis(200));
    }
    let told = fs_err::read_to_string(&errors).unwrap_or_default();
    bail!("it did not listen: {}", told.lines().last().unwrap_or_default())
}
