//! Pages that come anew by themselves: for authors of templates, and only while they are served here.
//!
//! A page that is served gets one script more, which asks whether the number of the build is still that of the page.
//! The script is a file of this server, so that the content security policy of the page allows it as it is. Nothing of
//! that is in the files.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::watch::{Sender, channel};

/// How long a browser is let wait for an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// A page of more bytes is served as it is.
const LARGEST: usize = 64 << 20;

/// The script of a page that is served.
const SCRIPT: &str = r#"(() => {
  const known = document.currentScript.src.split("?")[1];
  const ask = async () => {
    try {
      const answer = await fetch("/__reload?" + known);
      if (answer.ok && (await answer.text()) !== known) return location.reload();
    } catch {
      await new Promise((done) => setTimeout(done, 1000));
    }
    return ask();
  };
  ask();
})();
"#;

/// What the last build came to.
#[derive(Clone, Debug)]
struct Build {
    /// Another one, another page.
    number: u64,
    fault: Option<String>,
    is_closed: bool,
}

/// Tells browsers of builds.
#[derive(Debug)]
pub(crate) struct Live {
    state: Sender<Build>,
}

impl Live {
    pub(crate) fn new() -> Arc<Self> {
        // A server that was started anew has other numbers, so that a page of the one before is loaded again.
        let number = u64::from(std::process::id()) << 20;
        let (state, _) = channel(Build { number, fault: None, is_closed: false });
        Arc::new(Self { state })
    }

    /// A build has come to its end: with other files or not, or with a fault.
    pub(crate) fn built(&self, result: Result<bool, String>) {
        self.state.send_if_modified(|state| {
            let (changed, fault) = match result {
                Ok(changed) => (changed, None),
                Err(fault) => (false, Some(fault)),
            };
            let is_new = changed || state.fault != fault;
            state.fault = fault;
            state.number += u64::from(is_new);
            is_new
        });
    }

    /// Lets nobody wait any more.
    pub(crate) fn close(&self) {
        self.state.send_modify(|state| state.is_closed = true);
    }

    fn state(&self) -> Build {
        self.state.borrow().clone()
    }
}

/// The files with what makes them live.
pub(super) fn router(files: Router, live: &Arc<Live>) -> Router {
    Router::new()
        .route("/__reload", get(wait).with_state(Arc::clone(live)))
        .route("/__reload.js", get(script))
        .merge(files.layer(from_fn_with_state(Arc::clone(live), page)))
}

/// Answers with the number of the build as soon as it is another one than the one asked with.
async fn wait(State(live): State<Arc<Live>>, uri: Uri) -> String {
    let known: Option<u64> = uri.query().and_then(|query| query.parse().ok());
    let mut builds = live.state.subscribe();
    let another = builds.wait_for(|state| state.is_closed || Some(state.number) != known);
    // Who has waited long enough is told the number that it knows, and asks again.
    let _ = tokio::time::timeout(PATIENCE, another).await;
    live.state().number.to_string()
}

async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT)
}

/// A page with the script, or what is wrong in its place.
async fn page(State(live): State<Arc<Live>>, mut request: Request, next: Next) -> Response {
    // Read before the page: a build in between makes the page load once more, and never once less.
    let state = live.state();
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    if let Some(fault) = state.fault.filter(|_| is_page(request.uri().path())) {
        let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        let body = fault_page(&fault, state.number);
        return (StatusCode::INTERNAL_SERVER_ERROR, headers, body).into_response();
    }
    // Two builds within a second have one time: what the browser has must not pass for the newest.
    for name in [header::IF_MODIFIED_SINCE, header::IF_NONE_MATCH, header::RANGE] {
        request.headers_mut().remove(name);
    }
    let (mut parts, body) = next.run(request).await.into_parts();
    if !is_html(&parts.headers) {
        return Response::from_parts(parts, body);
    }
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    for name in [header::CONTENT_LENGTH, header::LAST_MODIFIED, header::ETAG, header::ACCEPT_RANGES]
    {
        parts.headers.remove(name);
    }
    Response::from_parts(parts, Body::from(with_script(&bytes, state.number)))
}

/// Whether an address is that of a page: a folder, a file without an ending, or one of HTML.
fn is_page(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !name.contains('.') || name.to_ascii_lowercase().ends_with(".html")
}

fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

fn tag(number: u64) -> String {
    format!("<script src=\"/__reload.js?{number}\"></script>")
}

/// A page with the script at the end of its body.
fn with_script(html: &[u8], number: u64) -> Vec<u8> {
    const END: &[u8] = b"</body>";
    let end = html.windows(END.len()).rposition(|part| part == END).unwrap_or(html.len());
    let (before, after) = html.split_at(end);
    [before, tag(number).as_bytes(), after].concat()
}

fn fault_page(fault: &str, number: u64) -> String {
    let fault = fault.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';script-src 'self';connect-src 'self'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>The page cannot be built</title>\n</head>\n<body>\n<h1>The page cannot be built</h1>\n\
         <pre>{fault}</pre>\n<p>It comes back when this is mended.</p>\n{}\n</body>\n</html>\n",
        tag(number)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_stands_at_the_end_of_the_last_body() {
        let page = |html: &str| String::from_utf8(with_script(html.as_bytes(), 7)).unwrap();
        let script = "<script src=\"/__reload.js?7\"></script>";
        assert_eq!(
            page("<p>a</body> b</body></html>"),
            format!("<p>a</body> b{script}</body></html>")
        );
        assert_eq!(page("no body"), format!("no body{script}"));
    }

    #[test]
    fn a_fault_is_text_and_no_markup() {
        let page = fault_page("<script>&", 1);
        assert!(page.contains("<pre>&lt;script&gt;&amp;</pre>"), "{page}");
    }

    #[test]
    fn only_what_changes_a_page_has_another_number() {
        let live = Live::new();
        let first = live.state().number;
        let after = |result: Result<bool, &str>| {
            live.built(result.map_err(str::to_owned));
            live.state().number - first
        };
        assert_eq!(after(Ok(false)), 0);
        assert_eq!(after(Ok(true)), 1);
        assert_eq!((after(Err("a")), after(Err("a")), after(Err("b"))), (2, 2, 3));
        assert_eq!((after(Ok(false)), after(Ok(false))), (4, 4));
    }

    #[test]
    fn pages_are_told_by_their_address() {
        for path in ["/", "/models/", "/models/index.html", "/404.HTML", "/models"] {
            assert!(is_page(path), "{path}");
        }
        for path in ["/badge/a.svg", "/data/v1/2026-a.json", "/explore.js"] {
            assert!(!is_page(path), "{path}");
        }
    }
}
