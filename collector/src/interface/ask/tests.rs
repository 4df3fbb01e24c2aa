use super::super::Secret;
use super::*;

/// Answers one after the other, and the pauses between.
struct Played {
    answers: Vec<Result<Response, HttpError>>,
    pauses: Vec<Duration>,
    elapsed: Duration,
}

impl Http for Played {
    fn send(&mut self, _: &Request) -> Result<Response, HttpError> {
        self.answers.remove(0)
    }

    fn pause(&mut self, time: Duration) {
        self.pauses.push(time);
        self.elapsed += time;
    }

    fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

static TERMS: Terms = Terms {
    vendor: "test",
    variables: &[],
    base_url: None,
    key: "the right key",
    tells: "",
    documentation: "",
    days_at_once: 1,
    days_back: 1,
};

#[expect(clippy::unnecessary_wraps, reason = "one of several results")]
fn status(status: u16) -> Result<Response, HttpError> {
    Ok(Response { status, body: b"{}".to_vec(), ..Response::default() })
}

#[expect(clippy::unnecessary_wraps, reason = "one of several results")]
fn later(seconds: &str) -> Result<Response, HttpError> {
    Ok(Response { status: 429, retry_after: Some(seconds.to_owned()), body: Vec::new() })
}

/// What became of a request, and the pauses in seconds.
fn ask(
    answers: Vec<Result<Response, HttpError>>,
) -> (Result<serde_json::Value, InterfaceError>, Vec<u64>) {
    let mut http = Played { answers, pauses: Vec::new(), elapsed: Duration::ZERO };
    let access = Access {
        key: Secret::new("geheim"),
        base_url: Some("https://x.example/".to_owned()),
        account: None,
        organization: None,
    };
    let day = "2026-05-01".parse().unwrap();
    let window = Window { from: day, to: day };
    let now = UtcSeconds::default();
    let mut ask = Ask { http: &mut http, access: &access, terms: &TERMS, window, now };
    let request = ask.bearer("/a").unwrap();
    assert_eq!(request.url, "https://x.example/a");
    let result = ask.json(&request);
    (result, http.pauses.iter().map(Duration::as_secs).collect())
}

#[test]
fn what_passes_is_tried_again_and_nothing_else() {
    let (result, pauses) = ask(vec![status(503), Err(HttpError::Timeout(30)), status(200)]);
    assert!(result.is_ok());
    assert_eq!(pauses, [1, 2]);
    let (result, pauses) = ask(vec![status(500), status(502), status(503)]);
    assert_eq!((result, pauses), (Err(InterfaceError::Status(503)), vec![1, 2]));
    for (code, error) in [
        (401, InterfaceError::Key("the right key")),
        (403, InterfaceError::Right("the right key")),
        (404, InterfaceError::Gone),
        (302, InterfaceError::Redirect(302)),
        (400, InterfaceError::Status(400)),
    ] {
        let (result, pauses) = ask(vec![status(code)]);
        assert_eq!((result, pauses), (Err(error), vec![]), "{code}");
    }
}

#[test]
fn a_vendor_who_wants_a_pause_gets_it_if_it_is_short() {
    let (result, pauses) = ask(vec![later("3"), status(200)]);
    assert!(result.is_ok());
    assert_eq!(pauses, [3]);
    let (result, pauses) = ask(vec![later("60")]);
    assert_eq!((result, pauses), (Err(InterfaceError::TooMany), vec![]));
    let (result, pauses) = ask(vec![later("Wed, 21 Oct 2026 07:28:00 GMT"), status(200)]);
    assert!(result.is_ok());
    assert_eq!(pauses, [1]);
}

#[test]
fn nothing_of_an_answer_or_a_key_is_in_a_message() {
    let body = b"{\"accessToken\":\"geheim".to_vec();
    let (result, _) = ask(vec![Ok(Response { status: 200, body, ..Response::default() })]);
    let error = result.unwrap_err();
    assert_eq!(error, InterfaceError::Shape);
    assert!(!format!("{error}{error:?}").contains("geheim"));
}

#[test]
fn a_query_has_nothing_in_it_that_means_something_else() {
    assert_eq!(encode("2026-05-01 08:00:00&a=b/ü"), "2026-05-01%2008%3A00%3A00%26a%3Db%2F%C3%BC");
}
