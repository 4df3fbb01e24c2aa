//! Logs of Claude Code. The shape of their lines: `collector/src/source/claude_code.rs`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{AGENTS, Clock, ELSE, Log, Planned, Tool, Written};
use crate::bench::random::{Pool, Random};
use crate::bench::truth::Totals;

const MODELS: [&str; 5] = [
    "claude-opus-4-5-20251101",
    "claude-opus-4-5-20251101",
    "claude-sonnet-4-5-20250929",
    "claude-sonnet-4-5-20250929",
    "claude-haiku-4-5-20251001",
];
/// Lines of a response: half have one, some two, few three.
const LINES: [u64; 10] = [1, 1, 1, 1, 1, 2, 2, 2, 2, 3];
/// Shortest text of a tool result, before its tail. Bytes.
const RESULT: u64 = 900;
/// Of what is no response, so many in a hundred are what the user wrote.
const PROMPTS: u64 = 22;

/// Whether a log is that of a sub-agent.
pub(super) fn is_agent(number: u64) -> bool {
    number % AGENTS == AGENTS - 1
}

/// Project and session id. A sub-agent has those of the log before.
fn session(number: u64) -> (u64, String) {
    let number = if is_agent(number) { number - 1 } else { number };
    let mut random = Random::new(ELSE, number);
    (random.below(128), random.uuid())
}

/// Where a log lies, from the home folder.
pub(super) fn path(number: u64) -> PathBuf {
    let (project, id) = session(number);
    let project = format!(".claude/projects/-home-dev-projects-project-{project:03}");
    let name = if is_agent(number) {
        format!("{id}/subagents/agent-{}.jsonl", Random::new(ELSE + 1, number).letters(8))
    } else {
        format!("{id}.jsonl")
    };
    Path::new(&project).join(name)
}

pub(super) fn write(home: &Path, planned: Planned, pool: &Pool) -> Result<Written> {
    let mut writer = Writer::new(home, planned, pool)?;
    writer.fill(planned.bytes)?;
    writer.log.finish(writer.totals)
}

/// The same with one line of `long` bytes behind it, and as much again behind that.
pub(super) fn write_around(
    home: &Path,
    planned: Planned,
    pool: &Pool,
    long: u64,
) -> Result<Written> {
    let mut writer = Writer::new(home, planned, pool)?;
    writer.fill(planned.bytes)?;
    writer.tool_result(long, 0)?;
    let bytes = writer.log.bytes + planned.bytes;
    writer.fill(bytes)?;
    writer.log.finish(writer.totals)
}

/// One more response, in one line, for the end of a log.
pub(super) fn response(number: u64, pool: &Pool) -> (String, Totals) {
    let mut random = Random::new(ELSE + 2, number);
    let mut clock = Clock::new(&mut random, 0);
    clock.now = super::END;
    let mut answer = Answer::new(&mut random);
    answer.lines = 1;
    let mut line = Vec::new();
    let (project, session) = session(number);
    let head = Head { project, session, is_agent: false };
    head.push(&mut random, &clock, "assistant", &mut line);
    answer.push(0, pool, &mut random, &mut line);
    line.push(b'\n');
    (String::from_utf8_lossy(&line).into_owned(), answer.totals)
}

/// What every line begins with.
struct Head {
    project: u64,
    session: String,
    is_agent: bool,
}

impl Head {
    fn push(&self, random: &mut Random, clock: &Clock, kind: &str, line: &mut Vec<u8>) {
        let Self { project, session, is_agent } = self;
        let (parent, id, at) = (random.uuid(), random.uuid(), clock.text());
        // Writing to memory cannot fail.
        let _ = write!(
            line,
            r#"{{"parentUuid":"{parent}","isSidechain":{is_agent},"userType":"external","cwd":"/home/dev/projects/project-{project:03}","sessionId":"{session}","version":"2.0.14","gitBranch":"main","type":"{kind}","uuid":"{id}","timestamp":"{at}","#
        );
    }
}

/// A response before it is written.
struct Answer {
    message: String,
    request: String,
    model: &'static str,
    totals: Totals,
    one_hour: u64,
    lines: u64,
}

impl Answer {
    fn new(random: &mut Random) -> Self {
        let cache_creation = random.below(6_000);
        Self {
            message: random.letters(24),
            request: random.letters(24),
            model: *random.pick(&MODELS),
            totals: Totals {
                responses: 1,
                input: random.between(1, 900),
                output: random.between(8, 3_000),
                cache_read: random.below(150_000),
                cache_creation,
            },
            one_hour: if random.percent(15) { cache_creation } else { 0 },
            lines: *random.pick(&LINES),
        }
    }

    /// One line of it. The output grows from line to line, and only the last has all of it.
    fn push(&self, number: u64, pool: &Pool, random: &mut Random, line: &mut Vec<u8>) {
        let Self { message, request, model, totals, one_hour, lines } = self;
        let Totals { input, output, cache_read, cache_creation, .. } = totals;
        let is_last = number + 1 == *lines;
        let output = if is_last { *output } else { (output * (number + 1) / (lines * 4)).max(1) };
        let stop = if is_last { r#""tool_use""# } else { "null" };
        let five_minutes = cache_creation - one_hour;
        let _ = write!(
            line,
            r#""requestId":"req_{request}","message":{{"model":"{model}","id":"msg_{message}","type":"message","role":"assistant","content":["#
        );
        if random.percent(50) {
            line.extend_from_slice(br#"{"type":"text","text":""#);
            let bytes = random.between(30, 1_500);
            pool.push(random, bytes, line);
            line.extend_from_slice(br#""}"#);
        } else {
            let id = random.letters(24);
            let _ = write!(
                line,
                r#"{{"type":"tool_use","id":"toolu_{id}","name":"Bash","input":{{"command":""#
            );
            let bytes = random.between(10, 400);
            pool.push(random, bytes, line);
            line.extend_from_slice(br#"","description":"Runs the tests"}}"#);
        }
        let _ = write!(
            line,
            r#"],"stop_reason":{stop},"stop_sequence":null,"usage":{{"input_tokens":{input},"cache_creation_input_tokens":{cache_creation},"cache_read_input_tokens":{cache_read},"cache_creation":{{"ephemeral_5m_input_tokens":{five_minutes},"ephemeral_1h_input_tokens":{one_hour}}},"output_tokens":{output},"service_tier":"standard"}}}}}}"#
        );
    }
}

struct Writer<'a> {
    log: Log,
    head: Head,
    clock: Clock,
    random: Random,
    pool: &'a Pool,
    pace: u64,
    totals: Totals,
}

impl<'a> Writer<'a> {
    fn new(home: &Path, planned: Planned, pool: &'a Pool) -> Result<Self> {
        let mut random = Random::new(Tool::Claude.kind(), planned.number);
        let clock = Clock::new(&mut random, planned.bytes);
        let (project, session) = session(planned.number);
        let head = Head { project, session, is_agent: is_agent(planned.number) };
        let log = Log::create(&home.join(path(planned.number)))?;
        let pace = planned.pace;
        Ok(Self { log, head, clock, random, pool, pace, totals: Totals::default() })
    }

    /// Goes on until the log has so many bytes.
    fn fill(&mut self, bytes: u64) -> Result<()> {
        while self.log.bytes < bytes {
            self.clock.go_on(&mut self.random);
            if self.log.bytes == 0 {
                self.prompt()?;
            } else if self.totals.responses * self.pace <= self.log.bytes {
                self.answer()?;
            } else if self.random.percent(PROMPTS) {
                self.prompt()?;
            } else {
                let length = self.random.long_tail(RESULT).min(bytes - self.log.bytes);
                self.tool_result(length, length / 3)?;
            }
        }
        Ok(())
    }

    fn head(&mut self, kind: &str) {
        self.head.push(&mut self.random, &self.clock, kind, &mut self.log.line);
    }

    fn text(&mut self, bytes: u64) {
        self.pool.push(&mut self.random, bytes, &mut self.log.line);
    }

    fn prompt(&mut self) -> Result<()> {
        self.head("user");
        self.log.line.extend_from_slice(br#""message":{"role":"user","content":""#);
        let bytes = self.random.between(40, 2_000);
        self.text(bytes);
        self.log.line.extend_from_slice(br#""}}"#);
        self.log.end_line()
    }

    /// What a tool gave, and how the interface shows it.
    fn tool_result(&mut self, bytes: u64, shown: u64) -> Result<()> {
        self.head("user");
        let id = self.random.letters(24);
        write!(
            self.log.line,
            r#""message":{{"role":"user","content":[{{"tool_use_id":"toolu_{id}","type":"tool_result","content":""#
        )?;
        self.text(bytes);
        self.log.line.extend_from_slice(br#""}]},"toolUseResult":{"stdout":""#);
        self.text(shown);
        self.log.line.extend_from_slice(br#"","stderr":"","interrupted":false,"isImage":false}}"#);
        self.log.end_line()
    }

    fn answer(&mut self) -> Result<()> {
        let answer = Answer::new(&mut self.random);
        for number in 0..answer.lines {
            self.head("assistant");
            answer.push(number, self.pool, &mut self.random, &mut self.log.line);
            self.log.end_line()?;
        }
        self.totals += answer.totals;
        Ok(())
    }
}
