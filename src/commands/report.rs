//! `report`.

use chrono_tz::Tz;
use collector::ScannedSource;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use data_schema::Money;
use serde::Serialize;
use summarizer::{Grouping, Report, Row, report};

use crate::cli::{Global, Report as Arguments, ReportKind};
use crate::commands::collect::{SourceJson, is_partial, tell_warnings};
use crate::known::{self, Ask};
use crate::outcome::{Failure, Outcome};
use crate::output::{data, grouped, plain, problems};
use crate::session::Session;

/// The object that `--json` prints. Keys stand in this order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    version: &'a str,
    timezone: &'a str,
    rows: &'a [Row],
    by_provider: &'a [Row],
    totals: &'a Row,
    sources: Vec<SourceJson<'a>>,
}

pub(crate) fn run(global: &Global, arguments: &Arguments) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    let grouping = match arguments.kind {
        ReportKind::Daily => Grouping::Daily,
        ReportKind::Weekly => Grouping::Weekly,
        ReportKind::Monthly => Grouping::Monthly,
        ReportKind::Session => Grouping::Session,
    };
    let known = known::read(
        &session,
        Ask {
            local: arguments.local,
            no_cache: arguments.no_cache,
            sessions: grouping == Grouping::Session,
        },
    )?;
    let sources = &known.scanned.sources;
    problems(&known.problems, "");
    let made = report(&known.sums, grouping, arguments.days.range());
    if arguments.json {
        print_json(&made, known.zone, sources)?;
    } else {
        for source in sources {
            tell_warnings(&session, &source.report);
        }
        print_table(&session, &made, grouping, known.zone)?;
    }
    let partial = is_partial(&session, sources) || !known.problems.is_empty();
    Ok(Outcome::partial_if(partial))
}

fn print_json(made: &Report, zone: Tz, sources: &[ScannedSource]) -> Result<(), Failure> {
    let json = Json {
        version: data_schema::VERSION,
        timezone: zone.name(),
        rows: &made.rows,
        by_provider: &made.by_provider,
        totals: &made.totals,
        sources: sources.iter().map(|source| SourceJson::new(&source.report)).collect(),
    };
    data(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    Ok(())
}

fn print_table(
    session: &Session,
    made: &Report,
    grouping: Grouping,
    zone: Tz,
) -> Result<(), Failure> {
    if made.rows.is_empty() {
        session.say("No usage was found. `token-matters up` says where it looks; `token-matters demo` shows a sample.");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    let first = match grouping {
        Grouping::Daily => "Day",
        Grouping::Weekly => "Week",
        Grouping::Monthly => "Month",
        Grouping::Session => "Session",
    };
    table.set_header([
        first,
        "Source",
        "Model",
        "Input",
        "Cache read",
        "Cache write",
        "Output",
        "Total",
        "Responses",
        "List USD",
    ]);
    let mut last = String::new();
    for row in &made.rows {
        let name = name(row);
        let shown = if name == last { String::new() } else { name.clone() };
        last = name;
        table.add_row(cells(&shown, row));
    }
    table.add_row(cells("All", &made.totals));
    data(&format!("{table}\n"))?;
    session.say(&format!(
        "Days of {zone}. List value is what the tokens would cost at list price; it is not a bill."
    ));
    if made.totals.unpriced_tokens > 0 {
        let tokens = grouped(made.totals.unpriced_tokens);
        session
            .say(&format!("{tokens} tokens have no price yet: they are counted and in no amount."));
    }
    Ok(())
}

fn name(row: &Row) -> String {
    let date = row.date.map(|date| date.to_string());
    let session = row.session.as_ref().map(|id| {
        let project = row.project.as_deref().unwrap_or("");
        // In full: `store forget --session` takes what is shown here.
        format!("{id} {project}")
    });
    date.or_else(|| row.week.clone()).or_else(|| row.month.clone()).or(session).unwrap_or_default()
}

/// A source's name for people.
fn source_title(id: &str) -> &str {
    data_schema::sources::title(id).unwrap_or(id)
}

fn cells(name: &str, row: &Row) -> Vec<Cell> {
    let text = |text: &str| Cell::new(plain(text));
    let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let count = |count: u64| number(grouped(count));
    let tokens = &row.tokens;
    let cost = match row.cost.list_usd {
        Some(amount) if row.unpriced_tokens > 0 => format!("{}+", amount.rounded(2)),
        Some(amount) if amount > Money::ZERO && amount.rounded(2) == "0.00" => "<0.01".to_owned(),
        Some(amount) => amount.rounded(2),
        None => "no price".to_owned(),
    };
    vec![
        text(name),
        text(row.provider.as_deref().map_or("", source_title)),
        text(row.model.as_deref().unwrap_or("")),
        count(tokens.input_tokens),
        count(tokens.cache_read_tokens),
        count(tokens.cache_creation_tokens),
        count(tokens.output_tokens),
        count(tokens.total_tokens),
        count(row.requests),
        number(cost),
    ]
}
