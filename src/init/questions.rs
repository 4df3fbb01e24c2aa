//! The questions, each only where no flag has answered it and nothing else has.

mod page;
mod place;

use collector::machine_name;

use crate::cli::{Every, Init};
use crate::init::answers::{Answers, Place};
use crate::init::ask::{Ask, Stopped, checked, choose, yes};
use crate::init::detect::Detected;
use crate::init::projects;
use crate::init::survey::{Survey, World};

/// Who asks whom about what.
pub(crate) struct Questions<'a> {
    pub(crate) flags: &'a Init,
    pub(crate) detected: &'a Detected,
    pub(crate) ask: &'a mut dyn Ask,
    pub(crate) world: &'a mut dyn World,
}

impl Questions<'_> {
    /// All answers, and what is known of the place for data.
    pub(crate) fn all(&mut self) -> Result<(Answers, Survey), Stopped> {
        let (place, survey) = self.place()?;
        let machine = self.machine(&survey)?;
        let zone = self.zone(&survey)?;
        let (include, exclude) = self.rules()?;
        let site = self.site(&place, &survey)?;
        let publish = self.publish(&site, &survey)?;
        let schedule = self.schedule()?;
        let proxy = self.proxy()?;
        let claude_days = self.claude_days()?;
        let answers = Answers {
            place,
            machine,
            zone,
            include,
            exclude,
            site,
            publish,
            schedule,
            proxy,
            claude_days,
        };
        Ok((answers, survey))
    }

    fn machine(&mut self, survey: &Survey) -> Result<String, Stopped> {
        let id = self.detected.machine_id.clone();
        let others: Vec<&str> = survey
            .machines
            .iter()
            .filter(|(_, other)| Some(other) != id.as_ref())
            .map(|(name, _)| name.as_str())
            .collect();
        let mut check = |text: &str| {
            let name = machine_name(text);
            if others.contains(&name.as_str()) {
                return Err(format!(
                    "Another machine writes as `{name}` already: choose another name with --machine NAME."
                ));
            }
            Ok(name)
        };
        let known = survey.machines.iter().find(|(_, other)| Some(other) == id.as_ref());
        if let (Some(name), Some((known, _))) = (&self.flags.machine, known)
            && machine_name(name) != *known
        {
            return Err(Stopped::Wrong(format!(
                "this machine writes as `{known}` already: `token-matters machine rename {known} {name}` shows it under another name"
            )));
        }
        if let Some(name) = &self.flags.machine {
            return check(name).map_err(Stopped::Wrong);
        }
        let own = &self.detected.machine;
        let names =
            std::iter::once(own.clone()).chain((2_u32..).map(|number| format!("{own}-{number}")));
        let free = names.take(1_000).find(|name| !others.contains(&name.as_str()));
        // One that has a name keeps it without being asked.
        if id.is_some() {
            return Ok(self.detected.machine.clone());
        }
        checked(self.ask, "Name of this machine", &free.unwrap_or_default(), &mut check)
    }

    /// Asked once for all machines; a flag changes it.
    fn zone(&mut self, survey: &Survey) -> Result<Option<chrono_tz::Tz>, Stopped> {
        if self.detected.zone_is_asked {
            return Ok(Some(self.detected.zone));
        }
        if survey.shared.timezone.is_some() {
            return Ok(None);
        }
        let question = "Zone whose calendar days all reports and the page show";
        let zone = checked(self.ask, question, self.detected.zone.name(), &mut |text| {
            text.parse().map_err(|_| {
                format!("`{text}` is no zone of the IANA database, such as Europe/Berlin or UTC.")
            })
        })?;
        Ok(Some(zone))
    }

    /// What work is stored.
    fn rules(&mut self) -> Result<(Vec<String>, Vec<String>), Stopped> {
        let settings = self.detected.settings.clone().unwrap_or_default();
        let flags = self.flags;
        let include = if flags.include.is_empty() {
            settings.projects_include
        } else {
            flags.include.clone()
        };
        let exclude = if flags.exclude.is_empty() {
            settings.projects_exclude
        } else {
            flags.exclude.clone()
        };
        if !flags.exclude.is_empty() || !self.ask.is_person() || self.detected.projects.is_empty() {
            return Ok((include, exclude));
        }
        let exclude = projects::ask(self.ask, &self.detected.projects, exclude)?;
        Ok((include, exclude))
    }

    fn schedule(&mut self) -> Result<Option<Every>, Stopped> {
        let is_new = self.detected.settings.is_none();
        if self.flags.schedule.is_some() || !self.ask.is_person() {
            return Ok(self.flags.schedule.or(is_new.then_some(Every::Hourly)));
        }
        let mut ways = vec![
            (Some(Every::Hourly), "Every hour".to_owned()),
            (Some(Every::Daily), "Every day at half past midnight".to_owned()),
            (Some(Every::None), "Never by itself: I run `token-matters collect`".to_owned()),
        ];
        if !is_new {
            ways.insert(0, (None, "As it is".to_owned()));
        }
        choose(self.ask, "When shall this machine collect?", &ways, 0)
    }

    /// Offered where it is not set up, and never done without a yes.
    fn proxy(&mut self) -> Result<bool, Stopped> {
        let detected = self.detected;
        if self.flags.proxy || self.flags.no_proxy || !self.ask.is_person() {
            return Ok(self.flags.proxy);
        }
        if detected.has_proxy || detected.clients.is_empty() {
            return Ok(false);
        }
        let titles: Vec<&str> = detected.clients.iter().map(|(client, _)| client.title).collect();
        self.ask.tell(&format!(
            "\nLogs are not complete: cut answers, titles and other side calls are billed and never logged. A proxy on \
             this machine sees them all, hands every byte on unchanged, and keeps no word of it. {} can be pointed at \
             it; logins stay where they are.",
            titles.join(", ")
        ));
        yes(self.ask, "Meter requests with the proxy?", false)
    }

    /// Offered, never done silently.
    fn claude_days(&mut self) -> Result<Option<u32>, Stopped> {
        let Some(now) = self.detected.claude_days() else { return Ok(None) };
        if let Some(days) = self.flags.raise_claude_retention {
            return Ok((days > now).then_some(days));
        }
        if !self.ask.is_person() {
            return Ok(None);
        }
        self.ask.tell(&format!(
            "\nClaude Code deletes its transcripts after {now} days. What they count stays in your store; the \
             conversations do not."
        ));
        let days =
            checked(self.ask, "Keep them for how many days?", &now.to_string(), &mut |text| {
                let days = text.parse::<u32>().ok().filter(|days| (now..=36_500).contains(days));
                days.ok_or_else(|| format!("Please type a number from {now} to 36500."))
            })?;
        Ok((days > now).then_some(days))
    }
}

/// The address of the data repository, as far as there will be one.
pub(crate) fn data_address(place: &Place, survey: &Survey) -> Option<String> {
    match place {
        Place::New { address, .. } => Some(address.clone()),
        Place::Here => None,
        Place::Named(_) => survey.address.clone(),
    }
}

/// A name that GitHub takes.
fn repository_name(text: &str) -> Result<String, String> {
    let is_good = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if text.is_empty() || !text.chars().all(is_good) {
        return Err("A name has letters, digits, `-`, `_` and `.`.".to_owned());
    }
    Ok(text.to_owned())
}
