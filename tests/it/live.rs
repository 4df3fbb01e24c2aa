//! `site serve --watch`: what its author changes shows by itself, and a fault stops nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::support::{Machine, tree};

/// How long something is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server that is stopped when it is dropped.
struct Server {
    child: Child,
    address: String,
    told: Receiver<String>,
}

impl Server {
    fn start(machine: &Machine, arguments: &[&str]) -> Self {
        let mut command = machine.command(&[&["site", "serve", "--port", "0"], arguments].concat());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let (sender, told) = channel();
        std::thread::spawn(move || lines.for_each(|line| drop(sender.send(line))));
        let mut server = Self { child, address: String::new(), told };
        let line = server.told_with("http://");
        let address = line.split_once("http://").unwrap().1.split_once('/').unwrap().0;
        address.clone_into(&mut server.address);
        server
    }

    /// The next line on stderr that holds a text.
    fn told_with(&self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let line = self.told.recv_timeout(PATIENCE).unwrap();
            if line.contains(text) {
                return line;
            }
            assert!(begun.elapsed() < PATIENCE, "nobody tells of {text}");
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let host = &self.address;
        let date = "Sun, 06 Nov 2033 08:49:37 GMT";
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nIf-Modified-Since: {date}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The page, and the number of its build.
    fn page(&self) -> (String, String) {
        let page = self.get("/");
        let (_, number) = page.rsplit_once("/__reload.js?").unwrap_or_else(|| panic!("{page}"));
        let number = number.split_once('"').unwrap().0.to_owned();
        (page, number)
    }

    /// What a browser with a page does: it waits until there is another one.
    fn next_after(&self, number: &str) -> (String, String) {
        let answer = self.get(&format!("/__reload?{number}"));
        assert!(!answer.ends_with(&format!("\r\n\r\n{number}")), "{answer}");
        self.page()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A summary of sample data in `data/demo`, and a folder for templates.
fn demo() -> (Machine, PathBuf, PathBuf) {
    let machine = Machine::new();
    machine.run(&["demo", "--no-serve"]).ok();
    let (root, templates) = (machine.data().join("demo"), machine.root.path().join("mine"));
    fs_err::create_dir_all(templates.join("pages")).unwrap();
    (machine, root, templates)
}

fn write(templates: &Path, text: &str) {
    fs_err::write(templates.join("pages/not-found.html"), text).unwrap();
    fs_err::write(templates.join("pages/base.html"), text).unwrap();
}

#[test]
fn a_changed_template_shows_by_itself_and_a_fault_shows_until_it_is_mended() {
    let (machine, root, templates) = demo();
    let options = [root.to_str().unwrap(), "--watch", "--templates", templates.to_str().unwrap()];
    let server = Server::start(&machine, &options);
    let (page, number) = server.page();
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<h1"), "{page}");
    assert!(server.get(&format!("/__reload.js?{number}")).contains("document.currentScript"));
    // The policy of the page as it is published lets the script through.
    let policy = page.split_once("http-equiv=\"Content-Security-Policy\"").unwrap().1;
    let policy = policy.split_once('>').unwrap().0;
    for rule in ["script-src 'self'", "connect-src 'self'"] {
        assert!(policy.replace("&#39;", "'").contains(rule), "{policy}");
    }

    // Other pages have their style and script in files; they are told as well, and their policy lets it through too.
    let shared = server.get("/models/");
    assert!(shared.contains(&format!("/__reload.js?{number}\"></script></body>")), "{shared}");
    let policy = shared.split_once("http-equiv=\"Content-Security-Policy\"").unwrap().1;
    let policy = policy.split_once('>').unwrap().0.replace("&#39;", "'");
    assert!(
        policy.contains("script-src 'self'") && policy.contains("connect-src 'self'"),
        "{policy}"
    );

    let style = "body { outline: 3px solid rebeccapurple }";
    fs_err::write(templates.join("custom.css"), style).unwrap();
    let (page, number) = server.next_after(&number);
    assert!(page.contains(style), "{page}");

    let own = "<!doctype html><html lang=\"en\"><body><h1>mine</h1></body></html>";
    write(&templates, own);
    let (page, number) = server.next_after(&number);
    assert!(page.contains("<h1>mine</h1><script src="), "{page}");
    assert!(page.starts_with("HTTP/1.1 200"), "a browser's old copy is never the newest: {page}");

    write(&templates, "<p>1</p>\n<p>2</p>\n{% if %}");
    let (page, number) = server.next_after(&number);
    assert!(
        page.starts_with("HTTP/1.1 500") && page.contains("The page cannot be built"),
        "{page}"
    );
    let told = server.told_with("error: ");
    for place in ["pages/", ".html:3"] {
        assert!(told.contains(place) && page.contains(place), "{place}: {told} {page}");
    }
    assert!(server.get("/summary/latest.json").contains("last7Days"), "the rest is served");
    assert!(server.get("/badge/token-usage.svg").contains("<svg"));

    write(&templates, &own.replace("mine", "mended"));
    let (page, _) = server.next_after(&number);
    assert!(page.contains("<h1>mended</h1>"), "{page}");
    server.told_with("built: ");
    for (path, bytes) in tree(&root) {
        assert!(!String::from_utf8_lossy(&bytes).contains("__reload"), "{}", path.display());
    }
}

#[test]
fn a_new_summary_shows_by_itself() {
    let (machine, root, _) = demo();
    let server = Server::start(&machine, &[root.to_str().unwrap(), "--watch"]);
    let (_, number) = server.page();
    let site = root.join("summary/site.json");
    let titled =
        fs_err::read_to_string(&site).unwrap().replacen('{', "{\"title\":\"Ann's tokens\",", 1);
    fs_err::write(&site, titled).unwrap();
    let (page, _) = server.next_after(&number);
    assert!(page.contains("Ann&#39;s tokens"), "{page}");
}

#[test]
fn what_cannot_be_watched_is_told_at_once() {
    let machine = Machine::new();
    let serve = |arguments: &[&str]| {
        let run = machine.run(&[&["site", "serve", "none"], arguments].concat());
        (run.code(), run.stderr())
    };
    let (code, told) = serve(&["--watch"]);
    assert!(code == 1 && told.contains("token-matters summarize"), "{told}");
    let (code, told) = serve(&["--watch", "--templates", "nowhere"]);
    assert!(code == 2 && told.contains("nowhere is no folder"), "{told}");
    let (code, told) = serve(&["--templates", "."]);
    assert!(code == 2 && told.contains("--watch"), "{told}");
}
