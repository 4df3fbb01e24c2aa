//! What the CLI tells: turns with credits and the share of the context window.

use std::path::Path;
use std::sync::LazyLock;

use data_schema::{Billing, Quality, Tokens};
use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::worth;
use crate::adapter::{Counts, Draft, Log, ReadError, Sink};
use crate::lines::{Lines, Markers};
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime, Maybe};

static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"AssistantMessage\""]));

/// Letters of a token, on average.
const LETTERS: u64 = 4;
/// Tokens of a context window that is not told.
const WINDOW: f64 = 200_000.0;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Session {
    #[serde(rename = "session_id")]
    id: LooseText<'static>,
    cwd: LooseText<'static>,
    created_at: LooseTime,
    #[serde(rename = "session_state")]
    state: Maybe<State>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct State {
    rts_model_state: Maybe<ModelState>,
    conversation_metadata: Maybe<Conversation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ModelState {
    model_info: Maybe<Model>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Model {
    model_id: LooseText<'static>,
    context_window_tokens: LooseNumber,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Conversation {
    user_turn_metadatas: Vec<Maybe<Turn>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Turn {
    message_ids: Vec<LooseText<'static>>,
    end_timestamp: LooseTime,
    model: LooseText<'static>,
    total_request_count: LooseCount,
    input_token_count: LooseCount,
    output_token_count: LooseCount,
    cache_read_input_token_count: LooseCount,
    cache_write_input_token_count: LooseCount,
    context_usage_percentage: LooseNumber,
    metering_usage: Option<Vec<Maybe<Metered>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metered {
    value: LooseNumber,
    unit: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    kind: LooseText<'static>,
    data: Maybe<Message>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    message_id: LooseText<'static>,
    content: Vec<Maybe<Part>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    kind: LooseText<'static>,
    data: LooseText<'static>,
}

pub(super) fn read(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let session: Session = log.document()?;
    let Some(state) = &session.state.0 else { return Ok(()) };
    let Some(conversation) = &state.conversation_metadata.0 else { return Ok(()) };
    let letters = letters(&log.path.with_extension("jsonl"));
    let model = state.rts_model_state.0.as_ref().and_then(|state| state.model_info.0.as_ref());
    let id = session.id.get().unwrap_or(log.stem());
    for (place, turn) in conversation.user_turn_metadatas.iter().enumerate() {
        let Some(turn) = &turn.0 else { continue };
        let counts = turn.counts(sink, model, &letters);
        let credits = turn.credits();
        if credits.is_none() && counts.sum() == 0 {
            sink.silent();
            continue;
        }
        let count = sink.count(turn.total_request_count, "total_request_count");
        sink.push(&Draft {
            own: &["turn", id, &place.to_string()],
            at: turn.end_timestamp.0.or(session.created_at.0),
            model: turn.model.get().or(model.and_then(|model| model.model_id.get())),
            counts,
            requests: count.and_then(|count| u32::try_from(count.get()).ok()),
            cost: credits.map(worth),
            billing: credits.map(|_| Billing::Plan),
            quality: Some(Quality::Estimated),
            session: Some(id),
            folder: session.cwd.get(),
            ..Draft::default()
        });
    }
    Ok(())
}

impl Turn {
    /// What is told, else what is estimated.
    fn counts(
        &self,
        sink: &mut Sink<'_>,
        model: Option<&Model>,
        letters: &FxHashMap<String, u64>,
    ) -> Counts {
        let told = Counts {
            input: sink.count(self.input_token_count, "input_token_count"),
            output: sink.count(self.output_token_count, "output_token_count"),
            cache_read: sink
                .count(self.cache_read_input_token_count, "cache_read_input_token_count"),
            cache_creation: sink
                .count(self.cache_write_input_token_count, "cache_write_input_token_count"),
            ..Counts::default()
        };
        if told.sum() > 0 {
            return told;
        }
        let window =
            model.and_then(|model| model.context_window_tokens.0).filter(|window| *window > 0.0);
        let share = self.context_usage_percentage.0.filter(|share| (0.0..=100.0).contains(share));
        let prompt = share.map(|share| {
            LooseCount::from_number((share / 100.0 * window.unwrap_or(WINDOW)).round())
        });
        let said = self.message_ids.iter().filter_map(|id| letters.get(id.get()?));
        let said: u64 = said.sum();
        Counts {
            input: prompt.and_then(|prompt| sink.count(prompt, "context_usage_percentage")),
            output: (said > 0).then(|| Tokens::saturating(said.div_ceil(LETTERS))),
            ..Counts::default()
        }
    }

    fn credits(&self) -> Option<f64> {
        let metered =
            self.metering_usage.as_deref()?.iter().filter_map(|metered| metered.0.as_ref());
        let metered =
            metered.filter(|metered| metered.unit.get().is_none_or(|unit| unit == "credit"));
        let credits: f64 =
            metered.filter_map(|metered| metered.value.0).filter(|value| *value > 0.0).sum();
        Some(credits).filter(|credits| *credits > 0.0)
    }
}

/// Letters of every answer. What cannot be read is missing: it is an estimate anyway.
fn letters(path: &Path) -> FxHashMap<String, u64> {
    let mut letters: FxHashMap<String, u64> = FxHashMap::default();
    let Ok(file) = fs_err::File::open(path) else { return letters };
    let _ignored = Lines::new(file).for_each(&MARKERS, |_, line| {
        let Ok(said) = line.parse::<Said>() else { return };
        let (Some("AssistantMessage"), Some(message)) = (said.kind.get(), &said.data.0) else {
            return;
        };
        let texts = message.content.iter().filter_map(|part| part.0.as_ref());
        let texts = texts.filter(|part| part.kind.get() == Some("text"));
        let count = texts
            .filter_map(|part| part.data.get())
            .map(|text| text.chars().count() as u64)
            .sum::<u64>();
        if let Some(id) = message.message_id.get() {
            *letters.entry(id.to_owned()).or_default() += count;
        }
    });
    letters
}
