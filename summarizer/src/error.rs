//! What stops a summary from being made or written.

use std::io;

/// An error of the summarizer. A file that cannot be read is no error but a problem in
/// [`crate::Input::problems`]: the rest goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SummarizeError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The shared settings are not as they should be.
    #[error("token-matters.yaml: {message}; correct it in the data repository")]
    Settings {
        /// What is wrong, with its place.
        message: String,
    },
    /// A file cannot be written.
    #[error("{0}")]
    Io(#[from] io::Error),
}
