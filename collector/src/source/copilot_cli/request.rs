//! One request, the same in every store.

use data_schema::{Rank, Tokens, UtcSeconds};
use rustc_hash::FxHashMap;

use crate::adapter::{Counts, Draft, Sink};
use crate::loose::LooseCount;

/// What a store tells of a request. The input contains the caches.
#[derive(Clone, Copy, Default)]
pub(super) struct Request<'a> {
    pub(super) session: &'a str,
    pub(super) at: Option<UtcSeconds>,
    pub(super) model: Option<&'a str>,
    pub(super) input: LooseCount,
    pub(super) output: LooseCount,
    pub(super) cache_read: LooseCount,
    pub(super) cache_write: LooseCount,
    pub(super) reasoning: LooseCount,
    pub(super) rank: Rank,
    pub(super) folder: Option<&'a str>,
    pub(super) agent: Option<&'a str>,
    pub(super) version: Option<&'a str>,
    pub(super) vendor: Option<&'a str>,
}

/// The requests of one log.
#[derive(Default)]
pub(super) struct Requests {
    /// How many requests of a session had these counts so far.
    seen: FxHashMap<String, u32>,
}

impl Request<'_> {
    pub(super) fn counts(&self, sink: &mut Sink<'_>) -> Counts {
        Counts {
            input: sink.count(self.input, "input tokens"),
            output: sink.count(self.output, "output tokens"),
            cache_read: sink.count(self.cache_read, "cache read tokens"),
            cache_creation: sink.count(self.cache_write, "cache write tokens"),
            reasoning: sink.count(self.reasoning, "reasoning tokens"),
            ..Counts::default()
        }
    }
}

/// Counts as a part of an identity: what is not told is as if it were zero, because one store writes a zero where another
/// writes nothing.
pub(super) fn values(counts: Counts) -> String {
    let number = |tokens: Option<Tokens>| tokens.map_or(0, Tokens::get);
    let all = [counts.input, counts.output, counts.cache_read, counts.cache_creation].map(number);
    format!("{} {} {} {}", all[0], all[1], all[2], all[3])
}

impl Requests {
    pub(super) fn push(&mut self, sink: &mut Sink<'_>, request: &Request<'_>) -> Counts {
        let told = request.counts(sink);
        let values = values(told);
        let seen = self.seen.entry(format!("{}\0{values}", request.session)).or_default();
        *seen += 1;
        let which = seen.to_string();
        let counts = sink.prompt_with_cache(told);
        sink.push(&Draft {
            own: &["request", request.session, &values, &which],
            at: request.at,
            model: request.model,
            counts,
            rank: request.rank,
            session: Some(request.session),
            folder: request.folder,
            agent: request.agent,
            version: request.version,
            vendor: request.vendor,
            ..Draft::default()
        });
        told
    }
}
