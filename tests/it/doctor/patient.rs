//! A machine to look at, and what is found.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Machine, NOW, Run};

/// A machine whose search path holds `git` alone, so that no test asks the schedulers of the machine it runs on.
pub(super) struct Patient {
    pub(super) machine: Machine,
    pub(super) now: &'static str,
}

impl Patient {
    pub(super) fn new() -> Self {
        let patient = Self { machine: Machine::new(), now: NOW };
        fs_err::create_dir_all(patient.bin()).unwrap();
        #[cfg(unix)]
        {
            #[expect(
                clippy::disallowed_methods,
                reason = "git is looked for once, for all of a test's calls"
            )]
            let paths = std::env::var_os("PATH").unwrap_or_default();
            let git = std::env::split_paths(&paths)
                .map(|folder| folder.join("git"))
                .find(|git| git.is_file());
            std::os::unix::fs::symlink(git.expect("tests need git"), patient.bin().join("git"))
                .unwrap();
        }
        patient
    }

    /// With logs of both tools.
    pub(super) fn with_logs() -> Self {
        let Self { machine, now } = Self::new();
        Self { machine: machine.with_case("A_stream").with_case("X7_record_both"), now }
    }

    /// With logs, and with a bare repository to push to.
    pub(super) fn with_remote() -> Self {
        let patient = Self::with_logs();
        let remote = patient.remote();
        let git = Command::new("git")
            .args(["init", "--quiet", "--bare", "-b", "main"])
            .arg(&remote)
            .output()
            .unwrap();
        assert!(git.status.success(), "{git:?}");
        patient.machine.config(&format!("dataRepo: '{}'\nmachine: work\n", remote.display()));
        patient
    }

    pub(super) fn remote(&self) -> PathBuf {
        self.machine.root.path().join("remote.git")
    }

    /// A path as a URL.
    pub(super) fn address(path: &Path) -> String {
        let path = path.display().to_string().replace('\\', "/");
        format!("file://{}{path}", if path.starts_with('/') { "" } else { "/" })
    }

    pub(super) fn bin(&self) -> PathBuf {
        self.machine.root.path().join("bin")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.machine.data()
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.machine.command(arguments);
        command.env("TOKEN_MATTERS_NOW", self.now);
        if cfg!(unix) {
            command.env("PATH", self.bin());
        } else {
            command.envs(std::env::vars_os().filter(|(name, _)| name.eq_ignore_ascii_case("PATH")));
        }
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        Run(self.command(arguments).output().unwrap())
    }

    pub(super) fn doctor(&self, arguments: &[&str]) -> Diagnosis {
        let run = self.run(&[&["doctor", "--json"], arguments].concat());
        let groups = run.json();
        let diagnosis = Diagnosis { code: run.code(), groups };
        assert_eq!(run.stderr(), "", "everything is said in the checks");
        assert_eq!(
            diagnosis.code,
            i32::from(diagnosis.count("fail") > 0),
            "{:#}",
            diagnosis.groups
        );
        diagnosis
    }

    pub(super) fn text(&self, variables: &[(&str, &str)]) -> String {
        let run = Run(self.command(&["doctor"]).envs(variables.iter().copied()).output().unwrap());
        run.stdout()
    }

    /// A program of the search path that prints a text.
    #[cfg(unix)]
    pub(super) fn program(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.bin().join(name);
        fs_err::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

pub(super) struct Diagnosis {
    pub(super) code: i32,
    pub(super) groups: Value,
}

impl Diagnosis {
    pub(super) fn checks(&self, group: &str) -> Vec<&Value> {
        let groups = self.groups.as_array().unwrap().iter();
        let group = groups.filter(|known| known["group"] == group || group.is_empty());
        group.flat_map(|group| group["checks"].as_array().unwrap()).collect()
    }

    pub(super) fn count(&self, state: &str) -> usize {
        self.checks("").iter().filter(|check| check["state"] == state).count()
    }

    /// State and message of a check.
    pub(super) fn check(&self, group: &str, label: &str) -> (&str, &str) {
        let checks = self.checks(group);
        let check = checks.iter().find(|check| check["label"] == label);
        let check = check.unwrap_or_else(|| panic!("no {group}/{label} in {:#}", self.groups));
        (check["state"].as_str().unwrap(), check["message"].as_str().unwrap())
    }

    pub(super) fn state(&self, group: &str, label: &str) -> &str {
        self.check(group, label).0
    }

    /// Labels of the checks in a state.
    pub(super) fn labels(&self, state: &str) -> Vec<&str> {
        let checks = self.checks("").into_iter().filter(|check| check["state"] == state);
        checks.map(|check| check["label"].as_str().unwrap()).collect()
    }

    /// Every check that is not well says what to do.
    pub(super) fn has_remedies(&self) {
        for check in self.checks("") {
            let needs = ["warn", "fail"].contains(&check["state"].as_str().unwrap());
            assert_eq!(
                needs,
                check["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()),
                "{check:#}"
            );
        }
    }
}
