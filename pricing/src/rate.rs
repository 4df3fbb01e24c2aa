//! The rates that apply to one response, and what they make of its tokens.

use data_schema::{DatedPrice, Kind, Money, Rates, Tokens, Usage};

/// Amounts in the table are per million tokens.
const MILLION: u32 = 1_000_000;
/// One, as a factor.
pub(crate) const ONE: i128 = 1_000_000_000_000;

/// A price with the rates of every tier and size of context worked out: once for all responses.
#[derive(Clone, Debug)]
pub(crate) struct Prepared<'a> {
    pub(crate) price: &'a DatedPrice,
    standard: Sizes,
    /// By tier, of those that have rates of their own.
    tiers: Vec<(&'a str, Sizes)>,
}

/// Rates by the context above which they hold, the greatest first; the last hold for all.
type Sizes = Vec<(Option<u64>, ClassRates)>;

/// The tier and size that were chosen, with their rates.
type Chosen<'a, 'r> = (Option<&'a str>, &'r (Option<u64>, ClassRates));

/// What each class of tokens costs.
#[derive(Clone, Copy, Debug)]
struct ClassRates {
    input: Option<Money>,
    cache_read: Option<Money>,
    cache_write: Option<Money>,
    cache_write_1h: Option<Money>,
    output: Option<Money>,
    audio: [Option<Money>; 2],
    image: [Option<Money>; 2],
    /// All tokens alike: replaces the others.
    total: Option<Money>,
}

impl From<Rates> for ClassRates {
    fn from(rates: Rates) -> Self {
        Self {
            input: rates.input,
            cache_read: rates.cache_read.or(rates.input),
            cache_write: rates.cache_write.or(rates.input),
            cache_write_1h: hour_rate(&rates),
            output: rates.output,
            audio: [rates.audio_input, rates.audio_output],
            image: [rates.image_input, rates.image_output],
            total: rates.total,
        }
    }
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(price: &'a DatedPrice) -> Self {
        let mut named: Vec<&str> =
            price.variants.iter().filter_map(|variant| variant.tier.as_deref()).collect();
        named.sort_unstable();
        named.dedup();
        let tiers = named.into_iter().map(|tier| (tier, sizes(price, Some(tier)))).collect();
        Self { price, standard: sizes(price, None), tiers }
    }

    /// Whether it holds on all days, and in USD.
    pub(crate) fn is_always(&self) -> bool {
        self.price.until.is_none() && self.price.currency.is_none()
    }

    /// The tier whose rates hold, and the context above which they do.
    fn rates(&self, tier: Option<&str>, context: u64) -> Option<Chosen<'a, '_>> {
        // Where a vendor has no factor for its fast mode, it sells it as priority.
        let tier = match tier {
            Some("fast") if self.price.factors.contains_key("fast") => None,
            Some("fast") => Some("priority"),
            tier => tier,
        };
        let of_tier = tier.and_then(|tier| self.tiers.iter().find(|(name, _)| *name == tier));
        let sizes = of_tier.map_or(&self.standard, |(_, sizes)| sizes);
        let found = sizes.iter().find(|(above, _)| above.is_none_or(|above| context > above))?;
        Some((of_tier.map(|(name, _)| *name), found))
    }

    /// The list value of one response; `None` if a class of tokens has no price.
    ///
    /// Rules (Anthropic: <https://platform.claude.com/docs/en/about-claude/pricing>, `OpenAI`:
    /// <https://platform.openai.com/docs/pricing>, read 2026-11-19): the size of the whole prompt chooses
    /// the long-context rates for all tokens of the response; cache writes without an hour's price cost
    /// twice the input for an hour where five minutes have a price of their own; prompt tokens of a cache
    /// without a price of its own are prompt tokens. A sum of several responses tells the size of none of
    /// them: it costs the usual rates.
    pub(crate) fn cost(&self, usage: &Usage) -> Option<Money> {
        let (_, (_, rates)) = self.rates(usage.tier.as_deref(), context(usage))?;
        let mut sum = 0;
        for (_, count, rate) in parts(rates, usage)?.into_iter().filter(|(_, count, _)| *count > 0)
        {
            sum = times(count, rate?).saturating_add(sum);
        }
        if usage.tier.is_some() || usage.region.is_some() {
            sum = factors(self.price, usage).fold(sum, |sum, (_, factor)| scale(sum, factor));
        }
        Some(Money::from_picos(sum.saturating_add(self.searches(usage))))
    }

    fn searches(&self, usage: &Usage) -> i128 {
        let searches = i128::from(usage.web_searches.unwrap_or(0));
        searches.saturating_mul(self.price.web_search.map_or(0, Money::picos))
    }

    /// The same, line by line, with the rules that chose the rates.
    pub(crate) fn working(&self, usage: &Usage) -> Working {
        let context = context(usage);
        let chosen = self.rates(usage.tier.as_deref(), context);
        let (tier, above) = chosen.map_or((None, None), |(tier, (above, _))| (tier, *above));
        let parts = chosen.and_then(|(_, (_, rates))| parts(rates, usage));
        let lines = parts.into_iter().flatten().filter(|(_, count, _)| *count > 0);
        let line = |(class, count, rate): Part| Line {
            class,
            count,
            rate,
            amount: rate.map(|rate| Money::from_picos(times(count, rate))),
        };
        let searches = u64::from(usage.web_searches.unwrap_or(0));
        let search = (searches > 0).then(|| Line {
            class: "webSearches",
            count: searches,
            rate: self.price.web_search,
            amount: Some(Money::from_picos(self.searches(usage))),
        });
        Working {
            context,
            tier: tier.map(str::to_owned),
            above,
            factors: factors(self.price, usage).map(|(name, one)| (name.to_owned(), one)).collect(),
            lines: lines.map(line).chain(search).collect(),
            total: self.cost(usage),
        }
    }
}

/// How the list value of a response comes about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever shows it shows all of it")]
pub struct Working {
    /// Prompt tokens that chose the rates; 0 for a sum of several responses.
    pub context: u64,
    /// The tier with rates of its own that hold.
    pub tier: Option<String>,
    /// The size of context above which they hold.
    pub above: Option<u64>,
    /// Factors on the sum of the tokens, by what they are for.
    pub factors: Vec<(String, Money)>,
    /// The parts of the sum, factors apart.
    pub lines: Vec<Line>,
    /// The whole, in the currency of the price; `None` if a class of tokens has no rate.
    pub total: Option<Money>,
}

/// One class of tokens, or searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever shows it shows all of it")]
pub struct Line {
    /// As the table names it; `webSearches` for those.
    pub class: &'static str,
    /// Tokens or searches.
    pub count: u64,
    /// For a million tokens, or one search; `None` if there is none.
    pub rate: Option<Money>,
    /// Both together.
    pub amount: Option<Money>,
}

/// Prompt tokens of one response; a sum of several tells the size of none of them.
fn context(usage: &Usage) -> u64 {
    let is_one = usage.kind == Kind::Response && matches!(usage.requests, None | Some(1));
    if is_one { usage.context() } else { 0 }
}

/// A class of tokens, how many, and what a million costs.
type Part = (&'static str, u64, Option<Money>);

/// What is to be paid for, before factors; `None` for a total without its parts.
///
/// Audio and pictures are told as one number for prompt and output. Where only one side has a rate, they are of that
/// side; where both have, of the prompt as far as that holds them, which is the least that they can have cost.
fn parts(rates: &ClassRates, usage: &Usage) -> Option<[Part; 9]> {
    let tokens = |count: Option<Tokens>| count.map_or(0, Tokens::get);
    let none = ("", 0, None);
    if let Some(rate) = rates.total {
        let all = ("total", usage.total(), Some(rate));
        return Some([all, none, none, none, none, none, none, none, none]);
    }
    if usage.total_tokens.is_some() && is_undivided(usage) && usage.total() > 0 {
        return None;
    }
    let written = tokens(usage.cache_creation_tokens);
    let hour = tokens(usage.cache_creation_1h_tokens).min(written);
    let mut text = [tokens(usage.input_tokens), tokens(usage.output_tokens)];
    let mut apart = |count: Option<Tokens>, rates: [Option<Money>; 2]| {
        let mut left = tokens(count);
        let mut of_side = |side: usize| {
            let taken = if rates[side].is_some() { left.min(text[side]) } else { 0 };
            text[side] -= taken;
            left -= taken;
            taken
        };
        [of_side(0), of_side(1)]
    };
    let audio = apart(usage.audio_tokens, rates.audio);
    let image = apart(usage.image_tokens, rates.image);
    Some([
        ("input", text[0], rates.input),
        ("audioInput", audio[0], rates.audio[0]),
        ("imageInput", image[0], rates.image[0]),
        ("cacheRead", tokens(usage.cache_read_tokens), rates.cache_read),
        ("cacheWrite", written - hour, rates.cache_write),
        ("cacheWrite1h", hour, rates.cache_write_1h),
        ("output", text[1], rates.output),
        ("audioOutput", audio[1], rates.audio[1]),
        ("imageOutput", image[1], rates.image[1]),
    ])
}

/// The rates of a tier for every size of context that has some.
fn sizes(price: &DatedPrice, tier: Option<&str>) -> Sizes {
    let mut above: Vec<Option<u64>> =
        price.variants.iter().map(|variant| variant.above).chain([None]).collect();
    above.sort_unstable_by(|left, right| right.cmp(left));
    above.dedup();
    above.into_iter().map(|above| (above, effective(price, tier, above).into())).collect()
}

fn is_undivided(usage: &Usage) -> bool {
    let classes = [
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_creation_tokens,
        usage.output_tokens,
    ];
    classes.iter().all(Option::is_none)
}

/// Writes for an hour cost twice the input, where writes have a price at all and are not free.
pub(crate) fn hour_rate(rates: &Rates) -> Option<Money> {
    let twice = || rates.input.map(|input| Money::from_picos(input.picos().saturating_mul(2)));
    match (rates.cache_write_1h, rates.cache_write) {
        (Some(rate), _) => Some(rate),
        (None, Some(Money::ZERO)) => Some(Money::ZERO),
        (None, Some(_)) => twice(),
        (None, None) => rates.input,
    }
}

/// The usual rates with those of the tier and of the context's size laid over them.
pub(crate) fn effective(price: &DatedPrice, tier: Option<&str>, above: Option<u64>) -> Rates {
    let variant = |tier: Option<&str>, above: Option<u64>| {
        price
            .variants
            .iter()
            .find(|variant| variant.tier.as_deref() == tier && variant.above == above)
            .map(|variant| variant.rates)
    };
    let mut layers = Vec::new();
    if tier.is_some() && above.is_some() {
        layers.extend(variant(tier, above));
    }
    if above.is_some() {
        layers.extend(variant(None, above));
    }
    if tier.is_some() {
        layers.extend(variant(tier, None));
    }
    layers.push(price.rates);
    // The price of an hour follows the input in force: one that stands beside the input of a less
    // special layer is not that of a tier with an input of its own.
    let with_input = layers.iter().position(|rates| rates.input.is_some()).unwrap_or(layers.len());
    let first = |rate: fn(&Rates) -> Option<Money>| layers.iter().find_map(rate);
    Rates {
        input: first(|rates| rates.input),
        output: first(|rates| rates.output),
        cache_read: first(|rates| rates.cache_read),
        cache_write: first(|rates| rates.cache_write),
        cache_write_1h: layers.iter().take(with_input + 1).find_map(|rates| rates.cache_write_1h),
        audio_input: first(|rates| rates.audio_input),
        audio_output: first(|rates| rates.audio_output),
        image_input: first(|rates| rates.image_input),
        image_output: first(|rates| rates.image_output),
        total: first(|rates| rates.total),
    }
}

fn factors<'a>(
    price: &'a DatedPrice,
    usage: &'a Usage,
) -> impl Iterator<Item = (&'a str, Money)> + 'a {
    let names = [usage.tier.as_deref(), usage.region.as_deref()];
    let factor = |name: &'a str| Some((name, *price.factors.get(name)?));
    names.into_iter().flatten().filter_map(factor)
}

fn times(count: u64, rate_per_million: Money) -> i128 {
    let rate = rate_per_million.picos();
    // Real amounts fit 64 bits, in which a division by a constant is a multiplication.
    let short = u64::try_from(rate).ok().and_then(|rate| count.checked_mul(rate));
    match short {
        Some(product) => i128::from(product / u64::from(MILLION)),
        None => i128::from(count).saturating_mul(rate) / i128::from(MILLION),
    }
}

/// A factor has at most twelve decimals; what is beyond 10⁻¹² of the currency is cut.
pub(crate) fn scale(sum: i128, factor: Money) -> i128 {
    let whole = (sum / ONE).saturating_mul(factor.picos());
    whole.saturating_add((sum % ONE).saturating_mul(factor.picos()) / ONE)
}

/// The classes of rates, by the name that the table has for them.
pub(crate) fn classes(rates: &Rates) -> [(&'static str, Option<Money>); 10] {
    [
        ("input", rates.input),
        ("output", rates.output),
        ("cacheRead", rates.cache_read),
        ("cacheWrite", rates.cache_write),
        ("cacheWrite1h", rates.cache_write_1h),
        ("audioInput", rates.audio_input),
        ("audioOutput", rates.audio_output),
        ("imageInput", rates.image_input),
        ("imageOutput", rates.image_output),
        ("total", rates.total),
    ]
}

/// The amounts that are told.
pub(crate) fn amounts(rates: &Rates) -> impl Iterator<Item = Money> + use<> {
    classes(rates).into_iter().filter_map(|(_, amount)| amount)
}

#[cfg(test)]
mod tests;
