//! The proxy of a lab: the real command, between the client and the mock.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::lab::Lab;

/// How long it may take to listen, and to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running proxy.
pub(super) struct Proxy {
    pub(super) port: u16,
    child: Child,
}

impl Proxy {
    /// Starts it over the lab's data folder, with the mock behind it.
    pub(super) fn start(command: &Path, lab: &Lab, mock: u16) -> Result<Self> {
        let mut command = Command::new(command);
        command.env_clear().env("TZ", "UTC").env("HOME", lab.home());
        command.args(["proxy", "serve", "--listen", "127.0.0.1:0"]);
        for name in ["anthropic", "openai", "gemini"] {
            command.args(["--upstream", &format!("{name}=http://127.0.0.1:{mock}")]);
        }
        command.arg("--home").arg(lab.home()).arg("--data").arg(lab.data());
        let errors = lab.folder.join("proxy.stderr");
        fs_err::create_dir_all(lab.home())?;
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(fs_err::File::create(&errors)?.into_file());
        let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
        let output = child.stdout.take().context("no output")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // Read to the end in any case: a full pipe would stop it.
                let _ = sender.send(line);
            }
        });
        let line = lines.recv_timeout(PATIENCE).unwrap_or_default();
        let port = line.rsplit_once(':').and_then(|(_, port)| port.trim().parse().ok());
        let proxy = Self { port: port.unwrap_or(0), child };
        if port.is_none() {
            let told = fs_err::read_to_string(&errors).unwrap_or_default();
            bail!("the proxy did not listen: {}", told.trim());
        }
        Ok(proxy)
    }

    /// Asks it to end, and waits.
    pub(super) fn stop(mut self) -> Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let start = Instant::now();
        while asked.is_ok() && start.elapsed() < PATIENCE {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        // What is in its ledger is there all the same.
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
