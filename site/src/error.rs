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
    /// There is no such language.
    #[error(
        "pages cannot be in `{tag}`: `site.languages` in token-matters.yaml takes {}",
        crate::locale::tags()
    )]
    Language {
        /// What was asked for.
        tag: String,
    },
    /// A file of messages is at fault, which is a bug of ours.
    #[error("the messages of `{tag}` cannot be read: {message}")]
    Messages {
        /// The language.
        tag: &'static str,
        /// What is wrong.
        message: String,
    },
    /// A template is at fault: one of the user's own, or a bug of ours.
    #[error("a template cannot be rendered: {0:#}")]
    Template(#[from] minijinja::Error),
    /// A picture cannot be drawn, which is a bug of ours.
    #[error("a picture cannot be drawn: {0}")]
    Picture(String),
    /// A file cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
}
