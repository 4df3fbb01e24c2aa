//! `reprice`: what other prices would change, before they do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use data_schema::Money;
use pricing::PriceBook;
use serde_json::{Value, json};
use summarizer::{MonthOfModel, Sums};

use crate::cli::Global;
use crate::commands::prices::offered;
use crate::known::{self, Ask};
use crate::outcome::{Failure, Outcome};
use crate::output::{data, note, plain, problems};
use crate::session::Session;

/// What is asked for.
#[derive(Args, Debug)]
pub(crate) struct Reprice {
    /// Prices to compare with: a pricing.json, or a list as `prices update` takes it [default: the prices of
    /// today for all days]
    #[arg(long, value_name = "FILE")]
    pub(crate) with: Option<PathBuf>,
    /// Only what the logs on this machine hold, without the store
    #[arg(long)]
    pub(crate) local: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a month of a model comes to by both prices.
struct Row {
    month: String,
    provider: String,
    model: String,
    old: Option<Money>,
    new: Option<Money>,
    billed: [Money; 2],
    unpriced: [u64; 2],
}

pub(crate) fn run(global: &Global, options: &Reprice) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    let ask = Ask { local: options.local, ..Ask::default() };
    let (old, new) = known::read_both(&session, ask, |book| other(&session, options, book))?;
    problems(&old.problems, "");
    let rows = rows(&old.sums, &new.sums);
    if options.json {
        print_json(&rows)?;
    } else {
        print(&session, options, &rows)?;
    }
    Ok(Outcome::partial_if(!old.problems.is_empty()))
}

/// The other prices, with those who pay.
fn other(session: &Session, options: &Reprice, book: &PriceBook) -> Result<PriceBook, Failure> {
    let Some(path) = &options.with else {
        return Ok(book.at_prices_of(session.environment.now.utc_date()));
    };
    let (name, bytes) = (path.display().to_string(), fs_err::read(path)?);
    let listed = session.listed_prices();
    let other = match listed.clone().with_user(&bytes) {
        Ok((other, notices)) => {
            for notice in notices {
                note(&format!("warning: {name}: {notice}"));
            }
            other
        }
        // No pricing.json: a list of others, or nothing that is known.
        Err(error) => {
            let made = offered(session, &name, &bytes).map_err(|_| {
                Failure::Usage(format!(
                    "{name}: neither a pricing.json nor a list of prices: {error}"
                ))
            })?;
            let listed = PriceBook::builtin()
                .with_downloaded(&made.table.to_bytes())
                .map_err(anyhow::Error::from)?;
            let store = session.existing_store()?;
            let snapshot = store.map(|store| store.snapshot()).transpose()?;
            session.with_own(listed, snapshot.as_ref())?
        }
    };
    Ok(other.with_payers(book.payers().clone()))
}

fn rows(old: &Sums, new: &Sums) -> Vec<Row> {
    type Both = [Option<MonthOfModel>; 2];
    let mut all: BTreeMap<(String, String, String), Both> = BTreeMap::new();
    for (side, sums) in [old, new].into_iter().enumerate() {
        for cell in sums.months_of_models() {
            let key = (cell.month.clone(), cell.provider.to_string(), cell.model.to_string());
            all.entry(key).or_default()[side] = Some(cell);
        }
    }
    let row = |((month, provider, _), [old, new]): (_, Both)| {
        let list = |cell: &Option<MonthOfModel>| cell.as_ref().and_then(|cell| cell.list);
        let billed =
            |cell: &Option<MonthOfModel>| cell.as_ref().map_or(Money::ZERO, |cell| cell.billed);
        let unpriced =
            |cell: &Option<MonthOfModel>| cell.as_ref().map_or(0, |cell| cell.unpriced_tokens);
        let shown = old.as_ref().or(new.as_ref()).map(|cell| cell.shown.to_string());
        Row {
            month,
            provider,
            model: shown.unwrap_or_default(),
            old: list(&old),
            new: list(&new),
            billed: [billed(&old), billed(&new)],
            unpriced: [unpriced(&old), unpriced(&new)],
        }
    };
    all.into_iter().map(row).collect()
}

impl Row {
    fn is_different(&self) -> bool {
        self.old != self.new
            || self.billed[0] != self.billed[1]
            || self.unpriced[0] != self.unpriced[1]
    }

    fn difference(&self) -> Money {
        self.new.unwrap_or_default() - self.old.unwrap_or_default()
    }
}

/// Sums of all rows, the same and the different ones.
fn totals(rows: &[Row]) -> (Money, Money) {
    let sum = |of: fn(&Row) -> Option<Money>| rows.iter().filter_map(of).sum();
    (sum(|row| row.old), sum(|row| row.new))
}

fn print_json(rows: &[Row]) -> Result<(), Failure> {
    let (old, new) = totals(rows);
    let row = |row: &Row| {
        json!({
            "month": row.month,
            "provider": row.provider,
            "model": row.model,
            "oldListUSD": row.old,
            "newListUSD": row.new,
            "oldBilledUSD": row.billed[0],
            "newBilledUSD": row.billed[1],
            "oldUnpricedTokens": row.unpriced[0],
            "newUnpricedTokens": row.unpriced[1],
        })
    };
    let rows: Vec<Value> = rows.iter().filter(|row| row.is_different()).map(row).collect();
    let json = json!({
        "version": data_schema::VERSION,
        "rows": rows,
        "totals": { "oldListUSD": old, "newListUSD": new },
    });
    data(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    Ok(())
}

fn print(session: &Session, options: &Reprice, rows: &[Row]) -> Result<(), Failure> {
    let against = match &options.with {
        Some(path) => path.display().to_string(),
        None => "the prices of today for all days".to_owned(),
    };
    if !rows.iter().any(Row::is_different) {
        session.say(&format!("Nothing would change with {against}."));
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["Month", "Source", "Model", "Now USD", "Then USD", "Difference"]);
    let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let amount = |amount: Option<Money>| amount.map_or("no price".to_owned(), |one| one.rounded(2));
    for row in rows.iter().filter(|row| row.is_different()) {
        table.add_row([
            Cell::new(&row.month),
            Cell::new(plain(data_schema::sources::title(&row.provider).unwrap_or(&row.provider))),
            Cell::new(plain(&row.model)),
            number(amount(row.old)),
            number(amount(row.new)),
            number(row.difference().rounded(2)),
        ]);
    }
    let (old, new) = totals(rows);
    table.add_row([
        Cell::new("All"),
        Cell::new(""),
        Cell::new("with what stays"),
        number(old.rounded(2)),
        number(new.rounded(2)),
        number((new - old).rounded(2)),
    ]);
    data(&format!("{table}\n"))?;
    session.say(&format!(
        "List value by the prices in force, and with {against}. Nothing was changed."
    ));
    Ok(())
}
