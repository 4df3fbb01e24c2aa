//! Folders and files that only their owner may look into: they hold names of projects, and addresses of repositories.

use std::io::{self, Write as _};
use std::path::Path;

/// Makes a folder with all above it. One that is there already keeps its rights.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs_err::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs_err::set_permissions(folder, PermissionsExt::from_mode(0o700))?;
    }
    Ok(())
}

/// Replaces a file: the new content is complete and on disk before it takes the name. A temporary file is readable by
/// its owner alone, and keeps that when it is renamed.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("cannot write {}: {error}", path.display()))
    };
    let mut file = tempfile::Builder::new().prefix(".tm-").tempfile_in(folder).map_err(named)?;
    file.write_all(bytes).map_err(named)?;
    file.as_file().sync_all().map_err(named)?;
    file.persist(path).map_err(|error| named(error.error))?;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_folder_is_the_owners_alone_and_an_old_one_stays_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        let mode = |folder: &Path| fs_err::metadata(folder).unwrap().permissions().mode() & 0o777;
        let new = root.path().join("a/b");
        create_folder(&new).unwrap();
        assert_eq!(mode(&new), 0o700);
        fs_err::set_permissions(&new, PermissionsExt::from_mode(0o755)).unwrap();
        create_folder(&new).unwrap();
        assert_eq!(mode(&new), 0o755);
    }

    #[test]
    fn a_replaced_file_is_the_owners_alone_and_nothing_is_left_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b.json");
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), b"new");
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs_err::read_dir(root.path().join("a")).unwrap().count(), 1);
        let told = replace(root.path(), b"x").unwrap_err().to_string();
        assert!(told.contains(root.path().to_str().unwrap()), "{told}");
    }
}
