//! `bench summarize`, `store`, `site` and `statusline`: what comes after the scan.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::cases::pristine;
use super::make::{Corpus, corpus, size_text};
use super::measure::{Contestant, settle};
use super::truth::{Totals, compare_sum, of_summary, sum};
use super::{Bench, days, files};

/// The last day of summaries' windows.
const AS_OF: &str = "2025-12-29T00:00:00Z";
/// Where `summarize` keeps what it derives, in the folder that it reads.
const INDEX: &str = ".token-matters";
/// The day file that is changed.
const CHANGED: &str = "raw/machine-2/codex/2020-05-05.json";

fn day_files(bench: &Bench) -> Result<Corpus> {
    corpus(&bench.corpora, "days", &["days", "--records", "20"])
}

pub(crate) fn summarize(bench: &Bench) -> Result<()> {
    let small = day_files(bench)?;
    race_summarize(bench, &small, "Summarize")?;
    if bench.options.large {
        let ten_million = corpus(&bench.corpora, "days-large", &["days", "--records", "183"])?;
        race_summarize(bench, &ten_million, "Summarize, large")?;
    }
    Ok(())
}

fn race_summarize(bench: &Bench, days: &Corpus, title: &str) -> Result<()> {
    let raw = &days.folder;
    let [cold, unchanged, changed] =
        ["cold", "unchanged", "changed"].map(|run| bench.scratch.join(format!("summary-{run}")));
    let holds = sum(&days.truth.sources);
    let file = raw.join(CHANGED);
    let original = fs_err::read(&file)?;
    let (shorter, lacks) = days::without_last(&original)?;
    let less = Totals {
        responses: holds.responses - lacks.responses,
        input: holds.input - lacks.input,
        output: holds.output - lacks.output,
        cache_read: holds.cache_read - lacks.cache_read,
        cache_creation: holds.cache_creation - lacks.cache_creation,
    };
    let run = |out: &Path| summarizing(bench, raw, out, AS_OF);
    let contestants = vec![
        Contestant::new("cold: no index, no summary", run(&cold))
            .before(|| {
                files::set_aside(&cold)?;
                files::empty(&raw.join(INDEX))?;
                Ok(fs_err::remove_dir(raw.join(INDEX))?)
            })
            .check(|_| compare_sum(holds, of_summary(&cold)?)),
        Contestant::new("nothing changed", run(&unchanged))
            .before(|| settle(&mut run(&unchanged), &bench.scratch))
            .check(|_| compare_sum(holds, of_summary(&unchanged)?)),
        Contestant::new("one day file changed", run(&changed))
            .before(|| {
                settle(&mut run(&changed), &bench.scratch)?;
                Ok(fs_err::write(&file, &shorter)?)
            })
            .check(|_| compare_sum(less, of_summary(&changed)?))
            .after(|| Ok(fs_err::write(&file, &original)?)),
    ];
    let result = bench.race(&format!("{title}: {}", size_text(&days.truth)), contestants);
    fs_err::write(&file, &original)?;
    result
}

fn summarizing(bench: &Bench, raw: &Path, out: &Path, end: &str) -> Command {
    let data = bench.scratch.join("summarize");
    let arguments = ["summarize", "--quiet", "--as-of", end];
    let mut command = bench.tools.ours(&bench.scratch, &data, &arguments);
    command.arg("--raw").arg(raw).arg("--out").arg(out);
    command
}

/// Logs of a busy week.
fn few_logs(bench: &Bench) -> Result<Corpus> {
    corpus(&bench.corpora, "logs-few", &["logs", "--claude-mib", "32", "--codex-mib", "8"])
}

pub(crate) fn store(bench: &Bench) -> Result<()> {
    let logs = few_logs(bench)?;
    let recipe =
        ["store", "--machines", "10", "--sources", "5", "--days", "2000", "--records", "2"];
    let stored = corpus(&bench.corpora, "store-files", &recipe)?;
    let empty = pristine(bench, "store-empty", None)?;
    let full = pristine(bench, "store-full", Some(&stored))?;
    let mut contestants = Vec::new();
    let all = sum(&logs.truth.sources).responses;
    for (name, pristine) in [("an empty store", &empty), ("a store of 100,000 day files", &full)] {
        let data = pristine.with_extension("run");
        let ours = bench.tools.ours(&logs.home(), &data, &["collect", "--json"]);
        let again = bench.tools.ours(&logs.home(), &data, &["collect", "--json"]);
        let first = Contestant::new(&format!("collect into {name}"), ours)
            .before(move || files::copy(pristine, &data))
            .check(move |output| added(output, all));
        contestants.push(first);
        let again = Contestant::new(&format!("again into {name}, nothing new"), again);
        contestants.push(again.check(|output| added(output, 0)));
    }
    bench.race(&format!("Collect: {}", size_text(&logs.truth)), contestants)
}

/// Fails unless `collect` added so many responses.
fn added(output: &Path, responses: u64) -> Result<()> {
    let told: Value =
        serde_json::from_slice(&fs_err::read(output)?).context("collect printed no JSON")?;
    let added = told["recordsAdded"].as_u64();
    ensure!(
        added == Some(responses),
        "WRONG TOTAL: {responses} responses are new, the tool says {added:?}"
    );
    Ok(())
}

/// Three years of twelve machines: as many rows as the budgets are made for.
const TEAM: [&str; 11] = [
    "days",
    "--machines",
    "12",
    "--sources",
    "5",
    "--records",
    "1",
    "--used",
    "21",
    "--days",
    TEAM_DAYS[0],
];
/// Without and with one more day.
const TEAM_DAYS: [&str; 2] = ["1096", "1097"];
/// The last days of these.
const TEAM_ENDS: [&str; 2] = ["2018-12-31T12:00:00Z", "2019-01-01T12:00:00Z"];

pub(crate) fn site(bench: &Bench) -> Result<()> {
    let mut longer = TEAM;
    longer[10] = TEAM_DAYS[1];
    let days = corpus(&bench.corpora, "days-team", &TEAM)?;
    let more = corpus(&bench.corpora, "days-team-more", &longer)?;
    let summaries = [bench.folder("site-summary")?, bench.folder("site-summary-more")?];
    for ((days, end), summary) in [&days, &more].into_iter().zip(TEAM_ENDS).zip(&summaries) {
        settle(&mut summarizing(bench, &days.folder, summary, end), &bench.scratch)?;
    }
    let built = bench.folder("site")?;
    let build = |summary: &Path| {
        let data = bench.scratch.join("site-data");
        let mut command = bench.tools.ours(&bench.scratch, &data, &["site", "build", "--quiet"]);
        command.arg("--summary").arg(summary.join("summary")).arg("--out").arg(&built);
        command
    };
    let is_built = |_: &Path| {
        ensure!(built.join("index.html").is_file(), "no index.html was built");
        Ok(())
    };
    let [first, later] = &summaries;
    let contestants = vec![
        Contestant::new("site build, first", build(first))
            .before(|| files::empty(&built))
            .check(is_built),
        Contestant::new("site build, again", build(first))
            .before(|| settle(&mut build(first), &bench.scratch))
            .check(is_built),
        Contestant::new("site build, one more day", build(later))
            .before(|| settle(&mut build(first), &bench.scratch))
            .check(is_built),
    ];
    let title = format!("Site of three years and twelve machines: {}", size_text(&days.truth));
    bench.race(&title, contestants)
}

pub(crate) fn statusline(bench: &Bench) -> Result<()> {
    let logs = few_logs(bench)?;
    let data = pristine(bench, "statusline", None)?;
    let home = logs.home();
    settle(&mut bench.tools.ours(&home, &data, &["collect", "--quiet"]), &bench.scratch)?;
    let ours = bench.tools.ours(&home, &data, &["statusline"]);
    let contestant = Contestant::new("statusline", ours).check(|output| {
        let lines = fs_err::read_to_string(output)?.lines().count();
        ensure!(lines == 1, "the statusline has {lines} lines");
        Ok(())
    });
    bench.race(&format!("Statusline after a collect: {}", size_text(&logs.truth)), vec![contestant])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collect_that_adds_another_number_of_responses_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stdout");
        let told = |text: &str, responses| {
            fs_err::write(&path, text).unwrap();
            added(&path, responses)
        };
        told(r#"{"recordsAdded":3}"#, 3).unwrap();
        told(r#"{"recordsAdded":2}"#, 3).unwrap_err();
        told("{}", 0).unwrap_err();
    }
}
