//! `cargo xtask genuine --through-proxy`: the same clients, unchanged, with the proxy between them and the server.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::clients::{Client, Program};
use super::compare::{self, classes};
use super::lab::Lab;
use super::truth::{Served, Usage};
use super::wire::{Comparison, Fate, Line};
use super::{Options, count, file_with, keep_logs, ours, page, say, sdks};

const HEAD: &str = "Made by `cargo xtask genuine --through-proxy`: the same clients and the vendors' own SDKs for Python, unchanged, told
the address of `token-matters proxy serve`, which hands on to the server. Every answer that the server gave is looked for
in `token-matters proxy usage --json`: its tokens of all classes, its model, its end. An answer that was cut must be
marked as such, with what was told before. Then `collect` and `report --json` run over the home folder and the ledger
together: each answer must be counted once, whether its client logged it or not.

";

/// What a client came to, or why there is nothing.
struct Tried {
    client: &'static Client,
    result: Result<Through>,
}

/// What a client came to.
struct Through {
    wire: Comparison,
    /// Answers that its own logs have.
    logged: usize,
    joined: Joined,
    /// What is wrong beside the ledger, in words.
    faults: Vec<String>,
    notes: Vec<String>,
    is_alone: bool,
}

/// What `report --json` says of logs and ledger together.
#[derive(Debug, Default)]
struct Joined {
    requests: u64,
    not_in_log: Option<u64>,
}

impl Through {
    fn holds(&self) -> bool {
        self.wire.holds() && self.faults.is_empty()
    }
}

pub(super) fn run(root: &Path, binary: &Path, options: &Options) -> Result<()> {
    let mut tried = Vec::new();
    for client in options.wanted() {
        say(&format!("{} {} through the proxy", client.id, client.version));
        let result = one(client, binary, options.keep.as_deref());
        tried.push(Tried { client, result });
    }
    let text = format!("{HEAD}{}", tables(&tried));
    say(&text);
    if options.clients.is_empty() {
        page::write(root, None, Some(&text))?;
    }
    let holds = |one: &Tried| one.result.as_ref().is_ok_and(Through::holds);
    let wrong: Vec<&str> =
        tried.iter().filter(|one| !holds(one)).map(|one| one.client.id).collect();
    ensure!(wrong.is_empty(), "not exact, or not run: {}", wrong.join(", "));
    Ok(())
}

fn one(client: &Client, binary: &Path, keep: Option<&Path>) -> Result<Through> {
    let folder = tempfile::Builder::new().prefix("token-matters-genuine-").tempdir()?;
    let lab = Lab { folder: folder.path().to_owned() };
    lab.install(client)?;
    let (outcome, is_alone) = lab.run(client, Some(binary))?;
    let result = compare_all(client, binary, &lab, &outcome.served);
    if let Some(keep) = keep {
        keep_logs(&lab.folder, &keep.join(client.id))?;
    }
    let mut through = result?;
    // A script of ours ends badly only if an SDK saw what it must not see.
    let is_script = matches!(client.program, Program::Python(_));
    let rest = if is_script { &mut through.faults } else { &mut through.notes };
    rest.extend(outcome.notes);
    through.is_alone = is_alone;
    Ok(through)
}

fn compare_all(client: &Client, binary: &Path, lab: &Lab, served: &[Served]) -> Result<Through> {
    let lines = ours(binary, lab, &lab.data(), &["proxy", "usage", "--json"])?;
    let lines: Vec<Line> = serde_json::from_slice(&lines).context("proxy usage --json")?;
    let wire = Comparison::of(served.to_vec(), lines);
    // The logs alone, over a data folder without a ledger.
    let counted = count(binary, lab, &lab.folder.join("logs-alone"))?;
    let home = lab.home();
    let logged = |usage: Usage| file_with(&home, usage);
    let logs = compare::Comparison::of(client.id, served.to_vec(), counted, logged);
    ours(binary, lab, &lab.data(), &["collect", "--quiet"])?;
    let report = ours(binary, lab, &lab.data(), &["report", "daily", "--json"])?;
    let report: Report = serde_json::from_slice(&report).context("report --json")?;
    let mut faults = differences(served, &report);
    faults.extend(strangers(client.id, &report));
    let (seen, wrong) = sdks::compare(lab, served).unwrap_or_default();
    faults.extend(wrong);
    let notes =
        if seen > 0 { vec![format!("{seen} answers as the SDK saw them")] } else { Vec::new() };
    let joined =
        Joined { requests: report.sum(|row| row.requests), not_in_log: report.not_in_log() };
    Ok(Through { wire, logged: logs.logged(), joined, faults, notes, is_alone: false })
}

/// `report daily --json`, as far as it is compared.
#[derive(Debug, Default, Deserialize)]
struct Report {
    rows: Vec<Row>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Row {
    provider: String,
    requests: u64,
    input_tokens: u64,
    cache_read_tokens: u64,
    cache_creation_tokens: u64,
    output_tokens: u64,
    not_in_log_requests: Option<u64>,
}

impl Report {
    fn sum(&self, of: impl Fn(&Row) -> u64) -> u64 {
        self.rows.iter().map(of).sum()
    }

    /// Absent where the report does not tell it.
    fn not_in_log(&self) -> Option<u64> {
        let told: Vec<u64> = self.rows.iter().filter_map(|row| row.not_in_log_requests).collect();
        (!told.is_empty()).then(|| told.iter().sum())
    }
}

/// Where the report of logs and ledger together is not what the server told, each answer once.
fn differences(served: &[Served], report: &Report) -> Vec<String> {
    let told: Vec<[u64; 4]> = served.iter().filter_map(|one| one.told).map(classes).collect();
    let requests = told.len() as u64;
    let mut sum = [0; 4];
    for answer in &told {
        for (sum, class) in sum.iter_mut().zip(answer) {
            *sum += class;
        }
    }
    let counted = [
        report.sum(|row| row.input_tokens),
        report.sum(|row| row.cache_read_tokens),
        report.sum(|row| row.cache_creation_tokens),
        report.sum(|row| row.output_tokens),
    ];
    let mut faults = Vec::new();
    let of_report = report.sum(|row| row.requests);
    if of_report != requests {
        faults.push(format!("{requests} answers told usage, the report counts {of_report}"));
    }
    if counted != sum {
        faults.push(format!("the answers told {sum:?} tokens, the report counts {counted:?}"));
    }
    faults
}

/// Tools under whose name something is counted, and which did not ask. SDKs are no tools.
fn strangers(client: &str, report: &Report) -> Option<String> {
    let is_other = |row: &&Row| row.requests > 0 && row.provider != client;
    let mut names: Vec<&str> =
        report.rows.iter().filter(is_other).map(|row| row.provider.as_str()).collect();
    names.dedup();
    let is_wrong = data_schema::sources::is_known(client) && !names.is_empty();
    is_wrong.then(|| format!("counted under the name of {}", names.join(", ")))
}

fn tables(tried: &[Tried]) -> String {
    let is_alone =
        tried.iter().filter_map(|one| one.result.as_ref().ok()).all(|through| through.is_alone);
    let mut text = String::from(if is_alone {
        "All runs were in a network namespace with loopback alone.\n\n"
    } else {
        "This system has no network namespaces: the clients could reach the network.\n\n"
    });
    text.push_str(
        "| client | version | served | in the ledger, exactly | cut, and marked so | wrong or missing | too many | in the client's own log | counted once, with the logs |\n|---|---|--:|--:|--:|--:|--:|--:|---|\n",
    );
    for one in tried {
        let begin = format!("| {} | {} |", one.client.id, one.client.version);
        let line = match &one.result {
            Ok(through) => format!("{begin} {}", row(through)),
            Err(error) => format!("{begin} not run: {error:#} | | | | | | |"),
        };
        let _ = writeln!(text, "{line}");
    }
    for one in tried {
        if let Ok(through) = &one.result {
            details(&mut text, one.client, through);
        }
    }
    text
}

fn row(through: &Through) -> String {
    let wire = &through.wire;
    let exact = wire.count(|fate| *fate == Fate::Exact);
    let cut = wire.count(|fate| *fate == Fate::Cut);
    let joined = match through.joined.not_in_log {
        Some(alone) => format!("{}, {alone} of them not in its log", through.joined.requests),
        None => through.joined.requests.to_string(),
    };
    let verdict = if through.faults.is_empty() { "" } else { " WRONG" };
    format!(
        "{} | {exact} | {cut} | {} | {} | {} | {joined}{verdict} |",
        wire.answers.len(),
        wire.answers.len() - exact - cut,
        wire.extra.len(),
        through.logged,
    )
}

/// What is wrong, and what did not go as planned.
fn details(text: &mut String, client: &Client, through: &Through) {
    let clients = through.wire.clients.join(", ");
    let beside = through.wire.beside;
    let _ = write!(
        text,
        "\n{}: {beside} requests beside the answers; in the ledger it is {}.\n",
        client.id,
        if clients.is_empty() { "nobody" } else { clients.as_str() }
    );
    for (served, fate) in &through.wire.answers {
        let (run, number) = (&served.run, served.number);
        match fate {
            Fate::Exact | Fate::Cut => {}
            Fate::Wrong(how) => {
                let _ = writeln!(text, "- WRONG: answer {number} of `{run}`: {how}");
            }
            Fate::Missing => {
                let _ = writeln!(text, "- WRONG: answer {number} of `{run}` has no line");
            }
        }
    }
    for line in &through.wire.extra {
        let _ = writeln!(text, "- WRONG: a line of no answer, {}: {line:?}", line.path);
    }
    for fault in &through.faults {
        let _ = writeln!(text, "- WRONG: {fault}");
    }
    for note in &through.notes {
        let _ = writeln!(text, "- {note}");
    }
}

#[cfg(test)]
mod tests {
    use super::super::truth::Wire;
    use super::*;

    fn served(number: u64, told: bool) -> Served {
        let usage = Usage::of(number, Wire::Chat);
        Served { number, usage, told: told.then_some(usage), ..Served::default() }
    }

    fn report(numbers: &[u64]) -> Report {
        let rows = numbers.iter().map(|number| {
            let [input_tokens, cache_read_tokens, cache_creation_tokens, output_tokens] =
                classes(Usage::of(*number, Wire::Chat));
            Row {
                requests: 1,
                input_tokens,
                cache_read_tokens,
                cache_creation_tokens,
                output_tokens,
                ..Row::default()
            }
        });
        Report { rows: rows.collect() }
    }

    #[test]
    fn each_answer_that_told_usage_is_counted_once() {
        let all = [served(1, true), served(2, true), served(3, false)];
        assert!(differences(&all, &report(&[1, 2])).is_empty());
        assert_eq!(differences(&all, &report(&[1, 2, 2])).len(), 2);
        assert_eq!(differences(&all, &report(&[1])).len(), 2);
        assert_eq!(differences(&all, &report(&[1, 3])).len(), 1);
    }

    #[test]
    fn what_a_tool_asked_for_is_counted_under_its_name() {
        let mut counted = report(&[1]);
        counted.rows[0].provider = "proxy".to_owned();
        assert!(strangers("codex", &counted).unwrap().ends_with("proxy"));
        assert_eq!(strangers("openai-sdk", &counted), None);
        counted.rows[0].provider = "codex".to_owned();
        assert_eq!(strangers("codex", &counted), None);
    }
}
