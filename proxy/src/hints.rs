//! What a request's body says of itself.

use std::ops::Range;
use std::sync::LazyLock;

use data_schema::Text;
use serde::Deserialize;

use crate::json::{Paths, Scanner, Step};
use crate::protocol::Protocol;

/// What a request's body says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    /// The model that is asked for.
    pub(crate) model: Option<Text>,
    /// Whether a stream is asked for.
    pub(crate) is_stream: bool,
    /// The tool's session, where the body names it.
    pub(crate) session: Option<String>,
    /// The account, where the body names it.
    pub(crate) account: Option<String>,
    /// The greatest answer, in tokens.
    pub(crate) most_output: Option<u64>,
    /// Whether a Chat stream asks for its usage.
    pub(crate) has_include_usage: bool,
    /// Where `stream_options` stands in the body, and where `include_usage` in it does.
    pub(crate) stream_options: Option<Range<usize>>,
    pub(crate) include_usage: Option<Range<usize>>,
    /// Behind the last bracket of the body; absent if it is cut, or no object.
    pub(crate) end: Option<usize>,
}

#[derive(Clone, Copy)]
enum At {
    Model,
    Stream,
    MostOld,
    Most,
    MostOutput,
    MostGemini,
    MostGeminiSnake,
    MostConverse,
    User,
    MetadataSession,
    Session,
    StreamOptions,
}

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    Paths::new(&[
        "model",
        "stream",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "request?.generationConfig.maxOutputTokens",
        "generation_config.max_output_tokens",
        "inferenceConfig.maxTokens",
        "metadata.user_id",
        "metadata.session_id",
        "session_id",
        "stream_options",
    ])
});

static OPTIONS: LazyLock<Paths> = LazyLock::new(|| Paths::new(&["include_usage"]));

/// What a body says, or the beginning of one that goes on.
pub(crate) fn hints(protocol: Protocol, body: &[u8]) -> Hints {
    let mut scanner = Scanner::new(&PATHS);
    let (read, step) = scanner.push(body);
    let is_chat = matches!(protocol, Protocol::OpenaiChat | Protocol::OpenaiCompletions);
    let (mut session, mut account) = (None, None);
    if let Some(user) = scanner.text(At::User as usize) {
        (session, account) = of_user(&user);
    }
    let told = |slot: At| scanner.text(slot as usize).map(std::borrow::Cow::into_owned);
    let mut hints = Hints {
        model: scanner.word(At::Model as usize),
        is_stream: scanner.is_true(At::Stream as usize),
        session: session.or_else(|| told(At::MetadataSession)).or_else(|| told(At::Session)),
        account,
        most_output: most_output(&scanner),
        end: (step == Step::Document).then_some(read),
        ..Hints::default()
    };
    if is_chat {
        stream_options(&mut hints, &scanner);
    }
    hints
}

fn most_output(scanner: &Scanner) -> Option<u64> {
    let slots = [
        At::Most,
        At::MostOutput,
        At::MostOld,
        At::MostGemini,
        At::MostGeminiSnake,
        At::MostConverse,
    ];
    let mut told = slots.into_iter().filter_map(|slot| scanner.count(slot as usize).get().0);
    told.next().map(data_schema::Tokens::get)
}

fn stream_options(hints: &mut Hints, scanner: &Scanner) {
    let Some(raw) = scanner.raw(At::StreamOptions as usize) else { return };
    let range = |place: Range<u64>| {
        Some(usize::try_from(place.start).ok()?..usize::try_from(place.end).ok()?)
    };
    hints.stream_options = scanner.place(At::StreamOptions as usize).and_then(range);
    let mut inner = Scanner::new(&OPTIONS);
    inner.push(raw);
    hints.has_include_usage = inner.is_true(0);
    let start = hints.stream_options.as_ref().map_or(0, |range| range.start);
    let place = inner.place(0).and_then(range);
    hints.include_usage = place.map(|place| place.start + start..place.end + start);
}

/// Session and account of Claude Code's `metadata.user_id`: `user_…_account_…_session_…`, and in newer versions a JSON text
/// (<https://code.claude.com/docs/en/llm-gateway>, read 20 Nov 2026).
fn of_user(user: &str) -> (Option<String>, Option<String>) {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct User {
        session_id: Option<String>,
        account_uuid: Option<String>,
    }
    let kept = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if user.starts_with('{') {
        let user: User = serde_json::from_str(user).unwrap_or_default();
        return (
            user.session_id.as_deref().and_then(kept),
            user.account_uuid.as_deref().and_then(kept),
        );
    }
    let Some((before, session)) =
        user.rsplit_once("_session_").filter(|_| user.starts_with("user_"))
    else {
        return (None, None);
    };
    let account = before.rsplit_once("_account_").and_then(|(_, account)| kept(account));
    (kept(session), account)
}

#[cfg(test)]
mod tests;
