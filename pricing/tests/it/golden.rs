//! Prices of well-known models, kept by hand beside the generated table: USD per million tokens.
//!
//! A table that says something else is wrong, or a vendor has changed a price: look at its page before
//! changing a row. <https://platform.claude.com/docs/en/about-claude/pricing>,
//! <https://platform.openai.com/docs/pricing>, <https://ai.google.dev/gemini-api/docs/pricing>,
//! <https://docs.z.ai/guides/overview/pricing>.

use data_schema::{Money, Usage};

use crate::{cost, response, tokens};

/// Input, output, cache read, cache write, cache write for an hour.
const PRICES: [(&str, [&str; 5]); 14] = [
    ("claude-opus-4-5", ["5", "25", "0.5", "6.25", "10"]),
    ("claude-opus-4-8", ["5", "25", "0.5", "6.25", "10"]),
    ("claude-sonnet-4-5", ["3", "15", "0.3", "3.75", "6"]),
    ("claude-sonnet-4-6", ["3", "15", "0.3", "3.75", "6"]),
    ("claude-haiku-4-5", ["1", "5", "0.1", "1.25", "2"]),
    ("gpt-5", ["1.25", "10", "0.125", "1.25", "1.25"]),
    ("gpt-5-mini", ["0.25", "2", "0.025", "0.25", "0.25"]),
    ("gpt-5-codex", ["1.25", "10", "0.125", "1.25", "1.25"]),
    ("gpt-4o", ["2.5", "10", "1.25", "2.5", "2.5"]),
    ("gpt-4.1", ["2", "8", "0.5", "2", "2"]),
    ("o3", ["2", "8", "0.5", "2", "2"]),
    ("o4-mini", ["1.1", "4.4", "0.275", "1.1", "1.1"]),
    ("gemini-2.5-pro", ["1.25", "10", "0.125", "1.25", "1.25"]),
    ("glm-4.6", ["0.6", "2.2", "0.11", "0", "0"]),
];

/// USD for a million tokens of one class, from a tenth of that: below every long-context limit.
fn per_million(model: &str, change: impl FnOnce(&mut Usage)) -> String {
    let amount = cost(&response(model, change)).unwrap();
    Money::from_picos(amount.picos() * 10).to_string()
}

#[test]
fn well_known_models_cost_what_their_vendors_say() {
    let part = tokens(100_000);
    for (model, expected) in PRICES {
        let found = [
            per_million(model, |usage| usage.input_tokens = part),
            per_million(model, |usage| usage.output_tokens = part),
            per_million(model, |usage| usage.cache_read_tokens = part),
            per_million(model, |usage| usage.cache_creation_tokens = part),
            per_million(model, |usage| {
                usage.cache_creation_tokens = part;
                usage.cache_creation_1h_tokens = part;
            }),
        ];
        assert_eq!(found, expected, "{model}");
    }
}

#[test]
fn long_contexts_cost_what_their_vendors_say() {
    for (model, above, input, output) in [
        ("claude-sonnet-4-5", 200_000, "6", "22.5"),
        ("gemini-2.5-pro", 200_000, "2.5", "15"),
        ("gpt-5.4", 272_000, "5", "22.5"),
    ] {
        let long = |output| {
            cost(&response(model, |usage| {
                usage.input_tokens = tokens(above + 1);
                usage.output_tokens = tokens(output);
            }))
            .unwrap()
        };
        let per_token: Money = input.parse().unwrap();
        assert_eq!(
            long(0).picos(),
            per_token.picos() / 1_000_000 * i128::from(above + 1),
            "{model}"
        );
        assert_eq!((long(1_000_000) - long(0)).to_string(), output, "{model}");
    }
}

#[test]
fn models_without_a_long_context_price_cost_the_same_at_any_size() {
    for model in ["claude-opus-4-8", "claude-sonnet-4-6", "gpt-5"] {
        let whole = cost(&response(model, |usage| usage.input_tokens = tokens(1_000_000))).unwrap();
        let tenth = per_million(model, |usage| usage.input_tokens = tokens(100_000));
        assert_eq!(whole.to_string(), tenth, "{model}");
    }
}
