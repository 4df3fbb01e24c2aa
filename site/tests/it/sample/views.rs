//! Files of a sample that only some pages read: hours, sessions and prices.

use std::collections::BTreeMap;

use chrono::Datelike;
use data_schema::summary::{
    HourCell, HoursFile, ModelPrice, PriceOrigin, PriceStep, PricesSummary, SUMMARY_VERSION,
    SessionSummary, SessionsFile, WeekdayHours,
};
use data_schema::{HashId, Money, UtcSeconds};

use super::sums::range;
use super::{Sample, Use};

/// Sessions that a summary holds at most.
const SESSIONS: usize = 100;

/// USD per million tokens of input, output, cache reads and cache writes, in cents; none for what has no price.
pub(super) fn price(model: &str) -> Option<[u32; 4]> {
    match model {
        "claude-opus-4-8" => Some([500, 2_500, 50, 625]),
        "claude-sonnet-4-5" | "claude-sonnet-4-6" => Some([300, 1_500, 30, 375]),
        "gpt-5" | "gpt-5.5" => Some([125, 1_000, 13, 125]),
        "gpt-5-mini" => Some([25, 200, 3, 25]),
        "gemini-2.5-pro" | "gemini-3-pro" => Some([200, 1_200, 20, 200]),
        "deepseek-v3" => Some([28, 42, 3, 28]),
        _ => None,
    }
}

/// What a use costs by [`price`].
pub(super) fn cost(one: &Use) -> Option<Money> {
    let counts = one.counts();
    let classes = [
        counts.input_tokens,
        counts.output_tokens,
        counts.cache_read_tokens,
        counts.cache_creation_tokens,
    ];
    // A cent for a million tokens is 10^4 units of 10^-12 for one.
    let picos = |(tokens, cents): (u64, u32)| i128::from(tokens) * i128::from(cents) * 10_000;
    Some(Money::from_picos(classes.into_iter().zip(price(&one.model)?).map(picos).sum()))
}

impl Sample {
    /// Every use falls into the hour that its place in the list gives it, in working hours more often.
    pub(super) fn hours_file(&self) -> HoursFile {
        let weekday = |weekday| WeekdayHours { weekday, hours: vec![HourCell::default(); 24] };
        let mut weekdays: Vec<WeekdayHours> = (1..=7).map(weekday).collect();
        for (number, one) in self.uses.iter().enumerate() {
            let hour = [9, 10, 11, 14, 15, 16, 17, 20, 22, 23, 8, 13, 15, 10][number % 14];
            let day = &mut weekdays[one.day.weekday().num_days_from_monday() as usize];
            let cell = &mut day.hours[hour];
            cell.total_tokens = cell.total_tokens.saturating_add(one.tokens);
            cell.requests = cell.requests.saturating_add(one.requests);
        }
        let all: Vec<&Use> = self.uses.iter().collect();
        HoursFile {
            version: SUMMARY_VERSION.to_owned(),
            timezone: "Europe/Berlin".to_owned(),
            date_range: range(&all),
            weekdays,
        }
    }

    /// Every use is a session.
    pub(super) fn sessions_file(&self) -> SessionsFile {
        let at = |one: &Use, hour: u32| {
            let time = one.day.and_hms_opt(hour, 12, 0).unwrap().and_utc();
            UtcSeconds::new(time.timestamp()).unwrap()
        };
        let session = |(number, one): (usize, &Use)| SessionSummary {
            session: HashId::new("session", &number.to_string()).to_string(),
            provider: one.source.clone(),
            models: vec![one.model.clone()],
            project: Some(one.project.clone()).filter(|project| !project.is_empty()),
            first_at: at(one, 8),
            last_at: at(one, 11),
            aggregate: self.aggregate(&[one]),
        };
        let mut sessions: Vec<SessionSummary> = self.uses.iter().enumerate().map(session).collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.aggregate.tokens.total_tokens));
        let count = sessions.len() as u64;
        sessions.truncate(SESSIONS);
        SessionsFile { version: SUMMARY_VERSION.to_owned(), count, sessions }
    }

    pub(super) fn prices_file(&self) -> PricesSummary {
        let mut uses: BTreeMap<(&str, &str), Vec<&Use>> = BTreeMap::new();
        for one in &self.uses {
            uses.entry((&one.model, &one.source)).or_default().push(one);
        }
        let row = |((model, source), uses): ((&str, &str), Vec<&Use>)| {
            let sum = self.aggregate(&uses);
            ModelPrice {
                model: model.to_owned(),
                provider: source.to_owned(),
                date_range: range(&uses).unwrap(),
                total_tokens: sum.tokens.total_tokens,
                unpriced_tokens: sum.unpriced_tokens,
                origin: price(model).map(|_| PriceOrigin::Listed),
                found_as: None,
                prices: price(model).map(step).into_iter().collect(),
            }
        };
        let mut models: Vec<ModelPrice> = uses.into_iter().map(row).collect();
        models.sort_by_key(|row| (row.origin.is_some(), std::cmp::Reverse(row.total_tokens)));
        PricesSummary {
            version: SUMMARY_VERSION.to_owned(),
            as_of: "2026-05-01".parse().unwrap(),
            source: "https://example.org/prices.json".to_owned(),
            models,
        }
    }
}

fn step([input, output, cache_read, cache_creation]: [u32; 4]) -> PriceStep {
    let dollars = |cents: u32| Some(Money::from_picos(i128::from(cents) * 10_000_000_000));
    PriceStep {
        input: dollars(input),
        output: dollars(output),
        cache_read: dollars(cache_read),
        cache_creation: dollars(cache_creation),
        ..PriceStep::default()
    }
}
