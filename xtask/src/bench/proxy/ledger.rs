//! The ledger after the run: one line for every request that was sent, with the usage that the upstream told.

use std::collections::HashSet;
use std::io::BufReader;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Bench;
use super::answer::{self, Usage};
use super::cases::DATA;

/// A record of `proxy usage --json`, as far as it is compared.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Line {
    response: Option<String>,
    input_tokens: Option<u64>,
    cache_read_tokens: Option<u64>,
    output_tokens: Option<u64>,
    end: Option<String>,
}

/// What the comparison came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    lines: u64,
    exact: u64,
    /// The first lines that are not, in words.
    wrong: Vec<String>,
}

/// Reads the ledger as anybody would, and compares.
pub(super) fn check(bench: &mut Bench) -> Result<()> {
    let output = bench.scratch.join("usage.json");
    let mut command = Command::new(&bench.ours);
    command.env_clear().env("TZ", "UTC").env("HOME", &bench.scratch);
    command.args(["proxy", "usage", "--json", "--data"]).arg(bench.scratch.join(DATA));
    command.stdout(fs_err::File::create(&output)?.into_file());
    let status = command.status().context("proxy usage")?;
    ensure!(status.success(), "proxy usage ended with {status}");
    let lines: Vec<Line> = serde_json::from_reader(BufReader::new(fs_err::File::open(&output)?))
        .context("proxy usage --json")?;
    let verdict = compare(&lines);
    let (sent, checked) = (bench.sent, bench.checked);
    bench.report.note(format!(
        "{sent} requests were sent through it and its ledger has {} lines, {} with exact usage. {checked} answers were compared with what the upstream sent, by SHA-256.",
        verdict.lines, verdict.exact
    ));
    if verdict.lines != sent {
        bench.report.fault(format!("{sent} requests, {} lines of the ledger", verdict.lines));
    }
    if verdict.exact != sent {
        let first = verdict.wrong.join("; ");
        bench.report.fault(format!("{} of {sent} lines are exact: {first}", verdict.exact));
    }
    Ok(())
}

fn compare(lines: &[Line]) -> Verdict {
    let (mut verdict, mut seen) = (Verdict::default(), HashSet::new());
    for line in lines {
        verdict.lines += 1;
        let number = line.response.as_deref().and_then(answer::number_of);
        let is_exact = number.is_some_and(|number| {
            let usage = Usage::of(number);
            seen.insert(number)
                && line.input_tokens == Some(usage.input)
                && line.cache_read_tokens == Some(usage.cached)
                && line.output_tokens == Some(usage.output)
                && line.end.as_deref().is_none_or(|end| end == "complete")
        });
        if is_exact {
            verdict.exact += 1;
        } else if verdict.wrong.len() < 3 {
            verdict.wrong.push(format!("{line:?}"));
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64) -> Line {
        let usage = Usage::of(number);
        Line {
            response: Some(format!("msg_bench{number:020}")),
            input_tokens: Some(usage.input),
            cache_read_tokens: Some(usage.cached),
            output_tokens: Some(usage.output),
            end: None,
        }
    }

    #[test]
    fn a_line_is_exact_if_its_usage_is_that_of_its_number_and_only_once() {
        assert_eq!(compare(&[line(1), line(2)]).exact, 2);
        let twice = compare(&[line(1), line(1)]);
        assert_eq!((twice.lines, twice.exact), (2, 1));
        let wrong = [
            Line { input_tokens: None, ..line(1) },
            Line { output_tokens: Some(1), ..line(2) },
            Line { end: Some("client_closed".to_owned()), ..line(3) },
            Line { response: None, ..line(4) },
        ];
        let verdict = compare(&wrong);
        assert_eq!((verdict.lines, verdict.exact, verdict.wrong.len()), (4, 0, 3));
    }
}
