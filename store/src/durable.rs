//! Writes that survive a power cut.

use std::io::{self, Write};
use std::path::Path;

use fs_err as fs;

/// Replaces a file: the new content is complete and on disk before it takes the name.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("failed to write `{}`: {error}", path.display()))
    };
    let mut file = tempfile::Builder::new().prefix(".tm-").tempfile_in(folder).map_err(named)?;
    file.write_all(bytes).map_err(named)?;
    file.as_file().sync_all().map_err(named)?;
    file.persist(path).map_err(|error| named(error.error))?;
    sync_folder(folder)
}

/// Flushes the names in a folder.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Other systems flush names with their files.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Flushes a file that another library wrote.
pub(crate) fn sync_file(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}
