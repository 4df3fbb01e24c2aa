//! Continue: `~/.continue/dev_data/<version>/tokensGenerated.jsonl`, one line per request.
//!
//! Facts (<https://github.com/continuedev/continue>, `core/data/log.ts` and
//! `packages/config-yaml/src/schemas/data/tokensGenerated`, read 2026-11-21):
//!
//! - The counts are those of Continue's own tokeniser, not the provider's: estimated. Reasoning and caches are not among
//!   them.
//! - A line has no id: time, model and counts are its identity, and which line of these it is.
//! - `dev_data/devdata.sqlite` tells the same once more and is not read. Folders are versions of the format; those that
//!   nobody has looked at are not read.

use std::path::Path;
use std::sync::LazyLock;

use data_schema::{Quality, Tokens, UtcSeconds};
use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseText, LooseTime};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

/// What is known of Continue.
static INFO: Info = Info {
    id: "continue",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Estimated,
    evidence: Evidence::VendorCode {
        repository: "continuedev/continue",
        commit: "10e6e7684bea4a4f90c24ec1ebf31e0d4e969f90",
    },
    lacks: "the provider's own counts, caches, reasoning, sessions",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("CONTINUE_GLOBAL_DIR")],
    below: &["dev_data"],
    folders: &[Folder::all("~/.continue/dev_data")],
    not_entered: &[],
};

static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"model\""]));

/// Versions of the format that are known: names of folders.
const KNOWN_VERSIONS: [&str; 2] = ["0.1.0", "0.2.0"];

/// The adapter.
#[derive(Debug)]
pub(super) struct Continue;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    #[serde(rename = "eventName")]
    name: LooseText<'static>,
    timestamp: LooseTime,
    model: LooseText<'static>,
    provider: LooseText<'static>,
    prompt_tokens: LooseCount,
    generated_tokens: LooseCount,
}

impl Adapter for Continue {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "tokensGenerated.jsonl")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let version = log.folder(1);
        if !KNOWN_VERSIONS.contains(&version) {
            return Err(ReadError::version(version, "0.1.0 and 0.2.0"));
        }
        let mut seen: FxHashMap<String, u32> = FxHashMap::default();
        log.lines(sink, &MARKERS, |sink, event: Event| request(sink, &event, &mut seen))
    }
}

fn request(sink: &mut Sink<'_>, event: &Event, seen: &mut FxHashMap<String, u32>) {
    if event.name.get().is_some_and(|name| name != "tokensGenerated") {
        return;
    }
    let counts = Counts {
        input: sink.count(event.prompt_tokens, "promptTokens"),
        output: sink.count(event.generated_tokens, "generatedTokens"),
        ..Counts::default()
    };
    let number = |tokens: Option<Tokens>| tokens.map_or(0, Tokens::get);
    let second = event.timestamp.0.map_or(0, UtcSeconds::seconds);
    let model = event.model.get().unwrap_or_default();
    let own = format!("{second} {model} {} {}", number(counts.input), number(counts.output));
    let which = seen.entry(own.clone()).or_default();
    *which += 1;
    sink.push(&Draft {
        own: &[&own, &which.to_string()],
        at: event.timestamp.0,
        model: event.model.get(),
        counts,
        vendor: event.provider.get(),
        ..Draft::default()
    });
}
