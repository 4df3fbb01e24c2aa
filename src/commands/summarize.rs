//! `summarize`.

use std::path::Path;

use data_schema::UtcSeconds;
use data_schema::settings::{Publish, Visibility};
use store::{Snapshot, Store};
use summarizer::{
    Input, Only, Options, Stamp, SummarizeError, Summary, Sums, Timeline, Window, Written,
    again_if_damaged, read_settings, summarize, sums,
};

use crate::cli::{Global, Summarize};
use crate::environment;
use crate::exchange::fetch_content;
use crate::outcome::{Failure, Outcome};
use crate::output::{note, notes, problems};
use crate::session::{PROGRAM, Session};

pub(crate) fn run(global: &Global, options: &Summarize) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    let folder = options.raw.clone().unwrap_or_else(|| session.store_folder());
    let as_of = options.as_of.as_deref().map(as_of).transpose()?;
    let store = Store::open_again(&folder, environment::git())?;
    let snapshot = store.snapshot()?;
    let settings = read_settings(&snapshot)?;
    notes(&settings.notices());
    let publish = if options.publish { settings.publish } else { Publish::everything() };
    let book = match snapshot.prices()? {
        Some(shared) => session
            .laid("pricing.json of the data repository", &shared)?
            .with_payers(session.payers(Some(&snapshot))),
        None => session.prices(Some(&snapshot))?,
    };
    let zone = session.zone(&settings);
    let made = Options { zone, as_of, publish, prices: &book };
    let out = options.out.join("summary");
    // The largest sessions are for the owner alone, whatever may be published.
    let with_sessions = !options.publish;
    let key = key(&snapshot, &made, with_sessions);
    let stamp = Stamp::new(&snapshot.private_folder(), &out, key);
    let (written, left_out) = if let Some(written) = stamp.unchanged() {
        (written, 0)
    } else {
        fetch_content(&store);
        again(&snapshot, (&made, with_sessions), &out, &stamp)?
    };
    session.say(&format!(
        "{}: {} files changed, {} as they were, {} removed",
        out.display(),
        written.changed,
        written.unchanged,
        written.removed
    ));
    Ok(Outcome::partial_if(left_out > 0))
}

/// What a summary is made of, and how: the same key, the same files.
fn key(snapshot: &Snapshot, options: &Options<'_>, with_sessions: bool) -> Vec<u8> {
    let Options { zone, as_of, publish, prices } = options;
    let (content, prices) = (snapshot.fingerprint(), prices.fingerprint());
    format!("{PROGRAM} {content:x} {prices:x} {zone} {as_of:?} {publish:?} {with_sessions}")
        .into_bytes()
}

/// Makes and writes a summary of a store.
fn again(
    snapshot: &Snapshot,
    (options, with_sessions): (&Options<'_>, bool),
    folder: &Path,
    stamp: &Stamp,
) -> Result<(Written, usize), Failure> {
    let (input, sums) = again_if_damaged(|| {
        let windows = windows(snapshot, options)?;
        let mut input = Input { windows, ..Input::from_snapshot(snapshot)? };
        let sums = sums(&mut input, options, with_sessions)?;
        Ok((input, sums))
    })?;
    let (summary, written) = write(sums, &input, options, folder)?;
    let left_out = input.problems.len();
    // What could not be read is told at every run.
    if left_out == 0
        && let Err(error) = stamp.write(&summary)
    {
        note(&format!("note: the next summary will be made anew: {error}"));
    }
    Ok((written, left_out))
}

/// Windows of five hours, where they are shown. They are counted first: that takes the records.
pub(crate) fn windows(
    snapshot: &Snapshot,
    options: &Options<'_>,
) -> Result<Vec<Window>, SummarizeError> {
    let publish = options.publish;
    if publish.limits == Visibility::Hide || publish.hours == Visibility::Hide {
        return Ok(Vec::new());
    }
    let mut input = Input::from_snapshot(snapshot)?;
    Ok(Timeline::of(&mut input, options, &Only::default())?.windows().collect())
}

fn as_of(text: &str) -> Result<UtcSeconds, Failure> {
    let whole = if text.len() == 10 { format!("{text}T12:00:00Z") } else { text.to_owned() };
    whole.parse().map_err(|error| Failure::Usage(format!("--as-of: {error}")))
}

/// Makes and writes the files, and tells what could not be read.
pub(crate) fn write(
    sums: Sums,
    input: &Input,
    options: &Options<'_>,
    folder: &Path,
) -> Result<(Summary, Written), Failure> {
    notes(&input.notices);
    problems(&input.problems, "");
    let summary = summarize(sums, input, options);
    let written = summary.write(folder)?;
    Ok((summary, written))
}
