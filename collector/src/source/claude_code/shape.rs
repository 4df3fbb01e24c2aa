//! The fields of a line that count. Everything else is skipped unread.

use serde::Deserialize;

use crate::loose::{LooseCount, LooseFlag, LooseNumber, LooseText, LooseTime, Maybe};

/// One line.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Event {
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
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    pub(super) message: Maybe<Box<Event>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    pub(super) id: LooseText,
    pub(super) model: LooseText,
    pub(super) stop_reason: LooseText,
    pub(super) usage: Maybe<Numbers>,
}

/// The numbers of a message, or of one iteration inside of them.
#[derive(Default, Deserialize)]
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

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CacheCreation {
    pub(super) ephemeral_5m_input_tokens: LooseCount,
    pub(super) ephemeral_1h_input_tokens: LooseCount,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ServerToolUse {
    pub(super) web_search_requests: LooseCount,
}
