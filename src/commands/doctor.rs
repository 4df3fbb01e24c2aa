//! `doctor`.

use anyhow::Context as _;

use crate::cli::{Doctor, Global};
use crate::outcome::{Failure, Outcome};
use crate::output::{data, plain};
use crate::{doctor, environment};

pub(crate) fn run(global: &Global, options: &Doctor) -> Result<Outcome, Failure> {
    if let Some(path) = &options.sample {
        let sample = collector::sample(path).context("there is no sample")?;
        data(&plain(&sample))?;
        return Ok(Outcome::Done);
    }
    let groups = doctor::examine(global, options.fix)?;
    if options.json {
        data(&doctor::json(&groups)?)?;
    } else {
        data(&doctor::text(&groups, environment::terminal(), global.verbose))?;
    }
    if doctor::is_well(&groups) { Ok(Outcome::Done) } else { Ok(Outcome::Broken) }
}
