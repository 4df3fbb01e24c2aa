//! What `dataRepo` names: a place on this machine, or a repository to follow.

use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::git::MARKER;

/// Where data lives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "callers must handle every kind")]
pub enum Location {
    /// A store of ours, there or to be made.
    Own(PathBuf),
    /// A plain folder of day files, or a checkout without a remote.
    Folder(PathBuf),
    /// A repository that all machines write into, by its URL or path.
    Remote(String),
}

impl Location {
    /// Understands a URL or path; `path` is the text as a path, with `~` expanded. A checkout is used through its
    /// `origin`, as 1.x used it.
    pub fn of(text: &str, path: &Path) -> Self {
        if is_address(text) {
            return Self::Remote(text.to_owned());
        }
        let git = path.join(".git");
        if git.exists() {
            return match origin(path) {
                Some(address) => Self::Remote(address),
                None => Self::Folder(path.to_owned()),
            };
        }
        if path.join("raw").is_dir() {
            return Self::Folder(path.to_owned());
        }
        let is_repository = path.join("HEAD").is_file() && path.join("objects").is_dir();
        if is_repository && !path.join(MARKER).is_file() {
            return Self::Remote(path.to_string_lossy().into_owned());
        }
        Self::Own(path.to_owned())
    }

    /// The name of the local folder for a remote, readable and different for every address.
    pub fn folder_name(address: &str) -> String {
        let clean = crate::without_secrets(address);
        let end = clean.trim_end_matches('/').trim_end_matches(".git");
        let letters = end.rsplit(['/', ':', '\\']).take(2).collect::<Vec<_>>();
        let name: String = letters.into_iter().rev().collect::<Vec<_>>().join("-");
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
        let name: String = name.chars().map(plain).collect();
        let name = name.trim_matches('-');
        format!("{name}-{:08x}.git", crate::check(address.as_bytes()) >> 32)
    }
}

/// Whether a text is a URL, or the short form of SSH.
fn is_address(text: &str) -> bool {
    if text.contains("://") {
        return true;
    }
    let Some((host, _)) = text.split_once(':') else { return false };
    // `C:\data` is a path.
    host.len() > 1 && !host.contains(['/', '\\']) && !text.starts_with('~')
}

/// The address that a checkout pushes to; a relative one is seen from the checkout.
fn origin(checkout: &Path) -> Option<String> {
    let options = gix::open::Options::isolated();
    let repository =
        gix::ThreadSafeRepository::open_opts(checkout, options).ok()?.to_thread_local();
    let config = repository.config_snapshot();
    let address = config.string("remote.origin.url")?.to_string();
    if is_address(&address) || Path::new(&address).is_absolute() {
        return Some(address);
    }
    let path = checkout.join(&address);
    Some(fs::canonicalize(&path).unwrap_or(path).to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_paths_and_checkouts_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for address in ["https://h/x", "git@github.com:me/x.git", "file:///srv/x", "host:data"] {
            assert_eq!(Location::of(address, &at("none")), Location::Remote(address.to_owned()));
        }
        assert_eq!(Location::of("new", &at("new")), Location::Own(at("new")));
        assert_eq!(Location::of("C:\\data", &at("c")), Location::Own(at("c")));
        fs::create_dir_all(at("plain/raw")).unwrap();
        assert_eq!(Location::of("plain", &at("plain")), Location::Folder(at("plain")));
        gix::init_bare(at("bare")).unwrap();
        let bare = at("bare").to_string_lossy().into_owned();
        assert_eq!(Location::of("bare", &at("bare")), Location::Remote(bare.clone()));
        gix::init(at("clone")).unwrap();
        assert_eq!(Location::of("clone", &at("clone")), Location::Folder(at("clone")));
        let config = at("clone/.git/config");
        let mut text = fs::read_to_string(&config).unwrap();
        text.push_str("[remote \"origin\"]\n\turl = ../bare\n");
        fs::write(config, text).unwrap();
        let real = fs::canonicalize(bare).unwrap().to_string_lossy().into_owned();
        assert_eq!(Location::of("clone", &at("clone")), Location::Remote(real));
    }

    #[test]
    fn every_remote_has_a_folder_of_its_own_without_secrets() {
        let one = Location::folder_name("https://me:secret@github.com/me/data.git");
        let other = Location::folder_name("https://github.com/me/data.git");
        assert!(one.starts_with("me-data-") && other.starts_with("me-data-"), "{one} {other}");
        assert!(one != other && !one.contains("secret"));
        assert!(Location::folder_name("/").contains(".git"));
    }
}
