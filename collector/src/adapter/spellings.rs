//! Usage as the vendors' interfaces spell it: tools that pass it on write down whichever they were sent.
//!
//! The names of Anthropic (<https://docs.claude.com/en/api/messages>), of `OpenAI`'s chat interface
//! (<https://platform.openai.com/docs/api-reference/chat/object>), of `DeepSeek`
//! (<https://api-docs.deepseek.com/guides/kv_cache>), of `OpenAI`'s agents
//! (<https://openai.github.io/openai-agents-js/openai/agents-core/classes/usage/>) and the same with capitals; read
//! 2026-11-21.

use data_schema::Tokens;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::counts::{Counts, Shape};
use super::sink::Sink;
use crate::loose::{LooseCount, Maybe};

/// Usage under any of its names.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AnyUsage {
    input_tokens: LooseCount,
    #[serde(rename = "inputTokens")]
    input: LooseCount,
    prompt_tokens: LooseCount,
    #[serde(rename = "promptTokens")]
    prompt: LooseCount,
    output_tokens: LooseCount,
    #[serde(rename = "outputTokens")]
    output: LooseCount,
    completion_tokens: LooseCount,
    #[serde(rename = "completionTokens")]
    completion: LooseCount,
    cache_read_input_tokens: LooseCount,
    #[serde(rename = "cacheReadInputTokens")]
    cache_read: LooseCount,
    prompt_cache_hit_tokens: LooseCount,
    cached_tokens: LooseCount,
    prompt_tokens_details: Nested,
    #[serde(rename = "inputTokensDetails")]
    input_details: Nested,
    cache_creation_input_tokens: LooseCount,
    #[serde(rename = "cacheCreationInputTokens")]
    cache_creation: LooseCount,
    prompt_cache_write_tokens: LooseCount,
    completion_thinking_tokens: LooseCount,
    #[serde(rename = "completionThinkingTokens")]
    completion_thinking: LooseCount,
    completion_tokens_details: Nested,
    #[serde(rename = "outputTokensDetails")]
    output_details: Nested,
    total_tokens: LooseCount,
    #[serde(rename = "totalTokens")]
    total: LooseCount,
}

/// Details of a count: an object, or a list of one for each request.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Nested {
    Many(Vec<Maybe<Details>>),
    One(Details),
    Other(IgnoredAny),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: LooseCount,
    reasoning_tokens: LooseCount,
}

impl Default for Nested {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

impl Nested {
    /// One of the details; the sum of those of several requests.
    fn count(&self, which: fn(&Details) -> LooseCount) -> LooseCount {
        let (many, one): (&[Maybe<Details>], _) = match self {
            Self::Many(parts) => (parts, None),
            Self::One(part) => (&[], Some(part)),
            Self::Other(_) => (&[], None),
        };
        let parts = many.iter().filter_map(|part| part.0.as_ref()).chain(one);
        parts.map(which).fold(LooseCount::NotTold, |sum, count| match (sum, count) {
            (LooseCount::Told(a), LooseCount::Told(b)) => {
                LooseCount::Told(Tokens::saturating(a.get().saturating_add(b.get())))
            }
            (sum, LooseCount::NotTold) => sum,
            (_, count) => count,
        })
    }
}

impl AnyUsage {
    /// The counts. `usual`: what the numbers contain where no sum beside them says so; what goes by the name of a
    /// prompt has the caches in it in any case.
    pub(crate) fn counts(&self, sink: &mut Sink<'_>, usual: Shape) -> Counts {
        let cached = [&self.prompt_tokens_details, &self.input_details]
            .map(|nested| nested.count(|details| details.cached_tokens));
        let reasoned = [&self.completion_tokens_details, &self.output_details]
            .map(|nested| nested.count(|details| details.reasoning_tokens));
        let prompt = first([self.prompt_tokens, self.prompt]);
        let input = first([self.input_tokens, self.input]);
        let is_prompt = input == LooseCount::NotTold;
        let cache_read = [
            self.cache_read_input_tokens,
            self.cache_read,
            self.prompt_cache_hit_tokens,
            self.cached_tokens,
            first(cached),
        ];
        let cache_creation =
            [self.cache_creation_input_tokens, self.cache_creation, self.prompt_cache_write_tokens];
        let output = [self.output_tokens, self.output, self.completion_tokens, self.completion];
        let reasoning =
            [self.completion_thinking_tokens, self.completion_thinking, first(reasoned)];
        let counts = Counts {
            input: sink.count(if is_prompt { prompt } else { input }, "input tokens"),
            cache_read: sink.count(first(cache_read), "cached tokens"),
            cache_creation: sink.count(first(cache_creation), "tokens written to a cache"),
            output: sink.count(first(output), "output tokens"),
            reasoning: sink.count(first(reasoning), "reasoning tokens"),
            ..Counts::default()
        };
        let total = sink.count(first([self.total_tokens, self.total]), "total tokens");
        let total = total.filter(|total| *total > Tokens::ZERO);
        let usual = Shape { prompt_has_cache: usual.prompt_has_cache || is_prompt, ..usual };
        counts.fitting(total, usual).0
    }
}

/// The first that tells more than nothing, else the first that is told.
fn first<const N: usize>(counts: [LooseCount; N]) -> LooseCount {
    let nothing = [LooseCount::NotTold, LooseCount::Told(Tokens::ZERO)];
    let told = |counts: &[LooseCount], but: &[LooseCount]| {
        counts.iter().find(|count| !but.contains(count)).copied()
    };
    told(&counts, &nothing).or_else(|| told(&counts, &nothing[..1])).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_tells_nothing_does_not_hide_another() {
        let told = |number| LooseCount::Told(Tokens::new(number).unwrap());
        assert_eq!(first([LooseCount::NotTold, told(0), told(5)]), told(5));
        assert_eq!(first([LooseCount::NotTold, told(0)]), told(0));
        assert_eq!(first([LooseCount::NotTold]), LooseCount::NotTold);
    }

    #[test]
    fn details_are_an_object_or_a_list() {
        let count = |json: &str| {
            serde_json::from_str::<Nested>(json).unwrap().count(|details| details.cached_tokens)
        };
        let told = |number| LooseCount::Told(Tokens::new(number).unwrap());
        assert_eq!(count("{\"cached_tokens\": 5, \"more\": [1]}"), told(5));
        assert_eq!(count("[{\"cached_tokens\": 5}, {}, {\"cached_tokens\": 7}]"), told(12));
        for json in ["null", "5", "\"a\"", "[]", "[1]", "{}"] {
            assert_eq!(count(json), LooseCount::NotTold, "{json}");
        }
    }
}
