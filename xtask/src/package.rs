//! `cargo xtask package`: everything that a release consists of, from the programs that were built for it.
//!
//! DIST has a folder `token-matters-<target>` for each system with the program in it. OUT gets the archives, their
//! checksums, the install scripts and below `packages/` what npm, Homebrew and winget take.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, context};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

const USAGE: &str = "usage: cargo xtask package --version V --dist DIR --out DIR [--some]";
const DESCRIPTION: &str =
    "Counts every token of your AI coding tools, once, in a git repository of your own";
const LICENSE: &str = "MIT OR Apache-2.0";
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// What lies beside the program in an archive.
const BESIDE: [&str; 4] = ["LICENSE", "LICENSE-MIT", "LICENSE-APACHE", "README.md"];

/// A system that programs are released for.
struct System {
    target: &'static str,
    /// As node names it: system and processor.
    node: (&'static str, &'static str),
    /// As Homebrew names it.
    brew: (&'static str, &'static str),
}

const SYSTEMS: [System; 5] = [
    System {
        target: "x86_64-unknown-linux-musl",
        node: ("linux", "x64"),
        brew: ("linux", "intel"),
    },
    System {
        target: "aarch64-unknown-linux-musl",
        node: ("linux", "arm64"),
        brew: ("linux", "arm"),
    },
    System { target: "x86_64-apple-darwin", node: ("darwin", "x64"), brew: ("macos", "intel") },
    System { target: "aarch64-apple-darwin", node: ("darwin", "arm64"), brew: ("macos", "arm") },
    System { target: "x86_64-pc-windows-msvc", node: ("win32", "x64"), brew: ("", "") },
];

/// What templates know of a system.
#[derive(Clone, Debug, Serialize)]
struct Target {
    folder: String,
    archive: String,
    sha256: String,
    program: &'static str,
    os: &'static str,
    cpu: &'static str,
    npm: String,
    brew: &'static str,
    brew_cpu: &'static str,
}

/// What is asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) version: String,
    pub(crate) dist: PathBuf,
    pub(crate) out: PathBuf,
    /// Systems whose programs are not there are left out; a release has all.
    pub(crate) some: bool,
}

pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--some" {
            options.some = true;
            continue;
        }
        let value = rest.next().with_context(|| USAGE)?;
        match argument.as_str() {
            "--version" => value.trim_start_matches('v').clone_into(&mut options.version),
            "--dist" => options.dist = value.into(),
            "--out" => options.out = value.into(),
            _ => bail!(USAGE),
        }
    }
    let paths = [&options.dist, &options.out];
    ensure!(
        !options.version.is_empty() && paths.iter().all(|path| !path.as_os_str().is_empty()),
        USAGE
    );
    ensure!(
        options.version == env!("CARGO_PKG_VERSION"),
        "the version is {} in Cargo.toml and {} in the tag: make them the same",
        env!("CARGO_PKG_VERSION"),
        options.version
    );
    package(root, &options)
}

/// Makes everything.
pub(crate) fn package(root: &Path, options: &Options) -> Result<()> {
    fs_err::create_dir_all(&options.out)?;
    let mut targets = Vec::new();
    for system in &SYSTEMS {
        let program = system.program();
        let from = options.dist.join(system.folder()).join(program);
        if !from.is_file() {
            ensure!(options.some, "{} is missing: build it with --profile dist", from.display());
            continue;
        }
        targets.push(archive(root, &from, system, &options.out)?);
    }
    ensure!(!targets.is_empty(), "there is no program in {}", options.dist.display());
    let mut sums = String::new();
    for target in &targets {
        writeln!(sums, "{}  {}", target.sha256, target.archive)?;
    }
    fs_err::write(options.out.join("SHA256SUMS"), sums)?;
    fs_err::copy(root.join(".github/actions/publish/install.sh"), options.out.join("install.sh"))?;
    fs_err::copy(root.join("templates/packages/install.ps1"), options.out.join("install.ps1"))?;
    let packages = options.out.join("packages");
    for (path, text) in manifests(root, &options.version, &targets)? {
        let path = packages.join(path);
        fs_err::create_dir_all(path.parent().unwrap_or(&packages))?;
        fs_err::write(path, text)?;
    }
    for target in &targets {
        let from = options.dist.join(&target.folder).join(target.program);
        place(&from, &packages.join("npm").join(npm_folder(target)).join(target.program))?;
    }
    Ok(())
}

impl System {
    fn folder(&self) -> String {
        format!("token-matters-{}", self.target)
    }

    fn is_windows(&self) -> bool {
        self.node.0 == "win32"
    }

    fn program(&self) -> &'static str {
        if self.is_windows() { "token-matters.exe" } else { "token-matters" }
    }
}

/// Packs the program of a system.
fn archive(root: &Path, program: &Path, system: &System, out: &Path) -> Result<Target> {
    let scratch = tempfile::tempdir()?;
    let folder = system.folder();
    place(program, &scratch.path().join(&folder).join(system.program()))?;
    for name in BESIDE {
        fs_err::copy(root.join(name), scratch.path().join(&folder).join(name))?;
    }
    let ending = if system.is_windows() { "zip" } else { "tar.gz" };
    let archive = format!("{folder}.{ending}");
    let path = std::path::absolute(out.join(&archive))?;
    let mut command = if system.is_windows() { Command::new("zip") } else { Command::new("tar") };
    command.current_dir(scratch.path());
    match ending {
        "zip" => command.args(["-q", "-r", "-X"]).arg(&path).arg(&folder),
        _ => command.arg("-czf").arg(&path).arg(&folder),
    };
    let status =
        command.status().with_context(|| format!("{archive} needs the programs tar and zip"))?;
    ensure!(status.success(), "{archive} cannot be packed");
    let sha256 =
        Sha256::digest(fs_err::read(&path)?).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
    let (os, cpu) = system.node;
    let (brew, brew_cpu) = system.brew;
    let npm = format!("@token-matters/{os}-{cpu}");
    let program = system.program();
    Ok(Target { folder, archive, sha256, program, os, cpu, npm, brew, brew_cpu })
}

/// Copies a program and lets it be run.
fn place(from: &Path, to: &Path) -> Result<()> {
    fs_err::create_dir_all(to.parent().unwrap_or(to))?;
    fs_err::copy(from, to)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs_err::set_permissions(to, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// The folder of a system's npm package.
fn npm_folder(target: &Target) -> String {
    format!("{}-{}", target.os, target.cpu)
}

/// Files of package managers, by their path.
fn manifests(root: &Path, version: &str, targets: &[Target]) -> Result<Vec<(String, String)>> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).keep_trailing_newline(true).build()?;
    environment.set_syntax(syntax);
    let render = |name: &str, target: Option<&Target>| -> Result<String> {
        let template = fs_err::read_to_string(root.join("templates/packages").join(name))?;
        let (targets, target) = (as_value(targets)?, as_value(&target)?);
        let text = environment.render_str(
            &template,
            context! { version, targets, target, description => DESCRIPTION, license => LICENSE, repository => REPOSITORY },
        );
        text.with_context(|| format!("templates/packages/{name}"))
    };
    let mut files = Vec::new();
    for name in ["package.json", "token-matters.js"] {
        files.push((format!("npm/token-matters/{name}"), render(&format!("npm/{name}"), None)?));
    }
    for target in targets {
        let path = format!("npm/{}/package.json", npm_folder(target));
        files.push((path, render("npm/platform.json", Some(target))?));
    }
    files
        .push(("homebrew/token-matters.rb".to_owned(), render("homebrew/token-matters.rb", None)?));
    let winget = "TokenMatters.TokenMatters";
    for (name, ending) in
        [("version", ""), ("installer", ".installer"), ("locale", ".locale.en-US")]
    {
        files.push((
            format!("winget/{winget}{ending}.yaml"),
            render(&format!("winget/{name}.yaml"), None)?,
        ));
    }
    Ok(files)
}

fn as_value(value: &(impl Serialize + ?Sized)) -> Result<minijinja::Value> {
    Ok(minijinja::Value::from(minijinja::value::Serde(&serde_json::to_value(value)?)))
}

#[cfg(test)]
mod tests;
