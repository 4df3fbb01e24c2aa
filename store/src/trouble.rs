//! What can go wrong on the way to another repository, and what to do about it.

use std::fmt;
use std::time::Duration;

use crate::program::Printed;

/// A call of `git` that did not do what it should. What is stored here is untouched by any of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trouble {
    /// What it is.
    pub kind: TroubleKind,
    /// The call, such as `git push`.
    pub call: String,
    /// What git said, without user names and passwords in addresses.
    pub message: String,
}

/// Kinds of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "callers must know what to do about each")]
pub enum TroubleKind {
    /// There is no `git` program.
    NoGit,
    /// Nobody answered in time.
    Hangs,
    /// The host cannot be reached.
    Unreachable,
    /// The remote does not know us, or wants a password.
    Denied,
    /// There is no repository at that address.
    NoRepository,
    /// A repository on this machine that belongs to somebody else.
    ForeignOwner,
    /// Its object names are of SHA-256.
    Sha256,
    /// It has no such branch.
    NoBranch,
    /// Others were faster.
    Race,
    /// A hook or a rule of the remote refused it.
    Refused,
    /// There is no room, here or over there.
    Full,
    /// The remote does not give out single objects, or does not have them.
    NoObject,
    /// The remote sends only all of its history.
    NotShallow,
    /// The remote repository is damaged.
    Damaged,
    /// Anything else.
    Other,
}

use TroubleKind as K;

/// Words that git or a transport says, and what they mean: the first that fits counts. From the sources of git
/// 2.47 (`builtin/receive-pack.c`, `upload-pack.c`, `remote-curl.c`, `connect.c`, `setup.c`), OpenSSH 9 and libcurl 8,
/// and tried out, 2026-11-21.
const WORDS: [(&str, TroubleKind); 48] = [
    ("detected dubious ownership", K::ForeignOwner),
    ("mismatched algorithms", K::Sha256),
    ("the receiving end does not support this repository's hash algorithm", K::Sha256),
    ("No space left on device", K::Full),
    ("Disk quota exceeded", K::Full),
    ("couldn't find remote ref", K::NoBranch),
    ("fetch first", K::Race),
    ("non-fast-forward", K::Race),
    ("stale info", K::Race),
    ("incorrect old value provided", K::Race),
    ("failed to update ref", K::Race),
    ("cannot lock ref", K::Race),
    ("reference already exists", K::Race),
    ("Unable to create", K::Race),
    ("hook declined", K::Refused),
    ("protected branch", K::Refused),
    ("GH006", K::Refused),
    ("GH013", K::Refused),
    ("deny updating", K::Refused),
    ("remote rejected", K::Refused),
    ("service not enabled", K::Denied),
    ("access denied or repository not exported", K::Denied),
    ("Permission denied", K::Denied),
    ("Authentication failed", K::Denied),
    ("could not read Username", K::Denied),
    ("could not read Password", K::Denied),
    ("terminal prompts disabled", K::Denied),
    ("Host key verification failed", K::Denied),
    ("Permission to", K::Denied),
    ("The requested URL returned error: 401", K::Denied),
    ("The requested URL returned error: 403", K::Denied),
    ("Write access to repository not granted", K::Denied),
    ("does not support shallow", K::NotShallow),
    ("attempt to fetch/clone from a shallow repository", K::NotShallow),
    ("not our ref", K::NoObject),
    ("Server does not allow request for unadvertised object", K::NoObject),
    ("unable to read sha1 file", K::Damaged),
    ("unable to read tree", K::Damaged),
    ("missing blob", K::Damaged),
    ("bad object", K::Damaged),
    ("bad tree object", K::Damaged),
    ("did not send all necessary objects", K::Damaged),
    ("upload-pack: aborting due to possible repository corruption", K::Damaged),
    ("does not appear to be a git repository", K::NoRepository),
    ("not found", K::NoRepository),
    ("does not exist", K::NoRepository),
    ("Could not resolve host", K::Unreachable),
    ("Could not read from remote repository", K::Unreachable),
];

/// The same for what a network says in many forms.
const UNREACHABLE: [&str; 9] = [
    "Could not resolve",
    "Failed to connect",
    "Couldn't connect",
    "Connection refused",
    "Connection reset",
    "Connection timed out",
    "unable to connect",
    "unable to access",
    "the remote end hung up",
];

impl Trouble {
    pub(crate) fn of(kind: TroubleKind, call: &str, message: &impl fmt::Display) -> Self {
        Self { kind, call: call.to_owned(), message: without_secrets(&message.to_string()) }
    }

    pub(crate) fn hangs(call: &str, deadline: Duration) -> Self {
        let seconds = deadline.as_secs_f32();
        Self::of(K::Hangs, call, &format!("no answer within {seconds:.0} seconds"))
    }

    /// What a call that failed said.
    pub(crate) fn told(call: &str, printed: &Printed) -> Self {
        let all = format!("{}\n{}", printed.stderr(), printed.stdout());
        let known = WORDS.iter().find(|(words, _)| all.contains(words)).map(|(_, kind)| *kind);
        let unreachable =
            || UNREACHABLE.iter().any(|words| all.contains(words)).then_some(K::Unreachable);
        let kind = known.or_else(unreachable).unwrap_or(K::Other);
        let is_telling = |line: &&str| {
            let line = line.trim();
            !line.is_empty()
                && !line.starts_with("hint:")
                && !line.starts_with("To ")
                && line != "Done"
        };
        let lines: Vec<&str> = all.lines().filter(is_telling).take(4).map(str::trim).collect();
        Self::of(kind, call, &lines.join("; "))
    }

    /// What a person can do.
    pub fn remedy(&self) -> &'static str {
        match self.kind {
            K::NoGit => {
                "install git, for example with `apt install git`: only a store without a remote works without it"
            }
            K::Hangs | K::Unreachable => {
                "check the network and `dataRepo` in config.yaml; the next run tries again, and nothing is lost"
            }
            K::Denied => {
                "give this machine access (a key without a passphrase, a credential helper, or `gh auth setup-git`), and try `git ls-remote` with the address of `dataRepo`"
            }
            K::NoRepository => "make the repository first, or mend `dataRepo` in config.yaml",
            K::ForeignOwner => {
                "the repository belongs to another user of this machine: allow it with `git config --global --add safe.directory PATH`, with the path from the message"
            }
            K::Sha256 => {
                "name a repository with SHA-1 object names (`git init --bare --object-format=sha1`): this version cannot write the others"
            }
            K::NoBranch => "the branch is gone: the next run makes it anew from what is here",
            K::Race => {
                "others push at the same time: the next run tries again, and nothing is lost"
            }
            K::Refused => {
                "a rule or hook of the remote refuses the push: allow this branch to be pushed to; the commit waits"
            }
            K::Full => {
                "make room where the message says, on this machine or on the remote; nothing is lost"
            }
            K::NoObject | K::NotShallow => {
                "the remote gives out whole repositories only: `uploadpack.allowAnySHA1InWant` and `uploadpack.allowFilter` on the server make it faster"
            }
            K::Damaged => {
                "the remote repository is damaged: repair it there, or name a new one in `dataRepo`: everything that is here is joined into it"
            }
            K::Other => "the next run tries again; nothing is lost",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}; {}", self.call, self.message, self.remedy())
    }
}

impl std::error::Error for Trouble {}

/// Takes user names and passwords out of addresses: `https://user:secret@host` becomes `https://host`.
pub fn without_secrets(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + 3);
        clean.push_str(before);
        let end = after.find(|letter: char| letter.is_whitespace() || letter == '/');
        let authority = &after[..end.unwrap_or(after.len())];
        let host = authority.rfind('@').map_or(0, |at| at + 1);
        clean.push_str(&authority[host..]);
        rest = &after[authority.len()..];
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_addresses_are_left_out() {
        for (text, clean) in [
            ("fatal: https://me:ghp_1@github.com/a/b: no", "fatal: https://github.com/a/b: no"),
            ("'https://token@h/x' and ssh://git@h/y", "'https://h/x' and ssh://h/y"),
            ("git@github.com:a/b", "git@github.com:a/b"),
            ("https://h/x@y", "https://h/x@y"),
            ("https://u:p%40@h", "https://h"),
            ("https://u:it's\"p<w>@h/x", "https://h/x"),
        ] {
            assert_eq!(without_secrets(text), clean);
        }
    }

    #[test]
    fn what_git_says_is_understood() {
        for (said, kind) in [
            ("fatal: couldn't find remote ref refs/heads/main", K::NoBranch),
            ("fatal: mismatched algorithms: client sha1; server sha256", K::Sha256),
            ("!\tx:refs/heads/main\t[rejected] (fetch first)", K::Race),
            ("!\tx:y\t[remote rejected] (pre-receive hook declined)", K::Refused),
            (
                "!\tx:y\t[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)",
                K::Race,
            ),
            ("fatal: unable to connect to 127.0.0.1: Connection refused", K::Unreachable),
            ("fatal: Could not read from remote repository.", K::Unreachable),
            (
                "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
                K::Denied,
            ),
            ("fatal: '/x' does not appear to be a git repository", K::NoRepository),
            ("something new", K::Other),
        ] {
            let printed = Printed { stdout: Vec::new(), stderr: said.into() };
            let trouble = Trouble::told("git push", &printed);
            assert_eq!(trouble.kind, kind, "{said}");
            assert!(!trouble.remedy().is_empty());
        }
    }
}
