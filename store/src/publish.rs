//! A branch of another repository that holds a page: one commit without a parent, replaced as a whole, so that it
//! cannot grow.
//!
//! The local side is a scratch repository. It fetches the tip of the branch alone, without its files, because the
//! commit's message and the name of its tree say all that is needed.

use std::path::Path;
use std::time::Duration;

use data_schema::UtcSeconds;
use fs_err as fs;
use gix::ObjectId;
use gix::objs::tree::EntryKind as Kind;
use gix::objs::{Tree, WriteTo as _, tree::Entry as TreeEntry};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use walkdir::WalkDir;

use crate::git::Git;
use crate::program::Call;
use crate::snapshot::Content;
use crate::sync::SHARED;
use crate::trouble::{Trouble, TroubleKind};
use crate::{Remote, Snapshot, StoreError};

/// The branch as it was seen.
const SEEN: &str = "refs/token-matters/page";
/// What is pushed.
const NEW: &str = "refs/token-matters/new-page";
/// A whole page goes over the wire.
const LONG: Duration = Duration::from_mins(10);
/// Who commits: a name that is nobody's, so that no contribution graph fills up.
const BOT: (&str, &str) = ("token-matters", "token-matters@localhost");

/// Where a page goes.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the command builds it")]
pub struct PageTarget {
    /// The repository.
    pub remote: Remote,
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// How git starts `ssh`, when it is not the user's own way: `GIT_SSH_COMMAND`.
    pub ssh_command: Option<String>,
}

/// The branch that holds a page.
#[derive(Debug)]
pub struct PageBranch {
    git: Git,
    target: PageTarget,
}

/// What a branch holds now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageTip {
    /// Its commit, in hex.
    pub commit: String,
    /// The tree of the commit, in hex.
    pub tree: String,
    /// Number of parents of the commit.
    pub parents: usize,
    /// The message of the commit.
    pub message: String,
}

impl PageTip {
    /// The value of a line `Name: value` of the message.
    pub fn trailer(&self, name: &str) -> Option<&str> {
        let mut lines = self.message.lines().rev();
        lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(": ")?.trim()))
    }
}

/// A commit that was made, and is not pushed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageCommit {
    /// Its name, in hex.
    pub commit: String,
    /// Its tree, in hex.
    pub tree: String,
    /// Files in it.
    pub files: usize,
}

impl PageBranch {
    /// Makes the scratch repository in a folder that is empty or not there. Nothing is asked of the target yet.
    ///
    /// # Errors
    ///
    /// The name of the branch is none, or the folder cannot be written.
    pub fn open(scratch: &Path, target: PageTarget) -> Result<Self, StoreError> {
        let name = format!("refs/heads/{}", target.branch);
        if gix::refs::FullName::try_from(name.as_str()).is_err() {
            let message = format!(
                "`{}` is no name of a branch: name another, such as gh-pages",
                target.branch
            );
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, message).into());
        }
        let git = Git::init(scratch)?;
        git.follow(&target.remote.address)?;
        Ok(Self { git, target })
    }

    /// Fetches what the branch holds; `None` if there is no such branch.
    ///
    /// # Errors
    ///
    /// The target cannot be reached or read.
    pub fn look(&self) -> Result<Option<PageTip>, StoreError> {
        let small = ["--depth=1", "--filter=tree:0"];
        let fetched = match self.fetch(&small) {
            // A server that sends only all of what it has.
            Err(trouble) if trouble.kind == TroubleKind::NotShallow => self.fetch(&["--no-filter"]),
            result => result,
        };
        match fetched {
            Ok(()) => {}
            Err(trouble) if trouble.kind == TroubleKind::NoBranch => return Ok(None),
            Err(trouble) => return Err(trouble.into()),
        }
        let Some(id) = self.git.reference(SEEN)? else { return Ok(None) };
        let repository = self.git.local();
        let commit = repository.find_commit(id).map_err(|error| self.git.error(error))?;
        let tree = commit.tree_id().map_err(|error| self.git.error(error))?.to_string();
        let message = commit.message_raw().map_err(|error| self.git.error(error))?.to_string();
        let parents = commit.parent_ids().count();
        Ok(Some(PageTip { commit: id.to_string(), tree, parents, message }))
    }

    fn fetch(&self, how: &[&str]) -> Result<(), Trouble> {
        let refspec = format!("+refs/heads/{}:{SEEN}", self.target.branch);
        let start = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"];
        let arguments = [&start[..], how, &["origin", refspec.as_str()]].concat();
        self.target.remote.run(self.call(&arguments)).map(drop)
    }

    fn call(&self, arguments: &[&str]) -> Call<'_> {
        let call = Call::about(&self.git.root, arguments).deadline(LONG);
        match &self.target.ssh_command {
            Some(command) => call.variable("GIT_SSH_COMMAND", command),
            None => call,
        }
    }

    /// Makes a commit without a parent of all files of a folder. The same files, message and time give the same
    /// commit.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or the scratch repository cannot be written.
    pub fn commit(
        &self,
        folder: &Path,
        message: &str,
        now: UtcSeconds,
    ) -> Result<PageCommit, StoreError> {
        let repository = self.git.local();
        let empty = ObjectId::empty_tree(gix::hash::Kind::Sha1);
        let mut editor = repository.edit_tree(empty).map_err(|error| self.git.error(error))?;
        let mut files = 0;
        for entry in WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.map_err(std::io::Error::from)?;
            let Some(path) =
                entry.file_type().is_file().then(|| relative(entry.path(), folder)).flatten()
            else {
                continue;
            };
            let bytes = fs::read(entry.path())?;
            let blob = repository.write_blob(bytes).map_err(|error| self.git.error(error))?;
            editor.upsert(path, Kind::Blob, blob).map_err(|error| self.git.error(error))?;
            files += 1;
        }
        let tree = editor.write().map_err(|error| self.git.error(error))?.detach();
        let time = format!("{} +0000", now.seconds());
        let who = gix::actor::SignatureRef { name: BOT.0.into(), email: BOT.1.into(), time: &time };
        let no_parents: [ObjectId; 0] = [];
        let commit = repository
            .new_commit_as(who, who, message, tree, no_parents)
            .map_err(|error| self.git.error(error))?
            .id;
        Ok(PageCommit { commit: commit.to_string(), tree: tree.to_string(), files })
    }

    /// Replaces the branch by a commit, if it still is what was seen.
    ///
    /// # Errors
    ///
    /// [`StoreError::Remote`] of kind [`TroubleKind::Race`]: it has changed meanwhile; look again. Others: the target
    /// refuses, or cannot be reached.
    pub fn replace(&self, seen: Option<&PageTip>, commit: &PageCommit) -> Result<(), StoreError> {
        let id =
            ObjectId::from_hex(commit.commit.as_bytes()).map_err(|error| self.git.error(error))?;
        let any = gix::refs::transaction::PreviousValue::Any;
        self.git.set(NEW, id, any, UtcSeconds::default())?;
        let branch = format!("refs/heads/{}", self.target.branch);
        let expected = seen.map(|tip| tip.commit.as_str()).unwrap_or_default();
        let lease = format!("--force-with-lease={branch}:{expected}");
        // Without `+`: that would force the push whatever the branch holds.
        let refspec = format!("{NEW}:{branch}");
        let arguments = [
            "push",
            "--quiet",
            "--porcelain",
            "--no-verify",
            "--no-signed",
            &lease,
            "origin",
            &refspec,
        ];
        self.target.remote.run(self.call(&arguments))?;
        Ok(())
    }
}

/// The path of a file below a folder, with `/` between its parts; `None` if a part is not UTF-8.
fn relative(path: &Path, folder: &Path) -> Option<String> {
    let parts = path.strip_prefix(folder).ok()?.iter();
    Some(parts.map(|part| part.to_str()).collect::<Option<Vec<_>>>()?.join("/"))
}

impl Snapshot {
    /// What names the content that a page is made of: the git tree that holds `raw/` and the shared files, and
    /// nothing else of the repository. It is the same for a bare repository and a checkout of it.
    ///
    /// # Errors
    ///
    /// A file or tree cannot be read.
    pub fn content_tree(&self) -> Result<String, StoreError> {
        let mut entries = Vec::new();
        match self.content() {
            Content::Git { git, tree: Some(tree), .. } => {
                let repository = git.local();
                let tree = repository.find_tree(*tree).map_err(|error| git.error(error))?;
                for entry in tree.iter() {
                    let entry = entry.map_err(|error| git.error(error))?;
                    if is_content(entry.filename().to_string().as_str()) {
                        let (mode, oid) = (entry.mode(), entry.object_id());
                        entries.push(TreeEntry {
                            mode,
                            filename: entry.filename().to_owned(),
                            oid,
                        });
                    }
                }
            }
            Content::Git { .. } => {}
            Content::Folder { folder, .. } => {
                for name in SHARED {
                    let path = folder.root.join(name);
                    if path.is_file() {
                        entries.push(blob(name, &fs::read(path)?)?);
                    }
                }
                let raw = folder.root.join("raw");
                if let Some(oid) = raw.is_dir().then(|| hash_folder(&raw)).transpose()?.flatten() {
                    entries.push(TreeEntry {
                        mode: Kind::Tree.into(),
                        filename: "raw".into(),
                        oid,
                    });
                }
            }
        }
        Ok(hash_tree(entries)?.to_string())
    }
}

fn is_content(name: &str) -> bool {
    name == "raw" || SHARED.contains(&name)
}

/// The name that git would give a folder; `None` if there is no file in it. Links are left out.
fn hash_folder(folder: &Path) -> Result<Option<ObjectId>, StoreError> {
    let items = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let hash = |item: fs::DirEntry| -> Result<Option<TreeEntry>, StoreError> {
        let (kind, name) = (item.file_type()?, item.file_name());
        let Some(name) = name.to_str() else { return Ok(None) };
        if kind.is_dir() {
            let oid = hash_folder(&item.path())?;
            return Ok(oid.map(|oid| TreeEntry {
                mode: Kind::Tree.into(),
                filename: name.into(),
                oid,
            }));
        }
        if !kind.is_file() {
            return Ok(None);
        }
        blob(name, &fs::read(item.path())?).map(Some)
    };
    let entries: Vec<_> = items.into_par_iter().map(hash).collect::<Result<_, _>>()?;
    let entries: Vec<_> = entries.into_iter().flatten().collect();
    if entries.is_empty() { Ok(None) } else { hash_tree(entries).map(Some) }
}

fn blob(name: &str, bytes: &[u8]) -> Result<TreeEntry, StoreError> {
    let oid = hash(gix::object::Kind::Blob, bytes)?;
    Ok(TreeEntry { mode: Kind::Blob.into(), filename: name.into(), oid })
}

fn hash_tree(mut entries: Vec<TreeEntry>) -> Result<ObjectId, StoreError> {
    // The order of git: a folder is sorted as if its name ended with a slash.
    entries.sort();
    let mut bytes = Vec::new();
    Tree { entries }.write_to(&mut bytes)?;
    hash(gix::object::Kind::Tree, &bytes)
}

fn hash(kind: gix::object::Kind, bytes: &[u8]) -> Result<ObjectId, StoreError> {
    let hash = gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, bytes);
    hash.map_err(|error| StoreError::Io { source: std::io::Error::other(error) })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::GitProgram;

    /// A bare repository that gives out parts of what it has, and how a page gets there.
    fn target(folder: &Path) -> PageTarget {
        let remote = folder.join("public.git");
        git(folder, &["init", "--quiet", "--bare", "public.git"]);
        git(&remote, &["config", "uploadpack.allowFilter", "true"]);
        let address = format!("file://{}", remote.display());
        let program = GitProgram::new("git", Duration::from_secs(30));
        let remote = Remote { address, program };
        PageTarget { remote, branch: "gh-pages".to_owned(), ssh_command: None }
    }

    fn git(at: &Path, arguments: &[&str]) -> String {
        let output = Command::new("git").args(arguments).current_dir(at).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn page(folder: &Path, text: &str) -> std::path::PathBuf {
        let page = folder.join("page");
        fs::create_dir_all(page.join("summary")).unwrap();
        fs::write(page.join("summary/latest.json"), text).unwrap();
        fs::write(page.join("index.html"), text).unwrap();
        page
    }

    #[test]
    fn a_branch_that_others_have_replaced_meanwhile_is_not_replaced_unseen() {
        let folder = tempfile::tempdir().unwrap();
        let target = target(folder.path());
        let open =
            |name: &str| PageBranch::open(&folder.path().join(name), target.clone()).unwrap();
        let (ours, theirs) = (open("ours"), open("theirs"));
        assert_eq!(ours.look().unwrap(), None);
        let now = UtcSeconds::default();
        let is_race = |error: &StoreError| matches!(error, StoreError::Remote(trouble) if trouble.kind == TroubleKind::Race);
        let first = theirs.commit(&page(folder.path(), "first"), "first", now).unwrap();
        theirs.replace(None, &first).unwrap();
        // The branch was not there when we looked.
        let second = ours.commit(&page(folder.path(), "second"), "second", now).unwrap();
        assert!(is_race(&ours.replace(None, &second).unwrap_err()));
        let seen = ours.look().unwrap().unwrap();
        assert_eq!((&seen.commit, &seen.tree, seen.parents), (&first.commit, &first.tree, 0));
        let third = theirs.commit(&page(folder.path(), "third"), "third", now).unwrap();
        theirs.replace(theirs.look().unwrap().as_ref(), &third).unwrap();
        // It was another one.
        assert!(is_race(&ours.replace(Some(&seen), &second).unwrap_err()));
        ours.replace(ours.look().unwrap().as_ref(), &second).unwrap();
        let commits = git(&folder.path().join("public.git"), &["rev-list", "gh-pages"]);
        assert_eq!(commits, second.commit);
    }

    #[test]
    fn a_look_fetches_the_commit_and_none_of_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let target = target(folder.path());
        let open =
            |name: &str| PageBranch::open(&folder.path().join(name), target.clone()).unwrap();
        let theirs = open("theirs");
        let message = "Page\n\nRaw-Tree: 12\nProgram: x 1\n";
        let commit =
            theirs.commit(&page(folder.path(), "a"), message, UtcSeconds::default()).unwrap();
        theirs.replace(None, &commit).unwrap();
        let ours = open("ours");
        let seen = ours.look().unwrap().unwrap();
        assert_eq!((seen.trailer("Raw-Tree"), seen.trailer("Program")), (Some("12"), Some("x 1")));
        assert_eq!(seen.trailer("Page"), None);
        assert!(!ours.git.has(ObjectId::from_hex(seen.tree.as_bytes()).unwrap()));
    }
}
