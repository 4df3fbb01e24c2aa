//! Who may pass: keys of the proxy's own, budgets, rates.
//!
//! Where clients bring the vendor's key to a proxy on the loopback device, nothing is asked of them. Where the proxy
//! adds a key of its own to requests, or listens for other machines, one of its own keys is needed. What was used of
//! budgets stands in the ledger alone; the proxy reads it at its start and keeps count from then on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};
use data_schema::{LedgerEntry, Text, UtcSeconds};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Uri};

use crate::clock::Clock;
use crate::config::Config;
use crate::error::ProxyError;
use crate::private;

mod book;
mod charge;
mod credential;
mod guard;
mod keys;
mod limit;
mod prices;
mod rate;
mod refusal;
mod replay;
mod secret;
mod settings;
mod usage;
mod watch;
mod window;

use book::{Book, Demand, Hold, Owner, Pacing};
use guard::Guard;
use prices::Prices;
use replay::Replay;
use secret::KeyHash;
use settings::Unpriced;
use watch::Watched;

pub use keys::{Key, Keys, KeysError, NewKey, Terms};
pub use limit::{Every, Limit, Unit};
pub use rate::Rate;
pub use settings::Settings;
pub use usage::{Amount, BudgetUse, budget_use};

/// The header of the key that opens the proxy's own routes.
const ADMIN_HEADER: HeaderName = HeaderName::from_static("x-token-matters-admin");
/// The file of that key.
const ADMIN_FILE: &str = "admin-key";
/// Name of the key that is made where one is needed and none is there.
const FIRST_KEY: &str = "default";

/// Why nobody can be let in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// The keys cannot be read, or the first cannot be made.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The admin key cannot be read or made.
    #[error("the proxy's admin key: {0}")]
    Io(#[from] std::io::Error),
    /// The file of the admin key holds none.
    #[error("{} holds no admin key: remove it, and the next start makes another", .0.display())]
    Admin(PathBuf),
}

/// Decides who may pass.
#[derive(Debug)]
#[non_exhaustive]
pub struct Gate {
    settings: Settings,
    clock: Clock,
    guard: Guard,
    watched: Watched,
    admin: KeyHash,
    /// Whether a key is needed wherever a request is to go.
    needs_key: bool,
    prices: Prices,
    book: Mutex<Book>,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// Name of the proxy's own key; absent where none is asked for.
    pub key: Option<Text>,
    /// What the key is for, where it says so.
    pub project: Option<Text>,
    /// The upstream that the key is bound to.
    pub upstream: Option<Text>,
    /// The key without what opens anything.
    own: Option<Arc<Key>>,
}

/// What a request is, as far as it is known before it is sent on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Ask<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The project that is charged.
    pub project: Option<&'a str>,
    /// The model.
    pub model: Option<&'a str>,
    /// Who is to answer.
    pub upstream: &'a str,
    /// Who bills.
    pub vendor: Option<&'a str>,
    /// When the request arrived.
    pub at: DateTime<Utc>,
    /// Whether it costs anything: lists of models do not.
    pub is_metered: bool,
    /// Whether the upstream is sent a key that the client does not have.
    pub needs_key: bool,
    /// Bytes of the request's body, where known.
    pub body: Option<u64>,
    /// The greatest answer that the client wants, in tokens, where it says so.
    pub most_output: Option<u64>,
}

/// Leave to pass. What was reserved is given back when it is settled or dropped.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Permit {
    held: Option<(Arc<Gate>, Hold)>,
}

impl Gate {
    /// The gate of a proxy, and the first key if one was needed and there was none. What was used of budgets that go on
    /// is read from the ledger.
    ///
    /// # Errors
    ///
    /// The keys in the proxy's folder cannot be read or made.
    pub fn open(config: &Config, clock: &Clock) -> Result<(Self, Option<NewKey>), GateError> {
        let (settings, folder) = (config.gate.clone(), &config.folder);
        let adds_any = config.upstreams.values().any(|upstream| upstream.has_credential());
        let needs_key = settings.require_key || !config.listen.ip().is_loopback();
        let new = if needs_key || adds_any { first_key(folder, clock)? } else { None };
        let (origins, hosts) = (&settings.allowed_origins, &settings.allowed_hosts);
        let mut gate = Self {
            guard: Guard::new(config.listen, origins, hosts),
            watched: Watched::open(folder)?,
            admin: admin_key(folder)?,
            needs_key,
            prices: settings.book(),
            book: Mutex::new(Book::new(settings.zone)),
            clock: clock.clone(),
            settings,
        };
        if gate.limits_money() {
            // Not in the first request.
            gate.prices.get();
        }
        if let Some((first, with_all)) = gate.wanted() {
            gate.replay(replay::entries(&folder.join("ledger"), first, with_all));
        }
        Ok((gate, new))
    }

    fn limits_money(&self) -> bool {
        let keys = self.watched.current();
        let budgets = usage::declared(&self.settings, keys.keys());
        budgets.iter().any(|(_, limit)| limit.unit == Unit::Cost)
    }

    /// The first day of the ledger that matters, if any does, and whether lines without key and project matter.
    fn wanted(&self) -> Option<(NaiveDate, bool)> {
        let keys = self.watched.current();
        let budgets = usage::declared(&self.settings, keys.keys());
        let pacings = usage::paced(&self.settings, keys.keys());
        let replay = Replay { budgets: &budgets, pacings: &pacings, now: self.clock.now() };
        Some((replay.first_day(&self.book())?, replay.is_about_all()))
    }

    /// Charges what requests took that have ended already, as far as their windows are still open.
    pub fn replay(&mut self, entries: impl Iterator<Item = LedgerEntry>) {
        let keys = self.watched.current();
        let budgets = usage::declared(&self.settings, keys.keys());
        let pacings = usage::paced(&self.settings, keys.keys());
        let replay = Replay { budgets: &budgets, pacings: &pacings, now: self.clock.now() };
        let book = self.book.get_mut().unwrap_or_else(PoisonError::into_inner);
        let prices = &self.prices;
        replay.run(book, entries, |entry, with_cost| {
            charge::truth(entry, with_cost.then(|| prices.get()))
        });
    }

    /// Refuses pages in browsers, by a request's head: for the proxy's own routes, which ask for no key.
    pub(crate) fn keep_out(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), ProxyError> {
        self.guard.check(headers, uri)
    }

    /// Whether a request has the key of the proxy's own routes. No other key opens them, and it opens nothing else.
    pub fn is_admin(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(ADMIN_HEADER).and_then(|value| value.to_str().ok());
        self.admin.is_of(sent.unwrap_or_default().trim())
    }

    /// Who asks, by the request's head alone. Takes the proxy's own keys out of the head, its query included: the
    /// address must not be used before.
    ///
    /// # Errors
    ///
    /// A key is needed and there is none, or it is not known, or it has run out; or a browser's page asks.
    pub fn authenticate(&self, head: &mut Parts) -> Result<Caller, ProxyError> {
        head.headers.remove(ADMIN_HEADER);
        let sent = credential::take(head)?;
        self.guard.check(&head.headers, &head.uri)?;
        let Some(sent) = sent else {
            return if self.needs_key { Err(refusal::missing()) } else { Ok(Caller::default()) };
        };
        let key = self.watched.current().find(sent.expose()).ok_or_else(refusal::unknown)?;
        if let Some(why) = key.closed(UtcSeconds::from(self.clock.now())) {
            return Err(refusal::closed(&key.name, why));
        }
        Ok(Caller {
            key: Some(Text::clone(&key.name)),
            project: key.terms.project.clone(),
            upstream: key.terms.upstream.clone(),
            own: Some(key),
        })
    }

    /// Whether the request may be sent on; reserves what it may cost.
    ///
    /// # Errors
    ///
    /// The key does not allow this model or upstream, a budget or a rate is used up, or the model has no price.
    pub fn admit(self: &Arc<Self>, ask: &Ask<'_>) -> Result<Permit, ProxyError> {
        let own = ask.caller.own.as_deref();
        if own.is_none() && ask.needs_key {
            return Err(refusal::missing());
        }
        if own.is_none() && self.settings.budgets.is_empty() && self.settings.all.is_empty() {
            return Ok(Permit::default());
        }
        if let Some(key) = own {
            opens(key, ask)?;
        }
        let demand = self.demand(own, ask)?;
        if demand.budgets.is_empty() && demand.pacings.is_empty() {
            return Ok(Permit::default());
        }
        let hold = self.book().reserve(demand).map_err(|refusal| refusal.told(self.clock.now()))?;
        Ok(Permit { held: Some((Arc::clone(self), hold)) })
    }

    fn demand(&self, own: Option<&Key>, ask: &Ask<'_>) -> Result<Demand, ProxyError> {
        let is_meant = |owner: &Owner| match owner {
            Owner::All => true,
            Owner::Key(name) => ask.caller.key.as_ref() == Some(name),
            Owner::Project(name) => ask.project == Some(name),
        };
        let mut budgets = Vec::new();
        let mut pacings = vec![(Owner::All, self.settings.all)];
        if ask.is_metered {
            let configured = self.settings.budgets.iter();
            budgets.extend(configured.filter(|(owner, _)| is_meant(owner)).cloned());
        }
        if let Some(key) = own {
            let owner = || Owner::Key(Text::clone(&key.name));
            if ask.is_metered {
                budgets.extend(key.terms.budgets.iter().map(|limit| (owner(), *limit)));
            }
            pacings.push((owner(), Pacing::of(&key.terms.rates).or(self.settings.each_key)));
        }
        pacings.retain(|(_, pacing)| !pacing.is_empty());
        let with_cost = budgets.iter().any(|(_, limit)| limit.unit == Unit::Cost);
        let mut charge = charge::guess(ask, with_cost.then(|| self.prices.get()));
        if !ask.is_metered {
            charge.tokens = 0;
        }
        if with_cost && charge.cost.is_none() && self.settings.unpriced == Unpriced::Block {
            return Err(refusal::unpriced(ask.model));
        }
        Ok(Demand { budgets, pacings, charge, at: ask.at, now: Instant::now() })
    }

    /// How much of each budget is used now.
    pub fn usage(&self) -> Vec<BudgetUse> {
        let keys = self.watched.current();
        let mut budgets = usage::declared(&self.settings, keys.keys());
        budgets.sort_by(|left, right| left.0.cmp(&right.0));
        usage::of(&self.book(), &budgets, self.clock.now())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// What it was in truth.
    pub(crate) fn settle(mut self, entry: &LedgerEntry) {
        if let Some((gate, hold)) = self.held.take() {
            let truth = charge::truth(entry, hold.needs_cost().then(|| gate.prices.get()));
            gate.book().settle(hold, &truth);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some((gate, hold)) = self.held.take() {
            gate.book().settle(hold, &charge::Charge::default());
        }
    }
}

/// Whether a key opens what is asked for.
fn opens(key: &Key, ask: &Ask<'_>) -> Result<(), ProxyError> {
    if !key.opens_upstream(ask.upstream) {
        let what = format!("the upstream `{}`", ask.upstream);
        return Err(refusal::not_opened("key_upstream", &key.name, &what, &key.terms.upstreams));
    }
    // Lists of models name none.
    let is_open = !ask.is_metered && ask.model.is_none();
    if !is_open && !key.opens_model(ask.model) {
        let what = ask.model.map_or_else(
            || "requests whose model cannot be told".to_owned(),
            |model| format!("the model `{model}`"),
        );
        return Err(refusal::not_opened("key_model", &key.name, &what, &key.terms.models));
    }
    Ok(())
}

/// Makes the first key, if there is none: not even a revoked one.
fn first_key(folder: &Path, clock: &Clock) -> Result<Option<NewKey>, KeysError> {
    if !Keys::read(folder)?.keys.is_empty() {
        return Ok(None);
    }
    let now = UtcSeconds::from(clock.now());
    Keys::edit(folder, |keys| {
        let is_first = keys.keys.is_empty();
        is_first.then(|| keys.create(FIRST_KEY, Terms::default(), now)).transpose()
    })
}

/// The key of the proxy's own routes, made at the first start.
fn admin_key(folder: &Path) -> Result<KeyHash, GateError> {
    let path = folder.join(ADMIN_FILE);
    let text = match fs_err::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = secret::draw(secret::ADMIN_PREFIX).map_err(KeysError::from)?;
            private::replace(&path, format!("{}\n", key.expose()).as_bytes())?;
            return Ok(KeyHash::of(key.expose()));
        }
        Err(error) => return Err(error.into()),
    };
    let key = text.trim();
    // An empty file must not become a key that everybody knows.
    let is_key = key.starts_with(secret::ADMIN_PREFIX) && key.len() > 40;
    is_key.then(|| KeyHash::of(key)).ok_or(GateError::Admin(path))
}

#[cfg(test)]
mod tests;
