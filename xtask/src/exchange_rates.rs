//! `cargo xtask exchange-rates CSV --source TEXT`: makes the table of rates of exchange, one a month, from the history
//! of the European Central Bank (<https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip>), unpacked.
//!
//! Each rate is USD for one unit by the last reference rates on or before the first day of the month. `cargo xtask
//! prices` lays the table into that of prices.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use chrono::{Datelike as _, Months, NaiveDate};
use data_schema::{DatedRate, Money, PricesFile};

use crate::prices::{EXCHANGE_RATES, TABLE};

/// Currencies that vendors and subscriptions ask for, beside USD.
const CURRENCIES: [&str; 21] = [
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "INR", "JPY", "KRW",
    "MXN", "NOK", "NZD", "PLN", "SEK", "SGD", "TRY", "ZAR",
];
/// The first month.
const FIRST: (i32, u32) = (2024, 1);
/// One unit in picos.
const ONE: i128 = 1_000_000_000_000;

/// Units for one euro, by currency.
type Day = BTreeMap<String, Money>;

/// Reads the arguments and writes both tables.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let [file, flag, source] = arguments else { bail!("usage: exchange-rates CSV --source TEXT") };
    if flag != "--source" {
        bail!("usage: exchange-rates CSV --source TEXT");
    }
    let days = read(&fs_err::read_to_string(file)?)?;
    let made = table(&days, source)?;
    fs_err::write(root.join(EXCHANGE_RATES), made.to_bytes())?;
    let mut prices: PricesFile = serde_json::from_slice(&fs_err::read(root.join(TABLE))?)?;
    prices.exchange_rates = made.exchange_rates;
    fs_err::write(root.join(TABLE), prices.to_bytes())?;
    Ok(())
}

/// Columns are named by the first line; what was not told on a day stands there as `N/A`.
fn read(text: &str) -> Result<BTreeMap<NaiveDate, Day>> {
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().context("the file is empty")?.split(',').collect();
    let mut days = BTreeMap::new();
    for line in lines {
        let mut fields = line.split(',');
        let day: NaiveDate =
            fields.next().unwrap_or_default().parse().with_context(|| line.to_owned())?;
        let told = head.iter().skip(1).zip(fields);
        let rate = |(name, text): (&&str, &str)| Some(((*name).to_owned(), text.parse().ok()?));
        days.insert(day, told.filter_map(rate).collect());
    }
    Ok(days)
}

fn table(days: &BTreeMap<NaiveDate, Day>, source: &str) -> Result<PricesFile> {
    let (last, _) = days.last_key_value().context("the file has no day")?;
    let first = NaiveDate::from_ymd_opt(FIRST.0, FIRST.1, 1).context("the first month is one")?;
    // The month after the last day is begun by it, if no more than a week-end lies between.
    let until = *last + chrono::Days::new(3);
    let months =
        std::iter::successors(Some(first), |month| month.checked_add_months(Months::new(1)));
    let months: Vec<NaiveDate> = months
        .take_while(|month| (month.year(), month.month()) <= (until.year(), until.month()))
        .collect();
    let mut exchange_rates = BTreeMap::new();
    for currency in CURRENCIES {
        let rate = |month: &NaiveDate| {
            let usd =
                usd(days, currency, *month).with_context(|| format!("{currency}, {month}"))?;
            Ok(DatedRate { from: Some(*month), usd })
        };
        exchange_rates.insert(currency.to_owned(), months.iter().map(rate).collect::<Result<_>>()?);
    }
    Ok(PricesFile {
        version: data_schema::VERSION.into(),
        source: source.to_owned(),
        date: *last,
        exchange_rates,
        models: BTreeMap::new(),
    })
}

/// USD for one unit on the last day that tells both, up to the given one.
fn usd(days: &BTreeMap<NaiveDate, Day>, currency: &str, on: NaiveDate) -> Option<Money> {
    let euro = Money::from_picos(ONE);
    days.range(..=on).rev().find_map(|(_, day)| {
        let units = if currency == "EUR" { Some(&euro) } else { day.get(currency) };
        let (usd, units) = (day.get("USD")?.picos(), units?.picos());
        if units <= 0 {
            return None;
        }
        if currency == "EUR" {
            return Some(Money::from_picos(usd));
        }
        let small = usd.checked_mul(100)? < units;
        let step = if small { 100 } else { 10_000 };
        Some(Money::from_picos(quotient(usd.checked_mul(ONE / step)?, units) * step))
    })
}

/// Rounded, the half to the even.
fn quotient(left: i128, right: i128) -> i128 {
    let (whole, rest) = (left / right, left % right);
    let is_up = (2 * rest).cmp(&right).then((whole % 2).cmp(&0)).is_gt();
    whole + i128::from(is_up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_the_last_before_the_month_and_rounded() {
        let text = "Date,USD,JPY,CNY,\n2024-01-03,1.1,150,8,\n2023-12-29,1.105,156.33,7.8509,\n";
        let days = read(text).unwrap();
        let of = |currency: &str, day: &str| {
            usd(&days, currency, day.parse().unwrap()).map(|rate| rate.to_string())
        };
        assert_eq!(of("EUR", "2024-01-01").as_deref(), Some("1.105"));
        assert_eq!(of("JPY", "2024-01-01").as_deref(), Some("0.007068381"));
        assert_eq!(of("CNY", "2024-01-01").as_deref(), Some("0.14074819"));
        assert_eq!(of("CNY", "2024-02-01").as_deref(), Some("0.1375"));
        assert_eq!(of("CNY", "2023-01-01"), None);
        assert_eq!((quotient(5, 2), quotient(7, 2), quotient(9, 4)), (2, 4, 2));
    }
}
