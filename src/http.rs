//! One public page over HTTP: is it there, and how old is it?

use std::time::Duration;

use collector::{Client, Http as _, Request};

/// Fetches an address: `https`, or `http` on this machine. The answer must come as a whole within the deadline.
///
/// # Errors
///
/// What went wrong, in words.
pub(crate) fn get(url: &str, deadline: Duration) -> Result<Vec<u8>, String> {
    let mut client = Client::new(crate::session::PROGRAM, deadline).for_pages();
    let request = Request::get(url).header("cache-control", "no-cache");
    let answer = client.send(&request).map_err(|error| error.to_string())?;
    match answer.status {
        200..=299 => Ok(answer.body),
        404 => Err("is not there (the server answers 404)".to_owned()),
        code => Err(format!("is not given out (the server answers {code})")),
    }
}
