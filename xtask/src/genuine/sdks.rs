//! The vendors' own SDKs for Python. They keep no logs; what they saw of an answer, they print.

use anyhow::Result;
use serde::Deserialize;
use walkdir::WalkDir;

use super::clients::{Client, Program, Run};
use super::compare::classes;
use super::lab::Lab;
use super::truth::{Served, number_of};

/// All of them, in the order of the report. Versions: <https://pypi.org>, read 2026-11-21.
pub(super) static SDKS: &[Client] = &[
    Client {
        id: "anthropic-sdk",
        package: "anthropic",
        version: "2.12.0",
        program: Program::Python(include_str!("sdk/anthropic.py")),
        variables: &[("ANTHROPIC_BASE_URL", "http://127.0.0.1:{port}")],
        files: &[],
        asides: &[],
        runs: &[
            Run::new("messages", &["whole"]),
            Run::new("messages, streamed", &["stream"]),
            Run::new("messages, raw events", &["raw"]),
            Run::cut(&["cut"]),
        ],
    },
    Client {
        id: "openai-sdk",
        package: "openai",
        version: "3.54.0",
        program: Program::Python(include_str!("sdk/openai.py")),
        variables: &[("OPENAI_BASE_URL", "http://127.0.0.1:{port}/v1")],
        files: &[],
        asides: &[],
        runs: &[
            Run::new("chat", &["chat"]),
            Run::new("chat, streamed, no usage asked for", &["chat_stream"]),
            Run::new("chat, streamed, usage asked for", &["chat_stream_usage"]),
            Run::new("responses", &["response"]),
            Run::new("responses, streamed", &["response_stream"]),
            Run::cut(&["cut"]),
        ],
    },
    Client {
        id: "google-genai-sdk",
        package: "google-genai",
        version: "3.4.0",
        program: Program::Python(include_str!("sdk/genai.py")),
        variables: &[],
        files: &[],
        asides: &[],
        runs: &[
            Run::new("generateContent", &["whole", "http://127.0.0.1:{port}"]),
            Run::new("streamGenerateContent", &["stream", "http://127.0.0.1:{port}"]),
            Run::cut(&["cut", "http://127.0.0.1:{port}"]),
        ],
    },
];

/// One answer as an SDK saw it.
#[derive(Debug, Deserialize)]
struct Saw {
    id: String,
    model: String,
    /// In classes that do not overlap; absent where the answer told none.
    usage: Option<[u64; 4]>,
}

/// What an SDK saw that is not what was served, in words, and how many answers it saw.
pub(super) fn compare(lab: &Lab, served: &[Served]) -> Result<(usize, Vec<String>)> {
    let (mut seen, mut wrong) = (0, Vec::new());
    for entry in WalkDir::new(&lab.folder).max_depth(1).sort_by_file_name() {
        let entry = entry?;
        if entry.path().extension().is_none_or(|extension| extension != "stdout") {
            continue;
        }
        for line in fs_err::read_to_string(entry.path())?.lines() {
            let saw: Saw = serde_json::from_str(line)?;
            seen += 1;
            wrong.extend(difference(&saw, served));
        }
    }
    Ok((seen, wrong))
}

fn difference(saw: &Saw, served: &[Served]) -> Option<String> {
    let number = number_of(&saw.id);
    let Some(served) = served.iter().find(|served| Some(served.number) == number) else {
        return Some(format!("the SDK saw {}, which was never served", saw.id));
    };
    let is_same =
        saw.model == served.model && saw.usage.is_none_or(|usage| usage == classes(served.usage));
    (!is_same).then(|| format!("the SDK saw {saw:?}, served was {served:?}"))
}

#[cfg(test)]
mod tests {
    use super::super::truth::{Usage, Wire};
    use super::*;

    #[test]
    fn an_sdk_that_saw_other_numbers_or_another_answer_is_told() {
        let usage = Usage::of(3, Wire::Chat);
        let served = Served { number: 3, model: "gpt-5".to_owned(), usage, ..Served::default() };
        let saw = |id: &str, usage| Saw { id: id.to_owned(), model: "gpt-5".to_owned(), usage };
        let all = [served];
        let id = format!("chatcmpl-mock{:020}", 3);
        assert_eq!(difference(&saw(&id, Some(classes(usage))), &all), None);
        assert_eq!(difference(&saw(&id, None), &all), None);
        assert!(difference(&saw(&id, Some([1, 2, 3, 4])), &all).is_some());
        assert!(difference(&saw("chatcmpl-mock7", None), &all).is_some());
    }

    #[test]
    fn every_sdk_has_runs_that_its_script_knows() {
        for sdk in SDKS {
            let Program::Python(script) = sdk.program else { panic!("{}", sdk.id) };
            for run in sdk.runs {
                assert!(script.contains(&format!("def {}(", run.arguments[0])), "{}", run.name);
            }
        }
    }
}
