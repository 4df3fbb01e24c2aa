//! `prices update`: newer prices behind the older ones.

use std::path::PathBuf;
use std::time::Duration;

use pricing::import::{self, Imported};
use pricing::{ChangeKind, PriceBook, Refresh, refresh};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::http;
use crate::outcome::{Failure, Outcome};
use crate::output::{bytes as size, counted, data, note, plain};
use crate::private;
use crate::session::Session;

use super::{Update, print, today};

/// The list of `LiteLLM`.
const USUAL: &str =
    "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json";
/// A longer list is none.
const LARGEST: u64 = 16 * 1024 * 1024;
/// What a download may take.
const DEADLINE: Duration = Duration::from_mins(1);

/// Where newer prices come from.
enum From {
    Address(String),
    File(PathBuf),
}

pub(super) fn run(session: &Session, asked: &Update) -> Result<Outcome, Failure> {
    let told = asked.from.clone().or_else(|| session.config.prices.from.clone());
    let from = place(told.as_deref().unwrap_or(USUAL), session)?;
    let is_allowed = session.config.prices.update || asked.yes || asked.dry_run;
    if matches!(from, From::Address(_)) && !is_allowed {
        return Err(Failure::Usage(
            "nothing is fetched without being asked: say --yes, or write `prices: {update: true}` to config.yaml; --dry-run fetches and shows, and writes nothing".to_owned(),
        ));
    }
    let (name, bytes) = content(&from, asked.sha256.as_deref())?;
    let book = session.listed_prices();
    let made = offered_of(session, &book, (&name, &bytes), (asked.force, asked.resellers))?;
    if asked.json {
        print(&object(&name, &made, asked.dry_run))?;
    } else {
        tell(session, &made)?;
    }
    if !asked.dry_run {
        write(session, &made)?;
    }
    if made.is_partial() {
        note(
            "warning: what is marked with ! looks like a mistake and keeps its old price: look at the vendor's page, and say --force to take it",
        );
    }
    Ok(Outcome::partial_if(made.is_partial()))
}

/// The listed prices with those of a file behind them, from today on.
pub(crate) fn offered(session: &Session, name: &str, bytes: &[u8]) -> Result<Refresh, Failure> {
    offered_of(session, &session.listed_prices(), (name, bytes), (false, false))
}

fn offered_of(
    session: &Session,
    book: &PriceBook,
    (name, bytes): (&str, &[u8]),
    (force, resellers): (bool, bool),
) -> Result<Refresh, Failure> {
    let today = today(session);
    let Imported { table, notices, .. } = import::read(bytes, (name, today), resellers)
        .map_err(|error| Failure::Usage(format!("{name}: {error}; the prices stay as they are")))?;
    for notice in &notices {
        note(&format!("warning: {name}: {notice}: left out"));
    }
    if table.date > today {
        return Err(Failure::Usage(format!(
            "{name}: read on {}, which is not yet: the prices stay as they are",
            table.date
        )));
    }
    Ok(refresh(book.table(), &table, today, force))
}

fn place(from: &str, session: &Session) -> Result<From, Failure> {
    if from.starts_with("https://") || from.starts_with("http://") {
        return Ok(From::Address(from.to_owned()));
    }
    let path = from.strip_prefix("file://").unwrap_or(from);
    if path.contains("://") {
        return Err(Failure::Usage(format!("{from}: an https:// address or a file is meant")));
    }
    Ok(From::File(session.environment.expand(path)))
}

/// The content, as it was promised.
fn content(from: &From, sha256: Option<&str>) -> Result<(String, Vec<u8>), Failure> {
    let (name, bytes, beside) = match from {
        From::Address(url) => {
            let bytes = http::get(url, DEADLINE)
                .map_err(|error| Failure::Failed(anyhow::anyhow!("{url} {error}")))?;
            (url.clone(), bytes, http::get(&format!("{url}.sha256"), DEADLINE).ok())
        }
        From::File(path) => {
            let length = fs_err::metadata(path)?.len();
            if length > LARGEST {
                return Err(too_long(&path.display().to_string(), length));
            }
            let mut beside = path.clone().into_os_string();
            beside.push(".sha256");
            let bytes = fs_err::read(path)?;
            (path.display().to_string(), bytes, fs_err::read(PathBuf::from(beside)).ok())
        }
    };
    if bytes.len() as u64 > LARGEST {
        return Err(too_long(&name, bytes.len() as u64));
    }
    let beside = beside.map(|text| String::from_utf8_lossy(&text).into_owned());
    let beside = beside.as_deref().and_then(|text| text.split_whitespace().next());
    // A server may answer anything for a file that is not there.
    let beside = beside.filter(|word| is_sum(word));
    if let Some(expected) = sha256.or(beside) {
        let found = sum(&bytes);
        if !expected.trim().eq_ignore_ascii_case(&found) {
            return Err(Failure::Usage(format!(
                "{name}: its SHA-256 is {found}, and {} was promised: the prices stay as they are",
                expected.trim()
            )));
        }
    }
    Ok((name, bytes))
}

fn too_long(name: &str, length: u64) -> Failure {
    let (length, most) = (size(length), size(LARGEST));
    Failure::Usage(format!("{name}: {length}, and no list of prices has more than {most}"))
}

fn is_sum(word: &str) -> bool {
    word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn sum(bytes: &[u8]) -> String {
    let digits = |text: String, byte: &u8| {
        let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
        text + &String::from_iter([digit(byte >> 4), digit(byte & 15)])
    };
    Sha256::digest(bytes).iter().fold(String::new(), digits)
}

/// Writes the book, if something is different in it. What was written must be readable again.
fn write(session: &Session, made: &Refresh) -> Result<(), Failure> {
    let is_new = made.changes.iter().any(|change| change.is_taken);
    let path = session.book_path();
    if !is_new {
        session.say("The prices are as they were.");
        return Ok(());
    }
    let bytes = made.table.to_bytes();
    PriceBook::builtin().with_downloaded(&bytes).map_err(|error| {
        Failure::Failed(anyhow::anyhow!("the new prices cannot be used: {error}"))
    })?;
    private::replace(&path, &bytes)?;
    let taken = made.changes.iter().filter(|change| change.is_taken).count();
    session.say(&format!(
        "{}: {}, from {} on; days before cost what they did",
        path.display(),
        counted(taken, "change"),
        today(session)
    ));
    Ok(())
}

fn tell(session: &Session, made: &Refresh) -> Result<(), Failure> {
    let gone = made.changes.iter().filter(|change| change.kind == ChangeKind::Gone).count();
    for change in made.changes.iter().filter(|change| change.kind != ChangeKind::Gone) {
        data(&format!("{}\n", plain(&change.to_string())))?;
    }
    if gone > 0 {
        session
            .say(&format!("{} not in that list: they keep their prices", counted(gone, "model")));
    }
    Ok(())
}

fn object(name: &str, made: &Refresh, is_dry: bool) -> Value {
    let changes: Vec<Value> = made
        .changes
        .iter()
        .map(|change| {
            let kind = match change.kind {
                ChangeKind::New => "new",
                ChangeKind::Changed => "changed",
                ChangeKind::Gone => "gone",
            };
            json!({
                "model": change.model,
                "kind": kind,
                "old": change.old,
                "new": change.new,
                "doubt": change.doubt,
                "isTaken": change.is_taken,
            })
        })
        .collect();
    json!({
        "version": data_schema::VERSION,
        "source": name,
        "isWritten": !is_dry,
        "changes": changes,
    })
}
