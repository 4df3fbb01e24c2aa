//! `init`.

use crate::cli::{Global, Init};
use crate::init;
use crate::outcome::{Failure, Outcome};

pub(crate) fn run(global: &Global, options: &Init) -> Result<Outcome, Failure> {
    init::run(global, options)
}
