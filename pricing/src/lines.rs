//! How the price of one response came about: each class of tokens times its rate.

use chrono::NaiveDate;
use data_schema::{DatedPrice, Kind, Money, UsageRecord};

use crate::model::{Cost, ModelPrices, place_on_day};
use crate::rate::{Line, Prepared, Working, effective, scale};

/// What is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows lines must show all")]
pub enum LineClass {
    /// Prompt tokens neither read from nor written to a cache.
    Input,
    /// Prompt tokens read from a cache.
    CacheRead,
    /// Prompt tokens written to a cache for five minutes, or without a named lifetime.
    CacheWrite,
    /// Prompt tokens written to a cache for an hour.
    CacheWrite1h,
    /// Output, reasoning included.
    Output,
    /// All tokens alike.
    AllTokens,
    /// A factor on everything above, of a tier or region.
    Factor,
    /// Server-side web searches.
    WebSearch,
    /// What has no class here: sound, pictures, and what the other lines do not explain.
    Other,
}

/// One line of a price.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PriceLine {
    /// What is paid for.
    pub class: LineClass,
    /// The tier or region of a factor, or what is paid for where the class does not say it.
    pub name: Option<String>,
    /// Tokens, or searches; 0 of a factor.
    pub count: u64,
    /// USD per million tokens, or for one search; of a factor, the factor. `None`: nobody told one.
    pub rate: Option<Money>,
    /// What it comes to in USD; `None` without a rate.
    pub amount: Option<Money>,
}

/// All lines of one response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PriceLines {
    /// First day of the price that holds; absent = always.
    pub from: Option<NaiveDate>,
    /// The day that it was read, where that is not the day of the table.
    pub read: Option<NaiveDate>,
    /// Where it comes from, where that is not the source of the table.
    pub source: Option<String>,
    /// The tier whose rates hold; `None`: the usual ones.
    pub tier: Option<String>,
    /// Prompt tokens that choose a size of the context; `None` of a sum of responses, which tells the size of none.
    pub context: Option<u64>,
    /// The size above which the rates hold.
    pub above: Option<u64>,
    /// Whether the model is one that nobody pays for.
    pub is_free: bool,
    /// The lines; their amounts add up to `total` where all have one.
    pub lines: Vec<PriceLine>,
    /// What the response costs; `None`: it has no price.
    pub total: Option<Money>,
}

impl ModelPrices<'_> {
    /// Each class of tokens of a response with its rate. What they come to is always [`ModelPrices::cost`].
    pub fn lines(&self, record: &UsageRecord) -> PriceLines {
        let total = match self.cost(record) {
            Cost::Priced(total) => Some(total),
            Cost::Unpriced => None,
        };
        let mut made = PriceLines { total, is_free: self.free, ..PriceLines::default() };
        let place = place_on_day(&self.prices, record.at.utc_date());
        let Some(chosen) = place.map(|place| &self.prices[place]).filter(|_| !self.free) else {
            let nothing = DatedPrice::default();
            let told = Prepared::new(&nothing).working(&record.usage).lines;
            made.lines = told.iter().filter(|_| !self.free).map(PriceLine::of).collect();
            return made;
        };
        let price = chosen.price;
        made.from = price.from;
        made.read = price.read;
        made.source.clone_from(&price.source);
        let usage = &record.usage;
        let Working { context, tier, above, factors, lines, .. } = chosen.working(usage);
        let is_one = usage.kind == Kind::Response && matches!(usage.requests, None | Some(1));
        made.context = is_one.then_some(context);
        made.tier = tier;
        // A size whose rates are those of another tier changes nothing here.
        made.above = above.filter(|above| {
            let tier = made.tier.as_deref();
            effective(price, tier, Some(*above)) != effective(price, tier, None)
        });
        // Searches are no part of what factors are on.
        let (searches, classes): (Vec<_>, Vec<_>) =
            lines.iter().map(PriceLine::of).partition(|line| line.class == LineClass::WebSearch);
        made.lines = classes;
        made.add_factors(factors.into_iter());
        made.lines.extend(searches);
        made.add_rest();
        made
    }
}

impl PriceLine {
    fn of(line: &Line) -> Self {
        let class = match line.class {
            "input" => LineClass::Input,
            "cacheRead" => LineClass::CacheRead,
            "cacheWrite" => LineClass::CacheWrite,
            "cacheWrite1h" => LineClass::CacheWrite1h,
            "output" => LineClass::Output,
            "total" => LineClass::AllTokens,
            "webSearches" => LineClass::WebSearch,
            _ => LineClass::Other,
        };
        let name = (class == LineClass::Other).then(|| line.class.to_owned());
        Self { class, name, count: line.count, rate: line.rate, amount: line.amount }
    }
}

impl PriceLines {
    fn sum(&self) -> i128 {
        let amounts = self.lines.iter().filter_map(|line| line.amount);
        amounts.fold(0, |sum, amount| sum.saturating_add(amount.picos()))
    }

    fn add_factors(&mut self, factors: impl Iterator<Item = (String, Money)>) {
        for (name, factor) in factors {
            let sum = self.sum();
            let more = Money::from_picos(scale(sum, factor).saturating_sub(sum));
            self.lines.push(PriceLine {
                class: LineClass::Factor,
                name: Some(name),
                count: 0,
                rate: Some(factor),
                amount: Some(more),
            });
        }
    }

    /// A rule that has no line of its own here must not go unseen.
    fn add_rest(&mut self) {
        let Some(total) = self.total else { return };
        let rest = total.picos().saturating_sub(self.sum());
        if rest != 0 {
            let amount = Some(Money::from_picos(rest));
            let class = LineClass::Other;
            self.lines.push(PriceLine { class, name: None, count: 0, rate: None, amount });
        }
    }
}

#[cfg(test)]
mod tests {
    use data_schema::{RecordId, Text, Tokens, Usage};

    use super::*;
    use crate::PriceBook;

    fn record(model: &str, counts: [u64; 5]) -> UsageRecord {
        let at = "2026-05-01T10:00:00Z".parse().unwrap();
        let mut record = UsageRecord::new(RecordId::new("t", "1", ""), at);
        let [input, read, written, hour, output] = counts;
        record.usage = Usage {
            model: Text::from(model),
            input_tokens: Tokens::new(input),
            cache_read_tokens: Tokens::new(read),
            cache_creation_tokens: Tokens::new(written),
            cache_creation_1h_tokens: Tokens::new(hour),
            output_tokens: Tokens::new(output),
            ..Usage::default()
        };
        record
    }

    fn lines(book: &PriceBook, record: &UsageRecord) -> PriceLines {
        let made = book.of_model("claude-code", &record.usage.model).lines(record);
        if made.total.is_some() {
            assert_eq!(made.total, Some(Money::from_picos(made.sum())), "{made:?}");
        }
        made
    }

    #[test]
    fn all_classes_stand_apart_and_add_up() {
        let book = PriceBook::builtin();
        let made = lines(&book, &record("claude-sonnet-4-5", [100, 200, 300, 50, 400]));
        let classes: Vec<(LineClass, u64)> =
            made.lines.iter().map(|line| (line.class, line.count)).collect();
        let expected = [
            (LineClass::Input, 100),
            (LineClass::CacheRead, 200),
            (LineClass::CacheWrite, 250),
            (LineClass::CacheWrite1h, 50),
            (LineClass::Output, 400),
        ];
        assert_eq!(classes, expected);
        let rates: Vec<String> =
            made.lines.iter().map(|line| line.rate.unwrap().to_string()).collect();
        assert_eq!(rates, ["3", "0.3", "3.75", "6", "15"]);
    }

    #[test]
    fn factors_searches_and_long_prompts_have_their_lines() {
        let prices = br#"{"version":"2.0","date":"2026-01-01","models":{"m":[{"input":"1","output":"2",
            "variants":[{"above":1000,"input":"3","output":"4"}],"factors":{"fast":"2","us":"1.1"},"webSearch":"0.01"}]}}"#;
        let (book, _) = PriceBook::builtin().with_user(prices).unwrap();
        let mut long = record("m", [2000, 0, 0, 0, 10]);
        long.usage.tier = Some(Text::from("fast"));
        long.usage.region = Some(Text::from("us"));
        long.usage.web_searches = Some(3);
        let made = lines(&book, &long);
        assert_eq!((made.above, made.context), (Some(1000), Some(2000)));
        let classes: Vec<LineClass> = made.lines.iter().map(|line| line.class).collect();
        let (input, output, factor) = (LineClass::Input, LineClass::Output, LineClass::Factor);
        assert_eq!(classes, [input, output, factor, factor, LineClass::WebSearch]);
        // (2000 × 3 + 10 × 4) / 10⁶ × 2 × 1.1 + 3 × 0.01
        assert_eq!(made.total.unwrap().to_string(), "0.043288");
        let short = lines(&book, &record("m", [10, 0, 0, 0, 10]));
        assert_eq!((short.above, short.total.unwrap().to_string().as_str()), (None, "0.00003"));
    }

    #[test]
    fn what_has_no_price_has_lines_without_rates() {
        let made = lines(&PriceBook::builtin(), &record("nobody-knows-me", [5, 0, 0, 0, 7]));
        assert_eq!((made.total, made.lines.len()), (None, 2));
        assert!(made.lines.iter().all(|line| line.rate.is_none() && line.amount.is_none()));
        let free = lines(&PriceBook::builtin(), &record("x/y:free", [5, 0, 0, 0, 7]));
        assert_eq!((free.total, free.is_free, free.lines.len()), (Some(Money::ZERO), true, 0));
    }
}
