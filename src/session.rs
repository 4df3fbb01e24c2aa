//! What every verb begins with: surroundings, configuration, store, zone, prices.

use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono_tz::Tz;
use collector::{Config, Environment, machine_name};
use data_schema::settings::{SETTINGS_FILE, SharedSettings};
use pricing::{Payers, PriceBook};
use serde::{Deserialize, Serialize};
use store::{Location, Remote, Snapshot, Store};
use summarizer::{parse_settings, read_settings};

use crate::cli::Global;
use crate::environment;
use crate::outcome::Failure;
use crate::output::note;
use crate::private;

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

    /// The same for a verb that tells the faults itself: what cannot be read takes its default.
    pub(crate) fn open_silently(global: &Global) -> Result<Self, Failure> {
        let data = environment::data_folder(global)?;
        let environment = environment::read(global)?;
        let text = fs_err::read_to_string(data.join("config.yaml")).unwrap_or_default();
        let config = Config::parse(&text);
        let (quiet, verbose) = (global.quiet, global.verbose);
        Ok(Self { environment, config, data, quiet, verbose, flag_zone: global.timezone })
    }

    /// Where the data lives, as the configuration names it.
    pub(crate) fn location(&self) -> Location {
        match &self.config.data_repo {
            Some(text) => match Location::of(text, &self.environment.expand(text)) {
                Location::Own(folder) if self.has_gone(&folder) => {
                    Location::Remote(folder.to_string_lossy().into_owned())
                }
                location => location,
            },
            None => Location::Own(self.data.join("store.git")),
        }
    }

    /// Whether a path held a repository that this machine pushed to, such as one on a disk that is not mounted now.
    /// A new one is not made in its place.
    fn has_gone(&self, folder: &Path) -> bool {
        let name = Location::folder_name(&folder.to_string_lossy());
        !folder.exists() && self.data.join("remotes").join(name).exists()
    }

    /// The folder of the store on this machine.
    pub(crate) fn store_folder(&self) -> PathBuf {
        match self.location() {
            Location::Own(folder) | Location::Folder(folder) => folder,
            Location::Remote(address) => {
                self.data.join("remotes").join(Location::folder_name(&address))
            }
        }
    }

    /// The repository that all machines write into, if there is one.
    pub(crate) fn remote(&self) -> Option<Remote> {
        match self.location() {
            Location::Remote(address) => Some(Remote { address, program: environment::git() }),
            Location::Own(_) | Location::Folder(_) => None,
        }
    }

    /// Whether the data lies in a plain folder, which somebody else commits.
    pub(crate) fn is_plain_folder(&self) -> bool {
        matches!(self.location(), Location::Folder(_))
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

    /// Opens the store, or makes one. A checkout without a remote is used as a folder of day files.
    pub(crate) fn store(&self) -> Result<Store, Failure> {
        let folder = self.store_folder();
        private::create_folder(&self.data)?;
        Ok(match self.location() {
            Location::Folder(folder) => Store::folder(&folder),
            Location::Own(_) => Store::open_or_init(&folder)?,
            Location::Remote(_) => self.open_remote(&folder)?,
        })
    }

    fn open_remote(&self, folder: &Path) -> Result<Store, Failure> {
        let Some(remote) = self.remote() else { return Ok(Store::open_or_init(folder)?) };
        fs_err::create_dir_all(self.data.join("remotes"))?;
        Ok(Store::open_remote(folder, remote)?)
    }

    /// The store, if there is one already.
    pub(crate) fn existing_store(&self) -> Result<Option<Store>, Failure> {
        let folder = self.store_folder();
        match self.location() {
            Location::Folder(folder) => Ok(Some(Store::folder(&folder))),
            Location::Remote(_) if folder.exists() => Ok(Some(self.open_remote(&folder)?)),
            Location::Remote(_) => Ok(None),
            Location::Own(_) => match Store::open(&folder) {
                Err(store::StoreError::Missing { .. }) => Ok(None),
                result => Ok(Some(result?)),
            },
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
        private::create_folder(&self.data)?;
        private::replace(&self.identity_path(), &serde_json::to_vec_pretty(&identity)?)?;
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

    /// The price book with the user's own prices on top: `pricing.json` in the data folder, else that of the store.
    pub(crate) fn prices(&self, store: Option<&Snapshot>) -> Result<PriceBook, Failure> {
        Ok(self.with_own(self.listed_prices(), store)?.with_payers(self.payers(store)))
    }

    /// Listed prices with the user's own on top.
    pub(crate) fn with_own(
        &self,
        book: PriceBook,
        store: Option<&Snapshot>,
    ) -> Result<PriceBook, Failure> {
        let own = self.data.join("pricing.json");
        if own.is_file() {
            return laid_on(book, &own.display().to_string(), &fs_err::read(&own)?);
        }
        match store.map(Snapshot::prices).transpose()?.flatten() {
            Some(shared) => laid_on(book, "pricing.json of the data repository", &shared),
            None => Ok(book),
        }
    }

    /// The file of a downloaded price book.
    pub(crate) fn book_path(&self) -> PathBuf {
        self.data.join("prices").join("book.json")
    }

    /// The listed prices: a downloaded book before that of the program. One that cannot be used is told, and left out.
    pub(crate) fn listed_prices(&self) -> PriceBook {
        let path = self.book_path();
        let bytes = match fs_err::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return PriceBook::builtin();
            }
            Err(error) => {
                note(&format!("warning: {error}; the prices of the program are used"));
                return PriceBook::builtin();
            }
        };
        PriceBook::builtin().with_downloaded(&bytes).unwrap_or_else(|error| {
            let path = path.display();
            note(&format!(
                "warning: {path}: {error}; the prices of the program are used: remove the file, or make it anew with `token-matters prices update`"
            ));
            PriceBook::builtin()
        })
    }

    /// The listed prices with those of a file on top.
    pub(crate) fn laid(&self, place: &str, bytes: &[u8]) -> Result<PriceBook, Failure> {
        laid_on(self.listed_prices(), place, bytes)
    }

    /// Who pays, as the shared settings say. What of them cannot be used is told and left out.
    pub(crate) fn payers(&self, store: Option<&Snapshot>) -> Payers {
        let (payers, notices) = Payers::new(&self.shared_settings(store));
        for notice in notices {
            note(&format!("warning: {notice}"));
        }
        payers
    }

    /// The shared settings. Those that cannot be read say nothing here: whoever needs them tells what is wrong.
    pub(crate) fn shared_settings(&self, store: Option<&Snapshot>) -> SharedSettings {
        let settings = match store {
            Some(snapshot) => read_settings(snapshot).ok(),
            None => self.existing_store().ok().flatten().and_then(|store| {
                parse_settings(&store.root_file(SETTINGS_FILE).ok().flatten()?).ok()
            }),
        };
        settings.unwrap_or_default()
    }

    /// Tells something that is no result.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            note(text);
        }
    }
}

/// The prices of the program with those of a file on top.
pub(crate) fn prices(place: &str, bytes: &[u8]) -> Result<PriceBook, Failure> {
    laid_on(PriceBook::builtin(), place, bytes)
}

fn laid_on(book: PriceBook, place: &str, bytes: &[u8]) -> Result<PriceBook, Failure> {
    let (book, notices) =
        book.with_user(bytes).map_err(|error| Failure::Usage(format!("{place}: {error}")))?;
    for notice in notices {
        note(&format!("warning: {place}: {notice}"));
    }
    Ok(book)
}
