//! A deploy key from the environment of a workflow: into a file that only this user reads, for as long as the run
//! takes, and never printed.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use collector::schedule::quote;

use crate::outcome::Failure;
use crate::session::Session;

/// The host keys of github.com, so that none is trusted blindly: `ssh_keys` of <https://api.github.com/meta>, as
/// <https://github.blog/changelog/label/ssh/> quotes it, read 2026-11-21; the fingerprints are those that it names beside
/// them. The RSA key, which was replaced in 2023, is left out: every OpenSSH of these years knows one of the others.
const KNOWN_HOSTS: &str = "\
github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl
github.com ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=
";

/// The files of a key.
pub(super) struct DeployKey {
    key: PathBuf,
    known_hosts: PathBuf,
}

impl DeployKey {
    /// Writes the key that a variable holds into a folder; `None` if no variable is named, or it is empty.
    pub(super) fn read(
        session: &Session,
        name: Option<&str>,
        folder: &Path,
    ) -> Result<Option<Self>, Failure> {
        let Some(name) = name else { return Ok(None) };
        let Some(text) =
            session.environment.variables.get(name).filter(|text| !text.trim().is_empty())
        else {
            return Ok(None);
        };
        if !text.contains("PRIVATE KEY") {
            return Err(Failure::Usage(format!(
                "${name} holds no private key: give it the whole text of the file that `ssh-keygen -t ed25519` wrote, from -----BEGIN to -----END"
            )));
        }
        let key = folder.join("deploy-key");
        // Secrets lose their last line end when they are pasted, and OpenSSH wants it.
        let text = format!("{}\n", text.replace("\r\n", "\n").trim_end());
        write_private(&key, text.as_bytes())?;
        let known_hosts = folder.join("known-hosts");
        fs_err::write(&known_hosts, KNOWN_HOSTS)?;
        Ok(Some(Self { key, known_hosts }))
    }

    /// How git starts `ssh` with it: no other key, no agent, no question, and only hosts that are known, be it to the
    /// user's own file.
    pub(super) fn ssh_command(&self) -> String {
        let key = quote::shell(&self.key.to_string_lossy());
        let hosts =
            format!("UserKnownHostsFile=\"{}\" ~/.ssh/known_hosts", self.known_hosts.display());
        format!(
            "ssh -F none -i {key} -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o StrictHostKeyChecking=yes -o {}",
            quote::shell(&hosts)
        )
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(bytes)?;
    Ok(())
}
