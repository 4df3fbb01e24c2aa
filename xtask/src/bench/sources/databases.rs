//! Logs that are databases.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, params};

use super::page::Page;
use crate::bench::random::Pool;
use crate::bench::truth::{Totals, Truth};

const MODELS: [&str; 3] = ["glm-5", "kimi-k3", "gpt-5.2"];
/// Rows of one session.
const SESSION: u64 = 200;
/// Sequences of these files.
const OPENCODE: u64 = 200;
const GOOSE: u64 = 201;

/// Tables as `OpenCode` 1.18 makes them, with the columns that it fills.
const OPENCODE_TABLES: &str = "
    CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, parent_id text, slug text NOT NULL,
        directory text NOT NULL, title text NOT NULL, version text NOT NULL, cost real DEFAULT 0 NOT NULL,
        time_created integer NOT NULL, time_updated integer NOT NULL);
    CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
        time_updated integer NOT NULL, data text NOT NULL);
    CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL,
        time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
    CREATE INDEX message_session_idx ON message (session_id);
    CREATE INDEX part_message_idx ON part (message_id);";

/// The database of `OpenCode`, with so many messages: prompts and answers in turn, and a text for each.
pub(super) fn opencode(home: &Path, rows: u64, pool: &Pool, truth: &mut Truth) -> Result<()> {
    let path = home.join(".local/share/opencode/opencode.db");
    let mut database = create(&path, OPENCODE_TABLES)?;
    let mut totals = Totals::default();
    let writing = database.transaction()?;
    {
        let mut sessions = writing.prepare(
            "INSERT INTO session VALUES (?1, 'global', NULL, 's', ?2, 't', '1.18.33', 0, ?3, ?3)",
        )?;
        let mut messages = writing.prepare("INSERT INTO message VALUES (?1, ?2, ?3, ?3, ?4)")?;
        let mut parts = writing.prepare("INSERT INTO part VALUES (?1, ?2, ?3, ?4, ?4, ?5)")?;
        for number in 0..rows.div_ceil(SESSION) {
            let mut page = Page::new(OPENCODE, number, 500_000, pool);
            let (session, folder) = (format!("ses_{}", page.random.letters(26)), page.project());
            sessions.execute(params![session, folder, signed(page.millis())])?;
            for row in 0..SESSION.min(rows - number * SESSION) {
                let (id, time) = (format!("msg_{}", page.random.letters(26)), page.millis());
                let data =
                    if row % 2 == 0 { prompt(time) } else { answer(&mut page, time, &folder) };
                messages.execute(params![id, session, signed(time), data])?;
                let part = text_part(&mut page);
                let name = format!("prt_{}", page.random.letters(26));
                parts.execute(params![name, id, session, signed(time), part])?;
            }
            totals += page.totals;
        }
    }
    writing.commit()?;
    finish(database, &path, "opencode", totals, truth)
}

fn prompt(time: u64) -> String {
    format!(
        r#"{{"role":"user","time":{{"created":{time}}},"agent":"build","model":{{"providerID":"zai","modelID":"glm-5"}},"summary":{{"diffs":[]}}}}"#
    )
}

fn answer(page: &mut Page<'_>, time: u64, folder: &str) -> String {
    let (answer, model) = (page.answer(true, true), *page.random.pick(&MODELS));
    format!(
        r#"{{"parentID":"msg_{}","role":"assistant","mode":"build","agent":"build","path":{{"cwd":"{folder}","root":"{folder}"}},"cost":0,"tokens":{{"total":{},"input":{},"output":{},"reasoning":{},"cache":{{"write":{},"read":{}}}}},"modelID":"{model}","providerID":"zai","time":{{"created":{time},"completed":{}}},"finish":"stop"}}"#,
        page.random.letters(26),
        answer.total(),
        answer.input,
        answer.visible(),
        answer.reasoning,
        answer.written,
        answer.read,
        time + 1380
    )
}

fn text_part(page: &mut Page<'_>) -> String {
    page.text.clear();
    page.text.extend_from_slice(br#"{"type":"text","text":""#);
    page.words();
    page.text.extend_from_slice(br#""}"#);
    String::from_utf8_lossy(&page.text).into_owned()
}

/// The sessions of Goose: <https://github.com/block/goose> `crates/goose/src/session/session_manager.rs`, read 2026-11-21.
const GOOSE_TABLES: &str = "
    CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
    CREATE TABLE sessions (id TEXT PRIMARY KEY, name TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '',
        session_type TEXT NOT NULL DEFAULT 'user', working_dir TEXT NOT NULL, created_at TIMESTAMP, updated_at TIMESTAMP,
        extension_data TEXT DEFAULT '{}', total_tokens INTEGER, input_tokens INTEGER, output_tokens INTEGER,
        accumulated_total_tokens INTEGER, accumulated_input_tokens INTEGER, accumulated_output_tokens INTEGER,
        provider_name TEXT, model_config_json TEXT);";

/// The database of Goose: a total for each session.
pub(super) fn goose(home: &Path, sessions: u64, truth: &mut Truth) -> Result<()> {
    let path = home.join(".local/share/goose/sessions/sessions.db");
    let mut database = create(&path, GOOSE_TABLES)?;
    let (pool, mut totals) = (Pool::new(), Totals::default());
    let writing = database.transaction()?;
    {
        let mut insert = writing.prepare(
            "INSERT INTO sessions (id, working_dir, created_at, updated_at, total_tokens, input_tokens, output_tokens,
             accumulated_total_tokens, accumulated_input_tokens, accumulated_output_tokens, provider_name, model_config_json)
             VALUES (?1, ?2, ?3, ?3, 10, 7, 3, ?4, ?5, ?6, 'openai', '{\"model_name\":\"gpt-5.2\"}')",
        )?;
        for number in 0..sessions {
            let mut page = Page::new(GOOSE, number, 100_000, &pool);
            let at = page.at()[..19].replace('T', " ");
            let (input, output) =
                (page.random.between(1_000, 900_000), page.random.between(10, 90_000));
            let id = format!("{}_{number}", &at[..10].replace('-', ""));
            let [all, input_tokens, output_tokens] = [input + output, input, output].map(signed);
            insert.execute(params![id, page.project(), at, all, input_tokens, output_tokens])?;
            totals += Totals { responses: 1, input, output, cache_read: 0, cache_creation: 0 };
        }
    }
    writing.commit()?;
    finish(database, &path, "goose", totals, truth)
}

/// `SQLite` has signed numbers.
fn signed(number: u64) -> i64 {
    number.cast_signed()
}

fn create(path: &Path, tables: &str) -> Result<Connection> {
    fs_err::create_dir_all(path.parent().unwrap_or(path))?;
    let database = Connection::open(path)?;
    database.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    database.execute_batch(tables)?;
    Ok(database)
}

fn finish(
    database: Connection,
    path: &Path,
    source: &str,
    totals: Totals,
    truth: &mut Truth,
) -> Result<()> {
    database.close().map_err(|(_, error)| error)?;
    truth.add(source, 1, fs_err::metadata(path)?.len(), totals);
    Ok(())
}
