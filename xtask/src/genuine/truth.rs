//! What the mock served: the usage of every answer is known before it is given.

use serde::{Deserialize, Serialize};

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

/// How a request was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Wire {
    /// Anthropic Messages.
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

    /// Output without reasoning.
    pub(super) fn visible(self) -> u64 {
        self.output - self.reasoning
    }
}

/// One answer that was served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// What the client asked for beside the work, such as a title.
    pub(super) aside: Option<String>,
}
