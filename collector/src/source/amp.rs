//! Amp: `~/.local/share/amp/threads/T-*.json`, one document per thread.
//!
//! Facts (<https://github.com/getagentseal/codeburn> `docs/providers/amp.md`, and the adapters of
//! <https://github.com/ryoppippi/ccusage> 20.0.11 and <https://github.com/junhoyeo/tokscale> 4.6.0, which agree but for
//! the time of what has none; read 2026-11-21):
//!
//! - `usageLedger.events` and `messages[].usage` are two views of one spend. The ledger also has what sub-agents used,
//!   but no caches: those stand in the message that an event names (`toMessageId`), by its number or, where messages
//!   have none, its place.
//! - Answers whose message no event names count by their message.
//! - `inputTokens` lacks both cache classes.
//! - Credits are Amp's own money, not US dollars: left out.
//! - Newer versions keep threads on the server.
//!
//! Open: whether a ledger's `tokens.total` may be more than its parts; where it stands alone it is taken as it is.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use data_schema::Quality;
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink};
use crate::loose::{Items, LooseCount, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

/// What is known of Amp.
static INFO: Info = Info {
    id: "amp",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Partial,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/getagentseal/codeburn/blob/main/docs/providers/amp.md (2026-11-21)",
            "https://github.com/ryoppippi/ccusage (20.0.11)",
            "https://github.com/junhoyeo/tokscale (4.6.0)",
        ],
    },
    lacks: "threads that newer versions keep on the server",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("AMP_DATA_DIR")],
    below: &["threads"],
    folders: &[Folder::all("{data}/amp/threads")],
    not_entered: &[],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct Amp;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Thread {
    id: LooseText<'static>,
    messages: Items<Message>,
    usage_ledger: Maybe<Ledger>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ledger {
    events: Items<Event>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    id: LooseText<'static>,
    timestamp: LooseTime,
    model: LooseText<'static>,
    operation_type: LooseText<'static>,
    to_message_id: LooseCount,
    tokens: Maybe<EventTokens>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventTokens {
    input: LooseCount,
    output: LooseCount,
    total: LooseCount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Message {
    role: LooseText<'static>,
    #[serde(rename = "messageId")]
    id: LooseCount,
    usage: Maybe<Usage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Usage {
    model: LooseText<'static>,
    timestamp: LooseTime,
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_creation_input_tokens: LooseCount,
    cache_read_input_tokens: LooseCount,
}

impl Adapter for Amp {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "json")
            && path.components().any(|part| part.as_os_str() == "threads")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let Maybe(Some(thread)) = log.document::<Maybe<Thread>>()? else { return Ok(()) };
        let mut usages = HashMap::new();
        for (index, message) in thread.messages.0.iter().enumerate() {
            if let Some(usage) = &message.usage.0 {
                usages.entry(message.number(index)).or_insert(usage);
            }
        }
        let id = thread.id.get().unwrap_or(log.stem());
        let mut reader = Reader { id, usages, counted: HashSet::new() };
        let ledger = thread.usage_ledger.0.iter().flat_map(|ledger| &ledger.events.0);
        for (index, event) in ledger.enumerate() {
            reader.event(sink, index, event);
        }
        let has_ledger = thread.usage_ledger.0.is_some();
        for (index, message) in thread.messages.0.iter().enumerate() {
            reader.message(sink, index, message, has_ledger);
        }
        Ok(())
    }
}

/// A thread while it is read.
struct Reader<'d> {
    id: &'d str,
    /// What messages tell, by their numbers.
    usages: HashMap<u64, &'d Usage>,
    /// Messages that an event has counted.
    counted: HashSet<u64>,
}

impl Reader<'_> {
    fn event(&mut self, sink: &mut Sink<'_>, index: usize, event: &Event) {
        let Some(tokens) = &event.tokens.0 else { return };
        // Several events may name one message; the first has its caches, and is known by it: so is the message while
        // the ledger does not have it yet.
        let named = number(event.to_message_id).filter(|named| self.counted.insert(*named));
        let answer = named.and_then(|named| self.usages.get(&named).copied());
        let cache = answer.map_or((LooseCount::NotTold, LooseCount::NotTold), |usage| {
            (usage.cache_read_input_tokens, usage.cache_creation_input_tokens)
        });
        let mut counts = Counts {
            input: sink.count(tokens.input, "tokens.input"),
            output: sink.count(tokens.output, "tokens.output"),
            cache_read: sink.count(cache.0, "cacheReadInputTokens"),
            cache_creation: sink.count(cache.1, "cacheCreationInputTokens"),
            ..Counts::default()
        };
        if counts.sum() == 0 {
            counts.total = sink.count(tokens.total, "tokens.total");
        }
        let place = named.map_or_else(|| index.to_string(), |named| named.to_string());
        let own = match (named, event.id.get()) {
            (None, Some(event)) => [self.id, "event", event],
            (None, None) => [self.id, "place", &place],
            (Some(_), _) => [self.id, "message", &place],
        };
        sink.push(&Draft {
            own: &own,
            at: event.timestamp.0.or(answer.and_then(|usage| usage.timestamp.0)),
            model: event.model.get().or(answer.and_then(|usage| usage.model.get())),
            counts,
            session: Some(self.id),
            agent: event.operation_type.get().filter(|kind| *kind != "inference"),
            ..Draft::default()
        });
    }

    fn message(&self, sink: &mut Sink<'_>, index: usize, message: &Message, has_ledger: bool) {
        let number = message.number(index);
        if message.role.get() != Some("assistant") || self.counted.contains(&number) {
            return;
        }
        let Some(usage) = &message.usage.0 else {
            // Beside a ledger, a message without numbers says nothing.
            if !has_ledger {
                sink.silent();
            }
            return;
        };
        let counts = Counts {
            input: sink.count(usage.input_tokens, "inputTokens"),
            output: sink.count(usage.output_tokens, "outputTokens"),
            cache_read: sink.count(usage.cache_read_input_tokens, "cacheReadInputTokens"),
            cache_creation: sink
                .count(usage.cache_creation_input_tokens, "cacheCreationInputTokens"),
            ..Counts::default()
        };
        sink.push(&Draft {
            own: &[self.id, "message", &number.to_string()],
            at: usage.timestamp.0,
            model: usage.model.get(),
            counts,
            session: Some(self.id),
            ..Draft::default()
        });
    }
}

impl Message {
    /// Its number; without one, its place.
    fn number(&self, index: usize) -> u64 {
        number(self.id).unwrap_or(index as u64)
    }
}

fn number(id: LooseCount) -> Option<u64> {
    match id {
        LooseCount::Told(number) => Some(number.get()),
        _ => None,
    }
}
