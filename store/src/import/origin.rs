//! Where data of 1.x lies: a checkout, another repository on this machine, or one behind a URL.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use gix::{ObjectId, Repository};
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::credentials::without_password;
use crate::git::{git as error, options};
use crate::program::Call;
use crate::snapshot::PRICES;
use crate::trouble::TroubleKind;
use crate::{GitProgram, Remote, StoreError};

/// A clone may take that long.
const LONG: Duration = Duration::from_mins(10);

/// Where the data lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A folder with `raw/` in it. Files that were never committed count as well: 1.x left such ones behind.
    Checkout(PathBuf),
    /// A repository without a work tree.
    Repository(PathBuf),
    /// Another machine's.
    Url(String),
}

impl Origin {
    pub(super) fn of(from: &str) -> Result<Self, StoreError> {
        let path = Path::new(from);
        if path.join("raw").is_dir() {
            return Ok(Self::Checkout(path.to_owned()));
        }
        if path.join(".git").exists()
            || (path.join("objects").is_dir() && path.join("HEAD").is_file())
        {
            return Ok(Self::Repository(path.to_owned()));
        }
        if path.exists() {
            return Err(StoreError::NoLegacy { path: from.to_owned() });
        }
        // `https://…`, `file://…`, and `host:path` as ssh takes it; not a drive of Windows.
        let is_url = from.contains("://")
            || from.split_once(':').is_some_and(|(host, _)| host.len() > 1 && !host.contains('/'));
        if is_url {
            return Ok(Self::Url(from.to_owned()));
        }
        Err(StoreError::NoLegacy { path: from.to_owned() })
    }
}

/// The files below `raw/`.
pub(super) enum Files {
    Folder {
        root: PathBuf,
        paths: Vec<String>,
    },
    Git {
        repository: Box<Repository>,
        blobs: Vec<(String, ObjectId)>,
        prices: Option<ObjectId>,
        /// A clone goes when it has been read.
        _clone: Option<TempDir>,
    },
}

impl Files {
    pub(super) fn of(
        origin: &Origin,
        git: &GitProgram,
        scratch: &Path,
    ) -> Result<Self, StoreError> {
        match origin {
            Origin::Checkout(root) => Self::of_folder(root),
            Origin::Repository(root) => match Self::of_repository(root, None) {
                // A form that only the user's own program can read.
                Err(StoreError::Git { .. }) => {
                    let address = std::path::absolute(root)?.display().to_string();
                    Self::of_url(&address, git, scratch)
                }
                result => result,
            },
            Origin::Url(address) => Self::of_url(address, git, scratch),
        }
    }

    fn of_folder(root: &Path) -> Result<Self, StoreError> {
        let mut paths = Vec::new();
        for item in WalkDir::new(root.join("raw")).sort_by_file_name() {
            let item = item.map_err(std::io::Error::from)?;
            if !item.file_type().is_file() {
                continue;
            }
            let parts = item.path().strip_prefix(root).ok().map(Path::components);
            let parts = parts.into_iter().flatten().map(|part| part.as_os_str().to_str());
            if let Some(parts) = parts.collect::<Option<Vec<&str>>>() {
                paths.extend(Some(parts.join("/")).filter(|path| is_json(path)));
            }
        }
        Ok(Self::Folder { root: root.to_owned(), paths })
    }

    fn of_repository(root: &Path, clone: Option<TempDir>) -> Result<Self, StoreError> {
        let repository = gix::open_opts(root, options()).map_err(|fault| error(root, fault))?;
        let (mut blobs, mut prices) = (Vec::new(), None);
        let mut head = repository.head().map_err(|fault| error(root, fault))?;
        let commit = head.try_peel_to_id().map_err(|fault| error(root, fault))?;
        if let Some(commit) = commit {
            let commit = commit.object().map_err(|fault| error(root, fault))?.into_commit();
            let tree = commit.tree_id().map_err(|fault| error(root, fault))?.detach();
            let mut folders = vec![(String::new(), tree)];
            while let Some((folder, tree)) = folders.pop() {
                let tree = repository.find_tree(tree).map_err(|fault| error(root, fault))?;
                for item in tree.iter() {
                    let item = item.map_err(|fault| error(root, fault))?;
                    let path = format!("{folder}{}", String::from_utf8_lossy(item.filename()));
                    let is_raw = path == "raw" || path.starts_with("raw/");
                    if item.mode().is_tree() && is_raw {
                        folders.push((path + "/", item.object_id()));
                    } else if item.mode().is_blob() && is_raw && is_json(&path) {
                        blobs.push((path, item.object_id()));
                    } else if item.mode().is_blob() && path == PRICES {
                        prices = Some(item.object_id());
                    }
                }
            }
        }
        blobs.sort_unstable();
        Ok(Self::Git { repository: Box::new(repository), blobs, prices, _clone: clone })
    }

    /// Clones without history and without a work tree, through the user's own program and its keys.
    fn of_url(address: &str, git: &GitProgram, scratch: &Path) -> Result<Self, StoreError> {
        let remote = Remote { address: address.to_owned(), program: git.clone() };
        let probe = remote.probe()?;
        fs::create_dir_all(scratch)?;
        let clone = tempfile::Builder::new().prefix(".tm-import-").tempdir_in(scratch)?;
        let root = clone.path().join("data.git");
        let target = root.display().to_string();
        let clean = without_password(address);
        if probe.is_empty {
            return Ok(Self::Folder { root, paths: Vec::new() });
        }
        let run = |depth: Option<&str>| {
            let mut arguments = vec!["clone", "--quiet", "--bare", "--no-tags", "--single-branch"];
            arguments.extend(depth);
            arguments.extend(["--branch", &probe.branch, "--", &clean, &target]);
            let call = Call::without(&arguments).deadline(LONG.max(git.deadline()));
            // A user may have asked for new repositories of a form that cannot be read here.
            remote.run(call.setting("init.defaultRefFormat=files"))
        };
        match run(Some("--depth=1")) {
            Err(trouble) if trouble.kind == TroubleKind::NotShallow => run(None)?,
            result => result?,
        };
        Self::of_repository(&root, Some(clone))
    }

    pub(super) fn count(&self) -> usize {
        match self {
            Self::Folder { paths, .. } => paths.len(),
            Self::Git { blobs, .. } => blobs.len(),
        }
    }

    pub(super) fn path(&self, number: usize) -> &str {
        match self {
            Self::Folder { paths, .. } => &paths[number],
            Self::Git { blobs, .. } => &blobs[number].0,
        }
    }

    pub(super) fn read(&self, number: usize) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Folder { root, paths } => Ok(fs::read(root.join(&paths[number]))?),
            Self::Git { repository, blobs, .. } => blob(repository, blobs[number].1),
        }
    }

    /// `pricing.json` in the root.
    pub(super) fn prices(&self) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Folder { root, .. } => match fs::read(root.join(PRICES)) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            },
            Self::Git { repository, prices, .. } => {
                prices.map(|prices| blob(repository, prices)).transpose()
            }
        }
    }
}

fn blob(repository: &Repository, id: ObjectId) -> Result<Vec<u8>, StoreError> {
    let object = repository.find_object(id).map_err(|fault| error(repository.path(), fault))?;
    Ok(object.detach().data)
}

fn is_json(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_told_from_a_path() {
        let of = |from: &str| Origin::of(from).ok();
        for url in
            ["https://github.com/me/data", "file:///srv/data.git", "git@host:me/data", "host:data"]
        {
            assert_eq!(of(url), Some(Origin::Url(url.to_owned())), "{url}");
        }
        for path in ["/not/there", "not-there", "./not:there", "C:\\not\\there"] {
            assert_eq!(of(path), None, "{path}");
        }
        let folder = tempfile::tempdir().unwrap();
        let of_folder = || of(folder.path().to_str().unwrap());
        assert_eq!(of_folder(), None);
        fs::create_dir(folder.path().join("raw")).unwrap();
        assert_eq!(of_folder(), Some(Origin::Checkout(folder.path().to_owned())));
    }
}
