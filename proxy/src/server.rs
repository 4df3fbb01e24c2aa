//! The server: connections, and what all requests share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::bodies::Bodies;
use crate::buffers::Buffers;
use crate::client::Client;
use crate::clock::Clock;
use crate::config::Config;
use crate::connection::{self, Line};
use crate::gate::{Gate, GateError, NewKey};
use crate::ledger::{Ledger, LedgerError};
use crate::live::Live;
use crate::metrics::Metrics;
use crate::pages;
use crate::rate_limits::RateLimits;

/// Between two tries to accept where the system has no room, such as for one more open file.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long answers that are cut at the end may take to write their lines.
const LAST_LINES: Duration = Duration::from_secs(5);

/// What all requests share.
pub struct Proxy {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) client: Client,
    pub(crate) gate: Arc<Gate>,
    pub(crate) ledger: Ledger,
    pub(crate) bodies: Bodies,
    pub(crate) metrics: Metrics,
    pub(crate) live: Live,
    pub(crate) rate_limits: RateLimits,
    pub(crate) buffers: Arc<Buffers>,
    new_key: Option<NewKey>,
    is_cut: AtomicBool,
}

/// Why a proxy cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The folder of bodies cannot be made.
    #[error("bodies cannot be kept: {0}")]
    Bodies(#[from] std::io::Error),
    /// The keys cannot be read or made.
    #[error(transparent)]
    Gate(#[from] GateError),
}

/// Where the server is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It takes connections.
    Serving,
    /// It takes none, and answers end.
    Ending,
    /// Answers that have not ended are cut.
    Cut,
}

impl Proxy {
    /// A proxy that is ready to serve.
    ///
    /// # Errors
    ///
    /// The ledger cannot be opened, or the keys cannot be read.
    pub fn new(config: Config, clock: Clock) -> Result<Self, StartError> {
        let ledger = Ledger::with_limits(&config.folder.join("ledger"), config.ledger)?;
        let bodies = Bodies::new(&config.folder, config.log_bodies.as_ref(), &clock)?;
        let (gate, new_key) = Gate::open(&config, &clock)?;
        Ok(Self {
            client: Client::new(&config),
            gate: Arc::new(gate),
            ledger,
            bodies,
            metrics: Metrics::default(),
            live: Live::default(),
            rate_limits: RateLimits::default(),
            buffers: Arc::new(Buffers::new(config.limits.buffered_in_all)),
            new_key,
            is_cut: AtomicBool::new(false),
            clock,
            config,
        })
    }

    /// The first key, if it was made just now: the one time that it can be shown.
    pub fn take_new_key(&mut self) -> Option<NewKey> {
        self.new_key.take()
    }

    /// Whether answers are cut because the proxy ends.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Proxy").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Serves until `stop` is ready; open answers are given time to end.
pub async fn serve(listener: TcpListener, proxy: Arc<Proxy>, stop: impl Future<Output = ()>) {
    let pages = pages::router(&proxy);
    let limit = proxy.config.limits.connections.clamp(1, Semaphore::MAX_PERMITS);
    let places = Arc::new(Semaphore::new(limit));
    let (stages, stage) = watch::channel(Stage::Serving);
    tokio::pin!(stop);
    loop {
        let arrived = tokio::select! {
            arrived = accept(&listener, &places) => arrived,
            () = &mut stop => break,
        };
        if let Some((stream, place)) = arrived {
            let line = Line::new(Arc::clone(&proxy), stage.clone(), place);
            tokio::spawn(connection::serve(line, stream, pages.clone()));
        }
    }
    drop((listener, stage));
    stages.send_replace(Stage::Ending);
    if tokio::time::timeout(proxy.config.deadlines.shutdown, stages.closed()).await.is_err() {
        tracing::warn!("answers were cut at the end");
        proxy.is_cut.store(true, Ordering::Relaxed);
        stages.send_replace(Stage::Cut);
        let _ = tokio::time::timeout(LAST_LINES, stages.closed()).await;
    }
}

/// The next connection, as soon as there is a place for it: until then it waits in the system's queue, where it costs
/// no memory of the proxy.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!("a connection could not be accepted: {error}");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}
