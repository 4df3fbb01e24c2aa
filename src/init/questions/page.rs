//! Where the page goes, and what it shows.

use std::path::Path;

use data_schema::settings::{ModelNaming, Naming, ProjectNaming, Publish, Visibility};

use super::{Questions, data_address, repository_name};
use crate::cli::Ci;
use crate::init::answers::{Place, Site, Target, shown, usual_ci, with_flags};
use crate::init::ask::{Stopped, checked, choose, yes};
use crate::init::hosts::{Forge, Hosted, settled};
use crate::init::survey::{Survey, missing};

/// The name of a new repository for the page.
const PAGE_NAME: &str = "tokens";

impl Questions<'_> {
    /// Where the page goes.
    pub(super) fn site(&mut self, place: &Place, survey: &Survey) -> Result<Site, Stopped> {
        let flags = &self.flags.site;
        let known = Target::known(&survey.shared, !survey.workflows.is_empty());
        let data = data_address(place, survey);
        let target = match &flags.publish_to {
            Some(text) => there(Target::parse(text)).map_err(Stopped::Wrong)?,
            None if self.ask.is_person() && known == Target::Nowhere => {
                self.asked_target(data.as_deref())?
            }
            None => known.clone(),
        };
        if let (Target::Repository(page), Some(data)) = (&target, &data)
            && (page == data || Hosted::of(page).is_some_and(|page| Some(page) == Hosted::of(data)))
        {
            let wrong =
                "the page needs a repository of its own, or `--publish-to artifact`".to_owned();
            return Err(Stopped::Wrong(wrong));
        }
        if target == Target::Artifact && data.is_none() {
            let wrong = "`--publish-to artifact` needs data in a repository of a host with Pages: add --remote URL";
            return Err(Stopped::Wrong(wrong.to_owned()));
        }
        let ci = flags.ci.unwrap_or_else(|| usual_ci(data.as_deref()));
        if target == Target::Artifact && !matches!(ci, Ci::Github | Ci::Gitlab) {
            let wrong = "this host shows no Pages of a repository that a workflow hands over: use a second repository with `--publish-to URL`; for GitHub or GitLab on a server of your own add --ci github or --ci gitlab";
            return Err(Stopped::Wrong(wrong.to_owned()));
        }
        let hosted = match &target {
            Target::Repository(address) => Hosted::of(address),
            Target::Artifact => data.as_deref().and_then(Hosted::of),
            Target::Nowhere => None,
        };
        let usual = hosted.and_then(|hosted| hosted.page_address());
        let known = survey.shared.site.address.clone().filter(|_| target == known);
        let address =
            flags.page_address.clone().or(known).or(usual).filter(|_| target != Target::Nowhere);
        if let Some(wrong) = address.as_ref().filter(|address| !address.starts_with("http")) {
            return Err(Stopped::Wrong(format!(
                "--page-address: `{wrong}` is no address of a page: it begins with https://"
            )));
        }
        Ok(Site { target, address, ci })
    }

    fn asked_target(&mut self, data: Option<&str>) -> Result<Target, Stopped> {
        #[derive(Clone)]
        enum Way {
            Nowhere,
            Second,
            New(String),
            Same,
        }
        let mut ways =
            vec![(Way::Nowhere, "Nowhere: `token-matters up` shows it on this machine".to_owned())];
        ways.push((Way::Second, "In a second, public repository that is there already".to_owned()));
        if let Ok(login) = self.world.github() {
            ways.push((
                Way::New(login.user),
                "In a second, public repository on GitHub that is made now".to_owned(),
            ));
        }
        let hosted = data.and_then(Hosted::of);
        if let Some(hosted) =
            hosted.filter(|hosted| matches!(hosted.forge, Some(Forge::GitHub | Forge::GitLab)))
        {
            let limit = match hosted.host.as_str() {
                "github.com" => {
                    " (a private one needs a paid plan: GitHub Free has no Pages for it)"
                }
                _ => "",
            };
            ways.push((Way::Same, format!("As Pages of the data repository itself{limit}")));
        }
        let question =
            "Where shall the page go? Anybody can read it there; what it shows is asked next.";
        match choose(self.ask, question, &ways, 0)? {
            Way::Nowhere => Ok(Target::Nowhere),
            Way::Same => Ok(Target::Artifact),
            Way::New(user) => {
                let name = checked(
                    self.ask,
                    "Name of the public repository",
                    PAGE_NAME,
                    &mut repository_name,
                )?;
                Ok(Target::Repository(format!("https://github.com/{user}/{name}")))
            }
            Way::Second => {
                let address = checked(self.ask, "Its URL or path", "", &mut |text| {
                    if text.is_empty() {
                        return Err("That is no address.".to_owned());
                    }
                    there(Target::Repository(settled(text)))
                })?;
                Ok(address)
            }
        }
    }

    /// What the page shows.
    pub(super) fn publish(&mut self, site: &Site, survey: &Survey) -> Result<Publish, Stopped> {
        let now = with_flags(survey.shared.publish, &self.flags.site);
        let is_new = Target::known(&survey.shared, !survey.workflows.is_empty()) == Target::Nowhere;
        if site.target == Target::Nowhere || !is_new || !self.ask.is_person() {
            return Ok(now);
        }
        self.ask.tell(&format!("\nThe page shows {}.", shown(now)));
        if !yes(self.ask, "Change that?", false)? {
            return Ok(now);
        }
        self.levels(now)
    }

    fn levels(&mut self, now: Publish) -> Result<Publish, Stopped> {
        let of =
            |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<String>>();
        let machines =
            numbered(&[Naming::Alias, Naming::Name], &of(&["As machine 1, machine 2", "By name"]));
        let machines =
            choose(self.ask, "Machines", &machines, usize::from(now.machines == Naming::Name))?;
        let kinds = [ProjectNaming::Hide, ProjectNaming::Alias, ProjectNaming::Name];
        let texts = of(&["Not at all", "As project 1, project 2", "By name"]);
        let default = kinds.iter().position(|kind| *kind == now.projects).unwrap_or_default();
        let projects = choose(self.ask, "Projects", &numbered(&kinds, &texts), default)?;
        let models = numbered(
            &[ModelNaming::Listed, ModelNaming::Name],
            &of(&["Public models by name, others as numbers", "All by name"]),
        );
        let models =
            choose(self.ask, "Models", &models, usize::from(now.models == ModelNaming::Name))?;
        let mut seen = |what: &str, now: Visibility| {
            let is_shown = yes(self.ask, what, now == Visibility::Show)?;
            Ok(if is_shown { Visibility::Show } else { Visibility::Hide })
        };
        let cost = seen("Show cost?", now.cost)?;
        let hours = seen("Show the hours of the day?", now.hours)?;
        let limits = seen("Show the limits of your plans?", now.limits)?;
        Ok(Publish { machines, projects, models, hours, limits, cost })
    }
}

/// A repository on this machine must be there, before anything is planned for it. Others answer when they are pushed to.
fn there(target: Target) -> Result<Target, String> {
    // It goes into settings that all machines share.
    if matches!(&target, Target::Repository(address) if store::has_password(address)) {
        return Err("the address of the page's repository is stored with the data, and must hold no password: name it without one; a credential helper or a deploy key keeps the password".to_owned());
    }
    match &target {
        Target::Repository(address)
            if Path::new(address).is_absolute() && !Path::new(address).exists() =>
        {
            Err(missing(Path::new(address)))
        }
        _ => Ok(target),
    }
}

fn numbered<T: Clone>(kinds: &[T], texts: &[String]) -> Vec<(T, String)> {
    kinds.iter().cloned().zip(texts.iter().cloned()).collect()
}
