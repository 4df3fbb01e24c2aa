//! What can be wrong with a file of prices.

/// An error in a user's `pricing.json`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PriceError {
    /// Not JSON, or not of a known form.
    #[error(
        "line {line}, column {column}: {message}; a price table has `version`, `date` and `models`, or `providers` as in Token Matters 1.x"
    )]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A table that is downloaded or imported, with something in it that no price can be.
    #[error("{0}")]
    Table(String),
}

impl PriceError {
    /// An error's text without its place, and the place.
    pub(crate) fn parts(error: &serde_json::Error) -> (String, (usize, usize)) {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = text.strip_suffix(&place).unwrap_or(&text).to_owned();
        (message, (error.line(), error.column()))
    }
}

impl From<serde_json::Error> for PriceError {
    fn from(error: serde_json::Error) -> Self {
        let (message, (line, column)) = Self::parts(&error);
        Self::Json { line, column, message }
    }
}
