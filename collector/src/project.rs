//! Which project a working folder belongs to: its git remote, else its common git folder, else itself.
//!
//! Work trees fold into their repository, and two clones of one remote are one project.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use data_schema::Text;
use gix::sec::trust::Mapping;

/// Looks up projects and remembers them: a year of logs names few folders many times.
#[derive(Debug)]
pub struct Projects {
    home: PathBuf,
    known: Mutex<HashMap<String, Option<Text>>>,
}

impl Projects {
    /// `home` is written as `$HOME` in names of folders.
    pub fn new(home: &Path) -> Self {
        Self { home: home.to_owned(), known: Mutex::default() }
    }

    /// The project of a working folder as a log names it.
    ///
    /// Forms: `github.com/owner/name` for a remote, `$HOME/work/app` or an absolute path for a folder.
    /// Names of folders sort before names of remotes, so that the join keeps the remote when the
    /// folder has been deleted since.
    pub fn of(&self, folder: &str) -> Option<Text> {
        if folder.is_empty() {
            return None;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(project) = known.get(folder) {
            return project.clone();
        }
        let project = Some(Text::from(self.look_up(folder)));
        known.insert(folder.to_owned(), project.clone());
        project
    }

    fn look_up(&self, folder: &str) -> String {
        let path = Path::new(folder);
        let repository = path.is_absolute().then(|| open(path)).flatten();
        let Some(repository) = repository else {
            return self.short(path);
        };
        let config = repository.config_snapshot();
        if let Some(name) =
            config.string("remote.origin.url").and_then(|url| remote_name(url.as_ref()))
        {
            return name;
        }
        let common = repository.common_dir();
        let common = fs_err::canonicalize(common).unwrap_or_else(|_| common.to_owned());
        match common.file_name() {
            Some(name) if name == ".git" => self.short(common.parent().unwrap_or(&common)),
            _ => self.short(&common),
        }
    }

    fn short(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(rest) if rest.as_os_str().is_empty() => "$HOME".to_owned(),
            Ok(rest) => format!("$HOME/{}", rest.to_string_lossy().replace('\\', "/")),
            Err(_) => path.to_string_lossy().into_owned(),
        }
    }
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
            assert_eq!(
                projects.of(&deep.to_string_lossy()).as_deref(),
                Some("github.com/owner/name")
            );
        }
    }

    #[test]
    fn without_a_remote_the_repository_and_without_that_the_folder() {
        let home = tempfile::tempdir().unwrap();
        let home = fs_err::canonicalize(home.path()).unwrap();
        let projects = Projects::new(&home);
        repository(&home.join("app"), None);
        fs_err::create_dir_all(home.join("app/src")).unwrap();
        let name = |path: &Path| projects.of(&path.to_string_lossy()).unwrap().to_string();
        assert_eq!(name(&home.join("app/src")), "$HOME/app");
        assert_eq!(name(&home.join("notes")), "$HOME/notes");
        assert_eq!(name(Path::new("/gone/away")), "/gone/away");
        assert_eq!(projects.of(""), None);
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
        assert_eq!(projects.of(&tree.to_string_lossy()).as_deref(), Some("$HOME/app"));
    }
}
