//! Takes what an adapter reads, and makes records of it.

use std::path::Path;

use data_schema::{
    Attribution, HashId, Interner, RecordId, Text, TimeQuality, Tokens, Usage, UsageRecord,
    response_namespace,
};

use super::counts::Counts;
use super::draft::Draft;
use crate::contribution::{Clock, Contribution, Told, Unsettled};
use crate::lines::LineError;
use crate::loose::LooseCount;
use crate::report::SourceReport;
use crate::source::Info;
use crate::trace::Places;

/// A response that costs more in US dollars does not exist.
const GREATEST_COST: f64 = 1e6;

/// What one log gives.
pub(crate) struct Sink<'a> {
    info: &'a Info,
    path: &'a Path,
    interner: Interner,
    records: Unsettled,
    report: SourceReport,
    /// The line that is being read, from 1; `None` in what has no lines.
    line: Option<u64>,
    /// Whether records stand in no order.
    is_unordered: bool,
    is_silent: bool,
    /// The session that was hashed last.
    session: Option<(String, HashId)>,
    /// Which line told which record, where somebody asks.
    places: Option<Places>,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(info: &'a Info, path: &'a Path) -> Self {
        Self {
            info,
            path,
            interner: Interner::default(),
            records: Unsettled::default(),
            report: SourceReport::default(),
            line: None,
            is_unordered: false,
            is_silent: false,
            session: None,
            places: None,
        }
    }

    /// The same, and notes which line tells which record.
    pub(crate) fn noting_places(self) -> Self {
        Self { places: Some(Places::new()), ..self }
    }

    /// Which line told which record.
    pub(crate) fn into_places(self) -> Places {
        self.places.unwrap_or_default()
    }

    /// What follows stands in this line.
    pub(crate) fn at_line(&mut self, line: u64) {
        self.line = Some(line);
    }

    /// What follows stands in no line: it was put together from several.
    pub(crate) fn at_no_line(&mut self) {
        self.line = None;
    }

    /// What follows stands in no order: times do not contradict each other.
    pub(crate) fn unordered(&mut self) {
        self.is_unordered = true;
    }

    /// A count as it counts; damage is told.
    pub(crate) fn count(&mut self, told: LooseCount, field: &str) -> Option<Tokens> {
        let (report, path, line) = (&mut self.report, self.path, self.line);
        told.keep(field, &mut |reason| report.warn(path, line, reason))
    }

    /// Tells damage that was mended.
    pub(crate) fn warn(&mut self, reason: impl Into<String>) {
        self.report.warn(self.path, self.line, reason);
    }

    /// Tells that what stands here could not be counted.
    pub(crate) fn skip(&mut self, reason: impl Into<String>) {
        self.report.skipped += 1;
        self.report.warn(self.path, self.line, reason);
    }

    /// Tells that a line could not be parsed.
    pub(crate) fn skip_line(&mut self, line: u64, error: &LineError) {
        self.report.skip_line(self.path, line, error);
    }

    /// Notes an answer that should tell usage and does not.
    pub(crate) fn silent(&mut self) {
        self.is_silent = true;
    }

    /// Counts of a prompt number that contains the caches; what cannot be is told.
    pub(crate) fn prompt_with_cache(&mut self, counts: Counts) -> Counts {
        let (counts, mended) = counts.prompt_with_cache();
        if let Some(reason) = mended {
            self.warn(reason);
        }
        counts
    }

    /// Takes one response. One that tells no count, or nothing but zeros, is none.
    pub(crate) fn push(&mut self, draft: &Draft<'_>) {
        let (counts, mended) = draft.counts.clamped();
        if counts.sum() == 0 && draft.cost.is_none_or(|cost| cost <= 0.0) {
            self.silent();
            return;
        }
        if let Some(reason) = mended {
            self.warn(reason);
        }
        // Settled when all of the log is known.
        let mut record = UsageRecord::new(self.id(draft), draft.at.unwrap_or_default());
        if let Some(places) = &mut self.places {
            places.push((record.id, self.line));
        }
        record.at_quality = TimeQuality::Trusted;
        record.usage = self.usage(draft, counts);
        record.attribution = self.attribution(draft);
        self.records.push(Told { record, told: draft.at, mark: 0 });
    }

    fn id(&self, draft: &Draft<'_>) -> RecordId {
        match draft.response.and_then(|id| Some((response_namespace(id)?, id))) {
            Some((space, id)) => RecordId::new(space, id, draft.part),
            None => RecordId::new(self.info.id, &draft.own.join("\0"), draft.part),
        }
    }

    fn usage(&mut self, draft: &Draft<'_>, counts: Counts) -> Usage {
        let mut text = |text: Option<&str>| {
            text.map(str::trim).filter(|text| !text.is_empty()).map(|text| self.interner.text(text))
        };
        let model = text(draft.model);
        let cost = draft.cost.filter(|cost| *cost > 0.0 && *cost < GREATEST_COST);
        let cost = cost.and_then(|cost| text(Some(&cost.to_string())));
        let told = draft.quality.unwrap_or(self.info.quality);
        counts.into_usage(Usage {
            requested_model: text(draft.requested_model)
                .filter(|asked| Some(asked) != model.as_ref()),
            model: model.unwrap_or_else(|| Text::from("unknown")),
            web_searches: draft.web_searches,
            tier: text(draft.tier),
            requests: draft.requests.filter(|requests| *requests != 1),
            duration_ms: draft.duration_ms,
            currency: cost.is_some().then(|| Text::from("USD")),
            cost,
            billing: draft.billing,
            quality: self.info.as_known(told),
            rank: draft.rank,
            revision: self.info.revision,
            kind: draft.kind,
            via: draft.via,
            ..Usage::default()
        })
    }

    fn attribution(&mut self, draft: &Draft<'_>) -> Attribution {
        let session = draft.session.filter(|session| !session.is_empty());
        let session = session.map(|session| self.session(session));
        let client = match draft.version.filter(|version| !version.is_empty()) {
            Some(version) => self.interner.text(&format!("{}/{version}", self.info.id)),
            None => self.interner.text(self.info.id),
        };
        let mut text = |text: Option<&str>| {
            text.map(str::trim).filter(|text| !text.is_empty()).map(|text| self.interner.text(text))
        };
        let hash = |kind, told: Option<&str>| {
            told.filter(|told| !told.is_empty()).map(|told| HashId::new(kind, told))
        };
        Attribution {
            seen: None,
            session,
            parent: hash("session", draft.parent),
            project: text(draft.folder),
            agent: text(draft.agent),
            client: Some(client),
            account: hash("account", draft.account),
            key: None,
            vendor: text(draft.vendor),
        }
    }

    fn session(&mut self, session: &str) -> HashId {
        if let Some((known, hash)) = &self.session
            && known == session
        {
            return *hash;
        }
        let hash = HashId::new("session", session);
        self.session = Some((session.to_owned(), hash));
        hash
    }

    /// Whether nothing was taken yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.records.len() == 0
    }

    /// All that was taken.
    pub(crate) fn finish(self, clock: Clock) -> Contribution {
        let saw_usage = !self.is_empty();
        let records = if self.is_unordered {
            self.records.settle_unordered(clock)
        } else {
            self.records.settle(clock, None)
        };
        Contribution {
            records,
            limits: Vec::new(),
            skipped: self.report.skipped,
            warnings: self.report.told_after(&[]),
            saw_usage,
            is_silent: self.is_silent,
            kin: None,
            resume: None,
        }
    }
}
