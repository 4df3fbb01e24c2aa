//! The fields of a line that count.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use data_schema::Tokens;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::lines::{Declined, Fields, Fill, Skimmer, fields};
use crate::loose::{Key, LooseCount, LooseNumber, LooseText, LooseTime, Maybe};

/// One line.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(in crate::source) struct Event<'a> {
    pub(super) timestamp: LooseTime,
    #[serde(rename = "type")]
    pub(super) kind: LooseText<'a>,
    pub(super) payload: Maybe<Payload<'a>>,
}

/// All payloads in one: which fields are there depends on the kind.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Payload<'a> {
    pub(super) kind: LooseText<'a>,
    // session_meta
    pub(super) id: LooseText<'a>,
    pub(super) forked_from_id: LooseText<'a>,
    pub(super) cli_version: LooseText<'a>,
    pub(super) model_provider: LooseText<'a>,
    pub(super) source: Maybe<Source<'a>>,
    // turn_context
    pub(super) cwd: LooseText<'a>,
    pub(super) model: LooseText<'a>,
    pub(super) service_tier: LooseText<'a>,
    // token_count
    pub(super) info: Maybe<Info<'a>>,
    pub(super) rate_limits: Maybe<RateLimits<'a>>,
    // token_usage_record, and turn_context for the turn
    pub(super) record: ResponseRecord<'a>,
    /// Records that stand deeper, in a `compacted` history.
    pub(super) nested: Vec<ResponseRecord<'a>>,
}

/// What one response used, with its id.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ResponseRecord<'a> {
    pub(super) thread_id: LooseText<'a>,
    pub(super) session_id: LooseText<'a>,
    pub(super) turn_id: LooseText<'a>,
    pub(super) response_id: LooseText<'a>,
    pub(super) usage: Maybe<RawCounts>,
    pub(super) thread_token_usage: Maybe<RawCounts>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Source<'a> {
    pub(super) subagent: Subagent<'a>,
}

/// A sub-agent: by name, or spawned by a thread.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Subagent<'a> {
    pub(super) parent: LooseText<'a>,
    pub(super) kind: LooseText<'a>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Info<'a> {
    pub(super) total_token_usage: Maybe<RawCounts>,
    pub(super) last_token_usage: Maybe<RawCounts>,
    pub(super) model: LooseText<'a>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct RateLimits<'a> {
    pub(super) limit_id: LooseText<'a>,
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

impl<'de> Deserialize<'de> for Payload<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PayloadVisitor<'a>(PhantomData<Payload<'a>>);
        impl<'de, 'a> Visitor<'de> for PayloadVisitor<'a> {
            type Value = Payload<'a>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Payload<'a>, A::Error> {
                let mut payload = Payload::default();
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    payload.field(key.get(), &mut map)?;
                }
                Ok(payload)
            }
        }
        deserializer.deserialize_map(PayloadVisitor(PhantomData))
    }
}

impl Payload<'_> {
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

impl ResponseRecord<'_> {
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
struct Nested<'v, 'a>(&'v mut Vec<ResponseRecord<'a>>);

impl<'de> DeserializeSeed<'de> for Nested<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested<'_, '_> {
    type Value = ();
    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
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

impl<'de> Deserialize<'de> for Subagent<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SubagentVisitor<'a>(PhantomData<Subagent<'a>>);
        impl<'de, 'a> Visitor<'de> for SubagentVisitor<'a> {
            type Value = Subagent<'a>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name or an object")
            }
            fn visit_str<E>(self, name: &str) -> Result<Subagent<'a>, E> {
                Ok(Subagent::named(Cow::Owned(name.to_owned())))
            }
            fn visit_unit<E>(self) -> Result<Subagent<'a>, E> {
                Ok(Subagent::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Subagent<'a>, A::Error> {
                let mut subagent = Subagent::default();
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    if key.get() == "thread_spawn" {
                        subagent = Subagent::spawned(map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(subagent)
            }
        }
        deserializer.deserialize_any(SubagentVisitor(PhantomData))
    }
}

impl<'a> Subagent<'a> {
    fn named(name: Cow<'a, str>) -> Self {
        Self { kind: LooseText(Some(name)), ..Self::default() }
    }

    fn spawned(spawn: Maybe<Spawn<'a>>) -> Self {
        let Spawn { parent_thread_id, agent_role, agent_nickname } = spawn.0.unwrap_or_default();
        let kind = if agent_role.get().is_some() { agent_role } else { agent_nickname };
        Self { parent: parent_thread_id, kind }
    }
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Spawn<'a> {
    parent_thread_id: LooseText<'a>,
    agent_role: LooseText<'a>,
    agent_nickname: LooseText<'a>,
}

fields!('de, Event<'de> {
    b"timestamp" => timestamp,
    b"type" => kind,
    b"payload" => payload,
});

/// Keys of a [`ResponseRecord`]. A payload in which one of them stands deeper is for `serde_json`.
const RECORD_KEYS: &[&[u8]] =
    &[b"thread_id", b"session_id", b"turn_id", b"response_id", b"usage", b"thread_token_usage"];

impl<'de> Fields<'de> for Payload<'de> {
    fn field(
        &mut self,
        key: &[u8],
        _: &mut u32,
        skimmer: &mut Skimmer<'de>,
    ) -> Result<(), Declined> {
        match key {
            b"type" => self.kind.fill(skimmer),
            b"info" => self.info.fill(skimmer),
            b"rate_limits" => self.rate_limits.fill(skimmer),
            b"id" => self.id.fill(skimmer),
            b"forked_from_id" => self.forked_from_id.fill(skimmer),
            b"cli_version" => self.cli_version.fill(skimmer),
            b"model_provider" => self.model_provider.fill(skimmer),
            b"source" => self.source.fill(skimmer),
            b"cwd" => self.cwd.fill(skimmer),
            b"model" => self.model.fill(skimmer),
            b"service_tier" => self.service_tier.fill(skimmer),
            b"thread_id" => self.record.thread_id.fill(skimmer),
            b"session_id" => self.record.session_id.fill(skimmer),
            b"turn_id" => self.record.turn_id.fill(skimmer),
            b"response_id" => self.record.response_id.fill(skimmer),
            b"usage" => self.record.usage.fill(skimmer),
            b"thread_token_usage" => self.record.thread_token_usage.fill(skimmer),
            _ => skimmer.skip_without(RECORD_KEYS),
        }
    }
}

fields!('de, Source<'de> {
    b"subagent" => subagent,
});

impl<'de> Fill<'de> for Subagent<'de> {
    fn fill(&mut self, skimmer: &mut Skimmer<'de>) -> Result<(), Declined> {
        *self = Self::default();
        match skimmer.peek()? {
            b'"' => *self = Self::named(skimmer.text()?),
            b'{' => skimmer.object(self)?,
            b'n' => skimmer.word(b"null")?,
            _ => return Err(Declined),
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for Subagent<'de> {
    fn field(
        &mut self,
        key: &[u8],
        _: &mut u32,
        skimmer: &mut Skimmer<'de>,
    ) -> Result<(), Declined> {
        if key != b"thread_spawn" {
            return skimmer.skip();
        }
        let mut spawn = Maybe::default();
        spawn.fill(skimmer)?;
        *self = Self::spawned(spawn);
        Ok(())
    }
}

fields!('de, Spawn<'de> {
    b"parent_thread_id" => parent_thread_id,
    b"agent_role" => agent_role,
    b"agent_nickname" => agent_nickname,
});

fields!('de, Info<'de> {
    b"total_token_usage" => total_token_usage,
    b"last_token_usage" => last_token_usage,
    b"model" => model,
});

fields!('de, RateLimits<'de> {
    b"limit_id" => limit_id,
    b"primary" => primary,
    b"secondary" => secondary,
});

fields!('de, Window {
    b"used_percent" => used_percent,
    b"window_minutes" => window_minutes,
    b"resets_at" => resets_at,
    b"resets_in_seconds" => resets_in_seconds,
});

fields!('de, RawCounts {
    b"input_tokens" => input_tokens,
    b"cached_input_tokens" => cached_input_tokens,
    b"cache_write_input_tokens" => cache_write_input_tokens,
    b"output_tokens" => output_tokens,
    b"reasoning_output_tokens" => reasoning_output_tokens,
    b"total_tokens" => total_tokens,
});

#[cfg(test)]
mod tests {
    use super::Event;
    use crate::lines::skim_check;

    const LINES: [&str; 3] = [
        r#"{"timestamp":"2026-05-01T10:00:00Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":289,"output_tokens":"4"},"last_token_usage":null,"model_context_window":272000},"rate_limits":{"limit_id":"codex","primary":{"used_percent":12.5,"window_minutes":300,"resets_at":1777629600},"secondary":[]}}}"#,
        r#"{"timestamp":1777629600,"type":"session_meta","payload":{"id":"t","cwd":"/p","source":{"subagent":{"thread_spawn":{"parent_thread_id":"u","agent_role":"r"},"other":{}}},"instructions":"do \"this\"\n \u00e9","git":{"branch":["a",1.5,true]}}}"#,
        r#"{"type":"compacted","payload":{"message":"","replacement_history":[{"a":[{"type":"token_usage_record","response_id":"r","session_id":"s","usage":{"input_tokens":1}}]},"text",-4],"source":{"subagent":"review"}}}"#,
    ];

    fn is_same(line: &[u8]) -> bool {
        skim_check::is_same::<Event<'_>>(line)
    }

    #[test]
    fn lines_without_records_deep_inside_are_read_the_fast_way() {
        for (line, is_plain) in LINES.iter().zip([true, true, false]) {
            assert_eq!(is_same(line.as_bytes()), is_plain, "{line}");
        }
    }

    #[test]
    fn damage_means_the_same_both_ways() {
        for line in LINES {
            skim_check::damage(is_same, line);
        }
    }

    #[test]
    fn any_text_of_these_fields_means_the_same_both_ways() {
        let keys = &["type", "payload", "info", "source", "usage", "response_id", "cwd", "x"];
        skim_check::any_text(is_same, keys);
    }
}
