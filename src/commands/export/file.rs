//! A file that is whole or not there.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use fs_err::File;
use summarizer::SummarizeError;

/// Why an export ended early.
pub(super) enum Failed {
    Io(io::Error),
    Facts(SummarizeError),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<csv::Error> for Failed {
    fn from(error: csv::Error) -> Self {
        Self::Io(error.into())
    }
}

impl From<SummarizeError> for Failed {
    fn from(error: SummarizeError) -> Self {
        Self::Facts(error)
    }
}

/// Writes all or nothing: the file takes its name when it is complete.
pub(super) fn to_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let (file, place) = tempfile::Builder::new()
        .prefix(".tm-")
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(|error| named(path, &error))?
        .into_parts();
    let mut file = File::from_parts(file, place.to_path_buf());
    let mut buffer = BufWriter::new(&mut file);
    write(&mut buffer)?;
    buffer.flush().map_err(|error| named(path, &error))?;
    drop(buffer);
    file.sync_all().map_err(|error| named(path, &error))?;
    place.persist(path).map_err(|error| named(path, &error.error))?;
    Ok(())
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("failed to write `{}`: {error}", path.display()))
}
