//! A machine of its own for every test: home, data folder, clock.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The run's own time.
pub(crate) const NOW: &str = "2026-06-01T12:00:00Z";

pub(crate) struct Machine {
    pub(crate) root: TempDir,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let machine = Self { root: tempfile::tempdir().unwrap() };
        fs_err::create_dir_all(machine.home()).unwrap();
        machine
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// Puts the logs of a case in the home folder.
    pub(crate) fn with_case(self, name: &str) -> Self {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("collector/tests/fixtures/logs");
        copy(&cases.join(name), &self.home());
        self
    }

    pub(crate) fn write_log(&self, path: &str, text: &str) {
        let path = self.home().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    pub(crate) fn config(&self, text: &str) {
        fs_err::create_dir_all(self.data()).unwrap();
        fs_err::write(self.data().join("config.yaml"), text).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_token-matters"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home())
            .env("TOKEN_MATTERS_HOME", self.data())
            .env("TOKEN_MATTERS_NOW", NOW)
            .env("TZ", "UTC")
            .current_dir(self.root.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run(self.command(arguments).output().unwrap())
    }

    /// Totals of a report as JSON.
    pub(crate) fn totals(&self, arguments: &[&str]) -> Value {
        let report = self.run(&[&["report", "--json"], arguments].concat());
        report.json()["totals"].clone()
    }

    /// Commits of the store.
    pub(crate) fn commits(&self) -> usize {
        let log = fs_err::read_to_string(self.data().join("store.git/logs/refs/heads/main"));
        log.unwrap_or_default().lines().count()
    }
}

pub(crate) struct Run(pub(crate) Output);

impl Run {
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().unwrap_or(-1)
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code(), 0, "{}{}", self.stdout(), self.stderr());
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout())
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout(), self.stderr()))
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs_err::copy(entry.path(), target).unwrap();
        }
    }
}

/// One line of a Claude Code log.
pub(crate) fn claude_line(id: &str, at: &str, output: u64) -> String {
    format!(
        r#"{{"type":"assistant","timestamp":"{at}","sessionId":"s1","version":"2.1.0","cwd":"/w","uuid":"u-{id}","message":{{"id":"{id}","role":"assistant","model":"claude-sonnet-4-5","stop_reason":"end_turn","usage":{{"input_tokens":100,"output_tokens":{output}}}}}}}"#
    ) + "\n"
}

/// Lines of different responses, by number.
pub(crate) fn responses(numbers: Range<u64>) -> String {
    let line = |number: u64| {
        let at = format!("2026-05-{:02}T10:{:02}:00Z", number % 28 + 1, number / 28 % 60);
        claude_line(&format!("msg_{number:024}"), &at, 10)
    };
    numbers.map(line).collect()
}

/// Lets a log grow.
pub(crate) fn append(path: &Path, text: &str) {
    let mut file = fs_err::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// All files below a folder with their content.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files.extend(tree(&entry.path()));
        } else {
            files.insert(entry.path(), fs_err::read(entry.path()).unwrap());
        }
    }
    files
}

/// Where programs such as `git` are found.
#[expect(
    clippy::disallowed_methods,
    reason = "the machine of the tests knows where its programs are"
)]
pub(crate) fn search_path() -> String {
    std::env::var("PATH").unwrap_or_default()
}

/// How often something is done: a soak sets more.
#[expect(clippy::disallowed_methods, reason = "a soak sets it from outside")]
pub(crate) fn soak_number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Runs git as somebody, with its own messages where it fails.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=t", "-c", "user.email=t@localhost"]);
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
