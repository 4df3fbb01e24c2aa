//! What an import tells.

use std::collections::BTreeSet;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, Table};
use data_schema::{Text, UtcSeconds};
use serde::Serialize;
use store::{Problem, without_secrets};

use super::Taken;
use super::differences::{Counts, Difference};
use crate::commands::collect::commits_wait;
use crate::outcome::Failure;
use crate::output::{counted, data, grouped, plain};
use crate::session::Session;

/// Differences that are shown.
const SHOWN: usize = 20;

/// The object that `--json` prints. Keys stand in this order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    version: &'a str,
    from: String,
    timezone: &'a str,
    timezone_because: &'a str,
    dry_run: bool,
    files: usize,
    newer_files: usize,
    machines: usize,
    providers: usize,
    days: usize,
    tokens: u64,
    clamped: usize,
    bad_files: Vec<Fault<'a>>,
    renamed: Vec<Fault<'a>>,
    problems: Vec<Fault<'a>>,
    prices: &'a str,
    covered_since: Vec<Covered<'a>>,
    written: &'a [String],
    commit: Option<&'a str>,
    waiting: usize,
    differences: &'a [Difference],
}

#[derive(Serialize)]
struct Fault<'a> {
    path: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Covered<'a> {
    machine: &'a str,
    provider: &'a str,
    since: UtcSeconds,
}

/// How much was found.
#[derive(Default)]
struct Amount {
    machines: BTreeSet<Text>,
    providers: BTreeSet<Text>,
    days: usize,
    tokens: u64,
}

impl Amount {
    fn of(taken: &Taken<'_>) -> Self {
        let (mut amount, mut days) = (Self::default(), BTreeSet::new());
        for sum in taken.legacy.day_sums() {
            amount.tokens = amount.tokens.saturating_add(sum.usage.total());
            amount.machines.insert(sum.machine.clone());
            amount.providers.insert(sum.provider.clone());
            days.insert((sum.machine, sum.provider, sum.date));
        }
        amount.days = days.len();
        amount
    }
}

/// What becomes of `pricing.json`.
fn prices(taken: &Taken<'_>) -> &'static str {
    let is_written = taken.imported.written.iter().any(|path| path == "pricing.json");
    match &taken.legacy.prices {
        None => "none",
        Some(_) if is_written => "taken",
        Some(_) if taken.imported.other_prices => "kept",
        Some(_) => "same",
    }
}

pub(super) fn tell(session: &Session, taken: &Taken<'_>) -> Result<(), Failure> {
    let amount = Amount::of(taken);
    if taken.options.json {
        return print_json(taken, &amount);
    }
    let legacy = taken.legacy;
    let from = without_secrets(&taken.options.from);
    let text = format!(
        "{from}: {} of 1.x with {} of {} and {}: {} tokens\nTheir days are those of {}, {}.\n",
        counted(legacy.files, "file"),
        counted(amount.days, "day"),
        counted(amount.machines.len(), "machine"),
        counted(amount.providers.len(), "source"),
        grouped(amount.tokens),
        taken.zone.0,
        taken.zone.1
    );
    data(&plain(&text))?;
    data(&format!("{}\n", stored(session, taken)))?;
    for line in faults(taken) {
        data(&format!("{line}\n"))?;
    }
    print_differences(session, &taken.differences)
}

fn stored(session: &Session, taken: &Taken<'_>) -> String {
    let files = taken.imported.written.len();
    let place = session.store_folder();
    let place = place.display();
    let stored = match (files, taken.options.dry_run) {
        (0, _) => format!("Nothing new: {place} holds all of it."),
        (files, true) => format!("Would write {} of {place}.", counted(files, "file")),
        (files, false) => format!("Stored in {} of {place}.", counted(files, "file")),
    };
    match taken.waiting {
        0 => stored,
        waiting => format!("{stored} {} for a push.", commits_wait(waiting)),
    }
}

/// What a person should know beside that.
fn faults(taken: &Taken<'_>) -> Vec<String> {
    let legacy = taken.legacy;
    let mut lines = Vec::new();
    if legacy.clamped > 0 {
        let counts = counted(legacy.clamped, "count");
        lines.push(format!("{counts} below zero or out of range: taken as 0 or left out."));
    }
    if !legacy.bad.is_empty() {
        let files = counted(legacy.bad.len(), "file");
        lines.push(format!(
            "Left out, because they are damaged: {files}, named above; mend them and import again."
        ));
    }
    if legacy.newer > 0 {
        let files = counted(legacy.newer, "file");
        lines.push(format!("{files} of version 2 beside them: not part of an import."));
    }
    lines.extend(match prices(taken) {
        "taken" => Some("pricing.json was taken over: its prices go before the built-in ones. Remove it from the data repository to use those.".to_owned()),
        "kept" => Some("pricing.json was not taken over: the store has its own.".to_owned()),
        _ => None,
    });
    lines
}

fn print_differences(session: &Session, differences: &[Difference]) -> Result<(), Failure> {
    if differences.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header(["Machine", "Source", "Day", "1.x", "Records", "Counts"]);
    let shown = if session.verbose { differences.len() } else { SHOWN.min(differences.len()) };
    let right = |number: u64| Cell::new(grouped(number)).set_alignment(CellAlignment::Right);
    for difference in &differences[..shown] {
        let counts = match difference.counts {
            Counts::Sums => "1.x",
            Counts::Records => "records",
        };
        table.add_row([
            Cell::new(plain(&difference.machine)),
            Cell::new(plain(&difference.provider)),
            Cell::new(difference.date),
            right(difference.sums),
            right(difference.records),
            Cell::new(counts),
        ]);
    }
    let days = counted(differences.len(), "day");
    data(&format!("{days} of which the records tell something else, in tokens:\n{table}\n"))?;
    if shown < differences.len() {
        session.say(&format!(
            "{} more; `--verbose` shows all",
            grouped((differences.len() - shown) as u64)
        ));
    }
    Ok(())
}

fn fault_list(problems: &[Problem]) -> Vec<Fault<'_>> {
    problems.iter().map(|Problem { path, reason }| Fault { path, reason }).collect()
}

fn print_json(taken: &Taken<'_>, amount: &Amount) -> Result<(), Failure> {
    let covered = taken.imported.covered_since.iter();
    let json = Json {
        version: data_schema::VERSION,
        from: without_secrets(&taken.options.from),
        timezone: taken.zone.0.name(),
        timezone_because: &taken.zone.1,
        dry_run: taken.options.dry_run,
        files: taken.legacy.files,
        newer_files: taken.legacy.newer,
        machines: amount.machines.len(),
        providers: amount.providers.len(),
        days: amount.days,
        tokens: amount.tokens,
        clamped: taken.legacy.clamped,
        bad_files: fault_list(&taken.legacy.bad),
        renamed: fault_list(&taken.legacy.renamed),
        problems: fault_list(&taken.imported.problems),
        prices: prices(taken),
        covered_since: covered
            .map(|((machine, provider), since)| Covered { machine, provider, since: *since })
            .collect(),
        written: &taken.imported.written,
        commit: taken.imported.commit.as_deref(),
        waiting: taken.waiting,
        differences: &taken.differences,
    };
    data(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    Ok(())
}
