//! Interfaces of vendors and relays: which are wanted, and the keys that open them.

use std::path::PathBuf;
use std::time::Duration;

use collector::interface::{Access, Asked, INTERFACES, Interface, Secret, Wanted, ask_all};
use collector::{Client, ProviderConfig};

use crate::environment::key_variable;
use crate::keyring;
use crate::session::{PROGRAM, Session};

/// How long one request may take.
const DEADLINE: Duration = Duration::from_secs(15);

/// Asks all interfaces that are configured, have a key and were not asked within the last hour.
pub(crate) fn ask(session: &Session, only: &[String]) -> Asked {
    let wanted: Vec<Wanted> =
        INTERFACES.iter().filter_map(|interface| wanted(session, *interface, only)).collect();
    if wanted.is_empty() {
        return Asked::default();
    }
    let mut http = || Box::new(Client::new(PROGRAM, DEADLINE)) as Box<_>;
    ask_all(wanted, &noted(session), session.environment.now, &mut http)
}

/// The file that says what was asked last.
pub(crate) fn noted(session: &Session) -> PathBuf {
    session.data.join("interfaces.json")
}

fn wanted(session: &Session, interface: &'static dyn Interface, only: &[String]) -> Option<Wanted> {
    let id = interface.id();
    let config = session.config.providers.get(id).filter(|config| config.enabled)?;
    let is_named = only.iter().any(|only| only == id);
    if !only.is_empty() && !is_named {
        return None;
    }
    let access = match key(interface, config) {
        Ok(Some(key)) => Ok(Access::new(config, key)),
        Err(reason) => Err(format!("{id}: {reason}")),
        Ok(None) => {
            let variables = interface.terms().variables.join(" or ");
            session.say(&format!(
                "note: {id} is not asked: it has no key; name it as `providers.{id}.apiKey`, or set {variables}"
            ));
            return None;
        }
    };
    Some(Wanted { interface, access, now: is_named })
}

/// The key: what the configuration says, else the vendor's own variable.
fn key(interface: &dyn Interface, config: &ProviderConfig) -> Result<Option<Secret>, String> {
    let Some(written) = config.api_key.as_ref().map(Secret::expose) else {
        let found = interface.terms().variables.iter().find_map(|name| key_variable(name));
        return Ok(found.map(Secret::new));
    };
    keyring::written(written).map(|key| Some(Secret::new(key)))
}
