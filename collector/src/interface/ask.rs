//! One interface being asked: tries, deadline, pages.

use std::fmt::Write as _;
use std::time::Duration;

use data_schema::UtcSeconds;
use serde::de::DeserializeOwned;

use super::{Access, Terms, Window};
use crate::http::{Http, HttpError, Request, Response};

/// How long one interface may take, all requests and pauses together.
const DEADLINE: Duration = Duration::from_secs(30);
/// Tries after the first one.
const RETRIES: u32 = 2;
/// The pause before the first of them; the next is twice as long.
const PAUSE: Duration = Duration::from_secs(1);
/// A vendor who wants a longer pause is asked at the next run.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// More pages than that mean that something turns in circles.
const MOST_PAGES: usize = 200;

/// Why an interface gave nothing. No message says anything of a key or of an answer: relays answer with the keys of
/// others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InterfaceError {
    #[error("answers 401: the key is not accepted; it takes {0}")]
    Key(&'static str),
    #[error("answers 403: the key may not read this; it takes {0}")]
    Right(&'static str),
    #[error("answers 404: there is no such interface at this address; see `baseUrl`")]
    Gone,
    #[error("answers 429: too many requests; it is asked again at the next run")]
    TooMany,
    #[error("answers {0}: it is asked again at the next run")]
    Status(u16),
    #[error(
        "answers with a redirect ({0}), which is not followed with a key: name the new address as `baseUrl`"
    )]
    Redirect(u16),
    #[error("{0}")]
    Http(#[from] HttpError),
    #[error(
        "gives an answer that this version of token-matters does not understand: update it, or please report this"
    )]
    Shape,
    #[error("says that it failed (code {0})")]
    Refused(i64),
    #[error("does not answer all within {} seconds; what is missing is asked for at the next run", DEADLINE.as_secs())]
    Deadline,
    #[error("gives more than {MOST_PAGES} pages")]
    Pages,
    #[error("{0}")]
    Config(&'static str),
}

impl InterfaceError {
    /// Whether the network is not there at all.
    pub(crate) fn is_offline(&self) -> bool {
        matches!(self, Self::Http(HttpError::UnknownHost | HttpError::Unreachable(_)))
    }
}

/// What an interface asks with.
pub(crate) struct Ask<'a> {
    pub(crate) http: &'a mut dyn Http,
    pub(crate) access: &'a Access,
    pub(crate) terms: &'a Terms,
    pub(crate) window: Window,
    /// The run's own time.
    pub(crate) now: UtcSeconds,
}

impl Ask<'_> {
    /// An address below the interface's own. `path` begins with `/`.
    pub(crate) fn url(&self, path: &str) -> Result<String, InterfaceError> {
        let base = self.access.base_url.as_deref().or(self.terms.base_url);
        let base = base.ok_or(InterfaceError::Config("has no address: name it as `baseUrl`"))?;
        Ok(format!("{}{path}", base.trim_end_matches('/')))
    }

    /// A `GET` with the key as a bearer token.
    pub(crate) fn bearer(&self, path: &str) -> Result<Request, InterfaceError> {
        let token = format!("Bearer {}", self.access.key.expose());
        Ok(Request::get(self.url(path)?).header("authorization", token))
    }

    /// Sends a request, again if it fails in passing, and reads the answer.
    pub(crate) fn json<T: DeserializeOwned>(
        &mut self,
        request: &Request,
    ) -> Result<T, InterfaceError> {
        let answer = self.send(request)?;
        serde_json::from_slice(&answer.body).map_err(|_| InterfaceError::Shape)
    }

    /// Asks page after page until `take` names no next one. The first page has no name.
    pub(crate) fn pages<T: DeserializeOwned>(
        &mut self,
        request: impl Fn(&Self, Option<&str>) -> Result<Request, InterfaceError>,
        mut take: impl FnMut(T) -> Option<String>,
    ) -> Result<(), InterfaceError> {
        let mut next: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let request = request(self, next.as_deref())?;
            next = take(self.json(&request)?).filter(|next| !next.is_empty());
            if next.is_none() {
                return Ok(());
            }
        }
        Err(InterfaceError::Pages)
    }

    fn send(&mut self, request: &Request) -> Result<Response, InterfaceError> {
        let mut pause = PAUSE;
        for tries_left in (0..=RETRIES).rev() {
            if self.http.elapsed() >= DEADLINE {
                return Err(InterfaceError::Deadline);
            }
            let (error, wanted) = match self.http.send(request) {
                Ok(answer) => match self.checked(&answer) {
                    Ok(()) => return Ok(answer),
                    Err(error) => (error, answer.retry_after),
                },
                Err(error) => (error.into(), None),
            };
            let wanted = wanted.and_then(|seconds| seconds.trim().parse().ok());
            let wait = wanted.map_or(pause, Duration::from_secs);
            let is_too_long = wait > LONGEST_PAUSE || self.http.elapsed() + wait >= DEADLINE;
            if tries_left == 0 || !passes(&error) || is_too_long {
                return Err(error);
            }
            self.http.pause(wait);
            pause *= 2;
        }
        Err(InterfaceError::Deadline)
    }

    fn checked(&self, answer: &Response) -> Result<(), InterfaceError> {
        match answer.status {
            200..=299 => Ok(()),
            300..=399 => Err(InterfaceError::Redirect(answer.status)),
            401 => Err(InterfaceError::Key(self.terms.key)),
            403 => Err(InterfaceError::Right(self.terms.key)),
            404 => Err(InterfaceError::Gone),
            429 => Err(InterfaceError::TooMany),
            status => Err(InterfaceError::Status(status)),
        }
    }
}

/// Whether a later try may go better.
fn passes(error: &InterfaceError) -> bool {
    match error {
        InterfaceError::TooMany | InterfaceError::Status(500..) => true,
        InterfaceError::Http(error) => {
            matches!(error, HttpError::Unreachable(_) | HttpError::Timeout(_))
        }
        _ => false,
    }
}

/// A text as it may stand in a query.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
