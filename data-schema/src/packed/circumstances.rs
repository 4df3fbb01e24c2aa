//! Fields of a record that take one of a few values, in one number.

use super::Damaged;
use crate::{Billing, End, Kind, Quality, Rank, TimeQuality, UsageRecord, Via};

/// Values of a few kinds each, in one number; 0 = all as usual.
pub(super) fn circumstances(record: &UsageRecord) -> u32 {
    let usage = &record.usage;
    let billing = match usage.billing {
        None => 0,
        Some(Billing::Metered) => 1,
        Some(Billing::Plan) => 2,
    };
    let quality = match usage.quality {
        Quality::Exact => 0,
        Quality::Partial => 1,
        Quality::Estimated => 2,
    };
    let via = match usage.via {
        Via::Log => 0,
        Via::Api => 1,
        Via::Wire => 2,
    };
    let end = match usage.end {
        End::Complete => 0,
        End::ClientClosed => 1,
        End::UpstreamError => 2,
        End::Truncated => 3,
    };
    let kind = match usage.kind {
        Kind::Response => 0,
        Kind::Reading => 1,
        Kind::Void => 2,
        Kind::SessionReading => 3,
        Kind::Statement => 4,
    };
    u32::from(record.at_quality == TimeQuality::Guess)
        | u32::from(usage.rank == Rank::Copy) << 1
        | quality << 2
        | billing << 4
        | via << 6
        | end << 8
        | kind << 10
}

/// Takes them apart again.
pub(super) fn take_circumstances(word: u32, record: &mut UsageRecord) -> Result<(), Damaged> {
    if word >> 13 != 0 {
        return Err(Damaged);
    }
    let usage = &mut record.usage;
    record.at_quality = if word & 1 == 0 { TimeQuality::Trusted } else { TimeQuality::Guess };
    usage.rank = if word & 2 == 0 { Rank::Own } else { Rank::Copy };
    usage.quality = match (word >> 2) & 3 {
        0 => Quality::Exact,
        1 => Quality::Partial,
        2 => Quality::Estimated,
        _ => return Err(Damaged),
    };
    usage.billing = match (word >> 4) & 3 {
        0 => None,
        1 => Some(Billing::Metered),
        2 => Some(Billing::Plan),
        _ => return Err(Damaged),
    };
    usage.via = match (word >> 6) & 3 {
        0 => Via::Log,
        1 => Via::Api,
        2 => Via::Wire,
        _ => return Err(Damaged),
    };
    usage.end = match (word >> 8) & 3 {
        0 => End::Complete,
        1 => End::ClientClosed,
        2 => End::UpstreamError,
        _ => End::Truncated,
    };
    usage.kind = match (word >> 10) & 7 {
        0 => Kind::Response,
        1 => Kind::Reading,
        2 => Kind::Void,
        3 => Kind::SessionReading,
        4 => Kind::Statement,
        _ => return Err(Damaged),
    };
    Ok(())
}
