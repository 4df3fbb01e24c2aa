//! Other programs that are run: `gh` and `ssh-keygen` by `init`, and what reads the keyring.

use std::io::{self, Read, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often a process is looked at.
const STEP: Duration = Duration::from_millis(10);
/// How long one may take: each does one request, or makes one key.
const DEADLINE: Duration = Duration::from_mins(1);

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoResult {
    /// There is no such program.
    Missing,
    /// What it said.
    Failed(String),
}

/// Runs a program to its end and returns what it printed. `input` is what it reads: secrets go that way, because
/// arguments can be seen by everybody on the machine.
pub(crate) fn run(program: &str, arguments: &[&str], input: &[u8]) -> Result<String, NoResult> {
    let printed = output(program, arguments, input, DEADLINE)?;
    Ok(String::from_utf8_lossy(&printed).into_owned())
}

/// The same as bytes, with a deadline of its own.
pub(crate) fn output(
    program: &str,
    arguments: &[&str],
    input: &[u8],
    deadline: Duration,
) -> Result<Vec<u8>, NoResult> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("GH_PROMPT_DISABLED", "1")
        .env("GH_NO_UPDATE_NOTIFIER", "1")
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => NoResult::Missing,
        _ => NoResult::Failed(format!("{program} cannot be run: {error}")),
    })?;
    let stdout = child.stdout.take().map(drain);
    let stderr = child.stderr.take().map(drain);
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not want its input ends early, and says why itself.
        let _ = stdin.write_all(input);
    }
    let begun = Instant::now();
    let call =
        format!("{program} {}", arguments.iter().take(2).copied().collect::<Vec<_>>().join(" "));
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begun.elapsed() > deadline => {
                let _ = child.kill();
                let _ = child.wait();
                let seconds = deadline.as_secs();
                return Err(NoResult::Failed(format!(
                    "`{call}` did not answer within {seconds} seconds"
                )));
            }
            Ok(None) => thread::sleep(STEP),
            Err(error) => return Err(NoResult::Failed(format!("`{call}`: {error}"))),
        }
    };
    let (printed, said) = (collect(stdout), collect(stderr));
    if status.success() {
        return Ok(printed);
    }
    let said = String::from_utf8_lossy(&said);
    let said = said.trim().lines().last().unwrap_or("it said nothing").to_owned();
    Err(NoResult::Failed(format!("`{call}` failed: {said}")))
}

fn drain(mut from: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

fn collect(reader: Option<thread::JoinHandle<Vec<u8>>>) -> Vec<u8> {
    reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
}
