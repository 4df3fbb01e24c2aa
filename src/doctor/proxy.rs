//! The proxy: is it there, and do clients really go through it?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use collector::schedule::Host;
use data_schema::{LedgerEntry, UtcSeconds};

use super::{Check, Visit};
use crate::cli::Global;
use crate::commands::proxy::env::change::{Desk, Pointing, is_below};
use crate::commands::proxy::env::client::Client;
use crate::commands::proxy::env::clients::CLIENTS;
use crate::commands::proxy::env::record::Record;
use crate::commands::proxy::service::Record as Service;
use crate::commands::proxy::service::status::{Answer, ask};
use crate::commands::proxy::{address, folder};
use crate::environment;
use crate::installed::Installed;

/// Seconds that a log may be ahead of the ledger before a client counts as one that works beside the proxy: answers may
/// take long, and what ran before a change of settings goes on as it began.
const BESIDE: i64 = 3_600;
/// Files of the ledger, one a day, that are looked through for a client's last line.
const DAYS: usize = 40;

/// A client that is pointed at the proxy.
struct Pointed {
    client: &'static Client,
    place: Place,
    record: Option<Record>,
}

enum Place {
    File(PathBuf),
    Variable(&'static str),
}

/// `newest` tells when each source had its newest response.
pub(super) fn checks(
    visit: &Visit,
    global: &Global,
    newest: &BTreeMap<&str, UtcSeconds>,
) -> Vec<Check> {
    let address = address(visit.data());
    let (pointed, mut others) = clients(visit, &address);
    // The scheduler works for the user, wherever the logs are that `--home` names.
    let own = environment::read(&Global { home: None, ..global.clone() });
    let host = Host::new(own.as_ref().unwrap_or(visit.environment()));
    let service = service(&host, visit.data(), !pointed.is_empty());
    let is_used = folder(visit.data()).exists() || !pointed.is_empty() || !others.is_empty();
    if service.is_none() && !is_used {
        let message = "not used: `token-matters init --proxy` sets it up";
        return vec![Check::off("proxy", message)];
    }
    let is_wanted = service.is_some() || !pointed.is_empty();
    let answer = ask(&address);
    let answers = matches!(answer, Answer::Here { .. });
    let mut checks = vec![answering(&address, &answer, is_wanted)];
    checks.extend(service.unwrap_or_else(|| vec![no_service(!pointed.is_empty())]));
    checks.extend(ledger(&folder(visit.data()).join("ledger")));
    let last = last_lines(&folder(visit.data()).join("ledger"));
    checks.extend(pointed.iter().map(|pointed| through(pointed, answers, &address, newest, &last)));
    checks.append(&mut others);
    checks
}

/// Whether it answers, in this version.
fn answering(address: &str, answer: &Answer, is_wanted: bool) -> Check {
    const LABEL: &str = "proxy";
    let this = env!("CARGO_PKG_VERSION");
    match answer {
        Answer::Here { version } if version == this => {
            Check::pass(LABEL, format!("answers at {address}"))
        }
        Answer::Here { version } => {
            let message = format!("{address} is version {version}, and this is {this}");
            let remedy =
                "start it anew: `token-matters proxy service install` does so for the service";
            Check::warn(LABEL, message, remedy)
        }
        Answer::Other(reason) => {
            let remedy =
                "end that program, or choose another port with `proxy.listen` of config.yaml";
            Check::fail(LABEL, format!("{address}: {reason}"), remedy)
        }
        Answer::Nobody(_) if is_wanted => {
            let message = format!("nothing answers at {address}");
            let remedy = "`token-matters proxy service install` keeps it running; `token-matters proxy serve` runs it once, and says what is wrong";
            Check::fail(LABEL, message, remedy)
        }
        Answer::Nobody(_) => Check::off(LABEL, "does not run, and no client needs it"),
    }
}

/// What keeps it running; `None` where nothing does.
fn service(host: &Host, data: &Path, is_needed: bool) -> Option<Vec<Check>> {
    const LABEL: &str = "service";
    let mut checks = Vec::new();
    for (mechanism, entry) in Service::look(host, data) {
        let title = mechanism.title();
        match entry {
            Ok(Some(entry)) if entry.is_active => {
                checks.push(Check::pass(LABEL, format!("{title}: {}", entry.place)));
            }
            Ok(Some(entry)) => {
                let message = format!("{title}: {} is there, and it does not run", entry.place);
                checks.push(Check::fail(
                    LABEL,
                    message,
                    "`token-matters proxy service install` puts it in anew",
                ));
            }
            Err(error) if is_needed => {
                let remedy = "`token-matters proxy service status` tells more";
                checks.push(Check::warn(LABEL, format!("{title}: {error}"), remedy));
            }
            Ok(None) | Err(_) => {}
        }
    }
    (!checks.is_empty()).then_some(checks)
}

fn no_service(is_needed: bool) -> Check {
    const LABEL: &str = "service";
    if is_needed {
        let message = "nothing starts the proxy after the next start of the machine, and clients are pointed at it";
        return Check::warn(LABEL, message, "`token-matters proxy service install`");
    }
    Check::off(LABEL, "nothing keeps it running")
}

/// Whether lines can be added.
fn ledger(folder: &Path) -> Option<Check> {
    const LABEL: &str = "ledger";
    if !folder.exists() {
        return None;
    }
    Some(match tempfile::Builder::new().prefix(".tm-").tempfile_in(folder) {
        Ok(_) => Check::pass(LABEL, format!("{} can be written", folder.display())),
        Err(error) => {
            let message = format!("{} cannot be written: {error}", folder.display());
            Check::fail(
                LABEL,
                message,
                "check its owner, its rights and the disk: requests are not counted",
            )
        }
    })
}

/// Clients that point at the proxy, and what else is to be said of clients.
fn clients(visit: &Visit, address: &str) -> (Vec<Pointed>, Vec<Check>) {
    let (mut pointed, mut others) = (Vec::new(), Vec::new());
    let (environment, data) = (visit.environment(), visit.data());
    for client in CLIENTS {
        let desk = Desk { client, environment, data };
        let record = Record::read(data, client.id).ok().flatten();
        let found = match desk.pointing(address) {
            Pointing::Here(path) => Some(Place::File(path)),
            Pointing::Unknown(reason) if record.is_some() => {
                let remedy = "mend the file: the tool itself cannot read it either";
                others.push(Check::warn(client.title, reason, remedy));
                continue;
            }
            Pointing::Away | Pointing::Unknown(_) => None,
        };
        // A library's variable is one of a tool as well, which is named then.
        let variable =
            client.variables.iter().filter(|_| client.source.is_some()).find(|(name, _)| {
                environment.variable(name).is_some_and(|value| is_below(value, address))
            });
        match (found.or(variable.map(|(name, _)| Place::Variable(name))), record) {
            (Some(place), record) => pointed.push(Pointed { client, place, record }),
            (None, Some(record)) => {
                let id = client.id;
                let message = if record.address == address {
                    format!("{} no longer points at the proxy", record.file.display())
                } else {
                    format!(
                        "{} points at {}, and the proxy is at {address}",
                        record.file.display(),
                        record.address
                    )
                };
                let remedy = format!(
                    "`token-matters proxy env {id} --write` sets it again, `--undo` forgets it"
                );
                others.push(Check::warn(client.title, message, remedy));
            }
            (None, None) => {}
        }
    }
    (pointed, others)
}

/// Whether a client that is pointed at the proxy goes through it.
fn through(
    pointed: &Pointed,
    answers: bool,
    address: &str,
    newest: &BTreeMap<&str, UtcSeconds>,
    last: &BTreeMap<String, UtcSeconds>,
) -> Check {
    let Client { id, title, source, .. } = *pointed.client;
    let place = match &pointed.place {
        Place::File(path) => path.display().to_string(),
        Place::Variable(name) => format!("the variable {name}"),
    };
    if !answers {
        let message =
            format!("{place} points at {address}, where nothing answers: {title} does not work");
        let remedy = match (&pointed.place, &pointed.record) {
            (Place::File(_), Some(_)) => {
                format!("start the proxy, or `token-matters proxy env {id} --undo`")
            }
            (Place::File(_), None) => {
                "start the proxy, or take the address out of the file".to_owned()
            }
            (Place::Variable(name), _) => format!("start the proxy, or `unset {name}`"),
        };
        return Check::fail(title, message, remedy);
    }
    let source = source.unwrap_or_default();
    let line = last.get(source).copied();
    let since = line.max(pointed.record.as_ref().map(|record| record.at));
    if let (Some(log), Some(since)) = (newest.get(source), since)
        && log.seconds() - since.seconds() > BESIDE
    {
        let message = format!("works beside the proxy since {since}: its newest log is of {log}");
        let remedy = format!(
            "start it anew; if it stays so, `token-matters proxy env {id}` says what can lead past the proxy"
        );
        return Check::warn(title, message, remedy);
    }
    match line {
        Some(line) => {
            Check::pass(title, format!("goes through the proxy ({place}), the last time at {line}"))
        }
        None => {
            Check::pass(title, format!("is pointed at the proxy ({place}); nothing has come yet"))
        }
    }
}

/// When each client had its last line in the ledger. Newest files first, and only as many as matter.
fn last_lines(folder: &Path) -> BTreeMap<String, UtcSeconds> {
    let mut last = BTreeMap::new();
    let found = fs_err::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = found.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    for path in files.iter().rev().take(DAYS) {
        let Ok(text) = fs_err::read_to_string(path) else { continue };
        for entry in
            text.lines().rev().filter_map(|line| serde_json::from_str::<LedgerEntry>(line).ok())
        {
            let client =
                entry.client.as_ref().map(|client| client.split('/').next().unwrap_or_default());
            if let (Some(client), Some(at)) = (client, UtcSeconds::new(entry.at.timestamp())) {
                last.entry(client.to_owned()).or_insert(at);
            }
        }
    }
    last
}
