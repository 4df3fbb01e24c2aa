//! Interfaces from outside: a server on this machine stands for the vendor.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use serde_json::{Value, json};

use crate::support::Machine;

const KEY: &str = "geheim-0123456789";
/// Some days after the day of the logs.
const SOON: &str = "2026-05-20T12:00:00Z";

/// A server that answers as a `LiteLLM` proxy would: one answer to the right key, `401` to any other.
struct Mock {
    address: String,
    asked: Receiver<String>,
}

impl Mock {
    fn new(answer: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sender, asked) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &answer, &sender);
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.try_iter().collect()
    }
}

fn serve(stream: TcpStream, answer: &Value, asked: &Sender<String>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let is_key_right = head.to_lowercase().contains(&format!("authorization: bearer {KEY}"));
    let _ = asked.send(path);
    let (status, body) = if is_key_right {
        ("200 OK", answer.to_string())
    } else {
        ("401 Unauthorized", json!({ "error": { "message": "sk-of-another" } }).to_string())
    };
    let mut stream = stream;
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.flush();
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = reader.read_to_end(&mut Vec::new());
}

/// What a proxy tells that saw all of a day's responses.
fn matching(machine: &Machine) -> Value {
    let report = machine.run(&["report", "daily", "--json"]).json();
    let rows = report["rows"].as_array().or_else(|| report["data"].as_array()).unwrap().clone();
    let days = rows.iter().map(|row| {
        let number = |name: &str| row[name].as_u64().unwrap_or(0);
        let read = number("cacheReadTokens");
        let created = number("cacheCreationTokens");
        json!({ "date": row["date"], "breakdown": { "models": { (row["model"].as_str().unwrap()): { "metrics": {
            "spend": 0.5, "prompt_tokens": number("inputTokens") + read + created,
            "completion_tokens": number("outputTokens"), "cache_read_input_tokens": read,
            "cache_creation_input_tokens": created, "api_requests": number("requests"),
        }}}}})
    });
    json!({ "results": days.collect::<Vec<_>>(), "metadata": { "page": 1, "has_more": false } })
}

fn config(machine: &Machine, mock: &Mock, key: &str) {
    let address = &mock.address;
    machine.config(&format!("providers:\n  litellm:\n    apiKey: {key}\n    baseUrl: {address}\n"));
}

#[test]
fn a_statement_changes_no_total_and_shows_that_there_is_no_gap() {
    let machine = Machine::new().with_case("A_stream");
    machine.run(&["collect"]).ok();
    let before = machine.totals(&[]);
    let mock = Mock::new(matching(&machine));
    config(&machine, &mock, "${MY_PROXY_KEY}");
    let collect = || {
        let mut command = machine.command(&["collect"]);
        command.env("MY_PROXY_KEY", KEY).env("TOKEN_MATTERS_NOW", SOON).output().unwrap()
    };
    let run = collect();
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(0), "{told}");
    assert!(!told.contains(KEY), "{told}");
    let asked = mock.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("start_date=2026-04-20&end_date=2026-05-19"), "{asked:?}");
    assert_eq!(machine.totals(&[]), before);
    // Within the hour nobody is asked again.
    collect();
    assert_eq!(mock.asked().len(), 0);
    let out = machine.root.path().join("out");
    let raw = machine.data().join("store.git");
    let arguments = ["summarize", "--raw", raw.to_str().unwrap(), "--out", out.to_str().unwrap()];
    machine.run(&arguments).ok();
    let text = fs_err::read_to_string(out.join("summary/reconcile.json")).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    let told = &told["statements"][0];
    assert_eq!(told["provider"], "litellm");
    assert!(told["statedTokens"].as_u64().unwrap() > 0, "{told}");
    assert_eq!((told["missingTokens"].as_u64(), told["moreTokens"].as_u64()), (Some(0), Some(0)));
    let state = fs_err::read_to_string(machine.data().join("interfaces.json")).unwrap();
    assert!(!state.contains(KEY) && state.contains("2026-05-19"), "{state}");
}

#[test]
fn a_wrong_key_costs_the_interface_only_and_says_what_to_do() {
    let machine = Machine::new().with_case("A_stream");
    let mock = Mock::new(json!({}));
    config(&machine, &mock, "wrong");
    let run = machine.run(&["collect"]);
    assert_eq!(run.code(), 3);
    let told = run.stderr();
    assert!(told.contains("LiteLLM spend answers 401: the key is not accepted"), "{told}");
    assert!(!told.contains("sk-of-another"), "an answer is secret: {told}");
    assert_eq!(machine.totals(&[])["outputTokens"], 159);
}

#[test]
fn a_key_that_is_not_there_is_told_and_nobody_is_asked() {
    let machine = Machine::new();
    let mock = Mock::new(json!({}));
    config(&machine, &mock, "${NOWHERE}");
    let run = machine.run(&["collect"]);
    assert_eq!(run.code(), 3);
    assert!(run.stderr().contains("the variable `NOWHERE`"), "{}", run.stderr());
    machine.config("providers:\n  litellm: {}\n");
    let run = machine.run(&["collect"]).ok();
    assert!(run.stderr().contains("litellm is not asked: it has no key"), "{}", run.stderr());
    assert_eq!(mock.asked().len(), 0);
}

#[test]
fn no_key_is_sent_unencrypted_or_to_another_address() {
    let machine = Machine::new();
    machine.config("providers:\n  litellm: {apiKey: x, baseUrl: \"http://192.0.2.1\"}\n");
    let run = machine.run(&["collect"]);
    assert_eq!(run.code(), 3);
    assert!(run.stderr().contains("is no https address"), "{}", run.stderr());
}
