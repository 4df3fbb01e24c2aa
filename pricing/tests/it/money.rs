//! The traps 70 to 76 of prices, each under its number: what other programs get wrong.

use data_schema::{Text, UsageRecord};
use pricing::PriceBook;

use crate::{cost, cost_in, dollars, response, tokens};

fn user(models: &str) -> PriceBook {
    let text = format!(r#"{{"version":"2.0","date":"2026-06-01","models":{models}}}"#);
    PriceBook::builtin().with_user(text.as_bytes()).unwrap().0
}

fn at(mut record: UsageRecord, day: &str) -> UsageRecord {
    record.at = format!("{day}T23:59:59Z").parse().unwrap();
    record
}

#[test]
fn trap_70_a_long_context_costs_its_rates_for_every_token_of_the_response() {
    let long = dollars("claude-sonnet-4-5", |usage| {
        usage.input_tokens = tokens(300_000);
        usage.output_tokens = tokens(1_000);
    });
    assert_eq!(long, "1.8225");
    let cached = dollars("claude-sonnet-4-5", |usage| {
        usage.input_tokens = tokens(100_000);
        usage.cache_read_tokens = tokens(150_000);
    });
    assert_eq!(cached, "0.69", "no class of the prompt is above the limit, the whole of it is");
}

#[test]
fn trap_71_the_limit_itself_is_not_above_the_limit() {
    let of = |input| dollars("claude-sonnet-4-5", |usage| usage.input_tokens = tokens(input));
    assert_eq!([of(200_000), of(200_001)], ["0.6", "1.200006"]);
    let half = response("claude-sonnet-4-5", |usage| usage.input_tokens = tokens(150_000));
    assert_eq!((cost(&half).unwrap() + cost(&half).unwrap()).to_string(), "0.9");
}

#[test]
fn trap_72_a_model_that_nobody_lists_is_unpriced_and_says_what_is_near() {
    let book = PriceBook::builtin();
    for model in ["gpt-5.9-x", "claude-opus-4-9", "auto", "model", "--help", "\u{1b}[31mgpt-5"] {
        let record = response(model, |usage| usage.input_tokens = tokens(1_000));
        assert_eq!(cost_in(&book, &record), None, "{model}");
        let told = book.explain("p", &record);
        assert_eq!((told.origin, told.cost), (None, None), "{model}");
    }
    let record = response("claude-opus-4-9", |usage| usage.input_tokens = tokens(1));
    let near = book.explain("p", &record).near;
    assert!(near.iter().any(|name| name == "claude-opus-4-8"), "{near:?}");
}

#[test]
fn trap_73_all_spellings_of_a_model_are_one_model_at_one_price() {
    let book = PriceBook::builtin();
    for model in [
        "claude-sonnet-4.5",
        "claude-4.5-sonnet",
        "anthropic/claude-sonnet-4-5-20250929",
        "us.anthropic.claude-sonnet-4-5-v1:0",
        "ca.anthropic.claude-sonnet-4-5-v1:0",
        "claude-sonnet-4-5@20250929",
        "vertex_ai/claude-sonnet-4-5@default",
        "azure_ai/claude-sonnet-4-5",
        "openrouter/anthropic/claude-sonnet-4.5",
        "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "claude-sonnet-4-5[1m]",
        "claude-sonnet-4-5-thinking",
    ] {
        let record = response(model, |usage| usage.output_tokens = tokens(1_000_000));
        assert_eq!(cost_in(&book, &record).unwrap().to_string(), "15", "{model}");
        assert_eq!(book.canonical_model(model), "claude-sonnet-4-5", "{model}");
        let told = book.explain("p", &record);
        assert_eq!(told.cost.unwrap().to_string(), "15", "{model}");
    }
    let free = dollars("anthropic/claude-sonnet-4-5:free", |usage| usage.input_tokens = tokens(9));
    assert_eq!(free, "0");
}

#[test]
fn trap_74_a_price_holds_on_its_own_days() {
    let book = user(
        r#"{"m":[
            {"until":"2026-03-01","input":"3"},
            {"from":"2026-03-01","until":"2026-04-01","input":"1","source":"a promotion"},
            {"from":"2026-05-01","input":"2"}]}"#,
    );
    let of = |day: &str| {
        let record = at(response("m", |usage| usage.input_tokens = tokens(1_000_000)), day);
        cost_in(&book, &record).map_or("unpriced".to_owned(), |cost| cost.to_string())
    };
    assert_eq!(of("2020-01-01"), "3");
    assert_eq!(of("2026-02-28"), "3");
    assert_eq!(of("2026-03-01"), "1");
    assert_eq!(of("2026-03-31"), "1");
    assert_eq!(
        of("2026-04-01"),
        "unpriced",
        "the promotion has ended, and no other price has begun"
    );
    assert_eq!(of("2026-04-30"), "unpriced");
    assert_eq!(of("2026-05-01"), "2");
    let first = user(r#"{"m":[{"from":"2026-03-01","until":"2026-04-01","input":"1"}]}"#);
    let early = at(response("m", |usage| usage.input_tokens = tokens(1_000_000)), "2026-01-01");
    assert_eq!(cost_in(&first, &early).unwrap().to_string(), "1", "before the first, the first");
}

#[test]
fn trap_75_a_recorded_cost_of_nothing_is_no_price() {
    for recorded in [None, Some("0"), Some("-1"), Some("NaN"), Some("")] {
        let of = |model: &str| {
            dollars(model, |usage| {
                usage.input_tokens = tokens(1_000_000);
                usage.cost = recorded.map(Text::from);
            })
        };
        assert_eq!(of("gpt-5"), "1.25", "{recorded:?}");
        assert_eq!(of("nobody-lists-it"), "unpriced", "{recorded:?}");
    }
}

#[test]
fn trap_76_prices_need_no_network_and_a_broken_book_costs_none() {
    assert_eq!(dollars("gpt-5", |usage| usage.input_tokens = tokens(1_000_000)), "1.25");
    for broken in ["", "{", "[]", "{}", r#"{"version":"2.0","date":"2026-01-01","models":{}}"#] {
        assert!(PriceBook::builtin().with_downloaded(broken.as_bytes()).is_err(), "{broken}");
    }
}

#[test]
fn audio_and_pictures_cost_their_own_rates_where_the_table_has_some() {
    let of = |rates: &str, audio, image| {
        let book = user(&format!(r#"{{"m":[{{"input":"1","output":"10",{rates}}}]}}"#));
        let record = response("m", |usage| {
            usage.input_tokens = tokens(1_000_000);
            usage.output_tokens = tokens(1_000_000);
            usage.audio_tokens = tokens(audio);
            usage.image_tokens = tokens(image);
        });
        let cost = cost_in(&book, &record);
        assert_eq!(book.explain("p", &record).cost, cost);
        cost.unwrap().to_string()
    };
    assert_eq!(of(r#""cacheRead":"1""#, 500_000, 500_000), "11", "no rate of their own");
    assert_eq!(of(r#""audioInput":"3""#, 500_000, 0), "12", "half of the prompt");
    assert_eq!(of(r#""audioOutput":"30""#, 500_000, 0), "21", "half of the output");
    let both = r#""audioInput":"3","audioOutput":"30""#;
    assert_eq!(of(both, 500_000, 0), "12", "of the prompt, as far as that holds them");
    assert_eq!(of(both, 1_500_000, 0), "23", "and the rest of the output");
    assert_eq!(of(both, 9_000_000, 0), "33", "never more than there is");
    assert_eq!(of(r#""imageInput":"2","imageOutput":"20""#, 0, 1_500_000), "17");
}

#[test]
fn prices_in_another_currency_are_exchanged_at_the_rate_of_the_day() {
    let text = r#"{"version":"2.0","date":"2026-06-01",
        "exchangeRates":{"xyz":[{"from":"2026-01-01","usd":"0.5"},{"from":"2026-05-01","usd":"0.25"}]},
        "models":{"m":[{"currency":"xyz","input":"4"}],"e":[{"currency":"EUR","input":"1"}],
            "n":[{"currency":"QQQ","input":"1"}]}}"#;
    let (book, notices) = PriceBook::builtin().with_user(text.as_bytes()).unwrap();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].starts_with("line 4: n: no exchange rate for QQQ"), "{notices:?}");
    assert!(notices[0].contains("exchangeRates"), "{notices:?}");
    let of = |model: &str, day: &str| {
        let record = at(response(model, |usage| usage.input_tokens = tokens(1_000_000)), day);
        let cost = cost_in(&book, &record);
        assert_eq!(book.explain("p", &record).cost, cost, "{model}");
        cost.map_or("unpriced".to_owned(), |cost| cost.to_string())
    };
    assert_eq!(of("m", "2026-04-30"), "2");
    assert_eq!(of("m", "2026-05-01"), "1");
    assert_eq!(of("m", "2020-01-01"), "2", "before the first rate, the first");
    assert_eq!(of("n", "2026-05-01"), "unpriced", "and not one to one");
    let euro = PriceBook::builtin().usd("EUR", "2026-05-15".parse().unwrap()).unwrap();
    assert_eq!(of("e", "2026-05-15"), euro.to_string());
    let dollar = pricing::amount("usd", Some(&serde_json::json!("1"))).unwrap();
    assert!(euro > dollar, "a euro was worth more than a dollar on that day");
}

#[test]
fn every_bad_price_is_told_with_its_line_and_costs_its_model_only() {
    let text = r#"{"version":"2.0","date":"2026-06-01","models":{
"below":[{"input":"-1"}],
"nothing":[{"input":"0","output":"1"}],
"free":[{"free":true,"input":"0","output":"0"}],
"nan":[{"input":"NaN"}],
"number":[
  {"input":3}],
"empty":[],
"unpriced":[{"webSearch":"1"}],
"twice":[{"input":"1"},{"input":"2"}],
"backwards":[{"from":"2026-05-02","until":"2026-05-01","input":"1"}],
"code":[{"currency":"dollars","input":"1"}],
"gap":[{"until":"2026-01-01","input":"1"},{"from":"2026-02-01","input":"1"}],
"gpt-5":[{"input":"12.6","output":"10"}],
"good":[{"input":"1"}]}}"#;
    let (book, notices) = PriceBook::builtin().with_user(text.as_bytes()).unwrap();
    let expected = [
        "line 2: below: a price below zero, so that its prices are not used",
        "line 3: nothing: a price of 0: write `\"free\": true` beside it if nothing is paid, so that its prices are not used",
        "line 5: nan: ",
        "line 7: number: ",
        "line 8: empty: no price is told",
        "line 9: unpriced: no price is told",
        "line 10: twice: two prices begin on the same day",
        "line 11: backwards: `until` (2026-05-01) is not after `from` (2026-05-02)",
        "line 12: code: `currency`: `DOLLARS` is no code",
        "line 13: gap: from 2026-01-01 to 2026-02-01 the model has no price",
        "line 14: gpt-5: `input` was 1.25 and is 12.6: more than 10 times",
    ];
    assert_eq!(notices.len(), expected.len(), "{notices:#?}");
    for (notice, begin) in notices.iter().zip(expected) {
        assert!(notice.starts_with(begin), "{notice} does not begin with {begin}");
    }
    let of = |model: &str| {
        cost_in(&book, &response(model, |usage| usage.input_tokens = tokens(1_000_000)))
            .map_or("unpriced".to_owned(), |cost| cost.to_string())
    };
    assert_eq!(["free", "good", "gpt-5"].map(of), ["0", "1", "12.6"]);
    for model in ["below", "nothing", "nan", "number", "empty", "unpriced", "twice", "code"] {
        assert_eq!(of(model), "unpriced", "{model}");
    }
}

#[test]
fn a_bad_rate_of_exchange_is_told_and_not_used() {
    let text = r#"{"version":"2.0","date":"2026-06-01","exchangeRates":{
"CNY":[{"usd":"0"}],
"EURO":[{"usd":"1"}],
"SEK":[{"usd":"x"}]},"models":{"m":[{"currency":"CNY","input":"1"}]}}"#;
    let (book, notices) = PriceBook::builtin().with_user(text.as_bytes()).unwrap();
    let begins = [
        "line 2: exchangeRates, CNY: a rate of 0",
        "line 3: exchangeRates, EURO: ",
        "line 4: exchangeRates, SEK: ",
    ];
    assert_eq!(notices.len(), 3, "{notices:?}");
    assert!(notices.iter().zip(begins).all(|(one, begin)| one.starts_with(begin)), "{notices:?}");
    let record = response("m", |usage| usage.input_tokens = tokens(1_000_000));
    let listed = PriceBook::builtin().usd("CNY", record.at.utc_date());
    assert_eq!(cost_in(&book, &record), listed, "that of the table");
}

#[test]
fn bad_amounts_of_version_1_are_told() {
    let text = br#"{"providers":{"p":{"models":{"m":{"inputPerMTok":"abc"},"n":{"inputPerMTok":null,"outputPerMTok":1}}}}}"#;
    let (book, notices) = PriceBook::builtin().with_user(text).unwrap();
    assert_eq!(notices, [r#"p/m: "abc" is no amount, or one too great, so that it is not used"#]);
    let record = response("n", |usage| usage.output_tokens = tokens(1_000_000));
    assert_eq!(cost_in(&book, &record).unwrap().to_string(), "1");
}

fn downloaded(date: &str, models: &str) -> PriceBook {
    let text =
        format!(r#"{{"version":"2.0","source":"downloaded","date":"{date}","models":{models}}}"#);
    PriceBook::builtin().with_downloaded(text.as_bytes()).unwrap()
}

#[test]
fn a_downloaded_book_goes_before_the_one_of_the_program_and_behind_the_users() {
    let book = downloaded("2099-01-01", r#"{"gpt-5":[{"input":"7"}]}"#);
    let of = |book: &PriceBook, model: &str| {
        cost_in(book, &response(model, |usage| usage.input_tokens = tokens(1_000_000)))
            .unwrap()
            .to_string()
    };
    assert_eq!(of(&book, "gpt-5-2025-08-07"), "7", "in every spelling of the program's");
    assert_eq!(of(&book, "claude-opus-4-8"), "5", "what it does not list stays");
    assert!(book.is_downloaded());
    assert_ne!(book.fingerprint(), PriceBook::builtin().fingerprint());
    let own = br#"{"version":"2.0","date":"2026-06-01","models":{"gpt-5":[{"input":"9"}]}}"#;
    assert_eq!(of(&book.with_user(own).unwrap().0, "gpt-5"), "9");
}

#[test]
fn a_newer_program_goes_on_from_an_older_downloaded_book_on_its_own_day() {
    let book = downloaded("2026-01-01", r#"{"gpt-5":[{"input":"7","output":"10"}]}"#);
    let of = |day| {
        let record = at(response("gpt-5", |usage| usage.input_tokens = tokens(1_000_000)), day);
        cost_in(&book, &record).unwrap().to_string()
    };
    let read = PriceBook::builtin().as_of().to_string();
    assert_eq!(of("2026-05-01"), "7", "what was counted before stays");
    assert_eq!(of(&read), "1.25");
}

#[test]
fn at_the_prices_of_a_day_all_days_cost_the_same() {
    let book =
        user(r#"{"m":[{"input":"3"},{"from":"2026-03-01","until":"2026-04-01","input":"1"}]}"#);
    let of = |book: &PriceBook, day| {
        let record = at(response("m", |usage| usage.input_tokens = tokens(1_000_000)), day);
        cost_in(book, &record).map(|cost| cost.to_string())
    };
    let march = book.at_prices_of("2026-03-15".parse().unwrap());
    assert_eq!(of(&march, "2026-01-01").unwrap(), "1");
    assert_eq!(of(&march, "2026-06-01").unwrap(), "1");
    assert_eq!(of(&book.at_prices_of("2026-04-15".parse().unwrap()), "2026-01-01"), None);
    assert_ne!(march.fingerprint(), book.fingerprint());
}
