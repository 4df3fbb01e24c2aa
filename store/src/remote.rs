//! Another repository that a store follows: what is asked of it and sent to it, through the user's `git`.
//!
//! The local repository is bare, shallow and partial: it has the newest commit of the remote with its folders, and
//! only those files that this machine needs.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use fs_err as fs;
use gix::ObjectId;
use serde::{Deserialize, Serialize};

use crate::credentials::{HIDDEN, has_password};
use crate::git::Git;
use crate::program::{Call, Printed};
use crate::trouble::{Trouble, TroubleKind};
use crate::{GitProgram, StoreError, durable, without_secrets};

/// The remote's branch as it was seen last.
pub(crate) const SEEN: &str = "refs/token-matters/remote";
/// The name of the remote in the local configuration.
const ORIGIN: &str = "origin";
/// What is known of the remote.
const FACTS: &str = "remote.json";
/// Where the other side is a folder of this machine, the user's set-up counts there as well: hooks of the remote itself
/// run, those of the user's own work do not.
const RECEIVE: &str = "--receive-pack=git -c core.hooksPath=hooks receive-pack";
/// A first fetch, and one of many files, may take that long.
const LONG: Duration = Duration::from_mins(10);

/// The repository that all machines write into.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the command builds it")]
pub struct Remote {
    /// Its URL or path, as git takes it.
    pub address: String,
    /// The program that reaches it.
    pub program: GitProgram,
}

/// What a remote says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probe {
    /// The branch that holds the data, or will.
    pub branch: String,
    /// Whether it has no branch at all.
    pub is_empty: bool,
}

/// What is kept about a remote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Facts {
    /// The branch that holds the data: `main`.
    pub(crate) branch: String,
    /// Whether it sends all of its history or nothing.
    pub(crate) is_not_shallow: bool,
    /// Whether it gives out no single files.
    pub(crate) is_whole: bool,
    /// Whether anybody can read it, once that was found out.
    pub(crate) is_public: Option<bool>,
    /// Whether the user wants to push all the same.
    pub(crate) may_be_public: bool,
    /// Races that the last pushes lost.
    pub(crate) lost_races: u32,
}

impl Remote {
    /// The address without user name and password.
    pub fn shown(&self) -> String {
        without_secrets(&self.address)
    }

    /// Whether it is a folder of this machine.
    pub(crate) fn is_local(&self) -> bool {
        let scheme = gix::url::parse(self.address.as_str()).map(|url| url.scheme);
        scheme.is_ok_and(|scheme| scheme == gix::url::Scheme::File)
    }

    /// Asks for its branches.
    ///
    /// # Errors
    ///
    /// It cannot be reached or read, or is of a kind that this program cannot write.
    pub fn probe(&self) -> Result<Probe, Trouble> {
        let place = if has_password(&self.address) { HIDDEN } else { &self.address };
        let call = Call::without(&["ls-remote", "--symref", "--", place]);
        understand(&self.run(call)?.stdout())
    }

    /// Runs a call that asks it.
    pub(crate) fn run(&self, call: Call<'_>) -> Result<Printed, Trouble> {
        self.program.run(&call.to(&self.address))
    }

    /// Whether anybody can read it: nothing that identifies this user is sent. A path, and a host on this machine,
    /// are not public.
    ///
    /// # Errors
    ///
    /// There is no `git`, or it could not be found out.
    pub fn is_public(&self, scratch: &Path) -> Result<bool, Trouble> {
        let Some(address) = anonymous(&self.address) else { return Ok(false) };
        let call = Call::without(&["ls-remote", "--quiet", "--", &address, "HEAD"])
            .setting("credential.helper=")
            .setting("http.extraHeader=")
            .setting("http.cookieFile=")
            .variable("HOME", scratch)
            .variable("XDG_CONFIG_HOME", scratch)
            .variable("GIT_SSH_COMMAND", "false");
        match self.program.run(&call) {
            Ok(_) => Ok(true),
            Err(trouble) => match trouble.kind {
                TroubleKind::Denied | TroubleKind::NoRepository => Ok(false),
                _ => Err(trouble),
            },
        }
    }
}

/// An address under which strangers would read a repository; `None` where there are none.
fn anonymous(address: &str) -> Option<String> {
    let url = gix::url::parse(address).ok()?;
    let host = url.host()?.to_owned();
    let is_here =
        host == "localhost" || host.starts_with("127.") || host == "[::1]" || host == "::1";
    let path = url.path.to_string();
    let path = path.trim_start_matches('/');
    match url.scheme {
        _ if is_here => None,
        gix::url::Scheme::Http | gix::url::Scheme::Https | gix::url::Scheme::Git => {
            Some(without_secrets(address))
        }
        gix::url::Scheme::Ssh => Some(format!("https://{host}/{path}")),
        _ => None,
    }
}

/// Reads what `ls-remote --symref` prints.
fn understand(text: &str) -> Result<Probe, Trouble> {
    let (mut head, mut branches) = (None, Vec::new());
    for line in text.lines() {
        let Some((id, name)) = line.split_once('\t') else { continue };
        if let Some(target) = id.strip_prefix("ref: ") {
            head = head.or((name == "HEAD").then_some(target));
        } else if id.len() == 64 {
            let message = "its object names are of SHA-256";
            return Err(Trouble::of(TroubleKind::Sha256, "git ls-remote", &message));
        } else if name.starts_with("refs/heads/") {
            branches.push(name);
        }
    }
    let is_branch = |name: &&str| branches.contains(name);
    let known = head.filter(is_branch).or_else(|| ["refs/heads/main"].into_iter().find(is_branch));
    let only = || branches.first().copied().filter(|_| branches.len() == 1);
    let branch = known.or_else(only).or(head).unwrap_or("refs/heads/main");
    let branch = branch.trim_start_matches("refs/heads/").to_owned();
    Ok(Probe { branch, is_empty: branches.is_empty() })
}

impl Git {
    /// Lets a new repository know its remote; whether it did not yet.
    pub(crate) fn follow(&self, address: &str) -> Result<bool, StoreError> {
        let quoted = address.replace('\\', "\\\\").replace('"', "\\\"");
        let text = format!(
            "[core]\n\trepositoryformatversion = 1\n[remote \"{ORIGIN}\"]\n\turl = \"{quoted}\"\n\tpromisor = true\n\tpartialclonefilter = blob:none\n[extensions]\n\tpartialClone = {ORIGIN}\n"
        );
        let path = self.root.join("config");
        let mut bytes = fs::read(&path)?;
        let is_new = !String::from_utf8_lossy(&bytes).contains("partialClone");
        if is_new {
            bytes.write_all(text.as_bytes())?;
            durable::replace(&path, &bytes)?;
        }
        Ok(is_new)
    }

    pub(crate) fn facts(&self) -> Facts {
        let bytes = fs::read(self.private_folder().join(FACTS)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    pub(crate) fn note_facts(&self, facts: &Facts) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(facts).unwrap_or_default();
        durable::replace(&self.private_folder().join(FACTS), &bytes)?;
        Ok(())
    }

    /// The name of the data branch over there.
    fn remote_branch(&self, remote: &Remote) -> Result<Facts, StoreError> {
        let mut facts = self.facts();
        if facts.branch.is_empty() {
            facts.branch = remote.probe()?.branch;
            self.note_facts(&facts)?;
        }
        Ok(facts)
    }

    /// Fetches the newest commit with its folders; `None` if the remote has no branch yet, or not any more.
    pub(crate) fn fetch_tip(
        &self,
        remote: &Remote,
        deadline: Option<Duration>,
    ) -> Result<Option<ObjectId>, StoreError> {
        let mut facts = self.remote_branch(remote)?;
        let is_first = self.reference(SEEN)?.is_none();
        let usual = deadline.unwrap_or(remote.program.deadline());
        let deadline = if is_first { LONG.max(usual) } else { usual };
        loop {
            match remote.run(self.fetch_call(&facts, deadline)) {
                Ok(_) => return self.reference(SEEN),
                Err(trouble)
                    if trouble.kind == TroubleKind::NotShallow && !facts.is_not_shallow =>
                {
                    facts.is_not_shallow = true;
                    self.note_facts(&facts)?;
                }
                Err(trouble) if trouble.kind == TroubleKind::NoBranch => {
                    // Renamed, or taken away.
                    let branch = remote.probe()?.branch;
                    if branch == facts.branch {
                        return Ok(None);
                    }
                    facts.branch = branch;
                    self.note_facts(&facts)?;
                }
                Err(trouble) => {
                    if trouble.kind == TroubleKind::Hangs {
                        self.remove_lock_of_fetch()?;
                    }
                    return Err(trouble.into());
                }
            }
        }
    }

    fn fetch_call(&self, facts: &Facts, deadline: Duration) -> Call<'_> {
        let refspec = format!("+refs/heads/{}:{SEEN}", facts.branch);
        let mut arguments =
            vec!["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none"];
        if facts.is_whole {
            arguments.retain(|argument| !argument.starts_with("--filter"));
            arguments.extend(["--no-filter", "--refetch"]);
        }
        if !facts.is_not_shallow {
            arguments.push("--depth=1");
        }
        arguments.extend([ORIGIN, &refspec]);
        Call::about(&self.root, &arguments).deadline(deadline)
    }

    /// Fetches objects by their names, all in one batch.
    pub(crate) fn fetch_objects(
        &self,
        remote: &Remote,
        ids: &[ObjectId],
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let input = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n") + "\n";
        let arguments = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--filter=blob:none",
            "--stdin",
            ORIGIN,
        ];
        let call = Call::about(&self.root, &arguments)
            .input(input.into_bytes())
            .setting("fetch.negotiationAlgorithm=noop")
            .deadline(LONG.max(remote.program.deadline()));
        match remote.run(call) {
            Err(trouble) if trouble.kind == TroubleKind::NoObject && !self.facts().is_whole => {
                self.fetch_whole(remote)
            }
            result => Ok(result.map(drop)?),
        }
    }

    /// For a server that gives out no single files: everything that belongs to its newest commit.
    fn fetch_whole(&self, remote: &Remote) -> Result<(), StoreError> {
        let facts = Facts { is_whole: true, ..self.facts() };
        remote.run(self.fetch_call(&facts, LONG))?;
        self.note_facts(&facts)
    }

    /// Moves the remote's branch to a commit that was built on what it has.
    pub(crate) fn push_tip(
        &self,
        remote: &Remote,
        commit: ObjectId,
        deadline: Duration,
    ) -> Result<(), StoreError> {
        let branch = self.remote_branch(remote)?.branch;
        let refspec = format!("{commit}:refs/heads/{branch}");
        let mut arguments = vec!["push", "--porcelain", "--no-verify", "--no-signed", "--no-tags"];
        if remote.is_local() {
            arguments.push(RECEIVE);
        }
        arguments.extend([ORIGIN, &refspec]);
        remote.run(Call::about(&self.root, &arguments).deadline(deadline))?;
        Ok(())
    }

    /// Refuses a remote that anybody can read, unless the user wants it. Looks only before the first push.
    pub(crate) fn check_public(&self, remote: &Remote) -> Result<(), StoreError> {
        let mut facts = self.facts();
        if facts.is_public.is_none() {
            let nobody = self.private_folder().join("nobody");
            fs::create_dir_all(&nobody)?;
            match remote.is_public(&nobody) {
                Ok(is_public) => {
                    facts.is_public = Some(is_public);
                    self.note_facts(&facts)?;
                }
                // What strangers cannot reach is not public.
                Err(trouble) => tracing::debug!(%trouble, "cannot see who can read the remote"),
            }
        }
        if facts.is_public == Some(true) && !facts.may_be_public {
            return Err(StoreError::Public { address: remote.shown() });
        }
        Ok(())
    }

    /// Notes that the user wants to push raw data to a remote that anybody can read.
    pub(crate) fn allow_public(&self) -> Result<(), StoreError> {
        self.note_facts(&Facts { may_be_public: true, ..self.facts() })
    }

    /// The address in the repository's own configuration.
    pub(crate) fn followed(&self) -> Option<String> {
        let repository = self.local();
        let address = repository.config_snapshot().string("remote.origin.url")?.to_string();
        Some(address)
    }

    /// Whether the remote takes a push; nothing is changed.
    pub(crate) fn try_push(&self, remote: &Remote, commit: ObjectId) -> Result<(), StoreError> {
        let refspec = format!("{commit}:refs/heads/token-matters-probe");
        let mut arguments = vec!["push", "--dry-run", "--porcelain", "--no-verify"];
        if remote.is_local() {
            arguments.push(RECEIVE);
        }
        arguments.extend([ORIGIN, &refspec]);
        remote.run(Call::about(&self.root, &arguments))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_branch_with_the_data_is_found() {
        let id = "a".repeat(40);
        let of = |text: String| understand(&text).unwrap();
        let probe =
            of(format!("ref: refs/heads/master\tHEAD\n{id}\tHEAD\n{id}\trefs/heads/master\n"));
        assert_eq!((probe.branch.as_str(), probe.is_empty), ("master", false));
        let probe = of(format!("{id}\trefs/heads/other\n{id}\trefs/heads/main\n"));
        assert_eq!(probe.branch, "main");
        let probe = of(format!("{id}\trefs/heads/data\n"));
        assert_eq!(probe.branch, "data");
        let probe = of(String::new());
        assert_eq!((probe.branch.as_str(), probe.is_empty), ("main", true));
        let probe = of("ref: refs/heads/trunk\tHEAD\n".to_owned());
        assert_eq!((probe.branch.as_str(), probe.is_empty), ("trunk", true));
        let sha256 = format!("{}\tHEAD\n", "b".repeat(64));
        assert_eq!(understand(&sha256).unwrap_err().kind, TroubleKind::Sha256);
    }

    #[test]
    fn strangers_are_tried_where_there_are_any() {
        for (address, expected) in [
            ("https://me:secret@github.com/me/data.git", Some("https://github.com/me/data.git")),
            ("git@github.com:me/data.git", Some("https://github.com/me/data.git")),
            ("ssh://git@host.example/me/data", Some("https://host.example/me/data")),
            ("git://host.example/data", Some("git://host.example/data")),
            ("git://127.0.0.1:9418/data", None),
            ("http://localhost/data", None),
            ("/srv/data.git", None),
            ("file:///srv/data.git", None),
        ] {
            assert_eq!(anonymous(address).as_deref(), expected, "{address}");
        }
    }
}
