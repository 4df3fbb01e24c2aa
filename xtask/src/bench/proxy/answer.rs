//! What the mock upstream answers. Every answer has a number; its id and its usage follow from it, so that each line of
//! the ledger can be checked by itself.

use serde::{Deserialize, Serialize};

/// What stands before the time in every piece of a stream: nanoseconds since 1970, 19 digits.
pub(super) const STAMP: &[u8] = b"~t";
/// Digits of a stamp.
pub(super) const STAMP_DIGITS: usize = 19;

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Wire {
    /// `OpenAI` Chat Completions.
    Chat,
    /// Anthropic Messages.
    Messages,
}

/// Usage of one answer, in tokens. All numbers have six digits: answers of all numbers are equally long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    /// Neither read from nor written to a cache.
    pub(super) input: u64,
    pub(super) cached: u64,
    pub(super) output: u64,
}

impl Usage {
    pub(super) fn of(number: u64) -> Self {
        Self {
            input: 100_000 + number % 700_000,
            cached: 100_000 + number % 90_000,
            output: 100_000 + number.wrapping_mul(7) % 800_000,
        }
    }

    /// As `OpenAI` tells it: with what was read from the cache.
    fn prompt(self) -> u64 {
        self.input + self.cached
    }
}

impl Wire {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Messages => "/v1/messages",
        }
    }

    /// The one that a path asks for.
    pub(super) fn of(path: &str) -> Self {
        if path.ends_with("/messages") { Self::Messages } else { Self::Chat }
    }

    fn id(self, number: u64) -> String {
        let prefix = match self {
            Self::Chat => "chatcmpl-",
            Self::Messages => "msg_",
        };
        format!("{prefix}bench{number:020}")
    }
}

/// The number of an answer, from its id.
pub(super) fn number_of(id: &str) -> Option<u64> {
    id.split_once("bench")?.1.parse().ok()
}

/// A body of so many bytes that asks for an answer. What `LiteLLM` needs stands in it as well.
pub(super) fn ask(wire: Wire, bytes: usize, is_stream: bool) -> Vec<u8> {
    let stream = match (is_stream, wire) {
        (true, Wire::Chat) => r#""stream":true,"stream_options":{"include_usage":true},"#,
        (true, Wire::Messages) => r#""stream":true,"#,
        (false, _) => "",
    };
    let head = format!(
        r#"{{"model":"bench",{stream}"max_tokens":900000,"messages":[{{"role":"user","content":""#
    );
    padded(&head, r#""}]}"#, bytes)
}

/// A whole answer of so many bytes, or as many as it needs at least.
pub(super) fn whole(wire: Wire, number: u64, bytes: usize) -> Vec<u8> {
    let (id, Usage { input, cached, output }) = (wire.id(number), Usage::of(number));
    let prompt = Usage::of(number).prompt();
    let (head, tail) = match wire {
        Wire::Chat => (
            format!(
                r#"{{"id":"{id}","object":"chat.completion","created":1800000000,"model":"bench","choices":[{{"index":0,"message":{{"role":"assistant","content":""#
            ),
            format!(
                r#""}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":{prompt},"completion_tokens":{output},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":{cached}}}}}}}"#,
                prompt + output
            ),
        ),
        Wire::Messages => (
            format!(
                r#"{{"id":"{id}","type":"message","role":"assistant","model":"bench","content":[{{"type":"text","text":""#
            ),
            format!(
                r#""}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":{input},"cache_creation_input_tokens":0,"cache_read_input_tokens":{cached},"output_tokens":{output}}}}}"#
            ),
        ),
    };
    padded(&head, &tail, bytes)
}

fn padded(head: &str, tail: &str, bytes: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(bytes.max(head.len() + tail.len()));
    body.extend_from_slice(head.as_bytes());
    let rest = bytes.saturating_sub(head.len() + tail.len());
    body.extend(b"words of a prompt ".iter().cycle().take(rest));
    body.extend_from_slice(tail.as_bytes());
    body
}

/// How a stream begins.
pub(super) fn begin(wire: Wire, number: u64) -> String {
    let (id, usage) = (wire.id(number), Usage::of(number));
    match wire {
        Wire::Chat => chunk(&id, r#"{"role":"assistant","content":""}"#, "null"),
        Wire::Messages => format!(
            "event: message_start\ndata: {{\"type\":\"message_start\",\"message\":{{\"id\":\"{id}\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{{\"input_tokens\":{},\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":{},\"output_tokens\":1}}}}}}\n\nevent: content_block_start\ndata: {{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{{\"type\":\"text\",\"text\":\"\"}}}}\n\n",
            usage.input, usage.cached
        ),
    }
}

/// A piece of it that tells when it was sent: nanoseconds since 1970.
pub(super) fn piece(wire: Wire, number: u64, nanoseconds: u64) -> String {
    match wire {
        Wire::Chat => chunk(
            &wire.id(number),
            &format!(r#"{{"content":"~t{nanoseconds:019} some words"}}"#),
            "null",
        ),
        Wire::Messages => format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"~t{nanoseconds:019} some words\"}}}}\n\n"
        ),
    }
}

/// How it ends.
pub(super) fn end(wire: Wire, number: u64) -> String {
    let (id, usage) = (wire.id(number), Usage::of(number));
    let (prompt, Usage { cached, output, .. }) = (usage.prompt(), usage);
    match wire {
        Wire::Chat => {
            let last = chunk(&id, "{}", r#""stop""#);
            format!(
                "{last}data: {{\"id\":\"{id}\",\"object\":\"chat.completion.chunk\",\"created\":1800000000,\"model\":\"bench\",\"choices\":[],\"usage\":{{\"prompt_tokens\":{prompt},\"completion_tokens\":{output},\"total_tokens\":{},\"prompt_tokens_details\":{{\"cached_tokens\":{cached}}}}}}}\n\ndata: [DONE]\n\n",
                prompt + output
            )
        }
        Wire::Messages => format!(
            "event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\"index\":0}}\n\nevent: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"end_turn\",\"stop_sequence\":null}},\"usage\":{{\"output_tokens\":{output}}}}}\n\nevent: message_stop\ndata: {{\"type\":\"message_stop\"}}\n\n"
        ),
    }
}

fn chunk(id: &str, delta: &str, stop: &str) -> String {
    format!(
        "data: {{\"id\":\"{id}\",\"object\":\"chat.completion.chunk\",\"created\":1800000000,\"model\":\"bench\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{stop}}}]}}\n\n"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn bodies_are_json_of_the_length_that_is_asked_for_and_tell_their_usage() {
        for number in [0, 7, 123_456_789] {
            let usage = Usage::of(number);
            let chat = whole(Wire::Chat, number, 1000);
            let messages = whole(Wire::Messages, number, 1000);
            assert_eq!((chat.len(), messages.len()), (1000, 1000));
            let [chat, messages] =
                [chat, messages].map(|body| serde_json::from_slice::<Value>(&body).unwrap());
            assert_eq!(chat["usage"]["prompt_tokens"], usage.input + usage.cached);
            assert_eq!(messages["usage"]["input_tokens"], usage.input);
            for told in [&chat, &messages] {
                assert_eq!(number_of(told["id"].as_str().unwrap()), Some(number));
            }
        }
        let asked = ask(Wire::Chat, 100_000, true);
        assert_eq!(asked.len(), 100_000);
        assert_eq!(serde_json::from_slice::<Value>(&asked).unwrap()["stream"], true);
    }

    #[test]
    fn streams_are_events_of_json() {
        for wire in [Wire::Chat, Wire::Messages] {
            let text = [begin(wire, 5), piece(wire, 5, 1_795_000_000_000_000_000), end(wire, 5)];
            let text = text.concat();
            let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
            let data: Vec<Value> = data
                .filter(|data| *data != "[DONE]")
                .map(|data| serde_json::from_str(data).unwrap())
                .collect();
            let output = data.iter().filter_map(|one| {
                one["usage"]["completion_tokens"]
                    .as_u64()
                    .or(one["usage"]["output_tokens"].as_u64())
            });
            assert_eq!(output.max(), Some(Usage::of(5).output));
            assert!(text.contains("~t1795000000000000000 "));
        }
    }

    #[test]
    fn ids_of_others_have_no_number() {
        assert_eq!(number_of("chatcmpl-123"), None);
        assert_eq!(number_of("msg_benchmark"), None);
    }
}
