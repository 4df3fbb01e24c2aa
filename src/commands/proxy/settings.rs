//! What `config.yaml` says of the proxy.

use std::path::Path;
use std::sync::Arc;

use pricing::PriceBook;
use proxy::{Config, Fault, Settings, Surroundings};

use crate::cli::Global;
use crate::commands::proxy::folder;
use crate::environment;
use crate::keyring;
use crate::outcome::Failure;
use crate::session::Session;

/// Reads `proxy:` of the configuration; a file that is not there says nothing. Faults are in it.
pub(crate) fn read(global: &Global) -> Result<Settings, Failure> {
    let path = environment::data_folder(global)?.join("config.yaml");
    match fs_err::read_to_string(&path) {
        Ok(text) => Ok(Settings::parse(&text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Settings::default()),
        Err(error) => Err(error.into()),
    }
}

/// What the proxy runs with. Anything wrong in the settings ends the command.
pub(crate) fn config(global: &Global, settings: Settings) -> Result<Config, Failure> {
    let data = environment::data_folder(global)?;
    let home = environment::read(global).ok().map(|environment| environment.home);
    let around = Surroundings {
        key: &keyring::written,
        variable: &environment::key_variable,
        home: home.as_deref(),
    };
    let mut config = settings.config(folder(&data), &around).map_err(|faults| {
        let place = data.join("config.yaml");
        let told = |fault: &Fault| format!("{}: {fault}", place.display());
        Failure::Usage(faults.iter().map(told).collect::<Vec<_>>().join("\nerror: "))
    })?;
    config.gate.prices = prices(global, &data)?;
    Ok(config)
}

/// Prices of the user's own, which budgets go by; those that come with the program are read when they are needed.
fn prices(global: &Global, data: &Path) -> Result<Option<Arc<PriceBook>>, Failure> {
    let own = ["pricing.json", "prices/book.json"];
    if !own.iter().any(|name| data.join(name).is_file()) {
        return Ok(None);
    }
    Ok(Some(Arc::new(Session::open_silently(global)?.prices(None)?)))
}
