#![doc = include_str!("../README.md")]

mod durable;
mod error;
mod folder;
mod git;
mod mark;
mod path;
mod run;
mod salvage;
mod snapshot;
mod store;
mod verify;

pub use error::StoreError;
pub use mark::{FileStamp, StoredMark};
pub use path::{Entry, EntryKind};
pub use run::{Problem, Run, SourceRun, Stored};
pub use snapshot::Snapshot;
pub use store::Store;
pub use verify::VerifyReport;
