#![doc = include_str!("../README.md")]

mod answer;
mod arriving;
mod bodies;
mod buffers;
mod client;
mod client_name;
mod clock;
mod config;
mod connect;
mod connection;
mod deadline;
mod error;
mod exchange;
#[doc(hidden)]
pub mod fuzz_support;
pub mod gate;
mod headers;
mod hints;
mod inject;
mod json;
mod ledger;
mod live;
mod meter;
mod metrics;
mod origin;
mod pages;
mod pattern;
mod private;
mod protocol;
mod provider;
mod rate_limits;
mod relay;
mod request;
mod route;
mod server;
mod silence;
mod strip;
mod tunnel;
mod upstream;
mod wire;

pub use bodies::{Bodies, BodyLog, LogBodies};
pub use clock::Clock;
pub use config::{Config, Deadlines, Fault, Limits, Settings, Surroundings, UpstreamSettings};
pub use error::ProxyError;
pub use gate::{Caller, Gate};
pub use ledger::{
    Ledger, LedgerError, LedgerHealth, LedgerLimits, Range, entries, mark_collected, read, sizes,
};
pub use live::{OpenRequest, Snapshot};
pub use metrics::Metrics;
pub use protocol::{Endpoint, Family, Platform, Protocol};
pub use server::{Proxy, StartError, serve};
pub use upstream::{Auth, AwsKeys, AwsProfile, Preset, Upstream, Version, presets};
