//! A remote and some machines, through the real `git`.

use std::path::PathBuf;
use std::time::Duration;

use data_schema::{RecordId, UsageRecord};
use store::{GitProgram, Remote, Store, StoreError, TroubleKind, Who};
use tempfile::TempDir;

use crate::support::{NOW, git, ids, run_of};

/// A remote and some machines.
pub(crate) struct Net {
    root: TempDir,
}

impl Net {
    pub(crate) fn new() -> Self {
        let net = Self { root: tempfile::tempdir().unwrap() };
        net.git(&["init", "--quiet", "--bare", "-b", "main", "remote.git"]);
        net.allow_filter();
        net
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn remote_path(&self) -> PathBuf {
        self.path("remote.git")
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(self.root.path(), arguments).expect("git is installed where tests run")
    }

    pub(crate) fn remote_git(&self, arguments: &[&str]) -> String {
        git(&self.remote_path(), arguments).expect("git is installed where tests run")
    }

    pub(crate) fn allow_filter(&self) {
        self.remote_git(&["config", "uploadpack.allowFilter", "true"]);
        self.remote_git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    }

    /// A partial fetch takes a URL: a plain path is copied whole.
    pub(crate) fn address(&self) -> String {
        format!("file://{}", self.remote_path().display())
    }

    pub(crate) fn store(&self, machine: &str) -> Store {
        self.store_at(machine, &self.address())
    }

    pub(crate) fn store_at(&self, machine: &str, address: &str) -> Store {
        let program = GitProgram::new("git", Duration::from_secs(20));
        let remote = Remote { address: address.to_owned(), program };
        Store::open_remote(&self.path(machine), remote).unwrap()
    }

    /// A whole run of a machine: fetch, store, push.
    pub(crate) fn run(&self, machine: &str, records: Vec<UsageRecord>) -> Store {
        let store = self.store(machine);
        run(&store, machine, records).unwrap();
        store
    }

    /// What the remote holds now, seen by a clone.
    pub(crate) fn held(&self) -> Vec<RecordId> {
        let clone = self.path("clone-to-look");
        let _ = fs_err::remove_dir_all(&clone);
        let remote = self.remote_path().display().to_string();
        self.git(&["clone", "--quiet", &remote, &clone.display().to_string()]);
        let store = Store::folder(&clone);
        let report = store.verify(false, NOW.parse().unwrap(), "test").unwrap();
        assert_eq!(report.problems, [], "what is on the remote verifies");
        ids(&store)
    }

    pub(crate) fn tree(&self) -> Vec<String> {
        let text = self.remote_git(&["ls-tree", "-r", "--name-only", "main"]);
        text.lines().map(str::to_owned).collect()
    }
}

pub(crate) fn id_of(machine: &str) -> String {
    format!("id-of-{machine}")
}

/// Fetch, store, push.
pub(crate) fn run(
    store: &Store,
    machine: &str,
    records: Vec<UsageRecord>,
) -> Result<String, StoreError> {
    run_as(store, (machine, &id_of(machine)), records)
}

/// The same of a machine with this name and id.
pub(crate) fn run_as(
    store: &Store,
    (machine, id): (&str, &str),
    records: Vec<UsageRecord>,
) -> Result<String, StoreError> {
    let who = Who { machine, id };
    let now = NOW.parse().unwrap();
    store.fetch(&who, now)?;
    let name = store.machine_name(machine, id)?;
    let mut run = run_of(&name, records);
    id.clone_into(&mut run.machine_id);
    store.store_run(&run)?;
    store.push(&who, now)?;
    Ok(name)
}

pub(crate) fn sorted(natives: &[&str]) -> Vec<RecordId> {
    let mut ids: Vec<RecordId> =
        natives.iter().map(|id| RecordId::new("anthropic", id, "")).collect();
    ids.sort();
    ids
}

impl Net {
    pub(crate) fn show(&self, path: &str) -> String {
        self.remote_git(&["show", &format!("main:{path}")])
    }

    /// Rewrites the remote's newest state by hand, as a person would.
    pub(crate) fn by_hand(&self, change: impl FnOnce(&std::path::Path), force: bool) {
        let clone = self.path("by-hand");
        let _ = fs_err::remove_dir_all(&clone);
        let remote = self.remote_path().display().to_string();
        self.git(&["clone", "--quiet", &remote, &clone.display().to_string()]);
        change(&clone);
        let at = |arguments: &[&str]| git(&clone, arguments).unwrap();
        at(&["add", "--all"]);
        let who = ["-c", "user.name=a", "-c", "user.email=a@b"];
        if force {
            at(&["checkout", "--quiet", "--orphan", "anew"]);
        }
        at(&[&who[..], &["commit", "--quiet", "--allow-empty", "-m", "by hand"]].concat());
        at(&["push", "--quiet", "--force", "origin", "HEAD:main"]);
    }
}

/// What kept a run from its remote.
pub(crate) fn trouble(result: Result<String, StoreError>) -> TroubleKind {
    match result.unwrap_err() {
        StoreError::Remote(trouble) => trouble.kind,
        other => panic!("another error: {other}"),
    }
}
