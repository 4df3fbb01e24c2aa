//! `store import`.

use chrono_tz::Tz;
use collector::Config;
use collector::source::Progress;
use data_schema::settings::Publish;
use pricing::PriceBook;
use store::{Imported, Legacy, Store};
use summarizer::{Input, Options, again_if_damaged, sums};

use crate::cli::{Global, Import};
use crate::environment;
use crate::exchange::Exchange;
use crate::outcome::{Failure, Outcome};
use crate::output::{note, problems};
use crate::progress::Bar;
use crate::session::{Session, prices};
use differences::Difference;

mod differences;
mod told;

/// What 1.x took where its configuration named no zone.
const LEGACY_ZONE: Tz = Tz::Asia__Shanghai;

/// Everything that an import found and did.
struct Taken<'a> {
    options: &'a Import,
    zone: (Tz, String),
    legacy: &'a Legacy,
    imported: Imported,
    /// Where the sums and the records differ, the largest difference first.
    differences: Vec<Difference>,
    /// Commits that wait for a push.
    waiting: usize,
}

pub(crate) fn run(global: &Global, options: &Import) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    let store = if options.dry_run {
        let store = session.existing_store()?;
        store.unwrap_or_else(|| Store::folder(&session.store_folder()))
    } else {
        session.store()?
    };
    let identity = session.identity_to_read()?;
    let identity = if options.dry_run { identity } else { session.identity()? };
    let mut exchange = Exchange::new(&session, &store, &identity);
    if store.remote().is_some() {
        exchange.fetch()?;
        if !options.dry_run {
            exchange.join_earlier()?;
        }
        if exchange.error.is_none()
            && let Err(error) = store.fetch_content()
        {
            note(&format!("warning: {error}; days are compared with the records that are here"));
        }
    }
    let zone = zone(&session, options, &store)?;
    let mut legacy = read(&session, options, zone.0)?;
    check_prices(&mut legacy);
    let differences = compare(&store, &legacy)?;
    let imported = store.import(&legacy, session.environment.now, options.dry_run)?;
    let differences = differences::found(&legacy, &differences, &imported);
    let waiting = if options.dry_run { 0 } else { exchange.push()? };
    let taken = Taken { options, zone, legacy: &legacy, imported, differences, waiting };
    tell_faults(&taken);
    told::tell(&session, &taken)?;
    if let Some(error) = &exchange.error {
        note(&format!("warning: {error}"));
    }
    let is_partial = !legacy.bad.is_empty()
        || !taken.imported.problems.is_empty()
        || exchange.error.is_some()
        || waiting > 0;
    Ok(Outcome::partial_if(is_partial))
}

/// Whose days the sums are about, and why.
fn zone(session: &Session, options: &Import, store: &Store) -> Result<(Tz, String), Failure> {
    if let Some(zone) = options.zone {
        return Ok((zone, "as `--zone` says".to_owned()));
    }
    if let [zone] = store.zones_of_day_sums()?[..] {
        return Ok((zone, "as at the import before".to_owned()));
    }
    if let Some(zone) = session.config.timezone {
        return Ok((zone, format!("as {} says", session.data.join("config.yaml").display())));
    }
    let old = session.environment.home.join(".token-matters/config.yaml");
    let text = fs_err::read_to_string(&old).unwrap_or_default();
    if let Some(zone) = Config::parse(&text).timezone {
        return Ok((zone, format!("as {} says", old.display())));
    }
    let why = "which 1.x took where its configuration named none; name another one with `--zone`";
    Ok((LEGACY_ZONE, why.to_owned()))
}

fn read(session: &Session, options: &Import, zone: Tz) -> Result<Legacy, Failure> {
    let bar = Bar::new(session.quiet);
    let progress = |done: usize, count: usize| {
        let title = "data of Token Matters 1.x";
        if done == 0 {
            bar.tell(title, Progress::Planned { files: count as u64, bytes: 0 });
        } else {
            bar.tell(title, Progress::File);
        }
    };
    // A path as a person types it; a URL stays as it is.
    let from = if options.from.starts_with('~') {
        session.environment.expand(&options.from).display().to_string()
    } else {
        options.from.clone()
    };
    let git = environment::git();
    let legacy = Legacy::read(&from, zone, (&git, &session.cache_folder()), &progress)?;
    bar.done();
    Ok(legacy)
}

/// Prices that cannot be read would stop every report: they are left out.
fn check_prices(legacy: &mut Legacy) {
    let Some(bytes) = &legacy.prices else { return };
    if let Err(Failure::Usage(reason)) = prices("pricing.json of 1.x", bytes) {
        note(&format!("warning: {reason}; it is left out"));
        legacy.prices = None;
    }
}

/// Tokens of the records that are stored, by machine, source and day of the zone.
fn compare(store: &Store, legacy: &Legacy) -> Result<differences::Records, Failure> {
    let snapshot = store.snapshot()?;
    let book = PriceBook::builtin();
    let options =
        Options { zone: legacy.zone, as_of: None, publish: Publish::everything(), prices: &book };
    let made = again_if_damaged(|| {
        let mut input = Input::from_snapshot(&snapshot)?;
        input.day_sums.clear();
        sums(&mut input, &options, false)
    })?;
    Ok(made.tokens_by_day())
}

fn tell_faults(taken: &Taken<'_>) {
    let Taken { legacy, imported, .. } = taken;
    problems(&legacy.bad, "; left out");
    problems(&legacy.renamed, "");
    problems(&legacy.clamped_files, "");
    problems(&imported.problems, "");
    for zone in &imported.other_zones {
        note(&format!(
            "warning: sums were stored as days of {zone} before: they are days of {} now",
            taken.zone.0
        ));
    }
    for (machine, provider) in &imported.forgotten {
        note(&format!(
            "note: {machine}/{provider} is to be forgotten: nothing of it was taken over"
        ));
    }
}
