//! What the mock served: the usage of every answer is known before it is given.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Tokens of one answer, in classes that do not overlap; reasoning is a part of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Usage {
    /// Prompt that was neither read from nor written to a cache.
    pub(super) input: u64,
    pub(super) cache_read: u64,
    /// All that was written to a cache.
    pub(super) cache_creation: u64,
    /// Of it, for an hour.
    pub(super) cache_creation_1h: u64,
    pub(super) output: u64,
    pub(super) reasoning: u64,
}

/// The number of an answer, from its id; see `Turn::id` of the mock.
pub(super) fn number_of(id: &str) -> Option<u64> {
    id.split_once("mock")?.1.parse().ok()
}

/// How a request was put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Wire {
    /// Anthropic Messages.
    #[default]
    Messages,
    /// `OpenAI` Chat Completions.
    Chat,
    /// `OpenAI` Responses.
    Responses,
    /// Gemini `generateContent`.
    Gemini,
}

impl Usage {
    /// The usage of an answer. No two numbers of all answers of a run are the same, so that a number in a log tells
    /// where it comes from; all stay so small that no client begins to sum up the conversation.
    pub(super) fn of(number: u64, wire: Wire) -> Self {
        let one_hour = 300 + number;
        let written = if wire == Wire::Messages { 2_000 + number + one_hour } else { 0 };
        Self {
            input: 11_003 + 7 * number,
            cache_read: 21_001 + 11 * number,
            cache_creation: written,
            cache_creation_1h: if wire == Wire::Messages { one_hour } else { 0 },
            output: 14_009 + 17 * number,
            reasoning: if wire == Wire::Messages { 0 } else { 5_002 + 3 * number },
        }
    }

    /// The prompt as `OpenAI` and Google tell it: with what was read from the cache.
    pub(super) fn prompt(self) -> u64 {
        self.input + self.cache_read
    }

    /// What these events, or this one answer, tell; `None` if they tell nothing. Written for the mock's own answers and
    /// for nothing else: the meter of the proxy is compared with it.
    pub(super) fn told<'a>(
        wire: Wire,
        events: impl IntoIterator<Item = &'a Value>,
    ) -> Option<Self> {
        let mut told: Option<Self> = None;
        for event in events {
            let places: &[&Value] = match wire {
                Wire::Messages => &[&event["message"]["usage"], &event["usage"]],
                Wire::Chat => &[&event["usage"]],
                Wire::Responses => &[&event["response"]["usage"], &event["usage"]],
                Wire::Gemini => &[&event["usageMetadata"]],
            };
            for usage in places.iter().filter(|usage| usage.is_object()) {
                let mut next = Self::of_object(wire, usage);
                // Anthropic tells it once, at the beginning.
                next.cache_creation_1h =
                    next.cache_creation_1h.max(told.unwrap_or_default().cache_creation_1h);
                told = Some(next);
            }
        }
        told
    }

    /// Of an object of the mock, which repeats almost all numbers in each.
    fn of_object(wire: Wire, usage: &Value) -> Self {
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        let (prompt, cached, output, reasoning) = match wire {
            Wire::Messages => {
                return Self {
                    input: number(&usage["input_tokens"]),
                    cache_read: number(&usage["cache_read_input_tokens"]),
                    cache_creation: number(&usage["cache_creation_input_tokens"]),
                    cache_creation_1h: number(
                        &usage["cache_creation"]["ephemeral_1h_input_tokens"],
                    ),
                    output: number(&usage["output_tokens"]),
                    reasoning: 0,
                };
            }
            Wire::Chat => (
                number(&usage["prompt_tokens"]),
                number(&usage["prompt_tokens_details"]["cached_tokens"]),
                number(&usage["completion_tokens"]),
                number(&usage["completion_tokens_details"]["reasoning_tokens"]),
            ),
            Wire::Responses => (
                number(&usage["input_tokens"]),
                number(&usage["input_tokens_details"]["cached_tokens"]),
                number(&usage["output_tokens"]),
                number(&usage["output_tokens_details"]["reasoning_tokens"]),
            ),
            Wire::Gemini => {
                let reasoning = number(&usage["thoughtsTokenCount"]);
                (
                    number(&usage["promptTokenCount"]),
                    number(&usage["cachedContentTokenCount"]),
                    number(&usage["candidatesTokenCount"]) + reasoning,
                    reasoning,
                )
            }
        };
        let input = prompt.saturating_sub(cached);
        Self { input, cache_read: cached, output, reasoning, ..Self::default() }
    }

    /// Output without reasoning.
    pub(super) fn visible(self) -> u64 {
        self.output - self.reasoning
    }
}

/// One answer that was served.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Served {
    /// Counts the answers of a client from 1.
    pub(super) number: u64,
    /// The run that it belongs to.
    pub(super) run: String,
    pub(super) wire: Wire,
    pub(super) model: String,
    pub(super) usage: Usage,
    /// Whether the connection was broken before the usage was told.
    pub(super) is_cut: bool,
    /// What was told of the usage, before the cut if there was one.
    #[serde(default)]
    pub(super) told: Option<Usage>,
    /// What the client asked for beside the work, such as a title.
    pub(super) aside: Option<String>,
}
