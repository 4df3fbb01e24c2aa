//! `OpenAI`'s Responses: streamed, whole, or as messages of a WebSocket.
//!
//! <https://platform.openai.com/docs/api-reference/responses-streaming> (read 20 Nov 2026): usage is told in the one
//! event that ends the answer, `response.completed`, `response.incomplete` or `response.failed`.

use std::sync::LazyLock;

use super::Seen;
use super::counts::{Told, tier};
use super::machine::{Machine, take_id, take_word};
use crate::json::{Paths, Scanner};

#[derive(Clone, Copy)]
enum At {
    Kind,
    Id,
    Model,
    Tier,
    Status,
    Error,
    ErrorKind,
    ErrorCode,
    PlainCode,
    Items,
    Actions,
    Input,
    Cached,
    Written,
    Output,
    Reasoning,
    Total,
}

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(&[
        "type",
        "response?.id",
        "response?.model",
        "response?.service_tier",
        "response?.status",
        "response.error.code",
        "error.type",
        "error.code",
        "code",
        "response?.output.*.type",
        "response?.output.*.action.type",
        "response?.usage.input_tokens",
        "response?.usage.input_tokens_details.cached_tokens",
        "response?.usage.input_tokens_details.cache_write_tokens",
        "response?.usage.output_tokens",
        "response?.usage.output_tokens_details.reasoning_tokens",
        "response?.usage.total_tokens",
    ])
});

/// What a call of the web search does; only searches are billed
/// (<https://platform.openai.com/docs/pricing>, read 20 Nov 2026).
const ACTIONS: [&str; 4] = ["search", "open_page", "find_in_page", "find"];

/// The state of an answer.
#[derive(Default)]
pub(super) struct Responses {
    seen: Seen,
    told: Told,
    has_ended: bool,
}

impl Machine for Responses {
    fn paths(&self) -> &'static Paths {
        &PATHS
    }

    fn wants(&self, event: &[u8]) -> bool {
        let is_head = matches!(event, b"response.created" | b"response.in_progress");
        let is_known = event.starts_with(b"response.") && !is_head;
        is_head || !is_known || is_terminal(event)
    }

    fn document(&mut self, event: &[u8], told: &Scanner) {
        let kind = told.text(At::Kind as usize);
        let kind = kind.as_deref().map_or(event, str::as_bytes);
        let is_error = kind == b"error";
        if !self.wants(kind) || (kind.starts_with(b"codex.") && !is_error) {
            return;
        }
        self.has_ended |= is_terminal(kind);
        if is_error {
            self.seen.error = Some("error".into());
        }
        if kind == b"response.failed"
            || told.text(At::Status as usize).is_some_and(|status| status == "failed")
        {
            self.seen.error = Some("failed".into());
        }
        take_id(&mut self.seen.response, told, At::Id as usize);
        take_word(&mut self.seen.model, told, At::Model as usize);
        let codes: &[At] = if is_error {
            &[At::PlainCode, At::ErrorKind, At::ErrorCode]
        } else {
            &[At::ErrorKind, At::ErrorCode, At::Error]
        };
        for code in codes {
            take_word(&mut self.seen.error, told, *code as usize);
        }
        if let Some(word) = told.text(At::Tier as usize) {
            self.seen.tier = tier(&word);
        }
        self.usage(told);
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn seen(&self) -> (Seen, bool) {
        let mut seen = self.seen.clone();
        let is_odd = self.told.clone().split().write(&mut seen);
        (seen, is_odd)
    }
}

impl Responses {
    fn usage(&mut self, told: &Scanner) {
        let slot = |at: At| Some(at as usize);
        let slots = [
            slot(At::Input),
            slot(At::Cached),
            slot(At::Written),
            None,
            slot(At::Output),
            slot(At::Reasoning),
            slot(At::Total),
        ];
        self.told.take(told, slots);
        let done = ACTIONS.map(|action| told.times(At::Actions as usize, action));
        let searches = if done.iter().any(|count| *count > 0) {
            done[0]
        } else {
            told.times(At::Items as usize, "web_search_call")
        };
        let searches = u32::try_from(searches).ok().filter(|searches| *searches > 0);
        self.seen.web_searches = searches.or(self.seen.web_searches);
    }
}

fn is_terminal(event: &[u8]) -> bool {
    matches!(
        event,
        b"response.completed" | b"response.incomplete" | b"response.failed" | b"response.cancelled"
    )
}
