//! How a command ends. The one place of exit codes.

/// Done.
pub(crate) const DONE: u8 = 0;
/// Failed.
pub(crate) const FAILED: u8 = 1;
/// Wrong arguments or configuration. The argument parser uses the same.
pub(crate) const USAGE: u8 = 2;
/// Some source or key could not be used; everything else was done.
pub(crate) const PARTIAL: u8 = 3;
/// A budget is passed: `budget check` alone ends so.
pub(crate) const OVER_BUDGET: u8 = 4;
/// A bug.
pub(crate) const BUG: u8 = 70;

/// How a command ended that came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was done.
    Done,
    /// Some of it could not be done, and was told.
    Partial,
    /// Everything was looked at and told, and something is broken.
    Broken,
    /// Everything was looked at and told, and a budget is passed.
    OverBudget,
}

impl Outcome {
    /// Partial if something was left out.
    pub(crate) fn partial_if(partial: bool) -> Self {
        if partial { Self::Partial } else { Self::Done }
    }
}

/// Why a command could not be done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The person must change what was asked for.
    Usage(String),
    /// Anything else.
    Failed(anyhow::Error),
}

impl Failure {
    /// Why, in words.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Usage(message) => message.clone(),
            Self::Failed(error) => format!("{error:#}"),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
