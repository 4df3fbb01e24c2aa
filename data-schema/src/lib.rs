#![doc = include_str!("../README.md")]

mod count;
mod dayfile;
mod dayfile_v1;
mod envelope;
mod error;
pub mod fields;
mod id;
mod join;
mod limits;
mod machine;
mod money;
pub mod packed;
mod prices;
mod record;
pub mod resolve;
pub mod settings;
pub mod summary;
mod text;
mod time;

pub use count::{MAX_COUNT, Tokens};
pub use dayfile::{Adapter, DayFile, DayFileHead, Period, VERSION, Version};
pub use dayfile_v1::{DayFileV1, DaySum, DaySums, RawRecordV1};
pub use error::FormatError;
pub use id::{HashId, RecordId, is_unique_response_id, namespace};
pub use join::{RecordSet, join};
pub use limits::{Fraction, LimitReading, LimitsFile};
pub use machine::MachineFile;
pub use money::Money;
pub use prices::{DatedPrice, PricesFile, Rates, Variant};
pub use record::{
    Attribution, Billing, End, Kind, Quality, Rank, TimeQuality, Usage, UsageRecord, Via,
};
pub use text::{Interner, Text};
pub use time::{UtcSeconds, parse_log_time};
