//! `sources`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rmcp::model::JsonObject;
use rmcp::schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use summarizer::{Grouping, Need, Query, report};

use super::answer::{Answer, arguments};
use crate::health::{Health, Presence};
use crate::known::{self, Ask};
use crate::outcome::Failure;
use crate::session::Session;

pub(super) const ABOUT: &str = "Which AI coding tools are counted, since when, how exact their numbers are, what their \
logs do not tell, and what could not be read.";

/// What is asked for: nothing.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(crate = "rmcp::schemars")]
pub(super) struct Arguments {}

pub(super) fn answer(session: &Session, given: JsonObject) -> Result<Answer, Failure> {
    let Arguments {} = arguments(given)?;
    let known = known::read(session, Ask { need: Need::LEAST, ..Ask::default() })?;
    let mut days: BTreeMap<String, (NaiveDate, NaiveDate)> = BTreeMap::new();
    for row in report(&known.sums, &Query::new(Grouping::Daily)).rows {
        let (Some(day), Some(source)) = (row.date, row.provider) else { continue };
        let (first, last) = days.entry(source).or_insert((day, day));
        (*first, *last) = (day.min(*first), day.max(*last));
    }
    let health = Health::of_all(&known.scanned.sources);
    let found = |source: &str| {
        health.iter().find(|health| health.source == source && health.presence == Presence::Found)
    };
    let here = health.iter().filter(|health| health.presence == Presence::Found);
    let mut ids: Vec<String> = here.map(|health| health.source.to_owned()).collect();
    ids.extend(days.keys().cloned());
    ids.sort();
    ids.dedup();
    let rows: Vec<Value> = ids.iter().map(|id| row(id, days.get(id), found(id))).collect();
    let data = json!({
        "version": data_schema::VERSION,
        "timezone": known.zone.name(),
        "sources": rows,
        "problems": known.problems.len(),
    });
    let mut lines: Vec<String> = ids.iter().map(|id| line(id, days.get(id), found(id))).collect();
    if lines.is_empty() {
        lines
            .push("Nothing is counted yet: `token-matters doctor` says where it looks.".to_owned());
    }
    Ok(Answer { text: lines.join("\n"), data })
}

/// A source, with its logs on this machine where there are some.
fn row(id: &str, days: Option<&(NaiveDate, NaiveDate)>, health: Option<&Health>) -> Value {
    json!({
        "source": id,
        "title": data_schema::sources::title(id).unwrap_or(id),
        "firstDay": days.map(|(first, _)| first),
        "lastDay": days.map(|(_, last)| last),
        "logs": health.map(|health| json!({
            "files": health.files,
            "responses": health.records,
            "newestResponse": health.newest_record,
            "linesNotCounted": health.skipped,
            "failed": health.failed,
            "quality": health.quality,
            "role": health.role,
            "lacks": health.lacks,
            "retentionDays": health.retention_days,
            "parserOutOfDate": health.parser_out_of_date,
            "alarm": health.alarm.as_ref().map(crate::health::Alarm::told),
        })),
    })
}

fn line(id: &str, days: Option<&(NaiveDate, NaiveDate)>, health: Option<&Health>) -> String {
    let title = data_schema::sources::title(id).unwrap_or(id);
    let days = days
        .map_or_else(|| "nothing counted".to_owned(), |(first, last)| format!("{first} to {last}"));
    let logs = health.map_or_else(
        || "no logs on this machine".to_owned(),
        |health| format!("{} logs here{}", health.files, health.limits()),
    );
    format!("{title} ({id}): {days}; {logs}")
}
