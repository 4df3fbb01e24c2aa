//! What stops a site from being built.

use std::io;
use std::path::PathBuf;

/// An error of the site.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// There is no summary.
    #[error("there is no summary in {}: make one with `token-matters summarize`", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the summary is not as it should be.
    #[error("{}: {message}; make the summary again with `token-matters summarize`", path.display())]
    Summary {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its place.
        message: String,
    },
    /// A file of the summary has another major version.
    #[error("{} has version {version}, which is not known here: make the summary again with the `token-matters summarize` of this program", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// A template is at fault, which is a bug of ours.
    #[error("a template cannot be rendered: {0}")]
    Template(#[from] minijinja::Error),
    /// A file cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
}
