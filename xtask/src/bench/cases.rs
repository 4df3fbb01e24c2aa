//! `bench scan` and `bench cache`: logs are read.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::make::{Corpus, corpus, size_text};
use super::measure::{Contestant, settle};
use super::table::{CAT, CCUSAGE};
use super::truth::{Sources, both, compare, compare_sum, of_ccusage, of_report, sum};
use super::{Bench, files};

/// The name of ours in tables.
const OURS: &str = "token-matters";
const SCAN: [&str; 5] = ["report", "daily", "--json", "--local", "--no-cache"];
const LOCAL: [&str; 4] = ["report", "daily", "--json", "--local"];
const STORED: [&str; 3] = ["report", "daily", "--json"];
/// What is in a data folder besides caches.
const KEPT: [&str; 2] = ["store.git", "machine.json"];

/// Logs of real sizes.
fn logs(bench: &Bench) -> Result<Corpus> {
    let options = &bench.options;
    let [claude, codex, files] =
        [options.claude_mib, options.codex_mib, options.files].map(|number| number.to_string());
    let recipe = ["logs", "--claude-mib", &claude, "--codex-mib", &codex, "--files", &files];
    let name = format!("logs-{claude}-{codex}-{files}");
    corpus(&bench.corpora, &name, &recipe)
}

pub(crate) fn scan(bench: &Bench) -> Result<()> {
    let logs = logs(bench)?;
    race_scan(bench, &logs, "Full scan, no cache", true)?;
    let big = corpus(&bench.corpora, "one-big", &["one-big"])?;
    race_scan(bench, &big, "Full scan, one log of 2 GB", false)?;
    let long = corpus(&bench.corpora, "long-line", &["long-line"])?;
    race_scan(bench, &long, "Full scan, one line of 500 MB", false)
}

/// Ours alone: so many files cannot be named to another program.
pub(crate) fn full_scan(bench: &Bench, logs: &Corpus, title: &str) -> Result<()> {
    let data = bench.folder("sources")?;
    let ours = Contestant::new(OURS, bench.tools.ours(&logs.home(), &data, &SCAN))
        .check(|output| compare(&logs.truth.sources, &of_report(output)?));
    bench.race(&format!("{title}: {}", size_text(&logs.truth)), vec![ours])
}

/// A first run and one where nothing has changed, without a store.
pub(crate) fn first_and_unchanged(bench: &Bench, logs: &Corpus, title: &str) -> Result<()> {
    let pristine = bench.folder("sources-local")?;
    let local = Beside { name: "--local", arguments: &LOCAL, pristine, holds: Sources::new() };
    let contestants = vec![first(bench, logs, &local)?, unchanged(bench, logs, &local)?];
    bench.race(&format!("{title}: {}", size_text(&logs.truth)), contestants)
}

fn race_scan(bench: &Bench, logs: &Corpus, title: &str, with_peers: bool) -> Result<()> {
    let home = logs.home();
    let data = bench.folder("scan")?;
    let ours = Contestant::new(OURS, bench.tools.ours(&home, &data, &SCAN))
        .check(|output| compare(&logs.truth.sources, &of_report(output)?));
    let mut contestants = vec![ours];
    if with_peers {
        contestants.push(ccusage(bench, logs));
    }
    contestants.push(cat(bench, &home)?);
    bench.race(&format!("{title}: {}", size_text(&logs.truth)), contestants)
}

fn ccusage<'a>(bench: &Bench, logs: &'a Corpus) -> Contestant<'a> {
    Contestant::peer(CCUSAGE, bench.tools.ccusage(&logs.home())).check(|output| {
        let mut expected = sum(&logs.truth.sources);
        expected.responses = 0;
        compare_sum(expected, of_ccusage(output)?)
    })
}

fn cat<'a>(bench: &Bench, folder: &Path) -> Result<Contestant<'a>> {
    Ok(Contestant::peer(CAT, bench.tools.cat(folder, &files::all(folder)?)))
}

/// What a report reads besides the logs.
struct Beside {
    name: &'static str,
    arguments: &'static [&'static str],
    /// A data folder to begin with.
    pristine: PathBuf,
    /// What its store holds.
    holds: Sources,
}

pub(crate) fn cache(bench: &Bench) -> Result<()> {
    let logs = logs(bench)?;
    let recipe =
        ["store", "--machines", "3", "--sources", "5", "--days", "365", "--records", "183"];
    let million = corpus(&bench.corpora, "store-million", &recipe)?;
    let nothing = bench.folder("cache-local")?;
    let empty = pristine(bench, "cache-empty", None)?;
    let full = pristine(bench, "cache-million", Some(&million))?;
    let local =
        Beside { name: "--local", arguments: &LOCAL, pristine: nothing, holds: Sources::new() };
    let empty =
        Beside { name: "empty store", arguments: &STORED, pristine: empty, holds: Sources::new() };
    let holds = million.truth.sources.clone();
    let full =
        Beside { name: "store of 1 million records", arguments: &STORED, pristine: full, holds };
    let all = [local, empty, full];
    let mut contestants = Vec::new();
    for beside in &all {
        contestants.push(first(bench, &logs, beside)?);
        contestants.push(unchanged(bench, &logs, beside)?);
        contestants.push(appended(bench, &logs, beside)?);
    }
    contestants.push(ccusage(bench, &logs));
    contestants.push(cat(bench, &logs.home())?);
    bench.race(&format!("Cached scan: {}", size_text(&logs.truth)), contestants)?;
    if bench.options.large { large(bench, &all) } else { Ok(()) }
}

/// 20 GB in 50,000 files.
fn large(bench: &Bench, all: &[Beside]) -> Result<()> {
    let recipe = [
        "logs",
        "--claude-mib",
        "16384",
        "--codex-mib",
        "4096",
        "--files",
        "50000",
        "--responses",
        "1700000",
    ];
    let logs = corpus(&bench.corpora, "logs-large", &recipe)?;
    let contestants: Result<Vec<Contestant<'_>>> =
        all.iter().map(|beside| unchanged(bench, &logs, beside)).collect();
    bench.race(&format!("Cached scan, large: {}", size_text(&logs.truth)), contestants?)
}

/// A data folder after a first `collect` that found no logs: with a store, empty or a copy of one.
pub(crate) fn pristine(bench: &Bench, name: &str, store: Option<&Corpus>) -> Result<PathBuf> {
    let (data, home) = (bench.folder(name)?, bench.folder("no-logs")?);
    if let Some(store) = store {
        files::copy(&store.folder.join("data"), &data)?;
    }
    settle(&mut bench.tools.ours(&home, &data, &["collect", "--quiet"]), &bench.scratch)?;
    Ok(data)
}

/// A data folder of a contestant's own.
fn data_of(bench: &Bench, beside: &Beside, run: &str) -> Result<PathBuf> {
    let data = bench.scratch.join(format!("{}-{run}", beside.name.replace(' ', "-")));
    files::copy(&beside.pristine, &data)?;
    Ok(data)
}

fn first<'a>(bench: &'a Bench, logs: &'a Corpus, beside: &'a Beside) -> Result<Contestant<'a>> {
    let data = data_of(bench, beside, "first")?;
    let command = bench.tools.ours(&logs.home(), &data, beside.arguments);
    let name = format!("{}: first run, no cache yet", beside.name);
    Ok(Contestant::new(&name, command)
        .before(move || files::keep_only(&data, &KEPT))
        .check(|output| compare(&both(&logs.truth.sources, &beside.holds), &of_report(output)?)))
}

fn unchanged<'a>(bench: &'a Bench, logs: &'a Corpus, beside: &'a Beside) -> Result<Contestant<'a>> {
    let data = data_of(bench, beside, "unchanged")?;
    let ours = move || bench.tools.ours(&logs.home(), &data, beside.arguments);
    let name = format!("{}: nothing changed", beside.name);
    Ok(Contestant::new(&name, ours())
        .before(move || settle(&mut ours(), &bench.scratch))
        .check(|output| compare(&both(&logs.truth.sources, &beside.holds), &of_report(output)?)))
}

/// One line appended to one log, with a response in it.
fn appended<'a>(bench: &'a Bench, logs: &'a Corpus, beside: &'a Beside) -> Result<Contestant<'a>> {
    let data = data_of(bench, beside, "appended")?;
    let ours = move || bench.tools.ours(&logs.home(), &data, beside.arguments);
    let mut expected = both(&logs.truth.sources, &beside.holds);
    if let Some(append) = &logs.truth.append {
        *expected.entry(append.source.clone()).or_default() += append.adds;
    }
    let name = format!("{}: one line appended", beside.name);
    Ok(Contestant::new(&name, ours())
        .before(move || {
            settle(&mut ours(), &bench.scratch)?;
            logs.append()
        })
        .check(move |output| compare(&expected, &of_report(output)?))
        .after(|| logs.take_appended_away()))
}
