//! `docs/genuine.md`: what the comparison came to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use super::Tried;
use super::compare::{Comparison, Fate};

const HEAD: &str = "# Real clients

Made by `cargo xtask genuine`. Each client is installed from the npm registry and asked to work, in an empty home folder,
against a server on this machine that answers as the providers do. The server knows the tokens of every answer. What the
client then has in its logs is read with `token-matters collect`, and every record is compared with the answer: tokens of
all four classes (input, cache reads, cache writes, output) and the model.

An answer that a client never logs cannot be counted by anybody who reads logs; the reason is named. *Logged* are answers
whose numbers stand in a file of the home folder, whoever reads them. `not known` is an answer of which no file has the
numbers and nothing in the request says what it was for.

";

/// Where the second part of the page begins.
const THROUGH: &str = "# Through the proxy\n";

/// Writes `docs/genuine.md`; a part that is not given stays as it is.
pub(super) fn write(root: &Path, logs: Option<&str>, through: Option<&str>) -> Result<()> {
    let path = root.join("docs/genuine.md");
    let before = fs_err::read_to_string(&path).unwrap_or_default();
    Ok(fs_err::write(path, joined(&before, logs, through))?)
}

fn joined(before: &str, logs: Option<&str>, through: Option<&str>) -> String {
    let (first, second) = match before.find(THROUGH) {
        Some(place) => before.split_at(place),
        None => (before, ""),
    };
    let first = logs.unwrap_or(first).trim_end();
    let second = through.map_or_else(|| second.to_owned(), |text| format!("{THROUGH}\n{text}"));
    if second.is_empty() { format!("{first}\n") } else { format!("{first}\n\n{second}") }
}

/// The whole first part.
pub(super) fn page(tried: &[Tried], surroundings: &str) -> String {
    format!("{HEAD}{surroundings}\n\n{}{}", table(tried), details(tried))
}

/// One line for each client.
pub(super) fn table(tried: &[Tried]) -> String {
    let mut text = String::from(
        "| client | version | served | logged | counted exactly | broken off, counted in part | too many | never logged |\n|---|---|--:|--:|--:|--:|--:|---|\n",
    );
    for one in tried {
        let client = one.client;
        let begin = format!("| {} | {} |", client.id, client.version);
        match &one.result {
            Ok((comparison, _)) => writeln!(
                text,
                "{begin} {} | {} | {} | {} | {} | {} |",
                comparison.answers.len(),
                comparison.logged(),
                comparison.exact(),
                comparison.parts(),
                comparison.extra.len(),
                lost(comparison)
            ),
            Err(error) => writeln!(text, "{begin} not run: {error:#} | | | | | |"),
        }
        .expect("a String takes everything");
    }
    text
}

/// How many answers were lost for each reason.
fn lost(comparison: &Comparison) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, fate) in &comparison.answers {
        if let Fate::NotLogged(reason) = fate {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    let list: Vec<String> =
        reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    list.join(", ")
}

/// What each run was answered, and what became of it.
fn details(tried: &[Tried]) -> String {
    let mut text = String::new();
    for one in tried {
        let Ok((comparison, notes)) = &one.result else { continue };
        write!(
            text,
            "\n## {}\n\n| run | answer | model | tokens | |\n|---|--:|---|--:|---|\n",
            one.client.id
        )
        .expect("a String takes everything");
        for (served, fate) in &comparison.answers {
            let usage = served.usage;
            let tokens = usage.prompt() + usage.cache_creation + usage.output;
            let fate = match fate {
                Fate::Exact => "exact".to_owned(),
                Fate::Part => {
                    "broken off: its prompt is exact, its output as far as it was seen".to_owned()
                }
                Fate::Named(name) => format!("WRONG: counted as {name}"),
                Fate::NotLogged(reason) => format!("never logged: {reason}"),
                Fate::Missed(file) => format!("WRONG: not counted, and it stands in `{file}`"),
            };
            writeln!(
                text,
                "| {} | {} | {} | {tokens} | {fate} |",
                served.run, served.number, served.model
            )
            .expect("a String takes everything");
        }
        for extra in &comparison.extra {
            let tokens: u64 = extra.classes.iter().sum();
            writeln!(
                text,
                "| | | {} | {tokens} | WRONG: counted by {} and never served |",
                extra.model, extra.source
            )
            .expect("a String takes everything");
        }
        for cost in &comparison.costs {
            let (run, told) = (&cost.run, cost.told);
            let ours = cost.ours.map_or_else(|| "no price".to_owned(), |ours| ours.to_string());
            let end = if cost.is_same() { "the same".to_owned() } else { format!("WRONG: {ours}") };
            write!(text, "\nIt says that \"{run}\" cost {told} USD; our list value: {end}.\n")
                .expect("a String takes everything");
        }
        for note in notes {
            write!(text, "\n{note}\n").expect("a String takes everything");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_not_measured_stays_as_it_is() {
        let logs = joined("", Some("# Real clients\n\nold\n"), None);
        assert_eq!(logs, "# Real clients\n\nold\n");
        let both = joined(&logs, None, Some("table\n"));
        assert_eq!(both, "# Real clients\n\nold\n\n# Through the proxy\n\ntable\n");
        assert_eq!(joined(&both, Some("new\n"), None), "new\n\n# Through the proxy\n\ntable\n");
        assert_eq!(joined(&both, None, Some("table\n")), both);
    }
}
