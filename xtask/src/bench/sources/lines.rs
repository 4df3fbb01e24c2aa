//! Logs with one JSON document per line.

use std::io::Write as _;

use anyhow::Result;

use super::page::Page;

const GEMINI: [&str; 2] = ["gemini-2.5-pro", "gemini-2.5-flash"];
const QWEN: [&str; 2] = ["qwen3-coder-plus", "qwen3-max"];
const ANY: [&str; 3] = ["gpt-5.2", "claude-sonnet-4-5", "gpt-5.3-codex"];

/// A chat of Gemini CLI since 0.40.
pub(super) fn gemini(page: &mut Page<'_>, bytes: u64) -> Result<String> {
    let (session, at) = (page.random.uuid(), page.at());
    let project = page.number() % 60;
    writeln!(
        page.text,
        r#"{{"sessionId":"{session}","projectHash":"{project:064x}","startTime":"{at}","lastUpdated":"{at}","kind":"main"}}"#
    )?;
    while page.has_room(bytes) {
        let (user, id) = (page.random.uuid(), page.random.uuid());
        let at = page.at();
        write!(
            page.text,
            r#"{{"id":"{user}","timestamp":"{at}","type":"user","content":[{{"text":""#
        )?;
        page.words();
        let at = page.at();
        writeln!(page.text, "\"}}]}}\n{{\"$set\":{{\"lastUpdated\":\"{at}\"}}}}")?;
        let (answer, model) = (page.answer(false, true), *page.random.pick(&GEMINI));
        let start = page.text.len();
        write!(page.text, r#"{{"id":"{id}","timestamp":"{at}","type":"gemini","content":""#)?;
        page.words();
        write!(
            page.text,
            r#"","thoughts":[],"tokens":{{"input":{},"output":{},"cached":{},"thoughts":{},"tool":0,"total":{}}},"model":"{model}""#,
            answer.prompt(),
            answer.visible(),
            answer.read,
            answer.reasoning,
            answer.total()
        )?;
        // An answer that calls a tool is written again with the call.
        let again = page.text[start..].to_vec();
        page.text.extend_from_slice(b"}\n");
        if page.random.percent(50) {
            page.text.extend_from_slice(&again);
            page.text.extend_from_slice(
                br#","toolCalls":[{"id":"c","name":"run_shell_command","args":{},"result":[{"output":""#,
            );
            page.words();
            page.text.extend_from_slice(b"\"}]}]}\n");
        }
    }
    let day = &at[..10];
    Ok(format!(".gemini/tmp/project-{project}/chats/session-{day}T10-00-{session}.jsonl"))
}

/// A chat of Qwen Code.
pub(super) fn qwen(page: &mut Page<'_>, bytes: u64) -> Result<String> {
    let (session, folder) = (page.random.uuid(), page.project());
    while page.has_room(bytes) {
        let [user, told, id] = [(); 3].map(|()| page.random.uuid());
        let (at, response) = (page.at(), page.random.letters(24));
        let head = |id: &str, kind: &str| {
            format!(
                r#"{{"uuid":"{id}","parentUuid":null,"sessionId":"{session}","timestamp":"{at}","type":"{kind}","cwd":"{folder}","version":"0.15.10""#
            )
        };
        write!(
            page.text,
            r#"{},"message":{{"role":"user","parts":[{{"text":""#,
            head(&user, "user")
        )?;
        page.words();
        page.text.extend_from_slice(b"\"}]}}\n");
        let (answer, model) = (page.answer(false, true), *page.random.pick(&QWEN));
        let [prompt, output, read, reasoning, total] =
            [answer.prompt(), answer.output, answer.read, answer.reasoning, answer.total()];
        writeln!(
            page.text,
            r#"{},"subtype":"ui_telemetry","systemPayload":{{"uiEvent":{{"event.name":"qwen-code.api_response","event.timestamp":"{at}","response_id":"chatcmpl-{response}","model":"{model}","status_code":200,"duration_ms":23,"input_token_count":{prompt},"output_token_count":{output},"cached_content_token_count":{read},"thoughts_token_count":{reasoning},"total_token_count":{total},"prompt_id":"p","auth_type":"openai"}}}}}}"#,
            head(&told, "system")
        )?;
        write!(
            page.text,
            r#"{},"model":"{model}","message":{{"role":"model","parts":[{{"text":""#,
            head(&id, "assistant")
        )?;
        page.words();
        writeln!(
            page.text,
            r#""}}]}},"usageMetadata":{{"promptTokenCount":{prompt},"candidatesTokenCount":{output},"thoughtsTokenCount":{reasoning},"totalTokenCount":{total},"cachedContentTokenCount":{read}}}}}"#
        )?;
    }
    Ok(format!(".qwen/projects/{}/chats/{session}.jsonl", folder.replace('/', "-")))
}

/// A session of pi.
pub(super) fn pi(page: &mut Page<'_>, bytes: u64) -> Result<String> {
    let (session, folder, at) = (page.random.uuid(), page.project(), page.at());
    writeln!(
        page.text,
        r#"{{"type":"session","version":3,"id":"{session}","timestamp":"{at}","cwd":"{folder}"}}"#
    )?;
    while page.has_room(bytes) {
        let [user, id, response] = [8, 8, 24].map(|length| page.random.letters(length));
        let millis = page.millis();
        write!(
            page.text,
            r#"{{"type":"message","id":"{user}","parentId":null,"timestamp":"{at}","message":{{"role":"toolResult","content":[{{"type":"text","text":""#
        )?;
        page.words();
        let at = page.at();
        write!(
            page.text,
            "\"}}],\"timestamp\":{millis}}}}}\n{{\"type\":\"message\",\"id\":\"{id}\",\"parentId\":\"{user}\",\"timestamp\":\"{at}\",\"message\":{{\"role\":\"assistant\",\"content\":[{{\"type\":\"text\",\"text\":\""
        )?;
        page.words();
        let (answer, model) = (page.answer(true, false), *page.random.pick(&ANY));
        writeln!(
            page.text,
            r#""}}],"api":"openai-responses","provider":"openai","model":"{model}","usage":{{"input":{},"output":{},"cacheRead":{},"cacheWrite":{},"totalTokens":{},"cost":{{"input":0,"output":0,"cacheRead":0,"cacheWrite":0,"total":0}}}},"stopReason":"stop","timestamp":{millis},"responseId":"resp_{response}"}}}}"#,
            answer.input,
            answer.output,
            answer.read,
            answer.written,
            answer.total()
        )?;
    }
    let name = at[..19].replace(':', "-");
    Ok(format!(".pi/agent/sessions/-{}--/{name}-000Z_{session}.jsonl", folder.replace('/', "-")))
}

/// A session of Copilot CLI.
pub(super) fn copilot(page: &mut Page<'_>, bytes: u64) -> Result<String> {
    let (session, folder, at) = (page.random.uuid(), page.project(), page.at());
    writeln!(
        page.text,
        r#"{{"type":"session.start","data":{{"sessionId":"{session}","version":1,"producer":"copilot-agent","copilotVersion":"1.0.102","startTime":"{at}","context":{{"cwd":"{folder}"}}}},"id":"{session}","timestamp":"{at}","parentId":null}}"#
    )?;
    let mut sequence = 0;
    while page.has_room(bytes) {
        let (at, call, id) = (page.at(), page.random.letters(24), page.random.uuid());
        let (answer, model) = (page.answer(true, true), *page.random.pick(&ANY));
        sequence += 1;
        writeln!(
            page.text,
            r#"{{"type":"session.usage_record","data":{{"usage":{{"model":"{model}","inputTokens":{},"outputTokens":{},"cacheReadTokens":{},"cacheWriteTokens":{},"reasoningTokens":{},"cost":0.0,"duration":21,"initiator":"user","apiCallId":"chatcmpl-{call}","apiEndpoint":"/chat/completions","accounting":{{"sourceSessionId":"{session}","sequence":{sequence},"usageId":"chatcmpl-{call}"}},"finishReason":"stop"}}}},"id":"{id}","timestamp":"{at}","parentId":null}}"#,
            answer.prompt(),
            answer.output,
            answer.read,
            answer.written,
            answer.reasoning
        )?;
        let (id, at) = (page.random.uuid(), page.at());
        write!(
            page.text,
            r#"{{"type":"assistant.message","data":{{"messageId":"{id}","model":"{model}","content":""#
        )?;
        page.words();
        writeln!(
            page.text,
            r#"","toolRequests":[],"turnId":"0","apiCallId":"chatcmpl-{call}"}},"id":"{id}","timestamp":"{at}","parentId":null}}"#
        )?;
    }
    Ok(format!(".copilot/session-state/{session}/events.jsonl"))
}

/// A session of Kimi Code.
pub(super) fn kimi(page: &mut Page<'_>, bytes: u64) -> Result<String> {
    let (session, created) = (page.random.uuid(), page.millis());
    writeln!(
        page.text,
        r#"{{"type":"metadata","protocol_version":"1.4","created_at":{created}}}"#
    )?;
    while page.has_room(bytes) {
        let time = page.millis();
        write!(page.text, r#"{{"type":"context.append","time":{time},"text":""#)?;
        page.words();
        let (answer, time) = (page.answer(true, false), page.millis());
        writeln!(
            page.text,
            "\"}}\n{{\"type\":\"usage.record\",\"time\":{time},\"model\":\"kimi-k2-thinking\",\"usageScope\":\"turn\",\"usage\":{{\"inputOther\":{},\"inputCacheRead\":{},\"inputCacheCreation\":{},\"output\":{}}}}}",
            answer.input, answer.read, answer.written, answer.output
        )?;
    }
    let folder = page.number() % 60;
    Ok(format!(".kimi-code/sessions/{folder:032x}/{session}/agents/main/wire.jsonl"))
}
