//! `up` and `demo`: the whole way of a fact, from the logs to the page.

use std::fmt::Write as _;
use std::path::Path;

use ::site::{SiteOptions, build_site, cost};
use collector::ScannedSource;
use data_schema::UtcSeconds;
use data_schema::settings::Publish;
use data_schema::summary::MetaFile;
use store::Snapshot;
use summarizer::{Input, Options, Sums, sums};

use crate::cli::{Collect, Days, Global, Serve};
use crate::commands::collect::{STAYS, is_partial, store_all, tell_sources};
use crate::commands::report::not_in_log;
use crate::commands::site;
use crate::commands::statusline;
use crate::commands::summarize::write;
use crate::demo;
use crate::exchange::fetch_content;
use crate::health::without_logs;
use crate::outcome::{Failure, Outcome};
use crate::output::{boxes, bytes, counted, data, grouped, note, notes, problems};
use crate::serve::serve;
use crate::session::Session;

/// Tools whose places are told where nothing is found.
const BEST_KNOWN: [&str; 2] = ["claude-code", "codex"];

/// Collects, summarizes, builds and serves.
pub(crate) fn up(global: &Global, options: &Serve) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    let look = site::options(&options.look)?;
    let everything = Collect {
        sources: Vec::new(),
        days: Days::default(),
        dry_run: false,
        no_cache: false,
        local: true,
        background: false,
        log_file: None,
        allow_public_data: false,
        status: false,
        json: false,
    };
    let (store, identity) = (session.store()?, session.identity()?);
    let mut collected = store_all(&session, (&store, &identity), &everything)?;
    notes(collected.scanned.notices());
    tell_sources(&session, &collected.scanned.sources);
    problems(&collected.stored.problems, STAYS);
    fetch_content(&store);
    let snapshot = store.snapshot()?;
    let input = Input::from_snapshot(&snapshot)?;
    if input.is_empty() {
        tell_nothing_found(&session, &collected.scanned.sources);
        return Ok(Outcome::partial_if(is_partial(&session, &collected.scanned.sources)));
    }
    let root = session.data.join("page");
    notes(&input.settings.notices());
    let left_out = build(&session, input, Some(&snapshot), (&root, &look))?;
    let meta: MetaFile = serde_json::from_slice(&fs_err::read(root.join("summary/meta.json"))?)?;
    data(&format!("{}\n", found(&meta, &collected.scanned.sources)))?;
    let partial = is_partial(&session, &collected.scanned.sources)
        || left_out > 0
        || !collected.stored.problems.is_empty();
    statusline::prepare(&session, collected.scanned);
    show(&root, options)?;
    Ok(Outcome::partial_if(partial))
}

/// The same page on sample data, which touches neither logs nor store.
pub(crate) fn demo(global: &Global, options: &Serve) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    let root = session.data.join("demo");
    let look = site::options(&options.look)?;
    build(&session, demo::input(session.environment.now), None, (&root, &look))?;
    session.say("This is sample data. `token-matters up` shows your own.");
    show(&root, options)?;
    Ok(Outcome::Done)
}

/// Summary and page of an input; returns the number of files that were left out.
fn build(
    session: &Session,
    mut input: Input,
    snapshot: Option<&Snapshot>,
    (root, look): (&Path, &SiteOptions),
) -> Result<usize, Failure> {
    let book = session.prices(snapshot)?;
    let zone = session.zone(&input.settings);
    // On the owner's machine everything is shown.
    let mut options = Options { zone, as_of: None, publish: Publish::everything(), prices: &book };
    let sums = sums(&mut input, &options, true)?;
    options.as_of = Some(windows_end(&sums, session.environment.now));
    write(sums, &input, &options, &root.join("summary"))?;
    boxes(&build_site(&root.join("summary"), root, look)?);
    Ok(input.problems.len())
}

/// Today; but if nothing was used within the last 30 days, the time of the last use: a page of zeros tells
/// nothing.
fn windows_end(sums: &Sums, now: UtcSeconds) -> UtcSeconds {
    const WINDOW: i64 = 30 * 86_400;
    sums.newest().filter(|newest| newest.plus(WINDOW) < now).unwrap_or(now)
}

fn show(root: &Path, options: &Serve) -> Result<(), Failure> {
    let page = root.join("index.html");
    if options.build_only {
        data(&format!("The page is {}\n", page.display()))?;
        return Ok(());
    }
    serve(root, options.port, |address| {
        // A closed stdout is no reason to stop serving.
        let _ = data(&format!("The page is at http://{address}/ (and in {})\n", page.display()));
        note("Press Ctrl-C to stop.");
    })
}

/// What was looked for, on a machine without any logs: the places of all tools would fill the terminal.
fn tell_nothing_found(session: &Session, sources: &[ScannedSource]) {
    note("No usage was found. These places were looked at:");
    let is_shown = |source: &&ScannedSource| {
        session.verbose
            || BEST_KNOWN.contains(&source.id)
            || session.config.directory(source.id).is_some()
    };
    let (shown, others): (Vec<_>, Vec<_>) = sources.iter().partition(is_shown);
    for source in shown {
        for place in &source.located.looked {
            note(&format!("  {}: {}", source.title, place.display()));
        }
    }
    let titles: Vec<&str> = others.iter().map(|source| source.title).collect();
    if let Some(told) = without_logs(&titles, true, false) {
        note(&format!("  {told}"));
    }
    note("Name another folder with --home DIR, or in ~/.token-matters/config.yaml.");
    note("`token-matters demo` shows what the page looks like.");
}

/// A reason to stay: what there is, and what would be gone soon.
fn found(meta: &MetaFile, sources: &[ScannedSource]) -> String {
    let totals = &meta.totals;
    let tokens = grouped(totals.tokens.total_tokens);
    let value = match (totals.cost.total_usd, totals.cost.unpriced_tokens) {
        (Some(amount), 0) => match cost(Some(amount), 0).strip_prefix('<') {
            Some(least) => format!(", less than {least} at list price"),
            None => format!(", {} at list price", cost(Some(amount), 0)),
        },
        (Some(amount), _) => format!(", more than {} at list price", cost(Some(amount), 0)),
        (None, _) => String::new(),
    };
    let (months, tools) = (meta.monthly_files.len(), meta.providers.len());
    let mut text = format!(
        "Found {months} {} of {tools} {}: {tokens} tokens in {} responses{value}.",
        if months == 1 { "month" } else { "months" },
        if tools == 1 { "tool" } else { "tools" },
        grouped(totals.requests),
    );
    if let Some(line) = totals.wire.and_then(not_in_log) {
        let _ = write!(text, "\n{line}");
    }
    for source in sources {
        let Some(retention) = &source.report.retention else { continue };
        let title = source.title;
        let _ = match retention.files {
            0 => write!(
                text,
                "\n{title} deletes its logs after {} days; none is due within the next 14. What they count stays in your store.",
                retention.days,
            ),
            files => write!(
                text,
                "\n{title} deletes {} ({}) within the next 14 days. What they count stays in your store.",
                counted(files, "log file"),
                bytes(retention.bytes),
            ),
        };
    }
    text
}
