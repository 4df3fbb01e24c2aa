//! `prices list`.

use std::collections::BTreeSet;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use data_schema::summary::PriceOrigin;
use data_schema::{Money, Text, UsageRecord};
use pricing::{Explanation, PriceBook};
use serde_json::{Value, json};

use crate::outcome::{Failure, Outcome};
use crate::output::{data, plain};
use crate::session::Session;

use super::{book, print, today};

pub(super) fn run(
    session: &Session,
    asked: Option<&str>,
    as_json: bool,
) -> Result<Outcome, Failure> {
    let book = book(session)?;
    let asked = asked.map(str::to_lowercase);
    let is_asked = |name: &&str| asked.as_ref().is_none_or(|text| name.contains(text.as_str()));
    let names: BTreeSet<&str> = book.names().filter(is_asked).collect();
    let rows: Vec<(&str, Explanation)> =
        names.into_iter().map(|name| (name, of(&book, session, name))).collect();
    if as_json {
        let models: Vec<Value> = rows.iter().map(|(name, row)| object(name, row)).collect();
        print(&json!({
            "version": data_schema::VERSION,
            "date": today(session),
            "read": book.as_of(),
            "source": book.source(),
            "isDownloaded": book.is_downloaded(),
            "models": models,
        }))?;
        return Ok(Outcome::Done);
    }
    if rows.is_empty() {
        session.say("No listed model has such a name. `token-matters prices explain NAME` says what is near.");
        return Ok(Outcome::Done);
    }
    data(&format!("{}\n", table(&rows)))?;
    session.say(&format!(
        "USD for a million tokens on {}; * your own price. Read {} from {}",
        today(session),
        book.as_of(),
        book.source()
    ));
    Ok(Outcome::Done)
}

/// The price of a name today.
pub(super) fn of(book: &PriceBook, session: &Session, name: &str) -> Explanation {
    let mut record =
        UsageRecord::new(data_schema::RecordId::new("prices", name, ""), session.environment.now);
    record.usage.model = Text::from(name);
    book.explain("", &record)
}

fn object(name: &str, row: &Explanation) -> Value {
    let price = row.in_force.as_ref().map(|in_force| &in_force.price);
    json!({
        "model": name,
        "isOwn": row.origin == Some(PriceOrigin::User),
        "price": price,
        "read": row.in_force.as_ref().map(|in_force| in_force.read),
    })
}

fn table(rows: &[(&str, Explanation)]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header([
        "Model",
        "Input",
        "Output",
        "Cache read",
        "Cache write",
        "1 h",
        "Since",
        "Beside",
    ]);
    for (name, row) in rows {
        let own = if row.origin == Some(PriceOrigin::User) { " *" } else { "" };
        let name = Cell::new(plain(&format!("{name}{own}")));
        let Some(in_force) = &row.in_force else {
            table.add_row([name, Cell::new("ended")]);
            continue;
        };
        let (price, rates) = (&in_force.price, &in_force.price.rates);
        let currency = price.currency.as_deref().unwrap_or_default();
        let amount = |amount: Option<Money>| {
            let text = amount.map_or("–".to_owned(), |one| one.to_string());
            Cell::new(plain(format!("{text} {currency}").trim_end()))
                .set_alignment(CellAlignment::Right)
        };
        let mut beside: Vec<String> = price
            .variants
            .iter()
            .map(|one| match (&one.tier, one.above) {
                (Some(tier), None) => tier.clone(),
                (None, Some(above)) => format!(">{}k", above / 1000),
                (tier, above) => {
                    format!("{} >{}k", tier.as_deref().unwrap_or(""), above.unwrap_or(0) / 1000)
                }
            })
            .chain(price.factors.iter().map(|(name, factor)| format!("{name} ×{factor}")))
            .collect();
        beside.extend(price.web_search.map(|search| format!("search {search}")));
        table.add_row([
            name,
            amount(rates.input.or(rates.total)),
            amount(rates.output.or(rates.total)),
            amount(rates.cache_read),
            amount(rates.cache_write),
            amount(rates.cache_write_1h),
            Cell::new(price.from.map_or("always".to_owned(), |day| day.to_string())),
            Cell::new(plain(&beside.join(", "))),
        ]);
    }
    table
}
