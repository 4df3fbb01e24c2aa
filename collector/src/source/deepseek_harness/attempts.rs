//! Which events of a session tell of one call.

use std::collections::HashMap;

use data_schema::UtcSeconds;
use serde::Deserialize;

use crate::adapter::{Counts, Draft, Sink};
use crate::loose::{Items, LooseCount, LooseFlag, LooseNumber, LooseText, LooseTime, Maybe};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Event {
    #[serde(rename = "type")]
    kind: LooseText<'static>,
    seq: LooseNumber,
    time: LooseTime,
    data: Maybe<Data>,
    version: LooseNumber,
    id: LooseText<'static>,
    cwd: LooseText<'static>,
    parent_session: LooseText<'static>,
    seed_length: LooseNumber,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Data {
    turn: LooseCount,
    step: LooseCount,
    model: LooseText<'static>,
    inherited: LooseFlag,
    header: Maybe<Header>,
    message: Maybe<Message>,
    chunk: Maybe<Chunk>,
    stream: Items<Streamed>,
    usage: Maybe<Usage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Header {
    config: Maybe<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    source: Maybe<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    model: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Streamed {
    chunk: Maybe<Chunk>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chunk {
    usage: Maybe<Usage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the log's own names")]
struct Usage {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_read_tokens: LooseCount,
    cache_write_tokens: LooseCount,
    reasoning_tokens: LooseCount,
}

/// A session while it is read.
#[derive(Debug)]
pub(super) struct Reader {
    session: String,
    folder: Option<String>,
    parent: Option<String>,
    version: Option<f64>,
    /// The last event that was inherited.
    inherited: f64,
    /// The models that the last header and the last context named.
    header: Option<String>,
    context: Option<String>,
    said: Vec<Said>,
}

/// What an event says of a call.
#[derive(Debug)]
struct Said {
    seq: Option<f64>,
    place: (LooseCount, LooseCount),
    /// `None`: the call failed, and the next is another one.
    told: Option<Told>,
}

#[derive(Debug)]
struct Told {
    usage: Usage,
    at: Option<UtcSeconds>,
    model: Option<String>,
    /// Whether nothing better follows.
    is_final: bool,
}

/// A call.
struct Call {
    place: (LooseCount, LooseCount),
    /// The how manieth of its step.
    attempt: usize,
    told: Told,
}

impl Reader {
    pub(super) fn new(session: &str) -> Self {
        Self {
            session: session.to_owned(),
            folder: None,
            parent: None,
            version: None,
            inherited: -1.0,
            header: None,
            context: None,
            said: Vec::new(),
        }
    }

    /// The generation of the format.
    pub(super) fn version(&self) -> Option<f64> {
        self.version
    }

    pub(super) fn event(&mut self, event: Event) {
        if event.kind.get() == Some("session") {
            return self.begin(&event);
        }
        let (seq, at) = (event.seq.0, event.time.0);
        let Some(data) = event.data.0 else { return };
        match event.kind.get() {
            Some("session/end-seed") if data.inherited.0 => {
                self.inherited = seq.unwrap_or(self.inherited);
            }
            Some("request/header") => {
                let config = data.header.0.and_then(|header| header.config.0);
                let model = config.and_then(|config| owned(&config.model));
                if model.is_some() && model != self.header {
                    (self.header, self.context) = (model, None);
                }
            }
            Some("request/context") => self.context = owned(&data.model).or(self.context.take()),
            Some("llm/retry-started") => {
                self.said.push(Said { seq, place: (data.turn, data.step), told: None });
            }
            Some("assistant/chunk") => self.call((seq, at), data, false),
            Some("assistant/message" | "assistant/attempt") => self.call((seq, at), data, true),
            _ => {}
        }
    }

    fn begin(&mut self, event: &Event) {
        self.session = owned(&event.id).unwrap_or_else(|| self.session.clone());
        self.folder = owned(&event.cwd);
        self.parent = owned(&event.parent_session);
        self.version = event.version.0;
        if self.parent.is_some() && self.version.is_none_or(|version| version < 2.0) {
            self.inherited = event.seed_length.0.unwrap_or_default() - 1.0;
        }
    }

    fn call(&mut self, (seq, at): (Option<f64>, Option<UtcSeconds>), data: Data, is_final: bool) {
        let chunks = data.stream.0.into_iter().rev().filter_map(|streamed| streamed.chunk.0);
        let mut chunks = data.chunk.0.into_iter().chain(chunks);
        let Some(usage) = data.usage.0.or_else(|| chunks.find_map(|chunk| chunk.usage.0)) else {
            return;
        };
        let source = data.message.0.and_then(|message| message.source.0);
        let model = source.and_then(|source| owned(&source.model));
        let asked = || self.context.clone().or_else(|| self.header.clone());
        let told = Told { usage, at, model: model.or_else(asked), is_final };
        self.said.push(Said { seq, place: (data.turn, data.step), told: Some(told) });
    }

    /// Hands on every call that is the session's own.
    pub(super) fn finish(mut self, sink: &mut Sink<'_>) {
        let said = std::mem::take(&mut self.said);
        let own = said.into_iter().filter(|said| said.seq.is_none_or(|seq| seq > self.inherited));
        for call in calls(own) {
            self.push(sink, &call);
        }
    }

    fn push(&self, sink: &mut Sink<'_>, call: &Call) {
        let usage = &call.told.usage;
        let number = |count: LooseCount| match count {
            LooseCount::Told(tokens) => tokens.get().to_string(),
            _ => String::new(),
        };
        let (turn, step) = (number(call.place.0), number(call.place.1));
        let counts = Counts {
            input: sink.count(usage.input_tokens, "inputTokens"),
            cache_read: sink.count(usage.cache_read_tokens, "cacheReadTokens"),
            cache_creation: sink.count(usage.cache_write_tokens, "cacheWriteTokens"),
            output: sink.count(usage.output_tokens, "outputTokens"),
            reasoning: sink.count(usage.reasoning_tokens, "reasoningTokens"),
            ..Counts::default()
        };
        sink.push(&Draft {
            own: &[&self.session, &turn, &step, &call.attempt.to_string()],
            at: call.told.at,
            model: call.told.model.as_deref(),
            counts,
            session: Some(&self.session),
            parent: self.parent.as_deref(),
            folder: self.folder.as_deref(),
            ..Draft::default()
        });
    }
}

/// The calls that events tell of, in the order of their beginning.
fn calls(said: impl Iterator<Item = Said>) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    // By step: how many calls it had, and the one that is still being told.
    let mut steps: HashMap<String, (usize, Option<usize>)> = HashMap::new();
    for Said { place, told, .. } in said {
        let (count, open) = steps.entry(format!("{place:?}")).or_default();
        let Some(told) = told else {
            *open = None;
            continue;
        };
        match open.and_then(|index| calls.get_mut(index)) {
            Some(call) if told.is_final || !call.told.is_final => call.told = told,
            Some(_) => {}
            None => {
                *open = Some(calls.len());
                calls.push(Call { place, attempt: *count, told });
                *count += 1;
            }
        }
    }
    calls
}

fn owned(text: &LooseText<'_>) -> Option<String> {
    text.get().map(ToOwned::to_owned)
}
