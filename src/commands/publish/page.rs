//! The page itself, and what it is made of.

use std::path::Path;

use chrono_tz::Tz;
use data_schema::settings::{Publish, SharedSettings};
use pricing::PriceBook;
use serde::{Deserialize, Serialize};
use site::build_site;
use summarizer::{Input, Options, again_if_damaged, sums};

use crate::commands::summarize::{windows, write};
use crate::outcome::Failure;
use crate::output::boxes;
use crate::session::{PROGRAM, Session};

use super::source::Source;

/// The file of a page in a folder that says what it is made of: a branch says it in its commit.
pub(super) const MADE_OF: &str = "published.json";

/// Everything that a page depends on, beside the data.
pub(super) struct Recipe {
    pub(super) raw_tree: String,
    zone: Tz,
    publish: Publish,
    prices: PriceBook,
}

/// What a published page says about what it is made of: the same, the same page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MadeOf {
    /// The git tree of the data.
    pub(super) raw_tree: String,
    /// Name and version of the program.
    pub(super) program: String,
    /// Zone, publish level and prices, as a number of 16 hex digits.
    pub(super) options: String,
}

impl Recipe {
    pub(super) fn new(
        session: &Session,
        source: &Source,
        settings: &SharedSettings,
    ) -> Result<Self, Failure> {
        let prices = match source.snapshot.prices()? {
            Some(bytes) => session.laid("pricing.json of the data repository", &bytes)?,
            None => session.prices(None)?,
        };
        let raw_tree = source.snapshot.content_tree()?;
        Ok(Self { raw_tree, zone: session.zone(settings), publish: settings.publish, prices })
    }

    pub(super) fn made_of(&self) -> MadeOf {
        let options = format!("{} {:?} {:x}", self.zone, self.publish, self.prices.fingerprint());
        MadeOf {
            raw_tree: self.raw_tree.clone(),
            program: PROGRAM.to_owned(),
            options: format!("{:016x}", store::check(options.as_bytes())),
        }
    }

    /// Makes summary and page in an empty folder; returns the number of files that were left out.
    pub(super) fn make(&self, source: &Source, folder: &Path) -> Result<usize, Failure> {
        source.complete()?;
        let options =
            Options { zone: self.zone, as_of: None, publish: self.publish, prices: &self.prices };
        let (input, sums) = again_if_damaged(|| {
            let windows = windows(&source.snapshot, &options)?;
            let mut input = Input { windows, ..Input::from_snapshot(&source.snapshot)? };
            let sums = sums(&mut input, &options, false)?;
            Ok((input, sums))
        })?;
        let summary = folder.join("summary");
        write(sums, &input, &options, &summary)?;
        boxes(&build_site(&summary, folder, &site::SiteOptions::default())?);
        Ok(input.problems.len())
    }
}
