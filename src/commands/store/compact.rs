//! `store compact`.

use store::{StoreError, Volume};

use crate::cli::Global;
use crate::environment;
use crate::outcome::{Failure, Outcome};
use crate::output::{bytes, counted, data, grouped, problems};
use crate::session::Session;

pub(crate) fn run(global: &Global) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    let path = session.store_folder();
    let store = session.existing_store()?.ok_or(StoreError::Missing { path })?;
    let identity = session.identity_to_read()?;
    let machine = store.machine_name(&identity.name, &identity.id)?;
    let before = store.volume()?;
    let compacted = store.compact(&machine, session.environment.now)?;
    problems(&compacted.problems, "");
    let months = match compacted.written {
        0 => format!("{machine}: every closed month is one file already"),
        written => format!(
            "{machine}: {} of closed months in place of {}",
            counted(written, "file"),
            grouped(compacted.removed as u64)
        ),
    };
    data(&format!("{months}\n"))?;
    let care = store.care(Some(&environment::git()), true)?;
    if care.is_done {
        data(&table(before, care.after))?;
    } else {
        session.say("A plain folder needs no packing.");
    }
    if care.undeltified {
        session.say("There is no `git` program: the pack has no deltas and is several times as large as it could be. Install git and run this again.");
    }
    Ok(Outcome::partial_if(!compacted.problems.is_empty()))
}

fn table(before: Volume, after: Volume) -> String {
    let line = |name: &str, from: String, to: String| format!("{name:<14}{from:>12}  ->{to:>12}\n");
    let count = |name, from: usize, to: usize| line(name, grouped(from as u64), grouped(to as u64));
    [
        line("size", bytes(before.bytes), bytes(after.bytes)),
        count("files", before.files, after.files),
        count("packs", before.packs, after.packs),
        count("loose objects", before.loose, after.loose),
        line("objects", grouped(before.objects), grouped(after.objects)),
    ]
    .concat()
}
