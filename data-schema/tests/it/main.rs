//! Laws of the formats, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

// `packed` takes the generator of the crate's own tests, which finds its names here.
use data_schema::{
    Attribution, Billing, End, HashId, Kind, MAX_COUNT, Quality, Rank, RecordId, Text, TimeQuality,
    Tokens, Usage, UsageRecord, UtcSeconds, Via,
};

mod join;
mod newer;
mod packed;
mod resolve;
mod robust;
mod rules;
mod schema;
mod settings;
mod wire;
