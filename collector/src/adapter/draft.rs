//! One response as an adapter hands it on.

use data_schema::{Billing, Kind, Quality, Rank, UtcSeconds, Via};

use super::counts::Counts;

/// One response, reading or statement, before it is a record. All that is not told is left at its default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft<'a> {
    /// The provider's own id of the response, if the log tells it. It counts only where it is random enough.
    pub(crate) response: Option<&'a str>,
    /// What makes the response one among all of the source: never changes, and is the same in a copy. Joined by zero
    /// bytes.
    pub(crate) own: &'a [&'a str],
    /// Tells apart priced parts of one response; empty for the main one.
    pub(crate) part: &'a str,
    pub(crate) at: Option<UtcSeconds>,
    pub(crate) model: Option<&'a str>,
    pub(crate) requested_model: Option<&'a str>,
    pub(crate) counts: Counts,
    pub(crate) web_searches: Option<u32>,
    pub(crate) tier: Option<&'a str>,
    pub(crate) requests: Option<u32>,
    /// How long it took, in milliseconds: only for a [`Kind::SessionReading`] or [`Kind::Reading`] that is no growing
    /// total, but what the session used from `at` on for so long.
    pub(crate) duration_ms: Option<u32>,
    /// What the tool says that it cost, in US dollars.
    pub(crate) cost: Option<f64>,
    pub(crate) billing: Option<Billing>,
    /// `None`: as exact as the source is at best.
    pub(crate) quality: Option<Quality>,
    pub(crate) rank: Rank,
    pub(crate) kind: Kind,
    pub(crate) via: Via,
    pub(crate) session: Option<&'a str>,
    pub(crate) parent: Option<&'a str>,
    /// Working folder.
    pub(crate) folder: Option<&'a str>,
    pub(crate) agent: Option<&'a str>,
    /// Version of the tool.
    pub(crate) version: Option<&'a str>,
    pub(crate) account: Option<&'a str>,
    /// Who bills, as the tool names it.
    pub(crate) vendor: Option<&'a str>,
}
