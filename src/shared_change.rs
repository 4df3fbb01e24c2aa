//! A change of what all machines share: made on the newest state, and sent at once.

use data_schema::settings::{SETTINGS_FILE, SharedSettings};
use store::{Changes, Snapshot, Store};
use summarizer::read_settings;

use crate::exchange::{Exchange, fetch_content};
use crate::outcome::{Failure, Outcome};
use crate::output::{counted, note};
use crate::run_lock;
use crate::session::Session;

/// Brings the newest state here, with the content of other machines' files, and says what keeps it away.
pub(crate) fn fetch(session: &Session, store: &Store) -> Result<(), Failure> {
    let identity = session.identity()?;
    let mut exchange = Exchange::new(session, store, &identity);
    exchange.fetch()?;
    if let Some(error) = exchange.error.take() {
        note(&format!("warning: {error}; going on with what is here"));
        return Ok(());
    }
    fetch_content(store);
    Ok(())
}

/// Makes a change while no other run is at work here, and sends it.
pub(crate) fn make<T>(
    session: &Session,
    store: &Store,
    change: impl FnOnce() -> Result<T, Failure>,
) -> Result<(T, Outcome), Failure> {
    let Some(_lock) = run_lock::take(&session.data, run_lock::PATIENCE)? else {
        let message = "another run is at work: nothing was changed; try again when it is done";
        return Err(Failure::Failed(anyhow::anyhow!(message)));
    };
    let made = change()?;
    let identity = session.identity()?;
    let mut exchange = Exchange::new(session, store, &identity);
    let waiting = exchange.push()?;
    let error = exchange.error.take();
    if let Some(error) = &error {
        note(&format!("warning: {error}"));
    }
    if waiting > 0 {
        let commits = counted(waiting, "commit");
        note(&format!(
            "the change is made here and not sent yet ({commits}): `token-matters collect` sends it"
        ));
    }
    if session.is_plain_folder() {
        let folder = session.store_folder();
        note(&format!(
            "{} is a checkout without a remote of its own: commit the change there yourself",
            folder.display()
        ));
    }
    Ok((made, Outcome::partial_if(waiting > 0 || error.is_some())))
}

/// Changes the shared settings: on the newest state, and again on what somebody else wrote in between. What cannot be
/// done changes nothing.
pub(crate) fn settings<T>(
    session: &Session,
    message: &str,
    mut change: impl FnMut(&mut SharedSettings) -> Result<T, Failure>,
) -> Result<(T, Outcome), Failure> {
    let Some(store) = session.existing_store()? else {
        let nothing = "nothing is stored yet: `token-matters collect` begins";
        return Err(Failure::Usage(nothing.to_owned()));
    };
    fetch(session, &store)?;
    let mut changed = |snapshot: &Snapshot| {
        let mut settings = read_settings(snapshot)?;
        let told = change(&mut settings)?;
        let mut changes = Changes::default();
        let yaml = settings.to_yaml().into_bytes();
        if snapshot.settings()?.as_ref() != Some(&yaml) {
            changes.write(SETTINGS_FILE, yaml);
        }
        Ok::<_, Failure>((changes, told))
    };
    make(session, &store, || {
        let mut result = None;
        store.edit(session.environment.now, message, |snapshot| {
            let (changes, told) = match changed(snapshot) {
                Ok((changes, told)) => (changes, Ok(told)),
                Err(failure) => (Changes::default(), Err(failure)),
            };
            result = Some(told);
            Ok(changes)
        })?;
        result.unwrap_or_else(|| Err(anyhow::anyhow!("the settings were not read").into()))
    })
}
