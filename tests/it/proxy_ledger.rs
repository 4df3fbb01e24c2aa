//! The proxy's ledger from outside: real sockets, a proxy that is killed, and what `usage`, `collect` and `report` say
//! of it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_schema::{LedgerEntry, Tokens};
use serde_json::Value;

use crate::support::{Machine, append};

/// The longest that anything may take here.
const PATIENCE: Duration = Duration::from_secs(20);

/// An upstream that answers every request with the number of it.
fn upstream() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicU64::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let count = Arc::clone(&count);
            std::thread::spawn(move || answer_all(stream, &count));
        }
    });
    format!("http://{address}")
}

fn answer_all(stream: TcpStream, count: &AtomicU64) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some((_, body)) = message(&mut reader) {
        assert!(!body.is_empty());
        let number = count.fetch_add(1, Ordering::Relaxed);
        let body = format!(
            r#"{{"id":"msg_0123456789abcdef{number:08}","type":"message","role":"assistant","model":"claude-opus-4-8","content":[],"stop_reason":"end_turn","usage":{{"input_tokens":10,"output_tokens":5}}}}"#
        );
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
        if write!(writer, "{head}: {}\r\n\r\n{body}", body.len()).is_err() {
            return;
        }
    }
}

/// The head and the body of a message; `None` if it did not come whole.
fn message(reader: &mut impl std::io::BufRead) -> Option<(String, Vec<u8>)> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// A proxy that runs.
struct Proxy {
    child: Child,
    address: String,
}

impl Proxy {
    fn start(machine: &Machine, upstream: &str) -> Self {
        let arguments = [
            "proxy",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--upstream",
            &format!("anthropic={upstream}"),
        ];
        let mut child = machine.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        Self { child, address }
    }

    fn stop(mut self, signal: &str) {
        let pid = self.child.id().to_string();
        let kill = format!("kill {signal} {pid}");
        assert!(Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
        self.child.wait().unwrap();
    }
}

/// Sends requests until the proxy is gone; what has arrived whole counts.
fn send(address: &str, ids: &Mutex<BTreeSet<String>>, most: usize) {
    let Ok(stream) = TcpStream::connect(address) else { return };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    let body = r#"{"model":"claude-opus-4-8","max_tokens":5,"messages":[]}"#;
    for _ in 0..most {
        let head = format!("POST /v1/messages HTTP/1.1\r\nhost: {address}\r\nx-api-key: k");
        let request = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        if writer.write_all(request.as_bytes()).is_err() {
            return;
        }
        let Some((head, body)) = message(&mut reader) else { return };
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let answer: Value = serde_json::from_slice(&body).unwrap();
        ids.lock().unwrap().insert(answer["id"].as_str().unwrap().to_owned());
    }
}

fn usage(machine: &Machine, arguments: &[&str]) -> Vec<Value> {
    let run = machine.run(&[&["proxy", "usage", "--json"], arguments].concat()).ok();
    run.json().as_array().unwrap().clone()
}

fn ledger_file(machine: &Machine) -> PathBuf {
    let entries = fs_err::read_dir(machine.data().join("proxy/ledger")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.into_iter().find(|path| path.extension().is_some_and(|end| end == "jsonl")).unwrap()
}

fn entry(number: u64, response: Option<&str>) -> LedgerEntry {
    LedgerEntry {
        request: format!("{number:016x}"),
        at: "2026-05-31T10:00:00Z".parse().unwrap(),
        path: "POST /v1/chat/completions".to_owned(),
        status: Some(200),
        requested_model: Some("claude-opus-4-8".into()),
        model: Some("claude-opus-4-8".into()),
        response: response.map(ToOwned::to_owned),
        input_tokens: Tokens::new(10),
        output_tokens: Tokens::new(5),
        ..LedgerEntry::default()
    }
}

#[test]
fn a_killed_proxy_has_every_answer_that_its_clients_have_seen_and_goes_on_where_it_was() {
    let (machine, upstream) = (Machine::new(), upstream());
    let seen = Mutex::new(BTreeSet::new());
    for (round, signal) in ["-KILL", "-TERM", "-KILL"].into_iter().enumerate() {
        let proxy = Proxy::start(&machine, &upstream);
        let address = proxy.address.clone();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| send(&address, &seen, 1000));
            }
            let wanted = (round + 1) * 60;
            let begin = std::time::Instant::now();
            while seen.lock().unwrap().len() < wanted {
                assert!(begin.elapsed() < PATIENCE, "the requests never came through");
                std::thread::sleep(Duration::from_millis(1));
            }
            proxy.stop(signal);
        });
    }
    let seen = seen.into_inner().unwrap().len();
    let records = usage(&machine, &[]);
    assert!(seen >= 180 && records.len() >= seen, "{seen} answers, {} records", records.len());
    let whole = records.iter().filter(|record| record["status"] == 200);
    assert!(whole.filter(|record| record["end"].is_null()).count() >= seen);
    let requests: BTreeSet<&str> =
        records.iter().map(|record| record["request"].as_str().unwrap()).collect();
    assert_eq!(requests.len(), records.len(), "each stands there once");
}

#[test]
fn usage_reads_while_the_proxy_runs_and_says_what_to_do_where_there_is_nothing() {
    let (machine, upstream) = (Machine::new(), upstream());
    let empty = machine.run(&["proxy", "usage", "--json"]).ok();
    assert_eq!(empty.stdout(), "[]\n");
    assert!(empty.stderr().contains("proxy serve"), "{}", empty.stderr());
    let proxy = Proxy::start(&machine, &upstream);
    let seen = Mutex::new(BTreeSet::new());
    send(&proxy.address, &seen, 3);
    let records = usage(&machine, &[]);
    assert_eq!(records.len(), 3);
    let first = &records[0];
    assert_eq!(first["path"], "POST /v1/messages");
    assert_eq!(first["status"], 200);
    assert_eq!(first["requestedModel"], "claude-opus-4-8");
    assert_eq!(first["via"], "wire");
    assert_eq!(first["id"].as_str().unwrap().len(), 11);
    assert!(first["ttftMs"].is_u64() && first["durationMs"].is_u64(), "{first}");
    assert_eq!(usage(&machine, &["--last", "2"]), records[1..]);
    assert_eq!(usage(&machine, &["--model", "OPUS"]).len(), 3);
    assert_eq!(usage(&machine, &["--model", "gpt"]).len(), 0);
    assert_eq!(usage(&machine, &["--since", "2026-06-01"]).len(), 3);
    assert_eq!(usage(&machine, &["--until", "2026-05-31"]).len(), 0);
    assert_eq!(usage(&machine, &["--key", "laptop"]).len(), 0);
    let table = machine.run(&["proxy", "usage", "--last", "1"]).ok();
    assert!(table.stdout().contains("claude-opus-4-8"), "{}", table.stdout());
    assert!(table.stdout().contains("3 requests"), "{}", table.stdout());
    proxy.stop("-TERM");
}

#[test]
fn what_the_ledger_tells_is_collected_once_and_marked_as_collected() {
    let machine = Machine::new();
    let folder = machine.data().join("proxy/ledger");
    let ledger = proxy::Ledger::open(&folder).unwrap();
    for number in 0..5 {
        let response = format!("msg_0123456789abcdef{number:08}");
        ledger.record(&entry(number, Some(&response))).unwrap();
    }
    let refused = LedgerEntry { input_tokens: None, output_tokens: None, ..entry(9, None) };
    ledger.record(&LedgerEntry { status: Some(429), ..refused }).unwrap();
    machine.run(&["collect"]).ok();
    let totals = machine.totals(&[]);
    assert_eq!(totals["requests"], 5);
    assert_eq!(totals["outputTokens"], 25);
    let commits = machine.commits();
    machine.run(&["collect"]).ok();
    assert_eq!(machine.commits(), commits, "nothing is new");
    let mark = fs_err::read_to_string(folder.join("collected.json")).unwrap();
    let size = fs_err::metadata(ledger_file(&machine)).unwrap().len();
    assert_eq!(mark, format!("{{\"2026-05-31.jsonl\":{size}}}"));
    append(&ledger_file(&machine), "{\"request\":\"5f0c9a1be2");
    let torn = machine.run(&["collect"]).ok();
    assert!(torn.stderr().contains("2026-05-31.jsonl:7: ends in the middle"), "{}", torn.stderr());
    drop(ledger);
    let next = proxy::Ledger::open(&folder).unwrap();
    next.record(&entry(20, None)).unwrap();
    machine.run(&["collect"]).ok();
    assert_eq!(machine.totals(&[])["requests"], 6);
}

#[test]
fn the_ledger_is_found_below_the_data_folder_however_that_is_named() {
    let machine = Machine::new();
    let other = machine.root.path().join("other");
    let ledger = |folder: PathBuf| proxy::Ledger::open(&folder.join("proxy/ledger")).unwrap();
    ledger(machine.data()).record(&entry(1, None)).unwrap();
    ledger(machine.home().join(".token-matters")).record(&entry(2, None)).unwrap();
    let elsewhere = ledger(other.clone());
    for number in 3..6 {
        elsewhere.record(&entry(number, None)).unwrap();
    }
    let requests = |run: Command| {
        let mut run = run;
        let output = run.output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["totals"]["requests"].as_u64().unwrap()
    };
    assert_eq!(requests(machine.command(&["report", "--json"])), 1, "by the variable");
    let named = ["report", "--json", "--data", other.to_str().unwrap()];
    assert_eq!(requests(machine.command(&named)), 3, "by the flag");
    let mut usual = machine.command(&["report", "--json"]);
    usual.env_remove("TOKEN_MATTERS_HOME");
    assert_eq!(requests(usual), 1, "by default");
}

#[test]
fn ids_that_are_no_ids_give_every_request_its_record() {
    let machine = Machine::new();
    let ledger = proxy::Ledger::open(&machine.data().join("proxy/ledger")).unwrap();
    for number in 0..5000 {
        let counted = format!("chatcmpl-{}", number % 999);
        let response = match number % 3 {
            0 => Some(counted.as_str()),
            1 => Some("chatcmpl-constant"),
            _ => Some(""),
        };
        ledger.record(&entry(number, response)).unwrap();
    }
    assert_eq!(usage(&machine, &[]).len(), 5000);
    machine.run(&["collect"]).ok();
    assert_eq!(machine.totals(&[])["requests"], 5000);
}
