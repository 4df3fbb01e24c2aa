//! What is spoken: which protocol a path belongs to.

mod endpoint;
mod google;
mod openai;

use serde::{Deserialize, Serialize};

pub use endpoint::{Endpoint, Platform};

/// The family of protocols that an upstream speaks.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "every rule about families must name all of them")]
pub enum Family {
    /// Anthropic's Messages.
    Anthropic,
    /// `OpenAI`'s Chat Completions, Responses, Embeddings, and all who speak them.
    Openai,
    /// Google's `generateContent`.
    Gemini,
    /// Amazon Bedrock's runtime.
    Bedrock,
    /// Anything else: relayed, and not metered.
    #[default]
    Other,
}

/// What one request speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "every rule about protocols must name all of them")]
pub enum Protocol {
    /// `POST /v1/messages`.
    AnthropicMessages,
    /// `POST /v1/chat/completions`.
    OpenaiChat,
    /// `POST /v1/responses`, and its WebSocket form.
    OpenaiResponses,
    /// `POST /v1/completions`.
    OpenaiCompletions,
    /// `POST /v1/embeddings`.
    OpenaiEmbeddings,
    /// `generateContent` and `streamGenerateContent`.
    GeminiGenerate,
    /// Bedrock's `invoke` and `invoke-with-response-stream`.
    BedrockInvoke,
    /// Bedrock's `converse` and `converse-stream`.
    BedrockConverse,
    /// Costs nothing or is not known: counting tokens, lists of models, all other paths.
    #[default]
    Unmetered,
}

impl Family {
    /// All that have upstreams of their own.
    pub const ALL: [Self; 4] = [Self::Anthropic, Self::Openai, Self::Gemini, Self::Bedrock];

    /// The family of a word in files and options.
    pub fn of(word: &str) -> Option<Self> {
        let all = Self::ALL.into_iter().chain([Self::Other]);
        all.into_iter().find(|family| family.word() == word)
    }

    /// The word for it in files and options.
    pub fn word(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::Openai => "openai",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::Other => "other",
        }
    }
}

impl Protocol {
    /// The word for it in the ledger; `None` for what is not metered.
    pub fn word(self) -> Option<&'static str> {
        Some(match self {
            Self::AnthropicMessages => "anthropic-messages",
            Self::OpenaiChat => "openai-chat",
            Self::OpenaiResponses => "openai-responses",
            Self::OpenaiCompletions => "openai-completions",
            Self::OpenaiEmbeddings => "openai-embeddings",
            Self::GeminiGenerate => "gemini-generate",
            Self::BedrockInvoke => "bedrock-invoke",
            Self::BedrockConverse => "bedrock-converse",
            Self::Unmetered => return None,
        })
    }
}
