//! `store forget`: takes something out of the store for ever, on all machines.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::Path;

use collector::schedule::quote;
use data_schema::{HashId, Scope, Tombstone};
use store::{Forgotten, Location, Store, without_secrets};
use summarizer::read_settings;

use crate::cli::{Forget, Global};
use crate::commands::machine::stored_names;
use crate::environment;
use crate::outcome::{Failure, Outcome};
use crate::output::{counted, data, grouped, note, problems};
use crate::session::Session;
use crate::shared_change;

/// Where GitHub says what remains of a history that was replaced (read 2026-11-21).
const GITHUB_HELP: &str = "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/removing-sensitive-data-from-a-repository";

/// What is to be forgotten.
struct Meant {
    scope: Scope,
    /// As it is stored.
    value: String,
}

pub(crate) fn run(global: &Global, options: &Forget) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    let Some(store) = session.existing_store()? else {
        return Err(Failure::Usage(
            "nothing is stored yet, so there is nothing to forget".to_owned(),
        ));
    };
    shared_change::fetch(&session, &store)?;
    let meant = meant(&store, options)?;
    let tombstone = tombstone(&meant, &session)?;
    let planned = store.plan_forget(&tombstone)?;
    data(&format!("{}\n", summary(&meant, &planned)))?;
    problems(&planned.problems, "");
    warn(&session, &store, &meant)?;
    if options.dry_run {
        session.say("nothing was changed");
        return Ok(Outcome::Done);
    }
    if !options.yes && !is_confirmed()? {
        session.say("nothing was changed");
        return Ok(Outcome::Done);
    }
    let change = || Ok(store.forget(&tombstone, session.environment.now)?);
    let (done, outcome) = shared_change::make(&session, &store, change)?;
    forget_caches(&session)?;
    session.say(&format!(
        "forgotten: {} rewritten; every machine obeys from its next run on, and pages lose it when they are made anew",
        counted(done.files, "file")
    ));
    data(&purge(&session))?;
    let is_partial = outcome == Outcome::Partial || !done.problems.is_empty();
    Ok(Outcome::partial_if(is_partial))
}

/// What the arguments name, as it is stored.
fn meant(store: &Store, options: &Forget) -> Result<Meant, Failure> {
    let what = &options.what;
    if let Some(name) = &what.machine {
        let snapshot = store.snapshot()?;
        let stored = stored_names(&snapshot, &read_settings(&snapshot)?, name)?;
        let [value] = stored.as_slice() else {
            return Err(Failure::Usage(format!(
                "`{name}` is the shown name of several machines: name one of {}",
                stored.join(", ")
            )));
        };
        return Ok(Meant { scope: Scope::Machine, value: value.clone() });
    }
    let named = [
        (Scope::Project, &what.project),
        (Scope::Source, &what.source),
        (Scope::Session, &what.session),
    ];
    let found =
        named.into_iter().find_map(|(scope, value)| Some((scope, value.as_deref()?.trim())));
    let Some((scope, value)) = found.filter(|(_, value)| !value.is_empty()) else {
        return Err(Failure::Usage("name what to forget".to_owned()));
    };
    let value = match scope {
        Scope::Session => session_hash(value).to_string(),
        _ => value.to_owned(),
    };
    Ok(Meant { scope, value })
}

/// The 16 digits that reports show, or the tool's own id of a session.
fn session_hash(value: &str) -> HashId {
    value.parse().unwrap_or_else(|_| HashId::new("session", value))
}

fn tombstone(meant: &Meant, session: &Session) -> Result<Tombstone, Failure> {
    let digits = environment::random_id();
    let salt = u128::from_str_radix(&digits, 16)?.to_be_bytes();
    Ok(Tombstone::new(meant.scope, &meant.value, salt, session.environment.now))
}

fn summary(meant: &Meant, planned: &Forgotten) -> String {
    let what = format!("{} {}", meant.scope.word(), meant.value);
    if planned.files == 0 {
        return format!("nothing in the store is of {what}; a tombstone keeps it out from now on");
    }
    let mut parts = vec![format!(
        "{} of {} tokens",
        counted(planned.responses, "response"),
        grouped(planned.tokens)
    )];
    let others = [(planned.day_sums, "day sum"), (planned.limits, "reading of limits")];
    let others = others.into_iter().filter(|(count, _)| *count > 0);
    parts.extend(others.map(|(count, thing)| match thing {
        "day sum" => counted(count, thing),
        _ => format!("{} of limits", counted(count, "reading")),
    }));
    let days = match (planned.days.first(), planned.days.last()) {
        (Some(first), Some(last)) => {
            if first == last {
                format!(" on {first}")
            } else {
                format!(" on {} ({first} to {last})", counted(planned.days.len(), "day"))
            }
        }
        _ => String::new(),
    };
    let machines: Vec<&str> = planned.machines.iter().map(|name| &**name).collect();
    format!(
        "{what}: {}{days}, from {} in {}",
        parts.join(", "),
        machines.join(", "),
        counted(planned.files, "file")
    )
}

/// What a person may not expect.
fn warn(session: &Session, store: &Store, meant: &Meant) -> Result<(), Failure> {
    if meant.scope == Scope::Machine {
        let identity = session.identity_to_read()?;
        if store.machine_name(&identity.name, &identity.id)? == meant.value {
            note(
                "warning: this is the machine that you sit at: it would store nothing any more under this name",
            );
        }
    }
    if meant.scope == Scope::Source {
        let id = &meant.value;
        note(&format!(
            "note: {id} is not stored any more either; `providers: {{ {id}: {{ enabled: false }} }}` in config.yaml saves reading it"
        ));
    }
    Ok(())
}

/// Asks a person; without one, `--yes` is needed.
fn is_confirmed() -> Result<bool, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::Usage(
            "nothing was changed: there is no terminal to ask at; look at it with --dry-run, then say --yes".to_owned(),
        ));
    }
    note("Take this out of the store for ever, on all machines? Type `yes` to go on:");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}

/// Takes away what this machine has made of the store and may still hold a name: it is made again.
fn forget_caches(session: &Session) -> Result<(), Failure> {
    let Ok(entries) = fs_err::read_dir(session.cache_folder()) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("sums") {
            fs_err::remove_file(path)?;
        }
    }
    Ok(())
}

/// How the history loses it as well. The commands leave the newest state and take away everything before it.
fn purge(session: &Session) -> String {
    const COMMIT: &str = "git -c user.name=token-matters -c user.email=token-matters@localhost commit-tree 'main^{tree}' -m 'The history was taken away'";
    let folder = shell(&session.store_folder());
    let tidy = format!(
        "  git -C {folder} reflog expire --expire=now --all\n  git -C {folder} gc --quiet --prune=now\n"
    );
    let head = "\nThe history still holds it. To take it out of there as well, in a shell with git (on Windows: Git Bash):\n\n";
    match session.location() {
        Location::Remote(address) => {
            let shown = without_secrets(&address);
            let address = quote::shell(&shown);
            let vendor = if shown.contains("github.com") {
                format!(
                    "\nGitHub keeps old commits for a while for whoever knows their ids: {GITHUB_HELP}\nForks and other clones keep them as well.\n"
                )
            } else {
                "\nThe server may keep old commits until it tidies up, and other clones keep them: ask whoever runs it.\n".to_owned()
            };
            format!(
                "{head}  git clone --bare {address} token-matters-purge.git\n  cd token-matters-purge.git\n  git push --force origin \"$({COMMIT}):refs/heads/main\"\n  cd .. && rm -rf token-matters-purge.git\n\nThen, on every machine after its next run (here the path of this one):\n\n{tidy}{vendor}"
            )
        }
        Location::Own(_) => {
            let commit = COMMIT.replacen("git ", &format!("git -C {folder} "), 1);
            format!("{head}  git -C {folder} update-ref refs/heads/main \"$({commit})\"\n{tidy}")
        }
        Location::Folder(_) => format!(
            "\nThe history of the repository around {folder} still holds it once you have committed: {GITHUB_HELP} says how to take it out there.\n"
        ),
    }
}

fn shell(path: &Path) -> String {
    quote::shell(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_its_own_id_or_by_the_digits_of_a_report() {
        let hash = HashId::new("session", "0194-abc");
        assert_eq!(session_hash("0194-abc"), hash);
        assert_eq!(session_hash(&hash.to_string()), hash);
    }

    #[test]
    fn paths_are_one_word_of_a_shell() {
        assert_eq!(quote::shell("/home/ann/store.git"), "/home/ann/store.git");
        assert_eq!(quote::shell("/home/ann's data"), "'/home/ann'\\''s data'");
        assert_eq!(quote::shell("$(x)"), "'$(x)'");
    }
}
