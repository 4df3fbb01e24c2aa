//! `report`.

use chrono::NaiveDate;
use data_schema::UtcSeconds;
use data_schema::summary::WireShare;
use summarizer::{
    Dimension, Grouping, Need, Order, Query, Report as Made, UnknownName, budgets, report,
    unknown_names,
};

use crate::cli::Global;
use crate::commands::budget::show as budget;
use crate::commands::collect::{is_partial, tell_warnings};
use crate::environment;
use crate::known::{self, Ask, Frame, Known};
use crate::money::{InCurrency, Shown};
use crate::outcome::{Failure, Outcome};
use crate::output::{counted, data, grouped, problems, stream};
use crate::session::Session;
use amounts::Shown as Amounts;
pub(crate) use arguments::Report;
use json::Around;
use sheet::{Context, lines};
use table::Style;

mod amounts;
mod arguments;
mod blocks;
mod csv;
mod json;
mod markdown;
mod numbers;
mod range;
mod sheet;
mod table;
#[cfg(test)]
mod tests;
mod text;

/// What is said where nothing was counted.
const NOTHING: &str = "No usage was found. `token-matters up` says where it looks; `token-matters demo` shows a sample.";
/// What is said where something was, but not of this.
const NOTHING_FITS: &str =
    "Nothing that was counted fits. `token-matters report monthly` shows all that there is.";

pub(crate) fn run(global: &Global, arguments: &Report) -> Result<Outcome, Failure> {
    check(arguments)?;
    let session = Session::open(global, true)?;
    let ask = Ask { local: arguments.local, no_cache: arguments.no_cache, ..Ask::default() };
    let (mut known, query) = known::read_for(&session, ask, |frame| {
        let query = query(arguments, frame, session.environment.now)?;
        let budgets = Need::of_budgets(frame.settings);
        Ok((Need::of(&query).and(budgets), query))
    })?;
    check_names(&query, &known)?;
    problems(&known.problems, "");
    let budgets = budget_lines(arguments, &known, session.environment.now);
    let book = known.book.clone();
    let asked = InCurrency { code: arguments.look.currency.clone() };
    let shown = Shown::new(&book, &asked, &known.settings)?;
    // What programs read is in USD, whatever people see.
    let exchange = shown.exchange();
    let exchange =
        (!arguments.look.is_for_programs() && exchange.code() != "USD").then_some(exchange);
    let made = made(&session, ask, (&mut known, &query), exchange)?;
    let sources = &known.scanned.sources;
    if !arguments.look.json {
        for source in sources {
            tell_warnings(&session, &source.report);
        }
    }
    let amounts = Amounts::new(exchange.map_or("USD", summarizer::Exchange::code));
    print(&session, arguments, (&known, &query), (&made, amounts))?;
    for line in budgets {
        session.say(&line);
    }
    let partial = is_partial(&session, sources) || !known.problems.is_empty();
    Ok(Outcome::partial_if(partial))
}

/// The rows. Those by the time of responses are made of a timeline, all others of sums.
fn made(
    session: &Session,
    ask: Ask,
    (known, query): (&mut Known, &Query),
    exchange: Option<&summarizer::Exchange<'_>>,
) -> Result<Made, Failure> {
    if !query.grouping.needs_times() {
        if let Some(exchange) = exchange {
            known.sums = std::mem::take(&mut known.sums).exchanged(exchange);
        }
        return Ok(report(&known.sums, query));
    }
    let read = known::read_timeline(session, ask, &query.only, false)?;
    let timeline = match exchange {
        Some(exchange) => read.timeline.exchanged(exchange),
        None => read.timeline,
    };
    let now = session.environment.now;
    let mut made = timeline.report(query, now);
    if !query.parts.is_empty() {
        made = blocks::with_parts(made, |query| timeline.report(query, now), query);
    }
    made.wire = report(&known.sums, query).wire;
    Ok(made)
}

/// A line for every budget, below a table for people.
fn budget_lines(arguments: &Report, known: &Known, now: UtcSeconds) -> Vec<String> {
    if arguments.look.is_for_programs() || arguments.look.markdown || arguments.look.no_cost {
        return Vec::new();
    }
    let (states, notices) = budgets(&known.sums, &known.settings, &known.book, known.day(now));
    let lines = states.iter().map(|state| format!("Budget {}", budget::line(state, false)));
    notices.iter().map(|notice| format!("warning: {notice}")).chain(lines).collect()
}

/// Reports by the time of responses cannot be asked for everything.
fn check(arguments: &Report) -> Result<(), Failure> {
    if !arguments.kind.grouping().needs_times() {
        return Ok(());
    }
    let is_split = |by: &arguments::SplitBy| {
        matches!(by.dimension(), Some(Dimension::Project | Dimension::Machine))
    };
    let text = if arguments.by.iter().any(is_split) {
        "windows and hours can be split by source and model: for a project or machine use --project or --machine"
    } else if arguments.compare.is_some() {
        "windows and hours cannot be compared with an earlier range: use another report"
    } else {
        return Ok(());
    };
    Err(Failure::Usage(text.to_owned()))
}

/// What the arguments ask for.
fn query(arguments: &Report, frame: &Frame<'_>, now: UtcSeconds) -> Result<Query, Failure> {
    let week_start = arguments.week_start.map(arguments::FirstDay::week_start);
    let week_start = week_start.unwrap_or(frame.settings.week_start);
    let today = frame.day(now);
    let range = range::asked(arguments, today, week_start);
    let compares = arguments.compare.is_some();
    let earlier = compares.then(|| range::before(arguments, range, today)).transpose()?;
    let grouping = arguments.kind.grouping();
    let only = arguments.only.only().spelled(frame.book);
    let sort = sort(arguments, grouping);
    Ok(Query {
        split: split(arguments, grouping),
        parts: if arguments.breakdown { vec![Dimension::Model] } else { Vec::new() },
        earlier,
        only,
        order: sort,
        // What is sorted by size begins with the largest.
        reverse: if sort == Order::Key { arguments.desc } else { arguments.asc },
        top: arguments.top.map(|top| top as usize),
        week_start,
        ..Query::new(grouping).within(range)
    })
}

/// Names that nothing has are slips.
fn check_names(query: &Query, known: &Known) -> Result<(), Failure> {
    let unknown = unknown_names(&known.sums, &query.only);
    match unknown.iter().find(|unknown| !is_known_elsewhere(unknown, known)) {
        Some(unknown) => Err(Failure::Usage(refusal(unknown))),
        None => Ok(()),
    }
}

/// By what rows are split: as told, else as they always were.
fn split(arguments: &Report, grouping: Grouping) -> Vec<Dimension> {
    if !arguments.by.is_empty() {
        let told = arguments.by.iter().filter_map(|by| by.dimension());
        return told.collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    }
    match grouping {
        Grouping::Blocks
        | Grouping::Hours
        | Grouping::Models
        | Grouping::Projects
        | Grouping::Machines => Vec::new(),
        // What is taken apart by model needs no row for each.
        Grouping::Session if arguments.breakdown => vec![Dimension::Source],
        _ if arguments.breakdown => Vec::new(),
        _ => vec![Dimension::Source, Dimension::Model],
    }
}

fn sort(arguments: &Report, grouping: Grouping) -> Order {
    let is_about_names =
        matches!(grouping, Grouping::Models | Grouping::Projects | Grouping::Machines);
    match arguments.sort {
        Some(sort) => sort.order(),
        None if is_about_names => Order::Cost,
        None if arguments.top.is_some() && !arguments.desc && !arguments.asc => Order::Cost,
        None => Order::Key,
    }
}

/// Whether a name is one that could have been used: it has no rows, and is no slip.
fn is_known_elsewhere(unknown: &UnknownName, known: &Known) -> bool {
    match unknown.dimension {
        _ if known.sums.is_empty() => true,
        Dimension::Source => data_schema::sources::is_known(&unknown.name.to_lowercase()),
        Dimension::Model => known.book.knows(&unknown.name),
        Dimension::Project | Dimension::Machine => false,
    }
}

/// What is wrong with a name, and what helps.
fn refusal(unknown: &UnknownName) -> String {
    let (word, all) = match unknown.dimension {
        Dimension::Source => ("source", "report daily --by source"),
        Dimension::Model => ("model", "report models"),
        Dimension::Project => ("project", "report projects"),
        Dimension::Machine => ("machine", "report machines"),
    };
    let name = text::line(&unknown.name);
    let nearest: Vec<String> = unknown.nearest.iter().map(|name| text::line(name)).collect();
    let meant = if nearest.is_empty() {
        String::new()
    } else {
        format!(" Did you mean {}?", nearest.join(" or "))
    };
    format!(
        "--{word}={name}: nothing that was counted has this {word}.{meant} `token-matters {all}` shows all that are known"
    )
}

fn print(
    session: &Session,
    arguments: &Report,
    (known, query): (&Known, &Query),
    (made, shown): (&Made, Amounts),
) -> Result<(), Failure> {
    let look = &arguments.look;
    if look.json {
        let frame = Around {
            zone: known.zone,
            range: arguments.last.and(query.range).or_else(|| closed(query.range)),
            earlier: query.earlier,
            sources: &known.scanned.sources,
            has_money: !look.no_cost,
        };
        stream(|mut out| json::json(made, &frame, &mut out))?;
        return Ok(());
    }
    if look.csv {
        stream(|mut out| csv::csv(made, !look.no_cost, &mut out))?;
        return Ok(());
    }
    if made.rows.is_empty() {
        session.say(if known.sums.is_empty() { NOTHING } else { NOTHING_FITS });
        return Ok(());
    }
    let context = Context {
        grouping: query.grouping,
        zone: known.zone,
        now: session.environment.now,
        money: (!look.no_cost).then_some(shown),
        in_time: query.order == Order::Key && !query.reverse,
    };
    let lines = lines(made, &context);
    if look.markdown {
        data(&markdown::markdown(&lines, &context))?;
        return Ok(());
    }
    let width = look.width.or_else(environment::width);
    let style = Style { width, colors: environment::terminal().colors };
    data(&table::table(&lines, &context, style))?;
    tell(session, made, &context);
    Ok(())
}

/// A range that has both ends; others are told by what was asked.
fn closed(range: Option<range::Range>) -> Option<range::Range> {
    range.filter(|(from, to)| *from > NaiveDate::MIN && *to < NaiveDate::MAX)
}

/// What is good to know below a table.
fn tell(session: &Session, made: &Made, context: &Context) {
    let zone = context.zone;
    let money = if context.money.is_some() {
        " List value is what the tokens would cost at list price; it is not a bill."
    } else {
        ""
    };
    session.say(&format!("Days of {zone}.{money}"));
    if made.totals.unpriced_tokens > 0 {
        let tokens = grouped(made.totals.unpriced_tokens);
        session
            .say(&format!("{tokens} tokens have no price yet: they are counted and in no amount."));
    }
    if let Some(line) = made.wire.and_then(not_in_log) {
        session.say(&line);
    }
}

/// What no tool would have told; `None` if everything that went through the proxy is in a log.
pub(crate) fn not_in_log(wire: WireShare) -> Option<String> {
    let (requests, tokens) = (wire.not_in_log_requests, grouped(wire.not_in_log_tokens));
    if requests == 0 {
        return None;
    }
    let verb = if requests == 1 { "was" } else { "were" };
    let requests = counted(usize::try_from(requests).unwrap_or(usize::MAX), "request");
    Some(format!("{requests}, {tokens} tokens, {verb} not in any tool's log: seen by the proxy."))
}
