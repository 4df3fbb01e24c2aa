//! `summarize`.

use std::path::Path;

use data_schema::UtcSeconds;
use data_schema::settings::Publish;
use store::Store;
use summarizer::{Input, Options, Written, summarize};

use crate::cli::{Global, Summarize};
use crate::outcome::{Failure, Outcome};
use crate::output::problems;
use crate::session::{Session, prices};

pub(crate) fn run(global: &Global, options: &Summarize) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    let folder = options.raw.clone().unwrap_or_else(|| session.store_folder());
    let as_of = options.as_of.as_deref().map(as_of).transpose()?;
    let store = Store::open(&folder)?;
    let input = Input::from_snapshot(&store.snapshot()?)?;
    let publish = if options.publish { input.settings.publish } else { Publish::everything() };
    let own = folder.join("pricing.json");
    let book = if own.is_file() { prices(Some(&own))? } else { session.prices()? };
    let zone = session.zone(&input.settings);
    let (written, left_out) = write(
        input,
        &Options { zone, as_of, publish, prices: &book },
        &options.out.join("summary"),
    )?;
    session.say(&format!(
        "{}: {} files changed, {} as they were, {} removed",
        options.out.join("summary").display(),
        written.changed,
        written.unchanged,
        written.removed
    ));
    Ok(Outcome::partial_if(left_out > 0))
}

fn as_of(text: &str) -> Result<UtcSeconds, Failure> {
    let whole = if text.len() == 10 { format!("{text}T12:00:00Z") } else { text.to_owned() };
    whole.parse().map_err(|error| Failure::Usage(format!("--as-of: {error}")))
}

/// Makes and writes a summary; returns what was written and the number of files that were left out.
pub(crate) fn write(
    input: Input,
    options: &Options<'_>,
    folder: &Path,
) -> Result<(Written, usize), Failure> {
    problems(&input.problems, "");
    let left_out = input.problems.len();
    let written = summarize(input, options).write(folder)?;
    Ok((written, left_out))
}
