//! Folders that only their owner may look into: they hold names of projects, and addresses of repositories.

use std::io;
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
}
