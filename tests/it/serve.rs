//! The page over HTTP and in a browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::support::Machine;

/// A command that serves until it is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(machine: &Machine, arguments: &[&str]) -> Self {
        let mut command = machine.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines
            .find_map(|line| Some(line.split_once("http://")?.1.split_once('/')?.0.to_owned()))
            .unwrap();
        Self { child, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn up_serves_the_page_the_summary_and_the_badges_on_this_machine_only() {
    let machine = Machine::new().with_case("X10_midnight");
    let server = Server::start(&machine, &["up", "--port", "0"]);
    assert!(server.address.starts_with("127.0.0.1:"), "{}", server.address);
    assert!(server.get("/").contains("<h1"));
    assert!(server.get("/summary/latest.json").contains("last7Days"));
    assert!(server.get("/badge/token-usage.svg").contains("image/svg+xml"));
    assert!(server.get("/../machine.json").starts_with("HTTP/1.1 404"));
    assert!(server.get("/nothing").starts_with("HTTP/1.1 404"));
}

#[test]
fn a_port_in_use_is_no_failure() {
    let machine = Machine::new();
    let first = Server::start(&machine, &["demo", "--port", "0"]);
    let port = first.address.rsplit(':').next().unwrap().to_owned();
    let second = Server::start(&machine, &["demo", "--port", &port]);
    assert_ne!(first.address, second.address);
    assert!(second.get("/").starts_with("HTTP/1.1 200"));
}

/// The browser, where one is installed.
fn browser() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    })
}

#[test]
fn a_real_browser_shows_the_served_page() {
    let Some(browser) = browser() else {
        eprintln!("no chromium on this machine: the page was checked as text only");
        return;
    };
    let machine = Machine::new();
    let server = Server::start(&machine, &["demo", "--port", "0"]);
    let output = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", machine.root.path().join("browser").display()))
        .arg(format!("http://{}/", server.address))
        .output()
        .unwrap();
    let page = String::from_utf8_lossy(&output.stdout);
    assert!(page.contains("Tokens by day") && page.contains("claude-opus-4-8"), "{page}");
    assert!(!page.contains("__reload"), "only what is watched asks whether it is new");
}
