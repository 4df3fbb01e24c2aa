//! `bench reports`: every report over a large store, from the sums that were kept, and from the store's index alone.

use std::path::Path;

use anyhow::Result;

use super::cases::pristine;
use super::make::{Corpus, corpus, size_text};
use super::measure::{Contestant, settle};
use super::truth::{compare_sum, of_totals, sum};
use super::{Bench, files};

/// What `report` can be about; the largest sessions beside all of them, which are millions.
const KINDS: [&str; 11] = [
    "daily",
    "weekly",
    "monthly",
    "yearly",
    "session",
    "session --top 20",
    "blocks",
    "models",
    "projects",
    "machines",
    "hours",
];
/// What stays of a data folder where nothing was kept of earlier reports: the store with its index.
const KEPT: [&str; 2] = ["store.git", "machine.json"];
/// The index in it.
const DERIVED: &str = "store.git/token-matters/index";

pub(crate) fn reports(bench: &Bench) -> Result<()> {
    let recipe =
        ["store", "--machines", "3", "--sources", "5", "--days", "365", "--records", "183"];
    let million = corpus(&bench.corpora, "store-million", &recipe)?;
    race(bench, &million, "Reports")?;
    if bench.options.large {
        let recipe =
            ["store", "--machines", "10", "--sources", "5", "--days", "1095", "--records", "183"];
        let ten_million = corpus(&bench.corpora, "store-ten-million", &recipe)?;
        race(bench, &ten_million, "Reports, large")?;
    }
    Ok(())
}

fn race(bench: &Bench, stored: &Corpus, title: &str) -> Result<()> {
    let home = bench.folder("no-logs")?;
    let data = pristine(bench, "reports", Some(stored))?;
    let holds = sum(&stored.truth.sources);
    let report = |kind: &str| {
        let kind: Vec<&str> = kind.split(' ').collect();
        bench.tools.ours(&home, &data, &[&["report"], &kind[..], &["--json", "--quiet"]].concat())
    };
    let is_right = move |output: &Path| compare_sum(holds, of_totals(output)?);
    let mut contestants = Vec::new();
    for kind in KINDS {
        let kept = Contestant::new(&format!("{kind}: nothing changed"), report(kind))
            .before(move || settle(&mut report(kind), &bench.scratch));
        contestants.push(kept.check(is_right));
    }
    for kind in ["daily", "session", "blocks"] {
        let kept = data.clone();
        let anew = Contestant::new(&format!("{kind}: nothing kept but the store"), report(kind))
            .before(move || files::keep_only(&kept, &KEPT));
        contestants.push(anew.check(is_right));
        let kept = data.clone();
        let without =
            Contestant::new(&format!("{kind}: no index of the store either"), report(kind)).before(
                move || {
                    files::keep_only(&kept, &KEPT)?;
                    files::keep_only(&kept.join(DERIVED), &[])
                },
            );
        contestants.push(without.check(is_right));
    }
    bench.race(&format!("{title}: {}", size_text(&stored.truth)), contestants)
}
