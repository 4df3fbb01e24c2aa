//! Anthropic's Messages, streamed or not; also inside of Bedrock's `invoke`.
//!
//! <https://docs.anthropic.com/en/docs/build-with-claude/streaming> (read 20 Nov 2026): `message_start` holds the first
//! usage, `message_delta` cumulative values, `message_stop` ends the answer, `error` may come at any time.

use std::sync::LazyLock;

use super::Seen;
use super::counts::{Told, number, positive, take, tier};
use super::machine::{Machine, take_id, take_word};
use crate::json::{Paths, Scanner};

#[derive(Clone, Copy)]
enum At {
    Kind,
    Id,
    Model,
    Error,
    Input,
    Output,
    CacheRead,
    CacheCreation,
    Minutes,
    Hour,
    Thinking,
    Searches,
    Tier,
    Speed,
    Place,
    BedrockInput,
    BedrockOutput,
    BedrockRead,
    BedrockWrite,
}

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(&[
        "type",
        "message?.id",
        "message?.model",
        "error.type",
        "message?.usage.input_tokens",
        "message?.usage.output_tokens",
        "message?.usage.cache_read_input_tokens",
        "message?.usage.cache_creation_input_tokens",
        "message?.usage.cache_creation.ephemeral_5m_input_tokens",
        "message?.usage.cache_creation.ephemeral_1h_input_tokens",
        "message?.usage.output_tokens_details.thinking_tokens",
        "message?.usage.server_tool_use.web_search_requests",
        "message?.usage.service_tier",
        "message?.usage.speed",
        "message?.usage.inference_geo",
        "amazon-bedrock-invocationMetrics.inputTokenCount",
        "amazon-bedrock-invocationMetrics.outputTokenCount",
        "amazon-bedrock-invocationMetrics.cacheReadInputTokenCount",
        "amazon-bedrock-invocationMetrics.cacheWriteInputTokenCount",
    ])
});

/// The state of an answer.
#[derive(Default)]
pub(super) struct Anthropic {
    seen: Seen,
    told: Told,
    /// Tokens written to a cache, as the sum of their lifetimes.
    split: Told,
    /// As Bedrock counts beside the answer: for models that do not tell usage themselves.
    bedrock: Told,
    has_ended: bool,
    is_fast: bool,
}

impl Machine for Anthropic {
    fn paths(&self) -> &'static Paths {
        &PATHS
    }

    fn wants(&self, event: &[u8]) -> bool {
        matches!(event, b"" | b"message_start" | b"message_delta" | b"message_stop" | b"error")
    }

    fn document(&mut self, event: &[u8], told: &Scanner) {
        let kind = told.text(At::Kind as usize);
        let kind = kind.as_deref().map_or(event, str::as_bytes);
        match kind {
            b"content_block_delta" | b"content_block_start" | b"content_block_stop" | b"ping" => {
                return;
            }
            b"message_stop" => self.has_ended = true,
            b"message_delta" => {}
            b"error" => {
                let error = told.word(At::Error as usize);
                self.seen.error = Some(error.unwrap_or_else(|| "error".into()));
            }
            _ => {
                take_id(&mut self.seen.response, told, At::Id as usize);
                take_word(&mut self.seen.model, told, At::Model as usize);
                take_word(&mut self.seen.error, told, At::Error as usize);
            }
        }
        self.usage(told);
        self.metrics(told);
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn seen(&self) -> (Seen, bool) {
        let mut seen = self.seen.clone();
        let mut told = self.told.clone();
        if told.input.or(told.output).is_none() {
            told.overlay(&self.bedrock);
        }
        if self.is_fast {
            seen.tier = Some("fast".into());
        }
        // The sum of the lifetimes counts where it is greater: answers exist with a split and no total.
        let split =
            super::counts::together(self.split.cache_creation, self.split.cache_creation_1h);
        told.cache_creation = told.cache_creation.max(split);
        told.cache_creation_1h = self.split.cache_creation_1h;
        let is_odd = told.write(&mut seen);
        (seen, is_odd || self.split.is_odd)
    }
}

impl Anthropic {
    fn usage(&mut self, told: &Scanner) {
        let prompt = [
            (&mut self.told.input, At::Input),
            (&mut self.told.cache_read, At::CacheRead),
            (&mut self.told.cache_creation, At::CacheCreation),
            (&mut self.split.cache_creation, At::Minutes),
            (&mut self.split.cache_creation_1h, At::Hour),
        ];
        for (field, slot) in prompt {
            // The prompt does not shrink: relays repeat it as 0 at the end, and Claude Code itself keeps the first.
            let before = *field;
            let is_odd = take(field, told.count(slot as usize));
            if number(before) > 0 && number(*field) == 0 {
                *field = before;
            }
            self.told.is_odd |= is_odd;
        }
        self.told.is_odd |= take(&mut self.told.output, told.count(At::Output as usize));
        self.told.is_odd |= take(&mut self.told.reasoning, told.count(At::Thinking as usize));
        let searches = positive(told.count(At::Searches as usize));
        self.seen.web_searches = searches.or(self.seen.web_searches);
        if let Some(word) = told.text(At::Tier as usize) {
            self.seen.tier = tier(&word);
        }
        if let Some(speed) = told.text(At::Speed as usize) {
            self.is_fast = speed == "fast";
        }
        let place = told.text(At::Place as usize);
        if place.is_some_and(|place| !matches!(&*place, "not_available" | "global")) {
            take_word(&mut self.seen.region, told, At::Place as usize);
        }
    }

    /// What Bedrock counts, in the last event of its streams.
    fn metrics(&mut self, told: &Scanner) {
        let slot = |at: At| Some(at as usize);
        let slots = [
            slot(At::BedrockInput),
            slot(At::BedrockRead),
            slot(At::BedrockWrite),
            None,
            slot(At::BedrockOutput),
            None,
            None,
        ];
        self.has_ended |= self.bedrock.take(told, slots);
    }
}
