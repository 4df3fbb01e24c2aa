//! `proxy serve` and `proxy upstreams` from outside.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::support::Machine;

/// A proxy that runs until it is dropped.
struct Proxy {
    child: Child,
    address: String,
    /// Kept, so that more lines would be seen.
    stdout: BufReader<ChildStdout>,
}

impl Proxy {
    fn start(machine: &Machine, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let arguments = [&["proxy", "serve", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut command = machine.command(&arguments);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on http://").unwrap().trim_end().to_owned();
        Self { child, address, stdout }
    }

    fn send(&self, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{head}\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}",
            self.address
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Ends it, and takes what it has still printed.
    fn end(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        rest
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that answers every request with its own name, and tells what it was asked.
struct Vendor {
    url: String,
    asked: mpsc::Receiver<String>,
}

impl Vendor {
    fn start(name: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, asked) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut reader = BufReader::new(stream);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or(0) > 0 {}
                let length = head.lines().find_map(|line| {
                    let (key, value) = line.split_once(':')?;
                    key.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
                });
                let mut body = vec![0; length.unwrap_or(0)];
                if reader.read_exact(&mut body).is_err() {
                    continue;
                }
                let length = name.len();
                let _ = write!(
                    reader.get_mut(),
                    "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{name}"
                );
                if sender.send(head + &String::from_utf8_lossy(&body)).is_err() {
                    return;
                }
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> String {
        self.asked.recv_timeout(Duration::from_secs(30)).unwrap()
    }
}

#[test]
fn three_vendors_are_served_without_a_configuration_and_one_line_is_printed() {
    let machine = Machine::new();
    let vendors = ["anthropic", "openai", "gemini"].map(|name| (name, Vendor::start(name)));
    let named: Vec<String> =
        vendors.iter().map(|(name, vendor)| format!("{name}={}", vendor.url)).collect();
    let arguments: Vec<&str> = named.iter().flat_map(|named| ["--upstream", named]).collect();
    let proxy = Proxy::start(&machine, &arguments, &[]);
    assert!(proxy.address.starts_with("127.0.0.1:"), "{}", proxy.address);
    let paths = [
        "/v1/messages?beta=true",
        "/v1/chat/completions",
        "/v1beta/models/gemini-3-pro:generateContent",
    ];
    for ((name, vendor), path) in vendors.iter().zip(paths) {
        let answer = proxy.send(&format!("POST {path} HTTP/1.1"), "{\"model\": \"m\"}");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(name), "{answer}");
        let asked = vendor.asked();
        assert!(asked.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{asked}");
        assert!(asked.ends_with("\r\n\r\n{\"model\": \"m\"}"), "{asked}");
    }
    // A name of the path goes before its protocol, and what fits nobody is told the names.
    let answer = proxy.send("POST /openai/anything HTTP/1.1", "{}");
    assert!(answer.ends_with("openai"), "{answer}");
    let answer = proxy.send("GET /nothing HTTP/1.1", "");
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("openrouter"), "{answer}");
    assert_eq!(proxy.end(), "");
}

#[test]
fn the_configuration_names_upstreams_and_keys() {
    let machine = Machine::new();
    let vendor = Vendor::start("mine");
    machine.config(&format!(
        "proxy:\n  upstreams:\n    mine:\n      url: {}/base/v4\n      models: llama-*\n  default:\n    openai: mine\n",
        vendor.url
    ));
    let proxy = Proxy::start(&machine, &[], &[]);
    for path in ["/mine/v1/chat/completions", "/v1/chat/completions", "/mine/chat/completions"] {
        let answer = proxy.send(&format!("POST {path} HTTP/1.1"), "{}");
        assert!(answer.ends_with("mine"), "{answer}");
        assert!(vendor.asked().starts_with("POST /base/v4/chat/completions HTTP/1.1\r\n"));
    }
}

#[test]
fn a_fault_of_the_configuration_ends_the_command_with_what_to_do() {
    let machine = Machine::new();
    machine.config("proxy:\n  upstream:\n    mine: http://127.0.0.1:1\n  upstreams:\n    two:\n      url: http://127.0.0.1:1\n      key: ${NOT_THERE}\n");
    for arguments in [&["proxy", "serve"][..], &["proxy", "upstreams"]] {
        let run = machine.run(arguments);
        assert_eq!(run.code(), 2, "{}", run.stderr());
        let told = run.stderr();
        assert!(
            told.contains("config.yaml: line 2: `proxy.upstream` is not a known key: did you mean `upstreams`?"),
            "{told}"
        );
        assert!(
            told.contains("line 7: `proxy.upstreams.two.key`: the variable `NOT_THERE`"),
            "{told}"
        );
        assert_eq!(run.stdout(), "");
    }
    let machine = Machine::new();
    let run = machine.run(&["proxy", "serve", "--upstream", "mine"]);
    assert_eq!((run.code(), run.stdout().as_str()), (2, ""));
    assert!(run.stderr().contains("NAME=URL"), "{}", run.stderr());
}

#[test]
fn a_port_in_use_is_told_with_what_to_do() {
    let machine = Machine::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = machine.run(&["proxy", "serve", "--listen", &address]);
    assert_eq!((run.code(), run.stdout().as_str()), (1, ""));
    let told = run.stderr();
    assert!(
        told.contains(&format!("{address} is in use")) && told.contains("--listen 127.0.0.1:0"),
        "{told}"
    );
}

#[test]
fn upstreams_are_listed_with_what_they_need() {
    let machine = Machine::new();
    machine.config("proxy:\n  upstreams:\n    mine: http://127.0.0.1:1/v1\n    deepseek:\n      key: ${K}\n  default: {openai: mine}\n");
    let mut command = machine.command(&["proxy", "upstreams", "--json"]);
    let output = command.env("K", "very-secret").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("very-secret"));
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert!(rows.len() > 60, "{}", rows.len());
    let row = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
    assert_eq!(row("mine")["url"], "http://127.0.0.1:1/v1");
    assert_eq!(
        (&row("mine")["isConfigured"], &row("mine")["isDefault"]),
        (&true.into(), &true.into())
    );
    assert_eq!(row("deepseek")["hasCredential"], true);
    assert_eq!(row("openai")["isDefault"], false);
    assert_eq!(row("anthropic")["isDefault"], true);
    assert_eq!(row("anthropic")["keyVariable"], "ANTHROPIC_API_KEY");
    assert_eq!(row("azure")["needs"], serde_json::json!(["resource"]));
    let table = Machine::new().run(&["proxy", "upstreams"]).ok().stdout();
    assert!(table.lines().count() > 60);
    assert!(
        table.lines().any(|line| line.starts_with("azure ") && line.ends_with("needs resource")),
        "{table}"
    );
}
