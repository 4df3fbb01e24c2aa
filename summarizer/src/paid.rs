//! `budgets.json` and `plans.json`: what stands in the settings about money, under names that are shown. Both are there
//! only where costs are shown.

use chrono::{Months, NaiveDate};
use data_schema::Money;
use data_schema::settings::Visibility;
use data_schema::summary::{
    Budget, BudgetsFile, DateRange, Plan, PlanMonth, PlansFile, SUMMARY_VERSION,
};
use pricing::PlanPeriod;

use crate::budgets::{BudgetOf, BudgetPeriod, BudgetState, budgets};
use crate::calendar::day;
use crate::exchange::{Exchange, Exchanged};
use crate::files::{File, Frame, json};
use crate::input::{Input, Options};
use crate::plans::{PlanState, plans};
use crate::sums::Sums;

/// Months of a subscription that are told.
const MONTHS: u32 = 12;

/// What is told, under real names.
#[derive(Debug, Default)]
pub(crate) struct Paid {
    budgets: Vec<BudgetState>,
    plans: Vec<PlanState>,
    today: NaiveDate,
}

impl Paid {
    /// Nothing where costs are hidden.
    pub(crate) fn new(sums: &Sums, input: &Input, options: &Options<'_>) -> Self {
        if options.publish.cost != Visibility::Show {
            return Self::default();
        }
        let told = options.as_of.map(|at| day(options.zone, at)).or(sums.newest.day);
        let today = told.or_else(|| Some(sums.cells.last()?.0.day)).unwrap_or_default();
        let first = today.checked_sub_months(Months::new(MONTHS - 1)).unwrap_or(today);
        let exchange = Exchange::usd(options.prices);
        // The command tells what cannot be used.
        let (budgets, _) = budgets(sums, &input.settings, options.prices, today);
        let (plans, _) = plans(sums, &exchange, first, today);
        Self { budgets, plans, today }
    }

    pub(crate) fn files(&self, frame: &Frame<'_>) -> Vec<File> {
        let mut budgets: Vec<Budget> =
            self.budgets.iter().filter_map(|state| budget(frame, state)).collect();
        budgets.sort_by_key(|budget| (budget.provider.is_some(), budget.project.is_some()));
        let mut rows: Vec<Plan> =
            self.plans.iter().flat_map(|state| self.plans_of(frame, state)).collect();
        rows.sort_by(|left, right| left.provider.cmp(&right.provider));
        let mut months: Vec<PlanMonth> = self.plans.iter().flat_map(months).collect();
        months.sort_by(|left, right| right.month.cmp(&left.month));
        let mut files = Vec::new();
        let version = || SUMMARY_VERSION.to_owned();
        if !budgets.is_empty() {
            let file = BudgetsFile { version: version(), budgets };
            files.push(("budgets.json".to_owned(), json(&file)));
        }
        if !rows.is_empty() || !months.is_empty() {
            let file = PlansFile { version: version(), plans: rows, months };
            files.push(("plans.json".to_owned(), json(&file)));
        }
        files
    }

    /// One row for each source that a running subscription pays for.
    fn plans_of(&self, frame: &Frame<'_>, state: &PlanState) -> Vec<Plan> {
        let plan = &state.plan;
        if !plan.covers(self.today) {
            return Vec::new();
        }
        let exchange = Exchange::usd(frame.options.prices);
        let price = exchange.of_currency(plan.price, &plan.currency, self.today);
        let months = match plan.period {
            PlanPeriod::Month => 1,
            PlanPeriod::Year => 12,
        };
        let monthly_usd = price.map(|price| Money::from_picos(price.amount().picos() / months));
        let shown = plan.sources.iter().filter_map(|source| source_shown(frame, source));
        shown.map(|provider| Plan { provider, name: plan.name.clone(), monthly_usd }).collect()
    }
}

/// The shown name of a source. A source of one's own that has no response has no number either.
fn source_shown(frame: &Frame<'_>, source: &str) -> Option<String> {
    let shown = frame.cube.names.providers.shown(source).map(ToString::to_string);
    shown.or_else(|| data_schema::sources::is_known(source).then(|| source.to_owned()))
}

/// A budget under shown names; none of a project that is not shown.
fn budget(frame: &Frame<'_>, state: &BudgetState) -> Option<Budget> {
    let provider = match &state.source {
        Some(source) => Some(source_shown(frame, source)?),
        None => None,
    };
    let project = match &state.project {
        Some(project) => {
            let shown = frame.cube.names.projects.shown(project)?;
            Some(shown.to_string()).filter(|shown| !shown.is_empty())
        }
        None => None,
    };
    if state.project.is_some() && project.is_none() {
        return None;
    }
    // What somebody called it may be the very name that is not shown.
    let is_hidden = project != state.project || provider != state.source;
    let shown = || project.clone().or_else(|| provider.clone());
    let name = if is_hidden { shown() } else { Some(state.name.clone()) };
    let monthly = state.period == BudgetPeriod::Month;
    let date_range = DateRange { start: state.start, end: state.end };
    Some(Budget {
        provider,
        project,
        monthly_usd: monthly.then_some(state.amount_usd),
        name,
        period: Some(state.period.word().to_owned()),
        of: (state.of == BudgetOf::Billed).then(|| state.of.word().to_owned()),
        currency: (state.currency != "USD").then(|| state.currency.clone()),
        amount: Some(state.amount),
        date_range: Some(date_range),
        spent: Some(state.spent.amount()),
        forecast: state.forecast.map(Exchanged::amount),
        state: Some(state.standing().word().to_owned()),
        unpriced_tokens: state.unpriced_tokens,
    })
}

fn months(state: &PlanState) -> impl Iterator<Item = PlanMonth> {
    state.months.iter().map(|month| PlanMonth {
        plan: state.plan.name.clone(),
        month: month.month.format("%Y-%m").to_string(),
        cost: month.share.amount(),
        currency: (state.currency != "USD").then(|| state.currency.clone()),
        covered_usd: month.covered.amount(),
        is_running: month.is_running,
    })
}
