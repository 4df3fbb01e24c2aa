//! `cargo xtask lighthouse SITE`: the scores of a built site's start page. It needs npm and the network once, so it is
//! no part of `ci`.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::programs;

/// One version: what runs here does not change by itself.
const PACKAGE: &str = "lighthouse@12.8.2";
const CATEGORIES: [&str; 4] = ["performance", "accessibility", "best-practices", "seo"];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [site] = arguments else {
        bail!("usage: cargo xtask lighthouse SITE (a folder with an index.html)")
    };
    let site = PathBuf::from(site);
    ensure!(site.join("index.html").is_file(), "{} holds no index.html", site.display());
    ensure!(
        programs::succeeds("npx", &["--version"]),
        "Lighthouse runs with npm: install it (Debian: `sudo apt-get install npm`), and try again"
    );
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}/", listener.local_addr()?);
    std::thread::spawn(move || serve(&listener, &site));
    let report = report(&address)?;
    let mut low = Vec::new();
    for category in CATEGORIES {
        let score = report["categories"][category]["score"].as_f64().unwrap_or(0.0) * 100.0;
        say(&format!("{category}: {score:.0}"));
        if score < 100.0 {
            low.push(category);
            for fault in faults(&report, category) {
                say(&format!("  {fault}"));
            }
        }
    }
    if low.is_empty() { Ok(()) } else { bail!("below 100: {}", low.join(", ")) }
}

fn report(address: &str) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("report.json");
    let mut command = Command::new("npx");
    command.args(["--yes", PACKAGE, address, "--quiet", "--output=json"]);
    command.arg(format!("--only-categories={}", CATEGORIES.join(",")));
    command.args(["--chrome-flags=--headless --no-sandbox --disable-gpu", "--output-path"]);
    command.arg(&path).env("CHROME_PATH", programs::chromium()?);
    let status = command.status().context("npx cannot be started")?;
    ensure!(status.success(), "Lighthouse has failed: is the npm registry reached?");
    Ok(serde_json::from_slice(&fs_err::read(path)?)?)
}

/// What costs a category its points.
fn faults(report: &Value, category: &str) -> Vec<String> {
    let audits = report["categories"][category]["auditRefs"].as_array().into_iter().flatten();
    let counted = audits.filter(|audit| audit["weight"].as_f64() > Some(0.0));
    let audit = counted.filter_map(|audit| report["audits"].get(audit["id"].as_str()?));
    let low = audit.filter(|audit| audit["score"].as_f64().is_some_and(|score| score < 1.0));
    low.map(|audit| format!("{} {}", audit["title"], audit["displayValue"])).collect()
}

/// Serves a folder as a static host does: with gzip.
fn serve(listener: &TcpListener, folder: &Path) {
    for stream in listener.incoming().flatten() {
        let folder = folder.to_owned();
        // A browser that hangs up early is no fault.
        std::thread::spawn(move || answer(stream, &folder));
    }
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let path = path.split('?').next().unwrap_or_default();
    let file = if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    };
    let found = if file.contains("..") { None } else { fs_err::read(folder.join(&file)).ok() };
    let status = if found.is_some() { "200 OK" } else { "404 Not Found" };
    let mut body = GzEncoder::new(Vec::new(), Compression::default());
    body.write_all(&found.unwrap_or_default())?;
    let body = body.finish()?;
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {}\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\
         Cache-Control: max-age=600\r\nConnection: close\r\n\r\n",
        kind(&file),
        body.len()
    )?;
    stream.write_all(&body)
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[expect(clippy::print_stdout, reason = "a developer's tool prints")]
fn say(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_folder_is_served_with_gzip_and_nothing_above_it() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("index.html"), "<p>").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let root = folder.path().to_owned();
        std::thread::spawn(move || serve(&listener, &root));
        let get = |path: &str| {
            let mut stream = TcpStream::connect(address).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            bytes
        };
        let bytes = get("/");
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        assert!(String::from_utf8_lossy(&bytes[..end]).contains("text/html"));
        let mut text = String::new();
        GzDecoder::new(&bytes[end..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, "<p>");
        assert!(get("/../secret").starts_with(b"HTTP/1.1 404"));
    }

    #[test]
    fn what_costs_points_is_named() {
        let report = json!({
            "categories": {"seo": {"score": 0.9, "auditRefs": [
                {"id": "a", "weight": 1}, {"id": "b", "weight": 1}, {"id": "c", "weight": 0},
            ]}},
            "audits": {
                "a": {"title": "Has no title", "score": 0, "displayValue": "1 page"},
                "b": {"title": "Good", "score": 1},
                "c": {"title": "Not counted", "score": 0},
            },
        });
        assert_eq!(faults(&report, "seo"), [r#""Has no title" "1 page""#]);
    }
}
