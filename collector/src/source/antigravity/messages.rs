//! The messages that its rows hold: the fields that count, by their numbers.

use data_schema::UtcSeconds;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct GeneratorMetadata {
    #[prost(message, optional, tag = "1")]
    pub(super) chat_model: Option<ChatModel>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ChatModel {
    #[prost(message, optional, tag = "4")]
    pub(super) usage: Option<ModelUsage>,
    #[prost(message, optional, tag = "9")]
    pub(super) generation: Option<GenerationInfo>,
    #[prost(message, repeated, tag = "17")]
    pub(super) retries: Vec<Retry>,
    #[prost(bytes = "vec", tag = "19")]
    pub(super) response_model: Vec<u8>,
    #[prost(bytes = "vec", tag = "21")]
    pub(super) label: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct GenerationInfo {
    #[prost(message, optional, tag = "4")]
    pub(super) at: Option<Timestamp>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct StepMetadata {
    #[prost(message, optional, tag = "1")]
    pub(super) created: Option<Timestamp>,
    #[prost(message, optional, tag = "8")]
    pub(super) completed: Option<Timestamp>,
    #[prost(message, optional, tag = "9")]
    pub(super) usage: Option<ModelUsage>,
    #[prost(message, optional, tag = "24")]
    pub(super) model: Option<ModelInfo>,
    #[prost(message, repeated, tag = "28")]
    pub(super) retries: Vec<Retry>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ModelInfo {
    #[prost(bytes = "vec", tag = "8")]
    pub(super) label: Vec<u8>,
    #[prost(bytes = "vec", tag = "12")]
    pub(super) name: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Retry {
    #[prost(message, optional, tag = "2")]
    pub(super) usage: Option<ModelUsage>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ModelUsage {
    #[prost(uint64, tag = "1")]
    pub(super) model: u64,
    #[prost(uint64, optional, tag = "2")]
    pub(super) input: Option<u64>,
    #[prost(uint64, optional, tag = "3")]
    pub(super) output: Option<u64>,
    #[prost(uint64, optional, tag = "4")]
    pub(super) cache_write: Option<u64>,
    #[prost(uint64, optional, tag = "5")]
    pub(super) cache_read: Option<u64>,
    #[prost(bytes = "vec", tag = "7")]
    pub(super) message_id: Vec<u8>,
    #[prost(uint64, optional, tag = "9")]
    pub(super) thinking: Option<u64>,
    #[prost(uint64, optional, tag = "10")]
    pub(super) text: Option<u64>,
    #[prost(bytes = "vec", tag = "11")]
    pub(super) response_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "12")]
    pub(super) provider_id: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(super) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Trajectory {
    #[prost(message, optional, tag = "1")]
    pub(super) workspace: Option<Workspace>,
    #[prost(message, optional, tag = "2")]
    pub(super) created: Option<Timestamp>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Workspace {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) uri: Vec<u8>,
}

impl ModelUsage {
    /// What makes a call one among all: the first id that is told, else its numbers in its conversation.
    pub(super) fn id(&self, conversation: &str) -> String {
        let ids = [&self.response_id, &self.provider_id, &self.message_id];
        ids.into_iter().find_map(|id| text(id)).unwrap_or_else(|| {
            let numbers =
                [Some(self.model), self.input, self.cache_read, self.cache_write, self.output];
            format!("{conversation} {:?}", numbers.map(Option::unwrap_or_default))
        })
    }
}

impl Timestamp {
    pub(super) fn time(self) -> Option<UtcSeconds> {
        UtcSeconds::new(self.seconds).filter(|_| self.seconds > 0)
    }
}

/// A text that is not empty.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    Some(String::from_utf8_lossy(bytes).trim().to_owned()).filter(|text| !text.is_empty())
}
