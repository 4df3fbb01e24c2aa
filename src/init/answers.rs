//! What was decided: by flags, by a person, or by default.

use chrono_tz::Tz;
use data_schema::settings::{
    ModelNaming, Naming, ProjectNaming, Publish, SharedSettings, SiteSettings, Visibility,
};

use crate::cli::{Ci, Every, MachinesShown, ModelsShown, ProjectsShown, Shown, SiteFlags};
use crate::init::hosts::{Forge, Hosted};

/// Every decision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answers {
    pub(crate) place: Place,
    pub(crate) machine: String,
    /// The report zone that all machines shall agree on, if that is to be set.
    pub(crate) zone: Option<Tz>,
    pub(crate) include: Vec<String>,
    pub(crate) exclude: Vec<String>,
    pub(crate) site: Site,
    /// What the page shows.
    pub(crate) publish: Publish,
    /// `None`: as it is.
    pub(crate) schedule: Option<Every>,
    /// Whether requests shall go through the proxy from now on.
    pub(crate) proxy: bool,
    /// Days for Claude Code's transcripts, if they are to be raised.
    pub(crate) claude_days: Option<u32>,
}

/// Where data lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The repository in the data folder.
    Here,
    /// A URL or path, as `dataRepo` takes it.
    Named(String),
    /// A private repository of GitHub that is not there yet.
    New {
        /// `owner/name`.
        slug: String,
        /// As git will take it.
        address: String,
    },
}

/// Where the page goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) target: Target,
    /// Its address, if it is known.
    pub(crate) address: Option<String>,
    /// The workflow that makes it.
    pub(crate) ci: Ci,
}

/// Where the page goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Nowhere,
    /// A second repository.
    Repository(String),
    /// Pages of the data repository itself.
    Artifact,
}

impl Target {
    /// Understands `--publish-to`.
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "none" => Self::Nowhere,
            "artifact" => Self::Artifact,
            address => Self::Repository(address.to_owned()),
        }
    }

    /// What the shared settings and the workflows say.
    pub(crate) fn known(shared: &SharedSettings, has_workflow: bool) -> Self {
        match &shared.site.repository {
            Some(address) => Self::Repository(address.clone()),
            None if has_workflow => Self::Artifact,
            None => Self::Nowhere,
        }
    }
}

/// The workflow that a host understands.
pub(crate) fn usual_ci(address: Option<&str>) -> Ci {
    match address.and_then(Hosted::of).and_then(|hosted| hosted.forge) {
        Some(Forge::GitHub) => Ci::Github,
        Some(Forge::GitLab) => Ci::Gitlab,
        Some(Forge::Forgejo) => Ci::Forgejo,
        None => Ci::None,
    }
}

impl Site {
    /// The settings that all machines and the workflow share.
    pub(crate) fn settings(&self) -> SiteSettings {
        let repository = match &self.target {
            Target::Repository(address) => Some(address.clone()),
            Target::Nowhere | Target::Artifact => None,
        };
        let branch =
            repository.as_deref().and_then(Hosted::of).and_then(|hosted| hosted.page_branch());
        SiteSettings {
            repository,
            branch: branch.map(ToOwned::to_owned),
            address: self.address.clone(),
            ..SiteSettings::default()
        }
    }
}

impl Answers {
    /// Puts into the shared settings what was decided about them, and says what that changes.
    pub(crate) fn agree(&self, shared: &mut SharedSettings) -> Vec<String> {
        let mut changes = Vec::new();
        if let Some(zone) = self.zone
            && shared.timezone.as_deref() != Some(zone.name())
        {
            changes.push(format!("report zone {zone}"));
            shared.timezone = Some(zone.name().to_owned());
        }
        if self.publish != shared.publish {
            changes.push(format!("the page shows {}", shown(self.publish)));
            shared.publish = self.publish;
        }
        // What is not asked here stays as it is.
        let SiteSettings { repository, branch, address, .. } = self.site.settings();
        let mut site = SiteSettings { repository, branch, address, ..shared.site.clone() };
        site.branch = site.branch.or_else(|| {
            shared.site.branch.clone().filter(|_| site.repository == shared.site.repository)
        });
        if site != shared.site {
            if site.repository != shared.site.repository {
                let place = site.repository.as_deref().map(store::without_secrets);
                let place = place.unwrap_or_else(|| "no other repository".to_owned());
                changes.push(format!("the page goes to {place}"));
            }
            if let Some(address) = &site.address {
                changes.push(format!("the address of the page is {address}"));
            }
            shared.site = site;
        }
        changes
    }
}

/// What a page shows, in words.
pub(crate) fn shown(publish: Publish) -> String {
    let machines = match publish.machines {
        Naming::Alias => "machines as numbers",
        Naming::Name => "machines by name",
    };
    let projects = match publish.projects {
        ProjectNaming::Hide => "no projects",
        ProjectNaming::Alias => "projects as numbers",
        ProjectNaming::Name => "projects by name",
    };
    let models = match publish.models {
        ModelNaming::Listed => "public models by name and others as numbers",
        ModelNaming::Name => "all models by name",
    };
    let rest = [("cost", publish.cost), ("hours", publish.hours), ("limits", publish.limits)];
    let rest = rest.map(|(what, seen)| match seen {
        Visibility::Hide => format!("no {what}"),
        Visibility::Show => what.to_owned(),
    });
    format!("{machines}, {projects}, {models}, {}", rest.join(", "))
}

/// The levels with those of the flags in place.
pub(crate) fn with_flags(mut publish: Publish, flags: &SiteFlags) -> Publish {
    let visibility = |shown| if shown == Shown::Show { Visibility::Show } else { Visibility::Hide };
    if let Some(shown) = flags.machines_shown {
        publish.machines = if shown == MachinesShown::Name { Naming::Name } else { Naming::Alias };
    }
    if let Some(shown) = flags.projects_shown {
        publish.projects = match shown {
            ProjectsShown::Hide => ProjectNaming::Hide,
            ProjectsShown::Alias => ProjectNaming::Alias,
            ProjectsShown::Name => ProjectNaming::Name,
        };
    }
    if let Some(shown) = flags.models_shown {
        publish.models =
            if shown == ModelsShown::Name { ModelNaming::Name } else { ModelNaming::Listed };
    }
    publish.cost = flags.cost_shown.map_or(publish.cost, visibility);
    publish.hours = flags.hours_shown.map_or(publish.hours, visibility);
    publish.limits = flags.limits_shown.map_or(publish.limits, visibility);
    publish
}
