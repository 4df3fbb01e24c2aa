//! Conversations as Gemini CLI records them, and as Qwen Code did while it had that code: a journal of messages, or a
//! document that holds them all.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::adapter::{Counts, Draft, Log, ReadError, Shape, Sink, together};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};

/// The folder of conversations, and beside it what is known of the project.
const CHATS: &str = "chats";
/// The path of a project is not longer. Bytes.
const LONGEST_PATH: u64 = 4096;

/// Messages that tell tokens, the line that names the session, and answers of whatever kind.
static MARKERS: LazyLock<Markers> =
    LazyLock::new(|| Markers::any(&["\"tokens\"", "\"projectHash\"", "\"gemini\""]));

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Document {
    session_id: LooseText<'static>,
    kind: LooseText<'static>,
    messages: Vec<Maybe<Message>>,
}

/// A message, or the line that names the session. What a line sets beside (`$set`) is not looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Message {
    session_id: LooseText<'static>,
    /// Of the session: `main` or `subagent`.
    kind: LooseText<'static>,
    id: LooseText<'static>,
    timestamp: LooseTime,
    #[serde(rename = "type")]
    speaker: LooseText<'static>,
    model: LooseText<'static>,
    tokens: Maybe<TokensSummary>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokensSummary {
    input: LooseCount,
    output: LooseCount,
    cached: LooseCount,
    thoughts: LooseCount,
    tool: LooseCount,
    total: LooseCount,
}

/// What all messages of a conversation have in common.
struct Session {
    id: String,
    is_sub_agent: bool,
    folder: Option<String>,
}

/// Whether a file is one document with a conversation.
pub(in crate::source) fn is_document(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    is_in_chats(path.parent()) && name.starts_with("session-") && has_extension(path, "json")
}

/// Whether a file is a journal of a conversation: of a main one, or of a sub-agent.
pub(in crate::source) fn is_journal(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let is_main = is_in_chats(path.parent()) && name.starts_with("session-");
    let is_sub_agent = is_in_chats(path.parent().and_then(Path::parent));
    (is_main || is_sub_agent) && has_extension(path, "jsonl")
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension == wanted)
}

fn is_in_chats(folder: Option<&Path>) -> bool {
    folder.and_then(Path::file_name).is_some_and(|name| name == CHATS)
}

/// Reads a conversation of either kind.
pub(in crate::source) fn read(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let mut session =
        Session { id: log.stem().to_owned(), is_sub_agent: false, folder: project_root(log.path) };
    if has_extension(log.path, "jsonl") {
        return log.lines(sink, &MARKERS, |sink, message: Message| {
            name(&mut session, &message.session_id, &message.kind);
            answer(log, sink, &session, &message);
        });
    }
    let document: Document = log.document()?;
    name(&mut session, &document.session_id, &document.kind);
    for message in document.messages.iter().filter_map(|message| message.0.as_ref()) {
        answer(log, sink, &session, message);
    }
    Ok(())
}

fn name(session: &mut Session, id: &LooseText<'_>, kind: &LooseText<'_>) {
    if let Some(id) = id.get() {
        id.clone_into(&mut session.id);
        session.is_sub_agent = kind.get() == Some("subagent");
    }
}

fn answer(log: &Log<'_>, sink: &mut Sink<'_>, session: &Session, message: &Message) {
    let Some(tokens) = &message.tokens.0 else {
        if matches!(message.speaker.get(), Some("gemini" | "qwen")) {
            sink.silent();
        }
        return;
    };
    let Some(id) = message.id.get() else {
        return sink.skip("a message tells tokens and has no `id`: it cannot be told from others");
    };
    let input = sink.count(tokens.input, "tokens.input");
    let counts = Counts {
        input: together(input, sink.count(tokens.tool, "tokens.tool")),
        cache_read: sink.count(tokens.cached, "tokens.cached"),
        output: sink.count(tokens.output, "tokens.output"),
        reasoning: sink.count(tokens.thoughts, "tokens.thoughts"),
        ..Counts::default()
    };
    let total = sink.count(tokens.total, "tokens.total");
    let usual = Shape { prompt_has_cache: true, output_has_reasoning: false };
    sink.push(&Draft {
        own: &[&session.id, id],
        at: message.timestamp.0,
        model: message.model.get(),
        counts: counts.fitting(total.filter(|total| total.get() > 0), usual).0,
        session: Some(&session.id),
        parent: session.is_sub_agent.then(|| log.folder(1)),
        folder: session.folder.as_deref(),
        agent: session.is_sub_agent.then_some("subagent"),
        ..Draft::default()
    });
}

/// The file that names the project of a conversation.
pub(in crate::source) fn project_file(log: &Path) -> Option<PathBuf> {
    let chats = log.ancestors().find(|folder| is_in_chats(Some(folder)))?;
    Some(chats.with_file_name(".project_root"))
}

/// The path of the project that a conversation belongs to.
fn project_root(log: &Path) -> Option<String> {
    let mut path = String::new();
    let file = fs_err::File::open(project_file(log)?).ok()?;
    file.take(LONGEST_PATH).read_to_string(&mut path).ok()?;
    Some(path.trim().to_owned()).filter(|path| !path.is_empty())
}
