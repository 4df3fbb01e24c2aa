//! A home folder with all sources: as much of the large ones as a person gets together in years, and of every other
//! source the basic case of its tests.

mod databases;
mod documents;
mod fixtures;
mod lines;
mod page;

use std::path::Path;

use anyhow::Result;
use rayon::prelude::*;

use super::cases::{first_and_unchanged, full_scan};
use super::make::corpus;
use super::random::Pool;
use super::truth::Truth;
use super::{Bench, logs};
use page::Page;

/// Logs of one source.
struct Tool {
    source: &'static str,
    files: u64,
    /// Of one file, about.
    bytes: u64,
    /// Fills a page with so many bytes; where it lies, from the home folder.
    write: fn(&mut Page<'_>, u64) -> Result<String>,
}

/// What is written of each source. Files are as large as those of real homes: documents of tens of kilobytes, sessions
/// of hundreds.
const TOOLS: [Tool; 8] = [
    Tool { source: "gemini-cli", files: 5_000, bytes: 55_000, write: documents::gemini },
    Tool { source: "gemini-cli", files: 5_000, bytes: 55_000, write: lines::gemini },
    Tool { source: "cline", files: 10_000, bytes: 55_000, write: documents::cline },
    Tool { source: "amp", files: 3_000, bytes: 80_000, write: documents::amp },
    Tool { source: "qwen-code", files: 1_000, bytes: 300_000, write: lines::qwen },
    Tool { source: "pi", files: 1_000, bytes: 400_000, write: lines::pi },
    Tool { source: "copilot-cli", files: 800, bytes: 300_000, write: lines::copilot },
    Tool { source: "kimi-code", files: 800, bytes: 250_000, write: lines::kimi },
];
/// Claude Code and Codex each. MiB.
const LOGS_MIB: u64 = 950;
/// Rows of the table of messages, of `OpenCode`.
const ROWS: u64 = 400_000;
/// Sessions of Goose.
const SESSIONS: u64 = 5_000;

/// `bench sources`.
pub(crate) fn sources(bench: &Bench) -> Result<()> {
    let percent = bench.options.percent.to_string();
    let corpus =
        corpus(&bench.corpora, &format!("sources-{percent}"), &["sources", "--percent", &percent])?;
    full_scan(bench, &corpus, "All sources, full scan")?;
    first_and_unchanged(bench, &corpus, "All sources, cached scan")
}

/// Writes the home folder below `OUT/home`, so many hundredths of it.
pub(crate) fn write(out: &Path, percent: u64) -> Result<Truth> {
    let part = |number: u64| (number * percent / 100).max(1);
    let mib = part(LOGS_MIB);
    let size = logs::Size { claude_mib: mib, codex_mib: mib, files: 0, responses: 0 };
    let mut truth = logs::write(out, &size)?;
    // Nothing is appended in this bench.
    truth.append = None;
    let (home, pool) = (out.join("home"), Pool::new());
    for (kind, tool) in TOOLS.iter().enumerate() {
        let numbers: Vec<u64> = (0..part(tool.files)).collect();
        let written = numbers.par_iter().map(|number| {
            let mut page = Page::new(100 + kind as u64, *number, tool.bytes, &pool);
            let path = (tool.write)(&mut page, tool.bytes)?;
            page.save(&home.join(path))
        });
        for (bytes, totals) in written.collect::<Result<Vec<_>>>()? {
            truth.add(tool.source, 1, bytes, totals);
        }
    }
    databases::opencode(&home, part(ROWS), &pool, &mut truth)?;
    databases::goose(&home, part(SESSIONS), &mut truth)?;
    fixtures::copy(&home, &mut truth)?;
    Ok(truth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_json_and_is_the_same_when_it_is_made_again() {
        let pool = Pool::new();
        for (kind, tool) in TOOLS.iter().enumerate() {
            let made = |number| {
                let mut page = Page::new(kind as u64, number, 20_000, &pool);
                let path = (tool.write)(&mut page, 20_000).unwrap();
                (path, page.text, page.totals)
            };
            let (path, text, totals) = made(3);
            assert_eq!((path.clone(), text.clone(), totals), made(3));
            assert_ne!(path, made(4).0);
            assert!(totals.responses > 0 && (15_000..40_000).contains(&text.len()), "{path}");
            let stream =
                serde_json::Deserializer::from_slice(&text).into_iter::<serde_json::Value>();
            assert!(stream.map(Result::unwrap).count() > 0, "{path}");
        }
    }
}
