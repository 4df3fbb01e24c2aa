//! Where data shall live.

use super::{Questions, repository_name};
use crate::init::answers::Place;
use crate::init::ask::{Stopped, checked, choose};
use crate::init::hosts::{new_repository_page, settled};
use crate::init::survey::Survey;

/// The name of a new data repository.
const DATA_NAME: &str = "token-data";

impl Questions<'_> {
    /// Where data lives.
    pub(super) fn place(&mut self) -> Result<(Place, Survey), Stopped> {
        let flags = &self.flags.place;
        if let Some(name) = &flags.create_remote {
            let login = self.world.github().map_err(|reason| {
                let page = new_repository_page(name, true);
                Stopped::Wrong(format!("--create-remote needs gh: {reason}; or make a private repository at {page} and use --remote with its URL"))
            })?;
            return Ok(login.new_place(name));
        }
        if let Some(address) = flags.remote.clone() {
            let survey = self.accepted(&address).map_err(Stopped::Wrong)?;
            return Ok((Place::Named(address), survey));
        }
        let now = self.detected.settings.as_ref().and_then(|settings| settings.data_repo.clone());
        let named = now.filter(|_| !flags.local);
        if flags.local || (!self.ask.is_person() && named.is_none()) {
            let survey = self.world.survey(None).map_err(Stopped::Wrong)?;
            return Ok((Place::Here, survey));
        }
        self.asked_place(named)
    }

    fn asked_place(&mut self, named: Option<String>) -> Result<(Place, Survey), Stopped> {
        #[derive(Clone)]
        enum Way {
            Keep(String),
            Here,
            Existing,
            New,
        }
        let mut ways = Vec::new();
        if let Some(address) = named {
            let text = format!("As it is: {}", store::without_secrets(&address));
            ways.push((Way::Keep(address), text));
        }
        ways.push((Way::Here, "On this machine only".to_owned()));
        ways.push((
            Way::Existing,
            "In a private git repository that is there already (for several machines)".to_owned(),
        ));
        ways.push((Way::New, "In a new private repository on GitHub".to_owned()));
        loop {
            let found = match choose(self.ask, "Where shall your data live?", &ways, 0)? {
                Way::Keep(address) => {
                    self.accepted(&address).map(|survey| (Place::Named(address), survey))
                }
                Way::Here => self.world.survey(None).map(|survey| (Place::Here, survey)),
                Way::Existing => {
                    let address = settled(&self.ask.line("Its URL or path", "")?);
                    self.accepted(&address).map(|survey| (Place::Named(address), survey))
                }
                Way::New => self.new_place()?,
            };
            match found {
                Ok(found) => return Ok(found),
                Err(wrong) if self.ask.is_person() => self.ask.tell(&wrong),
                Err(wrong) => return Err(Stopped::Wrong(wrong)),
            }
        }
    }

    /// With `gh` a name, without it what to do by hand.
    fn new_place(&mut self) -> Result<Result<(Place, Survey), String>, Stopped> {
        match self.world.github() {
            Ok(login) => {
                let name = checked(
                    self.ask,
                    "Name of the private repository",
                    DATA_NAME,
                    &mut repository_name,
                )?;
                Ok(Ok(login.new_place(&name)))
            }
            Err(reason) => {
                let page = new_repository_page(DATA_NAME, true);
                self.ask.tell(&format!(
                    "{reason}.\nMake an empty private repository in your browser: {page}"
                ));
                let address = settled(&self.ask.line("Then paste its URL here", "")?);
                Ok(self.accepted(&address).map(|survey| (Place::Named(address), survey)))
            }
        }
    }

    /// A place that can be read, and that strangers cannot.
    fn accepted(&mut self, address: &str) -> Result<Survey, String> {
        if address.trim().is_empty() {
            return Err("That is no address.".to_owned());
        }
        let survey = self.world.survey(Some(address))?;
        let shown = store::without_secrets(address);
        if survey.address.is_some() && self.detected.git.is_none() {
            return Err(
                "git is not there: install it, it does everything that goes over the network"
                    .to_owned(),
            );
        }
        // What goes there already was allowed once; `collect` looks again.
        let known =
            self.detected.settings.as_ref().and_then(|settings| settings.data_repo.as_deref());
        let is_known = known == Some(address);
        if survey.is_public == Some(true) && !is_known && !self.flags.place.allow_public_data {
            return Err(format!(
                "Everybody can read {shown}: usage data does not belong there. Make it private and run this again, or \
                 use --allow-public-data"
            ));
        }
        Ok(survey)
    }
}
