//! Aider: its analytics log, one event per line, which is only written if the user asks for it: with
//! `--analytics-log FILE`, `AIDER_ANALYTICS_LOG`, or `analytics-log:` in `.aider.conf.yml`.
//!
//! Facts (<https://github.com/Aider-AI/aider> `aider/analytics.py` and `aider/coders/base_coder.py`, read 2026-11-21;
//! the options at <https://aider.chat/docs/config/options.html>, read 2026-11-21):
//!
//! - `message_send` is one message with all calls that it needed; `cost` is its price in US dollars, `total_cost` that
//!   of the session so far.
//! - `prompt_tokens` is the whole prompt; the log does not tell caches.
//! - Where a provider tells no usage, Aider counts with a tokenizer of its own, and does not say so.
//! - A model that Aider does not know is written as `<vendor>/REDACTED`.
//! - Times are whole seconds.
//!
//! The file lies where the user says: it is looked for in the variable, in `~/.aider.conf.yml`, and as `*.jsonl` in
//! `~/.aider`. A path in the settings that is not absolute belongs to a folder that nobody knows.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use data_schema::{Quality, parse_log_time};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseNumber, LooseText, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Located, Place, Role, Variable, locate};

/// What is known of Aider.
static INFO: Info = Info {
    id: "aider",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Partial,
    evidence: Evidence::VendorCode {
        repository: "Aider-AI/aider",
        commit: "00aa43d964f6abfc0ae3437747d7d6e4afcb6421",
    },
    lacks: "caches, names of unknown models, and all of it unless an analytics log is asked for",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::beside("AIDER_ANALYTICS_LOG")],
    below: &["."],
    folders: &[Folder::all("~/.aider")],
    not_entered: &["caches"],
};

static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"message_send\""]));

/// What stands for the name of a model that Aider does not know.
const REDACTED: &str = "/REDACTED";

/// The adapter.
#[derive(Debug)]
pub(super) struct Aider;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    #[serde(rename = "event")]
    name: LooseText<'static>,
    user_id: LooseText<'static>,
    /// Seconds since 1970.
    time: LooseNumber,
    properties: Maybe<Properties>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Properties {
    main_model: LooseText<'static>,
    prompt_tokens: LooseCount,
    completion_tokens: LooseCount,
    cost: LooseNumber,
    total_cost: LooseNumber,
    aider_version: LooseText<'static>,
}

/// The one setting that says where the log is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    #[serde(rename = "analytics-log")]
    analytics_log: Option<String>,
}

impl Adapter for Aider {
    fn info(&self) -> &Info {
        &INFO
    }

    fn locate(&self, place: &Place<'_>) -> Located {
        let mut located = locate(&INFO, place);
        if place.configured.is_none()
            && let Some(file) = in_settings(place)
        {
            located.add(Located::among(vec![file], None));
        }
        located
    }

    fn is_log(&self, path: &Path) -> bool {
        let is_hidden =
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        !is_hidden
            && !path.extension().is_some_and(|extension| extension == "yml" || extension == "md")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        log.lines(sink, &MARKERS, |sink, event: Event| message(sink, &event))
    }
}

/// The file that the user's settings name.
fn in_settings(place: &Place<'_>) -> Option<PathBuf> {
    let text = fs_err::read_to_string(place.environment.home.join(".aider.conf.yml")).ok()?;
    let settings: Settings = serde_saphyr::from_str(&text).ok()?;
    let path = place.environment.expand(settings.analytics_log?.trim());
    path.is_absolute().then_some(path)
}

fn message(sink: &mut Sink<'_>, event: &Event) {
    let (Some("message_send"), Some(told)) = (event.name.get(), &event.properties.0) else {
        return;
    };
    let counts = Counts {
        input: sink.count(told.prompt_tokens, "prompt_tokens"),
        output: sink.count(told.completion_tokens, "completion_tokens"),
        ..Counts::default()
    };
    let time = event.time.0.map(|time| time.to_string()).unwrap_or_default();
    let so_far = told.total_cost.0.map(|cost| cost.to_string()).unwrap_or_default();
    let user = event.user_id.get().unwrap_or_default();
    let name = told.main_model.get();
    let hidden = name.and_then(|name| name.strip_suffix(REDACTED));
    sink.push(&Draft {
        own: &[user, &time, name.unwrap_or_default(), &counts.written(), &so_far],
        at: parse_log_time(&time),
        model: name.filter(|_| hidden.is_none()),
        counts,
        cost: told.cost.0,
        version: told.aider_version.get(),
        vendor: hidden,
        ..Draft::default()
    });
}
