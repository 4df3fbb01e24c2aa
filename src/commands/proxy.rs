//! `proxy`: the meter on the way to the vendors.

pub(crate) mod env;
pub(crate) mod explain;
pub(crate) mod key;
pub(crate) mod log;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod settings;
pub(crate) mod top;
pub(crate) mod upstreams;
pub(crate) mod usage;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::cli::{Global, ProxyVerb};
use crate::outcome::{Failure, Outcome};

pub(crate) fn run(global: &Global, verb: &ProxyVerb) -> Result<Outcome, Failure> {
    match verb {
        ProxyVerb::Serve(options) => serve::run(global, options),
        ProxyVerb::Usage(options) => usage::run(global, options),
        ProxyVerb::Top(options) => top::run(global, options),
        ProxyVerb::Explain(options) => explain::run(global, options),
        ProxyVerb::Env(options) => env::run(global, options),
        ProxyVerb::Service(verb) => service::run(global, verb),
        ProxyVerb::Key(verb) => key::run(global, verb),
        ProxyVerb::Upstreams(options) => upstreams::run(global, options),
    }
}

/// The folder of the proxy's ledger and state.
pub(crate) fn folder(data: &Path) -> PathBuf {
    data.join("proxy")
}

/// Where clients find the proxy: `proxy.listen` of `config.yaml`, as an address. One that listens everywhere is asked
/// on this machine.
pub(crate) fn address(data: &Path) -> String {
    let text = fs_err::read_to_string(data.join("config.yaml")).unwrap_or_default();
    let listen = proxy::Settings::parse(&text).listen;
    let mut listen = listen.unwrap_or_else(|| proxy::Config::new(PathBuf::new()).listen);
    if listen.ip().is_unspecified() {
        listen.set_ip(match listen {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{listen}")
}
