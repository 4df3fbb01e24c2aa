//! Serves a folder on this machine only.

mod live;
mod watch;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::http::{HeaderName, HeaderValue};
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

use crate::outcome::Failure;

pub(crate) use live::Live;
pub(crate) use watch::Pages;

/// Serves until Ctrl-C; `ready` is told the address.
pub(crate) fn serve(root: &Path, port: u16, ready: impl FnOnce(SocketAddr)) -> Result<(), Failure> {
    if !root.join("index.html").is_file() {
        let root = root.display();
        return Err(Failure::Usage(format!(
            "{root} has no index.html: build the page with `token-matters site build --summary {root}/summary --out {root}`"
        )));
    }
    run(files(root), port, ready, || {})
}

/// The same, and what is built anew meanwhile shows by itself.
pub(crate) fn serve_live(
    root: &Path,
    port: u16,
    live: &Arc<Live>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let to_close = Arc::clone(live);
    run(live::router(files(root), live), port, ready, move || to_close.close())
}

fn files(root: &Path) -> Router {
    Router::new().fallback_service(ServeDir::new(root))
}

fn run(
    app: Router,
    port: u16,
    ready: impl FnOnce(SocketAddr),
    close: impl FnOnce() + Send + 'static,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = listen(port).await?;
        ready(listener.local_addr()?);
        let app = app.layer(axum::middleware::map_response(no_store));
        let stopped = async move {
            stop().await;
            close();
        };
        axum::serve(listener, app)
            .with_graceful_shutdown(stopped)
            .await
            .context("the server stopped")?;
        Ok(())
    })
}

/// The page changes with every run: a browser must not keep the old one.
async fn no_store(mut response: axum::response::Response) -> axum::response::Response {
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("cache-control"), HeaderValue::from_static("no-cache"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// The wanted port, or any that is free.
async fn listen(port: u16) -> Result<TcpListener, Failure> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(_) => {
            Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port is free")?)
        }
    }
}

async fn stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a signal to wait for, the server runs until the process ends.
        std::future::pending::<()>().await;
    }
}
