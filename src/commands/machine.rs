//! `machine`: the names of machines.

use std::collections::{BTreeMap, BTreeSet};

use data_schema::settings::{SETTINGS_FILE, SharedSettings};
use data_schema::{Text, UtcSeconds};
use serde::Serialize;
use store::{Changes, Snapshot};
use summarizer::{Input, ShownNames, again_if_damaged, read_settings};

use crate::cli::{Global, MachineVerb};
use crate::exchange::fetch_content;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, notes, plain};
use crate::session::Session;
use crate::shared_change;

/// Letters of a shown name at most.
const LONGEST_NAME: usize = 60;
/// Digits of a machine's id that are shown: enough to tell two of one name apart.
const SHOWN_DIGITS: usize = 4;

/// One machine of the store.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    /// The name that it writes under.
    name: String,
    /// The name that it is shown by.
    shown: String,
    /// The first digits of its random id; folders of version 1.x have none.
    id: Option<String>,
    first_collected: Option<UtcSeconds>,
    last_record: Option<UtcSeconds>,
}

pub(crate) fn run(global: &Global, verb: &MachineVerb) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    match verb {
        MachineVerb::Rename { from, to } => rename(&session, from.trim(), to.trim()),
        MachineVerb::List { json } => list(&session, *json),
    }
}

/// Shows a machine under another name. Only the shared settings change.
fn rename(session: &Session, from: &str, to: &str) -> Result<Outcome, Failure> {
    check_name(to)?;
    let Some(store) = session.existing_store()? else { return Err(no_store()) };
    shared_change::fetch(session, &store)?;
    let (stored, outcome) = shared_change::make(session, &store, || {
        let mut failure = None;
        let mut meant = Vec::new();
        let message = format!("machine rename: {from} is shown as {to}\n");
        store.edit(session.environment.now, &message, |snapshot| {
            let mut changes = Changes::default();
            match renamed(snapshot, from, to) {
                Ok((settings, stored)) => {
                    let yaml = settings.to_yaml().into_bytes();
                    if snapshot.settings()?.as_ref() != Some(&yaml) {
                        changes.write(SETTINGS_FILE, yaml);
                    }
                    meant = stored;
                }
                Err(error) => failure = Some(error),
            }
            Ok(changes)
        })?;
        failure.map_or(Ok(meant), Err)
    })?;
    session.say(&format!(
        "{} is shown as {to} from now on, everywhere; nothing stored was changed",
        stored.join(" and ")
    ));
    Ok(outcome)
}

fn check_name(name: &str) -> Result<(), Failure> {
    let is_plain = !name.is_empty() && plain(name) == name && !name.contains('\n');
    if is_plain && name.chars().count() <= LONGEST_NAME {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "the name to show must have 1 to {LONGEST_NAME} letters and no control characters"
    )))
}

fn no_store() -> Failure {
    Failure::Usage("nothing is stored yet: `token-matters collect` begins".to_owned())
}

/// The settings after a renaming, and the stored names of the machines that it is about.
fn renamed(
    snapshot: &Snapshot,
    from: &str,
    to: &str,
) -> Result<(SharedSettings, Vec<String>), Failure> {
    let mut settings = read_settings(snapshot)?;
    let stored = stored_names(snapshot, &settings, from)?;
    for name in &stored {
        if name == to {
            settings.machine_names.remove(name);
        } else {
            settings.machine_names.insert(name.clone(), to.to_owned());
        }
    }
    Ok((settings, stored))
}

/// The machines that a name means: all that are shown by it, else the one that writes under it.
pub(crate) fn stored_names(
    snapshot: &Snapshot,
    settings: &SharedSettings,
    name: &str,
) -> Result<Vec<String>, Failure> {
    let all: BTreeSet<&Text> = snapshot.entries().iter().map(|entry| &entry.machine).collect();
    let names = ShownNames::new(&settings.machine_names);
    let shown = all.iter().filter(|stored| **names.of(stored) == *name);
    let shown: Vec<String> = shown.map(ToString::to_string).collect();
    if !shown.is_empty() {
        return Ok(shown);
    }
    if all.iter().any(|stored| ***stored == *name) {
        return Ok(vec![name.to_owned()]);
    }
    let known = all.iter().map(|stored| match names.of(stored) {
        shown if shown == *stored => stored.to_string(),
        shown => format!("{stored} (shown as {shown})"),
    });
    let known: Vec<String> = known.collect();
    let known = if known.is_empty() { "none yet".to_owned() } else { known.join(", ") };
    Err(Failure::Usage(format!("there is no machine `{name}` in the store; there are: {known}")))
}

fn list(session: &Session, as_json: bool) -> Result<Outcome, Failure> {
    let rows = match session.existing_store()? {
        Some(store) => {
            fetch_content(&store);
            rows(&store.snapshot()?)?
        }
        None => Vec::new(),
    };
    if as_json {
        let machines = serde_json::json!({ "machines": rows });
        data(&format!("{}\n", serde_json::to_string_pretty(&machines)?))?;
        return Ok(Outcome::Done);
    }
    if rows.is_empty() {
        data("nothing is stored yet: `token-matters collect` begins\n")?;
    }
    for row in &rows {
        data(&format!("{}\n", plain(&line(row))))?;
    }
    Ok(Outcome::Done)
}

fn line(row: &Row) -> String {
    let Row { name, shown, id, first_collected, last_record } = row;
    let shown = if shown == name { String::new() } else { format!(" (shown as {shown})") };
    // A machine of imported data has neither an id nor a first collection.
    let id = id.as_ref().map(|id| format!("id {id}…"));
    let first = first_collected.map_or_else(
        || "has not collected itself".to_owned(),
        |at: UtcSeconds| format!("collects since {at}"),
    );
    let last = last_record
        .map_or_else(|| "no responses".to_owned(), |at: UtcSeconds| format!("last response {at}"));
    let facts: Vec<String> = id.into_iter().chain([first, last]).collect();
    format!("{name}{shown}: {}", facts.join(", "))
}

fn rows(snapshot: &Snapshot) -> Result<Vec<Row>, Failure> {
    let settings = read_settings(snapshot)?;
    notes(&settings.notices());
    let names = ShownNames::new(&settings.machine_names);
    let (input, last) = again_if_damaged(|| {
        let input = Input::from_snapshot(snapshot)?;
        let mut last: BTreeMap<Text, UtcSeconds> = BTreeMap::new();
        input.each_stored(|machine, _, record| {
            let known = last.entry(machine.clone()).or_insert(record.at);
            *known = record.at.max(*known);
        })?;
        Ok((input, last))
    })?;
    let all: BTreeSet<&Text> = snapshot.entries().iter().map(|entry| &entry.machine).collect();
    let row = |name: &Text| {
        let card = input.machines.get(name);
        Row {
            name: name.to_string(),
            shown: names.of(name).to_string(),
            id: card.map(|card| card.id.chars().take(SHOWN_DIGITS).collect()),
            first_collected: card.map(|card| card.first_collected),
            last_record: last.get(name).copied(),
        }
    };
    Ok(all.into_iter().map(row).collect())
}
