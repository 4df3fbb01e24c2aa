//! Folders that are emptied, copied and put back between runs.

use std::path::{Path, PathBuf};

use anyhow::Result;
use walkdir::WalkDir;

/// A folder with nothing in it.
pub(crate) fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs_err::remove_dir_all(folder)?;
    }
    Ok(fs_err::create_dir_all(folder)?)
}

/// A folder with nothing in it; what was in it stays beside it. On ext4 whoever makes files within five
/// seconds after thousands were removed pays for that.
pub(crate) fn set_aside(folder: &Path) -> Result<()> {
    if folder.exists() {
        let mut free = (1_u32..).map(|number| folder.with_extension(format!("old-{number}")));
        if let Some(free) = free.find(|path| !path.exists()) {
            fs_err::rename(folder, free)?;
        }
    }
    Ok(fs_err::create_dir_all(folder)?)
}

/// Removes what is in a folder but for entries of these names.
pub(crate) fn keep_only(folder: &Path, names: &[&str]) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if names.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs_err::remove_dir_all(entry.path())?;
        } else {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// All files below a folder, by their paths from it, in order.
pub(crate) fn all(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            files.push(entry.path().strip_prefix(folder)?.to_owned());
        }
    }
    Ok(files)
}

/// Makes `target` a copy of a folder. Git's objects, which nobody changes, are linked: a copy of
/// 100,000 of them takes too long.
pub(crate) fn copy(folder: &Path, target: &Path) -> Result<()> {
    empty(target)?;
    for entry in WalkDir::new(folder).min_depth(1) {
        let entry = entry?;
        let path = entry.path().strip_prefix(folder)?;
        let to = target.join(path);
        if entry.file_type().is_dir() {
            fs_err::create_dir(to)?;
        } else if path.components().any(|part| part.as_os_str() == "objects") {
            fs_err::hard_link(entry.path(), to)?;
        } else {
            fs_err::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_holds_all_files_and_shares_only_objects() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs_err::create_dir_all(from.join("store.git/objects/ab")).unwrap();
        fs_err::write(from.join("store.git/objects/ab/cd"), "object").unwrap();
        fs_err::write(from.join("store.git/HEAD"), "one").unwrap();
        empty(&to).unwrap();
        fs_err::write(to.join("old"), "").unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(all(&from).unwrap(), all(&to).unwrap());
        fs_err::write(to.join("store.git/HEAD"), "two").unwrap();
        assert_eq!(fs_err::read_to_string(from.join("store.git/HEAD")).unwrap(), "one");
    }

    #[test]
    fn what_is_set_aside_stays() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        for text in ["one", "two"] {
            set_aside(&out).unwrap();
            assert!(all(&out).unwrap().is_empty());
            fs_err::write(out.join("file"), text).unwrap();
        }
        set_aside(&out).unwrap();
        let old = |number| folder.path().join(format!("out.old-{number}/file"));
        assert_eq!(fs_err::read_to_string(old(1)).unwrap(), "one");
        assert_eq!(fs_err::read_to_string(old(2)).unwrap(), "two");
    }

    #[test]
    fn only_the_named_entries_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["machine.json", "cache", "page/index.html"] {
            let path = folder.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "").unwrap();
        }
        keep_only(folder.path(), &["machine.json"]).unwrap();
        assert_eq!(all(folder.path()).unwrap(), [Path::new("machine.json")]);
    }
}
