//! A release of programs that only say their name.

use std::process::Output;

use super::*;

fn root() -> PathBuf {
    crate::root()
}

/// A release of all systems.
fn release() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let dist = folder.path().join("dist");
    for system in &SYSTEMS {
        let program = dist.join(system.folder()).join(system.program());
        fs_err::create_dir_all(program.parent().unwrap()).unwrap();
        fs_err::write(program, "#!/bin/sh\necho \"token-matters 9.9.9 $*\"\nexit 3\n").unwrap();
    }
    let out = folder.path().join("out");
    package(&root(), &Options { version: "9.9.9".to_owned(), dist, out, some: false }).unwrap();
    folder
}

#[test]
fn the_manifests_of_all_package_managers_are_as_they_should_be() {
    let target = |system: &System| {
        let (folder, (os, cpu), (brew, brew_cpu)) = (system.folder(), system.node, system.brew);
        let ending = if system.is_windows() { "zip" } else { "tar.gz" };
        Target {
            archive: format!("{folder}.{ending}"),
            sha256: format!("{:064x}", system.target.len()),
            program: system.program(),
            npm: format!("@token-matters/{os}-{cpu}"),
            folder,
            os,
            cpu,
            brew,
            brew_cpu,
        }
    };
    let targets: Vec<Target> = SYSTEMS.iter().map(target).collect();
    let files = manifests(&root(), "9.9.9", &targets).unwrap();
    let text =
        files.iter().map(|(path, text)| format!("--- {path}\n{text}")).collect::<Vec<_>>().concat();
    insta::assert_snapshot!(text);
}

#[test]
fn a_release_without_a_system_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (dist, out) = (folder.path().join("dist"), folder.path().join("out"));
    fs_err::create_dir_all(&dist).unwrap();
    let error = package(&root(), &Options { version: "9.9.9".to_owned(), dist, out, some: false });
    assert!(error.unwrap_err().to_string().contains("x86_64-unknown-linux-musl"));
}

#[cfg(unix)]
fn install(from: &Path, to: &Path, more: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.arg(root().join(".github/actions/publish/install.sh"));
    command.args(["--version", "9.9.9", "--to"]).arg(to).args(more);
    command.env("TOKEN_MATTERS_DOWNLOAD", format!("file://{}", from.display()));
    command.output().unwrap()
}

#[cfg(unix)]
#[test]
fn the_install_script_installs_what_has_the_right_checksum_and_nothing_else() {
    let folder = release();
    let (out, to) = (folder.path().join("out"), folder.path().join("bin"));
    let done = install(&out, &to, &[]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let said = Command::new(to.join("token-matters")).arg("x").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout), "token-matters 9.9.9 x\n");

    // A checksum that is asked for goes first.
    let other = folder.path().join("other");
    let refused = install(&out, &other, &["--sha256", &"0".repeat(64)]);
    assert!(!refused.status.success() && !other.join("token-matters").exists());

    // An archive that somebody has changed.
    for system in &SYSTEMS {
        let archive = out.join(format!("{}.tar.gz", system.folder()));
        if archive.exists() {
            let mut bytes = fs_err::read(&archive).unwrap();
            bytes.push(0);
            fs_err::write(&archive, bytes).unwrap();
        }
    }
    let refused = install(&out, &other, &[]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("checksum"), "{said}");
    assert!(!other.join("token-matters").exists());
    // One that the release does not name.
    fs_err::write(out.join("SHA256SUMS"), "").unwrap();
    let refused = install(&out, &other, &[]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("does not name"));
    // And what is installed already stays.
    assert!(!install(&out, &to, &[]).status.success() && to.join("token-matters").exists());
}

#[cfg(unix)]
#[test]
fn the_install_script_refuses_what_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    for more in [
        ["--version", "1.0;id"],
        ["--version", "0.1.0/../../../../other/other/releases/download/v0.1.0"],
        ["--source", "x"],
        ["--nothing", "x"],
    ] {
        let refused = install(folder.path(), folder.path(), &more);
        assert!(!refused.status.success(), "{more:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).starts_with("error: "), "{more:?}");
    }
}

#[cfg(unix)]
#[test]
fn half_of_the_install_script_does_nothing() {
    use std::io::Write as _;
    let folder = release();
    let to = folder.path().join("cut");
    let script = fs_err::read(root().join(".github/actions/publish/install.sh")).unwrap();
    for part in 1..20 {
        let mut child = Command::new("sh")
            .args(["-s", "--", "--to"])
            .arg(&to)
            .env("TOKEN_MATTERS_DOWNLOAD", format!("file://{}", folder.path().display()))
            .stdin(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(&script[..script.len() * part / 20]);
        child.wait().unwrap();
        assert!(!to.exists(), "{part} of 20 parts");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_npm_packages_start_the_program_and_pass_on_its_exit_code() {
    let has_npm =
        Command::new("npm").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has_npm {
        return;
    }
    let folder = release();
    let npm = folder.path().join("out/packages/npm");
    let cpu = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let run = |arguments: &[&str], at: &Path| {
        let output = Command::new("npm")
            .args(arguments)
            .current_dir(at)
            .env("HOME", folder.path())
            .env("npm_config_cache", folder.path().join("cache"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let there = folder.path().join("there");
    fs_err::create_dir_all(&there).unwrap();
    fs_err::write(there.join("package.json"), "{}").unwrap();
    let mut packed = Vec::new();
    for (name, file) in [
        ("token-matters", "token-matters".to_owned()),
        (&format!("linux-{cpu}"), format!("token-matters-linux-{cpu}")),
    ] {
        run(&["pack", "--silent"], &npm.join(name));
        packed.push(npm.join(name).join(format!("{file}-9.9.9.tgz")).display().to_string());
    }
    let packed: Vec<&str> = packed.iter().map(String::as_str).collect();
    run(
        &[&["install", "--offline", "--omit=optional", "--no-audit", "--no-fund"], &packed[..]]
            .concat(),
        &there,
    );
    let said =
        Command::new(there.join("node_modules/.bin/token-matters")).arg("x").output().unwrap();
    let text = String::from_utf8_lossy(&said.stderr);
    assert_eq!(String::from_utf8_lossy(&said.stdout), "token-matters 9.9.9 x\n", "{text}");
    assert_eq!(said.status.code(), Some(3));
}
