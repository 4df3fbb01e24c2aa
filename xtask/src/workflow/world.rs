//! Everything around the workflow: a machine that collects, the data repository, a release, a page that is served.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::package;

/// The run's own time.
const NOW: &str = "2026-06-01T12:00:00Z";
/// Beside the page, what it is made of: in a branch, the commit says it.
const MADE_OF: &str = "published.json";
/// The system whose release this machine installs.
const SYSTEM: &str = if cfg!(target_os = "macos") {
    if cfg!(target_arch = "aarch64") { "aarch64-apple-darwin" } else { "x86_64-apple-darwin" }
} else if cfg!(target_arch = "aarch64") {
    "aarch64-unknown-linux-musl"
} else {
    "x86_64-unknown-linux-musl"
};

pub(super) struct World {
    folder: TempDir,
    program: PathBuf,
    fixtures: PathBuf,
}

/// A server on this machine; it ends with its value.
pub(super) struct Server {
    pub(super) address: String,
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl World {
    /// An empty data repository, a checkout of it, and a release.
    pub(super) fn new(root: &Path, program: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let world = Self {
            folder,
            program: program.to_owned(),
            fixtures: root.join("collector/tests/fixtures/logs"),
        };
        for name in ["home", "config", "dist"] {
            fs_err::create_dir_all(world.path(name))?;
        }
        let dist = world.path("dist").join(format!("token-matters-{SYSTEM}"));
        fs_err::create_dir_all(&dist)?;
        fs_err::copy(program, dist.join("token-matters"))?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let options = package::Options {
            version,
            dist: world.path("dist"),
            out: world.path("release"),
            some: true,
        };
        package::package(root, &options)?;

        let data = world.path("data.git").display().to_string();
        world.git(world.root(), &["init", "--quiet", "--bare", "--initial-branch=main", &data])?;
        let seed = world.path("seed").display().to_string();
        world.git(world.root(), &["init", "--quiet", "--initial-branch=main", &seed])?;
        fs_err::create_dir_all(world.path("seed/raw"))?;
        world.write_file("token-matters.yaml", "timezone: UTC\n")?;
        fs_err::write(
            world.path("config/config.yaml"),
            format!("machine: laptop\ndataRepo: {seed}\n"),
        )?;
        Ok(world)
    }

    pub(super) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Leaves nothing of this machine's set-up but the search path.
    pub(super) fn clean(&self, command: &mut Command) {
        let path = std::env::vars_os().find(|(name, _)| name == "PATH").map(|(_, path)| path);
        command
            .env_clear()
            .env("PATH", path.unwrap_or_default())
            .env("TZ", "UTC")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("TOKEN_MATTERS_NOW", NOW)
            .env("TOKEN_MATTERS_DOWNLOAD", format!("file://{}", self.path("release").display()));
    }

    pub(super) fn git(&self, at: &Path, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new("git");
        self.clean(&mut command);
        command.env("HOME", self.path("home")).current_dir(at);
        command.args(["-c", "user.name=test", "-c", "user.email=test@localhost"]).args(arguments);
        run(&mut command)
    }

    fn token_matters(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        self.clean(&mut command);
        command.env("HOME", self.path("home")).env("TOKEN_MATTERS_HOME", self.path("config"));
        run(command.current_dir(self.root()).args(arguments))
    }

    /// Writes a file of the data repository.
    pub(super) fn write_file(&self, path: &str, text: &str) -> Result<()> {
        Ok(fs_err::write(self.path("seed").join(path), text)?)
    }

    pub(super) fn write_workflow(&self, more: &[&str]) -> Result<()> {
        super::render(&self.program, "github", &self.path("seed"), more)
    }

    /// Collects the logs of a case, and pushes what that gave.
    pub(super) fn collect(&self, case: &str) -> Result<()> {
        copy(&self.fixtures.join(case), &self.path("home"))?;
        self.token_matters(&["collect"])?;
        self.push(case)
    }

    /// Pushes the checkout.
    pub(super) fn push(&self, message: &str) -> Result<()> {
        let (seed, data) = (self.path("seed"), self.path("data.git"));
        self.git(&seed, &["add", "--all"])?;
        self.git(&seed, &["commit", "--quiet", "--message", message])?;
        self.git(&seed, &["push", "--quiet", &data.to_string_lossy(), "HEAD:main"])?;
        Ok(())
    }

    /// What a checkout of the host does.
    pub(super) fn clone_data(&self, to: &Path, depth: &str) -> Result<()> {
        let address = format!("file://{}", self.path("data.git").display());
        self.git(self.root(), &["clone", "--quiet", depth, &address, &to.to_string_lossy()])?;
        Ok(())
    }

    /// A file of the data repository.
    pub(super) fn file_of_data(&self, path: &str) -> Result<String> {
        self.git(&self.path("data.git"), &["show", &format!("main:{path}")])
    }

    /// What `publish --out` makes of the data, by hand.
    pub(super) fn by_hand(&self) -> Result<BTreeMap<String, Vec<u8>>> {
        let scratch = tempfile::tempdir_in(self.root())?;
        let (data, out) = (scratch.path().join("data"), scratch.path().join("out"));
        self.clone_data(&data, "--depth=1")?;
        self.token_matters(&[
            "publish",
            "--raw",
            &data.to_string_lossy(),
            "--out",
            &out.to_string_lossy(),
        ])?;
        page_files(&out)
    }

    /// The files of the published branch.
    pub(super) fn published(&self, target: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
        let scratch = tempfile::tempdir_in(self.root())?;
        let to = scratch.path().join("page");
        let target = target.to_string_lossy();
        self.git(
            self.root(),
            &["clone", "--quiet", "--branch=gh-pages", &target, &to.to_string_lossy()],
        )?;
        fs_err::remove_dir_all(to.join(".git"))?;
        tree(&to)
    }

    /// The commit of the published branch, which has no parent.
    pub(super) fn one_commit(&self, target: &Path) -> Result<String> {
        let commits = self.git(target, &["rev-list", "gh-pages"])?;
        ensure!(commits.lines().count() == 1, "the published branch has a history");
        let author = self.git(target, &["log", "-1", "--format=%an", "gh-pages"])?;
        ensure!(author == "token-matters", "the author is {author}");
        Ok(commits)
    }

    /// Serves a folder on this machine.
    pub(super) fn serve(&self, folder: &Path) -> Result<Server> {
        let mut command = Command::new(&self.program);
        self.clean(&mut command);
        command
            .env("HOME", self.path("home"))
            .args(["site", "serve"])
            .arg(folder)
            .args(["--port", "0"]);
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take().context("the server has no output")?;
        let mut server = Server { address: String::new(), child };
        for line in BufReader::new(stderr).lines() {
            let line = line?;
            if let Some(start) = line.find("http://") {
                let address = line[start..].split(' ').next().unwrap_or_default();
                address.clone_into(&mut server.address);
                return Ok(server);
            }
        }
        anyhow::bail!("the server says no address")
    }
}

/// Runs a command to its end; returns what it printed.
fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| command.get_program().display().to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {said}");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The files of a page in a folder.
pub(super) fn page_files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = tree(folder)?;
    ensure!(files.remove(MADE_OF).is_some(), "{MADE_OF} is missing");
    ensure!(
        files.contains_key("index.html") && files.contains_key("summary/latest.json"),
        "this is no page"
    );
    Ok(files)
}

/// All files below a folder, by their path with `/`.
fn tree(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
            files.insert(path, fs_err::read(entry.path())?);
        }
    }
    Ok(files)
}

/// Copies a folder into another.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    for (path, bytes) in tree(from)? {
        let path = to.join(path);
        fs_err::create_dir_all(path.parent().unwrap_or(to))?;
        fs_err::write(path, bytes)?;
    }
    Ok(())
}
