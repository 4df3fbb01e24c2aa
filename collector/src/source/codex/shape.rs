//! The fields of a line that count.

use std::fmt;

use data_schema::Tokens;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::lines::unread_texts;
use crate::loose::{Key, LooseCount, LooseNumber, LooseText, LooseTime, Maybe};

/// One line.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(in crate::source) struct Event {
    pub(super) timestamp: LooseTime,
    #[serde(rename = "type")]
    pub(super) kind: LooseText,
    pub(super) payload: Maybe<Payload>,
}

/// All payloads in one: which fields are there depends on the kind.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Payload {
    pub(super) kind: LooseText,
    // session_meta
    pub(super) id: LooseText,
    pub(super) forked_from_id: LooseText,
    pub(super) cli_version: LooseText,
    pub(super) model_provider: LooseText,
    pub(super) source: Maybe<Source>,
    // turn_context
    pub(super) cwd: LooseText,
    pub(super) model: LooseText,
    pub(super) service_tier: LooseText,
    // token_count
    pub(super) info: Maybe<Info>,
    pub(super) rate_limits: Maybe<RateLimits>,
    // token_usage_record, and turn_context for the turn
    pub(super) record: ResponseRecord,
    /// Records that stand deeper, in a `compacted` history.
    pub(super) nested: Vec<ResponseRecord>,
}

/// What one response used, with its id.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ResponseRecord {
    pub(super) thread_id: LooseText,
    pub(super) session_id: LooseText,
    pub(super) turn_id: LooseText,
    pub(super) response_id: LooseText,
    pub(super) usage: Maybe<RawCounts>,
    pub(super) thread_token_usage: Maybe<RawCounts>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Source {
    pub(super) subagent: Subagent,
}

/// A sub-agent: by name, or spawned by a thread.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Subagent {
    pub(super) parent: LooseText,
    pub(super) kind: LooseText,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Info {
    pub(super) total_token_usage: Maybe<RawCounts>,
    pub(super) last_token_usage: Maybe<RawCounts>,
    pub(super) model: LooseText,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct RateLimits {
    pub(super) limit_id: LooseText,
    pub(super) primary: Maybe<Window>,
    pub(super) secondary: Maybe<Window>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are those of the log")]
pub(super) struct Window {
    pub(super) used_percent: LooseNumber,
    pub(super) window_minutes: LooseNumber,
    pub(super) resets_at: LooseTime,
    pub(super) resets_in_seconds: LooseNumber,
}

/// Numbers as they are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are those of the log")]
pub(super) struct RawCounts {
    pub(super) input_tokens: LooseCount,
    pub(super) cached_input_tokens: LooseCount,
    pub(super) cache_write_input_tokens: LooseCount,
    pub(super) output_tokens: LooseCount,
    pub(super) reasoning_output_tokens: LooseCount,
    pub(super) total_tokens: LooseCount,
}

/// Numbers as they count: input with caches in it, output with reasoning in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) input: Option<Tokens>,
    pub(super) cached: Option<Tokens>,
    pub(super) cache_write: Option<Tokens>,
    pub(super) output: Option<Tokens>,
    pub(super) reasoning: Option<Tokens>,
    pub(super) total: Option<Tokens>,
}

impl RawCounts {
    pub(super) fn keep(&self, warn: &mut impl FnMut(String)) -> Counts {
        let mut keep = |count: LooseCount, field: &str| count.keep(field, warn);
        Counts {
            input: keep(self.input_tokens, "input_tokens"),
            cached: keep(self.cached_input_tokens, "cached_input_tokens"),
            cache_write: keep(self.cache_write_input_tokens, "cache_write_input_tokens"),
            output: keep(self.output_tokens, "output_tokens"),
            reasoning: keep(self.reasoning_output_tokens, "reasoning_output_tokens"),
            total: keep(self.total_tokens, "total_tokens"),
        }
    }
}

impl Counts {
    pub(super) fn classes(&self) -> [Option<Tokens>; 6] {
        [self.input, self.cached, self.cache_write, self.output, self.reasoning, self.total]
    }

    /// All tokens: input and output, or the total where neither is told.
    pub(super) fn sum(&self) -> u64 {
        match (self.input, self.output) {
            (None, None) => self.total.map_or(0, Tokens::get),
            (input, output) => input.map_or(0, Tokens::get) + output.map_or(0, Tokens::get),
        }
    }

    /// What was used between an earlier total and this one.
    pub(super) fn since(&self, before: &Self) -> Self {
        let less = |now: Option<Tokens>, then: Option<Tokens>| {
            now.and_then(|now| Tokens::new(now.get().saturating_sub(then.map_or(0, Tokens::get))))
        };
        Self {
            input: less(self.input, before.input),
            cached: less(self.cached, before.cached),
            cache_write: less(self.cache_write, before.cache_write),
            output: less(self.output, before.output),
            reasoning: less(self.reasoning, before.reasoning),
            total: less(self.total, before.total),
        }
    }

    /// The same bytes for the same numbers.
    pub(super) fn bytes(&self) -> [u8; 48] {
        let mut bytes = [0; 48];
        for (place, count) in bytes.chunks_exact_mut(8).zip(self.classes()) {
            let stored = count.map_or(0, |count| count.get() + 1);
            place.copy_from_slice(&stored.to_be_bytes());
        }
        bytes
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PayloadVisitor;
        impl<'de> Visitor<'de> for PayloadVisitor {
            type Value = Payload;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Payload, A::Error> {
                let mut payload = Payload::default();
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    payload.field(key.get(), &mut map)?;
                }
                Ok(payload)
            }
        }
        deserializer.deserialize_map(PayloadVisitor)
    }
}

impl Payload {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "type" => self.kind = map.next_value()?,
            "id" => self.id = map.next_value()?,
            "forked_from_id" => self.forked_from_id = map.next_value()?,
            "cli_version" => self.cli_version = map.next_value()?,
            "model_provider" => self.model_provider = map.next_value()?,
            "source" => self.source = map.next_value()?,
            "cwd" => self.cwd = map.next_value()?,
            "model" => self.model = map.next_value()?,
            "service_tier" => self.service_tier = map.next_value()?,
            "info" => self.info = map.next_value()?,
            "rate_limits" => self.rate_limits = map.next_value()?,
            _ if self.record.field(key, map)? => {}
            _ => map.next_value_seed(Nested(&mut self.nested))?,
        }
        Ok(())
    }
}

impl ResponseRecord {
    /// Takes a field of its own; `false` if the key is another's.
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "thread_id" => self.thread_id = map.next_value()?,
            "session_id" => self.session_id = map.next_value()?,
            "turn_id" => self.turn_id = map.next_value()?,
            "response_id" => self.response_id = map.next_value()?,
            "usage" => self.usage = map.next_value()?,
            "thread_token_usage" => self.thread_token_usage = map.next_value()?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Looks for records at any depth, in constant memory.
struct Nested<'a>(&'a mut Vec<ResponseRecord>);

impl<'de> DeserializeSeed<'de> for Nested<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        unread_texts(deserializer, self)
    }
}

impl<'de> Visitor<'de> for Nested<'_> {
    type Value = ();
    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, any: D) -> Result<(), D::Error> {
        any.deserialize_any(self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut record = ResponseRecord::default();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            if !record.field(key.get(), &mut map)? {
                map.next_value_seed(Nested(&mut *self.0))?;
            }
        }
        if record.response_id.get().is_some() && record.usage.0.is_some() {
            self.0.push(record);
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Nested(&mut *self.0))?.is_some() {}
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Subagent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SubagentVisitor;
        impl<'de> Visitor<'de> for SubagentVisitor {
            type Value = Subagent;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name or an object")
            }
            fn visit_str<E>(self, name: &str) -> Result<Subagent, E> {
                Ok(Subagent { kind: LooseText::new(name), ..Subagent::default() })
            }
            fn visit_unit<E>(self) -> Result<Subagent, E> {
                Ok(Subagent::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Subagent, A::Error> {
                let mut subagent = Subagent::default();
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    if key.get() == "thread_spawn" {
                        let spawn: Maybe<Spawn> = map.next_value()?;
                        let spawn = spawn.0.unwrap_or_default();
                        subagent.parent = spawn.parent_thread_id;
                        subagent.kind = if spawn.agent_role.get().is_some() {
                            spawn.agent_role
                        } else {
                            spawn.agent_nickname
                        };
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(subagent)
            }
        }
        #[derive(Debug, Default, PartialEq, Deserialize)]
        #[serde(default)]
        struct Spawn {
            parent_thread_id: LooseText,
            agent_role: LooseText,
            agent_nickname: LooseText,
        }
        deserializer.deserialize_any(SubagentVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::Event;
    use crate::lines::skim_check;
    use crate::loose::Maybe;

    const LINES: [&str; 3] = [
        r#"{"timestamp":"2026-05-01T10:00:00Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":289,"output_tokens":"4"},"last_token_usage":null,"model_context_window":272000},"rate_limits":{"limit_id":"codex","primary":{"used_percent":12.5,"window_minutes":300,"resets_at":1777629600},"secondary":[]}}}"#,
        r#"{"timestamp":1777629600,"type":"session_meta","payload":{"id":"t","cwd":"/p","source":{"subagent":{"thread_spawn":{"parent_thread_id":"u","agent_role":"r"},"other":{}}},"instructions":"do \"this\"\n \u00e9","git":{"branch":["a",1.5,true]}}}"#,
        r#"{"type":"compacted","payload":{"message":"","replacement_history":[{"a":[{"type":"token_usage_record","response_id":"r","session_id":"s","usage":{"input_tokens":1}}]},"text",-4],"source":{"subagent":"review"}}}"#,
    ];

    #[test]
    fn plain_lines_are_read_the_fast_way() {
        for line in LINES {
            assert!(skim_check::is_same::<Maybe<Event>>(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn damage_means_the_same_both_ways() {
        for line in LINES {
            skim_check::damage::<Maybe<Event>>(line);
        }
    }

    #[test]
    fn any_text_of_these_fields_means_the_same_both_ways() {
        let keys = &["type", "payload", "info", "source", "usage", "response_id", "cwd", "x"];
        skim_check::any_text::<Maybe<Event>>(keys);
    }
}
