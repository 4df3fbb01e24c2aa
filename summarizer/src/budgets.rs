//! Budgets: what a day, week or month may cost, what it has cost, and what it comes to.
//!
//! An entry of the settings that cannot be used is told with its place, and the others hold.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use data_schema::settings::{BudgetSettings, SharedSettings, WeekStart};
use data_schema::{Money, forecast};
use pricing::{PriceBook, amount, currency_code};

use crate::calendar::days_before;
use crate::exchange::{Exchange, Exchanged};
use crate::sums::{Key, Known, Sums};
pub use state::{BudgetOf, BudgetPeriod, BudgetState, Standing};

mod state;

/// All budgets of the settings with what they come to on a day of the report zone, and what cannot be used of them, one
/// line each.
pub fn budgets(
    sums: &Sums,
    settings: &SharedSettings,
    book: &PriceBook,
    today: NaiveDate,
) -> (Vec<BudgetState>, Vec<String>) {
    let (mut states, mut notices) = (Vec::new(), Vec::new());
    for (place, entry) in (1..).zip(&settings.budgets) {
        let name = entry.shown_name();
        let told = |what: &str| format!("token-matters.yaml: budget {place} (`{name}`) {what}");
        match Budget::new(entry, book) {
            Ok(budget) => {
                notices.extend(budget.unseen(sums).map(|what| told(&what)));
                states.push(budget.state(sums, settings.week_start, today));
            }
            Err(reason) => notices.push(told(&format!("is not used: {reason}"))),
        }
        notices.extend(entry.other.keys().map(|key| told(&format!("has an unknown key: `{key}`"))));
    }
    (states, notices)
}

/// A budget that can be used.
struct Budget<'b> {
    name: String,
    period: BudgetPeriod,
    of: BudgetOf,
    source: Option<String>,
    project: Option<String>,
    amount: Money,
    exchange: Exchange<'b>,
}

/// What a day has come to.
#[derive(Clone, Copy, Default)]
struct Day {
    amount: Exchanged,
    tokens: u64,
    unpriced: u64,
}

impl<'b> Budget<'b> {
    fn new(entry: &BudgetSettings, book: &'b PriceBook) -> Result<Self, String> {
        let BudgetSettings { amount: told, currency, period, of, source, project, .. } = entry;
        let amount = amount("amount", told.as_ref())?;
        let code = currency_code(currency.as_deref())?;
        let exchange = Exchange::to(book, &code).ok_or_else(|| {
            format!(
                "there is no exchange rate for {code}: add it to `exchangeRates` of your pricing.json"
            )
        })?;
        Ok(Self {
            name: entry.shown_name(),
            period: BudgetPeriod::read(period.as_deref())?,
            of: BudgetOf::read(of.as_deref())?,
            source: source.clone(),
            project: project.clone(),
            amount,
            exchange,
        })
    }

    /// What it is about and nobody has seen: a wrong name would never be passed.
    fn unseen(&self, sums: &Sums) -> impl Iterator<Item = String> {
        let has = |row: &[Known], name: &str| row.iter().any(|known| *known.name == *name);
        let source = self.source.as_deref().filter(|source| {
            !has(&sums.names.providers, source) && !data_schema::sources::is_known(source)
        });
        let project = self.project.as_deref().filter(|name| !has(&sums.names.projects, name));
        let source =
            source.map(|name| format!("is about the source `{name}`, which no response has"));
        let project =
            project.map(|name| format!("is about the project `{name}`, which no response has"));
        source.into_iter().chain(project)
    }

    fn is_about(&self, sums: &Sums, key: Key) -> bool {
        let names = &sums.names;
        let is = |wanted: Option<&String>, known: Option<&Known>| {
            wanted.is_none_or(|wanted| known.is_some_and(|known| *known.name == **wanted))
        };
        let project = key.project.checked_sub(1).map(|place| &names.projects[place as usize]);
        is(self.source.as_ref(), Some(&names.providers[key.provider as usize]))
            && is(self.project.as_ref(), project)
    }

    /// Sums by day, both ends included.
    fn days(&self, sums: &Sums, first: NaiveDate, last: NaiveDate) -> BTreeMap<NaiveDate, Day> {
        let start = sums.cells.partition_point(|(key, _)| key.day < first);
        let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
        let cells = sums.cells[start..].iter().take_while(|(key, _)| key.day <= last);
        for (key, cell) in cells.filter(|(key, _)| self.is_about(sums, *key)) {
            let day = days.entry(key.day).or_default();
            let amount = match self.of {
                BudgetOf::List => cell.cost,
                BudgetOf::Billed => cell.billed,
            };
            day.amount += self.exchange.of(Money::from_picos(amount), key.day);
            day.tokens = day.tokens.saturating_add(cell.tokens.total_tokens);
            day.unpriced = day.unpriced.saturating_add(cell.unpriced_tokens);
        }
        days
    }

    fn state(self, sums: &Sums, week_start: WeekStart, today: NaiveDate) -> BudgetState {
        let (start, end) = self.period.around(today, week_start);
        let first = sums.cells.first().map_or(today, |(key, _)| key.day);
        let known = u64::try_from((today - first).num_days()).unwrap_or(0);
        let before = forecast::days_before(known);
        let days = self.days(sums, start.min(days_before(today, before)), end);
        let mut whole = Day::default();
        for (_, day) in days.range(start..=end) {
            whole.amount += day.amount;
            whole.tokens = whole.tokens.saturating_add(day.tokens);
            whole.unpriced = whole.unpriced.saturating_add(day.unpriced);
        }
        let is_told = whole.unpriced <= whole.tokens / forecast::UNPRICED;
        let before: Vec<u128> = (1..=before)
            .rev()
            .map(|ago| days.get(&days_before(today, ago)).map_or(0, |day| day.amount.magnitude()))
            .collect();
        let forecast = self.forecast(whole.amount, &before, today, end).filter(|_| is_told);
        let usd = Exchange::usd(self.exchange.book());
        let amount_usd = usd.of_currency(self.amount, self.exchange.code(), today);
        BudgetState {
            name: self.name,
            period: self.period,
            of: self.of,
            source: self.source,
            project: self.project,
            currency: self.exchange.code().to_owned(),
            amount: self.amount,
            amount_usd: amount_usd.unwrap_or_default().amount(),
            start,
            end,
            spent: whole.amount,
            forecast,
            unpriced_tokens: whole.unpriced,
        }
    }

    fn forecast(
        &self,
        spent: Exchanged,
        before: &[u128],
        today: NaiveDate,
        end: NaiveDate,
    ) -> Option<Exchanged> {
        let left = u64::try_from((end - today).num_days()).unwrap_or(0);
        let rest = || forecast::rest(spent.magnitude(), before, left).map(|told| told.value);
        let value = match self.period {
            BudgetPeriod::Day => forecast::day(spent.magnitude(), before),
            BudgetPeriod::Month if today.day() < forecast::DAYS => None,
            BudgetPeriod::Week | BudgetPeriod::Month => rest(),
        };
        value.map(Exchanged::from_magnitude)
    }
}
