use crate::PriceBook;

use super::*;

fn book(user: &str) -> PriceBook {
    PriceBook::builtin().with_user(user.as_bytes()).unwrap().0
}

fn money(text: &str) -> Option<Money> {
    text.parse().ok()
}

const OWN: &str = r#"{"version":"2.0","date":"2026-01-01","models":{
    "mine":[
        {"from":"2026-03-01","input":"2","output":"8","source":"invoice"},
        {"input":"1","output":"4","cacheWrite":"1.5","factors":{"us":"1.1"},
         "variants":[{"tier":"batch","input":"0.5"},{"above":200000,"input":"3"},{"tier":"batch","above":200000,"output":"9"}]}]}}"#;

#[test]
fn steps_tell_days_tiers_sizes_and_factors_with_what_they_leave_as_it_is() {
    let quote = book(OWN).quote("codex", "x/Mine-2026-01-01").unwrap();
    assert_eq!((quote.origin, quote.name.as_deref()), (PriceOrigin::User, Some("mine")));
    let told: Vec<_> = quote
        .steps
        .iter()
        .map(|step| (step.from.is_some(), step.condition.as_deref(), step.input, step.output))
        .collect();
    let expected = [
        (false, None, money("1"), money("4")),
        (false, Some("batch"), money("0.5"), money("4")),
        (false, Some("above 200000"), money("3"), money("4")),
        (false, Some("batch above 200000"), money("3"), money("9")),
        (false, Some("us"), money("1.1"), money("4.4")),
        (true, None, money("2"), money("8")),
    ];
    assert_eq!(told, expected);
    assert_eq!(quote.steps[0].cache_creation_1h, money("2"), "twice the prompt, as it is charged");
    assert_eq!(quote.steps[5].cache_creation_1h, None, "charged as the prompt");
    assert_eq!(quote.steps[5].source.as_deref(), Some("invoice"));
}

#[test]
fn whose_price_it_is_and_under_which_name_is_told() {
    let book = book(OWN);
    let listed = book.quote("claude-code", "us.anthropic.claude-sonnet-4-5-v1:0").unwrap();
    assert_eq!(listed.origin, PriceOrigin::Listed);
    assert_eq!(listed.name.as_deref(), Some("claude-sonnet-4-5"));
    let free = book.quote("opencode", "qwen3-coder:free").unwrap();
    assert_eq!((free.origin, free.steps.len()), (PriceOrigin::Free, 0));
    assert_eq!(book.quote("codex", "nobody-knows"), None);
    let v1 = r#"{"providers":{"codex":{"models":{"_default":{"totalPerKTok":0.001}}}}}"#;
    let v1 = PriceBook::builtin().with_user(v1.as_bytes()).unwrap().0;
    let quote = v1.quote("codex", "nobody-knows").unwrap();
    assert_eq!((quote.origin, quote.name.as_deref()), (PriceOrigin::User, Some("_default")));
    assert_eq!(quote.steps[0].total, money("1"));
    assert_eq!(v1.quote("claude-code", "nobody-knows"), None);
}

/// What is told must be what is charged.
#[test]
fn every_model_of_the_table_is_told_as_it_is_charged() {
    use data_schema::{RecordId, Text, Tokens, UsageRecord};
    let book = PriceBook::builtin();
    for name in ["claude-sonnet-4-5", "claude-opus-4-8", "gpt-5.5", "gemini-2.5-pro"] {
        let quote = book.quote("x", name).unwrap_or_else(|| panic!("{name} is listed"));
        let mut record =
            UsageRecord::new(RecordId::new("t", name, ""), "2026-05-01T10:00:00Z".parse().unwrap());
        record.usage.model = Text::from(name);
        record.usage.requests = Some(2);
        record.usage.output_tokens = Tokens::new(1_000_000);
        let day = record.at.utc_date();
        let mut plain = quote.steps.iter().filter(|step| step.condition.is_none());
        let step = plain.rfind(|step| step.from.is_none_or(|from| from <= day)).unwrap();
        assert_eq!(book.cost("x", &record), crate::Cost::Priced(step.output.unwrap()), "{name}");
    }
}
