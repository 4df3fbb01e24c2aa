//! Rollouts of Codex. The shape of their lines: `collector/src/source/codex.rs`.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;

use super::{Clock, Log, Planned, Tool, Written};
use crate::bench::random::{Pool, Random};
use crate::bench::truth::Totals;

const MODELS: [&str; 2] = ["gpt-5.2-codex", "gpt-5.3-codex"];
/// Shortest text of a tool result, before its tail. Bytes.
const RESULT: u64 = 700;
/// Of all token counts, so many in a hundred are told twice.
const REPEATS: u64 = 30;

pub(super) fn write(home: &Path, planned: Planned, pool: &Pool) -> Result<Written> {
    let mut random = Random::new(Tool::Codex.kind(), planned.number);
    let clock = Clock::new(&mut random, planned.bytes);
    let (id, at) = (random.uuid(), clock.text());
    let (day, time) = (at[..10].replace('-', "/"), at[..19].replace(':', "-"));
    let path = home.join(format!(".codex/sessions/{day}/rollout-{time}-{id}.jsonl"));
    let log = Log::create(&path)?;
    let mut writer = Writer { log, clock, random, pool, running: Counts::default() };
    writer.begin(&id)?;
    let mut totals = Totals::default();
    while writer.log.bytes < planned.bytes {
        writer.clock.go_on(&mut writer.random);
        if totals.responses * planned.pace <= writer.log.bytes {
            totals += writer.answer()?;
        } else {
            writer.tool_result(planned.bytes - writer.log.bytes)?;
        }
    }
    writer.log.finish(totals)
}

/// As a token count has them: the input holds what was cached, the output what was reasoned.
#[derive(Clone, Copy, Default)]
struct Counts {
    input: u64,
    cached: u64,
    output: u64,
    reasoning: u64,
}

impl Counts {
    fn push(&self, line: &mut Vec<u8>) {
        let Self { input, cached, output, reasoning } = self;
        let total = input + output;
        // Writing to memory cannot fail.
        let _ = write!(
            line,
            r#"{{"input_tokens":{input},"cached_input_tokens":{cached},"output_tokens":{output},"reasoning_output_tokens":{reasoning},"total_tokens":{total}}}"#
        );
    }
}

struct Writer<'a> {
    log: Log,
    clock: Clock,
    random: Random,
    pool: &'a Pool,
    running: Counts,
}

impl Writer<'_> {
    /// What every rollout begins with, and a token count that tells only the limits.
    fn begin(&mut self, id: &str) -> Result<()> {
        self.head("session_meta")?;
        let at = self.clock.text();
        write!(
            self.log.line,
            r#"{{"id":"{id}","timestamp":"{at}","cwd":"/home/dev/projects/project-001","originator":"codex_cli_rs","cli_version":"0.63.0","instructions":""#
        )?;
        self.pool.push(&mut self.random, 3_000, &mut self.log.line);
        self.log.line.extend_from_slice(br#""}}"#);
        self.log.end_line()?;
        self.head("turn_context")?;
        let model = self.random.pick(&MODELS);
        write!(
            self.log.line,
            r#"{{"cwd":"/home/dev/projects/project-001","approval_policy":"on-request","model":"{model}","effort":"medium","summary":"auto"}}}}"#
        )?;
        self.log.end_line()?;
        self.head("event_msg")?;
        self.log.line.extend_from_slice(br#"{"type":"token_count","info":null,"#);
        self.limits()?;
        self.log.end_line()
    }

    fn head(&mut self, kind: &str) -> Result<()> {
        let at = self.clock.text();
        write!(self.log.line, r#"{{"timestamp":"{at}","type":"{kind}","payload":"#)?;
        Ok(())
    }

    /// The end of a token count.
    fn limits(&mut self) -> Result<()> {
        let used = self.random.below(100);
        let resets = self.clock.now - self.clock.now % 18_000 + 18_000;
        write!(
            self.log.line,
            r#""rate_limits":{{"primary":{{"used_percent":{used}.0,"window_minutes":300,"resets_at":{resets}}}}}}}}}"#
        )?;
        Ok(())
    }

    /// What a tool gave, of at most so many bytes, and what the model thought of it.
    fn tool_result(&mut self, most: u64) -> Result<()> {
        self.head("response_item")?;
        let id = self.random.letters(24);
        write!(
            self.log.line,
            r#"{{"type":"function_call_output","call_id":"call_{id}","output":""#
        )?;
        let bytes = self.random.long_tail(RESULT).min(most);
        self.pool.push(&mut self.random, bytes, &mut self.log.line);
        self.log.line.extend_from_slice(br#""}}"#);
        self.log.end_line()?;
        self.head("event_msg")?;
        self.log.line.extend_from_slice(br#"{"type":"agent_reasoning","text":""#);
        let bytes = self.random.between(20, 500);
        self.pool.push(&mut self.random, bytes, &mut self.log.line);
        self.log.line.extend_from_slice(br#""}}"#);
        self.log.end_line()
    }

    /// A response: its token count, once or twice.
    fn answer(&mut self) -> Result<Totals> {
        let random = &mut self.random;
        let input = random.between(500, 60_000);
        let output = random.between(10, 2_500);
        let (cached, reasoning) = (random.below(input), random.below(output));
        let last = Counts { input, cached, output, reasoning };
        let running = &mut self.running;
        running.input += input;
        running.cached += cached;
        running.output += output;
        running.reasoning += reasoning;
        let running = *running;
        self.head("event_msg")?;
        self.log.line.extend_from_slice(br#"{"type":"token_count","info":{"total_token_usage":"#);
        running.push(&mut self.log.line);
        self.log.line.extend_from_slice(br#","last_token_usage":"#);
        last.push(&mut self.log.line);
        self.log.line.extend_from_slice(br#","model_context_window":272000},"#);
        self.limits()?;
        let again = self.random.percent(REPEATS).then(|| self.log.line.clone());
        self.log.end_line()?;
        if let Some(line) = again {
            self.log.line = line;
            self.log.end_line()?;
        }
        let input = input - cached;
        Ok(Totals { responses: 1, input, output, cache_read: cached, cache_creation: 0 })
    }
}
