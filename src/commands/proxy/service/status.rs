//! `proxy service status`.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use collector::schedule::{Host, Mechanism, running_since};
use data_schema::UtcSeconds;
use serde::{Deserialize, Serialize};

use super::Record;
use crate::cli::Global;
use crate::commands::proxy::address;
use crate::commands::schedule::own;
use crate::environment;
use crate::installed::Installed;
use crate::outcome::{Failure, Outcome};
use crate::output::data;

/// How long the proxy may take to say that it is there.
const DEADLINE: Duration = Duration::from_secs(2);
/// Bytes that it may say.
const LONGEST: u64 = 64 * 1024;

/// Whether the proxy is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is, in this version.
    Here { version: String },
    /// Something else is there.
    Other(String),
    /// Nothing answers.
    Nobody(String),
}

/// Asks `/healthz`.
pub(crate) fn ask(address: &str) -> Answer {
    #[derive(Deserialize)]
    struct Health {
        version: String,
    }
    let other = |reason: &str| Answer::Other(format!("another program answers there ({reason})"));
    let answer = match fetch(address) {
        Ok(answer) => answer,
        Err(error) => return Answer::Nobody(format!("does not answer: {error}")),
    };
    let text = String::from_utf8_lossy(&answer);
    let Some((_, body)) = text.split_once("\r\n\r\n") else { return other("it is no HTTP") };
    match serde_json::from_str::<Health>(body) {
        Ok(health) => Answer::Here { version: health.version },
        Err(_) => other("it has no `/healthz` of ours"),
    }
}

/// The plain answer. No proxy setting of the system stands between, and no name is looked up.
fn fetch(address: &str) -> io::Result<Vec<u8>> {
    let host = address.strip_prefix("http://").unwrap_or(address);
    let socket: SocketAddr = host.parse().map_err(io::Error::other)?;
    let mut stream = TcpStream::connect_timeout(&socket, DEADLINE)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    // In one piece: a server may answer the first and be gone before the second.
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    Ok(answer)
}

/// The object that `--json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Json {
    installed: bool,
    entries: Vec<EntryJson>,
    address: String,
    /// Whether it answers.
    running: bool,
    version: Option<String>,
    /// Of its scheduler, in that one's own words; else when it was installed.
    since: Option<String>,
    installed_at: Option<UtcSeconds>,
    program: Option<PathBuf>,
    log: Option<String>,
    /// What is wrong, and what to do.
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryJson {
    mechanism: Mechanism,
    place: String,
    active: bool,
}

pub(super) fn run(global: &Global, as_json: bool) -> Result<Outcome, Failure> {
    let folder = environment::data_folder(global)?;
    let json = gather(&folder, &Host::new(&own(global)?));
    if as_json {
        data(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    } else {
        data(&text(&json))?;
    }
    Ok(Outcome::partial_if(!json.problems.is_empty()))
}

fn gather(folder: &std::path::Path, host: &Host) -> Json {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for (mechanism, entry) in Record::look(host, folder) {
        match entry {
            Ok(None) => {}
            Ok(Some(entry)) => {
                if !entry.is_active {
                    problems.push(format!("{} has it and does not run it: `token-matters proxy service install` puts it in anew", mechanism.title()));
                }
                entries.push(EntryJson { mechanism, place: entry.place, active: entry.is_active });
            }
            Err(error) => problems.push(format!("{}: {error}", mechanism.title())),
        }
    }
    let record = Record::read(folder).filter(|_| !entries.is_empty());
    let address = address(folder);
    let version = match ask(&address) {
        Answer::Here { version } => Some(version),
        Answer::Other(reason) => {
            problems.push(format!(
                "{address}: {reason}; choose another port with `proxy.listen` of config.yaml"
            ));
            None
        }
        Answer::Nobody(reason) if !entries.is_empty() => {
            problems.push(format!("{address} {reason}"));
            None
        }
        Answer::Nobody(_) => None,
    };
    if let Some(program) =
        record.as_ref().map(|record| &record.program).filter(|path| !path.is_file())
    {
        problems.push(format!(
            "{} is gone: `token-matters proxy service install` names the new one",
            program.display()
        ));
    }
    let since = entries.iter().find_map(|entry| running_since(entry.mechanism));
    Json {
        installed: !entries.is_empty(),
        running: version.is_some(),
        since,
        installed_at: record.as_ref().map(|record| record.installed_at),
        program: record.as_ref().map(|record| record.program.clone()),
        log: record.and_then(|record| record.log),
        entries,
        address,
        version,
        problems,
    }
}

fn text(json: &Json) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name}: {value}");
    };
    if json.entries.is_empty() {
        line("installed", "no; `token-matters proxy service install` keeps the proxy running");
    }
    for entry in &json.entries {
        let state = if entry.active { "active" } else { "not active" };
        line("installed", &format!("{}, {state} ({})", entry.mechanism.title(), entry.place));
    }
    line("address", &json.address);
    match &json.version {
        Some(version) => line("running", &format!("yes, version {version}")),
        None => line("running", "no"),
    }
    if let Some(since) = &json.since {
        line("since", since);
    }
    if let Some(at) = json.installed_at {
        line("installed at", &at.to_string());
    }
    if let Some(log) = &json.log {
        line("log", log);
    }
    for problem in &json.problems {
        line("problem", problem);
    }
    text
}
