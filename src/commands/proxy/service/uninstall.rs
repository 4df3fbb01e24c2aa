//! `proxy service uninstall`: not without a word about clients that would talk to nothing then.

use std::path::Path;

use collector::Environment;
use collector::schedule::{Host, Job, Mechanism, remove};

use super::status::{Answer, ask};
use super::{Record, UninstallService};
use crate::cli::Global;
use crate::commands::proxy::address;
use crate::commands::proxy::env::change::{Desk, Pointing, is_below, tell};
use crate::commands::proxy::env::clients::CLIENTS;
use crate::commands::proxy::env::record::Record as ClientRecord;
use crate::commands::schedule::own;
use crate::environment;
use crate::installed::Installed;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, note};

pub(super) fn run(global: &Global, options: UninstallService) -> Result<Outcome, Failure> {
    let folder = environment::data_folder(global)?;
    let address = address(&folder);
    let own = own(global)?;
    let host = Host::new(&own);
    // First the clients: none may be left with an address where nobody is.
    let left = clients(&environment::read(global)?, &folder, &address, options);
    let (mut found, mut failed, mut with_cron) = (0, 0, false);
    for (mechanism, entry) in Record::look(&host, &folder) {
        let title = mechanism.title();
        let result = match entry {
            Ok(None) => continue,
            Ok(Some(entry)) => {
                found += 1;
                with_cron |= mechanism == Mechanism::Cron;
                let place = &entry.place;
                if options.dry_run {
                    let text = entry.text.trim_end();
                    data(&format!("would be taken out of {title} ({place}):\n{text}\n"))?;
                    continue;
                }
                remove(&host, mechanism, Job::Proxy).map(|()| {
                    if !global.quiet {
                        note(&format!("taken out of {title}: {place}"));
                    }
                })
            }
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            failed += 1;
            note(&format!("warning: {title}: {error}"));
        }
    }
    if found == 0 && failed == 0 && !global.quiet {
        note("no service is installed");
    }
    if !options.dry_run && failed == 0 {
        Record::forget(&folder)?;
    }
    if with_cron && !options.dry_run && matches!(ask(&address), Answer::Here { .. }) {
        note(
            "note: cron does not end what it has started: the proxy runs on until you end it, or until the next start of the machine",
        );
    }
    Ok(if failed > 0 { Outcome::Broken } else { Outcome::partial_if(left > 0 && !options.dry_run) })
}

/// Clients that point at the proxy: taken back, or told. How many are left.
fn clients(own: &Environment, data: &Path, address: &str, options: UninstallService) -> usize {
    let mut left = 0;
    for client in CLIENTS {
        let desk = Desk { client, environment: own, data };
        let is_known = matches!(ClientRecord::read(data, client.id), Ok(Some(_)));
        let pointing = desk.pointing(address);
        if options.undo_clients && is_known {
            let undone = desk.undo().and_then(|draft| {
                if let Some(draft) = draft {
                    if !options.dry_run {
                        desk.keep(&draft)?;
                    }
                    tell(&draft, options.dry_run);
                }
                Ok(())
            });
            if let Err(failure) = undone {
                note(&format!("warning: {}: {}", client.title, told(&failure)));
            } else if options.dry_run || desk.pointing(address) == Pointing::Away {
                continue;
            }
        }
        if let Pointing::Here(path) = pointing {
            left += 1;
            let (title, id) = (client.title, client.id);
            let how = if is_known {
                format!(
                    "`token-matters proxy env {id} --undo` takes that back, --undo-clients does it for all"
                )
            } else {
                "it was set by hand, and must be taken back by hand".to_owned()
            };
            note(&format!(
                "warning: {title} points at the proxy ({}), and talks to nothing when it has ended: {how}",
                path.display()
            ));
        }
        for (name, _) in client.variables {
            let value = own.variable(name).unwrap_or_default();
            if is_below(value, address) {
                note(&format!(
                    "warning: the variable {name} of this shell points at the proxy: take it out of your shell's files"
                ));
            }
        }
    }
    left
}

fn told(failure: &Failure) -> String {
    match failure {
        Failure::Usage(message) => message.clone(),
        Failure::Failed(error) => format!("{error:#}"),
    }
}
