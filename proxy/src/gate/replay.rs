//! What was used before the proxy was started: read from the ledger, the one place where it stands.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use data_schema::{LedgerEntry, Text};
use memchr::memmem::Finder;

use crate::gate::book::{Account, AccountId, Book, Owner, Pacing};
use crate::gate::charge::Charge;
use crate::gate::limit::{Every, Limit, Unit};
use crate::gate::window::Span;

/// How far back is looked for the beginning of a window of five hours. Where a pause of five hours lies within, which
/// people make every night, the window after a restart is the one from before.
const CHAIN: TimeDelta = TimeDelta::hours(48);
/// What a rate is about.
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// What is to be known again.
pub(crate) struct Replay<'a> {
    pub(crate) budgets: &'a [(Owner, Limit)],
    pub(crate) pacings: &'a [(Owner, Pacing)],
    pub(crate) now: DateTime<Utc>,
}

impl Replay<'_> {
    /// The first day of the ledger (UTC) that matters; `None` if nothing does.
    pub(crate) fn first_day(&self, book: &Book) -> Option<NaiveDate> {
        let of_budget = |(_, limit): &(Owner, Limit)| match limit.every {
            Every::FiveHours => self.now - CHAIN,
            every => Span::opened(every, book.zone, self.now).begin,
        };
        let budgets = self.budgets.iter().map(of_budget);
        let pacings = self.pacings.iter().map(|_| self.now - MINUTE);
        budgets.chain(pacings).min().map(|first| first.date_naive())
    }

    /// Whether lines without key and project matter as well.
    pub(crate) fn is_about_all(&self) -> bool {
        let owners = self.budgets.iter().map(|(owner, _)| owner);
        owners.chain(self.pacings.iter().map(|(owner, _)| owner)).any(|owner| *owner == Owner::All)
    }

    /// Charges what still counts. `price` tells what an entry took, with or without its cost.
    pub(crate) fn run(
        &self,
        book: &mut Book,
        entries: impl Iterator<Item = LedgerEntry>,
        price: impl Fn(&LedgerEntry, bool) -> Charge,
    ) {
        let mut by_owner: HashMap<&Owner, Vec<(Unit, Every)>> = HashMap::new();
        for (owner, limit) in self.budgets {
            let kinds = by_owner.entry(owner).or_default();
            if !kinds.contains(&(limit.unit, limit.every)) {
                kinds.push((limit.unit, limit.every));
            }
        }
        let mut chains: HashMap<AccountId, Vec<(DateTime<Utc>, i128)>> = HashMap::new();
        for entry in entries {
            for owner in owners(&entry) {
                let kinds = by_owner.get(&owner).map(Vec::as_slice).unwrap_or_default();
                let with_cost = kinds.iter().any(|(unit, _)| *unit == Unit::Cost);
                let charge = price(&entry, with_cost);
                if charge.requests == 0 {
                    break;
                }
                self.pace(book, &owner, &entry, &charge);
                for (unit, every) in kinds {
                    let (id, amount) = ((owner.clone(), *unit, *every), charge.amount(*unit));
                    if *every == Every::FiveHours {
                        if entry.at > self.now - CHAIN {
                            chains.entry(id).or_default().push((entry.at, amount));
                        }
                    } else {
                        self.charge(book, id, entry.at, amount);
                    }
                }
            }
        }
        for (id, mut chain) in chains {
            chain.sort_unstable();
            self.chain(book, id, &chain);
        }
    }

    /// Charges the calendar window of now.
    fn charge(&self, book: &mut Book, id: AccountId, at: DateTime<Utc>, amount: i128) {
        let account = book.account(&id, self.now);
        if account.span.is_some_and(|span| span.holds(at)) {
            let used = account.used.saturating_add(amount);
            book.accounts.insert(id, Account { used, ..account });
        }
    }

    /// Finds the windows of five hours one after another, and keeps the last if it still goes on.
    fn chain(&self, book: &mut Book, id: AccountId, chain: &[(DateTime<Utc>, i128)]) {
        let mut account = Account::default();
        for (at, amount) in chain {
            account = account.at(id.2, book.zone, *at);
            account.used = account.used.saturating_add(*amount);
        }
        if account.span.is_some_and(|span| span.goes_on(self.now)) {
            book.accounts.insert(id, account);
        }
    }

    /// What was asked within the last minute is still in the buckets.
    fn pace(&self, book: &mut Book, owner: &Owner, entry: &LedgerEntry, charge: &Charge) {
        let age = self.now - entry.at;
        if age < TimeDelta::zero() || age > MINUTE {
            return;
        }
        let Some((_, pacing)) = self.pacings.iter().find(|(paced, _)| paced == owner) else {
            return;
        };
        let then = age.to_std().ok().and_then(|age| Instant::now().checked_sub(age));
        if let Some(then) = then {
            book.pace(owner, *pacing, charge.tokens, then);
        }
    }
}

/// Who pays for an entry.
fn owners(entry: &LedgerEntry) -> impl Iterator<Item = Owner> + use<> {
    let key = entry.key.clone().map(Owner::Key);
    let project = entry.project.as_ref().map(|project| Owner::Project(Text::clone(project)));
    [Some(Owner::All), key, project].into_iter().flatten()
}

/// The ledger's entries since a day, file by file and line by line. What cannot be read is left out: `proxy usage`
/// tells of it.
pub(crate) fn entries(
    ledger: &Path,
    first: NaiveDate,
    with_all: bool,
) -> impl Iterator<Item = LedgerEntry> + use<> {
    let found = fs_err::read_dir(ledger).into_iter().flatten();
    let mut files: Vec<PathBuf> = found.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| day(path).is_some_and(|day| day >= first));
    files.sort();
    let (key, project) = (Finder::new("\"key\":"), Finder::new("\"project\":"));
    let lines = files.into_iter().filter_map(|path| fs_err::File::open(path).ok());
    let lines = lines.flat_map(|file| BufReader::new(file).split(b'\n').map_while(Result::ok));
    lines.filter_map(move |line| {
        let matters = with_all || key.find(&line).is_some() || project.find(&line).is_some();
        matters.then(|| serde_json::from_slice(&line).ok()).flatten()
    })
}

/// The day of a file of the ledger: `2026-05-01.jsonl`.
fn day(path: &Path) -> Option<NaiveDate> {
    let name = path.file_name()?.to_str()?;
    let is_ledger = path.extension().is_some_and(|extension| extension == "jsonl");
    is_ledger.then(|| name.get(..10)?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
