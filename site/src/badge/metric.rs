//! What badges tell, of which days.

use chrono::NaiveDate;
use data_schema::Quality;
use data_schema::summary::{Aggregate, DateRange, LimitState};

use crate::badge::shape::QUIET;
use crate::card;
use crate::cube::{Dimension, View};
use crate::data::Data;
use crate::locale::Locale;
use crate::locale::numbers::percent;
use crate::marks;
use crate::names;
use crate::palette;
use crate::period::Window;

/// What a badge tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    Tokens,
    Cost,
    Requests,
    Cache,
    Days,
    Streak,
    Model,
    Source,
    Limit,
}

impl Metric {
    pub(crate) const ALL: [Self; 9] = [
        Self::Tokens,
        Self::Cost,
        Self::Requests,
        Self::Cache,
        Self::Days,
        Self::Streak,
        Self::Model,
        Self::Source,
        Self::Limit,
    ];

    /// As in file names, settings and messages.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Cost => "cost",
            Self::Requests => "requests",
            Self::Cache => "cache",
            Self::Days => "days",
            Self::Streak => "streak",
            Self::Model => "model",
            Self::Source => "source",
            Self::Limit => "limit",
        }
    }

    pub(crate) fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.id() == id)
    }

    /// The days that it is told of; a streak and a limit are as they are now.
    pub(crate) fn spans(self) -> &'static [Span] {
        match self {
            Self::Streak | Self::Limit => &[Span::Now],
            _ => &Span::PERIODS,
        }
    }

    /// Whether there is anything to tell of it: costs and limits may be hidden.
    pub(crate) fn is_shown(self, data: &Data) -> bool {
        match self {
            Self::Cost => data.shows_cost(),
            Self::Limit => data.limits.is_some(),
            _ => true,
        }
    }
}

/// The days that a badge tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// No stretch of days.
    Now,
    Today,
    Of(Window),
}

impl Span {
    pub(crate) const PERIODS: [Self; 7] = [
        Self::Today,
        Self::Of(Window::Days7),
        Self::Of(Window::Days28),
        Self::Of(Window::Days30),
        Self::Of(Window::Days91),
        Self::Of(Window::Months12),
        Self::Of(Window::All),
    ];

    /// As in file names, settings and messages.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Today => "today",
            Self::Of(window) => window.id(),
        }
    }

    pub(crate) fn of_id(id: &str) -> Option<Self> {
        Self::PERIODS.into_iter().find(|span| span.id() == id)
    }
}

/// Name of a badge's file without its ending: `tokens-30d`, `streak`.
pub(crate) fn stem(metric: Metric, span: Span) -> String {
    match span {
        Span::Now => metric.id().to_owned(),
        span => format!("{}-{}", metric.id(), span.id()),
    }
}

/// What a badge says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Saying {
    pub(crate) label: String,
    pub(crate) message: String,
    /// The colour of its right part.
    pub(crate) color: &'static str,
}

/// The numbers of all badges, added up once.
#[derive(Debug)]
pub(crate) struct Numbers {
    is_empty: bool,
    /// The last day of all stretches.
    end: NaiveDate,
    /// In the order of [`Span::PERIODS`].
    spans: Vec<Stretch>,
    streak: u64,
    limit: Option<LimitState>,
}

/// One stretch of days.
#[derive(Debug)]
struct Stretch {
    total: Aggregate,
    /// Days with use, and all of them.
    active: u64,
    days: u64,
    model: Option<String>,
    source: Option<String>,
}

impl Numbers {
    pub(crate) fn new(data: &Data) -> Self {
        let spans = Span::PERIODS.into_iter().map(|span| stretch(data, span)).collect();
        Self {
            is_empty: data.is_empty(),
            end: data.end,
            spans,
            streak: streak(data),
            limit: fullest_limit(data).cloned(),
        }
    }

    /// Whether a vendor told of a limit.
    pub(crate) fn has_limit(&self) -> bool {
        self.limit.is_some()
    }

    /// The words of a badge.
    pub(crate) fn saying(&self, locale: &Locale, metric: Metric, span: Span) -> Saying {
        let label = self.label(locale, metric, span);
        let quiet = |key: &str| (locale.text(key), QUIET);
        let (message, color) = match self.message(locale, metric, span) {
            Some(told) => told,
            // Limits may be told before anything is counted.
            None if self.is_empty || metric == Metric::Limit => quiet("badge-no-data"),
            None => quiet("badge-none"),
        };
        Saying { label, message, color }
    }

    fn label(&self, locale: &Locale, metric: Metric, span: Span) -> String {
        let key = format!("badge-label-{}", metric.id());
        if let (Metric::Limit, Some(limit)) = (metric, &self.limit) {
            let source = marks::source_title(&limit.provider);
            let window = names::line(&limit.reading.window);
            let parts = [("source", source.into()), ("window", window.into())];
            return locale.with("badge-label-limit-of", &parts);
        }
        match span {
            // A badge is read later than it is made: the day is named, if there is one.
            Span::Today if !self.is_empty => {
                locale.with(&key, &[("period", locale.short_date(self.end).into())])
            }
            span => lasting_label(locale, metric, span),
        }
    }

    /// The right text with its colour; none if there is nothing to tell.
    fn message(
        &self,
        locale: &Locale,
        metric: Metric,
        span: Span,
    ) -> Option<(String, &'static str)> {
        match (metric, span) {
            (Metric::Limit, _) => return self.limit.as_ref().and_then(|limit| used(locale, limit)),
            (Metric::Streak, _) => {
                let parts =
                    [("count", self.streak.into()), ("n", locale.count(self.streak).into())];
                return (self.streak > 0)
                    .then(|| (locale.with("badge-streak", &parts), color("blue")));
            }
            _ => {}
        }
        let place = Span::PERIODS.iter().position(|known| *known == span)?;
        let stretch = self.spans.get(place).filter(|stretch| stretch.active > 0)?;
        let text = stretch.message(locale, metric)?;
        Some((text, color("blue")))
    }
}

impl Stretch {
    fn message(&self, locale: &Locale, metric: Metric) -> Option<String> {
        let total = &self.total;
        let tokens = &total.tokens;
        match metric {
            Metric::Tokens => Some(self.about(locale.tokens(tokens.total_tokens))),
            Metric::Cost => {
                let cost = locale.cost(total.cost_usd, total.unpriced_tokens);
                // "no price yet" is no number that could be estimated.
                let is_amount = cost.contains(|letter: char| letter.is_ascii_digit());
                (!cost.is_empty()).then(|| if is_amount { self.about(cost) } else { cost })
            }
            Metric::Requests => Some(locale.count(total.requests)),
            Metric::Cache => card::cache_share(total).map(|share| self.about(share)),
            Metric::Days => {
                let parts = [
                    ("n", locale.count(self.active).into()),
                    ("of", locale.count(self.days).into()),
                ];
                Some(locale.with("badge-days", &parts))
            }
            Metric::Model => self.model.clone(),
            Metric::Source => self.source.clone(),
            Metric::Streak | Metric::Limit => None,
        }
    }

    /// A number that estimates went into says so.
    fn about(&self, text: String) -> String {
        match self.total.data_quality {
            Quality::Estimated => format!("≈ {text}"),
            _ => text,
        }
    }
}

fn stretch(data: &Data, span: Span) -> Stretch {
    let window = match span {
        Span::Of(window) => window.range(data.end, data.cube.range()),
        Span::Today | Span::Now => DateRange { start: data.end, end: data.end },
    };
    let view = data.cube.all().within(window);
    let largest = |dimension: Dimension| -> Option<String> {
        let (place, _) = view.by(dimension).into_iter().next()?;
        Some(view.cube().name(dimension, place).to_owned())
    };
    Stretch {
        total: view.total(),
        active: active_days(view),
        days: u64::try_from((window.end - window.start).num_days()).unwrap_or(0) + 1,
        model: largest(Dimension::Model).map(|name| names::line(&name)),
        source: largest(Dimension::Source).map(|id| marks::source_title(&id)),
    }
}

fn active_days(view: View<'_>) -> u64 {
    u64::try_from(view.days().len()).unwrap_or(u64::MAX)
}

/// Days in a row with use, up to the last day; what was used later does not count.
fn streak(data: &Data) -> u64 {
    let start = data.cube.range().map_or(data.end, |all| all.start);
    let days = data.cube.all().within(DateRange { start, end: data.end }).days();
    card::streaks(&days, data.end).0.days
}

/// The limit of which most is used, of those whose window has not started anew since.
fn fullest_limit(data: &Data) -> Option<&LimitState> {
    let newest = data.latest.last_updated;
    let is_over = |limit: &LimitState| match (limit.reading.resets_at, newest) {
        (Some(reset), Some(newest)) => reset <= newest,
        _ => false,
    };
    let limits = data.limits.as_ref()?.limits.iter();
    // Of two that are used alike, the first by its names stays.
    limits.filter(|limit| !is_over(limit) && limit.reading.used_fraction.is_some()).min_by_key(
        |limit| {
            let reading = &limit.reading;
            (std::cmp::Reverse(reading.used_fraction), &limit.provider, &reading.window)
        },
    )
}

fn used(locale: &Locale, limit: &LimitState) -> Option<(String, &'static str)> {
    let steps = limit.reading.used_fraction?.steps();
    let name = match steps {
        10_000.. => "red",
        8_000.. => "amber",
        _ => "blue",
    };
    let share = percent(u64::from(steps), 10_000);
    Some((locale.with("badge-limit", &[("share", share.into())]), color(name)))
}

/// What a badge is called where its file is named: without anything that changes with the numbers.
pub(crate) fn lasting_label(locale: &Locale, metric: Metric, span: Span) -> String {
    let key = format!("badge-label-{}", metric.id());
    match span {
        Span::Now => locale.text(&key),
        span => {
            let period = locale.text(&format!("badge-period-{}", span.id()));
            locale.with(&key, &[("period", period.into())])
        }
    }
}

/// A colour of badges by its name.
pub(crate) fn color(name: &str) -> &'static str {
    named_color(name).unwrap_or(QUIET)
}

pub(crate) fn named_color(name: &str) -> Option<&'static str> {
    palette::BADGE.iter().find(|(known, _)| *known == name).map(|(_, color)| *color)
}
