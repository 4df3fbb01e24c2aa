//! `usage_report`.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use chrono_tz::Tz;
use rmcp::model::JsonObject;
use rmcp::schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use summarizer::{Dimension, Grouping, Need, Only, Order, Query, Report, Row, report};

use super::answer::{Answer, Names, arguments, check_sources, day};
use crate::current::Amount;
use crate::known::{self, Ask};
use crate::outcome::Failure;
use crate::session::Session;

pub(super) const ABOUT: &str = "Tokens, responses and list value (USD, not a bill) that AI coding tools used, by day, \
week, month, year, session, window of five hours, model, project, machine or hour of the day. Filters and ranges narrow it down; `totals` are always those of \
all rows, also of those left out by `top`.";

/// What has the time of responses has no other names.
const NOT_SPLIT: &str = "blocks and hours can be split by source and model: for a project or machine tell `project` or \
`machine`";

/// Rows that are given unless another number is asked for.
const MOST: usize = 100;

/// What a row is about.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(crate = "rmcp::schemars", inline)]
pub(super) enum By {
    #[default]
    Daily,
    Weekly,
    Monthly,
    Yearly,
    Session,
    Blocks,
    Models,
    Projects,
    Machines,
    Hours,
}

/// By what rows are split.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(crate = "rmcp::schemars", inline)]
pub(super) enum Split {
    Source,
    Model,
    Project,
    Machine,
}

/// Which rows come first.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(crate = "rmcp::schemars", inline)]
pub(super) enum Sort {
    #[default]
    Key,
    Tokens,
    Cost,
    Requests,
    Output,
}

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(crate = "rmcp::schemars")]
pub(super) struct Arguments {
    /// What a row is about; `blocks` are windows of five hours, `hours` those of the day. Default: daily
    grouping: By,
    /// First day, such as 2026-01-31. Default: the first that is known
    #[schemars(extend("format" = "date"))]
    since: Option<String>,
    /// Last day, included. Default: today
    #[schemars(extend("format" = "date"))]
    until: Option<String>,
    /// What rows are split by as well
    by: Vec<Split>,
    /// Only these sources, by id such as claude-code or codex (the tool `sources` lists them)
    source: Option<Names>,
    /// Only these models, in any spelling
    model: Option<Names>,
    /// Only these projects
    project: Option<Names>,
    /// Only these machines
    machine: Option<Names>,
    /// Which rows come first: key (time or name), tokens, cost, requests or output. Default: key
    sort: Option<Sort>,
    /// So many rows at most, the most tokens first unless `sort` says else. Default: 100
    #[schemars(range(min = 1, max = 1000))]
    top: Option<usize>,
    /// Only the logs on this machine, without the store that all machines share
    local: bool,
}

pub(super) fn answer(session: &Session, given: JsonObject) -> Result<Answer, Failure> {
    let asked: Arguments = arguments(given)?;
    let query = query(&asked)?;
    let Answered { made, zone, problems } = answered(session, &query, asked.local)?;
    let most = asked.top.unwrap_or(MOST);
    let (rows, left_out) = cut(&made.rows, &query, most);
    let data = json!({
        "version": data_schema::VERSION,
        "timezone": zone.name(),
        "since": query.range.map(|(first, _)| first).filter(|first| *first != NaiveDate::MIN),
        "until": query.range.map(|(_, last)| last).filter(|last| *last != NaiveDate::MAX),
        "rows": rows,
        "rowsLeftOut": left_out,
        "totals": made.totals,
        "unpricedTokens": made.totals.unpriced_tokens,
        "inexactTokens": made.totals.inexact_tokens,
        "problems": problems,
    });
    let mut lines = vec![format!("Days of {zone}. All: {}", amount(&made.totals))];
    lines.extend(rows.iter().map(|row| format!("{}: {}", name(row), amount(row))));
    if left_out > 0 {
        lines.push(format!("{left_out} more rows: ask for a shorter range, or a greater `top`."));
    }
    if made.totals.unpriced_tokens > 0 {
        let tokens = site::grouped(made.totals.unpriced_tokens);
        lines.push(format!("{tokens} tokens have no price: they are counted and in no amount."));
    }
    Ok(Answer { text: lines.join("\n"), data })
}

/// What was found.
struct Answered {
    made: Report,
    zone: Tz,
    /// Files of the store that could not be used.
    problems: usize,
}

/// Hours and windows are made of a timeline, all others of sums.
fn answered(session: &Session, query: &Query, local: bool) -> Result<Answered, Failure> {
    let ask = Ask { local, need: Need::of(query), ..Ask::default() };
    if query.grouping.needs_times() {
        let known = known::read_timeline(session, ask, &query.only, false)?;
        let made = known.timeline.report(query, session.environment.now);
        return Ok(Answered { made, zone: known.zone, problems: known.problems.len() });
    }
    let known = known::read(session, ask)?;
    let made = report(&known.sums, query);
    Ok(Answered { made, zone: known.zone, problems: known.problems.len() })
}

fn query(asked: &Arguments) -> Result<Query, Failure> {
    let since = day("since", asked.since.as_deref())?;
    let until = day("until", asked.until.as_deref())?;
    if let (Some(since), Some(until)) = (since, until)
        && since > until
    {
        return Err(Failure::Usage(format!("`since` ({since}) is after `until` ({until})")));
    }
    if asked.top.is_some_and(|top| !(1..=1000).contains(&top)) {
        return Err(Failure::Usage("`top` is a number from 1 to 1000".to_owned()));
    }
    let set = |names: &Option<Names>| names.clone().map(Names::into_set).unwrap_or_default();
    let only = Only {
        sources: set(&asked.source),
        models: set(&asked.model),
        projects: set(&asked.project),
        machines: set(&asked.machine),
    };
    check_sources(&only.sources)?;
    let grouping = asked.grouping.grouping();
    let split: BTreeSet<Dimension> = asked.by.iter().map(|split| split.dimension()).collect();
    if grouping.needs_times()
        && split.iter().any(|by| matches!(by, Dimension::Project | Dimension::Machine))
    {
        return Err(Failure::Usage(NOT_SPLIT.to_owned()));
    }
    let is_given = since.is_some() || until.is_some();
    let range = (since.unwrap_or(NaiveDate::MIN), until.unwrap_or(NaiveDate::MAX));
    Ok(Query {
        split: split.into_iter().collect(),
        only,
        order: order(asked),
        // How many rows were left out is told: it is cut here.
        top: None,
        ..Query::new(grouping).within(is_given.then_some(range))
    })
}

fn order(asked: &Arguments) -> Order {
    match asked.sort {
        None if asked.top.is_some() => Order::Tokens,
        None | Some(Sort::Key) => Order::Key,
        Some(Sort::Tokens) => Order::Tokens,
        Some(Sort::Cost) => Order::Cost,
        Some(Sort::Requests) => Order::Requests,
        Some(Sort::Output) => Order::Output,
    }
}

/// So many rows: of an order of time the last ones, else the first.
fn cut<'r>(rows: &'r [Row], query: &Query, most: usize) -> (&'r [Row], usize) {
    let left_out = rows.len().saturating_sub(most);
    let is_of_time = query.grouping.dimension().is_none() && query.grouping != Grouping::Hours;
    if is_of_time && query.order == Order::Key {
        return (&rows[left_out..], left_out);
    }
    (&rows[..rows.len() - left_out], left_out)
}

fn amount(row: &Row) -> String {
    let (amount, responses) = (Amount::from(row), site::grouped(row.requests));
    format!("{}, {responses} responses", amount.text())
}

/// What a row is about, in a line.
fn name(row: &Row) -> String {
    let date = row.date.map(|date| date.to_string());
    let start = row.start.map(|start| start.to_string());
    let hour = row.hour.map(|hour| format!("{hour:02}:00"));
    let parts = [
        date.as_deref(),
        row.week.as_deref(),
        row.month.as_deref(),
        row.year.as_deref(),
        row.session.as_deref(),
        start.as_deref(),
        hour.as_deref(),
        row.project.as_deref(),
        row.machine.as_deref(),
        row.provider.as_deref(),
        row.model.as_deref(),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    parts.join(" · ").replace('\n', " ")
}

impl By {
    fn grouping(self) -> Grouping {
        match self {
            Self::Daily => Grouping::Daily,
            Self::Weekly => Grouping::Weekly,
            Self::Monthly => Grouping::Monthly,
            Self::Yearly => Grouping::Yearly,
            Self::Session => Grouping::Session,
            Self::Blocks => Grouping::Blocks,
            Self::Models => Grouping::Models,
            Self::Projects => Grouping::Projects,
            Self::Machines => Grouping::Machines,
            Self::Hours => Grouping::Hours,
        }
    }
}

impl Split {
    fn dimension(self) -> Dimension {
        match self {
            Self::Source => Dimension::Source,
            Self::Model => Dimension::Model,
            Self::Project => Dimension::Project,
            Self::Machine => Dimension::Machine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: serde_json::Value) -> Result<Query, String> {
        let serde_json::Value::Object(object) = value else { unreachable!() };
        arguments(object).and_then(|asked| query(&asked)).map_err(|failure| failure.text())
    }

    #[test]
    fn a_question_is_asked_with_all_that_was_told() {
        let query = asked(json!({
            "grouping": "monthly", "since": "2026-01-01", "until": "2026-03-31", "by": ["model", "source", "model"],
            "source": "codex", "model": ["gpt-5.5"], "project": ["a", "b"], "machine": "laptop", "top": 5
        }))
        .unwrap();
        assert_eq!(query.grouping, Grouping::Monthly);
        assert_eq!(query.split, [Dimension::Source, Dimension::Model]);
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(query.range, Some((day("2026-01-01"), day("2026-03-31"))));
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (sources, models) = (set(&["codex"]), set(&["gpt-5.5"]));
        let (projects, machines) = (set(&["a", "b"]), set(&["laptop"]));
        assert_eq!(query.only, Only { sources, models, projects, machines });
        assert_eq!(query.order, Order::Tokens);
        let plain = asked(json!({})).unwrap();
        assert_eq!((plain.range, plain.order, plain.split.len()), (None, Order::Key, 0));
        assert_eq!(asked(json!({"top": 3, "sort": "cost"})).unwrap().order, Order::Cost);
    }

    #[test]
    fn what_does_not_fit_is_told_with_what_does() {
        for (value, part) in [
            (json!({"grouping": "hourly"}), "unknown variant `hourly`, expected one of `daily`"),
            (
                json!({"since": "yesterday"}),
                "`since`: `yesterday` is no day: write it as 2026-01-31",
            ),
            (json!({"since": "2026-02-01", "until": "2026-01-01"}), "is after `until`"),
            (json!({"source": "codx"}), "did you mean `codex`?"),
            (json!({"top": 0}), "from 1 to 1000"),
            (json!({"top": -1}), "the arguments do not fit"),
            (json!({"colour": "red"}), "unknown field `colour`"),
            (json!({"grouping": "hours", "by": ["project"]}), "can be split by source and model"),
            (json!({"source": 3}), "the input schema of the tool says what fits"),
        ] {
            let refused = asked(value).unwrap_err();
            assert!(refused.contains(part), "{refused}");
        }
    }
}
