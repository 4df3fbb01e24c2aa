//! Small runs for the tests.

use std::path::Path;
use std::process::Command;

use data_schema::{RecordId, Tokens, UsageRecord};
use store::{FileStamp, Run, SourceRun, Store};

pub(crate) const NOW: &str = "2026-05-10T00:00:00Z";

pub(crate) fn record(native: &str, at: &str, output: u64) -> UsageRecord {
    let mut record = UsageRecord::new(RecordId::new("anthropic", native, ""), at.parse().unwrap());
    record.usage.output_tokens = Tokens::new(output);
    record.usage.revision = 1;
    record
}

pub(crate) fn run_of(machine: &str, records: Vec<UsageRecord>) -> Run {
    Run {
        machine: machine.into(),
        machine_id: format!("id-of-{machine}"),
        now: NOW.parse().unwrap(),
        program: "token-matters 0.0.0".into(),
        sources: vec![SourceRun {
            provider: "claude-code".into(),
            records: records.into_iter().collect(),
            limits: Vec::new(),
            files: vec![stamp("/logs/a.jsonl", 10)],
        }],
    }
}

pub(crate) fn stamp(path: &str, size: u64) -> FileStamp {
    FileStamp { path: path.into(), device: 1, inode: 2, size, mtime_ns: 3, revision: 1 }
}

/// Ids of all records of a store, sorted.
pub(crate) fn ids(store: &Store) -> Vec<RecordId> {
    let snapshot = store.snapshot().unwrap();
    let mut ids = Vec::new();
    for entry in snapshot.entries() {
        if let store::EntryKind::Records(_) = entry.kind
            && let Ok(file) = data_schema::DayFile::parse(&snapshot.read(entry).unwrap())
        {
            ids.extend(file.records.iter().map(|record| record.id));
        }
    }
    ids.sort();
    ids.dedup();
    ids
}

/// What the `git` program says about a repository; `None` where it is not installed.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").current_dir(folder).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(text)
}

/// Writes a commit with any files through the `git` program, as a user or a newer version would.
pub(crate) fn commit_file(repository: &Path, path: &str, bytes: &[u8]) {
    let work = tempfile::tempdir().unwrap();
    let url = repository.to_str().unwrap();
    git(work.path(), &["clone", "-q", url, "."]).unwrap();
    let file = work.path().join(path);
    fs_err::create_dir_all(file.parent().unwrap()).unwrap();
    fs_err::write(file, bytes).unwrap();
    git(work.path(), &["add", "."]).unwrap();
    let who = ["-c", "user.name=t", "-c", "user.email=t@localhost"];
    git(work.path(), &[&who[..], &["commit", "-q", "-m", "by hand"]].concat()).unwrap();
    git(work.path(), &["push", "-q", "origin", "HEAD:main"]).unwrap();
}

/// What a soak sets from outside.
#[expect(clippy::disallowed_methods, reason = "a soak sets the number of kills from outside")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
