//! Bedrock's `Converse` and `ConverseStream`.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html> (read 20 Nov 2026): the
//! event `metadata` comes last, with the usage; input does not contain what was read from or written to a cache.

use std::sync::LazyLock;

use super::Seen;
use super::counts::Told;
use super::machine::Machine;
use crate::json::{Paths, Scanner};

#[derive(Clone, Copy)]
enum At {
    Input,
    CacheRead,
    CacheWrite,
    Output,
    Total,
    Tier,
    Kind,
}

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(&[
        "usage.inputTokens",
        "usage.cacheReadInputTokens",
        "usage.cacheWriteInputTokens",
        "usage.outputTokens",
        "usage.totalTokens",
        "serviceTier.type",
        "__type",
    ])
});

/// The state of an answer.
#[derive(Default)]
pub(super) struct Converse {
    seen: Seen,
    told: Told,
    has_ended: bool,
}

impl Machine for Converse {
    fn paths(&self) -> &'static Paths {
        &PATHS
    }

    fn wants(&self, event: &[u8]) -> bool {
        matches!(event, b"" | b"metadata")
    }

    fn document(&mut self, event: &[u8], told: &Scanner) {
        let slot = |at: At| Some(at as usize);
        let slots = [
            slot(At::Input),
            slot(At::CacheRead),
            slot(At::CacheWrite),
            None,
            slot(At::Output),
            None,
            slot(At::Total),
        ];
        self.told.take(told, slots);
        self.has_ended |= event == b"metadata";
        if let Some(word) = told.text(At::Tier as usize) {
            self.seen.tier = super::counts::tier(&word);
        }
        super::machine::take_word(&mut self.seen.error, told, At::Kind as usize);
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn seen(&self) -> (Seen, bool) {
        let mut seen = self.seen.clone();
        let is_odd = self.told.clone().write(&mut seen);
        (seen, is_odd)
    }
}
