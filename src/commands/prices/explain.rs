//! `prices explain`.

use std::fmt::Write as _;

use data_schema::summary::PriceOrigin;
use data_schema::{RecordId, Text, Tokens, UsageRecord, UtcSeconds};
use pricing::{Explanation, InForce};
use serde_json::{Value, json};

use crate::outcome::{Failure, Outcome};
use crate::output::{data, grouped, plain};
use crate::session::Session;

use super::show::days;
use super::{Counts, Explain, book, print};

pub(super) fn run(session: &Session, asked: &Explain) -> Result<Outcome, Failure> {
    let record = record(session, asked)?;
    let told = book(session)?.explain(asked.source.as_deref().unwrap_or_default(), &record);
    if asked.json {
        print(&object(&record, &told))?;
    } else {
        data(&plain(&text(session, &record, &told)))?;
    }
    Ok(Outcome::Done)
}

/// A response as it is asked about.
fn record(session: &Session, asked: &Explain) -> Result<UsageRecord, Failure> {
    let at = match asked.at {
        None => session.environment.now,
        Some(day) => format!("{day}T12:00:00Z")
            .parse::<UtcSeconds>()
            .map_err(|error| Failure::Usage(format!("--at {day}: {error}")))?,
    };
    let mut record = UsageRecord::new(RecordId::new("explain", &asked.model, ""), at);
    let usage = &mut record.usage;
    usage.model = Text::from(asked.model.as_str());
    usage.tier = asked.tier.as_deref().map(Text::from);
    usage.region = asked.region.as_deref().map(Text::from);
    let Counts {
        input,
        output,
        cache_read,
        cache_write,
        cache_write_1h,
        audio,
        image,
        web_searches,
    } = asked.counts;
    let all = [input, output, cache_read, cache_write, cache_write_1h, audio, image];
    let is_nothing = all.iter().all(Option::is_none) && web_searches.is_none();
    if is_nothing {
        // The usual rates: of two responses, nobody knows the size of either.
        usage.requests = Some(2);
        usage.input_tokens = Tokens::new(1_000_000);
        usage.output_tokens = Tokens::new(1_000_000);
        return Ok(record);
    }
    let count = |count: Option<u64>| match count.map(Tokens::new) {
        Some(None) => Err(Failure::Usage("a response cannot have that many tokens".to_owned())),
        Some(tokens) => Ok(tokens),
        None => Ok(None),
    };
    let written = cache_write.max(cache_write_1h);
    usage.input_tokens = count(input)?;
    usage.output_tokens = count(output)?;
    usage.cache_read_tokens = count(cache_read)?;
    usage.cache_creation_tokens = count(written)?;
    usage.cache_creation_1h_tokens = count(cache_write_1h)?;
    usage.audio_tokens = count(audio)?;
    usage.image_tokens = count(image)?;
    usage.web_searches = web_searches;
    Ok(record)
}

fn object(record: &UsageRecord, told: &Explanation) -> Value {
    let in_force = told.in_force.as_ref().map(|in_force| {
        let working = &in_force.working;
        let lines: Vec<Value> = working
            .lines
            .iter()
            .map(|line| {
                json!({"class": line.class, "count": line.count, "rate": line.rate, "amount": line.amount})
            })
            .collect();
        let factors: Vec<Value> = working
            .factors
            .iter()
            .map(|(name, factor)| json!({"of": name, "factor": factor}))
            .collect();
        json!({
            "price": in_force.price,
            "read": in_force.read,
            "source": in_force.source,
            "isBeforeFirst": in_force.is_before_first,
            "context": working.context,
            "tier": working.tier,
            "above": working.above,
            "factors": factors,
            "lines": lines,
            "sum": working.total,
            "exchange": in_force.exchange.as_ref().map(|one| json!({"currency": one.currency, "usd": one.usd})),
        })
    });
    json!({
        "version": data_schema::VERSION,
        "model": &*record.usage.model,
        "date": record.at.utc_date(),
        "spellings": told.spellings,
        "origin": told.origin,
        "name": told.name,
        "inForce": in_force,
        "near": told.near,
        "listUSD": told.cost,
    })
}

fn text(session: &Session, record: &UsageRecord, told: &Explanation) -> String {
    let model = &*record.usage.model;
    let mut text = format!("{model} on {}\n", record.at.utc_date());
    let _ = writeln!(text, "  looked up: {}", told.spellings.join(", "));
    let Some(name) = &told.name else {
        if told.origin == Some(PriceOrigin::Free) {
            text.push_str("  free: the name ends in `:free`, so that it costs nothing\n");
            return text;
        }
        text.push_str(&unknown(session, model, told));
        return text;
    };
    let whose = match told.origin {
        Some(PriceOrigin::User) => "your own price (pricing.json)",
        _ => "listed",
    };
    let _ = writeln!(text, "  found: {name}, {whose}");
    let Some(in_force) = &told.in_force else {
        let all: Vec<String> = told.prices.iter().map(days).collect();
        let _ = writeln!(
            text,
            "  no price on that day: there are prices {}\n  unpriced: counted, and in no amount",
            all.join("; ")
        );
        return text;
    };
    rules(&mut text, in_force, record);
    lines(&mut text, in_force);
    match told.cost {
        Some(cost) => {
            let _ = writeln!(text, "  list value: {cost} USD");
        }
        None => text.push_str("  unpriced: a part has no rate; counted, and in no amount\n"),
    }
    text
}

/// Which of several rates hold, and why.
fn rules(text: &mut String, in_force: &InForce, record: &UsageRecord) {
    let InForce { price, read, source, working, .. } = in_force;
    let first =
        if in_force.is_before_first { ", the first one: the day lies before it" } else { "" };
    let _ = writeln!(text, "  price: {}{first}; read {read} from {source}", days(price));
    match (record.usage.tier.as_deref(), working.tier.as_deref()) {
        (None, _) => {}
        (Some(asked), Some(tier)) if asked == tier => {
            let _ = writeln!(text, "  tier {asked}: has rates of its own");
        }
        (Some(asked), Some(tier)) => {
            let _ = writeln!(text, "  tier {asked}: has no factor, so that it is sold as {tier}");
        }
        (Some(asked), None) if price.factors.contains_key(asked) => {
            let _ = writeln!(text, "  tier {asked}: a factor on the usual rates");
        }
        (Some(asked), None) => {
            let _ = writeln!(
                text,
                "  tier {asked}: has no rates of its own, so that the usual ones hold"
            );
        }
    }
    let sizes = price.variants.iter().any(|one| one.above.is_some());
    match working.above {
        Some(above) => {
            let _ = writeln!(
                text,
                "  context: {} prompt tokens are above {}, so that all tokens cost the rates of long contexts",
                grouped(working.context),
                grouped(above)
            );
        }
        None if sizes && working.context > 0 => {
            let _ = writeln!(
                text,
                "  context: {} prompt tokens, below every limit",
                grouped(working.context)
            );
        }
        None if sizes => {
            text.push_str("  context: of no single response, so that the usual rates hold\n");
        }
        None => {}
    }
}

/// The parts of the sum.
fn lines(text: &mut String, in_force: &InForce) {
    let currency = in_force.price.currency.as_deref().unwrap_or("USD");
    for line in &in_force.working.lines {
        let count = grouped(line.count);
        let per = if line.class == "webSearches" { "each" } else { "for a million" };
        let _ = match (line.rate, line.amount) {
            (Some(rate), Some(amount)) => {
                writeln!(text, "  {}: {count} at {rate} {per} = {amount} {currency}", line.class)
            }
            _ => writeln!(text, "  {}: {count}, and no rate is told", line.class),
        };
    }
    for (name, factor) in &in_force.working.factors {
        let _ = writeln!(text, "  {name}: the tokens times {factor}");
    }
    if let Some(exchange) = &in_force.exchange {
        let _ = match exchange.usd {
            Some(usd) => {
                writeln!(text, "  exchange: 1 {} = {usd} USD on that day", exchange.currency)
            }
            None => writeln!(
                text,
                "  exchange: no rate for {}: add it to `exchangeRates` of pricing.json",
                exchange.currency
            ),
        };
    }
}

/// What to do about a model that nobody lists.
pub(super) fn unknown(session: &Session, model: &str, told: &Explanation) -> String {
    let mut text =
        format!("  unpriced: no price for {model}; its tokens are counted, and in no amount\n");
    if !told.near.is_empty() {
        let _ = writeln!(text, "  near, and not the same: {}", told.near.join(", "));
    }
    let name = serde_json::to_string(told.spellings.last().map_or(model, String::as_str));
    let _ = writeln!(
        text,
        "  to give it one, write this to {}:\n    {{\"version\": \"2.0\", \"date\": \"{}\", \"models\": {{{}: [{{\"input\": \"3.00\", \"output\": \"15.00\"}}]}}}}\n  or fetch newer prices: token-matters prices update",
        session.data.join("pricing.json").display(),
        super::today(session),
        name.unwrap_or_default()
    );
    text
}
