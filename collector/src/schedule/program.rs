//! Calls of the scheduler's own programs, and the path of ours.

use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::ScheduleError;

/// How long a call may take. It takes well under a second on a healthy machine.
const DEADLINE: Duration = Duration::from_mins(1);
/// How often a process is looked at.
const STEP: Duration = Duration::from_millis(5);

/// How a call ended.
#[derive(Clone, Debug)]
pub(super) struct Ran {
    pub(super) call: String,
    pub(super) is_success: bool,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: String,
}

impl Ran {
    /// An error unless it was a success.
    pub(super) fn checked(self) -> Result<Self, ScheduleError> {
        if self.is_success {
            return Ok(self);
        }
        let message = self.message();
        Err(ScheduleError::Failed { call: self.call, message })
    }

    /// What it said, in one line.
    pub(super) fn message(&self) -> String {
        let stdout = String::from_utf8_lossy(&self.stdout);
        let told = if self.stderr.trim().is_empty() { stdout.as_ref() } else { &self.stderr };
        let lines: Vec<&str> =
            told.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() { "it said nothing".to_owned() } else { lines.join("; ") }
    }
}

/// Runs a program to its end, whatever that is.
pub(super) fn run(program: &'static str, arguments: &[&str]) -> Result<Ran, ScheduleError> {
    run_with(program, arguments, &[])
}

/// The same with something to read. Files instead of pipes: what a call leaves behind in the background cannot keep
/// them open.
pub(super) fn run_with(
    program: &'static str,
    arguments: &[&str],
    input: &[u8],
) -> Result<Ran, ScheduleError> {
    let call = [&[program], arguments].concat().join(" ");
    let mut stdin = tempfile::tempfile()?;
    stdin.write_all(input)?;
    stdin.rewind()?;
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut child = Command::new(program)
        .args(arguments)
        // Messages are read by this program.
        .env("LC_ALL", "C")
        .env("LANGUAGE", "C")
        .stdin(Stdio::from(stdin))
        .stdout(Stdio::from(stdout.try_clone()?))
        .stderr(Stdio::from(stderr.try_clone()?))
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ScheduleError::Missing { program },
            _ => ScheduleError::Failed { call: call.clone(), message: error.to_string() },
        })?;
    let start = Instant::now();
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if start.elapsed() > DEADLINE => {
                // One that is gone already needs no end.
                let _ = child.kill();
                let _ = child.wait();
                return Err(ScheduleError::Hangs { call, seconds: DEADLINE.as_secs() });
            }
            None => thread::sleep(STEP),
        }
    };
    let stderr = String::from_utf8_lossy(&content(&mut stderr)?).into_owned();
    Ok(Ran { call, is_success: status.success(), stdout: content(&mut stdout)?, stderr })
}

fn content(file: &mut std::fs::File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Why a program will not stay where it is, if so: `temporary` is the system's folder for temporary files.
pub fn vanishing(program: &Path, temporary: &Path) -> Option<&'static str> {
    let parts: Vec<&str> =
        program.components().filter_map(|part| part.as_os_str().to_str()).collect();
    let is_built = parts
        .windows(2)
        .any(|pair| pair[0] == "target" && ["debug", "release", "dist"].contains(&pair[1]));
    if parts.contains(&"_npx") {
        return Some("a folder that npx may empty at any time");
    }
    let temporaries = [temporary, Path::new("/tmp"), Path::new("/var/tmp")];
    if temporaries.iter().any(|folder| program.starts_with(folder)) {
        return Some("a folder for temporary files");
    }
    is_built.then_some("a build folder of cargo, which `cargo clean` empties")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_will_vanish_are_known() {
        let temporary = Path::new("/private/var/folders/x");
        let is_vanishing = |path: &str| vanishing(Path::new(path), temporary).is_some();
        assert!(is_vanishing("/home/me/tm/target/debug/token-matters"));
        assert!(is_vanishing("/private/var/folders/x/T/token-matters"));
        assert!(is_vanishing("/tmp/token-matters"));
        assert!(is_vanishing("/home/me/.npm/_npx/12/node_modules/x/token-matters"));
        assert!(!is_vanishing("/home/me/target/token-matters"));
        assert!(!is_vanishing("/usr/local/bin/token-matters"));
    }

    #[cfg(unix)]
    #[test]
    fn a_call_is_told_apart_by_how_it_ended() {
        let said = run_with("sh", &["-c", "cat; echo no >&2; exit 3"], b"in").unwrap();
        assert!(!said.is_success);
        assert_eq!((said.stdout.as_slice(), said.message().as_str()), (b"in".as_slice(), "no"));
        assert_eq!(
            said.checked().unwrap_err().to_string(),
            "`sh -c cat; echo no >&2; exit 3` failed: no"
        );
        let missing = run("token-matters-has-no-such-program", &[]).unwrap_err();
        assert!(matches!(missing, ScheduleError::Missing { .. }));
    }
}
