//! `prices check`.

use std::path::Path;

use crate::outcome::{Failure, Outcome};
use crate::output::{counted, data, plain};
use crate::session::Session;

pub(super) fn run(session: &Session, file: Option<&Path>) -> Result<Outcome, Failure> {
    let own = session.data.join("pricing.json");
    let (place, bytes) = if let Some(file) = file {
        (file.display().to_string(), fs_err::read(file)?)
    } else if own.is_file() {
        (own.display().to_string(), fs_err::read(&own)?)
    } else if let Some(bytes) = shared(session)? {
        ("pricing.json of the data repository".to_owned(), bytes)
    } else {
        session.say(&format!(
            "There is no {}: the listed prices hold for all models. `token-matters prices list` shows them.",
            own.display()
        ));
        return Ok(Outcome::Done);
    };
    let book = session.listed_prices();
    let (book, notices) =
        book.with_user(&bytes).map_err(|error| Failure::Usage(format!("{place}: {error}")))?;
    for notice in &notices {
        data(&format!("{}\n", plain(&format!("{place}: {notice}"))))?;
    }
    let models = counted(book.own().len(), "model");
    session.say(&format!(
        "{place}: prices of {models} are used, {}",
        counted(notices.len(), "finding")
    ));
    Ok(Outcome::partial_if(!notices.is_empty()))
}

fn shared(session: &Session) -> Result<Option<Vec<u8>>, Failure> {
    let Some(store) = session.existing_store()? else { return Ok(None) };
    Ok(store.snapshot()?.prices()?)
}
