#![doc = include_str!("../README.md")]

mod mark;

pub use mark::FileStamp;
