//! The proxy is killed while fifty clients wait for answers: every answer that a client has seen whole is in the ledger,
//! once.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::support::{Machine, soak_number};

/// How many kills: a soak sets more.
const KILLS: &str = "TOKEN_MATTERS_SOAK_KILLS";
const CLIENTS: u64 = 50;
const ANSWER: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","model":"m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#;

/// Reads a message up to the end of its body; `None` where it breaks off.
fn message(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

/// An upstream that answers everything with the same words.
fn upstream() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut stream = stream;
                while message(&mut reader).is_some() {
                    let head = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                        ANSWER.len()
                    );
                    // The proxy may have been killed by now.
                    if stream.write_all(format!("{head}{ANSWER}").as_bytes()).is_err() {
                        break;
                    }
                }
            });
        }
    });
    address
}

fn serve(machine: &Machine, upstream: SocketAddr) -> (Child, SocketAddr) {
    let upstream = format!("openai=http://{upstream}");
    let arguments = ["proxy", "serve", "--listen", "127.0.0.1:0", "--upstream", &upstream];
    let mut child =
        machine.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap();
    (child, address)
}

/// Asks again and again, each time for a path of its own, until the proxy is gone; counts and notes whole answers.
fn client(proxy: SocketAddr, name: &str, count: &AtomicU64, seen: &Mutex<Vec<String>>) {
    let Ok(mut stream) = TcpStream::connect(proxy) else { return };
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    for number in 0.. {
        let path = format!("/v1/{name}-{number}/chat/completions");
        let body = r#"{"model":"m","messages":[]}"#;
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {proxy}\r\nx-token-matters-upstream: openai\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(request.as_bytes()).is_err() {
            return;
        }
        let Some(answer) = message(&mut reader) else { return };
        assert_eq!(answer, ANSWER.as_bytes());
        seen.lock().unwrap().push(format!("POST {path}"));
        count.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn an_answer_that_a_client_has_seen_whole_is_in_the_ledger_however_the_proxy_ends() {
    let (machine, upstream) = (Machine::new(), upstream());
    let seen = Mutex::new(Vec::new());
    for kill in 0..soak_number(KILLS, 3) {
        let (mut proxy, address) = serve(&machine, upstream);
        let count = AtomicU64::new(0);
        thread::scope(|scope| {
            for number in 0..CLIENTS {
                let (name, count, seen) = (format!("k{kill}c{number}"), &count, &seen);
                scope.spawn(move || client(address, &name, count, seen));
            }
            // Somewhere in the middle of many: after another number of answers each time.
            while count.load(Ordering::Relaxed) < 50 + kill * 7919 % 400 {
                assert!(proxy.try_wait().unwrap().is_none(), "the proxy ended by itself");
                thread::yield_now();
            }
            proxy.kill().unwrap();
        });
        proxy.wait().unwrap();
    }
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for entry in machine.run(&["proxy", "usage", "--json"]).json().as_array().unwrap() {
        *lines.entry(entry["path"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let seen = seen.into_inner().unwrap();
    let lost: Vec<&String> = seen.iter().filter(|path| lines.get(*path) != Some(&1)).collect();
    assert!(lost.is_empty(), "{} of {} answers: {lost:?}", lost.len(), seen.len());
}
