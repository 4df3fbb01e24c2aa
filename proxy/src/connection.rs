//! One client's connection.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::answer::AnswerBody;
use crate::pages;
use crate::relay;
use crate::server::{Proxy, Stage};
use crate::wire::{Busy, Flow, Wire};

/// What all requests of a connection share. While one of them lives, so does the connection's place.
pub(crate) struct Line {
    pub(crate) proxy: Arc<Proxy>,
    pub(crate) flow: Arc<Flow>,
    stage: watch::Receiver<Stage>,
    _place: OwnedSemaphorePermit,
}

impl Line {
    pub(crate) fn new(
        proxy: Arc<Proxy>,
        stage: watch::Receiver<Stage>,
        place: OwnedSemaphorePermit,
    ) -> Arc<Self> {
        Arc::new(Self { proxy, flow: Arc::default(), stage, _place: place })
    }

    /// Ready when the proxy gives no more time.
    pub(crate) async fn cut(&self) {
        while *self.stage.borrow() != Stage::Cut {
            if self.changed().await.is_err() {
                return;
            }
        }
    }

    /// Ready when the server's stage changes. This is polled at every piece of every answer: once the change is waited
    /// for, it costs one look at a number.
    async fn changed(&self) -> Result<(), watch::error::RecvError> {
        let mut own = self.stage.clone();
        own.mark_unchanged();
        let look = own.clone();
        let mut changed = std::pin::pin!(own.changed());
        let mut is_waiting = false;
        std::future::poll_fn(|context| {
            if is_waiting && matches!(look.has_changed(), Ok(false)) {
                return Poll::Pending;
            }
            is_waiting = true;
            changed.as_mut().poll(context)
        })
        .await
    }

    /// Ready when the server takes no more connections.
    async fn ending(&self) {
        if *self.stage.borrow() == Stage::Serving {
            // A server that has gone is one that ends.
            let _ = self.changed().await;
        }
    }
}

/// Serves one connection until it ends; when the proxy stops, until the answer that is on its way has ended.
pub(crate) async fn serve(line: Arc<Line>, stream: TcpStream, pages: Router) {
    // Without this, small pieces of a stream wait for 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("TCP_NODELAY: {error}");
    }
    let deadlines = &line.proxy.config.deadlines;
    // Before it says something, a connection needs no memory.
    let mut first = [0];
    tokio::select! {
        read = tokio::time::timeout(deadlines.client_head, stream.peek(&mut first)) => {
            if !matches!(read, Ok(Ok(1))) {
                return;
            }
        }
        () = line.ending() => return,
    }
    let wire = Wire::new(stream, Arc::clone(&line.flow), deadlines);
    let limit = line.proxy.config.limits.head;
    let shared = Arc::clone(&line);
    let pages = TowerToHyperService::new(pages);
    let service = service_fn(move |request| answer(Arc::clone(&shared), pages.clone(), request));
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(limit)
        .max_buf_size(limit.max(8192))
        .preserve_header_case(true)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(wire), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = line.ending() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = line.cut() => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended: {error}");
    }
}

/// Answers one request: a page of the proxy's own, or an upstream's answer.
async fn answer(
    line: Arc<Line>,
    pages: TowerToHyperService<Router>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Infallible> {
    let busy = Busy::begin(&line.flow);
    let answer = if pages::is_own(request.uri().path()) {
        pages.call(request).await?.map(AnswerBody::page)
    } else {
        relay::relay(&line, request).await
    };
    Ok(answer.map(|body| body.holding(busy)))
}
