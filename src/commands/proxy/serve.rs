//! `proxy serve`: hands requests through, and meters them.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use clap::Args;
use proxy::gate::NewKey;
use proxy::{Config, Proxy};
use tokio::net::TcpListener;

use crate::cli::Global;
use crate::commands::proxy::log::{self, LogFormat};
use crate::commands::proxy::settings;
use crate::environment;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, note, secret};

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes any that is free [default: 127.0.0.1:8999]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Who answers: NAME=URL, or NAME=PROTOCOL+URL for a name of your own; may be repeated
    #[arg(long, value_name = "NAME=URL")]
    pub(crate) upstream: Vec<String>,
    /// The form of what it says on stderr; with --verbose a line for every request
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub(crate) log_format: LogFormat,
}

pub(crate) fn run(global: &Global, options: &Serve) -> Result<Outcome, Failure> {
    log::begin(options.log_format, global.quiet, global.verbose);
    let config = config(global, options)?;
    // Every request takes two descriptors. Where no more are given, connections wait for a place.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = listen(config.listen).await?;
        let address = listener.local_addr()?;
        if global.verbose {
            tell(&config);
        }
        let mut proxy = Proxy::new(config, environment::clock()?)?;
        if let Some(new) = proxy.take_new_key() {
            tell_key(&new)?;
        }
        let proxy = Arc::new(proxy);
        data(&format!("listening on http://{address}\n"))?;
        proxy::serve(listener, proxy, stopped()).await;
        Ok(Outcome::Done)
    })
}

fn config(global: &Global, options: &Serve) -> Result<Config, Failure> {
    let mut settings = settings::read(global)?;
    if let Some(listen) = options.listen {
        settings.listen = Some(listen);
    }
    for upstream in &options.upstream {
        let wrong = |error| Failure::Usage(format!("--upstream {upstream}: {error}"));
        settings.add(upstream).map_err(wrong)?;
    }
    settings::config(global, settings)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let bound = TcpListener::bind(address).await;
    if let Err(error) = &bound
        && error.kind() == ErrorKind::AddrInUse
    {
        return Err(Failure::Failed(anyhow!(
            "{address} is in use, perhaps by another proxy: stop what listens there, or take another port with \
             --listen {}:0 (any that is free)",
            host(address)
        )));
    }
    Ok(bound.with_context(|| format!("{address} cannot be listened on"))?)
}

fn host(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

/// Tells on the side what is answered by whom.
fn tell(config: &Config) {
    for (name, upstream) in &config.upstreams {
        let key = if upstream.has_credential() { ", with a key of yours" } else { "" };
        note(&format!("note: /{name} is {}{key}", upstream.address()));
    }
    if config.gate.requires_key() || !config.listen.ip().is_loopback() {
        note(
            "note: clients must bring a key of the proxy's own: `token-matters proxy key create` makes them",
        );
    }
}

/// Shows a new key, the one time that this is possible.
fn tell_key(new: &NewKey) -> Result<(), Failure> {
    let text = format!(
        "made the key `{}`, which clients must send; it is shown this once: {}\n",
        new.name,
        new.key.expose()
    );
    Ok(secret(&text)?)
}

/// Ready when the system or a person wants the proxy to end.
async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! { _ = interrupted => {}, _ = terminated.recv() => {} }
            return;
        }
    }
    let _ = interrupted.await;
}
