//! The largest sessions, where they are known.

use data_schema::summary::SessionSummary;
use serde::Serialize;

use crate::SiteError;
use crate::context::{Context, Head};
use crate::marks;
use crate::names;
use crate::output::File;
use crate::page::words::{about, cost, quality};

/// More rows than that are no view.
const ROWS: usize = 100;

#[derive(Debug, Serialize)]
struct Page {
    lead: String,
    shows_cost: bool,
    shows_projects: bool,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    /// The first letters of the hash: enough to find it again.
    session: String,
    source: String,
    models: Vec<String>,
    project: Option<String>,
    started: String,
    lasted: String,
    tokens: String,
    requests: String,
    cost: String,
    quality: &'static str,
    /// What the columns are sorted by.
    sort: Sort,
}

#[derive(Debug, Serialize)]
struct Sort {
    started: i64,
    lasted: i64,
    tokens: u64,
    requests: u64,
    cost: String,
}

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let Some(file) = &context.data.sessions else { return Ok(Vec::new()) };
    let locale = &context.locale;
    let mut sessions: Vec<&SessionSummary> = file.sessions.iter().collect();
    sessions
        .sort_by_key(|one| (std::cmp::Reverse(one.aggregate.tokens.total_tokens), &one.session));
    sessions.truncate(ROWS);
    let shown = u64::try_from(sessions.len()).unwrap_or(u64::MAX);
    let parts = [
        ("count", shown.into()),
        ("n", locale.count(shown).into()),
        ("all", locale.count(file.count.max(shown)).into()),
    ];
    let page = Page {
        lead: locale.with("sessions-lead", &parts),
        shows_cost: context.data.shows_cost(),
        shows_projects: sessions.iter().any(|session| session.project.is_some()),
        rows: sessions.into_iter().map(|session| row(context, session)).collect(),
    };
    let head = Head {
        title: locale.text("sessions-title"),
        description: page.lead.clone(),
        section: "sessions",
        ..Head::default()
    };
    Ok(vec![context.page("sessions/index.html", "pages/sessions.html", head, &page)?])
}

fn row(context: &Context<'_>, session: &SessionSummary) -> Row {
    let locale = &context.locale;
    let sum = &session.aggregate;
    let zone = context.data.zone.unwrap_or(chrono_tz::Tz::UTC);
    let (first, last) = (session.first_at.to_chrono(), session.last_at.to_chrono());
    let minutes = (last - first).num_minutes().max(0);
    let (hours, rest) = (minutes / 60, minutes % 60);
    let models: Vec<String> = session.models.iter().map(|model| names::line(model)).collect();
    Row {
        session: session.session.chars().filter(char::is_ascii_alphanumeric).take(8).collect(),
        source: marks::source_title(&session.provider),
        models,
        project: session
            .project
            .as_deref()
            .filter(|name| !name.is_empty())
            .map(marks::project_title),
        started: locale.instant(session.first_at, zone),
        lasted: locale.with(
            "sessions-lasted",
            &[
                ("hours", hours.into()),
                ("h", hours.to_string().into()),
                ("m", format!("{rest:02}").into()),
            ],
        ),
        tokens: about(sum.data_quality, locale.count(sum.tokens.total_tokens)),
        requests: locale.count(sum.requests),
        cost: cost(locale, sum),
        quality: quality(sum.data_quality),
        sort: Sort {
            started: first.timestamp(),
            lasted: minutes,
            tokens: sum.tokens.total_tokens,
            requests: sum.requests,
            cost: sum.cost_usd.map_or_else(|| "-1".to_owned(), |cost| cost.to_string()),
        },
    }
}

#[cfg(test)]
mod tests;
