#![doc = include_str!("../README.md")]

mod confidential;
mod count;
mod day_sums_file;
mod dayfile;
mod dayfile_v1;
mod envelope;
mod error;
pub mod fields;
pub mod forecast;
mod id;
mod join;
mod ledger;
mod limits;
mod machine;
mod money;
mod nearest;
pub mod packed;
mod prices;
mod record;
mod redact;
pub mod resolve;
pub mod settings;
pub mod sources;
pub mod summary;
mod text;
mod time;
mod tombstones;

pub use confidential::Confidential;
pub use count::{MAX_COUNT, Tokens};
pub use day_sums_file::{DaySumsFile, Span, ZonedSum, compare};
pub use dayfile::{Adapter, DayFile, DayFileHead, Period, VERSION, Version};
pub use dayfile_v1::{DayFileV1, DaySum, DaySums, RawRecordV1, name_in_path};
pub use error::FormatError;
pub use id::{HashId, RecordId, is_unique_response_id, namespace, response_namespace};
pub use join::{RecordSet, join};
pub use ledger::{Attempt, LedgerEntry};
pub use limits::{Fraction, LimitReading, LimitsFile, window_name, window_seconds};
pub use machine::MachineFile;
pub use money::Money;
pub use nearest::nearest;
pub use prices::{DatedPrice, DatedRate, PricesFile, Rates, Variant};
pub use record::{
    Attribution, Billing, End, Kind, Quality, Rank, TimeQuality, Usage, UsageRecord, Via,
};
pub use redact::{Redactor, Secret};
pub use text::{Interner, Text};
pub use time::{UtcSeconds, parse_log_time};
#[cfg(feature = "schema")]
pub use tombstones::tombstones_schema;
pub use tombstones::{Memory, Scope, TOMBSTONES_FILE, Tombstone, Tombstones};
