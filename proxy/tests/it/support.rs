//! An upstream that answers as a test says, a proxy before it, and a client.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use data_schema::LedgerEntry;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use proxy::{Clock, Config, Family, Proxy, Upstream};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::raw::{End, Server};

/// The header of the proxy's own keys.
const OWN_KEY: &str = "x-token-matters-key";

/// What a mock answers: its head, then pieces, each after a pause.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) pieces: Vec<(Duration, Bytes)>,
    /// Whether the connection is cut behind the pieces.
    pub(crate) is_cut: bool,
}

impl Answer {
    /// A whole answer in one piece, with its length.
    pub(crate) fn whole(content_type: &str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let headers = vec![
            ("content-type", content_type.to_owned()),
            ("content-length", body.len().to_string()),
        ];
        Self { status: 200, headers, pieces: vec![(Duration::ZERO, body)], is_cut: false }
    }

    /// A stream of events, a piece each.
    pub(crate) fn events(pieces: &[&str]) -> Self {
        let pieces = pieces
            .iter()
            .map(|piece| (Duration::from_millis(1), Bytes::copy_from_slice(piece.as_bytes())));
        let headers = vec![("content-type", "text/event-stream".to_owned())];
        Self { status: 200, headers, pieces: pieces.collect(), is_cut: false }
    }
}

/// A request as a mock has seen it.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An upstream of the test's own.
pub(crate) struct Mock {
    pub(crate) address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Mock {
    pub(crate) async fn start(answer: impl Fn(&Arrived) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let arrived = Arc::<Mutex<Vec<Arrived>>>::default();
        let (seen, answer) = (Arc::clone(&arrived), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                    let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await?.to_bytes();
                        let line = format!("{} {}", head.method, head.uri);
                        let request = Arrived { line, headers: head.headers, body };
                        let answer = answer(&request);
                        seen.lock().unwrap().push(request);
                        Ok::<_, hyper::Error>(respond(answer))
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, arrived }
    }

    /// What has arrived.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }
}

fn respond(answer: Answer) -> Response<BoxBody<Bytes, std::io::Error>> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        for (pause, bytes) in answer.pieces {
            tokio::time::sleep(pause).await;
            if sender.send(Ok(Frame::data(bytes))).await.is_err() {
                return;
            }
        }
        if answer.is_cut {
            let _ = sender.send(Err(std::io::Error::other("cut"))).await;
        }
    });
    let stream = futures(receiver);
    response.body(BodyExt::boxed(StreamBody::new(stream))).unwrap()
}

fn futures<T>(mut receiver: mpsc::Receiver<T>) -> impl futures_core::Stream<Item = T> {
    futures_util::stream::poll_fn(move |context| receiver.poll_recv(context))
}

/// A proxy that runs until it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) folder: tempfile::TempDir,
    /// The proxy's own key, where it has made one: it is sent with every request that names none.
    pub(crate) key: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<()>,
}

/// A proxy between a server and a client that tests drive byte by byte.
pub(crate) struct Between {
    pub(crate) server: Server,
    pub(crate) proxy: Running,
    /// It is connected to the proxy.
    pub(crate) client: End,
}

impl Between {
    pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let server = Server::start().await;
        let proxy = Running::at(server.address, change).await;
        let client = End::to(proxy.address).await;
        Self { server, proxy, client }
    }
}

impl Running {
    /// A proxy before one upstream that serves every family.
    pub(crate) async fn before(mock: &Mock) -> Self {
        Self::with(mock, |_| {}).await
    }

    /// The same, with other settings.
    pub(crate) async fn with(mock: &Mock, change: impl FnOnce(&mut Config)) -> Self {
        Self::at(mock.address, change).await
    }

    /// The same, before any server.
    pub(crate) async fn at(upstream: SocketAddr, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::new(folder.path().to_owned());
        let url = format!("http://{upstream}");
        for family in [Family::Anthropic, Family::Openai, Family::Gemini, Family::Bedrock] {
            config.add(Upstream::new(family.word(), family, &url).unwrap());
        }
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let begin: DateTime<Utc> = "2026-05-01T10:00:00Z".parse().unwrap();
        let mut proxy = Proxy::new(config, Clock::new(move || begin)).unwrap();
        let key = proxy.take_new_key().map(|new| new.key.expose().to_owned());
        let proxy = Arc::new(proxy);
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move {
            proxy::serve(listener, proxy, async {
                let _ = stopped.await;
            })
            .await;
        });
        Self { address, folder, key, stop: Some(stop), ended }
    }

    /// Tells the proxy to end, as SIGTERM does.
    pub(crate) fn stop(&mut self) {
        self.stop.take();
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) {
        (&mut self.ended).await.unwrap();
    }

    /// What the ledger has now.
    pub(crate) fn lines(&self) -> Vec<LedgerEntry> {
        proxy::entries(&self.folder.path().join("ledger"), |_, _, _| {}).unwrap()
    }

    /// Sends a request and takes the whole answer.
    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Response<Bytes> {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Sends a request, whose address is a path, and takes the whole answer.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (mut head, body) = request.into_parts();
        head.uri = format!("http://{}{}", self.address, head.uri).parse().unwrap();
        if let Some(key) = &self.key {
            head.headers.entry(OWN_KEY).or_insert(key.parse().unwrap());
        }
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let answer = client.request(Request::from_parts(head, Full::new(body))).await.unwrap();
        let (head, body) = answer.into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes())
    }

    /// What the ledger has, as soon as it has so many entries.
    pub(crate) async fn ledger(&self, count: usize) -> Vec<LedgerEntry> {
        for _ in 0..500 {
            let all = self.lines();
            if all.len() >= count {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the ledger never had {count} entries");
    }
}
