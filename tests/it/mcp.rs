//! The server for assistants: a process of its own that is spoken to over its standard input and output.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::support::{Machine, claude_line};

/// A machine with three responses of one model.
fn machine() -> Machine {
    let machine = Machine::new();
    let times = ["2026-05-30T12:00:00Z", "2026-05-31T12:00:00Z", "2026-06-01T11:00:00Z"];
    let lines = times.iter().zip(1..).map(|(at, number)| {
        claude_line(&format!("msg_{number:024}"), at, 1_000_000 * number - 100)
    });
    machine.write_log(".claude/projects/p/s1.jsonl", &lines.collect::<String>());
    machine
}

struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last: u64,
}

impl Server {
    fn start(machine: &Machine) -> Self {
        let mut command = machine.command(&["mcp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output, last: 0 }
    }

    /// One that has been greeted.
    fn ready(machine: &Machine) -> Self {
        let mut server = Self::start(machine);
        server.greet();
        server
    }

    fn greet(&mut self) -> Value {
        let client = json!({"name": "test", "version": "1"});
        let greeting =
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        let told = self.ask("initialize", &greeting)["result"].clone();
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
        told
    }

    fn send(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Asks, and returns the answer: nothing else may come in between.
    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.last += 1;
        let id = self.last;
        self.send(
            &json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters})
                .to_string(),
        );
        let answer = self.line();
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        let answer = self.ask("tools/call", &json!({"name": tool, "arguments": arguments}));
        answer["result"].clone()
    }

    /// What a question is refused with.
    fn refused(&mut self, tool: &str, arguments: &Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], true, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Closes its input; returns its exit code, what it had left to say, and its notes.
    fn end(mut self) -> (i32, String, String) {
        drop(self.input);
        let (mut rest, mut notes) = (String::new(), String::new());
        self.output.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut notes).unwrap();
        (self.child.wait().unwrap().code().unwrap_or(-1), rest, notes)
    }
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[test]
fn it_greets_lists_its_tools_and_ends_with_its_input() {
    let machine = machine();
    let mut server = Server::start(&machine);
    let told = server.greet();
    assert_eq!(told["serverInfo"]["name"], "token-matters");
    assert_eq!(told["protocolVersion"], "2025-06-18");
    assert!(told["capabilities"]["tools"].is_object() && told["instructions"].is_string());
    let tools = server.ask("tools/list", &json!({}))["result"]["tools"].clone();
    insta::assert_json_snapshot!(tools);
    for tool in tools.as_array().unwrap() {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
    }
    assert_eq!(server.end(), (0, String::new(), String::new()));
    assert!(!machine.data().exists() || !machine.data().join("store.git").exists());
}

#[test]
fn usage_is_reported_in_words_and_in_structure() {
    let machine = machine();
    machine.run(&["collect"]).ok();
    let mut server = Server::ready(&machine);
    let by = json!({"since": "2026-05-31", "until": "2026-06-01", "by": ["source", "model"]});
    let usage = server.call("usage_report", &by);
    let data = &usage["structuredContent"];
    assert_eq!(data["rows"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&data["rows"][0]["date"], &data["rows"][1]["date"]),
        (&"2026-05-31".into(), &"2026-06-01".into())
    );
    assert_eq!(
        (&data["totals"]["totalTokens"], &data["totals"]["requests"]),
        (&5_000_000.into(), &2.into())
    );
    assert_eq!(data["totals"]["cost"]["listUSD"], "74.9976");
    assert_eq!((&data["since"], &data["rowsLeftOut"]), (&"2026-05-31".into(), &0.into()));
    assert!(
        text(&usage).starts_with("Days of UTC. All: 5.00M tokens $75.00, 2 responses\n2026-05-31"),
        "{usage}"
    );
    let top =
        server.call("usage_report", &json!({"by": ["source", "model"], "sort": "key", "top": 1}));
    assert_eq!(top["structuredContent"]["rows"][0]["date"], "2026-06-01", "the newest day stays");
    assert_eq!(top["structuredContent"]["rowsLeftOut"], 2);
    assert_eq!(top["structuredContent"]["totals"]["requests"], 3, "totals are those of all");
    let sessions = server.call("usage_report", &json!({"grouping": "session"}));
    assert_eq!(sessions["structuredContent"]["rows"].as_array().unwrap().len(), 1, "{sessions}");
    for (grouping, key) in [("blocks", "start"), ("hours", "hour")] {
        let made = server.call("usage_report", &json!({"grouping": grouping}));
        let data = &made["structuredContent"];
        assert_eq!(data["totals"]["requests"], 3, "{made}");
        assert!(data["rows"].as_array().unwrap().iter().all(|row| !row[key].is_null()), "{made}");
    }
    let (code, rest, _) = server.end();
    assert_eq!((code, rest.as_str()), (0, ""));
}

#[test]
fn every_other_tool_answers_too() {
    let machine = machine();
    machine.run(&["collect"]).ok();
    let mut server = Server::ready(&machine);
    let limits = server.call("limits", &json!({}));
    let windows = &limits["structuredContent"]["windows"];
    assert_eq!(windows[0]["start"], "2026-06-01T11:00:00Z");
    assert_eq!(
        (&windows[0]["totalTokens"], &windows[0]["secondsLeft"]),
        (&3_000_000.into(), &14_400.into())
    );
    assert!(
        text(&limits).starts_with(
            "No vendor told of a limit: unknown.\nwindow of five hours, all sources: "
        )
    );

    let money = server.call("budgets_and_plans", &json!({}));
    assert_eq!(money["structuredContent"]["budgets"], json!([]));
    assert!(text(&money).contains("token-matters budget"), "{money}");

    let price = server.call("price", &json!({"model": "claude-sonnet-4-5", "at": "2026-06-01"}));
    let data = &price["structuredContent"];
    assert_eq!((&data["isKnown"], &data["price"]["output"]), (&true.into(), &"15".into()));
    assert!(text(&price).contains("USD per million tokens: input 3, "), "{price}");
    let unknown = server.call("price", &json!({"model": "--no\u{1b}[31mbody"}));
    assert_eq!(
        (&unknown["isError"], &unknown["structuredContent"]["isKnown"]),
        (&false.into(), &false.into())
    );
    assert!(!text(&unknown).contains('\u{1b}'), "{unknown}");

    let sources = server.call("sources", &json!({}));
    let source = &sources["structuredContent"]["sources"][0];
    assert_eq!(
        (&source["source"], &source["firstDay"]),
        (&"claude-code".into(), &"2026-05-30".into())
    );
    assert_eq!(
        (&source["logs"]["responses"], &source["logs"]["failed"]),
        (&3.into(), &false.into())
    );
    assert!(
        text(&sources)
            .starts_with("Claude Code (claude-code): 2026-05-30 to 2026-06-01; 1 logs here")
    );
    let (code, rest, _) = server.end();
    assert_eq!((code, rest.as_str()), (0, ""));
}

#[test]
fn budgets_and_plans_are_those_of_the_shared_settings() {
    let machine = machine();
    machine.run(&["collect"]).ok();
    let shared = "budgets:\n  - {name: all, amount: 100}\n  - {name: wrong, amount: x}\nplans:\n  - {name: Max, price: 100, since: 2026-01-01, sources: [claude-code]}\n";
    let folder = machine.root.path().join("checkout");
    fs_err::create_dir_all(&folder).unwrap();
    let repository = machine.data().join("store.git");
    let run = std::process::Command::new("git")
        .args(["clone", "--quiet"])
        .arg(&repository)
        .arg(folder.join("data"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    fs_err::write(folder.join("data/token-matters.yaml"), shared).unwrap();
    let git = |arguments: &[&str]| {
        let run = std::process::Command::new("git")
            .args(["-c", "user.name=me", "-c", "user.email=me@example.org"])
            .args(arguments)
            .current_dir(folder.join("data"))
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    };
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "settings"]);
    git(&["push", "--quiet"]);
    let mut server = Server::ready(&machine);
    let money = server.call("budgets_and_plans", &json!({}));
    let data = &money["structuredContent"];
    assert_eq!(
        (&data["budgets"][0]["name"], &data["budgets"][0]["spent"]),
        (&"all".into(), &"44.9988".into())
    );
    assert_eq!(data["budgets"][0]["usedSteps"], 4_499);
    assert_eq!(
        (&data["plans"][0]["name"], &data["plans"][0]["coversToday"]),
        (&"Max".into(), &true.into())
    );
    assert_eq!(data["notices"].as_array().unwrap().len(), 1, "{data}");
    let (_, _, notes) = server.end();
    assert!(!notes.contains("bug"), "{notes}");
}

#[test]
fn what_cannot_be_answered_is_an_error_with_a_remedy_and_the_next_is_answered() {
    let machine = machine();
    let mut server = Server::ready(&machine);
    for (tool, arguments, part) in [
        ("usage_report", json!({"since": "soon"}), "write it as 2026-01-31"),
        ("usage_report", json!({"source": "claude"}), "`claude` is no id of a source"),
        ("usage_report", json!({"nothing": 1}), "unknown field `nothing`"),
        ("limits", json!({"source": "nobody-at-all"}), "is no id of a source"),
        ("price", json!({}), "missing field `model`"),
        ("price", json!({"model": " "}), "`model` is empty"),
        ("price", json!({"model": "x", "at": "1"}), "`at`: `1` is no day"),
        ("sources", json!({"x": []}), "the arguments do not fit"),
    ] {
        let refused = server.refused(tool, &arguments);
        assert!(refused.contains(part), "{tool}: {refused}");
    }
    let nobody = server.ask("tools/call", &json!({"name": "delete_everything", "arguments": {}}));
    assert!(
        nobody["error"]["message"].as_str().unwrap().contains("tools/list names all"),
        "{nobody}"
    );
    // A configuration that cannot be used is told, and once it can be, everything is answered.
    machine.config("timezone: Mars/Base\n");
    let refused = server.refused("usage_report", &json!({}));
    assert!(refused.contains("line 1: `timezone`: `Mars/Base` is no zone"), "{refused}");
    machine.config("timezone: Europe/Berlin\n");
    assert!(text(&server.call("usage_report", &json!({}))).starts_with("Days of Europe/Berlin."));
    assert_eq!(server.end().0, 0);
}

#[test]
fn a_line_that_is_no_message_is_passed_over_and_nothing_before_a_greeting_is_an_error() {
    let machine = machine();
    let mut server = Server::ready(&machine);
    server.send("{ this is no JSON");
    server.send("");
    server.send(&"[".repeat(2_000));
    let price = server.call("price", &json!({"model": "claude-sonnet-4-5"}));
    assert_eq!(price["structuredContent"]["isKnown"], true);
    assert_eq!(server.end().0, 0);
    // A client that goes before it has said anything.
    let (code, rest, notes) = Server::start(&machine).end();
    assert_eq!((code, rest.as_str(), notes.as_str()), (0, "", ""));
}

#[test]
fn what_is_wrong_with_files_goes_to_the_notes_and_never_between_the_messages() {
    let machine = machine();
    machine.config("");
    fs_err::write(
        machine.data().join("pricing.json"),
        r#"{"version":"2.0","date":"2026-06-01","models":{"x":[{"input":"-1"}]}}"#,
    )
    .unwrap();
    let mut server = Server::ready(&machine);
    let usage = server.call("usage_report", &json!({}));
    assert_eq!(usage["isError"], false, "{usage}");
    let (code, rest, notes) = server.end();
    assert_eq!((code, rest.as_str()), (0, ""));
    assert!(notes.contains("pricing.json"), "{notes}");
}
