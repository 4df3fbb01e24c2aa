//! The fields of a line that count. Everything else is skipped unread.

use serde::Deserialize;

use crate::lines::fields;
use crate::loose::{LooseCount, LooseFlag, LooseNumber, LooseText, LooseTime, Maybe};

/// One line.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::source) struct Event<'a> {
    #[serde(rename = "type")]
    pub(super) kind: LooseText<'a>,
    pub(super) timestamp: LooseTime,
    pub(super) session_id: LooseText<'a>,
    pub(super) uuid: LooseText<'a>,
    pub(super) version: LooseText<'a>,
    pub(super) cwd: LooseText<'a>,
    pub(super) is_sidechain: LooseFlag,
    pub(super) message: Maybe<Message<'a>>,
    pub(super) data: Maybe<Progress<'a>>,
    /// Only on lines of 2025 and before.
    #[serde(rename = "costUSD")]
    pub(super) cost_usd: LooseNumber,
}

/// What a `progress` line carries: the whole line of a sub-agent.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Progress<'a> {
    pub(super) message: Maybe<Box<Event<'a>>>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    pub(super) id: LooseText<'a>,
    pub(super) model: LooseText<'a>,
    pub(super) stop_reason: LooseText<'a>,
    pub(super) usage: Maybe<Numbers<'a>>,
}

/// The numbers of a message, or of one iteration inside of them.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Numbers<'a> {
    pub(super) input_tokens: LooseCount,
    pub(super) output_tokens: LooseCount,
    pub(super) cache_read_input_tokens: LooseCount,
    pub(super) cache_creation_input_tokens: LooseCount,
    pub(super) cache_creation: Maybe<CacheCreation>,
    pub(super) server_tool_use: Maybe<ServerToolUse>,
    pub(super) service_tier: LooseText<'a>,
    pub(super) speed: LooseText<'a>,
    pub(super) inference_geo: LooseText<'a>,
    pub(super) iterations: Option<Vec<Maybe<Numbers<'a>>>>,
    /// Iterations only.
    #[serde(rename = "type")]
    pub(super) kind: LooseText<'a>,
    /// Iterations only.
    pub(super) model: LooseText<'a>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct CacheCreation {
    pub(super) ephemeral_5m_input_tokens: LooseCount,
    pub(super) ephemeral_1h_input_tokens: LooseCount,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct ServerToolUse {
    pub(super) web_search_requests: LooseCount,
}

fields!('de, Event<'de> {
    b"type" => kind,
    b"timestamp" => timestamp,
    b"sessionId" => session_id,
    b"uuid" => uuid,
    b"version" => version,
    b"cwd" => cwd,
    b"isSidechain" => is_sidechain,
    b"message" => message,
    b"data" => data,
    b"costUSD" => cost_usd,
});

fields!('de, Progress<'de> {
    b"message" => message,
});

fields!('de, Message<'de> {
    b"id" => id,
    b"model" => model,
    b"stop_reason" => stop_reason,
    b"usage" => usage,
});

fields!('de, Numbers<'de> {
    b"input_tokens" => input_tokens,
    b"output_tokens" => output_tokens,
    b"cache_read_input_tokens" => cache_read_input_tokens,
    b"cache_creation_input_tokens" => cache_creation_input_tokens,
    b"cache_creation" => cache_creation,
    b"server_tool_use" => server_tool_use,
    b"service_tier" => service_tier,
    b"speed" => speed,
    b"inference_geo" => inference_geo,
    b"iterations" => iterations,
    b"type" => kind,
    b"model" => model,
});

fields!('de, CacheCreation {
    b"ephemeral_5m_input_tokens" => ephemeral_5m_input_tokens,
    b"ephemeral_1h_input_tokens" => ephemeral_1h_input_tokens,
});

fields!('de, ServerToolUse {
    b"web_search_requests" => web_search_requests,
});

#[cfg(test)]
mod tests {
    use super::Event;
    use crate::lines::skim_check;

    const LINE: &str = r#"{"parentUuid":null,"isSidechain":true,"cwd":"C:\\work","sessionId":"s","version":"2.1.0","type":"assistant","message":{"id":"msg_1","model":"m","content":[{"type":"text","text":"a \"usage\": {\n é \ud83d\ude00"},{"input":{"a":[1,-2.5e3,true,null,{}]}}],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":"2","cache_creation":{"ephemeral_5m_input_tokens":3.0},"server_tool_use":{"web_search_requests":1},"service_tier":"standard","iterations":[{"type":"message","input_tokens":-1},null,7]}},"data":{"message":{"type":"assistant","message":{"usage":{"output_tokens":9}}}},"costUSD":0.25,"timestamp":"2026-05-01T10:00:00.123Z"}"#;

    fn is_same(line: &[u8]) -> bool {
        skim_check::is_same::<Event<'_>>(line)
    }

    #[test]
    fn a_plain_line_is_read_the_fast_way() {
        // Of lists only items that are objects, lists or null are plain.
        assert!(is_same(LINE.replace(",null,7]", ",null,[7]]").as_bytes()));
    }

    #[test]
    fn damage_means_the_same_both_ways() {
        skim_check::damage(is_same, LINE);
    }

    #[test]
    fn any_text_of_these_fields_means_the_same_both_ways() {
        let keys = &["type", "message", "data", "usage", "iterations", "model", "timestamp"];
        skim_check::any_text(is_same, keys);
    }
}
