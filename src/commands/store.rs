//! `store`: one function per verb.

mod compact;
mod forget;
mod import;
mod log;
mod verify;

use crate::cli::{Global, StoreVerb};
use crate::commands::export;
use crate::outcome::{Failure, Outcome};

pub(crate) fn run(global: &Global, verb: &StoreVerb) -> Result<Outcome, Failure> {
    match verb {
        StoreVerb::Verify { fix, raw } => verify::run(global, *fix, raw.as_deref()),
        StoreVerb::Import(options) => import::run(global, options),
        StoreVerb::Forget(options) => forget::run(global, options),
        StoreVerb::Log { limit, json } => log::run(global, *limit, *json),
        StoreVerb::Export(options) => export::of_store(
            global,
            &export::Request {
                format: options.format,
                days: options.days.range(),
                sources: &[],
                out: options.out.as_deref(),
            },
        ),
        StoreVerb::Compact => compact::run(global),
    }
}
