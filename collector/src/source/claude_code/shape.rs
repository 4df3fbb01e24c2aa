//! The fields of a line that count. Everything else is skipped unread.

use serde::Deserialize;

use crate::loose::{LooseCount, LooseFlag, LooseNumber, LooseText, LooseTime, Maybe};

/// One line.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::source) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: LooseText,
    pub(super) timestamp: LooseTime,
    pub(super) session_id: LooseText,
    pub(super) uuid: LooseText,
    pub(super) version: LooseText,
    pub(super) cwd: LooseText,
    pub(super) is_sidechain: LooseFlag,
    pub(super) message: Maybe<Message>,
    pub(super) data: Maybe<Progress>,
    /// Only on lines of 2025 and before.
    #[serde(rename = "costUSD")]
    pub(super) cost_usd: LooseNumber,
}

/// What a `progress` line carries: the whole line of a sub-agent.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    pub(super) message: Maybe<Box<Event>>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    pub(super) id: LooseText,
    pub(super) model: LooseText,
    pub(super) stop_reason: LooseText,
    pub(super) usage: Maybe<Numbers>,
}

/// The numbers of a message, or of one iteration inside of them.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Numbers {
    pub(super) input_tokens: LooseCount,
    pub(super) output_tokens: LooseCount,
    pub(super) cache_read_input_tokens: LooseCount,
    pub(super) cache_creation_input_tokens: LooseCount,
    pub(super) cache_creation: Maybe<CacheCreation>,
    pub(super) server_tool_use: Maybe<ServerToolUse>,
    pub(super) service_tier: LooseText,
    pub(super) speed: LooseText,
    pub(super) inference_geo: LooseText,
    pub(super) iterations: Option<Vec<Maybe<Numbers>>>,
    /// Iterations only.
    #[serde(rename = "type")]
    pub(super) kind: LooseText,
    /// Iterations only.
    pub(super) model: LooseText,
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

#[cfg(test)]
mod tests {
    use super::Event;
    use crate::lines::skim_check;
    use crate::loose::Maybe;

    const LINE: &str = r#"{"parentUuid":null,"isSidechain":true,"cwd":"C:\\work","sessionId":"s","version":"2.1.0","type":"assistant","message":{"id":"msg_1","model":"m","content":[{"type":"text","text":"a \"usage\": {\n é \ud83d\ude00"},{"input":{"a":[1,-2.5e3,true,null,{}]}}],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":"2","cache_creation":{"ephemeral_5m_input_tokens":3.0},"server_tool_use":{"web_search_requests":1},"service_tier":"standard","iterations":[{"type":"message","input_tokens":-1},null,7]}},"data":{"message":{"type":"assistant","message":{"usage":{"output_tokens":9}}}},"costUSD":0.25,"timestamp":"2026-05-01T10:00:00.123Z"}"#;

    #[test]
    fn a_plain_line_is_read_the_fast_way() {
        assert!(skim_check::is_same::<Maybe<Event>>(LINE.as_bytes()));
    }

    #[test]
    fn damage_means_the_same_both_ways() {
        skim_check::damage::<Maybe<Event>>(LINE);
    }

    #[test]
    fn any_text_of_these_fields_means_the_same_both_ways() {
        let keys = &["type", "message", "data", "usage", "iterations", "model", "timestamp"];
        skim_check::any_text::<Maybe<Event>>(keys);
    }
}
