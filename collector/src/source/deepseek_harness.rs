//! `DeepSeek` Harness (`dsh`): `~/.dsh/sessions/--<folder>--/<session>/session.jsonl`, one event per line, or the same
//! in frames of zstd (`.zstd`).
//!
//! Facts (<https://github.com/deepseek-ai/deepseek-harness> `docs/subsystems/llm-streaming.md`, read in the copy
//! `toninfo/deepseek-harness` at 00af040; the generations of the format in <https://github.com/getagentseal/codeburn>
//! `docs/providers/dsh.md` at 5b18a0c; read 2026-11-21):
//!
//! - `inputTokens` lacks both cache classes, `reasoningTokens` are part of `outputTokens`.
//! - A step is told twice, by an `assistant/chunk` and by the `assistant/message`: the message counts. After
//!   `llm/retry-started` the next is another call.
//! - Newer generations have the chunk inside of the message, and what failed as `assistant/attempt`.
//! - A new generation of the format is written into a new file, `session.v<number>.jsonl`, beside the old one: the
//!   newest alone counts.
//! - A fork begins with its parent's events: in the first two generations those before `seedLength`, then those up to
//!   the last `session/end-seed` that says `inherited`.
//! - The message tells the model; else `request/context` and `request/header` before it do.
//!
//! Open: sessions that the optional `SQLite` store keeps instead.

mod attempts;

use std::path::Path;
use std::sync::LazyLock;

use data_schema::Quality;

use crate::adapter::{Adapter, Log, ReadError, Sink};
use crate::lines::Markers;
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};
use attempts::{Event, Reader};

/// What is known of the harness.
static INFO: Info = Info {
    id: "deepseek-harness",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::VendorCode {
        repository: "deepseek-ai/deepseek-harness",
        commit: "00af040daba1dcdf98efbef1e257f67784cd4d22",
    },
    lacks: "sessions in the optional SQLite store",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("DSH_HOME")],
    below: &["sessions"],
    folders: &[Folder::all("~/.dsh/sessions")],
    not_entered: &[],
};

/// Usage, the header and the end of what was inherited, the model, and retries.
static MARKERS: LazyLock<Markers> = LazyLock::new(|| {
    Markers::any(&["\"usage\"", "\"session", "\"request/", "\"llm/retry-started\""])
});

/// The newest generation of the format that is known.
const NEWEST: u32 = 4;

/// The adapter.
#[derive(Debug)]
pub(super) struct DeepSeekHarness;

impl Adapter for DeepSeekHarness {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        let Some(own) = path.file_name().and_then(|name| generation(name.to_str()?)) else {
            return false;
        };
        let beside = path.parent().and_then(|folder| fs_err::read_dir(folder).ok());
        let names = beside.into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.filter_map(|name| generation(name.to_str()?)).max().is_none_or(|newest| own >= newest)
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let mut reader = Reader::new(log.folder(1));
        log.lines(sink, &MARKERS, |_, event: Event| reader.event(event))?;
        let newest = f64::from(NEWEST);
        if let Some(version) = reader.version().filter(|version| *version > newest) {
            return Err(ReadError::version(version, "0 to 4"));
        }
        reader.finish(sink);
        Ok(())
    }
}

/// The generation that a file's name tells, and whether it is compressed: of two, the compressed one is the newer.
fn generation(name: &str) -> Option<(u32, bool)> {
    let compressed = name.strip_suffix(".zstd");
    let stem = compressed.unwrap_or(name).strip_suffix(".jsonl")?.strip_prefix("session")?;
    let number = match stem.strip_prefix(".v") {
        Some(number) => number.parse().ok()?,
        None if stem.is_empty() => 0,
        None => return None,
    };
    Some((number, compressed.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_generations() {
        assert_eq!(generation("session.jsonl"), Some((0, false)));
        assert_eq!(generation("session.v3.jsonl.zstd"), Some((3, true)));
        for name in ["session.json", "sessions.jsonl", "session.vx.jsonl", "session.jsonl.bak"] {
            assert_eq!(generation(name), None, "{name}");
        }
    }
}
