//! `statusline`: one line for a prompt, from a small file that `collect` leaves behind.
//!
//! It is asked for at every key press of some tools: it reads that file and nothing else.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{Datelike, NaiveDate, TimeZone};
use chrono_tz::Tz;
use collector::Scanned;
use data_schema::{Money, UtcSeconds};
use serde::{Deserialize, Serialize};
use site::{cost, tokens};
use summarizer::{Grouping, SummarizeError, Sums, report};

use crate::cli::{Global, Statusline};
use crate::environment;
use crate::known::{self, Ask, local_sums};
use crate::outcome::{Failure, Outcome};
use crate::output::{data, note};
use crate::session::Session;

/// Name of the file, below the folder of what can be made again.
const FILE: &str = "cache/statusline.json";
/// When a background run was started last, in seconds since 1970.
const STARTED: &str = "cache/statusline.started";
/// Days that are kept: a month, and one more for other zones.
const DAYS: i64 = 32;
/// Numbers that are older say so. Seconds.
const OLD: i64 = 3600;

/// The file's content.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Prepared {
    version: u32,
    /// When the logs were read.
    at: UtcSeconds,
    /// The zone of the days.
    timezone: String,
    /// The last days on which something was used.
    days: BTreeMap<NaiveDate, Amount>,
}

/// What was used.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Amount {
    total_tokens: u64,
    requests: u64,
    /// List value of the tokens that have a price.
    #[serde(rename = "listUSD")]
    list_usd: Money,
    unpriced_tokens: u64,
}

/// Version of the file.
const VERSION: u32 = 1;

/// The object that `--json` prints; all is null before the first collect.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    at: Option<UtcSeconds>,
    timezone: Option<&'a str>,
    today: Option<Amount>,
    month: Option<Amount>,
}

/// Prints the line, and has the numbers made anew if they are old.
pub(crate) fn run(global: &Global, options: Statusline) -> Result<Outcome, Failure> {
    let folder = environment::data_folder(global)?;
    let now = environment::now()?;
    let prepared = read(&folder);
    let age = prepared.as_ref().map(|prepared| now.seconds() - prepared.at.seconds());
    let is_fresh = age.is_some_and(|age| (0..=i64::from(options.max_age)).contains(&age));
    let other_zone = global
        .timezone
        .filter(|zone| prepared.as_ref().is_some_and(|prepared| prepared.timezone != zone.name()));
    if !is_fresh || other_zone.is_some() {
        // A prompt is no place for the words of an error: the next one tries again.
        let _ = start_collect(&folder, global, (now, options.max_age));
    }
    let text = if options.json {
        let json = prepared.as_ref().map(|prepared| prepared.json(now)).unwrap_or_default();
        serde_json::to_string_pretty(&json)?
    } else if let Some(prepared) = prepared {
        let (today, month) = prepared.amounts(now);
        let old = age.filter(|age| *age > OLD);
        let old = old.map_or_else(String::new, |age| format!(" ({} h old)", age / 3600));
        format!("today {} · month {}{old}", today.text(), month.text())
    } else {
        "token-matters: nothing is counted yet".to_owned()
    };
    data(&format!("{text}\n"))?;
    Ok(Outcome::Done)
}

/// Leaves the file behind. What cannot be written is a note: the run itself is done.
pub(crate) fn prepare(session: &Session, scanned: Scanned) {
    let at = session.environment.now;
    let sums = local_sums(session, scanned).or_else(|failure| again(session, failure));
    let written = sums.and_then(|(sums, zone)| {
        let last = day(zone, at);
        let first = last - chrono::Duration::days(DAYS);
        let rows = report(&sums, Grouping::Daily, Some((first, last))).rows;
        let mut days: BTreeMap<NaiveDate, Amount> = BTreeMap::new();
        for row in rows {
            let Some(date) = row.date else { continue };
            days.entry(date).or_default().add(Amount {
                total_tokens: row.tokens.total_tokens,
                requests: row.requests,
                list_usd: row.cost.list_usd.unwrap_or_default(),
                unpriced_tokens: row.unpriced_tokens,
            });
        }
        let prepared = Prepared { version: VERSION, at, timezone: zone.name().to_owned(), days };
        Ok(write(&session.data, &prepared)?)
    });
    if let Err(failure) = written {
        let reason = match failure {
            Failure::Usage(message) => message,
            Failure::Failed(error) => format!("{error:#}"),
        };
        note(&format!("note: the numbers of the status line stay as they were: {reason}"));
    }
}

/// Reads everything once more if what was kept of the logs turned out to be damaged.
fn again(session: &Session, failure: Failure) -> Result<(Sums, Tz), Failure> {
    let is_damaged = matches!(&failure, Failure::Failed(error)
        if matches!(error.downcast_ref(), Some(SummarizeError::Damaged)));
    if !is_damaged {
        return Err(failure);
    }
    let known = known::read(session, Ask { local: true, no_cache: false, sessions: false })?;
    Ok((known.sums, known.zone))
}

fn read(folder: &Path) -> Option<Prepared> {
    let bytes = fs_err::read(folder.join(FILE)).ok()?;
    let prepared: Prepared = serde_json::from_slice(&bytes).ok()?;
    (prepared.version == VERSION).then_some(prepared)
}

fn write(folder: &Path, prepared: &Prepared) -> io::Result<()> {
    let path = folder.join(FILE);
    fs_err::create_dir_all(folder.join("cache"))?;
    // Renamed in place: a prompt that reads at the same moment sees the old numbers or the new ones.
    let new = folder.join(format!("cache/.tm-statusline-{}", std::process::id()));
    fs_err::write(&new, serde_json::to_vec(prepared)?)?;
    fs_err::rename(new, path)
}

/// Starts a run in the background, unless one was started a moment ago.
fn start_collect(
    folder: &Path,
    global: &Global,
    (now, max_age): (UtcSeconds, u32),
) -> io::Result<()> {
    let started = folder.join(STARTED);
    let last = fs_err::read_to_string(&started).ok().and_then(|text| text.parse::<i64>().ok());
    let since = last.map(|last| now.seconds() - last);
    if since.is_some_and(|since| (0..=i64::from(max_age)).contains(&since)) {
        return Ok(());
    }
    fs_err::create_dir_all(folder.join("cache"))?;
    fs_err::write(&started, now.seconds().to_string())?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["collect", "--local", "--background", "--quiet", "--data"]).arg(folder);
    if let Some(home) = &global.home {
        command.arg("--home").arg(home);
    }
    if let Some(zone) = global.timezone {
        command.args(["--timezone", zone.name()]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Of its own group, so that what ends the prompt does not end the run.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()?;
    Ok(())
}

fn day(zone: Tz, at: UtcSeconds) -> NaiveDate {
    zone.from_utc_datetime(&at.to_chrono().naive_utc()).date_naive()
}

impl Prepared {
    fn json(&self, now: UtcSeconds) -> Json<'_> {
        let (today, month) = self.amounts(now);
        Json {
            at: Some(self.at),
            timezone: Some(&self.timezone),
            today: Some(today),
            month: Some(month),
        }
    }

    /// Today and the month that it lies in.
    fn amounts(&self, now: UtcSeconds) -> (Amount, Amount) {
        let today = day(self.timezone.parse().unwrap_or(Tz::UTC), now);
        let (mut of_day, mut of_month) = (Amount::default(), Amount::default());
        for (date, amount) in &self.days {
            if *date == today {
                of_day.add(*amount);
            }
            if (date.year(), date.month()) == (today.year(), today.month()) {
                of_month.add(*amount);
            }
        }
        (of_day, of_month)
    }
}

impl Amount {
    fn add(&mut self, other: Self) {
        self.total_tokens += other.total_tokens;
        self.requests += other.requests;
        self.list_usd += other.list_usd;
        self.unpriced_tokens += other.unpriced_tokens;
    }

    /// `12.3M tokens $4.56`, with a plus where tokens have no price.
    fn text(&self) -> String {
        let cost = cost(Some(self.list_usd), self.unpriced_tokens);
        format!("{} tokens {cost}", tokens(self.total_tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(tokens: u64, unpriced_tokens: u64) -> Amount {
        Amount { total_tokens: tokens, requests: 1, list_usd: Money::ZERO, unpriced_tokens }
    }

    #[test]
    fn today_and_the_month_are_those_of_the_zone() {
        let days = ["2026-04-30", "2026-05-01", "2026-05-02"];
        let days = days.iter().zip([1, 20, 300]);
        let days = days.map(|(date, tokens)| (date.parse().unwrap(), amount(tokens, 0))).collect();
        let at = "2026-05-01T23:30:00Z".parse().unwrap();
        let zones = [("UTC", 20, 320), ("Europe/Berlin", 300, 320)];
        let mut prepared = Prepared { version: VERSION, at, timezone: String::new(), days };
        for (zone, today, month) in zones {
            zone.clone_into(&mut prepared.timezone);
            let (of_day, of_month) = prepared.amounts(at);
            assert_eq!((of_day.total_tokens, of_month.total_tokens), (today, month), "{zone}");
        }
    }

    #[test]
    fn an_amount_says_that_some_tokens_have_no_price() {
        assert_eq!(amount(1_234_567, 0).text(), "1.23M tokens $0.00");
        assert_eq!(amount(999, 1).text(), "999 tokens no price yet");
        let priced = Amount { list_usd: Money::from_picos(2_500_000_000_000), ..amount(999, 1) };
        assert_eq!(priced.text(), "999 tokens $2.50+");
    }
}
