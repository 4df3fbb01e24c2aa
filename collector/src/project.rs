//! Which project a working folder belongs to: its git remote, else its common git folder, else itself.
//!
//! Work trees fold into their repository, and two clones of one remote are one project.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_schema::Text;
use gix::sec::trust::Mapping;
use store::LEFT_OUT;

use crate::ProjectRules;
use crate::cache::{Cache, KnownProject};
use crate::rules::{self, Rules};

/// Looks up projects and remembers them: a year of logs names few folders many times.
#[derive(Debug)]
pub struct Projects {
    home: PathBuf,
    rules: Rules,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    folders: HashMap<String, (u64, Text)>,
    /// Signature of the repository around a folder.
    signatures: HashMap<PathBuf, u64>,
}

/// Signature of a folder without a repository around it.
const NO_REPOSITORY: u64 = 0;

impl Projects {
    /// `home` is written as `$HOME` in names of folders.
    pub fn new(home: &Path) -> Self {
        Self::with_rules(home, &ProjectRules::default())
    }

    /// The same where only some work is wanted: folders of other work are all one project, [`LEFT_OUT`].
    pub fn with_rules(home: &Path, rules: &ProjectRules) -> Self {
        let rules = Rules::new(rules, home);
        Self { home: home.to_owned(), rules, known: Mutex::default() }
    }

    /// The rules.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The project of a working folder as a log names it.
    ///
    /// Forms: `github.com/owner/name` for a remote, `$HOME/work/app` or an absolute path for a folder.
    /// Names of folders sort before names of remotes, so that the join keeps the remote when the
    /// folder has been deleted since.
    pub fn of(&self, folder: &str) -> Text {
        let mut known = self.known();
        if let Some((_, project)) = known.folders.get(folder) {
            return Text::clone(project);
        }
        let path = Path::new(folder);
        let signature = known.signature(path);
        let project = Text::from(self.look_up(path, signature));
        let looked_at = (self.rules.mix(signature), Text::clone(&project));
        known.folders.insert(folder.to_owned(), looked_at);
        project
    }

    /// The projects of folders, in their order.
    pub(crate) fn of_all(&self, folders: &[Text]) -> Vec<Text> {
        folders.iter().map(|folder| self.of(folder)).collect()
    }

    /// Takes over what earlier runs found, where the repository around a folder is as it was; whether
    /// something is not.
    pub(crate) fn recall(&self, cache: &Cache) -> bool {
        let mut changed = false;
        let mut known = self.known();
        for (folder, project) in cache.folders().iter().zip(&cache.projects) {
            let signature = self.rules.mix(known.signature(Path::new(&**folder)));
            if signature == project.signature {
                let name = Text::from(project.name.as_str());
                known.folders.insert(folder.to_string(), (signature, name));
            } else {
                changed = true;
            }
        }
        changed || cache.folders().len() != cache.projects.len()
    }

    /// Lets later runs know what was found.
    pub(crate) fn remember(&self, cache: &mut Cache) {
        cache.number_folders();
        let names = self.of_all(cache.folders());
        let known = self.known();
        let signature = |folder: &Text| known.folders.get(&**folder).map_or(0, |(known, _)| *known);
        let signatures: Vec<u64> = cache.folders().iter().map(signature).collect();
        let projects = signatures.into_iter().zip(names);
        cache.projects = projects
            .map(|(signature, name)| KnownProject { signature, name: name.to_string() })
            .collect();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(&self, path: &Path, signature: u64) -> String {
        let repository = (signature != NO_REPOSITORY).then(|| open(path)).flatten();
        let Some(repository) = repository else {
            let place =
                rules::Place { folder: &path.to_string_lossy(), repository: None, remote: None };
            return if self.rules.wants(place) { self.short(path) } else { LEFT_OUT.to_owned() };
        };
        let config = repository.config_snapshot();
        let url = config.string("remote.origin.url");
        let remote = url.and_then(|url| remote_name(url.as_ref()));
        if let (Some(name), true) = (&remote, self.rules.is_empty()) {
            return name.clone();
        }
        let common = repository.common_dir();
        let common = fs_err::canonicalize(common).unwrap_or_else(|_| common.to_owned());
        let main = match common.file_name() {
            Some(name) if name == ".git" => common.parent().unwrap_or(&common),
            _ => &common,
        };
        let folder = path.to_string_lossy();
        let place =
            rules::Place { folder: &folder, repository: Some(main), remote: remote.as_deref() };
        if !self.rules.wants(place) {
            return LEFT_OUT.to_owned();
        }
        remote.unwrap_or_else(|| self.short(main))
    }

    fn short(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(rest) if rest.as_os_str().is_empty() => "$HOME".to_owned(),
            Ok(rest) => format!("$HOME/{}", rest.to_string_lossy().replace('\\', "/")),
            Err(_) => path.to_string_lossy().into_owned(),
        }
    }
}

impl Known {
    /// What the repository around a folder is known by: where it is, and its configuration's last change.
    /// Looking costs a few microseconds, opening a repository hundreds.
    fn signature(&mut self, folder: &Path) -> u64 {
        if !folder.is_absolute() {
            return NO_REPOSITORY;
        }
        if let Some(known) = self.signatures.get(folder) {
            return *known;
        }
        let signature = match signature_here(folder) {
            Some(signature) => signature,
            None => folder.parent().map_or(NO_REPOSITORY, |parent| self.signature(parent)),
        };
        self.signatures.insert(folder.to_owned(), signature);
        signature
    }
}

fn signature_here(folder: &Path) -> Option<u64> {
    let git = folder.join(".git");
    let metadata = fs_err::symlink_metadata(&git).ok();
    let common = match metadata {
        Some(metadata) if metadata.is_file() => linked(&git)?,
        Some(_) => git,
        // A bare repository is one itself.
        None if folder.join("HEAD").is_file() => folder.to_owned(),
        None => return None,
    };
    let mut bytes = common.as_os_str().as_encoded_bytes().to_vec();
    if let Ok(config) = fs_err::metadata(common.join("config")) {
        bytes.extend(config.len().to_le_bytes());
        let changed = config.modified().ok();
        let changed = changed.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        bytes.extend(changed.unwrap_or_default().as_nanos().to_le_bytes());
    }
    Some(store::check(&bytes).max(NO_REPOSITORY + 1))
}

/// The repository that a `.git` file of a work tree leads to. One that leads nowhere is a place all the
/// same.
fn linked(file: &Path) -> Option<PathBuf> {
    let text = fs_err::read_to_string(file).ok()?;
    let folder = file.parent()?.join(text.strip_prefix("gitdir:")?.trim());
    let common = fs_err::read_to_string(folder.join("commondir"));
    Some(common.map_or(folder.clone(), |common| folder.join(common.trim())))
}

/// Opens the repository around a folder with its own configuration only.
fn open(folder: &Path) -> Option<gix::Repository> {
    let options = || gix::open::Options::isolated();
    let mapping = Mapping { full: options(), reduced: options() };
    gix::ThreadSafeRepository::discover_opts(
        folder,
        gix::discover::upwards::Options::default(),
        mapping,
    )
    .ok()
    .map(Into::into)
}

/// `github.com/owner/name` of a remote's URL, whatever its scheme; never with user or password.
fn remote_name(url: &gix::bstr::BStr) -> Option<String> {
    let url = gix::url::parse(url).ok()?;
    let host = url.host()?.to_lowercase();
    let path = url.path.to_string();
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!path.is_empty()).then(|| format!("{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(folder: &Path, remote: Option<&str>) {
        fs_err::create_dir_all(folder).unwrap();
        gix::init(folder).unwrap();
        if let Some(remote) = remote {
            let config = folder.join(".git/config");
            let mut text = fs_err::read_to_string(&config).unwrap();
            text.extend(["[remote \"origin\"]\n\turl = ", remote, "\n"]);
            fs_err::write(config, text).unwrap();
        }
    }

    #[test]
    fn a_remote_names_the_project_whatever_its_spelling() {
        let home = tempfile::tempdir().unwrap();
        let projects = Projects::new(home.path());
        for (index, url) in [
            "git@github.com:owner/name.git",
            "https://user:secret@GitHub.com/owner/name",
            "ssh://git@github.com:22/owner/name.git/",
        ]
        .into_iter()
        .enumerate()
        {
            let folder = home.path().join(index.to_string());
            repository(&folder, Some(url));
            fs_err::create_dir_all(folder.join("deep/below")).unwrap();
            let deep = folder.join("deep/below");
            assert_eq!(&*projects.of(&deep.to_string_lossy()), "github.com/owner/name");
        }
    }

    #[test]
    fn without_a_remote_the_repository_and_without_that_the_folder() {
        let home = tempfile::tempdir().unwrap();
        let home = fs_err::canonicalize(home.path()).unwrap();
        let projects = Projects::new(&home);
        repository(&home.join("app"), None);
        fs_err::create_dir_all(home.join("app/src")).unwrap();
        let name = |path: &Path| projects.of(&path.to_string_lossy()).to_string();
        assert_eq!(name(&home.join("app/src")), "$HOME/app");
        assert_eq!(name(&home.join("notes")), "$HOME/notes");
        assert_eq!(name(Path::new("/gone/away")), "/gone/away");
    }

    #[test]
    fn a_work_tree_folds_into_its_repository() {
        let home = tempfile::tempdir().unwrap();
        let home = fs_err::canonicalize(home.path()).unwrap();
        let projects = Projects::new(&home);
        repository(&home.join("app"), None);
        let linked = home.join("app/.git/worktrees/side");
        fs_err::create_dir_all(&linked).unwrap();
        fs_err::write(linked.join("commondir"), "../..\n").unwrap();
        fs_err::write(linked.join("HEAD"), "ref: refs/heads/side\n").unwrap();
        let tree = home.join("side");
        fs_err::create_dir_all(&tree).unwrap();
        fs_err::write(tree.join(".git"), format!("gitdir: {}\n", linked.display())).unwrap();
        fs_err::write(linked.join("gitdir"), format!("{}\n", tree.join(".git").display())).unwrap();
        assert_eq!(&*projects.of(&tree.to_string_lossy()), "$HOME/app");
    }
}
