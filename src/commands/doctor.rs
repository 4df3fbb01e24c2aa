//! `doctor`.

use crate::cli::{Doctor, Global};
use crate::outcome::{Failure, Outcome};
use crate::output::data;
use crate::{doctor, environment};

pub(crate) fn run(global: &Global, options: Doctor) -> Result<Outcome, Failure> {
    let groups = doctor::examine(global, options.fix)?;
    if options.json {
        data(&doctor::json(&groups)?)?;
    } else {
        data(&doctor::text(&groups, environment::terminal()))?;
    }
    if doctor::is_well(&groups) { Ok(Outcome::Done) } else { Ok(Outcome::Broken) }
}
