//! Zerostack: `sessions/<id>.json` below its data folder, one document per session, written anew while the session
//! goes on.
//!
//! Facts (<https://github.com/gi-dellav/zerostack>, `src/session/mod.rs`, `src/session/storage.rs` and
//! `src/ui/event_handler.rs`, copies at 320ba58 and 0795e6e; the cache fields of later versions after
//! <https://github.com/semyonfox/tokentelemetry>, `docs/imports.md`; all read 2026-11-21):
//!
//! - `total_input_tokens` and `total_output_tokens` grow with every answer, whichever model gave it; `model` and
//!   `provider` are those of now: one counter per session.
//! - The input is what the provider reported: behind Anthropic's own protocol without the caches, behind every other
//!   one with them. Later versions add `total_cached_input_tokens` and `total_cache_creation_input_tokens`.
//! - The first versions tell nothing but `total_tokens`.
//! - `total_cost` is the tool's own sum, in US dollars.
//! - `updated_at` is set with every message.
//!
//! Open: a gateway of the user's own that speaks Anthropic's protocol has a name that does not say so. Its caches are
//! taken to be in the input unless they are more than that.

use std::path::Path;

use data_schema::{Kind, Quality, Tokens};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink};
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime};
use crate::source::{Evidence, Folder, Info, Keeps, On, Role, Variable};

static INFO: Info = Info {
    id: "zerostack",
    revision: 1,
    role: Role::Counter,
    quality: Quality::Partial,
    evidence: Evidence::VendorCode {
        repository: "gi-dellav/zerostack",
        commit: "320ba58e3cc30e98eafedb7b2b365cec96884160",
    },
    lacks: "only a total per session, under the model used last; older versions tell no cache",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("ZS_DATA_DIR")],
    below: &["sessions"],
    folders: &[
        Folder::on(On::Linux, "{data}/zerostack/sessions"),
        Folder::on(On::MacOs, "{support}/zerostack/sessions"),
        Folder::on(On::Windows, "{appdata}/zerostack/sessions"),
    ],
    not_entered: &[],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct Zerostack;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Session {
    id: LooseText<'static>,
    created_at: LooseText<'static>,
    updated_at: LooseTime,
    total_input_tokens: LooseCount,
    total_output_tokens: LooseCount,
    total_cached_input_tokens: LooseCount,
    total_cache_creation_input_tokens: LooseCount,
    total_tokens: LooseCount,
    total_cost: LooseNumber,
    model: LooseText<'static>,
    provider: LooseText<'static>,
    working_dir: LooseText<'static>,
}

impl Adapter for Zerostack {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "json")
            && path.parent().and_then(Path::file_name).is_some_and(|folder| folder == "sessions")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let session: Session = log.document()?;
        reading(log, sink, &session);
        Ok(())
    }
}

fn reading(log: &Log<'_>, sink: &mut Sink<'_>, session: &Session) {
    let told = Counts {
        input: sink.count(session.total_input_tokens, "total_input_tokens"),
        output: sink.count(session.total_output_tokens, "total_output_tokens"),
        cache_read: sink.count(session.total_cached_input_tokens, "total_cached_input_tokens"),
        cache_creation: sink
            .count(session.total_cache_creation_input_tokens, "total_cache_creation_input_tokens"),
        ..Counts::default()
    };
    let counts = match (told.input, told.output) {
        (None, None) => {
            Counts { total: sink.count(session.total_tokens, "total_tokens"), ..Counts::default() }
        }
        _ => apart(told, session.provider.get()),
    };
    // A session that was only opened has used nothing yet, and says so.
    if counts.sum() == 0 && counts != Counts::default() {
        return;
    }
    let id = session.id.get().unwrap_or(log.stem());
    let (begun, model) = (session.created_at.get().unwrap_or_default(), session.model.get());
    sink.push(&Draft {
        own: &[id, begun, &counts.written(), model.unwrap_or_default()],
        at: session.updated_at.0,
        model,
        counts,
        cost: session.total_cost.0,
        kind: Kind::SessionReading,
        session: Some(id),
        folder: session.working_dir.get(),
        vendor: session.provider.get(),
        ..Draft::default()
    });
}

/// The caches beside the rest of the prompt.
fn apart(told: Counts, provider: Option<&str>) -> Counts {
    let cached = [told.cache_read, told.cache_creation].into_iter().flatten().map(Tokens::get);
    let is_inside = cached.sum::<u64>() <= told.input.map_or(0, Tokens::get);
    if provider == Some("anthropic") || !is_inside {
        return told;
    }
    told.prompt_with_cache().0
}
