//! A server on loopback that answers as the providers do, and knows what it has answered.
//!
//! It speaks Anthropic Messages with `count_tokens`, `OpenAI` Chat Completions and Responses, and Gemini, streaming and
//! not. The word `USETOOL` in a prompt makes the first answer a call of the client's shell tool, `USEMULTI` beside it
//! an answer of three blocks, and `USETASK` a call of its sub-agent tool; the answer to a tool's result is text.

use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::truth::{Served, Usage, Wire};
use http::{Answer, Request};

mod chat;
mod gemini;
mod http;
mod messages;
mod responses;

/// Names of tools that run a command, as the clients have them.
const SHELLS: [&str; 8] = [
    "bash",
    "run_commands",
    "shell",
    "local_shell",
    "shell_command",
    "exec_command",
    "run_shell_command",
    "execute_command",
];
/// Names of tools that ask a sub-agent.
const AGENTS: [&str; 2] = ["Task", "Agent"];
/// What stands in a conversation in which a tool has run, by wire.
const RESULTS: [&str; 4] =
    ["\"tool_result\"", "\"role\":\"tool\"", "\"function_call_output\"", "\"functionResponse\""];

/// Words by which a request is known that is beside the work, and what it is.
pub(super) type Asides = &'static [(&'static str, &'static str)];

/// The server. It ends with the process.
#[derive(Clone)]
pub(super) struct Mock {
    pub(super) port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    run: String,
    cuts: bool,
    served: Vec<Served>,
    /// Requests that no answer was known to.
    unknown: Vec<String>,
}

/// What an answer does.
enum Does {
    Say,
    Call { name: String, input: Value, has_thoughts: bool },
    Delegate(String),
}

/// One answer that is being made.
struct Turn<'a> {
    number: u64,
    model: String,
    is_stream: bool,
    is_cut: bool,
    request: &'a Value,
    usage: Usage,
    does: Does,
    text: String,
    /// Seconds since 1970.
    now: u64,
}

impl Turn<'_> {
    /// An id of this answer, and of no other.
    fn id(&self, prefix: &str) -> String {
        format!("{prefix}mock{:020}", self.number)
    }

    /// The events of a stream; one that is cut breaks off in the middle, before its usage.
    fn stream(&self, events: Vec<(Option<&'static str>, String)>) -> Answer {
        let cut_after = self.is_cut.then_some(events.len() / 2);
        Answer::Events { events, cut_after }
    }
}

impl Mock {
    /// Begins to listen.
    pub(super) fn start(asides: Asides) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let mock = Self { port, state: Arc::default() };
        let server = mock.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                // A client that hangs up has its reasons.
                thread::spawn(move || server.serve(stream, asides));
            }
        });
        Ok(mock)
    }

    /// What follows belongs to this run; streams are cut or not.
    pub(super) fn begin(&self, run: &str, cuts: bool) {
        let mut state = self.state();
        run.clone_into(&mut state.run);
        state.cuts = cuts;
    }

    /// What was answered, and the requests that no answer was known to.
    pub(super) fn served(&self) -> (Vec<Served>, Vec<String>) {
        let state = self.state();
        (state.served.clone(), state.unknown.clone())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut stream: TcpStream, asides: Asides) -> Result<()> {
        stream.set_nodelay(true)?;
        let request = http::read(&stream)?;
        let answer = self.answer(&request, asides);
        http::send(&mut stream, request.method != "HEAD", &answer)
    }

    fn answer(&self, request: &Request, asides: Asides) -> Answer {
        let path = request.path.split('?').next().unwrap_or_default();
        let ok = |body: Value| Answer::Json { status: 200, body };
        if request.method != "POST" {
            return if path.ends_with("/models") { ok(models(path)) } else { ok(json!({})) };
        }
        let verb = path.rsplit(['/', ':']).next().unwrap_or_default();
        match verb {
            "count_tokens" => return ok(json!({"input_tokens": 4321})),
            "countTokens" => return ok(json!({"totalTokens": 4321})),
            _ => {}
        }
        let Some((wire, model)) = wire(path, &request.body) else {
            self.state().unknown.push(format!("{} {path}", request.method));
            return Answer::Json {
                status: 404,
                body: json!({"error": {"message": "no such path"}}),
            };
        };
        let is_stream = match wire {
            Wire::Gemini => verb == "streamGenerateContent",
            _ => request.body["stream"] == true,
        };
        let turn = self.turn(&request.body, (wire, model), is_stream, asides);
        let answer = match wire {
            Wire::Messages => messages::answer(&turn),
            Wire::Chat => chat::answer(&turn),
            Wire::Responses => responses::answer(&turn),
            Wire::Gemini => gemini::answer(&turn, request.path.contains("alt=sse")),
        };
        self.tell(turn.number, Usage::told(wire, &answer.contents()));
        answer
    }

    /// Notes what an answer tells of its usage.
    fn tell(&self, number: u64, told: Option<Usage>) {
        let mut state = self.state();
        let mut answers = state.served.iter_mut();
        if let Some(served) = answers.find(|served| served.number == number) {
            served.told = told;
        }
    }

    /// Decides what is answered, and notes it.
    fn turn<'a>(
        &self,
        request: &'a Value,
        (wire, model): (Wire, String),
        is_stream: bool,
        asides: Asides,
    ) -> Turn<'a> {
        let all = request.to_string();
        let aside = asides.iter().find(|(words, _)| all.contains(words));
        let mut state = self.state();
        let number = state.served.len() as u64 + 1;
        let is_cut = state.cuts && is_stream;
        let usage = Usage::of(number, wire);
        let run = state.run.clone();
        state.served.push(Served {
            number,
            run,
            wire,
            model: model.clone(),
            usage,
            is_cut,
            told: None,
            aside: aside.map(|(_, what)| (*what).to_owned()),
        });
        let does = does(request, wire, &all);
        let text = text(request, number);
        Turn { number, model, is_stream, is_cut, request, usage, does, text, now: now() }
    }
}

/// How a request is put, and the model that it asks for.
fn wire(path: &str, body: &Value) -> Option<(Wire, String)> {
    let model = || body["model"].as_str().unwrap_or_default().to_owned();
    if path.ends_with("/messages") {
        return Some((Wire::Messages, model()));
    }
    if path.ends_with("/chat/completions") {
        return Some((Wire::Chat, model()));
    }
    if path.ends_with("/responses") {
        return Some((Wire::Responses, model()));
    }
    let (model, verb) = path.rsplit_once("/models/")?.1.split_once(':')?;
    let is_known = verb == "generateContent" || verb == "streamGenerateContent";
    is_known.then(|| (Wire::Gemini, model.to_owned()))
}

fn models(path: &str) -> Value {
    if path.contains("/v1beta") {
        return json!({"models": [{"name": "models/gemini-2.5-pro", "version": "001"}]});
    }
    json!({"object": "list", "data": [{"id": "gpt-5", "object": "model", "created": 1, "owned_by": "mock"}]})
}

/// What the prompt's words ask for.
fn does(request: &Value, wire: Wire, all: &str) -> Does {
    let has_result = RESULTS.iter().any(|result| all.contains(result));
    let tools = tools(request, wire);
    let find = |names: &[&str]| {
        tools.iter().find(|(name, _)| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
    };
    if has_result {
        return Does::Say;
    }
    match (find(&AGENTS), find(&SHELLS)) {
        (Some((name, _)), _) if all.contains("USETASK") => Does::Delegate(name.clone()),
        (_, Some((name, schema))) if all.contains("USETOOL") => Does::Call {
            name: name.clone(),
            input: input(schema),
            has_thoughts: all.contains("USEMULTI"),
        },
        _ => Does::Say,
    }
}

/// The tools that the client offers, with the schema of their input.
fn tools(request: &Value, wire: Wire) -> Vec<(String, Value)> {
    let all = request["tools"].as_array().into_iter().flatten();
    let named = |tool: &Value, schema: &Value| {
        let name = tool["name"].as_str().or(tool["type"].as_str()).unwrap_or_default();
        (name.to_owned(), schema.clone())
    };
    match wire {
        Wire::Messages => all.map(|tool| named(tool, &tool["input_schema"])).collect(),
        Wire::Responses => all.map(|tool| named(tool, &tool["parameters"])).collect(),
        Wire::Chat => {
            all.map(|tool| named(&tool["function"], &tool["function"]["parameters"])).collect()
        }
        Wire::Gemini => {
            let declared = all.filter_map(|tool| tool["functionDeclarations"].as_array()).flatten();
            let schema = |tool: &Value| match &tool["parametersJsonSchema"] {
                Value::Null => tool["parameters"].clone(),
                schema => schema.clone(),
            };
            declared.map(|tool| named(tool, &schema(tool))).collect()
        }
    }
}

/// A command that does nothing, and something for all that the client needs beside it.
fn input(schema: &Value) -> Value {
    let mut input = Map::new();
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let kind = property["type"].as_str().unwrap_or_default().to_ascii_lowercase();
        let value = match (name.as_str(), kind.as_str()) {
            ("command" | "cmd", "array") => json!(["bash", "-lc", "echo tool-ran"]),
            ("commands", "array") => json!(["echo tool-ran"]),
            ("command" | "cmd" | "commands", _) => json!("echo tool-ran"),
            _ if !required.contains(&name.as_str()) => continue,
            (_, "number" | "integer") => json!(1000),
            (_, "boolean") => json!(false),
            (_, "array") => json!([]),
            (_, "object") => json!({}),
            _ => json!("print a word"),
        };
        input.insert(name.clone(), value);
    }
    Value::Object(input)
}

/// What the answer says. Some requests of Gemini CLI, such as the choice of a model, want JSON.
fn text(request: &Value, number: u64) -> String {
    if request["generationConfig"]["responseMimeType"] == "application/json" {
        let answer = json!({
            "reasoning": "mock", "model_choice": "flash", "next_speaker": "user",
            "complexity_reasoning": "mock", "complexity_score": 10,
        });
        return answer.to_string();
    }
    format!("this is the answer of the mock, number {number}")
}

/// A text in five pieces. All texts here are ASCII.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let length = text.len().div_ceil(5).max(1);
    let starts = (0..text.len()).step_by(length);
    starts.map(move |start| &text[start..text.len().min(start + length)])
}

#[expect(clippy::disallowed_methods, reason = "a server tells the time of its answers")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests;
