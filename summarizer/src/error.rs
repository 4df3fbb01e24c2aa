//! What stops a summary from being made or written.

use std::io;

use data_schema::packed::Damaged;

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
    /// Packed records are not what was packed. They are derived, so that whoever holds them can make
    /// them anew.
    #[error("a derived file of the store or of the logs is damaged; it can be made anew")]
    Damaged,
    /// A file cannot be written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<Damaged> for SummarizeError {
    fn from(_: Damaged) -> Self {
        Self::Damaged
    }
}
