//! Google's `generateContent` and `streamGenerateContent`: events, one list that arrives in pieces, or one object; each
//! plain or, as Code Assist has it, inside of `response`.
//!
//! <https://ai.google.dev/api/generate-content#UsageMetadata> (read 20 Nov 2026): the prompt contains what was read
//! from the cache, candidates do not contain thoughts, the prompt of tools stands apart; every part of a stream tells
//! the usage until then.

use std::sync::LazyLock;

use data_schema::{Text, Tokens};
use serde::Deserialize;

use super::Seen;
use super::counts::{Shape, Told, take, together};
use super::machine::{Machine, take_id, take_word};
use crate::json::{Paths, Scanner};

#[derive(Clone, Copy)]
enum At {
    Id,
    Model,
    Reason,
    Blocked,
    Error,
    Prompt,
    Cached,
    Candidates,
    Thoughts,
    Tools,
    Total,
    PromptDetails,
    CandidatesDetails,
    Traffic,
    Tier,
}

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(&[
        "response?.responseId",
        "response?.modelVersion",
        "response?.candidates.*.finishReason",
        "response?.promptFeedback.blockReason",
        "error.status",
        "response?.usageMetadata.promptTokenCount",
        "response?.usageMetadata.cachedContentTokenCount",
        "response?.usageMetadata.candidatesTokenCount",
        "response?.usageMetadata.thoughtsTokenCount",
        "response?.usageMetadata.toolUsePromptTokenCount",
        "response?.usageMetadata.totalTokenCount",
        "response?.usageMetadata.promptTokensDetails",
        "response?.usageMetadata.candidatesTokensDetails",
        "response?.usageMetadata.trafficType",
        "response?.usageMetadata.serviceTier",
    ])
});

/// The state of an answer.
#[derive(Default)]
pub(super) struct Gemini {
    seen: Seen,
    told: Told,
    tools: Option<Tokens>,
    /// Tokens by modality as they were written, of prompt and candidates.
    details: [Vec<u8>; 2],
    has_ended: bool,
}

impl Machine for Gemini {
    fn paths(&self) -> &'static Paths {
        &PATHS
    }

    fn document(&mut self, _event: &[u8], told: &Scanner) {
        take_id(&mut self.seen.response, told, At::Id as usize);
        take_word(&mut self.seen.model, told, At::Model as usize);
        take_word(&mut self.seen.error, told, At::Error as usize);
        self.has_ended |= told.has_any(At::Reason as usize) || told.has(At::Blocked as usize);
        let slot = |at: At| Some(at as usize);
        let slots = [
            slot(At::Prompt),
            slot(At::Cached),
            None,
            None,
            slot(At::Candidates),
            slot(At::Thoughts),
            slot(At::Total),
        ];
        self.told.take(told, slots);
        self.told.is_odd |= take(&mut self.tools, told.count(At::Tools as usize));
        for (kept, slot) in self.details.iter_mut().zip([At::PromptDetails, At::CandidatesDetails])
        {
            if let Some(raw) = told.raw(slot as usize) {
                kept.clear();
                kept.extend_from_slice(raw);
            }
        }
        for slot in [At::Traffic, At::Tier] {
            if let Some(word) = told.text(slot as usize) {
                self.seen.tier = tier(&word).or(self.seen.tier.take());
            }
        }
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn seen(&self) -> (Seen, bool) {
        let mut seen = self.seen.clone();
        let mut told = self.told.clone();
        told.input = together(told.input, self.tools);
        let usual = Shape { prompt_has_cache: true, output_has_reasoning: false };
        let is_odd = told.fitting(usual).write(&mut seen);
        let [prompt, candidates] = &self.details;
        seen.audio_tokens = together(of(prompt, "AUDIO"), of(candidates, "AUDIO"));
        seen.image_tokens = together(of(prompt, "IMAGE"), of(candidates, "IMAGE"));
        (seen, is_odd)
    }
}

/// `ON_DEMAND_PRIORITY` is Vertex's word, `priority` that of the Gemini API.
fn tier(word: &str) -> Option<Text> {
    super::counts::tier(word.rsplit('_').next().unwrap_or(word))
}

/// Tokens of one modality.
fn of(details: &[u8], modality: &str) -> Option<Tokens> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Detail {
        modality: String,
        token_count: Option<u64>,
    }
    let details: Vec<Detail> = serde_json::from_slice(details).ok()?;
    let found = details.into_iter().find(|detail| detail.modality == modality)?;
    found.token_count.and_then(Tokens::new)
}
