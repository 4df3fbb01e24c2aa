#![doc = include_str!("../README.md")]

mod block;
mod durable;
mod error;
mod folder;
mod git;
mod git_list;
mod index;
mod listing;
mod mark;
mod objects;
mod path;
mod run;
mod salvage;
mod snapshot;
mod store;
mod verify;

pub use block::{Block, IdPlace, Part, check, is_special, read_at};
pub use error::StoreError;
pub use index::Index;
pub use mark::{FileStamp, StoredMark};
pub use path::{Entry, EntryKind};
pub use run::{Problem, Run, SourceRun, Stored};
pub use snapshot::Snapshot;
pub use store::Store;
pub use verify::VerifyReport;
