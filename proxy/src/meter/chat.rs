//! `OpenAI`'s Chat Completions and all who speak them; also Completions and Embeddings, whose usage has the same names.
//!
//! <https://platform.openai.com/docs/api-reference/chat-streaming> (read 20 Nov 2026): usage comes in one extra event
//! without choices. Others tell it in any event, in every event, or with names of their own:
//! `prompt_cache_hit_tokens` <https://api-docs.deepseek.com/api/create-chat-completion>, `cost`
//! <https://openrouter.ai/docs/use-cases/usage-accounting>, `x_groq` <https://console.groq.com/docs/api-reference>.

use std::sync::LazyLock;

use super::Seen;
use super::counts::{Shape, Told, take, tier, together};
use super::machine::{Machine, take_id, take_word};
use crate::json::{Paths, Scanner};

#[derive(Clone, Copy)]
enum At {
    Id,
    Model,
    Tier,
    Reason,
    ErrorKind,
    ErrorCode,
    Prompt,
    Completion,
    Total,
    Cached,
    CachedFlat,
    CacheHit,
    CacheRead,
    Written,
    WrittenIn,
    WrittenFlat,
    Reasoning,
    AudioIn,
    AudioOut,
    ImageIn,
    ImageOut,
    Cost,
}

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(&[
        "id",
        "model",
        "service_tier",
        "choices.*.finish_reason",
        "error.type",
        "error.code",
        "x_groq?.usage.prompt_tokens",
        "x_groq?.usage.completion_tokens",
        "x_groq?.usage.total_tokens",
        "x_groq?.usage.prompt_tokens_details.cached_tokens",
        "x_groq?.usage.cached_tokens",
        "x_groq?.usage.prompt_cache_hit_tokens",
        "x_groq?.usage.cache_read_input_tokens",
        "x_groq?.usage.prompt_tokens_details.cache_write_tokens",
        "x_groq?.usage.prompt_tokens_details.cache_creation_input_tokens",
        "x_groq?.usage.cache_creation_input_tokens",
        "x_groq?.usage.completion_tokens_details.reasoning_tokens",
        "x_groq?.usage.prompt_tokens_details.audio_tokens",
        "x_groq?.usage.completion_tokens_details.audio_tokens",
        "x_groq?.usage.prompt_tokens_details.image_tokens",
        "x_groq?.usage.completion_tokens_details.image_tokens",
        "x_groq?.usage.cost",
    ])
});

/// The numbers of one usage object.
#[derive(Clone, Default)]
struct Usage {
    told: Told,
    audio: [Option<data_schema::Tokens>; 2],
    images: [Option<data_schema::Tokens>; 2],
}

/// The state of an answer.
#[derive(Default)]
pub(super) struct Chat {
    seen: Seen,
    usage: Usage,
    has_ended: bool,
}

impl Machine for Chat {
    fn paths(&self) -> &'static Paths {
        &PATHS
    }

    fn document(&mut self, _event: &[u8], told: &Scanner) {
        take_id(&mut self.seen.response, told, At::Id as usize);
        take_word(&mut self.seen.model, told, At::Model as usize);
        if let Some(word) = told.text(At::Tier as usize) {
            self.seen.tier = tier(&word);
        }
        self.has_ended |= told.has_any(At::Reason as usize);
        for slot in [At::ErrorCode, At::ErrorKind] {
            take_word(&mut self.seen.error, told, slot as usize);
        }
        self.usage(told);
    }

    fn done(&mut self) {
        self.has_ended = true;
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn seen(&self) -> (Seen, bool) {
        let mut seen = self.seen.clone();
        let usual = Shape { prompt_has_cache: true, output_has_reasoning: true };
        let is_odd = self.usage.told.clone().fitting(usual).write(&mut seen);
        seen.audio_tokens = together(self.usage.audio[0], self.usage.audio[1]);
        seen.image_tokens = together(self.usage.images[0], self.usage.images[1]);
        (seen, is_odd)
    }
}

impl Chat {
    fn usage(&mut self, told: &Scanner) {
        if let Some(cost) = told.raw(At::Cost as usize).and_then(decimal) {
            self.seen.cost = Some(cost.into());
        }
        let mut usage = Usage::default();
        let slot = |at: At| Some(at as usize);
        let slots = [
            slot(At::Prompt),
            first(told, [At::Cached, At::CacheHit, At::CacheRead, At::CachedFlat]),
            first(told, [At::Written, At::WrittenIn, At::WrittenFlat, At::WrittenFlat]),
            None,
            slot(At::Completion),
            slot(At::Reasoning),
            slot(At::Total),
        ];
        if !usage.told.take(told, slots) {
            return;
        }
        // Nothing but zeros behind numbers, as beside a late cost, tells nothing.
        if self.usage.told.is_above_zero() && !usage.told.is_above_zero() {
            return;
        }
        self.usage.told.overlay(&usage.told);
        for (fields, slots) in [
            (&mut self.usage.audio, [At::AudioIn, At::AudioOut]),
            (&mut self.usage.images, [At::ImageIn, At::ImageOut]),
        ] {
            for (field, slot) in fields.iter_mut().zip(slots) {
                self.usage.told.is_odd |= take(field, told.count(slot as usize));
            }
        }
    }
}

/// The first of several names that was told.
fn first(told: &Scanner, names: [At; 4]) -> Option<usize> {
    names.into_iter().map(|name| name as usize).find(|slot| told.has(*slot))
}

/// An amount of money as a plain decimal number: `1.5e-6` is `0.0000015`.
fn decimal(raw: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(raw).ok()?.trim_matches('"');
    let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.parse::<i16>().ok().filter(|exponent| exponent.abs() <= 24)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || number.len() > 40 || !is_digits(whole) || !is_digits(part) {
        return None;
    }
    if exponent == 0 {
        return Some(number.to_owned());
    }
    let point = i16::try_from(whole.len()).ok()? + exponent;
    let before = "0".repeat(usize::try_from(1 - point).unwrap_or(0));
    let digits = format!("{before}{whole}{part}");
    let point = usize::try_from(point.max(1)).ok()?;
    let digits = format!("{digits:0<point$}");
    let (whole, part) = digits.split_at(point);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") })
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn amounts_are_written_plainly() {
        let cases = [
            ("0.0123", "0.0123"),
            ("\"0.5\"", "0.5"),
            ("1.5e-6", "0.0000015"),
            ("15E-1", "1.5"),
            ("1.25e1", "12.5"),
            ("2e3", "2000"),
            ("0", "0"),
        ];
        for (raw, plain) in cases {
            assert_eq!(decimal(raw.as_bytes()).as_deref(), Some(plain), "{raw}");
        }
        for raw in ["-1", "1e99", "abc", "", "1.2.3", "{}", "1e", "null"] {
            assert_eq!(decimal(raw.as_bytes()), None, "{raw}");
        }
    }
}
