//! What was found, in words.

use std::fmt::Write as _;

use crate::health::without_logs;
use crate::init::detect::{Deletes, Detected, Tool};
use crate::output::{bytes, counted};

/// The tools that were found, with what they delete soon, and those that were not: in one line, unless `everything` is
/// wanted.
pub(crate) fn found(detected: &Detected, everything: bool) -> String {
    let (there, absent): (Vec<&Tool>, Vec<&Tool>) =
        detected.tools.iter().partition(|tool| tool.files > 0);
    let mut text =
        if there.is_empty() { "No usage was found.".to_owned() } else { "Found:".to_owned() };
    for tool in &there {
        let (files, size) = (counted(tool.files, "log file"), bytes(tool.bytes));
        let responses = counted(tool.responses, "response");
        let _ = write!(text, "\n  {}: {files}, {size}, {responses}", tool.title);
        if let Some(deletes) = tool.deletes {
            let _ = write!(text, "\n    {}", due(deletes));
        }
    }
    if everything {
        for tool in absent {
            let places: Vec<String> =
                tool.looked.iter().map(|place| place.display().to_string()).collect();
            let _ = write!(text, "\n  not found: {} (looked at {})", tool.title, places.join(", "));
        }
    } else {
        let titles: Vec<&str> = absent.iter().map(|tool| tool.title.as_str()).collect();
        if let Some(told) = without_logs(&titles, !there.is_empty(), false) {
            let _ = write!(text, "\n  {told}");
        }
    }
    if let Some(settings) = &detected.settings {
        let path = detected.config_path.display();
        let _ =
            write!(text, "\n  configuration: {path}; what it says is the default of every answer");
        if let Some(address) = &settings.data_repo {
            let _ = write!(text, "\n  data: {}", store::without_secrets(address));
        }
    }
    if detected.git.is_none() {
        text.push_str(
            "\n  not found: git, which is needed for everything that goes over the network",
        );
    }
    text
}

fn due(deletes: Deletes) -> String {
    let after = deletes.after_days;
    let (files, size) = deletes.soon;
    let first = match deletes.first_in_days {
        0 => "the oldest goes at its next start".to_owned(),
        days => format!("the oldest goes in {}", counted(days as usize, "day")),
    };
    let soon = match files {
        0 => "none within the next 14 days".to_owned(),
        files => {
            format!("{} ({}) within the next 14 days", counted(files, "log file"), bytes(size))
        }
    };
    format!(
        "it deletes logs after {after} days: {first}, {soon}; what they count stays in your store"
    )
}
