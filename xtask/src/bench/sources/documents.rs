//! Logs that are one JSON document each.

use std::io::Write as _;

use anyhow::Result;

use super::page::Page;

const GEMINI: [&str; 2] = ["gemini-2.5-pro", "gemini-2.5-flash"];
const CLAUDE: [&str; 2] = ["claude-sonnet-4-5", "claude-opus-4-5"];

/// A chat of Gemini CLI before 0.40.
pub(super) fn gemini(page: &mut Page<'_>, bytes: u64) -> Result<String> {
    let (session, at) = (page.random.uuid(), page.at());
    let project = page.number() % 60;
    write!(
        page.text,
        r#"{{"sessionId":"{session}","projectHash":"{project:064x}","startTime":"{at}","lastUpdated":"{at}","messages":["#
    )?;
    while page.has_room(bytes) {
        let (user, id) = (page.random.uuid(), page.random.uuid());
        let at = page.at();
        write!(page.text, r#"{{"id":"{user}","timestamp":"{at}","type":"user","content":""#)?;
        page.words();
        let at = page.at();
        write!(page.text, r#""}},{{"id":"{id}","timestamp":"{at}","type":"gemini","content":""#)?;
        page.words();
        let (answer, model) = (page.answer(false, true), *page.random.pick(&GEMINI));
        let (input, total) = (answer.prompt(), answer.total());
        write!(
            page.text,
            r#"","thoughts":[],"tokens":{{"input":{input},"output":{},"cached":{},"thoughts":{},"tool":0,"total":{total}}},"model":"{model}"}},"#,
            answer.visible(),
            answer.read,
            answer.reasoning
        )?;
    }
    // A comma too many, and no list is empty.
    page.text.pop();
    page.text.extend_from_slice(b"]}");
    let day = &at[..10];
    Ok(format!(".gemini/tmp/{project:064x}/chats/session-{day}T10-00-{session}.json"))
}

/// A task of Cline.
pub(super) fn cline(page: &mut Page<'_>, bytes: u64) -> Result<String> {
    let task = page.millis() - page.millis() % 100_000 + page.number();
    page.text.push(b'[');
    let mut last = 0;
    while page.has_room(bytes) {
        // No two messages of a task have the same time.
        let said = page.millis().max(last + 1);
        let asked = page.millis().max(said + 1);
        last = asked;
        write!(page.text, r#"{{"ts":{said},"type":"say","say":"text","text":""#)?;
        page.words();
        let (answer, model) = (page.answer(true, false), *page.random.pick(&CLAUDE));
        write!(
            page.text,
            r#"","partial":false}},{{"ts":{asked},"type":"say","say":"api_req_started","text":"{{\"request\":\"[read_file for 'src/main.rs'] Result: done\",\"tokensIn\":{},\"tokensOut\":{},\"cacheWrites\":{},\"cacheReads\":{},\"cost\":0.0125}}","modelInfo":{{"providerId":"anthropic","modelId":"{model}","mode":"act"}}}},"#,
            answer.input, answer.output, answer.written, answer.read
        )?;
    }
    page.text.pop();
    page.text.push(b']');
    let storage = ".config/Code/User/globalStorage/saoudrizwan.claude-dev";
    Ok(format!("{storage}/tasks/{task}/ui_messages.json"))
}

/// A thread of Amp.
pub(super) fn amp(page: &mut Page<'_>, bytes: u64) -> Result<String> {
    let id = format!("T-{}", page.random.uuid());
    let created = page.millis();
    write!(page.text, r#"{{"v":40,"id":"{id}","created":{created},"messages":["#)?;
    let (mut events, mut number) = (Vec::new(), 0);
    while page.has_room(bytes) {
        write!(
            page.text,
            r#"{{"role":"user","messageId":{number},"content":[{{"type":"text","text":""#
        )?;
        page.words();
        let (answer, model) = (page.answer(true, false), *page.random.pick(&CLAUDE));
        let (at, event, named) = (page.at(), page.random.uuid(), number + 1);
        write!(
            page.text,
            r#""}}]}},{{"role":"assistant","messageId":{named},"content":[],"usage":{{"model":"{model}","inputTokens":{},"outputTokens":{},"cacheCreationInputTokens":{},"cacheReadInputTokens":{},"totalInputTokens":{},"timestamp":"{at}"}}}},"#,
            answer.input,
            answer.output,
            answer.written,
            answer.read,
            answer.prompt()
        )?;
        number += 2;
        write!(
            events,
            r#"{{"id":"{event}","timestamp":"{at}","model":"{model}","credits":1.5,"tokens":{{"input":{},"output":{}}},"operationType":"inference","toMessageId":{named}}},"#,
            answer.input, answer.output
        )?;
    }
    page.text.pop();
    page.text.extend_from_slice(br#"],"usageLedger":{"events":["#);
    events.pop();
    page.text.append(&mut events);
    page.text.extend_from_slice(b"]}}");
    Ok(format!(".local/share/amp/threads/{id}.json"))
}
