//! The page for those who come from ccusage must not promise what the arguments do not have.

use clap::Parser;

use crate::cli::Cli;

/// The command lines of a page: those of ours that stand in code, up to what they are piped into.
fn command_lines(page: &str) -> Vec<Vec<String>> {
    // What stands in blocks is read line by line.
    let code = page.split('`').skip(1).step_by(2).filter(|code| !code.contains('\n'));
    let in_blocks = page.lines();
    let ours = |line: &str| {
        let line = line.trim().trim_start_matches("$ ");
        let line = line.strip_prefix("COLUMNS=80 ").unwrap_or(line);
        let line = line.split(['|', '>', '#']).next().unwrap_or("").replace('\\', "");
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        (words.first().map(String::as_str) == Some("token-matters")).then_some(words)
    };
    code.chain(in_blocks).filter_map(ours).collect()
}

fn check(page: &str, least: usize) {
    let lines = command_lines(page);
    assert!(lines.len() >= least, "only {} command lines were found", lines.len());
    for words in lines {
        let words: Vec<String> =
            words.iter().map(|word| word.trim_matches('\'').to_owned()).collect();
        if let Err(error) = Cli::try_parse_from(&words) {
            assert!(!error.use_stderr(), "{}: {error}", words.join(" "));
        }
    }
}

#[test]
fn every_command_line_of_the_page_for_users_of_ccusage_is_understood() {
    check(include_str!("../../../docs/from-ccusage.md"), 30);
}

#[test]
fn every_command_line_of_the_page_of_reports_is_understood() {
    check(include_str!("../../../docs/reports.md"), 15);
}
