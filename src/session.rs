//! What every verb begins with: surroundings, configuration, store, zone, prices.

use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono_tz::Tz;
use collector::{Config, Environment, machine_name};
use data_schema::settings::SharedSettings;
use pricing::PriceBook;
use serde::{Deserialize, Serialize};
use store::Store;

use crate::cli::Global;
use crate::environment;
use crate::outcome::Failure;
use crate::output::note;

/// Name and version of the program, as the store keeps it.
pub(crate) const PROGRAM: &str = concat!("token-matters ", env!("CARGO_PKG_VERSION"));

/// The surroundings of one command.
pub(crate) struct Session {
    pub(crate) environment: Environment,
    pub(crate) config: Config,
    /// The folder of the configuration, the store and the page.
    pub(crate) data: PathBuf,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    flag_zone: Option<Tz>,
}

/// Who this machine is: made on the first run and kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Session {
    /// Reads everything. Faults of the configuration are told; `strict` verbs stop at one.
    pub(crate) fn open(global: &Global, strict: bool) -> Result<Self, Failure> {
        let data = environment::data_folder(global)?;
        let environment = environment::read(global)?;
        let path = data.join("config.yaml");
        let text = match fs_err::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) if strict => return Err(error.into()),
            Err(error) => {
                note(&format!("warning: {error}; every key takes its default"));
                String::new()
            }
        };
        let config = Config::parse(&text);
        let place = path.display();
        if strict && !config.faults.is_empty() {
            let faults: Vec<String> =
                config.faults.iter().map(|fault| format!("{place}: {fault}")).collect();
            return Err(Failure::Usage(faults.join("\nerror: ")));
        }
        for fault in &config.faults {
            note(&format!("warning: {place}: {fault}; the default is used"));
        }
        if global.verbose {
            for notice in &config.notices {
                note(&format!("note: {place}: {notice}"));
            }
        }
        let (quiet, verbose) = (global.quiet, global.verbose);
        Ok(Self { environment, config, data, quiet, verbose, flag_zone: global.timezone })
    }

    /// The folder of the store.
    pub(crate) fn store_folder(&self) -> PathBuf {
        match &self.config.data_repo {
            Some(folder) => self.environment.expand(folder),
            None => self.data.join("store.git"),
        }
    }

    /// The folder of everything that can be made again.
    pub(crate) fn cache_folder(&self) -> PathBuf {
        self.data.join("cache")
    }

    /// The file of the scan cache.
    pub(crate) fn scan_cache(&self) -> PathBuf {
        self.cache_folder().join("scan.bin")
    }

    /// Takes away a scan cache that turned out to be damaged: the next scan makes it anew.
    pub(crate) fn forget_scan_cache(&self) {
        let path = self.scan_cache();
        note(&format!(
            "note: the scan cache {} is damaged: all logs are read, and it is made anew",
            path.display()
        ));
        // One that cannot be removed is not used again: its content fits no check sum.
        let _ = fs_err::remove_file(path);
    }

    /// Opens the store, or makes one. A checkout is used as a folder of day files.
    pub(crate) fn store(&self) -> Result<Store, Failure> {
        let folder = self.store_folder();
        if is_checkout(&folder) {
            return Ok(Store::folder(&folder));
        }
        fs_err::create_dir_all(&self.data)?;
        Ok(Store::open_or_init(&folder)?)
    }

    /// The store, if there is one already.
    pub(crate) fn existing_store(&self) -> Result<Option<Store>, Failure> {
        let folder = self.store_folder();
        if is_checkout(&folder) {
            return Ok(Some(Store::folder(&folder)));
        }
        match Store::open(&folder) {
            Err(store::StoreError::Missing { .. }) => Ok(None),
            result => Ok(Some(result?)),
        }
    }

    /// Who this machine is. The name is derived once and kept; a name in the configuration goes first.
    pub(crate) fn identity(&self) -> Result<Identity, Failure> {
        let identity = match self.known_identity()? {
            Some(known) => known,
            None => self.new_identity()?,
        };
        Ok(self.renamed(identity))
    }

    /// The same for a verb that writes nothing: a machine that never collected has no id yet.
    pub(crate) fn identity_to_read(&self) -> Result<Identity, Failure> {
        let derived = || Identity { id: String::new(), name: machine_name(&environment::host()) };
        Ok(self.renamed(self.known_identity()?.unwrap_or_else(derived)))
    }

    fn identity_path(&self) -> PathBuf {
        self.data.join("machine.json")
    }

    fn known_identity(&self) -> Result<Option<Identity>, Failure> {
        let path = self.identity_path();
        match fs_err::read(&path) {
            Ok(bytes) => {
                let identity = serde_json::from_slice(&bytes).with_context(|| {
                    format!(
                        "{} is damaged: remove it to give this machine a new id",
                        path.display()
                    )
                })?;
                Ok(Some(identity))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn new_identity(&self) -> Result<Identity, Failure> {
        let name = machine_name(&environment::host());
        let identity = Identity { id: environment::random_id(), name };
        fs_err::create_dir_all(&self.data)?;
        fs_err::write(self.identity_path(), serde_json::to_vec_pretty(&identity)?)?;
        Ok(identity)
    }

    fn renamed(&self, identity: Identity) -> Identity {
        match &self.config.machine {
            Some(name) => Identity { name: machine_name(name), ..identity },
            None => identity,
        }
    }

    /// The report zone: the flag, the shared settings, the configuration, the system.
    pub(crate) fn zone(&self, shared: &SharedSettings) -> Tz {
        let agreed = shared.timezone.as_deref().and_then(|name| {
            let zone = name.parse().ok();
            if zone.is_none() {
                note(&format!("warning: token-matters.yaml: `timezone`: `{name}` is no zone of the IANA database"));
            }
            zone
        });
        if let (Some(flag), Some(agreed)) = (self.flag_zone, agreed)
            && flag != agreed
            && !self.quiet
        {
            note(&format!(
                "note: days of {flag} instead of {agreed}, which token-matters.yaml says"
            ));
        }
        self.flag_zone.or(agreed).or(self.config.timezone).unwrap_or_else(environment::system_zone)
    }

    /// The price book with the user's own prices on top.
    pub(crate) fn prices(&self) -> Result<PriceBook, Failure> {
        let own = [self.data.join("pricing.json"), self.store_folder().join("pricing.json")];
        prices(own.iter().find(|path| path.is_file()).map(PathBuf::as_path))
    }

    /// Tells something that is no result.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            note(text);
        }
    }
}

/// Whether a folder is a checkout of a data repository, be it one without any data yet.
fn is_checkout(folder: &Path) -> bool {
    folder.join(".git").exists() || folder.join("raw").is_dir()
}

/// The price book with the prices of a file on top.
pub(crate) fn prices(own: Option<&Path>) -> Result<PriceBook, Failure> {
    let book = PriceBook::builtin();
    let Some(path) = own else { return Ok(book) };
    let bytes = fs_err::read(path)?;
    let (book, notices) = book
        .with_user(&bytes)
        .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    for notice in notices {
        note(&format!("warning: {}: {notice}", path.display()));
    }
    Ok(book)
}
