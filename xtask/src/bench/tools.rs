//! The programs that are measured, and the surroundings that they see.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;

use super::options::Options;

/// The clock of every run: after the last line of all logs.
const NOW: &str = "2026-11-21T00:00:00Z";
/// Where npm puts the program itself; the one in `.bin` starts it through node.
const NATIVE: &str = "node_modules/@ccusage";

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Tools {
    ours: PathBuf,
    ccusage: Option<PathBuf>,
    path: OsString,
}

/// Cargo's target folder.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec()?;
    Ok(metadata.target_directory.into_std_path_buf())
}

impl Tools {
    /// Builds ours, unless a binary is named, and looks for the others.
    pub(crate) fn find(root: &Path, target: &Path, options: &Options) -> Result<Self> {
        let ours = match &options.binary {
            Some(binary) => std::path::absolute(binary)?,
            None => build(root, target, options.profile)?,
        };
        ensure!(ours.is_file(), "{} is not there", ours.display());
        let path = variable("PATH").unwrap_or_default();
        let ccusage = find_ccusage(root, variable("CCUSAGE").map(PathBuf::from), &path);
        Ok(Self { ours, ccusage, path })
    }

    /// Ours, with nothing of the developer's own surroundings.
    pub(crate) fn ours(&self, home: &Path, data: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.ours);
        command.env_clear().env("TZ", "UTC").env("TOKEN_MATTERS_NOW", NOW);
        command.args(arguments).arg("--home").arg(home).arg("--data").arg(data);
        command
    }

    /// ccusage over the same logs; `None` where it is not installed.
    pub(crate) fn ccusage(&self, home: &Path) -> Option<Command> {
        let mut command = Command::new(self.ccusage.as_ref()?);
        command.env_clear().env("TZ", "UTC").env("PATH", &self.path).env("HOME", home);
        command.env("CLAUDE_CONFIG_DIR", home.join(".claude"));
        command.env("CODEX_HOME", home.join(".codex"));
        command.args(["daily", "--json", "--offline"]);
        Some(command)
    }

    /// `cat` of files, given from a folder so that the list stays short; `None` on a system without.
    pub(crate) fn cat(&self, folder: &Path, files: &[PathBuf]) -> Option<Command> {
        let program = in_path(&self.path, "cat")?;
        let mut command = Command::new(program);
        command.env_clear().current_dir(folder).args(files);
        Some(command)
    }
}

fn build(root: &Path, target: &Path, profile: &str) -> Result<PathBuf> {
    let status = Command::new("cargo")
        .current_dir(root)
        .args(["build", "--package", "token-matters", "--profile", profile])
        .status()
        .context("cargo cannot be run")?;
    ensure!(status.success(), "the build failed");
    let name = format!("token-matters{}", std::env::consts::EXE_SUFFIX);
    Ok(target.join(profile).join(name))
}

/// The one that is named, that in `node_modules` of the workspace, or that of the search path.
fn find_ccusage(root: &Path, named: Option<PathBuf>, path: &OsString) -> Option<PathBuf> {
    if named.is_some() {
        return named;
    }
    let packages = fs_err::read_dir(root.join(NATIVE)).into_iter().flatten().flatten();
    let native = packages.map(|package| package.path().join("bin/ccusage"));
    let script = root.join("node_modules/.bin/ccusage");
    let mut local = native.chain([script]);
    local.find(|program| program.is_file()).or_else(|| in_path(path, "ccusage"))
}

fn in_path(path: &OsString, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

#[expect(clippy::disallowed_methods, reason = "a developer's tool looks for programs")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(folder: &Path, path: &str) -> PathBuf {
        let path = folder.join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, "").unwrap();
        path
    }

    #[test]
    fn ccusage_is_the_named_one_then_the_native_one_then_that_of_the_search_path() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let path = OsString::from(root.join("bin"));
        assert_eq!(find_ccusage(root, None, &path), None);
        let installed = program(root, "bin/ccusage");
        assert_eq!(find_ccusage(root, None, &path), Some(installed));
        let script = program(root, "node_modules/.bin/ccusage");
        assert_eq!(find_ccusage(root, None, &path), Some(script));
        let native = program(root, "node_modules/@ccusage/ccusage-linux-x64/bin/ccusage");
        assert_eq!(find_ccusage(root, None, &path), Some(native));
        let named = PathBuf::from("/opt/ccusage");
        assert_eq!(find_ccusage(root, Some(named.clone()), &path), Some(named));
    }

    #[test]
    fn our_program_sees_nothing_of_the_developers_surroundings() {
        let tools = Tools { ours: "ours".into(), ccusage: None, path: OsString::new() };
        let command = tools.ours(Path::new("/h"), Path::new("/d"), &["report"]);
        let seen: Vec<_> = command.get_envs().filter_map(|(name, _)| name.to_str()).collect();
        assert_eq!(seen, ["TOKEN_MATTERS_NOW", "TZ"]);
        let arguments: Vec<_> = command.get_args().filter_map(|text| text.to_str()).collect();
        assert_eq!(arguments, ["report", "--home", "/h", "--data", "/d"]);
    }
}
